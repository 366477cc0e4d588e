"""Who gains and who loses: every supplier's attention against today, and how evenly it falls."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import AMBER, TEAL
from app_pages._merchandise.controls import URL
from app_pages._merchandise.state import InForce
from app_pages._words import plain, significant
from recommender.impact.observed.sellers import gini

SHOWN_FIRST = 200  # rows of the table; a search reaches all
EVEN = 1e-6  # of attention: less is no move


def sellers(here: _load.Opened, force: InForce, task: str) -> None:
    """The table and the Lorenz curves of the weights in force."""
    due = _load.due_sellers()
    if not due:
        st.info("No product of this shop names its supplier, so there is nothing to compare.")
        return
    before = _load.shown_sellers(force.meta["baseline"], task)
    after = shown(here, force, task)
    if after is None:
        st.caption("Suppliers come with the exact answer: **refining …**")
        return
    table = moves(due, before, after)
    gain = int((table["moved"] > EVEN).sum())
    lose = int((table["moved"] < -EVEN).sum())
    said = (
        f"{gain:,} suppliers gain attention against today and {lose:,} lose; of all "
        f"{len(table):,} suppliers, however little they sell, {int((table['after'] <= 0).sum()):,} "
        f"are shown to nobody."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        asked = st.text_input(
            "Search suppliers", key="supplier", bind=URL, placeholder="a name or number"
        )
        chosen = table[table["seller"].str.contains(asked, case=False, regex=False)]
        if chosen.empty:
            st.info(
                f"Nothing found: no supplier's name holds {plain(asked)}.",
                icon=":material/search_off:",
            )
        sold = chosen.sort_values("moved", key=np.abs, ascending=False).head(SHOWN_FIRST)
        st.dataframe(
            pd.DataFrame(
                {
                    "Supplier": sold["seller"].str.slice(0, 90),
                    "Share of sales": 100 * sold["due"],
                    "Attention today": 100 * sold["before"],
                    "Attention with these": 100 * sold["after"],
                    "Change, points": 100 * sold["moved"],
                }
            ),
            hide_index=True,
            column_config={
                "Share of sales": st.column_config.NumberColumn(format="%.3f %%"),
                "Attention today": st.column_config.NumberColumn(format="%.3f %%"),
                "Attention with these": st.column_config.NumberColumn(format="%.3f %%"),
                "Change, points": st.column_config.NumberColumn(format="%+.3f"),
            },
            alt=said,
            key="suppliers",
            height=420,
        )
        st.caption(
            f"{said} Largest moves first, {len(sold):,} of {len(chosen):,} shown; observed, task: "
            f"{'items new to the household' if task == 'new' else 'all items'}."
        )
    with right:
        curves = lorenz(table)
        words = (
            f"Lorenz curve of attention between {len(table):,} suppliers. Gini "
            f"{significant(gini(table['before'].to_numpy()), 3)} today, "
            f"{significant(gini(table['after'].to_numpy()), 3)} with these weights; on the grey "
            f"line all suppliers would have the same."
        )
        st.altair_chart(lorenz_chart(curves), alt=words, key="lorenz", width="stretch")
        st.caption(words)


def shown(here: _load.Opened, force: InForce, task: str) -> Mapping[str, float] | None:
    """Share of attention by supplier under the policy in force; None before it is judged."""
    own = force.entry.get("exposure")
    if own is not None and task in own:
        return dict(own[task])
    if force.exact and force.name in here.report["policies"]:
        return _load.shown_sellers(force.name, task)
    return None


def moves(
    due: Mapping[str, float], before: Mapping[str, float], after: Mapping[str, float]
) -> pd.DataFrame:
    """One row per supplier: what it is due, its attention before and after, and the difference."""
    names = sorted({*due, *before, *after})
    table = pd.DataFrame({"seller": names})
    for column, share in (("due", due), ("before", before), ("after", after)):
        table[column] = [share.get(name, 0.0) for name in names]
    return table.assign(moved=table["after"] - table["before"])


def lorenz(table: pd.DataFrame) -> pd.DataFrame:
    """Points of both curves: share of suppliers, from the least shown, and of attention."""
    parts = []
    for column, said in (("before", "today"), ("after", "these weights")):
        share = np.sort(table[column].to_numpy())
        total = share.sum() or 1.0
        x = np.arange(len(share) + 1) / max(len(share), 1)
        y = np.concatenate([[0.0], np.cumsum(share) / total])
        steps = np.linspace(0.0, 1.0, 80)  # a curve of thousands needs no more points
        first, last = np.searchsorted(y, steps), np.searchsorted(y, steps, side="right") - 1
        keep = np.unique(np.concatenate([first, last, [0, len(y) - 1]]).clip(0, len(y) - 1))
        parts.append(
            pd.DataFrame({"suppliers": 100 * x[keep], "attention": 100 * y[keep], "of": said})
        )
    return pd.concat(parts, ignore_index=True)


def lorenz_chart(curves: pd.DataFrame) -> alt.LayerChart:
    """Both curves and the line of equal shares."""
    x = alt.X("suppliers:Q", title="Suppliers, least shown first, %")
    y = alt.Y("attention:Q", title="Their share of attention, %")
    lines = (
        alt.Chart(curves)
        .mark_line(strokeWidth=2.5)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "of:N",
                title=None,
                scale=alt.Scale(domain=["today", "these weights"], range=[AMBER, TEAL]),
                legend=alt.Legend(orient="top"),
            ),
            strokeDash=alt.StrokeDash(
                "of:N",
                scale=alt.Scale(domain=["today", "these weights"], range=[[5, 3], [1, 0]]),
                legend=None,
            ),
        )
    )
    even = (
        alt.Chart(pd.DataFrame({"suppliers": [0, 100], "attention": [0, 100]}))
        .mark_line(color="#8b9896", strokeWidth=1)
        .encode(x=x, y=y)
    )
    return (even + lines).properties(height=400)


def supplier(name: str) -> str:
    """A supplier as text on a page."""
    return plain(name)
