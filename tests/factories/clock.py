"""The moment at which tests take place unless they say otherwise."""

from datetime import UTC, datetime

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
