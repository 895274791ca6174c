"""People fixed by right, in one small project; the network is loopback only."""

import pytest
from hypothesis import HealthCheck, settings

from tests import factories

# The same examples each time, so that a failure in one place can be looked at in another; and no verdict on a machine's
# speed. To look for others: `--hypothesis-profile=default`.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")


@pytest.fixture
def project(db):
    """One text, one choice of three labels, nobody a member yet."""
    return factories.project()


@pytest.fixture
def reviewer(project):
    return factories.member(project, "reviewer", name="Reviewer")


@pytest.fixture
def adjudicator(project):
    return factories.member(project, "adjudicator", name="Adjudicator")


@pytest.fixture
def manager(project):
    return factories.member(project, "manager", name="Manager")


@pytest.fixture
def second_manager(project):
    return factories.member(project, "manager", name="Second manager")


@pytest.fixture
def viewer(project):
    return factories.member(project, "viewer", name="Viewer")


@pytest.fixture
def stranger(db):
    """Somebody with a login and no membership."""
    return factories.person("Stranger")
