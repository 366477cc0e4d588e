"""What was asked of carbon cuts, and what the best point of each curve gives: one row for each.

The best point is that of the largest realised cut among those of its paths that lose at most the
NDCG asked for. The points are fixed beforehand, but which of them is best is seen on the judged
weeks themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recommender.evaluation.carbon_points import ALONE, BUDGET, FREE, INSIDE
from recommender.rescoring import CLAIMED, FLOW, REALISED

Row = dict[str, Any]
UNSEEN, EVERYDAY = "unseen", "everyday"
ROUNDING = 1e-12
MEDIAN = 0.5


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A cut in functional kg per purchase, and what it may cost."""

    what: str
    paths: tuple[str, ...]
    figure: str  # of rescoring.FIGURES
    change: float  # at most
    loss: float  # of NDCG@10, relative, at most

    @property
    def told(self) -> str:
        """The target in words.

        >>> ASKED[0].told
        'at least -8 % for at most 0.8 % of NDCG@10'
        """
        return f"at least {self.change:.0%} for at most {self.loss:.1%} of NDCG@10".replace(
            "%", " %"
        )


ASKED = (
    Asked(
        what="substitution inside needs, at fixed mix",
        paths=(INSIDE,),
        figure="fixed mix",
        change=-0.08,
        loss=0.008,
    ),
    Asked(what="free mix", paths=(FREE, BUDGET), figure="per purchase", change=-0.2, loss=0.008),
    Asked(what="free mix", paths=(FREE, BUDGET), figure="per purchase", change=-0.3, loss=0.02),
)
# What a naive prototype without needs reached, as the task states it: change and loss of NDCG@10.
PROTOTYPE = {
    "fixed mix": ((-0.03, 0.002), (-0.05, 0.010)),
    "per purchase": ((-0.19, 0.010), (-0.26, 0.021)),
}


def targets(report: Mapping[str, Any]) -> list[Row]:
    """A row for each optimiser and target, without and beyond sellers' floors; then the floors.

    {optimiser, floors, figure, target, point, value, claimed, ndcg, against_chance, met, missed_by}
    where `value`, `claimed` and `ndcg` are changes (ESTIMATE), those beyond floors from the floors
    alone, and `against_chance` are the units under which the sign may be chance or turns. `met` is
    None where nothing was measured.
    """
    rows: list[Row] = []
    for name, found in report["optimisers"].items():
        for floors in (False, True):
            rows += [_row(name, found["points"], asked, floors) for asked in ASKED]
    for name, found in report["optimisers"].items():
        rows += list(_floors(name, found["points"]))
    return rows


def best_point(points: list[dict[str, Any]], asked: Asked, floors: bool) -> dict[str, Any] | None:
    """The point of the largest realised cut within the loss; None where there is none."""
    within = [
        point
        for point in points
        if point["path"] in asked.paths
        and point["floors"] == floors
        and point["quantile"] == MEDIAN
        and _changes(point, asked, floors)[1]["value"] >= -asked.loss - ROUNDING
    ]
    return min(within, key=lambda p: _changes(p, asked, floors)[0]["value"], default=None)


def _row(optimiser: str, points: list[dict[str, Any]], asked: Asked, floors: bool) -> Row:
    point = best_point(points, asked, floors)
    row: Row = {
        "optimiser": optimiser,
        "floors": floors,
        "figure": asked.what,
        "target": asked.told,
        **dict.fromkeys(("point", "value", "claimed", "ndcg", "against_chance", "missed_by")),
        "met": None if not points else False,
    }
    if point is None:
        return row
    value, ndcg = _changes(point, asked, floors)
    short = value["value"] - asked.change
    signs = point["signs"][asked.figure]
    return row | {
        "point": point["point"],
        "value": value,
        "claimed": point["carbon"][CLAIMED][FLOW][asked.figure],
        "ndcg": ndcg,
        "against_chance": [unit for unit, sign in signs.items() if sign >= 0],
        "met": short <= ROUNDING,
        "missed_by": max(short, 0.0),
    }


def _changes(point: Mapping[str, Any], asked: Asked, floors: bool) -> tuple[Any, Any]:
    """The realised change and that of NDCG@10, from relevance or, with floors, from those alone."""
    if floors:
        return point["beyond_floors"][asked.figure], point["beyond_floors"]["ndcg"]
    return point["carbon"][REALISED][FLOW][asked.figure], point["relevance"]["ndcg"]


def _floors(optimiser: str, points: list[dict[str, Any]]) -> Iterator[Row]:
    floored = [point for point in points if point["floors"]]
    missed = [point for point in floored if point["floors_missed"]]
    if floored:
        alone = next((p["relevance"]["ndcg"] for p in floored if p["path"] == ALONE), None)
        yield {
            "optimiser": optimiser,
            "floors": True,
            "figure": f"attainable sellers' floors missed at {len(floored)} points",
            "target": "none",
            "point": _first(missed),
            "value": {
                "value": float(sum(point["floors_missed"] for point in floored)),
                "low": None,
                "high": None,
            },
            "claimed": None,
            "ndcg": alone,  # what the floors cost by themselves
            "against_chance": None,
            "met": not missed,
            "missed_by": None,
        }


def _first(missed: list[dict[str, Any]]) -> str | None:
    if not missed:
        return None
    more = f" and {len(missed) - 1} more" if missed[1:] else ""
    return f"{missed[0]['point']}{more}"
