"""Marking regions in texts in a real browser: by mouse, by the keyboard alone, by finger, over drafts and revisits."""

import json

import pytest
from django.urls import reverse
from label_studio_sdk.label_interface import LabelInterface
from playwright.sync_api import expect

from apps.labeling.algorithms.markup import read_document
from apps.labeling.models import Annotation, Draft
from apps.queues.services import item_to_adjudication
from tests import factories
from tests.e2e.conftest import PHONE

pytestmark = pytest.mark.django_db(transaction=True)

CONFIG = """<View>
  <Relations><Relation value="founded_by"/><Relation value="works_at"/></Relations>
  <Header value="Mark who and what"/>
  <Text name="text" value="$text"/>
  <Labels name="label" toName="text">
    <Label value="Organization" background="orange"/>
    <Label value="Person" background="green" hotkey="p"/>
    <Label value="Date" background="yellow" maxUsages="1"/>
  </Labels>
  <Choices name="relevance" toName="text" perRegion="true" whenLabelValue="Person">
    <Choice value="Relevant"/><Choice value="Not relevant"/>
  </Choices>
</View>"""
TEXT = "😀 Microsoft was founded by Bill Gates\r\nand Paul Allen on April 4, 1975.\nIt sold BASIC <b>interpreters</b>."
HTML = "<h1>Acme 😀 Inc.</h1>\n<p>He lives<br>in <b>New</b> York.</p><script>alert(1)</script><table><tr><td>x</table>"
TALK = [{"author": "Ann", "text": "😀 Hello Bob"}, {"author": "Bob", "text": "Hi\r\nAnn from Rome"}]
BOTH = """<View>
  <HyperTextLabels name="ner" toName="html"><Label value="Person"/><Label value="Place"/></HyperTextLabels>
  <HyperText name="html" value="$html"/>
  <ParagraphLabels name="slot" toName="talk" choice="multiple"><Label value="Name"/><Label value="City"/>
  </ParagraphLabels>
  <Paragraphs name="talk" value="$talk" layout="dialogue"/>
</View>"""
# Where the words stand on the screen: just before the first, and just behind the last character.
PLACE = """([name, words]) => {
  const root = document.querySelector(`[data-spans-text="${name}"]`);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  let flat = "";
  while (walker.nextNode()) {
    if (walker.currentNode.parentElement.closest(".who")) continue;
    nodes.push([walker.currentNode, flat.length]);
    flat += walker.currentNode.data;
  }
  const at = flat.indexOf(words);
  if (at < 0) throw new Error(`no ${words} in ${flat}`);
  const box = (unit) => {
    const [node, start] = nodes.findLast(([each, begin]) => begin <= unit);
    const range = document.createRange();
    range.setStart(node, unit - start);
    range.setEnd(node, unit - start + 1);
    return range.getBoundingClientRect();
  };
  const [first, last] = [box(at), box(at + words.length - 1)];
  return [first.left + 1, first.top + first.height / 2, last.right - 1, last.top + last.height / 2];
}"""


def make_queue(config, data, *, n=2):
    project = factories.project(config=config)
    queue = factories.queue(project, "Spans", overlap_min=2, deadline_share=0, audit_lane_share=0)
    for index in range(n):
        factories.item(queue, f"item {index}", data=data, sort_key=float(-index))
    return queue, factories.member(project, "reviewer", name="Reviewer")


def open_queue(page, queue):
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    page.locator("[data-regions]:not([hidden])").first.wait_for()


def drag(page, words, name="text"):
    page.locator(f'[data-spans-text="{name}"]').scroll_into_view_if_needed()
    left, top, right, bottom = page.evaluate(PLACE, [name, words])
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right, bottom)
    page.mouse.up()


def rows(page):
    return page.locator("[data-regions-list] > div")


def expect_rows(page, *texts):
    expect(rows(page)).to_have_text(list(texts))


def kept_with(page, words):
    """The draft on the server holds these words."""
    for _ in range(100):
        if any(words in str(draft.fields) for draft in Draft.objects.all()):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"no draft with {words}")


def send(page):
    with page.expect_response(lambda answer: answer.request.method == "POST" and "draft" not in answer.url):
        page.keyboard.press("Control+Enter")


def stored(config):
    """The one current answer, which Label Studio's own check accepts as well."""
    annotation = Annotation.objects.get(status="current")
    assert LabelInterface(config).validate_annotation({"result": annotation.result})
    return annotation.result


def marks(result):
    return [
        (tuple(each["value"][each["type"]]), each["value"]["text"])
        for each in result
        if str(each.get("type")).endswith("labels")
    ]


def test_marking_by_mouse_lasts_over_drafts_and_comes_back(open_page, login, assert_accessible, shot):
    queue, reviewer = make_queue(CONFIG, {"text": TEXT})
    page = login(open_page(), reviewer)
    open_queue(page, queue)

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

    page.keyboard.press("u")  # the answer comes back as it was, and goes out again unchanged
    expect_rows(page, "Organization Microsoft", "Person Bill Gates", "Person Paul Allen")
    expect(page.locator("[data-links-list] li")).to_have_count(1)
    rows(page).nth(2).get_by_role("button").click()
    expect(page.get_by_label("Not relevant")).to_be_checked()
    send(page)
    assert stored(CONFIG) == result


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
    shot(page, "spans-keyboard-dark")

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
    # A long press selects a word, which no synthetic touch does; its handles then move the selection.
    page.evaluate(f"""() => {{
      const [a, b, c, d] = ({PLACE})(["text", "Bill Gates"]);
      const [from, to] = [document.caretPositionFromPoint(a, b), document.caretPositionFromPoint(c, d)];
      getSelection().setBaseAndExtent(from.offsetNode, from.offset, to.offsetNode, to.offset);
    }}""")
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


