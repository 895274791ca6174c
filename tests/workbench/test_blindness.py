"""What could move an answer is nowhere that a reviewer can reach: every address of the house is walked, and read."""

import itertools
import re
from dataclasses import dataclass

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import RoutePattern
from django.utils.html import strip_tags

from apps.consensus.models import QualityFit, ReviewerQuality
from apps.labeling.models import Annotation, Thread
from apps.labeling.threads import thread_ask
from apps.queues.models import Item, Queue, Review
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

CONFIG = """<View><Text name="message" value="$message"/>
<Choices name="intent" toName="message" required="true"><Choice value="Refund"/><Choice value="Exchange"/></Choices>
<TextArea name="why" toName="message"/></View>"""
# Planted where a leak would take them from. None is a word of the interface.
VOTES = {
    "wimblethorpe": "another's question",
    "Quillfeather": "another's name",
    "grumblewhisk": "another's note",
    "snorkelbright": "another's text",
}
GUESSES = {"pomplemoose": "a model's label", "zephyrnaught": "a model's name", "0.7319": "a model's probability"}
MARKS = {"wobbletrunk": "a term of the score", "743": "another's count", "0.7431": "another's accuracy"}
SENTINELS = VOTES | GUESSES | MARKS
# Words that would give a mark away, whatever stands beside them.
TELLING = re.compile(r"\b(audit|honeypot|disagree\w*|disputed|posterior|consensus|confidence|entropy|is_audit)\b", re.I)


@pytest.fixture
def house(reviewer):
    """A project full of things to give away: items in every state, with others' votes and models' guesses."""
    project = factories.project(config=CONFIG)
    factories.member(project, "reviewer", user=reviewer)
    queue = factories.queue(project, overlap_min=3, overlap_max=5, audit_share=1.0)
    other = factories.member(project, name="Quillfeather")
    states = ["open", "open", "open", "adjudication", "settled"]
    items = [loaded_item(queue, other, state) for state in states]
    for item in items[3:]:
        factories.annotation(item, reviewer, "Exchange", result=result("Exchange", "mine"))
    fit = QualityFit.objects.create(
        queue=queue, labels=["Refund"], prior=[1], pooled_accuracy=0.7431, n_items=743, n_annotations=743,
        converged=True, created_at=NOW,
    )  # fmt: skip
    ReviewerQuality.objects.create(
        fit=fit, reviewer=other, confusion=[[1]], accuracy=0.7431, accuracy_low=0.7, accuracy_high=0.8,
        n_annotations=743,
    )  # fmt: skip
    return queue


@pytest.fixture
def mixed(house):
    """The same with copies of known answer mixed in: of an item that the reviewer has had, and of others."""
    Queue.objects.filter(pk=house.pk).update(honeypot_share=0.5)
    others = [factories.item(house, state="settled", settled_at=NOW) for _ in range(9)]
    for item in (house.items.get(consensus__state="settled"), *others):
        factories.honeypot(house, "Refund", original=item)
    house.refresh_from_db()
    return house


def result(label, text):
    return [
        {"from_name": "intent", "to_name": "message", "type": "choices", "value": {"choices": [label]}},
        {"from_name": "why", "to_name": "message", "type": "textarea", "value": {"text": [text]}},
    ]


def loaded_item(queue, other, state="open", text="A message to judge."):
    trace = factories.trace(queue.project, text, model="zephyrnaught")
    guess = factories.prediction(trace, {"pomplemoose": 0.7319, "Refund": 0.2681}, model_ref="zephyrnaught")
    terms = [{"name": "uncertainty", "value": 0.7319, "words": "wobbletrunk: model unsure, 0.7319", "public": False}]
    fields = {"open_slots": 2, "wanted": 3} if state == "open" else {"open_slots": 0}
    fields["settled_at"] = NOW if state == "settled" else None
    item = factories.item(
        queue, trace=trace, state=state, prediction=guess, terms=terms, is_audit=True, score=0.7319, **fields
    )
    factories.annotation(item, other, "Refund", result=result("Refund", "snorkelbright"), note="grumblewhisk")
    thread_ask(item=item, asker=other, text="I would say wimblethorpe?", now=NOW)
    factories.consensus(item, "Refund", state="settled" if state == "settled" else "unsettled", confidence=0.7319)
    return item


@dataclass(frozen=True)
class Seen:
    """One answer of the server, as a browser gets it."""

    name: str
    address: str
    status: int
    said: str  # body and headers

    def leaks(self):
        """Sentinels and telling words. Numbers are looked for in words only, as ids and lengths hold any digits."""
        words = strip_tags(re.sub(r"Content-Length: \d+", "", self.said))
        found = {each for each in SENTINELS if each in (words if each[0].isdigit() else self.said)}
        # The docs of the API are the same for everybody, and tell of confidence in general.
        if "/api/" in self.address:
            return found
        return found | set(TELLING.findall(re.sub(r"<style.*?</style>", "", self.said, flags=re.S)))


