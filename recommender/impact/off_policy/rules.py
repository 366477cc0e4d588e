"""Rules by which logged propensities are refused: what no draw of products can have produced.

A log that holds only what was shown cannot be added up place by place. Four things still hold for
true chances, and a log that breaks one of them is refused:

1. *Equal everywhere*: where places were not filled evenly, chances differ between products.
2. *Of the place alone*: chances that are the same for all products of a place, and differ between
   places, are the attention of a place (1, 0.63, 0.5, ...), not the chance of a product.
3. *Too large*: a product with a chance below 1 has at least one rival, so the mean of
   1 / propensity over such rows is 2 or more (it is the number of products that could stand there).
4. *Too small*: the sum of 1 / propensity over the rows of a product at a place estimates in how
   many contexts it could stand there; that cannot be more than there are.

The last two are sums of draws; they are refused six standard errors beyond their bound.
"""

from __future__ import annotations

import numpy as np

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Floats, Ints

SAME = 1e-9
BEYOND = 6.0  # standard errors: one log in a thousand million by chance
LEAST_ROWS = 20  # fewer rows say too little of a pattern


def refuse_made_up(
    product: Ints, propensity: Floats, where: str, *, even: bool = False, listed: bool = False
) -> None:
    """Raises TableError where propensities (contexts, places) cannot be chances of a draw.

    `product` is -1 where a place is empty. `even` says that the shop filled places evenly; where
    all that could stand at a place is `listed`, the chances were added up and rules 1 to 3 rest.

    >>> refuse_made_up(np.arange(40).reshape(20, 2), np.tile([1.0, 0.5], (20, 1)), "impressions")
    Traceback (most recent call last):
    pcf_estimator.tables.TableError: impressions: propensity is the same for all products of each \
place (1 at place 1, 0.5 at place 2): that is ...
    """
    filled = product >= 0
    chances = propensity[filled]
    if (chances == 1).all():
        return  # nothing was drawn; whoever wants to reweight refuses it
    if not listed:
        if not even:
            _refuse_patterns(propensity, filled, where)
        _refuse_too_large(chances, where)
    _refuse_too_small(product, propensity, filled, where)


def _refuse_patterns(propensity: Floats, filled: Bools, where: str) -> None:
    rows = int(filled.sum())
    if rows < LEAST_ROWS or propensity.shape[1] < 2:
        return
    chances = propensity[filled]
    if np.ptp(chances) < SAME:
        raise TableError(
            f"{where}: propensity is {chances[0]:.4g} in all {rows} rows, at every place alike, "
            f"but chances of products differ; if every place was filled evenly, --even says so"
        )
    inside = np.where(filled, propensity, np.nan)
    used = filled.any(axis=0)
    low, high = np.nanmin(inside[:, used], axis=0), np.nanmax(inside[:, used], axis=0)
    if (high - low < SAME).all() and (filled[:, used].sum(axis=0) > 1).all():
        first = ", ".join(
            f"{value:.4g} at place {place + 1}"
            for place, value in list(zip(np.flatnonzero(used), low, strict=True))[:3]
        )
        raise TableError(
            f"{where}: propensity is the same for all products of each place ({first}): that is "
            f"the attention of a place, but the chance of each product to stand there was expected "
            f"({rows} such rows); if every place was filled evenly, --even says so"
        )


def _refuse_too_large(chances: Floats, where: str) -> None:
    drawn = chances[chances < 1]
    if len(drawn) < LEAST_ROWS:
        return
    mean = float((1.0 / drawn).mean())
    # with one rival, 1 / p is 1 / (1 - p) instead with chance 1 - p: variance 1 / (p (1 - p)) - 4
    spread = np.sqrt(np.maximum(1.0 / (drawn * (1.0 - drawn)) - 4.0, 0.0).sum()) / len(drawn)
    if mean < 2.0 - BEYOND * spread - SAME:
        raise TableError(
            f"{where}: 1 / propensity averages {mean:.3g} over {len(drawn)} rows, but what is "
            f"drawn has a rival, so at least 2 was expected: they are too large to add up"
        )


def _refuse_too_small(product: Ints, propensity: Floats, filled: Bools, where: str) -> None:
    contexts, places = product.shape
    key = product * places + np.arange(places)
    pairs, at, count = np.unique(key[filled], return_inverse=True, return_counts=True)
    chances = propensity[filled]
    could = np.bincount(at, 1.0 / chances)
    spread = np.sqrt(np.bincount(at, (1.0 - chances) / chances**2))
    least = could - BEYOND * spread
    bad = (least > contexts * (1 + SAME)) & (count >= LEAST_ROWS)
    if bad.any():
        worst = int(np.argmax(np.where(bad, least, -np.inf)))
        row, place = np.argwhere(filled & (key == pairs[worst]))[0]
        raise TableError(
            f"{where}: one product stood at place {int(place) + 1} in {count[worst]} of {contexts} "
            f"contexts, but by its propensities (such as {propensity[row, place]:.3g}) that would "
            f"take {could[worst]:,.0f} contexts: they are too small to be true ({int(bad.sum())} "
            f"such products and places)"
        )
