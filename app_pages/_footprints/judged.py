"""How good the estimator is beside baselines: charts, tables and their sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, TEAL
from app_pages._words import share
from pcf_estimator.explain.words import MEMBER_WORDS

METHODS = {
    "median": "one figure for everything",
    "category mean": "one mean a category",
    "knn-5": "five nearest names",
    "blend": "the blend",
    "shelf": "mean of its kind and shelf",
    "estimate": "what a product gets",
    "estimate, title only": "the same from a title alone",
    "estimate, no title": "the same without a title",
}
SCORES = {"pairwise_accuracy": "pairs ranked right", "within_factor_2": "within a factor of 2"}
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
        f"{of('estimate', 'pairwise_accuracy')} are ranked right (one mean a category "
        f"{of('category mean', 'pairwise_accuracy')}, five nearest names "
        f"{of('knn-5', 'pairwise_accuracy')}); {of('estimate', 'within_factor_2')} of the figures "
        f"lie within a factor of 2 (one figure for everything "
        f"{of('median', 'within_factor_2')}); half of them miss by less than "
        f"{of('estimate', 'median_ape')}."
    )


def apart_sentence(
    methods: Mapping[str, Mapping[str, Any]], weights: Mapping[str, float] | None = None
) -> str:
    """Why two means differ, and why the blend ranks no better than its heaviest member does."""

    def pairs(method: str) -> float | None:
        return methods.get(method, {}).get("pairwise_accuracy")

    said = []
    if pairs("category mean") is not None and pairs("shelf") is not None:
        said.append(
            f"“{method_name('category mean')}” gives all goods of a category one figure, so it "
            f"ranks none of them ({share(pairs('category mean'))}, as by tossing a coin); "
            f"“{method_name('shelf')}” begins at the kind of good, and so tells some "
            f"apart ({share(pairs('shelf'))})."
        )
    heaviest = max(weights, key=lambda name: weights[name]) if weights else ""
    alone, blend = pairs(heaviest), pairs("blend")
    if alone is not None and blend is not None and abs(alone - blend) < 0.01 and weights:
        said.append(
            f"The blend ranks pairs as “{method_name(heaviest)}” does by itself "
            f"({share(blend)} and {share(alone)}), because {share(weights[heaviest])} of its "
            f"weight is that method's: the others move a figure, hardly the order."
        )
    return " ".join(said)
