"""A queue whose answers are weighted by a fit, and four who answer in it."""

import pytest

from tests import factories


@pytest.fixture
def queue(project):
    return factories.queue(project, consensus_method="dawid_skene", overlap_min=2, overlap_max=5)


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {number}") for number in range(4)]
