"""The frame's tags."""

import re
from types import SimpleNamespace

import pytest
from django.template import engines

PROJECT = SimpleNamespace(slug="support", name="Support")


def render(source, **context):
    return engines["django"].from_string("{% load ui %}" + source).render(context)


@pytest.fixture(autouse=True)
def three_stations(settings):
    settings.ROOT_URLCONF = "tests.core.urls_with_stations"


def test_rail_shows_the_stations_that_exist_in_the_loops_order():
    html = render("{% rail project 'golden' %}", project=PROJECT)
    assert re.findall(r'href="([^"]+)"', html) == [
        "/p/support/home/",
        "/p/support/intake/",
        "/p/support/golden/",
        "/p/support/people/",
    ]
    assert re.search(r'golden/" aria-current="page">Golden sets', html)
    assert html.count("aria-current") == 1


def test_rail_counts_decisions_in_words_too():
    html = render("{% rail project %}", project=PROJECT, rail_counts={"golden": 2})
    assert "needs a decision: </span>2</span>" in html
    assert html.count('class="count') == 1


def test_rail_without_a_project_has_no_stations():
    html = render("{% rail project %}", project=None)
    assert "<ol>" not in html
    assert 'href="/"' in html


def test_user_menu_is_empty_for_the_anonymous():
    assert render("{% user_menu %}").strip() == ""


def test_user_menu_switches_projects():
    other = SimpleNamespace(slug="returns", name="Returns <b>")
    html = render("{% user_menu %}", project=PROJECT, switch_projects=[PROJECT, other])
    assert re.search(r'support/home/" aria-current="true">Support<', html)
    assert "Returns &lt;b&gt;" in html
