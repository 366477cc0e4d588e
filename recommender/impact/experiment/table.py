"""Slates into pools, and drawn slots into the table that a shop shows and fills in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import Column, TableError, check_table, read_columns
from recommender.candidates import Floats
from recommender.impact.experiment.slots import (
    MOST_POOL,
    Pools,
    Slots,
    drawn_slates,
    slots_for,
    stable_uniform,
)
from recommender.impact.off_policy.columns import WORTH
from recommender.impact.off_policy.target import TARGET, targets_from

SOME = {"required": True, "filled": True}
SLATES = TARGET.with_columns(
    score=Column(kind="number", meaning="what the policy ranks by", **SOME),
    p_buy=Column(kind="number", meaning="chance to buy", at_least=0, at_most=1, **SOME),
)
CARRIED = ("p_buy", *WORTH)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Slots drawn for all customers: the rows, and what drawing costs."""

    rows: pd.DataFrame  # impressions without `bought`; `shown` false: could have stood there
    slots: Slots
    left_out: int  # customers whose slates are too short
    at: str

    def facts(self) -> dict[str, Any]:
        """All figures, for JSON."""
        slots, shown = self.slots, self.rows["shown"].to_numpy(np.bool_)
        chance = self.rows["propensity"].to_numpy(np.float64)
        return {
            "layer": "measured, planned",
            "shown_at": self.at,
            "customers": len(slots.mix),
            "left_out": self.left_out,
            "places": slots.chance.shape[1],
            "rows": len(self.rows),
            "rows_shown": int(shown.sum()),
            "expected_loss": slots.loss,
            "expected_loss_worst": slots.worst_loss,
            "mix": float(slots.mix.mean()),
            "least_chance": float(chance.min()),
            "largest_weight": float(1.0 / chance.min()),
            "sentence": self.sentence(),
        }

    def sentence(self) -> str:
        """What the draw costs and allows, in words."""
        slots = self.slots
        left = f" {self.left_out:,} customers have too short a slate and keep it." * (
            self.left_out > 0
        )
        return (
            f"{len(slots.mix):,} customers, {slots.chance.shape[1]} places drawn: relevance at "
            f"these places (attention x p_buy) is expected to fall by {slots.loss:.2%} over all "
            f"customers and by {slots.worst_loss:.2%} for the one who loses most. Places are drawn "
            f"in {slots.mix.mean():.1%} of lists, the others keep the policy's order; the smallest "
            f"chance of anything that may stand at a place is {slots.least_chance:.2g}.{left}"
        )


def read_slates(path: Path, policy: str | None = None) -> pd.DataFrame:
    """The slates of one policy in a file, with `score` and `p_buy`.

    Raises TableError for a bad table, where it holds several policies and none is named, and where
    it does not hold `policy`.
    """
    where = f"slates ({path})"
    by_policy = targets_from(check_table(read_columns(path, "slates"), SLATES, where), where)
    if policy is None and len(by_policy) > 1:
        raise TableError(
            f"{where}: slates of {', '.join(by_policy)}, but those of one policy were expected "
            f"({len(by_policy)} policies); --name and --also-name choose"
        )
    if policy is not None and policy not in by_policy:
        raise TableError(f"{where}: no slates of {policy}; found those of {', '.join(by_policy)}")
    return by_policy[policy] if policy else next(iter(by_policy.values()))


