"""What if: the same policy under scenarios that a chooser can see through, as ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import AMBER, GREY
from app_pages._merchandise.controls import URL
from app_pages._merchandise.state import InForce, Known
from app_pages._words import NO_BREAK, listed, plain, share, significant
from recommender.tried import DRAFT, nearest

RUNS: Final = {"short": "Just after the change", "long": "At the end of the horizon"}
# money, kilograms, (relevance is not foretold), sellers
NAMES: Final = {
    "revenue": "Revenue",
    "margin": "Margin",
    "kg_total": "Total kg CO2e",
    "kg_total_with_rebound": "Total kg CO2e with rebound",
    "kg_per_order": "kg CO2e per order",
    "kg_functional": "kg CO2e at equal function",
    "purchases": "Purchases",
    "seller_gini": "Inequality of suppliers",
    "small_sellers_income": "Small suppliers' income",
}


def what_if(all_: Known, force: InForce) -> None:
    """The scenarios of the policy in force, or of the nearest, in a dress of their own."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge("what if", icon=":material/science:", color="orange")
            st.caption(
                "Simulated under stated assumptions. Nothing below was observed, and every figure "
                "is a range."
            )
        found = _load.simulations()
        own = {facts["scenario"]["name"]: facts for facts in found if facts["policy"] == force.name}
        if not own:
            st.markdown(absent(force, found))
            there = {facts["policy"] for facts in found}
            near = nearest(force.asked, {n: e for n, e in all_.report.items() if n in there})
            if near is None:
                return
            own = {f["scenario"]["name"]: f for f in found if f["policy"] == near}
            st.markdown(f"**Below are the scenarios of {plain(near)}**, the nearest policy.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                "Scenario",
                list(own),
                format_func=lambda name: str(name).replace("-", " "),
                key="scenario",
                bind=URL,
            )
            facts = own[str(name)]
            runs = [run for run in RUNS if facts["runs"].get(run)]
            run = st.segmented_control(
                "When",
                runs,
                format_func=lambda run: RUNS[run],
                default=runs[0],
                required=True,
                key="run",
                bind=URL,
            )
        st.markdown(plain(facts["scenario"]["description"], longest=600))
        ranges(facts, str(run))
        behind(facts)


def absent(force: InForce, found: list[dict[str, Any]]) -> str:
    """Which command makes what is not there."""
    others = sorted({str(facts["policy"]) for facts in found})
    there = f" There are scenarios of {listed([plain(name) for name in others])}." if others else ""
    is_file = force.name != DRAFT
    name = force.name if is_file else "NAME"  # a policy's name is nothing to Markdown in code
    first = "" if is_file else "Save these weights as a policy NAME first. "
    return (
        f"**No scenario was simulated for {plain(force.said)} yet.**{there} {first}With DIR for "
        f"the workspace's folder, `greenaisle simulate --workspace DIR --policy "
        f"DIR/policies/{name}.toml` simulates it, some minutes a scenario."
    )


def ranges(facts: Mapping[str, Any], run: str) -> None:
    """The changes of one run as bars from low to high, and the same as a table."""
    table = range_table(facts, run)
    if table.empty:
        st.caption("This scenario has no run of that length.")
        return
    said = range_sentence(table)
    st.altair_chart(range_chart(table), alt=said, key="what_if_ranges", width="stretch")
    st.caption(said)
    right = st.column_config.TextColumn(alignment="right")
    shown = table[["Figure", "Change", "Range", "Observed nearby"]]
    st.dataframe(
        shown,
        hide_index=True,
        column_config=dict.fromkeys(shown.columns[1:], right),
        alt=said,
        key="what_if_table",
        height="content",
    )
    window = facts["window"]
    st.caption(
        f"Nine draws in ten of {facts['draws']:,}, against {plain(facts['baseline'])}, policy "
        f"version {facts['policy_version']}, weeks {window['first_week']} to "
        f"{window['last_week']}."
    )
    st.markdown(
        "Why the two differ: *what if* counts all that households would buy in the shop, most of "
        "it without any list, once they react; *observed nearby* counts only what stood on a list "
        "and was bought anyway, without reaction. So the same policy moves the second far more."
    )


