"""Whether ranges hold what they promise: on screen, before they are widened, and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, GREY, TEAL
from app_pages._footprints.judged import Splits
from app_pages._words import listed, share, significant
from pcf_estimator.explain.words import CHANCE, SOURCE_NAMES

OWN, SHOWN = "coverage", "coverage_widened"
HELD = {
    SHOWN: "held by the range on screen",
    OWN: "held by the method's own range",
    "worst_category_coverage": "held by its own range in the worst category",
}
DATABASES = SOURCE_NAMES | {"clark": "Clark 2022"}


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
        .mark_rule(color=GREY, strokeDash=[5, 4], strokeWidth=1.5, aria=False)
        .encode(x=alt.X("promised:Q", scale=scale))
    )
    return (line + dots).properties(height=40 * points["split"].nunique() + 70)


def coverage_sentence(
    splits: Splits, promised: float, across: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """All that `coverage_words` says."""
    return " ".join(filter(None, coverage_words(splits, promised, across)))


def coverage_words(
    splits: Splits, promised: float, across: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[str, str]:
    """Coverage promised against coverage held: the finding, which is of what is on screen, and
    what stands behind it.

    `across` has, by name, the databases that were left out whole, with what ranges held of them.
    """
    shown, own = _held(splits, SHOWN), _held(splits, OWN)
    if not shown and not own:
        return "No split has ranges.", ""
    words: list[str] = []
    if shown:
        words.append(
            f"The ranges on screen promise {share(promised)} (dashed line) and held "
            f"{_listed(shown)} of goods that the estimator had not seen."
        )
        wide = [split for split, part in shown.items() if part > promised + 0.05]
        if wide:
            words.append(
                "They are wider than such goods need because each is widened by what public "
                "databases say differently about the same good."
            )
    first = " ".join(words)
    words = []
    away = {
        DATABASES.get(name, name): float(scores["coverage_80"])
        for name, scores in (across or {}).items()
        if scores.get("coverage_80") is not None
    }
    if away:
        words.append(
            f"Of databases that were left out whole, ranges widened so held {_listed(away)}: that "
            f"is what “{CHANCE}” on a product means."
        )
    if own:
        words.append(
            f"Before it is widened, the method's own range promises {share(promised)} too; it held "
            f"{_listed(own)}."
        )
    words += _short(splits, promised, own)
    return first, " ".join(words)


def _short(splits: Splits, promised: float, own: Mapping[str, float]) -> list[str]:
    """Where the method's own ranges hold less than they promise."""
    said = []
    if own:
        worst = min(
            (splits[split]["estimate"] for split in own),
            key=lambda scores: scores.get("worst_category_coverage") or 1.0,
        )
        held = worst.get("worst_category_coverage")
        if held is not None and held < promised:
            said.append(
                f"Its worst category anywhere, {worst.get('worst_category', 'unnamed')}, held "
                f"{share(held)}: there it promises too much."
            )
    short = [split for split, part in own.items() if part < promised - 0.005]
    return [*said, f"Below the promise: {listed(short)}."] if short else said


def _held(splits: Splits, name: str) -> dict[str, float]:
    return {
        split: float(methods["estimate"][name])
        for split, methods in splits.items()
        if methods.get("estimate", {}).get(name) is not None
    }


def _listed(parts: Mapping[str, float]) -> str:
    return listed(f"{share(part)} ({name})" for name, part in parts.items())


def coverage_table(splits: Splits, promised: float) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Split": split,
                "Promised": share(promised),
                "Held on screen": share(scores.get(SHOWN)),
                "High over low, on screen": _factor(scores.get("range_factor_widened")),
                "Held by its own range": share(scores.get(OWN)),
                "High over low, own": _factor(scores.get("range_factor")),
                "Worst category, own": str(scores.get("worst_category") or "–"),
                "Held there": share(scores.get("worst_category_coverage")),
            }
            for split, methods in splits.items()
            for scores in [methods.get("estimate", {})]
        ]
    )


def _factor(value: float | None) -> str:
    return significant(value) if value else "–"
