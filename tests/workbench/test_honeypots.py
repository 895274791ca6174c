"""Items whose answer is known: who gets them, what an answer to one does, and when somebody is paused."""

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.consensus.models import Consensus
from apps.consensus.services.honeypots import honeypot_record
from apps.core.errors import Conflict, InvalidInput
from apps.labeling.models import Annotation
from apps.queues import services as queues
from apps.queues.errors import ReviewerHeld
from apps.queues.explain import explain_to_reviewer
from apps.queues.models import Item, Review, ReviewerCursor, ReviewerPause
from apps.queues.people import is_held
from apps.workbench import selectors, services
from apps.workbench.services_revise import answer_is_open, answer_revise
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3, honeypot_share=0.5, audit_share=0)


def claim(queue, person, now=NOW):
    return services.claim_next(queue=queue, reviewer=person, now=now, rng=random.Random(1))


def submit(review, label, now=NOW):
    return services.answer_submit(
        review_id=review.pk,
        reviewer=review.reviewer,
        token=review.token,
        result=choices_result(label),
        duration_ms=900,
        now=now,
    )


def work(queue, person, label="Refund", limit=200):
    """Answer all that comes. The items in their order."""
    given = []
    while (review := claim(queue, person)) is not None and len(given) < limit:
        given.append(review.item)
        submit(review, label)
    return given


def is_honeypot(item):
    return item.state == Item.State.HONEYPOT


def test_a_person_gets_each_honeypot_once_and_none_where_nothing_else_is_left(queue, reviewer):
    pots = [factories.honeypot(queue) for _ in range(4)]
    assert claim(queue, reviewer) is None
    for number in range(30):
        factories.item(queue, sort_key=float(-number))
    given = work(queue, reviewer)
    assert len(given) == 34
    assert {item.pk for item in given if is_honeypot(item)} == {pot.pk for pot in pots}
    assert not is_honeypot(given[-1])
    assert set(Review.objects.filter(item__in=pots).values_list("lane", flat=True)) == {"honeypot"}


def test_about_the_share_of_items_are_honeypots_each_person_in_an_order_of_his_own(project, queue):
    queues.queue_update(queue=queue, by=queue.created_by, overlap_max=5, overlap_min=5)
    queue.refresh_from_db()
    for _ in range(40):
        factories.honeypot(queue)
    for number in range(30):
        factories.item(queue, sort_key=float(-number))
    orders = []
    people = [factories.member(project, user=factories.person(id=factories.known_id(n))) for n in range(1, 6)]
    for person in people:
        given = work(queue, person)
        orders.append([is_honeypot(item) for item in given])
        assert 5 <= sum(orders[-1]) <= 40
    assert len({tuple(order) for order in orders}) == 5


def test_left_for_you_falls_by_one_with_each_answer_whatever_it_was_given_to(queue, reviewer):
    filled(queue, 6, n_items=20)
    told = [selectors.tally(queue=queue, user=reviewer, now=NOW).left]
    while (review := claim(queue, reviewer)) is not None:
        assert selectors.tally(queue=queue, user=reviewer, now=NOW).left == told[-1]
        assert selectors.my_queues(user=reviewer, now=NOW)[0].left == told[-1]
        if is_honeypot(review.item):  # a page that was left: it comes back to him like any item
            queues.review_release(review=review, token=review.token)
            assert selectors.tally(queue=queue, user=reviewer, now=NOW).left == told[-1]
            again = claim(queue, reviewer)
            assert again.pk == review.pk
            review = again
        submit(review, "Refund")
        told.append(selectors.tally(queue=queue, user=reviewer, now=NOW).left)
    assert told == list(range(told[0], -1, -1))
    assert told[0] > 20


def test_no_share_no_honeypots(queue, reviewer):
    queues.queue_update(queue=queue, by=queue.created_by, honeypot_share=0)
    factories.honeypot(queue)
    factories.item(queue)
    queue.refresh_from_db()
    assert len(work(queue, reviewer)) == 1
    assert ReviewerCursor.objects.get(reviewer=reviewer).n_turns == 0


@pytest.mark.parametrize("had", ["the original", "another queue's copy"])
def test_whoever_has_had_the_item_elsewhere_never_gets_its_honeypot(project, queue, reviewer, had):
    original = factories.item(factories.queue(project, "First"), state="settled", settled_at=NOW)
    factories.honeypot(queue, original=original)
    if had == "the original":
        factories.annotation(original, reviewer, "Refund")
    else:
        copy = factories.honeypot(factories.queue(project, "Second"), original=original)
        factories.annotation(copy, reviewer, "Refund")
    for number in range(30):
        factories.item(queue, sort_key=float(-number))
    other = factories.member(project)
    assert not any(is_honeypot(item) for item in work(queue, reviewer))
    assert any(is_honeypot(item) for item in work(queue, other))


