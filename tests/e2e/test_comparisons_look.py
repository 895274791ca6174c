"""The page about comparisons in both themes, on a desk and on a phone."""

import pytest
from django.urls import reverse

from tests.console.test_comparisons_page import furnished, project, queue
from tests.e2e.conftest import DESKTOP, PHONE

__all__ = ["furnished", "project", "queue"]  # fixtures


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_comparisons_look_right(open_page, assert_accessible, shot, login, project, manager, furnished, size, theme):
    page = login(open_page(viewport=size, theme=theme), manager)
    page.goto(reverse("console:quality", args=[project.slug]))
    page.get_by_role("link", name="Comparisons").click()
    page.get_by_role("heading", level=1, name="Comparisons").wait_for()
    page.get_by_role("rowheader", name="concise-2").first.wait_for()
    assert_accessible(page)
    shot(page, f"comparisons-{size['width']}-{theme}")
