"""Agreement in depth and the reviewer page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.console import agreement_figures, reviewer_figures
from apps.console import quality_figures as figures
from tests import factories


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure")


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {number}") for number in range(3)]


@pytest.fixture
def answered(queue, people):
    """Sixty items over two weeks: the third person is wrong on the first twenty, then never."""
    for number in range(60):
        label = ["Refund", "Exchange"][number % 2]
        wrong = ["Exchange", "Refund"][number % 2]
        item = factories.item(queue, state="settled", settled_at=factories.NOW)
        when = factories.NOW + timedelta(hours=3 * number)
        for person in people:
            given = wrong if person == people[2] and number < 20 else label
            factories.annotation(item, person, given, created_at=when, source="simulated")
        factories.consensus(item, label)


def test_agreement_page_is_read_by_viewers(client, project, manager, viewer, reviewer, stranger):
    page = address("quality_agreement", project)
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 200), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status
    client.force_login(manager)
    assert client.post(page).status_code == 405


def test_reviewer_page_is_for_managers_only(client, project, people, answered, manager, viewer, stranger):
    page = address("quality_reviewer", project, people[2].pk)
    for person, status in [(manager, 200), (viewer, 403), (people[2], 403), (people[0], 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status


def test_reviewer_page_knows_only_people_who_answered_here(client, project, people, answered, manager):
    elsewhere = factories.project("Other")
    somebody = factories.member(elsewhere)
    factories.settled_item(factories.queue(elsewhere), "Refund", reviewers=[somebody])
    client.force_login(manager)
    assert client.get(address("quality_reviewer", project, somebody.pk)).status_code == 404


def test_pages_show_the_figures(client, project, queue, people, answered, manager, django_assert_max_num_queries):
    client.force_login(manager)
    with django_assert_max_num_queries(16):
        page = client.get(address("quality_agreement", project), {"queue": queue.slug}).content.decode()
    assert "Reviewer 0" in page
    assert "Simulated" in page
    with django_assert_max_num_queries(17):  # four for each queue where the person answered
        page = client.get(address("quality_reviewer", project, people[2].pk)).content.decode()
    assert "33.3\u00a0%" in page  # early: 10 of 30
    assert "changed" in page
    assert f"?reviewer={people[2].pk}" in page


def test_empty_pages_say_what_will_appear(client, project, manager):
    client.force_login(manager)
    assert 'class="empty"' in client.get(address("quality_agreement", project)).content.decode()


def test_drift_and_curve_by_hand(project, people, answered):
    votes = [vote for vote in figures.votes_latest(project=project) if vote.reviewer_id == people[2].pk]
    drift = reviewer_figures.drift_of(votes)
    assert (drift.early, drift.late) == ((10, 30), (30, 30))
    assert drift.is_change
    curve = reviewer_figures.learning_curve(votes)
    assert [point["y"] for point in curve] == [0, 0, 1, 1, 1, 1]
    assert curve[0]["high"] > 0
    assert reviewer_figures.drift_of(votes[:39]) is None
    assert reviewer_figures.learning_curve(votes[:9]) == []
    assert sum(point["n"] for point in reviewer_figures.pace(votes, cells="/items/?")) == 60
    assert {point["y"] for point in reviewer_figures.pace(votes, cells="/items/?")} == {4.0}


def test_pairs_and_labels_by_hand(project, people, answered):
    votes = figures.votes_latest(project=project)
    rows = agreement_figures.pair_rows(votes)
    found = {frozenset((row.first.name, row.second.name)): row.percent.value for row in rows}
    assert found[frozenset(("Reviewer 0", "Reviewer 1"))] == 1
    assert found[frozenset(("Reviewer 0", "Reviewer 2"))] == pytest.approx(40 / 60)
    matrix = agreement_figures.pair_matrix(rows)
    assert [person.name for person in matrix.people] == ["Reviewer 0", "Reviewer 1", "Reviewer 2"]
    assert [cell.mark for cell in matrix.rows[0][1]] == ["", "", "e2"]
    assert {row.label for row in agreement_figures.label_rows(votes)} == {"Refund", "Exchange"}
    points = agreement_figures.week_points(votes, cells="/items/?")
    assert sum(point["n"] for point in points) == 60


def test_signs_name_people_and_labels(project, people, answered):
    rows = reviewer_figures.sign_rows(figures.votes_latest(project=project))
    assert {row.sign.kind for row in rows} == {"constant"}  # two labels, three people: no copies, no pace
    assert {row.reviewer for row in rows} == set(people)
