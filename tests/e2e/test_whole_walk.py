"""The whole house in one walk: a client's escalation, people, gold, a model that serves the queue, and the way back."""

import json
import time
import urllib.request
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.models import Job
from apps.evaluation.models import EvaluationRun
from apps.golden.models import GoldenSet, GoldenVersion
from apps.intake.models import Escalation
from apps.projects.services import api_key_create
from apps.queues.models import Item
from apps.queues.services import items_from_traces, queue_create
from apps.rollout.models import Deployment, RescoringRun
from apps.training.models import ModelVersion, TrainingRun
from tests import factories
from tests.workers import celery_worker, environment, sending_to

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "ordered the blue ones twice but only want ONE pair"
LABELS = ("Refund", "Exchange", "Order status")
SENTENCES = {
    "Refund": "I want my money back for {}, please refund me",
    "Exchange": "can I swap {} for another size or colour",
    "Order status": "where is my parcel with {}, it has not arrived",
}
THINGS = (
    "the boots", "a red coat", "two mugs", "my order", "the blue lamp", "these trousers", "the scarf", "a kettle",
    "the running shoes", "a wool hat", "the green sofa", "those gloves", "the frying pan", "my new jacket", "a towel",
    "the sandals", "one pillow", "the raincoat", "a set of plates", "the slippers", "her dress", "the curtains",
    "a belt", "my umbrella", "the desk", "some socks", "the vase", "a backpack", "the rug", "his shirt",
)  # fmt: skip
LIMIT_S = 150


def wait_for(condition, what):
    end = time.monotonic() + LIMIT_S
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} took too long"
        time.sleep(0.3)
    return found


def finished(run):
    """The job's row once it is over; a failed one shows its reason."""

    def over():
        run.refresh_from_db()
        return run.is_terminal

    wait_for(over, str(run))
    assert run.state == Job.State.SUCCEEDED, run.error
    return run


