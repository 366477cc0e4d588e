"""Swaps: stand-ins for what a household usually buys that are estimated lighter at equal function.

A stand-in serves the same need, holds about as many servings, and costs about as much: by the pack,
and not much more for the same use either, since a small pack can be cheap and dear at once.
How sure we are that it is lighter, and on what that stands, is told in `lighter`: two products
compare at equal function, so a pack of another size is no saving.

The footprint of lamps, and of what goes with hot water or burns, is mostly its use at home, which
no figure of the pack holds: such goods compare inside one energy or dose class only.

A swap is proposed where P(lighter) is at least 0.8. Of those, the one that the household is
likeliest to take comes first: picking the largest cut of many would pick the largest error. What
the data cannot tell apart is never ranked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Floats, Ints
from recommender.functional import OWN, Functional
from recommender.history import HALF_LIFE_WEEKS, History
from recommender.lighter import (
    Ranged,
    chance_lighter,
    change_range,
    difference_sd,
    is_learned,
    with_own_error,
)
from recommender.log import DAYS_A_WEEK

RANKED_TIERS = ("verified", "model", "neighbours", "category")  # spend only knows what is cheaper

# No swap in these, in or out: what is right for an infant or a patient is not ours to judge.
CARE_NEEDS = {
    *("infant formula", "baby drink", "baby meal", "baby care", "nutrition drink", "vitamins"),
    *("pain relief", "sleep aid", "cough relief", "allergy relief", "cold relief", "eye care"),
    *("digestion relief", "quitting smoking", "first aid", "family planning", "acne care"),
    *("incontinence care", "denture care", "foot care"),
}
CARE_WORDS = (
    r"\b(?:infants?|toddlers?|(?:baby|babies) (?:foods?|formula|milk|cereals?|juices?)|formula|"
    r"medicin\w*|medicat\w*|remed(?:y|ies)|analgesics?|antacids?|laxatives?|vitamins?|pharmacy|"
    r"(?:dietary|nutritional) supplements?|nicotine|contraceptives?)\b"
)
ROUND = 1 + 1e-9  # the last bit of a division decides nothing


@dataclass(frozen=True, kw_only=True)
class SwapRules:
    """When a product may stand in for another, and when it is called lighter."""

    price_factor: float = 1.5  # dearest pack over cheapest; stand-in over usual for the same use
    amount_factor: float = 2.0  # most servings in a pack over fewest
    chance: float = 0.8  # least P(lighter) of a swap
    liking: float = 0.0  # least chance that the household takes the stand-in
    per_product: int = 3  # stand-ins kept for each product


@dataclass(frozen=True, kw_only=True)
class SwapGoods:
    """What swaps need to know of every product, (products,), counted once per catalogue."""

    need: Ints
    kind: Ints  # -1 where the product has none
    use_class: Ints  # of what compares with its like only; -1 where home use is no matter
    price: Floats  # shop currency per pack, as a till charges it
    flows: Floats  # servings, washes, sheets in a pack
    kg_pack: Floats  # kg CO2e per pack
    low: Floats  # low end of its 80 % range, as a share of the figure
    high: Floats  # high end
    kg_functional: Floats  # kg CO2e of a typical purchase in the need, met by this product
    log_kg: Floats  # log10 of it; NaN where it is not placed
    sd: Floats  # difference sd in log10
    learned: bool  # whether the footprints gave `sd`, or it was read off their ranges
    placed: Bools  # has a figure of its own, of a tier that may be ranked among others
    comparable: Bools  # and is nothing that swaps keep away from
    offered: Bools  # comparable, and may be shown
    by_need: Ints  # the offered products, sorted by need
    need_start: Ints  # those of need n are by_need[need_start[n]:need_start[n + 1]]


def swap_goods(products: pd.DataFrame, functional: Functional, may_be_shown: Bools) -> SwapGoods:
    """What swaps need to know of `products` (`products.products_at`, in the catalogue's order).

    Left out of any swap, as what is replaced and as what replaces: products without a figure of
    their own at equal function, of tier spend or unknown, never ranked (`lighter.never_ranked`),
    sold by age, for infants or as medicine, and those whose use at home outweighs them and has no
    class. `products` may hold `use_phase_dominant` and `use_class`; without them, home use is no
    matter.
    """
    mass = products["net_mass_kg"].to_numpy(np.float64)
    flows = mass / products["kg_per_flow"].to_numpy(np.float64)
    kg_pack, kg_low, kg_high = (
        products[name].to_numpy(np.float64) for name in ("kg_co2e", "kg_co2e_low", "kg_co2e_high")
    )
    sd = difference_sd(products)
    some = np.where(kg_pack > 0, kg_pack, np.nan)
    placed = (
        (functional.basis == OWN)
        & products["tier"].isin(RANKED_TIERS).to_numpy()
        & (functional.kg_functional > 0)
        & (kg_pack > 0)
        & ~np.isnan(sd)
        & (flows > 0)
    )
    log_kg = np.log10(functional.kg_functional, out=np.full(len(products), np.nan), where=placed)
    comparable = placed & ~withheld(products)
    offered = comparable & may_be_shown
    rows = np.flatnonzero(offered)
    by_need = rows[np.argsort(functional.need[rows], kind="stable")]
    names = pd.Series(products["kind"].fillna(""), dtype="str")
    return SwapGoods(
        need=functional.need,
        kind=np.where(names == "", -1, pd.factorize(names)[0]).astype(np.int64),
        use_class=_use_class(products),
        price=till_price(products["price"].to_numpy(np.float64)),
        flows=flows,
        kg_pack=kg_pack,
        low=kg_low / some,
        high=kg_high / some,
        kg_functional=functional.kg_functional,
        log_kg=log_kg,
        sd=sd,
        learned=is_learned(products),
        placed=placed,
        comparable=comparable,
        offered=offered,
        by_need=by_need,
        need_start=np.searchsorted(
            functional.need[by_need], np.arange(len(functional.needs) + 1)
        ).astype(np.int64),
    )


def till_price(price: Floats) -> Floats:
    """Prices as a till charges them: rounded once, so that two packs cost twice what one does.

    >>> till_price(np.array([2.854, 0.001])).tolist()
    [2.85, 0.01]
    """
    return np.maximum(np.round(price, 2), 0.01)


def packs_for_use(goods: SwapGoods, product: int, swap: int, packs: float) -> float:
    """How many whole packs of `swap` serve what `packs` of `product` do, as nearly as can be.

    At least one; half a pack counts as one more.
    """
    needed = packs * goods.flows[product] / goods.flows[swap]
    return max(float(np.floor(needed * ROUND + 0.5)), 1.0)


def withheld(products: pd.DataFrame) -> Bools:
    """Products that no swap touches: for infants, medicines, sold by age, or used with hot water,
    power or a flame that may differ.

    >>> shelf = pd.DataFrame({"title": ["Soy infant formula", "Soy drink"], "need": ["milk"] * 2})
    >>> withheld(shelf).tolist()
    [True, False]
    """
    barred = withheld_because(products).ne("")
    if "use_phase_dominant" in products:
        barred |= _flag(products, "use_phase_dominant") & _text(products, "use_class").eq("")
    return np.array(barred, np.bool_)


def withheld_because(products: pd.DataFrame) -> pd.Series:
    """Why nothing may stand in for a product, nor it for others; "" where nothing speaks against.

    >>> shelf = pd.DataFrame({"title": ["Soy infant formula", "Soy drink"], "need": ["milk"] * 2})
    >>> withheld_because(shelf).tolist()
    ['for infants, medicine or special care', '']
    """
    care = products["need"].isin(CARE_NEEDS)
    for column in ("title", "product_type", "category"):
        if column in products:
            text = products[column].fillna("").astype("str").str.lower()
            care |= text.str.contains(CARE_WORDS, regex=True)
    because = pd.Series("", index=products.index, dtype="str")
    because = because.mask(care, "for infants, medicine or special care")
    if "age_restricted" in products:
        because = because.mask(_flag(products, "age_restricted"), "sold by age")
    return because


def _use_class(products: pd.DataFrame) -> Ints:
    """A number for each energy or dose class; -1 for goods whose use at home is no matter."""
    if "use_phase_dominant" not in products:
        return np.full(len(products), -1, np.int64)
    codes = pd.factorize(_text(products, "use_class"))[0]
    return np.where(_flag(products, "use_phase_dominant"), codes, -1).astype(np.int64)


def _flag(products: pd.DataFrame, column: str) -> pd.Series:
    return products[column].fillna(False).astype("bool")


def _text(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series("", index=products.index, dtype="str")
    return products[column].fillna("").astype("str")


def usual_products(history: History, customer: int, visits: int = 2, n: int = 40) -> pd.DataFrame:
    """What a customer usually buys: product, visits, days_since, habit; the most usual first.

    At least `visits` baskets; `habit` counts them, each halved every 16 weeks.
    """
    mine = np.flatnonzero(history.visits.customer == customer)
    product, row = np.unique(history.visits.product[mine], return_inverse=True)
    ago = history.end_day - history.visits.day[mine]
    last = np.full(len(product), np.inf)
    np.minimum.at(last, row, ago)
    usual = pd.DataFrame(
        {
            "product": product,
            "visits": np.bincount(row, minlength=len(product)),
            "days_since": last,
            "habit": np.bincount(
                row, 0.5 ** (ago / DAYS_A_WEEK / HALF_LIFE_WEEKS), minlength=len(product)
            ),
        }
    )
    usual = usual[usual["visits"] >= visits]
    order = np.lexsort((usual["product"], -usual["habit"]))
    return usual.iloc[order[:n]].reset_index(drop=True)


def comparisons(usual: Ints, goods: SwapGoods, rules: SwapRules = SwapRules()) -> pd.DataFrame:
    """Every product offered in the same need at a similar price and amount, for each of `usual`.

    One row per pair: product and swap (catalogue rows), need, same_kind, price, swap_price and
    price_change of the packs, flows and swap_flows, chance that the swap is lighter, and at equal
    use (what the usual pack serves) swap_price_use and price_change_use, and kg, swap_kg and
    kg_change, each with _low and _high of its 80 % range, in kg CO2e. The range of the change is
    that of the errors which `chance` weighs, so that the two agree.
    """
    usual = usual[goods.comparable[usual]]
    need = goods.need[usual]
    length = goods.need_start[need + 1] - goods.need_start[need]
    product = np.repeat(usual, length)
    within = np.arange(len(product)) - np.repeat(np.cumsum(length) - length, length)
    swap = goods.by_need[np.repeat(goods.need_start[need], length) + within]
    alike = (
        (product != swap)
        & (goods.use_class[product] == goods.use_class[swap])
        & _within(goods.price, product, swap, rules.price_factor)
        & _within(goods.flows, product, swap, rules.amount_factor)
        & (_price_at_use(goods, product, swap) <= goods.price[product] * rules.price_factor * ROUND)
    )
    product, swap = product[alike], swap[alike]
    price_use = _price_at_use(goods, product, swap)
    # what the usual pack serves, met by the stand-in
    same_use = goods.kg_pack[product] / goods.kg_functional[product]
    kg, swap_kg = goods.kg_pack[product], goods.kg_functional[swap] * same_use
    sd, swap_sd = goods.sd[product], goods.sd[swap]
    figures = {
        "kg": _ranged(kg, product, goods),
        "swap_kg": _ranged(swap_kg, swap, goods),
        "kg_change": change_range(with_own_error(kg, sd), with_own_error(swap_kg, swap_sd)),
    }
    return pd.DataFrame(
        {
            "product": product,
            "swap": swap,
            "need": goods.need[product],
            "same_kind": (goods.kind[product] == goods.kind[swap]) & (goods.kind[product] >= 0),
            "price": goods.price[product],
            "swap_price": goods.price[swap],
            "price_change": goods.price[swap] - goods.price[product],
            "swap_price_use": price_use,
            "price_change_use": price_use - goods.price[product],
            "flows": goods.flows[product],
            "swap_flows": goods.flows[swap],
            "chance": chance_lighter(goods.log_kg[swap], swap_sd, goods.log_kg[product], sd),
            **{
                f"{name}{end}": values
                for name, triple in figures.items()
                for end, values in zip(("", "_low", "_high"), triple, strict=True)
            },
        }
    )


def by_verdict(pairs: pd.DataFrame, rules: SwapRules = SwapRules()) -> pd.DataFrame:
    """`pairs` (`comparisons`) in order: the likeliest to be lighter first, the heavier ones last.

    Those that the data cannot tell from the usual product stand between, in the catalogue's order.

    >>> pairs = pd.DataFrame({"swap": [1, 2, 3, 4], "chance": [0.1, 0.4, 0.6, 0.9]})
    >>> by_verdict(pairs)["swap"].tolist()
    [4, 2, 3, 1]
    """
    told = (pairs["chance"] >= rules.chance) | (pairs["chance"] <= 1.0 - rules.chance)
    known = pairs["chance"].where(told, 0.5).to_numpy()
    order = np.lexsort((pairs["swap"].to_numpy(), -known))
    return pairs.iloc[order].reset_index(drop=True)


def lighter_swaps(
    usual: Ints, goods: SwapGoods, liking: Floats, rules: SwapRules = SwapRules()
) -> pd.DataFrame:
    """Stand-ins estimated lighter for each of `usual` (catalogue rows, the most usual first).

    The columns of `comparisons`, and: `liking` of the stand-in; `place`, 1 for the one to show
    first; `compared`, how many products were weighed. `liking` is (products,): how likely this
    household takes each. The same kind comes before another kind of the same need, then the better
    liked; a stand-in is named for one product only, the most usual. Empty where nothing is lighter.
    """
    pairs = comparisons(usual, goods, rules)
    pairs["liking"] = liking[pairs["swap"]]
    pairs["compared"] = pairs.groupby("product")["swap"].transform("size")
    pairs["turn"] = pd.Index(usual).get_indexer(pd.Index(pairs["product"]))
    pairs = pairs[(pairs["chance"] >= rules.chance) & (pairs["liking"] >= rules.liking)]
    order = ["turn", "same_kind", "liking", "swap"]
    left = pairs.sort_values(order, ascending=[True, False, False, True], kind="stable")
    given = []
    # first places are given out before second ones
    for place in range(1, rules.per_product + 1):
        chosen = _one_each(left)
        given.append(chosen.assign(place=place))
        left = left[~left["swap"].isin(chosen["swap"])]
    swaps = pd.concat(given).sort_values(["turn", "place"], kind="stable")
    return swaps.drop(columns="turn").reset_index(drop=True)


def _one_each(pairs: pd.DataFrame) -> pd.DataFrame:
    """At most one stand-in for each product and one product for each stand-in.

    `pairs` stand in order: the most usual product first, its best stand-in first. A product whose
    best one is taken asks for its next, as long as there is one.
    """
    chosen = pairs.iloc[:0]
    while len(pairs):
        best = pairs.drop_duplicates("product").drop_duplicates("swap")
        chosen = pd.concat([chosen, best])
        served = pairs["product"].isin(best["product"]) | pairs["swap"].isin(best["swap"])
        pairs = pairs[~served]
    return chosen


def _within(values: Floats, first: Ints, second: Ints, factor: float) -> Bools:
    """Whether both values lie within a factor; the last bit of a division decides nothing."""
    ratio = values[second] / values[first]
    return np.asarray((ratio <= factor * ROUND) & (ratio * factor >= 1 - 1e-9))


def _price_at_use(goods: SwapGoods, product: Ints, swap: Ints) -> Floats:
    """Price of as much of each `swap` as serves what a pack of its `product` does."""
    return np.asarray(goods.price[swap] * goods.flows[product] / goods.flows[swap])


def _ranged(kg: Floats, product: Ints, goods: SwapGoods) -> Ranged:
    """Figure, low and high of the 80 % range of each product, for whatever amount `kg` is."""
    return kg, kg * goods.low[product], kg * goods.high[product]
