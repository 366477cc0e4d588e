"""The slates of several policies on the same candidates, and how sure it is that they are best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Candidates, Floats, Ints
from recommender.metrics import Slates
from recommender.policy import BASELINE, Policy
from recommender.rerank.rerank import Reranked, Shelves, rerank
from recommender.tradeoff import TASKS, VARIETY, Scales, baseline_scales, slate_table

Run = tuple[str, str]  # policy and task
MISSED_TOLD = 20  # limits that a certificate names; the rest are counted


@dataclass(frozen=True, kw_only=True)
class PolicySlates:
    """Slates by policy and task, as arrays and as one table, with the scales they share."""

    scales: Scales
    slates: dict[Run, Slates]
    certificates: dict[Run, dict[str, Any]]
    table: pd.DataFrame  # the columns of `tradeoff.slate_table`


def policy_slates(
    candidates: Candidates,
    shelves: Shelves,
    policies: Sequence[Policy],
    households: Ints,
    customer_id: npt.NDArray[np.object_],
) -> PolicySlates:
    """The slates of `households` (customer numbers) under each policy, for both tasks.

    The first policy is the baseline: its slates for the task all fix the scales of the others. All
    customers are ranked together, since limits hold for them together; `households` are judged.
    """
    scales = Scales(m0=0.0, g0=0.0, short={})  # the baseline needs none
    slates: dict[Run, Slates] = {}
    certificates: dict[Run, dict[str, Any]] = {}
    tables = []
    for policy in policies:
        for task in TASKS:
            made = rerank(candidates, shelves, policy, scales, task, customer_id=customer_id)
            rows = made.rows[households]
            if policy.name == BASELINE and task == "all":
                scales = baseline_scales(rows, candidates, shelves.goods, policy.slate.curve())
            slates[policy.name, task] = slates_of(made, households)
            certificates[policy.name, task] = certificate(made)
            tables.append(table_of(made, task, households, shelves, customer_id))
    table = pd.concat(tables, ignore_index=True)
    if VARIETY in table:  # policies that do not value it give it nothing
        table[VARIETY] = table[VARIETY].fillna(0.0)
    return PolicySlates(scales=scales, slates=slates, certificates=certificates, table=table)


def slates_of(made: Reranked, households: Ints) -> Slates:
    """What stands on the slates of some households."""
    rows, candidates = made.rows[households], made.candidates
    filled = rows >= 0
    return Slates(
        customer=households,
        product=np.where(filled, candidates.product[rows], -1),
        weight=filled * made.policy.slate.curve(),
        p_buy=filled * candidates.p_buy[rows],
        excess=filled * made.excess[rows],
    )


def table_of(
    made: Reranked,
    task: str,
    households: Ints,
    shelves: Shelves,
    customer_id: npt.NDArray[np.object_],
) -> pd.DataFrame:
    """The slates of some households as rows of the slates table."""
    values: Floats | None = made.extra if made.extra.any() else None
    return slate_table(
        made.rows[households],
        made.candidates,
        shelves.goods,
        made.parts,
        made.excess,
        policy=made.policy.name,
        task=task,
        customer_id=customer_id[households],
        extra=values,
    )


def certificate(made: Reranked) -> dict[str, Any]:
    """How close to the best the slates are proven, and which limits they miss, as plain values.

    `gap` is a share of the bound, None where a limit is missed.
    """
    told = list(made.missed[:MISSED_TOLD])
    return {
        "gap": made.gap,
        "bound": made.solution.bound,
        "value": made.solution.value,
        "passes": made.solution.passes,
        "missed": len(made.missed),
        "missed_first": [asdict(miss) | {"shortfall": miss.shortfall} for miss in told],
        "deferred": len(made.deferred),
        "surrogates": list(made.surrogates),
        "added": made.added,
        "notes": list(made.assembled.notes),
    }
