"""A grid of items grouped by the model's guess or by likeness: accept or choose otherwise, one key each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from apps.accounts.http import AuthedRequest
from apps.core.errors import Conflict
from apps.labeling.suggestions import suggestion_filled_in
from apps.labeling.widgets import Option, field_name, render_item, widget_of
from apps.projects.labelling import config_for, config_of
from apps.projects.selectors import schema_current
from apps.queues.algorithms.likeness import common_words, groups_of_alike, words_of
from apps.queues.errors import NotAdmitted, QueueNotOpen, ReviewerHeld
from apps.queues.models import Queue, Review
from apps.queues.selectors import queues_workable_by
from apps.queues.services.batch import batch_of
from apps.workbench import selectors
from apps.workbench.forms import AnswerForm
from apps.workbench.guards import queue_page, review_page
from apps.workbench.services_batch import batch_is_offered, grid_answer, grid_claim, grid_undo

# More labels than keys are chosen from a list.
KEYED = 9
GUESS, LIKENESS = "guess", "likeness"
_READ = 5_000  # characters of an item that its words are taken from
_IDS = re.compile(r'\b(id|for|aria-labelledby|aria-describedby)="')


@dataclass(frozen=True)
class Tile:
    """One item of the grid with its guess, as it stands or with what is wrong."""

    review: Review
    stage: SafeString
    field: str
    guess: str  # the value that accepting sends
    guess_words: str
    options: tuple[Option, ...]
    problem: str = ""
    chosen: str = ""  # what was sent and refused

    @property
    def has_keys(self) -> bool:
        return len(self.options) <= KEYED


def _tile(review: Review, *, problem: str = "", chosen: str = "") -> Tile | None:
    """None for an item whose guess is no longer shown: it waits for its own page."""
    seen = suggestion_filled_in(review=review)
    if seen is None:
        return None
    item, config = review.item, config_of(review.item.schema)
    control = config_for(config, item.data).primary
    guess = widget_of(control).show(control, seen.guess)[0]
    options = widget_of(control).options(control, (guess,), {})
    words = next((option.text for option in options if option.value == guess), guess)
    # Every item draws the same panels; on one page their ids have to differ.
    stage = mark_safe(_IDS.sub(rf'\1="t{review.pk.hex}-', render_item(config, item.data)))  # noqa: S308 (a template's)
    return Tile(review, stage, field_name(control), guess, words, options, problem, chosen)


def _groups(reviews: Sequence[Review], by: str) -> list[tuple[str, list[Tile]]]:
    tiles = [tile for review in reviews if (tile := _tile(review))]
    return _by_likeness(tiles) if by == LIKENESS else _by_guess(tiles)


def _by_guess(tiles: Sequence[Tile]) -> list[tuple[str, list[Tile]]]:
    """In the config's order of labels."""
    order = {option.value: place for tile in tiles for place, option in enumerate(tile.options)}
    found: dict[str, list[Tile]] = {}
    for tile in sorted(tiles, key=lambda each: order.get(each.guess, 0)):
        found.setdefault(tile.guess_words, []).append(tile)
    return list(found.items())


def _by_likeness(tiles: Sequence[Tile]) -> list[tuple[str, list[Tile]]]:
    """By the words of the items alone, so that it tells nothing of guesses; those like no other stand last."""
    placed = sorted(tiles, key=lambda tile: (-tile.review.item.sort_key, tile.review.item.pk))
    texts = [words_of(tile.review.item.search_text[:_READ]) for tile in placed]
    groups: list[tuple[str, list[Tile]]] = []
    alone: list[Tile] = []
    for places in groups_of_alike(texts):
        members = [placed[place] for place in places]
        if len(members) == 1:
            alone += members
        else:
            words = ", ".join(common_words([texts[place] for place in places], texts))
            groups.append((_("In common: %(words)s") % {"words": words}, members))
    return [*groups, (_("Like no other here"), alone)] if alone else groups


def _by(request: AuthedRequest) -> str:
    """How the grid is grouped: a matter of the address alone."""
    return LIKENESS if request.GET.get("by") == LIKENESS else GUESS


def _address(request: AuthedRequest, queue: Queue) -> str:
    return reverse("workbench:batch", args=[queue.pk]) + _query(request)


def _query(request: AuthedRequest) -> str:
    """What an address carries on, so that the grid stays grouped as it is."""
    return f"?by={LIKENESS}" if _by(request) == LIKENESS else ""


