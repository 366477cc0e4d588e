"""How good relevance is: the report of `greenaisle backtest --relevance`, plain values in order.

    schema      1
    meta        draws, coverage, seed, places, rules [sentences], measures {name: meaning},
                baselines [names]
    windows     key ("test", "validation", ...) -> {
        first_week, last_week, history_until_week, households, audit_households, products,
        share_of_lines    of the window's lines that are judged; null where not given
        tasks   "4 weeks, all", "4 weeks, new", "next basket, all", "next basket, new" -> {
            households, items, chance {list: which chance ranks it},
            lists     list -> group -> measure@places -> {value, low, high}
            shown     list -> places -> {products, share_of_products, sellers, ...}
            gains     relevance list -> baseline -> group -> measure@places -> {value, low, high}
            segments  segment -> level -> {households, figures}: of "relevance" }
        calibration     of the chance in force: `calibration.chance_report` and
                        `calibration.department_report`, then audit (the former over audit
                        households) and chances {name: the former}; "next basket" is judged on
                        the households with one
        selected        see `selected.selected_report`; null without goods
        candidates      `candidate_recall.recall_curve`; these three are null where not given
        whole_catalogue `whole_catalogue.whole_catalogue`
        substitutes     `substitution.substitution` }
    rolling     key -> {first_week, ..., tasks: the two of 4 weeks, {households, items,
                best_baseline: name, by NDCG@10, lists and gains: of it and relevance alone}}
    speed       {adapter_over_implicit, candidates_cpu_s, fit_peak_gb}; null where not given
    targets     see `targets.targets`; without the levels that were promised for the default log
                where facts.default_log is false

Lists are "relevance", "relevance, no displays" where that chance was given, and the baselines.
Groups are "households" and "audit". A gain is the list's measure less the baseline's, paired: the
same households are drawn for both. What does not exist is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recommender.bootstrap import COVERAGE, DRAWS
from recommender.candidates import Bools, Floats, Ints
from recommender.evaluation.calibration import chance_report, department_report
from recommender.evaluation.judged import TASKS, Judged, asked
from recommender.evaluation.measures import (
    MEASURES,
    NAMES,
    PLACES,
    estimates,
    household_measures,
    means,
    shown,
)
from recommender.evaluation.rankings import RANKINGS, Lists
from recommender.evaluation.segments import segments
from recommender.evaluation.selected import selected_report, strongest_climate
from recommender.evaluation.targets import targets
from recommender.log import audit_customers
from recommender.policy import Policy
from recommender.relevance.generators import Fitted
from recommender.relevance.p_buy import HORIZONS, NO_DISPLAYS
from recommender.tradeoff import Goods

SCHEMA = 1
RELEVANCE = "relevance"
GROUPS = ("households", "audit")
IN_SEGMENTS = ("recall@10", "ndcg@10", "dcg@10", "hit_rate@10")
ROLLING = "rolling"
SLOTS = ("candidates", "whole_catalogue", "newcomers", "substitutes")
RULES = (
    "Judged are the customers with at least five baskets before the window who bought something "
    "of the task in it; products need five households and ten baskets before the window.",
    "Recall is hits over all items bought of the task; NDCG cuts its ideal at the list's length.",
    "A type, category or need counts once per household: it is hit if a product of it is on the "
    "list and one was bought, however many of either. A type is a word within its category.",
    "The next basket is the household's first basket of the window that holds a judged product.",
    "Intervals are 95 % percentiles over households drawn with replacement; gains are paired.",
    "Audit households choose no setting, feature or threshold.",
)
Note = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ShopFacts:
    """What the report needs of the shop besides the windows; each part may be missing."""

    departments: Sequence[str]  # name of each code of `Shelf.department`
    customers: pd.DataFrame | None = None  # customer_id and segment columns
    policies: Sequence[Policy] = ()
    goods: Mapping[str, Goods] = field(default_factory=dict)  # by window key, at its prices
    share_of_lines: Mapping[str, float] = field(default_factory=dict)  # by window key
    default_log: bool = True  # the levels promised are for Complete Journey


def relevance_report(
    judged: Mapping[str, Judged],
    facts: ShopFacts,
    *,
    fitted: Mapping[str, Fitted] | None = None,
    slots: Mapping[str, Mapping[str, Any]] | None = None,
    speed: Mapping[str, Any] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    note: Note = lambda _: None,
) -> dict[str, Any]:
    """The report of all windows; keys that begin with "rolling" get the short form.

    `fitted` are the models of each window's history where they stand already, so that ALS is not
    learned again. `slots` holds by window key what others measure (the names of `SLOTS`), `speed`
    what `targets.SPEED` names. Each rolling window is compared with the baseline that does best in
    it, task by task.
    """
    fitted = fitted or {}
    full = [key for key in judged if not key.startswith(ROLLING)]
    windows: dict[str, Any] = {}
    for key in full:
        models = fitted.get(key) or Fitted(judged[key].history)
        windows[key] = _window(key, judged[key], models, facts, draws, seed)
        filled = (slots or {}).get(key, {})
        windows[key] |= {slot: filled.get(slot) for slot in SLOTS}
        note(f"measured and compared in weeks {_weeks(judged[key])} ({key})")
    rolling = {}
    for key in judged:
        if key.startswith(ROLLING):
            models = fitted.get(key) or Fitted(judged[key].history)
            rolling[key] = _rolling(judged[key], models, draws, seed)
            note(f"measured and compared in weeks {_weeks(judged[key])} ({key})")
    report = {
        "schema": SCHEMA,
        "meta": {
            "draws": draws,
            "coverage": COVERAGE,
            "seed": seed,
            "places": list(PLACES),
            "rules": list(RULES),
            "measures": dict(MEASURES),
            "baselines": list(RANKINGS),
        },
        "windows": windows,
        "rolling": rolling,
        "speed": None if speed is None else dict(speed),
    }
    return {**report, "targets": targets(report, facts.default_log)}


def _window(
    key: str, judged: Judged, fitted: Fitted, facts: ShopFacts, draws: int, seed: int
) -> dict[str, Any]:
    baselines = {name: ranking(fitted, max(PLACES)) for name, ranking in RANKINGS.items()}
    groups = _groups(judged)
    of = segments(judged.history, judged.served, facts.customers)
    tasks = {}
    for horizon, items in TASKS:
        task = _task(judged, horizon, items, baselines, groups, draws, seed)
        table = task.pop("table")
        task["segments"] = _segments(table, of, draws, seed)
        tasks[f"{horizon}, {items}"] = task
    household, goods = np.searchsorted(judged.served, judged.candidates.customer), None
    if facts.policies:
        goods = facts.goods.get(key)
    return {
        **_facts(judged, groups),
        "share_of_lines": facts.share_of_lines.get(key),
        "tasks": tasks,
        "calibration": _calibration(judged, groups["audit"], household, facts, draws, seed),
        "selected": None
        if goods is None
        else selected_report(
            judged, goods, [strongest_climate(facts.policies)], household, draws, seed
        ),
    }


def _calibration(
    judged: Judged, audit: Bools, household: Ints, facts: ShopFacts, draws: int, seed: int
) -> dict[str, Any]:
    """The chance in force in full and among audit households, and every chance in short."""
    c, bought = judged.candidates, judged.bought
    department = judged.history.shelf.department[c.product]
    mine = audit[household]
    chances = {}
    for name, chance in judged.chances.items():
        seen, of = judged.outcome(name)
        chances[name] = chance_report(chance[of], seen[of], household[of], draws, seed)
    return {
        **chance_report(c.p_buy, bought, household, draws, seed),
        **department_report(c.p_buy, bought, household, department, facts.departments, draws, seed),
        "audit": chance_report(c.p_buy[mine], bought[mine], household[mine], draws, seed),
        "chances": chances,
    }


def _task(
    judged: Judged,
    horizon: str,
    items: str,
    baselines: Mapping[str, Lists],
    groups: Mapping[str, Bools],
    draws: int,
    seed: int,
) -> dict[str, Any]:
    """Figures of all lists of one task and the gains over the baselines; `table`: relevance's."""
    truth, history = asked(judged, horizon, items), judged.history
    ours, chances = _relevance_lists(judged, horizon, items)
    lists = ours | {name: both[items] for name, both in baselines.items()}
    tables = {
        name: household_measures(list_, judged.served, truth, history.log.products)
        for name, list_ in lists.items()
    }
    figures: dict[str, dict[str, Any]] = {name: {} for name in lists}
    gains: dict[str, dict[str, Any]] = {us: {name: {} for name in baselines} for us in ours}
    for group, found in means(tables, groups, draws, seed).items():
        for name, (once, drawn) in found.items():
            figures[name][group] = estimates(NAMES, once, drawn)
            for us in ours if name in baselines else ():
                ours_once, ours_drawn = found[us]
                gains[us][name][group] = estimates(NAMES, ours_once - once, ours_drawn - drawn)
    served = judged.served
    return {
        "households": int((truth.items[served] > 0).sum()),
        "items": int(truth.items[served].sum()),
        "chance": chances,
        "lists": figures,
        "shown": {
            name: shown(list_, history.shelf, history.universe.products)
            for name, list_ in lists.items()
        },
        "gains": gains,
        "table": tables[RELEVANCE],
    }


