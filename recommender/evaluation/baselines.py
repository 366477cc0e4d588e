"""What relevance has to beat: simple lists, judged on the same purchases as the policies.

Popularity and personal frequency are strong on grocery logs (Ji et al. 2020, Li et al. 2023), so a
recommender that does not beat them has learned nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender.best import best_rows
from recommender.bootstrap import COVERAGE, drawn_sums, interval
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.history import History
from recommender.log import Log, distinct
from recommender.metrics import bought, ndcg, recall

Lists = Callable[[History, Ints, int], Ints]


def popularity(history: History, customers: Ints, n: int) -> Ints:
    """(customers, n): for everybody what most households bought in the last four weeks."""
    top = _padded(_most_bought(history, n)[0], n)
    return np.broadcast_to(top, (len(customers), n))


def new_popularity(history: History, customers: Ints, n: int) -> Ints:
    """(customers, n): the most popular products that each customer never bought."""
    if len(customers) == 0:
        return np.zeros((0, n), np.int64)
    longest = int(np.diff(np.searchsorted(_buyers(history), np.arange(customers.max() + 2))).max())
    product, crowd = _most_bought(history, n + longest)
    rows = np.repeat(customers, len(product))
    item = np.tile(product, len(customers))
    start = np.arange(0, len(rows) + 1, len(product))
    allowed = ~history.log.has_bought(rows, item)
    at = best_rows(start, item, np.tile(crowd, len(customers)), allowed, n)
    return np.where(at >= 0, item[at], -1)


def habit(history: History, customers: Ints, n: int) -> Ints:
    """(customers, n): what each bought most, halved every 16 weeks; filled up with popularity."""
    own = history.by_product
    customer, product = own.key // own.groups, own.key % own.groups
    keep = history.universe.products[product]
    start = np.searchsorted(customer[keep], np.arange(history.log.customers + 1))
    score = own.decayed[keep] + 1e-6 * own.last_day[keep]
    at = best_rows(start, product[keep], score, np.ones(len(score), np.bool_), n)[customers]
    lists = np.where(at >= 0, product[keep][at], -1)
    fill = new_popularity(history, customers, n)
    short = (lists < 0).cumsum(axis=1) - 1
    return np.where(lists < 0, np.take_along_axis(fill, np.maximum(short, 0), axis=1), lists)


BASELINES: dict[str, dict[str, Lists]] = {  # task: name: lists
    "all": {"popularity": popularity, "habit": habit},
    "new": {"popularity": new_popularity},
}


def against_baselines(
    candidates: Candidates,
    history: History,
    truth: Log,
    n: int,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """task -> list -> figure -> value, and how much more relevance alone has, with its interval.

    Differences are paired: the same households are drawn for both. `truth` holds the purchases
    that are judged; households that bought nothing of the task are left out.
    """
    report: dict[str, Any] = {}
    is_new = ~history.log.has_bought(truth.customer, truth.product)
    for task, lists in BASELINES.items():
        judged = truth if task == "all" else truth.where(is_new)
        pairs = distinct(judged.customer * judged.products + judged.product)
        items = np.bincount(pairs // judged.products, minlength=judged.customers)
        customers = np.flatnonzero((items > 0) & (np.diff(candidates.start) > 0))
        allowed: Bools = candidates.is_new if task == "new" else np.ones_like(candidates.is_new)
        rows = best_rows(candidates.start, candidates.product, candidates.p_buy, allowed, n)
        slates = {"relevance": np.where(rows >= 0, candidates.product[rows], -1)[customers]}
        slates |= {name: make(history, customers, n) for name, make in lists.items()}
        hits = {
            name: bought(customers[:, None], slate, judged.products, pairs)
            for name, slate in slates.items()
        }
        of = items[customers]
        scores = {
            name: np.column_stack([ndcg(hit, of), recall(hit, of)]) for name, hit in hits.items()
        }
        report[task] = {
            name: _compared(scores["relevance"], scores[name], draws, rng) for name in lists
        }
    return report


def _compared(
    ours: np.ndarray, theirs: np.ndarray, draws: int, rng: np.random.Generator
) -> dict[str, dict[str, float]]:
    gain = ours - theirs
    drawn = drawn_sums([gain], draws, rng)[0] / len(gain)
    low, high = interval(drawn, COVERAGE)
    return {
        figure: {
            "value": float(theirs[:, k].mean()),
            "relevance_gains": float(gain[:, k].mean()),
            "low": float(low[k]),
            "high": float(high[k]),
        }
        for k, figure in enumerate(("ndcg", "recall"))
    }


def _most_bought(history: History, n: int) -> tuple[Ints, Floats]:
    """The `n` products that most households bought in the last four weeks, and how many did."""
    crowd = np.where(history.universe.products, history.households(4.0), 0.0)
    top = np.lexsort((np.arange(len(crowd)), -crowd))[:n]
    top = top[crowd[top] > 0]
    return top, crowd[top]


def _buyers(history: History) -> Ints:
    """Customer of each distinct purchase pair, ascending."""
    return history.by_product.key // history.by_product.groups


def _padded(product: Ints, n: int) -> Ints:
    return np.pad(product, (0, n - len(product)), constant_values=-1)
