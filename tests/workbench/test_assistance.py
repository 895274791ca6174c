"""The model's guess as a queue's policy: drawn once, never on audit items, marked on the answer, weighed as a vote."""

import random

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.consensus.models import Consensus
from apps.labeling.models import Annotation, Suggestion
from apps.labeling.suggestions import suggestion_draw
from apps.queues.models import Queue, Review
from apps.workbench import services
from apps.workbench.services_revise import answer_revise
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db

NEVER = {"audit_share": 0.0, "deadline_share": 0, "audit_lane_share": 0}


def queue_of(project, assistance="pre_annotated", **fields):
    defaults = {"assistance": assistance, "assistance_wrong_share": 0.0, "consensus_method": "majority"} | NEVER
    return factories.queue(project, **(defaults | fields))


def guessed_item(queue, label="Refund", text="", **fields):
    """An item that a model has guessed about, not drawn for the blind control by anybody in these tests."""
    trace = factories.trace(queue.project, text)
    probabilities = {label: 0.7, "Exchange" if label != "Exchange" else "Refund": 0.3}
    guess = factories.prediction(trace, probabilities)
    return factories.item(queue, trace=trace, prediction=guess, **fields)


@pytest.fixture
def never_control(monkeypatch):
    """Nobody draws the blind control, so that each test says itself what is shown."""
    monkeypatch.setattr("apps.labeling.suggestions.BLIND_SHARE", 0.0)


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in range(3)]


def claim(queue, person):
    return services.claim_next(queue=queue, reviewer=person, now=NOW, rng=random.Random(1))


def answer(queue, person, label, review=None):
    review = review or claim(queue, person)
    return services.answer_submit(
        review_id=review.pk,
        reviewer=person,
        token=review.token,
        result=choices_result(label),
        duration_ms=900,
        now=NOW,
    )


@pytest.mark.usefixtures("never_control")
def test_a_claim_draws_the_guess_and_the_answer_says_what_became_of_it(project, people):
    queue = queue_of(project, overlap_min=2)
    item = guessed_item(queue)
    accepted, changed = answer(queue, people[0], "Refund"), answer(queue, people[1], "Exchange")
    shown = Suggestion.objects.get(item=item, reviewer=people[0])
    assert (shown.label, shown.is_wrong, shown.blind_reason, shown.mode) == ("Refund", False, "", "pre_annotated")
    assert shown.prediction == item.prediction
    assert (accepted.assistance, accepted.suggestion, accepted.weight) == ("accepted", shown, 0.5)
    assert (changed.assistance, changed.suggestion.reviewer, changed.weight) == ("changed", people[1], 1.0)


@pytest.mark.usefixtures("never_control")
def test_the_draw_is_made_once_and_never_again(project, people):
    queue = queue_of(project, assistance_wrong_share=0.5)
    item = guessed_item(queue)
    review = claim(queue, people[0])
    first = Suggestion.objects.get()
    factories.prediction(item.trace, {"Exchange": 0.9, "Refund": 0.1}, model_ref="a newer one")
    Queue.objects.filter(pk=queue.pk).update(assistance_wrong_share=0.0)
    assert suggestion_draw(review=review, now=NOW) == first
    again = claim(Queue.objects.get(pk=queue.pk), people[0])
    assert again.pk == review.pk
    assert Suggestion.objects.get() == first


@pytest.mark.usefixtures("never_control")
def test_a_share_of_guesses_is_wrong_on_purpose_differently_for_each_person(project):
    queue = queue_of(project, assistance_wrong_share=0.4, overlap_min=3, overlap_max=3)
    people = [factories.member(project, user=factories.person(id=factories.known_id(n))) for n in range(1, 4)]
    items = [guessed_item(queue, id=factories.known_id(n), sort_key=-float(n)) for n in range(1, 41)]
    for person in people:
        for item in items:
            review = factories.review(item, person, state="leased")
            suggestion_draw(review=review, now=NOW)
    wrong = Suggestion.objects.filter(is_wrong=True)
    assert 30 <= wrong.count() <= 66  # 48 of 120 expected, sd 5.4
    assert all(each.label in ("Exchange", "Order status") for each in wrong)
    assert {each.label for each in wrong} == {"Exchange", "Order status"}
    by_person = [set(wrong.filter(reviewer=person).values_list("item", flat=True)) for person in people]
    assert by_person[0] != by_person[1] != by_person[2]
    assert set(Suggestion.objects.values_list("wrong_share", flat=True)) == {0.4}


