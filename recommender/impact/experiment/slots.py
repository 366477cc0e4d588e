"""Slates drawn at random with their exact chances, and what that costs, known before a draw.

For each customer, with chance 1 - e the policy's own order is shown; with chance e places are
filled one after the other from a pool, each product as likely as its weight among those left
(Plackett and Luce). Both chances of a product are exact: at its place whatever stands above it
(`propensity`, by a recursion over the sets that may stand above), and given what stands above.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
from numba import njit

from recommender.candidates import Floats, Ints

MOST_POOL = 14  # 2^14 sets a customer
WORDS = 16  # 32-bit numbers of a digest: one for the arm, one for each product of a pool


@dataclass(frozen=True, kw_only=True)
class Pools:
    """What may stand on each customer's places; the policy's own order comes first.

    A pool's empty columns are -1, with p_buy 0.
    """

    customer_id: npt.NDArray[np.object_]  # (customers,)
    product: Ints  # (customers, pool): numbers of products
    value: Floats  # (customers, pool): the policy's priced value, or that of a like place
    p_buy: Floats  # (customers, pool)
    own: Ints  # (customers, places): column that the policy itself shows at each place


@dataclass(frozen=True, kw_only=True)
class Slots:
    """How places are drawn: each customer's mix, and the exact chances that follow."""

    weight: Floats  # (customers, pool): of a draw
    mix: Floats  # (customers,): chance of a draw instead of the policy's own order
    chance: Floats  # (customers, places, pool): of each product at each place
    relevance: Floats  # (customers,): sum of attention x p_buy of the policy's own places
    expected: Floats  # (customers,): the same of drawn places, on average

    @property
    def loss(self) -> float:
        """Expected loss of relevance at the drawn places, all customers together, as a share."""
        return float(1.0 - self.expected.sum() / self.relevance.sum())

    @property
    def worst_loss(self) -> float:
        """The same of the customer who loses most."""
        with np.errstate(invalid="ignore"):
            each = np.where(self.relevance > 0, 1.0 - self.expected / self.relevance, 0.0)
        return float(each.max(initial=0.0))

    @property
    def least_chance(self) -> float:
        """The smallest chance of anything that may stand at a place."""
        return float(self.chance[self.chance > 0].min())


def slots_for(
    pools: Pools, attention: Floats, *, loss: float, temperature: float = 0.5, most: float = 1.0
) -> Slots:
    """The widest mix that costs no customer more than `loss` of relevance on average.

    `temperature` spreads the draws: the lowest value of a pool is drawn first exp(-1 /
    temperature) times as often as the highest; infinity draws evenly. `most` caps the mix; below
    1 the policy's own order always has a chance. What a customer loses is linear in the mix, so
    the bound is met exactly. Raises ValueError for a pool of more than 14 or fewer than places.
    """
    customers, size = pools.product.shape
    places = pools.own.shape[1]
    if not 0 < loss <= 1:
        raise ValueError(f"loss is {loss}, but a share above 0 and at most 1 was expected")
    if not 0 < most <= 1:
        raise ValueError(f"most is {most}, but a chance above 0 and at most 1 was expected")
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}, but one above 0 was expected")
    least = int((pools.product >= 0).sum(axis=1).min(initial=size))
    if size > MOST_POOL or least < places or len(attention) < places:
        raise ValueError(
            f"pools of {least} to {size} products for {places} places with {len(attention)} "
            f"attentions, but at most {MOST_POOL} products and one for each place were expected"
        )
    weight = draw_weights(pools.value, pools.product >= 0, temperature)
    drawn = place_chances(weight, places)
    own = np.zeros((customers, places, size))
    own[np.arange(customers)[:, None], np.arange(places)[None, :], pools.own] = 1.0
    seen = attention[:places]
    relevance = np.einsum("ukp,up,k->u", own, pools.p_buy, seen)
    of_draws = np.einsum("ukp,up,k->u", drawn, pools.p_buy, seen)
    lost = np.divide(relevance - of_draws, relevance, out=np.zeros(customers), where=relevance > 0)
    mix = np.minimum(most, np.divide(loss, lost, out=np.ones(customers), where=lost > loss))
    return Slots(
        weight=weight,
        mix=mix,
        chance=(1.0 - mix)[:, None, None] * own + mix[:, None, None] * drawn,
        relevance=relevance,
        expected=(1.0 - mix) * relevance + mix * of_draws,
    )