def _relevance_lists(
    judged: Judged, horizon: str, items: str
) -> tuple[dict[str, Ints], dict[str, str]]:
    """Relevance's own lists, with planned displays and (where there is such a chance) without."""
    chances = {RELEVANCE: judged.chance(horizon)}
    if {horizon, horizon + NO_DISPLAYS} <= set(judged.chances):
        chances[RELEVANCE + NO_DISPLAYS] = judged.chance(horizon, displays=False)
    lists = {
        name: judged.lists(chance, items, max(PLACES)) for name, (_, chance) in chances.items()
    }
    return lists, {name: told for name, (told, _) in chances.items()}


def _rolling(judged: Judged, fitted: Fitted, draws: int, seed: int) -> dict[str, Any]:
    """The two tasks of four weeks, against the baseline that is best in each."""
    baselines = {name: ranking(fitted, max(PLACES)) for name, ranking in RANKINGS.items()}
    groups, tasks = _groups(judged), {}
    for items in ("all", "new"):
        task = _task(judged, HORIZONS[0], items, baselines, groups, draws, seed)
        lists, gains = task["lists"], task["gains"]
        best = max(baselines, key=lambda name: lists[name][GROUPS[0]]["ndcg@10"]["value"] or 0.0)
        tasks[f"{HORIZONS[0]}, {items}"] = {
            "households": task["households"],
            "items": task["items"],
            "best_baseline": best,
            "lists": {name: lists[name] for name in (*gains, best)},
            "gains": {us: {best: against[best]} for us, against in gains.items()},
        }
    return {**_facts(judged, groups), "tasks": tasks}


