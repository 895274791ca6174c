"""Which language a page speaks, and who decides it."""

import pytest
from django.urls import reverse

from apps.accounts.services import preferences_set
from tests.factories.intake import api_key
from tests.factories.projects import PASSWORD

GERMAN = {"headers": {"accept-language": "de-AT, en;q=0.5"}}


def language_of(response):
    return response.content.decode().split('<html lang="')[1].split('"')[0]


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "spoken"), [("de-AT, en;q=0.5", "de"), ("fr, de;q=0.1", "de"), ("fr", "en")])
def test_page_speaks_what_the_browser_asks_for_if_it_can(client, asked, spoken):
    response = client.get(reverse("accounts:login"), headers={"accept-language": asked})
    assert language_of(response) == spoken
    assert ("Anmelden" in response.content.decode()) == (spoken == "de")


def test_choice_on_the_login_page_stays_after_login(client, reviewer):
    login = reverse("accounts:login")
    answer = client.post(reverse("accounts:language"), {"language": "de", "next": login})
    assert (answer.status_code, answer["Location"]) == (302, login)
    assert language_of(client.get(login)) == "de"
    client.post(login, {"username": reviewer.email, "password": PASSWORD})
    assert language_of(client.get(reverse("workbench:home"))) == "de"


def test_choice_in_the_settings_goes_before_the_browser_s(client, reviewer):
    preferences_set(user=reviewer, language="en")
    client.post(reverse("accounts:login"), {"username": reviewer.email, "password": PASSWORD})
    assert language_of(client.get(reverse("workbench:home"), **GERMAN)) == "en"


def test_language_outside_the_list_is_not_taken(client, db):
    client.post(reverse("accounts:language"), {"language": "tlh", "next": "/login/"})
    assert language_of(client.get(reverse("accounts:login"))) == "en"


def test_language_switch_does_not_lead_elsewhere(client, db):
    answer = client.post(reverse("accounts:language"), {"language": "de", "next": "https://example.org/"})
    assert answer["Location"] == "/"


def test_programs_read_english_whatever_they_ask_for(client, project):
    _key, secret = api_key(project)
    headers = {"authorization": f"Bearer {secret}", "accept-language": "de"}
    answer = client.post("/api/v1/signals", {"kind": "csat", "value": 9}, "application/json", headers=headers)
    assert answer.status_code == 422
    assert "Die" not in answer.content.decode()
    missing = client.get(f"/api/v1/escalations/{project.pk}", headers=headers)
    assert missing.json()["detail"] == "Nothing with this id is in the key's project."
