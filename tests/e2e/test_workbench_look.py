"""Every page and state of the workbench as people meet it: phone and desk, light and dark, with axe."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.consensus.models import QualityFit, ReviewerQuality
from apps.consensus.services import consensus_update
from apps.projects.label_templates import label_template
from apps.queues.services import item_to_adjudication
from tests import factories
from tests.e2e.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

CONTEXT = [
    {"role": "customer", "content": "hi, order 4471 arrived today"},
    {"role": "bot", "content": "Good to hear! Is there anything about your order I can help with?"},
]
BLUE = "ordered the blue ones twice but only want ONE pair, how do i send the other back"
GUIDELINE = """Choose by what the customer has **at the end**, not by the words they use.

1. Choose *refund* when they end with fewer things and get money back.
2. Choose *exchange* when they end with a different thing of the same order.

| words | label |
|---|---|
| “can i get a 42” | exchange |
"""


@pytest.fixture(params=[("desktop", "light"), ("desktop", "dark"), ("phone", "light"), ("phone", "dark")], ids="-".join)
def look(request, open_page, assert_accessible, shot):
    """(page, look): a page of one size and theme, and a function that looks at it closely as it is now."""
    size, theme = request.param
    options = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
    page = open_page(viewport=DESKTOP if size == "desktop" else PHONE, theme=theme, **options)

    def closely(title):
        page.wait_for_load_state("networkidle")
        assert_accessible(page)
        shot(page, f"workbench-{title}-{size}-{theme}")

    return page, closely


def queue_of(project, **fields):
    return factories.queue(project, "Unsure answers", overlap_min=2, consensus_method="majority", **fields)


def open_queue(page, queue):
    page.goto(reverse("workbench:queue", args=[queue.pk]))
    page.locator("#answer, .empty").first.wait_for()


def test_states_of_a_queue(look, login, project, reviewer):
    page, closely = look
    project.is_sample = True
    project.save()
    factories.guideline(project, GUIDELINE)
    queue = queue_of(project, shows_escalation_reason=True)
    trace = factories.trace(project, BLUE, context=CONTEXT, origin="synthetic")
    factories.escalation(trace, factories.reason(project, text="wrong policy"))
    factories.item(queue, trace=trace, severity=3, due_at=timezone.now(), sort_key=5)
    login(page, reviewer)
    page.goto(reverse("workbench:home"))
    closely("home")
    open_queue(page, queue)
    closely("choice")
    page.locator("summary", has_text="Conversation").click()
    closely("choice-conversation")
    for name, title in (("Skip", "skip"), ("Escalate", "escalate"), ("Guideline", "guideline"), ("History", "history")):
        page.locator("#actions").get_by_text(name).click()
        page.locator("dialog[open] h2").wait_for()
        closely(title)
        page.keyboard.press("Escape")
    page.locator("#answer").get_by_text("Exchange", exact=True).click()
    page.get_by_text("All done").wait_for()
    page.locator("#tally", has_text="0 left").wait_for()
    closely("nothing-left")
    page.locator("#actions").get_by_text("Undo").click()
    page.get_by_text("It is taken back").wait_for()
    closely("undone")
    queue.state = "paused"
    queue.save()
    page.locator("#answer").get_by_text("Refund", exact=True).click()
    page.get_by_text("This queue is paused").wait_for()
    closely("paused")


def test_empty_home(look, login, stranger):
    page, closely = look
    login(page, stranger)
    page.goto(reverse("workbench:home"))
    closely("home-empty")


def test_late_answer(look, login, project, reviewer):
    page, closely = look
    queue = queue_of(project)
    item = factories.item(queue, BLUE)
    login(page, reviewer)
    open_queue(page, queue)
    item.reviews.update(token=999_999)  # as after somebody else had it
    page.locator("#answer").get_by_text("Refund", exact=True).click()
    page.get_by_text("did not count").wait_for()
    closely("late")


def test_adjudication(look, login, project, adjudicator):
    page, closely = look
    factories.guideline(project, GUIDELINE)
    queue = queue_of(project)
    for text in (BLUE, "another one"):
        item = factories.item(queue, trace=factories.trace(project, text, context=CONTEXT))
        people = [factories.member(project, name=f"Reviewer {n}") for n in (3, 7, 12)]
        factories.annotation(item, people[0], "Refund", note="“Wants to send the other back” is a return for money.")
        factories.annotation(item, people[1], "Exchange", duration_ms=21_000, source="simulated")
        factories.annotation(item, people[2], "Exchange")
        fit = QualityFit.objects.create(
            queue=queue, labels=["Refund"], prior=[1], pooled_accuracy=0.8, n_items=30, n_annotations=90,
            converged=True, created_at=timezone.now(),
        )  # fmt: skip
        ReviewerQuality.objects.create(
            fit=fit, reviewer=people[0], confusion=[[1]], accuracy=0.92, accuracy_low=0.87, accuracy_high=0.95,
            n_annotations=118,
        )  # fmt: skip
        consensus_update(item=item, now=timezone.now())
        item_to_adjudication(item=item, reason="3 answers, the limit, and still below 0.90")
    login(page, adjudicator)
    page.goto(reverse("workbench:home"))
    closely("home-adjudicator")
    page.goto(reverse("workbench:adjudicate", args=[queue.pk]))
    page.locator("#answer").wait_for()
    closely("adjudicate")
    page.get_by_role("button", name="Decide, next").click()
    page.locator("[aria-invalid=true]").wait_for()
    closely("adjudicate-refused")
    page.locator("#answer").get_by_text("Refund", exact=True).click()
    page.get_by_role("button", name="Decide, next").click()
    page.locator("#item", has_text="another one").wait_for()
    page.locator("#actions").get_by_text("History").click()
    page.locator("dialog[open] h2").wait_for()
    closely("adjudicate-history")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Mark as ambiguous").click()
    page.get_by_text("Nothing is disputed").wait_for()
    closely("adjudicate-done")


LAYOUTS = {
    "correct_output": {
        "question": "I bought a jacket on 2 October in the sale and it doesn’t fit. Can I still get my money?",
        "answer": "Yes! You can return any item within 60 days of delivery for a full refund.",
    },
    "compare_answers": {"question": "Where is my order?", "answer_a": "On its way.", "answer_b": "We do not know."},
    "answer_grading": {"question": "Where is my order?", "answer": "On its way."},
    "topics": {"message": "Late again, and the box was open."},
}


@pytest.mark.parametrize("slug", LAYOUTS)
def test_layouts(look, login, slug):
    page, closely = look
    project = factories.project(config=label_template(slug).config)
    queue = factories.queue(project, "Answers", overlap_min=1)
    factories.item(queue, data=LAYOUTS[slug])
    login(page, factories.member(project))
    open_queue(page, queue)
    closely(slug)
    item = factories.item(queue, data=LAYOUTS[slug], state="adjudication", open_slots=0)
    page.context.clear_cookies()
    login(page, factories.member(project, "adjudicator"))
    page.goto(reverse("workbench:adjudicate", args=[queue.pk]) + f"?item={item.pk}")
    page.locator("#answer").wait_for()
    closely(f"{slug}-adjudicate")


def test_many_labels(look, login):
    page, closely = look
    project = factories.project(labels=[f"Some intent number {n:02}" for n in range(1, 78)])
    queue = factories.queue(project, overlap_min=1)
    factories.item(queue, "Do you know why my card payment has been declined? <b>Not</b> bold. " * 3)
    login(page, factories.member(project))
    open_queue(page, queue)
    page.locator("[data-filter]").fill("7")
    closely("many")
