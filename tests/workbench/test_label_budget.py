"""A queue with a label budget: further answers go where they help most, and the budget is never exceeded."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from apps.consensus.services import labels_allot
from apps.consensus.tasks import labels_allot_all
from apps.core.db import violates
from apps.core.errors import Conflict, InvalidInput
from apps.events.models import Event
from apps.queues import services as queues
from apps.queues.errors import StaleLease
from apps.queues.models import Item, LabelSpending, Queue, Review
from apps.queues.selectors_budget import budget_standing, labels_left
from apps.workbench import selectors, services
from tests import factories
from tests.factories import NOW, choices_result
from tests.factories.projects import LABELS

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def counted_at_once(db):
    """What is counted as a transaction commits, counted after each statement: these tests never commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS review_spends_label, review_spends_label_again, review_gives_label_back IMMEDIATE"
        )


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(6)]


@pytest.fixture
def boss(project):
    return factories.member(project, "manager")


def queue_with(project, boss, budget, **fields):
    made = factories.queue(project, **{"overlap_min": 1, "overlap_max": 4, "settle_threshold": 0.99} | fields)
    return queues.queue_update(queue=made, by=boss, label_budget=budget)


def claim(queue, person, now=NOW):
    return services.claim_next(queue=queue, reviewer=person, now=now, rng=random.Random(1))


def submit(review, label, now=NOW):
    return services.answer_submit(
        review_id=review.pk,
        reviewer=review.reviewer,
        token=review.token,
        result=choices_result(label),
        duration_ms=9,
        now=now,
    )


def answer(queue, person, label):
    review = claim(queue, person)
    submit(review, label)
    return review.item


def spent(queue):
    """As stored, and as a count of the reviews themselves has it."""
    stored = LabelSpending.objects.get(queue=queue).spent
    live = Review.objects.filter(item__queue=queue, state__in=["leased", "submitted"])
    assert stored == live.exclude(item__source="honeypot").count()
    return stored


def test_unsettled_items_rest_and_the_most_gainful_ask_again(project, boss, people, monkeypatch):
    monkeypatch.setattr("apps.consensus.services.budget.FEWEST", 1)
    queue = queue_with(project, boss, 100, overlap_min=2, overlap_max=3)
    split, agreed = factories.item(queue, sort_key=2.0), factories.item(queue, sort_key=1.0)
    for person, label in zip(people[:2], [LABELS[0], LABELS[1]], strict=True):
        assert answer(queue, person, label) == split
    for person in people[:2]:
        assert answer(queue, person, LABELS[0]) == agreed
    assert set(Item.objects.values_list("state", "open_slots", "wanted")) == {("open", 0, 2)}
    assert budget_standing(queue=queue).n_resting == 2
    assert labels_allot(queue=queue, now=NOW) == 1  # one answer can turn the split one; the other is sure already
    split.refresh_from_db()
    agreed.refresh_from_db()
    assert (split.open_slots, split.wanted, agreed.open_slots) == (1, 3, 0)
    assert labels_allot(queue=queue, now=NOW) == 0  # so many are open at once
    assert answer(queue, people[2], LABELS[0]) == split
    split.refresh_from_db()
    assert split.state != "open"  # settled or disputed: it has its maximum


def test_whoever_runs_dry_gets_the_next_most_gainful_at_once(project, boss, people):
    queue = queue_with(project, boss, 100)
    item = factories.item(queue)
    assert answer(queue, people[0], LABELS[0]) == item
    assert claim(queue, people[0]) is None  # opened for others, and never his again
    assert answer(queue, people[1], LABELS[1]) == item
    labels_allot_all()
    assert claim(queue, people[2]).item == item


def test_the_budget_is_a_limit_that_counts_what_is_held(project, boss, people):
    queue = queue_with(project, boss, 3)
    for _ in range(5):
        factories.item(queue)
    held = claim(queue, people[0])
    answer(queue, people[1], LABELS[0])
    other = claim(queue, people[2])
    assert (spent(queue), labels_left(queue=queue)) == (3, 0)
    assert claim(queue, people[3]) is None
    assert selectors.tally(queue=queue, user=people[3], now=NOW).left == 0
    assert claim(queue, people[0]) == held  # what one holds stays one's own
    queues.review_release(review=other, token=other.token)
    assert labels_left(queue=queue) == 1
    assert claim(queue, people[3]) is not None
    assert spent(queue) == 3
    queue = queues.queue_update(queue=queue, by=boss, label_budget=4)
    assert claim(queue, people[2]) is not None
    submit(held, LABELS[0])
    assert spent(queue) == 4


