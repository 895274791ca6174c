"""Labels that people only repeated after a model: marked in a version, and never what a test rests on."""

import json

import pytest

from apps.consensus.labels import labels_page
from apps.golden.exports.lines import export_jsonl
from apps.labeling.models import Suggestion
from tests import factories
from tests.factories import NOW, choices_result

pytestmark = pytest.mark.django_db


def settled(queue, *answers, adjudicator=None):
    """An item settled on "Refund"; each answer is (label, assistance)."""
    item = factories.item(queue, state="settled", settled_at=NOW)
    for label, assistance in answers:
        person = factories.member(queue.project)
        fields = {}
        if assistance != "none":
            guess = Suggestion.objects.create(
                item=item, reviewer=person, schema=item.schema, mode="pre_annotated", wrong_share=0, created_at=NOW,
                result=choices_result("Refund"), label="Refund",
            )  # fmt: skip
            fields = {"suggestion": guess, "weight": 0.5 if assistance == "accepted" else 1.0}
        factories.annotation(item, person, label, assistance=assistance, **fields)
    factories.consensus(item, "Refund", state="adjudicated" if adjudicator else "settled")
    if adjudicator:
        factories.adjudication(item, adjudicator, "Refund")
    return item


def test_a_version_says_which_labels_rest_on_a_guess(project, manager, adjudicator):
    queue = factories.queue(project)
    accepted = ("Refund", "accepted")
    only = settled(queue, accepted, accepted)
    against = settled(queue, accepted, accepted, ("Exchange", "none"))
    others = [
        settled(queue, ("Refund", "none"), ("Refund", "none")),
        settled(queue, accepted, ("Refund", "none")),
        settled(queue, accepted, accepted, adjudicator=adjudicator),
    ]
    version = factories.golden_version([only, against, *others], by=manager)
    told = {item.item_id: item.provenance["rests_on_guess"] for item in version.items.all()}
    assert told == {only.pk: True, against.pk: True} | {item.pk: False for item in others}
    assert version.manifest["assisted"] == {"annotations": 7, "rests_on_guess": 2}
    lines = [json.loads(line) for line in export_jsonl(version)]
    assert {line["id"] for line in lines if line["rests_on_guess"]} == {str(only.pk), str(against.pk)}


def test_no_test_side_rests_on_a_guess(project, manager):
    queue = factories.queue(project)
    guessed = settled(queue, ("Refund", "accepted"), ("Refund", "accepted"))
    items = [guessed, *(settled(queue, ("Refund", "none"), ("Refund", "none")) for _ in range(3))]
    version = factories.golden_version(items, test=items, by=manager)
    left_out = {row["item_id"]: row["reason"] for row in version.manifest["left_out"]}
    assert "no test may rest on" in left_out[str(guessed.pk)]
    assert guessed.pk not in set(version.items.values_list("item_id", flat=True))


def test_labels_tell_how_many_answers_saw_a_guess(project):
    queue = factories.queue(project)
    item = settled(queue, ("Refund", "accepted"), ("Refund", "none"))
    blind = settled(queue, ("Refund", "none"))
    told = {label.item_id: label.n_assisted for label in labels_page(project=project, after=None, limit=10)}
    assert told == {item.pk: 1, blind.pk: 0}
