"""A frozen version with a test side, two models, and a stand-in for the process that predicts."""

import pytest

from apps.evaluation.services import execution
from tests import factories
from tests.predictor import WordPredictor

WORDS = {"Refund": "money", "Exchange": "swap", "Order status": "parcel"}


def make_version(project, by, *, n=120, name="Support intents", has_test=True):
    """Items whose text holds the word of their label, every second four on the test side; one in three is Spanish."""
    queue = factories.queue(project, name)
    pair = [factories.member(project) for _ in range(2)]
    items = []
    for number in range(n):
        label = ("Refund", "Refund", "Exchange", "Order status")[number % 4]
        trace = factories.trace(
            project,
            f"{number * 7919:08d} {chr(97 + number % 26) * 7} {WORDS[label]} {number**3:010d}",
            attributes={"language": "es" if number % 3 == 0 else "en", "user_number": number},
        )
        items.append(factories.settled_item(queue, label, trace=trace, reviewers=pair))
    test = [item for number, item in enumerate(items) if has_test and number // 4 % 2]
    return factories.golden_version(items, test=test, by=by, name=name)


@pytest.fixture
def version(project, manager):
    return make_version(project, manager)


@pytest.fixture
def candidate(version):
    """Reads every word."""
    return factories.model_version(version)


@pytest.fixture
def champion(version, candidate):
    """Serves the project; takes parcels for refunds."""
    model = factories.model_version(version)
    factories.deployment(model)
    return model


@pytest.fixture
def predictor(monkeypatch):
    made = WordPredictor({"model-1": WORDS, "model-2": {"Exchange": "swap"}})
    monkeypatch.setattr(execution, "model_predict", made)
    return made


@pytest.fixture(autouse=True)
def artifacts(settings, tmp_path):
    settings.ARTIFACT_ROOT = tmp_path
    return tmp_path
