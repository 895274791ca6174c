"""A grid of many items: leased together, grouped by guess, answered one by one, each with its own mark."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from apps.core.errors import Conflict
from apps.events.models import Event
from apps.labeling.models import Annotation, Suggestion
from apps.projects.labelling import config_of
from apps.queues.errors import QueueNotOpen
from apps.queues.models import Item, Queue, Review, ReviewerCursor
from apps.queues.services import leases_expire
from apps.workbench import services
from apps.workbench.services_batch import SIZE, batch_is_offered, grid_answer, grid_claim, grid_undo
from tests import factories
from tests.factories import NOW, choices_result
from tests.workbench.test_assistance import claim, guessed_item, never_control, people, queue_of

__all__ = ["never_control", "people"]  # fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("never_control")]


@pytest.fixture
def queue(project):
    return queue_of(project, overlap_min=1, overlap_max=2)


def grid(queue, person, now=NOW):
    return grid_claim(queue=queue, reviewer=person, now=now)


def put(review, label, now=NOW):
    return grid_answer(
        review=Review.objects.select_related("item__queue").get(pk=review.pk),
        reviewer=review.reviewer,
        token=review.token,
        result=choices_result(label),
        now=now,
    )


def test_a_grid_holds_ordinary_items_in_the_queues_order(queue, people, project):
    plain = [guessed_item(queue, sort_key=-float(n)) for n in range(3)]
    guessed_item(queue, is_audit=True, sort_key=9)
    guessed_item(queue, due_at=NOW + timedelta(hours=1), sort_key=9)
    guessed_item(queue, severity=3, sort_key=9)
    guessed_item(queue, reserved_for=people[0], sort_key=9)
    factories.item(queue, sort_key=9)  # no model has said anything about it
    reviews = grid(queue, people[0])
    assert [review.item for review in reviews] == plain
    assert {(review.lane, review.sees_guess) for review in reviews} == {("batch", True)}
    assert len({review.token for review in reviews}) == 3
    assert [item.open_slots for item in Item.objects.filter(pk__in=[each.pk for each in plain])] == [0, 0, 0]
    assert Suggestion.objects.filter(result__isnull=False).count() == 3


def test_a_grid_is_filled_up_and_never_beyond_its_size(queue, people):
    for n in range(SIZE + 5):
        guessed_item(queue, sort_key=-float(n))
    first = grid(queue, people[0])
    assert len(first) == SIZE
    assert grid(queue, people[0]) == first
    put(first[0], "Refund")
    again = grid(queue, people[0])
    assert (len(again), len(set(again) - set(first))) == (SIZE, 1)
    others = grid(queue, people[1])
    assert {review.item for review in others}.isdisjoint({review.item for review in [*first, *again]})
    assert len(others) == 4


def test_items_behind_many_that_do_not_fit_are_still_found(queue, people):
    for n in range(60):
        factories.item(queue, sort_key=float(100 - n))
    wanted = guessed_item(queue, sort_key=0.0)
    assert [review.item for review in grid(queue, people[0])] == [wanted]


def test_a_grid_begins_at_the_persons_place_and_looks_once_from_the_top(queue, people):
    items = [guessed_item(queue, sort_key=-float(n)) for n in range(3)]
    ReviewerCursor.objects.create(
        queue=queue, reviewer=people[0], sort_key=-1.0, item_id=items[1].pk, seen_seq=0, started_at=NOW
    )
    first = grid(queue, people[0])
    assert [review.item for review in first] == items[1:]
    for review in first:
        put(review, "Refund")
    assert [review.item for review in grid(queue, people[0])] == items[:1]


def test_every_answer_of_a_grid_is_its_own_and_marked(queue, people):
    for _ in range(2):
        guessed_item(queue)
    one, other = grid(queue, people[0])
    accepted, changed = (
        put(one, "Refund", NOW + timedelta(seconds=4)),
        put(other, "Exchange", NOW + timedelta(seconds=7)),
    )
    assert [(each.assistance, each.is_batch, each.weight) for each in (accepted, changed)] == [
        ("accepted", True, 0.5),
        ("changed", True, 1.0),
    ]
    assert (accepted.duration_ms, changed.duration_ms) == (4000, 3000)
    assert Event.objects.filter(verb="annotation.submitted").count() == 2
    assert put(one, "Refund") == accepted  # sent twice
    with pytest.raises(Conflict, match="otherwise"):
        put(one, "Exchange")
    assert Annotation.objects.count() == 2


def test_leases_of_a_grid_end_like_all_others(queue, people):
    item = guessed_item(queue)
    (review,) = grid(queue, people[0])
    late = NOW + timedelta(seconds=queue.lease_seconds + 1)
    assert leases_expire(now=late) == 1
    assert grid(queue, people[1], late)[0].item == item
    with pytest.raises(Conflict):
        put(review, "Refund", late)


def test_a_single_claim_gives_what_the_grid_holds_and_its_answer_is_no_batch(queue, people):
    guessed_item(queue)
    (review,) = grid(queue, people[0])
    held = claim(queue, people[0])
    assert held.pk == review.pk
    made = services.answer_submit(
        review_id=held.pk, reviewer=people[0], token=held.token, result=choices_result("Refund"), duration_ms=1, now=NOW
    )
    assert (made.assistance, made.is_batch) == ("accepted", False)


def test_undo_gives_the_last_item_back_and_leaves_the_rest_of_the_grid(queue, people):
    for _ in range(3):
        guessed_item(queue)
    one, *rest = grid(queue, people[0])
    made = put(one, "Refund")
    back = grid_undo(queue=queue, reviewer=people[0], answer_id=made.pk, now=NOW)
    assert back.pk == one.pk
    assert back.token != one.token
    assert {review.pk for review in grid(queue, people[0])} == {one.pk, *(review.pk for review in rest)}
    with pytest.raises(Conflict, match="nothing to undo"):
        grid_undo(queue=queue, reviewer=people[0], answer_id=made.pk, now=NOW)


def test_a_paused_queue_fills_no_grid(queue, people):
    guessed_item(queue)
    Queue.objects.filter(pk=queue.pk).update(state="paused")
    with translation.override("de"), pytest.raises(QueueNotOpen, match="angehalten"):
        grid(queue, people[0])
    assert not Review.objects.exists()


@pytest.mark.parametrize(
    ("assistance", "config", "is_offered"),
    [
        ("pre_annotated", "single", True),
        ("none", "single", False),
        ("after_answer", "single", False),
        ("pre_annotated", "multiple", False),
    ],
)
def test_grids_are_offered_where_one_choice_is_the_question_and_the_guess_is_shown(
    client, assistance, config, is_offered
):
    project = factories.project(config=factories.choices_config(choice=config))
    queue = queue_of(project, assistance)
    schema = project.label_schemas.get()
    assert batch_is_offered(queue=queue, config=config_of(schema)) == is_offered
    client.force_login(factories.member(project))
    for name, method in (("batch", "get"), ("batch_take", "post"), ("batch_undo", "post")):
        status = getattr(client, method)(reverse(f"workbench:{name}", args=[queue.pk])).status_code
        assert (status == 404) != is_offered


HTMX = {"HX-Request": "true"}


def test_the_page_groups_by_guess_and_answers_tile_by_tile(client, queue, people):
    for label in ("Exchange", "Refund", "Exchange"):
        guessed_item(queue, label)
    client.force_login(people[0])
    page = reverse("workbench:batch", args=[queue.pk])
    assert "Fill the grid" in client.get(page).content.decode()
    assert not Review.objects.exists()  # looking takes nothing
    grid_html = client.post(reverse("workbench:batch_take", args=[queue.pk]), headers=HTMX).content.decode()
    assert grid_html.index('<span dir="auto">Refund</span> <small') < grid_html.index(
        '<span dir="auto">Exchange</span> <small'
    )
    assert grid_html.count("data-tile>") == client.get(page).content.decode().count("data-tile>") == 3
    review = Review.objects.order_by("token").first()
    address = reverse("workbench:batch_answer", args=[queue.pk, review.pk])
    refused = client.post(address, {"token": review.token, "answer.intent": "Weather"}, headers=HTMX)
    assert (refused.status_code, "is no label" in refused.content.decode()) == (422, True)
    done = client.post(address, {"token": review.token, "answer.intent": "Refund"}, headers=HTMX)
    assert (done.status_code, "data-tile-done" in done.content.decode()) == (200, True)
    late = client.post(address, {"token": review.token, "answer.intent": "Exchange"}, headers=HTMX)
    assert (late.status_code, "did not count" in late.content.decode()) == (409, True)
    assert client.get(page).content.decode().count("data-tile>") == 2  # nothing is lost on a reload
    undone = client.post(reverse("workbench:batch_undo", args=[queue.pk]), headers=HTMX)
    assert undone.content.decode().count("data-tile>") == 3


def test_the_page_groups_by_likeness_where_that_is_asked(client, queue, people):
    texts = ("my parcel is late again", "how do i close my account", "the parcel came late")
    for text, label in zip(texts, ("Exchange", "Refund", "Refund"), strict=True):
        guessed_item(queue, label, text=text)
    client.force_login(people[0])
    take = reverse("workbench:batch_take", args=[queue.pk])
    page = client.post(f"{take}?by=likeness", headers=HTMX).content.decode()
    places = [
        page.index(each) for each in ("In common: parcel, late", texts[0], texts[2], "Like no other here", texts[1])
    ]
    assert places == sorted(places)
    whole = client.get(f"{reverse('workbench:batch', args=[queue.pk])}?by=likeness").content.decode()
    assert whole.count("?by=likeness") == 2 + 2 + 3 + 1  # take and undo (each twice), three tiles, the link itself
    assert "In common" not in client.get(reverse("workbench:batch", args=[queue.pk])).content.decode()
    review = Review.objects.order_by("token").first()
    address = f"{reverse('workbench:batch_answer', args=[queue.pk, review.pk])}?by=likeness"
    sent = client.post(address, {"token": review.token, "answer.intent": "Refund"})
    assert sent.headers["Location"].endswith("/grid/?by=likeness")


def test_without_scripts_a_grid_works_by_forms(client, queue, people):
    guessed_item(queue)
    client.force_login(people[0])
    page = reverse("workbench:batch", args=[queue.pk])
    assert client.post(reverse("workbench:batch_take", args=[queue.pk])).headers["Location"] == page
    review = Review.objects.get()
    address = reverse("workbench:batch_answer", args=[queue.pk, review.pk])
    assert client.post(address, {"token": review.token, "answer.intent": "Refund"}).headers["Location"] == page
    assert "Nothing here for the grid" in client.post(reverse("workbench:batch_take", args=[queue.pk])).content.decode()


def test_a_grid_is_its_own_person_s(client, queue, people, stranger):
    guessed_item(queue)
    (review,) = grid(queue, people[0])
    addresses = [
        reverse("workbench:batch_take", args=[queue.pk]),
        reverse("workbench:batch_undo", args=[queue.pk]),
        reverse("workbench:batch_answer", args=[queue.pk, review.pk]),
    ]
    assert {client.post(address).status_code for address in addresses} == {302}
    client.force_login(stranger)
    assert {client.post(address).status_code for address in addresses} == {404}
    client.force_login(people[1])
    assert client.post(addresses[2], {"token": review.token, "answer.intent": "Refund"}).status_code == 404
    client.force_login(people[0])
    assert {client.get(address).status_code for address in addresses} == {405}


@pytest.mark.django_db(transaction=True)
def test_two_grids_at_once_never_share_an_item(project):
    queue = queue_of(project, overlap_min=1, overlap_max=1)
    people = [factories.member(project) for _ in range(2)]
    for n in range(SIZE + 6):
        guessed_item(queue, sort_key=-float(n))
    found, start = {}, threading.Barrier(2)

    def take(person):
        try:
            start.wait(timeout=60)
            found[person] = [review.item_id for review in grid(queue, person)]
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    given = [item for items in found.values() for item in items]
    assert len(given) == len(set(given))
    assert Review.objects.filter(state="leased").count() == len(given)
