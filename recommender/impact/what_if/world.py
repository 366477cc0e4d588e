"""The shop as a what-if run sees it: what is bought now, by whom, and what could move it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.functional import OWN
from recommender.impact.observed.footprint_draws import Doubt, footprint_doubt
from recommender.impact.what_if.choice_nests import Nests, Others, nests_of
from recommender.log import Log, distinct
from recommender.metrics import small_sellers
from recommender.rerank.rerank import Shelves
from recommender.splits import HORIZON_WEEKS
from recommender.tradeoff import Goods

HISTORY_HORIZONS = 4  # of four weeks each: what a household is taken to buy in a need
LEAST_KEPT = 0.25  # of what a display adds to utility, however much of its need a product is
NO_DEPARTMENT = "no department"
# where the log tells nothing of displays: from none to what departments of one shop reached
DISPLAY_ASSUMED = (0.0, 0.6)
OWN_ESTIMATE, ASSUMED = "estimated from the log", "assumed"


@dataclass(frozen=True, kw_only=True)
class Display:
    """The change of sales that a shelf display makes, as a range for each product."""

    low: Floats  # (products,)
    high: Floats  # (products,)
    estimated: Bools  # (products,): from the log, and not `DISPLAY_ASSUMED`

    def log_effect(self, share: float) -> Floats:
        """The log of the change at a share from 0 (low) to 1 (high), (products,)."""
        return np.log1p(self.low + share * (self.high - self.low))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How much of what a display adds to utility is seen in sales, for each product.

    The response model compares a product on display with itself off display. Some of what it wins
    it wins from its own need, and where it is much of that need there is less to win: to first
    order its log sales rise by pull x (1 - (1 - dissimilarity) x inside - dissimilarity x all).
    Divided by that, the display's effect gives back, in this model, what was seen in the log.
    """

    inside: Floats  # (products,): share of the need's purchases, mean by sales of the department
    whole: Floats  # (products,): share of the need's occasions, likewise

    def of(self, dissimilarity: float) -> Floats:
        """The rise of log sales for a pull of 1, (products,)."""
        lost = (1.0 - dissimilarity) * self.inside + dissimilarity * self.whole
        return np.maximum(1.0 - lost, LEAST_KEPT)


@dataclass(frozen=True, kw_only=True)
class World:
    """All that a run reads, over the products of the catalogue; money and kg of four weeks."""

    goods: Goods
    nests: Nests
    display: Display
    doubt: Doubt | None  # of the products' footprints; None where the table has no ranges
    kept: Kept
    heavy: Bools  # (products,): in the heaviest third of its need
    light: Bools
    fewer_kg: Floats  # (products,): kg CO2e less than the need's mean; 0 without a figure
    department: Ints  # (products,)
    departments: tuple[str, ...]
    sold: Floats  # (products,): packs in the history
    households: int
    per_order: float  # purchases of one order

    @property
    def need(self) -> Ints:
        return self.goods.functional.need

    @property
    def own_figure(self) -> Bools:
        """Products whose kg_functional is their own and not their need's mean."""
        return self.goods.functional.basis == OWN

    @property
    def small(self) -> Bools:
        """Sellers outside the top tenth by sales, (sellers,)."""
        return small_sellers(self.goods.target)


def world_of(candidates: Candidates, shelves: Shelves, displays: pd.DataFrame | None) -> World:
    """The world of the households that have candidates.

    `displays` has a row a department with the range `low` to `high` of a display's change of sales
    (the table that `greenaisle response estimate` leaves); without it, or for a department that it
    lacks, `DISPLAY_ASSUMED` holds.
    """
    goods, log = shelves.goods, shelves.purchases
    served = np.diff(candidates.start) > 0
    needs = len(goods.functional.needs)
    bought = bought_by_need(log, goods.functional.need, needs) * served[:, None]
    nests = nests_of(candidates, others_of(log, goods), bought)
    heavy, light = thirds(goods)
    own = goods.functional.basis == OWN
    mean = goods.functional.kg_of_need[goods.functional.need]
    department, departments = _departments(shelves.products)
    return World(
        goods=goods,
        nests=nests,
        display=display_of(department, departments, displays),
        doubt=footprint_doubt(shelves.products, goods.functional.need),
        kept=kept_of(nests, department, len(departments)),
        heavy=heavy,
        light=light,
        fewer_kg=np.where(own, mean - goods.functional.kg_functional, 0.0),
        department=department,
        departments=departments,
        sold=np.asarray(np.bincount(log.product, log.quantity, len(goods.price)), np.float64),
        households=int(served.sum()),
        per_order=per_order(log),
    )


