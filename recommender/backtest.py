"""The backtest: slates of every policy on the same candidates, judged by held-out purchases.

The answer holds the slates, the held-out purchases and a report, a dict of plain values:

    schema      1
    meta        what the caller says of the run (window, versions, ...), and: layer, households,
                audit_households (0 where they are not told apart), judged {task: households with
                purchases}, candidate_rows, products, slots, attention, draws, coverage, baseline,
                products_by_basis, products_without_margin, margins
                (`observed.margins.with_margins`), footprint_range (null without ranges, else
                `observed.footprint_draws.Doubt.told`), notes [sentences]
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
            audit        the same over the households that chose nothing; {} without any, and
                         where they or the rest are fewer than 10, in all or with purchases
            split        {"total_kg", "functional_kg"} -> part -> ESTIMATE, all households
            audit_split  the same over the audit households; {} without any
            calibration  [{from, to, rows, said, seen}]: the places shown, in bands of p_buy
            footprint_range  figure of kg -> ESTIMATE over draws of the footprints' errors: their
                         80 % range (`observed.footprints`); {} where the table has no ranges
            claimed_realised  {claimed, realised, realised_less_claimed, per_purchase {the same},
                         correlation_log_kg, correlation_inside_needs, products, share_of_demand,
                         unknown_share, note} (`observed.judged`); null without a second table
            sellers      seller -> share of attention, of the largest by training sales
            worst_seller  {seller_id, share, floor, target, ratio, against, per, sellers,
                         sellers_under_floor, sellers_under_target, unseen, under_one_place, note}:
                         counts, no interval (`observed.sellers`)
            shortfall    {households, places}: slates with too few candidates, places left open
            certificate  {gap, bound, value, passes, missed, missed_first [...], deferred,
                         surrogates, added, notes}: gap as a share of the bound, null where a limit
                         is missed
        } }
    segments    null, or `impact.segments.segment_report` where segments were given
    fairness    `impact.fairness.fairness_report`, by income where incomes were given
    costs       null, or `costs.break_even.cost_report` where costs were given

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
import numpy.typing as npt
import pandas as pd

from recommender.bootstrap import DRAWS
from recommender.candidates import Bools, Candidates
from recommender.functional import Functional
from recommender.impact.costs.break_even import cost_report
from recommender.impact.costs.costs import Costs
from recommender.impact.fairness.fairness import fairness_report
from recommender.impact.observed.audit import NO_AUDIT, may_stand_apart
from recommender.impact.observed.checks import refuse_length, refuse_overlap
from recommender.impact.observed.footprint_draws import footprint_doubt
from recommender.impact.observed.footprints import footprint_range
from recommender.impact.observed.margins import MarginAssumption, with_margins
from recommender.impact.observed.measure import measured
from recommender.impact.observed.meta import run_facts
from recommender.impact.observed.parts import (
    group_parts,
    judged_part,
    policy_said,
    sellers_described,
    slates_described,
    worst_part,
)
from recommender.impact.segments.hidden import SMALLEST
from recommender.impact.segments.segments import segment_report
from recommender.log import Log
from recommender.metrics import FIGURES, bought_in
from recommender.policy import BASELINE, Policy, PolicyError, baseline_policy
from recommender.policy_slates import policy_slates
from recommender.rerank.allowed import refuse_foreign
from recommender.rerank.rerank import Shelves
from recommender.tradeoff import TASKS

LARGEST_SELLERS = 10
Words = npt.NDArray[np.object_]


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
    second: Functional | None = None,
    margins: MarginAssumption | None = None,
    segments: Mapping[str, Words] | None = None,
    income: Words | None = None,
    costs: Costs | None = None,
    simulations: Sequence[Mapping[str, Any]] = (),
    smallest: int = SMALLEST,
) -> Backtest:
    """Slates of every policy for both tasks, judged on `truth`, compared with relevance alone.

    `products` is the catalogue in its order with the columns of `tradeoff.PRODUCTS`, at the prices
    before the window; `truth` the window's purchases, `purchases_before` all earlier ones (both
    number customers and products alike). `audit` marks the households that chose nothing, `served`
    those that are judged (by default those with a candidate); both are (customers,). The baseline
    is added where `policies` lacks it.

    `second` are the products' functional figures by a second footprints table, which judges carbon
    cuts; `margins` stand in where products have no margin rate; `segments` (by kind) and `income`
    are (households,) of those judged in the order of their numbers, None or NaN where not known, as
    `segments.kinds.household_kinds` makes them; `costs` are what a policy costs to run, and
    `simulations` the what-if files that stand beside its break-even. Fewer than `smallest` audit
    households, or others beside them, are not told apart. Raises PolicyError where
    policies cannot be compared, and TableError for a bad product or a window that overlaps the
    earlier purchases.
    """
    policies = comparable(policies)
    if len(candidates.product) == 0 or candidates.customers != truth.customers:
        raise ValueError(
            f"candidates: {len(candidates.product)} rows for {candidates.customers} customers, but "
            f"some row and the log's {truth.customers} customers were expected"
        )
    refuse_overlap(truth, purchases_before)
    products, margin_facts = with_margins(products, margins)
    shelves = Shelves.of(products, purchases_before)
    goods = shelves.goods
    refuse_foreign(goods, shelves.facts, policies)
    refuse_length("second", None if second is None else second.kg_functional, len(products))
    served = np.diff(candidates.start) > 0 if served is None else served
    audit = np.zeros(candidates.customers, np.bool_) if audit is None else audit
    households = np.flatnonzero(served)
    for name, words in {"income": income, **(segments or {})}.items():
        refuse_length(name, words, len(households), "households judged")
    # a stream of its own for each part, so that one part more moves no draw of the others
    of_footprints, of_segments, of_fairness, of_costs = rng.spawn(4)

    made = policy_slates(candidates, shelves, policies, households, truth.ids.customers)
    scales, slates = made.scales, made.slates
    is_new = ~purchases_before.has_bought(truth.customer, truth.product)
    windows = {"all": bought_in(truth, goods), "new": bought_in(truth.where(is_new), goods)}
    buyers = [w.items[households] > 0 for w in windows.values()]
    apart = may_stand_apart(audit[households], buyers, smallest)
    groups = {"": np.arange(len(households)), "audit": np.flatnonzero(audit[households] & apart)}
    found = {
        group: measured(
            {run: s.of(members) for run, s in slates.items()},
            windows,
            goods,
            shelves.facts,
            second=None if group else second,
            draws=draws,
            rng=rng,
        )
        for group, members in groups.items()
        if len(members) > 1  # one household drawn again is always itself
    }
    doubt = footprint_doubt(products, goods.functional.need)
    ranges = (
        {}
        if doubt is None
        else footprint_range(slates, windows, goods, doubt, draws=draws, rng=of_footprints)
    )
    largest = np.argsort(-goods.target, kind="stable")[:LARGEST_SELLERS]
    facts = run_facts(
        candidates,
        goods,
        windows,
        households,
        audit & apart,
        slate=policies[0].slate,
        draws=draws,
        margins=margin_facts,
        doubt=doubt,
    )
    if not apart:
        facts["notes"] = [*facts["notes"], NO_AUDIT.format(smallest)]
    report = {
        "schema": 1,
        "meta": {**(meta or {}), **facts},
        "figures": {
            name: {"meaning": f.meaning, "unit": f.unit, "change": f.change}
            for name, f in FIGURES.items()
        },
        "scales": {"m0": scales.m0, "g0": scales.g0},
        "sellers": sellers_described(goods, scales, largest),
        "policies": {
            policy.name: {
                **policy_said(policy, scales),
                "tasks": {
                    task: {
                        **group_parts(found, (policy.name, task)),
                        "footprint_range": ranges.get((policy.name, task), {}),
                        "claimed_realised": judged_part(
                            found, (policy.name, task), slates[policy.name, task], goods, second
                        ),
                        **slates_described(
                            slates[policy.name, task], windows[task], goods, largest
                        ),
                        "worst_seller": worst_part(slates[policy.name, task], shelves, policy),
                        "certificate": made.certificates[policy.name, task],
                    }
                    for task in TASKS
                },
            }
            for policy in policies
        },
        "segments": None
        if segments is None
        else segment_report(
            slates,
            windows,
            goods,
            segments,
            draws=draws,
            rng=of_segments,
        ),
        "fairness": fairness_report(
            slates,
            goods,
            income,
            draws=draws,
            rng=of_fairness,
        ),
        "costs": None
        if costs is None
        else cost_report(
            costs,
            slates,
            goods,
            draws=draws,
            rng=of_costs,
            simulations=simulations,
            footprint_ranges={
                policy: figures["demand_kg_functional"]
                for (policy, task), figures in ranges.items()
                if task == "all"
            },
            second=second,
        ),
    }
    return Backtest(
        report=report,
        slates=made.table,
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
