"""The doors for people."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from tests.accounts.conftest import PASSWORD

NEW = "quite-long-and-odd-3"


def log_in(client, email="person@example.org", password=PASSWORD, **extra):
    return client.post(reverse("accounts:login"), {"username": email, "password": password, **extra})


def is_logged_in(client):
    return client.get(reverse("accounts:account")).status_code == 200


def test_login_works_however_the_address_is_written(client, person):
    assert log_in(client, " Person@Example.org ").status_code == 302
    assert is_logged_in(client)


def test_login_goes_on_to_the_page_asked_for(client, person):
    asked = reverse("accounts:account")
    assert client.get(asked)["Location"] == f"{reverse('accounts:login')}?next={asked}"
    assert log_in(client, next=asked)["Location"] == asked


def test_login_does_not_go_on_to_another_site(client, person):
    assert log_in(client, next="https://elsewhere.example/")["Location"] == "/"


def test_login_refuses_a_wrong_password(client, person):
    answer = log_in(client, password="wrong")
    assert answer.status_code == 422
    assert "do not fit together" in answer.content.decode()


def test_login_says_nothing_about_who_exists(client, person):
    known = log_in(client, password="wrong").content.decode()
    unknown = log_in(client, "nobody@example.org", "wrong").content.decode()
    mask = re.compile(
        r'person@example\.org|nobody@example\.org|name="csrfmiddlewaretoken" value="\w+"|"X-CSRFToken": "\w+"'
    )
    assert mask.sub("", known) == mask.sub("", unknown)


def test_login_shuts_an_address_after_ten_wrong_passwords(client, person):
    codes = [log_in(client, password="wrong").status_code for _ in range(10)]
    assert codes[:9] == [422] * 9
    answer = log_in(client)
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()
    assert not is_logged_in(client)


def test_login_of_another_person_stays_open_meanwhile(client, person, manager):
    for _ in range(11):
        log_in(client, password="wrong")
    assert log_in(client, manager.email).status_code == 302


def test_disabled_person_cannot_log_in(client, person, manager):
    services.user_disable(user=person, by=manager, now=timezone.now())
    assert log_in(client).status_code == 422


def test_disabled_person_is_logged_out_at_once(client, person, manager):
    log_in(client)
    assert is_logged_in(client)
    services.user_disable(user=person, by=manager, now=timezone.now())
    assert not is_logged_in(client)
    services.user_enable(user=person, by=manager, now=timezone.now())
    assert not is_logged_in(client), "a session from before the disabling must not come back"
    assert log_in(client).status_code == 302


def test_logout_is_a_post(client, person):
    client.force_login(person)
    assert client.get(reverse("accounts:logout")).status_code == 405
    assert is_logged_in(client)
    assert client.post(reverse("accounts:logout")).status_code == 302
    assert not is_logged_in(client)


@pytest.fixture
def link(manager):
    _invitation, token = services.user_invite(
        email="new@example.org", name="New", invited_by=manager, now=timezone.now()
    )
    return reverse("accounts:invitation", args=[token])


def test_invitation_sets_name_and_password_and_logs_in(client, link):
    assert "new@example.org" in client.get(link).content.decode()
    answer = client.post(link, {"name": "New Person", "new_password1": NEW, "new_password2": NEW})
    assert answer.status_code == 302
    page = client.get(reverse("accounts:account"))
    assert page.context["user"].name == "New Person"


def test_invitation_refuses_a_weak_password(client, link):
    answer = client.post(link, {"name": "New Person", "new_password1": "short", "new_password2": "short"})
    assert answer.status_code == 422
    assert "too short" in answer.content.decode()
    assert not is_logged_in(client)


def test_invitation_is_gone_when_used(client, link):
    client.post(link, {"name": "New Person", "new_password1": NEW, "new_password2": NEW})
    answer = client.get(link)
    assert answer.status_code == 410
    assert "already used" in answer.content.decode()


def test_invitation_is_gone_when_expired(client, manager):
    eight_days_ago = timezone.now() - timedelta(days=8)
    _invitation, token = services.user_invite(email="late@example.org", name="", invited_by=manager, now=eight_days_ago)
    assert client.get(reverse("accounts:invitation", args=[token])).status_code == 410


def test_invitation_is_not_found_when_made_up(client, db):
    assert client.get(reverse("accounts:invitation", args=["made-up"])).status_code == 404


def test_password_reset_mails_a_link_that_works_once(client, person, mailoutbox):
    assert client.post(reverse("accounts:password_reset"), {"email": person.email}).status_code == 302
    path = re.search(r"https?://[^/]+(/\S+)", mailoutbox[0].body).group(1)
    form = client.get(path, follow=True)
    answer = client.post(form.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW})
    assert answer.status_code == 302
    assert log_in(client, password=NEW).status_code == 302
    client.logout()
    assert client.get(path).status_code == 410


def test_password_reset_mails_nothing_to_a_disabled_person(client, person, manager, mailoutbox):
    services.user_disable(user=person, by=manager, now=timezone.now())
    assert client.post(reverse("accounts:password_reset"), {"email": person.email}).status_code == 302
    assert mailoutbox == []


def test_password_reset_refuses_what_is_no_address(client, db):
    assert client.post(reverse("accounts:password_reset"), {"email": "nothing"}).status_code == 422


def test_account_changes_the_name(client, person):
    client.force_login(person)
    assert client.post(reverse("accounts:account_name"), {"name": "Another Name"}).status_code == 302
    person.refresh_from_db()
    assert person.name == "Another Name"


def test_account_refuses_an_empty_name(client, person):
    client.force_login(person)
    assert client.post(reverse("accounts:account_name"), {"name": " "}).status_code == 422


def test_account_changes_the_password_and_stays_logged_in(client, person):
    client.force_login(person)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(reverse("accounts:account_password"), fields).status_code == 302
    assert is_logged_in(client)
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_account_refuses_a_wrong_old_password(client, person):
    client.force_login(person)
    fields = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    assert client.post(reverse("accounts:account_password"), fields).status_code == 422


@pytest.mark.parametrize("name", ["account_name", "account_password"])
def test_account_posts_need_login_and_post(client, person, name):
    address = reverse(f"accounts:{name}")
    assert client.post(address)["Location"].startswith(reverse("accounts:login"))
    client.force_login(person)
    assert client.get(address).status_code == 405


def test_pages_have_no_inline_script_or_style(client, person, link):
    client.force_login(person)
    pages = [client.get(reverse("accounts:account")), client.get(link)]
    client.logout()
    pages += [client.get(reverse("accounts:login")), client.get(reverse("accounts:password_reset"))]
    for page in pages:
        html = page.content.decode()
        assert "style=" not in html
        assert "<style" not in html
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)
        assert not re.search(r"\son\w+=", html)
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
