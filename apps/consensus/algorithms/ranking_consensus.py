"""One order from several: Plackett-Luce worths from full or partial rankings, and how sure each pair of it is.

R. L. Plackett (1975), doi:10.2307/2346567. A ranking is a chain of choices, each among what is left; the worths climb
by the minorise-maximise steps of D. R. Hunter (2004), doi:10.1214/aos/1079120141, equation (30). Taken rather than
Borda's points because it reads partial rankings as they are: who was not shown a candidate says nothing about it. Half
an imagined win in one comparison with a middling candidate keeps the worths finite.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from apps.consensus.algorithms.kinds import NOTHING, TIE, Asked, Decided, Given, Params, Skills
from apps.consensus.algorithms.yes_no import Rates, Said, columns, yes_no_fit, yes_no_of


@dataclass(frozen=True, slots=True)
class RankingConsensus:
    """`order` lists the candidates best first; ties in worth stay in the order of their numbers."""

    worth: NDArray[np.float64]  # (n_candidates,), shares that sum to 1
    order: tuple[int, ...]
    iterations: int
    converged: bool


def ranking_consensus(
    rankings: Sequence[Sequence[int]],
    *,
    n_candidates: int,
    weights: Sequence[float] | None = None,
    max_iter: int = 1000,
    tol: float = 1e-9,
) -> RankingConsensus:
    """Fit the worths to rankings, each a sequence of candidates, best first; those not named are not judged.

    `weights`: how many rankings each stands for; one unless told.

    Raises ValueError where a ranking names a candidate twice or one that does not exist.
    """
    chains = _chains(rankings, weights or [1.0] * len(rankings), n_candidates)
    # How often each was chosen before somebody else, with half a win against the imagined middle.
    wins = np.full(n_candidates, 0.5)
    for chain, count in chains:
        wins[chain[:-1]] += count
    worth: NDArray[np.float64] = np.ones(n_candidates)
    converged, rounds = False, 0
    while not converged and rounds < max_iter:
        # One comparison with the imagined candidate of worth 1.
        load = 1.0 / (worth + 1.0)
        for chain, count in chains:
            left = np.cumsum(worth[chain][::-1])[::-1]
            load[chain] += count * np.cumsum(np.append(1.0 / left[:-1], 0.0))
        following = wins / load
        converged = bool(np.max(np.abs(following - worth), initial=0.0) < tol)
        worth, rounds = following, rounds + 1
    shares = worth / worth.sum() if n_candidates else worth
    return RankingConsensus(shares, tuple(np.argsort(-shares, kind="stable").tolist()), rounds, converged)


def _chains(
    rankings: Sequence[Sequence[int]], weights: Sequence[float], n_candidates: int
) -> list[tuple[NDArray[np.int64], float]]:
    """Each different ranking once, with its weight. Sorted, since sums in another order differ in their last digit."""
    counted: dict[tuple[int, ...], float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        if len(set(ranking)) != len(ranking) or not all(0 <= each < n_candidates for each in ranking):
            raise ValueError("a ranking names each candidate at most once, by its number")
        counted[tuple(ranking)] = counted.get(tuple(ranking), 0.0) + weight
    return [
        (np.array(ranking, dtype=np.int64), weight) for ranking, weight in sorted(counted.items()) if len(ranking) > 1
    ]


Order = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Answers are orders of the same things, best first; who leaves a thing out does not judge it.

    The order is Plackett-Luce's; its confidence that of its least sure pair, by the votes of all who ranked both.
    """

    by_share: bool = False

    def decided(self, given: Sequence[Given], *, pool: Params | None = None) -> Decided:
        orders = [tuple(each.answer) for each in given]
        things = sorted({thing for order in orders for thing in order})
        if not things:
            return NOTHING
        place = {thing: index for index, thing in enumerate(things)}
        believed = yes_no_of(pool, by_share=self.by_share)
        usual = believed.rates.weight
        worth = ranking_consensus(
            [[place[thing] for thing in order] for order in orders],
            n_candidates=len(things),
            weights=[
                each.weight * (1.0 if self.by_share else (_rates(each) or believed.rates).weight / usual)
                for each in given
            ],
        ).worth
        # Worths that are equal but for rounding keep the order of the names.
        ranks = np.round(np.log(worth), 6)
        best = np.lexsort((np.arange(len(things)), -ranks))
        value, is_tied = tuple(things[index] for index in best), len(set(ranks.tolist())) < len(things)
        alone = believed.probability([Said(True, _rates(each), each.weight) for each in given])
        sure = [believed.probability(_on_pair(one, other, given, orders)) for one, other in combinations(value, 2)] or [
            alone
        ]
        is_decided = not is_tied and min(sure) > 0.5 + TIE
        return Decided(value, min(sure), is_decided=is_decided, posterior={value: min(sure)})

    def fitted(self, items: Sequence[Asked], *, n_reviewers: int) -> Skills:
        """How often each agrees with the others on which of two comes first."""
        rows: list[tuple[int, int, int]] = []
        known: list[int] = []
        for item in items:
            places = [({thing: n for n, thing in enumerate(order)}, who) for who, order in item.answers]
            decided = {thing: n for n, thing in enumerate(item.known or ())}
            things = sorted({thing for ranks, _ in places for thing in ranks})
            for one, other in combinations(things, 2):
                pair = [(who, ranks[one] < ranks[other]) for ranks, who in places if one in ranks and other in ranks]
                rows += [(len(known), who, int(first)) for who, first in pair]
                both = one in decided and other in decided
                known.append(int(decided[one] < decided[other]) if both else -1)
        return pair_skills(rows, known, n_reviewers=n_reviewers)


def pair_skills(rows: Sequence[tuple[int, int, int]], known: Sequence[int], *, n_reviewers: int) -> Skills:
    """Of votes whose yes and no are only names: which of two comes first. One rate each way, and no belief before."""
    question, reviewer, said = columns(rows)
    fixed = np.array(known, dtype=np.int64)
    fit = yes_no_fit(question, reviewer, said, n_questions=len(known), n_reviewers=n_reviewers, known=fixed)
    own = {index: {"rates": [sum(rates) / 2] * 2} for index, rates in fit.own.items()}
    pool = {**fit.pool, "prior": 0.5, "rates": [sum(fit.pool["rates"]) / 2] * 2}
    right = {index: float(fit.right[index]) for index in own}
    return Skills(pool, own, right, {index: int(fit.votes[index]) for index in own})


def _rates(each: Given) -> Rates | None:
    return Rates(*each.skill["rates"]) if each.skill else None


def _on_pair(one: str, other: str, given: Sequence[Given], orders: Sequence[Order]) -> list[Said]:
    return [
        Said(order.index(one) < order.index(other), _rates(each), each.weight)
        for each, order in zip(given, orders, strict=True)
        if one in order and other in order
    ]
