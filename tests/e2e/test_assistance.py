"""The model's guess in a real browser: filled in, cleared, after an own answer, and many at once in a grid."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.labeling.models import Annotation, Suggestion
from apps.queues.models import Review
from tests import factories
from tests.e2e.conftest import PHONE
from tests.e2e.test_workbench import answers, expect_item, key, open_queue
from tests.workbench.test_assistance import guessed_item, queue_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def never_control(monkeypatch):
    """Nobody draws the blind control, so that each item says what it shows."""
    monkeypatch.setattr("apps.labeling.suggestions.BLIND_SHARE", 0.0)


def filled(queue, labels):
    for index, label in enumerate(labels, 1):
        text = f"message number {index:02}: where is what I ordered three weeks ago, and who pays for sending it back?"
        made = factories.trace(queue.project, text)
        guess = factories.prediction(made, {label: 0.9, "Order status" if label != "Order status" else "Refund": 0.1})
        factories.item(queue, trace=made, prediction=guess, sort_key=-float(index))


def test_a_guess_is_seen_cleared_and_repeated_by_keys(page, login, project, reviewer, assert_accessible, shot):
    queue = queue_of(project, overlap_min=1, assistance_wrong_share=0.0)
    filled(queue, ["Refund", "Exchange"])
    login(page, reviewer)
    open_queue(page, queue)
    expect(page.locator("#guess")).to_contain_text("Suggested by the model: Refund")
    expect(page.locator("#answer [aria-pressed=true]")).to_contain_text("Refund")
    assert_accessible(page)
    shot(page, "guess")
    page.keyboard.press("j")
    expect(page.locator("#guess")).to_contain_text("is cleared")
    expect(page.locator("#answer [aria-pressed=true]")).to_have_count(0)
    assert_accessible(page)
    key(page, "2")
    expect_item(page, "number 02")
    expect(page.locator("#guess")).to_contain_text("Exchange")
    key(page, "2")
    expect(page.locator("#item")).to_contain_text("All done")
    assert [(each.label, each.assistance) for each in answers()] == [("Exchange", "changed"), ("Exchange", "accepted")]


def test_a_guess_after_the_own_answer_is_kept_off_or_followed(page, login, project, reviewer, assert_accessible, shot):
    queue = queue_of(project, "after_answer", overlap_min=1)
    filled(queue, ["Refund", "Refund", "Refund"])
    login(page, reviewer)
    open_queue(page, queue)
    assert "suggest" not in page.content()
    key(page, "1")  # the same as the guess: nothing comes between
    expect_item(page, "number 02")
    key(page, "2")
    expect(page.locator(".guess")).to_contain_text("You answered Exchange; it is stored. The model suggests Refund.")
    assert_accessible(page)
    shot(page, "second-look")
    page.wait_for_load_state("networkidle")
    page.reload()  # it waits
    expect(page.locator(".guess")).to_contain_text("The model suggests Refund")
    key(page, "Control+Enter")
    expect_item(page, "number 03")
    key(page, "3")
    page.locator(".guess").wait_for()
    key(page, "1")
    expect(page.locator("#item")).to_contain_text("All done")
    assert [(each.label, each.assistance) for each in answers()] == [
        ("Refund", "none"),
        ("Exchange", "none"),
        ("Refund", "revised"),
    ]
    assert Annotation.objects.filter(status="superseded", assistance="none", label="Order status").count() == 1


def tile(page, text):
    return page.locator("[data-tile]", has_text=text)


def test_a_grid_by_the_keyboard_alone(page, login, project, reviewer, assert_accessible, shot):
    queue = queue_of(project, overlap_min=1)
    filled(queue, ["Refund", "Exchange", "Refund", "Exchange", "Refund", "Order status"])
    login(page, reviewer)
    page.goto(reverse("workbench:batch", args=[queue.pk]))
    expect(page.locator("[data-tile]")).to_have_count(6)
    expect(page.locator("section h2 > span")).to_have_text(["Refund", "Exchange", "Order status"])
    expect(tile(page, "number 01").locator("[data-accept]")).to_be_focused()
    assert_accessible(page)
    shot(page, "grid")
    key(page, "Enter")  # accepted
    expect(page.locator("[data-tile-done]")).to_contain_text(["number 01"])
    expect(tile(page, "number 03").locator("[data-accept]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tile(page, "number 05").locator("[data-accept]")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    key(page, "2")  # chosen otherwise
    expect(page.locator("[data-tile-done]")).to_have_count(2)
    expect(page.locator("#announce")).to_have_text("Answered: Exchange")
    page.keyboard.press("ArrowDown")  # from the third of a row to the nearest of two
    expect(tile(page, "number 04").locator("[data-accept]")).to_be_focused()
    assert [(each.label, each.assistance, each.is_batch) for each in answers()] == [
        ("Refund", "accepted", True),
        ("Exchange", "changed", True),
    ]
    page.wait_for_load_state("networkidle")
    page.reload()  # what is answered stays answered, what is open stays open
    expect(page.locator("[data-tile]")).to_have_count(4)
    key(page, "u")
    expect(page.locator("[data-tile]")).to_have_count(5)
    expect(tile(page, "number 03")).to_be_visible()
    assert answers().count() == 1
    Review.objects.filter(item__search_text__contains="number 03").update(token=999_999)  # somebody else has it now
    tile(page, "number 03").locator("[data-accept]").focus()
    key(page, "Enter")
    expect(page.locator(".tile-item.warn")).to_contain_text("did not count")
    assert_accessible(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_grid_by_finger_on_a_phone(open_page, login, project, assert_accessible, shot, theme):
    queue = queue_of(project, overlap_min=1, assistance_wrong_share=0.5)
    reviewer = factories.member(project, user=factories.person("Reviewer", id=factories.known_id(1)))
    for number in range(1, 15):
        guessed_item(queue, id=factories.known_id(number))
    page = login(open_page(viewport=PHONE, theme=theme, has_touch=True, is_mobile=True), reviewer)
    open_queue(page, queue)
    page.wait_for_load_state("networkidle")  # leaving would cut off what the page asks for as it opens
    page.get_by_role("link", name="Many at once").tap()
    page.get_by_role("button", name="More items").tap()
    expect(page.locator("[data-tile]")).to_have_count(12)
    assert_accessible(page)
    shot(page, f"grid-phone-{theme}")
    first = page.locator("[data-tile]").first
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        first.locator("[data-accept]").tap()
    expect(page.locator("[data-tile-done]")).to_have_count(1)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("[data-tile]").first.get_by_role("button", name="Order status", exact=True).tap()
    expect(page.locator("[data-tile-done]")).to_have_count(2)
    assert answers().filter(is_batch=True).count() == 2
    page.get_by_role("button", name="More items").tap()
    expect(page.locator("[data-tile]")).to_have_count(12)
    assert Suggestion.objects.filter(is_wrong=True).exists()
    assert "is_wrong" not in page.content()
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="By likeness").tap()
    expect(page.get_by_role("link", name="By likeness")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-tile]")).to_have_count(12)
    expect(page.locator("section h2 > span")).to_have_text(["In common: number, order, where"])
    assert_accessible(page)
    shot(page, f"grid-alike-{theme}")
