"""The steps on a workspace that need no estimator: learn relevance, judge policies, serve.

Each is skipped when nothing it is made from has changed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import shipped_data
from recommender.backtest import Backtest, backtest
from recommender.bootstrap import DRAWS
from recommender.candidates import Candidates
from recommender.console import note, working
from recommender.evaluation.baselines import against_baselines
from recommender.evaluation.calibration import reliability
from recommender.evaluation.candidate_recall import candidate_recall
from recommender.history import History, Shelf
from recommender.log import Log, audit_customers, read_log
from recommender.policy import Policy, Slate, baseline_policy, read_policy
from recommender.policy import shipped_policies as shipped_paths
from recommender.products import products_at
from recommender.relevance.cold.cold_customers import Segments
from recommender.relevance.displays import read_displays
from recommender.relevance.features.plans import Shown
from recommender.relevance.fit import (
    Past,
    Relevance,
    coverage,
    fit_relevance,
    propose_now,
)
from recommender.relevance.generators import Merged
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.p_buy import HORIZONS, PurchaseModel
from recommender.report import write_report
from recommender.serving import Served, serve
from recommender.splits import Protocol, protocol
from recommender.tradeoff import Goods, Scales, baseline_scales, best_slates, goods_of
from recommender.workspace import (
    Workspace,
    WorkspaceError,
    file_hash,
    fingerprint,
    write_table,
    write_text,
)

SEED = 20170101  # of every draw: a report can be made again
THREADS = 2
SEGMENT_KINDS = 3  # of the customers' columns, the first: each more divides the crowd further
MODELS = "models"  # folder of the purchase models in the relevance step


@dataclass(frozen=True)
class Shop:
    """A workspace's tables, read once and shared by the steps."""

    workspace: Workspace

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        return self.workspace.table("tables", "catalogue")

    @cached_property
    def footprints(self) -> pd.DataFrame:
        return self.workspace.table("footprints", "footprints")

    @cached_property
    def needs(self) -> pd.DataFrame:
        return self.workspace.table("footprints", "needs")

    @cached_property
    def log(self) -> Log:
        return read_log(self.workspace.table("tables", "purchases"), self.catalogue["product_id"])

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf.of(self.catalogue, self.needs["need"])

    @cached_property
    def weeks(self) -> Protocol:
        return protocol(self.log.whole_until, int(self.log.week.min()))

    @cached_property
    def past(self) -> Past:
        """What learning is made from; displays are read only here, since they are millions."""
        shown = None
        if self.workspace.has("tables", "displays.parquet"):
            path = self.workspace.path("tables", "displays.parquet")
            shown = Shown.of(read_displays(path, self.log.ids), self.log.products)
        return Past(log=self.log, shelf=self.shelf, shown=shown)

    @cached_property
    def judging(self) -> History:
        """All that was known before the judging weeks."""
        return self.history_until(self.weeks.judge.history_until)

    def history_until(self, week: int) -> History:
        """All that was known at the end of a week."""
        return History(self.log.until(week), self.shelf)

    @cached_property
    def customers(self) -> pd.DataFrame | None:
        """The customers' segments; None where the shop has none."""
        if not self.workspace.has("tables", "customers.parquet"):
            return None
        return self.workspace.table("tables", "customers")

    @cached_property
    def segments(self) -> Segments:
        """What the shop knows of its customers besides purchases."""
        columns = [] if self.customers is None else list(self.customers)
        kinds = [str(name) for name in columns if name != "customer_id"]
        return Segments.of(self.customers, self.log.ids, kinds[:SEGMENT_KINDS])

    @cached_property
    def today(self) -> History:
        return History(self.log, self.shelf)

    def candidates(self, when: str) -> Candidates:
        """Candidates as of the judging weeks ("judge") or the end of the log ("now")."""
        rows = self.workspace.table("relevance", f"candidates_{when}")
        return Candidates.from_frame(rows, self.log.customers)

    def products(self, history: History) -> pd.DataFrame:
        return products_at(self.catalogue, self.footprints, self.needs, history)

    @cached_property
    def goods(self) -> Goods:
        """The products of today with carbon, margins and sellers."""
        return goods_of(self.products(self.today), self.log)


