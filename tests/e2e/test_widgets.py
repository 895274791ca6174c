"""Every ready config in a browser: how it looks, and answering it with keys, with the mouse, and without scripts."""

import pytest
from label_studio_sdk.label_interface.interface import LabelInterface
from playwright.sync_api import expect

from apps.projects.label_templates import label_templates
from tests.e2e import urls_with_widgets
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.widget_configs import WIDGETS

NAMES = [*(template.slug for template in label_templates()), "many", *WIDGETS]


@pytest.fixture(autouse=True)
def _bench(settings, db):
    settings.ROOT_URLCONF = "tests.e2e.urls_with_widgets"
    urls_with_widgets.received.clear()


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


class Hand:
    """Answers by mouse, by finger, or by the keyboard alone, which may only press keys."""

    def __init__(self, page, kind):
        self.page, self.kind = page, kind

    @property
    def keys(self):
        return self.kind == "keys"

    def press(self, locator, key="Space"):
        if self.kind == "mouse":
            locator.click()
        elif self.kind == "touch":
            locator.tap()
        else:
            self.reach(locator)
            self.page.keyboard.press(key)

    def reach(self, locator):
        """By Tab, as a person without a mouse gets there."""
        for _step in range(80):
            if locator.evaluate("node => node === document.activeElement || node.contains(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not reach {locator}")

    def write(self, locator, text):
        if self.keys:
            self.reach(locator)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(text)
        else:
            locator.fill(text)

    def drag(self, thing, onto):
        thing.scroll_into_view_if_needed()
        start, end = thing.bounding_box(), onto.bounding_box()
        points = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in (start, end)]
        if self.kind == "touch":
            touch_drag(self.page, *points)
            self.kind = (
                "mouse"  # Chromium's test protocol now and then swallows the tap after a drag made of touch events
            )
            return
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=6)
        self.page.mouse.up()

    def send(self):
        with self.page.expect_navigation():
            if self.kind == "keys":
                self.page.keyboard.press("Control+Enter")
            else:
                self.press(self.page.get_by_role("button", name="Send, next"))


def touch_drag(page, start, end):
    session = page.context.new_cdp_session(page)

    def send(kind, point=None):
        points = [{"x": point[0], "y": point[1]}] if point else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", start)
    for step in range(1, 7):
        send("touchMove", [one + (other - one) * step / 6 for one, other in zip(start, end, strict=True)])
    send("touchEnd")
    session.detach()


def nested(hand, page):
    if hand.keys:
        hand.reach(page.locator(".tree"))
        for key in ("Space", "ArrowDown", "ArrowDown", "Space", "End", "Space"):  # all of Damage, less Scratched; Other
            page.keyboard.press(key)
    else:
        hand.press(page.get_by_label("Damage", exact=True))
        expect(page.get_by_label("Scratched")).to_be_checked()
        hand.press(page.get_by_label("Scratched"))
        hand.press(page.get_by_label("Other"))
    assert page.get_by_label("Damage", exact=True).evaluate("box => box.indeterminate")
    return {"why": {"choices": [["Damage", "Broken"], ["Other"]]}}


def nested_one(hand, page):
    if hand.keys:
        hand.reach(page.locator(".tree"))
        for key in ("ArrowDown", "ArrowDown", "Space"):
            page.keyboard.press(key)
    else:
        hand.press(page.get_by_label("Scratched"))
    return {"why": {"choices": [["Damage", "Scratched"]]}}


def select(hand, page):
    if hand.keys:
        hand.reach(page.get_by_label("Want"))
        page.keyboard.type("Exch")
    else:
        page.get_by_label("Want").select_option("Exchange")
    return {"want": {"choices": ["Exchange"]}}


def column(hand, page):
    if hand.keys:
        page.keyboard.press("2")
        hand.reach(page.locator("#q1"))
        page.keyboard.press("3")
    else:
        hand.press(page.get_by_label("Exchange"))
        hand.press(page.get_by_label("3", exact=True))
    return {"want": {"choices": ["Exchange"]}, "sure": {"rating": 3}}


def when(hand, page):  # pressing in a question that has not the keys must hit, although its caps appear
    polite, missing = page.get_by_role("group", name="How polite is it?"), page.get_by_label("What is missing?")
    expect(missing).to_be_hidden()
    if hand.keys:
        page.keyboard.press("1")
        page.keyboard.press("4")
        hand.reach(page.get_by_label("Yes"))
        page.keyboard.press("ArrowRight")
    else:
        hand.press(polite.get_by_label("4"))
        hand.press(page.locator("[value=No]"))
    expect(polite).to_be_hidden()
    hand.write(missing, "The order number")
    return {"clear": {"choices": ["No"]}, "missing": {"text": ["The order number"]}}  # what is hidden is not sent


def texts(hand, page):
    fields = page.locator("[data-texts-list] textarea")
    if hand.keys:
        page.keyboard.press("c")
        page.keyboard.type("Which lamp?\nWhen?\nWhy?")  # Enter opens the next one
    else:
        for n, text in enumerate(["Which lamp?", "When?", "Why?"]):
            hand.write(fields.nth(n), text)
            if n < 2:
                hand.press(page.get_by_role("button", name="Add another"))
    expect(page.get_by_role("button", name="Add another")).to_be_hidden()  # at most three
    hand.press(page.get_by_role("button", name="Remove text 2"))
    hand.press(page.get_by_role("button", name="Remove text 2"))
    hand.press(page.get_by_role("button", name="order number"))
    return {"ask": {"text": ["Which lamp?order number"]}}


