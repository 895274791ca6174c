"""What stands in the room of the workbench: the item, or why there is none. Each card is one fragment, `#card`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django_htmx.http import trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.labeling.models import Annotation, Draft
from apps.labeling.services import draft_of
from apps.labeling.widgets import FormState, initial_state, one_press, render_review, state_from_post, state_from_result
from apps.projects.labelling import LabellingConfig, config_of
from apps.queues.explain import explain_to_reviewer
from apps.queues.models import Item, Queue, Review
from apps.workbench import selectors
from apps.workbench.forms import SKIP_REASONS, ConfigForm
from apps.workbench.turns import turns_of
from apps.workbench.views.stencils import filled

UNDO_WORDS = 24  # characters of the answer that the undo button names


@dataclass(frozen=True)
class Card:
    """A fragment and what it needs."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    review: Review | None = None  # None: there is no item to answer


def start_card() -> Card:
    """Takes the first item: by itself where scripts run, else by a button."""
    return Card("workbench/_start.html")


def review_card(*, review: Review, form: ConfigForm | None = None) -> Card:
    """The item and its questions: as just sent and refused, else as kept, else as taken back, else untouched."""
    item, config = review.item, config_of(review.item.schema)
    kept = _kept(review=review, config=config, form=form)
    context = {
        "review": review,
        "item": item,
        "form": form,
        **vars(kept),
        "rendered": render_review(config, item.data, kept.state, sends=one_press(config)),
        "turns": conversation(item),
        "alt": alt_keys(config),
        "skip_reasons": SKIP_REASONS,
    }
    return Card("workbench/_item_card.html", context, review)


@dataclass(frozen=True)
class Kept:
    """How a form begins."""

    state: FormState
    note: str = ""
    draft: Draft | None = None
    undone: str = ""  # the answer that was taken back, in words


def _kept(*, review: Review, config: LabellingConfig, form: ConfigForm | None) -> Kept:
    if form is not None:
        return Kept(form.state, note=form.post.get("note", ""))
    if review.is_fresh:
        return Kept(initial_state(config, review.item.data))
    draft = draft_of(item=review.item, reviewer=review.reviewer)
    if draft is not None:
        return Kept(state_from_post(config, draft.fields), note="".join(draft.fields.get("note", [])), draft=draft)
    earlier = selectors.taken_back(review=review)
    if earlier is not None:
        return Kept(
            state_from_result(config, earlier.result, data=review.item.data),
            note=earlier.note,
            undone=selectors.words_of(earlier),
        )
    return Kept(initial_state(config, review.item.data))


def alt_keys(config: LabellingConfig) -> str:
    """Where the page has text to write, commands take Alt, so that a slip of the focus never skips an item."""
    return "Alt+" if any(control.kind == "text" for control in config.controls) else ""


def conversation(item: Item) -> list[Any]:
    """Earlier turns, unless the config shows them itself."""
    if item.trace is None or any("context" in path for path in item.schema.mapping.values()):
        return []
    return turns_of(item.trace.payload.context)


def show(
    request: AuthedRequest,
    queue: Queue,
    card: Card,
    *,
    now: datetime,
    status: int = 200,
    answered: str | None = None,
    last: Annotation | None = None,
) -> HttpResponse:
    """The card as a fragment with what changes beside it, or as a whole page.

    `answered`: words to be announced. `last`: the person's latest answer in the queue, where it is known already.
    """
    last = last or selectors.last_answer(queue=queue, user=request.user)
    context = {
        "queue": queue,
        "project": queue.project,
        "card": card.template,
        "now": now,
        "undo_words": Truncator(selectors.words_of(last)).chars(UNDO_WORDS) if last else "",
        "undo_answer": last.pk if last else "",
        "alt": "",
        **card.context,
    }
    if card.review is not None:
        context["why"] = explain_to_reviewer(item=card.review.item, now=now)
        for name in ("skip_form", "escalate_form"):
            context[name] = filled(f"workbench/_{name}.html", request=request, review=card.review)
    if not request.htmx:
        if request.method == "POST" and card.review is not None and status == 200:
            return redirect("workbench:queue", queue.pk)
        context["tally"] = selectors.tally(queue=queue, user=request.user, now=now)
        return render(request, "workbench/queue.html", context, status=status)
    response = render(request, "workbench/_response.html", context, status=status)
    return trigger_client_event(response, "item-answered", {"words": answered}) if answered is not None else response