def fit_step(shop: Shop) -> dict[str, Any]:
    """Learns p_buy and q_buy and keeps candidates for the judging weeks and for now."""
    workspace = shop.workspace
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"), needs=file_hash(_needs_path(workspace))
    )
    if workspace.is_current("relevance", made_from):
        note("relevance: nothing changed")
        return workspace.facts("relevance")
    facts: dict[str, Any] = {}
    with (
        working("learning what each household is likely to buy"),
        workspace.replacing("relevance", made_from, facts, ["tables"]) as folder,
    ):
        learned = fit_relevance(shop.past, shop.weeks, threads(), note)
        for model in learned.models.values():
            model.save(folder / MODELS / slug(model.name))
        facts |= learned.facts | _judged_facts(shop, learned)
        write_table(folder / "candidates_judge.parquet", learned.judge.to_frame())
        models = learned.models
        del learned
        now, fitted = propose_now(shop.past, models)
        note(f"candidates as of week {shop.log.last_week}, by the model {now.in_force}")
        write_table(folder / "candidates_now.parquet", now.to_frame())
        items = ItemModels(als=fitted.als, item_item=fitted.item_item, ease=fitted.ease)
        items.save(folder, shop.log.ids.products)
        facts["in_force"]["now"] = now.in_force
    return facts


def _judged_facts(shop: Shop, learned: Relevance) -> dict[str, Any]:
    """What the fit tells of itself: its candidates against what the judging weeks held."""
    window, history, judge = shop.weeks.judge, learned.fitted.history, learned.judge
    rows = judge.candidates
    bought = shop.log.weeks(window.first, window.last)
    return {
        "in_force": {"judge": judge.in_force},
        "universe": coverage(history, shop.log, window),
        "candidate_recall": candidate_recall(
            Merged(rows.customer, rows.product, rows.source), history, bought
        ),
        "reliability": reliability(rows.p_buy, bought.has_bought(rows.customer, rows.product)),
    }


def backtest_step(shop: Shop, policies: list[Policy], draws: int = DRAWS) -> dict[str, Any]:
    """Judges policies on the held-out weeks; the report and its evidence go to `backtest/`."""
    workspace = shop.workspace
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"),
        footprints=workspace.fingerprint("footprints"),
        relevance=workspace.fingerprint("relevance"),
        policies=[policy.model_dump(mode="json") for policy in policies],
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
            judged = judge(shop, policies, draws)
            write_table(folder / "slates.parquet", judged.slates)
            write_table(folder / "truth.parquet", judged.truth)
            write_report(judged.report, folder)
            facts |= {"policies": [policy.name for policy in policies]}
    report = workspace.path("backtest", "report.json").read_text()
    write_text(workspace.folder / "report.json", report)
    return facts_of(report)


def judge(shop: Shop, policies: list[Policy], draws: int = DRAWS) -> Backtest:
    """The backtest of `policies` on the workspace's judging weeks."""
    window, history = shop.weeks.judge, shop.judging
    served = history.universe
    truth = shop.log.weeks(window.first, window.last)
    inside = served.products[truth.product] & served.customers[truth.customer]
    coverage = shop.workspace.facts("relevance")["universe"]
    candidates, truth = shop.candidates("judge"), truth.where(inside)
    baselines = against_baselines(
        candidates, history, truth, policies[0].slate.n, draws, np.random.default_rng(SEED)
    )
    return backtest(
        candidates,
        shop.products(history),
        truth,
        history.log,
        policies,
        rng=np.random.default_rng(SEED),
        audit=audit_customers(shop.log.ids.customers),
        served=served.customers,
        draws=draws,
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


def recommend_step(shop: Shop, policy: Policy, customer_id: list[str]) -> Served:
    """Today's slates of `policy` for the asked customers."""
    return serve(
        shop.candidates("now"),
        shop.goods,
        shop.today,
        policy,
        scales_now(shop),
        np.array(customer_id, dtype=object),
        shop.segments,
    )


def shipped_policies() -> list[Policy]:
    """Every policy that ships with greenaisle, the baseline first."""
    return [read_policy(path) for path in shipped_paths()]


def default_policy() -> Policy:
    """The shipped policy that is in force where none is named."""
    return read_policy(shipped_data("policies/default.toml"))


def tier_counts(footprints: pd.DataFrame) -> dict[str, int]:
    """Number of products by tier of their footprint."""
    return {str(k): int(v) for k, v in footprints["tier"].value_counts().items()}


def purchase_models(workspace: Workspace) -> dict[str, PurchaseModel]:
    """The purchase models that `fit` left, by name, those with displays first."""
    folder = workspace.path("relevance", MODELS)
    models = [PurchaseModel.load(path) for path in sorted(folder.iterdir())]
    models.sort(key=lambda model: (not model.displays, HORIZONS.index(model.horizon)))
    return {model.name: model for model in models}


def slug(name: str) -> str:
    """A name as a folder's.

    >>> slug("next basket, no displays")
    'next-basket-no-displays'
    """
    return "-".join(name.replace(",", "").split())


def threads() -> int:
    """Threads to work with: two, or what GREENAISLE_THREADS says."""
    return max(1, int(os.environ.get("GREENAISLE_THREADS", THREADS)))


def facts_of(report: str) -> dict[str, Any]:
    """A report's text as a dict."""
    return dict(json.loads(report))


def _needs_path(workspace: Workspace) -> Path:
    return workspace.path("footprints", "needs.parquet")
