"""Stand-ins for a household: for what it usually buys, and in the order of its own shelf.

A shelf is a category. Of a shelf's products that a household never bought, the likelier ones come
first: those that other households buy instead of what it buys (`substitutes`), of the types and
sellers that it prefers, in its price class, sold in its store, bought by the households that buy
most like it; and those that many buy at all. The weights are learned from the log, from earlier
choices of the same kind.
"""

from __future__ import annotations

import numba
import numpy as np
import pandas as pd

from recommender.candidates import Bools, Floats, Ints
from recommender.history import History
from recommender.log import distinct_rows, find, totals
from recommender.relevance.features.plans import Plan, Shown, planned_lift
from recommender.relevance.substitution.choice import ChoiceModel, learn_choice
from recommender.relevance.substitution.substitute_goods import SubstituteGoods
from recommender.relevance.substitution.substitutes import (
    LABEL_WEEKS,
    SIGN,
    SIGNALS,
    Evidence,
    Substitutes,
    choices,
    evidence_of,
    household_signals,
)
from recommender.splits import Window

Pair = tuple[int, int]
LEARN_WINDOWS = 2  # of four weeks each, the last of the history
LIKE_MINDED = 200  # households that speak for one
CROWD = 4096  # households among which they are sought: the cost grows with the shop no further
HOUSEHOLD_SIGNALS = {
    "most often with a good of the household's": 1,
    "prefers the type": 1,
    "prefers the seller": 1,
    "in its price class": 1,
    "sold in its store": 1,
    "like-minded households": 1,
    "popular last week": 1,
    "popular last four weeks": 1,
    "shown more than usual in the weeks to come": 1,
}
SHELF_SIGN = np.r_[SIGN, list(HOUSEHOLD_SIGNALS.values())].astype(np.int64)
SHELF_SIGNALS = [*SIGNALS, *HOUSEHOLD_SIGNALS]


