"""An adjudicator's day in a real browser: what there is to a dispute, a question sent back, a rule written."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.consensus.models import ConsensusProposal
from apps.consensus.services import consensus_update, doubt_of
from apps.labeling.threads import thread_ask
from apps.queues.services import item_to_adjudication
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

CONFIG = """<View><Text name="t" value="$message"/>
<Choices name="kind" toName="t" required="true"><Choice value="Refund"/><Choice value="Exchange"/></Choices>
<Rating name="tone" toName="t"/>
<TextArea name="fix" toName="t" maxSubmissions="1"/>
<Labels name="parts" toName="t"><Label value="Thing"/><Label value="Number"/></Labels></View>"""
TEXT = "I ordered two blue kettles by mistake, how do I send one of them back"


def answer(text, kind, fix, *spans):
    def region(name, type_, value):
        return {"id": f"{name}{value}", "from_name": name, "to_name": "t", "type": type_, "value": value}

    return [
        region("kind", "choices", {"choices": [kind]}),
        region("tone", "rating", {"rating": 4}),
        region("fix", "textarea", {"text": [fix]}),
        *(
            region("parts", "labels", {"start": start, "end": end, "text": text[start:end], "labels": [label]})
            for start, end, label in spans
        ),
    ]


@pytest.fixture
def queue(db):
    project = factories.project(config=CONFIG)
    factories.guideline(project, "## Refund\nMoney goes back.\n- Example: give it back")
    return factories.queue(project, "Kettles", overlap_min=2, overlap_max=2, consensus_method="majority")


@pytest.fixture
def disputed(queue):
    now = timezone.now()
    people = [factories.member(queue.project, name=f"Reviewer {n}") for n in (3, 7)]
    items = []
    for text in (TEXT, TEXT.replace("two", "six")):
        given = [
            answer(text, "Refund", "Send one back for money.", (14, 26, "Thing"), (10, 13, "Number")),
            answer(text, "Exchange", "Send one back for another.", (14, 26, "Thing"), (54, 57, "Number")),
        ]
        item = factories.item(queue, text)
        for person, result in zip(people, given, strict=True):
            factories.annotation(item, person, result[0]["value"]["choices"][0], result=result, note="By 4.2, I think")
        consensus = consensus_update(item=item, now=now)
        item_to_adjudication(item=item, reason="2 answers", doubt=doubt_of(item=item, consensus=consensus))
        items.append(item)
    factories.prediction(items[0].trace, {"Refund": 0.6, "Exchange": 0.4}, model_ref="probe-7")
    passed = factories.member(queue.project, name="Reviewer 9")
    factories.review(items[0], passed, state="skipped", skip_reason="I cannot tell", leased_at=now, expires_at=now)
    thread_ask(item=items[0], asker=people[0], text="Does a swap count?", now=now)
    factories.settled_item(queue, "Refund", "Send back one of my kettles, they are blue")
    return items


@pytest.mark.parametrize(("viewport", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desk", "phone"])
@pytest.mark.usefixtures("disputed")
def test_a_dispute_by_the_keyboard_from_votes_to_rule(
    open_page, login, queue, assert_accessible, shot, viewport, theme
):
    def look(page, name):
        assert_accessible(page)
        shot(page, f"{name}-{theme}")

    adjudicator = factories.member(queue.project, "adjudicator")
    following = factories.member(queue.project, name="Reviewer 12")
    page = login(open_page(viewport=viewport, theme=theme), adjudicator)
    page.goto(reverse("workbench:adjudicate", args=[queue.pk]))
    expect_votes(page)
    look(page, "dispute")
    see_what_is_around(page, look)
    choose_the_order(page, look)
    send_back_with_a_question(page)
    write_a_rule(page, look)
    assert ConsensusProposal.objects.get().item.state == "open"

    queue.shows_similar = True
    queue.save()
    other = login(open_page(viewport=viewport, theme=theme), following)
    other.goto(reverse("workbench:queue", args=[queue.pk]))
    other.locator("#answer").wait_for()
    other.keyboard.press("Alt+i")
    expect(other.locator("dialog[open]")).to_contain_text("would be a hint")
    look(other, "similar")


def expect_votes(page):
    votes = page.locator(".votes")
    expect(votes.locator("mark.odd")).to_have_count(2)
    expect(votes).to_contain_text("in 1 of 2")
    expect(votes.locator("ins")).to_have_text(["another."])
    expect(votes.locator(".tag", has_text="differs")).to_have_count(6)
    expect(page.get_by_text("One question that all answered alike")).to_be_visible()
    expect(page.locator("main")).to_contain_text("probe-7")


def see_what_is_around(page, look):
    """Items like it, what became of it before, and a reviewer's question, which gets its reply."""
    page.keyboard.press("Alt+i")
    expect(page.locator("#similar")).to_contain_text("they are blue")
    page.get_by_text("What happened before").click()
    expect(page.locator("main")).to_contain_text("I cannot tell")
    page.keyboard.press("Alt+r")
    page.keyboard.type("Yes, see 4.2.")
    page.locator("#threads").get_by_role("button", name="Reply").press("Enter")
    expect(page.locator("#threads")).to_contain_text("Yes, see 4.2.")
    look(page, "dispute-open")


def choose_the_order(page, look):
    page.keyboard.press("Alt+o")
    panel = page.locator("dialog[open]")
    expect(panel).to_contain_text("2 disputed items")
    look(page, "disputes")
    panel.get_by_role("link", name="earliest deadline first").press("Enter")
    expect(page.locator(".order")).to_contain_text("earliest deadline first")
    page.wait_for_load_state()  # a script hears the keys


def send_back_with_a_question(page):
    page.keyboard.press("Alt+q")
    page.keyboard.type("Is it one kettle or two?")
    page.keyboard.press("Alt+b")
    expect(page.locator("#item")).to_contain_text("six")
    expect(page.locator(".order")).to_contain_text("earliest deadline first")
    page.wait_for_load_state()


def write_a_rule(page, look):
    """A new version of the guideline, and the settled items that it puts in doubt asked about again."""
    page.locator("#answer").get_by_text("Refund", exact=True).click()
    page.keyboard.press("Alt+w")
    page.locator("#id_text").wait_for()
    expect(page.locator("#id_text")).to_have_value(re.compile("six blue kettles"))
    look(page, "rule-edit")
    page.get_by_role("button", name="Publish the new version").press("Enter")
    expect(page.locator("h1")).to_have_text("Guideline, version 2")
    page.get_by_role("checkbox").first.press("Space")
    look(page, "rule-version")
    page.get_by_role("button", name="Ask again about the ticked items").press("Enter")
    expect(page.locator("main")).to_contain_text("waits for an answer")
    look(page, "rule-asked")
