"""Carbon cuts on Complete Journey, claimed and realised, beside what was asked and a prototype.

Reads the report that `greenaisle backtest --carbon` keeps in the workspace that
GREENAISLE_WORKSPACE names; it is not made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recommender.carbon_steps import NAME, STEP
from recommender.evaluation.carbon_targets import ASKED, PROTOTYPE
from recommender.evaluation.carbon_text import target_cells
from recommender.workspace import Workspace, WorkspaceError

COMMAND = "greenaisle backtest --carbon --workspace WORKSPACE"


def run() -> Iterator[tuple[str, str, str]]:
    folder = os.environ.get("GREENAISLE_WORKSPACE")
    if not folder:
        yield "cuts on held-out weeks", "no report", f"GREENAISLE_WORKSPACE, after {COMMAND}"
        return
    try:
        path = Workspace(Path(folder)).path(STEP, NAME)
    except WorkspaceError as error:
        yield "cuts on held-out weeks", "no report", str(error)
        return
    yield from rows(json.loads(path.read_text(encoding="utf-8")))


def rows(report: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """A row for each target: what is realised at its best point, and what was asked."""
    figure_of = {asked.what: asked.figure for asked in ASKED}
    for row in report["targets"]:
        optimiser, what, asked, point, realised, claimed, ndcg, met = target_cells(row)
        measured = f"{realised}; claimed {claimed}; NDCG@10 {ndcg}; {point}"
        if row["target"] == "none":  # floors, which are counted
            measured = f"{realised}; the floors alone: NDCG@10 {ndcg}"
        against = f"{asked}; met: {met}"
        known = PROTOTYPE.get(figure_of.get(row["figure"], ""), ())
        if known and not row["floors"]:
            told = ", ".join(f"{cut:.0%} for {loss:.1%}" for cut, loss in known)
            against += f"; naive prototype {told}"
        yield f"{optimiser}: {what}", measured, against.replace("%", " %").replace("  %", " %")
