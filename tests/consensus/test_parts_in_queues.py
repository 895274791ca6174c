"""Items of every kind of control in a queue: what two who agree settle, and what a fit learns and changes."""

import pytest

from apps.consensus.models import Consensus, ConsensusProposal, ReviewerQuality
from apps.consensus.services import consensus_of, consensus_update, item_facts, quality_fit
from apps.consensus.services.fits import control_fits
from apps.labeling.widgets import answer_label
from apps.projects.labelling import config_of
from apps.queues.services import item_lock
from tests import factories
from tests.consensus.controls import (
    COUNT,
    INTENT,
    SPANS,
    STARS,
    TEXT,
    TOPICS,
    TREE,
    WORDS,
    config_xml,
    count,
    intent,
    person,
    stars,
    topics,
    tree,
    words,
)
from tests.factories.clock import NOW

pytestmark = pytest.mark.django_db


def queue_of(controls, **fields):
    project = factories.project(config=config_xml(*controls))
    people = [factories.member(project, name=f"Reviewer {n}") for n in range(4)]
    return factories.queue(project, overlap_min=2, overlap_max=3, **fields), people


def judged(queue, people, results):
    item = factories.item(queue, TEXT)
    config = config_of(item.schema)
    for who, result in zip(people, results, strict=False):
        factories.annotation(item, who, answer_label(config, result) or "", result=result)
    return item


def standing(item):
    return consensus_update(item=item_lock(item_id=item.pk), now=NOW)


@pytest.mark.parametrize("method", ["majority", "dawid_skene"])
@pytest.mark.parametrize(
    ("controls", "result"),
    [
        ([TOPICS], topics("Money", "Art")),
        ([TREE], tree(["A", "a1"])),
        ([STARS], stars(4)),
        ([COUNT], count(12)),
        ([WORDS], words("A happy cat.")),
        ([SPANS], [person(0, 10)]),
        ([SPANS], []),
        ([INTENT, STARS, WORDS], intent("Refund") + stars(3)),
    ],
)
def test_two_who_agree_settle_an_item_of_any_kind(controls, result, method):
    queue, people = queue_of(controls, consensus_method=method)
    item = judged(queue, people, [result])
    assert standing(item).state == Consensus.State.UNSETTLED
    item = judged(queue, people, [result, result])
    found = standing(item)
    assert (found.state, found.label) == ("settled", answer_label(config_of(item.schema), result) or "")
    assert found.confidence >= 0.9


def test_settled_without_a_label_stays_settled():
    queue, people = queue_of([WORDS])
    item = judged(queue, people, [words("A happy cat.")] * 2)
    standing(item)
    type(item).objects.filter(pk=item.pk).update(state="settled", settled_at=NOW, open_slots=0)
    factories.annotation(item, people[2], "", result=words("Nonsense"))
    found = standing(item)
    assert (found.state, found.result) == ("settled", words("A happy cat."))
    assert found.confidence < 0.9


def filled(controls, make, n=24):
    """Three who agree, and one who is always wrong."""
    queue, people = queue_of(controls)
    for number in range(n):
        right, wrong = make(number)
        judged(queue, people, [right, right, right, wrong])
    return queue, people


FITS = {
    "labels": ([TOPICS], lambda n: (topics(["Money", "Sport"][n % 2]), topics("Art"))),
    "level": ([STARS], lambda n: (stars(1 + n % 4), stars(2 + n % 4))),
    "number": ([COUNT], lambda n: (count(10 * n), count(10 * n + 300 * (1 + n % 3)))),
    "text": ([WORDS], lambda n: (words(f"A cat, number {n}."), words("No idea what this might be"))),
    "spans": ([SPANS], lambda n: ([person(0, 10)], [person(19, 28, "Company")])),
    "several": (
        [INTENT, TOPICS, STARS],
        lambda n: (intent("Refund") + topics("Art") + stars(4), intent("Exchange") + topics("Money") + stars(1)),
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_a_fit_learns_who_is_right_and_the_next_answers_are_read_by_it(name):
    controls, make = FITS[name]
    queue, people = filled(controls, make)
    fit = quality_fit(queue=queue, now=NOW)
    accuracy = {each.reviewer_id: each.accuracy for each in ReviewerQuality.objects.filter(fit=fit)}
    assert accuracy[people[0].pk] > accuracy[people[3].pk] + 0.2
    right, wrong = make(0)
    item = judged(queue, [people[0], people[1], people[3]], [right, right, wrong])
    before = judged(*queue_of(controls), [right, right, wrong])
    sure, unsure = standing(item), standing(before)
    if name != "text":  # whose confidence is how close the others come
        assert sure.confidence > unsure.confidence
    assert sure.label == (answer_label(config_of(item.schema), right) or "")


@pytest.mark.parametrize("name", FITS)
def test_a_submit_asks_the_database_nothing_more_for_any_kind(name, django_assert_num_queries):
    controls, make = FITS[name]
    queue, people = filled(controls, make)
    quality_fit(queue=queue, now=NOW)
    item = judged(queue, people, [make(0)[0], make(0)[1]])
    locked = item_lock(item_id=item.pk)
    facts = item_facts(item=locked)
    # The fit and its people are remembered by the process.
    first = consensus_of(item=locked, facts=facts, now=NOW)
    with django_assert_num_queries(0):
        again = consensus_of(item=locked, facts=facts, now=NOW)
    assert (first.result, first.confidence, first.fit_id) == (again.result, again.confidence, facts.fit_id)


def test_a_submit_gives_what_the_fit_gives_for_all_items():
    controls, make = FITS["several"]
    queue, _ = filled(controls, make)
    fit = quality_fit(queue=queue, now=NOW)
    batch = control_fits(queue=queue)
    assert fit.controls == {name: dict(skills.pool) for name, skills in batch.skills.items()}
    fitted = {each.item_id: batch.whole(each) for each in batch.items}
    for item in queue.items.all():
        found = standing(item)
        # The primary choice has the matrices of the packed fit; the others these very ones.
        for control in ("topic", "stars"):
            assert found.parts[control]["confidence"] == pytest.approx(
                fitted[item.pk].parts[control]["confidence"], abs=1e-9
            )
        assert found.result == fitted[item.pk].result


def test_a_fit_proposes_what_it_would_change_about_items_of_several_parts():
    controls, make = FITS["several"]
    queue, people = filled(controls, make)
    _, wrong = make(0)
    item = judged(queue, people[2:], [make(0)[0], wrong])
    factories.consensus(item, "Exchange", result=wrong, confidence=0.95)
    type(item).objects.filter(pk=item.pk).update(state="settled", settled_at=NOW, open_slots=0)
    quality_fit(queue=queue, now=NOW)
    proposal = ConsensusProposal.objects.get()
    assert (proposal.item, proposal.label, proposal.leader) == (item, "Exchange", "Refund")


def test_what_an_adjudicator_decided_is_evidence_for_labels_too():
    queue, people = queue_of([TOPICS])
    for number in range(60):
        item = judged(queue, people, [topics("Art")] * 3 + [topics("Money")])
        if number < 30:
            factories.consensus(item, '["Money"]', state="adjudicated", result=topics("Money"))
            type(item).objects.filter(pk=item.pk).update(state="settled", settled_at=NOW, open_slots=0)
    fit = quality_fit(queue=queue, now=NOW)
    accuracy = {each.reviewer_id: each.accuracy for each in fit.reviewers.all()}
    assert accuracy[people[3].pk] > accuracy[people[0].pk]
