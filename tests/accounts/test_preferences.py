"""How a person likes to work: stored with the person, refused in words, applied to every page."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.accounts.keys import COMMANDS, keys_problems
from apps.accounts.models import Preferences, User
from apps.accounts.selectors import preferences_of
from apps.accounts.services import preferences_set
from apps.core.errors import InvalidInput

PAGE = "accounts:settings"
FORM = {"theme": "auto", "text_size": "normal", "daily_goal": "", "break_minutes": "", "has_single_keys": "on"}


def save(client, **fields):
    return client.post(reverse(PAGE), FORM | fields)


def kept_of(person):
    """As stored, whatever the person at hand was read with."""
    return preferences_of(user=User.objects.get(pk=person.pk))


@pytest.fixture
def inside(client, person):
    client.force_login(person)
    return client


def test_page_needs_login(client):
    assert client.get(reverse(PAGE)).status_code == 302
    assert client.post(reverse("accounts:settings_quick"), {"theme": "dark"}).status_code == 302


def test_settings_are_stored_and_applied_to_every_page(inside, person):
    answer = save(inside, theme="dark", text_size="larger", daily_goal="200", break_minutes="50", key_undo="z")
    assert answer.status_code == 302
    kept = kept_of(person)
    assert (kept.theme, kept.text_size, kept.daily_goal, kept.break_minutes) == ("dark", "larger", 200, 50)
    assert kept.keys == {"undo": "z"}
    page = inside.get(reverse("accounts:account")).content.decode()
    for mark in ('data-theme="dark"', 'data-text="larger"', 'data-break="50"', "&quot;undo&quot;: &quot;z&quot;"):
        assert mark in page


def test_unchecked_single_keys_are_off_on_every_page(inside):
    answer = inside.post(reverse(PAGE), {key: value for key, value in FORM.items() if key != "has_single_keys"})
    assert answer.status_code == 302
    assert 'data-keys="off"' in inside.get(reverse(PAGE)).content.decode()


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"key_undo": "s"}, "“s” is already the key of “Take the last answer back”"),
        ({"key_undo": "1"}, "digits answer"),
        ({"key_undo": "é"}, "one letter from a to z"),
        ({"key_skip": "d"}, "address bar"),
    ],
)
def test_keys_in_conflict_are_refused_in_words(inside, person, keys, told):
    answer = save(inside, **keys)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Preferences.objects.exists()


def test_two_commands_may_change_places():
    assert keys_problems({"undo": "s", "skip": "u"}) == {}
    assert set(keys_problems({"undo": "s"})) == {"skip"}


def test_ready_keys_are_without_conflict():
    assert keys_problems({command: letter for command, (letter, _words) in COMMANDS.items()}) == {}


@pytest.mark.parametrize(("field", "value"), [("daily_goal", "0"), ("break_minutes", "1"), ("theme", "pink")])
def test_values_out_of_range_are_422(inside, field, value):
    assert save(inside, **{field: value}).status_code == 422


def test_quick_switches_change_one_thing(inside, person):
    preferences_set(user=person, daily_goal=30)
    quick = reverse("accounts:settings_quick")
    assert inside.post(quick, {"theme": "light"}).status_code == 204
    assert inside.post(quick, {"single_keys": "off"}).status_code == 204
    kept = kept_of(person)
    assert (kept.theme, kept.has_single_keys, kept.daily_goal) == ("light", False, 30)
    assert inside.post(quick, {}).status_code == 422
    assert inside.get(quick).status_code == 405


def test_settings_are_each_person_s_own(inside, person, manager):
    preferences_set(user=manager, theme="dark")
    assert kept_of(person).theme == "auto"
    assert 'data-theme="dark"' not in inside.get(reverse(PAGE)).content.decode()


def test_preferences_set_refuses_a_shared_letter(person):
    with pytest.raises(InvalidInput) as refused:
        preferences_set(user=person, keys={"undo": "g"})
    assert refused.value.field == "guideline"


@pytest.mark.parametrize(
    "fields",
    [{"theme": "pink"}, {"text_size": "huge"}, {"daily_goal": 0}, {"break_minutes": 1}, {"answer_keys": "a b"}],
)
def test_database_refuses_what_no_form_sends(person, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Preferences.objects.create(user=person, **fields)


def test_language_follows_the_person_to_the_next_browser(client, person, settings):
    preferences_set(user=person, language="de")
    client.post(reverse("accounts:login"), {"username": person.email, "password": "a-touch-of-gold-7"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"


def test_keys_are_json_for_the_script(inside):
    save(inside, key_undo="z", key_history="y")
    page = inside.get(reverse(PAGE)).content.decode()
    mark = page.split('data-keymap="')[1].split('"')[0].replace("&quot;", '"')
    assert json.loads(mark) == {"undo": "z", "history": "y"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a", "from 2 to 30 keys"),
        ("qwq", "“q” stands twice"),
        ("q?", "“?” cannot answer"),
        ("q\u0007", "cannot answer"),
        ("qu", "“u” is the key of “Take the last answer back”"),
    ],
)
def test_answer_keys_in_conflict_are_refused_in_words(inside, row, told):
    answer = save(inside, answer_keys=row)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Preferences.objects.exists()


def test_answer_keys_are_kept_small_and_without_gaps(inside, person):
    assert save(inside, answer_keys="Q W é ;", answer_keys_come_first="on").status_code == 302
    assert kept_of(person).answer_keys == "qwé;"
    page = inside.get(reverse(PAGE)).content.decode()
    assert 'data-answer-keys="qwé;" data-answer-keys-first' in page


def test_a_command_cannot_take_a_key_that_answers(person):
    preferences_set(user=person, answer_keys="qw")
    with pytest.raises(InvalidInput) as refused:
        preferences_set(user=person, keys={"undo": "q"})
    assert refused.value.field == "answer_keys"
    preferences_set(user=person, keys={"undo": "q"}, answer_keys="")
    assert kept_of(person).keys == {"undo": "q"}


def test_a_page_reads_the_preferences_with_the_person(inside, person, django_assert_num_queries):
    preferences_set(user=person, theme="dark", daily_goal=30)
    inside.get(reverse("accounts:account"))
    with django_assert_num_queries(2):  # the session, and the person with his preferences
        assert 'data-theme="dark"' in inside.get(reverse("accounts:account")).content.decode()


def test_a_disabled_person_s_session_is_over(inside, person):
    person.is_active = False
    person.save()
    assert inside.get(reverse("accounts:account")).status_code == 302
