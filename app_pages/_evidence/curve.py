"""Cuts as they get bolder: claimed and realised along the paths of `backtest --carbon`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._evidence.draw import curve_chart
from app_pages._evidence.parts import READABLE, URL, chart_and_table, interval, unavailable
from app_pages._words import percent

OPTIMISERS = {
    "unseen": "Footprints that share no source with the judge's",
    "everyday": "The shop's everyday footprints",
}
CURVE = "greenaisle backtest --carbon"


def curve() -> None:
    """Claimed and realised cuts against relevance, along the paths of `backtest --carbon`."""
    report = _load.carbon_report()
    if report is None:
        unavailable("Nobody has walked bolder and bolder cuts on these tables yet.", CURVE)
        return
    known = [name for name in OPTIMISERS if name in report["optimisers"]]
    left, right = st.columns(2, gap="large")
    chosen = str(
        left.selectbox(
            "Lists chosen by",
            known,
            format_func=lambda name: OPTIMISERS[name],
            key="chosen_by",
            bind=URL,
        )
    )
    optimiser = report["optimisers"][chosen]
    walked = [p for p in optimiser["points"] if not p["floors"] and p["quantile"] == 0.5]
    paths = list(dict.fromkeys(point["path"] for point in walked))
    path = str(
        right.segmented_control(
            "Path", paths, default=paths[0], required=True, key="path", bind=URL
        )
    )
    on_path = [point for point in walked if point["path"] == path]
    rows = curve_rows(on_path)
    said = curve_sentence(rows, path)
    chart_and_table(
        curve_chart(rows),
        pd.DataFrame(
            [
                {
                    "Point": point["point"],
                    "Relevance": percent(point["relevance"]["ndcg"]["value"]),
                    "Claimed": percent(of(point, "claimed")["value"]),
                    "Realised": percent(of(point, "realised")["value"]),
                    "Realised, 95 %": interval(of(point, "realised"), ""),
                    "Verdict over four kinds of equal use": plain_verdict(point),
                }
                for point in on_path
            ]
        ),
        said,
        "curve",
        about="Dashed grey with circles: claimed. Full teal with squares: realised, with its 95 % "
        "interval. To the left, more relevance is given up.",
        words=["Verdict over four kinds of equal use"],
    )
    agrees = optimiser["agreement"]
    st.container(width=READABLE).caption(
        f"Per purchase at equal function. Judge and chooser agree at "
        f"{agrees['overall']:.2f} in the logarithm, {agrees['within_needs']:.2f} inside needs."
    )


def of(point: Mapping[str, Any], side: str) -> Mapping[str, Any]:
    """The change of kg CO2e per purchase at a point, as claimed or realised."""
    found: Mapping[str, Any] = point["carbon"][side]["flow"]["per purchase"]
    return found


def plain_verdict(point: Mapping[str, Any]) -> str:
    """What the judge says of a point, without the figures that stand beside it."""
    verdict = str(point.get("verdicts", {}).get("per purchase", "–"))
    return verdict.partition("): ")[2] or verdict


def curve_rows(on_path: list[Mapping[str, Any]]) -> pd.DataFrame:
    rows = []
    for point in on_path:
        for side in ("claimed", "realised"):
            found = of(point, side)
            low, high = (found[end] if side == "realised" else None for end in ("low", "high"))
            rows.append(
                {
                    "point": point["point"],
                    "value": abs(point["value"]),
                    "side": side,
                    "relevance": 100 * point["relevance"]["ndcg"]["value"],
                    "change": 100 * found["value"],
                    "low": None if low is None else 100 * low,
                    "high": None if high is None else 100 * high,
                }
            )
    return pd.DataFrame(rows)


def curve_sentence(rows: pd.DataFrame, path: str) -> str:
    """How far the path goes, and what of its deepest realised cut was claimed."""
    realised = rows[rows["side"] == "realised"]
    deepest = realised.iloc[int(realised["change"].argmin())]
    claimed = rows[(rows["side"] == "claimed") & (rows["point"] == deepest["point"])].iloc[0]
    said = percent(deepest["change"] / 100) if deepest["change"] < 0 else "no cut"
    return (
        f"On the path “{path}” the deepest realised point is {said} (claimed "
        f"{percent(claimed['change'] / 100)}) at {percent(deepest['relevance'] / 100)} relevance."
    )
