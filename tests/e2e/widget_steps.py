"""How each widget of `widget_configs` is answered by any hand, and what answer that makes."""

from playwright.sync_api import expect

from tests.e2e.spans_page import drag, hold


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
    return ["Which one?", "The small one."]


def pair(hand, page):
    """With more than one question a press only chooses."""
    if hand.keys:
        page.keyboard.press("2")
        hand.reach(page.locator("#q1"))
        page.keyboard.press("3")
    else:
        hand.press(page.get_by_role("group", name="better").get_by_role("radio").nth(1))
        hand.press(page.get_by_label("3", exact=True))
    return {"better": {"selected": "right"}, "sure": {"rating": 3}}


def repeater(hand, page):
    for number, word in enumerate(("Keep", "Drop")):
        hand.choose(page.locator(f"#q{number}"), word, str(number + 1))
    return {"act_0": {"choices": ["Keep"]}, "act_1": {"choices": ["Drop"]}}


def dynamic(hand, page):
    if hand.keys:
        hand.reach(page.locator("#q0"))
        page.keyboard.press("2")
    else:
        hand.press(page.get_by_label("Please write to support."))
    return {"best": {"choices": ["Please write to support."]}, "sure": {"rating": 1}}


def chat_asked(hand, page):
    """A question about each message: what goes takes its answer along."""
    for words in ("Which one?", "The tall one.", "It is blue."):
        hand.write(page.get_by_label("New message"), words)
        hand.press(page.get_by_role("button", name="Add message"))
    for number, word in ((0, "Rude"), (1, "Kind"), (2, "Rude")):
        hand.choose(page.locator("[data-message]").nth(number).locator("[data-question]"), word, "12"[word == "Rude"])
    hand.press(page.get_by_role("button", name="Remove message 2"))
    return ["The tall one.", "It is blue.", ("Kind",), ("Rude",)]


def select_words(hand, page, name, words, steps=0):
    """Words of a marked text: drawn by mouse, held by a finger, or `steps` past the caret with Shift and arrows."""
    if hand.kind == "mouse":
        drag(page, words, name)
    elif hand.kind == "touch":
        hold(page, words, name)
    else:
        hand.reach(page.locator(f'[data-spans-text="{name}"]'))
        for key in ["ArrowRight"] * steps + ["Shift+ArrowRight"] * len(words):
            page.keyboard.press(key)


def mark(hand, page, name, words, label, *, key, steps=0):
    select_words(hand, page, name, words, steps)
    if hand.keys:
        page.keyboard.press(key)
    else:
        hand.press(page.locator(f'[data-label="{label}"]'))
    expect(page.locator("[data-regions-list] > div").filter(has_text=words)).to_contain_text(label)


def spans(hand, page):
    """Two regions, and a link from one to the other."""
    mark(hand, page, "t", "Two", "Number", key="1")
    mark(hand, page, "t", "lamps", "Thing", key="2", steps=1)
    if hand.keys:
        for key in ("Escape", "]", "l", "]", "Enter"):
            page.keyboard.press(key)
    else:
        regions = page.locator("[data-regions-list] button")
        hand.press(regions.nth(0))
        hand.press(page.get_by_role("button", name="Link to"))
        hand.press(regions.nth(1))
    expect(page.locator("[data-links-list]")).to_contain_text("lamps")
    return ["relation", ("Two", "Number"), ("lamps", "Thing")]


def formatted(hand, page):
    """Marks in formatted text; its markup does not count."""
    mark(hand, page, "h", "Acme", "Firm", key="1")
    return [("Acme", "Firm")]


def talk(hand, page):
    """Marks in one turn of a conversation."""
    mark(hand, page, "p", "Hello", "Greeting", key="1")
    return [("Hello", "Greeting")]


STEPS = {
    "nested": nested, "nested_one": nested_one, "select": select, "column": column, "when": when, "texts": texts,
    "taxonomy": taxonomy, "number": number, "datetime": moments, "ranker": ranker, "buckets": buckets, "chat": chat,
    "chat_asked": chat_asked, "pair_why": pair, "repeater": repeater, "dynamic": dynamic, "spans": spans,
    "formatted": formatted, "talk": talk,
}  # fmt: skip
