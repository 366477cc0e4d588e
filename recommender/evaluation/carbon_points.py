"""The points at which carbon cuts are judged: fixed here, before any judging week was looked at.

Two ways to ask for less carbon are walked: a climate weight that compares inside needs ("inside
needs") or across all goods ("free mix"), and a carbon budget over all shoppers together. Each point
stands twice, without and with sellers' floors; on the first path it also stands once with estimates
at a cautious quantile. The floors alone are a point too: what carbon costs beyond them is counted
from there. No product whose footprint is unknown is shown: unknown is never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from recommender.policy import Policy

INSIDE, FREE, BUDGET = "inside needs", "free mix", "carbon budget"
ALONE = "sellers' floors alone"
REFERENCES = {INSIDE: "need", FREE: "none"}  # of the climate weight
WEIGHTS = (0.02, 0.03, 0.05, 0.08, 0.1, 0.12, 0.15, 0.18, 0.22, 0.3, 0.5)
CHANGES = (-0.1, -0.15, -0.2, -0.25, -0.3, -0.35, -0.4)  # of functional kg per purchase
APOSTROPHE = "'"  # is in no name of a policy
FLOOR = {"target": "merit", "floor": 0.5}  # half of what sellers sell is their least attention
CAUTIOUS, CAUTIOUS_WEIGHT = 0.8, 0.05


@dataclass(frozen=True, kw_only=True)
class CarbonPoint:
    """One point of a curve: how it is asked for, and the policy that asks it."""

    path: str  # INSIDE, FREE, BUDGET or ALONE
    value: float  # climate weight, or change of the kg per purchase
    floors: bool  # whether sellers' floors hold
    quantile: float  # at which estimates enter
    policy: Policy

    @property
    def name(self) -> str:
        """What the point is called in tables.

        >>> carbon_points()[0].name
        'inside needs .02'
        """
        if self.path == ALONE:
            return self.path
        asked = f"{100 * self.value:.0f} %" if self.path == BUDGET else f"{self.value:g}"[1:]
        doubt = f", quantile {self.quantile:g}" if self.quantile > 0.5 else ""
        return f"{self.path} {asked}{doubt}{', floors' if self.floors else ''}"


def carbon_points() -> list[CarbonPoint]:
    """All points, path by path; first without floors, then with them.

    >>> [p.name for p in carbon_points() if p.value in (0.5, -0.4, 0) or p.quantile > 0.5]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['inside needs .5', 'inside needs .05, quantile 0.8', 'free mix .5', 'carbon budget -40 %',
     "sellers' floors alone", 'inside needs .5, floors', 'free mix .5, floors',
     'carbon budget -40 %, floors']
    """
    points: list[CarbonPoint] = []
    for floors in (False, True):
        if floors:
            points.append(_point(ALONE, 0.0, floors, 0.5, {}))
        for path in REFERENCES:
            points += [_weight(path, weight, floors) for weight in WEIGHTS]
            if path == INSIDE and not floors:
                points.append(_weight(path, CAUTIOUS_WEIGHT, floors, CAUTIOUS))
        for change in CHANGES:
            limits = {"limits": {"carbon_change": change}}
            points.append(_point(BUDGET, change, floors, 0.5, limits))
    return points


def _weight(path: str, weight: float, floors: bool, quantile: float = 0.5) -> CarbonPoint:
    carbon = {"reference": REFERENCES[path], "quantile": quantile}
    asked = {"weights": {"shopper": 1.0, "climate": weight}, "carbon": carbon}
    return _point(path, weight, floors, quantile, asked)


def _point(
    path: str, value: float, floors: bool, quantile: float, asked: Mapping[str, Any]
) -> CarbonPoint:
    given: dict[str, Any] = {
        "name": f"{path.replace(' ', '-').replace(APOSTROPHE, '')}-{abs(value):g}",
        "version": 1,
        "description": "A point of the curve of carbon cuts.",
        "review_date": date(9999, 12, 31),  # nothing in it can go out of date
        "weights": {"shopper": 1.0},
        "carbon": {},
        "sellers": FLOOR if floors else {},
        **asked,
    }
    given["carbon"] = {**given["carbon"], "bar_unknown": True}
    policy = Policy.model_validate(given)
    return CarbonPoint(path=path, value=value, floors=floors, quantile=quantile, policy=policy)