def addresses(resolver, prefix="/", namespace=""):
    """(name, route, converters) of every pattern of the house."""
    for pattern in resolver.url_patterns:
        part = pattern.pattern
        route = prefix + (str(part) if isinstance(part, RoutePattern) else "")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}:{pattern.name}", route


def filled(route, pool):
    """The route with every combination of the ids that fit its parameters."""
    parameters = re.findall(r"<(?:(\w+):)?(\w+)>", route)
    choices = [pool.get(name) or pool[kind or "str"] for kind, name in parameters]
    for values in itertools.product(*choices):
        address = route
        for (kind, name), value in zip(parameters, values, strict=True):
            address = address.replace(f"<{kind}:{name}>" if kind else f"<{name}>", str(value))
        yield address


def pool_of(queue):
    """Real ids for every kind of parameter; by name where many kinds share a type."""
    items, reviews = list(queue.items.all()), list(Review.objects.all())
    everything = [queue.pk, items[0].pk, items[0].trace_id, items[0].prediction_id, reviews[0].reviewer_id]
    return {
        "queue_id": [queue.pk],
        "item_id": [item.pk for item in items],
        "review_id": [review.pk for review in reviews],
        "annotation_id": list(Annotation.objects.values_list("pk", flat=True)),
        "thread_id": list(Thread.objects.values_list("pk", flat=True)),
        "slug": [queue.project.slug],
        "queue_slug": [queue.slug],
        "uuid": everything,
        "str": [items[0].trace.trace_id],
        "path": ["card.md"],
        "int": [1],
        "client_id": [items[0].trace.trace_id],
    }


def look(client, person, name, method, address, data=None, **headers):
    client.force_login(person)
    response = getattr(client, method)(address, data or {}, **headers)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    told = "\n".join(f"{key}: {value}" for key, value in response.headers.items() if key != "Content-Security-Policy")
    return Seen(name, f"{method} {address}", response.status_code, f"{told}\n{body.decode(errors='replace')}")


HTMX = {"HTTP_HX_REQUEST": "true"}


def walk(client, person, queue):
    """Everything that GET and an empty POST reach, as page and as fragment."""
    routes = list(addresses(get_resolver()))
    for method, headers in itertools.product(("get", "post"), ({}, HTMX)):
        for name, route in routes:
            for address in filled(route, pool_of(queue)):
                yield look(client, person, name, method, address, **headers)


def work(client, person, queue):
    """What a reviewer does: claim, a refused answer, answers, undo, history, skip, escalate, a late answer."""

    def act(name, *args, method="post", **data):
        address = reverse(f"workbench:{name}", args=[queue.pk, *args])
        return look(client, person, f"workbench:{name}", method, address, data, **HTMX)

    def lease():
        return Review.objects.get(reviewer=person, state="leased")

    yield act("claim")
    review = lease()
    yield act("answer", review.pk, token=review.token)
    yield act("answer", review.pk, token=review.token, **{"answer.intent": "Refund"})
    yield act("undo")
    yield act("history", method="get")
    review = lease()
    yield act("ask", review.pk, text="Which is it?")
    yield act("notices", method="get")
    yield act("answer", review.pk, token=review.token, **{"answer.intent": "Exchange", "note": "sure"})
    review = lease()
    yield act("skip", review.pk, token=review.token)
    yield act("skip", review.pk, token=review.token, reason="I cannot tell")
    while (review := lease()).item.state == Item.State.HONEYPOT:
        yield act("skip", review.pk, token=review.token, reason="I cannot tell")
    Review.objects.filter(pk=review.pk).update(state="expired")
    Item.objects.filter(pk=review.item_id).update(state="settled", settled_at=NOW, open_slots=0)
    yield act("answer", review.pk, token=review.token, **{"answer.intent": "Exchange"})
    yield act("escalate", review.pk, token=review.token, note="hard")
    yield act("claim")
    yield act("tally", method="get")
    yield act("news", method="get")


def assert_blind(seen):
    leaking = {f"{each.address} ({each.status})": each.leaks() for each in seen if each.leaks()}
    assert leaking == {}


def test_a_reviewer_s_work_shows_nothing_that_could_move_an_answer(client, reviewer, house):
    seen = list(work(client, reviewer, house))
    assert {each.status for each in seen} == {200, 204, 409, 422}
    assert sum("A message to judge." in each.said for each in seen) >= 6
    assert_blind(seen)


