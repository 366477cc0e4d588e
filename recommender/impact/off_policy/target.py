"""The policy to be judged, on the contexts of a log: what it would show at each place of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import ID, Column, Table, TableError, check_table, read_columns, row_error
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.off_policy.columns import P_BUY, SOME, WORTH
from recommender.impact.off_policy.table import Impressions, worth_by_product
from recommender.log import find

TARGET = Table(
    name="slates",
    named_by=("customer_id", "position", "product_id"),
    columns={
        "policy": Column(kind="text", meaning="whose slates", filled=True),
        "task": Column(kind="text", meaning="all, or new to the customer", filled=True),
        "customer_id": ID,
        "position": Column(kind="whole", meaning="1 is the first place", at_least=1, **SOME),
        "product_id": ID,
        "chance": Column(
            kind="number",
            meaning="that the policy puts it there; 1 if left out",
            above=0,
            at_most=1,
        ),
        "p_buy": P_BUY,
        **WORTH,
    },
)
ONE = "slates"  # the name of a policy that a table does not name
ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Target:
    """Rows of what a policy would show in each context of a log, places as the log's."""

    name: str
    contexts: Ints  # (kept,): contexts of the log whose customers have a slate
    context: Ints  # (rows,): position in `contexts`
    place: Ints  # (rows,): from 0
    product: Ints  # (rows,): position in `product_id`
    chance: Floats  # (rows,): that the policy shows it there
    p_buy: Floats  # (rows,): NaN where the slates do not tell
    product_id: npt.NDArray[np.object_]  # the log's products, then those only the policy shows
    worth: pd.DataFrame  # (products,): columns of WORTH by position, NaN where not told
    places: int  # of the log
    beyond: int  # places of its slates below the log's last

    @property
    def key(self) -> Ints:
        """Of every row: context, place and product in one number."""
        return self.keys(self.context, self.place, self.product)

    def keys(self, context: Ints, place: Ints, product: Ints) -> Ints:
        return (context * self.places + place) * len(self.product_id) + product

    @property
    def certain(self) -> Bools:
        """Whether the policy leaves nothing to chance, by row."""
        return np.asarray(self.chance == 1)


def read_targets(path: Path) -> dict[str, pd.DataFrame]:
    """Slates by policy, in the file's order, those for all products where it holds both tasks.

    Raises TableError for a bad table, a product or a place that stands twice on a slate, and
    chances of a place above 1.
    """
    return targets_from(read_columns(path, TARGET.name), f"slates ({path})")


def targets_from(rows: pd.DataFrame, where: str = "slates") -> dict[str, pd.DataFrame]:
    """The same of rows at hand."""
    more = {"score": Column(kind="number", meaning="what the policy ranks by")}
    table = check_table(rows, TARGET.with_columns(**more), where)
    if "task" in table and (table["task"] == "all").any():
        table = table[table["task"] == "all"]
    if "chance" not in table:
        table = table.assign(chance=1.0)
    table = table.assign(chance=table["chance"].fillna(1.0))
    if "policy" not in table:
        table = table.assign(policy=ONE)
    place = table.groupby(["policy", "customer_id", "position"])["chance"].transform("sum")
    product = table.groupby(["policy", "customer_id", "product_id"])["chance"].transform("sum")
    again = table.duplicated(["policy", "customer_id", "position", "product_id"])
    for total, what in ((place, "place"), (product, "product")):
        bad = (total > 1 + ROUNDING).to_numpy() | again.to_numpy()
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            first = table.iloc[row]
            named = {name: first[name] for name in ("policy", *TARGET.named_by)}
            problem = (
                f"the chances of this {what} on the customer's slate add up to "
                f"{total.iloc[row]:.4g}, but at most 1 was expected"
            )
            raise row_error(where, int(table.index[row]), named, problem, int(bad.sum()))
    return {str(name): part for name, part in table.groupby("policy", sort=False)}


def target_on(log: Impressions, name: str, slates: pd.DataFrame) -> Target:
    """What the slates of a policy (rows of `targets_from`) would show in the contexts of `log`.

    Contexts of customers without a slate are left out. Raises TableError where none is left.
    """
    at = pd.Index(log.customer_id).get_indexer(pd.Index(slates["customer_id"]))
    beyond = int(slates["position"].max()) - log.places
    slates = slates[(at >= 0) & (slates["position"].to_numpy() <= log.places)]
    at = pd.Index(log.customer_id).get_indexer(pd.Index(slates["customer_id"]))
    if len(slates) == 0:
        raise TableError(
            f"{log.where}: none of its {len(log.customer_id)} customers has a slate of {name}, so "
            f"there is nothing to compare"
        )
    ids = np.concatenate(
        [
            log.product_id,
            np.setdiff1d(slates["product_id"].unique().astype(object), log.product_id),
        ]
    )
    order = np.lexsort((slates["position"].to_numpy(), at))
    slates, at = slates.iloc[order], at[order]
    first, last = np.searchsorted(at, log.customer), np.searchsorted(at, log.customer, "right")
    kept = np.flatnonzero(last > first)
    count = (last - first)[kept]
    context = np.repeat(np.arange(len(kept)), count)
    row = np.repeat(first[kept], count) + (
        np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    )
    product = pd.Index(ids).get_indexer(pd.Index(slates["product_id"])).astype(np.int64)
    nothing = np.full(len(slates), np.nan)
    p_buy = slates["p_buy"].to_numpy(np.float64) if "p_buy" in slates else nothing
    told = worth_by_product(slates).reindex(ids).combine_first(log.worth.reindex(ids)).loc[ids]
    return Target(
        name=name,
        contexts=kept,
        context=context,
        place=slates["position"].to_numpy(np.int64)[row] - 1,
        product=product[row],
        chance=slates["chance"].to_numpy(np.float64)[row],
        p_buy=p_buy[row],
        product_id=ids,
        worth=told.reindex(columns=list(WORTH)).reset_index(drop=True),
        places=log.places,
        beyond=max(0, beyond),
    )


def chance_of(target: Target, context: Ints, place: Ints, product: Ints) -> Floats:
    """Chance that the policy shows each product at each place of each context; 0 if never."""
    key = target.key
    order = np.argsort(key, kind="stable")
    at = find(key[order], target.keys(context, place, product))
    return np.where(at >= 0, np.append(target.chance[order], 0.0)[at], 0.0)
