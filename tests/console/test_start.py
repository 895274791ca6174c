"""The address `/`."""

import pytest
from django.urls import reverse


def test_start_sends_the_anonymous_to_the_login(client, db):
    assert client.get("/")["Location"] == reverse("accounts:login")


@pytest.mark.parametrize("who", ["manager", "viewer"])
def test_start_sends_who_reads_the_console_to_the_loop(client, request, project, who):
    client.force_login(request.getfixturevalue(who))
    assert client.get("/")["Location"] == reverse("console:home", args=[project.slug])


@pytest.mark.parametrize("who", ["reviewer", "adjudicator", "stranger"])
def test_start_sends_others_to_their_review_queues(client, request, who):
    client.force_login(request.getfixturevalue(who))
    assert client.get("/")["Location"] == reverse("workbench:home")


def test_start_writes_nothing(client, manager):
    client.force_login(manager)
    assert client.post("/").status_code == 405
