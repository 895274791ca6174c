"""A reviewer's day in a real browser: by keys alone, by finger, over reloads, ended sessions and lost leases."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.accounts.services import preferences_set
from apps.labeling.models import Annotation, Draft
from apps.projects.label_templates import label_templates
from apps.queues.models import Review
from tests import factories
from tests.e2e.conftest import PHONE
from tests.factories.clock import midday_zone
from tests.factories.projects import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

# Counts what only a hand on a mouse or a finger makes; a key that presses a button makes a click without it.
COUNT_POINTERS = """
window.pointers = Number(sessionStorage.getItem("pointers") ?? 0);
addEventListener("pointerdown", () => sessionStorage.setItem("pointers", ++window.pointers), true);
"""


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure answers", overlap_min=2, deadline_share=0, audit_lane_share=0)


def fill(queue, n):
    return [factories.item(queue, f"message number {index:02}", sort_key=float(-index)) for index in range(1, n + 1)]


def open_queue(page, queue):
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    page.locator("#answer").wait_for()


def expect_item(page, text):
    expect(page.locator("#item")).to_contain_text(text)


def answers():
    return Annotation.objects.filter(status="current").order_by("created_at")


def key(page, name):
    """Press a key and wait until the card that it brings has come."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and "draft" not in answer.url):
        page.keyboard.press(name)


def read_the_guideline(page, assert_accessible):
    """Behind the open dialog nothing hears a key."""
    page.keyboard.press("g")
    expect(page.locator("dialog[open]")).to_contain_text("Choose refund when money goes back.")
    assert_accessible(page)
    page.keyboard.press("1")  # behind the open dialog nothing hears it
    page.keyboard.press("Escape")


def note_and_undo(page):
    """An answer with a note, taken back and given anew, from item 2 to item 3."""
    page.keyboard.press("n")
    page.keyboard.type("2 pairs, u keep 1")  # inside a field keys only write
    page.keyboard.press("Escape")
    key(page, "2")
    expect_item(page, "number 03")
    assert [(each.label, each.note) for each in answers()] == [("Refund", ""), ("Exchange", "2 pairs, u keep 1")]

    key(page, "u")  # the answer was wrong: the item comes back with it
    expect_item(page, "number 02")
    expect(page.locator("#answer [aria-pressed=true]")).to_contain_text("Exchange")
    expect(page.get_by_label("Note")).to_have_value("2 pairs, u keep 1")
    key(page, "3")
    expect_item(page, "number 03")


def skip_and_escalate(page):
    """From item 3, with one reason, to item 4 with another, to item 5, and on to item 6."""
    page.keyboard.press("s")
    expect(page.locator("dialog#skip")).to_be_visible()
    key(page, "1")
    expect_item(page, "number 04")
    page.keyboard.press("s")
    page.keyboard.press("n")
    page.keyboard.type("half of it is missing")
    key(page, "Control+Enter")
    expect_item(page, "number 05")
    page.keyboard.press("e")
    page.keyboard.type("refund and exchange at once")
    key(page, "Control+Enter")
    expect_item(page, "number 06")


def test_twenty_items_by_the_keyboard_alone(page, login, project, queue, reviewer, assert_accessible):
    factories.guideline(project, "Choose **refund** when money goes back.")
    preferences_set(user=reviewer, time_zone=midday_zone())  # the end counts today's answers
    fill(queue, 23)
    login(page, reviewer)
    page.add_init_script(COUNT_POINTERS)
    open_queue(page, queue)
    expect_item(page, "number 01")

    key(page, "1")
    expect_item(page, "number 02")
    expect(page.locator("#announce")).to_have_text("Answered: Refund")
    expect(page.locator("#actions")).to_contain_text("Undo “Refund”")

    read_the_guideline(page, assert_accessible)
    note_and_undo(page)
    skip_and_escalate(page)
    page.keyboard.press("h")
    expect(page.locator("dialog[open] li")).to_have_count(3)
    page.keyboard.press("Escape")

    for index in range(6, 24):
        expect_item(page, f"number {index:02}")
        key(page, "123"[index % 3])
    expect(page.locator("#item")).to_contain_text("All done, 20 answers today")
    expect(page.locator("#tally")).to_contain_text("0 left")
    labels = [each.label for each in answers()]
    assert labels[:2] == ["Refund", "Order status"]
    assert labels[2:] == [("Refund", "Exchange", "Order status")[index % 3] for index in range(6, 24)]
    skipped = Review.objects.filter(state="skipped").order_by("item__search_text").values_list("skip_reason", flat=True)
    assert list(skipped) == [
        "I cannot tell",
        "half of it is missing",
        "for an adjudicator: refund and exchange at once",
    ]
    assert page.evaluate("sessionStorage.getItem('pointers')") is None
    assert answers().first().duration_ms > 0


