"""A queue in which two are asked, the two, and people whose requests come from htmx."""

import pytest

from tests import factories


@pytest.fixture
def queue(project):
    """Where the two differ, an adjudicator decides."""
    return factories.queue(project, overlap_min=2, overlap_max=2, consensus_method="majority")


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {n}") for n in (3, 7)]


@pytest.fixture
def htmx(client):
    """`htmx(person)`: somebody logged in whose requests come from htmx."""

    def log_in(person):
        client.force_login(person)
        client.defaults["HTTP_HX_REQUEST"] = "true"
        return client

    return log_in
