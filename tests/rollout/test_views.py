"""The rollout pages: promote, override, roll back."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.rollout import services
from apps.rollout.models import Deployment, Override, RescoringRun
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

REASON = "The refund policy changes on Monday, and this model alone knows of it."


@pytest.fixture
def url(project):
    return lambda name, *args: reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def two_champions(first, second, decide, manager):
    services.model_promote(gate_decision=decide(first), by=manager, now=NOW)
    services.model_promote(gate_decision=decide(second, champion=first), by=manager, now=NOW + timedelta(hours=1))


@pytest.mark.parametrize("name", ["rollout", "rollout_rescoring"])
def test_read_pages_are_for_those_who_may_view(client, url, two_champions, viewer, reviewer, stranger, name):
    assert client.get(url(name)).status_code == 302
    for person, status in [(stranger, 404), (reviewer, 403), (viewer, 200)]:
        client.force_login(person)
        assert client.get(url(name)).status_code == status
    assert client.post(url(name)).status_code == 405


def _acts(decide, model, manager):
    decision = decide(model, "fail")
    override = Override.objects.create(gate_decision=decision, reason=REASON, requested_by=manager, requested_at=NOW)
    return [
        ("rollout_rollback", []),
        ("rollout_promote", [decision.pk]),
        ("override_request", [decision.pk]),
        ("override_confirm", [override.pk]),
        ("override_refuse", [override.pk]),
    ]


def test_acts_are_for_managers(client, url, first, decide, manager, viewer, stranger):
    acts = _acts(decide, first, manager)
    for person, status in [(None, 302), (stranger, 404), (viewer, 403)]:
        if person:
            client.force_login(person)
        for name, args in acts:
            assert client.post(url(name, *args)).status_code == status, name
    assert not Deployment.objects.exists()


def test_acts_of_another_project_are_not_found(client, first, decide, manager):
    other = factories.project("Other")
    client.force_login(factories.member(other, "manager"))
    for name, args in _acts(decide, first, manager)[1:]:
        assert client.post(reverse(f"console:{name}", args=[other.slug, *args])).status_code == 404, name


def test_acts_want_post(as_manager, url, first, decide):
    assert as_manager.get(url("rollout_rollback")).status_code == 405
    decision = decide(first, "fail")
    assert as_manager.get(url("override_request", decision.pk)).status_code == 405
    assert as_manager.put(url("rollout_promote", decision.pk)).status_code == 405


def test_rollout_says_that_there_is_no_champion(as_manager, url):
    assert "No champion yet" in as_manager.get(url("rollout")).content.decode()


def test_promote_asks_first_and_then_does_it(as_manager, url, project, first, decide):
    factories.item(factories.queue(project, "Waiting"), "Where is it?")
    decision = decide(first)
    page = as_manager.get(url("rollout_promote", decision.pk)).content.decode()
    assert "Model 1 becomes the champion of the project at once." in page
    assert "1 waiting item is predicted anew" in page
    assert not Deployment.objects.exists()
    answer = as_manager.post(url("rollout_promote", decision.pk), follow=True)
    assert "Model 1 is the champion now" in answer.content.decode()
    assert Deployment.objects.get().model_version == first


def test_promote_refuses_without_a_passed_gate(as_manager, url, first, decide):
    answer = as_manager.post(url("rollout_promote", decide(first, "fail").pk))
    assert answer.status_code == 409
    assert "did not pass" in answer.content.decode()


def test_rollback_is_one_click(as_manager, url, two_champions, first, project):
    page = as_manager.get(url("rollout")).content.decode()
    assert "Roll back to model 1" in page
    answer = as_manager.post(url("rollout_rollback"), follow=True)
    assert "Model 1 is the champion again" in answer.content.decode()
    assert project.deployments.get(ended_at__isnull=True).model_version == first
    assert "no earlier champion" in as_manager.post(url("rollout_rollback"), follow=True).content.decode()


def test_override_is_confirmed_by_a_second_manager(client, url, first, decide, manager, second_manager):
    override = services.override_request(gate_decision=decide(first, "fail"), reason=REASON, by=manager, now=NOW)
    address = url("override_confirm", override.pk)
    client.force_login(manager)
    own = client.post(address)
    assert own.status_code == 403
    assert "another manager has to confirm" in own.content.decode()
    client.force_login(second_manager)
    page = client.get(address).content.decode()
    assert REASON in page
    assert "against the gate?" in page
    assert not Deployment.objects.exists()
    assert client.post(address).status_code == 302
    assert Deployment.objects.get().override == override
    assert client.post(address).status_code == 409


def test_override_refused_changes_nothing(client, url, first, decide, manager, second_manager):
    override = services.override_request(gate_decision=decide(first, "fail"), reason=REASON, by=manager, now=NOW)
    client.force_login(second_manager)
    assert client.get(url("override_refuse", override.pk)).status_code == 405
    assert client.post(url("override_refuse", override.pk)).status_code == 302
    override.refresh_from_db()
    assert override.state == "refused"
    assert not Deployment.objects.exists()


def test_rollout_shows_the_rescoring_as_it_goes(as_manager, url, two_champions):
    assert 'hx-trigger="every 2s"' in as_manager.get(url("rollout")).content.decode()
    RescoringRun.objects.update(
        state="succeeded", n_items=40, n_moved=17, finished_at=NOW + timedelta(hours=2), progress=1
    )
    fragment = as_manager.get(url("rollout_rescoring")).content.decode()
    assert "40 predicted, 17 moved" in fragment
    assert "hx-trigger" not in fragment


def test_rollout_page_names_waiting_overrides(as_manager, url, first, decide, manager):
    services.override_request(gate_decision=decide(first, "fail"), reason=REASON, by=manager, now=NOW)
    assert "An override waits for a second manager" in as_manager.get(url("rollout")).content.decode()


def test_rollout_page_asks_few_questions_of_the_database(
    as_manager, url, project, version, decide, manager, django_assert_max_num_queries
):
    champion = None
    for hours in range(6):
        model = factories.model_version(version)
        services.model_promote(
            gate_decision=decide(model, champion=champion), by=manager, now=NOW + timedelta(hours=hours)
        )
        champion = model
    with django_assert_max_num_queries(14):
        as_manager.get(url("rollout"))
