"""Who and what is treated: arms by a stable hash of whole markets, customers or need clusters.

Exposure is zero-sum between sellers, so comparing products counts a gain and the loss it makes
elsewhere as two effects. Arms are therefore made of wholes inside which sellers compete: all goods
of a need, for a whole customer or market. A unit's arm hangs on its own ids and the seed alone: it
never changes when others join, and no list of arms has to be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import ID, Table, TableError, check_table
from recommender.candidates import Floats
from recommender.impact.experiment.slots import stable_uniform

LEAST_UNITS = 2


def assigned(units: pd.DataFrame, by: Sequence[str], *, share: float, seed: int) -> pd.DataFrame:
    """Each distinct combination of the columns `by`, with `treated` (0 or 1), sorted.

    `share` of all are treated on average. Raises TableError for missing columns or empty ids, and
    where all fall into one arm.

    >>> cells = pd.DataFrame(
    ...     {"market": ["north", "north", "south"], "need": ["tea", "milk", "tea"]}
    ... )
    >>> assigned(cells, ["market", "need"], share=0.5, seed=1)["treated"].tolist()
    [1, 0, 0]
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}, but one between 0 and 1 was expected")
    if not by:
        raise ValueError("by is empty, but the columns that make a unit were expected")
    table = check_table(
        units, Table(name="units", columns=dict.fromkeys(by, ID), named_by=tuple(by)), "units"
    )
    cells = table[list(by)].drop_duplicates().sort_values(list(by), ignore_index=True)
    # lengths keep "a|b" and "c" apart from "a" and "b|c"
    keys = [
        f"{seed}|" + "|".join(f"{len(part)}:{part}" for part in row)
        for row in cells.itertuples(index=False)
    ]
    arm = (stable_uniform(keys, 1)[:, 0] < share).astype(np.int64)
    if len(cells) < LEAST_UNITS or arm.min() == arm.max():
        raise TableError(
            f"units: {len(cells)} units of {' x '.join(by)} with seed {seed} give "
            f"{int(arm.sum())} treated ones, but some of both arms were expected"
        )
    return cells.assign(treated=arm)


def shared_sellers(cells: pd.DataFrame, sales: pd.DataFrame, by: Sequence[str]) -> dict[str, float]:
    """How much sellers stand in both arms, which a comparison of sellers would count twice.

    `sales` holds the columns `by`, `seller_id` and `sales` (any unit). `in_both` is the share of
    sales of sellers that sell in both arms; `treated` the treated share of all sales.
    """
    rows = sales.merge(cells, on=list(by), how="inner")
    by_arm = rows.pivot_table(
        index="seller_id", columns="treated", values="sales", aggfunc="sum", fill_value=0.0
    ).reindex(columns=[0, 1], fill_value=0.0)
    arms: Floats = by_arm.to_numpy(np.float64)
    total = arms.sum()
    if total <= 0:
        raise TableError("sales: no sales in any unit, but some were expected")
    both = (arms > 0).all(axis=1)
    return {"in_both": float(arms[both].sum() / total), "treated": float(arms[:, 1].sum() / total)}


def balance(cells: pd.DataFrame, facts: pd.DataFrame, by: Sequence[str]) -> list[dict[str, Any]]:
    """Means of each number in `facts` by arm, and their gap in standard deviations."""
    rows = cells.merge(facts, on=list(by), how="inner")
    answer = []
    for name in facts.select_dtypes("number"):
        if name in by:
            continue
        one, none = (rows[rows["treated"] == arm][name].dropna() for arm in (1, 0))
        spread = float(np.sqrt((one.var() + none.var()) / 2)) if min(len(one), len(none)) > 1 else 0
        gap = float(one.mean() - none.mean())
        answer.append(
            {
                "figure": str(name),
                "treated": float(one.mean()),
                "untreated": float(none.mean()),
                "gap_in_sd": gap / spread if spread > 0 else None,
            }
        )
    return answer
