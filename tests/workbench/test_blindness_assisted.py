"""A model's guess is seen where the queue's policy says so, and nowhere else; and no page tells a planted one."""

import re

import pytest
from django.urls import get_resolver, reverse

from apps.labeling.models import Suggestion
from apps.queues.models import Item, Review
from apps.workbench.services_batch import grid_claim
from tests import factories
from tests.factories import NOW, choices_result
from tests.workbench.test_assistance import queue_of
from tests.workbench.test_blindness import HTMX, addresses, filled, look, plain, pool_of

pytestmark = pytest.mark.django_db

# What only a page with a guess on it holds, in words or in markup. The settings name the key that clears one.
GUESSED = re.compile(r'id="guess"|class="guess|suggest|guess|data-accept|wrong on purpose', re.I)
SAME_FOR_ALL = "Clear the model’s suggestion"
# What would tell a planted guess, in a page, a header or an attribute.
PLANTED = re.compile(r"is_wrong|planted|wrong_share|no_guess|\bcontrol\b|data-wrong", re.I)


@pytest.fixture(autouse=True)
def never_control(monkeypatch):
    monkeypatch.setattr("apps.labeling.suggestions.BLIND_SHARE", 0.0)


def guessed(queue, label="Exchange", text="The very same message.", **fields):
    trace = factories.trace(queue.project, text)
    guess = factories.prediction(trace, {label: 0.8, "Refund" if label != "Refund" else "Exchange": 0.2})
    return factories.item(queue, trace=trace, prediction=guess, **fields)


def shows_guess(seen):
    return GUESSED.search(seen.said.replace(SAME_FOR_ALL, "")) is not None


def act(client, person, queue, name, *args, method="post", **data):
    address = reverse(f"workbench:{name}", args=[queue.pk, *args])
    return look(client, person, name, method, address, data, **HTMX)


def work(client, person, queue):
    """Claim, keep a draft, clear, reload, be refused, answer, look back, take it back, answer again, ask, skip."""
    yield act(client, person, queue, "claim")
    review = Review.objects.get(reviewer=person, state="leased")
    yield act(client, person, queue, "draft", review.pk, **{"answer.intent": "Refund"})
    yield act(client, person, queue, "queue", method="get")
    yield act(client, person, queue, "queue", method="get", clear="")
    yield act(client, person, queue, "answer", review.pk, token=review.token, **{"answer.intent": "Weather"})
    yield act(client, person, queue, "answer", review.pk, token=review.token, **{"answer.intent": "Refund"})
    yield act(client, person, queue, "history", method="get")
    yield act(client, person, queue, "undo")
    review.refresh_from_db()
    yield act(client, person, queue, "ask", review.pk, text="Which is it?")
    yield act(client, person, queue, "answer", review.pk, token=review.token, **{"answer.intent": "Refund"})
    yield act(client, person, queue, "second_look", review.pk, keep="1")
    annotation = review.annotations.get(status="current")
    yield act(client, person, queue, "revise", annotation.pk, method="get")
    yield act(client, person, queue, "claim")


@pytest.mark.parametrize(
    ("assistance", "fields"),
    [
        ("none", {}),
        ("none", {"is_audit": True}),
        ("after_answer", {"is_audit": True}),
        ("pre_annotated", {"is_audit": True}),
    ],
)
def test_no_guess_is_shown_where_it_is_not_allowed(client, project, reviewer, assistance, fields):
    queue = queue_of(project, assistance, overlap_min=1)
    guessed(queue, **fields)
    seen = list(work(client, reviewer, queue))
    assert {each.status for each in seen} == {200, 204, 422}
    assert [each.name for each in seen if shows_guess(each)] == []
    assert not Suggestion.objects.filter(result__isnull=False).exists()


def test_no_guess_is_shown_before_the_answer_and_none_where_it_is_the_same(client, project, reviewer):
    queue = queue_of(project, "after_answer", overlap_min=1)
    guessed(queue)
    shown = [n for n, each in enumerate(work(client, reviewer, queue)) if shows_guess(each)]
    assert shown == [5]  # the reply to the answer; and once taken back, the page is as it was before


