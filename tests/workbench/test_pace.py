"""A person's own figures, which tell him nothing about any single vote."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from apps.accounts.services import preferences_set
from apps.consensus.models import KnownDay
from apps.labeling.models import AgreementDay, Annotation
from apps.workbench.pace import agreement_day_update, days_update, known_day_update, pace_of
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
    assert days_update(now=START) == 2
    assert days_update(now=START) == 0
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
    days_update(now=START)
    page = client.get(reverse("workbench:home")).content.decode()
    for figure in ("<b>21</b> of 30", "<b>4.2 s</b>", "<b>100 %</b>", "n = 21"):
        assert figure in page


def test_the_shift_paces_the_aim(queue, reviewer):
    """At 02:00 four hours are left of a night shift: 90 answers to go are 23 an hour."""
    preferences_set(user=reviewer, daily_goal=100, shift_from=time(22), shift_to=time(6), shift_days="1234567")
    now = START.replace(hour=2, minute=0, second=0, microsecond=0)
    settle(queue, reviewer, 4, at=now, created_at=now - timedelta(hours=3))  # before midnight, in this shift
    settle(queue, reviewer, 6, at=now, created_at=now - timedelta(hours=1))
    settle(queue, reviewer, 9, at=now, created_at=now - timedelta(hours=5))  # before it
    pace = pace_of(user=reviewer, now=now)
    assert (pace.today, pace.to_go, pace.needed_an_hour, pace.shift_done) == (10, 90, 23, 50)
    assert (pace.is_on_shift, pace.shift_left) == (True, "4\u00a0h")
    before = pace_of(user=reviewer, now=now.replace(hour=21))
    assert (before.is_on_shift, before.shift_left, before.needed_an_hour) == (False, "8\u00a0h", 12)


def test_home_tells_of_the_shift_where_there_is_one(client, queue, reviewer):
    client.force_login(reviewer)
    assert "Your shift" not in client.get(reverse("workbench:home")).content.decode()
    now = timezone.now()
    begins, ends = ((now + timedelta(hours=hours)).time() for hours in (-3, 3))
    preferences_set(user=reviewer, daily_goal=100, shift_from=begins, shift_to=ends, shift_days="1234567")
    assert f"left, until {ends:%H:%M}" in client.get(reverse("workbench:home")).content.decode()


def know(queue, person, n, *, right=True, at=START, **fields):
    for number in range(n):
        pot = factories.honeypot(queue, "Refund")
        review = factories.review(pot, person, submitted_at=at + timedelta(seconds=number))
        factories.annotation(pot, person, "Refund" if right else "Exchange", review=review, **fields)


def test_known_items_are_told_of_by_twenty_and_once_a_day(queue, reviewer):
    know(queue, reviewer, 19)
    assert known_day_update(reviewer=reviewer, now=START) is None
    know(queue, reviewer, 1, right=False, at=START + timedelta(minutes=1))
    day = known_day_update(reviewer=reviewer, now=START + timedelta(hours=1))
    assert (day.n_items, day.n_right) == (20, 19)
    know(queue, reviewer, 25, right=False, at=START + timedelta(hours=2))
    assert known_day_update(reviewer=reviewer, now=START + timedelta(hours=3)) is None  # the same day
    assert pace_of(user=reviewer, now=START).known == day
    later = known_day_update(reviewer=reviewer, now=START + timedelta(days=1))
    assert (later.n_items, later.n_right) == (45, 19)
    know(queue, reviewer, 19, at=START + timedelta(days=1))
    assert known_day_update(reviewer=reviewer, now=START + timedelta(days=2)) is None  # 19 would tell too much
    with pytest.raises(IntegrityError), transaction.atomic():
        KnownDay.objects.create(reviewer=reviewer, day=START.date(), n_items=19, n_right=1, counted_until=START)


@pytest.mark.parametrize(
    ("n_right", "n_wrong", "words"),
    [(19, 1, "can be built on"), (16, 4, "Mostly right"), (10, 10, "came out otherwise")],
)
def test_home_says_it_kindly_and_nothing_before_it_may(client, queue, reviewer, n_right, n_wrong, words):
    client.force_login(reviewer)
    know(queue, reviewer, n_right)
    know(queue, reviewer, n_wrong, right=False)
    assert "answer is known" not in client.get(reverse("workbench:home")).content.decode()
    assert days_update(now=START) == 1
    page = client.get(reverse("workbench:home")).content.decode()
    assert f"<b>{n_right}</b> of 20 right" in page
    assert words in page
