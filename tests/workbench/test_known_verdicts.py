"""Verdicts on answers to known items: told once, and the same as judging everything again."""

import importlib
import random
from datetime import timedelta

import pgtrigger
import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.consensus.models import KnownAnswer, KnownVerdict
from apps.consensus.services.honeypots import TESTED, honeypot_judge, honeypot_record
from apps.consensus.services.known_answers import answer_is_right
from apps.labeling.models import Annotation
from apps.projects.labelling import config_of
from apps.queues.models import Item
from apps.queues.services import item_retire
from apps.workbench import services
from apps.workbench.services_exclude import reviewer_exclude, reviewer_include
from apps.workbench.services_revise import answer_revise
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db
LABELS = ["Refund", "Exchange", "Order status"]


def judged_again(queue, reviewer):
    """Every current answer to a known item that was not taken out, judged anew, in the order first given."""
    found = Annotation.objects.filter(
        item__queue=queue, item__state="honeypot", reviewer=reviewer, status="current"
    ).select_related("item__schema", "item__known_answer")
    return tuple(
        answer_is_right(
            config_of(one.item.schema),
            one.item.data,
            label=one.label,
            result=one.result,
            known_label=one.item.known_answer.label,
            known_result=one.item.known_answer.result,
        )
        for one in found.order_by("review__submitted_at", "pk")
    )


def answered(pot, person, label, now):
    """An answer as the workbench stores it."""
    review = factories.review(pot, person, state="leased", expires_at=now + timedelta(hours=1))
    return services.answer_submit(
        review_id=review.pk,
        reviewer=person,
        token=review.token,
        result=choices_result(label),
        duration_ms=5,
        now=now,
    )


class History:
    """A person at work in a queue with known items, and what may happen to what he said."""

    def __init__(self, queue, person, rng):
        self.queue, self.person, self.rng, self.now = queue, person, rng, NOW

    def step(self, act):
        self.now += timedelta(seconds=7)
        given = Annotation.objects.filter(reviewer=self.person, status="current", item__state="honeypot")
        mine = list(given.order_by("created_at", "pk"))
        getattr(self, act)(self.rng.choice(mine) if mine else None, self.rng.choice(LABELS))

    def answer(self, _one, label):
        answered(factories.honeypot(self.queue, "Refund"), self.person, label, self.now)

    def undo(self, _one, label):
        back = services.answer_undo(reviewer=self.person, queue=self.queue, now=self.now)
        sent = {"token": back.token, "result": choices_result(label), "duration_ms": 5}
        services.answer_submit(review_id=back.pk, reviewer=self.person, now=self.now, **sent)

    def revise(self, one, label):
        sent = {"result": choices_result(label), "duration_ms": 5}
        answer_revise(annotation_id=one.pk, reviewer=self.person, now=self.now, **sent)

    def retire(self, one, _label):
        item_retire(item_ids=[one.item_id], reason="wrong", by=self.queue.created_by, now=self.now)
        self.answer(None, "Refund")  # so that an undo finds an answer that can be taken back

    def leave_out(self, _one, _label):
        manager = {"queue": self.queue, "reviewer": self.person, "by": self.queue.created_by, "now": self.now}
        reviewer_exclude(reason="A look.", **manager)
        reviewer_include(**manager)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_the_record_is_that_of_judging_all_again(project, reviewer, seed):
    queue, rng = factories.queue(project, honeypot_alpha=1e-9), random.Random(seed)  # nobody is paused
    history = History(queue, reviewer, rng)
    acts = ["answer", *rng.choices(["answer", "undo", "revise", "retire", "leave_out"], [3, 2, 3, 1, 1], k=25)]
    for act in acts:
        history.step(act)
        record, again = honeypot_record(queue=queue, reviewer=reviewer), judged_again(queue, reviewer)
        assert record.tested == again, act
        assert (record.n, record.n_right) == (len(again), sum(again))
    answers = Annotation.objects.filter(item__source="honeypot")
    assert set(KnownVerdict.objects.values_list("pk", flat=True)) == set(answers.values_list("pk", flat=True))
    assert answers.exclude(status="current").exists()  # some were taken back or changed


def test_an_answer_taken_back_keeps_its_verdict_and_counts_no_more(project, reviewer):
    queue = factories.queue(project)
    answered(factories.honeypot(queue), reviewer, "Exchange", NOW)
    services.answer_undo(reviewer=reviewer, queue=queue, now=NOW)
    assert KnownVerdict.objects.count() == 1
    assert honeypot_record(queue=queue, reviewer=reviewer).n == 0


@pytest.fixture
def given_one(project, reviewer):
    return factories.annotation(factories.honeypot(factories.queue(project)), reviewer, "Exchange")