def _offered(queue: Queue) -> None:
    if not batch_is_offered(queue=queue, config=config_of(schema_current(project=queue.project))):
        raise Http404


def _show(
    request: AuthedRequest, queue: Queue, reviews: Sequence[Review], *, is_asked: bool = False, closed: str = ""
) -> HttpResponse:
    last = selectors.last_answer(queue=queue, user=request.user)
    undone = last if last is not None and last.is_batch else None
    context = {
        "queue": queue,
        "project": queue.project,
        "groups": _groups(reviews, _by(request)),
        "by": _by(request),
        "query": _query(request),
        "is_asked": is_asked,
        "closed": closed,
        "last": undone,
        "last_words": selectors.words_of(undone) if undone else "",
        "has_planted": queue.assistance_wrong_share > 0,
    }
    if request.htmx:
        return render(request, "workbench/_grid.html", context, status=409 if closed else 200)
    context["tally"] = selectors.tally(queue=queue, user=request.user, now=timezone.now())
    return render(request, "workbench/batch.html", context, status=409 if closed else 200)


@require_safe
@queue_page(queues_workable_by)
def batch(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Shows the grid that the person holds, else a start form. Takes nothing: a claim is a POST."""
    _offered(queue)
    return _show(request, queue, list(batch_of(queue=queue, reviewer=request.user, now=timezone.now())))


@require_POST
@queue_page(queues_workable_by)
def batch_take(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Fills the grid. 409 where the queue gives nothing out."""
    _offered(queue)
    try:
        reviews = grid_claim(queue=queue, reviewer=request.user, now=timezone.now())
    except (QueueNotOpen, ReviewerHeld, NotAdmitted) as exc:
        return _show(request, queue, [], closed=exc.message)
    if not request.htmx and reviews:
        return redirect(_address(request, queue))
    return _show(request, queue, reviews, is_asked=True)


@require_POST
@review_page
def batch_answer(request: AuthedRequest, queue: Queue, review: Review) -> HttpResponse:
    """Stores one answer; its tile says what was answered. 422, 409: the tile says what is wrong."""
    form = AnswerForm(request.POST, config=config_of(review.item.schema), data=review.item.data)
    if not form.is_valid():
        return _wrong(request, queue, review, form.problem or " ".join(form.control_errors.values()), status=422)
    sent = form.cleaned_data
    try:
        made = grid_answer(
            review=review, reviewer=request.user, token=sent["token"], result=sent["result"], now=timezone.now()
        )
    except Conflict as exc:
        return _wrong(request, queue, review, exc.message, status=409)
    if not request.htmx:
        return redirect(_address(request, queue))
    words = selectors.words_of(made)
    context = {"queue": queue, "annotation": made, "words": words, "item": review.item}
    response = render(request, "workbench/_tile_done.html", context)
    return trigger_client_event(response, "item-answered", {"words": words})


def _wrong(request: AuthedRequest, queue: Queue, review: Review, problem: str, *, status: int) -> HttpResponse:
    """The tile with what is wrong; one that is over offers nothing to press."""
    if not request.htmx:
        messages.warning(request, problem)
        return redirect(_address(request, queue))
    tile = _tile(review, problem=problem) if status == 422 else None
    context = {"queue": queue, "tile": tile, "item": review.item, "problem": problem}
    return render(request, "workbench/_tile.html" if tile else "workbench/_tile_over.html", context, status=status)


@require_POST
@queue_page(queues_workable_by)
def batch_undo(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """Brings the item of the last answer back into the grid. 409: there is nothing to undo."""
    _offered(queue)
    now = timezone.now()
    try:
        grid_undo(queue=queue, reviewer=request.user, answer_id=_uuid(request.POST.get("answer", "")), now=now)
    except Conflict as exc:
        if not request.htmx:
            messages.warning(request, exc.message)
            return redirect(_address(request, queue))
        response = HttpResponse(status=409, headers={"HX-Reswap": "none"})
        return trigger_client_event(response, "toast", {"text": exc.message, "level": "warn"})
    if not request.htmx:
        return redirect(_address(request, queue))
    response = _show(request, queue, list(batch_of(queue=queue, reviewer=request.user, now=now)))
    return trigger_client_event(response, "item-answered", {"words": _("taken back")})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
