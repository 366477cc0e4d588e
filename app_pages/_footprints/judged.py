"""How good the estimator is beside baselines: charts, tables and their sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, GREY, TEAL
from app_pages._words import listed, share, significant
from pcf_estimator.explain.words import MEMBER_WORDS

METHODS = {
    "median": "one figure for everything",
    "category mean": "mean of the shelf",
    "knn-5": "five nearest names",
    "blend": "the blend",
    "estimate": "what a product gets",
    "estimate, title only": "the same from a title alone",
    "estimate, no title": "the same without a title",
}
SCORES = {"pairwise_accuracy": "pairs ranked right", "within_factor_2": "within a factor of 2"}
HELD = {
    "coverage": "held by the method's own range",
    "coverage_widened": "held by the range on screen",
    "worst_category_coverage": "held in the worst category",
}
Splits = Mapping[str, Mapping[str, Mapping[str, Any]]]


def method_name(method: str) -> str:
    return METHODS.get(method, MEMBER_WORDS.get(method, method))


def split_points(methods: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Scores by method in percent, and whether the method is ours or a baseline."""
    rows = [
        {
            "method": method_name(method),
            "score": said,
            "share": 100 * float(scores[name]),
        }
        for method, scores in methods.items()
        for name, said in SCORES.items()
        if scores.get(name) is not None
    ]
    return pd.DataFrame(rows, columns=["method", "score", "share"])


def split_chart(points: pd.DataFrame) -> alt.Chart:
    """A row per method, a mark per score; further right is better."""
    said = list(SCORES.values())
    colour = alt.Color("score:N", scale=alt.Scale(domain=said, range=[TEAL, AMBER]), legend=None)
    marks = alt.Scale(domain=said, range=["circle", "diamond"])
    return (
        alt.Chart(points)
        .mark_point(filled=True, size=95, opacity=1)
        .encode(
            x=alt.X(
                "share:Q",
                title="Share, %",
                scale=alt.Scale(zero=False, nice=True, padding=10),
                axis=alt.Axis(tickCount=6),
            ),
            y=alt.Y("method:N", sort=None, title=None, axis=alt.Axis(labelLimit=160, grid=True)),
            color=colour,
            shape=alt.Shape("score:N", scale=marks, legend=None),  # the caption names the marks
            tooltip=[
                alt.Tooltip("method:N", title="Method"),
                alt.Tooltip("score:N", title="Score"),
                alt.Tooltip("share:Q", title="%", format=".1f"),
            ],
        )
        .properties(height=27 * points["method"].nunique() + 70)
    )


def split_table(methods: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per method: pairs ranked right, median error, share within a factor of 2."""
    headings = {
        "pairwise_accuracy": "Pairs right",
        "median_ape": "Median error",
        "within_factor_2": "Within factor 2",
    }
    return pd.DataFrame(
        [
            {
                "Method": method_name(method),
                **{heading: share(scores.get(name)) for name, heading in headings.items()},
            }
            for method, scores in methods.items()
        ]
    )


def split_sentence(methods: Mapping[str, Mapping[str, Any]], split: str) -> str:
    """What the table of a split says: the estimate against its baselines."""

    def of(method: str, name: str) -> str:
        return share(methods.get(method, {}).get(name))

    return (
        f"Split “{split}”: of two goods of one category that differ, "
        f"{of('estimate', 'pairwise_accuracy')} are ranked right (mean of the shelf "
        f"{of('category mean', 'pairwise_accuracy')}, five nearest names "
        f"{of('knn-5', 'pairwise_accuracy')}); {of('estimate', 'within_factor_2')} of the figures "
        f"lie within a factor of 2 (one figure for everything "
        f"{of('median', 'within_factor_2')}); half of them miss by less than "
        f"{of('estimate', 'median_ape')}."
    )


def coverage_points(splits: Splits) -> pd.DataFrame:
    """Coverage held by split, in percent, a row per range that was judged."""
    rows = [
        {"split": split, "range": said, "held": 100 * float(scores[name])}
        for split, methods in splits.items()
        for name, said in HELD.items()
        if (scores := methods.get("estimate", {})).get(name) is not None
    ]
    return pd.DataFrame(rows, columns=["split", "range", "held"])


def coverage_chart(points: pd.DataFrame, promised: float) -> alt.LayerChart:
    """A row per split with what its ranges held, beside a line at what they promise."""
    said = list(HELD.values())
    scale = alt.Scale(domain=[min(50.0, points["held"].min() - 5), 100], nice=False, zero=False)
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, size=110, opacity=1)
        .encode(
            x=alt.X(
                "held:Q",
                title="Figures inside their 80 % range, %",
                scale=scale,
                axis=alt.Axis(tickCount=6),
            ),
            y=alt.Y("split:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, grid=True)),
            color=alt.Color(
                "range:N", scale=alt.Scale(domain=said, range=[TEAL, GREY, AMBER]), legend=None
            ),
            shape=alt.Shape(
                "range:N",
                scale=alt.Scale(domain=said, range=["circle", "square", "diamond"]),
                legend=None,  # the caption names the marks
            ),
            tooltip=[
                alt.Tooltip("split:N", title="Split"),
                alt.Tooltip("range:N", title="Which"),
                alt.Tooltip("held:Q", title="%", format=".1f"),
            ],
        )
    )
    line = (
        alt.Chart(pd.DataFrame({"promised": [100 * promised]}))
        .mark_rule(color=GREY, strokeDash=[5, 4], strokeWidth=1.5)
        .encode(x=alt.X("promised:Q", scale=scale))
    )
    return (line + dots).properties(height=40 * points["split"].nunique() + 70)


def coverage_sentence(splits: Splits, promised: float) -> str:
    """Coverage promised against coverage held, in words."""
    held = {
        split: float(methods["estimate"]["coverage"])
        for split, methods in splits.items()
        if methods.get("estimate", {}).get("coverage") is not None
    }
    if not held:
        return "No split has ranges."
    said = listed([f"{share(part)} ({split})" for split, part in held.items()])
    short = [split for split, part in held.items() if part < promised - 0.005]
    worst = min(
        (methods["estimate"] for split, methods in splits.items() if split in held),
        key=lambda scores: scores.get("worst_category_coverage") or 1.0,
    )
    words = (
        f"Ranges promise to hold {share(promised)} of the figures (dashed line); they held {said}."
    )
    if worst.get("worst_category_coverage") is not None:
        words += (
            f" The worst category anywhere, {worst.get('worst_category', 'unnamed')}, held "
            f"{share(worst['worst_category_coverage'])}: there the ranges promise too much."
        )
    return words + (f" Below the promise: {listed(short)}." if short else "")


def coverage_table(splits: Splits, promised: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Split": split,
                "Promised": share(promised),
                "Held": share(scores.get("coverage")),
                "Held on screen": share(scores.get("coverage_widened")),
                "Worst category": str(scores.get("worst_category") or "–"),
                "Held there": share(scores.get("worst_category_coverage")),
                "High over low": significant(scores["range_factor"])
                if scores.get("range_factor")
                else "–",
            }
            for split, methods in splits.items()
            for scores in [methods.get("estimate", {})]
        ]
    )
