"""Inviting, accepting, disabling and enabling people."""

from datetime import timedelta

import pytest

from apps.accounts import services
from apps.accounts.errors import AlreadyHere, InvitationOver, InvitationUnknown
from apps.accounts.models import Invitation, User
from apps.core.errors import NotAllowed
from tests.accounts.conftest import NOW


@pytest.fixture
def invited(manager):
    return services.user_invite(email="New@Example.org", name="", invited_by=manager, now=NOW)


def accept(token, now=NOW):
    return services.invitation_accept(token=token, name="New Person", password="quite-long-and-odd-3", now=now)


def test_user_invite_stores_only_a_hash_of_the_token(invited):
    invitation, token = invited
    assert token not in str(Invitation.objects.values().get(pk=invitation.pk))
    assert invitation.user.email == "new@example.org"
    assert not invitation.user.is_active


def test_invitation_accept_opens_the_account(invited):
    user = accept(invited[1])
    assert user.is_active
    assert user.name == "New Person"
    assert user.check_password("quite-long-and-odd-3")


@pytest.mark.parametrize(
    ("later", "refused"),
    [
        (timedelta(days=7, seconds=-1), False),  # the last second of seven days
        (timedelta(days=7), True),
    ],
)
def test_invitation_accept_refuses_when_expired(invited, later, refused):
    if refused:
        with pytest.raises(InvitationOver):
            accept(invited[1], NOW + later)
    else:
        assert accept(invited[1], NOW + later).is_active


def test_invitation_accept_refuses_a_second_use(invited):
    accept(invited[1])
    with pytest.raises(InvitationOver):
        accept(invited[1])


def test_invitation_accept_refuses_an_unknown_token(db):
    with pytest.raises(InvitationUnknown):
        accept("made-up")


def test_user_invite_again_replaces_the_link(invited, manager):
    later = NOW + timedelta(hours=1)
    _invitation, token = services.user_invite(email="new@example.org", name="", invited_by=manager, now=later)
    with pytest.raises(InvitationOver):
        accept(invited[1], later)
    assert accept(token, later).is_active
    assert User.objects.filter(email="new@example.org").count() == 1


def test_user_invite_refuses_an_open_account(person, manager):
    with pytest.raises(AlreadyHere) as refusal:
        services.user_invite(email="PERSON@example.org", name="", invited_by=manager, now=NOW)
    assert refusal.value.field == "email"


def test_user_invite_refuses_a_disabled_person(person, manager):
    services.user_disable(user=person, by=manager, now=NOW)
    with pytest.raises(AlreadyHere):
        services.user_invite(email=person.email, name="", invited_by=manager, now=NOW)


def test_invitation_send_mails_the_link(invited, mailoutbox):
    services.invitation_send(invitation=invited[0], link="https://example.org/invitation/x/")
    assert mailoutbox[0].to == ["new@example.org"]
    assert "https://example.org/invitation/x/" in mailoutbox[0].body
    assert "7 days" in mailoutbox[0].body


def test_user_disable_refuses_oneself(manager):
    with pytest.raises(NotAllowed):
        services.user_disable(user=manager, by=manager, now=NOW)


def test_user_enable_leaves_an_invited_person_outside(invited, manager):
    user = services.user_disable(user=invited[0].user, by=manager, now=NOW)
    user = services.user_enable(user=user, by=manager, now=NOW)
    assert user.disabled_at is None
    assert not user.is_active


def test_two_people_with_one_address_are_refused_by_the_database(person):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        User.objects.create_user("PERSON@example.org", None, name="Twin")
