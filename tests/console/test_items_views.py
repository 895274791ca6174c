"""The manager's items pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.console.item_search import ORDERS
from apps.console.keyset import keyset_page
from apps.queues.models import Item
from apps.queues.selectors import items_of_project
from tests import factories


def address(name, project, *args):
    return reverse(f"console:{name}", args=[project.slug, *args])


@pytest.fixture
def queue(project):
    return factories.queue(project, "Unsure")


@pytest.fixture
def desk(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def item(queue):
    return factories.item(queue, "where is my parcel")


def words(response):
    return response.content.decode()


def found(desk, project, **query):
    """Texts of the items that the list shows, in its order."""
    response = desk.get(address("items", project), query)
    assert response.status_code == 200
    return [row.search_text for row in response.context["page"].rows]


@pytest.mark.parametrize("name", ["items", "item"])
def test_item_pages_are_read_by_viewers(client, project, item, manager, viewer, reviewer, stranger, name):
    page = address(name, project, *([item.pk] if name == "item" else []))
    assert client.get(page).status_code == 302
    for person, status in [(manager, 200), (viewer, 200), (reviewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.get(page).status_code == status


@pytest.mark.parametrize("name", ["items_act", "item_act"])
def test_acts_are_the_managers_and_posted(client, project, item, manager, viewer, stranger, name):
    page = address(name, project, *([item.pk] if name == "item_act" else []))
    for person, status in [(viewer, 403), (stranger, 404)]:
        client.force_login(person)
        assert client.post(page, {"action": "retire"}).status_code == status
    client.force_login(manager)
    assert client.get(page).status_code == 405


def test_another_projects_item_is_not_found_and_not_touched(desk, project, item):
    elsewhere = factories.item(factories.queue(factories.project("Other")), "not mine")
    assert desk.get(address("item", project, elsewhere.pk)).status_code == 404
    assert "not mine" not in found(desk, project)
    posted = {"action": "retire", "reason": "spam", "item": [str(elsewhere.pk)]}
    assert desk.post(address("items_act", project), posted).status_code == 422
    elsewhere.refresh_from_db()
    assert elsewhere.state == "open"


def test_empty_lists_offer_a_step(desk, project, queue):
    assert 'class="empty"' in words(desk.get(address("items", project)))
    assert "No item fits" in words(desk.get(address("items", project), {"q": "nothing like it"}))


def test_filters(desk, project, queue, reviewer):
    now = timezone.now()
    other = factories.queue(project, "Other")
    reason = factories.reason(project, "wrong-policy")
    settled = factories.settled_item(queue, "Refund", "settled", confidence=0.93, enqueued_at=now)
    factories.annotation(settled, reviewer, "Refund")
    late = factories.item(other, "late", enqueued_at=now - timedelta(hours=30), severity=4)
    factories.escalation(late.trace, reason)
    factories.item(queue, "audited", is_audit=True, enqueued_at=now - timedelta(hours=2))
    wanted = {
        "q": ("SETT", ["settled"]),
        "queue": (other.slug, ["late"]),
        "state": ("settled", ["settled"]),
        "label": ("Refund", ["settled"]),
        "reviewer": (str(reviewer.pk), ["settled"]),
        "confidence_from": ("0.9", ["settled"]),
        "confidence_to": ("0.9", []),
        "reason": ("wrong-policy", ["late"]),
        "audit": ("yes", ["audited"]),
    }
    for name, (value, texts) in wanted.items():
        assert found(desk, project, **{name: value}) == texts, name
    assert found(desk, project, reason="any") == ["late"]
    assert found(desk, project, age="late") == ["late"]
    assert found(desk, project, age="1h", sort="oldest") == ["late", "audited"]
    assert found(desk, project, q=late.source_key) == ["late"]


def test_unreadable_filters_and_cursors_show_everything(desk, project, item):
    for query in ({"confidence_from": "much"}, {"after": "x~y"}, {"after": "2026-01-01~"}, {"sort": "nonsense"}):
        assert found(desk, project, **query) == ["where is my parcel"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "queue", "due", "unsure", "sure"])
def test_every_order_pages_through_all_items_once(rf, project, queue, sort):
    now = timezone.now()
    for number in range(7):
        # Equal places on purpose: ties go by id.
        one = factories.item(
            queue,
            f"item {number}",
            enqueued_at=now - timedelta(hours=number // 2),
            sort_key=float(number // 3),
            due_at=now + timedelta(hours=number) if number % 2 else None,
        )
        if number % 2:
            factories.consensus(one, "Refund", state="unsettled", confidence=0.5 + number / 100)
    seen, query = [], "?"
    while query:
        page = keyset_page(rf.get(f"/{query}"), items_of_project(project=project), ORDERS[sort], size=3)
        seen += [row.search_text for row in page.rows]
        query = page.following
    assert len(seen) == 7
    assert set(seen) == {f"item {number}" for number in range(7)}


def test_list_asks_the_same_number_of_questions_however_many_items(desk, project, queue, django_assert_max_num_queries):
    for number in range(30):
        factories.settled_item(queue, "Refund", f"item {number}", reviewers=[])
    with django_assert_max_num_queries(18):
        assert len(found(desk, project)) == 30


def test_item_page_tells_the_whole_history(desk, project, queue, reviewer, adjudicator):
    one = factories.item(
        queue,
        "two wishes",
        state="settled",
        settled_at=factories.NOW,
        terms=[{"name": "uncertainty", "value": 2.5, "words": "model unsure (Refund 0.41)"}],
    )
    factories.prediction(one.trace, {"Refund": 0.6, "Exchange": 0.4})
    factories.annotation(one, reviewer, "Exchange", note="they also ask for money", source="simulated")
    factories.consensus(one, "Refund", state="adjudicated", posterior={"Exchange": 0.8, "Refund": 0.2})
    factories.adjudication(one, adjudicator, "Refund", reason="rule 3")
    page = words(desk.get(address("item", project, one.pk)))
    for told in ("two wishes", "model unsure (Refund 0.41)", "they also ask for money", "rule 3", "2.50", "Simulated"):
        assert told in page, told


def test_item_page_hides_votes_from_a_manager_who_may_still_get_it(desk, project, queue, manager, reviewer):
    one = factories.item(queue, "mine too", terms=[{"name": "uncertainty", "value": 2, "words": "model unsure (X)"}])
    factories.prediction(one.trace, {"Refund": 0.6, "Exchange": 0.4})
    factories.annotation(one, reviewer, "Exchange", note="a telling note")
    factories.consensus(one, "Exchange", state="unsettled", confidence=0.8123)
    page = address("item", project, one.pk)
    assert "a telling note" in words(desk.get(page))
    queue.members.create(user=manager)
    hidden = words(desk.get(page))
    for told in ("a telling note", "0.812", "model unsure", "Exchange 0.40"):
        assert told not in hidden, told
    row = words(desk.get(address("items", project)))
    assert "0.812" not in row
    assert "model unsure" not in row
    for query in ({"label": "Exchange"}, {"confidence_from": "0.8"}, {"reviewer": str(reviewer.pk)}):
        assert found(desk, project, **query) == []
    Item.objects.filter(pk=one.pk).update(state="adjudication", open_slots=0)
    assert "a telling note" in words(desk.get(page))


def test_bulk_acts_change_what_was_ticked(desk, project, queue, item):
    other = factories.item(queue, "left alone")
    page = address("items_act", project)
    assert desk.post(page, {"action": "prioritise", "priority": "3", "item": [str(item.pk)]}).status_code == 302
    item.refresh_from_db()
    other.refresh_from_db()
    assert (item.priority, other.priority) == (3, 0)
    assert desk.post(page, {"action": "retire", "reason": "spam", "item": [str(item.pk)]}).status_code == 302
    item.refresh_from_db()
    assert (item.state, item.retired_reason) == ("retired", "spam")
    assert desk.post(page, {"action": "requeue", "item": [str(item.pk)]}).status_code == 302
    item.refresh_from_db()
    assert item.state == "open"


def test_bulk_act_on_all_that_fit_the_filters(desk, project, queue, item):
    factories.item(queue, "keep me")
    page = address("items_act", project) + "?q=parcel&after=x"
    response = desk.post(page, {"action": "retire", "reason": "spam", "scope": "all"})
    assert response.status_code == 302
    assert response.url.endswith("?q=parcel")
    assert list(Item.objects.filter(state="retired")) == [item]


@pytest.mark.parametrize("query", ["label=Renamed", "q=parcel&confidence_from=much"])
def test_bulk_act_on_all_that_fit_filters_nobody_can_read_is_refused(desk, project, item, query):
    page = f"{address('items_act', project)}?{query}"
    response = desk.post(page, {"action": "retire", "reason": "spam", "scope": "all"})
    assert response.status_code == 422
    assert "A filter no longer fits" in words(response)
    item.refresh_from_db()
    assert item.state == "open"


def test_hand_over_gives_the_item_to_a_named_person(desk, project, item, reviewer):
    posted = {"action": "hand", "person": str(reviewer.pk)}
    assert desk.post(address("item_act", project, item.pk), posted).status_code == 302
    item.refresh_from_db()
    assert item.reserved_for == reviewer


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({"action": "retire", "reason": "spam"}, "Tick the items first"),
        ({"action": "retire", "item": True}, "Say why"),
        ({"action": "hand", "item": True}, "Choose the person"),
        ({"action": "prioritise", "item": True}, "Give the points"),
        ({"action": "prioritise", "priority": "99", "item": True}, "less than or equal to 10"),
        ({"action": "destroy", "item": True}, "valid choice"),
        ({"item": "no-id", "action": "requeue"}, "Tick the items first"),
    ],
)
def test_bulk_acts_refuse_what_they_cannot_do_and_change_nothing(desk, project, item, posted, told):
    posted = {name: str(item.pk) if value is True else value for name, value in posted.items()}
    response = desk.post(address("items_act", project), posted)
    assert response.status_code == 422
    assert told in words(response)
    item.refresh_from_db()
    assert (item.state, item.priority, item.reserved_for) == ("open", 0, None)


def test_hand_over_to_somebody_who_does_not_work_there_is_refused(desk, project, item, adjudicator):
    response = desk.post(address("item_act", project, item.pk), {"action": "hand", "person": str(adjudicator.pk)})
    assert response.status_code == 422
    assert "does not work in this queue" in words(response)


def test_hand_over_of_a_settled_item_is_a_conflict(desk, project, queue, reviewer):
    done = factories.settled_item(queue, "Refund", "done")
    response = desk.post(address("item_act", project, done.pk), {"action": "hand", "person": str(reviewer.pk)})
    assert response.status_code == 409
