"""Answers to honeypots as evidence of people; answers that were left out as none."""

import pytest

from apps.consensus.services import quality_fit
from apps.consensus.services.vote_stream import queue_votes
from tests import factories
from tests.consensus.judging import thirty
from tests.factories import NOW


def test_known_answers_are_evidence_of_people_and_no_votes(queue, people):
    thirty(queue, people)
    plain = quality_fit(queue=queue, now=NOW)
    pots = [factories.honeypot(queue, "Refund") for _ in range(30)]
    for pot in pots:
        for person in people[:3]:  # all three are wrong together, which votes alone would call right
            factories.annotation(pot, person, "Exchange")
    found = queue_votes(queue=queue)
    assert (found.known >= 0).sum() == 30
    fit = quality_fit(queue=queue, now=NOW)
    before = {each.reviewer_id: each.accuracy for each in plain.reviewers.all()}
    after = {each.reviewer_id: each for each in fit.reviewers.all()}
    assert before[people[0].pk] > 0.95
    assert after[people[0].pk].accuracy == pytest.approx(0.5, abs=0.02)
    assert after[people[0].pk].n_annotations == 60
    type(pots[0]).objects.filter(pk__in=[pot.pk for pot in pots]).update(state="retired")
    assert (queue_votes(queue=queue).known >= 0).sum() == 0


def test_whoever_is_left_out_is_not_among_the_votes(queue, people):
    thirty(queue, people)
    factories.exclusion(queue, people[3])
    factories.exclusion(factories.queue(queue.project, "Another"), people[2])
    assert set(queue_votes(queue=queue).reviewers) == {person.pk for person in people[:3]}