@pytest.mark.parametrize("role", ["reviewer", "adjudicator"])
def test_no_address_shows_anybody_who_may_get_the_item_its_guess(client, project, role):
    """Everybody named in the queue, whatever else he is: every page, fragment and API answer."""
    person = factories.member(project, role)
    queue = queue_of(project, "pre_annotated", overlap_min=3, overlap_max=5)
    if role in ("adjudicator", "manager"):
        queue.members.create(user=person)
    other = factories.member(project)
    item = guessed(queue, is_audit=True)
    factories.review(item, other, state="leased")
    planted = guessed(queue)
    Suggestion.objects.create(
        item=planted, reviewer=other, schema=planted.schema, mode="pre_annotated", wrong_share=0.5, created_at=NOW,
        result=choices_result("Order status"), label="Order status", is_wrong=True,
    )  # fmt: skip
    about_items = ("workbench:", "console:item")
    routes = [route for name, route in addresses(get_resolver()) if name.startswith(about_items)]
    pool = {name: values[:2] for name, values in pool_of(queue).items()}
    leaks = []
    for route in routes:
        for address in filled(route, pool):
            seen = look(client, person, route, "get", address, **HTMX)
            if "/api/" not in address and PLANTED.search(
                re.sub(r"<style.*?</style>|Cache-Control: .*", "", seen.said, flags=re.S)
            ):
                leaks.append(address)
    # A manager's settings hold the share itself, which is no secret from him; which item it fell on is.
    assert [each for each in leaks if not re.search(r"/queues/[^/]+/$|/queues/-/new/$", each)] == []


def timeless(seen):
    """The reply without what differs from item to item, and without the minute of a draft."""
    return re.sub(r'data-draft-at="[^"]*"|begun at \d+:\d+|took \S+|\d+:\d\d', "TIME", plain(seen))


def same_but_for_the_mark(project, person):
    """Two queues of one item with the same guess shown, in one of them planted."""
    for is_wrong in (False, True):
        queue = queue_of(project, overlap_min=1, assistance_wrong_share=0.3)
        item = guessed(queue, "Refund" if is_wrong else "Exchange")
        Suggestion.objects.create(
            item=item, reviewer=person, schema=item.schema, mode="pre_annotated", wrong_share=0.3, created_at=NOW,
            result=choices_result("Exchange"), label="Exchange", is_wrong=is_wrong, prediction=item.prediction,
        )  # fmt: skip
        yield queue, item


def test_a_planted_guess_looks_like_any_other_in_every_reply(client, project, reviewer):
    """Not a byte may differ: neither on the item's own page nor in a grid, before or after the answer."""
    replies = []
    for queue, item in same_but_for_the_mark(project, reviewer):
        factories.review(item, reviewer, state="expired", sees_guess=True)
        replies.append([timeless(each) for each in work(client, reviewer, queue)])
        Item.objects.filter(queue=queue).update(state="retired", open_slots=0)
    honest, planted = replies
    assert "Suggested by the model:" in honest[0]
    assert honest == planted


def test_a_planted_guess_looks_like_any_other_in_a_grid(client, project, reviewer):
    replies = []
    for queue, item in same_but_for_the_mark(project, reviewer):
        (review,) = grid_claim(queue=queue, reviewer=reviewer, now=NOW.replace(year=NOW.year + 1))
        Review.objects.filter(pk=review.pk).update(sees_guess=True)
        seen = [act(client, reviewer, queue, "batch", method="get")]
        sent = {"token": review.token, "answer.intent": "Exchange"}
        seen.append(act(client, reviewer, queue, "batch_answer", review.pk, **sent))
        seen.append(act(client, reviewer, queue, "batch_undo"))
        replies.append([timeless(each) for each in seen])
        Item.objects.filter(pk=item.pk).update(state="retired", open_slots=0)
    honest, planted = replies
    assert "data-accept" in honest[0]
    assert honest == planted


def test_the_eyes_find_what_they_look_for(client, project, reviewer):
    queue = queue_of(project, overlap_min=1)
    guessed(queue)
    assert shows_guess(next(work(client, reviewer, queue)))
    assert PLANTED.search('<li data-x="is_wrong">')
