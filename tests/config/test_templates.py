"""The content security policy forbids inline code; so no template may carry any."""

import re
from pathlib import Path

import pytest

from config.embedded.home import CHECKOUT

TEMPLATES = sorted([*CHECKOUT.glob("templates/**/*.html"), *CHECKOUT.glob("apps/*/templates/**/*.html")])
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/json)", re.I),
    "an inline style sheet": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "htmx code to evaluate": re.compile(r"<[^>]*\shx-on[:\w-]*\s*=|hx-vals\s*=\s*[\"']js:", re.I),
    "a javascript address": re.compile(r"javascript:", re.I),
}


def test_templates_are_found():
    assert TEMPLATES


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_template_has_nothing_inline(template):
    tags = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}|{%.*?%}|{{.*?}}", re.S)
    text = tags.sub("", template.read_text(encoding="utf-8"))

    assert [what for what, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_python_code_marks_no_inline_code_safe():
    """Fragments drawn in Python (charts, marks) obey the same rule."""
    offenders = [
        str(path.relative_to(CHECKOUT))
        for path in Path(CHECKOUT / "apps").rglob("*.py")
        if re.search(
            r"<script|<style\b|\sstyle=\\?[\"']|\son(click|load|error|submit)=", path.read_text(encoding="utf-8")
        )
    ]

    assert offenders == []