class Client:
    """A product's backend: sends JSON with its key."""

    def __init__(self, url, key):
        self.url, self.key = url, key

    def send(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=data, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture
def house(tmp_path, settings, redis_url):
    """A worker with beat beside the live server, on one database, broker and store."""
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    env = environment(redis_url=redis_url, artifacts=settings.ARTIFACT_ROOT)
    with sending_to(redis_url), celery_worker(env, beat=True):
        yield


@pytest.fixture
def queue(project, manager):
    return queue_create(
        project=project,
        name="Unsure answers",
        by=manager,
        now=timezone.now(),
        overlap_min=2,
        overlap_max=2,
        consensus_method="majority",
        deadline_share=1.0,
        audit_share=0.0,
    )


@pytest.fixture
def past(project, queue):
    """What people settled before, and what waits."""
    people = [factories.member(project, name=f"Earlier reviewer {n}") for n in (1, 2)]
    for label, sentence in SENTENCES.items():
        for thing in THINGS:
            factories.settled_item(queue, label, sentence.format(thing), reviewers=people)
    for person in people:  # they have left; who works here now are the walk's own reviewers
        person.memberships.all().delete()
    waiting = [factories.trace(project, f"hello, about {thing}: {n}?") for n, thing in enumerate(THINGS[:12])]
    items_from_traces(project=project, traces=waiting, now=timezone.now())


def answer_by_key(page, queue, key, text):
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    page.locator("#item", has_text=text).wait_for()
    page.keyboard.press(key)
    page.locator("#item", has_text=text).wait_for(state="detached")


def decide_sides(queue, item):
    """Two of five to be tested on, of each label; not the item, which the walk's end finds in what was trained on."""
    golden_set = GoldenSet.objects.get()
    others = list(queue.items.filter(state="settled").exclude(pk=item.pk).order_by("pk"))
    test = {each for number, each in enumerate(others) if number % 5 < 2}
    factories.golden_sides(golden_set, "test", test)
    factories.golden_sides(golden_set, "train", {item, *others} - test)


def click_button(page, name):
    page.get_by_role("button", name=name, exact=False).first.click()


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("house", "past")
def test_from_an_escalation_to_a_better_queue(
    open_page, login, live_server, project, queue, reviewer, adjudicator, manager, second_manager, shot
):
    second_reviewer = factories.member(project, name="Second reviewer")
    reason = factories.reason(project, text="wrong policy", severity=5)
    _, key = api_key_create(
        project=project, name="Shop backend", scopes=["ingest", "read"], by=manager, now=timezone.now()
    )
    client = Client(live_server.url, key)
    escalation = escalate(client, reason)
    answer_by_key(login(open_page(), reviewer), queue, "1", TEXT)
    answer_by_key(login(open_page(), second_reviewer), queue, "2", TEXT)
    item = Item.objects.get(trace__trace_id="chat-4471")
    assert item.state == "adjudication"
    decide(login(open_page(), adjudicator), queue, shot)
    expect_answered(client, escalation)

    desk = login(open_page(), manager)
    freeze(desk, project, queue, item, shot)
    model = train(desk, project)
    shot(desk, "walk-training")
    run = evaluate(desk, project)
    assert run.gate_decision.verdict == "pass", run.gate_decision.words
    shot(desk, "walk-gate")
    promote(desk, project, queue, model, shot)

    second = train(desk, project, seed=9)
    run = evaluate(desk, project)
    assert run.gate_decision.verdict != "pass"  # a second model is no better
    override_and_roll_back(desk, login(open_page(), second_manager), project, run, [model, second])
    follow_back_to_the_votes(desk, project, model, shot)


def escalate(client, reason):
    """A client escalates, and waits. Returns the escalation's id."""
    created = client.send(
        "escalations",
        {
            "trace": {"trace_id": "chat-4471", "input": TEXT, "model": "assistant-1"},
            "reason": reason.code,
            "deadline_at": (timezone.now() + timedelta(seconds=40)).isoformat(),
        },
    )
    assert client.send(f"escalations/{created['id']}")["state"] == "waiting"
    return created["id"]


def decide(bench, queue, shot):
    """The adjudicator sees both votes and decides."""
    bench.goto(reverse("workbench:adjudicate", args=[queue.pk]))
    bench.locator("#item", has_text=TEXT).wait_for()
    assert bench.locator(".vote").count() == 2
    shot(bench, "walk-adjudicate")
    bench.locator("#answer").get_by_text("Refund", exact=True).click()
    bench.get_by_label("Reason").fill("ends with one pair fewer and money back")
    bench.keyboard.press("Control+Enter")
    bench.get_by_text("Nothing is disputed").wait_for()


def expect_answered(client, escalation):
    """The client polls and gets the people's answer."""
    told = wait_for(lambda: _answer(client, escalation), "the answer")["answer"]
    assert (told["label"], told["settled_by"]) == ("Refund", "adjudicator")
    assert Escalation.objects.get(pk=escalation).revision == 1


def freeze(desk, project, queue, item, shot):
    """The manager gathers what is settled and freezes it."""
    desk.goto(reverse("console:golden", args=[project.slug]))
    desk.get_by_label("Name", exact=True).fill("Support gold")
    desk.get_by_label("Test share in per cent").fill("40")
    click_button(desk, "Make the set")
    click_button(desk, "Count")
    click_button(desk, "Gather them")
    decide_sides(queue, item)
    desk.get_by_role("link", name="Freeze the next version").click()
    click_button(desk, "Freeze version 1")
    desk.get_by_role("heading", name="version 1").first.wait_for()
    assert GoldenVersion.objects.get().items.count() == len(LABELS) * len(THINGS) + 1
    shot(desk, "walk-golden")


def promote(desk, project, queue, model, shot):
    """The model goes into service; the waiting items are re-scored and take new places."""
    before = list(waiting(queue).values_list("pk", "sort_key"))
    desk.get_by_role("link", name="Promote").click()
    click_button(desk, "Promote")
    rescoring = finished(wait_for(RescoringRun.objects.first, "the re-scoring"))
    assert rescoring.n_items == len(before)
    assert list(waiting(queue).values_list("pk", "sort_key")) != before
    assert set(waiting(queue).values_list("prediction__model_ref", flat=True)) == {model.ref}
    desk.goto(reverse("console:rollout", args=[project.slug]))
    desk.get_by_text(f"{len(before)} predicted").wait_for()
    shot(desk, "walk-rollout")


def override_and_roll_back(desk, other_desk, project, run, models):
    """What the gate does not pass two managers may; one click takes it back."""
    first, second = models
    desk.get_by_label("Reason").fill("The first one leaves service on Monday; this one answers as well.")
    click_button(desk, "Ask for an override")
    desk.get_by_text("You asked for it").wait_for()
    other_desk.goto(reverse("console:evaluation_gate", args=[project.slug, run.pk]))
    other_desk.get_by_role("link", name="Confirm").click()
    click_button(other_desk, "Confirm the override and promote")
    other_desk.get_by_role("heading", name=f"Champion now: Model {second.number}").wait_for()
    click_button(other_desk, f"Roll back to model {first.number}")
    other_desk.get_by_role("heading", name=f"Champion now: Model {first.number}").wait_for()
    assert Deployment.objects.count() == 3


def follow_back_to_the_votes(desk, project, model, shot):
    """From the model back to every vote."""
    desk.goto(reverse("console:lineage_model", args=[project.slug, model.pk]))
    desk.get_by_role("heading", name=f"What model {model.number} rests on").wait_for()
    trail = find_trail(desk, TEXT)
    trail.locator("summary").click()
    for words in ("Refund", "Exchange", "Reviewer", "Second reviewer", "Adjudicator", "chat-4471"):
        assert words in trail.inner_text()
    shot(desk, "walk-lineage")


def _answer(client, escalation_id):
    told = client.send(f"escalations/{escalation_id}")
    return told if told["state"] == "answered" else None


def waiting(queue):
    return Item.objects.filter(queue=queue, state="open").order_by("-sort_key", "pk")


def train(desk, project, *, seed=0):
    """Start a run in the browser, watch its page until it is done, and give the model."""
    desk.goto(reverse("console:training", args=[project.slug]))
    desk.get_by_label("Method").select_option("probe")
    if not desk.get_by_label("Seed").is_visible():
        desk.get_by_text("More settings").click()
    desk.get_by_label("Seed").fill(str(seed))
    desk.locator("#start").get_by_role("button", name="Start").click()
    run = finished(TrainingRun.objects.order_by("-created_at")[0])
    model = ModelVersion.objects.get(training_run=run)
    desk.goto(reverse("console:training_run", args=[project.slug, run.pk]))
    desk.get_by_text(f"Model {model.number}").first.wait_for()
    return model


def evaluate(desk, project):
    """Start an evaluation in the browser and open its gate."""
    desk.goto(reverse("console:evaluation", args=[project.slug]))
    desk.locator("#start").get_by_role("button", name="Start").click()
    run = finished(EvaluationRun.objects.order_by("-created_at")[0])
    desk.goto(reverse("console:evaluation_run", args=[project.slug, run.pk]))
    desk.get_by_role("link", name="Open the gate").click()
    desk.get_by_role("heading", name="against").wait_for()
    return run


def find_trail(desk, text):
    """The escalated item's article; it may stand on a later page of the list."""
    while not desk.locator("article", has_text=text).count():
        desk.get_by_role("link", name="Next").or_(desk.get_by_role("link", name="Older")).first.click()
    return desk.locator("article", has_text=text).first
