"""What one product's figure rests on, as tables; and why it may lie outside its records."""

from __future__ import annotations

import math

import pandas as pd

from app_pages._words import listed, significant
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.explain.words import MEMBER_WORDS


def records_table(found: Explanation) -> pd.DataFrame:
    """The nearest published records: figure, as published, likeness, source."""
    return pd.DataFrame(
        [
            {
                "Record": record.concept,
                "kg CO2e per kg": significant(record.kg_co2e_per_kg),
                "As published": ends(record.kg_co2e_per_kg_low, record.kg_co2e_per_kg_high),
                "Likeness": f"{record.similarity:.2f}",
                "Source": record.source,
            }
            for record in found.records
        ]
    )


def votes_table(found: Explanation) -> pd.DataFrame:
    """What each member of the blend says by itself, and how much it counts."""
    return pd.DataFrame(
        [
            {
                "Method": MEMBER_WORDS.get(vote.member, vote.member),
                "kg CO2e per kg": significant(vote.kg_co2e_per_kg),
                "Weight": f"{vote.weight:.2f}",
            }
            for vote in found.votes
        ]
        + _blend_row(found)
    )


def _blend_row(found: Explanation) -> list[dict[str, str]]:
    """The figure that the weights give, as the last line under the votes; none without weights."""
    weights = sum(vote.weight for vote in found.votes)
    if not weights or found.kg_co2e_per_kg is None:
        return []
    figure = {"Method": "the estimate", "kg CO2e per kg": significant(found.kg_co2e_per_kg)}
    return [{**figure, "Weight": f"{weights:.2f}"}]


def why_outside(found: Explanation) -> str:
    """Why the estimate lies above, or below, every record shown beside it; "" where it does not.

    The member that pulls it there the most is named with its vote and weight.
    """
    figure, near = found.kg_co2e_per_kg, [r.kg_co2e_per_kg for r in found.records]
    if figure is None or not near or min(near) <= figure <= max(near):
        return ""
    above = figure > max(near)
    side, edge = ("above", max(near)) if above else ("below", min(near))
    voting = [vote for vote in found.votes if vote.weight > 0]
    if not voting:
        return ""
    pulls = [vote.weight * math.log(vote.kg_co2e_per_kg / edge) for vote in voting]
    pulls = pulls if above else [-pull for pull in pulls]
    most = [
        f"{MEMBER_WORDS.get(vote.member, vote.member)} {significant(vote.kg_co2e_per_kg)} "
        f"(weight {vote.weight:.2f})"
        for pull, vote in sorted(zip(pulls, voting, strict=True), key=lambda p: -p[0])[:2]
        if pull > 0
    ]
    return (
        f"The estimate, {significant(figure)}, lies {side} all {len(near)} nearest records "
        f"({significant(min(near))} to {significant(max(near))}), because it is no mean of these: "
        f"every method learns from all records of the seed. What moves it {side} them: "
        f"{listed(most)}."
    )


def declarations_table(found: Explanation) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Device": declared.name,
                "kg CO2e per unit": significant(declared.kg_co2e) if declared.kg_co2e else "–",
            }
            for declared in found.declarations
        ]
    )


def ends(low: float, high: float) -> str:
    """A published range, or one figure where all agree.

    >>> ends(1.0, 2.5), ends(3.0, 3.0)
    ('1.0–2.5', '3.0')
    """
    said = significant(low), significant(high)
    return said[0] if said[0] == said[1] else f"{said[0]}–{said[1]}"
