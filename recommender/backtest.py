"""The backtest: slates of every policy on the same candidates, judged by held-out purchases.

The answer holds the slates, the held-out purchases and a report, a dict of plain values:

    schema      1
    meta        what the caller says of the run (window, versions, ...), and: households,
                audit_households, judged {task: households with purchases}, candidate_rows,
                products, slots, attention, draws, coverage, baseline, products_by_basis,
                products_without_margin, notes [sentences]
    figures     figure -> {meaning, unit, change}; change is "relative" or the figure whose
                baseline value a difference is divided by
    scales      {m0, g0}
    sellers     {target, sellers, small, sellers_short, largest [{seller_id, target, short}]}
    policies    name -> {
        version, description, review_date, weights, carbon {reference, bar_unknown, quantile},
        limits, sellers, values  what the policy says beyond the defaults
        carbon_price_per_tonne  margin given up for a tonne, shop currency; null without margins
        tasks   task ("all", "new") -> {
            figures      figure -> ESTIMATE, over all households
            audit        the same over the households that chose nothing; {} without any
            split        {"total_kg", "functional_kg"} -> part -> ESTIMATE, all households
            audit_split  the same over the audit households; {} without any
            calibration  [{from, to, rows, said, seen}]: the places shown, in bands of p_buy
            sellers      seller -> share of attention, of the largest by training sales
            shortfall    {households, places}: slates with too few candidates, places left open
            certificate  {gap, bound, value, passes, missed, missed_first [...], deferred,
                         surrogates, added, notes}: gap as a share of the bound, null where a limit
                         is missed
        } }

    ESTIMATE    {value, low, high, change, change_low, change_high}

`value` is a mean over households or a ratio of two sums over them, with its 95 % interval; `change`
is against the policy `relevance`, paired: the same households are drawn for both. In a split,
`value` is kg CO2e per household and `change` the same over the baseline's kg. What does not exist
is null; counts of distinct things have no interval, since drawing again can only lose some.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recommender.bootstrap import COVERAGE, DRAWS, drawn_sums, estimate, estimates, ratio
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.carbon_split import Basket, split_functional, split_total
from recommender.evaluation.calibration import reliability
from recommender.log import Log, find
from recommender.metrics import (
    FIGURES,
    Bought,
    Slates,
    bought_in,
    distinct_counts,
    household_sums,
    small_sellers,
)
from recommender.policy import BASELINE, Policy, PolicyError, baseline_policy
from recommender.policy_slates import Run, policy_slates
from recommender.rerank.rerank import Shelves
from recommender.tradeoff import TASKS, Goods, Scales, carbon_price, seller_exposure

LARGEST_SELLERS = 10
NOTES = (
    "Demand-weighted sums are attention x p_buy x what one pack or purchase is worth: half of "
    "these goods are bought anyway, so they are no forecast.",
    "Households without a purchase in the window do not enter NDCG, recall, DCG and hits; all "
    "enter the rest.",
    "Intervals of seller shares hold the ranks and the top sellers as they are; counts of distinct "
    "things have none, since households drawn again can only lose some.",
    "Products of unknown footprint carry 0 kg; their share of attention is unknown_share.",
    "Scales and sellers' targets come from the baseline's slates for the task all and hold for "
    "both tasks.",
)


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """What a backtest answers: the report, and the tables from which anybody can recompute it."""

    report: dict[str, Any]
    slates: pd.DataFrame  # the columns of `tradeoff.slate_table`, of the households judged
    truth: pd.DataFrame  # customer_id, product_id, quantity, paid, is_new, audit: a line a row


def backtest(
    candidates: Candidates,
    products: pd.DataFrame,
    truth: Log,
    purchases_before: Log,
    policies: Sequence[Policy],
    *,
    rng: np.random.Generator,
    audit: Bools | None = None,
    served: Bools | None = None,
    meta: Mapping[str, Any] | None = None,
    draws: int = DRAWS,
) -> Backtest:
    """Slates of every policy for both tasks, judged on `truth`, compared with relevance alone.

    `products` is the catalogue in its order with the columns of `tradeoff.PRODUCTS`, at the prices
    before the window; `truth` the window's purchases, `purchases_before` all earlier ones (both
    number customers and products alike). `audit` marks the households that chose nothing, `served`
    those that are judged (by default those with a candidate); both are (customers,). The baseline
    is added where `policies` lacks it. Raises PolicyError where policies cannot be compared, and
    TableError for a bad product.
    """
    policies = comparable(policies)
    if len(candidates.product) == 0 or candidates.customers != truth.customers:
        raise ValueError(
            f"candidates: {len(candidates.product)} rows for {candidates.customers} customers, but "
            f"some row and the log's {truth.customers} customers were expected"
        )
    shelves = Shelves.of(products, purchases_before)
    goods = shelves.goods
    served = np.diff(candidates.start) > 0 if served is None else served
    audit = np.zeros(candidates.customers, np.bool_) if audit is None else audit
    households = np.flatnonzero(served)

    made = policy_slates(candidates, shelves, policies, households, truth.ids.customers)
    scales, slates, table = made.scales, made.slates, made.table
    is_new = ~purchases_before.has_bought(truth.customer, truth.product)
    windows = {"all": bought_in(truth, goods), "new": bought_in(truth.where(is_new), goods)}
    groups = {"": np.arange(len(households)), "audit": np.flatnonzero(audit[households])}
    measured = {
        group: _measure(
            {run: s.of(members) for run, s in slates.items()}, windows, goods, draws, rng
        )
        for group, members in groups.items()
        if len(members) > 1  # one household drawn again is always itself
    }
    counts = {
        "households": len(households),
        "audit_households": len(groups["audit"]),
        "judged": {t: int((w.items[households] > 0).sum()) for t, w in windows.items()},
        "candidate_rows": len(candidates.product),
        "products": len(products),
        "slots": policies[0].slate.n,
        "attention": policies[0].slate.curve().tolist(),
        "draws": draws,
        "coverage": COVERAGE,
        "baseline": BASELINE,
        "products_by_basis": goods.functional.counts(),
        "products_without_margin": goods.no_margin,
        "notes": list(NOTES),
    }
    largest = np.argsort(-goods.target, kind="stable")[:LARGEST_SELLERS]
    report = {
        "schema": 1,
        "meta": {**(meta or {}), **counts},
        "figures": {
            name: {"meaning": f.meaning, "unit": f.unit, "change": f.change}
            for name, f in FIGURES.items()
        },
        "scales": {"m0": scales.m0, "g0": scales.g0},
        "sellers": _sellers(goods, scales, largest),
        "policies": {
            policy.name: {
                "version": policy.version,
                "description": policy.description,
                "review_date": policy.review_date.isoformat(),
                "weights": policy.weights.as_dict(),
                "carbon": policy.carbon.model_dump(),
                "limits": policy.limits.model_dump(mode="json", exclude_defaults=True),
                "sellers": policy.sellers.model_dump(mode="json", exclude_defaults=True),
                "values": policy.values.model_dump(mode="json", exclude_defaults=True),  # noqa: PD011
                "carbon_price_per_tonne": carbon_price(policy.weights, scales),
                "tasks": {
                    task: {
                        **_groups(measured, (policy.name, task)),
                        **_described(slates[policy.name, task], windows[task], goods, largest),
                        "certificate": made.certificates[policy.name, task],
                    }
                    for task in TASKS
                },
            }
            for policy in policies
        },
    }
    return Backtest(
        report=report,
        slates=table,
        truth=_truth_table(truth, is_new, served, audit),
    )


def comparable(policies: Sequence[Policy]) -> list[Policy]:
    """The policies with the baseline first, added where it is missing.

    Raises PolicyError for a repeated name and for slates that differ: sums over more places, or
    under another attention curve, cannot be compared.
    """
    if not policies:
        raise PolicyError("policies: none given, but at least one was expected")
    named = {policy.name: policy for policy in policies}
    if len(named) < len(policies):
        raise PolicyError(f"policies: a name stands twice among {[p.name for p in policies]}")
    first = named.pop(BASELINE, None) or baseline_policy(policies[0].slate)
    for policy in named.values():
        if not np.array_equal(policy.slate.curve(), first.slate.curve()):
            raise PolicyError(
                f"policy {policy.name}: [slate] has {policy.slate.n} places and another attention "
                f"than {first.name} with {first.slate.n}, but policies that are compared share both"
            )
    return [first, *named.values()]


def _measure(
    slates: Mapping[Run, Slates],
    windows: Mapping[str, Bought],
    goods: Goods,
    draws: int,
    rng: np.random.Generator,
) -> dict[Run, dict[str, Any]]:
    """Figures and carbon split of each run over one group of households, with paired intervals."""
    sums = {run: household_sums(s, windows[run[1]], goods) for run, s in slates.items()}
    needs = {run: _kg_by_need(s, goods) for run, s in slates.items()}
    columns = {
        run: np.column_stack([column for pair in pairs.values() for column in pair])
        for run, pairs in sums.items()
    }
    drawn = drawn_sums([*columns.values(), *needs.values()], draws, rng)
    once = [table.sum(axis=0) for table in (*columns.values(), *needs.values())]
    # the first row is the log as it is, the others the draws
    both = [np.vstack([np.asarray(o).reshape(1, -1), d]) for o, d in zip(once, drawn, strict=True)]
    levels = {run: ratio(both[k][:, 0::2], both[k][:, 1::2]) for k, run in enumerate(columns)}
    baskets = {run: _basket(both[len(columns) + k]) for k, run in enumerate(needs)}
    households = len(next(iter(slates.values())).customer)
    answer: dict[Run, dict[str, Any]] = {}
    for policy, task in slates:
        names = list(sums[policy, task])
        base = levels[BASELINE, task]
        scale = base.copy()
        for k, name in enumerate(names):
            if FIGURES[name].change != "relative":
                scale[:, k] = base[:, names.index(FIGURES[name].change)]
        figures = estimates(names, levels[policy, task], base, scale)
        figures |= _distinct(slates[policy, task], slates[BASELINE, task], goods)
        before, after = baskets[BASELINE, task], baskets[policy, task]
        answer[policy, task] = {
            "figures": {name: figures[name] for name in FIGURES},
            "split": {
                "total_kg": _split_estimates(
                    split_total(before, after).parts(), before.kg_pack.sum(axis=-1), households
                ),
                "functional_kg": _split_estimates(
                    split_functional(before, after).parts(),
                    before.kg_functional.sum(axis=-1),
                    households,
                ),
            },
        }
    return answer


def _distinct(slates: Slates, base: Slates, goods: Goods) -> dict[str, dict[str, float | None]]:
    before, after = distinct_counts(base, goods), distinct_counts(slates, goods)
    none = float("nan")
    return {
        name: estimate(
            after[name],
            none,
            none,
            after[name] / before[name] - 1.0 if before[name] else none,
            none,
            none,
        )
        for name in after
    }


def _kg_by_need(slates: Slates, goods: Goods) -> csr_matrix:
    """Demand, functional kg and pack kg of each household in each need: (households, 3 x needs)."""
    household, place = np.nonzero(slates.product >= 0)
    product = slates.product[household, place]
    demand = (slates.weight * slates.p_buy)[household, place]
    needs = len(goods.functional.needs)
    need = goods.functional.need[product]
    kg_functional = demand * goods.functional.kg_functional[product]
    kg_pack = demand * goods.kg_pack[product]
    data = np.concatenate([demand, kg_functional, kg_pack])
    row = np.tile(household, 3)
    column = np.concatenate([need, need + needs, need + 2 * needs])
    return csr_matrix((data, (row, column)), shape=(len(slates.product), 3 * needs))


def _basket(sums: Floats) -> Basket:
    demand, kg_functional, kg_pack = np.split(sums, 3, axis=-1)
    return Basket(demand=demand, kg_functional=kg_functional, kg_pack=kg_pack)


def _split_estimates(
    parts: Mapping[str, Floats], baseline_kg: Floats, households: int
) -> dict[str, dict[str, float | None]]:
    values = np.column_stack(list(parts.values())) / households
    base = np.zeros(values.shape)
    scale = np.broadcast_to(baseline_kg[:, None] / households, values.shape)
    return estimates(list(parts), values, base, scale)


def _groups(measured: Mapping[str, Mapping[Run, dict[str, Any]]], run: Run) -> dict[str, Any]:
    nothing: dict[str, Any] = {"figures": {}, "split": {}}
    households, audit = (measured.get(g, {}).get(run, nothing) for g in ("", "audit"))
    return {
        "figures": households["figures"],
        "audit": audit["figures"],
        "split": households["split"],
        "audit_split": audit["split"],
    }


def _described(slates: Slates, window: Bought, goods: Goods, largest: Ints) -> dict[str, Any]:
    """Calibration of the places shown, the largest sellers' exposure, and what is missing."""
    filled = slates.product >= 0
    keys = slates.customer[:, None] * len(goods.price) + slates.product
    seen = find(window.pairs, keys[filled]) >= 0
    seller = np.where(filled, goods.seller[slates.product], -1)
    exposure = seller_exposure(seller, slates.weight, len(goods.sellers))
    return {
        "calibration": reliability(slates.p_buy[filled], seen),
        "sellers": {goods.sellers[s]: float(exposure[s]) for s in largest},
        "shortfall": {
            "households": int((~filled).any(axis=1).sum()),
            "places": int((~filled).sum()),
        },
    }


def _sellers(goods: Goods, scales: Scales, largest: Ints) -> dict[str, Any]:
    return {
        "target": "share of training sales, in money",
        "sellers": len(goods.sellers),
        "small": int(small_sellers(goods.target).sum()),
        "sellers_short": len(scales.short),
        "largest": [
            {
                "seller_id": goods.sellers[s],
                "target": float(goods.target[s]),
                "short": scales.short.get(goods.sellers[s], 0.0),
            }
            for s in largest
        ],
    }


def _truth_table(truth: Log, is_new: Bools, served: Bools, audit: Bools) -> pd.DataFrame:
    """The window's lines of the households judged; is_new: not bought before the window."""
    lines = served[truth.customer]
    customer, product = truth.customer[lines], truth.product[lines]
    return pd.DataFrame(
        {
            "customer_id": truth.ids.customers[customer],
            "product_id": truth.ids.products[product],
            "quantity": truth.quantity[lines],
            "paid": truth.paid[lines],
            "is_new": is_new[lines],
            "audit": audit[customer],
        }
    ).astype({"customer_id": "str", "product_id": "str"})
