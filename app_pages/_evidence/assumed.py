"""What a simulation assumes, what its range hangs on, and which suppliers it moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages._evidence.parts import URL, cell, table
from app_pages._words import count, percent, plain, significant

DRIVERS_TOLD, MOVES_TOLD = 6, 10


def assumptions(answer: Mapping[str, Any]) -> None:
    """Every assumption with its range and source; those that the scenario sets come first."""
    rows = answer["scenario"]["assumptions"]
    given = sum(bool(row.get("given")) for row in rows)
    everything = len(rows) == given or st.toggle(
        "Show defaults too",
        key="defaults",
        bind=URL,
        help="What the scenario file leaves out has a stated default, most often no effect.",
    )
    shown = [row for row in rows if everything or row.get("given")] or rows
    said = (
        f"{count(given, 'assumption')} of this scenario's own, {len(rows) - given} at their "
        f"defaults; each is drawn from its range."
    )
    table(
        pd.DataFrame(
            [
                {
                    "Assumption": str(row["parameter"]).replace("_", " "),
                    "From": significant(row["low"], 3),
                    "To": significant(row["high"], 3),
                    "Unit": cell(row.get("unit", "")),
                    "What it means": cell(row.get("words", ""), 400),
                    "Source": cell(row.get("source", ""), 400),
                }
                for row in shown
            ]
        ),
        said,
        "assumptions",
        words=["Unit", "What it means", "Source"],
        wide={"Unit": 170, "What it means": 360, "Source": 360},
    )
    st.caption(f"{said} Another scenario file changes them: `greenaisle simulate --scenario FILE`.")


def drivers(answer: Mapping[str, Any]) -> None:
    """Which assumptions the width of the range hangs on."""
    told = [d for d in answer.get("drivers", []) if d["share"] >= 0.01][:DRIVERS_TOLD]
    if not told:
        return
    st.markdown("**What the range hangs on**")
    for driver in told:
        name = plain(str(driver["parameter"]).replace("_", " "))
        st.progress(min(max(driver["share"], 0.0), 1.0), f"{name}: {100 * driver['share']:.0f} %")
    st.caption("Share of the spread of total kg CO2e that each assumption explains alone.")


def sellers(answer: Mapping[str, Any]) -> None:
    """How many suppliers gain and lose income, and whose moves most."""
    found = answer.get("sellers") or {}
    if "gain" not in found:
        return
    st.markdown("**Suppliers**")
    said = (
        f"Of {found.get('sellers', 0):,} suppliers with sales, {found['gain']:,.0f} would gain "
        f"income and {found['lose']:,.0f} would lose some"
    )
    if found.get("left") or found.get("entered"):
        said += (
            f"; {found.get('left', 0):,.0f} would leave and {found.get('entered', 0):,.0f} enter"
        )
    said += "."
    st.markdown(said)
    moves = found.get("largest_moves", [])[:MOVES_TOLD]
    if moves:
        table(
            pd.DataFrame(
                [
                    {
                        "Supplier": cell(move["seller_id"]),
                        "Income": percent(move["income_change"]),
                        "Range": f"{percent(move['low'])} to {percent(move['high'])}",
                    }
                    for move in moves
                ]
            ),
            said,
            "what_if_sellers",
        )
        st.caption(f"The {len(moves)} largest moves in money.")
