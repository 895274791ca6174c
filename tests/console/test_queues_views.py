"""The manager's queue pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.console.queue_figures import queue_rows
from apps.queues.models import Item, Queue, Review
from tests import factories

POLICY = {
    "name": "Unsure answers",
    "takes_traces": "on",
    "acquisition": "margin",
    "audit_percent": "5",
    "deadline_percent": "50",
    "audit_lane_percent": "10",
    "overlap_min": "2",
    "overlap_max": "3",
    "consensus_method": "majority",
    "settle_threshold": "0.9",
    "lease_minutes": "15",
    "sla_hours": "24",
}
ACTS = ["queue_save", "queue_people", "queue_pause", "queue_resume", "queue_drain"]


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure")


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


def words(response):
    return response.content.decode()


@pytest.mark.parametrize("name", ["queues", "queue"])
def test_queue_pages_are_read_by_viewers(client, project, queue, manager, viewer, reviewer, stranger, name):
    page = address(name, project, *([queue.slug] if name == "queue" else []))
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 200), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status


@pytest.mark.parametrize("name", [*ACTS, "queue_close"])
def test_acts_are_the_managers(client, project, queue, viewer, stranger, name):
    page = address(name, project, queue.slug)
    assert client.post(page).status_code == 302
    for person, status in [(viewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.post(page).status_code == status
    queue.refresh_from_db()
    assert queue.state == "open"


@pytest.mark.parametrize("name", ACTS)
def test_acts_are_posted(desk, project, queue, name):
    assert desk.get(address(name, project, queue.slug)).status_code == 405


def test_another_projects_queue_is_not_found(desk, project):
    other = factories.queue(factories.project("Other"), "Elsewhere")
    assert desk.get(address("queue", project, other.slug)).status_code == 404
    assert desk.post(address("queue_pause", project, other.slug)).status_code == 404


def test_empty_list_offers_the_first_queue(desk, project):
    page = words(desk.get(address("queues", project)))
    assert 'class="empty"' in page
    assert address("queue_new", project) in page


def test_list_asks_the_same_number_of_questions_however_many_queues(
    desk, project, queue, django_assert_max_num_queries
):
    for number in range(5):
        one = factories.queue(project, f"Queue {number}")
        factories.item(one, "waits")
    with django_assert_max_num_queries(14):
        assert "Queue 4" in words(desk.get(address("queues", project)))


def test_queue_new_opens_a_queue_with_what_was_typed(desk, project):
    response = desk.post(address("queue_new", project), POLICY)
    made = Queue.objects.get()
    assert response.status_code == 302
    assert (made.acquisition, made.overlap_max, made.lease_seconds, made.audit_share) == ("margin", 3, 900, 0.05)
    assert made.takes_traces
    assert not made.takes_escalations


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "", "required"),
        ("overlap_max", "1", "the minimum not above the maximum"),
        ("settle_threshold", "0.3", "greater than or equal to 0.5"),
        ("audit_percent", "120", "less than or equal to 100"),
        ("lease_minutes", "0.01", "greater than or equal to"),
        ("acquisition", "bald", "Select a valid choice"),
    ],
)
def test_queue_new_names_the_field_that_is_wrong(desk, project, field, typed, told):
    response = desk.post(address("queue_new", project), POLICY | {field: typed})
    assert response.status_code == 422
    assert told in " ".join(response.context["form"].errors[field])
    assert not Queue.objects.exists()


def test_queue_new_refuses_a_name_that_is_taken(desk, project, queue):
    response = desk.post(address("queue_new", project), POLICY | {"name": queue.slug})
    assert response.status_code == 422
    assert "already has a queue" in response.context["form"].errors["name"][0]


def test_queue_save_changes_the_policy_and_keeps_what_was_not_wanted(desk, project, queue):
    response = desk.post(address("queue_save", project, queue.slug), POLICY | {"lease_minutes": "2", "sla_hours": "4"})
    queue.refresh_from_db()
    assert response.status_code == 302
    assert (queue.lease_seconds, queue.sla_hours, queue.name) == (120, 4, "Unsure answers")


def test_queue_save_shows_what_was_saved_beside_what_was_typed(desk, project, queue):
    response = desk.post(address("queue_save", project, queue.slug), POLICY | {"overlap_max": "1", "sla_hours": "5"})
    assert response.status_code == 422
    assert "was 24" in words(response)
    assert "1 field to correct" in words(response)
    queue.refresh_from_db()
    assert queue.sla_hours == 24


def test_life_of_a_queue(desk, project, queue):
    for act, state in [("pause", "paused"), ("resume", "open"), ("drain", "draining"), ("resume", "open")]:
        assert desk.post(address(f"queue_{act}", project, queue.slug)).status_code == 302
        queue.refresh_from_db()
        assert queue.state == state


def test_resume_of_an_open_queue_is_a_conflict(desk, project, queue):
    response = desk.post(address("queue_resume", project, queue.slug))
    assert response.status_code == 409
    assert "This queue is open" in words(response)


def test_close_asks_first_and_says_what_will_happen(desk, project, queue, reviewer):
    factories.review(factories.item(queue, "held", severity=2), reviewer, state="leased")
    factories.item(queue, "waits")
    page = address("queue_close", project, queue.slug)
    asked = words(desk.get(page))
    assert "2 undecided items" in asked
    assert "1 item that a reviewer holds" in asked
    assert "For 1 of them" in asked
    queue.refresh_from_db()
    assert queue.state == "open"
    assert desk.post(page).status_code == 302
    queue.refresh_from_db()
    assert queue.state == "closed"
    assert set(queue.items.values_list("state", flat=True)) == {"retired"}
    assert desk.post(page).status_code == 409


def test_people_are_named_and_leave(desk, project, queue, reviewer, adjudicator):
    page = address("queue_people", project, queue.slug)
    assert desk.post(page, {"members": [str(adjudicator.pk)]}).status_code == 302
    queue.refresh_from_db()
    assert not queue.is_open_to_all
    assert [member.user for member in queue.members.all()] == [adjudicator]
    assert desk.post(page, {"is_open_to_all": "on"}).status_code == 302
    assert not queue.members.exists()


def test_people_must_be_of_the_project(desk, project, queue, stranger, viewer):
    page = address("queue_people", project, queue.slug)
    for person in (stranger, viewer):
        assert desk.post(page, {"members": [str(person.pk)]}).status_code == 422
    assert not queue.members.exists()


def test_leases_are_shown_and_taken_back(desk, project, queue, reviewer):
    lease = factories.review(factories.item(queue, "a rare text"), reviewer, state="leased")
    page = words(desk.get(address("queue", project, queue.slug)))
    assert "a rare text" in page
    assert desk.post(address("queue_return", project, queue.slug, reviewer.pk)).status_code == 302
    lease.refresh_from_db()
    assert lease.state == Review.State.EXPIRED


def test_take_back_from_somebody_who_holds_nothing_is_not_found(desk, project, queue, reviewer):
    assert desk.post(address("queue_return", project, queue.slug, reviewer.pk)).status_code == 404


def test_next_items_are_hidden_from_a_manager_who_answers_here(desk, project, queue, manager):
    factories.item(queue, "a rare text", terms=[{"name": "uncertainty", "value": 1, "words": "model unsure (x 0.4)"}])
    page = address("queue", project, queue.slug)
    assert "model unsure" in words(desk.get(page))
    queue.members.create(user=manager)
    assert "model unsure" not in words(desk.get(page))


def test_viewer_reads_the_rules_and_no_form(client, project, queue, viewer):
    client.force_login(viewer)
    page = words(client.get(address("queue", project, queue.slug)))
    assert "Random audit share" in page
    assert address("queue_save", project, queue.slug) not in page
    assert address("queue_pause", project, queue.slug) not in page


def test_rows_tell_ages_against_the_promise(project):
    now = timezone.now()
    queue = factories.queue(project, "Fast", sla_hours=8)
    for hours in (1, 3, 3.5, 7, 9, 30):
        factories.item(queue, f"{hours}", enqueued_at=now - timedelta(hours=hours))
    factories.settled_item(queue, "Refund", enqueued_at=now - timedelta(hours=50))
    row = queue_rows(queues=[queue], now=now)[0]
    # of 8 hours: a quarter is 2, half is 4
    assert [count for _words, count in row.ages] == [1, 2, 1, 2]
    assert row.counts.late == 2
    assert row.n_undecided == 6
    assert row.promise == "8\u00a0h"


def test_rows_say_when_nobody_works_in_a_queue(project, manager):
    queue = factories.queue(project, "Alone")
    assert queue_rows(queues=[queue], now=timezone.now())[0].state[0] == "bad"
    factories.member(project, "reviewer")
    assert queue_rows(queues=[queue], now=timezone.now())[0].state == ("ok", "In time")


def test_rows_know_the_time_to_clear_at_the_last_days_pace(project, reviewer):
    now = timezone.now()
    queue = factories.queue(project, "Paced")
    factories.annotation(factories.item(queue, "one", open_slots=1), reviewer, "Refund", created_at=now)
    for number in range(2):
        factories.item(queue, f"waits {number}", open_slots=2, wanted=2)
    row = queue_rows(queues=[queue], now=now)[0]
    assert (row.n_slots, row.n_answers_day) == (5, 1)
    assert row.time_to_clear == "5\u00a0d"
    assert Item.objects.count() == 3
