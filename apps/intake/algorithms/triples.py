"""From the feedback on one response to what a model may be trained on."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """One accepted signal on a response: a candidate, or a negative one. `preferred` is None where none is known."""

    kind: str
    weight: float
    event_hash: str
    preferred: str | None
    is_candidate: bool


@dataclass(frozen=True)
class TrainingTriple:
    """What was asked, what should and what should not have been answered, and where that is known from."""

    trace_id: str
    prompt: str
    preferred: str | None
    rejected: str | None
    weight: float
    source: str
    event_hash: str


def triples_of(
    *, trace_id: str, prompt: str, response: str | None, evidence: Sequence[Evidence]
) -> list[TrainingTriple]:
    """The triples of one trace, the weightiest first.

    Each different preferred answer gives one. A bare rejection (nothing preferred) needs at least two kinds of
    signals on this trace and gives at most one triple, and none where a better answer is known. A triple with
    neither side is dropped.
    """
    ranked = sorted((one for one in evidence if one.is_candidate), key=lambda one: (-one.weight, one.event_hash))
    shown: dict[str, Evidence] = {}
    for one in ranked:
        if one.preferred and one.preferred != response:
            shown.setdefault(one.preferred, one)
    chosen: list[tuple[str | None, Evidence]] = list(shown.items())
    if not chosen and ranked and response is not None and len({one.kind for one in evidence}) >= 2:
        chosen = [(None, ranked[0])]
    return [
        TrainingTriple(trace_id, prompt, preferred, response, one.weight, one.kind, one.event_hash)
        for preferred, one in chosen
    ]


def never_one_kind(triples: Sequence[TrainingTriple]) -> list[TrainingTriple]:
    """All of them, or none when they all come from a single kind of signal."""
    return list(triples) if len({one.source for one in triples}) >= 2 else []
