"""A what-if run as plain values: the JSON that pages and the app read.

    schema, layer, policy, policy_version, baseline, window, scenario, draws, seed, coverage
    figures       figure -> {meaning, unit, change}: what a change is divided by
    runs          "short", "long" -> figure -> RANGE
    of_the_policy the same as runs, against the baseline's slates under the same scenario
    slates_alone  figure -> RANGE of the short run without any reaction of the scenario
    observed      figure -> ESTIMATE of the backtest, with its `figure` there
    sellers       run, gain, lose, left, entered, largest_moves
    departments   [{run, department, figure, and a RANGE}]
    drivers       [{parameter, share, margin}]
    notes         [sentences]

    RANGE         {value, low, high, change, change_low, change_high, baseline}

`value` is the middle of the draws under the policy, `low` to `high` nine tenths of them; `change`
is taken draw by draw, paired, against the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.candidates import Floats
from recommender.impact.scenario.scenario import Scenario
from recommender.impact.what_if.drivers import drivers
from recommender.impact.what_if.levels import FIGURES, OF_DEPARTMENTS
from recommender.impact.what_if.notes import assumptions, notes
from recommender.impact.what_if.simulate import ALONE, BASELINE, POLICY, SHORT, Simulated, Tally
from recommender.impact.what_if.world import World
from recommender.policy import BASELINE as BASELINE_POLICY
from recommender.policy import Policy

LAYER = "what if"
COVERAGE = 0.9
LARGEST_MOVES = 10
RANGE = ("value", "low", "high", "change", "change_low", "change_high", "baseline")
# the nearest figure of held-out purchases: of what stood on slates and was bought, not of all
OBSERVED = {
    "revenue": "hits_revenue",
    "margin": "hits_margin",
    "kg_total": "hits_kg_pack",
    "kg_functional": "hits_kg_functional",
    "purchases": "hits",
    "seller_gini": "seller_gini",
}


def facts_of(
    simulated: Simulated,
    reference: Simulated,
    world: World,
    policy: Policy,
    scenario: Scenario,
    *,
    window: Mapping[str, Any],
    seed: int,
    report: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """All that a run found; `report` is the backtest's, where there is one.

    `reference` is the baseline's slates under the same scenario and draws.
    """
    observed = observed_of(report, policy, window)
    return {
        "schema": 1,
        "layer": LAYER,
        "policy": policy.name,
        "policy_version": policy.version,
        "baseline": BASELINE_POLICY,
        "window": dict(window),
        "scenario": {
            "name": scenario.name,
            "version": scenario.version,
            "description": scenario.description,
            "horizon_months": scenario.horizon_months,
            "assumptions": assumptions(scenario, world),
        },
        "draws": simulated.draws,
        "seed": seed,
        "coverage": COVERAGE,
        "figures": {
            name: {"meaning": f.meaning, "unit": f.unit, "change": f.change}
            for name, f in FIGURES.items()
        },
        "runs": {
            run: ranges(tallies[BASELINE], tallies[POLICY])
            for run, tallies in simulated.worlds.items()
        },
        "of_the_policy": {
            run: ranges(reference.worlds[run][POLICY], tallies[POLICY])
            for run, tallies in simulated.worlds.items()
        },
        "slates_alone": ranges(simulated.worlds[SHORT][BASELINE], simulated.worlds[SHORT][ALONE]),
        "observed": observed,
        "sellers": sellers_of(simulated, world),
        "departments": departments_of(simulated, world),
        "drivers": drivers(simulated),
        "notes": notes(simulated, world, scenario, bool(observed)),
    }


def ranges(base: Tally, policy: Tally) -> dict[str, dict[str, float | None]]:
    """Every figure as a RANGE."""
    names = list(FIGURES)
    found = {}
    for at, name in enumerate(names):
        over = name if FIGURES[name].change == "relative" else FIGURES[name].change
        found[name] = range_of(
            base.figures[:, at], policy.figures[:, at], base.figures[:, names.index(over)]
        )
    return found


def range_of(base: Floats, policy: Floats, over: Floats | None = None) -> dict[str, float | None]:
    """Middle and nine tenths of the draws of `policy`, and of its change over `over`.

    None where a figure or a change does not exist.

    >>> found = range_of(np.array([2.0, 4.0]), np.array([2.0, 5.0]))
    >>> found["value"], found["change"], found["baseline"]
    (3.5, 0.125, 3.0)
    """
    over = base if over is None else over
    whole = np.full(len(base), np.nan)
    change = np.divide(policy - base, over, out=whole, where=over != 0)
    outside = (1.0 - COVERAGE) / 2.0
    numbers = [
        *np.quantile(policy, [0.5, outside, 1.0 - outside]),
        *np.quantile(change, [0.5, outside, 1.0 - outside]),
        np.quantile(base, 0.5),
    ]
    plain = [float(number) if np.isfinite(number) else None for number in numbers]
    return dict(zip(RANGE, plain, strict=True))


def observed_of(
    report: Mapping[str, Any] | None, policy: Policy, window: Mapping[str, Any]
) -> dict[str, Any]:
    """The backtest's ESTIMATEs of the same version of the policy on the same window; {} if none."""
    if report is None or policy.name not in report["policies"]:
        return {}
    judged = report["policies"][policy.name]
    if judged["version"] != policy.version or report["meta"].get("window") != dict(window):
        return {}
    figures = judged["tasks"]["all"]["figures"]
    return {
        name: {**figures[of_backtest], "figure": of_backtest}
        for name, of_backtest in OBSERVED.items()
        if of_backtest in figures
    }


