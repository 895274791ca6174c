"""Spans and boxes, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.consensus.algorithms.agreement_regions import Region, iou, mean_iou, span_f1


def span(label, start, end):
    return Region(label, (start,), (end,))


def box(label, x, y, width, height):
    return Region(label, (x, y), (x + width, y + height))


def test_iou_of_spans_and_boxes():
    assert iou(span("a", 0, 10), span("b", 5, 15)) == pytest.approx(5 / 15)
    assert iou(box("a", 0, 0, 2, 2), box("a", 1, 1, 2, 2)) == pytest.approx(1 / 7)
    assert iou(span("a", 0, 5), span("a", 5, 9)) == 0


ONE = [span("name", 0, 5), span("place", 10, 20), span("name", 30, 34)]
OTHER = [span("name", 0, 5), span("place", 12, 20), span("place", 30, 34)]


def test_span_f1_by_hand():
    items = [[ONE, OTHER]] * 3 + [[ONE]]
    # Exact: one of three and three. Overlap: also 10-20 with 12-20 (IoU .8); 30-34 differ in label.
    exact = span_f1(items)
    assert (exact.value, exact.n_items, exact.n_ratings) == (pytest.approx(2 / 6), 3, 6)
    assert span_f1(items, at_least=0).value == pytest.approx(4 / 6)
    assert span_f1(items, at_least=0.8).value == pytest.approx(4 / 6)
    assert span_f1(items, at_least=0.81).value == pytest.approx(2 / 6)


def test_span_f1_matches_each_region_once():
    """One long span meets two short ones: one match, so 2 / 3; and the most matches are found, not the greedy ones."""
    assert span_f1([[[span("a", 0, 10)], [span("a", 0, 5), span("a", 5, 10)]]], at_least=0).value == pytest.approx(
        2 / 3
    )
    left = [span("a", 0, 6), span("a", 5, 9)]
    right = [span("a", 0, 1), span("a", 3, 9)]
    assert span_f1([[left, right]], at_least=0).value == 1.0


def test_mean_iou_by_hand():
    # .8 for the places, 1 for the names, and two names and places of 30-34 without a partner: 1.8 / 4.
    assert mean_iou([[ONE, OTHER]]).value == pytest.approx(1.8 / 4)
    assert mean_iou([[[box("cat", 0, 0, 2, 2)], [box("cat", 0, 0, 2, 1)]]]).value == pytest.approx(0.5)


def test_an_empty_answer_disagrees_with_a_region():
    assert span_f1([[[], ONE]]).value == 0
    assert mean_iou([[[], ONE]]).value == 0


def test_no_region_at_all_is_undefined_and_says_so():
    found = span_f1([[[], []]])
    assert (found.value, found.reason) == (None, "no reviewer marked anything")
    assert mean_iou([]).reason == "no item has two answers"


spans = st.lists(
    st.builds(
        lambda label, start, size: span(label, start, start + size),
        st.sampled_from("ab"),
        st.integers(0, 9),
        st.integers(1, 5),
    ),
    max_size=4,
)


@given(st.lists(st.lists(spans, min_size=2, max_size=3), min_size=1, max_size=4))
def test_regions_do_not_depend_on_the_order_of_reviewers(items):
    turned = [list(reversed(answers)) for answers in items]
    for found, again in [
        (span_f1(items, at_least=0), span_f1(turned, at_least=0)),
        (mean_iou(items), mean_iou(turned)),
    ]:
        assert found.value == pytest.approx(again.value)
        assert found.value is None or 0 <= found.value <= 1 + 1e-12
    if span_f1(items).value is not None:
        assert span_f1(items).value <= span_f1(items, at_least=0).value + 1e-12
