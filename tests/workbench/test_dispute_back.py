"""Sent back with a question, asked about again, truly ambiguous: what each does to the item and to people."""

import csv

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.consensus.models import Adjudication, Consensus
from apps.labeling.models import Comment, Thread
from apps.queues.models import Item
from apps.queues.services import item_requeue, item_to_adjudication
from apps.workbench import services
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(queue, people):
    return factories.disputed_item(queue, reviewers=people)


def decide(item, adjudicator, decision, **fields):
    return services.adjudicate(item_id=item.pk, adjudicator=adjudicator, decision=decision, now=NOW, **fields)


def result(label):
    return factories.choices_result(label, control="intent", target="message")


def test_the_question_reaches_whoever_gets_the_item_next(client, project, queue, item, adjudicator):
    following = factories.member(project)
    decide(item, adjudicator, "sent_back", question="Does he keep one pair?")
    client.force_login(following)
    page = client.post(reverse("workbench:claim", args=[queue.pk]), HTTP_HX_REQUEST="true").content.decode()
    assert "an adjudicator asks: Does he keep one pair?" in page
    for hidden in ("Reviewer 3", "Reviewer 7", "2 answers"):
        assert hidden not in page


def test_those_who_answered_find_the_question_among_theirs(client, project, item, people, adjudicator):
    factories.member(project)
    decide(item, adjudicator, "sent_back", question="Does he keep one pair?")
    assert {thread.asked_by for thread in Thread.objects.all()} == set(people)
    client.force_login(people[0])
    page = client.get(reverse("workbench:questions")).content.decode()
    assert "Does he keep one pair?" in page
    assert "Exchange" not in page.partition("<main")[2]


def test_sent_back_without_a_question_asks_nobody(project, item, adjudicator):
    factories.member(project)
    decide(item, adjudicator, "sent_back", question="First")
    item_to_adjudication(item=item, reason="again")
    decide(item, adjudicator, "sent_back")
    item.refresh_from_db()
    assert item.guidance == ""
    assert Comment.objects.filter(text="First").count() == 2


def test_a_question_belongs_to_what_is_sent_back_only(item, adjudicator):
    assert decide(item, adjudicator, "ambiguous", question="Does he?").question == ""


def test_a_decided_item_that_is_asked_about_again_can_be_decided_again(project, item, adjudicator, manager):
    factories.member(project)
    decide(item, adjudicator, "label", result=result("Refund"))
    item_requeue(item_ids=[item.pk], by=manager, now=NOW)
    item.refresh_from_db()
    item_to_adjudication(item=item, reason="3 answers, the limit")
    other = factories.member(project, "adjudicator")
    decide(item, other, "label", result=result("Exchange"))
    assert Consensus.objects.get(item=item).label == "Exchange"
    assert {(each.label, each.status) for each in Adjudication.objects.all()} == {
        ("Refund", "superseded"),
        ("Exchange", "current"),
    }


def test_after_ambiguous_a_label_can_still_be_decided(item, adjudicator, queue):
    decide(item, adjudicator, "ambiguous")
    services.adjudication_undo(adjudicator=adjudicator, queue=queue, now=NOW)
    decide(item, adjudicator, "label", result=result("Refund"))
    assert Consensus.objects.get(item=item).state == "adjudicated"


def test_ambiguous_is_never_a_hard_label(client, project, queue, item, people, adjudicator, manager):
    """Not in the API, the download, a golden set, what a model learns from, nor beside another item."""
    from apps.consensus.labels import labels_all
    from apps.console.label_doubts import settled_labels
    from apps.console.labels_csv import labels_csv
    from apps.golden.services import golden_gather, golden_set_create
    from apps.rollout.services.cold_start import _settled_of
    from apps.workbench.similar import similar_settled
    from tests.factories.intake import api_client

    decide(item, adjudicator, "ambiguous")
    assert Consensus.objects.get(item=item).posterior == {"Exchange": 0.5, "Refund": 0.5}
    (told,) = labels_all(project=project)
    assert (told.label, told.result, told.distribution) == ("", None, {"Exchange": 0.5, "Refund": 0.5})
    (body,) = api_client(project, "read").get("/api/v1/labels").json()["labels"]
    assert (body["state"], body["label"] or None, body["result"]) == ("ambiguous", None, None)
    assert body["distribution"] == told.distribution
    header, row = csv.reader(labels_csv(project=project))
    cells = dict(zip(header, row, strict=True))
    assert (cells["state"], cells["label"], cells["result"]) == ("ambiguous", "", "")
    golden_set = golden_set_create(project=project, name="All", by=manager, now=NOW)
    golden_gather(golden_set=golden_set, items=Item.objects.filter(pk=item.pk), by=manager, now=NOW)
    assert not golden_set.members.exists()
    assert not _settled_of(project).exists()
    assert settled_labels(project=project, most=9) == []
    assert similar_settled(item=factories.item(queue, "a hard one")) == []


@pytest.mark.parametrize("fields", [{"label": "Refund"}, {"result": []}])
def test_the_database_refuses_an_ambiguous_label(item, adjudicator, fields):
    decide(item, adjudicator, "ambiguous")
    with pytest.raises(IntegrityError, match="consensus_ambiguous_no_label"), transaction.atomic():
        Consensus.objects.filter(item=item).update(**fields)
