"""What stands in the room of the workbench: the item, or why there is none. Each card is one fragment, `#card`."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django_htmx.http import trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.labeling.models import Annotation, Draft, Suggestion
from apps.labeling.services import draft_of
from apps.labeling.suggestions import suggestion_filled_in
from apps.labeling.widgets import (
    FormState,
    Result,
    answer_words,
    initial_state,
    one_press,
    render_review,
    state_from_result,
)
from apps.projects.labelling import LabellingConfig, config_of
from apps.queues.explain import explain_to_reviewer
from apps.queues.models import Item, Queue, Review
from apps.workbench import selectors
from apps.workbench.forms import ConfigForm
from apps.workbench.guards import is_fragment
from apps.workbench.services_batch import batch_is_offered
from apps.workbench.shown_again import draft_again, taken_back_again
from apps.workbench.turns import turns_of
from apps.workbench.views.stencils import response_html

GUESS_WORDS = 200  # characters of a model's guess that stand over the form
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


def review_card(*, review: Review, form: ConfigForm | None = None, is_cleared: bool = False) -> Card:
    """The item and its questions: as just sent and refused, else as kept, else as taken back, else untouched.

    Untouched means with the model's guess, where the queue shows it; `is_cleared`: without, whatever is kept.
    """
    item, config = review.item, config_of(review.item.schema)
    guess = suggestion_filled_in(review=review)
    if is_cleared:
        kept = Kept(initial_state(config, item.data))
    else:
        kept = _kept(review=review, config=config, form=form, guess=guess.guess if guess else None)
    context = {
        "review": review,
        "item": item,
        "form": form,
        "guess": _short(answer_words(config, guess.guess), GUESS_WORDS) if guess else "",
        "has_grid": bool(guess) and batch_is_offered(queue=item.queue, config=config),
        "has_planted": bool(guess and item.queue.assistance_wrong_share),
        "is_cleared": is_cleared,
        "note": kept.note,
        "draft": kept.draft,
        "undone": kept.undone,
        "again": kept.again,
        "rendered": render_review(config, item.data, kept.state, sends=one_press(config)),
        **beside_item(item),
        "alt": alt_keys(config),
    }
    return Card("workbench/_item_card.html", context, review)


def second_look_card(suggestion: Suggestion, mine: Annotation, *, form: ConfigForm | None = None) -> Card:
    """One's own answer in its form, with the model's guess over it."""
    item, config = mine.item, config_of(mine.schema)
    state = form.state if form else state_from_result(config, mine.result, data=item.data)
    context = {
        "queue": item.queue,
        "item": item,
        "mine": answer_words(config, mine.result),
        "guess": answer_words(config, suggestion.guess),
        "seen_review": mine.review_id,
        "form": form,
        "rendered": render_review(config, item.data, state, sends=one_press(config)),
        **beside_item(item),
        "alt": alt_keys(config),
    }
    return Card("workbench/_second_look.html", context)


@dataclass(frozen=True)
class Kept:
    """How a form begins."""

    state: FormState
    note: str = ""
    draft: Draft | None = None
    undone: str = ""  # the answer that was taken back, in words
    again: str = ""  # its id, where the form begins with it


def _kept(*, review: Review, config: LabellingConfig, form: ConfigForm | None, guess: Result | None = None) -> Kept:
    if form is not None:
        return Kept(form.state, note=form.post.get("note", ""), again=form.post.get("again", ""))
    if review.is_fresh:
        return Kept(untouched_state(config, review.item, guess))
    again = taken_back_again(item=review.item, review_id=review.pk)
    named = str(again.annotation.pk) if again and again.result is not None else ""
    draft = draft_of(item=review.item, reviewer=review.reviewer)
    if draft is not None:
        state = draft_again(draft=draft, item=review.item)
        return Kept(state, note="".join(draft.fields.get("note", [])), draft=draft, again=named)
    if again is not None:
        return Kept(
            state_from_result(config, again.result or [], data=review.item.data),
            note=again.annotation.note,
            undone=selectors.words_of(again.annotation),
            again=named,
        )
    return Kept(untouched_state(config, review.item, guess))


def untouched_state(config: LabellingConfig, item: Item, guess: Result | None) -> FormState:
    """How a form begins: as the config says, with the model's guess in it where one is shown."""
    begun = initial_state(config, item.data)
    if guess is None:
        return begun
    shown = state_from_result(config, guess, data=item.data)
    return FormState(values={**begun.values, **shown.values})


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else Truncator(words).chars(most)


def alt_keys(config: LabellingConfig) -> str:
    """Where the page has text to write, commands take Alt, so that a slip of the focus never skips an item."""
    return "Alt+" if any(control.kind == "text" for control in config.controls) else ""


def beside_item(item: Item, *, is_blind: bool = True) -> dict[str, Any]:
    """What `workbench/_item.html` shows beside the item's data: when it was said, and what was said before."""
    if item.trace is None:
        return {"when": "", "is_synthetic": False, "turns": ""}
    # Where known items are mixed in, their age would tell them from the others.
    is_hidden = is_blind and item.queue.honeypot_share > 0
    at = localtime(item.trace.occurred_at)
    when = "" if is_hidden else f"{_day(at.date(), get_language())}, {at:%H:%M}"
    return {"when": when, "is_synthetic": item.trace.origin == "synthetic", "turns": _conversation(item)}


@lru_cache(maxsize=512)
def _day(day: date, language: str | None) -> str:
    return date_format(day, "j M Y")


def _conversation(item: Item) -> SafeString | str:
    """Earlier turns, unless the config shows them itself."""
    assert item.trace is not None
    if any("context" in path for path in item.schema.mapping.values()):
        return ""
    turns = turns_of(item.trace.payload.context)
    return render_to_string("workbench/_turns.html", {"turns": turns}) if turns else ""


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
    # Of an answer that was just stored the words are at hand.
    last_words = answered if last else ""
    last = last or selectors.last_answer(queue=queue, user=request.user)
    context = {
        "queue": queue,
        "project": queue.project,
        "card": card.template,
        "now": now,
        "undo_words": _short(last_words or selectors.words_of(last), UNDO_WORDS) if last else "",
        "undo_answer": last.pk if last else "",
        "alt": "",
        **card.context,
    }
    if card.review is not None:
        context["why"] = explain_to_reviewer(item=card.review.item, now=now)
    if not is_fragment(request):
        if request.method == "POST" and card.review is not None and status == 200:
            return redirect("workbench:queue", queue.pk)
        context["tally"] = selectors.tally(queue=queue, user=request.user, now=now)
        return render(request, "workbench/queue.html", context, status=status)
    response = HttpResponse(response_html(context), status=status)
    return trigger_client_event(response, "item-answered", {"words": answered}) if answered is not None else response
