"""From what a display does to a product's sales to what it adds to utility inside a need.

The response model compares a product on display with itself off display. What it wins it wins in
part from the other products of its need, and the more of the need it already is, the less there is
to win: in a nested logit its sales rise by less than exp(pull). This turns the one into the other,
so that the choice model, put back into the shop of the log, makes the effect that the response
model found.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from recommender.candidates import Floats, Ints

LARGEST_PULL = 10.0  # log odds


def log_ratio_of(
    pull: float, p_buy: Floats, nest: Ints, occasions: Floats, dissimilarity: float
) -> float:
    """Log of the ratio of sales, with a display over without, if it adds `pull` to utility.

    The mean over rows (rows,), by sales, of one row at a time on display; `nest` numbers the
    household's need, `occasions` are (nests,). The formula is that of `choice.expected_purchases`.

    >>> alone, pair = np.array([0.2]), np.array([0.1, 0.1])
    >>> occasions = np.array([1e9])
    >>> found = [log_ratio_of(0.4, p, np.zeros(len(p), int), occasions, 0.5) for p in (alone, pair)]
    >>> [round(each, 3) for each in found]
    [0.2, 0.29]
    """
    sums = np.bincount(nest, p_buy, minlength=len(occasions))[nest]
    share = np.divide(p_buy, sums, out=np.zeros(len(p_buy)), where=sums > 0)
    gain = 1.0 + share * np.expm1(pull)
    crowd = 1.0 + sums / occasions[nest] * (gain**dissimilarity - 1.0)
    sold = p_buy * np.exp(pull) * gain ** (dissimilarity - 1.0) / crowd
    return float(np.log(sold.sum() / p_buy.sum()))


def pull_of(
    log_ratio: float, p_buy: Floats, nest: Ints, occasions: Floats, dissimilarity: float
) -> float:
    """What a display adds to utility, log odds, where it changes sales by exp(`log_ratio`).

    Arrays as in `log_ratio_of`. Raises ValueError where no pull up to ten does so: sales can not
    rise that far with so few occasions.

    >>> pair, occasions = np.array([0.1, 0.1]), np.array([1e9])
    >>> round(pull_of(0.29006, pair, np.zeros(2, int), occasions, 0.5), 3)
    0.4
    """

    def missing(pull: float) -> float:
        return log_ratio_of(pull, p_buy, nest, occasions, dissimilarity) - log_ratio

    if not missing(-LARGEST_PULL) <= 0.0 <= missing(LARGEST_PULL):
        raise ValueError(
            f"a change of sales by {np.expm1(log_ratio):+.0%}, but log odds from -10 to 10 change "
            f"them by {np.expm1(missing(-LARGEST_PULL) + log_ratio):+.0%} to "
            f"{np.expm1(missing(LARGEST_PULL) + log_ratio):+.0%} at these chances"
        )
    return float(brentq(missing, -LARGEST_PULL, LARGEST_PULL, xtol=1e-10))
