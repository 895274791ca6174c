"""Settled labels that are likely wrong, and asking again about them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.console.label_doubts import label_doubts, label_twins
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LABELS = ("Refund", "Exchange", "Order status")


def _settled(queue, label, text, told, *, told_at=NOW):
    """A settled item whose trace a model had given probabilities."""
    trace = factories.trace(queue.project, text)
    factories.prediction(trace, {name: 0.9 if name == told else 0.05 for name in LABELS}, created_at=told_at)
    people = queue.people
    later = NOW + timedelta(hours=1)
    return factories.settled_item(queue, label, trace=trace, reviewers=people, settled_at=later)


@pytest.fixture
def queue(project):
    made = factories.queue(project, "Settled")
    made.people = [factories.member(project) for _ in range(2)]
    for number in range(24):
        label = LABELS[number % 3]
        _settled(made, label, f"{label} said in way {number * 7919}", label)
    return made


def address(name, project):
    return reverse(f"console:{name}", args=[project.slug])


def test_label_doubts_are_what_a_model_disputes_that_had_not_seen_the_label(project, queue):
    wrong = _settled(queue, "Refund", "swap my shoes for a larger size", "Exchange")
    _settled(queue, "Refund", "told only after it was settled", "Exchange", told_at=NOW + timedelta(hours=2))
    doubt = label_doubts(project=project)
    assert [(one.consensus.item, one.suggested, one.is_gold) for one in doubt] == [(wrong, "Exchange", False)]
    assert (doubt[0].share, doubt[0].label_share, doubt[0].model_ref) == (0.9, 0.05, "assistant-1")


def test_label_twins_say_the_same_under_different_labels(project, queue):
    first = _settled(queue, "Refund", "Please send my money back today", "Refund")
    second = _settled(queue, "Exchange", "please send my money back, today!", "Exchange")
    (twins,) = label_twins(project=project)
    assert {row.item for row in twins.both} == {first, second}


def test_page_is_the_managers(client, project, queue, manager, viewer, reviewer, stranger):
    for person, status in [(manager, 200), (viewer, 403), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(address("label_errors", project)).status_code == status
        if status != 200:
            assert client.post(address("label_errors_again", project)).status_code == status


def test_manager_asks_again_about_what_he_ticks(client, project, queue, manager):
    wrong = _settled(queue, "Refund", "swap my shoes for a larger size", "Exchange")
    factories.member(project)  # who has not had it
    client.force_login(manager)
    words = client.get(address("label_errors", project)).content.decode()
    for part in ("swap my shoes", "Exchange", "0.90", "Refund only 0.05", "assistant-1"):
        assert part in words
    assert address("label_errors", project) in client.get(address("quality", project)).content.decode()
    words = client.post(address("label_errors_again", project), {"item": [wrong.pk]}, follow=True).content.decode()
    assert "1 item asks for one answer more." in words
    wrong.refresh_from_db()
    assert (wrong.state, wrong.open_slots) == ("open", 1)
    # An open item is not shown: who manages may get it himself.
    assert "swap my shoes" not in words


@pytest.mark.parametrize("picked", [[], ["no-id"]])
def test_nothing_ticked_changes_nothing(client, project, queue, manager, picked):
    client.force_login(manager)
    words = client.post(address("label_errors_again", project), {"item": picked}, follow=True).content.decode()
    assert "Nothing was asked again" in words
    assert not queue.items.exclude(state="settled").exists()


def test_items_of_another_project_are_left_alone(client, project, manager):
    foreign = factories.settled_item(factories.queue(factories.project("Elsewhere")), "Refund")
    client.force_login(manager)
    client.post(address("label_errors_again", project), {"item": [foreign.pk]})
    foreign.refresh_from_db()
    assert foreign.state == "settled"
