"""Guidelines are written in Markdown and shown as HTML that cannot do harm."""

import pytest

from apps.core.markdown import markdown_html


def test_markdown_html_renders_the_usual():
    html = markdown_html("# Title\n\n- *one*\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    for part in ("<h1>Title</h1>", "<em>one</em>", "<strong>two</strong>", "<td>1</td>"):
        assert part in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://example.org/x.png)",
        '<a href="https://example.org" onclick="x()">x</a>',
    ],
)
def test_markdown_html_lets_nothing_run_or_load(text):
    html = markdown_html(text)
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:alert" not in html.replace("[x](javascript:alert(1))", "")
    assert not html.startswith('<p><a href="https://example.org" onclick')


def test_markdown_html_marks_links_so_that_they_tell_nothing():
    assert 'rel="noopener noreferrer"' in markdown_html("[site](https://example.org)")
