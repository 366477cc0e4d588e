"""A choice model per household and need: buy nothing in the need, or one of its products.

A nested logit in closed form. A household has M occasions in four weeks to buy in a need. On each
it takes one of its candidates j with the chance p_j / M, a product of the need that is no candidate
with the chance r / M, or nothing. Where the utility of candidate j rises by a_j and that of the
others, taken together, by b (log odds inside the nest), with S = r + sum_j p_j and lambda the
dissimilarity of the nest,

    A    = (r exp(b) + sum_j p_j exp(a_j)) / S       what the nest as a whole gained
    p_j' = p_j exp(a_j) A^(lambda - 1) / (1 + S / M (A^lambda - 1))
    r'   = r   exp(b)   A^(lambda - 1) / (1 + S / M (A^lambda - 1))

so that without any shift each candidate keeps its p_buy, bit for bit. That is the nested logit of
McFadden (1978) in changes: what is known of the world as it was stands in the shares, and no level
of utility has to be estimated. Utilities are scaled inside the nest: a product with a small share
sells about exp(a) times as much, as the estimate of a display says. With lambda 1 it takes from
buying nothing and from its neighbours alike (plain logit), with lambda near 0 only from its
neighbours in the need.

M is the least number of occasions, one or more, that leaves nothing a share of `LEAST_NOTHING`: a
choice of ours. More occasions would leave more room for buying more.
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats, Ints

LEAST_NOTHING = 0.2  # of occasions end without a purchase in the need, at least
LEAST_OCCASIONS = 1.0


def occasions_of(p_buy: Floats, nest: Ints, rest: Floats) -> Floats:
    """Occasions M of each nest, (nests,), from p_buy and nest of the rows and the nests' `rest`.

    >>> occasions_of(np.array([0.4, 0.4, 0.1]), np.array([0, 0, 1]), np.array([0.4, 0.0]))
    array([1.5, 1. ])
    """
    bought = np.bincount(nest, p_buy, minlength=len(rest)) + rest
    return np.maximum(bought / (1.0 - LEAST_NOTHING), LEAST_OCCASIONS)


def expected_purchases(
    p_buy: Floats, nest: Ints, utility: Floats, occasions: Floats, dissimilarity: float
) -> Floats:
    """Purchases that are expected of each row once utilities have moved, (rows,).

    `p_buy` are those expected before, above 0, `nest` the (household, need) of each row, from 0 on
    and in any order, `utility` the log odds added among the rows of a nest, and `occasions`
    (nests,) the most that can be bought in each. Raises ValueError for a dissimilarity outside
    (0, 1] and for a nest in which more is bought than there are occasions.

    >>> alike, nest = np.array([0.25, 0.25]), np.array([0, 0])
    >>> raised = np.log([3.0, 1.0])
    >>> expected_purchases(alike, nest, raised, np.array([1.0]), dissimilarity=1.0)
    array([0.5       , 0.16666667])
    """
    if not 0.0 < dissimilarity <= 1.0:
        raise ValueError(f"dissimilarity is {dissimilarity:g}, but above 0 and at most 1 is needed")
    nests = len(occasions)
    before = np.bincount(nest, p_buy, minlength=nests)
    over = before > occasions * (1.0 + 1e-12)
    if over.any():
        first = int(np.flatnonzero(over)[0])
        raise ValueError(
            f"nest {first}: {before[first]:g} purchases in {occasions[first]:g} occasions, but not "
            f"more than one on each was expected ({int(over.sum())} such nests)"
        )
    raised = p_buy * np.exp(utility)
    gain = np.divide(
        np.bincount(nest, raised, minlength=nests), before, out=np.ones(nests), where=before > 0
    )
    crowd = 1.0 + before / occasions * (gain**dissimilarity - 1.0)
    return np.asarray(raised * (gain ** (dissimilarity - 1.0) / crowd)[nest], np.float64)