def range_table(facts: Mapping[str, Any], run: str) -> pd.DataFrame:
    """One row per figure that changes, in percent, with what was observed of its like."""
    rows = []
    for figure, name in NAMES.items():
        told = facts["runs"].get(run, {}).get(figure)
        if told is None or told.get("change") is None:
            continue
        observed = facts.get("observed", {}).get(figure) or {}
        rows.append(
            {
                "Figure": name,
                "low": 100 * told["change_low"],
                "high": 100 * told["change_high"],
                "middle": 100 * told["change"],
                "Change": fine_percent(told["change"]),
                "Range": f"{fine_percent(told['change_low'])} to "
                f"{fine_percent(told['change_high'])}",
                "Observed nearby": fine_percent(observed.get("change")),
            }
        )
    return pd.DataFrame(rows)


def fine_percent(value: float | None) -> str:
    """A change to two significant digits, since whole baskets move little.

    >>> fine_percent(-0.00209), fine_percent(0.000419), fine_percent(0.0), fine_percent(None)
    ('−0.21\\xa0%', '+0.042\\xa0%', '0\\xa0%', '–')
    """
    if value is None:
        return "–"
    return f"{'+' if value > 0 else ''}{significant(100 * value, 2)}{NO_BREAK}%"


def range_sentence(table: pd.DataFrame) -> str:
    """What the ranges say: which way is certain, and where the range crosses no change."""
    names = [f"{name[:1].lower()}{name[1:]}" for name in table["Figure"].astype(str)]
    ends = list(zip(names, table["low"].tolist(), table["high"].tolist(), strict=True))
    sure = [
        f"{name} {'falls' if high < 0 else 'rises'}"
        for name, low, high in ends
        if low > 0 or high < 0
    ]
    open_ = [name for name, low, high in ends if low <= 0 <= high]
    said = f"In nine draws in ten {listed(sure)}" if sure else "No figure moves one way for sure"
    cannot = f"; which way {listed(open_)} would go, this cannot tell" if open_ else ""
    return f"{said}{cannot}."


def range_chart(table: pd.DataFrame) -> alt.LayerChart:
    """Bars from low to high, hatched by dashes, with no point that looks like a measurement."""
    order = alt.Y("Figure:N", sort=None, title=None, axis=alt.Axis(labelLimit=200))
    base = alt.Chart(table)
    bars = base.mark_bar(
        color=AMBER, opacity=0.3, height=14, stroke=AMBER, strokeDash=[4, 3], strokeWidth=1.5
    ).encode(
        x=alt.X("low:Q", title="Change against today, %, as a range"),
        x2="high:Q",
        y=order,
        tooltip=[alt.Tooltip("Figure:N"), alt.Tooltip("Range:N")],
    )
    zero = (
        alt.Chart(pd.DataFrame({"low": [0.0]})).mark_rule(color=GREY, aria=False).encode(x="low:Q")
    )
    return (bars + zero).properties(height=alt.Step(30))


def behind(facts: Mapping[str, Any]) -> None:
    """Suppliers, drivers and assumptions of a scenario."""
    sellers = facts.get("sellers") or {}
    if "gain" in sellers:
        st.markdown(
            f"Suppliers: **{significant(float(sellers['gain']), 4)} gain** income, "
            f"**{significant(float(sellers['lose']), 4)} lose**, "
            f"{significant(float(sellers.get('left') or 0), 4)} leave and "
            f"{significant(float(sellers.get('entered') or 0), 4)} enter."
        )
    drivers = facts.get("drivers") or []
    if drivers:
        told = listed(
            [
                f"{plain(str(d['parameter']).replace('_', ' '))} ({share(d['share'])})"
                for d in drivers[:3]
            ]
        )
        st.markdown(f"What the width of the range of total kg hangs on most: {told}.")
    with st.expander(f"What is assumed ({len(facts['scenario']['assumptions'])} ranges)"):
        rows = [
            {
                "What": str(a.get("words") or a["parameter"])[:300],
                "From": significant(float(a["low"]), 3),
                "To": significant(float(a["high"]), 3),
                "Unit": str(a.get("unit", "")),
                "Source": str(a.get("source", ""))[:300],
            }
            for a in facts["scenario"]["assumptions"]
        ]
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            alt="Every assumption of the scenario with its range and source.",
            key="assumptions",
        )
        st.markdown("\n".join(f"- {plain(note, longest=600)}" for note in facts["notes"]))
