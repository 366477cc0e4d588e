"""What the total hides: changes by kind of household, and where one moves against the total."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._merchandise.controls import URL
from app_pages._merchandise.outcome import FIGURES
from app_pages._merchandise.state import InForce
from app_pages._words import change, plain


def segments(here: _load.Opened, force: InForce) -> None:
    """The segments of the policy in force, where the report judged it by segment."""
    report = here.report.get("segments")
    if "segments" not in here.report:
        st.info(
            "This report is of a version without segments. `greenaisle backtest` makes it anew.",
            icon=":material/groups:",
        )
        return
    if not report or not report["rows"]:
        st.info(
            "This shop says nothing of its households (such as income or age), so the total cannot "
            "be divided.",
            icon=":material/groups:",
        )
        return
    own = [row for row in report["rows"] if row["policy"] == force.name]
    if not own:
        st.info(
            f"Segments are judged in the report, and {plain(force.said)} is not in it. Start from "
            f"a policy of the report, or save this one and judge it with `greenaisle backtest`.",
            icon=":material/groups:",
        )
        return
    for warning in report["warnings"]:
        if warning["policy"] == force.name:
            st.warning(
                f"**Against the total.** {plain(warning['sentence'], longest=500)}",
                icon=":material/call_split:",
            )
    if not any(warning["policy"] == force.name for warning in report["warnings"]):
        st.caption("No kind of household moves clearly against the total under this policy.")
    kinds = [kind for kind in report["kinds"] if any(row["kind"] == kind for row in own)]
    kind = st.segmented_control(
        "Households by",
        kinds,
        format_func=lambda kind: str(kind).replace("_", " "),
        default=kinds[0],
        required=True,
        key="segment",
        bind=URL,
    )
    table = segment_table([row for row in own if row["kind"] == kind])
    right = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        table,
        hide_index=True,
        column_config=dict.fromkeys(table.columns[1:], right),
        alt=f"Changes against today by {kind}, with their intervals.",
        key="segments",
        height="content",
    )
    hidden = int(report.get("suppressed", {}).get(kind, 0))
    st.caption(
        f"Changes against today with 95 % intervals, observed on held-out weeks, all items. "
        f"▲ marks a segment that moves against the total. "
        f"{hidden} segments of fewer than {report['smallest']} households are not told."
    )
    with st.expander("How segments are judged"):
        st.markdown("\n".join(f"- {plain(note, longest=500)}" for note in report["notes"]))


def segment_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """One line per segment, one column per figure, in the order money, kg, relevance, sellers."""
    order = [figure for figure in FIGURES if any(row["figure"] == figure for row in rows)]
    lines: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["figure"] not in order:
            continue
        line = lines.setdefault(
            str(row["segment"]),
            {"Segment": str(row["segment"])[:90], "Households": f"{row['households']:,}"},
        )
        mark = " ▲" if row["against_total"] else ""
        line[FIGURES[row["figure"]][1]] = f"{change(row)}{mark}"
    columns = ["Segment", "Households", *(FIGURES[figure][1] for figure in order)]
    return pd.DataFrame(list(lines.values()), columns=columns).fillna("–")
