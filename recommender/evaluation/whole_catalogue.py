"""Quality on the whole catalogue: products that were hardly sold count among what was bought.

The universe holds what has a history; a shop sells much else. Here every recommendable product
that a served household bought in the window is truth, and the candidates of the universe alone are
set against the same with cold products merged in by their chance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from recommender.best import best_rows
from recommender.bootstrap import drawn_sums, interval
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.history import History
from recommender.log import Log, distinct, find
from recommender.metrics import bought, ndcg, recall
from recommender.relevance.cold.attraction import cold
from recommender.relevance.cold.cold_pairs import best_of_groups, meet
from recommender.relevance.cold.cold_start import merged
from recommender.relevance.generators import Proposals

UNIVERSE, WITH_COLD = "universe alone", "with cold products"
MODEL = "cold model"
CROWD_WEEKS = 12.0  # of sales that popularity among cold products counts
PER_TYPE = 30
LONGER = 6  # times the list, before what is no new product is left out
BANDS = (0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 1.0)
MEASURES = ("ndcg", "recall")


def whole_catalogue(
    universe: Candidates,
    cold_rows: Candidates,
    history: History,
    window: Log,
    draws: int,
    rng: np.random.Generator,
    judged: Bools | None = None,
    n: int = 10,
) -> dict[str, Any]:
    """Counts, shares, rankings of both tasks, cold products ranked alone, and calibration.

    `universe` and `cold_rows` are candidates as of the end of `history`; `window` holds the lines
    of the label weeks; `judged` (customers,) marks the households that count, by default all that
    are served. Differences are paired: the same households are drawn for both lists. A catalogue
    made from a log holds no product that never sells, so its never-sold ones sell more often than
    a shop's would: the calibration tells them apart.
    """
    served = history.universe.customers.copy()
    if judged is not None:
        served &= judged
    is_cold, households = cold(history), np.flatnonzero(served)
    truth = window.where(history.shelf.recommendable[window.product] & served[window.customer])
    fresh = ~history.log.has_bought(truth.customer, truth.product)
    both = merged(universe, cold_rows)
    report: dict[str, Any] = {
        "products": {
            "recommendable": int(history.shelf.recommendable.sum()),
            "universe": int(history.universe.products.sum()),
            "cold": int(is_cold.sum()),
            "never_sold": int((is_cold & never_sold(history)).sum()),
        },
        "cold_share": _shares(truth, is_cold),
    }
    for task in ("all", "new"):
        asked = truth.where(fresh) if task == "new" else truth
        lists = {UNIVERSE: top(universe, n, task), WITH_COLD: top(both, n, task)}
        mixed = lists[WITH_COLD][households]
        report[task] = {
            "lists": compared(lists, households, asked, UNIVERSE, draws, rng),
            "cold_places": float(is_cold[mixed[mixed >= 0]].mean()) if (mixed >= 0).any() else 0.0,
            "cold_alone": compared(
                {
                    MODEL: top(cold_rows, n, task),
                    **{name: rival(history, n, task) for name, rival in RIVALS.items()},
                },
                households,
                asked.where(is_cold[asked.product]),
                "popularity of types",
                draws,
                rng,
            ),
        }
    report["calibration"] = calibration(cold_rows, history, truth, served)
    return report


def top(rows: Candidates, n: int, task: str) -> Ints:
    """(customers, n): products of the first `n` candidates; of new ones for the task "new"."""
    allowed = rows.is_new if task == "new" else np.ones(len(rows.product), np.bool_)
    at = best_rows(rows.start, rows.product, rows.p_buy, allowed, n)
    return np.where(at >= 0, np.append(rows.product, -1)[at], -1)


def popular_cold(history: History, n: int, task: str) -> Ints:
    """(customers, n): for everybody the cold products that most households bought lately."""
    chance = np.where(cold(history), history.households(CROWD_WEEKS), 0.0)
    # so many more are looked at as a household may have bought already
    front = np.lexsort((np.arange(len(chance)), -chance))[: n * LONGER]
    front = front[chance[front] > 0]
    everyone = np.arange(history.log.customers)
    customer, product = np.repeat(everyone, len(front)), np.tile(front, len(everyone))
    return _listed(Proposals(customer, product, chance[product]), history, n, task)


def popular_of_types(history: History, n: int, task: str) -> Ints:
    """(customers, n): habit in the type x share of the type's sales of cold products."""
    chance = np.where(cold(history), history.households(CROWD_WEEKS), 0.0)
    some, kind, habit = np.flatnonzero(chance > 0), history.shelf.product_type, history.by_type
    total = np.bincount(kind, weights=chance, minlength=habit.groups)
    shelf = best_of_groups(kind[some], some, chance[some] / total[kind[some]], PER_TYPE)
    who, what = habit.key // habit.groups, habit.key % habit.groups
    met = meet(shelf, who, what, habit.decayed, n * LONGER)
    return _listed(met, history, n, task)


