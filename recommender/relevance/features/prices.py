"""What the product costs, now against before and against its like, and who buys on offer."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.history import History
from recommender.log import distinct_rows, totals
from recommender.relevance.features.columns import Columns, look_up, shares
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.pairs import find_pairs

LIST_PRICE_WEEKS = 12.0
ON_OFFER = 0.005  # of the shop's money off a line, at least: less is rounding


def prices(fitted: Fitted, rows: Merged) -> Columns:
    """Price, price against type, list and what the household pays; share bought on offer.

    NaN where the log has no money, or the product no sale in time.
    """
    history, product = fitted.history, rows.product
    log, types = history.log, history.shelf.product_type
    weeks_ago = (history.end_day - log.day) / 7.0
    unit = log.paid / log.quantity
    # a line without a discount of its own was sold at the list
    list_price = unit + np.nan_to_num(log.discount) / log.quantity
    on_offer = np.where(np.isnan(log.discount), np.nan, log.discount > ON_OFFER)

    def mean(values: Floats, weeks: float, group: Ints, groups: int) -> Floats:
        use = (weeks_ago <= weeks) & ~np.isnan(values)
        lines = np.ones(int(use.sum()))
        return shares(totals(group[use], values[use], groups), totals(group[use], lines, groups))

    listed = mean(list_price, LIST_PRICE_WEEKS, log.product, log.products)
    now = mean(unit, 2.0, log.product, log.products)
    of_type = group_median(history.price, types)
    columns: Columns = {
        "price": history.price[product],
        "price_in_type": (history.price / of_type[types])[product],
        "list_price": listed[product],
        "price_to_list": (now / listed)[product],
        "price_to_own": history.price[product] / _own_price(history, unit, rows),
    }
    for weeks in (1.0, 4.0):
        share = mean(on_offer, weeks, log.product, log.products)
        columns[f"on_offer_{weeks:.0f}"] = share[product]
    customer_share = mean(on_offer, 1000.0, log.customer, log.customers)
    columns["customer_on_offer"] = customer_share[rows.customer]
    columns["own_on_offer"] = _own_mean(
        on_offer, log.customer, log.product, log.products, rows.customer, product
    )
    return columns


def _own_price(history: History, unit: Floats, rows: Merged) -> Floats:
    """What the household paid on average for a pack of the type."""
    log, types = history.log, history.shelf.product_type
    count = int(types.max()) + 1
    return _own_mean(
        unit, log.customer, types[log.product], count, rows.customer, types[rows.product]
    )


def _own_mean(
    values: Floats, customer: Ints, group: Ints, groups: int, of: Ints, wanted: Ints
) -> Floats:
    """Mean of each household's known `values` in a group, for the pairs (of, wanted)."""
    known = ~np.isnan(values)
    distinct, _, place = distinct_rows((customer * groups + group)[known])
    count = len(distinct)
    mean = shares(totals(place, values[known], count), totals(place, np.ones(len(place)), count))
    return look_up(mean, find_pairs(distinct, groups, of, wanted), np.nan)


def group_median(values: Floats, group: Ints) -> Floats:
    """Lower median of each group's values, NaN where it has none.

    >>> group_median(np.array([3.0, 1.0, np.nan, 2.0]), np.array([0, 0, 1, 0]))
    array([ 2., nan])
    """
    order = np.lexsort((values, group))
    order = order[~np.isnan(values[order])]
    groups = np.arange(int(group.max()) + 1)
    first = np.searchsorted(group[order], groups)
    last = np.searchsorted(group[order], groups, side="right")
    medians = np.full(len(groups), np.nan)
    some = last > first
    medians[some] = values[order][(first[some] + last[some] - 1) // 2]
    return medians
