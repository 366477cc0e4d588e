"""Which policy is in force on the Merchandise page, and how its figures are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app_pages import _load
from app_pages._merchandise.asks import ask, key_of, looked
from app_pages._words import plain
from recommender.drafts import Kept, kept_policies
from recommender.frontier_points import policies_of
from recommender.impact.observed.parts import policy_said
from recommender.policy import Policy, PolicyError
from recommender.tradeoff import Scales
from recommender.tried import (
    DRAFT,
    Asked,
    alike,
    asked_of,
    nearby,
    rest_key,
    tried_policy,
)

Entry = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Known:
    """Every policy that can be started from, by name."""

    report: Mapping[str, Entry]
    points: Mapping[str, Entry]  # of the frontier
    saved: Mapping[str, Entry]  # without figures: they are judged on demand
    kept: Kept

    @property
    def entries(self) -> dict[str, Entry]:
        """The report's first, then the saved ones, then the frontier's points."""
        points = {name: e for name, e in self.points.items() if name not in self.saved}
        return {**self.report, **self.saved, **points}

    @property
    def judged(self) -> dict[str, Entry]:
        """Those with figures, the report's before the frontier's."""
        return {**self.points, **self.report}

    def policy(self, name: str) -> Policy:
        """A known policy as one that can be judged or downloaded, under its own name and date."""
        if name in self.kept.policies and name not in self.report:
            return self.kept.policies[name]
        entry = self.entries[name]
        of_point = "A certified point of the frontier. " if name not in self.report else ""
        return tried_policy(
            asked_of(entry),
            entry,
            name=name,
            description=f"{of_point}{entry.get('description') or name}",
            review_date=date.fromisoformat(entry.get("review_date") or date.max.isoformat()),
            version=int(entry.get("version", 1)),
            slate=_load.default().slate.model_dump(),
        )

    def kind(self, name: str) -> str:
        """Where a policy comes from, in words."""
        if name in self.report:
            return "policy of the report"
        return "saved by you" if name in self.saved else "point of the frontier"


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The policy that the controls make, with the best figures there are for it right now."""

    name: str  # DRAFT where it is no policy's own
    asked: Asked
    start: Entry  # what it was started from: its other limits hold
    policy: Policy
    entry: Entry  # with tasks[task]
    meta: Mapping[str, Any]
    exact: bool
    points: tuple[str, ...]  # certified points that stand in for it while it is not exact
    key: str | None  # of the answer that is still being made
    problem: str  # why there is no exact answer; "" for none

    @property
    def said(self) -> str:
        """What it is called in a table or a chart."""
        return "your weights" if self.name == DRAFT else self.name


def known(here: _load.Opened) -> Known:
    """The policies of the report, those saved, and the points of the frontier."""
    found = _load.frontier()
    kept = kept_policies(here.shop.workspace)
    scales = here.report["scales"]
    of_report = Scales(m0=scales["m0"], g0=scales["g0"], short={})
    return Known(
        report=here.report["policies"],
        points={} if found is None else policies_of(found),
        saved={
            name: {**policy_said(policy, of_report), "tasks": {}}
            for name, policy in kept.policies.items()
            if name not in here.report["policies"]
        },
        kept=kept,
    )


def in_force(here: _load.Opened, all_: Known, start: str, asked: Asked, task: str) -> InForce:
    """The policy that `asked` makes of `start`: its own figures, or the nearest certified ones.

    Where nobody has judged it yet, the refiner is asked to. Raises PolicyError where it is none.
    """
    base = all_.entries[start]
    rest = rest_key(base)
    slate = _load.default().slate.model_dump()
    name = next(
        (
            other
            for other in sorted(all_.entries, key=lambda other: other != start)
            if rest_key(all_.entries[other]) == rest and alike(asked_of(all_.entries[other]), asked)
        ),
        DRAFT,
    )
    policy = tried_policy(asked, base, slate=slate) if name == DRAFT else all_.policy(name)
    entry = all_.judged.get(name)
    key = key_of(policy)
    refined, problem = looked(key)
    if entry is not None and task in entry["tasks"]:
        from_report = name in all_.report
        # a point is of one task; a report says no price of a limit
        wants = not from_report or (policy.couples_shoppers and "limit_prices" not in entry)
        if wants and refined is not None:
            entry = completed(entry, refined["policies"][policy.name], task)
        elif wants and not problem:
            ask(here, policy, key)
        is_open = wants and refined is None and not problem
        meta = here.report["meta"] if from_report else _frontier_meta()
        return InForce(
            name=name,
            asked=asked,
            start=base,
            policy=policy,
            entry=entry,
            meta=meta,
            exact=True,
            points=(),
            key=key if is_open else None,
            problem=problem,
        )
    if refined is not None:
        return InForce(
            name=name,
            asked=asked,
            start=base,
            policy=policy,
            entry=refined["policies"][policy.name],
            meta=refined["meta"],
            exact=True,
            points=(),
            key=None,
            problem="",
        )
    if not problem:
        ask(here, policy, key)
    near = nearby(asked, base, all_.judged, task)
    if near is None:
        raise PolicyError("nothing was judged yet that is like these weights")
    return InForce(
        name=name,
        asked=asked,
        start=base,
        policy=policy,
        entry=near.entry,
        meta=here.report["meta"],
        exact=False,
        points=near.points,
        key=None if problem else key,
        problem=problem,
    )


def completed(entry: Entry, judged: Entry, task: str) -> Entry:
    """An entry with what it lacks of one that was judged since: its figures stay its own."""
    tasks = {**judged["tasks"], **entry["tasks"]}
    return {
        **judged,
        **entry,
        "tasks": {**tasks, task: {**judged["tasks"][task], **entry["tasks"][task]}},
    }


def _frontier_meta() -> Mapping[str, Any]:
    found = _load.frontier()
    assert found is not None
    return dict(found["meta"])


def names(points: tuple[str, ...]) -> str:
    """Names of certified points, as text for a page."""
    return " and ".join(f"**{plain(name)}**" for name in points)
