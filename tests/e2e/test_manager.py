"""A manager looks at the loop, the queues, the items and the quality, and acts on them, in a browser."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.queues.models import Item
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE

TERMS = [{"name": "uncertainty", "value": 2.4, "words": "model unsure (Refund 0.41, Exchange 0.38)"}]


@pytest.fixture
def furnished(project, manager):
    """A project with something on every page: open, late, disputed, settled items; a lease; a running job."""
    now = timezone.now()
    factories.guideline(project)
    people = [factories.member(project, name=f"Reviewer {number}") for number in range(3)]
    queue = factories.queue(project, "Unsure answers")
    factories.queue(project, "Escalated by agents", takes_traces=False, state="paused")
    for number in range(45):
        label = ["Refund", "Exchange", "Order status"][number % 3]
        settled_at = now - timedelta(days=number % 9)
        item = factories.item(
            queue, f"settled {number}", state="settled", settled_at=settled_at, enqueued_at=settled_at - timedelta(1)
        )
        for at, reviewer in enumerate(people):
            answer = "Refund" if at == 2 and number % 4 == 1 else label
            factories.annotation(item, reviewer, answer, source="simulated", created_at=settled_at)
        factories.consensus(item, label)
    for number in range(12):
        factories.item(
            queue,
            f"wants an answer {number}: the parcel that I ordered three weeks ago has not come and nobody answers",
            terms=TERMS,
            enqueued_at=now - timedelta(hours=5 * number),
        )
    disputed = factories.item(queue, "two wishes in one", state="adjudication", open_slots=0, terms=TERMS)
    for reviewer, label in zip(people, ["Refund", "Exchange", "Order status"], strict=True):
        factories.annotation(disputed, reviewer, label, note="they ask for both")
    posterior = {"Refund": 0.4, "Exchange": 0.35, "Order status": 0.25}
    factories.consensus(disputed, "Refund", state="unsettled", confidence=0.4, posterior=posterior)
    factories.prediction(disputed.trace, {"Refund": 0.41, "Exchange": 0.38, "Order status": 0.21})
    held = factories.item(queue, "held by somebody")
    factories.review(held, people[0], state="leased", leased_at=now, expires_at=now + timedelta(minutes=9))
    return project


def addresses(project):
    disputed = Item.objects.get(state="adjudication")
    plain = {name: reverse(f"console:{name}", args=[project.slug]) for name in ("home", "queues", "items", "quality")}
    return plain | {
        "events": reverse("console:events", args=[project.slug]),
        "queue_new": reverse("console:queue_new", args=[project.slug]),
        "queue": reverse("console:queue", args=[project.slug, disputed.queue.slug]),
        "queue_close": reverse("console:queue_close", args=[project.slug, disputed.queue.slug]),
        "item": reverse("console:item", args=[project.slug, disputed.pk]),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_manager_pages_look_right(open_page, assert_accessible, shot, login, furnished, manager, size, theme):
    page = login(open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme), manager)
    for name, address in addresses(furnished).items():
        assert page.goto(address).status == 200, address
        assert_accessible(page)
        shot(page, f"{name}-{size}-{theme}")


def test_empty_pages_look_right(open_page, assert_accessible, login, project, manager):
    page = login(open_page(viewport=PHONE), manager)
    for name in ("home", "queues", "items", "quality", "events"):
        assert page.goto(reverse(f"console:{name}", args=[project.slug])).status == 200
        assert_accessible(page)


def test_front_page_leads_to_what_needs_a_decision(page, login, furnished, manager):
    login(page, manager)
    page.goto(reverse("console:home", args=[furnished.slug]))
    expect(page.get_by_role("rowheader", name="1 disagreement in “Unsure answers”")).to_be_visible()
    page.get_by_role("link", name="See them").first.click()
    expect(page.get_by_role("heading", name="Items", exact=True)).to_be_visible()
    expect(page.get_by_label("Age", exact=True)).to_have_value("late")
    page.get_by_role("link", name="wants an answer 11").click()
    expect(page.get_by_text("model unsure (Refund 0.41, Exchange 0.38)").first).to_be_visible()


def test_a_queue_is_opened_changed_and_paused(page, login, furnished, manager, assert_accessible):
    login(page, manager)
    page.goto(reverse("console:queues", args=[furnished.slug]))
    page.get_by_role("link", name="Open a queue").click()
    page.get_by_label("Name").fill("Second look")
    page.get_by_label("Margin").check()
    page.get_by_role("button", name="Open the queue").click()
    expect(page.get_by_role("heading", name="Second look")).to_be_visible()
    page.get_by_label("At first").fill("3")
    page.get_by_label("At most", exact=True).fill("2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("the minimum not above the maximum")).to_be_visible()
    expect(page.get_by_text("was 3")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("At most", exact=True).fill("4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    made = furnished.queues.get(name="Second look")
    assert (made.overlap_min, made.overlap_max, made.acquisition, made.state) == (3, 4, "margin", "paused")


def test_what_somebody_holds_is_taken_back(page, login, furnished, manager):
    login(page, manager)
    page.goto(addresses(furnished)["queue"])
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("1 item of Reviewer 0 is back in the queue.")).to_be_visible()
    expect(page.get_by_text("Nobody has an item of this queue open.")).to_be_visible()


def test_ticked_items_are_taken_out_with_a_reason(page, login, furnished, manager, assert_accessible):
    login(page, manager)
    page.goto(reverse("console:items", args=[furnished.slug]) + "?q=wants+an+answer&sort=oldest")
    page.get_by_role("button", name="Take out").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick the items first")
    page.wait_for_load_state()  # a script ticks them all
    page.get_by_label("Tick all on this page").check()
    expect(page.get_by_label("Tick “wants an answer 3", exact=False)).to_be_checked()
    page.get_by_label("Tick “wants an answer 0", exact=False).uncheck()
    page.get_by_label("Why").fill("asked twice")
    page.get_by_role("button", name="Take out").click()
    expect(page.get_by_text("11 items are taken out.")).to_be_visible()
    assert Item.objects.filter(state="retired", retired_reason="asked twice").count() == 11
    assert Item.objects.get(search_text__startswith="wants an answer 0").state == "open"


def test_quality_is_fitted_from_the_page(page, login, furnished, manager):
    login(page, manager)
    page.goto(reverse("console:quality", args=[furnished.slug]))
    page.get_by_role("button", name="Fit now Unsure answers").click()
    expect(page.get_by_text("Fitted on", exact=False)).to_be_visible()
    expect(page.get_by_text("converged")).to_be_visible()
