"""Numbers as words."""

import pytest
from django.template import engines

from apps.core import charts, figures


def render(source, **context):
    text = engines["django"].from_string("{% load ui charts %}" + source).render(context)
    return text.replace(figures.NBSP, " ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (9, "9 s"),
        (65, "1 min"),
        (3600, "1 h"),
        (6000, "1 h 40 min"),  # 100 minutes
        (90_000, "1 d 1 h"),  # 25 hours
        (-5, "0 s"),
    ],
)
def test_span_names_the_two_largest_units(seconds, words):
    assert figures.span(seconds).replace(figures.NBSP, " ") == words


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("0.914 0.902 0.926 1200", "91.4 % ± 1.2, n = 1,200"),
        ("0.914 0.880 0.926 1200", "91.4 % 88.0 to 92.6, n = 1,200"),
        ("0.81 0.70 0.84 1140 kind='number'", "0.81 0.70 to 0.84, n = 1,140"),
        ("0.018 0.004 0.033 1200 kind='points'", "+1.8 +0.4 to +3.3, n = 1,200"),
        ("0.5 0.3 0.7 29", "too little data, n = 29"),  # one below the minimum
        ("0.914", "91.4 %"),
    ],
)
def test_interval_shows_figure_interval_and_n(call, words):
    html = render("{% interval " + call + " %}")
    for tag in ('<span class="num">', '<span class="quiet">', "</span>"):
        html = html.replace(tag, "")
    assert html.strip() == words


def test_state_is_a_word_and_a_shape():
    html = render("{% state 'warn' words %}", words="<late>")
    assert "&lt;late&gt;" in html
    assert "<svg" in html
    assert 'class="state warn"' in html


def test_line_chart_has_a_label_and_a_table_with_every_value():
    points = [{"x": "v1", "y": 0.8, "low": 0.75, "high": 0.85, "n": 100}, {"x": "v2", "y": 0.85}]
    html = render("{% line_chart points label='Accuracy' %}", points=points)
    assert 'role="img"' in html
    assert "75.0 % to 85.0 %" in html
    assert html.count("<tr>") == 3  # the head and two values
    assert "style=" not in html


@pytest.mark.parametrize("source", ["{% line_chart none label='x' %}", "{% curves none label='x' %}"])
def test_charts_say_so_without_data(source):
    assert "Too little data" in render(source, none=[])


def test_curves_thin_the_table_but_keep_the_last_value():
    series = [{"name": "training", "points": [(step, 1 / (step + 1)) for step in range(1000)]}]
    html = render("{% curves series label='Loss' %}", series=series)
    assert html.count("<tr>") <= 53  # the head, at most 51 thinned values, the last one
    assert ">999</th>" in html


def test_heat_table_marks_the_diagonal_and_the_share_wrong():
    html = render("{% heat_table m l 'Confusion' %}", m=[[90, 10], [0, 5]], l=["a", "b"])
    assert '<td class="hit">90</td>' in html
    assert '<td class="e3">10</td>' in html  # 10 of 100 in the row


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.5, 1.0]),  # a quarter rounds up to a half
        (88.0, 96.0, [88.0, 90.0, 92.0, 94.0, 96.0]),
        (3.0, 3.0, [3.0]),
    ],
)
def test_ticks_are_round_and_inside(low, high, expected):
    assert charts.ticks(charts.Scale(low, high)) == pytest.approx(expected)


def test_scale_keeps_values_inside():
    scale = charts.Scale(0.0, 10.0)
    assert (scale.at(-5), scale.at(2.5), scale.at(99)) == (0.0, 25.0, 100.0)
    assert scale.down(2.5) == 75.0
