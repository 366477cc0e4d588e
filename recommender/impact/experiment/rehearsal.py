"""A rehearsal of a test by drawn slots: what it would have said, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recommender.impact.experiment.simulated import NAMES, SlotWorld, off_policy_study
from recommender.impact.off_policy.columns import WORTH
from recommender.impact.off_policy.off_policy import judge
from recommender.impact.off_policy.table import Impressions
from recommender.impact.off_policy.target import Target
from recommender.workspace import write_table

CASCADE = 0.6  # of the attention below a sure purchase is gone in the shop that breaks assumptions
FEW = 4  # logs of the shops that are there to be refused or biased: a share of all


def rehearsal(logs: int, sizes: Sequence[int], seed: int) -> dict[str, Any]:
    """Rows of the study in four shops, one test beside a randomised arm, and sentences.

    The shops: as assumed; with purchases that hang on what stands above, judged as if they did not
    ("breaks") and as they are ("cascade"); and one that never draws what the policy would show.
    """
    world = SlotWorld()
    plain = off_policy_study(logs, sizes, seed, world=world)
    largest = [max(sizes)]
    fewer = max(2, logs // FEW)
    tempting = replace(world, cascade=CASCADE)
    closed = replace(world, supported=False)
    rows = [
        *_of("as assumed", plain),
        *_of("breaks", off_policy_study(fewer, largest, seed, world=tempting)),
        *_of("cascade", off_policy_study(fewer, largest, seed, world=tempting, assume="cascade")),
        *_of("no support", off_policy_study(fewer, largest, seed, world=closed)),
    ]
    beside = beside_arm(world, max(sizes), seed)
    return {
        "layer": "simulated",
        "seed": seed,
        "rows": rows,
        "arm": beside,
        "sentences": [*_study_sentences(rows, min(sizes), max(sizes)), beside["sentence"]],
    }


def beside_arm(world: SlotWorld, lists: int, seed: int) -> dict[str, Any]:
    """One log of drawn slots, and an arm of other customers who get the judged policy outright."""
    rng = np.random.default_rng([seed, 9])
    log, target = world.log(lists, rng)
    said = judge(log, target, seed=seed)
    arm, error = world.arm(lists, rng)
    facts = {"lists": lists, "truth": world.truth()[NAMES[1]], "arm": arm, "arm_error": error}
    if said.support.reason:
        return facts | {"sentence": said.support.reason}
    one = said.estimates["dr"]["purchases"]
    return facts | {
        "estimate": dict(one),
        "sentence": (
            f"One test: {lists:,} drawn lists say {one['value']:.3f} ({one['low']:.3f} to "
            f"{one['high']:.3f}) purchases per list under the other policy, without showing it; an "
            f"arm of as many lists that did show it sold {arm:.3f} ({arm - 1.96 * error:.3f} to "
            f"{arm + 1.96 * error:.3f}); the truth is {facts['truth']:.3f}."
        ),
    }


def write_example(out: Path, seed: int, lists: int = 2000) -> tuple[Path, Path]:
    """impressions.parquet and slates.parquet of a simulated shop in the folder `out`."""
    log, target = SlotWorld().log(lists, np.random.default_rng([seed, 10]))
    paths = out / "impressions.parquet", out / "slates.parquet"
    write_table(paths[0], impressions_frame(log))
    write_table(paths[1], slates_frame(log, target))
    return paths


def impressions_frame(log: Impressions) -> pd.DataFrame:
    """A log as the table that `off_policy.table` reads, with what could have stood there."""
    context, place = np.nonzero(log.filled)
    shown = pd.DataFrame(
        {
            "context": context,
            "place": place,
            "product": log.product[context, place],
            "shown": True,
            "bought": log.bought[context, place].astype(np.int64),
        }
    )
    for name in ("propensity", "given_above", "p_buy"):
        values = getattr(log, name)
        if values is not None:
            shown[name] = values[context, place]
    rows = shown
    if log.possible is not None:
        rest = log.possible.merge(
            shown[["context", "place", "product"]], how="left", indicator=True
        )
        rest = rest[rest["_merge"] == "left_only"].drop(columns="_merge")
        rows = pd.concat([shown, rest.assign(shown=False, bought=0)], ignore_index=True)
    rows = rows.sort_values(["context", "place", "shown", "product"], ignore_index=True)
    at = rows.pop("context").to_numpy()
    product = rows.pop("product").to_numpy()
    position = rows.pop("place").to_numpy() + 1
    head = pd.DataFrame(
        {
            "customer_id": log.customer_id[log.customer[at]].astype(str),
            "product_id": log.product_id[product].astype(str),
            "shown_at": log.shown_at[at],
            "position": position,
        }
    )
    worth = log.worth.reindex(log.product_id).iloc[product].reset_index(drop=True)
    return pd.concat([head, rows, worth[list(WORTH)]], axis=1)


def slates_frame(log: Impressions, target: Target) -> pd.DataFrame:
    """A policy's slates as a table, one for each customer."""
    customer = log.customer[target.contexts[target.context]]
    rows = pd.DataFrame(
        {
            "policy": target.name,
            "customer_id": log.customer_id[customer].astype(str),
            "position": target.place + 1,
            "product_id": target.product_id[target.product].astype(str),
            "p_buy": target.p_buy,
        }
    )
    worth = target.worth.iloc[target.product].reset_index(drop=True)
    return pd.concat([rows, worth], axis=1).drop_duplicates(ignore_index=True)


def _of(shop: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"shop": shop, **row} for row in rows]


def _study_sentences(rows: list[dict[str, Any]], few: int, many: int) -> list[str]:
    def row(shop: str, lists: int, estimator: str) -> dict[str, Any]:
        wanted = {"shop": shop, "lists": lists, "estimator": estimator}
        return next(r for r in rows if all(r[key] == value for key, value in wanted.items()))

    small, large = (row("as assumed", lists, "dr") for lists in (few, many))
    plain, broken = row("as assumed", many, "ips"), row("breaks", many, "dr")
    mended, closed = row("cascade", many, "dr"), row("no support", many, "dr")
    said = []
    if small["rmse"] is not None and large["rmse"] is not None:
        said.append(
            f"Doubly robust is off by {small['rmse']:.4f} purchases per list (root mean square) "
            f"with {few:,} lists and by {large['rmse']:.4f} with {many:,}; plain IPS by "
            f"{plain['rmse']:.4f} with {many:,}. Its 95 % intervals hold the truth in "
            f"{large['coverage']:.0%} of {large['logs']} logs."
        )
    if broken["bias"] is not None and mended["bias"] is not None:
        said.append(
            f"Where tempting products take attention from those below, the position assumption "
            f"errs by {broken['bias']:+.4f} on average, and the cascade by {mended['bias']:+.4f}."
        )
    said.append(
        f"Of {closed['logs']} logs that never draw what the policy shows, {closed['refused']:.0%} "
        f"were refused."
    )
    return said
