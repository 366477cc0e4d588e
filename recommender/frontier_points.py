"""The frontier as a step of the workspace: certified points near any weights that one may ask for.

Paths start from the policy in force: one number of it goes from value to value while all else is
held (`rerank.frontier`), each point solved from its neighbour's prices and judged on held-out
purchases with intervals. The step `frontier` holds

    frontier.json     schema, layer, meta, figures, scales; paths [{knob, words, points [name]}];
                      policies: name -> point (`judged_points`), of the task "all"
    frontier.parquet  the rows of every path's `FrontierTable`, with `path` and `point`
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from recommender.console import note
from recommender.impact.page.words import rounded
from recommender.judged_points import DRAWS, Stage, judged_points, report_of
from recommender.policy import Carbon, Policy
from recommender.rerank.frontier import KNOBS, Point, along, frontier
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.rerank import Reranked
from recommender.shop import Shop
from recommender.steps import default_policy
from recommender.tradeoff import TASKS
from recommender.workspace import WorkspaceError, fingerprint, write_table, write_text

STEP = "frontier"
BUILT_ON = ("tables", "footprints", "relevance")
MIX = "mix-"  # before the names of points that compare carbon across all goods
SHORT = {
    "weights.climate": "climate",
    "weights.retailer": "margin",
    "weights.sellers": "sellers",
    "limits.carbon_change": "carbon-less",
    "limits.relevance": "relevance-least",
    "sellers.floor": "supplier-floor",
}
# knob, whether carbon is compared across all goods, values
PATHS: tuple[tuple[str, bool, tuple[float, ...]], ...] = (
    ("weights.climate", False, (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0)),
    ("weights.climate", True, (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0)),
    ("weights.retailer", False, (0.0, 0.02, 0.1, 0.2, 0.35, 0.5)),
    ("weights.sellers", False, (0.0, 0.01, 0.02, 0.05, 0.1, 0.2)),
    ("limits.carbon_change", False, (-0.1, -0.15, -0.2, -0.25, -0.3, -0.4)),
    ("limits.carbon_change", True, (-0.3, -0.35, -0.4)),
    ("sellers.floor", False, (0.2, 0.4, 0.6)),
    ("limits.relevance", False, (0.98, 0.99)),
)
Progress = Callable[[int, int], None]


def frontier_points_step(
    shop: Shop,
    policy: Policy | None = None,
    paths: Sequence[tuple[str, bool, Sequence[float]]] = PATHS,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The frontier around `policy` (by default the one in force), made where it is not there yet.

    `progress` is told how many points are solved, and of how many. Raises PolicyError for a policy
    that cannot have a point's value.
    """
    workspace, base = shop.workspace, policy or default_policy()
    made_from = fingerprint(
        **{step: workspace.fingerprint(step) for step in BUILT_ON},
        policy=base.model_dump(mode="json"),
        paths=paths,
        draws=draws,
        code=("recommender.judged_points",),
        alone=(__name__,),
    )
    if workspace.is_current(STEP, made_from):
        note("frontier: nothing changed")
        return kept_frontier(shop)
    facts: dict[str, Any] = {"policy": base.name, "points": sum(len(path[2]) for path in paths)}
    found, rows = points_of(Stage.of(shop), base, paths, draws, progress)
    with workspace.replacing(STEP, made_from, facts, BUILT_ON) as folder:
        write_text(folder / "frontier.json", json.dumps(rounded(found), allow_nan=False))
        write_table(folder / "frontier.parquet", rows)
    return kept_frontier(shop)


def kept_frontier(shop: Shop) -> dict[str, Any]:
    """The frontier that the workspace holds. Raises WorkspaceError where there is none."""
    path = shop.workspace.path(STEP, "frontier.json")
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise WorkspaceError(f"{path} is not JSON ({error})") from error


def points_of(
    stage: Stage,
    base: Policy,
    paths: Sequence[tuple[str, bool, Sequence[float]]] = PATHS,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """The frontier as plain values, and the rows of its paths' tables."""
    total, done = sum(len(values) for _, _, values in paths), 0
    told: list[dict[str, Any]] = []
    tables: list[pd.DataFrame] = []
    points: dict[str, Any] = {}
    for knob, mix, values in paths:
        path = along(_compared(base, mix), knob, values)
        runs: dict[tuple[str, str], Reranked] = {}

        def solve(
            policy: Policy,
            warm: FrozenPrices | None,
            path: Sequence[Point] = path,
            runs: dict[tuple[str, str], Reranked] = runs,
        ) -> Reranked:
            nonlocal done
            made = stage.rerank(policy, TASKS[0], warm)
            at = next((point for point in path if point.policy is policy), None)
            if at is not None:  # else it is relevance alone, above every path
                runs[point_name(at), TASKS[0]] = made
                done += 1
                note(f"{done} of {total} points solved")
                if progress is not None:
                    progress(done, total)
            return made

        table = frontier(path, solve, stage.shelves.goods, stage.scales)
        judged = judged_points(stage, runs, draws)
        for name, beaten in zip(list(judged)[1:], table.points["dominated"], strict=True):
            judged[name]["dominated"] = bool(beaten)
        points = judged | points  # what two paths share is one point
        names = [point_name(point) for point in path]
        told.append({"knob": knob, "words": KNOBS[knob], "mix": mix, "points": names})
        tables.append(table.points.assign(path=len(told) - 1, point=names))
    report = report_of(stage, points, draws)
    return {**report, "policy": base.name, "paths": told}, pd.concat(tables, ignore_index=True)


def point_name(point: Point) -> str:
    """What a point is called: "climate-0.3", "mix-carbon-less-0.2".

    >>> from recommender.steps import default_policy
    >>> point_name(along(default_policy(), "weights.climate", [0.3])[0])
    'climate-0.3'
    """
    across = MIX if point.policy.carbon.reference == "none" else ""
    return f"{across}{SHORT.get(point.knob, point.knob)}-{abs(point.value):g}"


def _compared(base: Policy, mix: bool) -> Policy:
    """The policy with carbon compared across all goods (unknown figures barred), or as it is."""
    if not mix:
        return base
    return base.model_copy(update={"carbon": Carbon(reference="none", bar_unknown=True)})


def policies_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """The points of a kept frontier without relevance alone, which every report has."""
    baseline = found["meta"]["baseline"]
    return {name: point for name, point in found["policies"].items() if name != baseline}
