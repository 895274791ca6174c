"""The floors from golden to rollout with a real trainer: nothing stands in for anything."""

import pytest
from django.utils import timezone

from apps.evaluation import services as evaluation
from apps.evaluation import tasks as evaluation_tasks
from apps.rollout import services as rollout
from apps.training import services as training
from apps.training import tasks as training_tasks
from tests import factories

pytestmark = pytest.mark.django_db

SUBJECTS = [
    "the blue shoes",
    "my winter coat",
    "a tea pot",
    "that lamp",
    "two books",
    "the garden chair",
    "a phone case",
]
SAYINGS = {
    "Refund": [
        "I want my money back for {}",
        "please refund {}",
        "when is {} paid back to my card",
        "refund for {} please",
    ],
    "Exchange": [
        "swap {} for a larger size",
        "can I exchange {}",
        "{} is too small, send another size",
        "change {} for red",
    ],
    "Order status": [
        "where is {} now",
        "has {} been shipped yet",
        "tracking says nothing about {}",
        "when does {} arrive",
    ],
}


@pytest.fixture
def quiet(settings, tmp_path, monkeypatch):
    """Files in a folder that goes; tasks are run by the test itself."""
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    settings.EMBEDDING_CACHE_ROOT = tmp_path / "embeddings"
    for task in (training_tasks.training_run_execute, evaluation_tasks.evaluation_run_execute):
        monkeypatch.setattr(task, "delay", lambda run_id: None)


def _version(project, manager):
    queue = factories.queue(project, "Settled")
    pair = [factories.member(project) for _ in range(2)]
    items = [
        factories.settled_item(queue, label, saying.format(subject), reviewers=pair)
        for label, sayings in SAYINGS.items()
        for saying in sayings
        for subject in SUBJECTS
    ]
    return factories.golden_version(items, test=items[1::2], by=manager, name="Intents")


def test_a_trained_model_is_evaluated_promoted_and_reorders_the_queue(project, manager, quiet):
    version = _version(project, manager)
    run = training.training_run_create(
        project=project, golden_version=version, config={"tuner": "probe"}, seed=1, by=manager, now=timezone.now()
    )
    training.training_run_execute(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error

    judged = evaluation.evaluation_run_create(
        candidate=run.model_version, golden_version=version, by=manager, now=timezone.now()
    )
    evaluation.evaluation_run_execute(run_id=judged.pk)
    judged.refresh_from_db()
    assert judged.state == "succeeded", judged.error
    assert judged.metrics["candidate"]["accuracy"]["value"] > 0.8
    assert judged.metrics["candidate"]["latency"]["value"] > 0
    assert judged.gate_decision.verdict == "pass", judged.gate_decision.words

    queue = factories.queue(project, "Waiting", acquisition="least_confidence")
    texts = ["I want my money back for the kettle", "hello, something about the thing", "where is my parcel"]
    for text in texts:
        factories.item(queue, text)
    rollout.model_promote(gate_decision=judged.gate_decision, by=manager, now=timezone.now())
    rescoring = project.rescoring_runs.get()
    rollout.rescoring_run_execute(run_id=rescoring.pk)
    rescoring.refresh_from_db()
    assert (rescoring.state, rescoring.n_items) == ("succeeded", 3), rescoring.error
    items = list(queue.items.select_related("prediction").order_by("-sort_key"))
    assert {item.prediction.model_ref for item in items} == {run.model_version.ref}
    assert items[-1].prediction.label in SAYINGS
    confidence = [max(item.prediction.probabilities.values()) for item in items]
    assert confidence == sorted(confidence)  # the least sure stands first
