"""The rows that other tests stand on fit the database's own rules."""

import pytest

from tests import factories

pytestmark = pytest.mark.django_db


def test_settled_item_has_answers_and_consensus(project, reviewer, adjudicator):
    queue = factories.queue(project)
    item = factories.settled_item(queue, "Refund", "Give me my money back", reviewers=[reviewer, adjudicator])
    assert item.data == {"message": "Give me my money back"}
    assert item.consensus.label == "Refund"
    assert item.consensus.n_annotations == 2
    assert item.annotations.get(reviewer=reviewer).result == factories.choices_result("Refund")


def test_escalation_and_prediction_hang_on_a_trace(project):
    trace = factories.trace(project, "Where is it?")
    factories.prediction(trace, {"Refund": 0.2, "Order status": 0.8})
    factories.escalation(trace, factories.reason(project))
    assert trace.predictions.get().label == "Order status"
    assert trace.escalations.get().severity == 3
