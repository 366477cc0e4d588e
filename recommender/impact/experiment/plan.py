"""How large a test must be: arms of whole units, and lists for a policy judged from drawn slots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from pcf_estimator.tables import TableError, read_columns
from recommender.candidates import Floats, Ints
from recommender.impact.experiment.pairs import both_chances
from recommender.impact.experiment.slots import Pools, Slots, slots_for
from recommender.impact.experiment.table import pools_of
from recommender.impact.outcome.plan import Plan, planned, read_baseline
from recommender.impact.outcome.table import Names
from recommender.policy import Slate

UNIT = "unit_id"


def arms_plan(
    baseline: Path,
    by: Sequence[str],
    effect: float,
    *,
    outcome: str = "spend",
    time: str = "week",
    power: float = 0.8,
    treated_share: float = 0.5,
    seed: int = 0,
) -> Plan:
    """Units and weeks to see a relative `effect`, by the machinery of `outcome plan`.

    `baseline` holds rows of periods; the columns `by` together make a unit, and rows of a unit and
    period are added up: all that sellers compete for inside a unit is one figure. Raises TableError
    for missing columns and where too little is left.
    """
    where = f"baseline ({baseline})"
    rows = read_columns(baseline, "baseline")
    missing = [name for name in (*by, time, outcome) if name not in rows]
    if missing:
        raise TableError(
            f"{where}: no column {', '.join(missing)}; found {', '.join(map(str, rows.columns))}"
        )
    value = pd.to_numeric(rows[outcome], errors="coerce")
    if value.isna().any():
        row = int(np.flatnonzero(value.isna())[0])
        raise TableError(
            f"{where}, row {row + 1}: {outcome} is {rows[outcome].iloc[row]}, but a number was "
            f"expected ({int(value.isna().sum())} such rows)"
        )
    keys = rows[list(by)].astype(str)
    unit = keys.iloc[:, 0] if len(by) == 1 else keys.agg(" x ".join, axis=1)
    tall = pd.DataFrame({UNIT: unit, time: rows[time], outcome: value})
    summed = tall.groupby([UNIT, time], as_index=False).agg({outcome: "sum"})
    names = Names(outcome=outcome, unit=UNIT, time=time, treated=None)
    return planned(
        read_baseline(summed, names, where),
        effect,
        power=power,
        treated_share=treated_share,
        seed=seed,
    )


def slots_plan(
    pools: Pools,
    slots: Slots,
    wanted: Ints,
    attention: Floats,
    effect: float,
    *,
    power: float = 0.8,
    lists_a_week: float | None = None,
) -> dict[str, Any]:
    """Lists that drawn slots need to tell a policy's purchases from the log's, before a draw.

    `wanted` (customers, places) are the columns of each pool that the judged policy would show;
    -1 is none of them, and has no support. The variance of one list's IPS estimate follows from
    the exact chances of places and of pairs of places (one coin draws all of a list's places or
    none) and p_buy x attention as if it were the purchase chance of a product shown, whatever
    stands beside it: an assumption, told.
    """
    customers, places = wanted.shape
    at = np.arange(customers)[:, None]
    chance = np.where(
        wanted >= 0, slots.chance[at, np.arange(places)[None, :], np.maximum(wanted, 0)], 0.0
    )
    supported = chance > 0
    buy = np.where(wanted >= 0, pools.p_buy[at, np.maximum(wanted, 0)], 0.0) * attention[:places]
    # E[(w r)^2] = buy / chance, since w = 1 / chance with that chance and r is 0 or 1
    worth = np.divide(buy, chance, out=np.zeros_like(buy), where=supported)
    # E[w r w' r'] of two places = buy x buy' x chance of both / (chance x chance')
    pairs = np.einsum("uj,uk,ujk->u", worth, worth, both_chances(pools, slots, wanted))
    value = float(np.where(supported, buy, 0.0).sum(axis=1).mean())
    if value <= 0:
        raise TableError(
            "slates: the policy to be judged sells nothing that could be drawn, so no plan is made"
        )
    variance = float((worth.sum(axis=1) + 2.0 * pairs).mean()) - value**2
    sight = float(stats.norm.ppf(0.975) + stats.norm.ppf(power))
    lists = math.ceil(sight**2 * variance / (effect * value) ** 2)
    weeks = None if lists_a_week is None else math.ceil(lists / lists_a_week)
    largest = float((1.0 / chance[supported]).max())
    missing = float(1.0 - supported.mean())
    said = (
        f"To tell a change of {effect:+.1%} of {value:.3g} purchases per list in {power:.0%} of "
        f"cases, about {lists:,} lists are needed (by IPS; doubly robust needs fewer)"
        f"{'' if weeks is None else f', {weeks:,} weeks at {lists_a_week:,.0f} lists a week'}; the "
        f"largest weight would be {largest:.3g}, and {missing:.1%} of what the policy shows could "
        f"not be drawn. Purchase chances are taken as p_buy x attention, an assumption."
    )
    return {
        "layer": "measured, planned",
        "effect": effect,
        "power": power,
        "lists": lists,
        "weeks": weeks,
        "purchases_per_list": value,
        "largest_weight": largest,
        "unsupported": missing,
        "sentence": said,
    }


def slots_plan_of(
    slates: pd.DataFrame,
    also: pd.DataFrame | None,
    effect: float,
    *,
    places: int,
    pool: int,
    loss: float,
    power: float = 0.8,
    lists_a_week: float | None = None,
) -> dict[str, Any]:
    """The same from the slates of the policy in place and of the one to be judged (or None)."""
    pools, ids, _, left_out = pools_of(slates, also, places, pool)
    attention = Slate(n=places).curve()
    slots = slots_for(pools, attention, loss=loss)
    judged = slates if also is None else also
    judged = judged[judged["position"] <= places]
    customer = pd.Index(pools.customer_id).get_indexer(pd.Index(judged["customer_id"]))
    product = pd.Index(ids).get_indexer(pd.Index(judged["product_id"]))
    kept = (customer >= 0) & (product >= 0)
    customer, product = customer[kept], product[kept]
    same = pools.product[customer] == product[:, None]
    wanted = np.full((len(pools.customer_id), places), -1)
    place = judged["position"].to_numpy(np.int64)[kept] - 1
    wanted[customer, place] = np.where(same.any(axis=1), same.argmax(axis=1), -1)
    facts = slots_plan(
        pools, slots, wanted, attention, effect, power=power, lists_a_week=lists_a_week
    )
    return facts | {
        "customers": len(pools.customer_id),
        "left_out": left_out,
        "expected_loss": slots.loss,
        "expected_loss_worst": slots.worst_loss,
        "least_chance": slots.least_chance,
    }
