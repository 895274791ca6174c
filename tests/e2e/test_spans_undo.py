"""Undo inside a text in a real browser: regions, their labels, and what is said about each."""

import pytest
from playwright.sync_api import expect

from tests.e2e.spans_page import drag, expect_rows, make_queue, open_queue, rows, send, stored

pytestmark = pytest.mark.django_db(transaction=True)

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Labels name="label" toName="text"><Label value="Item"/><Label value="Date"/></Labels>
  <Choices name="tone" toName="text" perRegion="true"><Choice value="Calm"/><Choice value="Angry"/></Choices>
  <TextArea name="why" toName="text" perRegion="true" maxSubmissions="1" whenLabelValue="Date"/>
</View>"""
TEXT = "The lamp came on Monday and was broken."


@pytest.fixture
def bench(open_page, login, db):
    def start(**options):
        queue, reviewer = make_queue(CONFIG, {"text": TEXT})
        page = login(open_page(**options), reviewer)
        open_queue(page, queue)
        return page

    return start


def mark(page, words, label):
    drag(page, words)
    page.locator(f"[data-label={label}]").click()


def answers(page):
    """What will be sent about regions, in order."""
    return page.evaluate("[...document.querySelectorAll('[data-region-fields] textarea')].map((field) => field.value)")


def test_ctrl_z_steps_back_through_answers_labels_and_regions(bench):
    page = bench()
    mark(page, "lamp", "Item")
    calm, angry = (page.locator("[data-region-asked]").get_by_label(word) for word in ("Calm", "Angry"))
    calm.click()
    angry.click()
    assert answers(page) == ["Angry"]
    page.keyboard.press("Control+z")
    expect(calm).to_be_checked()
    expect(angry).to_be_focused()  # what is drawn stays, and with it the focus
    page.keyboard.press("Control+Shift+z")
    expect(angry).to_be_checked()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(calm).not_to_be_checked()
    assert answers(page) == []
    calm.click()

    rows(page).first.click()
    page.locator("[data-label=Date]").click()
    expect(rows(page).first).to_contain_text("Date")
    page.locator("[data-region-asked] textarea").fill("It is no date")
    page.get_by_role("button", name="Ctrl+Z Undo").click()  # the words are one step
    expect(page.locator("[data-region-asked] textarea")).to_have_value("")
    page.get_by_role("button", name="Ctrl+Z Undo").click()
    expect(rows(page).first).to_contain_text("Item")
    assert answers(page) == ["Calm"]
    send(page)
    assert [region["value"].get("choices") for region in stored(CONFIG)] == [None, ["Calm"]]


def test_an_answer_undone_elsewhere_is_shown_where_it_was(bench):
    page = bench()
    mark(page, "lamp", "Item")
    page.locator("[data-region-asked]").get_by_label("Angry").click()
    mark(page, "Monday", "Date")
    page.get_by_role("button", name="Ctrl+Z Undo").click()  # the second region goes
    expect_rows(page, *[rows(page).first.inner_text()])
    page.get_by_role("button", name="Ctrl+Z Undo").click()  # and the answer about the first, which is shown for it
    expect(page.locator("[data-region-words]")).to_have_text("lamp")
    expect(page.locator("[data-region-asked]").get_by_label("Angry")).not_to_be_checked()
    page.get_by_label("Calm").click()
    send(page)
    assert [region["value"].get("choices") for region in stored(CONFIG)] == [None, ["Calm"]]


def test_ctrl_z_in_a_field_is_the_field_s_own(bench):
    page = bench()
    mark(page, "Monday", "Date")
    field = page.locator("[data-region-asked] textarea")
    field.press_sequentially("Why")
    page.keyboard.press("Control+z")
    expect(rows(page)).to_have_count(1)
    expect(field).not_to_have_value("Why")
    assert answers(page) == [value for value in [field.input_value()] if value]
    send(page)
