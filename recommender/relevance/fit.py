"""Relevance end to end: learn on older weeks, calibrate, and propose for the judging weeks and now.

Four models are learned: for the next four weeks and for the next basket, each with what the shop
plans to show and without. The one with displays is in force wherever the whole horizon is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recommender.candidates import Bools, Candidates, Floats
from recommender.history import History
from recommender.log import Log, audit_customers
from recommender.relevance.features import Floats32, features
from recommender.relevance.generators import Fitted, Merged, propose
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.items.one_blas_thread import one_blas_thread
from recommender.relevance.labels import Labelled, joined, refuse_thin_history
from recommender.relevance.p_buy import FOUR_WEEKS, HORIZONS, NEXT_BASKET, PurchaseModel, in_order
from recommender.relevance.past import Past
from recommender.relevance.windows import Windows, plans_of
from recommender.splits import HORIZON_WEEKS, Protocol, Window

__all__ = [
    "Past",
    "Proposed",
    "Relevance",
    "coverage",
    "fit_relevance",
    "in_universe",
    "propose_now",
]

Note = Callable[[str], None]
# a next basket teaches less; both tuned on weeks 45-48 of Complete Journey
DEPTH = {FOUR_WEEKS: 6, NEXT_BASKET: 5}
CHANCE = "chance in "


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """Candidates as of one cutoff, with what every model says of them."""

    window: Window  # the weeks they are for
    candidates: Candidates  # p_buy and q_buy by the model in force
    in_force: str  # its name
    chances: dict[str, Floats]  # name of a model: one chance for each row of candidates

    def to_frame(self) -> pd.DataFrame:
        """One row per candidate, for Parquet, with a column for the chance by each model."""
        chances = {CHANCE + name: chance for name, chance in self.chances.items()}
        return self.candidates.to_frame().assign(**chances)


def chances_in(frame: pd.DataFrame) -> dict[str, Floats]:
    """What each model says of the rows that `Proposed.to_frame` wrote."""
    return {
        str(column).removeprefix(CHANCE): frame[column].to_numpy(np.float64)
        for column in frame.columns
        if str(column).startswith(CHANCE)
    }


@dataclass(frozen=True, kw_only=True)
class Relevance:
    """Calibrated models, and their candidates for the judging weeks."""

    models: dict[str, PurchaseModel]  # by name
    judge: Proposed
    fitted: Fitted  # as of the judging weeks
    facts: dict[str, Any]


def fit_relevance(
    past: Past,
    weeks: Protocol,
    threads: int,
    note: Note,
    horizons: Sequence[str] = HORIZONS,
    without_displays: bool = True,
    shared: Windows | None = None,
) -> Relevance:
    """The models learned by `weeks`, with candidates as of the judging window.

    No purchase of the judging window reaches a model: its history ends before, and the models are
    fitted on earlier labels. Windows and models are made `threads` at a time, each model on one
    thread, so that the same purchases give the same bits. Models with displays are left out where
    a window is not planned, those without where `without_displays` is False and there are others.
    Windows that other protocols use too come from `shared`.
    """
    windows, plans = [*weeks.learn, weeks.calibrate, weeks.judge], plans_of(past, weeks)
    kinds = [True, False] if plans and without_displays else [plans]
    made_of = Windows(past) if shared is None else shared

    def prepare(window: Window) -> tuple[Fitted | None, Labelled]:
        fitted, rows = made_of.rows(window, plans, thinned=window in weeks.learn)
        note(f"candidates and features for weeks {window.first} to {window.last}")
        return (fitted if window == weeks.judge else None), rows

    chooses = ~audit_customers(past.log.ids.customers)
    # held over all of them: BLAS is not to be switched to and fro while another thread uses it
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        made = list(pool.map(prepare, windows))
        judging = made[-1][0]
        later, judged = made[-2][1].set_aside(), made[-1][1].set_aside()
        learn = joined([rows for _, rows in made[:-2]])
        del made
        mine = chooses[later.rows.customer]

        def learned(model: PurchaseModel) -> PurchaseModel:
            model.fit([learn]).calibrate(later, mine)
            note(f"learned what is bought within {model.name}")
            return model

        models = [
            PurchaseModel(horizon=horizon, displays=displays, depth=DEPTH[horizon])
            for horizon in horizons
            for displays in kinds
        ]
        by_name = {model.name: model for model in pool.map(learned, models)}
    assert judging is not None
    facts = {
        "windows": {
            "learn": [[w.first, w.last] for w in weeks.learn],
            "calibrate": [weeks.calibrate.first, weeks.calibrate.last],
            "judge": [weeks.judge.first, weeks.judge.last],
        },
        "models": {
            name: {
                "features": len(model.names_),
                "correction": {"slope": model.slope_, "shift": model.shift_},
                "importance": dict(list(model.importance().items())[:15]),
            }
            for name, model in by_name.items()
        },
        "audit_customers": int((~chooses).sum()),
    }
    proposed = proposed_by(by_name, judging, judged.rows, judged.names, judged.values, weeks.judge)
    return Relevance(models=by_name, judge=proposed, fitted=judging, facts=facts)


def propose_now(
    past: Past, models: dict[str, PurchaseModel], items: ItemModels | None = None
) -> tuple[Proposed, Fitted]:
    """Candidates for the four weeks after the log, by what it says up to its last line.

    Where `items` are given, the customers are folded into them and nothing is learned anew.
    """
    today = History(past.log, past.shelf)
    window = Window(past.log.last_week + 1, past.log.last_week + HORIZON_WEEKS)
    fitted = Fitted(today, None if items is None else items.fold_in(today.taste()), past.segments)
    refuse_thin_history(fitted)
    rows = propose(fitted)
    names, values = features(fitted, rows, past.plan(window))
    return proposed_by(models, fitted, rows, names, values, window), fitted


def proposed_by(
    models: dict[str, PurchaseModel],
    fitted: Fitted,
    rows: Merged,
    names: list[str],
    values: Floats32,
    window: Window,
) -> Proposed:
    """What the models say of candidate rows; those with displays only where all are planned."""
    planned = any(name.startswith("plan_") for name in names)
    able = {name: model for name, model in models.items() if planned or not model.displays}
    for model in able.values():
        model.refuse_other(names)
    # the one with displays comes first where it can be used
    in_force = next(name for name, model in able.items() if model.horizon == FOUR_WEEKS)
    p_buy, q_buy = able[in_force].predict(values)
    candidates, order = in_order(fitted, rows, p_buy, q_buy)
    chances = {
        name: candidates.p_buy if name == in_force else model.chance(values)[order]
        for name, model in able.items()
    }
    return Proposed(window=window, candidates=candidates, in_force=in_force, chances=chances)


def coverage(history: History, log: Log, window: Window) -> dict[str, float | int | None]:
    """What share of the window's lines and money the universe covers."""
    lines = log.weeks(window.first, window.last)
    inside = in_universe(history, lines)
    money = np.nansum(lines.paid)
    return {
        "products": int(history.universe.products.sum()),
        "customers": int(history.universe.customers.sum()),
        "share_of_lines": float(inside.mean()) if len(inside) else 0.0,
        "share_of_sales": float(np.nansum(lines.paid[inside]) / money) if money else None,
    }


def in_universe(history: History, lines: Log) -> Bools:
    """Marks lines of products that may be proposed, by customers who are served."""
    served = history.universe
    return served.products[lines.product] & served.customers[lines.customer]
