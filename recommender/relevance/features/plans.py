"""What the shop plans to show in the weeks to come, against what it showed before.

Displays and mailers are planned weeks ahead, so those of the horizon are known at the cutoff; what
was sold under them is not. A product in the mailer sells several times what it usually does, so the
plan says most about what households will try.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.candidates import Bools, Floats, Ints
from recommender.history import History
from recommender.log import distinct, totals
from recommender.relevance.displays import Displays
from recommender.relevance.features.columns import Columns, prefixed
from recommender.relevance.generators import Fitted, Merged
from recommender.splits import Window

ON_THE_COVER = ("front", "back", "wrap")
USUAL_WEEKS, LAST_WEEKS = 12, 4
STATE_WEEKS = 40  # of history from which the lift of being shown is learned
MAILED, DISPLAYED = (0.05, 0.5), (0.02, 0.3)  # shares of stores between none, some and most
STATES = (len(MAILED) + 1) * (len(DISPLAYED) + 1)
HALF_LIFE_OF_SALES = 12.0  # weeks
LEAST_LIFT = 0.05
OWN_WEEKS, CATEGORY_SALES = 3.0, 20.0  # how strongly product and category are drawn to the wider


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How widely each product is shown in each week, as shares of the stores that are listed.

    Kinds are: on display, in the mailer, on the mailer's cover.
    """

    first_week: int
    listed: Bools  # (weeks,): whether anything is listed; nothing listed is nothing known
    shares: dict[str, npt.NDArray[np.float32]]  # kind -> (products, weeks)

    @classmethod
    def of(cls, displays: Displays, products: int) -> Shown:
        """Counted once from all displays, which are many more than the shares."""
        first = int(displays.week.min()) if len(displays) else 0
        weeks = int(displays.week.max()) - first + 1 if len(displays) else 1
        stores = max(len(displays.stores), 1)

        def share(which: Bools) -> npt.NDArray[np.float32]:
            cell = displays.product[which] * weeks + displays.week[which] - first
            count = np.bincount(cell, minlength=products * weeks)
            return (count.reshape(products, weeks) / stores).astype(np.float32)

        return cls(
            first_week=first,
            listed=np.bincount(displays.week - first, minlength=weeks) > 0,
            shares={
                "display": share(displays.display > 0),
                "mailer": share(displays.mailer > 0),
                "cover": share(_covers(displays.mailer_names)[displays.mailer]),
            },
        )

    @property
    def products(self) -> int:
        return len(self.shares["display"])

    def covers(self, first: int, last: int) -> bool:
        """Whether every week from `first` to `last` is listed: whether they are planned."""
        weeks = np.arange(first, last + 1) - self.first_week
        inside = (weeks >= 0) & (weeks < len(self.listed))
        return bool(inside.all()) and bool(self.listed[weeks].all())

    def mean(self, kind: str, first: int, last: int) -> Floats:
        """(products,) mean share over weeks `first` to `last`; NaN where one is not listed."""
        if not self.covers(first, last):
            return np.full(self.products, np.nan)
        weeks = slice(first - self.first_week, last - self.first_week + 1)
        return self.shares[kind][:, weeks].mean(axis=1, dtype=np.float64)

    def state(self, product: Ints, week: Ints) -> Ints:
        """0 .. STATES - 1: how widely each product is mailed and displayed in each week."""
        at = week - self.first_week
        mailed = np.digitize(self.shares["mailer"][product, at], MAILED)
        displayed = np.digitize(self.shares["display"][product, at], DISPLAYED)
        return (mailed * (len(DISPLAYED) + 1) + displayed).astype(np.int64)


@dataclass(frozen=True)
class Plan:
    """What is shown in the weeks of `window`, known before it begins."""

    shown: Shown
    window: Window

    def __post_init__(self) -> None:
        """Refuses a window that is not planned whole: no display is not the same as no plan."""
        if not self.shown.covers(self.window.first, self.window.last):
            raise ValueError(
                f"displays: weeks {self.window.first} to {self.window.last} are not all planned"
            )


