"""What the total hides: changes by kind of household, and where one moves against the total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._merchandise.asks import ask_segments, looked, watch
from app_pages._merchandise.controls import URL
from app_pages._merchandise.outcome import FIGURES
from app_pages._merchandise.state import InForce
from app_pages._words import change, household_kind, plain


def segments(here: _load.Opened, force: InForce) -> None:
    """The segments of the policy in force: the report's, or judged now where it has none."""
    if "segments" not in here.report:
        st.info(
            "This report is of a version without segments. `greenaisle backtest` makes it anew.",
            icon=":material/groups:",
        )
        return
    report, own = here.report["segments"], []
    if report and report["rows"]:
        own = [row for row in report["rows"] if row["policy"] == force.name]
        if not own:
            report = judged_now(here, force)
            if report is None:
                return
            own = [row for row in report["rows"] if row["policy"] == force.policy.name]
    if not report or not own:
        st.info(
            "This shop says nothing of its households (such as income or age), so the total cannot "
            "be divided.",
            icon=":material/groups:",
        )
        return
    name = own[0]["policy"]
    against = [warning for warning in report["warnings"] if warning["policy"] == name]
    for warning in against:
        st.warning(
            f"**Against the total.** {plain(warning['sentence'], longest=500)}",
            icon=":material/call_split:",
        )
    if not against:
        st.caption("No kind of household moves clearly against the total under this policy.")
    kinds = [kind for kind in report["kinds"] if any(row["kind"] == kind for row in own)]
    kind = st.segmented_control(
        "Households by",
        kinds,
        format_func=lambda kind: household_kind(str(kind)),
        default=kinds[0],
        required=True,
        key="segment",
        bind=URL,
        wrap=True,
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
    st.caption(
        f"Changes against today with 95 % intervals, observed on held-out weeks, all items. "
        f"▲ marks a segment that moves against the total. {whose(here.report['meta'])}"
        f"{hidden_sentence(report, str(kind))}"
    )
    with st.expander("How segments are judged"):
        st.markdown("\n".join(f"- {plain(note, longest=500)}" for note in report["notes"]))


def judged_now(here: _load.Opened, force: InForce) -> dict[str, Any] | None:
    """The segments of weights that the report does not know, in the background; None till then."""
    if not force.exact:
        st.caption("The segments of your weights come after the exact answer.")
        return None
    key = ask_segments(here, force.policy)
    found, problem = looked(key)
    if problem:
        st.warning(
            f"The segments of {plain(force.said)} could not be judged: "
            f"{plain(problem, longest=300)}. Save these weights as a policy, then `greenaisle "
            f"backtest --workspace DIR --policy DIR/policies/NAME.toml` judges them.",
            icon=":material/groups:",
        )
    elif found is None and _load.refiner().is_open(key):
        watch(key, f"The segments of {plain(force.said)} are being judged …")
    return None if found is None else dict(found)


def whose(meta: Mapping[str, Any]) -> str:
    """Which households a row counts, where they are fewer than all."""
    judged = meta.get("judged", {}).get("all", meta["households"])
    if judged == meta["households"]:
        return ""
    return (
        f"*Households* counts those that bought something in these weeks ({judged:,} of "
        f"{meta['households']:,} in all): relevance is known of them alone; the other figures take "
        f"in the rest of the segment too. "
    )


def hidden_sentence(report: Mapping[str, Any], kind: str) -> str:
    """How many segments are kept back; "" for none."""
    hidden = int(report.get("suppressed", {}).get(kind, 0))
    if not hidden:
        return ""
    kept = "segment is" if hidden == 1 else "segments are"
    return (
        f"{hidden} {kept} not told, so that no fewer than {report['smallest']} households can be "
        f"made out."
    )


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
