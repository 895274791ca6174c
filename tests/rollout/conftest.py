"""Two models and the decisions about them; a stand-in for the process that predicts."""

import pytest

from apps.rollout import tasks
from apps.rollout.services import rescoring
from tests import factories
from tests.evaluation.conftest import WORDS, make_version
from tests.predictor import WordPredictor


@pytest.fixture
def version(project, manager):
    return make_version(project, manager, n=12)


@pytest.fixture
def first(version):
    return factories.model_version(version)


@pytest.fixture
def second(version, first):
    return factories.model_version(version)


@pytest.fixture
def decide(version):
    """A finished evaluation of a model against a champion (none: the majority class) and its gate's verdict."""

    def make(model, verdict="pass", *, champion=None):
        run = factories.evaluation_run(model, version, champion=champion, state="succeeded")
        return factories.gate_decision(run, verdict)

    return make


@pytest.fixture
def sent(monkeypatch):
    """Ids of the re-scoring runs that were sent to a worker."""
    ids = []
    monkeypatch.setattr(tasks.rescoring_run_execute, "delay", ids.append)
    return ids


@pytest.fixture
def predictor(monkeypatch):
    made = WordPredictor({"model-1": WORDS, "model-2": {"Exchange": "swap"}})
    monkeypatch.setattr(rescoring, "model_predict", made)
    return made