def test_under_changed_labels_a_honeypot_rests(project, queue, reviewer):
    factories.honeypot(queue)
    factories.schema(project, config=factories.choices_config(["Refund", "Exchange", "Order status", "Other"]))
    for number in range(12):
        factories.item(queue, sort_key=float(-number))
    assert not any(is_honeypot(item) for item in work(queue, reviewer))


def test_a_deadline_and_what_was_handed_over_go_before_a_honeypot(queue, reviewer):
    for _ in range(20):
        factories.honeypot(queue)
    queues.queue_update(queue=queue, by=queue.created_by, deadline_share=1.0)
    queue.refresh_from_db()
    for number in range(10):
        factories.item(queue, due_at=NOW + timedelta(hours=number + 1))
    assert not any(is_honeypot(item) for item in work(queue, reviewer))


def honeypot_of(queue, person, label="Refund"):
    """Claim until a honeypot comes, answering the rest rightly."""
    while not is_honeypot((review := claim(queue, person)).item):
        submit(review, "Refund")
    return review


def filled(queue, n, *, n_items=40):
    """So many other items that all the honeypots come before the last of them, but for odds of one in a million."""
    for number in range(n_items):
        factories.item(queue, sort_key=float(-number))
    for _ in range(n):
        factories.honeypot(queue)


def test_two_people_hold_one_honeypot_at_a_time(project, queue):
    filled(queue, 1)
    people = [factories.member(project, name=str(n)) for n in range(2)]
    held = [honeypot_of(queue, person) for person in people]
    assert held[0].item_id == held[1].item_id
    assert [review.state for review in held] == ["leased", "leased"]


def test_an_answer_to_a_honeypot_is_kept_and_counts_for_nothing_but_the_record(queue, reviewer):
    filled(queue, 5)
    review = honeypot_of(queue, reviewer)
    annotation = submit(review, "Exchange")
    assert Annotation.objects.get(pk=annotation.pk).status == "current"
    item = Item.objects.get(pk=review.item_id)
    assert (item.state, item.open_slots, item.wanted) == ("honeypot", 0, 0)
    assert not Consensus.objects.filter(item=item).exists()
    assert honeypot_record(queue=queue, reviewer=reviewer).tested == (False,)


def test_undo_and_revision_change_the_record(queue, reviewer):
    filled(queue, 9)
    submit(honeypot_of(queue, reviewer), "Exchange")
    undone = services.answer_undo(reviewer=reviewer, queue=queue, now=NOW)
    assert honeypot_record(queue=queue, reviewer=reviewer).tested == ()
    annotation = submit(undone, "Refund")
    submit(honeypot_of(queue, reviewer), "Refund", now=NOW + timedelta(minutes=1))
    assert honeypot_record(queue=queue, reviewer=reviewer).tested == (True, True)
    assert answer_is_open(annotation=annotation)
    answer_revise(
        annotation_id=annotation.pk, reviewer=reviewer, result=choices_result("Exchange"), duration_ms=5, now=NOW
    )
    assert honeypot_record(queue=queue, reviewer=reviewer).tested == (False, True)  # in its old place
    assert Item.objects.get(pk=annotation.item_id).state == "honeypot"


def test_skip_escalate_and_expiry_leave_a_honeypot_as_it_is(queue, project):
    filled(queue, 9)
    first, second, third = (factories.member(project, name=name) for name in ("One", "Two", "Three"))
    review = honeypot_of(queue, first)
    services.answer_skip(review=review, token=review.token, reason="unclear")
    review = honeypot_of(queue, second)
    services.answer_to_adjudicator(review_id=review.pk, reviewer=second, token=review.token, note="which?", now=NOW)
    review = honeypot_of(queue, third)
    later = NOW + timedelta(days=1)
    queues.leases_expire(now=later)
    submit(review, "Refund", now=later)  # late, and nobody has taken its place
    pots = Item.objects.filter(source="honeypot")
    assert set(pots.values_list("state", "open_slots")) == {("honeypot", 0)}
    assert not Consensus.objects.filter(item__in=pots).exists()


def wrong_until_paused(queue, person):
    """How many honeypots it took."""
    for number in range(1, 50):
        submit(honeypot_of(queue, person), "Exchange")
        if is_held(user=person, queue=queue):
            return number
    raise AssertionError("never paused")


