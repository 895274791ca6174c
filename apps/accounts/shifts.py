"""A person's working hours: when a shift begins and ends, by the clock of his time zone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Preferences, User
from apps.accounts.selectors import preferences_of


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift. Both times are UTC."""

    begins_at: datetime
    ends_at: datetime

    def is_on(self, now: datetime) -> bool:
        return self.begins_at <= now < self.ends_at

    def left(self, now: datetime) -> timedelta:
        """What is left of it; all before it begins."""
        return max(self.ends_at - max(now, self.begins_at), timedelta())

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.begins_at


def zone_of(preferences: Preferences) -> tzinfo:
    """The person's; the server's where he named none, or one that the tz database has dropped since."""
    try:
        return ZoneInfo(preferences.time_zone) if preferences.time_zone else timezone.get_default_timezone()
    except ZoneInfoNotFoundError:
        return timezone.get_default_timezone()


def shift_of(preferences: Preferences, *, now: datetime) -> Shift | None:
    """The shift that is on, else the one that begins later today; None where there is neither."""
    if preferences.shift_from is None or preferences.shift_to is None:
        return None
    today = now.astimezone(zone_of(preferences)).date()
    for day in (today - timedelta(days=1), today):  # one that began yesterday may run past midnight
        if str(day.isoweekday()) not in preferences.shift_days:
            continue
        ends_on = day if preferences.shift_to > preferences.shift_from else day + timedelta(days=1)
        zone = zone_of(preferences)
        shift = Shift(_moment(day, preferences.shift_from, zone), _moment(ends_on, preferences.shift_to, zone))
        if shift.ends_at > now:
            return shift
    return None


def on_shift(*, people: Iterable[User], now: datetime) -> int | None:
    """How many of them are on shift; None where nobody has given working hours. Read them with their preferences."""
    given = [chosen for chosen in map(_preferences, people) if chosen.shift_from is not None]
    shifts = [shift_of(chosen, now=now) for chosen in given]
    return sum(shift is not None and shift.is_on(now) for shift in shifts) if given else None


def _preferences(person: User) -> Preferences:
    return preferences_of(user=person)


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    """In UTC, where lengths are right also when the clocks change."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def shift_problems(chosen: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with working hours, in words, by field. Nothing where none are named, or both ends are empty."""
    begins, ends = chosen.get("shift_from"), chosen.get("shift_to")
    if begins is None and ends is None:
        return {}
    if begins is None or ends is None:
        missing = "shift_from" if begins is None else "shift_to"
        return {missing: _("Working hours need a beginning and an end. Give both, or neither.")}
    if begins == ends:
        return {"shift_to": _("The end is the beginning. Choose another time.")}
    return {} if chosen.get("shift_days") else {"shift_days": _("Choose at least one day.")}
