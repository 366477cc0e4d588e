"""The frontier as a chart: a point per certified policy, yours in colour, a click adopts one."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import AMBER, GREY, TEAL
from app_pages._frame import fragment
from app_pages._merchandise.controls import URL, adopt
from app_pages._merchandise.outcome import LABEL
from app_pages._merchandise.points import (
    AXES,
    FAMILIES,
    OF,
    TOLD,
    deepest_within,
    frontier_points,
    frontier_sentence,
    named,
    point_table,
    within_sentence,
)
from app_pages._merchandise.state import InForce, Known
from app_pages._roles import FRONTIER, RoleError, must
from app_pages._words import plain

FAR: Final = -10.0  # % of relevance: what costs more would flatten the rest of the chart
GIVE_UP: Final = 1.0  # %, where the limit stands at first
ROLES: Final = {"your weights": TEAL, "today": AMBER, "policy": GREY, "frontier point": GREY}


def frontier_chart(all_: Known, force: InForce, task: str) -> None:
    """The chart with its sentence; a click on a point sets every control to it."""
    axis, give_up = choices()
    points = frontier_points(all_, force, task, axis, give_up)
    near = (points["relevance"] >= FAR) | points["role"].isin(["your weights", "today"])
    if not near.all() and not st.toggle(
        f"Show points that cost more than {-FAR:g} % of relevance", key="far", bind=URL
    ):
        points = points[near].reset_index(drop=True)
    budget(all_, force, points, axis)
    said = frontier_sentence(points, axis)

    def adopt_clicked() -> None:
        picked = st.session_state.frontier["selection"].get("pick") or []
        name = next((str(point.get("policy")) for point in picked), "")
        if name in all_.entries:
            adopt(all_, name)

    st.vega_lite_chart(
        spec=drawn(points, axis),
        alt=said,
        key="frontier",
        on_select=adopt_clicked,
        selection_mode="pick",
        width="stretch",
    )
    st.caption(
        f"{said} Further left is less carbon, further up more {AXES[axis].lower()}; {LABEL}. Hover "
        f"for a point's figures, click it to adopt its weights (by keyboard: choose it in *Start "
        f"from*)."
    )
    table = st.expander("The points as a table", key="points", bind=URL, icon=":material/table:")
    if table.open:  # while it is shut a slider need not wait for it
        table.dataframe(point_table(points, axis), hide_index=True, width="stretch")


def choices() -> tuple[str, float]:
    """What stands against carbon, and how much of it may be given up, in percent."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        axis = st.segmented_control(
            "Against carbon",
            list(AXES),
            format_func=lambda axis: AXES[axis],
            default="ndcg",
            required=True,
            key="axis",
            bind=URL,
            wrap=True,
        )
    with right:
        give_up = st.number_input(
            "Give up at most, %",
            0.0,
            100.0,
            GIVE_UP,
            0.5,
            format="%.1f",
            key="give_up",
            bind=URL,
            help="The dashed line of the chart: points below it give up more, and are faint.",
        )
    return str(axis), float(give_up)


def budget(all_: Known, force: InForce, points: pd.DataFrame, axis: str) -> None:
    """Which point cuts most carbon within the limit, with a button that adopts it."""
    name = deepest_within(points)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(within_sentence(points, axis))
        if name is not None and name != force.name and name in all_.entries:
            st.button(
                f"Adopt {plain(name)}",
                key="adopt_deepest",
                icon=":material/south_west:",
                on_click=adopt,
                args=(all_, name),
            )


def drawn(points: pd.DataFrame, axis: str = "ndcg") -> dict[str, Any]:
    """A figure against carbon as Vega-Lite, the interval of yours as thin lines."""
    ends = points[["carbon_low", "carbon_high", "carbon"]].astype("float64").fillna(0.0)
    least, most = min(ends.min().min(), 0.0), max(ends.max().max(), 0.0)
    span = most - least or 1.0
    said = points.assign(name=named(points))
    spec = frontier_spec(round(least - 0.04 * span, 3), round(most + 0.16 * span, 3), axis)
    return {**deepcopy(spec), "datasets": {"points": said}}


@cache
def frontier_spec(least: float, most: float, axis_of: str = "ndcg") -> dict[str, Any]:
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

    def up(field: str) -> alt.Y:
        high = alt.Scale(zero=True, nice=True)
        title = f"Change in {OF[axis_of]}, %"
        return alt.Y(f"{field}:Q", title=title, scale=high, axis=axis)

    pick = alt.selection_point(name="pick", fields=["policy"], on="click", empty=False)
    points = alt.Chart(alt.NamedData("points"))
    mine = points.transform_filter(alt.datum.role == "your weights")
    across = mine.mark_rule(strokeWidth=1.5).encode(
        x=carbon("carbon_low"), x2="carbon_high:Q", y=up("up"), color=colour
    )
    down = mine.mark_rule(strokeWidth=1.5).encode(
        x=carbon("carbon"), y=up("up_low"), y2="up_high:Q", color=colour
    )
    line = mine.mark_rule(strokeDash=[5, 4], color=GREY, aria=False).encode(y=up("limit"))
    tooltip = [
        alt.Tooltip("policy:N", title="Policy"),
        *(alt.Tooltip(f"{figure}:N", title=title) for figure, title in list(TOLD.items())[:3]),
        alt.Tooltip("carbon_said:N", title="kg CO2e, equal function"),
        *(alt.Tooltip(f"{figure}:N", title=title) for figure, title in list(TOLD.items())[3:]),
    ]
    families = alt.Scale(domain=list(FAMILIES.values()), range=["circle", "square"])
    dots = (
        points.mark_point(filled=True, cursor="pointer")
        .encode(
            x=carbon("carbon"),
            y=up("up"),
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
            opacity=alt.condition(
                "datum.within || datum.role === 'your weights' || datum.role === 'today'",
                alt.value(0.95),
                alt.value(0.35),
            ),
            tooltip=tooltip,
        )
        .add_params(pick)
    )
    at = {"x": carbon("carbon"), "y": up("up"), "text": "policy:N", "color": colour}
    left = points.transform_filter(alt.datum.name == "left").mark_text(
        align="right", dx=-10, dy=-8, fontSize=11
    )
    right = points.transform_filter(alt.datum.name == "right").mark_text(
        align="left", dx=10, dy=-8, fontSize=11
    )
    names = alt.layer(left.encode(**at), right.encode(**at))
    return dict((line + across + down + dots + names).properties(height=400).to_dict())


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


@fragment(run_every=1.0)
def making(key: str) -> None:
    """How far it is; the page is drawn again once it is done."""
    refiner = _load.refiner()
    if not refiner.is_open(key):
        st.rerun()
    done, of = refiner.progress(key)
    st.progress(done / of if of else 0.0, f"Making the frontier: {done} of {of or '…'} points")
