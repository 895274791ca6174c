"""A figure leads to the items behind it."""

import re

import pytest
from django.urls import reverse

from apps.queues.models import Item
from tests import factories
from tests.console.test_assistance_figures import answered

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def queue(project):
    return factories.queue(project)


@pytest.fixture
def people(project):
    return [factories.member(project, name=f"Reviewer {name}") for name in ("Ada", "Bo")]


@pytest.fixture
def mixed_up(queue, people):
    """Twelve items that settled on Refund; on the first two Bo answered Exchange."""
    for number in range(12):
        item = factories.settled_item(queue, "Refund", f"item {number}", reviewers=[people[0]])
        factories.annotation(item, people[1], "Exchange" if number < 2 else "Refund")


def texts(page):
    return {one.search_text for one in page.context["page"].rows}


def links(page, words):
    """Addresses of the links with these words."""
    found = re.findall(rf'<a href="([^"]+)">{re.escape(words)}</a>', page.content.decode())
    return [address.replace("&amp;", "&") for address in found]


def test_a_confusion_leads_to_its_items(desk, project, mixed_up):
    page = desk.get(reverse("console:quality", args=[project.slug]))
    heat, commonest = links(page, "2")
    for address in (heat, commonest):
        assert "answered=Exchange" in address
        assert texts(desk.get(address)) == {"item 0", "item 1"}
    (diagonal,) = links(page, "22")
    assert texts(desk.get(diagonal)) == {f"item {n}" for n in range(12)}


def test_a_persons_confusion_leads_to_their_items(desk, project, people, mixed_up):
    page = desk.get(reverse("console:quality_reviewer", args=[project.slug, people[1].pk]))
    (address,) = links(page, "2")
    assert texts(desk.get(address)) == {"item 0", "item 1"}
    other = desk.get(address.replace(str(people[1].pk), str(people[0].pk)))
    assert texts(other) == set()


def test_a_pair_leads_to_where_it_differs(desk, project, mixed_up):
    page = desk.get(reverse("console:quality_agreement", args=[project.slug]))
    (differ,) = links(page, "2")
    cells = links(page, "83\N{NO-BREAK SPACE}%")  # 10 of 12, once each way
    assert len(cells) == 2
    for address in (differ, *cells):
        assert texts(desk.get(address)) == {"item 0", "item 1"}


def test_a_pair_with_few_items_in_common_tells_no_difference(desk, project, queue, people):
    for number in range(9):
        item = factories.item(queue, f"item {number}")
        for person, label in zip(people, ["Refund", "Exchange"], strict=True):
            factories.annotation(item, person, label)
    page = desk.get(reverse("console:quality_agreement", args=[project.slug]))
    assert [row.n_differing for row in page.context["pairs"]] == [None]
    assert "differs=" not in page.content.decode()


def test_where_somebody_alone_answered_otherwise(desk, project, queue, people, mixed_up):
    factories.item(queue, "unanswered")
    here, wanted = reverse("console:items", args=[project.slug]), {"differs": str(people[1].pk)}
    assert texts(desk.get(here, wanted)) == {"item 0", "item 1"}
    act = reverse("console:items_act", args=[project.slug], query=wanted)
    assert desk.post(act, {"scope": "all", "action": "requeue"}).status_code == 302
    unsettled = queue.items.exclude(state=Item.State.SETTLED)
    assert set(unsettled.values_list("search_text", flat=True)) == {"item 0", "item 1", "unanswered"}


def test_what_was_answered_beside_a_guess_is_not_behind_a_figure(desk, project, queue, people):
    item = factories.settled_item(queue, "Refund", "guessed", reviewers=[people[0]])
    answered(queue, people[1], "Order status", "Exchange", item=item)
    here = reverse("console:items", args=[project.slug])
    assert texts(desk.get(here, {"answered": "Exchange"})) == set()
    assert texts(desk.get(here, {"reviewer": str(people[1].pk)})) == {"guessed"}
    assert texts(desk.get(here, {"reviewer": str(people[0].pk), "differs": str(people[1].pk)})) == set()


def test_whoever_answers_in_the_queue_finds_no_open_item_by_answers(client, project, queue, people):
    item = factories.item(queue, "undecided")
    for person, label in zip(people, ["Refund", "Exchange"], strict=True):
        factories.annotation(item, person, label)
    boss = factories.member(project, "manager")
    here, wanted = reverse("console:items", args=[project.slug]), {"answered": "Refund"}
    client.force_login(boss)
    assert texts(client.get(here, wanted)) == {"undecided"}
    queue.members.create(user=boss)
    assert texts(client.get(here, wanted)) == set()
    both = {"reviewer": str(people[0].pk), "differs": str(people[1].pk)}
    assert texts(client.get(here, both)) == set()


def test_a_label_of_an_older_version_can_be_looked_for(desk, project, queue):
    factories.settled_item(queue, "Long gone", "old one")
    here = reverse("console:items", args=[project.slug])
    assert texts(desk.get(here, {"label": "Long gone"})) == {"old one"}
