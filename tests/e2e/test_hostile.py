"""What items may hold at their worst: shown safely and in bounded space, and the page goes on working."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.labeling.models import Annotation
from tests.e2e.conftest import PHONE
from tests.e2e.spans_page import expect_rows, make_queue, open_queue, send, stored

pytestmark = pytest.mark.django_db(transaction=True)

# What would end a field or a script, turn the words around it, or hide; and characters that count otherwise than they
# look: joined and combined ones, none of any width, a pair of UTF-16 units.
HOSTILE = (
    "</textarea></script><script>window.ran = 1</script><style>* { display: none }</style><!-- "
    "\u202eturned\u2066 \u200b\ufeffa\u0301\u0302\u200d👩‍👩‍👧 needle\u200b one\u2069\u202c --> "
    "{{ 7 }} ]]> needle\u0301 two "
    "<img src=x onerror='window.ran = 1'>"
)
SPANS = """<View><Header value="$text"/><Text name="t" value="$text"/>
  <Labels name="l" toName="t"><Label value="Thing"/></Labels>
  <TextArea name="better" toName="t" value="$text" maxSubmissions="1"/></View>"""
# As any hand selects: by place in the text, as what is turned around stands elsewhere than it reads.
SELECT = """async (words) => {
  const walker = document.createTreeWalker(document.querySelector("[data-spans-text]"), NodeFilter.SHOW_TEXT);
  const nodes = [];
  for (let length = 0; walker.nextNode(); length += walker.currentNode.length) nodes.push([walker.currentNode, length]);
  const at = nodes.map(([node]) => node.data).join("").indexOf(words);
  const point = (unit) => {
    const [node, start] = nodes.findLast(([, begin]) => begin < unit);
    return [node, unit - start];
  };
  const heard = new Promise((done) => document.addEventListener("selectionchange", done, { once: true }));
  getSelection().setBaseAndExtent(...point(at), ...point(at + words.length));
  await heard;
}"""


def test_a_hostile_text_is_marked_and_corrected_where_it_stands(open_page, login, assert_accessible):
    queue, reviewer = make_queue(SPANS, {"text": HOSTILE}, n=1)
    page = login(open_page(), reviewer)
    open_queue(page, queue)
    assert page.locator("[data-spans-text]").evaluate("node => node.textContent") == HOSTILE
    assert page.locator('textarea[name="answer.better"]').input_value() == HOSTILE
    for words in ("needle\u200b one", "needle\u0301 two"):
        page.evaluate(SELECT, words)
        page.keyboard.press("1")
    expect_rows(page, "Thing needle\u200b one", "Thing needle\u0301 two")
    assert_accessible(page)
    assert page.evaluate("window.ran") is None
    send(page)
    expect(page.locator("[data-regions]")).to_have_count(0)
    result = stored(SPANS)
    values = [each["value"] for each in result if each["type"] == "labels"]
    assert [value["text"] for value in values] == ["needle\u200b one", "needle\u0301 two"]
    assert all(HOSTILE[value["start"] : value["end"]] == value["text"] for value in values)
    assert [each["value"]["text"] for each in result if each["type"] == "textarea"] == [[HOSTILE]]


def nested(levels):
    """Objects and lists inside each other."""
    found = "the innermost word"
    for level in range(levels):
        found = {f"level {level}": found} if level % 2 else [found]
    return found


DATA = {
    "text": "A message.",
    "deep": nested(30),
    "written": "[" * 200 + '"x"' + "]" * 200,  # as deep as data may not be, but a text may say
    "keys": {f"key {number}": {"value": number, "list": [1, 2, 3]} for number in range(5_000)},
    "wide": [{f"column {number}": "unbreakable" * 20 for number in range(60)} for _ in range(5)],
    "gone": "/no/such/picture.png",
    "refused": "http://example.org/a.png",
    "none": None,
}
SHOWN = """<View><Text name="t" value="$text"/>
  <Text name="a" value="$deep"/><Text name="b" value="$keys"/>
  <Table name="d" value="$written"/><Table name="e" value="$wide"/>
  <Image name="first" value="$gone"/><Image name="second" value="$refused"/><Image name="third" value="$none"/>"""
MANY = "".join(f'<Choice value="Choice {number}"/>' for number in range(500))


@pytest.mark.parametrize(("size", "theme"), [(None, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_deep_data_and_missing_pictures_stay_in_bounds(open_page, login, assert_accessible, shot, size, theme):
    config = f'{SHOWN}<Choices name="kind" toName="t">{MANY}</Choices></View>'
    queue, reviewer = make_queue(config, DATA, n=1)
    page = login(open_page(viewport=size, theme=theme), reviewer)
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    boxes = page.locator(".look-data, .tall")
    expect(boxes).to_have_count(4)
    window = page.viewport_size["height"]
    assert max(box.bounding_box()["height"] for box in boxes.all()) <= window * 0.62
    assert boxes.first.evaluate("node => node.tabIndex") == 0  # so that the keyboard can scroll it
    for name, words in (
        ("First", "This picture could not be loaded."),
        ("Second", "This picture is not loaded: only https addresses"),
        ("Third", "There is no picture in the data."),
    ):
        picture = page.locator("[data-picture]").filter(has_text=name)
        picture.scroll_into_view_if_needed()
        expect(picture).to_contain_text(words)
    assert_accessible(page)
    shot(page, f"hostile-data-{theme}")
    page.keyboard.press("/")
    page.keyboard.type("Choice 499")
    with page.expect_response(lambda answer: answer.url.endswith("/answer/")):
        page.keyboard.press("Enter")
    expect(page.locator("#announce")).to_contain_text("Choice 499")
    assert [each["value"] for each in Annotation.objects.get().result] == [{"choices": ["Choice 499"]}]
