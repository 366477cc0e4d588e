"""Closer looks at a policy that was tried: its segments, and how far two policies are apart.

Both are drawn when somebody asks, on the stage that judged the policy, so that its slates need not
be searched again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from recommender.bootstrap import drawn_sums, estimates, ratio
from recommender.candidates import Floats
from recommender.functional import Functional
from recommender.impact.observed.judged import TOTAL, judged_sums
from recommender.impact.segments.segments import segment_report
from recommender.judged_points import DRAWS, Stage
from recommender.metrics import FIGURES, Slates, household_sums
from recommender.policy import BASELINE, Policy
from recommender.steps import SEED
from recommender.tradeoff import TASKS

SECOND_TABLE = f"{TOTAL}_second"  # the same carbon by the second footprints table
Estimate = dict[str, float | None]


def segments_of(stage: Stage, policy: Policy, draws: int = DRAWS) -> dict[str, Any] | None:
    """The segments of one policy as a report has them; None where no household has a kind."""
    if not stage.kinds:
        return None
    slates = {
        (BASELINE, TASKS[0]): stage.alone[TASKS[0]],
        (policy.name, TASKS[0]): stage.slates(policy, TASKS[0]),
    }
    found = segment_report(
        slates,
        stage.windows,
        stage.shelves.goods,
        dict(stage.kinds),
        draws=draws,
        rng=np.random.default_rng(SEED),
    )
    return {**found, "notes": [*found["notes"], *stage.kind_notes]}


def apart(
    stage: Stage, one: Policy, other: Policy, task: str, draws: int = DRAWS
) -> dict[str, Estimate]:
    """Per figure, the change of `one` less that of `other`, with its paired interval.

    Both stand on the same draws of households: `change` is a share of relevance alone's figure, as
    the changes of both are, so 0.01 is one point.
    """
    slates = [stage.alone[task], stage.slates(one, task), stage.slates(other, task)]
    sums = [_sums(stage, made, task, stage.second) for made in slates]
    names = list(sums[0])
    tables = [np.column_stack([part for pair in s.values() for part in pair]) for s in sums]
    drawn = drawn_sums(tables, draws, np.random.default_rng(SEED))
    levels = []
    for table, many in zip(tables, drawn, strict=True):
        # the first row is the log as it is, the others the draws
        both = np.vstack([np.asarray(table.sum(axis=0)).reshape(1, -1), many])
        levels.append(ratio(both[:, 0::2], both[:, 1::2]))
    base, mine, theirs = levels
    scale = base.copy()
    for k, name in enumerate(names):
        scaled_by = "relative" if name == SECOND_TABLE else FIGURES[name].change
        if scaled_by != "relative":
            scale[:, k] = base[:, names.index(scaled_by)]
    return estimates(names, mine, theirs, scale)


def _sums(
    stage: Stage, slates: Slates, task: str, second: Functional | None
) -> Mapping[str, tuple[Floats, Floats]]:
    """Above and below the line of every figure that has draws, (households,) each."""
    sums = household_sums(slates, stage.windows[task], stage.shelves.goods)
    if second is None:
        return sums
    by_second = judged_sums(slates, second)[:, 0]
    return {**sums, SECOND_TABLE: (by_second, np.ones(len(by_second)))}
