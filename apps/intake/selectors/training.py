"""What the feedback gives a model to learn from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from apps.intake.algorithms import filters, triples
from apps.intake.algorithms.triples import Evidence, TrainingTriple
from apps.intake.models import AdversarialUser, Escalation, Signal, Trace
from apps.intake.selectors.lookups import versions_of
from apps.intake.selectors.overview import USED_VERDICTS
from apps.projects.models import Project

CHUNK = 1000


def training_triples(*, project: Project, now: datetime) -> list[TrainingTriple]:
    """All (prompt, preferred, rejected, weight, source, event hash) that may be trained on now, by trace.

    Candidates are judged at arrival; here those go that have become stale or whose user was listed since, and those
    of synthetic or erased traces. Empty when every triple would come from a single kind of signal.
    Three queries for every 1,000 traces with candidates, and two more.
    """
    used = _usable_signals(project, now=now)
    found: list[TrainingTriple] = []
    traces = iter(used)
    while chunk := list(islice(traces, CHUNK)):
        found.extend(_triples_of_chunk(chunk, used))
    return triples.never_one_kind(found)


def _usable_signals(project: Project, *, now: datetime) -> dict[UUID, list[Signal]]:
    """Candidates and negative signals that are still fresh and of unlisted users, by the trace's primary key."""
    listed = AdversarialUser.objects.filter(project=project).values("user_ref")
    signals = (
        Signal.objects.filter(project=project, verdict__in=USED_VERDICTS, trace__origin=Trace.Origin.HUMAN)
        .exclude(user_ref__in=listed)
        .order_by("trace_id", "pk")
    )
    versions = versions_of(project=project)
    by_trace: dict[UUID, list[Signal]] = defaultdict(list)
    for signal in signals.iterator(chunk_size=CHUNK):
        stale = filters.stale_rule(
            occurred_at=signal.occurred_at, product_version=signal.product_version, versions=versions, now=now
        )
        if not stale:
            by_trace[signal.trace_id].append(signal)
    return by_trace


def _triples_of_chunk(chunk: Sequence[UUID], used: dict[UUID, list[Signal]]) -> Iterator[TrainingTriple]:
    answers = _human_answers(chunk)
    traces = Trace.objects.filter(pk__in=chunk, payload__erased_at__isnull=True).select_related("payload")
    for trace in traces.order_by("pk"):
        evidence = [_evidence(signal, answers.get(trace.pk)) for signal in used[trace.pk]]
        yield from triples.triples_of(
            trace_id=trace.trace_id,
            prompt=trace.payload.input_text,
            response=trace.payload.output_text or None,
            evidence=evidence,
        )


def _evidence(signal: Signal, human_answer: str | None) -> Evidence:
    preferred = {"explicit_correction": signal.correction, "agent_escalation": human_answer}.get(signal.kind)
    return Evidence(
        kind=signal.kind,
        weight=signal.weight,
        event_hash=signal.event_hash,
        preferred=preferred or None,
        is_candidate=signal.verdict == Signal.Verdict.CANDIDATE,
    )


def _human_answers(trace_pks: Sequence[UUID]) -> dict[UUID, str]:
    """The latest human answer to an escalation of each trace, as text."""
    states = [Escalation.State.ANSWERED, Escalation.State.CORRECTED]
    answered = Escalation.objects.filter(trace_id__in=trace_pks, state__in=states).order_by("answered_at", "pk")
    rows = answered.values_list("trace_id", "answer")
    return {trace_pk: words for trace_pk, answer in rows if answer and (words := answer_words(answer))}


def answer_words(answer: dict[str, Any]) -> str:
    """An answer as what a model should have said: the text that was written, else the label."""
    texts: list[str] = []
    for region in answer.get("result") or []:
        value = region.get("value") or {}
        if region.get("type") == "textarea":
            text = value.get("text") or []
            texts.extend([text] if isinstance(text, str) else text)
    return "\n".join(texts) or str(answer.get("label") or "")
