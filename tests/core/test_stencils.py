"""Stencils: what is filled in equals what the template would have drawn, and no value changes how it is drawn."""

import uuid

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from apps.core import stencils
from apps.core.stencils import Kind, fill, fill_page

PAGE = """<a href="/x/{{ row.pk }}/">{{ title }}</a>{% if note %}<i>{{ note }}</i>{% endif %}
{% for each in words %}<li>{{ each }}{% endfor %}{% if row.is_big %}<b>{{ html }}</b>{% endif %}"""


@pytest.fixture
def templates(settings, tmp_path):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path], "APP_DIRS": False, "OPTIONS": {}}]
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "words.html").write_text("{% load i18n %}{% trans 'Yes' %} {{ a }}{{ b }}{{ a }}")
    stencils._pieces.cache_clear()
    yield tmp_path
    stencils._pieces.cache_clear()


texts = st.text(alphabet="<>&'\"{%}aH07q5- \u202e", max_size=20) | st.just(stencils._TEXT + "0001")


@given(title=texts, note=texts, words=st.lists(texts, max_size=3), is_big=st.booleans(), pk=st.uuids())
def test_filled_page_equals_the_rendered_one(templates_once, title, note, words, is_big, pk):
    values = {"row.pk": pk, "title": title, "note": note, "words": words, "html": mark_safe(f"<u>{pk}</u>")}
    whole = {"row": {"pk": pk, "is_big": is_big}, "title": title, "note": note, "words": words, "html": values["html"]}
    assert fill_page("page.html", {"row.is_big": is_big}, values) == render_to_string("page.html", whole)


@pytest.fixture(scope="module")
def templates_once(tmp_path_factory):
    """The same for a test that Hypothesis runs many times."""
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("templates")
    (folder / "page.html").write_text(PAGE)
    with override_settings(
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [folder], "OPTIONS": {}}]
    ):
        stencils._pieces.cache_clear()
        yield
    stencils._pieces.cache_clear()


def test_value_that_looks_like_a_hole_is_not_filled(templates):
    kind = Kind("k", lambda holes: {"a": holes.text("a"), "b": holes.text("b")})
    assert fill("words.html", kind, {"a": stencils._TEXT + "0001", "b": "B"}).count("B") == 1


def test_language_and_kind_are_told_apart(templates):
    def seen(language, key, words):
        with translation.override(language):
            return fill("words.html", Kind(key, lambda holes: {"a": words, "b": ""}), {})

    assert seen("en", 1, "one") == "Yes oneone"
    assert seen("en", 1, "other") == "Yes oneone"  # the same kind: remembered
    assert seen("en", 2, "other") == "Yes otherother"
    assert seen("de", 1, "third") == "Ja thirdthird"


def test_missing_value_is_an_error(templates):
    with pytest.raises(KeyError):
        fill("words.html", Kind(uuid.uuid4(), lambda holes: {"a": holes.text("a")}), {})
