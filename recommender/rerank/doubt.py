"""Carbon with doubt: what products cost at a cautious quantile of their range, at equal function.

A policy may ask that estimates enter by an upper quantile. The quantile is one of the *comparison*:
its spread is the difference sd of each product (`lighter.difference_sd`), which leaves out the
doubt about a pack's mass and all doubt that the goods of a need have in common. What a household
would otherwise buy is taken at the same quantile, so that a wide range alone is not punished: a
household that keeps to its own product has no excess, however doubtful that product is. Figures
that a supplier had verified enter by their median.

Slates are chosen with these figures; what is reported of slates is the median.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from recommender.candidates import Floats
from recommender.functional import (
    OWN,
    Functional,
    References,
    functional_footprints,
    household_references,
)
from recommender.lighter import difference_sd
from recommender.log import Log
from recommender.tradeoff import Goods

MEDIAN = 0.5
VERIFIED = "verified"


def cautious_factor(sd_log10: Floats, tier: pd.Series, quantile: float) -> Floats:
    """What each product's kg CO2e is multiplied by at `quantile` of its comparison, (products,).

    `sd_log10` is the difference sd in log10, NaN where there is none. A verified figure stays
    (factor 1). Where an sd is missing the factor is NaN. Raises ValueError for a quantile below the
    median, which would be a daring figure, and for 1 or above.

    >>> tier = pd.Series(["model", "model", "verified"])
    >>> one_sd_up = 0.8413447460685429
    >>> cautious_factor(np.array([0.0, 1.0, 1.0]), tier, one_sd_up).round(6)
    array([ 1., 10.,  1.])
    """
    if not MEDIAN <= quantile < 1:
        raise ValueError(f"quantile is {quantile}, but 0.5 or more and below 1 was expected")
    factor = 10.0 ** (ndtri(quantile) * sd_log10)
    return np.where(tier.to_numpy(object) == VERIFIED, 1.0, factor)


def cautious_products(
    products: pd.DataFrame, functional: Functional, quantile: float
) -> pd.DataFrame:
    """`products` with `kg_co2e_per_kg` and `kg_co2e` at `quantile` of a comparison.

    `functional` says which products have a figure of their own. One of them without a difference sd
    is taken to be as doubtful as the most doubtful of the others: less said is no advantage. All
    that stands on packs is the mean of a need in which no product has a figure of its own; it moves
    by the mean factor of the products that have one, so that across needs it is neither favoured
    for the doubt that nobody measured nor punished for it.
    """
    factor = cautious_factor(difference_sd(products), products["tier"], quantile)
    own = functional.basis == OWN
    known = factor[own & ~np.isnan(factor)]
    widest, typical = (known.max(), known.mean()) if len(known) else (1.0, 1.0)
    verified = products["tier"].to_numpy(object) == VERIFIED
    return products.assign(
        kg_co2e_per_kg=products["kg_co2e_per_kg"] * np.where(np.isnan(factor), widest, factor),
        kg_co2e=products["kg_co2e"] * np.where(verified, 1.0, typical),
    )


def cautious_functional(
    products: pd.DataFrame, purchases: Log, quantile: float
) -> tuple[Functional, References]:
    """`kg_functional` of each product, and of what each household buys, at `quantile`.

    As `functional.functional_footprints` and `functional.household_references` make them, from the
    figures of `cautious_products`: products without a figure of their own take the mean of the
    cautious ones of their need, and unknown ones stay at 0. At 0.5 every bit is as without doubt.
    """
    median = functional_footprints(products, purchases)
    if quantile == MEDIAN:
        return median, household_references(median, purchases)
    cautious = functional_footprints(cautious_products(products, median, quantile), purchases)
    return cautious, household_references(cautious, purchases)


def cautious_goods(goods: Goods, products: pd.DataFrame, purchases: Log, quantile: float) -> Goods:
    """`goods` as a policy's choice sees them: functional carbon and references at `quantile`.

    `products` and `purchases` are those that `tradeoff.goods_of` made them of. Pack figures, which
    are only reported, stay.
    """
    if quantile == MEDIAN:
        return goods
    functional, references = cautious_functional(products, purchases, quantile)
    return replace(goods, functional=functional, references=references)
