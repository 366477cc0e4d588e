"""What a shop's products and sales rest on, by how their figures were found."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from app_pages._draw import GREY, TEAL
from app_pages._words import TIERS, share
from pcf_estimator.explain.words import percent

ON_CHART = {  # a phone has room for no more
    "verified": "verified",
    "model": "similar products",
    "neighbours": "nearest products",
    "category": "its category",
    "spend": "its price, roughly",
    "unknown": "no figure",
}


def tier_points(products: Mapping[str, float], sales: Mapping[str, float]) -> pd.DataFrame:
    """Share of products and of sales by tier in percent; tiers in the order of trust."""
    shares = {"of products": products} | ({"of sales": sales} if sales else {})
    return pd.DataFrame(
        [
            {"tier": said, "what": what, "share": 100 * float(parts.get(tier, 0.0))}
            for tier, said in ON_CHART.items()
            for what, parts in shares.items()
        ]
    )


def tier_chart(points: pd.DataFrame) -> alt.Chart:
    """Two bars a tier: its share of sales and of products."""
    said = list(points["what"].unique())[::-1]  # of sales first
    return (
        alt.Chart(points)
        .mark_bar(height=10, cornerRadiusEnd=2)
        .encode(
            x=alt.X("share:Q", title="Share, %", axis=alt.Axis(tickCount=5)),
            y=alt.Y("tier:N", sort=None, title=None, axis=alt.Axis(labelLimit=150)),
            yOffset=alt.YOffset("what:N", sort=said),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=said, range=[TEAL, GREY][-len(said) :]),
                legend=None,
            ),  # the caption names the bars
            tooltip=[
                alt.Tooltip("tier:N", title="How it was found"),
                alt.Tooltip("what:N", title="Share"),
                alt.Tooltip("share:Q", title="%", format=".1f"),
            ],
        )
        .properties(height=alt.Step(34, **{"for": "position"}))
    )


def tier_sentence(products: Mapping[str, float], sales: Mapping[str, float]) -> str:
    """The finding: how much of what is sold rests on which kind of figure."""
    parts, what = (sales, "sales") if sales else (products, "products")
    best = sum(parts.get(tier, 0.0) for tier in ("verified", "model"))
    spend, unknown = (
        percent(part) if (part := parts.get(tier, 0.0)) else share(part)
        for tier in ("spend", "unknown")
    )
    return (
        f"{share(best)} of this shop's {what} have a figure that is verified or estimated from "
        f"similar products; {spend} only a rough one from the price, "
        f"which ranks nothing; {unknown} have none."
    )


def tier_table(products: Mapping[str, float], sales: Mapping[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "How the figure was found": said[:1].upper() + said[1:],
                "Share of products": _exact(products.get(tier, 0.0)),
                "Share of sales": _exact(sales.get(tier, 0.0)) if sales else "unavailable",
            }
            for tier, said in TIERS.items()
        ]
    )


def _exact(part: float) -> str:
    return f"{100 * part:.1f} %"