def test_no_address_of_the_house_shows_a_reviewer_what_could_move_an_answer(client, reviewer, mixed):
    list(work(client, reviewer, mixed))  # so that there is history, and reviews of every state
    seen = list(walk(client, reviewer, mixed))
    assert_blind(seen)
    reached = {each.name for each in seen if each.status == 200}
    pages = {
        "home",
        "queue",
        "tally",
        "guideline",
        "history",
        "skip",
        "escalate",
        "ask",
        "revise",
        "notices",
        "questions",
    }
    assert {f"workbench:{page}" for page in pages} <= reached
    asked = {each.name for each in seen}
    assert {"workbench:adjudicate", "workbench:decide", "api:traces"} & asked
    assert not any(name.startswith("console:") and "project" not in name for name in reached)


def test_what_an_adjudicator_sees_would_have_been_found(client, house):
    person = factories.member(house.project, "adjudicator")
    address = reverse("workbench:adjudicate", args=[house.pk])
    item = house.items.get(state="adjudication")
    item.annotations.exclude(reviewer__name="Quillfeather").update(status="withdrawn")
    seen = look(client, person, "workbench:adjudicate", "get", address)
    assert seen.status == 200
    assert set(VOTES) - {"wimblethorpe"} <= seen.leaks()
    assert "wobbletrunk" in seen.leaks()
    asked = look(client, person, "workbench:questions_waiting", "get", reverse("workbench:questions_waiting"))
    assert "wimblethorpe" in asked.leaks()


def test_what_a_manager_sees_of_an_item_would_have_been_found(client, house):
    person = factories.member(house.project, "manager")
    item = house.items.get(state="settled")
    address = reverse("console:item", args=[house.project.slug, item.pk])
    assert {"Quillfeather", "zephyrnaught"} <= look(client, person, "console:item", "get", address).leaks()


def plain(seen):
    """The answer without what differs from item to item: ids, tokens, secrets."""
    said = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", seen.said)
    said = re.sub(r'name="token" value="\d+"', "TOKEN", said)
    said = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"\w+"', "SECRET", said)
    return re.sub(r"(Expires|Last-Modified|Content-Length): .*", "", said)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_item_full_of_votes_and_marks_looks_like_an_untouched_one(client, reviewer, house, headers):
    """Not a byte may differ: a leak need not have a name."""
    house.items.filter(state="open").update(state="retired", open_slots=0)
    queue_page = reverse("workbench:queue", args=[house.pk])
    claim = reverse("workbench:claim", args=[house.pk])

    def shown():
        client.force_login(reviewer)
        client.post(claim)
        return look(client, reviewer, "workbench:queue", "get", queue_page, **headers)

    untouched = factories.item(house, trace=factories.trace(house.project, "The very same message."))
    first = shown()
    Review.objects.filter(item=untouched).update(state="expired")
    Item.objects.filter(pk=untouched.pk).update(state="retired", open_slots=0)
    other = factories.member(house.project, name="Quillfeather")
    loaded_item(house, other, text="The very same message.")
    second = shown()
    assert "The very same message." in first.said
    assert plain(first) == plain(second)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_item_with_a_known_answer_looks_like_any_other(client, reviewer, mixed, headers):
    """Not a byte may differ but the count of what is left, which falls by one as ever (test_honeypots)."""
    for _ in range(25):
        factories.item(mixed, enqueued_at=NOW, open_slots=2, wanted=3)
    mixed.items.filter(state__in=["open", "honeypot"]).update(data={"message": "The very same message."})
    queue_page = reverse("workbench:queue", args=[mixed.pk])
    seen = {}
    client.force_login(reviewer)
    while len(seen) < 2:
        client.post(reverse("workbench:claim", args=[mixed.pk]))
        review = Review.objects.select_related("item").get(reviewer=reviewer, state="leased")
        told = look(client, reviewer, "workbench:queue", "get", queue_page, **headers)
        assert "The very same message." in told.said
        assert str(review.item_id) not in told.said
        seen[review.item.state] = re.sub(r"<b>\d+</b> left|(max=.|of )\d+", "COUNT", plain(told))
        Review.objects.filter(pk=review.pk).update(state="skipped", skip_reason="So that the next one comes")
    assert seen["open"] == seen["honeypot"]


def test_the_walk_reads_what_is_planted():
    """The eyes themselves: each sentinel and each telling word is found where it stands."""
    for planted in SENTINELS:
        assert planted in Seen("", "", 200, f"<p>so: {planted}</p>").leaks()
    for word in ("audit", "Honeypot", "disagreement", "posterior"):
        assert Seen("", "", 200, f'<i data-x="{word}"></i>').leaks()
