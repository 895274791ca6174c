"""The list of what a fit would change, and what a manager makes of it."""

import pytest
from django.urls import reverse

from apps.consensus.models import ConsensusProposal
from tests import factories


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def proposal(project):
    queue = factories.queue(project, "Unsure")
    item = factories.item(queue, state="settled", settled_at=factories.NOW, open_slots=0)
    factories.annotation(item, factories.member(project), "Refund")
    factories.consensus(item, "Refund")
    figures = {"confidence_before": 0.97, "confidence": 0.41, "leader_confidence": 0.52, "n_annotations": 1}
    return ConsensusProposal.objects.create(
        item=item, label="Refund", leader="Exchange", created_at=factories.NOW, **figures
    )


def test_proposals_are_the_managers(client, project, proposal, manager, viewer, reviewer, stranger):
    page, act = address("proposals", project), address("proposal_apply", project, proposal.pk)
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 403), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status
        if status != 200:
            assert client.post(act).status_code == status
    client.force_login(manager)
    assert client.get(act).status_code == 405
    elsewhere = factories.project("Another project")
    factories.member(elsewhere, "manager", user=manager)
    assert client.post(address("proposal_apply", elsewhere, proposal.pk)).status_code == 404


def test_manager_asks_again_and_takes_it_back(client, project, proposal, manager):
    factories.member(project)  # who has not had it
    client.force_login(manager)
    words = client.get(address("proposals", project)).content.decode()
    for part in ("Refund", "0.97", "0.41", "Exchange", "0.52", "Ask again", "Let it stand"):
        assert part in words
    assert "A settled item that the fit doubts" in client.get(address("quality", project)).content.decode()
    words = client.post(address("proposal_apply", project, proposal.pk), follow=True).content.decode()
    assert "The item asks for one answer more." in words
    assert "Take back" in words
    # What stands in an open item is not shown: who manages may get it himself.
    assert "Exchange" not in words
    again = client.post(address("proposal_apply", project, proposal.pk), follow=True).content.decode()
    assert "Somebody has decided this meanwhile" in again
    words = client.post(address("proposal_revert", project, proposal.pk), follow=True).content.decode()
    assert "settled as it was" in words
    proposal.item.refresh_from_db()
    assert proposal.item.state == "settled"


def test_manager_lets_the_label_stand(client, project, proposal, manager):
    client.force_login(manager)
    words = client.post(address("proposal_dismiss", project, proposal.pk), follow=True).content.decode()
    assert "The label stands." in words
    assert "Nothing to propose" in words
