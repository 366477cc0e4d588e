"""Relevance end to end: learn on older weeks, calibrate, and propose for the judging weeks and now.

The workspace keeps two sets of candidates: `judge` (history ends before the held-out weeks; the
backtest's) and `now` (all weeks; what `recommend` and the app show). Both come from one model.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.candidates import Candidates
from recommender.history import History, Shelf
from recommender.log import Log, audit_customers, find
from recommender.relevance.features import Floats32, features
from recommender.relevance.generators import GENERATORS, Fitted, Merged, propose
from recommender.relevance.p_buy import (
    Labelled,
    PurchaseModel,
    labelled,
    refuse_thin_history,
    score,
)
from recommender.splits import Protocol, Window

Note = Callable[[str], None]
BANDS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 1.0)


@dataclass(frozen=True, kw_only=True)
class Relevance:
    """A calibrated model, its candidates for the judging weeks and for now, and its own account."""

    model: PurchaseModel
    judge: Candidates
    now: Candidates
    facts: dict[str, Any]


def fit_relevance(log: Log, shelf: Shelf, weeks: Protocol, threads: int, note: Note) -> Relevance:
    """The model learned by `weeks`, with candidates as of the judging window and of the last week.

    No purchase of the judging window reaches the model: its history ends before, and the model
    is fitted on earlier labels. Windows are prepared `threads` at a time.
    """
    learn, calibrate, judge = weeks.learn, weeks.calibrate, weeks.judge

    def prepare(window: Window) -> tuple[Fitted, Labelled]:
        fitted = Fitted(History(log.until(window.history_until), shelf))
        ready = fitted, labelled(fitted, log, window)
        note(f"candidates and features for weeks {window.first} to {window.last}")
        return ready

    def prepare_today() -> tuple[Fitted, Merged, list[str], Floats32]:
        today = Fitted(History(log, shelf))
        refuse_thin_history(today)
        rows = propose(today)
        ready = (today, rows, *features(today, rows))
        note(f"candidates and features as of week {log.last_week}")
        return ready

    with ThreadPoolExecutor(threads) as pool:
        taught = [rows for _, rows in pool.map(prepare, learn)]
        # the model learns on one thread (more gain little) beside the windows it does not need
        learning = pool.submit(PurchaseModel().fit, taught)
        later = pool.map(prepare, (calibrate, judge))
        now = pool.submit(prepare_today)
        model = learning.result()
        note(f"learned from weeks {learn[-1].first} to {learn[0].last}")
        del taught, learning
        (_, correction), (judging, judged) = later
        today, rows, names, values = now.result()
    chooses = ~audit_customers(log.ids.customers)
    model.calibrate(correction, chooses[correction.rows.customer])
    at_judging = score(model, judging, judged.rows, judged.values)
    facts = {
        "windows": {
            "learn": [[w.first, w.last] for w in learn],
            "calibrate": [calibrate.first, calibrate.last],
            "judge": [judge.first, judge.last],
        },
        "universe": _coverage(judging, log, judge),
        "candidate_recall": _candidate_recall(judged, judging, log, judge),
        "reliability": reliability(model.predict(judged.values)[0], judged.bought),
        "importance": dict(list(model.importance().items())[:15]),
        "correction": {"slope": model.slope_, "shift": model.shift_},
        "audit_customers": int((~chooses).sum()),
    }
    del correction, judged
    if names != model.names_:
        raise ValueError(f"the model knows the features {model.names_}, but {names} were made")
    return Relevance(
        model=model, judge=at_judging, now=score(model, today, rows, values), facts=facts
    )


def reliability(p_buy: np.ndarray, bought: np.ndarray) -> list[dict[str, float]]:
    """Said against seen in bands of probability: rows, mean p_buy and share bought.

    >>> reliability(np.array([0.5, 0.5]), np.array([True, False]))
    [{'from': 0.4, 'to': 0.6, 'rows': 2, 'said': 0.5, 'seen': 0.5}]
    """
    band = np.clip(np.searchsorted(BANDS, p_buy, side="right") - 1, 0, len(BANDS) - 2)
    out = []
    for k in np.unique(band):
        here = band == k
        out.append(
            {
                "from": BANDS[k],
                "to": BANDS[k + 1],
                "rows": int(here.sum()),
                "said": float(p_buy[here].mean()),
                "seen": float(bought[here].mean()),
            }
        )
    return out


def _coverage(fitted: Fitted, log: Log, window: Window) -> dict[str, float | None]:
    """What share of the window's lines and money the universe covers."""
    served, lines = fitted.history.universe, log.weeks(window.first, window.last)
    inside = served.products[lines.product] & served.customers[lines.customer]
    money = np.nansum(lines.paid)
    return {
        "products": int(served.products.sum()),
        "customers": int(served.customers.sum()),
        "share_of_lines": float(inside.mean()) if len(inside) else 0.0,
        "share_of_sales": float(np.nansum(lines.paid[inside]) / money) if money else None,
    }


def _candidate_recall(
    judged: Labelled, fitted: Fitted, log: Log, window: Window
) -> dict[str, float]:
    """Share of the window's purchases that are among the candidates: repeats, new, by generator."""
    served, lines = fitted.history.universe, log.weeks(window.first, window.last)
    inside = served.products[lines.product] & served.customers[lines.customer]
    bought = np.unique(lines.customer[inside] * log.products + lines.product[inside])
    repeat = find(fitted.history.log.bought, bought) >= 0
    keys = judged.rows.customer * log.products + judged.rows.product
    order = np.argsort(keys)
    at = find(keys[order], bought)
    hit = at >= 0

    def share(rows: np.ndarray, of: np.ndarray) -> float:
        return float(rows[of].mean()) if of.any() else 0.0

    recall = {"repeat": share(hit, repeat), "new": share(hit, ~repeat)}
    source = np.where(hit, judged.rows.source[order][np.maximum(at, 0)], 0)
    for bit, name in enumerate(GENERATORS):
        recall[f"by_{name}"] = share((source >> bit) & 1 == 1, np.ones(len(bought), bool))
    return recall
