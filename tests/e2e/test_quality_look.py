"""Agreement and a reviewer's page in both themes, on a desk and on a phone."""

from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse

from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE

LABELS = ["Refund", "Exchange", "Order status", "Cancel"]


@pytest.fixture
def furnished(project):
    """Eight reviewers, ninety items over five weeks; one of them clicks the first answer quickly."""
    rng = np.random.default_rng(3)
    queue = factories.queue(project, "Unsure answers")
    people = [
        factories.member(project, name=f"Reviewer {name}")
        for name in ("Ada", "Bo", "Cy", "Di", "Eve", "Flo", "Gus", "Hal")
    ]
    for number in range(90):
        truth = int(rng.integers(len(LABELS)))
        when = factories.NOW + timedelta(hours=9 * number)
        item = factories.item(queue, f"Message {number}", state="settled", settled_at=when)
        for at, person in enumerate(people):
            if at and rng.random() < 0.4:
                continue
            label = truth if at and rng.random() < 0.8 else int(rng.integers(len(LABELS))) if at else 0
            pace = 600 if not at else int(rng.lognormal(8.5 + at / 20, 0.4))
            factories.annotation(
                item,
                person,
                LABELS[label],
                created_at=when,
                duration_ms=pace,
                source="simulated" if at == 3 else "human",
            )
        factories.consensus(item, LABELS[truth])
        # A model that had told what it thinks before; now and then it disputes the label.
        guess = LABELS[truth if number % 9 else (truth + 1) % len(LABELS)]
        shares = {label: 0.85 if label == guess else 0.05 for label in LABELS}
        factories.prediction(item.trace, shares, created_at=factories.NOW - timedelta(days=1))
    return people


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_quality_pages_look_right(open_page, assert_accessible, shot, login, project, manager, furnished, size, theme):
    page = open_page(viewport=size, theme=theme)
    login(page, manager)
    for name, title, *args in [
        ("quality", "Quality"),
        ("quality_agreement", "Agreement"),
        ("quality_reviewer", "Reviewer Ada", furnished[0].pk),
        ("label_errors", "Label errors"),
    ]:
        page.goto(reverse(f"console:{name}", args=[project.slug, *args]))
        page.get_by_role("heading", level=1, name=title).wait_for()
        assert_accessible(page)
        shot(page, f"{name}-{size['width']}-{theme}")


def test_a_reviewer_is_reached_from_the_overview(page, login, project, manager, furnished):
    login(page, manager)
    page.goto(reverse("console:quality", args=[project.slug]))
    page.get_by_role("link", name="Reviewer Ada").click()
    page.get_by_text("worth a look").first.wait_for()