def test_two_quick_presses_answer_two_items_at_most_once_each(page, login, queue, reviewer):
    fill(queue, 3)
    login(page, reviewer)
    open_queue(page, queue)
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.locator("#item")).to_contain_text(re.compile("number 0[23]"))
    labels = dict(answers().values_list("item__search_text", "label"))
    assert labels["message number 01"] == "Refund"
    assert labels.get("message number 02", "Exchange") == "Exchange"


def test_draft_comes_back_after_a_reload_and_in_another_browser(open_page, login, queue, reviewer):
    fill(queue, 2)
    page = login(open_page(), reviewer)
    open_queue(page, queue)
    page.get_by_label("Note").fill("half a thought")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("half a thought")
    expect_item(page, "number 01")
    other = login(open_page(), reviewer)  # the first browser has crashed
    open_queue(other, queue)
    expect(other.get_by_label("Note")).to_have_value("half a thought")
    expect(other.locator("#answer")).to_contain_text("What you had begun")
    key(other, "1")
    assert answers().get().note == "half a thought"
    assert not Draft.objects.exists()


def test_draft_survives_a_lease_that_ran_out(page, login, queue, reviewer):
    fill(queue, 1)
    login(page, reviewer)
    open_queue(page, queue)
    page.get_by_label("Note").fill("half a thought")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    Review.objects.update(expires_at=timezone.now())
    page.reload()
    expect(page.get_by_label("Note")).to_have_value("half a thought")


def test_ended_session_asks_to_log_in_and_loses_nothing(page, login, queue, reviewer):
    fill(queue, 2)
    login(page, reviewer)
    open_queue(page, queue)
    page.context.clear_cookies(name="sessionid")
    page.get_by_label("Note").fill("written too late")
    expect(page.locator("[data-saved]")).to_contain_text("kept in this browser")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("E-mail address").fill(reviewer.email)
    assert not answers().exists()
    page.get_by_role("button", name="Log in").click()
    expect_item(page, "number 02")  # the answer was given before, and has gone out now
    assert answers().get().note == "written too late"


def test_late_answer_says_what_happened_and_goes_on(page, login, queue, reviewer):
    fill(queue, 2)
    login(page, reviewer)
    open_queue(page, queue)
    Review.objects.update(token=999_999)  # as after somebody else had it
    key(page, "1")
    expect(page.get_by_role("alert")).to_contain_text("This answer did not count")
    expect(page.get_by_role("alert")).to_contain_text("kept as a draft")
    key(page, "Control+Enter")
    expect(page.locator("#answer")).to_be_visible()


def seconds_left():
    return (Review.objects.get().expires_at - timezone.now()).total_seconds()


def expect_lease(page, low, high):
    """Beacons take their time."""
    for _ in range(150):
        if low < seconds_left() < high:
            return
        page.wait_for_timeout(100)
    assert low < seconds_left() < high


def coming_back(page):
    """Until the page has said that it is here: some time after it came, lest that overtakes a word of leaving."""
    return page.expect_event("requestfinished", lambda request: request.url.endswith("/back/"))


def test_leaving_lets_an_untouched_item_go_soon_and_a_reload_keeps_it(page, login, queue, reviewer):
    fill(queue, 2)
    login(page, reviewer)
    open_queue(page, queue)
    page.goto(reverse("workbench:home"))
    expect_lease(page, 0, 31)
    open_queue(page, queue)
    expect_item(page, "number 01")
    expect_lease(page, 800, 900)
    with coming_back(page):
        page.reload()
    expect_item(page, "number 01")
    expect_lease(page, 800, 900)
    assert Review.objects.count() == 1


def test_leaving_with_something_written_keeps_the_item(page, login, queue, reviewer):
    fill(queue, 1)
    login(page, reviewer)
    open_queue(page, queue)
    page.get_by_label("Note").fill("I come back to this")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    page.goto(reverse("workbench:home"))
    page.wait_for_timeout(500)
    assert seconds_left() > 800


def test_new_items_are_offered_while_nothing_is_left(page, login, queue, reviewer):
    login(page, reviewer)
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    expect(page.locator("#item")).to_contain_text("All done")
    fill(queue, 1)
    expect(page.locator("#item")).to_contain_text("1 item came in", timeout=60_000)  # it looks every 15 seconds
    assert not Review.objects.exists()
    key(page, "Control+Enter")
    expect_item(page, "number 01")


def test_without_scripts_everything_works_by_buttons(open_page, login, queue, reviewer):
    fill(queue, 3)
    page = login(open_page(java_script_enabled=False), reviewer)
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    page.get_by_role("button", name="Take the first item").click()
    page.get_by_role("button", name="Refund").click()
    expect_item(page, "number 02")
    page.get_by_role("button", name="Undo").click()
    expect_item(page, "number 01")
    page.get_by_role("button", name="Exchange").click()
    page.locator("#actions").get_by_text("Skip").click()
    page.get_by_role("button", name="I cannot tell").click()
    expect_item(page, "number 03")
    assert answers().get().label == "Exchange"


