"""A person's own figures, which tell him nothing about any single vote."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.services import preferences_set
from apps.labeling.models import AgreementDay, Annotation
from apps.workbench.pace import agreement_day_update, agreement_days_update, pace_of
from tests import factories

pytestmark = pytest.mark.django_db

START = timezone.now().replace(hour=12)


@pytest.fixture
def queue(project):
    return factories.queue(project)


def settle(queue, person, n, *, right=True, at=START, **fields):
    for number in range(n):
        item = factories.item(queue, state="settled", settled_at=at + timedelta(seconds=number), open_slots=0)
        factories.annotation(item, person, "Refund" if right else "Exchange", **fields)
        factories.consensus(item, "Refund")


def test_agreement_needs_twenty_settled_items(queue, reviewer):
    settle(queue, reviewer, 19)
    assert agreement_day_update(reviewer=reviewer, now=START) is None
    settle(queue, reviewer, 1, right=False)
    day = agreement_day_update(reviewer=reviewer, now=START)
    assert (day.n_items, day.n_agreed) == (20, 19)


def test_agreement_changes_once_a_day_and_by_twenty_items_at_least(queue, reviewer):
    settle(queue, reviewer, 20)
    assert agreement_day_update(reviewer=reviewer, now=START)
    settle(queue, reviewer, 30, right=False, at=START + timedelta(hours=1))
    assert agreement_day_update(reviewer=reviewer, now=START + timedelta(hours=2)) is None
    day = agreement_day_update(reviewer=reviewer, now=START + timedelta(days=1))
    assert (day.n_items, day.n_agreed) == (50, 20)
    settle(queue, reviewer, 19, at=START + timedelta(days=1))
    assert agreement_day_update(reviewer=reviewer, now=START + timedelta(days=2)) is None  # 19 would tell too much
    settle(queue, reviewer, 1, at=START + timedelta(days=2))
    assert agreement_day_update(reviewer=reviewer, now=START + timedelta(days=3)).n_agreed == 40


def test_agreement_counts_own_human_answers_that_stand(project, queue, reviewer):
    settle(queue, reviewer, 20)
    settle(queue, reviewer, 5, right=False, status=Annotation.Status.WITHDRAWN)
    settle(queue, reviewer, 5, right=False, source=Annotation.Source.SIMULATED)
    settle(queue, factories.member(project), 25, right=False)
    simulated = factories.person("Robot", is_simulated=True)
    settle(queue, simulated, 25)
    assert agreement_days_update(now=START) == 2
    assert agreement_days_update(now=START) == 0
    assert pace_of(user=reviewer, now=START).agreed == 1.0


def test_database_refuses_a_figure_over_fewer_than_twenty(reviewer):
    for n, agreed in ((19, 3), (20, 21)):
        with pytest.raises(IntegrityError), transaction.atomic():
            AgreementDay.objects.create(
                reviewer=reviewer, day=START.date(), n_items=n, n_agreed=agreed, counted_until=START
            )


def test_home_shows_the_person_s_own_figures(client, project, queue, reviewer):
    preferences_set(user=reviewer, daily_goal=30)
    client.force_login(reviewer)
    assert "too little yet" in client.get(reverse("workbench:home")).content.decode()
    settle(queue, reviewer, 21, duration_ms=4200, created_at=timezone.now())
    settle(queue, factories.member(project), 40, right=False, duration_ms=99_000, created_at=timezone.now())
    agreement_days_update(now=START)
    page = client.get(reverse("workbench:home")).content.decode()
    for figure in ("<b>21</b> of 30", "<b>4.2 s</b>", "<b>100 %</b>", "n = 21"):
        assert figure in page