def taxonomy(hand, page):
    if hand.keys:
        page.keyboard.press("/")
        page.keyboard.type("family 3.2")
        page.keyboard.press("Enter")
        page.keyboard.press("Control+A")
        page.keyboard.press("Delete")
        page.keyboard.press("ArrowDown")
        for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Space"):  # into Order 0, past Family 0.0
            page.keyboard.press(key)
    else:
        page.get_by_role("searchbox").fill("family 3.2")
        hand.press(page.get_by_label("Family 3.2", exact=True))
        page.get_by_role("searchbox").fill("")
        hand.press(page.get_by_role("button", name="Inside: Order 0"))
        hand.press(page.get_by_label("Family 0.1", exact=True))
    chosen = [["Order 0", "Family 0.1"], ["Order 3", "Family 3.2"]]
    expect(page.get_by_role("button", name="Remove Order 3 / Family 3.2")).to_be_visible()
    return {"kind": {"taxonomy": chosen}}


def number(hand, page):
    hand.write(page.get_by_label("Lamps"), "2")
    slider = page.get_by_role("slider")
    if hand.keys:
        hand.reach(slider)
        page.keyboard.press("ArrowRight")
    else:
        slider.fill("0.55")
    return {"lamps": {"number": 2}, "share": {"number": 0.55}}


def moments(hand, page):
    sent = {"Day": "2024-05-17", "Hour": "09:30", "Moment": "2024-05-17T21:30", "Year": "1999"}
    typed = {"Day": ["05172024"], "Hour": ["0930AM"], "Moment": ["05172024", "0930PM"], "Year": ["1999"]}
    for label in sent:
        if hand.keys:
            hand.reach(page.get_by_label(label))
            page.keyboard.type(typed[label][0])
            for more in typed[label][1:]:
                page.keyboard.press("Tab")
                page.keyboard.type(more)
        else:
            page.get_by_label(label).fill(sent[label])
    values = {"day": "17.05.2024", "hour": "09:30", "moment": "2024-05-17T21:30", "year": "1999"}
    return {name: {"datetime": value} for name, value in values.items()}


def ranker(hand, page):
    if hand.keys:
        hand.press(page.get_by_role("button", name="Move down: Refund"))  # b a c
        page.keyboard.press("Alt+ArrowDown")  # b c a
    else:
        grips = page.locator("[data-grip]")
        hand.drag(grips.nth(0), grips.nth(2))
    expect(page.locator("[data-order-said]")).to_contain_text("place 3 of 3")
    return {"rank": {"ranker": {"rank": ["b", "c", "a"]}}}


def buckets(hand, page):
    if hand.keys:
        hand.reach(page.get_by_label("Group of Answer number 3"))
        page.keyboard.type("Bad")
        hand.press(page.get_by_role("button", name="Move down: Answer number 2"))  # past the end: into the next group
    else:
        page.get_by_label("Group of Answer number 3").select_option(label="Bad")
        if hand.kind == "touch":  # on a phone the groups lie below each other, further than a finger drags
            page.get_by_label("Group of Answer number 2").select_option(label="Good")
        else:
            hand.drag(page.locator("[data-thing='2'] [data-grip]"), page.locator("[data-things='good']"))
    return {"rank": {"ranker": {"_": ["1"], "good": ["2"], "bad": ["3"]}}}


def chat(hand, page):
    text = page.get_by_label("New message")
    for words in ("Which one?", "The tall one."):
        hand.write(text, words)
        hand.press(page.get_by_role("button", name="Add message"))
    hand.write(page.get_by_label("Message 3, assistant"), "The small one.")
    return None


STEPS = {
    "nested": nested, "nested_one": nested_one, "select": select, "column": column, "when": when, "texts": texts,
    "taxonomy": taxonomy, "number": number, "datetime": moments, "ranker": ranker, "buckets": buckets, "chat": chat,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["mouse", "touch", "keys"])
def test_each_widget_is_answered_and_shown_again(open_page, kind):
    finger = {"viewport": PHONE, "has_touch": True, "is_mobile": True} if kind == "touch" else {}
    page = open_page(**finger)
    for name, steps in STEPS.items():
        page.goto(f"/widgets/{name}/")
        page.wait_for_load_state("networkidle")  # the widget's own script is there
        hand = Hand(page, kind)
        expected = steps(hand, page)
        hand.send()
        if name == "chat":
            messages = [region["value"]["chatmessage"] for region in urls_with_widgets.received[-1]]
            said = [(message["role"], message["content"]) for message in messages]
            assert said == [("user", "Which one?"), ("assistant", "The small one.")]
        else:
            assert answered() == expected, name
        if "nested" not in name:  # label-studio-sdk knows no paths in choices, although the editor writes them
            assert LabelInterface(WIDGETS[name][0]).validate_annotation({"result": urls_with_widgets.received[-1]}), (
                name
            )
        page.goto(f"/widgets/{name}/?again")
        page.wait_for_load_state("networkidle")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        assert urls_with_widgets.received[-1] == urls_with_widgets.received[-2], name


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


def test_hostile_items_are_shown_and_the_page_stays_usable(open_page, assert_accessible):
    page = open_page(viewport=PHONE)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto("/widgets/hostile/")
    page.wait_for_load_state("networkidle")
    assert_accessible(page)
    assert page.evaluate("window.ran") is None
    expect(page.get_by_text("This picture is not loaded").first).to_be_visible()
    page.locator("[data-thing]").first.get_by_role("button").last.click()
    page.get_by_role("checkbox").last.check()
    Hand(page, "mouse").send()
    assert len(urls_with_widgets.received[-1]) == 2
