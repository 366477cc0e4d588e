"""Swaps: stand-ins for what a household usually buys that are estimated lighter at equal function.

A stand-in serves the same need, costs about as much per pack and holds about as many servings.
`P(lighter)` comes from the 80 % ranges of both footprints, read as normal in log space, with the
two errors taken as independent: inside a category estimates err together, so the true chance lies
further from a half, and a verdict held back is the mistake that this makes. A pack's range also
holds the doubt about its mass, which does not matter at equal function; that errs the same way.

The footprint of lamps, and of what goes with hot water or burns, is mostly its use at home, which
no figure of the pack holds: such goods compare inside one energy or dose class only.

A swap is proposed where P(lighter) is at least 0.8. Of those, the one that the household is
likeliest to take comes first: picking the largest cut of many would pick the largest error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from recommender.candidates import Bools, Floats, Ints
from recommender.functional import OWN, Functional
from recommender.history import HALF_LIFE_WEEKS, History
from recommender.log import DAYS_A_WEEK

Z80 = 1.2815515655446004  # an 80 % range reaches so many standard deviations to each side
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


@dataclass(frozen=True, kw_only=True)
class SwapRules:
    """When a product may stand in for another, and when it is called lighter."""

    price_factor: float = 1.5  # dearest pack over cheapest
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
    price: Floats  # shop currency per pack
    flows: Floats  # servings, washes, sheets in a pack
    kg_pack: Floats  # kg CO2e per pack
    low: Floats  # low end of its 80 % range, as a share of the figure
    high: Floats  # high end
    kg_functional: Floats  # kg CO2e of a typical purchase in the need, met by this product
    log_sd: Floats  # standard deviation of the natural logarithm of the footprint
    placed: Bools  # has a figure of its own, of a tier that may be ranked among others
    comparable: Bools  # and is nothing that swaps keep away from
    offered: Bools  # comparable, and may be shown
    by_need: Ints  # the offered products, sorted by need
    need_start: Ints  # those of need n are by_need[need_start[n]:need_start[n + 1]]


def log_sd(low: Floats, high: Floats) -> Floats:
    """Standard deviation of the natural log that an 80 % range implies; NaN for a low of 0.

    >>> log_sd(np.array([1.0, 0.0]), np.array([np.exp(2 * 1.2815515655446004), 1.0]))
    array([ 1., nan])
    """
    known = (low > 0) & (high >= low)
    ends = np.divide(high, low, out=np.full(np.shape(low), np.nan), where=known)
    return np.log(ends) / (2.0 * Z80)


def chance_lighter(kg: Floats, sd: Floats, other_kg: Floats, other_sd: Floats) -> Floats:
    """P(other is lighter), from medians (kg CO2e) and log standard deviations, errors independent.

    Half where both are the same; certain where neither is in doubt.

    >>> same = np.array([2.0])
    >>> chance_lighter(same, np.array([0.3]), same, np.array([0.4]))
    array([0.5])
    """
    gap = np.log(kg) - np.log(other_kg)
    sd_of_gap = np.hypot(sd, other_sd)
    in_doubt = sd_of_gap > 0
    z = np.divide(gap, sd_of_gap, out=np.zeros(np.shape(gap)), where=in_doubt)
    return np.where(in_doubt, ndtr(z), (np.sign(gap) + 1.0) / 2.0)


def change_range(
    kg: tuple[Floats, Floats, Floats], other: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats, Floats]:
    """other - kg with its 80 % range; each given as (median, low, high), errors independent.

    Recovers the variances from the ranges, whose sides may differ (Zou and Donner 2008, Statistics
    in Medicine 27, 1693-1702).

    >>> change_range(
    ...     (np.array([5.0]), np.array([2.0]), np.array([9.0])),
    ...     (np.array([1.0]), np.array([1.0]), np.array([4.0])),
    ... )
    (array([-4.]), array([-8.]), array([0.24264069]))
    """
    middle, low, high = kg
    other_middle, other_low, other_high = other
    change = other_middle - middle
    return (
        change,
        change - np.hypot(other_middle - other_low, high - middle),
        change + np.hypot(other_high - other_middle, middle - low),
    )


def swap_goods(products: pd.DataFrame, functional: Functional, may_be_shown: Bools) -> SwapGoods:
    """What swaps need to know of `products` (`products.products_at`, in the catalogue's order).

    Left out of any swap, as what is replaced and as what replaces: products without a figure of
    their own at equal function, of tier spend or unknown, sold by age, for infants or as medicine,
    and those whose use at home outweighs them and has no class. `products` may hold the needs
    table's `use_phase_dominant` and `use_class`; without them, home use is no matter.
    """
    mass = products["net_mass_kg"].to_numpy(np.float64)
    flows = mass / products["kg_per_flow"].to_numpy(np.float64)
    kg_pack, kg_low, kg_high = (
        products[name].to_numpy(np.float64) for name in ("kg_co2e", "kg_co2e_low", "kg_co2e_high")
    )
    sd = log_sd(kg_low, kg_high)
    some = np.where(kg_pack > 0, kg_pack, np.nan)
    placed = (
        (functional.basis == OWN)
        & products["tier"].isin(RANKED_TIERS).to_numpy()
        & (functional.kg_functional > 0)
        & (kg_pack > 0)
        & ~np.isnan(sd)
        & (flows > 0)
    )
    comparable = placed & ~withheld(products)
    offered = comparable & may_be_shown
    rows = np.flatnonzero(offered)
    by_need = rows[np.argsort(functional.need[rows], kind="stable")]
    names = pd.Series(products["kind"].fillna(""), dtype="str")
    return SwapGoods(
        need=functional.need,
        kind=np.where(names == "", -1, pd.factorize(names)[0]).astype(np.int64),
        use_class=_use_class(products),
        price=products["price"].to_numpy(np.float64),
        flows=flows,
        kg_pack=kg_pack,
        low=kg_low / some,
        high=kg_high / some,
        kg_functional=functional.kg_functional,
        log_sd=sd,
        placed=placed,
        comparable=comparable,
        offered=offered,
        by_need=by_need,
        need_start=np.searchsorted(
            functional.need[by_need], np.arange(len(functional.needs) + 1)
        ).astype(np.int64),
    )


def withheld(products: pd.DataFrame) -> Bools:
    """Products that no swap touches: for infants, medicines, sold by age, or used with hot water,
    power or a flame that may differ.

    >>> shelf = pd.DataFrame({"title": ["Soy infant formula", "Soy drink"], "need": ["milk"] * 2})
    >>> withheld(shelf).tolist()
    [True, False]
    """
    barred = products["need"].isin(CARE_NEEDS)
    if "use_phase_dominant" in products:
        barred |= _flag(products, "use_phase_dominant") & _text(products, "use_class").eq("")
    for column in ("title", "product_type", "category"):
        if column in products:
            text = products[column].fillna("").astype("str").str.lower()
            barred |= text.str.contains(CARE_WORDS, regex=True)
    if "age_restricted" in products:
        barred |= _flag(products, "age_restricted")
    return np.array(barred, np.bool_)


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

    One row per pair: product and swap (catalogue rows), need, same_kind, price and swap_price,
    flows and swap_flows, chance that the swap is lighter, and at equal use (what the usual pack
    serves) kg, swap_kg and kg_change, each with _low and _high of its 80 % range, in kg CO2e.
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
    )
    product, swap = product[alike], swap[alike]
    # what the usual pack serves, met by the stand-in
    same_use = goods.kg_pack[product] / goods.kg_functional[product]
    sd, swap_sd = goods.log_sd[product], goods.log_sd[swap]
    kg = _ranged(goods.kg_pack[product], product, goods)
    swap_kg = _ranged(goods.kg_functional[swap] * same_use, swap, goods)
    figures = {"kg": kg, "swap_kg": swap_kg, "kg_change": change_range(kg, swap_kg)}
    return pd.DataFrame(
        {
            "product": product,
            "swap": swap,
            "need": goods.need[product],
            "same_kind": (goods.kind[product] == goods.kind[swap]) & (goods.kind[product] >= 0),
            "price": goods.price[product],
            "swap_price": goods.price[swap],
            "price_change": goods.price[swap] - goods.price[product],
            "flows": goods.flows[product],
            "swap_flows": goods.flows[swap],
            "chance": chance_lighter(kg[0], sd, swap_kg[0], swap_sd),
            **{
                f"{name}{end}": values
                for name, triple in figures.items()
                for end, values in zip(("", "_low", "_high"), triple, strict=True)
            },
        }
    )


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
    return np.asarray((ratio <= factor * (1 + 1e-9)) & (ratio * factor >= 1 - 1e-9))


def _ranged(kg: Floats, product: Ints, goods: SwapGoods) -> tuple[Floats, Floats, Floats]:
    """Figure, low and high of the 80 % range of each product, for whatever amount `kg` is."""
    return kg, kg * goods.low[product], kg * goods.high[product]
