"""Draws of the footprints' errors: what the estimates' own doubt does to any figure made of them.

An estimate carries an 80 % range, and a sum of estimates needs to know how far they err together:
independent errors average out over thousands of products and flatter. The error of a product is
therefore taken apart, in log kg, into three that are independent of each other:

    own       what is its own among goods of one need: its `difference_sd_log10`, learned by the
              estimator from pairs of goods inside needs. Where the table has none, as large a share
              of the variance as the others have on average, or half where nobody has one (ours).
    of need   what the goods of a need have in common (same records, same method): the rest of its
              variance, but for the part below. It does not cancel when demand moves between needs.
    of all    a quarter of that rest (SHARED_BY_ALL, an assumption of ours): databases and methods
              that lie high or low throughout. It widens levels and cancels in relative changes.

Own errors and those of a need have mean 1 as factors: a figure is read as what such goods emit on
average, else a sum of many would lie above the sum of their figures in nearly every draw. Mass
guessed from a price or a category is in the range of a pack, hence also in that of kg at equal use,
which is a little too wide for it. Errors are drawn regardless of what a policy picked: that an
optimiser picks what is lightest by error is not in this range but in `observed.judged`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Floats, Ints
from recommender.lighter import COLUMN, Z80
from recommender.relevance.items.one_blas_thread import one_blas_thread

RANGE = 0.8  # as the footprints tables give it
SHARED_BY_ALL = 0.25  # of the variance that a product shares with its need
OWN_ASSUMED = 0.5  # of the variance, where no product says what is its own
AT_ONCE = 2048  # products whose errors are drawn together


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """Standard deviations of each product's natural log kg CO2e, (products,)."""

    own: Floats
    of_need: Floats
    of_all: Floats
    need: Ints  # (products,): counted from 0

    def told(self, known: Bools) -> dict[str, Any]:
        """What is assumed of errors that are shared, over the `known` products, as plain values."""
        own, of_need, of_all = (
            float(sd[known].mean()) if known.any() else None
            for sd in (self.own, self.of_need, self.of_all)
        )
        return {"sd_own": own, "sd_of_need": of_need, "sd_of_all": of_all, "coverage": RANGE}


def footprint_doubt(products: pd.DataFrame, need: Ints) -> Doubt | None:
    """How far each product errs by itself, with its need and with all; None without ranges.

    `products` hold `kg_co2e_low` and `kg_co2e_high`, the 80 % range of a pack, read as normal in
    log space, and `difference_sd_log10` where the table learned it. A product without a range takes
    the widest of the others: less said is no advantage.

    >>> pack = {"kg_co2e_low": [1.0], "kg_co2e_high": [10**2.5631031310892], COLUMN: [0.6]}
    >>> doubt = footprint_doubt(pd.DataFrame(pack), np.array([0]))
    >>> [(sd / np.log(10)).round(4).tolist() for sd in (doubt.own, doubt.of_need, doubt.of_all)]
    [[0.6], [0.6928], [0.4]]
    """
    if not {"kg_co2e_low", "kg_co2e_high"} <= set(products):
        return None
    low, high = (products[f"kg_co2e_{end}"].to_numpy(np.float64) for end in ("low", "high"))
    known = (low > 0) & (high >= low)
    if not known.any():
        return None
    ends = np.divide(high, low, out=np.ones(len(low)), where=known)
    sd = np.log(ends) / (2.0 * Z80)
    sd = np.where(known, sd, sd[known].max())
    own = np.full(len(sd), np.nan)
    if COLUMN in products:
        own = np.minimum(products[COLUMN].to_numpy(np.float64) * np.log(10.0), sd)
    told = ~np.isnan(own) & (sd > 0) & known
    share = float(((own[told] / sd[told]) ** 2).mean()) if told.any() else OWN_ASSUMED
    own = np.where(np.isnan(own), np.sqrt(share) * sd, own)
    shared = np.maximum(sd**2 - own**2, 0.0)
    return Doubt(
        own=own,
        of_need=np.sqrt((1.0 - SHARED_BY_ALL) * shared),
        of_all=np.sqrt(SHARED_BY_ALL * shared),
        need=need,
    )


def drawn_kg(doubt: Doubt, kg: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Sums over products of each column of `kg` (products, columns) in each draw, (draws, columns).

    The same errors for all columns; products that carry no kg are passed over.
    """
    sums = np.zeros((draws, kg.shape[1]))
    needs = int(doubt.need.max(initial=-1)) + 1
    with_all, with_need = rng.standard_normal(draws), rng.standard_normal((needs, draws))
    carrying = np.flatnonzero((kg != 0).any(axis=1))
    for first in range(0, len(carrying), AT_ONCE):
        product = carrying[first : first + AT_ONCE]
        own, of_need, of_all = (
            sd[product, None] for sd in (doubt.own, doubt.of_need, doubt.of_all)
        )
        error = rng.standard_normal((len(product), draws))  # a row a product: cut as one likes
        error *= own
        error += of_need * with_need[doubt.need[product]]
        error += of_all * with_all - (own**2 + of_need**2) / 2.0  # the mean factor is 1
        with one_blas_thread():  # sums in another order have other bits
            sums += np.exp(error, out=error).T @ kg[product]
    return sums


def kg_factors(doubt: Doubt, draws: int, rng: np.random.Generator) -> Iterator[Floats]:
    """`draws` arrays (products,), one after the other: each product's kg over its figure.

    The errors of `drawn_kg`, for who needs every product's and not their sums.

    >>> doubt = Doubt(
    ...     own=np.zeros(2), of_need=np.ones(2), of_all=np.zeros(2), need=np.zeros(2, int)
    ... )
    >>> one, two = next(kg_factors(doubt, 1, np.random.default_rng(1)))
    >>> bool(one == two)  # all that is in doubt is shared
    True
    """
    needs = int(doubt.need.max(initial=-1)) + 1
    middle = (doubt.own**2 + doubt.of_need**2) / 2.0  # the mean factor is 1
    for _ in range(draws):
        with_all, with_need = rng.standard_normal(), rng.standard_normal(needs)
        error = doubt.own * rng.standard_normal(len(doubt.own))
        error += doubt.of_need * with_need[doubt.need] + doubt.of_all * with_all
        yield np.exp(error - middle)
