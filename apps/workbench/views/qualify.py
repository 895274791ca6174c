"""A newcomer's round: begin, answer one item at a time, see at once what is right and why, and how it went."""

import random
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import AuthedRequest
from apps.consensus.models import QualificationAnswer, QualificationRound
from apps.consensus.services.qualification import (
    qualification_answer,
    qualification_begin,
    round_open,
    rounds_told,
    tries_left,
)
from apps.core.errors import Conflict
from apps.labeling.widgets import answer_words, initial_state, one_press, render_review
from apps.projects.labelling import config_of
from apps.queues.models import Queue
from apps.queues.people import newcomer_in
from apps.queues.selectors import queues_workable_by
from apps.workbench import selectors_help
from apps.workbench.forms import QualificationForm
from apps.workbench.guards import queue_page
from apps.workbench.views import cards

_CHANCE = random.SystemRandom()


@require_safe
@queue_page(queues_workable_by)
def qualify(request: AuthedRequest, queue: Queue) -> HttpResponse:
    """The item that is next in the round; before and between rounds, what it is about and how the last one went."""
    running = round_open(queue=queue, reviewer=request.user)
    # None too where the last answer has just come in from another tab.
    following = (
        running.answers.counted().filter(answered_at=None).order_by("place").first() if running is not None else None
    )
    if following is not None:
        return _question(request, following)
    is_newcomer = queue.pk in newcomer_in(user=request.user, queues=[queue])
    last = rounds_told(queue=queue, reviewer=request.user).order_by("-number").first()
    if not is_newcomer and last is None:
        return redirect("workbench:queue", queue.pk)
    context = {
        "queue": queue,
        "project": queue.project,
        "is_newcomer": is_newcomer,
        "last": last,
        "answers": _told(last) if last else [],
        "n_right": last.answers.counted().filter(is_right=True).count() if last else 0,
        "tries": tries_left(queue=queue, reviewer=request.user),
        "has_guideline": queue.project.guidelines.exists(),
    }
    return render(request, "workbench/qualify.html", context)


def _told(done: QualificationRound) -> list[tuple[QualificationAnswer, str, str]]:
    """Each answer with its words and the right ones."""
    rows = done.answers.counted().select_related("item__schema", "item__known_answer").order_by("place")
    return [(row, _words(row, row.result), _words(row, row.item.known_answer.result)) for row in rows]


def _words(row: QualificationAnswer, result: object) -> str:
    return answer_words(config_of(row.item.schema), result)  # type: ignore[arg-type]  # a stored result


@require_POST
@queue_page(queues_workable_by)
def begin(request: AuthedRequest, queue: Queue) -> HttpResponse:
    try:
        qualification_begin(queue=queue, reviewer=request.user, now=timezone.now(), rng=_CHANCE)
    except Conflict as exc:
        messages.warning(request, exc.message)
    return redirect("workbench:qualify", queue.pk)


def _answer(request: AuthedRequest, queue: Queue, answer_id: UUID) -> QualificationAnswer:
    mine = QualificationAnswer.objects.filter(round__reviewer=request.user, round__queue=queue)
    known = mine.select_related("round", "item__queue__project", "item__schema", "item__trace__payload")
    return get_object_or_404(known.select_related("item__known_answer"), pk=answer_id)


@require_POST
@queue_page(queues_workable_by)
def answer(request: AuthedRequest, queue: Queue, answer_id: UUID) -> HttpResponse:
    """Stores the answer and shows what is right. 422: it does not fit."""
    row = _answer(request, queue, answer_id)
    form = QualificationForm(request.POST, config=config_of(row.item.schema), data=row.item.data)
    if not form.is_valid():
        return _question(request, row, form)
    qualification_answer(
        answer_id=row.pk, reviewer=request.user, result=form.cleaned_data["result"], now=timezone.now()
    )
    return redirect("workbench:qualify_feedback", queue.pk, row.pk)


@require_safe
@queue_page(queues_workable_by)
def feedback(request: AuthedRequest, queue: Queue, answer_id: UUID) -> HttpResponse:
    """The right answer and the guideline beside one's own."""
    row = _answer(request, queue, answer_id)
    if row.answered_at is None:
        return redirect("workbench:qualify", queue.pk)
    shown = selectors_help.guideline_shown(project=queue.project, user=request.user)
    examples = selectors_help.examples_of(project=queue.project, guideline=shown.guideline) if shown else []
    right = _words(row, row.item.known_answer.result)
    context = _frame(row) | {
        "own": _words(row, row.result),
        "right": right,
        "guideline": shown.guideline if shown else None,
        "examples": [each for each in examples if each.label in (right, row.item.known_answer.label)],
        "is_last": row.round.finished_at is not None,
    }
    return render(request, "workbench/qualify_feedback.html", context)


def _question(request: AuthedRequest, row: QualificationAnswer, form: QualificationForm | None = None) -> HttpResponse:
    item, config = row.item, config_of(row.item.schema)
    state = form.state if form else initial_state(config, item.data)
    context = _frame(row) | {
        "form": form,
        "rendered": render_review(config, item.data, state, sends=one_press(config)),
        "alt": cards.alt_keys(config),
    }
    return render(request, "workbench/qualify_item.html", context, status=422 if form else 200)


def _frame(row: QualificationAnswer) -> dict[str, object]:
    """What question and feedback share."""
    item, config = row.item, config_of(row.item.schema)
    plain = render_review(config, item.data, initial_state(config, item.data), sends=False)
    return {
        "queue": row.round.queue,
        "project": item.queue.project,
        "row": row,
        "n": row.round.answers.counted().count(),
        "rendered": plain,
        **cards.beside_item(item),
    }
