"""What one product's figure rests on as a chart, with the sentence that says what it shows."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, GREY, TEAL
from app_pages._words import significant
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.explain.words import MEMBER_WORDS


def evidence(found: Explanation) -> pd.DataFrame:
    """Figures per kg with their ends, one a row: nearest records, methods, and the estimate."""
    rows = [
        ("record", r.concept, r.kg_co2e_per_kg, r.kg_co2e_per_kg_low, r.kg_co2e_per_kg_high)
        for r in found.records
    ]
    for vote in found.votes:
        kg = vote.kg_co2e_per_kg
        rows.append(("method", MEMBER_WORDS.get(vote.member, vote.member), kg, kg, kg))
    per_kg = [found.kg_co2e_per_kg, found.kg_co2e_per_kg_low, found.kg_co2e_per_kg_high]
    if None not in per_kg:
        rows.append(("estimate", "the estimate", *per_kg))  # type: ignore[arg-type]
    return pd.DataFrame(rows, columns=["what", "name", "kg", "low", "high"])


def evidence_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Records, methods and the estimate on one scale of kg CO2e per kg; ranges as thin bars."""
    kinds = ["record", "method", "estimate"]
    # the caption names the marks: a legend does not fit on a phone
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=kinds, range=[GREY, AMBER, TEAL]), legend=None
    )
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=150))
    scale = alt.Scale(type="log", nice=False, padding=14)
    title = "kg CO2e per kg, logarithmic"
    base = alt.Chart(rows)
    bars = base.mark_rule(strokeWidth=4, opacity=0.45, strokeCap="round").encode(
        x=alt.X("low:Q", scale=scale, title=title), x2="high:Q", y=y, color=colour
    )
    dots = base.mark_point(filled=True, opacity=1, size=95).encode(
        x=alt.X("kg:Q", scale=scale, title=title),
        y=y,
        color=colour,
        shape=alt.Shape(
            "what:N",
            scale=alt.Scale(domain=kinds, range=["circle", "diamond", "square"]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("name:N", title="What"),
            alt.Tooltip("kg:Q", title="kg CO2e per kg", format=".2~g"),
        ],
    )
    return (bars + dots).properties(height=27 * len(rows) + 60)


def evidence_sentence(rows: pd.DataFrame) -> str:
    """What the evidence chart shows."""
    here = rows[rows["what"] == "estimate"].iloc[0]
    said = [
        f"Per kg as sold the estimate (square) is {significant(here['kg'])} kg CO2e, with a range "
        f"from {significant(here['low'])} to {significant(here['high'])}"
    ]
    for what, name in (("record", "nearest records (circles)"), ("method", "methods (diamonds)")):
        kg = rows.loc[rows["what"] == what, "kg"].tolist()
        if kg:
            ends = f"{significant(min(kg))} and {significant(max(kg))}"
            said.append(f"its {len(kg)} {name} lie between {ends}")
    return "; ".join(said) + "."
