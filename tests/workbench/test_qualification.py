"""A newcomer's round on known items: drawn, answered with feedback, decided, tried again, decided by hand."""

import random

import pytest
from django.urls import reverse

from apps.consensus.models import QualificationAnswer, QualificationRound
from apps.consensus.services.honeypots import honeypot_record
from apps.consensus.services.qualification import (
    honeypot_take_out,
    qualification_answer,
    qualification_begin,
    tries_left,
)
from apps.core.errors import Conflict
from apps.labeling.models import Annotation
from apps.queues import services as queues
from apps.queues.errors import NotAdmitted
from apps.queues.models import Queue, Review, ReviewerAdmission
from apps.workbench import services
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(project):
    made = factories.queue(
        project, qualification_items=5, qualification_threshold=0.8, qualification_tries=2, honeypot_share=0.5
    )
    for number in range(12):
        factories.honeypot(made, "Refund" if number % 2 else "Exchange", f"Practice {number}")
    factories.item(made, "The first real one")
    return made


def begin(queue, person, seed=1):
    return qualification_begin(queue=queue, reviewer=person, now=NOW, rng=random.Random(seed))


def go_through(queue, person, *, n_right):
    running = begin(queue, person)
    for row in running.answers.select_related("item__known_answer").order_by("place"):
        right = row.item.known_answer.label
        given = right if row.place <= n_right else "Order status"
        qualification_answer(answer_id=row.pk, reviewer=person, result=choices_result(given), now=NOW)
    running.refresh_from_db()
    return running


def test_a_newcomer_gets_nothing_until_the_round_is_passed(queue, reviewer):
    with pytest.raises(NotAdmitted):
        services.claim_next(queue=queue, reviewer=reviewer, now=NOW)
    done = go_through(queue, reviewer, n_right=4)  # 4 of 5 is the threshold itself
    assert done.is_passed
    admission = ReviewerAdmission.objects.get(reviewer=reviewer)
    assert (admission.started_by, admission.reason) == (None, "4 of 5 right in the qualification")
    assert services.claim_next(queue=queue, reviewer=reviewer, now=NOW) is not None


def test_labels_are_spread_and_the_items_never_come_again(queue, reviewer):
    done = go_through(queue, reviewer, n_right=5)
    labels = sorted(done.answers.values_list("item__known_answer__label", flat=True))
    assert labels.count("Exchange") in (2, 3)
    given = Review.objects.filter(item__in=done.answers.values("item"), reviewer=reviewer)
    assert set(given.values_list("state", flat=True)) == {"skipped"}
    # Practice is no work: no annotation, no test, nothing for the consensus.
    assert not Annotation.objects.filter(reviewer=reviewer).exists()
    assert honeypot_record(queue=queue, reviewer=reviewer).tested == ()


def test_the_second_try_has_other_items_and_there_is_no_third(queue, reviewer):
    first = go_through(queue, reviewer, n_right=3)
    assert first.is_passed is False
    assert tries_left(queue=queue, reviewer=reviewer) == 1
    second = go_through(queue, reviewer, n_right=2)
    items = [set(one.answers.values_list("item", flat=True)) for one in (first, second)]
    assert not items[0] & items[1]
    with pytest.raises(Conflict, match="no try left"):
        begin(queue, reviewer)


def test_the_first_answer_counts_and_one_round_runs_at_a_time(queue, reviewer):
    running = begin(queue, reviewer)
    assert begin(queue, reviewer, seed=2) == running
    row = running.answers.select_related("item__known_answer").get(place=1)
    wrong, right = choices_result("Order status"), choices_result(row.item.known_answer.label)
    qualification_answer(answer_id=row.pk, reviewer=reviewer, result=wrong, now=NOW)
    assert qualification_answer(answer_id=row.pk, reviewer=reviewer, result=right, now=NOW).is_right is False
    with pytest.raises(QualificationAnswer.DoesNotExist):
        qualification_answer(answer_id=row.pk, reviewer=factories.person(), result=right, now=NOW)


def taken_out(queue, item):
    honeypot_take_out(item=item, by=queue.created_by, now=NOW)


def given(running, reviewer, place, *, is_right):
    row = running.answers.select_related("item__known_answer").get(place=place)
    label = row.item.known_answer.label if is_right else "Order status"
    return qualification_answer(answer_id=row.pk, reviewer=reviewer, result=choices_result(label), now=NOW)


def test_an_item_taken_out_in_the_midst_of_a_round_counts_no_more(client, queue, reviewer):
    running = begin(queue, reviewer)
    for place in (1, 2, 3):
        given(running, reviewer, place, is_right=place > 1)
    taken_out(queue, running.answers.get(place=1).item)  # answered, wrongly
    taken_out(queue, running.answers.get(place=4).item)  # not yet
    client.force_login(reviewer)
    page = client.get(reverse("workbench:qualify", args=[queue.pk])).content.decode()
    assert str(running.answers.get(place=5).pk) in page
    given(running, reviewer, 5, is_right=True)
    running.refresh_from_db()
    assert running.is_passed  # 3 of 3; with the others it would have been 3 of 5
    assert ReviewerAdmission.objects.get().reason == "3 of 3 right in the qualification"
    given(running, reviewer, 4, is_right=False)  # from a page that was still open: kept, and changes nothing
    running.refresh_from_db()
    assert running.is_passed
    taken_out(queue, running.answers.get(place=5).item)  # what is over stays as it was
    assert running.answers.counted().count() == 3


