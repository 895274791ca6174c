"""Marking regions in texts in a real browser: by mouse, by the keyboard alone, by finger, over drafts and revisits."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.labeling.models import Draft
from apps.queues.services import item_to_adjudication
from tests import factories
from tests.e2e.conftest import PHONE
from tests.e2e.spans_page import (
    CONFIG,
    TEXT,
    drag,
    expect_rows,
    hold,
    make_queue,
    open_queue,
    region,
    rows,
    send,
    stored,
)

pytestmark = pytest.mark.django_db(transaction=True)


def kept_with(page, words):
    """The draft on the server holds these words."""
    for _ in range(100):
        if any(words in str(draft.fields) for draft in Draft.objects.all()):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no draft with {words}")


def marks(result):
    return [
        (tuple(each["value"][each["type"]]), each["value"]["text"])
        for each in result
        if str(each.get("type")).endswith("labels")
    ]


def mark_by_mouse(page):
    """Words or label first, over others and over a line's end, and no more often than the config allows."""
    drag(page, "Microsoft")  # words first, then the label
    page.keyboard.press("1")
    expect_rows(page, "Organization Microsoft")
    page.keyboard.press("p")  # the label first, then words, also over others and over a line's end
    drag(page, "Bill Gates")
    drag(page, "Gates\r\nand Paul Allen")
    page.keyboard.press("p")  # no longer chosen
    drag(page, "April 4, 1975")
    page.get_by_role("button", name="3 Date").click()
    expect_rows(
        page, "Organization Microsoft", "Person Bill Gates", "Person Gates and Paul Allen", "Date April 4, 1975"
    )
    assert page.locator(".sp[data-l*=Person]").count() == 2
    drag(page, "BASIC")
    page.keyboard.press("3")  # maxUsages
    expect(page.locator("[data-regions-said]")).to_have_text("Date may not be used again.")
    expect(rows(page)).to_have_count(4)


def edit_ask_and_link(page):
    """One region moved, there and back, and asked about; two joined."""
    rows(page).nth(2).get_by_role("button").click()
    page.get_by_role("button", name="Start: one word on").click()
    page.get_by_role("button", name="Start: one word on").click()
    expect(rows(page).nth(2)).to_have_text("Person Paul Allen")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    expect(rows(page).nth(2)).to_have_text("Person Paul All")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.locator("[data-region-asked]").get_by_text("Not relevant").click()

    rows(page).nth(0).get_by_role("button").click()
    expect(page.locator("[data-asked]")).to_be_hidden()  # asked of persons only
    page.keyboard.press("l")
    rows(page).nth(1).get_by_role("button").click()
    expect(page.locator("[data-links-list] li")).to_have_count(1)
    page.locator("[data-links-list]").get_by_text("founded_by").click()


def expect_marked_by_mouse(result):
    assert marks(result) == [
        (("Organization",), "Microsoft"),
        (("Person",), "Bill Gates"),
        (("Person",), "Paul Allen"),
    ]
    spans = [each for each in result if each.get("type") == "labels"]
    assert all(TEXT[each["value"]["start"] : each["value"]["end"]] == each["value"]["text"] for each in spans)
    asked = next(each for each in result if each.get("type") == "choices")
    assert asked["id"] == spans[2]["id"]
    assert asked["value"] == {
        "start": spans[2]["value"]["start"],
        "end": spans[2]["value"]["end"],
        "text": "Paul Allen",
        "choices": ["Not relevant"],
    }
    link = next(each for each in result if each["type"] == "relation")
    assert link == {
        "from_id": spans[0]["id"],
        "to_id": spans[1]["id"],
        "type": "relation",
        "direction": "right",
        "labels": ["founded_by"],
    }


def test_marking_by_mouse_lasts_over_drafts_and_comes_back(open_page, login, assert_accessible, shot):
    queue, reviewer = make_queue(CONFIG, {"text": TEXT})
    page = login(open_page(), reviewer)
    open_queue(page, queue)
    mark_by_mouse(page)
    edit_ask_and_link(page)
    assert_accessible(page)
    shot(page, "spans-marked-light")

    kept_with(page, "founded_by")
    page.reload()
    expect_rows(page, "Organization Microsoft", "Person Bill Gates", "Person Paul Allen", "Date April 4, 1975")
    page.locator(".sp", has_text="1975").click()
    page.keyboard.press("Delete")
    expect(rows(page)).to_have_count(3)
    send(page)
    result = stored(CONFIG)
    expect_marked_by_mouse(result)

    page.keyboard.press("u")  # the answer comes back as it was, and goes out again unchanged
    expect_rows(page, "Organization Microsoft", "Person Bill Gates", "Person Paul Allen")
    expect(page.locator("[data-links-list] li")).to_have_count(1)
    rows(page).nth(2).get_by_role("button").click()
    expect(page.get_by_label("Not relevant")).to_be_checked()
    send(page)
    assert stored(CONFIG) == result


