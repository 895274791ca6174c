"""Claim, expiry, release, skip, and the one rule of slots."""

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.core.rows import Writes
from apps.projects.models import Membership
from apps.queues import services
from apps.queues.errors import QueueNotOpen, StaleLease
from apps.queues.models import Item, Review
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


class Draw(random.Random):
    """A fixed draw of the lane."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def random(self) -> float:
        return self.value


MAIN = Draw(0.99)


def claim(queue, reviewer, *, now=NOW, rng=MAIN):
    return services.review_claim(queue=queue, reviewer=reviewer, now=now, rng=rng)


def slots_from_facts(item: Item) -> int:
    busy = item.reviews.filter(state__in=["leased", "submitted"]).count()
    return max(item.wanted - busy, 0) if item.state == "open" else 0


def assert_slots(queue):
    for item in queue.items.all():
        assert item.open_slots == slots_from_facts(item), item


@pytest.fixture
def queue(project):
    return factories.queue(project, overlap_min=2, overlap_max=3)


def submit(review, *, now=NOW):
    with transaction.atomic():
        locked = services.review_lock(review_id=review.pk, reviewer=review.reviewer)
        with Writes() as writes:
            services.review_submit(review=locked, token=review.token, now=now, writes=writes)
        services.slots_adjust(item=locked.item)
    return locked


def test_review_claim_takes_the_highest_sort_key(queue, reviewer):
    factories.item(queue, sort_key=1.0)
    top = factories.item(queue, sort_key=5.0)
    assert claim(queue, reviewer).item == top
    assert_slots(queue)


def test_review_claim_gives_the_held_lease_again(queue, reviewer):
    factories.item(queue)
    factories.item(queue)
    assert claim(queue, reviewer) == claim(queue, reviewer)
    assert Review.objects.count() == 1


def test_review_claim_never_gives_an_item_twice_to_one_person(queue, reviewer):
    items = {factories.item(queue, sort_key=float(n)).pk for n in range(5)}
    seen = []
    while (review := claim(queue, reviewer)) is not None:
        seen.append(review.item_id)
        submit(review)
    assert len(seen) == 5
    assert set(seen) == items
    assert_slots(queue)


def test_review_claim_finds_what_came_in_above_the_cursor(queue, reviewer):
    for n in range(3):
        factories.item(queue, sort_key=float(n))
    for _ in range(2):
        submit(claim(queue, reviewer))
    above = factories.item(queue, sort_key=9.0)
    assert claim(queue, reviewer).item == above


def test_review_claim_finds_what_re_opened_above_the_cursor(queue, project, reviewer):
    top, *_ = [factories.item(queue, sort_key=9.0 - n) for n in range(4)]
    others = [factories.member(project) for _ in range(2)]
    held = [claim(queue, other) for other in others]  # two leases: no open slot is left on the top item
    assert {review.item_id for review in held} == {top.pk}
    first = claim(queue, reviewer)
    assert first.item != top
    submit(first)
    services.review_release(review=held[0], token=held[0].token)
    assert claim(queue, reviewer).item == top


def test_review_claim_walks_from_the_top_before_it_says_nothing_is_left(queue, reviewer):
    low = factories.item(queue, sort_key=1.0)
    submit(claim(queue, reviewer))
    # Committed late: its sequence number lies below what the cursor has seen.
    late = factories.item(queue, sort_key=5.0, bumped_seq=0)
    assert claim(queue, reviewer).item == late
    assert low.pk != late.pk


def test_review_claim_expires_stale_leases_first(queue, project, reviewer):
    item = factories.item(queue, wanted=1, open_slots=1)
    other = factories.member(project)
    stale = claim(queue, other)
    later = stale.expires_at + timedelta(seconds=1)
    assert claim(queue, reviewer, now=later).item == item
    stale.refresh_from_db()
    assert stale.state == Review.State.EXPIRED
    assert_slots(queue)


def test_review_claim_refuses_when_paused(queue, reviewer, manager):
    factories.item(queue)
    services.queue_pause(queue=queue, by=manager)
    with pytest.raises(QueueNotOpen):
        claim(queue, reviewer)


def test_review_claim_gives_out_what_is_left_when_draining(queue, reviewer, manager):
    factories.item(queue)
    services.queue_drain(queue=queue, by=manager)
    assert claim(queue, reviewer) is not None


@pytest.mark.parametrize(
    ("draw", "expected"),
    [(0.49, "deadline"), (0.51, "audit"), (0.61, "main")],  # shares: 0.5 deadline, 0.1 audit, the rest main
)
def test_review_claim_draws_its_lane(queue, reviewer, draw, expected):
    items = {
        "main": factories.item(queue, sort_key=1.0),
        "deadline": factories.item(queue, sort_key=0.0, due_at=NOW + timedelta(hours=1)),
        "audit": factories.item(queue, sort_key=9.0, is_audit=True),
    }
    review = claim(queue, reviewer, rng=Draw(draw))
    assert (review.item, review.lane) == (items[expected], expected)


def test_deadline_lane_gives_the_earliest_first(queue, reviewer):
    factories.item(queue, due_at=NOW + timedelta(hours=2))
    first = factories.item(queue, due_at=NOW + timedelta(hours=1))
    assert claim(queue, reviewer, rng=Draw(0.0)).item == first


def test_item_handed_to_a_person_goes_to_him_only(queue, project, reviewer, manager):
    item = factories.item(queue, sort_key=9.0)
    other = factories.member(project)
    services.item_hand_to(item_id=item.pk, user=reviewer, by=manager)
    assert claim(queue, other) is None
    assert claim(queue, reviewer).item == item


def test_review_submit_takes_an_expired_lease_back_while_its_slot_is_free(queue, reviewer):
    factories.item(queue)
    review = claim(queue, reviewer)
    services.leases_expire(now=review.expires_at)
    assert submit(review, now=review.expires_at).state == Review.State.SUBMITTED
    assert_slots(queue)


def test_review_submit_refuses_when_the_slot_was_given_away(queue, project, reviewer):
    factories.item(queue, wanted=1, open_slots=1)
    review = claim(queue, reviewer)
    later = review.expires_at + timedelta(seconds=1)
    assert claim(queue, factories.member(project), now=later) is not None
    with pytest.raises(StaleLease):
        submit(review, now=later)
    assert_slots(queue)


def test_review_submit_refuses_an_old_token(queue, reviewer):
    factories.item(queue)
    review = claim(queue, reviewer)
    services.review_release(review=review, token=review.token)
    assert claim(queue, reviewer).token != review.token
    with pytest.raises(StaleLease):
        submit(review)


def test_review_skip_needs_another_person(queue, project, reviewer):
    factories.item(queue)
    factories.member(project)
    review = claim(queue, reviewer)
    services.review_skip(review=review, token=review.token, reason="not my language")
    assert claim(queue, reviewer) is None
    assert_slots(queue)


def test_item_goes_to_adjudication_when_nobody_is_left(queue, reviewer):
    item = factories.item(queue)  # asks for two answers; one reviewer works here
    review = claim(queue, reviewer)
    services.review_skip(review=review, token=review.token, reason="unreadable")
    item.refresh_from_db()
    assert item.state == Item.State.ADJUDICATION
    assert "no reviewer left" in item.adjudication_reason
    assert_slots(queue)


def test_stranded_sweep_after_a_person_was_disabled(queue, project, reviewer):
    item = factories.item(queue)
    other = factories.member(project)
    with transaction.atomic():
        submit(claim(queue, reviewer))
    assert services.stranded_sweep(queue=queue) == 0
    User.objects.filter(pk=other.pk).update(is_active=False)
    assert services.stranded_sweep(queue=queue) == 1
    item.refresh_from_db()
    assert item.state == Item.State.ADJUDICATION


def test_leases_return_gives_back_all_that_a_person_holds(queue, project, reviewer):
    item = factories.item(queue)
    claim(queue, reviewer)
    assert services.leases_return(reviewer=reviewer) == 1
    item.refresh_from_db()
    assert item.open_slots == 2


def test_managers_work_in_a_queue_only_when_named(queue, manager, reviewer):
    from apps.queues.selectors import reviewer_ids

    assert reviewer_ids(queue=queue) == {reviewer.pk}
    services.members_set(queue=queue, user_ids=[manager.pk], by=manager)
    assert reviewer_ids(queue=queue) == {reviewer.pk, manager.pk}


def test_members_set_refuses_a_viewer(queue, viewer, manager):
    from apps.core.errors import InvalidInput

    with pytest.raises(InvalidInput):
        services.members_set(queue=queue, user_ids=[viewer.pk], by=manager)


def test_queue_close_retires_what_is_undecided(queue, reviewer, manager):
    item = factories.item(queue)
    review = claim(queue, reviewer)
    services.queue_close(queue=queue, by=manager, now=NOW)
    item.refresh_from_db()
    review.refresh_from_db()
    assert (item.state, item.open_slots, review.state) == ("retired", 0, "expired")


def test_item_requeue_asks_for_one_more_answer(queue, project, manager):
    item = factories.settled_item(queue, "Refund")
    factories.member(project)
    assert services.item_requeue(item_ids=[item.pk], by=manager, now=NOW) == 1
    item.refresh_from_db()
    assert (item.state, item.wanted, item.open_slots) == ("open", 3, 1)


def test_item_requeue_keeps_an_item_with_answers_from_whoever_asks_for_it(queue, project, manager):
    services.members_set(queue=queue, user_ids=[manager.pk], by=manager)
    other = factories.member(project)
    item = factories.settled_item(queue, "Refund")
    services.item_requeue(item_ids=[item.pk], by=manager, now=NOW)
    assert claim(queue, manager) is None
    assert claim(queue, other).item == item


def test_item_requeue_gives_an_item_without_answers_to_anybody(queue, manager):
    services.members_set(queue=queue, user_ids=[manager.pk], by=manager)
    item = factories.item(queue, state="retired")
    services.item_requeue(item_ids=[item.pk], by=manager, now=NOW)
    assert claim(queue, manager).item == item


def test_priority_moves_an_item_above_the_cursor(queue, reviewer, manager):
    items = [factories.item(queue, sort_key=5.0 - n, enqueued_at=NOW) for n in range(3)]
    submit(claim(queue, reviewer))
    services.item_prioritise(item_ids=[items[2].pk], priority=8, by=manager)
    assert claim(queue, reviewer).item == items[2]


def test_database_refuses_slots_on_an_item_that_is_over(queue):
    item = factories.item(queue)
    with pytest.raises(IntegrityError, match="item_slots_only_open"), transaction.atomic():
        Item.objects.filter(pk=item.pk).update(state="retired")


def test_database_refuses_a_second_review_of_one_person(queue, reviewer):
    item = factories.item(queue)
    factories.review(item, reviewer)
    with pytest.raises(IntegrityError, match="review_once"), transaction.atomic():
        factories.review(item, reviewer)


def test_reviewers_of_other_projects_do_not_count(queue, reviewer):
    from apps.queues.selectors import queues_workable_by, reviewer_ids

    other = factories.queue(factories.project("Other"))
    assert reviewer.pk not in reviewer_ids(queue=other)
    assert list(queues_workable_by(user=reviewer)) == [queue]
    Membership.objects.filter(user=reviewer).delete()
    assert not queues_workable_by(user=reviewer).exists()
