"""The step `simulation` of a workspace: policies under scenarios, each pair a file of plain values.

Pairs that were simulated before from the same tables, footprints, relevance, responses and draws
are kept and not simulated again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from recommender.backtest import comparable
from recommender.console import note, working
from recommender.impact.scenario.scenario import Scenario
from recommender.impact.what_if.chart import file_stem
from recommender.impact.what_if.facts import facts_of
from recommender.impact.what_if.scene import Scene
from recommender.policy import Policy, PolicyError
from recommender.rerank.rerank import Shelves
from recommender.shop import Shop
from recommender.steps import SEED
from recommender.workspace import WorkspaceError, file_hash, fingerprint, write_text

STEP = "simulation"
DRAWS = 200
CODE = ("recommender.impact.what_if.facts", "recommender.impact.what_if.scene")


def simulation_step(
    shop: Shop,
    policies: Sequence[Policy],
    scenarios: Sequence[Scenario],
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[dict[str, Any]]:
    """The facts of every policy under every scenario (`what_if.facts`), in that order.

    Raises PolicyError where policies cannot be compared or ask for what the shop does not have,
    and for two scenarios of one name.
    """
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        raise PolicyError(f"scenarios: a name stands twice among {names}")
    comparable(policies)  # before any work
    workspace = shop.workspace
    shared = fingerprint(
        **{name: workspace.fingerprint(name) for name in ("tables", "footprints", "relevance")},
        response=_file_hash(shop, "response", "departments.parquet"),
        backtest=_file_hash(shop, "backtest", "report.json"),
        draws=draws,
        seed=seed,
        code=CODE,
        alone=("recommender.impact.what_if.step",),
    )
    wanted = {
        file_stem(policy.name, scenario.name): (policy, scenario)
        for policy in policies
        for scenario in scenarios
    }
    marks = {stem: _mark(*pair) for stem, pair in wanted.items()}
    known = _known(shop, shared)
    open_pairs = {stem: pair for stem, pair in wanted.items() if known.get(stem) != marks[stem]}
    if not open_pairs:
        note("simulation: nothing changed")
    else:
        made = simulated_pairs(shop, list(open_pairs.values()), draws, seed)
        kept = {
            stem: workspace.path(STEP, f"{stem}.json").read_text(encoding="utf-8")
            for stem in known
            if stem not in open_pairs
        }
        texts = kept | {
            stem: json.dumps(facts, indent=1, allow_nan=False)
            for stem, facts in zip(open_pairs, made, strict=True)
        }
        facts = {"shared": shared, "pairs": {**known, **marks}}
        whole = fingerprint(shared=shared, pairs=facts["pairs"], alone=(__name__,))
        with workspace.replacing(STEP, whole, facts, ["tables"]) as folder:
            for stem, text in sorted(texts.items()):
                write_text(folder / f"{stem}.json", text)
    return [
        json.loads(workspace.path(STEP, f"{stem}.json").read_text(encoding="utf-8"))
        for stem in wanted
    ]


def simulated_pairs(
    shop: Shop, pairs: Sequence[tuple[Policy, Scenario]], draws: int, seed: int
) -> list[dict[str, Any]]:
    """The facts of each pair, simulated on the candidates and slates of the judging weeks."""
    window = shop.weeks.judge
    report = _report(shop)
    displays = _displays(shop)
    with working("the slates as of the history"):
        scene = Scene.of(
            shop.candidates("judge"),
            Shelves.of(shop.products(shop.judging), shop.judging.log),
            displays,
            comparable(_distinct(policy for policy, _ in pairs))[0],
            shop.log.ids.customers,
        )
    answers = []
    for policy, scenario in pairs:
        with working(f"{policy.name} under {scenario.name}: {draws} draws"):
            found, world = scene.run(policy, scenario, draws, seed)
            reference = scene.reference(policy, scenario, draws, seed)
        answers.append(
            facts_of(
                found,
                reference,
                world,
                policy,
                scenario,
                window={"first_week": window.first, "last_week": window.last},
                seed=seed,
                report=report,
            )
        )
    return answers


def _mark(policy: Policy, scenario: Scenario) -> str:
    """What tells one pair from another of the same names."""
    return fingerprint(
        policy=policy.model_dump(mode="json"), scenario=asdict(scenario), alone=(__name__,)
    )


def _known(shop: Shop, shared: str) -> dict[str, str]:
    """The marks of the pairs that stand and were made from the same; {} where there are none."""
    if not shop.workspace.has(STEP, ""):
        return {}
    try:
        facts = shop.workspace.facts(STEP)
    except WorkspaceError:  # of tables that have changed since
        return {}
    return dict(facts["pairs"]) if facts.get("shared") == shared else {}


def _distinct(policies: Iterable[Policy]) -> list[Policy]:
    return list({policy.name: policy for policy in policies}.values())


def _file_hash(shop: Shop, step: str, name: str) -> str | None:
    return file_hash(shop.workspace.path(step, name)) if _stands(shop, step, name) else None


def _stands(shop: Shop, step: str, name: str) -> bool:
    """Whether a file of an earlier step is there and of the same tables."""
    if not shop.workspace.has(step, name):
        return False
    try:
        shop.workspace.path(step, name)
    except WorkspaceError as error:
        note(f"left aside: {error}")
        return False
    return True


def _report(shop: Shop) -> dict[str, Any] | None:
    if not _stands(shop, "backtest", "report.json"):
        note("no backtest stands there, so nothing observed is put beside")
        return None
    text = shop.workspace.path("backtest", "report.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _displays(shop: Shop) -> pd.DataFrame | None:
    if not _stands(shop, "response", "departments.parquet"):
        note("no effect of displays was estimated here, so a range is assumed")
        return None
    return shop.workspace.table("response", "departments")
