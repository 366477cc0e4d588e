"""A basket in hand: what it costs and weighs, and how it stands against what is usual.

The total is of packs: prices and kg CO2e as they stand on the shelf. Its range knows that errors
are shared: of each product's, a part is its own, a part is common to its need (the same records)
and a part to all goods, in the shares of `observed.footprint_draws.footprint_doubt`. Own parts
average out, the others add up. The ends are put together from each figure's own (Zou and Donner
2008, as in `lighter.change_range`), so that one product's range is the one on its card.

Against the usual, only what a basket's goods are *for* is compared: each line against the mix that
the household usually buys in that need, for the same amount of use. So a smaller pack is no saving,
and a product in both stands against itself. Shared errors cancel there; the range is of each
product's own error, the one that says how sure a swap is (`lighter`). Both sides grow with the
basket, so their difference says nothing good of buying more: it is for telling amounts apart.
What a step changed is the difference of the totals before and after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from recommender.candidates import Floats, Ints
from recommender.history import History
from recommender.impact.observed.footprint_draws import Doubt
from recommender.lighter import Z80, with_own_error
from recommender.log import Log
from recommender.swaps import SwapGoods, till_price, usual_products

FEWEST, MOST = 5, 12  # goods in the basket that a household starts with


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What is in a basket: catalogue rows, each once, and packs."""

    product: Ints
    quantity: Floats

    def __len__(self) -> int:
        return len(self.product)

    @classmethod
    def of(cls, product: Sequence[int], quantity: Sequence[float]) -> Lines:
        return cls(product=np.array(product, np.int64), quantity=np.array(quantity, np.float64))


