"""The front page, its decisions, and the log."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.console.decisions import decisions
from apps.console.queue_figures import queue_rows
from apps.events.services import event_record
from apps.golden.services import golden_freeze, golden_gather, golden_set_create
from apps.queues.models import Item
from apps.rollout.models import Override, RescoringRun
from tests import factories


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure")


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def version(project, queue, manager):
    """A frozen golden version of thirty items."""
    for number in range(30):
        factories.settled_item(queue, ["Refund", "Exchange"][number % 2], f"text {number}", reviewers=[])
    made = golden_set_create(project=project, name="Intents", by=manager, now=factories.NOW)
    golden_gather(golden_set=made, items=Item.objects.all(), by=manager, now=factories.NOW)
    return golden_freeze(golden_set=made, by=manager, now=factories.NOW)


def words(response):
    return response.content.decode()


def tile(response, name):
    return next(one for one in response.context["tiles"] if one.name == name)


def told(project, **runs):
    rows = queue_rows(queues=project.queues.all(), now=timezone.now())
    given = {"trainings": [], "evaluations": [], "rescorings": []} | runs
    return [one.words for one in decisions(project=project, rows=rows, **given)]


@pytest.mark.parametrize("name", ["home", "home_jobs"])
def test_front_page_is_read_by_viewers(client, project, manager, viewer, reviewer, stranger, name):
    page = address(name, project)
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 200), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status
        assert client.post(page).status_code in (403, 404, 405)


def test_new_project_says_what_it_needs_first(desk, project):
    page = words(desk.get(address("home", project)))
    assert "Before the loop turns" in page
    assert address("queue_new", project) in page
    factories.guideline(project)
    factories.member(project, "reviewer")
    factories.item(factories.queue(project))
    assert "Before the loop turns" not in words(desk.get(address("home", project)))


def test_tiles_stand_in_the_order_of_the_loop_and_open_their_stations(desk, project, queue):
    response = desk.get(address("home", project))
    names = [one.name for one in response.context["tiles"]]
    assert names == ["Intake", "Queues", "Quality", "Golden sets", "Training", "Evaluation", "Rollout", "Feedback"]
    for one in response.context["tiles"]:
        assert desk.get(one.url).status_code == 200


def test_intake_and_queues_tiles_count(desk, project, queue):
    now = timezone.now()
    for hours in (1, 2, 40, 24 * 9):
        trace = factories.trace(project, f"{hours}", received_at=now - timedelta(hours=hours))
        factories.item(queue, trace=trace, enqueued_at=now - timedelta(hours=hours))
    response = desk.get(address("home", project))
    assert tile(response, "Intake").figure == "2"
    assert "3 in 7 days" in tile(response, "Intake").words
    assert tile(response, "Queues").figure == "9\u00a0d"
    assert "4 items undecided in 1 queue" in tile(response, "Queues").words
    assert tile(response, "Queues").trend[-1] == 4


def test_waiting_trend_counts_back_from_now(desk, project, queue):
    now = timezone.now()
    factories.item(queue, enqueued_at=now - timedelta(days=3))
    settled = factories.settled_item(queue, "Refund", enqueued_at=now - timedelta(days=5))
    Item.objects.filter(pk=settled.pk).update(settled_at=now - timedelta(days=2))
    trend = tile(desk.get(address("home", project)), "Queues").trend
    assert trend[-1] == 1
    assert trend[-3:] == [1, 1, 1]  # today, yesterday, and the day at whose end the second one was settled
    assert trend[-4] == 2
    assert trend[-6] == 1
    assert trend[-7] == 0


def test_quality_tile_says_too_little_data(desk, project, queue, reviewer):
    factories.settled_item(queue, "Refund")
    one = tile(desk.get(address("home", project)), "Quality")
    assert one.figure == "\u2013"
    assert "1 item with two answers" in one.words


def test_model_tiles(desk, project, version):
    metrics = {
        "paired": {"accuracy": {"value": 0.018, "low": 0.004, "high": 0.033, "n": 1200}},
        "candidate": {"accuracy": {"value": 0.91, "low": 0.9, "high": 0.92, "n": 1200}},
        "set": {"simulated": True},
    }
    model = factories.model_version(version)
    run = factories.evaluation_run(model, version, state="succeeded", metrics=metrics, progress=1.0)
    factories.deployment(model, gate_decision=factories.gate_decision(run))
    response = desk.get(address("home", project))
    assert tile(response, "Golden sets").figure == "30"
    assert tile(response, "Training").figure == "Model 1"
    assert (tile(response, "Evaluation").figure, tile(response, "Evaluation").beside) == ("+1.8", "+0.4 to +3.3")
    assert tile(response, "Evaluation").mark == "Simulated"
    assert tile(response, "Rollout").figure == "Model 1"
    point = {"x": "model 1", "y": 0.91, "low": 0.9, "high": 0.92, "n": 1200, "is_simulated": True}
    assert response.context["champions"] == [point]
    assert "91.0\u00a0%" in words(response)


def test_front_page_asks_the_same_number_of_questions_however_much_there_is(
    desk, project, version, django_assert_max_num_queries
):
    for number in range(6):
        queue = factories.queue(project, f"Queue {number}")
        factories.item(queue, state="adjudication", open_slots=0)
        model = factories.model_version(version)
        factories.gate_decision(factories.evaluation_run(model, version, state="succeeded"))
    with django_assert_max_num_queries(45):
        desk.get(address("home", project))


def test_rail_counts_what_waits_at_each_station(desk, project, queue, reviewer):
    factories.item(queue, state="adjudication", open_slots=0)
    factories.item(queue, enqueued_at=timezone.now() - timedelta(days=9))
    assert desk.get(address("home", project)).context["rail_counts"] == {"queues": 1, "items": 1}


def test_decisions_of_queues(project, queue):
    assert told(project) == ["Nobody works in “Unsure”"]
    factories.member(project, "reviewer")
    assert told(project) == []
    factories.item(queue, enqueued_at=timezone.now() - timedelta(days=9))
    assert told(project) == ["1 item in “Unsure” is late"]
    queue.state = "paused"
    queue.save()
    assert told(project) == ["“Unsure” is paused"]
    queue.state = "closed"
    queue.save()
    assert told(project) == []


def test_decision_of_the_first_model_comes_at_fifty_settled_items(project, queue, reviewer):
    for _number in range(49):
        factories.settled_item(queue, "Refund", reviewers=[])
    assert told(project) == []
    factories.settled_item(queue, "Refund", reviewers=[])
    assert told(project) == ["50 items are settled and there is no model yet"]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("pass", "Model 1 passed its gate and may be promoted"),
        ("fail", "Model 1 did not pass its gate"),
        ("not_enough_evidence", "There is not enough evidence about model 1"),
    ],
)
def test_decisions_of_the_gate(project, version, reviewer, manager, verdict, said):
    model = factories.model_version(version)
    decision = factories.gate_decision(factories.evaluation_run(model, version), verdict)
    assert told(project, trainings=[model.training_run]) == [said]
    Override.objects.create(
        gate_decision=decision, reason="It is better.", requested_by=manager, requested_at=factories.NOW
    )
    assert told(project, trainings=[model.training_run]) == ["An override for model 1 waits for a second manager"]


def test_a_candidate_older_than_the_champion_needs_no_decision(project, version, reviewer):
    old, new = factories.model_version(version), factories.model_version(version)
    factories.gate_decision(factories.evaluation_run(old, version), "fail")
    factories.deployment(new)
    assert told(project, trainings=[new.training_run]) == []


def test_decision_of_a_failed_run_until_the_next_one(project, version, reviewer):
    failed = factories.training_run(version, state="failed", error="The worker went away.")
    assert told(project, trainings=[failed]) == ["The latest training failed"]
    later = factories.training_run(version)
    assert told(project, trainings=[later, failed]) == []


def test_running_jobs_are_shown_and_asked_for_again(desk, project, version):
    assert "every 3s" not in words(desk.get(address("home_jobs", project)))
    now = timezone.now()
    factories.training_run(version, state="running", progress=0.4, phase="epoch 2", finished_at=None, heartbeat_at=now)
    model = factories.model_version(version)
    RescoringRun.objects.create(project=project, model_version=model, created_at=now)
    page = words(desk.get(address("home_jobs", project)))
    assert "epoch 2" in page
    assert "40\u00a0%" in page
    assert "Re-scoring by model 1" in page
    assert "every 3s" in page


def test_another_projects_things_are_not_on_the_page(desk, project, version):
    elsewhere = factories.project("Other")
    factories.item(factories.queue(elsewhere, "Foreign"), state="adjudication", open_slots=0)
    page = words(desk.get(address("home", project)))
    assert "Foreign" not in page


def test_log_is_the_managers(client, project, manager, viewer, reviewer, stranger):
    page = address("events", project)
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 403), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status
    client.force_login(manager)
    assert client.post(page).status_code == 405


def test_log_shows_and_filters_events(desk, project, manager, queue):
    other = factories.project("Other")
    payload = {"items": 7, "number": 1}  # a key that a template would take for the method
    event_record(verb="golden_version.frozen", obj=queue, project_id=project.pk, actor=manager, payload=payload)
    event_record(verb="queue.paused", obj=queue, project_id=project.pk)
    event_record(verb="secret.thing", obj=other, project_id=other.pk)
    page = words(desk.get(address("events", project)))
    assert "items 7, number 1" in page
    assert "secret.thing" not in page
    for query, shown in [
        ({"verb": "golden"}, ["golden_version.frozen"]),
        ({"actor": manager.email.upper()}, ["golden_version.frozen"]),
        ({"object": str(other.pk)}, []),
    ]:
        rows = desk.get(address("events", project), query).context["page"].rows
        assert [row.verb for row in rows] == shown
