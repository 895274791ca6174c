"""Agreement question by question, on a desk and on a phone."""

import pytest
from django.urls import reverse

from tests import factories
from tests.consensus.controls import TEXT
from tests.console.test_question_figures import CONFIG, ONE, THREE, TWO
from tests.e2e.conftest import DESKTOP, PHONE

SHOWN = 30  # from so many items on, a figure has an interval


@pytest.fixture
def furnished():
    """A project that asks several questions, each item answered by three people."""
    project = factories.project(config=CONFIG)
    queue = factories.queue(project)
    people = [factories.member(project, name=name) for name in ("One", "Two", "Three")]
    for n in range(SHOWN + 5):
        item = factories.item(queue, TEXT)
        for person, result in zip(people, (ONE, TWO if n % 3 else ONE, THREE), strict=True):
            factories.annotation(item, person, "Refund", result=result)
    return project


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_agreement_by_question_looks_right(open_page, assert_accessible, shot, login, furnished, size, theme):
    page = login(open_page(viewport=size, theme=theme), factories.member(furnished, "manager"))
    page.goto(reverse("console:quality_agreement", args=[furnished.slug]))
    page.get_by_role("rowheader", name="relations").wait_for()
    assert_accessible(page)
    shot(page, f"agreement-questions-{size['width']}-{theme}")
