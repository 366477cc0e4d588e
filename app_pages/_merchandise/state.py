"""Which policy is in force on the Merchandise page, and how its figures are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import streamlit as st

from app_pages import _load
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
AT_REST = 0.5  # seconds that a control stands still before the exact answer is begun


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
    policy = all_.kept.policies.get(name) or tried_policy(asked, base, slate=slate)
    entry = all_.judged.get(name)
    key = key_of(policy)
    refined, problem = _answer(key)
    if entry is not None and task in entry["tasks"]:
        wants_prices = policy.couples_shoppers and "limit_prices" not in entry
        if wants_prices and refined is not None:
            entry = {**entry, "limit_prices": refined["policies"][policy.name]["limit_prices"]}
        elif wants_prices and not problem:
            ask(here, policy, key)
        is_open = wants_prices and refined is None and not problem
        from_report = name in all_.report
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


def _answer(key: str) -> tuple[dict[str, Any] | None, str]:
    try:
        return _load.refiner().answer(key), ""
    except PolicyError as error:
        return None, str(error)
    except Exception as error:  # whatever it was: the page stays, and says so
        return None, f"{type(error).__name__} while slates were searched"


def ask(here: _load.Opened, policy: Policy, key: str) -> None:
    """Has a policy judged in the background, in place of what this session asked before."""
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    _load.refiner().ask(
        key, lambda _: judges.policy(folder, here.version, policy), session(), AT_REST
    )


def warm_up(here: _load.Opened) -> None:
    """Has what all judging needs made ready in the background, once the page is drawn."""
    judges, folder = _load.judges(), str(Path(here.folder).resolve())
    key = f"stage {folder} {here.version}"
    _load.refiner().ask(key, lambda _: judges.warm_up(folder, here.version), key)


def session() -> str:
    """A name for this session, so that it waits for one answer at a time."""
    return str(st.session_state.setdefault("_session", uuid4().hex))


def key_of(policy: Policy) -> str:
    """The workspace's version and all of a policy that its slates hang on."""
    here = _load.opened()
    said = policy.model_dump(mode="json", exclude={"name", "version", "description", "review_date"})
    return json.dumps([here.folder, here.version, policy.name, said], sort_keys=True)


def _frontier_meta() -> Mapping[str, Any]:
    found = _load.frontier()
    assert found is not None
    return dict(found["meta"])


def names(points: tuple[str, ...]) -> str:
    """Names of certified points, as text for a page."""
    return " and ".join(f"**{plain(name)}**" for name in points)