def test_a_round_ends_when_the_item_that_was_left_is_taken_out(queue, reviewer):
    running = begin(queue, reviewer)
    for place in (1, 2, 3, 4):
        given(running, reviewer, place, is_right=place == 1)
    taken_out(queue, running.answers.get(place=5).item)
    running.refresh_from_db()
    assert (running.is_passed, running.finished_at) == (False, NOW)
    assert tries_left(queue=queue, reviewer=reviewer) == 1


def test_a_round_of_which_nothing_is_left_was_no_try(client, queue, reviewer):
    running = begin(queue, reviewer)
    for row in running.answers.select_related("item"):
        taken_out(queue, row.item)
    running.refresh_from_db()
    assert (running.is_passed, running.finished_at) == (None, NOW)
    assert tries_left(queue=queue, reviewer=reviewer) == 2
    client.force_login(reviewer)
    assert b"A short round first" in client.get(reverse("workbench:qualify", args=[queue.pk])).content
    assert begin(queue, reviewer).number == 2


def test_too_few_items_are_said_before_the_round(queue, reviewer):
    Queue.objects.filter(pk=queue.pk).update(qualification_items=20)
    with pytest.raises(Conflict, match="too few practice items"):
        begin(queue, reviewer)
    assert not QualificationRound.objects.exists()


def test_whoever_has_answered_before_is_in_when_it_is_switched_on(project, manager):
    queue = factories.queue(project)
    old, new = factories.member(project), factories.member(project)
    factories.annotation(factories.item(queue), old, "Refund")
    queues.queue_update(queue=queue, by=manager, qualification_items=3)
    assert list(ReviewerAdmission.objects.values_list("reviewer", "started_by")) == [(old.pk, manager.pk)]
    assert services.claim_next(queue=queue, reviewer=old, now=NOW) is None
    with pytest.raises(NotAdmitted):
        services.claim_next(queue=queue, reviewer=new, now=NOW)


def test_whoever_has_answered_before_and_left_the_project_hinders_nothing(project, manager):
    queue = factories.queue(project)
    gone = factories.member(project)
    factories.annotation(factories.item(queue), gone, "Refund")
    project.memberships.filter(user=gone).delete()
    queues.queue_update(queue=queue, by=manager, qualification_items=3)
    assert not ReviewerAdmission.objects.exists()


def test_whoever_has_to_qualify_again_is_not_let_in_by_a_change_of_the_policy(project, manager):
    queue = factories.queue(project)
    old = factories.member(project)
    factories.annotation(factories.item(queue), old, "Refund")
    queues.queue_update(queue=queue, by=manager, qualification_items=3)
    queues.reviewer_admission_end(queue=queue, reviewer=old, by=manager, now=NOW)
    queues.queue_update(queue=queue, by=manager, qualification_items=4)
    with pytest.raises(NotAdmitted):
        services.claim_next(queue=queue, reviewer=old, now=NOW)


def test_the_pages_of_a_round(client, queue, reviewer):
    factories.guideline(queue.project, "## Refund\nMoney goes back.\n- Example: give it back")
    client.force_login(reviewer)
    here = reverse("workbench:qualify", args=[queue.pk])
    assert here.encode() in client.get(reverse("workbench:home")).content
    response = client.post(reverse("workbench:claim", args=[queue.pk]))
    assert (response.status_code, here.encode() in response.content) == (409, True)
    assert b"5 practice items" in client.get(here).content
    client.post(f"{here}begin/")
    for place in range(1, 6):
        page = client.get(here).content.decode()
        row = QualificationAnswer.objects.get(round__reviewer=reviewer, place=place)
        assert f"<b>{place}</b> of 5" in page
        assert "Practice" in page
        assert client.get(f"{here}{row.pk}/seen/").status_code == 302  # no feedback before the answer
        bad = client.post(f"{here}{row.pk}/", {})
        assert bad.status_code == 422
        right = row.item.known_answer.label
        sent = {"answer.intent": right if place < 5 else "Order status"}
        told = client.post(f"{here}{row.pk}/", sent, follow=True).content.decode()
        assert ("Not quite" in told) == (place == 5)
        assert right in told
        assert "Money goes back" in told
    done = client.get(here).content.decode()
    assert "You are in" in done
    assert "4 of 5 right" in done


def test_nobody_reads_another_s_round(client, queue, reviewer, project):
    running = begin(queue, reviewer)
    row = running.answers.first()
    other = factories.member(project)
    here = reverse("workbench:qualify", args=[queue.pk])
    for person in (other, factories.person("Stranger")):
        client.force_login(person)
        assert client.get(f"{here}{row.pk}/seen/").status_code == 404
        assert client.post(f"{here}{row.pk}/", {}).status_code == 404
    client.force_login(reviewer)
    assert client.get(f"{here}begin/").status_code == 405


def test_a_manager_lets_in_by_hand_and_takes_that_back(client, queue, reviewer, manager):
    client.force_login(manager)
    here = reverse("console:queue_known", args=[queue.project.slug, queue.slug])
    assert b"not yet" in client.get(here).content
    client.post(f"{here}people/{reviewer.pk}/admit/")
    assert ReviewerAdmission.objects.get(ended_at=None).started_by == manager
    assert services.claim_next(queue=queue, reviewer=reviewer, now=NOW) is not None
    client.post(f"{here}people/{reviewer.pk}/unadmit/")
    assert not ReviewerAdmission.objects.filter(ended_at=None).exists()
    assert not Review.objects.filter(reviewer=reviewer, state="leased").exists()
    response = client.post(f"{here}people/{reviewer.pk}/unadmit/", follow=True)
    assert b"not admitted" in response.content
    client.force_login(reviewer)
    assert client.post(f"{here}people/{reviewer.pk}/admit/").status_code == 403
