"""The numbers that a merchandiser moves, what else a policy asks, and certified points nearby."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from recommender.policy import Policy, PolicyError

DRAFT: Final = "draft"
SAME: Final = 1e-9
# how far apart two values are on each number, for the nearest point: a step one would notice
STEPS: Final = {
    "climate": 0.1,
    "margin": 0.05,
    "sellers": 0.01,
    "carbon_less": 0.05,
    "floor": 0.2,
    "relevance": 0.05,
}
LIMITS: Final = ("carbon_less", "floor", "relevance")
ENDS: Final = ("value", "low", "high", "change", "change_low", "change_high")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Weights and limits that the page has a control for; 0 is none."""

    climate: float = 0.0
    margin: float = 0.0
    sellers: float = 0.0
    reference: str = "need"
    bar_unknown: bool = False
    carbon_less: float = 0.0  # share that carbon per purchase falls at least
    floor: float = 0.0  # of what each seller is due
    relevance: float = 0.0  # share of the relevance slates'


@dataclass(frozen=True, kw_only=True)
class Near:
    """A policy's figures before it is solved: between two certified points, or of the nearest."""

    points: tuple[str, ...]  # two that were drawn a line between, or the nearest one
    share: float  # how far on the way from the first to the second
    entry: dict[str, Any]  # {"tasks": {task: {"figures", "split"}}}


def asked_of(entry: Mapping[str, Any]) -> Asked:
    """What an entry of a report asks by the page's controls.

    >>> asked_of({"weights": {"climate": 0.1}, "limits": {"carbon_change": -0.2}}).carbon_less
    0.2
    """
    weights, limits = entry["weights"], entry.get("limits", {})
    carbon = entry.get("carbon", {})
    return Asked(
        climate=float(weights.get("climate", 0.0)),
        margin=float(weights.get("retailer", 0.0)),
        sellers=float(weights.get("sellers", 0.0)),
        reference=str(carbon.get("reference", "need")),
        bar_unknown=bool(carbon.get("bar_unknown", False)),
        carbon_less=max(0.0, -float(limits.get("carbon_change") or 0.0)),
        floor=float(entry.get("sellers", {}).get("floor", 0.0)),
        relevance=float(limits.get("relevance", 0.0)),
    )


