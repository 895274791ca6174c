"""The loop command, whole, on a small file of another shape."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.consensus.models import Consensus
from apps.golden.models import GoldenVersion
from apps.intake.models import Prediction
from apps.labeling.models import Annotation
from apps.queues.models import Item, Review
from apps.rollout.models import Deployment
from tests.console.loop_files import arguments, write_files


@pytest.fixture
def eager_again():
    """The command sends its jobs to itself; other tests get Celery as it was."""
    from config.celery import app

    before = app.conf.task_always_eager
    yield
    app.conf.task_always_eager = before


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager_again")
def test_loop_runs_two_rounds_through_the_real_services(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    train, test = write_files(tmp_path, n_train=130, n_test=80)
    target = tmp_path / "out.json"
    call_command(*arguments(train, test, target), "--rounds", "2", "--labels-per-round", "50")

    told = json.loads(target.read_text())
    first, second = told["rounds"]
    assert (told["strategy"], told["seed"]) == ("margin", 5)
    assert 50 <= first["items"] < second["items"]
    assert (first["gate"], first["promoted"]) == ("pass", True)
    assert first["consensus_accuracy"] > 0.9
    assert first["test_accuracy_low"] < first["test_accuracy"] < first["test_accuracy_high"]
    assert told["content_hash"] == GoldenVersion.objects.get(number=2).content_hash
    assert second["annotations"] == Annotation.objects.count()
    assert set(Annotation.objects.values_list("source", flat=True)) == {"simulated"}
    assert Consensus.objects.filter(item__state="settled", n_simulated=0).count() == 0
    assert Deployment.objects.filter(ended_at=None).count() == 1
    # The champion has scored everything that waits; what it scored still tells what the order rests on.
    waiting = Item.objects.filter(state="open")
    assert waiting.count() == waiting.filter(prediction__model_ref__startswith="model-").count()
    assert Prediction.objects.filter(is_logged=True).count() == 0
    assert not Review.objects.filter(state="leased").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--overlap", "6", "--reviewers", "5"], "--overlap cannot be larger"),
        (["--reviewer-accuracy", "1.1"], "between 0 and 1"),
        (["--rounds", "0"], "--rounds must be at least 1"),
        (["--text-column", "nowhere"], "has no column 'nowhere'"),
    ],
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("eager_again")
def test_loop_refuses_with_words(tmp_path, more, words):
    train, test = write_files(tmp_path, n_train=20, n_test=20)
    with pytest.raises(CommandError, match=words):
        call_command(*arguments(train, test, tmp_path / "out.json"), *more)
    assert not (tmp_path / "out.json").exists()