RIVALS = {"popularity of cold": popular_cold, "popularity of types": popular_of_types}


def compared(
    lists: dict[str, Ints],
    households: Ints,
    truth: Log,
    base: str,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """list -> measure -> value, low, high, and how much more than `base`, with its interval.

    `lists` are (customers, n). Households of `households` that bought nothing of `truth` are left
    out; measures are means over the others.
    """
    pairs = distinct(truth.customer * truth.products + truth.product)
    items = np.bincount(pairs // truth.products, minlength=truth.customers)
    who = households[items[households] > 0]
    columns = []
    for products in lists.values():
        hit = bought(who[:, None], products[who], truth.products, pairs)
        columns += [ndcg(hit, items[who]), recall(hit, items[who])]
    if not len(who):
        return {"households": 0}
    table = np.column_stack([*columns, np.ones(len(who))])
    drawn = drawn_sums([table], draws, rng)[0]
    drawn = drawn[:, :-1] / drawn[:, -1:]
    mean = table[:, :-1].mean(axis=0)
    first = list(lists).index(base) * len(MEASURES)
    answer: dict[str, Any] = {"households": len(who), "base": base}
    for place, name in enumerate(lists):
        at = slice(place * len(MEASURES), (place + 1) * len(MEASURES))
        of_base = slice(first, first + len(MEASURES))
        low, high = interval(drawn[:, at])
        more_low, more_high = interval(drawn[:, at] - drawn[:, of_base])
        answer[name] = {
            measure: {
                "value": float(mean[at][k]),
                "low": float(low[k]),
                "high": float(high[k]),
                "more": float((mean[at] - mean[of_base])[k]),
                "more_low": float(more_low[k]),
                "more_high": float(more_high[k]),
            }
            for k, measure in enumerate(MEASURES)
        }
    return answer


def calibration(
    rows: Candidates, history: History, truth: Log, served: Bools
) -> dict[str, dict[str, Any]]:
    """Said against seen for all cold candidates, and for those never sold, new and bought before.

    By kind: rows, said and seen (means), the expected calibration error over bands, and the bands.
    """
    customer = rows.customer
    judged = served[customer]
    pairs = distinct(truth.customer * truth.products + truth.product)
    seen = find(pairs, customer * truth.products + rows.product) >= 0
    unsold = never_sold(history)[rows.product]
    kinds = {
        "all": judged,
        "never sold": judged & unsold,
        "new to the household": judged & ~unsold & rows.is_new,
        "bought before": judged & ~rows.is_new,
    }
    return {kind: said_and_seen(rows.p_buy[of], seen[of]) for kind, of in kinds.items()}


def never_sold(history: History) -> Bools:
    """Products that nobody bought up to the cutoff."""
    return history.households(np.inf) == 0


def said_and_seen(said: Floats, seen: Bools) -> dict[str, Any]:
    """Means of what was said and seen, the expected calibration error over bands, and the bands."""
    if not len(said):
        return {"rows": 0, "said": None, "seen": None, "error": None, "bands": []}
    band = np.clip(np.searchsorted(BANDS, said, side="right") - 1, 0, len(BANDS) - 2)
    bands = [
        {
            "from": BANDS[k],
            "to": BANDS[k + 1],
            "rows": int((band == k).sum()),
            "said": float(said[band == k].mean()),
            "seen": float(seen[band == k].mean()),
        }
        for k in np.unique(band)
    ]
    error = sum(b["rows"] * abs(b["said"] - b["seen"]) for b in bands) / len(said)
    return {
        "rows": len(said),
        "said": float(said.mean()),
        "seen": float(seen.mean()),
        "error": float(error),
        "bands": bands,
    }


def _shares(truth: Log, is_cold: Bools) -> dict[str, float | None]:
    """What share of lines, money and distinct purchases of households cold products hold."""
    few, money = is_cold[truth.product], np.nansum(truth.paid)
    pairs = distinct(truth.customer * truth.products + truth.product)
    return {
        "lines": float(few.mean()) if len(few) else 0.0,
        "sales": float(np.nansum(truth.paid[few]) / money) if money else None,
        "purchases": float(is_cold[pairs % truth.products].mean()) if len(pairs) else 0.0,
    }


def _listed(rows: Proposals, history: History, n: int, task: str) -> Ints:
    """(customers, n) products of proposals; of new ones for the task "new"."""
    keep = np.ones(len(rows.product), np.bool_)
    if task == "new":
        keep = ~history.log.has_bought(rows.customer, rows.product)
    start = np.searchsorted(rows.customer, np.arange(history.log.customers + 1))
    at = best_rows(start, rows.product, rows.score, keep, n)
    return np.where(at >= 0, np.append(rows.product, -1)[at], -1)
