"""The step that judges carbon cuts: `greenaisle backtest --carbon` on a workspace.

Two optimisers walk the same points (`evaluation.carbon_points`). The one works with footprints that
share no source with those it is judged by; the other with the shop's everyday footprints, whose
sources are partly shared. Both are judged on the held-out weeks by the same second table.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from recommender.bootstrap import DRAWS
from recommender.console import note, working
from recommender.evaluation.carbon_curve import curve_report
from recommender.evaluation.carbon_judged import Curve, Weeks
from recommender.evaluation.carbon_points import carbon_points
from recommender.evaluation.carbon_targets import EVERYDAY, UNSEEN, targets
from recommender.history import History
from recommender.log import audit_customers
from recommender.policy import Slate
from recommender.products import products_at
from recommender.relevance.fit import in_universe
from recommender.rescoring import REALISED
from recommender.second_footprints_step import STEP as SECOND
from recommender.second_footprints_step import second_footprints_step
from recommender.shop import Shop
from recommender.steps import SEED, facts_of, tier_counts
from recommender.workspace import fingerprint, write_text

STEP, NAME = "carbon_report", "report.json"
CODE = (  # what proposes is known by the fingerprint of relevance
    "recommender.evaluation.carbon_curve",
    "recommender.evaluation.carbon_judged",
    "recommender.evaluation.carbon_points",
    "recommender.evaluation.carbon_targets",
    "recommender.products",
)


def carbon_step(shop: Shop, draws: int = DRAWS) -> dict[str, Any]:
    """What cuts are claimed and realised on held-out weeks; the report goes to `carbon_report/`.

    {schema, meta, optimisers {name: `evaluation.carbon_curve`}, targets}. Makes the second
    footprints first where they are not there or no longer current.
    """
    workspace = shop.workspace
    second_footprints_step(workspace)
    made_from = fingerprint(
        **{name: workspace.fingerprint(name) for name in ("tables", "footprints", "relevance")},
        second=workspace.fingerprint(SECOND),
        draws=draws,
        code=CODE,
        alone=("recommender.carbon_steps",),
    )
    if workspace.is_current(STEP, made_from):
        note("carbon report: nothing changed")
    else:
        with (
            working("judging carbon cuts on held-out weeks"),
            workspace.replacing(STEP, made_from, {}, ["tables"]) as folder,
        ):
            report = judge_carbon(shop, draws)
            write_text(folder / NAME, json.dumps(report, indent=1, allow_nan=False))
    return facts_of(workspace.path(STEP, NAME).read_text())


def judge_carbon(shop: Shop, draws: int = DRAWS) -> dict[str, Any]:
    """The report on the judging weeks, from the second footprints as they stand."""
    history, window = shop.judging, shop.weeks.judge
    lines = shop.log.weeks(window.first, window.last)
    weeks = Weeks(
        candidates=shop.candidates("judge"),
        purchases=history.log,
        truth=lines.where(in_universe(history, lines)),
        households=np.flatnonzero(history.universe.customers),
        audit=audit_customers(shop.log.ids.customers),
        customer_id=shop.log.ids.customers,
    )
    second = shop.workspace.facts(SECOND)
    meta = {
        "shop": shop.workspace.facts("tables").get("shop", "a shop's own tables"),
        "first_week": window.first,
        "last_week": window.last,
        "history_until_week": window.history_until,
        "households": len(weeks.households),
        "audit_households": int(weeks.audit[weeks.households].sum()),
        "judged": int(np.isin(weeks.households, weeks.truth.customer).sum()),
        "candidate_rows": len(weeks.candidates.product),
        "places": Slate().n,
        "draws": draws,
        "seed": SEED,
        "judges": second["judges"],
        "tiers": {
            UNSEEN: second["tiers_unseen"],
            EVERYDAY: tier_counts(shop.footprints),
            REALISED: second["tiers_judge"],
        },
    }
    return carbon_report(shop, history, weeks, meta, draws)


def carbon_report(
    shop: Shop, history: History, weeks: Weeks, meta: dict[str, Any], draws: int
) -> dict[str, Any]:
    """The report of any weeks: both optimisers on the same points, and the targets."""
    tables = {name: shop.workspace.table(SECOND, name) for name in ("unseen", "judge")}
    nutrition = shop.workspace.table(SECOND, "nutrition")

    def products(footprints: pd.DataFrame) -> pd.DataFrame:
        return products_at(shop.catalogue, footprints, shop.needs, history)

    judge = products(tables["judge"])
    optimisers: dict[str, Any] = {}
    for name, own in {UNSEEN: tables["unseen"], EVERYDAY: shop.footprints}.items():
        curve = Curve.of(weeks, products(own), judge, nutrition, draws=draws, seed=SEED)
        optimisers[name] = curve_report(curve, carbon_points(), _noting(name))
    report: dict[str, Any] = {"schema": 1, "meta": meta, "optimisers": optimisers}
    return {**report, "targets": targets(report)}


def _noting(optimiser: str) -> Any:
    return lambda said: note(f"{optimiser}: {said}")
