"""Merchandise: weights and limits on one side, what they do to each party beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from app_pages import _load
from app_pages._frame import fragment
from app_pages._merchandise.asks import warm_up, watch
from app_pages._merchandise.chart import frontier_chart, frontier_missing
from app_pages._merchandise.compare import compare
from app_pages._merchandise.controls import (
    URL,
    adopt,
    controls,
    hold,
    price_sentence,
    rest_in_words,
    start_from,
    started_words,
    without_carbon,
)
from app_pages._merchandise.keep import confirm, downloads, save
from app_pages._merchandise.outcome import limit_prices, reference_prices, status, tiles
from app_pages._merchandise.segments import segments
from app_pages._merchandise.sellers import sellers
from app_pages._merchandise.state import InForce, Known, in_force, known
from app_pages._merchandise.what_if import what_if
from app_pages._words import plain
from recommender.policy import PolicyError

TASKS: Final = {"all": "All items", "new": "Items new to the household"}
VIEWS: Final = {
    "figures": "All figures, compared",
    "suppliers": "Suppliers",
    "segments": "Segments",
    "what-if": "What if",
    "method": "How this is measured",
}


def main() -> None:
    here = _load.opened()
    st.title("What a weighting costs", anchor=False)
    workbench(here)


@fragment
def workbench(here: _load.Opened) -> None:
    """Controls beside their outcome; it moves alone, so that a slider is answered at once."""
    all_ = known(here)
    base = start(all_)
    fresh = st.session_state.pop("_start_from", None)
    if fresh in all_.entries:  # a policy that was just saved
        adopt(all_, fresh)
    hold(all_)
    left, right = st.columns([3, 7], gap="large")
    with left:
        started, place = start_from(all_, base)
        asked = controls(all_, all_.entries[started])
        place.caption(started_words(all_, started, asked))
    with right:
        task = str(
            st.segmented_control(
                "Judged on",
                list(TASKS),
                format_func=lambda task: TASKS[task],
                default="all",
                required=True,
                key="task",
                bind=URL,
            )
        )
        try:
            force = in_force(here, all_, started, asked, task)
        except PolicyError as error:
            st.warning(
                f"These weights and limits contradict each other: {plain(error, longest=400)}.",
                icon=":material/rule:",
            )
            return
        head(here, all_, force)
        tiles(force, task)
        frontier_chart(all_, force, task)
        if _load.frontier() is None:
            frontier_missing(here)
    with left:
        implied = force.entry.get("implied_price_per_tonne")
        st.caption(price_sentence(asked, implied, plain(here.currency)))
        st.caption(without_carbon(asked, force.start, force.entry, all_, task))
        with st.popover("Other prices", icon=":material/payments:"):
            reference_prices(here.currency)
        limit_prices(force, rest_in_words(force.start))
    if force.exact and force.key is not None:  # prices are still searched for
        watch(force.key)
    closer(here, all_, force, task)
    warm_up(here)


def start(all_: Known) -> str:
    """The policy that a fresh page starts from: the one in force in the shop."""
    name = _load.default().name
    return name if name in all_.report else next(iter(all_.report))


def head(here: _load.Opened, all_: Known, force: InForce) -> None:
    """How the figures are known, and what can be done with them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container():
            status(all_, force)
        saves = st.session_state.get("_saves", 0)
        with st.popover("Save", icon=":material/save:", key=f"open_save_{saves}"):
            save(here, all_, force)
        with st.popover("Download", icon=":material/download:", key="open_downloads"):
            downloads(here, force)
    confirm(force)


def closer(here: _load.Opened, all_: Known, force: InForce, task: str) -> None:
    """One closer look at a time."""
    st.header("A closer look", anchor=False)
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=lambda view: VIEWS[view],
        default="figures",
        required=True,
        key="view",
        bind=URL,
        wrap=True,
        label_visibility="collapsed",
    )
    if view == "figures":
        compare(here, all_, force, task)
    elif view == "suppliers":
        sellers(here, force, task)
    elif view == "segments":
        segments(here, force)
    elif view == "what-if":
        what_if(all_, force)
    else:
        method(here.report)


def method(report: Mapping[str, Any]) -> None:
    """The notes of the report, its scales, and what the households say that chose nothing."""
    meta, scales = report["meta"], report["scales"]
    st.markdown("\n".join(f"- {plain(note, longest=400)}" for note in meta["notes"]))
    st.markdown(
        f"- One weight means the same for everybody: margin is divided by {scales['m0']:.3g} (shop "
        f"currency) and carbon by {scales['g0']:.3g} kg CO2e, the means of a demand-weighted "
        f"purchase today.\n"
        f"- While an answer is refined, figures lie on a straight line between two certified "
        f"points that differ in one number, or are those of the nearest point; the exact answer "
        f"is searched and judged in full, with fewer draws than the report."
    )


main()
