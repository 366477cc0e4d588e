"""Measures of lists, one row per household, and their means with household-bootstrap intervals.

Lists are (households, n) product rows, best first, -1 where a place is empty. A group (type,
category or need) counts once per household: it is hit if a product of it stands on the list and
one was bought of the task, however many of either.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.bootstrap import COVERAGE, drawn_sums, interval, ratio
from recommender.candidates import Bools, Floats, Ints
from recommender.evaluation.judged import Asked
from recommender.history import Shelf
from recommender.metrics import bought, dcg, ndcg, recall

PLACES = (10, 20)
LEVELS = ("type", "category", "need")
MEASURES = {  # at each of PLACES
    "recall": "share of the items bought that are on the list",
    "ndcg": "DCG over that of the best list of this length",
    "dcg": "hits, each divided by log2(place + 1)",
    "hit_rate": "households with at least one hit",
    "hits_item": "items on the list that were bought",
    "hits_type": "types on the list of which something was bought, each once",
    "hits_category": "categories on the list of which something was bought, each once",
    "hits_need": "needs on the list of which something was bought, each once",
    "recall_type": "share of the types bought that are on the list",
    "recall_category": "share of the categories bought that are on the list",
    "recall_need": "share of the needs bought that are on the list",
}
NAMES = tuple(f"{name}@{n}" for n in PLACES for name in MEASURES)
Estimates = dict[str, dict[str, float | None]]


def household_measures(lists: Ints, customers: Ints, task: Asked, products: int) -> Floats:
    """(households, measures) in the order of `NAMES`; NaN for who bought nothing of the task.

    `lists` are (households, 20) and belong to `customers`; shorter ones count as cut off.
    """
    who, columns = customers[:, None], []
    items = task.items[customers]
    hit = bought(who, lists, products, task.pairs)
    at_levels = {}
    for level in LEVELS:
        group, count, keys = task.groups[level]
        on_list = np.where(lists >= 0, group[lists], -1)
        have = np.bincount(keys // count, minlength=len(task.items))[customers]
        at_levels[level] = bought(who, on_list, count, keys) & ~seen_before(on_list), have
    for n in PLACES:
        top = hit[:, :n]
        columns += [recall(top, items), ndcg(top, items), dcg(top), top.any(axis=1), top.sum(1)]
        columns += [first[:, :n].sum(axis=1) for first, _ in at_levels.values()]
        columns += [recall(first[:, :n], have) for first, have in at_levels.values()]
    return np.where(items[:, None] > 0, np.column_stack(columns), np.nan)


def seen_before(codes: Ints) -> Bools:
    """Marks what stands earlier in the same row already.

    >>> seen_before(np.array([[3, 5, 3]]))
    array([[False, False,  True]])
    """
    same = codes[:, :, None] == codes[:, None, :]
    return np.asarray((same & np.tri(codes.shape[1], k=-1, dtype=np.bool_)).any(axis=2))


def shown(lists: Ints, shelf: Shelf, universe: Bools) -> dict[str, dict[str, float]]:
    """What all lists show together, by length: distinct products, their share, and sellers.

    No intervals: households drawn again can only lose some of the distinct things.
    """
    answer = {}
    for n in PLACES:
        product = np.unique(lists[:, :n][lists[:, :n] >= 0])
        answer[f"{n}"] = {
            "products": len(product),
            "share_of_products": len(product) / max(int(universe.sum()), 1),
            "sellers": len(np.unique(shelf.seller[product])),
            "share_of_sellers": len(np.unique(shelf.seller[product]))
            / max(len(np.unique(shelf.seller[universe])), 1),
            "empty_places": int((lists[:, :n] < 0).sum()),
        }
    return answer


def means(
    tables: Mapping[str, Floats], groups: Mapping[str, Bools], draws: int, seed: int
) -> dict[str, dict[str, tuple[Floats, Floats]]]:
    """group -> table -> its column means, (columns,), and those of each draw, (draws, columns).

    Tables are (households, columns); a household with NaN in any is not judged and left out of
    all. All groups and tables see the same draws of all households, so differences are paired; a
    draw without a household of the group has NaN.
    """
    stacked = np.concatenate(list(tables.values()), axis=1)
    width = stacked.shape[1] + 1
    judged = ~np.isnan(stacked).any(axis=1)
    counted = np.column_stack([np.where(judged[:, None], stacked, 0.0), judged])
    every = np.concatenate([counted * of[:, None] for of in groups.values()], axis=1)
    drawn = drawn_sums([every], draws, np.random.default_rng(seed))[0]
    sums = np.vstack([every.sum(axis=0), drawn])
    ends = np.cumsum([table.shape[1] for table in tables.values()])[:-1]
    answer = {}
    for k, group in enumerate(groups):
        mine = sums[:, k * width : (k + 1) * width]
        parts = np.split(ratio(mine[:, :-1], mine[:, -1:]), ends, axis=1)
        answer[group] = {
            name: (part[0], part[1:]) for name, part in zip(tables, parts, strict=True)
        }
    return answer


def estimates(names: tuple[str, ...], once: Floats, drawn: Floats) -> Estimates:
    """name -> {value, low, high} with 95 % intervals; None for what does not exist.

    >>> estimates(("x",), np.array([0.5]), np.full((9, 1), 0.25))
    {'x': {'value': 0.5, 'low': 0.25, 'high': 0.25}}
    """
    low, high = interval(drawn, COVERAGE)
    return {
        name: {"value": _plain(once[k]), "low": _plain(low[k]), "high": _plain(high[k])}
        for k, name in enumerate(names)
    }


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
