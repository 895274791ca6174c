"""A person's own keys in a browser: the row that answers, beside the letters that command."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.accounts.services import preferences_set
from tests import factories
from tests.e2e.test_workbench import answers, expect_item, fill, key, open_queue

pytestmark = pytest.mark.django_db(transaction=True)

MOVED = {"ask": "q", "skip": "z", "link": "k"}  # so that a, s and l can answer
# One question with a key of the config's own and one without, then a text whose regions are asked about.
SEVERAL = """<View><Text name="message" value="$message"/>
<Choices name="intent" toName="message" required="true">
 <Choice value="Refund" hotkey="x"/><Choice value="Exchange"/><Choice value="Order status"/></Choices>
<Rating name="sure" toName="message" maxRating="4"/></View>"""
REGIONS = """<View><Labels name="what" toName="message"><Label value="Item"/><Label value="Date"/></Labels>
<Choices name="tone" toName="message" perRegion="true"><Choice value="Calm"/><Choice value="Angry"/></Choices>
<Text name="message" value="$message"/></View>"""


@pytest.fixture
def bench(page, login, reviewer):
    def start(config="", **chosen):
        project = factories.project(config=config)
        factories.member(project, user=reviewer)
        queue = factories.queue(project, overlap_min=2, deadline_share=0, audit_lane_share=0)
        fill(queue, 3)
        preferences_set(user=reviewer, keys=MOVED, answer_keys="asdfiwl;", **chosen)
        login(page, reviewer)
        open_queue(page, queue)
        return page

    return start


def test_a_row_of_one_s_own_is_set_and_answers(page, login, project, reviewer, shot):
    queue = factories.queue(project, overlap_min=2, deadline_share=0, audit_lane_share=0)
    fill(queue, 3)
    login(page, reviewer)
    page.goto(reverse("accounts:settings"))
    page.get_by_label("Keys that answer, in order").fill("A S D F")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“a” is the key of “Ask about the item”.")).to_be_visible()
    shot(page, "settings-answer-keys")
    page.get_by_label("Ask about the item").fill("q")
    page.get_by_label("Skip the item").fill("z")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    open_queue(page, queue)
    expect(page.locator("#answer .choice kbd")).to_have_text(["a", "s", "d"])
    shot(page, "bench-answer-keys")
    page.keyboard.press("?")
    expect(page.locator("[data-keys-list] dt")).to_contain_text(["a", "s", "d", "n", "u", "z"])
    page.keyboard.press("Escape")
    page.keyboard.press("1")  # answers nothing any more
    key(page, "s")
    expect_item(page, "number 02")
    expect(page.locator("#answer .choice kbd")).to_have_text(["a", "s", "d"])
    page.keyboard.press("z")
    expect(page.locator("dialog#skip kbd").first).to_have_text("a")
    page.keyboard.press("Escape")
    key(page, "a")
    expect_item(page, "number 03")
    assert [each.label for each in answers()] == ["Exchange", "Refund"]


@pytest.mark.parametrize(("first", "caps"), [(False, ["x", "s", "d"]), (True, ["a", "s", "d"])])
def test_keys_of_the_config_stay_unless_the_row_comes_first(bench, first, caps):
    page = bench(SEVERAL, answer_keys_come_first=first)
    expect(page.locator("#q0 kbd")).to_have_text(caps)
    expect(page.locator("#q1 kbd")).to_have_text(["a", "s", "d", "f"])  # numbers are no longer their own keys
    page.keyboard.press(caps[0])
    page.keyboard.press("f")  # the keys went on to the next question
    key(page, "Control+Enter")
    expect_item(page, "number 02")
    given = {region["from_name"]: region["value"] for region in answers()[0].result}
    assert given == {"intent": {"choices": ["Refund"]}, "sure": {"rating": 4}}


def test_the_row_marks_regions_and_answers_about_them(bench):
    page = bench(REGIONS)
    page.locator("[data-regions]:not([hidden])").wait_for()
    text = page.locator("[data-spans-text]")
    text.focus()
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("s")
    expect(page.locator("[data-regions-list] > div")).to_contain_text("Date")
    expect(page.locator("[data-region-asked] kbd")).to_have_text(["a", "s"])
    page.locator("[data-region-asked] input").first.focus()
    page.keyboard.press("s")
    expect(page.get_by_label("Angry")).to_be_checked()
