"""People of a project: invited, given roles, removed, shut out."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from apps.accounts.models import User
from apps.events.models import Event
from apps.queues.models import Review
from tests import factories
from tests.factories import NOW


def url(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


def test_people_shows_addresses_to_managers_only(client, project, manager, viewer, reviewer):
    client.force_login(manager)
    assert reviewer.email in client.get(url("people", project)).content.decode()
    client.force_login(viewer)
    html = client.get(url("people", project)).content.decode()
    assert reviewer.email not in html
    assert "Reviewer" in html


def test_people_asks_few_questions_of_the_database(client, project, manager, django_assert_max_num_queries):
    for number in range(8):
        factories.member(project, "reviewer", name=f"Person {number}")
    client.force_login(manager)
    with django_assert_max_num_queries(8):
        client.get(url("people", project))


def test_people_invite_makes_an_account_a_role_and_a_mail(client, project, manager):
    client.force_login(manager)
    answer = client.post(url("people_invite", project), {"email": "New@Example.org", "name": "New", "role": "reviewer"})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    link = re.search(r'value="(http://testserver/[^"]+)"', answer.content.decode())[1]
    user = User.objects.get(email="new@example.org")
    assert (user.is_active, project.memberships.get(user=user).role) == (False, "reviewer")
    assert link in mail.outbox[0].body
    client.logout()
    assert client.get(link).status_code == 200


def test_people_invite_adds_somebody_who_has_an_account(client, project, manager, stranger):
    client.force_login(manager)
    fields = {"email": stranger.email.upper(), "role": "adjudicator"}
    assert client.post(url("people_invite", project), fields).status_code == 302
    assert project.memberships.get(user=stranger).role == "adjudicator"
    assert not mail.outbox


@pytest.mark.parametrize("fields", [{}, {"email": "x", "role": "reviewer"}, {"email": "a@example.org", "role": "king"}])
def test_people_invite_refuses(client, project, manager, fields):
    client.force_login(manager)
    assert client.post(url("people_invite", project), fields).status_code == 422


def test_people_role_changes_but_keeps_a_manager(client, project, manager, reviewer):
    client.force_login(manager)
    response = client.post(url("people_role", project, reviewer.pk), {"role": "viewer"}, follow=True)
    assert "Reviewer is Viewer now." in response.content.decode()
    assert project.memberships.get(user=reviewer).role == "viewer"
    assert client.post(url("people_role", project, manager.pk), {"role": "viewer"}).status_code == 409
    assert client.post(url("people_role", project, reviewer.pk), {"role": "king"}).status_code == 422


def test_people_say_who_may_start_projects(client, project, manager, reviewer):
    client.force_login(manager)
    assert client.post(url("people_creation_allow", project, reviewer.pk)).status_code == 403
    manager.can_create_projects = True
    manager.save()
    assert client.post(url("people_creation_allow", project, reviewer.pk)).status_code == 302
    reviewer.refresh_from_db()
    assert reviewer.can_create_projects
    assert client.post(url("people_creation_forbid", project, reviewer.pk)).status_code == 302
    reviewer.refresh_from_db()
    assert not reviewer.can_create_projects
    assert Event.objects.filter(verb="user.may_create_projects", object_id=str(reviewer.pk)).count() == 1


def test_people_who_leave_strand_nothing(client, project, manager, reviewer):
    queue = factories.queue(project)
    item = factories.item(queue)
    factories.annotation(item, factories.member(project), "Refund")
    slots = factories.review(item, reviewer, state="leased")
    client.force_login(manager)
    client.post(url("people_role", project, reviewer.pk), {"role": "viewer"})
    item.refresh_from_db()
    slots.refresh_from_db()
    assert (slots.state, item.state) == ("expired", "adjudication")


_ACTS = [
    "people_role",
    "people_remove",
    "people_disable",
    "people_enable",
    "people_creation_allow",
    "people_creation_forbid",
]


@pytest.mark.parametrize("name", _ACTS)
def test_acts_on_people_are_for_managers_and_members(client, project, manager, viewer, reviewer, stranger, name):
    client.force_login(viewer)
    assert client.post(url(name, project, reviewer.pk)).status_code == 403
    client.force_login(manager)
    assert client.post(url(name, project, stranger.pk)).status_code == 404
    assert client.get(url(name, project, reviewer.pk)).status_code == 405
    client.force_login(stranger)
    assert client.post(url(name, project, reviewer.pk)).status_code == 404


def leased(project, reviewer):
    queue = factories.queue(project)
    return factories.review(factories.item(queue), reviewer, state="leased")


def test_people_remove_returns_leases_of_the_project(client, project, manager, reviewer):
    review = leased(project, reviewer)
    client.force_login(manager)
    assert client.post(url("people_remove", project, reviewer.pk)).status_code == 302
    review.refresh_from_db()
    assert review.state != Review.State.LEASED
    assert not project.memberships.filter(user=reviewer).exists()
    assert client.post(url("people_remove", project, manager.pk)).status_code == 409


def test_people_disable_shuts_out_and_returns_leases(client, project, manager, reviewer):
    review = leased(project, reviewer)
    client.force_login(manager)
    assert client.post(url("people_disable", project, reviewer.pk)).status_code == 302
    reviewer.refresh_from_db()
    review.refresh_from_db()
    assert (reviewer.is_active, review.state == Review.State.LEASED) == (False, False)
    assert Event.objects.filter(verb="user.disabled", object_id=str(reviewer.pk)).exists()
    assert client.post(url("people_enable", project, reviewer.pk)).status_code == 302
    reviewer.refresh_from_db()
    assert reviewer.is_active


def test_people_disable_is_refused_for_people_of_other_projects_and_for_oneself(client, project, manager, reviewer):
    factories.member(factories.project("Other"), "viewer", user=reviewer)
    client.force_login(manager)
    answer = client.post(url("people_disable", project, reviewer.pk))
    assert answer.status_code == 403
    assert "do not manage" in answer.content.decode()
    assert client.post(url("people_disable", project, manager.pk)).status_code == 403
    reviewer.refresh_from_db()
    assert reviewer.is_active


def test_people_says_when_the_mail_fails(client, project, manager, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    client.force_login(manager)
    answer = client.post(url("people_invite", project), {"email": "n@example.org", "role": "reviewer"})
    assert answer.status_code == 201
    assert "could not be sent" in answer.content.decode()
    assert NOW
