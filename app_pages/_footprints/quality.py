"""How good the figures are: what sales rest on, errors beside baselines, ranges kept or not."""

from __future__ import annotations

from typing import Final

import streamlit as st

from app_pages import _load
from app_pages._footprints import judged as draw
from app_pages._footprints import kept as promise
from app_pages._footprints import tiers as rest
from app_pages._footprints.parts import READABLE, table
from app_pages._frame import fragment

URL: Final = "query-params"
SPLITS = {
    "grouped": "the headline: goods that share a figure or nearly a name are never on both sides",
    "random": "flattering: twins of a good may be known already",
    "leave category out": "the hardest: nothing of the whole category is known",
}
DATA_SETS = {"seed": "The seed itself", "agribalyse": "The publisher's whole food table"}
REPRODUCE = "greenaisle footprint assess --json"


@fragment
def quality() -> None:
    """What share rests on which kind of figure, errors beside baselines, ranges kept or not."""
    here = _load.opened()
    st.header("What this shop's figures rest on", anchor=False)
    by_products, by_sales = tier_shares(here)
    said = rest.tier_sentence(by_products, by_sales)
    prose = st.container(width=READABLE)
    prose.markdown(f"**{said}**")
    left, right = st.columns(2, gap="large")
    left.altair_chart(rest.tier_chart(rest.tier_points(by_products, by_sales)), alt=said)
    if by_sales:
        left.caption("The upper, darker bars are shares of sales, the lower ones of products.")
    with right:
        table(rest.tier_table(by_products, by_sales), said, "tiers")

    st.header("How far the estimates miss", anchor=False)
    found, own = _load.assessment()
    kept = {k: v for k, v in found.items() if isinstance(v, dict) and "splits" in v}
    where = "in this workspace" if own else "when this version was made"
    st.container(width=READABLE).markdown(
        f"Measured {where}, on goods the estimator had not seen, beside simpler ways to find a "
        f"figure."
    )
    left, right = st.columns(2)
    name = next(iter(kept))
    if len(kept) > 1:
        name = left.segmented_control(
            "Measured on",
            list(kept),
            format_func=lambda name: DATA_SETS.get(name, name),
            default=name,
            required=True,
            key="measured_on",
            bind=URL,
        )
    entry = kept[name]
    splits = list(entry["splits"])
    headline = entry["headline"] if entry.get("headline") in splits else splits[0]
    split = (right if len(kept) > 1 else left).segmented_control(
        "Which goods were held out", splits, default=headline, required=True, key="split", bind=URL
    )
    methods = entry["splits"][split]
    said = draw.split_sentence(methods, split)
    st.container(width=READABLE).markdown(f"**{said}**")
    left, right = st.columns(2, gap="large")
    left.altair_chart(draw.split_chart(draw.split_points(methods)), alt=said)
    left.caption(
        f"Each row is a way to find a figure; circles are pairs ranked right, diamonds figures "
        f"within a factor of 2; further right is better. This split is {SPLITS.get(split, split)}."
    )
    if why := draw.apart_sentence(methods, entry.get("weights")):
        left.caption(why)
    with right:
        table(draw.split_table(methods), said, "methods")

    st.header("Whether the ranges keep their promise", anchor=False)
    promised = float(entry.get("nominal_coverage", 0.8))
    across = found.get("across") if name == "seed" else None
    said = promise.coverage_sentence(entry["splits"], promised, across)
    first, behind = promise.coverage_words(entry["splits"], promised, across)
    prose = st.container(width=READABLE)
    if first:
        prose.markdown(f"**{first}**")
    prose.markdown(behind)
    with st.container(width=READABLE):
        points = promise.coverage_points(entry["splits"])
        if len(points):
            st.altair_chart(promise.coverage_chart(points, promised), alt=said)
        st.caption(
            "Circles: the range on screen, widened by what databases say differently about the "
            "same good. Squares: the method's own range. Diamonds: its worst category."
        )
    table(promise.coverage_table(entry["splits"], promised), said, "coverage")
    st.caption("The same figures by command:")
    st.code(REPRODUCE, language=None, width=READABLE)


def tier_shares(here: _load.Opened) -> tuple[dict[str, float], dict[str, float]]:
    """Share of each tier in the shop's products and, where the workspace knows it, its sales."""
    by_products = here.shop.footprints["tier"].value_counts(normalize=True)
    sales = here.shop.workspace.facts("footprints").get("share_of_sales") or {}
    return {str(tier): float(part) for tier, part in by_products.items()}, dict(sales)
