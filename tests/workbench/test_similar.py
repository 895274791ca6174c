"""Similar settled items: found by an index, ranked by words, and blind for reviewers."""

import pytest
from django.db import connection

from apps.golden.services import golden_set_create
from apps.queues.algorithms.likeness import conjunctions, likeness, words_of
from apps.workbench.similar import settled_like, similar_settled, word_shares
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

ASKED = "I ordered two blue kettles, how do I send one kettle back?"


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def item(queue):
    return factories.item(queue, ASKED)


def texts(found):
    return [each.item.search_text for each in found]


def test_likeness_is_the_weight_of_the_words_in_common():
    shares = {"the": 1.0, "kettle": 0.001}
    assert likeness(words_of("the kettle"), words_of("The KETTLE!"), shares=shares) == 1
    assert likeness(words_of("the kettle"), words_of("the lamp"), shares=shares) == 0  # "the" is everywhere
    assert likeness(frozenset(), frozenset(), shares={}) == 0


def test_words_of_scripts_without_spaces_are_their_signs():
    assert words_of("退款 please") == {"退", "款", "please"}


def test_rare_words_are_looked_for_alone_and_common_ones_together():
    # .1 * .1 = .01, * .2 = .002 is rare enough; .1 * .2 = .02 and .2 alone are not.
    assert conjunctions({"kettle": 0.001, "send": 0.1, "back": 0.1, "how": 0.2}) == [
        ("kettle",),
        ("back", "send", "how"),
    ]
    assert conjunctions({"how": 0.5}) == [("how",)]
    assert conjunctions({"how": 0.5, "kettle": 1.0}, n_texts=3) == [("how",), ("kettle",)]  # of few, every word
    assert conjunctions({}) == []


def test_words_of_which_nothing_is_known_leave_room_for_the_known():
    shares = {f"unheard{n}": 0.0 for n in range(20)} | {"kettle": 0.004, "send": 0.5}
    found = conjunctions(shares)
    assert ("kettle",) in found
    assert len(found) == 9
    assert ("send",) not in found


def test_what_the_planner_remembers_of_other_texts_hides_none(queue, item):
    for n in range(5):
        factories.settled_item(queue, "Refund", f"Send back one of my kettles, it is blue {n}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE queues_item")
    assert set(word_shares("kettles back")) == {"kettles", "back"}
    assert min(word_shares("kettles back").values()) == 1.0
    assert len(similar_settled(item=item)) == 5


def test_the_most_alike_come_first_with_their_label(queue, item):
    far = factories.settled_item(queue, "Order status", "Where are the kettles that I wanted?")
    near = factories.settled_item(queue, "Refund", "How do I send one of my blue kettles back to you again?")
    factories.settled_item(queue, "Exchange", "Completely unrelated words here")
    factories.item(queue, "I ordered blue kettles, is this open?")
    found = similar_settled(item=item)
    assert [(each.item, each.words) for each in found] == [(near, "Refund"), (far, "Order status")]
    assert 1 > found[0].likeness > found[1].likeness > 0


def test_another_project_is_not_looked_at(item):
    other = factories.queue(factories.project("Another"))
    factories.settled_item(other, "Refund", ASKED)
    assert similar_settled(item=item) == []


def test_only_items_with_a_label_to_show(queue, item):
    torn = factories.item(queue, ASKED, state="settled", settled_at=NOW)
    factories.consensus(torn, "", state="ambiguous", confidence=0.5)
    erased = factories.settled_item(queue, "Refund", ASKED)
    erased.trace.payload.erased_at = NOW
    erased.trace.payload.save()
    assert similar_settled(item=item) == []


def test_narrowed_to_labels(queue, item):
    factories.settled_item(queue, "Refund", "Send my blue kettles back")
    exchange = factories.settled_item(queue, "Exchange", "Send me other blue kettles")
    assert [each.item for each in similar_settled(item=item, labels=["Exchange"])] == [exchange]


def test_what_would_be_a_hint_is_not_shown_to_reviewers(project, queue, item, reviewer):
    shown = factories.settled_item(queue, "Exchange", "Two kettles came, both blue; one should be red")
    nearly = factories.settled_item(queue, "Refund", ASKED.replace("two", "three"))
    his = factories.settled_item(
        queue, "Refund", "Blue kettles go back", reviewers=[reviewer, factories.member(project)]
    )
    known = factories.settled_item(queue, "Refund", "My kettles are not blue")
    golden_set = golden_set_create(project=project, name="Known", by=project.created_by, now=NOW)
    factories.golden_sides(golden_set, "train", [known])
    other_queue = factories.queue(project, "Second")
    twin = factories.settled_item(other_queue, "Refund", ASKED, trace=item.trace)
    test_side = factories.settled_item(queue, "Refund", "One of two kettles is not blue")
    factories.golden_sides(golden_set, "test", [test_side])

    assert [each.item for each in similar_settled(item=item, reviewer=reviewer)] == [shown]
    seen = {each.item for each in similar_settled(item=item, most=20)}
    assert {shown, nearly, his, known} == seen
    assert not {twin, test_side} & seen  # the same trace, and the test side, are shown to nobody
    assert next(each for each in similar_settled(item=item, most=20) if each.item == nearly).is_nearly_same


def test_quotes_and_signs_in_a_text_break_nothing(queue):
    factories.settled_item(queue, "Refund", "it's a back\\slash & a 'quote' | (or) !not <-> 退款")
    found = similar_settled(item=factories.item(queue, "IT'S a 'quote' \\ & | ! 退款 :* <->"))
    assert len(found) == 1
    assert similar_settled(item=factories.item(queue, "!?… ''")) == []


def test_found_by_the_index(queue, item):
    template = factories.settled_item(queue, "Refund", "word")
    factories.item_copies(template, 3000, search_text="'filler ' || n")
    shares = word_shares("filler kettles")
    assert shares == {"filler": pytest.approx(1, abs=0.01), "kettles": 0}
    assert "item_settled_words" in settled_like(item, shares).explain()