def test_audit_items_stay_blind_and_as_many_others_with_them(project, people):
    queue = queue_of(project, audit_share=0.2)
    item = guessed_item(queue, is_audit=True)
    review = claim(queue, people[0])
    assert (review.item, review.sees_guess) == (item, False)
    assert Suggestion.objects.get().blind_reason == "audit"
    made = answer(queue, people[0], "Refund", review)
    assert (made.assistance, made.suggestion, made.weight) == ("none", None, 1.0)
    person = factories.member(project, user=factories.person(id=factories.known_id(1)))
    for number in range(1, 201):
        other = guessed_item(queue, id=factories.known_id(number))
        suggestion_draw(review=factories.review(other, person, state="leased"), now=NOW)
    assert 20 <= Suggestion.objects.filter(blind_reason="control").count() <= 62  # 40 of 200 expected, sd 5.7


def test_the_database_refuses_a_guess_on_an_audit_item_and_every_change_of_a_draw(project, people):
    queue = queue_of(project)
    item = guessed_item(queue, is_audit=True)
    fields = {
        "reviewer": people[0],
        "schema": item.schema,
        "mode": "pre_annotated",
        "wrong_share": 0,
        "created_at": NOW,
    }
    with pytest.raises(DatabaseError, match="random audit"), transaction.atomic():
        Suggestion.objects.create(item=item, result=choices_result("Refund"), **fields)
    with pytest.raises(IntegrityError, match="suggestion_shown_or_blind"), transaction.atomic():
        Suggestion.objects.create(item=item, **fields)  # blind, without a reason
    made = Suggestion.objects.create(item=item, blind_reason="audit", **fields)
    for change in ({"is_wrong": True}, {"label": "Exchange"}, {"blind_reason": "control"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Suggestion.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        made.delete()


@pytest.mark.usefixtures("never_control")
@pytest.mark.parametrize("guess", ["Weather", ""])
def test_what_is_no_answer_to_the_config_is_shown_blind_and_recorded(project, people, guess):
    queue = queue_of(project)
    trace = factories.trace(project)
    if guess:
        factories.prediction(trace, {guess: 1.0})
    factories.item(queue, trace=trace)
    assert not claim(queue, people[0]).sees_guess
    assert Suggestion.objects.get().blind_reason == "no_guess"


@pytest.mark.usefixtures("never_control")
def test_the_trace_s_own_output_is_the_guess_where_the_item_does_not_show_it(project, people):
    queue = queue_of(project)
    factories.item(queue, trace=factories.trace(project, output="Exchange"))
    claim(queue, people[0])
    shown = Suggestion.objects.get()
    assert (shown.label, shown.prediction) == ("Exchange", None)


@pytest.mark.usefixtures("never_control")
def test_an_output_that_is_judged_is_no_guess(people):
    config = factories.choices_config(["Exchange", "Refund"])
    project = factories.project(config=config)
    factories.schema(project, config=config, mapping={"message": "output"})
    queue = queue_of(project)
    factories.member(project, user=people[0])
    factories.item(queue, trace=factories.trace(project, output="Exchange"))
    claim(queue, people[0])
    assert Suggestion.objects.get().blind_reason == "no_guess"


@pytest.mark.usefixtures("never_control")
def test_repeating_a_planted_guess_is_no_vote(project, people):
    queue = queue_of(project, assistance_wrong_share=0.5, overlap_min=2, overlap_max=3)
    item = guessed_item(queue)
    planted = choices_result("Order status")
    for person, is_wrong in ((people[0], True), (people[1], False)):
        review = factories.review(item, person, state="leased", sees_guess=True)
        Suggestion.objects.create(
            item=item, reviewer=person, schema=item.schema, mode="pre_annotated", wrong_share=0.5, created_at=NOW,
            result=planted if is_wrong else choices_result("Refund"), is_wrong=is_wrong,
        )  # fmt: skip
        answer(queue, person, "Order status" if is_wrong else "Refund", review)
    consensus = Consensus.objects.get(item=item)
    assert consensus.posterior == {"Refund": 1.0}
    assert (consensus.label, consensus.n_annotations) == ("Refund", 2)


@pytest.mark.usefixtures("never_control")
def test_two_repeated_guesses_weigh_as_one_blind_answer(project, people):
    assisted = queue_of(project, overlap_min=2, overlap_max=5, consensus_method="dawid_skene")
    blind = queue_of(project, "none", overlap_min=2, overlap_max=5, consensus_method="dawid_skene")
    twice, once = guessed_item(assisted), guessed_item(blind)
    for person in people[:2]:
        answer(assisted, person, "Refund")
    answer(blind, people[0], "Refund")
    # One vote of accuracy 0.8 among three labels: 0.8 / (0.8 + 0.1 + 0.1).
    for item in (twice, once):
        assert Consensus.objects.get(item=item).posterior["Refund"] == pytest.approx(0.8)
    assert twice.annotations.filter(weight=0.5).count() == 2


@pytest.mark.usefixtures("never_control")
def test_a_later_change_says_that_the_guess_was_seen(project, people):
    queue = queue_of(project)
    guessed_item(queue)
    first = answer(queue, people[0], "Exchange")
    made = answer_revise(
        annotation_id=first.pk, reviewer=people[0], result=choices_result("Refund"), duration_ms=5, now=NOW
    )
    assert (first.assistance, made.assistance, made.weight) == ("changed", "accepted", 0.5)


@pytest.mark.usefixtures("never_control")
def test_nobody_forgets_what_he_saw_when_the_policy_changes(project, people):
    queue = queue_of(project)
    guessed_item(queue)
    review = claim(queue, people[0])
    Queue.objects.filter(pk=queue.pk).update(assistance="none")
    assert answer(queue, people[0], "Refund", review).assistance == "accepted"


def test_a_blind_queue_draws_nothing_and_asks_nothing_more(project, people):
    blind = queue_of(project, "none")
    guessed_item(blind)
    review = claim(blind, people[0])
    with CaptureQueriesContext(connection) as captured:
        answer(blind, people[0], "Refund", review)
    assert not any("labeling_suggestion" in row["sql"] for row in captured.captured_queries)
    assert not Suggestion.objects.exists()
    assert Annotation.objects.get().assistance == "none"


@pytest.mark.parametrize(
    "wrong",
    [
        {"assistance": "accepted"},  # without the guess that was accepted
        {"assistance": "told"},
        {"is_batch": True},
        {"weight": 1.5},
    ],
)
def test_the_database_refuses_marks_that_contradict_each_other(project, people, wrong):
    item = guessed_item(queue_of(project))
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.annotation(item, people[0], "Refund", **wrong)


@pytest.mark.usefixtures("never_control")
def test_the_page_shows_the_guess_its_warning_and_a_way_to_clear_it(client, project, people):
    queue = queue_of(project, assistance_wrong_share=0.5)
    guessed_item(queue)
    client.force_login(people[0])
    address = reverse("workbench:queue", args=[queue.pk])
    page = client.post(reverse("workbench:claim", args=[queue.pk]), headers={"HX-Request": "true"}).content.decode()
    shown = Suggestion.objects.get().label
    assert f'value="{shown}" data-key="{GUESS_KEYS[shown]}" aria-pressed="true"' in page
    assert "Suggested by the model:" in page
    assert "wrong on purpose" in page
    assert "is_wrong" not in page
    cleared = client.get(f"{address}?clear", headers={"HX-Request": "true"}).content.decode()
    assert "aria-pressed" not in cleared
    assert "is cleared" in cleared
    assert client.get(address).content.decode().count('aria-pressed="true"') == 1  # it is only looked away from


GUESS_KEYS = {"Refund": 1, "Exchange": 2, "Order status": 3}


@pytest.mark.usefixtures("never_control")
def test_clearing_and_typing_keep_no_draft_of_the_guess_itself(client, project, people):
    queue = queue_of(project)
    guessed_item(queue)
    client.force_login(people[0])
    client.post(reverse("workbench:claim", args=[queue.pk]))
    review = Review.objects.get()
    draft = reverse("workbench:draft", args=[queue.pk, review.pk])
    client.post(draft, {"answer.intent": "Refund"})
    assert "What you had begun" not in client.get(reverse("workbench:queue", args=[queue.pk])).content.decode()
    client.post(draft, {"answer.intent": "Exchange"})
    assert "What you had begun" in client.get(reverse("workbench:queue", args=[queue.pk])).content.decode()
