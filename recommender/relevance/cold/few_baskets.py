"""What few baskets tell: how often a household shops, and whether it comes back to a product."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.history import History, rank_within
from recommender.log import distinct, distinct_rows, find, totals

CROWD_WEEKS = 4.0  # of shopping that say who shops now, and what
FEW_BASKETS = 3  # of each household, with which coming back to a product is learned
PRIOR_RETURNS = 20.0
PRIOR_WEEKS = 2.0  # of usual shopping, with which the pace of few baskets is judged


def returns(history: History) -> tuple[Floats, Floats]:
    """Per product, the chance that a household with few known baskets comes back to it.

    Of the households that took it in one of the last three baskets before the last four weeks,
    and that shopped in these, the share that took it again; the second answer is of those that took
    it in more than one. Shrunk from product to type to all.
    """
    v, ago = history.visits, history.weeks_ago
    before = ago > CROWD_WEEKS
    baskets, first, _ = distinct_rows(v.basket[before])
    who, day = v.customer[before][first], v.day[before][first]
    last = rank_within(who, np.lexsort((-baskets, -day, who))) < FEW_BASKETS
    known = before & (find(baskets[last], v.basket) >= 0)
    key, _, row = distinct_rows(v.customer[known] * v.products + v.product[known])
    often = np.bincount(row, minlength=len(key)) > 1
    shops = np.bincount(v.customer[~before], minlength=v.customers) > 0
    later = distinct(v.customer[~before] * v.products + v.product[~before])
    here = shops[key // v.products]
    key, often = key[here], often[here]
    again = find(later, key) >= 0
    product, kind = key % v.products, history.shelf.product_type

    def rate(rows: Bools, mean: Floats) -> Floats:
        """Shrunk to `mean` by type, and then by product."""
        types = int(kind.max()) + 1
        for group, groups in ((kind, types), (np.arange(v.products), v.products)):
            tried = np.bincount(group[product[rows]], minlength=groups)
            came = np.bincount(group[product[rows & again]], minlength=groups)
            mean = (
                (came + PRIOR_RETURNS * _mean_of(mean, group, groups)) / (tried + PRIOR_RETURNS)
            )[group]
        return mean

    def overall(rows: Bools) -> Floats:
        return np.full(v.products, (again & rows).sum() / max(rows.sum(), 1))

    return rate(~often, overall(~often)), rate(often, overall(often))


def _mean_of(values: Floats, group: Ints, groups: int) -> Floats:
    return totals(group, values, groups) / np.maximum(np.bincount(group, minlength=groups), 1)


def pace(history: History) -> Floats:
    """Per customer, baskets a week over those of households that shop now, at most 1.

    A mean of the gamma-Poisson model: few baskets long ago say that few will follow, one of last
    week says little. 1 for customers without a basket.
    """
    v = history.visits
    _, first, _ = distinct_rows(v.basket)
    who, ago = v.customer[first], history.weeks_ago[first]
    baskets = np.bincount(who, minlength=v.customers)
    lately = np.bincount(who[ago <= CROWD_WEEKS], minlength=v.customers)
    usual = lately.sum() / max((lately > 0).sum(), 1) / CROWD_WEEKS
    weeks = np.zeros(v.customers)
    np.maximum.at(weeks, who, ago)
    rate = (baskets + PRIOR_WEEKS * usual) / (weeks + PRIOR_WEEKS)
    return np.where(baskets > 0, np.minimum(rate / max(usual, 1e-9), 1.0), 1.0)