def plans(fitted: Fitted, rows: Merged, plan: Plan) -> Columns:
    """How widely the product will be shown, how much more than usual, and what that should sell."""
    product, types = rows.product, fitted.history.shelf.product_type
    shown, first, last = plan.shown, plan.window.first, plan.window.last
    columns: Columns = {}
    for kind in shown.shares:
        planned = shown.mean(kind, first, last)
        columns[kind] = planned[product]
        for name, weeks in (("usual", USUAL_WEEKS), ("last", LAST_WEEKS)):
            before = shown.mean(kind, first - weeks, first - 1)
            columns[f"{kind}_over_{name}"] = (planned - before)[product]
        if kind in ("display", "mailer"):
            rivals = np.bincount(types, weights=planned)[types]
            columns[f"{kind}_of_type"] = rivals[product]
            columns[f"{kind}_share_of_type"] = (planned / np.maximum(rivals, 1e-9))[product]
    columns |= _expected(fitted.history, plan, product)
    return prefixed("plan", columns)


def _expected(history: History, plan: Plan, product: Ints) -> Columns:
    """Households expected to buy in the planned weeks, by what each state of being shown sold."""
    rate, usual = _rates(history, plan.shown, plan.window.first)
    every = np.arange(len(usual))
    weeks = np.array(
        [
            rate[every, plan.shown.state(every, np.full(len(every), week))]
            for week in range(plan.window.first, plan.window.last + 1)
        ]
    )
    buyers, types = weeks.sum(axis=0), history.shelf.product_type
    of_type = np.bincount(types, weights=buyers)[types]
    return {
        "buyers": buyers[product],
        "buyers_first_week": weeks[0][product],
        "buyers_to_usual": (buyers / np.maximum(usual * len(weeks), 0.05))[product],
        "buyers_share_of_type": (buyers / np.maximum(of_type, 1e-9))[product],
    }


def planned_lift(history: History, plan: Plan) -> Floats:
    """(products,) log of the buyers that the plan should bring over the usual; 0 is as usual."""
    columns = _expected(history, plan, np.arange(history.log.products))
    return np.asarray(np.log(np.maximum(columns["buyers_to_usual"], LEAST_LIFT)), np.float64)


def _rates(history: History, shown: Shown, until: int) -> tuple[Floats, Floats]:
    """Households a week that buy each product in each state (products, states), and usually.

    A product's few weeks in a state are drawn towards its usual sales times the lift that the
    state has in its category, and that towards the lift in the whole shop.
    """
    lines, products, category = history.visits, history.log.products, history.shelf.category
    listed = shown.first_week
    weeks = np.arange(max(int(lines.week.min()), until - STATE_WEEKS, listed), until)
    first_sold = np.full(products, until)
    np.minimum.at(first_sold, lines.product, lines.week)
    chosen = np.flatnonzero(history.universe.products)
    product, week = np.repeat(chosen, len(weeks)), np.tile(weeks, len(chosen))
    on_sale = week >= first_sold[product]
    product, week = product[on_sale], week[on_sale]
    cell = product * STATES + shown.state(product, week)
    weight = 0.5 ** ((until - week) / HALF_LIFE_OF_SALES)
    sold = weight * _households(history, weeks)[product, week - (weeks[0] if len(weeks) else 0)]

    def by_state(values: Floats) -> Floats:
        return totals(cell, values, products * STATES).reshape(-1, STATES)

    bought, time = by_state(sold), by_state(weight)
    usual = bought.sum(axis=1) / np.maximum(time.sum(axis=1), 1e-9)
    unlifted = usual[:, None] * time
    categories = int(category.max()) + 1
    lift = (bought.sum(axis=0) + 1.0) / (unlifted.sum(axis=0) + 1.0)

    def of_category(values: Floats) -> Floats:
        code = (category[:, None] * STATES + np.arange(STATES)).ravel()
        return totals(code, values.ravel(), categories * STATES).reshape(-1, STATES)

    lift = (of_category(bought) + CATEGORY_SALES * lift) / (of_category(unlifted) + CATEGORY_SALES)
    prior = usual[:, None] * lift[category]
    return (bought + OWN_WEEKS * prior) / (time + OWN_WEEKS), usual


def _households(history: History, weeks: Ints) -> npt.NDArray[np.int64]:
    """(products, weeks): how many households bought."""
    lines, count = history.visits, len(weeks)
    if count == 0:
        return np.zeros((lines.products, 0), np.int64)
    inside = (lines.week >= weeks[0]) & (lines.week <= weeks[-1])
    cell = lines.product[inside] * count + lines.week[inside] - weeks[0]
    pairs = distinct(cell * lines.customers + lines.customer[inside])
    counts = np.bincount(pairs // lines.customers, minlength=lines.products * count)
    return counts.reshape(lines.products, count)


def _covers(names: tuple[str, ...]) -> Bools:
    return np.array([any(word in name for word in ON_THE_COVER) for name in names], np.bool_)
