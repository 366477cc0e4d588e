"""The panel that response is estimated on: product x store x week, weeks without a sale included.

A log holds sold items only. A panel of its lines alone would choose cells by their outcome, so
every week counts in which a store is listed and the product could have been sold there: the stores
that ever sold it. (A store that never did has no say under a product x store effect.) Outside
listed stores nothing is known about displays, and no cell is made.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.log import Log, distinct, find, totals
from recommender.relevance.displays import Codes, Displays

SWEEPS = 50  # of two-way means; three or four are enough
BEFORE, AFTER = 1, 2  # weeks of the placebo, and weeks after in which a stock is used up


@dataclass(frozen=True, kw_only=True)
class PanelRules:
    """Which products and how many cells enter."""

    lines: int = 50  # least purchase lines of a product in listed stores: about one a week
    cells: int = 800_000  # most cells of a department; above it, products are drawn by chance
    seed: int = 6  # of that draw


@dataclass(frozen=True, kw_only=True)
class Cells:
    """One row per product, store and week, by product, then store, then week."""

    product: Ints  # row numbers of the log's ids
    store: Ints
    week: Ints
    units: Floats  # sold, 0 included
    lines: Floats  # purchase lines
    log_price: Floats  # paid per unit; where nothing was sold, the product's median of the week
    display: Codes  # place of `Displays.display_names`, 0 none
    mailer: Bools
    lead: Bools  # on display one week later
    lag1: Bools  # on display one week earlier
    lag2: Bools  # on display two weeks earlier

    def __len__(self) -> int:
        return len(self.product)

    @property
    def shown(self) -> Bools:
        return self.display > 0

    @cached_property
    def product_week(self) -> Ints:
        """Number of each cell's product and week, from 0."""
        return _numbered(self.product * (int(self.week.max()) + 1) + self.week)

    @cached_property
    def product_store(self) -> Ints:
        return _numbered(self.product * (int(self.store.max()) + 1) + self.store)

    @cached_property
    def store_week(self) -> Ints:
        return _numbered(self.store * (int(self.week.max()) + 1) + self.week)

    def where(self, keep: Bools) -> Cells:
        """The cells that `keep` marks."""
        return Cells(**{field.name: getattr(self, field.name)[keep] for field in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The products of one department that enter, and how many could have."""

    department: int  # its code
    products: Ints  # row numbers, ascending
    eligible: int


def informative_products(log: Log, displays: Displays, rules: PanelRules) -> Ints:
    """Rows of the products that can tell of displays: sold enough, and not shown everywhere alike.

    A product is sold enough with `rules.lines` purchase lines in listed stores and weeks. It must
    have been on display in some, but not all, of a week's listed stores: product x week effects
    take up all that is the same in all stores.
    """
    inside = displays.listed(log.store, log.week)
    sold = np.bincount(log.product[inside], minlength=log.products)
    first, last = int(log.week.min()), int(log.week.max())
    seen = (displays.display > 0) & (displays.week >= first) & (displays.week <= last)
    weeks = last - first + 1
    week = displays.week[seen] - first
    stores_shown = np.bincount(
        displays.product[seen] * weeks + week, minlength=log.products * weeks
    ).reshape(log.products, weeks)
    every = np.arange(first, last + 1)
    stores_listed = np.array(
        [displays.listed(displays.stores, np.full(len(displays.stores), w)).sum() for w in every]
    )
    differs = ((stores_shown > 0) & (stores_shown < stores_listed)).any(axis=1)
    return np.flatnonzero((sold >= rules.lines) & differs).astype(np.int64)


def draw(log: Log, displays: Displays, department: Ints, rules: PanelRules) -> list[Drawn]:
    """Products by department (codes a product, below 0 none), as many as `rules.cells` allow.

    Departments come by code; products are drawn by chance alone, so that their mean
    is that of the department's eligible products.
    """
    products = informative_products(log, displays, rules)
    inside = displays.listed(log.store, log.week)
    stores = int(log.store.max()) + 1
    sold_in = distinct(log.product[inside] * stores + log.store[inside]) // stores
    cells = np.bincount(sold_in, minlength=log.products) * len(np.unique(log.week))
    drawn = []
    for code in np.unique(department[products][department[products] >= 0]).tolist():
        of_it = products[department[products] == code]
        order = np.random.default_rng([rules.seed, code]).permutation(of_it)
        fits = max(1, int((np.cumsum(cells[order]) <= rules.cells).sum()))
        drawn.append(Drawn(department=code, products=np.sort(order[:fits]), eligible=len(of_it)))
    return drawn


def cells_of(log: Log, displays: Displays, products: Ints) -> Cells:
    """The panel of `products` over the weeks of `log` whose displays before and after are listed.

    Product-weeks and product-stores without any sale are left out: their own effect fits them
    fully and they say nothing about displays.

    >>> from recommender.impact.response.worlds import tiny_log
    >>> log, displays = tiny_log()
    >>> cells = cells_of(log, displays, np.array([0]))
    >>> cells.store.tolist(), cells.week.tolist(), cells.units.tolist()
    ([0, 0, 1, 1], [3, 4, 3, 4], [2.0, 0.0, 0.0, 1.0])
    >>> cells.shown.tolist(), cells.lag1.tolist()
    ([True, False, False, False], [False, True, True, False])
    """
    stores, last = len(log.ids.stores), int(log.week.max())
    chosen = np.isin(log.product, products) & displays.listed(log.store, log.week)
    lines = log.where(chosen)
    weeks = np.arange(int(log.week.min()), last + 1)
    pair = distinct(lines.product * stores + lines.store)
    product, store = np.repeat(pair // stores, len(weeks)), np.repeat(pair % stores, len(weeks))
    week = np.tile(weeks, len(pair))
    known = np.ones(len(week), np.bool_)
    for ahead in range(-AFTER, BEFORE + 1):
        known &= displays.listed(store, week + ahead)
    product, store, week = product[known], store[known], week[known]
    key = (product * stores + store) * (last + 1) + week
    at = find(key, (lines.product * stores + lines.store) * (last + 1) + lines.week)
    at, lines = at[at >= 0], lines.where(at >= 0)
    units = totals(at, lines.quantity, len(key))
    paid = totals(at, np.nan_to_num(lines.paid), len(key))
    now = displays.at(product, store, week)
    cells = Cells(
        product=product,
        store=store,
        week=week,
        units=units,
        lines=totals(at, np.ones(len(at)), len(key)),
        log_price=_log_prices(units, paid, product * (last + 1) + week),
        display=np.where(now >= 0, displays.display[now], 0).astype(np.int16),
        mailer=(now >= 0) & (displays.mailer[now] > 0),
        lead=_on_display(displays, product, store, week + 1),
        lag1=_on_display(displays, product, store, week - 1),
        lag2=_on_display(displays, product, store, week - 2),
    )
    return telling(cells)


def telling(cells: Cells) -> Cells:
    """The cells of those product-weeks and product-stores that hold a sale."""
    keep = np.ones(len(cells), np.bool_)
    for group in (cells.product_week, cells.product_store) if len(cells) else ():
        keep &= np.bincount(group, weights=cells.units)[group] > 0
    return cells.where(keep)


def _on_display(displays: Displays, product: Ints, store: Ints, week: Ints) -> Bools:
    row = displays.at(product, store, week)
    return (row >= 0) & (displays.display[row] > 0)


def _log_prices(units: Floats, paid: Floats, group: Ints) -> Floats:
    """Log of the price paid per unit; where none is, the median of the cell's group; else 0."""
    if len(group) == 0:
        return np.zeros(0)
    priced = (units > 0) & (paid > 0)
    price = np.zeros(len(units))
    price[priced] = np.log(paid[priced] / units[priced])
    order = np.lexsort((price, ~priced, group))  # by group, priced cells first, then by price
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    known = np.add.reduceat(priced[order].astype(np.int64), starts)
    low = order[starts + np.maximum(known - 1, 0) // 2]
    high = order[np.minimum(starts + known // 2, len(group) - 1)]
    middle = np.where(known > 0, (price[low] + price[high]) / 2, 0.0)
    of_group = np.empty(len(group))
    of_group[order] = np.repeat(middle, np.diff(np.r_[starts, len(group)]))
    return np.where(priced, price, of_group)


def _numbered(key: Ints) -> Ints:
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def varied_share(values: Floats, *groups: Ints) -> float:
    """Share of the variance of `values` that is left inside the groups, all removed together.

    Two-way means are removed in turn until they stand still. 0 where `values` do not vary at all.

    >>> varied_share(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0, 0, 1, 1]))
    1.0
    >>> varied_share(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))
    0.0
    """
    left = values - values.mean()
    whole = float(left @ left)
    if whole == 0.0:
        return 0.0
    counts = [np.maximum(np.bincount(group), 1) for group in groups]  # numbers may be left out
    size = whole
    for _ in range(1 if len(groups) == 1 else SWEEPS):
        before = size
        for group, count in zip(groups, counts, strict=True):
            left = left - (np.bincount(group, weights=left) / count)[group]
        size = float(left @ left)
        if before - size <= 1e-6 * whole:
            break
    return size / whole
