"""Values besides the stakeholders': varied slates, less popular goods, wide coverage, novelties.

Each is one more term of a row's worth, between 0 and 1 before the policy's weight. None is
multiplied by p_buy: what is valued is that a product is *seen*, as with the exposure of sellers, so
a weight is how much chance of a purchase one place is given up for. (Multiplied, a value would
mostly lift what is bought anyway.)

Freshness is additive over places, so its term is exact. The other three hang on what else is shown,
on this slate or on all; their terms are linear surrogates, and a certified gap is then one of the
surrogate. `VALUES` says which is which. Diversity and the mix of tiers reward the *likeliest* row
of each kind alone, so that a slate gains nothing by more of what it already holds. Neither flatters
a slate: it holds at least as many tiers as its terms sum to (each at attention 1), and its products
lie at least as far from the likelier ones beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.policy_parts import TIERS, Values
from recommender.rerank.shelf_facts import NEVER, NEW_WEEKS, ShelfFacts
from recommender.tradeoff import Goods

SAME_TYPE, ALIKE, APART = 0, 1, 2  # distances in halves, so that sums of them are whole


@dataclass(frozen=True, kw_only=True)
class Value:
    """What a value rewards, and whether its term says exactly that."""

    meaning: str  # of the term of one row
    exact: bool  # else a surrogate: the gap is then one of the surrogate
    measure: str  # of finished slates, by its name in `value_measures`


VALUES: Mapping[str, Value] = {
    "diversity": Value(
        meaning="distance to the nearest of the shopper's likelier candidates: 0 where one is of "
        "the same type, a half where one is of the same category or need, else 1",
        exact=False,
        measure="pairwise_distance",
    ),
    "tier_mix": Value(
        meaning="1 for the shopper's likeliest candidate of each popularity tier",
        exact=False,
        measure="slates_of_all_tiers",
    ),
    "coverage": Value(
        meaning="1 / (1 + relevance slates that show the product)",
        exact=False,
        measure="coverage",
    ),
    "freshness": Value(
        meaning=f"1 for a product first sold in the last {NEW_WEEKS} weeks",
        exact=True,
        measure="fresh_share",
    ),
}


def surrogates(weights: Values) -> tuple[str, ...]:
    """The values in force whose terms are surrogates; with any, the gap is one of the surrogate.

    >>> surrogates(Values(freshness=0.1, coverage=0.1))
    ('coverage',)
    """
    return tuple(
        name for name, weight in weights.as_dict().items() if weight > 0 and not VALUES[name].exact
    )


@dataclass(frozen=True, kw_only=True)
class ValueFacts:
    """What the values ask of each product, (products,); -1 where the shop does not say."""

    product_type: Ints  # within its category
    category: Ints
    need: Ints
    tier: Ints  # position in TIERS
    fresh: Bools

    @classmethod
    def of(cls, goods: Goods, facts: ShelfFacts) -> ValueFacts:
        """The facts at a cutoff.

        A product is fresh if its first sale fell in the last `NEW_WEEKS`. One that never sold is
        not, and nothing is where the log does not reach back as far again as those weeks: it could
        not tell a seldom sold product from a new one. (Even a longer log takes the first sale in it
        for the first of all.)
        """
        reaches = facts.first_log_week <= facts.cutoff - 2 * NEW_WEEKS + 1
        recent = (facts.first_week != NEVER) & (facts.first_week > facts.cutoff - NEW_WEEKS)
        return cls(
            product_type=goods.kind,
            category=facts.category,
            need=goods.functional.need,
            tier=facts.tier,
            fresh=recent & reaches,
        )


def extra_parts(
    start: Ints,
    product: Ints,
    base_rows: Ints,
    facts: ValueFacts,
    weights: Values,
    allowed: Bools | None = None,
    shown: Ints | None = None,
) -> dict[str, Floats]:
    """The weighted term of every candidate row, (rows,), by each value whose weight is above 0.

    Rows of shopper u are start[u]:start[u + 1], likeliest first; `base_rows` (shoppers, places) are
    the rows of the relevance slates, -1 where a place is empty. Rows that `allowed` leaves out may
    not be shown, so nothing is like them, and they are the first of nothing. `shown` (products,)
    are the relevance slates of the whole shop that show each product, where these shoppers are only
    some of it; by default those of `base_rows`. Raises ValueError where base rows and shoppers do
    not match.
    """
    allowed = np.ones(len(product), np.bool_) if allowed is None else allowed
    if len(base_rows) != len(start) - 1:
        raise ValueError(
            f"base_rows: slates of {len(base_rows)} shoppers, but {len(start) - 1} were expected"
        )
    if shown is None:
        shown = times_shown(product, base_rows, len(facts.tier))
    terms = {
        "diversity": lambda: distance_to_likelier(start, product, facts, allowed),
        "tier_mix": lambda: first_of_group(start, facts.tier[product], len(TIERS), allowed).astype(
            np.float64
        ),
        "coverage": lambda: seldom_shown(product, shown),
        "freshness": lambda: facts.fresh[product].astype(np.float64),
    }
    weighed = {name: weight for name, weight in weights.as_dict().items() if weight > 0}
    return {name: weight * terms[name]() for name, weight in weighed.items()}


def extra_values(
    start: Ints,
    product: Ints,
    base_rows: Ints,
    facts: ValueFacts,
    weights: Values,
    allowed: Bools | None = None,
    shown: Ints | None = None,
) -> Floats:
    """The sum of `extra_parts`, (rows,): what to add to the value of each row."""
    total = np.zeros(len(product))
    for part in extra_parts(start, product, base_rows, facts, weights, allowed, shown).values():
        total += part
    return total


@numba.njit
def first_of_group(start: Ints, group: Ints, groups: int, allowed: Bools) -> Bools:
    """Which rows are the first allowed ones of their group among their shopper's, (rows,).

    `group` of each row is below `groups`; a row of group -1 is like no other, and always first.

    >>> group, allowed = np.array([1, 1, 1, -1, -1, 1]), np.array([0, 1, 1, 1, 1, 1], bool)
    >>> first_of_group(np.array([0, 5, 6]), group, 2, allowed)
    array([False,  True, False,  True,  True,  True])
    """
    last_seen = np.full(groups, -1, np.int64)  # the last shopper with a row of the group
    first = allowed.copy()
    for shopper in range(start.size - 1):
        for row in range(start[shopper], start[shopper + 1]):
            if allowed[row] and group[row] >= 0:
                first[row] = last_seen[group[row]] != shopper
                last_seen[group[row]] = shopper
    return first


def distance_to_likelier(start: Ints, product: Ints, facts: ValueFacts, allowed: Bools) -> Floats:
    """Distance of each row to the nearest allowed row above it of the same shopper, (rows,).

    From 0 to 1; 0 for a row that is not allowed.
    """

    def first(code: Ints) -> Bools:
        groups = int(code.max(initial=-1)) + 1
        return np.asarray(first_of_group(start, code[product], groups, allowed))

    unlike = first(facts.category) & first(facts.need)
    halves = np.where(unlike, APART, ALIKE)
    return np.where(first(facts.product_type), halves, SAME_TYPE) / 2.0


def times_shown(product: Ints, rows: Ints, products: int) -> Ints:
    """How many of the slates `rows` (shoppers, places) show each product, (products,)."""
    return np.bincount(product[rows[rows >= 0]], minlength=products)


def seldom_shown(product: Ints, shown: Ints) -> Floats:
    """1 / (1 + relevance slates that show the product) of each row, (rows,).

    >>> seldom_shown(np.array([0, 1, 0, 2]), np.array([2, 1, 0])).round(3).tolist()
    [0.333, 0.5, 0.333, 1.0]
    """
    return np.asarray(1.0 / (1.0 + shown[product]), np.float64)
