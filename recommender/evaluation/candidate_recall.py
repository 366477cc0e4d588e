"""What share of later purchases is among the candidates, and which generator found it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recommender.candidates import Bools, Ints
from recommender.history import History
from recommender.log import Log, distinct, find
from recommender.relevance.generators import GENERATORS, Fitted, Merged, answers, merge_answers

SIZES = (50, 100, 200, 300, 500, 1000)


def candidate_recall(
    rows: Merged, history: History, truth: Log, customers: Bools | None = None
) -> dict[str, Any]:
    """Share of the purchases in `truth` that are among the candidate `rows`, between 0 and 1.

    repeat, new      of the pairs bought that the customer had bought before, and had not
    repeats, news    how many such pairs there are
    rows, new_rows   candidates per served customer, and how many of them are new
    by, alone        name of a generator -> share of its kind of pairs that it named, and that no
                     other generator named ("repeats": of repeat pairs; the others: of new pairs)

    Only pairs of the history's universe count, and only those of `customers` where it is given
    (marked per customer). A share of no pairs is 0.
    """
    kept = (
        history.universe.customers if customers is None else history.universe.customers & customers
    )
    inside = history.universe.products[truth.product] & kept[truth.customer]
    bought = distinct(truth.customer[inside] * truth.products + truth.product[inside])
    repeat = find(history.log.bought, bought) >= 0
    keys = rows.customer * truth.products + rows.product
    order = np.argsort(keys)
    at = find(keys[order], bought)
    hit = at >= 0
    source = np.zeros(len(bought), np.int64)
    source[hit] = rows.source[order][at[hit]]
    mine = kept[rows.customer]
    is_new = ~history.log.has_bought(rows.customer[mine], rows.product[mine])
    served = max(int(kept.sum()), 1)
    by, alone = {}, {}
    for bit, name in enumerate(GENERATORS):
        of = repeat if name == "repeats" else ~repeat
        by[name] = _share((source >> bit) & 1 == 1, of)
        alone[name] = _share(source == 1 << bit, of)
    return {
        "repeat": _share(hit, repeat),
        "new": _share(hit, ~repeat),
        "repeats": int(repeat.sum()),
        "news": int((~repeat).sum()),
        "rows": float(mine.sum() / served),
        "new_rows": float(is_new.sum() / served),
        "by": by,
        "alone": alone,
    }


def recall_curve(
    fitted: Fitted, truth: Log, sizes: Sequence[int] = SIZES, customers: Bools | None = None
) -> list[dict[str, Any]]:
    """`candidate_recall` with each number of candidates per customer, as {"size": ..., ...}."""
    named = answers(fitted, max(sizes))  # what is named first does not depend on how many are
    return [
        {
            "size": size,
            **candidate_recall(
                merge_answers(fitted, named, size), fitted.history, truth, customers
            ),
        }
        for size in sizes
    ]


def _share(marked: Bools, of: Bools | Ints) -> float:
    return float(marked[of].mean()) if of.any() else 0.0