def test_by_finger_on_a_phone(open_page, login, queue, reviewer, assert_accessible):
    fill(queue, 4)
    page = login(open_page(viewport=PHONE, has_touch=True, is_mobile=True), reviewer)
    page.goto(reverse("workbench:home"))
    page.get_by_role("link", name="Review Unsure answers").tap()
    for index, label in enumerate(("Refund", "Exchange"), 1):
        expect_item(page, f"number {index:02}")
        target = page.get_by_role("button", name=label)
        assert target.bounding_box()["height"] >= 48
        target.tap()
    expect_item(page, "number 03")
    page.get_by_role("button", name="Undo").tap()
    expect_item(page, "number 02")
    page.get_by_role("button", name="Order status").tap()
    expect_item(page, "number 03")
    page.locator("#actions").get_by_text("Skip").tap()
    page.get_by_role("button", name="Empty or broken").tap()
    expect_item(page, "number 04")
    assert_accessible(page)
    assert [each.label for each in answers()] == ["Refund", "Order status"]


QUESTION = "I bought a jacket in the sale and it doesn’t fit. Can I still send it back?"
ANSWER = "Yes! You can return any item within 60 days for a full refund."


@pytest.fixture
def bench_of(login, page):
    """`bench_of("correct_output", {...})`: a reviewer before one item of a ready template."""

    def make(slug, **data):
        template = next(each for each in label_templates() if each.slug == slug)
        project = factories.project(config=template.config)
        queue = factories.queue(project, overlap_min=1)
        factories.item(queue, data=data)
        factories.item(queue, data=dict.fromkeys(data, "The next one."))
        login(page, factories.member(project))
        open_queue(page, queue)
        return page

    return make


def test_correct_an_answer_with_its_word_diff(bench_of, assert_accessible):
    page = bench_of("correct_output", question=QUESTION, answer=ANSWER)
    field = page.locator("textarea[name='answer.correction']")
    expect(field).to_have_value(ANSWER)
    page.keyboard.press("c")
    field.fill("Yes. You can return a sale item within 60 days, for store credit.")
    page.keyboard.press("Escape")
    expect(page.locator("[data-diff-words] del").first).to_contain_text("Yes!")
    expect(page.locator("[data-diff-words] ins").first).to_contain_text("Yes.")
    page.keyboard.press("1")
    page.keyboard.press("3")
    assert_accessible(page)
    key(page, "Control+Enter")
    expect_item(page, "The next one.")
    stored = answers().get()
    values = {region["from_name"]: region["value"] for region in stored.result}
    assert values == {
        "correction": {"text": ["Yes. You can return a sale item within 60 days, for store credit."]},
        "reasons": {"choices": ["Wrong policy", "Missing a step"]},
    }
    page.keyboard.press("u")  # where there is text to write, commands take Alt
    expect_item(page, "The next one.")
    key(page, "Alt+u")
    expect(page.locator("textarea[name='answer.correction']")).to_have_value(values["correction"]["text"][0])
    expect(page.get_by_label("Wrong policy")).to_be_checked()


def test_rating_and_choice_on_one_page(bench_of):
    page = bench_of("answer_grading", question=QUESTION, answer=ANSWER)
    page.keyboard.press("2")  # the verdict; then the keys belong to the rating
    page.keyboard.press("4")
    key(page, "Control+Enter")
    expect_item(page, "The next one.")
    values = {region["from_name"]: region["value"] for region in answers().get().result}
    assert values == {"verdict": {"choices": ["Partly correct"]}, "helpfulness": {"rating": 4}}


def test_several_choices(bench_of, assert_accessible):
    page = bench_of("topics", message="Late again, and the box was open.")
    key(page, "Control+Enter")  # nothing chosen: refused, and said so
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("1")
    page.keyboard.press("3")
    key(page, "Control+Enter")
    expect_item(page, "The next one.")
    assert answers().get().result[0]["value"] == {"choices": ["Delivery", "Quality"]}


def test_pairwise(bench_of, assert_accessible):
    page = bench_of("compare_answers", question=QUESTION, answer_a="Yes.", answer_b="No.")
    assert_accessible(page)
    key(page, "2")
    expect_item(page, "The next one.")
    assert answers().get().label == "right"


def test_many_labels_by_typing(page, login, assert_accessible):
    project = factories.project(labels=[f"Intent {n:02}" for n in range(1, 78)])
    queue = factories.queue(project, overlap_min=1)
    fill(queue, 2)
    login(page, factories.member(project))
    open_queue(page, queue)
    page.keyboard.press("/")
    page.keyboard.type("77")
    assert_accessible(page)
    key(page, "Enter")
    expect_item(page, "number 02")
    page.keyboard.type("12")  # the filter has the focus again
    key(page, "Enter")
    assert [each.label for each in answers()] == ["Intent 77", "Intent 12"]
