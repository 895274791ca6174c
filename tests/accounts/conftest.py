from datetime import UTC, datetime

import pytest

from apps.accounts.models import User

PASSWORD = "a-touch-of-gold-7"
NOW = datetime(2026, 11, 20, 12, 4, tzinfo=UTC)


@pytest.fixture
def person(db):
    return User.objects.create_user("person@example.org", PASSWORD, name="A Person")


@pytest.fixture
def manager(db):
    return User.objects.create_user("manager@example.org", PASSWORD, name="A Manager", can_create_projects=True)
