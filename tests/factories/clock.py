"""The moment at which tests take place unless they say otherwise."""

from datetime import UTC, datetime

__all__ = ["NOW", "midday_zone"]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def midday_zone() -> str:
    """A time zone in which it is about noon, for somebody whose day must not end while he is watched."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"  # the signs of these names are the other way round
