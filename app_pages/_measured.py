"""What the Method page shows of an assessment: scores by split, ranges, and what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, TEAL
from app_pages._load import workspace
from app_pages._words import count, listed, share, significant
from pcf_estimator.assess.show import asked_cells
from pcf_estimator.explain.words import MEMBER_WORDS
from pcf_estimator.tables import shipped_data

DATA_SETS = {"seed": "The seed itself", "agribalyse": "The publisher's whole food table"}
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


def assessment() -> tuple[dict[str, Any], bool]:
    """What `footprint assess` found, and whether here: else for this version."""
    place = workspace()
    here = place.has("assessment", "assessment.json")
    path = place.path("assessment", "assessment.json") if here else shipped_data("assessment.json")
    return json.loads(path.read_text(encoding="utf-8")), here


def by_data_set(found: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an assessment that score methods by split."""
    return {
        name: entry
        for name, entry in found.items()
        if isinstance(entry, dict) and "splits" in entry
    }


def asked_table(found: Mapping[str, Any]) -> pd.DataFrame:
    """What was asked of the estimator beside what was found, a row per figure."""
    rows = [(name, *asked_cells(figure)) for name, figure in found.get("asked", {}).items()]
    return pd.DataFrame(rows, columns=["Figure", "Asked", "Found", "Met", "Beside"])


def asked_sentence(found: Mapping[str, Any]) -> str:
    """How many of the asked figures were met, in words, and which were not."""
    judged = {k: v["met"] for k, v in found.get("asked", {}).items() if v["met"] is not None}
    missed = [name for name, met in judged.items() if not met]
    said = f"Of {count(len(judged), 'figure')} asked, {len(judged) - len(missed)} are met."
    return said + (f" Not met: {listed(missed)}." if missed else "")


def method_name(method: str) -> str:
    return METHODS.get(method, MEMBER_WORDS.get(method, method))


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


def range_table(entry: Mapping[str, Any]) -> pd.DataFrame:
    """Coverage promised against held, one row per split."""
    own = {split: methods.get("estimate", {}) for split, methods in entry["splits"].items()}
    return pd.DataFrame(
        [
            {
                "Split": split,
                "Promised": share(entry.get("nominal_coverage")),
                "Held": share(scores.get("coverage")),
                "Held in the worst category": share(scores.get("worst_category_coverage")),
                "Held as shown on screen": share(scores.get("coverage_widened")),
                "High over low": significant(scores["range_factor"])
                if scores.get("range_factor")
                else "–",
            }
            for split, scores in own.items()
        ]
    )


def split_points(methods: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"method": method_name(method), "score": said, "share": 100 * float(scores[name])}
            for method, scores in methods.items()
            for name, said in SCORES.items()
            if scores.get(name) is not None
        ]
    )


def split_chart(points: pd.DataFrame) -> alt.Chart:
    """A row per method, a mark per score, further right is better."""
    said = list(SCORES.values())
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
            y=alt.Y("method:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, grid=True)),
            color=alt.Color(
                "score:N", scale=alt.Scale(domain=said, range=[TEAL, AMBER]), legend=None
            ),
            shape=alt.Shape(
                "score:N",
                scale=alt.Scale(domain=said, range=["circle", "diamond"]),
                legend=None,  # the caption names the marks
            ),
            tooltip=[
                alt.Tooltip("method:N", title="Method"),
                alt.Tooltip("score:N", title="Score"),
                alt.Tooltip("share:Q", title="%", format=".1f"),
            ],
        )
        .properties(height=30 * points["method"].nunique() + 70)
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


def range_sentence(methods: Mapping[str, Mapping[str, Any]], promised: float) -> str:
    """Coverage promised against coverage held."""
    own = methods.get("estimate", {})
    if own.get("coverage") is None:
        return "This split has no ranges."
    said = f"The ranges promise to hold {share(promised)} of the figures; they held "
    said += share(own["coverage"])
    if own.get("worst_category_coverage") is not None:
        worst = own.get("worst_category", "unnamed")
        said += f", and in the worst category ({worst}) {share(own['worst_category_coverage'])}"
    if own.get("coverage_widened") is not None:
        said += (
            f". On screen they are wider, by what databases differ on, and held "
            f"{share(own['coverage_widened'])}"
        )
    return said + "."


def size_sentence(entry: Mapping[str, Any]) -> str:
    return (
        f"{count(entry['rows'], 'good')} in {count(entry['groups'], 'group')} of goods that share "
        f"a figure or nearly a name; weights of the methods: "
        + listed([f"{method_name(m)} {w:.2f}" for m, w in entry["weights"].items()])
        + "."
    )
