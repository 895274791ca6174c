"""The page on which regions of texts are marked: what it shows, and what a hand does on it."""

from django.urls import reverse
from label_studio_sdk.label_interface import LabelInterface
from playwright.sync_api import expect

from apps.labeling.models import Annotation
from tests import factories

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


def hold(page, words, name="text"):
    """Select as a long press and its handles do, which no synthetic touch does."""
    page.locator(f'[data-spans-text="{name}"]').scroll_into_view_if_needed()
    script = """([left, top, right, bottom]) => {
      const [from, to] = [document.caretPositionFromPoint(left, top), document.caretPositionFromPoint(right, bottom)];
      getSelection().setBaseAndExtent(from.offsetNode, from.offset, to.offsetNode, to.offset);
    }"""
    page.evaluate(script, page.evaluate(PLACE, [name, words]))


def rows(page):
    return page.locator("[data-regions-list] > div")


def expect_rows(page, *texts):
    expect(rows(page)).to_have_text(list(texts))


def send(page):
    # Thousands of regions take a busy machine its time.
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and "draft" not in answer.url, timeout=60_000
    ):
        page.keyboard.press("Control+Enter")


def stored(config):
    """The one current answer, which Label Studio's own check accepts as well."""
    annotation = Annotation.objects.get(status="current")
    assert LabelInterface(config).validate_annotation({"result": annotation.result})
    return annotation.result


def region(name, start, end, label="Person"):
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value}
