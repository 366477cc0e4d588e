"""What slates hold besides what they sell: varied goods, popularity tiers and new goods, as sums.

The same meanings as `rerank.value_measures`, here summed by household, so that the bootstrap can
draw them again.
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats
from recommender.metrics import Slates
from recommender.policy_parts import TIERS
from recommender.rerank.shelf_facts import NEW_WEEKS, ShelfFacts
from recommender.rerank.value_measures import pairwise_distance
from recommender.rerank.values import ValueFacts
from recommender.tradeoff import Goods


def variety_sums(
    slates: Slates, goods: Goods, facts: ShelfFacts
) -> dict[str, tuple[Floats, Floats]]:
    """Sums above and below the line of the figures of variety, (households,) each.

    As `metrics.household_sums`. Slates of fewer than two products have no distance. What is new
    cannot be told where the log does not reach back as far again as goods count as new: then
    `fresh_share` does not exist.
    """
    values = ValueFacts.of(goods, facts)
    filled = slates.product >= 0
    weight = slates.weight * filled
    seen = weight.sum(axis=1)
    distance = pairwise_distance(slates.product, values)
    apart = ~np.isnan(distance)
    tier = np.where(filled, values.tier[slates.product], -1)
    held = np.all([(tier == t).any(axis=1) for t in range(len(TIERS))], axis=0)
    reaches = facts.first_log_week <= facts.cutoff - 2 * NEW_WEEKS + 1
    return {
        "pairwise_distance": (np.where(apart, distance, 0.0), apart.astype(np.float64)),
        **{
            f"{name}_share": ((weight * (tier == t)).sum(axis=1), seen)
            for t, name in enumerate(TIERS)
        },
        "slates_of_all_tiers": (held.astype(np.float64), np.ones(len(held))),
        "fresh_share": ((weight * values.fresh[slates.product]).sum(axis=1), seen * reaches),
    }
