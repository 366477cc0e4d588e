"""The steps on a workspace that judge policies; each is skipped when nothing changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import shipped_data
from recommender.backtest import Backtest, backtest
from recommender.bootstrap import DRAWS
from recommender.console import note, working
from recommender.evaluation.baselines import against_baselines
from recommender.impact.costs.costs import Costs
from recommender.impact.observed.shop import JUDGE, SECOND, brought_by
from recommender.log import audit_customers
from recommender.policy import Policy, Slate, baseline_policy, read_policy
from recommender.policy import shipped_policies as shipped_paths
from recommender.report import write_report
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.rerank import Reranked
from recommender.shop import Shop
from recommender.tradeoff import Scales, baseline_scales, best_slates
from recommender.workspace import (
    WorkspaceError,
    fingerprint,
    write_table,
    write_text,
)

SIMULATION = "simulation"  # the step of `greenaisle simulate`
SEED = 20170101  # of every draw: a report can be made again


def backtest_step(
    shop: Shop,
    policies: list[Policy],
    draws: int = DRAWS,
    *,
    out: Path | None = None,
    costs: Costs | None = None,
    measured: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Judges policies on the held-out weeks; the report and its evidence go to `backtest/`.

    To `out` goes a report with all three layers: beside what was observed, the simulations that
    the workspace holds of these policies, and what `measured` (answers of `outcome`) found.
    """
    from recommender.second_footprints_step import second_footprints_step

    workspace = shop.workspace
    if "market" in workspace.facts("footprints"):  # estimated here, so other sources can be asked
        second_footprints_step(workspace)
    what_if = simulations_of(shop, policies)
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"),
        footprints=workspace.fingerprint("footprints"),
        relevance=workspace.fingerprint("relevance"),
        policies=[policy.model_dump(mode="json") for policy in policies],
        second=workspace.fingerprint(SECOND) if workspace.has(SECOND, f"{JUDGE}.parquet") else None,
        costs=None if costs is None else [costs.as_dict(), what_if],
        draws=draws,
    )
    if workspace.is_current("backtest", made_from):
        note("backtest: nothing changed")
    else:
        facts: dict[str, Any] = {}
        with (
            working(f"judging {len(policies)} policies on held-out weeks"),
            workspace.replacing("backtest", made_from, facts, ["tables"]) as folder,
        ):
            judged = judge(shop, policies, draws, costs, what_if)
            write_table(folder / "slates.parquet", judged.slates)
            write_table(folder / "truth.parquet", judged.truth)
            write_report(judged.report, folder)
            facts |= {"policies": [policy.name for policy in policies]}
    report = workspace.path("backtest", "report.json").read_text()
    write_text(workspace.folder / "report.json", report)
    if out is not None:
        with working("the report with all its layers"):
            write_report(facts_of(report), out, what_if=what_if, measured=measured)
    return facts_of(report)


def simulations_of(shop: Shop, policies: Sequence[Policy]) -> list[dict[str, Any]]:
    """What `simulate` left of these versions of the policies, by policy and scenario."""
    try:
        stems = shop.workspace.facts(SIMULATION)["pairs"]
    except WorkspaceError:  # none yet, or of other tables
        return []
    versions = {policy.name: policy.version for policy in policies}
    found = [
        facts_of(shop.workspace.path(SIMULATION, f"{stem}.json").read_text(encoding="utf-8"))
        for stem in sorted(stems)
    ]
    return [one for one in found if versions.get(one["policy"]) == one["policy_version"]]


def judge(
    shop: Shop,
    policies: list[Policy],
    draws: int = DRAWS,
    costs: Costs | None = None,
    what_if: Sequence[Mapping[str, Any]] = (),
) -> Backtest:
    """The backtest of `policies` on the workspace's judging weeks."""
    window, history = shop.weeks.judge, shop.judging
    served = history.universe
    truth = shop.log.weeks(window.first, window.last)
    inside = served.products[truth.product] & served.customers[truth.customer]
    coverage = shop.workspace.facts("relevance")["universe"]
    candidates, truth = shop.candidates("judge"), truth.where(inside)
    brought = brought_by(shop)
    baselines = against_baselines(
        candidates, history, truth, policies[0].slate.n, draws, np.random.default_rng(SEED)
    )
    made = backtest(
        candidates,
        shop.products(history),
        truth,
        history.log,
        policies,
        rng=np.random.default_rng(SEED),
        audit=audit_customers(shop.log.ids.customers),
        served=served.customers,
        draws=draws,
        second=brought.second,
        margins=brought.margins,
        segments=brought.segments,
        income=brought.income,
        costs=costs,
        simulations=what_if,
        meta={
            "greenaisle": metadata.version("greenaisle"),
            "made_at": datetime.now(UTC).strftime("%Y-%m-%d"),
            "shop": shop.workspace.facts("tables").get("shop", "a shop's own tables"),
            "window": {"first_week": window.first, "last_week": window.last},
            "history_until_week": window.history_until,
            "universe": coverage,
            "tiers": tier_counts(shop.footprints),
            "baselines": baselines,
        },
    )
    if brought.segments:
        made.report["segments"]["notes"] += brought.notes
    return made


def scales_now(shop: Shop) -> Scales:
    """The scales frozen with the last backtest or, before any, those of today's own baseline."""
    baseline = baseline_policy(Slate())
    candidates = shop.candidates("now")
    rows = best_slates(
        candidates.start,
        candidates.product,
        candidates.p_buy,
        shop.goods.may_be_shown[candidates.product],
        baseline.slate.n,
    )
    today = baseline_scales(rows, candidates, shop.goods, baseline.slate.curve())
    try:
        report = shop.workspace.path("backtest", "report.json").read_text()
    except WorkspaceError:  # no backtest yet, or one of other tables
        return today
    frozen = facts_of(report)["scales"]
    return Scales(m0=frozen["m0"], g0=frozen["g0"], short=today.short)


def frozen_prices(shop: Shop, made: Reranked, scales: Scales) -> FrozenPrices:
    """The prices of a run, by the names of its limits."""
    return FrozenPrices.of(
        made.assembled.problem,
        made.solution.prices,
        policy=made.policy.name,
        version=made.policy.version,
        made_from=shop.workspace.fingerprint("relevance"),
        m0=scales.m0,
        g0=scales.g0,
        target_kg=made.assembled.target_kg,
    )


def shipped_policies() -> list[Policy]:
    """Every policy that ships with greenaisle, the baseline first."""
    return [read_policy(path) for path in shipped_paths()]


def fitting_policies(shop: Shop) -> list[Policy]:
    """The shipped policies that a shop can be judged by: one without sellers promises none."""
    policies = shipped_policies()
    if "seller_id" in shop.catalogue and shop.catalogue["seller_id"].notna().any():
        return policies
    left = [policy.name for policy in policies if policy.sellers.couple_shoppers]
    if left:
        note(f"left out, since no product names a seller: {', '.join(left)}")
    return [policy for policy in policies if policy.name not in left]


def default_policy() -> Policy:
    """The shipped policy that is in force where none is named."""
    return read_policy(shipped_data("policies/default.toml"))


def policy_or_default(path: Path | None) -> Policy:
    """The policy in a file, or the one in force where none is given."""
    return default_policy() if path is None else read_policy(path)


def tier_counts(footprints: pd.DataFrame) -> dict[str, int]:
    """Number of products by tier of their footprint."""
    return {str(k): int(v) for k, v in footprints["tier"].value_counts().items()}


def facts_of(report: str) -> dict[str, Any]:
    """A report's text as a dict."""
    return dict(json.loads(report))
