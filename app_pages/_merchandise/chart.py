"""The frontier as a chart: a point per certified policy, yours in colour, a click adopts one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import AMBER, GREY, TEAL, uncrowded
from app_pages._merchandise.controls import URL, adopt
from app_pages._merchandise.outcome import LABEL
from app_pages._merchandise.state import InForce, Known
from app_pages._roles import FRONTIER, RoleError, must
from app_pages._words import change, percent, plain

FAR: Final = -10.0  # % of relevance: what costs more would flatten the rest of the chart
ROLES: Final = {"your weights": TEAL, "today": AMBER, "policy": GREY, "frontier point": GREY}
AXES: Final = {"carbon": "demand_kg_functional", "relevance": "ndcg"}
FAMILIES: Final = {"need": "for the same need", "none": "across all goods"}
TOLD: Final = {
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    "demand_kg_pack": "Total kg CO2e",
    "seller_small_share": "Small suppliers",
}


def frontier_chart(all_: Known, force: InForce, task: str) -> None:
    """The chart with its sentence; a click on a point sets every control to it."""
    points = frontier_points(all_, force, task)
    near = (points["relevance"] >= FAR) | points["role"].isin(["your weights", "today"])
    if not near.all() and not st.toggle(
        f"Show points that cost more than {-FAR:g} % of relevance", key="far", bind=URL
    ):
        points = points[near].reset_index(drop=True)
    said = frontier_sentence(points)

    def adopt_clicked() -> None:
        picked = st.session_state.frontier["selection"].get("pick") or []
        name = next((str(point.get("policy")) for point in picked), "")
        if name in all_.entries:
            adopt(all_, name)

    st.vega_lite_chart(
        spec=drawn(points),
        alt=said,
        key="frontier",
        on_select=adopt_clicked,
        selection_mode="pick",
        width="stretch",
    )
    st.caption(
        f"{said} Further left is less carbon, further up more relevance; {LABEL}. Hover for a "
        f"point's figures, click it to adopt its weights (by keyboard: choose it in *Start from*)."
    )


def frontier_points(all_: Known, force: InForce, task: str) -> pd.DataFrame:
    """One row per judged policy, and one for the weights in force: changes in percent."""
    rows = []
    entries: dict[str, Mapping[str, Any]] = {
        name: entry for name, entry in all_.judged.items() if task in entry["tasks"]
    }
    baseline = force.meta["baseline"]
    entries[force.said if force.said not in entries else force.name] = force.entry
    for name, entry in entries.items():
        figures = entry["tasks"][task]["figures"]
        role = "policy" if name in all_.report else "frontier point"
        if name == baseline:
            role = "today"
        if name == force.said:
            role = "your weights"
        carbon = entry.get("carbon", {"reference": force.asked.reference})
        row: dict[str, Any] = {
            "policy": name,
            "role": role,
            "family": FAMILIES[carbon["reference"]],
            "climate": entry.get("weights", {}).get("climate", force.asked.climate),
        }
        for axis, figure in AXES.items():
            for end in ("change", "change_low", "change_high"):
                value = figures[figure][end]
                row[axis + end.removeprefix("change")] = None if value is None else 100 * value
            row[f"{axis}_said"] = change(figures[figure])
        row |= {figure: percent(figures[figure]["change"]) for figure in TOLD}
        rows.append(row)
    return pd.DataFrame(rows)


def drawn(points: pd.DataFrame) -> dict[str, Any]:
    """Relevance against carbon as Vega-Lite, the interval of yours as thin lines."""
    ends = points[["carbon_low", "carbon_high", "carbon"]].astype("float64").fillna(0.0)
    least, most = min(ends.min().min(), 0.0), max(ends.max().max(), 0.0)
    span = most - least or 1.0
    told = points[points["role"] != "frontier point"]
    told = told[uncrowded(told, wide=0.2, tall=0.12)]
    # today is at the right edge, where a name to the right of its point would be cut
    side = told["role"].map(lambda role: "left" if role == "today" else "right")
    said = points.assign(name=side.reindex(points.index, fill_value=""))
    spec = deepcopy(frontier_spec(round(least - 0.04 * span, 3), round(most + 0.16 * span, 3)))
    return {**spec, "datasets": {"points": said}}


@cache
def frontier_spec(least: float, most: float) -> dict[str, Any]:
    """The chart without its points, carbon from `least` to `most` %: checking it takes a while."""
    axis = alt.Axis(tickCount=5)
    colour = alt.Color(
        "role:N", scale=alt.Scale(domain=list(ROLES), range=list(ROLES.values())), legend=None
    )

    def carbon(field: str) -> alt.X:
        wide = alt.Scale(domain=[least, most], nice=False)
        return alt.X(
            f"{field}:Q", title="Change in kg CO2e at equal function, %", scale=wide, axis=axis
        )

    def relevance(field: str) -> alt.Y:
        high = alt.Scale(zero=True, nice=True)
        return alt.Y(f"{field}:Q", title="Change in relevance, %", scale=high, axis=axis)

    pick = alt.selection_point(name="pick", fields=["policy"], on="click", empty=False)
    points = alt.Chart(alt.NamedData("points"))
    mine = points.transform_filter(alt.datum.role == "your weights")
    across = mine.mark_rule(strokeWidth=1.5).encode(
        x=carbon("carbon_low"), x2="carbon_high:Q", y=relevance("relevance"), color=colour
    )
    down = mine.mark_rule(strokeWidth=1.5).encode(
        x=carbon("carbon"), y=relevance("relevance_low"), y2="relevance_high:Q", color=colour
    )
    tooltip = [
        alt.Tooltip("policy:N", title="Policy"),
        *(alt.Tooltip(f"{figure}:N", title=title) for figure, title in list(TOLD.items())[:3]),
        alt.Tooltip("carbon_said:N", title="kg CO2e, equal function"),
        alt.Tooltip("relevance_said:N", title="Relevance"),
        alt.Tooltip("seller_small_share:N", title="Small suppliers"),
    ]
    families = alt.Scale(domain=list(FAMILIES.values()), range=["circle", "square"])
    dots = (
        points.mark_point(filled=True, cursor="pointer")
        .encode(
            x=carbon("carbon"),
            y=relevance("relevance"),
            color=colour,
            shape=alt.Shape(
                "family:N",
                title="Carbon compared",
                scale=families,
                legend=alt.Legend(orient="top", symbolFillColor=GREY, symbolStrokeColor=GREY),
            ),
            size=alt.Size(
                "role:N",
                scale=alt.Scale(domain=list(ROLES), range=[220, 130, 90, 45]),
                legend=None,
            ),
            opacity=alt.condition(alt.datum.role == "frontier point", alt.value(0.7), alt.value(1)),
            tooltip=tooltip,
        )
        .add_params(pick)
    )
    at = {"x": carbon("carbon"), "y": relevance("relevance"), "text": "policy:N", "color": colour}
    left = points.transform_filter(alt.datum.name == "left").mark_text(
        align="right", dx=-10, dy=-8, fontSize=11
    )
    right = points.transform_filter(alt.datum.name == "right").mark_text(
        align="left", dx=10, dy=-8, fontSize=11
    )
    names = alt.layer(left.encode(**at), right.encode(**at))
    return dict((across + down + dots + names).properties(height=400).to_dict())


def frontier_sentence(points: pd.DataFrame) -> str:
    """What the chart shows: how far it reaches, and where the weights in force stand."""
    others = points[points["role"].isin(["policy", "frontier point"])]
    said = [
        f"Change in relevance against change in carbon for {len(points)} certified points; today "
        f"is at 0 for both."
    ]
    if not others.empty:
        far = others.iloc[int(others["carbon"].astype("float64").argmin())]
        said.append(
            f"The largest cut shown, {far['policy']}, changes kg CO2e by {far['carbon_said']} and "
            f"relevance by {far['relevance_said']}."
        )
    yours: Sequence[Any] = list(points[points["role"] == "your weights"].itertuples())
    for row in yours:
        said.append(
            f"Yours ({row.policy}) change kg CO2e by {row.carbon_said} and relevance by "
            f"{row.relevance_said}."
        )
    return " ".join(said)


def frontier_missing(here: _load.Opened) -> None:
    """Where the frontier is not there yet: a button that makes it, with what is done so far."""
    key = f"frontier {here.folder} {here.version}"
    refiner = _load.refiner()
    try:
        made = refiner.answer(key)
    except Exception as error:  # a full disk, a folder that nobody may write to
        st.warning(
            f"The frontier could not be made here ({type(error).__name__}). `greenaisle frontier "
            f"--workspace DIR` makes it.",
            icon=":material/timeline:",
        )
        return
    if made is not None:  # and yet not there: the tables have changed since
        st.caption("The frontier was made of other tables than those that stand there now.")
    if refiner.is_open(key):
        making(key)
        return
    with st.container(border=True):
        st.markdown(
            "**The frontier is not there yet.** The chart shows the report's policies alone, and "
            "weights between them take seconds. About fifty certified points take a minute or two, "
            "once; `greenaisle frontier` makes the same."
        )
        if st.button("Make the frontier", key="make_frontier", icon=":material/timeline:"):
            try:
                make_frontier(here, key)
            except RoleError as error:
                st.error(f"Not made: {plain(error, longest=400)}.", icon=":material/block:")
                return
            st.rerun()


def make_frontier(here: _load.Opened, key: str) -> None:
    """Has the step made in the background. Raises RoleError for whom it is not."""
    must(FRONTIER)
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    _load.refiner().ask(key, lambda told: judges.frontier(folder, here.version, told), key)


@st.fragment(run_every=1.0)
def making(key: str) -> None:
    """How far it is; the page is drawn again once it is done."""
    refiner = _load.refiner()
    if not refiner.is_open(key):
        st.rerun()
    done, of = refiner.progress(key)
    st.progress(done / of if of else 0.0, f"Making the frontier: {done} of {of or '…'} points")
