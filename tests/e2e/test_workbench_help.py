"""What lies beside the item in a real browser: questions, guideline, history, own figures, a break."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.accounts.services import preferences_set
from apps.labeling.models import Annotation, Comment
from apps.labeling.threads import guideline_read, thread_reply
from apps.workbench.pace import agreement_day_update
from tests import factories
from tests.e2e.conftest import PHONE
from tests.e2e.test_workbench import answers, expect_item, fill, key, open_queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure answers", overlap_min=2, deadline_share=0, audit_lane_share=0)


def read_the_new_guideline(page, assert_accessible, shot):
    """What changed stands out, and having read it is remembered."""
    page.keyboard.press("g")
    panel = page.locator("dialog[open]")
    expect(panel.locator("ins")).to_have_text("or credit ")
    expect(panel.locator("dd.no")).to_contain_text("swap it")
    assert_accessible(page)
    shot(page, "guideline-changed")
    panel.get_by_role("button", name="I have read this version").press("Enter")
    expect(panel).to_contain_text("You have read this version.")
    expect(page.locator("#notices")).to_be_empty()
    page.keyboard.press("Escape")


def ask_a_question(page, assert_accessible, shot):
    """It is sent from beside the item."""
    page.keyboard.press("a")
    page.locator("#ask-text").wait_for()
    page.keyboard.type("Does u2 count?")
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog[open]")).to_contain_text("Your question is sent.")
    shot(page, "asked")
    page.keyboard.press("Escape")


def find_and_change_an_answer(page, assert_accessible, shot):
    """Found in the history by its words; the old answer is superseded."""
    page.keyboard.press("h")
    history = page.locator("dialog[open]")
    expect(history.locator("li")).to_have_count(2)
    assert_accessible(page)
    history.get_by_role("searchbox").fill("number 01")
    page.keyboard.press("Enter")
    expect(history.locator("li")).to_have_count(1)
    shot(page, "history-found")
    history.get_by_role("link", name="Change the answer Refund").press("Enter")
    page.locator("#answer [aria-pressed=true]").wait_for()
    page.wait_for_load_state()  # a script hears the keys
    assert_accessible(page)
    shot(page, "revise")
    page.keyboard.press("2")
    expect(page.locator(".toast")).to_contain_text("Your answer is changed.")
    expect_item(page, "number 03")
    assert [each.label for each in answers()] == ["Refund", "Exchange"]
    assert Annotation.objects.get(status="superseded").label == "Refund"


def test_help_at_hand_by_the_keyboard_alone(
    page, login, project, queue, reviewer, adjudicator, assert_accessible, shot
):
    old = factories.guideline(project, "## Refund\nMoney goes back.\n- Example: give it back\n- Not: swap it")
    guideline_read(guideline=old, reader=reviewer, now=timezone.now())
    factories.guideline(project, "## Refund\nMoney or credit goes back.\n- Example: give it back\n- Not: swap it")
    preferences_set(user=reviewer, break_minutes=5)
    fill(queue, 3)
    login(page, reviewer)
    open_queue(page, queue)
    expect(page.locator("#notices")).to_contain_text("version 2 applies")
    assert_accessible(page)
    shot(page, "notices")

    read_the_new_guideline(page, assert_accessible, shot)
    ask_a_question(page, assert_accessible, shot)
    expect_item(page, "number 01")  # still in hand
    thread_reply(thread=Comment.objects.get().thread, author=adjudicator, text="Yes.", now=timezone.now())

    key(page, "1")
    expect_item(page, "number 02")
    page.evaluate("localStorage.setItem('break:start', String(Date.now() - 6 * 60_000))")
    key(page, "1")
    expect(page.locator(".toast")).to_contain_text("You have worked for 5 minutes")

    find_and_change_an_answer(page, assert_accessible, shot)
    expect(page.locator("#notices")).to_contain_text("An adjudicator replied to you.")
    page.locator("#notices").get_by_role("link", name="Read").click()
    expect(page.locator("main")).to_contain_text("Yes.")
    assert_accessible(page)
    page.reload()
    expect(page.locator(".tag", has_text="new")).to_have_count(0)


@pytest.mark.parametrize(("viewport", "theme"), [(None, "light"), (PHONE, "dark")])
def test_pages_beside_the_bench(
    open_page, login, project, queue, reviewer, adjudicator, assert_accessible, shot, viewport, theme
):
    for _ in range(21):
        item = factories.item(queue, state="settled", settled_at=timezone.now(), open_slots=0)
        factories.annotation(item, reviewer, "Refund", created_at=timezone.now(), duration_ms=4200)
        factories.consensus(item, "Refund")
    agreement_day_update(reviewer=reviewer, now=timezone.now())
    now = timezone.now()
    begins, ends = ((now + timedelta(hours=hours)).time() for hours in (-3, 3))
    preferences_set(user=reviewer, daily_goal=30, shift_from=begins, shift_to=ends, shift_days="1234567")
    fill(queue, 2)
    page = login(open_page(viewport=viewport, theme=theme), reviewer)
    open_queue(page, queue)
    page.goto(page.locator("#actions a", has_text="Ask").get_attribute("href"))
    page.get_by_label("What is unclear?").fill("Does a trial count?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("main")).to_contain_text("Your question is sent.")
    for name in ("home", "questions"):
        page.goto(reverse(f"workbench:{name}"))
        assert_accessible(page)
        shot(page, f"{name}-{theme}")
    page.goto(reverse("accounts:settings"))
    assert_accessible(page)
    shot(page, f"settings-{theme}")
    other = login(open_page(viewport=viewport, theme=theme), adjudicator)
    other.goto(reverse("workbench:home"))
    other.goto(reverse("workbench:questions_waiting"))
    assert_accessible(other)
    shot(other, f"waiting-{theme}")
    other.get_by_label("Your reply").fill("See section 2.")
    other.get_by_role("button", name="Reply").click()
    expect(other.locator("main")).to_contain_text("No question waits for you.")
