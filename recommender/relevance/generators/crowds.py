"""New products that others take up: everybody, the customer's segment, the customer's store."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Ints
from recommender.log import distinct_rows
from recommender.relevance.generators.shape import (
    Fitted,
    Proposals,
    best,
    first_new,
    most_bought_by_one,
)

HALF_LIFE_WEEKS = 4.0
SEGMENT_PRIOR, STORE_PRIOR = 3000.0, 1000.0  # first-time buyers that the whole shop counts for


def popular(fitted: Fitted, n: int) -> Proposals:
    """New products that most households bought in the last four weeks."""
    history = fitted.history
    sold = history.universe.products
    crowd = np.where(sold, history.households(4.0), 0.0)
    one_group = np.zeros(len(crowd), np.int64)
    shelf = best(one_group, np.arange(len(crowd)), crowd, n + most_bought_by_one(fitted))
    return first_new(fitted, one_group[:1].repeat(len(fitted.served)), _with_buyers(shelf), n)


def popular_in_segment(fitted: Fitted, n: int) -> Proposals:
    """New products that customers of the same segment take up; of all, where none is known."""
    none = np.full(fitted.history.log.customers, -1, np.int64)
    segments = none if fitted.segments is None else fitted.segments
    return _taken_up_in(fitted, segments, SEGMENT_PRIOR, n)


def popular_in_store(fitted: Fitted, n: int) -> Proposals:
    """New products that customers of the same home store take up; of all, where there is none."""
    return _taken_up_in(fitted, fitted.history.home_store, STORE_PRIOR, n)


def _taken_up_in(fitted: Fitted, group: Ints, prior: float, n: int) -> Proposals:
    """The new products with most recent first-time buyers in each customer's group (-1: none).

    The whole shop counts as `prior` buyers more in each group, so that a small group does not
    rank by chance.
    """
    customer, product, ago = fitted.discoveries
    weight = 0.5 ** (ago / HALF_LIFE_WEEKS)
    width = np.int64(fitted.history.log.products)
    everywhere = np.bincount(product, weight, int(width))
    share = everywhere / max(everywhere.sum(), 1e-9)
    length = n + most_bought_by_one(fitted)
    top = _with_buyers(best(np.zeros(int(width), np.int64), np.arange(width), share, length))
    groups = int(group.max(initial=-1)) + 2
    own = np.where(group < 0, groups - 1, group)  # the last group holds those without one
    known = group[customer] >= 0
    pairs = own[customer[known]] * width + product[known]
    lists = (np.arange(groups)[:, None] * width + top.product).ravel()
    key, _, place = distinct_rows(np.concatenate([pairs, lists]))
    weights = np.concatenate([weight[known], np.zeros(len(lists))])
    score = np.bincount(place, weights, len(key)) + prior * share[key % width]
    shelf = best(key // width, key % width, score, length)
    return first_new(fitted, own[fitted.served], shelf, n)


def _with_buyers(shelf: Proposals) -> Proposals:
    some = shelf.score > 0
    return Proposals(shelf.customer[some], shelf.product[some], shelf.score[some])