# Label Studio's own count, over the page that a browser makes of the same value.
COUNT = """(html) => new Promise((done) => {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-same-origin";
  frame.srcdoc = html.replace(/<script[^]*?<\\/script>/g, "");
  frame.onload = () => {
    const rows = [];
    let place = 0;
    const walk = (node, path) => {
      const seen = {};
      for (const child of node.childNodes) {
        const name = child.nodeType === Node.TEXT_NODE ? "text()" : child.nodeName.toLowerCase();
        seen[name] = (seen[name] ?? 0) + 1;
        const own = `${path}/${name}[${seen[name]}]`;
        if (name === "text()") {
          rows.push([own, place, place + [...child.data].length]);
          place += [...child.data].length;
        } else if (name === "br") place += 1;
        else walk(child, own);
      }
    };
    walk(frame.contentDocument.body, "");
    frame.remove();
    done(rows);
  };
  document.body.append(frame);
})"""
PAGES = [
    HTML,
    "<!DOCTYPE html>\n<html><head>\n<title>t</title><style>p{}</style></head>\n<body>\n <h1>こんにちは</h1>\n<p>x</p>\n"
    "</body>\n</html>\n",
    "\n <style>p{}</style>\n<p>a<p>b<style>i{}</style>c<pre>\n\n d</pre><section>e<a href=x>f</a></section>"
    "&amp;&nbsp;<img src=x>g",
    "plain\r\ntext &lt;b&gt; <ul><li>one<li>two</ul> <b>x<i>y</b>z</i><table> <tr> <td>1</td> </tr> foster</table>",
]


def test_documents_and_conversations_are_counted_as_label_studio_counts(open_page, login, shot):
    queue, reviewer = make_queue(BOTH, {"html": HTML, "talk": TALK})
    page = open_page()
    for html in PAGES:
        there = page.evaluate(COUNT, html)
        here = [[node.path, node.start, node.end] for node in read_document(html).marks.nodes]
        assert here == there, html

    login(page, reviewer)
    open_queue(page, queue)
    assert page.locator("[data-spans-text=html] script").count() == 0
    drag(page, "Acme 😀", "html")
    page.keyboard.press("1")
    drag(page, "in New York", "html")
    page.get_by_role("button", name="2 Place").click()
    drag(page, "Bob", "talk")
    page.get_by_role("button", name="1 Name").click()
    drag(page, "Ann from Rome", "talk")
    page.get_by_role("button", name="2 City").click()
    page.locator("[data-regions=talk] [data-regions-list] button").nth(1).click()
    page.get_by_role("button", name="1 Name").click()  # several labels: choice="multiple"
    shot(page, "spans-both")
    send(page)
    values = [each["value"] for each in stored(BOTH)]
    assert values[0] == {
        "start": "/h1[1]/text()[1]",
        "end": "/h1[1]/text()[1]",
        "startOffset": 0,
        "endOffset": 6,
        "globalOffsets": {"start": 0, "end": 6},
        "text": "Acme 😀",
        "hypertextlabels": ["Person"],
    }
    assert (values[1]["start"], values[1]["end"]) == ("/p[1]/text()[2]", "/p[1]/text()[3]")
    assert values[2] == {  # within a turn an emoji counts two
        "start": "0",
        "end": "0",
        "startOffset": 9,
        "endOffset": 12,
        "text": "Bob",
        "paragraphlabels": ["Name"],
    }
    assert values[3]["paragraphlabels"] == ["City", "Name"]
    assert (values[3]["start"], values[3]["startOffset"], values[3]["endOffset"]) == ("1", 4, 17)


def region(name, start, end, label="Person"):
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


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


MANY = 2_000
# How long the page is busy with what a key does, layout included: the slowest of each kind.
BUSY = """async () => {
  const settle = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const busy = {};
  const time = async (name, act) => {
    await settle();
    const begun = performance.now();
    act();
    document.body.offsetHeight;
    busy[name] = performance.now() - begun;
  };
  const press = (name) => () => document.querySelector(name).click();
  const runs = document.querySelectorAll("[data-spans-text] .run");
  const words = runs[runs.length >> 1].firstChild;
  getSelection().setBaseAndExtent(words, 0, words, 1);
  await settle();
  await time("mark", press("[data-label=Person]"));
  await time("next", press("[data-region-do=next]"));
  await time("relabel", press("[data-label=Organization]"));
  await time("nudge", press('[data-nudge="end on"]'));
  await time("remove", press("[data-region-do=remove]"));
  await time("undo", press("[data-region-do=undo]"));
  return busy;
}"""


def test_a_long_text_with_2000_regions_stays_usable(open_page, login):
    line = "lorem 😀 Bill Gates ipsum e\u0301té dolor sit amet, "
    text = "".join(line * 2 + ("\n" if index % 2 else "") for index in range(1100))[:100_000]
    places = range(0, MANY * 45, 45)
    regions = [
        region(f"r{index}", at, at + 60, ("Person", "Organization")[index % 2]) for index, at in enumerate(places)
    ]
    for each in regions:
        each["value"]["text"] = text[each["value"]["start"] : each["value"]["end"]]
    queue, reviewer = make_queue(CONFIG, {"text": text}, n=1)
    page = login(open_page(), reviewer)
    open_queue(page, queue)
    page.evaluate(
        """(value) => {
          const field = document.querySelector("[data-spans-field]");
          field.value = value;
          field.dispatchEvent(new Event("touchstone:restored", { bubbles: true }));
        }""",
        json.dumps(regions),
    )
    expect(rows(page)).to_have_count(MANY)
    # Printed, not asserted: how long each press keeps the page busy, in milliseconds.
    print(page.evaluate(BUSY))
    send(page)
    assert len(Annotation.objects.get().result) == MANY + 1