def test_the_database_keeps_one_verdict_an_answer_as_it_was_told(given_one):
    told = KnownVerdict.objects.get()
    assert told.is_right is False
    twice = KnownVerdict(annotation=given_one, reviewer=told.reviewer, queue=told.queue, given_at=NOW, is_right=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        twice.save(force_insert=True)
    for change in (lambda rows: rows.update(is_right=True), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            change(KnownVerdict.objects.filter(pk=told.pk))
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        KnownAnswer.objects.update(label="Exchange")


def test_a_verdict_stands_on_an_answer_to_a_known_item_of_its_person_and_queue(given_one):
    told, other = (
        KnownVerdict.objects.get(),
        factories.annotation(factories.item(given_one.item.queue), given_one.reviewer, "Exchange"),
    )
    fields = {"reviewer": told.reviewer, "queue": told.queue, "given_at": NOW, "is_right": True}
    wrong = [
        {"annotation": other},
        {"annotation": given_one, "reviewer": factories.member(told.queue.project)},
        {"annotation": given_one, "queue": factories.queue(told.queue.project, "Other")},
    ]
    with pgtrigger.ignore("consensus.KnownVerdict:knownverdict_told_once"):
        told.delete()
    for each in wrong:
        with pytest.raises(DatabaseError, match="a verdict stands on"), transaction.atomic():
            KnownVerdict.objects.create(**(fields | each))


def test_answers_of_before_are_judged_by_the_migration(project, reviewer):
    queue = factories.queue(project)
    for label in ("Refund", "Exchange"):
        factories.annotation(factories.honeypot(queue, "Refund"), reviewer, label)
    before = list(KnownVerdict.objects.order_by("pk").values())
    with pgtrigger.ignore("consensus.KnownVerdict:knownverdict_told_once"):
        KnownVerdict.objects.all().delete()
    migration = importlib.import_module("apps.consensus.migrations.0010_verdicts_of_before")
    for _ in range(2):  # again, it finds nothing to do
        migration.verdicts_backfill(apps, None)
        assert list(KnownVerdict.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("n_before", [2, 40])
def test_one_answer_more_costs_the_same_whatever_was_before(project, reviewer, n_before):
    queue = factories.queue(project, honeypot_alpha=1e-9)
    for _ in range(n_before):
        factories.annotation(factories.honeypot(queue, "Refund"), reviewer, "Refund")
    review = factories.review(factories.honeypot(queue), reviewer, state="leased")
    config_of(review.item.schema)  # the process remembers the labels
    with CaptureQueriesContext(connection) as captured:
        services.answer_submit(
            review_id=review.pk,
            reviewer=reviewer,
            token=review.token,
            result=choices_result("Exchange"),
            duration_ms=5,
            now=NOW,
        )
    statements = [row["sql"] for row in captured.captured_queries]
    judging = [sql for sql in statements if "consensus_known" in sql]
    assert len(judging) == 3  # the known answer, its verdict, what the test looks at
    assert len(statements) <= 10, "\n".join(statements)
    assert not any('"result"' in sql for sql in judging)
    assert f"LIMIT {TESTED}" in judging[-1]


def test_the_test_looks_at_the_latest_answers_and_the_record_counts_all(project, reviewer, monkeypatch):
    monkeypatch.setattr("apps.consensus.services.honeypots.TESTED", 3)
    queue = factories.queue(project, honeypot_alpha=1e-9)
    given = [random.Random(4).choice(["Refund", "Exchange"]) for _ in range(2)] + ["Refund", "Exchange", "Refund"]
    for number, label in enumerate(given):
        at = NOW + timedelta(minutes=number)
        pot = factories.honeypot(queue, "Refund")
        factories.annotation(pot, reviewer, label, review=factories.review(pot, reviewer, submitted_at=at))
    record = honeypot_record(queue=queue, reviewer=reviewer)
    assert (record.n, record.tested) == (5, (True, False, True))
    assert record.n_right == given.count("Refund")


def test_who_was_paused_is_told_of_the_answers_since_he_was_put_back(project, reviewer):
    queue = factories.queue(project)
    pots = [factories.honeypot(queue) for _ in range(3)]
    for pot in pots[:2]:
        factories.annotation(pot, reviewer, "Exchange")
    last = Annotation.objects.create(
        **{
            field: getattr(factories.annotation(factories.item(queue), reviewer, "Exchange"), field)
            for field in ("schema", "guideline", "result", "label", "token", "duration_ms", "created_at")
        },
        item=pots[2],
        review=factories.review(pots[2], reviewer),
        reviewer=reviewer,
    )
    pause = honeypot_judge(annotation=last, reviewer=reviewer, now=NOW)
    assert pause.reason == "3 of 3 known items were answered wrongly"
    assert Item.objects.filter(state="honeypot").count() == 3
