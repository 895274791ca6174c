"""The model's guess after an own answer: shown where it differs, both answers kept, the first one for agreement."""

import pytest
from django.urls import reverse

from apps.consensus.models import Consensus
from apps.consensus.services.vote_stream import queue_votes
from apps.console.quality_figures import votes_latest
from apps.core.errors import Conflict
from apps.labeling.models import Annotation, Suggestion
from apps.labeling.second_look import second_look_waiting
from apps.queues.models import Item, Review
from apps.workbench import services
from apps.workbench.services_second_look import second_look_decide
from tests.factories import NOW, choices_result
from tests.workbench.test_assistance import answer, claim, guessed_item, never_control, people, queue_of

__all__ = ["never_control", "people"]  # fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("never_control")]


@pytest.fixture
def queue(project):
    return queue_of(project, "after_answer", overlap_min=1, overlap_max=3)


def decide(queue, person, label):
    review = Review.objects.get(reviewer=person, item__queue=queue)
    result = choices_result(label) if label else None
    return second_look_decide(review_id=review.pk, reviewer=person, result=result, now=NOW)


def test_nothing_is_drawn_or_shown_before_the_answer(queue, people):
    guessed_item(queue)
    assert not claim(queue, people[0]).sees_guess
    assert not Suggestion.objects.exists()


def test_the_first_answer_is_blind_and_the_change_is_marked_and_counts(queue, people):
    item = guessed_item(queue)
    first = answer(queue, people[0], "Exchange")
    assert (first.assistance, first.weight) == ("none", 1.0)
    assert Consensus.objects.get(item=item).label == "Exchange"
    made = decide(queue, people[0], "Refund")
    first.refresh_from_db()
    assert (first.status, made.status, made.assistance, made.weight) == ("superseded", "current", "revised", 0.5)
    assert Suggestion.objects.get().outcome == "changed"
    assert Consensus.objects.get(item=item).label == "Refund"
    # Agreement and reviewers are judged by what was said blind.
    assert [vote.label for vote in votes_latest(project=queue.project)] == ["Exchange"]
    votes = queue_votes(queue=queue)
    assert [votes.labels[index] for index in votes.label_idx] == ["Exchange"]


def test_a_change_to_a_third_answer_is_a_whole_vote(queue, people):
    guessed_item(queue)
    answer(queue, people[0], "Exchange")
    assert decide(queue, people[0], "Order status").weight == 1.0


@pytest.mark.parametrize("label", [None, "Exchange"])
def test_keeping_changes_nothing_and_is_recorded(queue, people, label):
    guessed_item(queue)
    first = answer(queue, people[0], "Exchange")
    assert decide(queue, people[0], label) == first
    assert decide(queue, people[0], "Refund") == first  # decided once
    assert Suggestion.objects.get().outcome == "kept"
    assert Annotation.objects.count() == 1


def test_the_same_answer_asks_nothing(queue, people):
    guessed_item(queue)
    answer(queue, people[0], "Refund")
    assert Suggestion.objects.get().outcome == "same"
    assert not Review.objects.get().sees_guess


def test_audit_items_show_no_guess_after_the_answer_either(queue, people):
    guessed_item(queue, is_audit=True)
    answer(queue, people[0], "Exchange")
    assert Suggestion.objects.get().blind_reason == "audit"
    assert not Review.objects.get().sees_guess


def test_whoever_takes_his_answer_back_after_the_look_is_no_longer_blind(queue, people):
    guessed_item(queue)
    answer(queue, people[0], "Exchange")
    services.answer_undo(reviewer=people[0], queue=queue, now=NOW)
    again = answer(queue, people[0], "Refund")
    assert (again.assistance, again.weight) == ("revised", 0.5)
    assert Suggestion.objects.get().outcome == "changed"


def test_a_decided_item_keeps_the_first_answer(queue, people, adjudicator):
    item = guessed_item(queue)
    answer(queue, people[0], "Exchange")
    Item.objects.filter(pk=item.pk).update(state="retired", open_slots=0)
    with pytest.raises(Conflict, match="first answer stays"):
        decide(queue, people[0], "Refund")
    assert Annotation.objects.get().label == "Exchange"


def test_the_page_shows_the_guess_after_the_answer_and_again_after_a_reload(client, queue, people):
    guessed_item(queue)
    guessed_item(queue, "Exchange")
    client.force_login(people[0])
    headers = {"HX-Request": "true"}
    page = reverse("workbench:queue", args=[queue.pk])
    first = client.post(reverse("workbench:claim", args=[queue.pk]), headers=headers).content.decode()
    assert "suggests" not in first
    review = Review.objects.get()
    guess = review.item.prediction.label
    other = {"Refund": "Exchange", "Exchange": "Refund"}[guess]
    sent = {"token": review.token, "answer.intent": other}
    shown = client.post(reverse("workbench:answer", args=[queue.pk, review.pk]), sent, headers=headers).content.decode()
    assert f'suggests <b dir="auto">{guess}</b>' in shown
    assert f'suggests <b dir="auto">{guess}</b>' in client.get(page).content.decode()
    second = reverse("workbench:second_look", args=[queue.pk, review.pk])
    refused = client.post(second, {"answer.intent": "Weather"}, headers=headers)
    assert refused.status_code == 422
    following = client.post(second, {"answer.intent": guess}, headers=headers).content.decode()
    assert 'name="token"' in following
    assert "suggests" not in following
    made = Annotation.objects.get(status="current")
    assert (made.label, made.assistance) == (guess, "revised")


def test_a_second_look_is_its_own_person_s(client, project, queue, people):
    item = guessed_item(queue)
    answer(queue, people[0], "Exchange")
    review = Review.objects.get(item=item)
    address = reverse("workbench:second_look", args=[queue.pk, review.pk])
    assert client.post(address).status_code == 302  # to the login
    client.force_login(people[1])
    assert client.post(address, {"keep": "1"}).status_code == 404
    client.force_login(people[0])
    assert client.get(address).status_code == 405
    assert client.post(address, {"keep": "1"}).status_code == 200
    assert Suggestion.objects.get().outcome == "kept"


def test_what_waits_for_a_second_look_is_found_in_two_queries(queue, people, django_assert_num_queries):
    """However many guesses were left undecided: here two whose answers were taken back since, and an older one."""
    given = []
    for _ in range(3):
        guessed_item(queue)
        given.append(answer(queue, people[0], "Exchange"))
    for _ in range(2):
        services.answer_undo(reviewer=people[0], queue=queue, now=NOW)
    with django_assert_num_queries(2):
        suggestion, mine = second_look_waiting(queue=queue, reviewer=people[0])
    assert (mine, suggestion.item_id) == (given[0], given[0].item_id)