def kept_of(nests: Nests, department: Ints, departments: int) -> Kept:
    """`Kept` of each product's department, from what the world's households buy as it is."""
    nest = np.repeat(np.arange(len(nests.need)), np.diff(nests.start))
    bought = np.bincount(nest, nests.p_buy, len(nests.need)) + nests.rest
    own = np.divide(nests.p_buy, bought[nest], out=np.zeros(len(nest)), where=bought[nest] > 0)
    of = department[nests.product]
    sold = np.bincount(of, nests.p_buy, departments)

    def mean(share: Floats) -> Floats:
        sums = np.bincount(of, nests.p_buy * share, departments)
        return np.divide(sums, sold, out=np.zeros(departments), where=sold > 0)[department]

    return Kept(inside=mean(own), whole=mean(nests.p_buy / nests.occasions[nest]))


def bought_by_need(log: Log, need: Ints, needs: int) -> Floats:
    """Distinct products that each household buys in each need in four weeks, (customers, needs).

    The mean over the last windows of four weeks, at most `HISTORY_HORIZONS`.
    """
    horizon, windows = _windows(log)
    kept = (horizon >= 0) & (horizon < windows)
    triple = (horizon * log.customers + log.customer) * log.products + log.product
    pairs = distinct(triple[kept]) % (log.customers * log.products)
    place = pairs // log.products * needs + need[pairs % log.products]
    counts = np.bincount(place, minlength=log.customers * needs)
    return counts.reshape(log.customers, needs) / windows


def per_order(log: Log) -> float:
    """Distinct products of four weeks that go with one order (basket) of the history's last ones.

    A product bought twice in the four weeks is one purchase here, as in p_buy.
    """
    horizon, windows = _windows(log)
    kept = (horizon >= 0) & (horizon < windows)
    triple = (horizon * log.customers + log.customer) * log.products + log.product
    baskets = len(distinct(log.basket[kept] * log.customers + log.customer[kept]))
    return len(distinct(triple[kept])) / max(1, baskets)


def _windows(log: Log) -> tuple[Ints, int]:
    """How many four-week windows before the last each line lies, and how many there are."""
    last, first = int(log.week.max(initial=0)), int(log.week.min(initial=1))
    windows = min(HISTORY_HORIZONS, max(1, (last - first + 1) // HORIZON_WEEKS))
    return (last - log.week) // HORIZON_WEEKS, windows


def others_of(log: Log, goods: Goods) -> Others:
    """The products of each need in the shares and packs of the whole history."""
    products, needs = len(goods.price), len(goods.functional.needs)
    need = goods.functional.need
    horizon, _ = _windows(log)
    triple = (horizon * log.customers + log.customer) * log.products + log.product
    purchases = np.bincount(distinct(triple) % products, minlength=products).astype(np.float64)
    packs = np.bincount(log.product, log.quantity, minlength=products)
    total = np.bincount(need, purchases, minlength=needs)[need]
    return Others(
        need=need,
        share=np.divide(purchases, total, out=np.zeros(products), where=total > 0),
        units=np.divide(packs, purchases, out=np.ones(products), where=purchases > 0),
        needs=needs,
    )


def thirds(goods: Goods) -> tuple[Bools, Bools]:
    """Products in the heaviest and in the lightest third of their need, by kg_functional.

    Among products that may be shown and have a figure of their own. A need of one weight has
    neither.
    """
    functional = goods.functional
    ranked = np.flatnonzero((functional.basis == OWN) & goods.may_be_shown)
    kg = pd.Series(functional.kg_functional[ranked]).groupby(functional.need[ranked])
    low, high = (kg.transform("quantile", share).to_numpy(np.float64) for share in (1 / 3, 2 / 3))
    figure = functional.kg_functional[ranked]
    heavy, light = np.zeros(len(goods.price), np.bool_), np.zeros(len(goods.price), np.bool_)
    heavy[ranked] = (figure >= high) & (low < high)
    light[ranked] = (figure <= low) & (low < high)
    return heavy, light


def display_of(
    department: Ints, departments: tuple[str, ...], displays: pd.DataFrame | None
) -> Display:
    """The display's range of each product, from its department's row or as assumed."""
    low = np.full(len(departments), DISPLAY_ASSUMED[0])
    high = np.full(len(departments), DISPLAY_ASSUMED[1])
    estimated = np.zeros(len(departments), np.bool_)
    if displays is not None:
        known = displays.dropna(subset=["low", "high"]).set_index("department")
        for at, name in enumerate(departments):
            if name in known.index:
                low[at], high[at] = known.loc[name, "low"], known.loc[name, "high"]
                estimated[at] = True
    low, high = np.maximum(low, -0.9), np.maximum(high, -0.9)  # a log needs something to be left
    return Display(low=low[department], high=high[department], estimated=estimated[department])


def _departments(products: pd.DataFrame) -> tuple[Ints, tuple[str, ...]]:
    if "department" not in products:
        return np.zeros(len(products), np.int64), (NO_DEPARTMENT,)
    text: npt.NDArray[np.object_] = (
        products["department"].fillna(NO_DEPARTMENT).astype(str).to_numpy(object)
    )
    names, code = np.unique(text.astype(str), return_inverse=True)
    return code.astype(np.int64), tuple(str(name) for name in names)
