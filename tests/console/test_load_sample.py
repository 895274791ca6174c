"""The sample project: loaded once for the whole module, inside a transaction that is rolled back."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.consensus.models import Adjudication, Consensus, QualityFit
from apps.console.sample_loader import LOGINS, sample_load, sample_model
from apps.events.models import Event
from apps.golden.models import GoldenVersion
from apps.golden.services import golden_verify
from apps.intake.models import Escalation, Prediction, Signal, Trace
from apps.labeling.models import Annotation
from apps.projects.models import Project
from apps.queues.models import Item, Queue, Review
from apps.rollout.models import Deployment, RescoringRun

PASSWORD = "a password for the sample"


pytestmark = pytest.mark.timeout(900)  # the first test loads all of it


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """(project, moment of loading, queries of a second run)."""
    files = tmp_path_factory.mktemp("sample")
    folders = {"ARTIFACT_ROOT": files / "artifacts", "EMBEDDING_CACHE_ROOT": files / "embeddings"}
    with django_db_blocker.unblock(), override_settings(**folders), transaction.atomic():
        now = timezone.now()
        project = sample_load(password=PASSWORD, now=now)
        sample_model(project=project)
        with CaptureQueriesContext(
            connection,
        ) as second_run:
            assert sample_load(password=PASSWORD, now=now + timedelta(days=1)) == project
            sample_model(project=project)
        yield project, now, len(second_run)
        transaction.set_rollback(True)


@pytest.fixture
def project(loaded, db):
    return loaded[0]


def test_sample_is_marked_as_made_up_everywhere(project):
    assert project.is_sample
    assert set(Trace.objects.values_list("origin", flat=True)) == {"synthetic"}
    assert set(Annotation.objects.values_list("source", flat=True)) == {"simulated"}
    assert set(Annotation.objects.values_list("reviewer__is_simulated", flat=True)) == {True}
    assert not Adjudication.objects.filter(is_simulated=False).exists()
    manifest = GoldenVersion.objects.get().manifest
    assert manifest["simulated"]["share"] == 1.0


def test_sample_fills_every_station(project):
    assert Trace.objects.count() == 621
    assert 300 <= Prediction.objects.filter(is_logged=True).count() <= 600
    assert set(Signal.objects.values_list("kind", flat=True)) == set(Signal.Kind.values)
    states = dict.fromkeys(Escalation.objects.values_list("state", flat=True))
    assert set(states) == {"waiting", "answered"}
    assert 20 <= Escalation.objects.count() <= 30
    assert set(Queue.objects.values_list("name", flat=True)) == {"Unsure answers", "Escalated by agents"}
    assert Item.objects.filter(state="settled").count() >= 150
    assert 2 <= Item.objects.filter(state="adjudication").count() <= 30
    assert Item.objects.filter(state="open").count() >= 200
    assert QualityFit.objects.count() >= 2


def test_sample_lies_in_the_last_fortnight_and_not_in_the_future(loaded, db):
    _project, now, _queries = loaded
    for rows, name in ((Trace, "received_at"), (Signal, "received_at"), (Annotation, "created_at")):
        moments = list(rows.objects.order_by(name).values_list(name, flat=True))
        assert now - timedelta(days=15) <= moments[0]
        assert moments[-1] <= now
    assert not Escalation.objects.filter(state="waiting", created_at__lt=now - timedelta(hours=9)).exists()


def test_simulated_reviewers_err_plausibly_and_leave_nothing_behind(project):
    right = sum(
        consensus.label == label_by_id()[consensus.item.source_key]
        for consensus in Consensus.objects.filter(state="settled").select_related("item")
    )
    settled = Consensus.objects.filter(state="settled").count()
    assert 0.85 <= right / settled < 1
    assert not Review.objects.filter(state="leased").exists()
    assert not project.memberships.filter(user__is_simulated=True).exists()


def label_by_id():
    from apps.console.sample_loader.messages import SampleFiles

    return {message.trace_id: message.label for message in SampleFiles().messages}


def test_logged_probabilities_are_honest(project):
    """A model that had not seen the message is right about as often as it says, and far from always."""
    truth = label_by_id()
    rows = Prediction.objects.values_list("trace__trace_id", "label", "probabilities")
    right = [truth[trace_id] == label for trace_id, label, _ in rows]
    stated = [max(probabilities.values()) for _, _, probabilities in rows]
    assert 0.5 <= sum(right) / len(right) <= 0.75
    assert abs(sum(right) / len(right) - sum(stated) / len(stated)) < 0.15


def test_golden_version_verifies(project):
    version = GoldenVersion.objects.get()
    assert golden_verify(version).holds
    assert {item.split for item in version.items.all()} == {"train", "test"}


def test_first_model_was_judged_promoted_and_has_scored_what_waits(project):
    deployment = Deployment.objects.get(project=project)
    assert deployment.gate_decision.verdict == "pass"
    assert deployment.model_version.state == "champion"
    rescoring = RescoringRun.objects.get(project=project)
    assert (rescoring.state, rescoring.n_items > 200) == ("succeeded", True)
    waiting = Item.objects.filter(state="open").select_related("prediction")
    assert {item.prediction.model_ref for item in waiting} == {deployment.model_version.ref}


def test_second_run_finds_everything_and_writes_nothing(loaded, db):
    project, _now, queries = loaded
    assert queries <= 4  # the search for it, inside a savepoint, and for a model
    assert Project.objects.filter(is_sample=True).get() == project
    assert Event.objects.filter(project_id=project.pk, verb="project.created").count() == 1


def test_people_can_log_in_and_simulated_ones_cannot(project, rf):
    request = rf.post("/")
    for email, _name, role in LOGINS:
        user = authenticate(request, username=email, password=PASSWORD)
        assert user is not None
        assert project.memberships.get(user=user).role == role
    for user in User.objects.filter(is_simulated=True):
        assert not user.has_usable_password()


def test_command_prints_the_logins(project):
    out = StringIO()
    call_command("load_sample", password=PASSWORD, stdout=out)
    assert all(email in out.getvalue() for email, _, _ in LOGINS)
    assert out.getvalue().count(PASSWORD) == len(LOGINS)


def test_command_does_not_claim_a_changed_password(project):
    user = User.objects.get(email="manager@example.org")
    user.set_password("another one altogether")
    user.save()
    out = StringIO()
    call_command("load_sample", password=PASSWORD, stdout=out)
    assert "changed since" in out.getvalue()


def test_command_refuses_to_make_people_without_a_password(db):
    with pytest.raises(CommandError, match="SAMPLE_PASSWORD"):
        call_command("load_sample", stdout=StringIO())
