"""What other commands left in the workspace: simulations, the carbon report, outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from app_pages._load.pinned import workspace
from recommender.workspace import WorkspaceError


def simulations() -> list[dict[str, Any]]:
    """What the step `simulation` found, a policy under a scenario each; [] where there are none."""
    place = workspace()
    if not place.has("simulation", ""):
        return []
    try:
        folder = place.path("simulation", "")
        return _simulations(str(folder), folder.stat().st_mtime_ns)
    except WorkspaceError:
        return []


def carbon_report() -> dict[str, Any] | None:
    """What `backtest --carbon` found; None where it was not asked of these tables."""
    place = workspace()
    if not place.has("carbon_report", "report.json"):
        return None
    try:
        path = place.path("carbon_report", "report.json")
        return _facts(str(path), path.stat().st_mtime_ns)
    except WorkspaceError:
        return None


def outcomes() -> list[dict[str, Any]]:
    """What `greenaisle outcome --out WORKSPACE/outcome` measured; [] where nothing was."""
    files = sorted((workspace().folder / "outcome").glob("*.json"))
    found = []
    for file in files:
        try:
            found.append(_facts(str(file), file.stat().st_mtime_ns))
        except (ValueError, TypeError):  # not of ours
            continue
    return [one for one in found if one.get("layer") == "measured" and "verdict" in one]


@st.cache_resource(max_entries=2, show_spinner=False)
def _simulations(folder: str, written: int) -> list[dict[str, Any]]:
    assert written
    files = sorted(Path(folder).glob("*.json"))
    return [dict(json.loads(file.read_text(encoding="utf-8"))) for file in files]


@st.cache_resource(max_entries=8, show_spinner=False)
def _facts(path: str, written: int) -> dict[str, Any]:
    assert written
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))
