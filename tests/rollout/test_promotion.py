"""Who becomes champion, by whose word, and the way back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import NotAllowed
from apps.events.models import Event
from apps.rollout import services
from apps.rollout.errors import (
    GateNotPassed,
    GateStale,
    NothingBefore,
    OverrideDecided,
    OverrideNotNeeded,
    OverrideWaiting,
    ReasonTooShort,
    SecondPersonNeeded,
)
from apps.rollout.models import Deployment, Override
from apps.rollout.selectors import deployment_active, is_stale, rollback_target
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

REASON = "The refund policy changes on Monday, and this model alone knows of it."
LATER = NOW + timedelta(hours=1)


def _promote(decision, by, now=NOW):
    return services.model_promote(gate_decision=decision, by=by, now=now)


def test_model_promote_makes_a_champion_and_sends_a_rescoring(
    first, decide, manager, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        deployment = _promote(decide(first), manager)
    first.refresh_from_db()
    assert first.state == "champion"
    assert (deployment.previous, deployment.ended_at, deployment.started_by) == (None, None, manager)
    assert sent == [str(first.rescoring_runs.get().pk)]
    assert Event.objects.get(verb="deployment.promoted").payload["model_number"] == 1


def test_model_promote_ends_the_one_before(project, first, second, decide, manager):
    before = _promote(decide(first), manager)
    after = _promote(decide(second, champion=first), manager, LATER)
    before.refresh_from_db()
    first.refresh_from_db()
    assert (before.ended_at, after.previous, first.state) == (LATER, before, "retired")
    assert deployment_active(project=project) == after


@pytest.mark.parametrize("verdict", ["fail", "not_enough_evidence"])
def test_model_promote_refuses_without_a_passed_gate(first, decide, manager, verdict):
    with pytest.raises(GateNotPassed):
        _promote(decide(first, verdict), manager)
    assert not Deployment.objects.exists()


def test_model_promote_refuses_a_gate_against_an_earlier_champion(first, second, decide, manager):
    stale = decide(second)
    _promote(decide(first), manager)
    assert is_stale(stale)
    with pytest.raises(GateStale):
        _promote(stale, manager, LATER)


def test_override_needs_two_managers(first, decide, manager, second_manager):
    override = services.override_request(gate_decision=decide(first, "fail"), reason=REASON, by=manager, now=NOW)
    with pytest.raises(SecondPersonNeeded):
        services.override_confirm(override=override, by=manager, now=NOW)
    assert not Deployment.objects.exists()
    deployment = services.override_confirm(override=override, by=second_manager, now=LATER)
    override.refresh_from_db()
    assert (override.state, override.decided_by) == ("confirmed", second_manager)
    assert deployment.override == override
    assert list(
        Event.objects.filter(verb__startswith="override").order_by("pk").values_list("verb", "actor__name")
    ) == [
        ("override.requested", "Manager"),
        ("override.confirmed", "Second manager"),
    ]


def test_override_confirm_refuses_who_manages_nothing(first, decide, manager, reviewer):
    override = services.override_request(gate_decision=decide(first, "fail"), reason=REASON, by=manager, now=NOW)
    with pytest.raises(NotAllowed):
        services.override_confirm(override=override, by=reviewer, now=NOW)


def test_override_request_refuses_a_passed_gate_a_short_reason_and_a_twin(first, second, decide, manager):
    with pytest.raises(OverrideNotNeeded):
        services.override_request(gate_decision=decide(first), reason=REASON, by=manager, now=NOW)
    failed = decide(second, "fail")
    with pytest.raises(ReasonTooShort):
        services.override_request(gate_decision=failed, reason="Because.", by=manager, now=NOW)
    services.override_request(gate_decision=failed, reason=REASON, by=manager, now=NOW)
    with pytest.raises(OverrideWaiting):
        services.override_request(gate_decision=failed, reason=REASON, by=manager, now=NOW)


def test_override_refused_may_be_asked_again(first, decide, manager, second_manager):
    decision = decide(first, "fail")
    override = services.override_request(gate_decision=decision, reason=REASON, by=manager, now=NOW)
    services.override_refuse(override=override, by=second_manager, now=NOW)
    with pytest.raises(OverrideDecided):
        services.override_confirm(override=override, by=second_manager, now=NOW)
    assert services.override_request(gate_decision=decision, reason=REASON, by=manager, now=LATER)


def test_override_may_be_taken_back_by_who_asked(first, decide, manager):
    override = services.override_request(gate_decision=decide(first, "fail"), reason=REASON, by=manager, now=NOW)
    assert services.override_refuse(override=override, by=manager, now=NOW).state == "refused"


def test_override_confirm_refuses_when_the_champion_changed_meanwhile(first, second, decide, manager, second_manager):
    override = services.override_request(gate_decision=decide(second, "fail"), reason=REASON, by=manager, now=NOW)
    _promote(decide(first), manager)
    with pytest.raises(GateStale), transaction.atomic():
        services.override_confirm(override=override, by=second_manager, now=LATER)
    override.refresh_from_db()
    assert override.state == "requested"


def test_rollback_brings_back_the_one_before_and_never_the_one_just_left(project, version, decide, manager):
    models = [factories.model_version(version) for _ in range(3)]
    champion = None
    for hours, model in enumerate(models):
        _promote(decide(model, champion=champion), manager, NOW + timedelta(hours=hours))
        champion = model

    def roll(hours):
        return services.deployment_rollback(project=project, by=manager, now=NOW + timedelta(hours=hours)).model_version

    assert rollback_target(project=project).model_version == models[1]
    assert [roll(10), roll(11)] == [models[1], models[0]]
    with pytest.raises(NothingBefore):
        roll(12)
    for model in models:
        model.refresh_from_db()
    assert [model.state for model in models] == ["champion", "retired", "retired"]
    assert Deployment.objects.filter(is_rollback=True).count() == 2


def test_rollback_refuses_before_the_second_champion(project, first, decide, manager):
    with pytest.raises(NothingBefore):
        services.deployment_rollback(project=project, by=manager, now=NOW)
    _promote(decide(first), manager)
    with pytest.raises(NothingBefore):
        services.deployment_rollback(project=project, by=manager, now=NOW)


def test_database_refuses_two_active_deployments(project, first, second, decide):
    factories.deployment(first, gate_decision=decide(first))
    with pytest.raises(IntegrityError, match="deployment_one_active"), transaction.atomic():
        Deployment.objects.create(
            project=project, model_version=second, gate_decision=decide(second), started_by=project.created_by,
            started_at=NOW,
        )  # fmt: skip


def test_database_refuses_a_deployment_without_a_gate(project, first):
    with pytest.raises(IntegrityError, match="deployment_has_gate"), transaction.atomic():
        Deployment.objects.create(
            project=project, model_version=first, started_by=project.created_by, started_at=NOW
        )  # fmt: skip


def test_database_refuses_an_override_confirmed_by_who_asked(first, decide, manager):
    with pytest.raises(IntegrityError, match="override_two_people"), transaction.atomic():
        Override.objects.create(
            gate_decision=decide(first, "fail"), reason=REASON, requested_by=manager, requested_at=NOW,
            state="confirmed", decided_by=manager, decided_at=NOW,
        )  # fmt: skip