def stand_ins_of_usual(
    history: History, found: Substitutes, served: Ints, n: int
) -> tuple[Ints, Ints, Floats]:
    """Customer, product and score of new products that stand in for what each customer buys.

    At most `n` for each of `served` (customers, ascending), best first: the shape of a generator's
    Proposals. The score adds up, over what the customer buys, its faded visits times the chance
    of the stand-in among the product's own; ties go to the lower product.
    """
    habit = history.by_product
    start = np.searchsorted(habit.key // habit.groups, np.arange(history.log.customers + 1))
    rows = np.repeat(np.arange(len(found.start) - 1), np.diff(found.start))
    top = np.full(len(found.start) - 1, -np.inf)
    np.maximum.at(top, rows, found.score)
    raised = np.exp(found.score - top[rows])
    chance = raised / totals(rows, raised, len(top))[rows]
    product, score = _best_stand_ins(
        served,
        start,
        habit.key % habit.groups,
        habit.decayed,
        found.start,
        found.product,
        chance,
        history.universe.products,
        n,
    )
    there = product >= 0
    return np.repeat(served, there.sum(axis=1)), product[there], score[there]


@numba.njit
def _best_stand_ins(  # type: ignore[no-untyped-def]
    served, start, held, habit, row_start, stand_in, chance, offered, n
):
    found = np.full((served.size, n), -1, np.int64)
    best = np.zeros((served.size, n))
    score = np.zeros(offered.size)
    owned = np.zeros(offered.size, np.bool_)
    touched = np.empty(offered.size, np.int64)
    for at in range(served.size):
        u, seen = served[at], 0
        for k in range(start[u], start[u + 1]):
            owned[held[k]] = True
        for k in range(start[u], start[u + 1]):
            for row in range(row_start[held[k]], row_start[held[k] + 1]):
                other = stand_in[row]
                if owned[other] or not offered[other]:
                    continue
                if score[other] == 0.0:
                    touched[seen] = other
                    seen += 1
                score[other] += habit[k] * chance[row]
        for i, other in enumerate(np.sort(touched[:seen])):
            place = min(i, n)
            while place > 0 and best[at, place - 1] < score[other]:
                if place < n:
                    found[at, place] = found[at, place - 1]
                    best[at, place] = best[at, place - 1]
                place -= 1
            if place < n:
                found[at, place] = other
                best[at, place] = score[other]
            score[other] = 0.0
        for k in range(start[u], start[u + 1]):
            owned[held[k]] = False
    return found, best


def learn_shelf(
    history: History,
    goods: SubstituteGoods,
    customers: Bools | None = None,
    shown: Shown | None = None,
) -> ChoiceModel:
    """What first purchases on a known shelf weighed, in the last weeks of `history`.

    Two windows of four weeks, each explained by the weeks before it and, with `shown`, by what the
    shop planned to show; only the choices of `customers` where given.
    """
    signals, choice = [np.zeros((0, len(SHELF_SIGN)))], [np.zeros(0, np.int64)]
    taken = [np.zeros(0, np.bool_)]
    last = history.log.last_week
    for _ in range(LEARN_WINDOWS):
        if int(history.log.week.min()) > last - LABEL_WEEKS:
            break
        before = History(history.log.until(last - LABEL_WEEKS), history.shelf)
        after = history.log.weeks(last - LABEL_WEEKS + 1, last)
        rows = choices(before, after.customer, after.product, goods, customers)
        evidence = evidence_of(before, goods)
        lift = lift_in(before, shown, Window(last - LABEL_WEEKS + 1, last))
        signals.append(shelf_signals(before, rows.customer, rows.product, goods, evidence, lift))
        choice.append(rows.choice + (choice[-1].max(initial=-1) + 1))
        taken.append(rows.taken)
        last -= LABEL_WEEKS
    return learn_choice(
        np.concatenate(signals),
        np.concatenate(choice),
        np.concatenate(taken),
        SHELF_SIGN,
    )


def for_household(
    history: History, found: Substitutes, goods: SubstituteGoods, model: ChoiceModel, pair: Pair
) -> Substitutes:
    """`found` with the stand-ins of a product in the order of one household's likings.

    `pair` is the customer and the product; `model` was learned by `learn_shelf`.
    """
    customer, product = pair
    items = found.product[found.start[product] : found.start[product + 1]]
    order = np.argsort(items)
    who = np.full(len(items), customer, np.int64)
    signals = shelf_signals(history, who, items[order], goods, evidence_of(history, goods))
    score = np.empty(len(items))
    score[order] = model.score(signals)
    return found.reordered(product, score)


def lift_in(history: History, shown: Shown | None, window: Window) -> Floats | None:
    """How much more each product should sell by what is planned; None where nothing is."""
    if shown is None or not shown.covers(window.first, window.last):
        return None
    return planned_lift(history, Plan(shown, window))


def shelf_signals(
    history: History,
    customer: Ints,
    product: Ints,
    goods: SubstituteGoods,
    evidence: Evidence,
    lift: Floats | None = None,
) -> Floats:
    """(rows, signals) of `SHELF_SIGNALS` between customers (ascending) and products.

    `lift` (products,) is what `lift_in` says of the weeks to come.
    """
    types = history.shelf.product_type
    return np.column_stack(
        [
            household_signals(history, customer, product, goods, evidence),
            _closest(history, customer, product, goods, evidence),
            _preferred(history, customer, product, types, goods.shelf),
            _preferred(history, customer, product, history.shelf.seller, None),
            _price_class(history, customer, product, goods),
            _in_store(history, customer, product, goods),
            _like_minded(history, customer, product, evidence.households),
            np.log1p(history.households(1.0))[product],
            np.log1p(history.households(4.0))[product],
            np.zeros(len(product)) if lift is None else lift[product],
        ]
    )


def _closest(
    history: History, customer: Ints, product: Ints, goods: SubstituteGoods, evidence: Evidence
) -> Floats:
    """Log lift of the product over the customer's own product that most often goes with it."""
    habit, pairs = history.by_product, evidence.pairs
    start = np.searchsorted(habit.key // habit.groups, np.arange(history.log.customers + 1))
    return np.asarray(
        _best_lift(
            customer,
            product,
            start,
            habit.key % habit.groups,
            goods.shelf,
            pairs.start,
            pairs.other,
            pairs.households_both,
            evidence.households,
            evidence.crowd,
        )
    )


@numba.njit
def _best_lift(  # type: ignore[no-untyped-def]
    customer, product, start, held, shelf, pair_start, pair_other, both, households, crowd
):
    out = np.full(customer.size, np.nan)
    for row in range(customer.size):
        other = product[row]
        for at in range(start[customer[row]], start[customer[row] + 1]):
            one = held[at]
            if shelf[one] != shelf[other]:
                continue
            low, high = pair_start[one], pair_start[one + 1]
            place = low + np.searchsorted(pair_other[low:high], other)
            seen = both[place] if place < high and pair_other[place] == other else 0
            expected = households[one] * households[other] / crowd
            lift = np.log((seen + 1.0) / (expected + 1.0))
            if np.isnan(out[row]) or lift > out[row]:
                out[row] = lift
    return out


def _preferred(
    history: History, customer: Ints, product: Ints, group: Ints, inside: Ints | None
) -> Floats:
    """Log of the customer's faded visits to the product's group over those of an average one.

    The average customer spreads its visits (`inside` the same shelf, or over the shop) as all do.
    """
    groups = int(group.max()) + 1
    habit = history.habit(group, groups)
    whole = np.zeros(len(group), np.int64) if inside is None else inside
    wholes = int(whole.max()) + 1
    around = history.habit(whole, wholes)
    crowd = totals(habit.key % groups, habit.decayed, groups)
    all_around = totals(around.key % wholes, around.decayed, wholes)
    share = crowd[group[product]] / np.maximum(all_around[whole[product]], 1.0)
    at, at_whole = habit.at(customer, group[product]), around.at(customer, whole[product])
    own = np.where(at >= 0, habit.decayed[at], 0.0)
    expected = np.where(at_whole >= 0, around.decayed[at_whole], 0.0) * share
    return np.asarray(np.log((own + 1.0) / (expected + 1.0)))


def _price_class(history: History, customer: Ints, product: Ints, goods: SubstituteGoods) -> Floats:
    """How far the customer buys the dear end of each type, times how dear the product is in its."""
    price = pd.Series(goods.price)
    dear = price.groupby(history.shelf.product_type).rank(pct=True).fillna(0.5).to_numpy() - 0.5
    habit = history.by_product
    buyer, customers = habit.key // habit.groups, history.log.customers
    visits = totals(buyer, habit.decayed, customers)
    leaning = totals(buyer, habit.decayed * dear[habit.key % habit.groups], customers)
    return np.asarray((leaning / np.maximum(visits, 1e-9))[customer] * dear[product])


def _in_store(history: History, customer: Ints, product: Ints, goods: SubstituteGoods) -> Floats:
    """Log of the baskets with the product in the customer's store over those expected there."""
    v, home = history.visits, history.home_store[customer]
    stores, shelves = int(v.store.max()) + 1, int(goods.shelf.max()) + 1
    if stores <= 0:
        return np.zeros(len(customer))
    named = v.store >= 0
    store, sold = v.store[named], v.product[named]
    key, _, row = distinct_rows(store * v.products + sold)
    baskets = np.bincount(row, minlength=len(key))
    at = np.where(home >= 0, find(key, home * v.products + product), -1)
    seen = np.where(at >= 0, baskets[at] if len(baskets) else 0, 0)
    shelf = goods.shelf[sold]
    of_store = np.bincount(store * shelves + shelf, minlength=stores * shelves)
    of_shelf = np.bincount(shelf, minlength=shelves)
    share = np.bincount(sold, minlength=v.products)[product] / np.maximum(
        of_shelf[goods.shelf[product]], 1
    )
    expected = of_store[np.maximum(home, 0) * shelves + goods.shelf[product]] * share
    return np.asarray(np.where(home >= 0, np.log((seen + 1.0) / (expected + 1.0)), 0.0))


def _like_minded(history: History, customer: Ints, product: Ints, households: Floats) -> Floats:
    """Log of how many of the 200 most like-minded households bought the product, over chance.

    Likeness is the cosine of tastes, rare goods weighing more. They are sought among at most 4,096
    households, spread evenly over the log.
    """
    taste = history.taste().tocsr()
    rarity = np.log(max(1.0, float(taste.shape[0])) / np.maximum(households, 1.0))
    taste.data = (taste.data * rarity[taste.indices]).astype(np.float64)
    row = np.repeat(np.arange(taste.shape[0]), np.diff(taste.indptr))
    length = np.sqrt(totals(row, taste.data**2, taste.shape[0]))
    taste.data /= np.maximum(length, 1e-12)[row]
    crowd = np.flatnonzero(length > 0)
    crowd = crowd[:: max(1, -(-len(crowd) // CROWD))]
    by_product = taste[crowd].tocsc()
    habit = history.by_product
    start = np.searchsorted(habit.key // habit.groups, np.arange(history.log.customers + 1))
    seen = _neighbours(
        customer,
        product,
        taste.indptr.astype(np.int64),
        taste.indices.astype(np.int64),
        taste.data,
        crowd,
        by_product.indptr.astype(np.int64),
        by_product.indices.astype(np.int64),
        by_product.data,
        start,
        habit.key % habit.groups,
        LIKE_MINDED,
    )
    few = min(LIKE_MINDED, max(1, len(crowd) - 1))
    expected = (
        few * households[product] / max(1.0, float(len(np.unique(habit.key // habit.groups))))
    )
    return np.asarray(np.log((seen * few + 1.0) / (expected + 1.0)))


@numba.njit
def _neighbours(  # type: ignore[no-untyped-def]
    customer, product, row_start, word, weight, crowd, column_start, member, by, start, held, most
):
    """Likeness-weighted share of each row's customer's neighbours that bought the row's product."""
    out = np.zeros(customer.size)
    likeness = np.zeros(crowd.size)
    bought = np.zeros(column_start.size - 1)
    row = 0
    while row < customer.size:
        u = customer[row]
        likeness[:] = 0.0
        for k in range(row_start[u], row_start[u + 1]):
            for q in range(column_start[word[k]], column_start[word[k] + 1]):
                likeness[member[q]] += weight[k] * by[q]
        for v in range(crowd.size):
            if crowd[v] == u:
                likeness[v] = 0.0
        nearest = np.argsort(-likeness, kind="mergesort")[:most]
        whole = 0.0
        for v in nearest:
            whole += likeness[v]
            for k in range(start[crowd[v]], start[crowd[v] + 1]):
                bought[held[k]] += likeness[v]
        last = row
        while last < customer.size and customer[last] == u:
            if whole > 0:
                out[last] = bought[product[last]] / whole
            last += 1
        for v in nearest:
            for k in range(start[crowd[v]], start[crowd[v] + 1]):
                bought[held[k]] = 0.0
        row = last
    return out