def pools_of(
    slates: pd.DataFrame, also: pd.DataFrame | None, places: int, size: int
) -> tuple[Pools, npt.NDArray[np.object_], pd.DataFrame, int]:
    """Pools of a policy's slates and another's, product ids, what rows carry, customers left out.

    A pool takes products in turn: the first of the policy, the first of the other, the second of
    the policy, ... A product of the other alone counts as much as the policy's at the same place.
    Customers with fewer than `places` places are left out. Raises TableError where none is left.
    """
    if not places <= size <= MOST_POOL:
        raise ValueError(
            f"a pool of {size} for {places} places, but one of {places} to {MOST_POOL} was expected"
        )
    filled = slates.groupby("customer_id")["position"].transform("count")
    enough = slates[filled >= places].assign(_from=0)
    left_out = int(slates["customer_id"].nunique() - enough["customer_id"].nunique())
    if len(enough) == 0:
        raise TableError(f"slates: no customer has {places} places or more ({left_out} customers)")
    rows = enough
    if also is not None:
        # the value of the policy's own product at the same place
        own = enough[["customer_id", "position", "score"]]
        theirs = also.drop(columns="score").merge(own, on=["customer_id", "position"])
        # and its own value where the policy itself has the product further down
        key = ["customer_id", "product_id"]
        known = enough[[*key, "score"]].rename(columns={"score": "_own"})
        theirs = theirs.merge(known, on=key, how="left")
        theirs["score"] = theirs.pop("_own").fillna(theirs["score"])
        rows = pd.concat([enough, theirs.assign(_from=1)])
    rows = rows.sort_values(["customer_id", "position", "_from"], kind="stable")
    rows = rows.drop_duplicates(["customer_id", "product_id"])
    rows = rows[rows.groupby("customer_id").cumcount() < size]
    _, customer = np.unique(rows["customer_id"].astype(object), return_inverse=True)
    product, ids = pd.factorize(rows["product_id"], sort=True)
    column = rows.groupby("customer_id").cumcount().to_numpy()
    customers = int(customer.max()) + 1

    def laid_out(values: npt.NDArray[Any], empty: float) -> npt.NDArray[Any]:
        matrix = np.full((customers, size), empty, dtype=values.dtype)
        matrix[customer, column] = values
        return matrix

    first = enough.sort_values(["customer_id", "position"])
    order = first.groupby("customer_id").cumcount().to_numpy()
    first = first[order < places].assign(_place=order[order < places])
    key = ["customer_id", "product_id"]
    place = rows[key].merge(first[[*key, "_place"]], on=key, how="left")["_place"].to_numpy()
    mine = np.isfinite(place)
    at = np.full((customers, places), -1)
    at[customer[mine], place[mine].astype(np.int64)] = column[mine]
    short = (at < 0).any(axis=1)
    if short.any():
        raise TableError(
            f"slates: pools of {size} products of two policies leave {int(short.sum())} customers "
            f"fewer than {places} of the first policy's; a pool of {2 * places} is always enough"
        )
    pools = Pools(
        customer_id=np.unique(rows["customer_id"].astype(object)),
        product=laid_out(product.astype(np.int64), -1),
        value=laid_out(rows["score"].to_numpy(np.float64), 0.0),
        p_buy=laid_out(rows["p_buy"].to_numpy(np.float64), 0.0),
        own=at,
    )
    carried = rows[["customer_id", "product_id", *(c for c in CARRIED if c in rows)]]
    return pools, np.asarray(ids, object), carried, left_out


def drawn_slots(
    slates: pd.DataFrame,
    also: pd.DataFrame | None,
    attention: Floats,
    *,
    places: int,
    pool: int,
    loss: float,
    at: str,
    seed: int,
    temperature: float = 0.5,
    most: float = 1.0,
    listed: bool = True,
) -> Drawn:
    """Drawn slots for the customers of `slates`, to be shown at the time `at`.

    A customer's draw hangs on seed, time and its own id alone. `listed` adds what could have stood
    at each place (`shown` false), from which support is known exactly later.
    """
    pools, ids, carried, left_out = pools_of(slates, also, places, pool)
    slots = slots_for(pools, attention, loss=loss, temperature=temperature, most=most)
    keys = [f"{seed}|{at}|{each}" for each in pools.customer_id]
    column, propensity, given = drawn_slates(pools, slots, stable_uniform(keys, 1 + pool))
    customer, place = np.indices(column.shape)
    shown = pd.DataFrame(
        {
            "customer_id": pools.customer_id[customer.ravel()],
            "product_id": ids[np.take_along_axis(pools.product, column, axis=1).ravel()],
            "shown_at": at,
            "position": place.ravel() + 1,
            "propensity": propensity.ravel(),
            "given_above": given.ravel(),
            "shown": True,
        }
    )
    rows = shown
    if listed:
        other = slots.chance.copy()
        other[customer, place, column] = 0.0
        who, where, which = np.nonzero(other)
        rest = pd.DataFrame(
            {
                "customer_id": pools.customer_id[who],
                "product_id": ids[pools.product[who, which]],
                "shown_at": at,
                "position": where + 1,
                "propensity": other[who, where, which],
                "given_above": np.nan,
                "shown": False,
            }
        )
        rows = pd.concat([shown, rest], ignore_index=True)
    rows = rows.merge(carried, on=["customer_id", "product_id"], how="left")
    rows = rows.sort_values(
        ["customer_id", "position", "shown", "product_id"],
        ascending=[True, True, False, True],
        ignore_index=True,
    )
    return Drawn(rows=rows, slots=slots, left_out=left_out, at=at)