def test_undo_keeps_the_answer_spent_and_a_skip_gives_it_back(project, boss, people):
    queue = queue_with(project, boss, 1)
    factories.item(queue)
    factories.item(queue)
    answer(queue, people[0], LABELS[0])
    review = services.answer_undo(reviewer=people[0], queue=queue, now=NOW)
    assert (spent(queue), claim(queue, people[1])) == (1, None)
    services.answer_skip(review=review, token=review.token, reason="I cannot tell")
    assert spent(queue) == 0
    assert claim(queue, people[1]) is not None


def test_a_late_answer_is_taken_back_only_within_the_budget(project, boss, people):
    queue = queue_with(project, boss, 1)
    factories.item(queue, sort_key=1.0)
    factories.item(queue)
    late = claim(queue, people[0])
    queues.leases_expire(now=LATER)
    other = claim(queue, people[1], LATER)
    queues.review_release(review=other, token=other.token)
    factories.item(queue, sort_key=9.0)
    assert claim(queue, people[1], LATER).item != late.item
    with pytest.raises(StaleLease):
        submit(late, LABELS[0], LATER)
    queue = queues.queue_update(queue=queue, by=boss, label_budget=2)
    submit(late, LABELS[0], LATER)
    assert spent(queue) == 2


def test_the_database_refuses_what_goes_beyond_the_budget(project, boss, people):
    queue = queue_with(project, boss, 1)
    items = [factories.item(queue) for _ in range(2)]
    factories.review(items[0], people[0], state="leased")
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        factories.review(items[1], people[0], state="leased")
    assert violates(refused.value, "labelspending_within_budget")
    back = factories.review(items[1], people[1], state="expired")
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.filter(pk=back.pk).update(state="leased")
    free = factories.queue(project, "No budget")
    factories.review(factories.item(free), people[0], state="leased")
    assert spent(queue) == 1


def test_known_items_do_not_count(project, boss, people):
    queue = queue_with(project, boss, 1)
    known = factories.honeypot(queue, LABELS[0])
    factories.review(known, people[0], state="submitted", submitted_at=NOW)
    assert labels_left(queue=queue) == 1


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_ran_out_gives_its_answer_to_the_next_claim(project, boss, people):
    queue = queue_with(project, boss, 1)
    for _ in range(2):
        factories.item(queue)
    assert claim(queue, people[0]) is not None
    assert claim(queue, people[1]) is None
    assert claim(queue, people[1], LATER) is not None
    assert spent(queue) == 1


@pytest.mark.django_db(transaction=True)
def test_reviewers_at_the_edge_of_the_budget_never_exceed_it(project, boss, people):
    queue = queue_with(project, boss, 4, overlap_max=1)
    for _ in range(20):
        factories.item(queue)
    start, failures = threading.Barrier(len(people)), []

    def work(person):
        try:
            start.wait(timeout=60)
            for _ in range(4):
                review = claim(Queue.objects.select_related("project").get(pk=queue.pk), person)
                if review is not None:
                    submit(review, LABELS[0])
        except Exception as exc:  # told by the main thread
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert spent(queue) == 4


@pytest.mark.django_db(transaction=True)
def test_a_budget_set_while_people_answer_counts_them_all(project, boss, people):
    queue = factories.queue(project, overlap_min=1, overlap_max=1)
    for _ in range(40):
        factories.item(queue)
    begun, is_done = threading.Event(), threading.Event()

    def work(person):
        try:
            while not is_done.is_set() and (review := claim(queue, person)) is not None:
                submit(review, LABELS[0])
                begun.set()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[person]) for person in people[:2]]
    for thread in threads:
        thread.start()
    assert begun.wait(timeout=60)
    queues.queue_update(queue=queue, by=boss, label_budget=1000)
    is_done.set()
    for thread in threads:
        thread.join(timeout=60)
    assert spent(queue) > 0


