"""One order from several: Plackett-Luce worths from full or partial rankings.

R. L. Plackett (1975), doi:10.2307/2346567. A ranking is a chain of choices, each among what is left; the worths climb
by the minorise-maximise steps of D. R. Hunter (2004), doi:10.1214/aos/1079120141, equation (30). Taken rather than
Borda's points because it reads partial rankings as they are: who was not shown a candidate says nothing about it. Half
an imagined win in one comparison with a middling candidate keeps the worths finite.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RankingConsensus:
    """`order` lists the candidates best first; ties in worth stay in the order of their numbers."""

    worth: NDArray[np.float64]  # (n_candidates,), shares that sum to 1
    order: tuple[int, ...]
    iterations: int
    converged: bool


def ranking_consensus(
    rankings: Sequence[Sequence[int]], *, n_candidates: int, max_iter: int = 1000, tol: float = 1e-9
) -> RankingConsensus:
    """Fit the worths to rankings, each a sequence of candidates, best first; those not named are not judged.

    Raises ValueError where a ranking names a candidate twice or one that does not exist.
    """
    for ranking in rankings:
        if len(set(ranking)) != len(ranking) or not all(0 <= each < n_candidates for each in ranking):
            raise ValueError("a ranking names each candidate at most once, by its number")
    # Equal rankings are walked once.
    counted = Counter(tuple(ranking) for ranking in rankings if len(ranking) > 1)
    chains = [(np.array(ranking, dtype=np.int64), float(count)) for ranking, count in counted.items()]
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
