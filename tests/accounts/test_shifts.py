"""Working hours by a person's own clock."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.template import engines
from django.urls import reverse
from django.utils import timezone

from apps.accounts.middleware import own_time_zone
from apps.accounts.models import Preferences, User
from apps.accounts.selectors import preferences_of
from apps.accounts.services import preferences_set
from apps.accounts.shifts import on_shift, shift_of, shift_problems
from apps.core.errors import InvalidInput
from tests.accounts.test_preferences import FORM, PAGE

pytestmark = pytest.mark.django_db

HOURS = {"shift_from": time(9), "shift_to": time(17), "shift_days": "12345"}
NIGHT = {"shift_from": time(22), "shift_to": time(6), "shift_days": "5"}  # from Friday into Saturday


def at(day, hour, minute=0):
    """In November 2026; the 20th is a Friday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "now", "expected"),
    [
        (HOURS, "", at(20, 12), (at(20, 9), at(20, 17))),
        (HOURS, "", at(20, 8, 59), (at(20, 9), at(20, 17))),  # begins later today
        (HOURS, "", at(20, 17), None),  # over
        (HOURS, "", at(21, 12), None),  # Saturday
        (HOURS, "Asia/Tokyo", at(20, 5), (at(20, 0), at(20, 8))),  # 14:00 there
        (HOURS, "Asia/Tokyo", at(22, 23), (at(23, 0), at(23, 8))),  # already Monday there
        (NIGHT, "", at(21, 3), (at(20, 22), at(21, 6))),
        (NIGHT, "", at(20, 3), (at(20, 22), at(21, 6))),  # Thursday's night is free; Friday's begins later
        (NIGHT, "Nowhere/Gone", at(21, 3), (at(20, 22), at(21, 6))),  # the server's zone
    ],
)
def test_shift_by_the_clock_of_the_person(person, hours, zone, now, expected):
    shift = shift_of(Preferences(user=person, time_zone=zone, **hours), now=now)
    assert (shift and (shift.begins_at, shift.ends_at)) == expected


def test_a_shift_over_a_change_of_clocks_is_as_long_as_it_is(person):
    """In Berlin the clocks went back from 3 to 2 on Sunday 25 October 2026."""
    night = Preferences(user=person, time_zone="Europe/Berlin", **(NIGHT | {"shift_days": "6"}))
    shift = shift_of(night, now=datetime(2026, 10, 25, 0, tzinfo=UTC))
    assert shift.length == timedelta(hours=9)
    assert shift.left(datetime(2026, 10, 25, 4, tzinfo=UTC)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"shift_from": time(9)}, "shift_to"),
        ({"shift_to": time(9)}, "shift_from"),
        (HOURS | {"shift_to": time(9)}, "shift_to"),
        (HOURS | {"shift_days": ""}, "shift_days"),
    ],
)
def test_half_working_hours_are_refused_by_field(person, given, field):
    assert list(shift_problems(given)) == [field]
    with pytest.raises(InvalidInput) as refused:
        preferences_set(user=person, **given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "fields", [HOURS | {"shift_to": None}, HOURS | {"shift_to": time(9)}, HOURS | {"shift_days": "128"}]
)
def test_database_refuses_half_working_hours(person, fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        Preferences.objects.create(user=person, **fields)


def test_working_hours_are_set_and_taken_away_on_the_page(client, person):
    client.force_login(person)
    given = {"time_zone": "Asia/Tokyo", "shift_from": "22:00", "shift_to": "06:30", "shift_days": ["7", "1"]}
    assert client.post(reverse(PAGE), FORM | given).status_code == 302
    kept = preferences_of(user=User.objects.get(pk=person.pk))
    assert (kept.time_zone, kept.shift_from, kept.shift_to, kept.shift_days) == (
        "Asia/Tokyo",
        time(22),
        time(6, 30),
        "17",
    )
    page = client.get(reverse(PAGE)).content.decode()
    assert 'value="22:00"' in page
    assert client.post(reverse(PAGE), FORM | given | {"shift_to": ""}).status_code == 422
    assert client.post(reverse(PAGE), FORM | given | {"time_zone": "Moon/Sea"}).status_code == 422
    assert client.post(reverse(PAGE), FORM | {"shift_days": ["1"]}).status_code == 302
    kept = preferences_of(user=User.objects.get(pk=person.pk))
    assert (kept.shift_from, kept.shift_to, kept.shift_days) == (None, None, "")


def test_breaks_are_told_when_the_shift_is(client, person):
    preferences_set(user=person, break_minutes=30, **(HOURS | {"shift_days": "1234567", "shift_to": time(8, 59)}))
    client.force_login(person)
    page = client.get(reverse("accounts:account")).content.decode()
    begins, ends = map(int, page.split('data-shift="')[1].split('"')[0].split())
    assert ends - begins == 24 * 3600 - 60


def test_how_many_are_on_shift_is_known_of_those_who_gave_hours(person, manager):
    people = User.objects.select_related("preferences")
    assert on_shift(people=people.all(), now=at(20, 12)) is None
    preferences_set(user=person, **HOURS)
    assert on_shift(people=people.all(), now=at(20, 12)) == 1
    assert on_shift(people=people.all(), now=at(20, 18)) == 0


def test_times_are_shown_in_the_person_s_zone(person):
    preferences_set(user=person, time_zone="Asia/Tokyo")
    shown = []

    def view(request):
        template = engines["django"].from_string('{{ at|date:"H:i" }}')
        shown.append(template.render({"at": at(20, 12)}))

    class Request:
        user = person

    own_time_zone(view)(Request())
    assert shown == ["21:00"]
    assert timezone.get_current_timezone_name() == "UTC"  # the next request has its own