def test_the_test_pauses_in_the_answer_s_own_transaction(queue, reviewer):
    filled(queue, 9)
    # Each wrong answer adds log(.25 / .08) = 1.14; the limit is log(1 / .05) = 3.0.
    assert wrong_until_paused(queue, reviewer) == 3
    pause = ReviewerPause.objects.get()
    assert (pause.started_by, pause.reason) == (None, "3 of 3 known items were answered wrongly")
    with pytest.raises(ReviewerHeld, match="manager"):
        claim(queue, reviewer)
    with pytest.raises(ReviewerHeld, match="stay as they are"):
        services.answer_undo(reviewer=reviewer, queue=queue, now=NOW)
    last = Annotation.objects.filter(reviewer=reviewer).latest("created_at")
    assert not answer_is_open(annotation=last)
    assert Annotation.objects.filter(reviewer=reviewer, status="current").count() >= 3  # nothing is lost


def test_levels_of_the_queue_are_the_ones_that_count(queue, reviewer):
    filled(queue, 9)
    queues.queue_update(queue=queue, by=queue.created_by, honeypot_good=0.6, honeypot_floor=0.5, honeypot_alpha=0.2)
    queue.refresh_from_db()
    # log(.5 / .4) = .223 a wrong answer, log(1 / .2) = 1.609: the eighth.
    assert wrong_until_paused(queue, reviewer) == 8


def test_put_back_the_test_starts_afresh(queue, reviewer, manager):
    filled(queue, 9)
    wrong_until_paused(queue, reviewer)
    later = NOW + timedelta(hours=1)
    queues.reviewer_resume(queue=queue, reviewer=reviewer, by=manager, now=later)
    record = honeypot_record(queue=queue, reviewer=reviewer)
    assert (record.n, record.tested, record.evidence) == (3, (), 0.0)
    while not is_honeypot((review := claim(queue, reviewer, later)).item):
        submit(review, "Refund", now=later)
    submit(review, "Exchange", now=later + timedelta(seconds=1))
    assert not is_held(user=reviewer, queue=queue)
    assert honeypot_record(queue=queue, reviewer=reviewer).evidence == pytest.approx(1.139, abs=0.001)


def test_a_manager_pauses_and_the_item_goes_back_with_its_draft(queue, reviewer, manager):
    item = factories.item(queue)
    review = claim(queue, reviewer)
    made = queues.reviewer_pause(queue=queue, reviewer=reviewer, reason="Let us talk first.", by=manager, now=NOW)
    again = queues.reviewer_pause(queue=queue, reviewer=reviewer, reason="Twice", by=manager, now=NOW)
    assert again == made
    item.refresh_from_db()
    review.refresh_from_db()
    assert (review.state, item.open_slots) == ("expired", 2)
    submit(review, "Refund")  # what he was writing is not lost: its place is still free
    with pytest.raises(InvalidInput, match="Say why"):
        queues.reviewer_pause(queue=queue, reviewer=reviewer, reason=" ", by=manager, now=NOW)


def test_a_pause_holds_in_its_queue_only(project, queue, reviewer, manager):
    other = factories.queue(project, "Other")
    factories.item(other)
    queues.reviewer_pause(queue=queue, reviewer=reviewer, reason="Let us talk.", by=manager, now=NOW)
    assert claim(other, reviewer) is not None
    with pytest.raises(Conflict, match="not paused"):
        queues.reviewer_resume(queue=other, reviewer=reviewer, by=manager, now=NOW)


def test_the_words_beside_an_item_are_the_same_for_a_honeypot(queue):
    factories.item(queue, enqueued_at=NOW - timedelta(hours=3))
    item = factories.item(queue, enqueued_at=NOW)
    pot = factories.honeypot(queue)
    told = explain_to_reviewer(item=pot, now=NOW)
    assert told == explain_to_reviewer(item=item, now=NOW) == ["next in this queue, where items wait up to 3 h"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "open"},
        {"wanted_max": 1},
        {"original": None},
        {"source": "trace"},
    ],
)
def test_the_database_keeps_honeypots_apart(queue, change):
    pot = factories.honeypot(queue)
    with pytest.raises(IntegrityError, match="item_honeypot_asks_nothing"), transaction.atomic():
        Item.objects.filter(pk=pot.pk).update(**change)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("honeypot_share", 0.6, "half"),
        ("honeypot_share", -0.1, "half"),
        ("honeypot_floor", 0.95, "below the good level"),
        ("honeypot_good", 1, "below 1"),
        ("honeypot_alpha", 0, "between 0 and 1"),
        ("honeypot_beta", 1, "between 0 and 1"),
    ],
)
def test_a_policy_out_of_range_is_refused_with_its_field(queue, field, value, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        queues.queue_update(queue=queue, by=queue.created_by, **{field: value})
    assert refused.value.field == field
