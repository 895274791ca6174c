"""How much reviewers agree on each question of a config, whatever its kind: what one said, compared with another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from apps.consensus.algorithms.agreement_estimate import Agreement, Bootstrap
from apps.consensus.algorithms.agreement_regions import mean_iou, share_of_all, span_f1
from apps.consensus.algorithms.known_match import SAME_PLACE
from apps.consensus.services.closeness import closeness
from apps.consensus.services.pairs import Pairs, pairs_on
from apps.labeling.widgets import Result
from apps.labeling.widgets.registry import vote_of
from apps.projects.labelling import Control, LabellingConfig, config_for

# Of an item with more answers, the first ones are compared: three pairs.
MOST_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to one item, each by somebody else, all under one config."""

    config: LabellingConfig
    data: Mapping[str, Any]
    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class QuestionAgreement:
    """`close`: how close two people come by the kind's measure (`closeness`), over all places where it is asked.

    Of marked regions also with the same boundaries, and the overlap; else None.
    """

    control: Control
    close: Agreement
    exact: Agreement | None = None
    overlap: Agreement | None = None


def question_agreements(items: Iterable[Answered], *, bootstrap: Bootstrap) -> list[QuestionAgreement]:
    """The questions in the order of the config, those that nobody answered left out."""
    told: dict[str, list[list[tuple[Pairs, float, int]]]] = {}
    for item in items:
        compared: dict[str, list[tuple[Pairs, float, int]]] = {}
        config = config_for(item.config, item.data)
        for one, other in combinations(item.results[:MOST_ANSWERS], 2):
            for pairs in pairs_on(item.config, item.data, (one, other)):
                compared.setdefault(pairs.control.name, []).append((pairs, *_sums(pairs, config, item.data)))
        for name, rows in compared.items():
            told.setdefault(name, []).append(rows)
    return [_agreement(rows, bootstrap) for rows in told.values() if any(n for row in rows for _, _, n in row)]


def _sums(pairs: Pairs, config: LabellingConfig, data: Mapping[str, Any]) -> tuple[float, int]:
    """Twice the closeness, and how many answers there are: what only one of them said counts against it.

    Of regions and links each is an answer by itself, so that two empty ones say nothing.
    """
    kind = vote_of(pairs.control).aggregation(pairs.control)
    if kind in ("regions", "links"):
        ones, others = (set(vote or ()) for vote in pairs.votes[0])
        return 2.0 * len(ones & others), len(ones) + len(others)
    both = [(answer, known) for answer, known in pairs.votes if answer is not None and known is not None]
    close = sum(closeness(pairs.control, config, data, answer=answer, known=known) for answer, known in both)
    return 2.0 * close, sum(vote is not None for pair in pairs.votes for vote in pair)


def _agreement(items: Sequence[Sequence[tuple[Pairs, float, int]]], bootstrap: Bootstrap) -> QuestionAgreement:
    control = items[0][0][0].control
    if vote_of(control).aggregation(control) == "regions":
        marked = [vote for rows in items if (vote := _marked(rows))]
        return QuestionAgreement(
            control,
            span_f1(marked, at_least=SAME_PLACE, bootstrap=bootstrap),
            span_f1(marked, bootstrap=bootstrap),
            mean_iou(marked, bootstrap=bootstrap),
        )
    sums = [[(close, float(n)) for _, close, n in rows] for rows in items if any(n for _, _, n in rows)]
    return QuestionAgreement(control, share_of_all("Closeness", sums, bootstrap=bootstrap))


def _marked(rows: Sequence[tuple[Pairs, float, int]]) -> list[Any]:
    """What everybody marked, from the pairs of all of them: the first one with each other, then the rest."""
    votes = [pairs.votes[0] for pairs, _, _ in rows]
    n = (1 + int((1 + 8 * len(votes)) ** 0.5)) // 2  # so many answers have so many pairs
    told = [votes[0][0], *(vote[1] for vote in votes[: n - 1])]
    return [each for each in told if each is not None]