def rest_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a policy asks that no control moves: other limits, values, caution with estimates."""
    limits, sellers = dict(entry.get("limits", {})), dict(entry.get("sellers", {}))
    if (limits.get("carbon_change") or 0.0) <= 0.0:  # a budget that allows more has no control
        limits.pop("carbon_change", None)
    limits.pop("relevance", None)
    sellers.pop("floor", None)
    values = {name: v for name, v in entry.get("values", {}).items() if v}
    carbon = {"quantile": entry.get("carbon", {}).get("quantile", 0.5)}
    shopper = {"shopper": float(entry["weights"].get("shopper", 0.0))}
    return {
        "limits": limits,
        "sellers": sellers,
        "values": values,
        "carbon": carbon,
        "weights": shopper,
    }


def rest_key(entry: Mapping[str, Any]) -> str:
    """The rest as text: two entries with the same can be drawn a line between."""
    return json.dumps(rest_of(entry), sort_keys=True)


def alike(one: Asked, other: Asked) -> bool:
    """Whether two ask for the same, but for rounding."""
    return not moved(one, other) and _kind(one) == _kind(other)


def moved(one: Asked, other: Asked) -> list[str]:
    """The numbers in which two differ."""
    mine, theirs = asdict(one), asdict(other)
    return [name for name in STEPS if abs(mine[name] - theirs[name]) > SAME]


def tried_policy(
    asked: Asked,
    start: Mapping[str, Any],
    *,
    name: str = DRAFT,
    description: str = "Weights and limits tried on the Merchandise page.",
    review_date: date = date(9999, 12, 31),
    version: int = 1,
    slate: Mapping[str, Any] | None = None,
) -> Policy:
    """The policy that `asked` makes of the entry that one started from.

    Raises PolicyError where both together make none, or name or description are none.
    """
    rest = rest_of(start)
    limits, sellers = dict(rest["limits"]), dict(rest["sellers"])
    if asked.carbon_less > 0:
        limits["carbon_change"] = -asked.carbon_less
        limits.pop("carbon_target_kg", None)
    if asked.relevance > 0:
        limits["relevance"] = asked.relevance
    if asked.floor > 0:
        sellers["floor"] = asked.floor
    given = {
        "name": name,
        "version": version,
        "description": description,
        "review_date": review_date,
        "weights": {
            **rest["weights"],
            "retailer": asked.margin,
            "climate": asked.climate,
            "sellers": asked.sellers,
        },
        "carbon": {
            **rest["carbon"],
            "reference": asked.reference,
            "bar_unknown": asked.bar_unknown,
        },
        "limits": limits,
        "sellers": sellers,
        "values": rest["values"],
        **({} if slate is None else {"slate": dict(slate)}),
    }
    try:
        return Policy.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = " ".join(str(part) for part in first["loc"])
        raise PolicyError(
            f"policy {name}: {where}{': ' if where else ''}"
            f"{first['msg'].removeprefix('Value error, ')}"
        ) from error


def nearby(
    asked: Asked, start: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]], task: str
) -> Near | None:
    """Figures for `asked` from certified entries of the same kind: at once, and not exact.

    Between two that differ from it in one and the same number, on either side, a straight line;
    else the nearest by steps that one would notice. None where no entry is of its kind.
    """
    rest = rest_key(start)
    able = {
        name: asked_of(entry)
        for name, entry in entries.items()
        if task in entry["tasks"] and entry["tasks"][task]["figures"]
    }
    kin = {n: a for n, a in able.items() if _kind(a) == _kind(asked)}
    same = {n: a for n, a in kin.items() if rest_key(entries[n]) == rest}
    pool = same or kin or able
    if not pool:
        return None
    best: tuple[float, str, str, float] | None = None
    for number in STEPS:
        at = getattr(asked, number)
        line = [
            (getattr(a, number), n) for n, a in same.items() if set(moved(a, asked)) <= {number}
        ]
        below = max((p for p in line if p[0] <= at), default=None)
        above = min((p for p in line if p[0] >= at), default=None)
        if below is None or above is None:
            continue
        span = above[0] - below[0]
        if best is None or span / STEPS[number] < best[0]:
            share = (at - below[0]) / span if span else 0.0
            best = span / STEPS[number], below[1], above[1], share
    if best is not None and best[1] != best[2]:
        _, first, second, share = best
        between = _between(entries[first]["tasks"][task], entries[second]["tasks"][task], share)
        return Near(points=(first, second), share=share, entry={"tasks": {task: between}})
    name = min(pool, key=lambda n: (_distance(pool[n], asked), n))
    return Near(
        points=(name,), share=0.0, entry={"tasks": {task: dict(entries[name]["tasks"][task])}}
    )


def _between(one: Mapping[str, Any], other: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Figures and splits on the straight line from one run to another."""

    def line(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
        return {
            end: None
            if a.get(end) is None or b.get(end) is None
            else (1.0 - share) * a[end] + share * b[end]
            for end in ENDS
        }

    both = {
        n: line(e, other["figures"][n]) for n, e in one["figures"].items() if n in other["figures"]
    }
    split = {
        kind: {p: line(e, other["split"][kind][p]) for p, e in parts.items()}
        for kind, parts in one["split"].items()
    }
    return {"figures": both, "split": split, "certificate": None}


def _kind(asked: Asked) -> tuple[str, bool]:
    return asked.reference, asked.bar_unknown


def _distance(one: Asked, other: Asked) -> float:
    far = sum(abs(getattr(one, name) - getattr(other, name)) / step for name, step in STEPS.items())
    return far + 100.0 * (_kind(one) != _kind(other))


def nearest(asked: Asked, entries: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The name of the entry whose controls are nearest to `asked`; None where there is none."""
    able = {name: asked_of(entry) for name, entry in entries.items()}
    return min(able, key=lambda name: (_distance(able[name], asked), name), default=None)


def weaker_limits(asked: Asked, entries: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Limits of `asked` that none of the entries holds as strictly, with the most that one holds.

    >>> weaker_limits(Asked(floor=0.4), [{"weights": {}, "sellers": {"floor": 0.2}}])
    {'floor': 0.2}
    """
    held = [asked_of(entry) for entry in entries]
    most = {name: max((getattr(one, name) for one in held), default=0.0) for name in LIMITS}
    return {name: most[name] for name in LIMITS if getattr(asked, name) > most[name] + SAME}