def sellers_of(simulated: Simulated, world: World) -> dict[str, Any]:
    """Who gains and who loses, of sellers with income now: all of the nine tenths to one side.

    `largest_moves` are those of most money, of the long run where there is one.
    """
    tallies = simulated.worlds[simulated.last_run]
    base, policy = tallies[BASELINE].income, tallies[POLICY].income
    earns = np.median(base, axis=0) > 0
    over = np.where(base > 0, base, 1.0)
    change = np.where(base > 0, policy / over - 1.0, 0.0)
    outside = (1.0 - COVERAGE) / 2.0
    low, middle, high = np.quantile(change, [outside, 0.5, 1.0 - outside], axis=0)
    money = np.median(policy - base, axis=0)
    order = np.argsort(-np.abs(money), kind="stable")[:LARGEST_MOVES]
    return {
        "run": simulated.last_run,
        "sellers": int(earns.sum()),
        "gain": int((earns & (low > 0)).sum()),
        "lose": int((earns & (high < 0)).sum()),
        "left": round(float(np.median((simulated.left & earns).sum(axis=1)))),
        "entered": round(float(np.median(simulated.newcomers)) * world.nests.others.needs),
        "largest_moves": [
            {
                "seller_id": world.goods.sellers[at],
                "income": float(np.median(base[:, at])),
                "money_change": float(money[at]),
                "income_change": float(middle[at]),
                "low": float(low[at]),
                "high": float(high[at]),
            }
            for at in order
            if money[at] != 0
        ],
    }


def departments_of(simulated: Simulated, world: World) -> list[dict[str, Any]]:
    """Revenue, margin and total kg of each department and run, those of most kg first."""
    rows: list[dict[str, Any]] = []
    for run, tallies in simulated.worlds.items():
        base, policy = tallies[BASELINE].departments, tallies[POLICY].departments
        for at in np.argsort(-np.median(base[:, :, 2], axis=0), kind="stable"):
            if not base[:, at].any() and not policy[:, at].any():
                continue
            for k, name in enumerate(OF_DEPARTMENTS):
                found = range_of(base[:, at, k], policy[:, at, k])
                department = world.departments[at]
                rows.append({"run": run, "department": department, "figure": name, **found})
    return rows
