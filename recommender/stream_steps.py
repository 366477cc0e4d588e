"""The step on a workspace that serves a stream of shoppers at prices that follow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import ID, Table, TableError, read_table
from recommender.candidates import Floats, Ints
from recommender.policy import Policy, PolicyError
from recommender.rerank.assemble import CARBON
from recommender.rerank.batches import Batches
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.kept_rows import PRICES, keep_rows, read_rows, with_kept_rows
from recommender.rerank.prepare import Prepared, prepared
from recommender.rerank.problem import Prices
from recommender.rerank.stream import Drift, Stream, StreamReport
from recommender.serving_steps import NOW, prices_in
from recommender.shop import Shop
from recommender.steps import scales_now
from recommender.tradeoff import Scales, customer_excess, slate_table
from recommender.workspace import write_table, write_text

ORDER = Table(name="order", named_by=("customer_id",), columns={"customer_id": ID})
DRIFT, COURSE = ".drift.csv", ".course.csv"  # endings of files beside the slates
WORST_TOLD = 5  # limits that the answer names


@dataclass(frozen=True, kw_only=True)
class Coming:
    """Who comes, in order, and who asked in vain."""

    customers: Ints  # (visits,): customer numbers
    unknown: int  # visits of customers that the log does not know
    without_candidates: int  # visits of customers with nothing to show


def stream_step(
    shop: Shop,
    policy: Policy,
    out: Path,
    *,
    order: Path | None = None,
    warm: Path | None = None,
    step: float,
    batch: int,
    seed: int,
    task: str = "all",
) -> dict[str, Any]:
    """Slates of shoppers who come one after the other, served at prices that follow them.

    They come in the order of a table (`order`), or all once in an order drawn with `seed`, and are
    served `batch` at a time; between batches every price moves by `step` of a place's value for a
    unit of attention that was missed. `warm` are prices of an earlier run; without them, all start
    at 0. Slates go to `out`; prices, the drift of each limit and its course go beside it. Raises
    PolicyError for a policy without limits that shoppers share, and TableError for an order of
    nobody whom the shop can serve or a step below 0.
    """
    if not policy.couples_shoppers:
        raise PolicyError(
            f"policy {policy.name}: no limit that shoppers share, so a stream has no price to "
            f"follow; `greenaisle recommend` serves it to one shopper after the other as it is"
        )
    if not (np.isfinite(step) and step >= 0):
        raise TableError(
            f"step is {step:g}, but a number of 0 (frozen prices) or more was expected"
        )
    start = None if warm is None else prices_in(warm, policy)
    asked = None if order is None else read_table(order, ORDER)["customer_id"].tolist()
    scales, candidates = scales_now(shop), shop.candidates(NOW)
    if warm is not None:
        candidates = with_kept_rows(candidates, read_rows(warm), shop.log.ids)
    ready = prepared(
        candidates, shop.shelves, policy, scales, task, customer_id=shop.log.ids.customers
    )
    problem = ready.assembled.problem
    coming = _coming(shop, problem.start, asked, seed)
    frozen = start or FrozenPrices.of(problem, Prices.none(problem))
    stream = Stream(frozen, step=step)
    rows, course = _served(stream, Batches.of(problem), coming.customers, batch)
    report = stream.report()
    slates = _slates(shop, ready, rows, coming.customers, policy, task)
    write_table(out, slates)
    now = _named(shop, stream.prices(), policy, scales, ready)
    prices_path = out.with_suffix(PRICES)
    write_text(prices_path, now.to_json())
    keep_rows(prices_path, ready.candidates, shop.log.ids)
    drifts = worst_first(report.drifts)
    write_text(out.with_suffix(DRIFT), drift_table(drifts).to_csv(index=False))
    write_text(out.with_suffix(COURSE), course.to_csv(index=False))
    return {
        "policy": policy.name,
        "task": task,
        "visits": report.shoppers,
        "customers": len(np.unique(coming.customers)),
        "unknown_customers": coming.unknown,
        "without_candidates": coming.without_candidates,
        "batches": report.batches,
        "step": step,
        "started_from": None if warm is None else {"prices": str(warm), "policy": frozen.policy},
        "unknown_prices": 0 if warm is None else report.unknown_prices,
        "kinds": {kind: missed[0] for kind, missed in stream.missed_so_far().items()},
        "carbon": _carbon(shop, slates, ready),
        "worst": [_told(drift) for drift in drifts[:WORST_TOLD] if drift.shortfall > 0],
        "limits": len(report.drifts),
        "limits_missed": sum(drift.shortfall > 0 for drift in report.drifts),
        "prices_moved": sum(drift.price != drift.price_before for drift in report.drifts),
        "out_of_reach": len(ready.out_of_reach),
        "deferred": len(ready.deferred),
        "added": ready.added,
        "notes": _notes(policy, ready, report),
        "out": str(out),
        "prices_out": str(prices_path),
        "drift_out": str(out.with_suffix(DRIFT)),
        "course_out": str(out.with_suffix(COURSE)),
    }


def worst_first(drifts: Sequence[Drift]) -> list[Drift]:
    """Totals first, then floors and caps by how much attention they miss; ties go by name."""
    is_total = {drift.limit for drift in drifts if drift.unit != "attention"}
    return sorted(drifts, key=lambda d: (d.limit not in is_total, -d.shortfall, d.limit))


def drift_table(drifts: Sequence[Drift]) -> pd.DataFrame:
    """One row for each limit: what was asked and reached, what is missed, the price then and now.

    >>> drift_table([]).columns.tolist()[:4]
    ['limit', 'unit', 'is_cap', 'asked']
    """
    columns = ("limit", "unit", "is_cap", "asked", "reached", "missed", "missed_share")
    return pd.DataFrame(
        [_told(drift) for drift in drifts], columns=[*columns, "price_before", "price"]
    )


def _told(drift: Drift) -> dict[str, Any]:
    told = asdict(drift) | {"missed": drift.shortfall, "missed_share": drift.share}
    del told["size"]
    return told


def _coming(shop: Shop, start: Ints, asked: list[str] | None, seed: int) -> Coming:
    """The visits that can be served."""
    if asked is None:
        everybody = np.flatnonzero(np.diff(start) > 0)
        customers = np.random.default_rng(seed).permutation(everybody)
        return Coming(customers=customers, unknown=0, without_candidates=0)
    number = shop.log.ids.customer_rows(asked)
    known = number[number >= 0]
    served = known[np.diff(start)[known] > 0]
    if not len(served):
        raise TableError(
            f"order: none of {len(asked)} visits is of a customer with candidates "
            f"({len(asked) - len(known)} unknown to the log, {len(known)} without candidates), "
            f"but at least one was expected"
        )
    return Coming(
        customers=served,
        unknown=len(asked) - len(known),
        without_candidates=len(known) - len(served),
    )


def _served(
    stream: Stream, batches: Batches, customers: Ints, batch: int
) -> tuple[Ints, pd.DataFrame]:
    """Rows of the whole problem on each visit's slate, (visits, places), and the course of misses.

    The course has a row for each batch and kind of limit.
    """
    rows = np.full((len(customers), len(batches.problem.attention)), -1, np.int64)
    course = []
    for first in range(0, len(customers), batch):
        last = min(first + batch, len(customers))
        some, of_all = batches.batch(customers[first:last])
        # the last place stands for an empty one
        rows[first:last] = np.append(of_all, -1)[stream.serve(some)]
        for kind, (share, worst, missed) in stream.missed_so_far().items():
            course.append((last, kind, share, worst if missed > 0 else "", missed))
    columns = ["visits", "limits", "missed_share", "worst", "worst_missed"]
    return rows, pd.DataFrame(course, columns=columns)


def _slates(
    shop: Shop, ready: Prepared, rows: Ints, customers: Ints, policy: Policy, task: str
) -> pd.DataFrame:
    """The slates table of all visits, with the number of the visit from 1."""
    made, candidates = ready.assembled, ready.candidates
    own_rows = np.append(made.rows, -1)[rows]
    parts: Floats = np.zeros((len(made.parts), len(candidates.product)))
    parts[:, made.rows] = made.parts
    extra = np.zeros(len(candidates.product))
    extra[made.rows] = made.extra
    slates = slate_table(
        own_rows,
        candidates,
        shop.goods,
        parts,
        customer_excess(candidates, shop.goods),
        policy=policy.name,
        task=task,
        customer_id=shop.log.ids.customers[customers],
        extra=extra if policy.has_values else None,
    )
    slates.insert(2, "visit", np.repeat(np.arange(len(rows)) + 1, (own_rows >= 0).sum(axis=1)))
    return slates


def _named(
    shop: Shop, prices: FrozenPrices, policy: Policy, scales: Scales, ready: Prepared
) -> FrozenPrices:
    """The prices with what they were made of and for."""
    return FrozenPrices(
        policy=policy.name,
        version=policy.version,
        made_from=shop.workspace.fingerprint("relevance"),
        attention=prices.attention,
        m0=scales.m0,
        g0=scales.g0,
        target_kg=ready.assembled.target_kg,
        totals=prices.totals,
        floors=prices.floors,
        caps=prices.caps,
    )


def _carbon(shop: Shop, slates: pd.DataFrame, ready: Prepared) -> dict[str, float] | None:
    """kg CO2e of a purchase on the slates beside what the budget allows; None without a budget.

    As the budget counts: figures at the policy's quantile, products of unknown footprint left out.
    """
    target = ready.assembled.target_kg
    if target is None:
        return None
    goods = ready.goods
    row = shop.log.ids.product_rows(slates["product_id"])
    place = ready.assembled.problem.attention[slates["position"].to_numpy() - 1]
    demand = np.where(goods.unknown[row], 0.0, place * slates["p_buy"].to_numpy())
    total = float(demand.sum())
    kg = float((demand * goods.functional.kg_functional[row]).sum())
    return {"target_kg": target, "kg_per_purchase": kg / total if total > 0 else 0.0}


def _notes(policy: Policy, ready: Prepared, report: StreamReport) -> list[str]:
    notes = list(ready.assembled.notes)
    notes += [
        f"{miss.limit} is out of reach: {miss.reached:.4g} of {miss.asked:.4g} {miss.unit}, "
        f"{miss.because}; the stream asks for what can be reached"
        for miss in ready.out_of_reach[:WORST_TOLD]
    ]
    more = len(ready.out_of_reach) - WORST_TOLD
    notes += [f"and {more:,} more limits out of reach"] if more > 0 else []
    if policy.sellers.welfare_weight > 0:
        notes.append("the welfare of sellers counts by the prices at the start: they do not follow")
    if CARBON in {drift.limit for drift in report.drifts} and ready.assembled.unknown_rows:
        notes.append("products of unknown footprint count as the carbon target")
    return notes