def test_a_budget_below_what_is_spent_is_refused(project, boss, people):
    queue = queue_with(project, boss, 5)
    for _ in range(2):
        factories.item(queue)
    answer(queue, people[0], LABELS[0])
    answer(queue, people[0], LABELS[0])
    with pytest.raises(InvalidInput, match="2 answers are given"):
        queues.queue_update(queue=queue, by=boss, label_budget=1)
    with pytest.raises(InvalidInput, match="at least 1"):
        queues.queue_update(queue=queue, by=boss, label_budget=0)
    queue.refresh_from_db()
    assert queue.label_budget == 5
    assert queues.queue_update(queue=queue, by=boss, label_budget=2).label_budget == 2


def test_an_ended_budget_lets_what_rests_go_on(project, boss, people):
    queue = queue_with(project, boss, 1)
    item = factories.item(queue)
    answer(queue, people[0], LABELS[0])
    assert claim(queue, people[1]) is None
    queue = queues.queue_update(queue=queue, by=boss, label_budget=None)
    labels_allot_all()
    item.refresh_from_db()
    assert (item.open_slots, item.wanted) == (1, 2)
    assert not LabelSpending.objects.filter(queue=queue).exists()
    assert answer(queue, people[1], LABELS[1]) == item
    item.refresh_from_db()
    assert item.open_slots == 1  # as in any queue


def test_what_rests_after_the_budget_goes_to_adjudication_when_told_so(project, boss, people):
    queue = queue_with(project, boss, 2)
    items = [factories.item(queue) for _ in range(2)]
    answer(queue, people[0], LABELS[0])
    with pytest.raises(Conflict, match="answers left"):
        queues.items_give_up_rest(queue=queue, limit=10, by=boss)
    answer(queue, people[0], LABELS[1])
    labels_allot_all()
    assert set(Item.objects.values_list("state", flat=True)) == {"open"}  # nothing settles because a budget is empty
    assert queues.items_give_up_rest(queue=queue, limit=1, by=boss) == 1
    assert queues.items_give_up_rest(queue=queue, limit=10, by=boss) == 1
    assert {(item.state, item.adjudication_reason) for item in Item.objects.filter(pk__in=[x.pk for x in items])} == {
        ("adjudication", "the label budget is spent")
    }
    told = Event.objects.filter(verb="item.given_up", actor=boss).values_list("object_id", flat=True)
    assert sorted(map(str, told)) == sorted(str(item.pk) for item in items)


def test_a_deadline_does_not_wait_for_its_turn(project, boss, people):
    queue = queue_with(project, boss, 9)
    item = factories.item(queue, due_at=LATER)
    answer(queue, people[0], LABELS[0])
    item.refresh_from_db()
    assert (item.open_slots, item.wanted) == (1, 2)


def test_the_queue_page_shows_and_changes_the_budget(project, boss, people, client, viewer, stranger):
    queue = queue_with(project, boss, 2)
    factories.item(queue, "Where is it?")
    answer(queue, people[0], LABELS[0])
    page = reverse("console:queue", args=[project.slug, queue.slug])
    change = reverse("console:queue_budget", args=[project.slug, queue.slug])
    give_up = reverse("console:queue_rest_end", args=[project.slug, queue.slug])
    for person, status in [(viewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert {client.post(address).status_code for address in (change, give_up)} == {status}
    client.force_login(boss)
    assert {client.get(address).status_code for address in (change, give_up)} == {405}
    assert "answer left of 2" in client.get(page).content.decode()
    assert client.post(give_up).status_code == 409
    for unreadable in ({}, {"label_budget": "0"}):
        assert client.post(change, unreadable).status_code == 422
        queue.refresh_from_db()
        assert queue.label_budget == 2
    assert client.post(change, {"label_budget": "1"}).status_code == 302
    assert "The budget is spent" in client.get(page).content.decode()
    found = client.get(reverse("console:items", args=[project.slug]), {"state": "resting"}).content.decode()
    assert "Where is it?" in found
    assert client.post(give_up).status_code == 302
    assert client.post(change, {"label_budget": ""}).status_code == 302
    queue.refresh_from_db()
    assert queue.label_budget is None
    assert "Answers spent" not in client.get(page).content.decode()
