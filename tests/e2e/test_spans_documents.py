"""Marking regions in formatted documents and conversations, and in a text of 100,000 characters."""

import json

import pytest
from playwright.sync_api import expect

from apps.labeling.algorithms.markup import read_document
from apps.labeling.models import Annotation
from tests.e2e.spans_page import CONFIG, drag, make_queue, open_queue, region, rows, send, stored

pytestmark = pytest.mark.django_db(transaction=True)


HTML = "<h1>Acme 😀 Inc.</h1>\n<p>He lives<br>in <b>New</b> York.</p><script>alert(1)</script><table><tr><td>x</table>"
TALK = [{"author": "Ann", "text": "😀 Hello Bob"}, {"author": "Bob", "text": "Hi\r\nAnn from Rome"}]
BOTH = """<View>
  <HyperTextLabels name="ner" toName="html"><Label value="Person"/><Label value="Place"/></HyperTextLabels>
  <HyperText name="html" value="$html"/>
  <ParagraphLabels name="slot" toName="talk" choice="multiple"><Label value="Name"/><Label value="City"/>
  </ParagraphLabels>
  <Paragraphs name="talk" value="$talk" layout="dialogue"/>
</View>"""
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


@pytest.mark.parametrize("ending", ["\n", ""], ids=["in lines", "in one line"])
def test_a_long_text_with_2000_regions_stays_usable(open_page, login, ending):
    line = "lorem 😀 Bill Gates ipsum e\u0301té dolor sit amet, "
    text = "".join(line * 2 + (ending if index % 2 else "") for index in range(1100))[:100_000]
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
    # A change lays out the block that it is in, so no block may be long, whatever the text is made of.
    assert max(page.locator(".lines").evaluate_all("all => all.map((each) => each.textContent.length)")) < 2_500
    # Printed, not asserted: how long each press keeps the page busy, in milliseconds.
    print(page.evaluate(BUSY))
    rows(page).nth(1_000).get_by_role("button").click()
    page.keyboard.press("Delete")  # the next one takes its place, and the focus
    expect(rows(page)).to_have_count(MANY)
    expect(rows(page).nth(1_000).get_by_role("button")).to_be_focused()
    send(page)
    assert len(Annotation.objects.get().result) == MANY
