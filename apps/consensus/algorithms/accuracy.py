"""How often somebody is right, from answers whose truth is known: the posterior under Jeffreys' prior.

L. D. Brown, T. T. Cai, A. DasGupta (2001), "Interval Estimation for a Binomial Proportion", Statistical Science 16(2),
101-133, doi:10.1214/ss/1009213286: Beta(1/2, 1/2) as the prior covers well from few answers on.
"""

from dataclasses import dataclass

from scipy.stats import beta


@dataclass(frozen=True, slots=True)
class AccuracyPosterior:
    """Mean and equal-tailed interval of the share of right answers; all in [0, 1]."""

    mean: float
    low: float
    high: float
    n: int  # answers


def accuracy_posterior(n_right: int, n: int, *, level: float = 0.95) -> AccuracyPosterior:
    """Of `n` answers `n_right` were right.

    Raises:
        ValueError: more right answers than answers, or fewer than none.
    """
    if not 0 <= n_right <= n:
        raise ValueError(f"{n_right} right of {n} answers")
    a, b = n_right + 0.5, n - n_right + 0.5
    tail = (1 - level) / 2
    # At the ends the interval is one-sided by convention, so that it holds the observed share.
    low = 0.0 if n_right == 0 else float(beta.ppf(tail, a, b))
    high = 1.0 if n_right == n else float(beta.ppf(1 - tail, a, b))
    return AccuracyPosterior(a / (a + b), low, high, n)
