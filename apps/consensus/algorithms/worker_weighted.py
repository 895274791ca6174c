"""Worker agreement with aggregate (Wawa): a majority in which each vote weighs as much as its reviewer agrees.

Appen's inter-rater rule, as crowd-kit documents it: majority vote, each reviewer's share of answers equal to it, then
the votes weighted by that share. A reviewer's answer to a tied item counts as the share of a tied label.
"""

import numpy as np

from apps.consensus.algorithms.majority_vote import winners
from apps.consensus.algorithms.votes import Aggregate, Votes, expected_accuracy


def majority(votes: Votes) -> Aggregate:
    """Shares of the votes; a reviewer's accuracy is the mean share of his answers."""
    shares = votes.shares()
    return Aggregate(shares, expected_accuracy(votes, shares), is_probability=False)


def wawa(votes: Votes) -> Aggregate:
    """Shares of the votes weighted by each reviewer's agreement with the majority."""
    shares = votes.shares()
    ahead = winners(shares)
    agreement = expected_accuracy(votes, ahead / ahead.sum(axis=1, keepdims=True))
    weighted = votes.weighted(agreement)
    totals = weighted.sum(axis=1, keepdims=True)
    # Where nobody who answered ever agreed with anybody, the plain shares stay.
    posterior = np.divide(weighted, totals, out=shares.copy(), where=totals > 0)
    return Aggregate(votes.held(posterior), agreement, is_probability=False)