def _segments(
    table: Floats, of: Mapping[str, Mapping[str, Bools]], draws: int, seed: int
) -> dict[str, dict[str, Any]]:
    """segment -> level -> {households, figures} of one list's measures."""
    judged = ~np.isnan(table).any(axis=1)
    short = {RELEVANCE: table[:, [NAMES.index(name) for name in IN_SEGMENTS]]}
    answer: dict[str, dict[str, Any]] = {}
    for segment, levels in of.items():
        found = means(short, levels, draws, seed)
        answer[segment] = {
            level: {
                "households": int((members & judged).sum()),
                "figures": estimates(IN_SEGMENTS, *found[level][RELEVANCE]),
            }
            for level, members in levels.items()
        }
    return answer


def _groups(judged: Judged) -> dict[str, Bools]:
    """Which of the served customers are in each group: all of them, and those who chose nothing."""
    audit = audit_customers(judged.history.log.ids.customers)[judged.served]
    return dict(zip(GROUPS, (np.ones(len(audit), np.bool_), audit), strict=True))


def _facts(judged: Judged, groups: Mapping[str, Bools]) -> dict[str, Any]:
    return {
        "first_week": judged.window.first,
        "last_week": judged.window.last,
        "history_until_week": judged.window.history_until,
        "households": len(judged.served),
        "audit_households": int(groups["audit"].sum()),
        "products": int(judged.history.universe.products.sum()),
    }


def _weeks(judged: Judged) -> str:
    return f"{judged.window.first} to {judged.window.last}"
