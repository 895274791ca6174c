"""Every ready config in a browser: how it looks, and answering it with keys, with the mouse, and without scripts."""

import pytest
from playwright.sync_api import expect

from apps.projects.label_templates import label_templates
from tests.e2e import urls_with_widgets
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.hands import Hand
from tests.e2e.widget_configs import WIDGETS

NAMES = [*(template.slug for template in label_templates()), "many", *WIDGETS]

pytestmark = pytest.mark.usefixtures("widget_bench")


def answered():
    return {region["from_name"]: region["value"] for region in urls_with_widgets.received[-1]}


@pytest.mark.parametrize(("size", "viewport", "theme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
def test_widgets_look_right(open_page, assert_accessible, shot, size, viewport, theme):
    page = open_page(viewport=viewport, theme=theme)
    for name in NAMES:
        page.goto(f"/widgets/{name}/")
        assert_accessible(page)
        shot(page, f"widget-{name}-{size}-{theme}")


def send(page, key):
    """Press a key and wait for the page that it brings: a context closed half-way into one never closes."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_one_key_answers_a_single_choice(page):
    page.goto("/widgets/intent/")
    send(page, "2")
    assert answered() == {"intent": {"choices": ["Exchange"]}}


def test_one_key_answers_a_pair(page):
    page.goto("/widgets/compare_answers/")
    send(page, "2")
    assert answered() == {"preferred": {"selected": "right"}}


def test_a_form_of_several_questions_needs_no_mouse(page):
    page.goto("/widgets/answer_grading/")
    page.keyboard.press("3")
    page.keyboard.press("4")  # the keys went on to the next question
    send(page, "Control+Enter")
    assert answered() == {"verdict": {"choices": ["Wrong"]}, "helpfulness": {"rating": 4}}


def test_typing_narrows_many_choices_and_enter_takes_the_first(page):
    page.goto("/widgets/many/")
    page.keyboard.press("/")
    page.keyboard.type("tran 7")
    expect(page.locator("[data-hits] button")).to_have_count(2)
    expect(page.locator("[data-filter-count]")).to_have_text("2 of 75")
    send(page, "Enter")
    assert answered() == {"intent": {"choices": ["Transfer 7"]}}


def test_enter_in_an_empty_filter_answers_nothing(page):
    page.goto("/widgets/many/")
    page.keyboard.press("/")
    page.keyboard.press("Enter")
    expect(page.locator("[data-filter]")).to_be_focused()
    assert urls_with_widgets.received == []


def test_a_correction_shows_what_changed_as_one_types(page):
    page.goto("/widgets/correct_output/")
    expect(page.locator("[data-diff-count]")).to_have_text("Nothing changed yet")
    page.keyboard.press("c")
    expect(page.get_by_role("textbox", name="Your answer")).to_be_focused()
    page.keyboard.press("Control+Home")
    page.keyboard.type("Hello! ")
    expect(page.locator("[data-diff-words] ins")).to_have_text("Hello! ")
    expect(page.locator("[data-diff-count]")).to_have_text("Words added: 1, removed: 0")
    send(page, "Control+Enter")
    assert answered()["correction"]["text"][0].startswith("Hello! Yes!")


def test_the_browser_and_the_server_find_the_same_changes(page):
    from apps.labeling.algorithms.word_diff import word_diff

    page.goto("/widgets/correct_output/")
    pairs = [
        ("return any item", "return a sale item"),
        ("a x b y c", "a b c"),
        ("", "new words"),
        ("退款很快", "退货很快"),
        ("one two three four five", "two one three five six"),
    ]
    names = {"same": "same", "removed": "del", "added": "ins"}
    for before, after in pairs:
        script = "async ([a, b]) => (await import('/static/js/widget-diff.js')).wordDiff(a, b)"
        found = page.evaluate(script, [before, after])
        assert found == [[names[piece.change], piece.text] for piece in word_diff(before, after)]


@pytest.mark.parametrize("name", ["sentiment", "compare_answers", "many"])
def test_a_press_answers_without_scripts(open_page, name):
    page = open_page(java_script_enabled=False)
    page.goto(f"/widgets/{name}/")
    with page.expect_navigation():
        page.locator("form#answer button:not([hidden])").first.click()
    assert len(answered()) == 1


def test_a_form_of_several_questions_works_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    page.goto("/widgets/response_review/")
    page.get_by_label("3", exact=True).check()
    page.get_by_label("Too long").check()
    page.get_by_label("What would have been better?").fill("Two facts.")
    with page.expect_navigation():
        page.get_by_role("button", name="Send, next").click()
    assert answered() == {
        "quality": {"rating": 3},
        "faults": {"choices": ["Too long"]},
        "comment": {"text": ["Two facts."]},
    }


def test_widgets_are_plain_forms_without_scripts(open_page):
    page = open_page(java_script_enabled=False)

    def send():
        with page.expect_navigation():
            page.get_by_role("button", name="Send, next").click()
        return answered()

    page.goto("/widgets/ranker/")
    for place, want in zip(page.get_by_label("Place").all(), "312", strict=True):
        place.fill(want)
    assert send() == {"rank": {"ranker": {"rank": ["b", "c", "a"]}}}
    page.goto("/widgets/buckets/")
    page.get_by_label("Group of Answer number 2").select_option(label="Bad")
    assert send() == {"rank": {"ranker": {"_": ["1", "3"], "good": [], "bad": ["2"]}}}
    page.goto("/widgets/nested/")
    page.get_by_label("Late").check()
    page.get_by_label("Lost").check()
    assert send() == {"why": {"choices": [["Delivery"], ["Delivery", "Late"], ["Delivery", "Lost"]]}}
    page.goto("/widgets/texts/")
    for field, text in zip(page.get_by_role("textbox").all(), ["One?", "Two?"], strict=True):
        field.fill(text)
    assert send() == {"ask": {"text": ["One?", "Two?"]}}
    page.goto("/widgets/when/")
    page.locator("[value=Yes]").check()
    page.get_by_label("What is missing?").fill("Nothing")  # not asked after a Yes, so the server leaves it out
    assert send() == {"clear": {"choices": ["Yes"]}}
    page.goto("/widgets/number/")
    page.get_by_label("Lamps").fill("4")
    assert send() == {"lamps": {"number": 4}, "share": {"number": 0.5}}


# How many texts turn their words around, and those that would turn the words beside them, too. A paragraph ends what is
# begun inside it; something inside a line must be isolated.
TURNED = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const loose = [];
  let found = 0;
  while (walker.nextNode()) {
    let node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.includes("\\u202e") || node.closest("textarea") || !node.checkVisibility()) continue;
    found += 1;
    const isLoose = ({ display, unicodeBidi }) => display === "inline" && !/isolate|plaintext/.test(unicodeBidi);
    while (isLoose(getComputedStyle(node))) node = node.parentElement;
    const parts = [...node.childNodes].filter((part) => part.textContent.trim() && !part.contains(walker.currentNode));
    const isApart = (part) => part.nodeType === 1 && getComputedStyle(part).display !== "inline";
    const isTurned = (part) => part.textContent.includes("\\u202e");
    if (!parts.every((part) => isTurned(part) || isApart(part))) loose.push(node.outerHTML.slice(0, 200));
  }
  return [found, loose];
}"""


def test_hostile_items_are_shown_and_the_page_stays_usable(open_page, assert_accessible):
    page = open_page(viewport=PHONE)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto("/widgets/hostile/")
    page.wait_for_load_state("networkidle")
    assert_accessible(page)
    assert page.evaluate("window.ran") is None
    found, loose = page.evaluate(TURNED)
    assert (found > 10, loose) == (True, [])
    expect(page.get_by_text("This picture is not loaded").first).to_be_visible()
    page.locator("[data-thing]").first.get_by_role("button").last.click()
    page.get_by_role("checkbox").last.check()
    Hand(page, "mouse").send()
    assert len(urls_with_widgets.received[-1]) == 2
