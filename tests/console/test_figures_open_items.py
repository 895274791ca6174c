"""A figure leads to the items behind it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.queues.models import Item
from tests import factories
from tests.console.test_assistance_figures import answered

pytestmark = pytest.mark.django_db
COMPARED = (
    '<View><Text name="a" value="$message"/><Text name="b" value="$message"/>'
    '<Pairwise name="better" toName="a,b"/></View>'
)


def preferred(side):
    frame = {"id": "r", "type": "pairwise", "from_name": "better", "to_name": "a"}
    return [frame | {"value": {"selected": side}}]


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


def rows(page):
    return set(page.context["page"].rows)


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


@pytest.fixture
def two_weeks(queue, people):
    """Twenty items of the week of 2 March, as many of the next one, in which the first ones were answered again."""
    days = [factories.NOW + timedelta(days=week * 7 + n % 5) for week in (0, 1) for n in range(20)]
    for number, day in enumerate(days):
        item = factories.item(queue, f"item {number}")
        factories.annotation(item, people[0], "Refund", created_at=day)
        later = day if number else day + timedelta(days=7)
        factories.annotation(item, people[1], "Refund" if number % 3 else "Exchange", created_at=later)


def charted(page):
    """Addresses of a chart's points, and of the rows of its table."""
    found = page.content.decode()
    dots = re.findall(r'<a href="([^"]+)" aria-label="[^"]+"><title>', found)
    rows = re.findall(r'<th scope="row" class="num"><a href="([^"]+)">', found)
    return [address.replace("&amp;", "&") for address in dots], [address.replace("&amp;", "&") for address in rows]


def test_a_week_of_agreement_leads_to_the_items_first_answered_in_it(desk, project, two_weeks):
    dots, listed = charted(desk.get(reverse("console:quality_agreement", args=[project.slug])))
    assert dots == listed
    first, second = (texts(desk.get(f"{address}&sort=oldest")) for address in dots)
    assert first == {f"item {n}" for n in range(20)}
    assert second == {f"item {n}" for n in range(20, 40)}


def test_a_week_of_a_person_leads_to_what_they_answered_in_it(desk, project, people, two_weeks):
    page = desk.get(reverse("console:quality_reviewer", args=[project.slug, people[1].pk]))
    dots, _rows = charted(page)
    first, second = (texts(desk.get(address)) for address in dots)
    assert first == {f"item {n}" for n in range(1, 20)}
    assert second == {"item 0"} | {f"item {n}" for n in range(20, 40)}


def test_days_can_be_open_at_either_end_and_must_be_days(desk, project, two_weeks):
    here = reverse("console:items", args=[project.slug])
    assert len(texts(desk.get(here, {"first_to": "2026-03-08", "sort": "oldest"}))) == 20
    assert "item 39" in texts(desk.get(here, {"first_from": "2026-03-09"}))
    assert texts(desk.get(here, {"first_from": "2026-03-16"})) == set()
    page = desk.get(here, {"first_from": "yesterday"})
    assert page.context["form"].errors["first_from"]


def test_who_was_preferred_leads_to_where(client):
    project = factories.project(config=COMPARED)
    queue, other = factories.queue(project), factories.queue(project, "Other")
    people = [factories.member(project) for _ in range(2)]
    pairs = []
    for n in range(12):
        sides = ("m1", "m2") if n % 2 else ("m2", "m1")
        trace = factories.trace(project, attributes=dict(zip(("left_model", "right_model"), sides, strict=True)))
        pairs.append(item := factories.item(queue if n < 11 else other, trace=trace))
        for person in people:
            best = "m2" if n == 0 and person is people[0] else "m1"
            factories.annotation(item, person, "", result=preferred("left" if sides[0] == best else "right"))
    client.force_login(factories.member(project, "manager"))
    page = client.get(reverse("console:quality_comparisons", args=[project.slug]))
    (ahead,), (behind,) = (links(page, f"{share}\N{NO-BREAK SPACE}%") for share in (96, 4))  # 23 of 24, 1 of 24
    assert rows(client.get(ahead)) == set(pairs)
    assert rows(client.get(behind)) == {pairs[0]}
    here = reverse("console:items", args=[project.slug])
    wanted = {"preferred": "m1", "over": "m2"}
    assert rows(client.get(here, wanted | {"queue": other.slug})) == {pairs[11]}  # the first question, unless told
    assert client.get(here, {"preferred": "m1"}).context["form"].errors["over"]
    assert rows(client.get(here, {"preferred": "m1' OR 1=1", "over": "m2"})) == set()
    boss = factories.member(project, "manager")
    queue.members.create(user=boss)
    client.force_login(boss)
    assert rows(client.get(here, wanted)) == {pairs[11]}  # votes on what he may still get are hidden from him


def test_where_nothing_is_compared_nothing_asks_who_was_preferred(desk, project, queue):
    form = desk.get(reverse("console:items", args=[project.slug])).context["form"]
    assert "preferred" not in form.fields


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