def draw_weights(value: Floats, filled: npt.NDArray[np.bool_], temperature: float) -> Floats:
    """Weights of a draw, highest 1, (customers, pool); 0 where a pool is empty.

    >>> draw_weights(np.array([[3.0, 2.0, 1.0]]), np.ones((1, 3), bool), 1.0).round(3)
    array([[1.   , 0.607, 0.368]])
    """
    top = np.where(filled, value, -np.inf).max(axis=1, keepdims=True)
    spread = top - np.where(filled, value, np.inf).min(axis=1, keepdims=True)
    below = np.where(filled, top - value, 0.0)
    share = np.divide(below, spread, out=np.zeros_like(below), where=spread > 0)
    return np.where(filled, np.exp(-share / temperature), 0.0)


@njit(cache=True)
def place_chances(weight: Floats, places: int) -> Floats:  # pragma: no cover - compiled
    """Chance of each product at each place under draws without replacement.

    (customers, places, pool); at each place they sum to 1. The chance that a set stands above a
    place follows from those of the sets with one product fewer.

    >>> place_chances(np.array([[2.0, 1.0, 1.0]]), 2).round(3).tolist()
    [[[0.5, 0.25, 0.25], [0.333, 0.333, 0.333]]]
    """
    # by hand, second place, first product: 1/4 x 2/3 after each of the others = 1/3
    customers, size = weight.shape
    answer = np.zeros((customers, places, size))
    sets = 1 << size
    total = np.empty(sets)
    above = np.empty(sets)
    count = np.zeros(sets, np.int64)
    for each in range(1, sets):
        count[each] = count[each >> 1] + (each & 1)
    for customer in range(customers):
        all_of_it = weight[customer].sum()
        total[0] = 0.0
        above[:] = 0.0
        above[0] = 1.0
        for each in range(sets):
            if each > 0:
                low = 0
                while (each >> low) & 1 == 0:
                    low += 1
                total[each] = total[each & (each - 1)] + weight[customer, low]
            if count[each] >= places or above[each] == 0.0:
                continue
            left = all_of_it - total[each]
            for product in range(size):
                if (each >> product) & 1 or weight[customer, product] == 0.0:
                    continue
                chance = above[each] * weight[customer, product] / left
                answer[customer, count[each], product] += chance
                above[each | (1 << product)] += chance
    return answer


def drawn_slates(pools: Pools, slots: Slots, uniform: Floats) -> tuple[Ints, Floats, Floats]:
    """A draw for each customer: columns of the pool, and both chances, all (customers, places).

    `uniform` (customers, 1 + pool) are evenly drawn numbers above 0 and below 1: the first decides
    between the policy's own order and a draw, the others fill the places.
    """
    customers, places = pools.own.shape
    gumbel = -np.log(-np.log(uniform[:, 1 : 1 + pools.product.shape[1]]))
    with np.errstate(divide="ignore"):
        key = np.log(slots.weight) + gumbel
    order = np.argsort(-key, axis=1, kind="stable")[:, :places]
    column = np.where((uniform[:, 0] < slots.mix)[:, None], order, pools.own)
    at = np.arange(customers)[:, None]
    propensity = slots.chance[at, np.arange(places)[None, :], column]
    weight = slots.weight[at, column]
    left = slots.weight.sum(axis=1, keepdims=True) - np.cumsum(weight, axis=1) + weight
    by_draw = np.cumprod(weight / left, axis=1) * slots.mix[:, None]
    by_policy = np.cumprod(column == pools.own, axis=1) * (1.0 - slots.mix)[:, None]
    prefix = by_draw + by_policy
    given_above = prefix / np.hstack([np.ones((customers, 1)), prefix[:, :-1]])
    return column, propensity, np.minimum(given_above, 1.0)


def stable_uniform(keys: list[str], numbers: int) -> Floats:
    """Evenly drawn numbers above 0 and below 1 that hang on a key alone, (keys, numbers).

    >>> bool((stable_uniform(["a", "b"], 3)[1] == stable_uniform(["b"], 3)[0]).all())
    True
    """
    if numbers > WORDS:
        raise ValueError(f"{numbers} numbers a key, but at most {WORDS} were expected")
    digests = b"".join(blake2b(key.encode(), digest_size=4 * WORDS).digest() for key in keys)
    words = np.frombuffer(digests, dtype="<u4").reshape(len(keys), WORDS)
    return (words[:, :numbers] + 0.5) / 2.0**32
