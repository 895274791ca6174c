"""Whoever works in a queue is blind in it, reviewer, adjudicator or manager alike. Viewers work nowhere."""

import re

import pytest
from django.urls import get_resolver, reverse

from apps.consensus.models import Consensus
from apps.labeling.models import Draft
from apps.labeling.threads import thread_ask
from apps.queues.models import Review
from tests import factories
from tests.factories import NOW
from tests.workbench.test_assistance import queue_of
from tests.workbench.test_blindness import CONFIG, HTMX, addresses, filled, loaded_item, look, plain, pool_of, result

pytestmark = pytest.mark.django_db

# Each role, and each policy.
WORK = [
    ("reviewer", "none"),
    ("reviewer", "after_answer"),
    ("reviewer", "pre_annotated"),
    ("adjudicator", "pre_annotated"),
    ("manager", "after_answer"),
]
# What belongs to one item. Names of people and versions stand on a manager's pages about people and versions.
OF_ITEMS = ("wimblethorpe", "grumblewhisk", "snorkelbright", "pomplemoose", "0.7319", "wobbletrunk")
CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?|\d{4}-\d\d-\d\dT[\d:.+-]+|\d+ (seconds?|minutes?)\b")
# Pages of a project as a whole: what managers run it by tells sums over all items.
ABOUT_ITEMS = ("workbench:", "console:item", "api:", "accounts:")


@pytest.fixture
def desk():
    """`desk(role, policy)`: a queue for those who are named in it, one of them in that role, and another person."""

    def made(role, policy):
        project = factories.project(config=CONFIG)
        queue = queue_of(project, policy, overlap_min=4, overlap_max=6, is_open_to_all=False)
        people = [factories.member(project, each, name="Quillfeather") for each in (role, "reviewer")]
        for person in people:
            queue.members.create(user=person)
        return queue, *people

    return made


def take(client, person, queue):
    client.force_login(person)
    client.post(reverse("workbench:claim", args=[queue.pk]), **HTMX)
    return Review.objects.select_related("item").get(reviewer=person, state="leased")


def pages(queue, about=ABOUT_ITEMS):
    """(address, headers) of all about items and answers that GET reaches; of the workbench as page and as fragment."""
    pool = {name: values[:2] if name.endswith("_id") else values[:1] for name, values in pool_of(queue).items()}
    for name, route in addresses(get_resolver()):
        for address in filled(route, pool) if name.startswith(about) else ():
            for headers in ({}, HTMX) if name.startswith("workbench:") else ({},):
                yield address, headers


def read(client, person, places):
    return [look(client, person, "", "get", address, **headers) for address, headers in places]


@pytest.mark.parametrize(("role", "policy"), WORK)
def test_no_page_shows_a_worker_what_others_said_of_open_items(client, desk, role, policy):
    queue, person, other = desk(role, policy)
    for _ in range(2):
        loaded_item(queue, other)
    take(client, person, queue)
    seen = read(client, person, pages(queue))
    assert any("A message to judge." in each.said for each in seen)
    assert {(each.address, word) for each in seen for word in OF_ITEMS if word in each.said} == set()


def test_what_a_manager_sees_who_works_elsewhere_would_have_been_found(client, desk):
    queue, person, other = desk("manager", "none")
    queue.members.filter(user=person).delete()
    item = loaded_item(queue, other)
    seen = look(client, person, "", "get", reverse("console:item", args=[queue.project.slug, item.pk]))
    assert {"grumblewhisk", "snorkelbright", "pomplemoose"} <= {word for word in OF_ITEMS if word in seen.said}


def test_a_viewer_and_a_stranger_reach_nothing_of_the_workbench(client, desk):
    queue, _person, other = desk("reviewer", "pre_annotated")
    loaded_item(queue, other)
    for person in (factories.member(queue.project, "viewer"), factories.person()):
        for seen in read(client, person, pages(queue, "workbench:")):
            assert seen.status in (404, 405) or "A message to judge." not in seen.said, seen.address
            assert not [word for word in OF_ITEMS if word in seen.said], seen.address


def others_work(items, other):
    """Another person answers, keeps a draft and asks."""
    for item in items:
        Draft.objects.create(item=item, reviewer=other, fields={}, schema=item.schema, updated_at=NOW)
        factories.annotation(item, other, "Refund", result=result("Refund", "snorkelbright"), note="grumblewhisk")
        thread_ask(item=item, asker=other, text="wimblethorpe?", now=NOW)
        Consensus.objects.filter(item=item).delete()
        factories.consensus(item, "Refund", state="unsettled", confidence=0.7319)
        item.__class__.objects.filter(pk=item.pk).update(open_slots=item.open_slots - 1)


@pytest.mark.parametrize(("role", "policy"), WORK)
def test_no_reply_changes_when_somebody_else_answers(client, desk, role, policy):
    """Not a byte, a header or a count: of the item in hand, of one that he answered, and of every page around them."""
    queue, person, other = desk(role, policy)
    items = [factories.item(queue, "The very same message.", open_slots=4) for _ in range(2)]
    review = take(client, person, queue)
    address = reverse("workbench:answer", args=[queue.pk, review.pk])
    client.post(address, {"token": review.token, "answer.intent": "Exchange"}, **HTMX)
    take(client, person, queue)
    places = list(pages(queue, "workbench:"))
    seen = read(client, person, places)
    assert sum("The very same message." in each.said for each in seen) >= 4
    others_work(items, other)
    changed = [
        (before.address, before, after)
        for before, after in zip(seen, read(client, person, places), strict=True)
        if steady(before) != steady(after)
    ]
    assert changed == []


def test_a_reply_that_may_tell_does_change(client, desk):
    """The eyes themselves: an adjudicator who works elsewhere is asked, and sees it."""
    queue, person, other = desk("adjudicator", "none")
    queue.members.filter(user=person).delete()
    item = factories.item(queue, open_slots=4)
    place = [(reverse("workbench:questions_waiting"), {})]
    before = read(client, person, place)
    others_work([item], other)
    assert [steady(each) for each in before] != [steady(each) for each in read(client, person, place)]


def steady(seen):
    """The reply without ids, secrets and the clock."""
    return CLOCK.sub("TIME", plain(seen))