def mark_by_keys(page):
    """The caret goes by letters, words and lines; Shift selects; nothing can be written into the text."""
    text = page.locator("[data-spans-text]")
    page.keyboard.press("Control+ArrowRight")  # over the emoji
    page.keyboard.press("Shift+Control+ArrowRight")
    page.keyboard.press("Enter")  # with no label chosen
    expect(page.locator("[data-regions-said]")).to_have_text("Press a label’s key to mark this.")
    page.keyboard.press("1")
    expect_rows(page, "Organization Microsoft")
    page.keyboard.press("End")
    for _ in range(5):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("p")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("p")  # nothing is selected, so the label is chosen for what comes
    for _ in range(3):
        page.keyboard.press("Shift+Control+ArrowRight")
    page.keyboard.press("Enter")
    expect_rows(page, "Organization Microsoft", "Person Gates", "Person and Paul Allen")
    page.keyboard.type("x y?")  # nothing can be written here
    page.keyboard.press("Backspace")
    assert text.evaluate("node => node.innerText").startswith("😀 Microsoft was founded by Bill Gates")


def edit_by_keys(page):
    """From region to region: relabelled, joined, removed, and back."""
    page.keyboard.press("Escape")
    page.keyboard.press("[")  # from one region to the next, and what is there to do with it
    expect(page.locator("[data-region-words]")).to_have_text("Gates")
    page.keyboard.press("1")  # a label's key relabels what is selected
    page.keyboard.press("[")
    page.keyboard.press("l")
    page.keyboard.press("]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-links-list] li")).to_have_count(1)
    page.keyboard.press("Delete")  # a link's end takes it along
    expect_rows(page, "Organization Gates", "Person and Paul Allen")
    page.keyboard.press("Control+z")
    expect(page.locator("[data-links-list] li")).to_have_count(1)


def test_marking_by_the_keyboard_alone(open_page, login, assert_accessible, shot):
    queue, reviewer = make_queue(CONFIG, {"text": TEXT})
    page = login(open_page(theme="dark"), reviewer)
    open_queue(page, queue)
    text = page.locator("[data-spans-text]")
    for _ in range(20):
        page.keyboard.press("Tab")
        if text.evaluate("node => node === document.activeElement"):
            break
    assert_accessible(page)
    mark_by_keys(page)
    shot(page, "spans-keyboard-dark")
    edit_by_keys(page)
    send(page)
    result = stored(CONFIG)
    assert marks(result) == [
        (("Organization",), "Microsoft"),
        (("Organization",), "Gates"),
        (("Person",), "and Paul Allen"),
    ]
    assert [each["direction"] for each in result if each["type"] == "relation"] == ["right"]


def test_marking_by_finger_on_a_phone(open_page, login, assert_accessible, shot):
    queue, reviewer = make_queue(CONFIG, {"text": TEXT})
    page = login(open_page(viewport=PHONE, has_touch=True, is_mobile=True), reviewer)
    open_queue(page, queue)
    hold(page, "Bill Gates")
    expect(page.get_by_role("button", name="Person")).to_be_in_viewport()  # the labels come up to the selection
    shot(page, "spans-phone-labels")
    page.get_by_role("button", name="Person").tap()
    expect_rows(page, "Person Bill Gates")
    page.locator(".sp").tap()
    expect(page.get_by_label("Not relevant")).to_be_visible()
    page.get_by_text("Not relevant").tap()
    page.get_by_role("button", name="End: one word on").tap()
    expect_rows(page, "Person Bill Gates and")
    assert_accessible(page)
    shot(page, "spans-phone")
    page.get_by_role("button", name="Send, next").tap()
    expect(page.locator("#announce")).to_contain_text("Bill Gates")
    assert marks(stored(CONFIG)) == [(("Person",), "Bill Gates\r\nand")]


def test_an_adjudicator_reads_the_marks_and_starts_from_one_answer(open_page, login, assert_accessible, shot):
    queue, first = make_queue(CONFIG, {"text": TEXT}, n=1)
    second = factories.member(queue.project, "reviewer", name="Second")
    adjudicator = factories.member(queue.project, "adjudicator", name="Adjudicator")
    item = queue.items.get()
    factories.annotation(item, first, "", result=[region("a", 27, 37)])
    factories.annotation(item, second, "", result=[region("b", 27, 37), region("c", 43, 53)])
    item_to_adjudication(item=item, reason="2 answers, the limit")
    page = login(open_page(), adjudicator)
    page.goto(reverse("workbench:adjudicate", args=[queue.pk]))
    votes = page.locator(".vote")
    expect(votes.nth(0).locator("mark")).to_have_text(["Bill GatesPerson"])
    expect(votes.nth(1).locator("mark")).to_have_text(["Bill GatesPerson", "Paul AllenPerson"])
    votes.nth(1).get_by_role("link", name="Start from this answer").click()
    expect_rows(page, "Person Bill Gates", "Person Paul Allen")
    assert_accessible(page)
    shot(page, "spans-adjudicate")
    rows(page).nth(0).get_by_role("button").click()
    page.keyboard.press("Delete")
    send(page)
    assert marks(item.adjudications.get().result) == [(("Person",), "Paul Allen")]
