"""What finished slates reach of each value of `values.VALUES`, whatever surrogate chose them.

Slates are products (shoppers, places), best place first; -1 where a place is empty.
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.policy_parts import TIERS
from recommender.rerank.values import ALIKE, APART, SAME_TYPE, ValueFacts
from recommender.tradeoff import TINY


def pairwise_distance(slates: Ints, facts: ValueFacts) -> Floats:
    """Mean distance between the products of each slate, (shoppers,); NaN below two products.

    `slates` (shoppers, places) hold products, -1 where a place is empty.
    """
    halves = np.zeros(len(slates))
    filled = (slates >= 0).sum(axis=1)
    for place in range(slates.shape[1]):
        for other in range(place):
            halves += _distances(slates[:, place], slates[:, other], facts)
    pairs = filled * (filled - 1) / 2
    nothing = np.full(len(slates), np.nan)
    return np.asarray(np.divide(halves / 2.0, pairs, out=nothing, where=pairs > 0))


def _distances(a: Ints, b: Ints, facts: ValueFacts) -> Ints:
    """Distances in halves; what the shop does not say is the same as nothing."""

    def same(code: Ints) -> Bools:
        return np.asarray((code[a] == code[b]) & (code[a] >= 0))

    alike = same(facts.category) | same(facts.need)
    apart = np.where(alike, ALIKE, APART)
    no_pair = (a < 0) | (b < 0)  # an empty place
    return np.where(no_pair | same(facts.product_type), SAME_TYPE, apart)


def tier_shares(slates: Ints, attention: Floats, tier: Ints) -> dict[str, float]:
    """Share of the attention on each popularity tier, over all filled places."""
    weight = attention * (slates >= 0)
    held = np.bincount(tier[slates].ravel(), weight.ravel(), minlength=len(TIERS))
    return dict(zip(TIERS, (held / max(weight.sum(), TINY)).tolist(), strict=True))


def value_measures(
    slates: Ints, attention: Floats, facts: ValueFacts, may_be_shown: Bools
) -> dict[str, float]:
    """What finished slates reach of each value, whatever surrogate chose them.

    `slates` (shoppers, places) hold products, -1 where a place is empty; `attention` is (places,).
    `pairwise_distance` is a mean over slates of two products or more (NaN without any),
    `slates_of_all_tiers` the share of slates with goods of each tier, `coverage` the share of the
    products that may be shown which somebody sees; shares of tiers and `fresh_share` are of the
    attention.
    """
    weight = attention * (slates >= 0)
    distance = pairwise_distance(slates, facts)
    held = np.where(slates >= 0, facts.tier[slates], -1)
    each = [(held == t).any(axis=1) for t in range(len(TIERS))]
    seen = np.unique(slates[slates >= 0])
    shares = tier_shares(slates, attention, facts.tier)
    known = ~np.isnan(distance)
    return {
        "pairwise_distance": float(distance[known].mean()) if known.any() else float("nan"),
        **{f"{tier}_share": share for tier, share in shares.items()},
        "slates_of_all_tiers": float(np.all(each, axis=0).mean()),
        "coverage": len(seen) / max(int(may_be_shown.sum()), 1),
        "fresh_share": float((weight * facts.fresh[slates]).sum() / max(weight.sum(), TINY)),
    }
