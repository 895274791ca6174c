"""The label budget on the queue's page, on a desk and on a phone."""

import pytest
from django.urls import reverse

from apps.queues import services as queues
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE
from tests.factories.projects import LABELS
from tests.workbench.test_label_budget import answer, claim

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_a_manager_sees_what_is_left_and_ends_the_waiting(
    open_page, assert_accessible, shot, login, project, manager, size, theme
):
    people = [factories.member(project, name=f"Reviewer {n}") for n in range(3)]
    made = factories.queue(project, "Unsure answers", overlap_min=1, overlap_max=3, settle_threshold=0.99)
    queue = queues.queue_update(queue=made, by=manager, label_budget=8)
    for n in range(6):
        factories.item(queue, sort_key=-float(n))
    for _ in range(4):
        answer(queue, people[0], LABELS[0])
    claim(queue, people[1])
    page = login(open_page(viewport=size, theme=theme), manager)
    page.goto(reverse("console:queue", args=[project.slug, queue.slug]))
    assert_accessible(page)
    shot(page, f"budget-{size['width']}-{theme}")
    for typed, said in [("2", "5 answers are given or being given already"), ("5", "The budget is spent")]:
        page.get_by_label("Answers in all").fill(typed)
        page.get_by_role("button", name="Change the label budget").click()
        page.get_by_text(said).wait_for()
    assert_accessible(page)
    shot(page, f"budget-spent-{size['width']}-{theme}")
    page.get_by_role("button", name="Let adjudicators decide 4 unsettled items").click()
    page.get_by_role("link", name="Settle 4 disputed").wait_for()
