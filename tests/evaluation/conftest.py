"""A frozen version with a test side, two models, and a stand-in for the process that predicts."""

import pytest

from apps.evaluation.services import execution
from apps.golden import services as golden
from apps.queues.models import Item
from tests import factories
from tests.factories import NOW
from tests.predictor import WordPredictor

WORDS = {"Refund": "money", "Exchange": "swap", "Order status": "parcel"}


def make_version(project, by, *, n=120, name="Support intents", test_share=0.5):
    """Items whose text holds the word of their label, half of them on the test side; one in three is Spanish."""
    queue = factories.queue(project, name)
    pair = [factories.member(project) for _ in range(2)]
    for number in range(n):
        label = ("Refund", "Refund", "Exchange", "Order status")[number % 4]
        trace = factories.trace(
            project,
            f"{number * 7919:08d} {chr(97 + number % 26) * 7} {WORDS[label]} {number**3:010d}",
            attributes={"language": "es" if number % 3 == 0 else "en", "user_number": number},
        )
        factories.settled_item(queue, label, trace=trace, reviewers=pair)
    made = golden.golden_set_create(project=project, name=name, test_share=test_share, by=by, now=NOW)
    golden.golden_gather(golden_set=made, items=Item.objects.filter(queue=queue), by=by, now=NOW)
    return golden.golden_freeze(golden_set=made, by=by, now=NOW)


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