@dataclass(frozen=True, kw_only=True)
class Total:
    """What the packs of a basket cost and weigh; the range is an 80 % range."""

    price: float  # shop currency
    kg: float
    low: float
    high: float
    unknown: int  # lines without a figure, which `kg` leaves out


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one basket costs and weighs less another; 80 % range."""

    price: float  # shop currency; below 0 is cheaper
    kg: float  # below 0 is lighter
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class AgainstUsual(Change):
    """A basket less the usual goods for the same needs, at equal use; 80 % range."""

    chance: float  # that the basket is lighter; 0.5 where nothing differs
    compared: int  # lines that can be compared
    own: Change  # those lines, against nothing
    usual: Change  # as much of what is usually bought for their needs


def basket_total(lines: Lines, products: pd.DataFrame, doubt: Doubt | None) -> Total:
    """Price and kg CO2e of the packs in a basket.

    `products` (catalogue order) holds `price`, `kg_co2e`, `kg_co2e_low` and `kg_co2e_high`; `doubt`
    (`footprint_doubt` of the same products) says which errors move together. Without it, they all
    do: no range is the narrower for what is not known.

    >>> shelf = pd.DataFrame(
    ...     {"price": [2.0, 3.0], "kg_co2e": [2.0, 1.0]}
    ...     | {"kg_co2e_low": [1.0, 0.5], "kg_co2e_high": [4.0, 2.0]}
    ... )
    >>> total = basket_total(Lines.of([0, 1], [1, 2]), shelf, None)
    >>> total.price, total.kg, round(total.low, 2), round(total.high, 2)
    (8.0, 4.0, 2.0, 8.0)
    """
    rows = products.iloc[lines.product]
    packs = lines.quantity
    kg, low, high = (
        rows[name].to_numpy(np.float64) for name in ("kg_co2e", "kg_co2e_low", "kg_co2e_high")
    )
    known = ~np.isnan(kg)
    ranged = known & (low <= kg) & (kg <= high)
    total = float((packs * kg)[known].sum())
    below = _together(np.where(ranged, packs * (kg - low), 0.0), doubt, lines.product)
    above = _together(np.where(ranged, packs * (high - kg), 0.0), doubt, lines.product)
    return Total(
        price=float((packs * till_price(rows["price"].to_numpy(np.float64))).sum()),
        kg=total,
        low=total - below,
        high=total + above,
        unknown=int((~known).sum()),
    )


def usual_lines(history: History, customer: int) -> Lines:
    """The basket that a household starts with: a pack each of what it buys most regularly.

    As many goods as the median of its visits, but 5 to 12. Empty where it has no habits.
    """
    usual = usual_products(history, customer)
    mine = history.visits.basket[history.visits.customer == customer]
    sizes = np.unique(mine, return_counts=True)[1]
    n = int(np.clip(np.median(sizes), FEWEST, MOST)) if len(sizes) else 0
    product = usual["product"].to_numpy(np.int64)[:n]
    return Lines(product=product, quantity=np.ones(len(product)))


def units_of(log: Log, customer: int | None = None) -> Floats:
    """Units bought of each product, (products,), by one customer or by all."""
    mine = slice(None) if customer is None else log.customer == customer
    return np.bincount(
        log.product[mine], np.maximum(log.quantity[mine], 0.0), minlength=log.products
    ).astype(np.float64)


def against_usual(
    lines: Lines, goods: SwapGoods, own_units: Floats, all_units: Floats
) -> AgainstUsual:
    """The basket against what is usually bought for the same needs, for the same amount of use.

    `own_units` (products,) are the household's purchases, `all_units` everybody's: those speak
    where the household never bought in a need. Only goods that may be compared count
    (`swaps.swap_goods`); the other lines stand as they are, on both sides.
    """
    at = goods.comparable[lines.product]
    product, packs = lines.product[at], lines.quantity[at]
    # packs as typical purchases in their need
    use = packs * goods.kg_pack[product] / goods.kg_functional[product]
    mine, usual = np.zeros(len(goods.need)), np.zeros(len(goods.need))  # such purchases, by product
    np.add.at(mine, product, use)
    for need in np.unique(goods.need[product]):
        mix, share = _mix(int(need), goods, own_units, all_units)
        usual[mix] += float(use[goods.need[product] == need].sum()) * share
    less = _of_purchases(mine - usual, goods)
    # the doubt on the side of no change
    towards = less.high - less.kg if less.kg < 0 else less.kg - less.low
    z = 0.0 if abs(less.kg) < 1e-9 else -less.kg / max(towards / Z80, 1e-12)
    return AgainstUsual(
        price=less.price,
        kg=less.kg,
        low=less.low,
        high=less.high,
        chance=float(ndtr(z)),
        compared=int(at.sum()),
        own=_of_purchases(mine, goods),
        usual=_of_purchases(usual, goods),
    )


def basket_change(before: Lines, after: Lines, products: pd.DataFrame, goods: SwapGoods) -> Change:
    """What a step changed: the totals after it less those before, as `basket_total` has them.

    The range is of each product's own error, as in a swap; where that is not known, of its pack.
    Goods without a figure change the price alone.
    """
    packs = np.zeros(len(products))
    np.add.at(packs, after.product, after.quantity)
    np.add.at(packs, before.product, -before.quantity)
    rows = np.flatnonzero(packs)
    table, packs = products.iloc[rows], packs[rows]
    price = float((packs * till_price(table["price"].to_numpy(np.float64))).sum())
    kg, low, high = (
        table[name].to_numpy(np.float64) for name in ("kg_co2e", "kg_co2e_low", "kg_co2e_high")
    )
    own = goods.placed[rows]
    _, own_low, own_high = with_own_error(kg, goods.sd[rows])
    low, high = np.where(own, own_low, low), np.where(own, own_high, high)
    known = ~np.isnan(kg)
    ranged = known & (low <= kg) & (kg <= high)
    low, high = np.where(ranged, low, kg), np.where(ranged, high, kg)
    return _sum(price, packs[known], kg[known], low[known], high[known])


def swapped(lines: Lines, product: int, swap: int, packs: float | None = None) -> Lines:
    """The basket with `packs` of `swap` in the place of `product`; those of one are added up.

    As many packs as there were, unless told (`swaps.packs_for_use` knows what the same use needs).

    >>> swapped(Lines.of([3, 5], [2.0, 1.0]), 3, 5)
    Lines(product=array([5]), quantity=array([3.]))
    >>> swapped(Lines.of([3], [1.0]), 3, 5, packs=2.0)
    Lines(product=array([5]), quantity=array([2.]))
    """
    held = dict(zip(lines.product.tolist(), lines.quantity.tolist(), strict=True))
    packs = held.get(product, 0.0) if packs is None else packs
    after: dict[int, float] = {}
    for row, quantity in held.items():
        row, quantity = (swap, packs) if row == product else (row, quantity)
        after[row] = after.get(row, 0.0) + quantity
    return Lines.of(list(after), list(after.values()))


def _mix(need: int, goods: SwapGoods, own_units: Floats, all_units: Floats) -> tuple[Ints, Floats]:
    """Products usually bought in a need and their shares; all goods of it alike if none is sold."""
    rows = np.flatnonzero((goods.need == need) & goods.comparable)
    for units in (own_units[rows], all_units[rows], np.ones(len(rows))):
        if units.sum() > 0:
            bought = units > 0
            return rows[bought], units[bought] / units.sum()
    return rows, np.zeros(0)


def _of_purchases(side: Floats, goods: SwapGoods) -> Change:
    """What typical purchases of each product, (products,), cost and weigh; some are below 0."""
    rows = np.flatnonzero(np.abs(side) > 1e-12)
    side = side[rows]
    per_use = goods.price[rows] * goods.kg_functional[rows] / goods.kg_pack[rows]
    ranged = with_own_error(goods.kg_functional[rows], goods.sd[rows])
    return _sum(float((side * per_use).sum()), side, *ranged)


def _sum(price: float, side: Floats, kg: Floats, low: Floats, high: Floats) -> Change:
    """`side` times each figure, added up, with independent errors."""
    down = np.where(side > 0, side * (kg - low), side * (kg - high))
    up = np.where(side > 0, side * (high - kg), side * (low - kg))
    total = float((side * kg).sum())
    below, above = float(np.sqrt((down**2).sum())), float(np.sqrt((up**2).sum()))
    return Change(price=price, kg=total, low=total - below, high=total + above)


def _together(deviation: Floats, doubt: Doubt | None, product: Ints) -> float:
    """The deviation of a sum whose parts' errors are partly shared: by need, and by all."""
    if not len(deviation):
        return 0.0
    if doubt is None:
        return float(deviation.sum())
    own, of_need, of_all = (sd[product] for sd in (doubt.own, doubt.of_need, doubt.of_all))
    whole = np.sqrt(own**2 + of_need**2 + of_all**2)
    parts = [
        deviation * np.divide(sd, whole, out=np.zeros(len(sd)), where=whole > 0)
        for sd in (own, of_need, of_all)
    ]
    by_need = np.bincount(pd.factorize(doubt.need[product])[0], parts[1])
    return float(np.sqrt((parts[0] ** 2).sum() + (by_need**2).sum() + parts[2].sum() ** 2))
