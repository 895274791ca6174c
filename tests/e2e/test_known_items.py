"""Known items in a real browser: a newcomer qualifies by the keyboard; a manager looks at who is paused and decides."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.consensus.models import QualificationAnswer
from apps.queues import services as queues
from tests import factories
from tests.e2e.conftest import PHONE
from tests.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = {"Refund": "1", "Exchange": "2", "Order status": "3"}


@pytest.fixture
def queue(project):
    made = factories.queue(project, "Unsure answers", qualification_items=3, qualification_threshold=0.6)
    for number in range(4):
        factories.honeypot(made, "Refund" if number % 2 else "Exchange", f"Practice message {number}")
    factories.item(made, "The first real message")
    return made


def test_a_newcomer_qualifies_by_the_keyboard(page, open_page, login, queue, reviewer, assert_accessible, shot):
    factories.guideline(queue.project, "## Refund\nMoney goes back.\n- Example: give it back\n- Not: swap it")
    login(page, reviewer)
    page.goto(reverse("workbench:home"))
    page.get_by_role("link", name="Qualify for Unsure answers").press("Enter")
    expect(page.get_by_role("heading", name="A short round first")).to_be_visible()
    assert_accessible(page)
    shot(page, "qualify-begin")
    page.keyboard.press("Control+Enter")
    for place in (1, 2, 3):
        expect(page.locator("#tally")).to_have_text(f"{place} of 3")
        expect(page.locator("#item")).to_contain_text("Practice message")
        page.wait_for_load_state()  # a script hears the keys
        row = QualificationAnswer.objects.select_related("item__known_answer").get(place=place)
        right = row.item.known_answer.label
        if place == 1:
            assert_accessible(page)
            shot(page, "qualify-item")
        page.keyboard.press("3" if place == 3 else KEYS[right])
        told = page.get_by_role("status").filter(has_text="It is" if place < 3 else "The right answer is")
        expect(told).to_contain_text(right)
        page.wait_for_load_state()
        expect(page.locator(".prose")).to_contain_text("Money goes back.")
        if place != 2:
            assert_accessible(page)
            shot(page, f"qualify-feedback-{place}")
        page.keyboard.press("n")
    expect(page.get_by_role("heading", name="You are in")).to_be_visible()
    expect(page.locator("#item")).to_contain_text("2 of 3 right")
    assert_accessible(page)
    shot(page, "qualify-done")
    small = open_page(viewport=PHONE, theme="dark")
    login(small, reviewer)
    small.goto(reverse("workbench:qualify", args=[queue.pk]))
    assert_accessible(small)
    shot(small, "qualify-done-phone")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#item")).to_contain_text("The first real message")


def test_a_manager_looks_at_who_is_paused(page, open_page, login, project, reviewer, manager, assert_accessible, shot):
    queue = factories.queue(project, "Unsure answers", honeypot_share=0.1)
    for number in range(9):
        answer = "Exchange" if number % 2 else "Refund"
        factories.annotation(factories.honeypot(queue, "Refund", f"Known message {number}"), reviewer, answer)
    for _ in range(25):
        factories.settled_item(queue, "Refund", reviewers=[reviewer])
    words = "4 of 9 known items were answered wrongly"
    queues.reviewer_pause(queue=queue, reviewer=reviewer, reason=words, by=None, now=NOW)

    small = open_page(viewport=PHONE, theme="dark")
    login(small, reviewer)
    small.goto(reverse("workbench:home"))
    expect(small.locator("table")).to_contain_text("A manager will have a look")
    small.goto(reverse("workbench:queue", args=[queue.pk]))
    expect(small.get_by_role("heading", name="A short break here")).to_be_visible()
    assert_accessible(small)
    shot(small, "held-phone")

    login(page, manager)
    for name, args in (("queue", [queue.slug]), ("queue_known", [queue.slug]), ("quality_reviewer", [reviewer.pk])):
        page.goto(reverse(f"console:{name}", args=[project.slug, *args]))
        expect(page.locator("main")).to_contain_text(words)
        assert_accessible(page)
        shot(page, f"people-{name}")
    page.get_by_role("button", name="Put back").press("Enter")
    expect(page.get_by_text("starts afresh from here")).to_be_visible()
    page.get_by_text("Pause, or leave the answers out").press("Enter")
    page.get_by_label("Why, for the other managers").fill("Answered by chance")
    page.get_by_role("button", name="Leave the answers out").press("Enter")
    expect(page.locator("main")).to_contain_text("None of these answers counts here")
    assert_accessible(page)
    shot(page, "people-left-out")
    page.get_by_role("button", name="Count the answers again").press("Enter")
    expect(page.locator("body")).to_contain_text(re.compile("count again"))
    small.context.clear_cookies()
    login(small, manager)
    for name, args in (("queue_known", [queue.slug]), ("quality_reviewer", [reviewer.pk])):
        small.goto(reverse(f"console:{name}", args=[project.slug, *args]))
        assert_accessible(small)
        shot(small, f"people-{name}-phone")
