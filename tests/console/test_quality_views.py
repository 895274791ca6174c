"""The quality page and what it computes."""

import pytest
from django.urls import reverse

from apps.consensus.models import QualityFit
from apps.console import quality_figures as figures
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


def words(response):
    return response.content.decode()


def judged(queue, reviewers, labels, settled):
    """One settled item with these answers."""
    item = factories.item(queue, state="settled", settled_at=factories.NOW)
    for reviewer, label in zip(reviewers, labels, strict=True):
        factories.annotation(item, reviewer, label, source="simulated")
    factories.consensus(item, settled)
    return item


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {number}") for number in range(3)]


def test_quality_page_is_read_by_viewers(client, project, manager, viewer, reviewer, stranger):
    page = address("quality", project)
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 200), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status


def test_fit_is_the_managers_and_posted(client, project, queue, manager, viewer, stranger):
    page = address("quality_fit", project, queue.slug)
    for person, status in [(viewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.post(page).status_code == status
    client.force_login(manager)
    assert client.get(page).status_code == 405
    assert client.post(address("quality_fit", project, "no-such-queue")).status_code == 404


def test_empty_page_says_what_will_appear(desk, project, queue):
    assert 'class="empty"' in words(desk.get(address("quality", project)))


def test_fit_now_says_when_there_is_too_little(desk, project, queue):
    response = desk.post(address("quality_fit", project, queue.slug), follow=True)
    assert "Not fitted: fewer than 20" in words(response)
    assert not QualityFit.objects.exists()


def test_fit_now_fits(desk, project, queue, people):
    for number in range(24):
        label = ["Refund", "Exchange"][number % 2]
        judged(queue, people[:2], [label, label], label)
    response = desk.post(address("quality_fit", project, queue.slug), follow=True)
    assert QualityFit.objects.get().n_annotations == 48
    assert "Fitted on 48 answers to 24 items" in words(response)


def test_page_shows_agreement_reviewers_and_confusions(desk, project, queue, people):
    for number in range(40):
        label = ["Refund", "Exchange"][number % 2]
        other = "Exchange" if number < 6 else label
        judged(queue, people, [label, label, other], label)
    page = words(desk.get(address("quality", project)))
    assert "n\u00a0=\u00a040" in page
    assert "Reviewer 2" in page
    assert "Simulated" in page
    chosen = desk.get(address("quality", project), {"queue": queue.slug})
    assert chosen.context["chosen"] == queue
    assert desk.get(address("quality", project), {"queue": "nonsense"}).context["chosen"] is None


def test_page_asks_the_same_number_of_questions_however_many_reviewers(
    desk, project, queue, django_assert_max_num_queries
):
    for number in range(12):
        judged(queue, [factories.member(project, name=f"Person {number}")], ["Refund"], "Refund")
    with django_assert_max_num_queries(12):
        assert "Person 11" in words(desk.get(address("quality", project)))


def test_another_projects_answers_are_not_read(project, queue, people):
    elsewhere = factories.project("Other")
    factories.settled_item(factories.queue(elsewhere), "Refund")
    judged(queue, people[:1], ["Exchange"], "Exchange")
    assert [vote.label for vote in figures.votes_latest(project=project)] == ["Exchange"]


def test_votes_count_as_judged_only_where_the_item_is_settled(project, queue, people):
    judged(queue, people[:1], ["Refund"], "Refund")
    open_item = factories.item(queue)
    factories.annotation(open_item, people[0], "Refund")
    factories.consensus(open_item, "Refund", state="unsettled", confidence=0.6)
    ambiguous = factories.item(queue, state="settled", settled_at=factories.NOW)
    factories.annotation(ambiguous, people[0], "Refund")
    factories.consensus(ambiguous, "", state="ambiguous", confidence=0.5)
    assert sorted(vote.settled for vote in figures.votes_latest(project=project)) == ["", "", "Refund"]


def test_agreement_by_hand(project, queue, people):
    """Two reviewers, ten items, eight alike: 80 % of the pairs; alpha by the coincidence matrix below."""
    pairs = [("Refund", "Refund")] * 5 + [("Exchange", "Exchange")] * 3 + [("Refund", "Exchange")] * 2
    for first, second in pairs:
        judged(queue, people[:2], [first, second], first)
    row = figures.agreement_of(figures.votes_latest(project=project))
    assert row.n_items == 10
    assert row.percent.value == pytest.approx(0.8)
    # 20 answers, 12 refund and 8 exchange. Observed disagreement 4/20; expected 2*12*8/(20*19).
    assert row.alpha.value == pytest.approx(1 - (4 / 20) / (2 * 12 * 8 / (20 * 19)))
    assert row.is_simulated


def test_reviewer_below_the_others_is_told_only_with_enough_data(project, queue, people):
    for number in range(40):
        label = ["Refund", "Exchange"][number % 2]
        wrong = "Order status" if number % 2 else label
        judged(queue, people, [label, label, wrong], label)
    rows = {row.user.name: row for row in figures.reviewer_rows(figures.votes_latest(project=project))}
    assert rows["Reviewer 2"].share == pytest.approx(0.5)
    assert rows["Reviewer 2"].is_below
    assert not rows["Reviewer 0"].is_below
    assert rows["Reviewer 0"].median_ms == 4000


def test_reviewer_with_nineteen_settled_items_has_too_little_data(project, queue, people):
    for _number in range(19):
        judged(queue, people[:1], ["Refund"], "Refund")
    assert figures.reviewer_rows(figures.votes_latest(project=project))[0].share is None
    judged(queue, people[:1], ["Refund"], "Refund")
    assert figures.reviewer_rows(figures.votes_latest(project=project))[0].share == 1.0


def test_confusion_counts_answers_against_outcomes(project, queue, people):
    for _number in range(3):
        judged(queue, people[:2], ["Refund", "Exchange"], "Refund")
    judged(queue, people[:1], ["Exchange"], "Exchange")
    found = figures.confusion_of(figures.votes_latest(project=project))
    assert found.labels == ["Exchange", "Refund"]
    assert found.matrix == [[1, 0], [3, 3]]  # rows: settled; columns: answered
    assert [(one.settled, one.answered, one.count, one.of) for one in found.mixed] == [("Refund", "Exchange", 3, 6)]


def test_confusion_shows_the_most_confused_labels_only():
    votes = [
        figures.Vote(None, None, None, f"label {number}", "label 00", 1, factories.NOW, "human")
        for number in range(1, 40)
    ]
    found = figures.confusion_of(votes)
    assert len(found.labels) == figures.MATRIX_LABELS
    assert "label 00" in found.labels
    assert found.n_labels == 40
