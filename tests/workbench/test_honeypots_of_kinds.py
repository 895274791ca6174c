"""Known items where answers are not fixed: marked regions beside a rating."""

import random
from uuid import uuid4

import pytest
from django.urls import reverse

from apps.consensus.services import quality_fit
from apps.consensus.services.honeypots import Known, honeypot_record, honeypots_create
from apps.consensus.services.qualification import qualification_answer, qualification_begin
from apps.core.errors import InvalidInput
from apps.golden.services.honeypots import honeypots_add
from apps.projects.selectors import schema_current
from apps.queues.models import ReviewerPause
from apps.workbench import services
from tests import factories
from tests.factories import NOW

CONFIG = """<View><Text name="t" value="$message"/><Labels name="who" toName="t"><Label value="Person"/></Labels>
  <Rating name="stars" toName="t" maxRating="5"/></View>"""
REMARK = '<TextArea name="remark" toName="t"/></View>'
TEXT = "Ada met Bob in Oslo"
pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db):
    return factories.project(config=CONFIG)


@pytest.fixture
def queue(project):
    return factories.queue(project, honeypot_share=0.5, qualification_items=0, overlap_min=1, overlap_max=1)


def answer(*spans, stars=4):
    marks = [
        {
            "id": f"{start}-{end}",
            "type": "labels",
            "from_name": "who",
            "to_name": "t",
            "value": {"start": start, "end": end, "text": TEXT[start:end], "labels": ["Person"]},
        }
        for start, end in spans
    ]
    rating = {"id": "s", "type": "rating", "from_name": "stars", "to_name": "t", "value": {"rating": stars}}
    return [*marks, rating]


RIGHT = answer((0, 3), (8, 11))
CLOSE = answer((0, 4), (8, 11), stars=5)
WRONG = answer((15, 19), stars=4)


def pots(queue, n):
    known = []
    for _ in range(n):
        original = factories.item(queue, TEXT, state="settled", settled_at=NOW)
        known.append(Known(original.data, "", RIGHT, original, uuid4()))
    honeypots_create(
        queue=queue, schema=schema_current(project=queue.project), known=known, by=queue.created_by, now=NOW
    )
    return list(queue.items.filter(state="honeypot"))


def test_the_record_goes_by_closeness_and_pauses_whoever_is_far_off(queue, reviewer):
    pots(queue, 12)
    for _ in range(40):
        factories.item(queue, TEXT)
    given = []
    while not ReviewerPause.objects.filter(reviewer=reviewer).exists() and len(given) < 40:
        review = services.claim_next(queue=queue, reviewer=reviewer, now=NOW, rng=random.Random(1))
        is_known = review.item.state == "honeypot"
        result = CLOSE if not is_known or sum(given) < 2 else WRONG
        given.append(is_known)
        services.answer_submit(
            review_id=review.pk, reviewer=reviewer, token=review.token, result=result, duration_ms=9, now=NOW
        )
    record = honeypot_record(queue=queue, reviewer=reviewer)
    assert record.tested[:2] == (True, True)
    assert not any(record.tested[2:])
    assert ReviewerPause.objects.get().reason.endswith("known items were answered wrongly")


def test_a_newcomer_qualifies_by_closeness(queue, reviewer):
    pots(queue, 2)
    type(queue).objects.filter(pk=queue.pk).update(qualification_items=2, qualification_threshold=1)
    queue.refresh_from_db()
    running = qualification_begin(queue=queue, reviewer=reviewer, now=NOW, rng=random.Random(1))
    for row, result in zip(running.answers.order_by("place"), [CLOSE, WRONG], strict=True):
        qualification_answer(answer_id=row.pk, reviewer=reviewer, result=result, now=NOW)
    assert list(running.answers.order_by("place").values_list("is_right", flat=True)) == [True, False]


def test_known_answers_are_evidence_where_several_questions_are_asked():
    queue = factories.queue(factories.project(config=CONFIG.partition("<Rating")[0] + REMARK))
    people = [factories.member(queue.project) for _ in range(3)]
    for _ in range(25):
        item = factories.item(queue, TEXT)
        for person in people:
            factories.annotation(item, person, "", result=WRONG[:-1])  # all alike, which votes alone would call right
    before = {each.reviewer_id: each.accuracy for each in quality_fit(queue=queue, now=NOW).reviewers.all()}
    for pot in pots(queue, 40):
        for person in people:
            factories.annotation(pot, person, "", result=(WRONG if person == people[0] else RIGHT)[:-1])
    after = {each.reviewer_id: each.accuracy for each in quality_fit(queue=queue, now=NOW).reviewers.all()}
    assert min(before.values()) > 0.9
    assert after[people[0].pk] < 0.6
    assert min(after[person.pk] for person in people[1:]) > after[people[0].pk] + 0.2


def test_golden_spans_become_known_items_and_the_page_tells_them_in_words(client, project, queue, manager):
    source = factories.queue(project, "Source")
    items = []
    for number in range(12):
        item = factories.item(source, f"{TEXT}, number {number * 7919}", state="settled", settled_at=NOW)
        items.append(item)
        for _ in range(2):
            factories.annotation(item, factories.member(project), "", result=RIGHT)
        factories.consensus(item, "", result=RIGHT)
    version = factories.golden_version(items, test=items[8:], by=manager)
    n = honeypots_add(queue=queue, version=version, n=4, by=manager, now=NOW, rng=random.Random(1))
    assert (n, queue.items.filter(state="honeypot").count()) == (4, 4)
    pot = queue.items.filter(state="honeypot").first()
    for result in (CLOSE, WRONG):
        factories.annotation(pot, factories.member(project), "", result=result)
    client.force_login(manager)
    words = client.get(reverse("console:queue_known", args=[project.slug, queue.slug])).content.decode()
    assert "1 of 2" in words
    assert "Ada" in words


def test_where_nothing_can_be_compared_none_is_made(project):
    bare = factories.project(config='<View><Text name="t" value="$message"/></View>')
    queue = factories.queue(bare)
    with pytest.raises(InvalidInput, match="No question of this project"):
        pots(queue, 1)
