"""One customer's slate explained, from the re-ranker's answer or from frozen prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from recommender.candidates import Candidates, Floats, Ints
from recommender.functional import excess_kg
from recommender.lighter import with_own_error
from recommender.log import find
from recommender.policy import PARTIES, Policy
from recommender.rerank.carbon_prices import (
    beside_references,
    policy_carbon_price,
    reference_prices,
)
from recommender.rerank.explain import explain_slots
from recommender.rerank.limit_prices import LimitPrice, explain_prices
from recommender.rerank.limit_summary import family_sentences, worth_telling
from recommender.rerank.offers import OTHER, floors_owed, offers_of, priced_terms
from recommender.rerank.problem import Prices, Problem
from recommender.rerank.rerank import Reranked, Shelves
from recommender.splits import HORIZON_WEEKS
from recommender.tradeoff import Goods, Scales, allowed_rows, best_slates, candidate_values


def explain_reranked(
    found: Reranked,
    shelves: Shelves,
    scales: Scales,
    customer: int,
    customer_id: str,
    currency: str = "$",
) -> dict[str, Any]:
    """Why the slate of one of the re-ranked customers is what it is, see `slate_explanation`."""
    policy, problem = found.policy, found.assembled.problem
    first, last = found.candidates.start[customer : customer + 2]
    parts = dict(zip(PARTIES, found.parts[:, first:last], strict=True))
    if found.extra[first:last].any():
        weights = policy.values.as_dict()  # noqa: PD011 (a table of the policy, no data frame)
        counted = [name for name, weight in weights.items() if weight > 0]
        parts[counted[0] if len(counted) == 1 else OTHER] = found.extra[first:last]
    limits = explain_prices(
        problem,
        found.solution,
        policy.weights,
        scales,
        HORIZON_WEEKS,
        currency,
        missed=found.missed,
    )
    slate = found.rows[customer]
    return slate_explanation(
        _rows(found.candidates, np.arange(first, last)),
        customer,
        customer_id,
        shelves.goods,
        shelves.products,
        policy,
        scales,
        slate=np.where(slate >= 0, slate - first, -1),
        problem=one_shopper(problem, customer),
        prices=found.solution.prices,
        parts=parts,
        limits=limits,
        currency=currency,
    )


def slate_explanation(
    own: Candidates,
    customer: int,
    customer_id: str,
    goods: Goods,
    products: pd.DataFrame,
    policy: Policy,
    scales: Scales,
    *,
    slate: Ints | None = None,
    problem: Problem | None = None,
    prices: Prices | None = None,
    parts: Mapping[str, Floats] | None = None,
    limits: Sequence[LimitPrice] = (),
    basis: str = "history",
    told_by: str = "own purchases",
    currency: str = "$",
) -> dict[str, Any]:
    """Why one customer's slate is what it is: head, slots, limits, carbon price and references.

    `own` are the candidates of this customer alone (row `customer` of the log, -1 if unknown),
    `products` what `products.products_at` gives. With limits that shoppers share, `problem` is
    this customer's own (one shopper, rows in any order; candidates that it lacks are those that
    the policy leaves out) and `prices` are the frozen ones. `slate` holds rows of `own`
    (places,); by default the best ones by the terms told here. `parts` are the parts of the value
    by name, rows of `own`; by default those of the four stakeholders.
    """
    shown = goods.may_be_shown[own.product]
    if "age_restricted" in products and not policy.limits.age_restricted:
        by_age = products["age_restricted"].fillna(False).to_numpy(np.bool_)
        shown = shown & ~by_age[own.product]
    if not shown.all():  # nobody sees these, by relevance neither
        kept = np.cumsum(shown) - 1
        slate = None if slate is None else np.where(slate >= 0, kept[slate], -1)
        parts = None if parts is None else {k: np.asarray(v)[shown] for k, v in parts.items()}
        own = _rows(own, np.flatnonzero(shown))
    excess = excess_kg(
        goods.functional, goods.references, np.full(len(own.product), customer), own.product
    )
    if parts is None:
        values = candidate_values(own, goods, policy, scales, excess)
        parts = dict(zip(PARTIES, values, strict=True))
    terms, allowed = dict(parts), allowed_rows(own, goods, policy, "all")
    if problem is not None:
        at = _rows_of(problem, own.product)
        allowed = at >= 0
        priced = priced_terms(
            problem,
            prices or Prices.none(problem),
            {
                name: _spread(part[allowed], at[allowed], len(problem.product))
                for name, part in parts.items()
            },
        )
        # the last place stands for what the policy leaves out
        terms = {name: np.append(term, 0.0)[at] for name, term in priced.items()}
    offers = offers_of(
        own,
        customer,
        goods,
        products,
        terms=terms,
        allowed=allowed,
        reference=policy.carbon.reference,
        kind=None if problem is None else problem.kind,
        per_kind=0 if problem is None else problem.per_kind,
        owed=None if problem is None else floors_owed(problem, own.product),
    )
    if slate is None:
        slate = best_slates(own.start, own.product, offers.score, allowed, policy.slate.n)[0]
    by_product = products.set_index("product_id")
    slots = []
    for slot in explain_slots(offers, slate, currency):
        row = int(slate[slot.position - 1])
        product = by_product.loc[slot.product_id]
        slots.append(
            asdict(slot)
            | {
                "title": str(offers.name[row]),
                "price": float(goods.price[own.product[row]]),
                "margin": float(offers.margin[row]),
                "kg": _figures(offers.kg[row], offers.kg_sd[row], offers.own_figure[row]),
                "need": str(offers.need[row]),
                "tier": str(product["tier"]),
            }
        )
    on_slate = set() if problem is None else _groups(problem, own.product[slate[slate >= 0]])
    budget = sum(limit.price for limit in limits if limit.unit.startswith("kg"))
    carbon = policy_carbon_price(policy.weights, scales, budget)
    return {
        "policy": policy.name,
        "version": policy.version,
        "description": policy.description,
        "quantile": policy.carbon.quantile,
        "customer_id": customer_id,
        "basis": basis,
        "told_by": told_by,
        "currency": currency,
        "slots": slots,
        "limits": [asdict(limit) for limit in worth_telling(limits, on_slate)],
        "limit_families": family_sentences(limits),
        "carbon_price": beside_references(carbon, reference_prices(), currency),
    }


def _figures(kg: float, sd: float, own: bool) -> dict[str, float] | None:
    """kg with its 80 % range; None where the product has no figure of its own."""
    if not own:
        return None
    middle, low, high = with_own_error(np.array([kg]), np.nan_to_num(np.array([sd]), nan=0.0))
    return {"kg": float(middle[0]), "low": float(low[0]), "high": float(high[0])}


def one_shopper(problem: Problem, shopper: int) -> Problem:
    """The problem of one shopper alone; its limits are still those of all."""
    first, last = problem.start[shopper : shopper + 2]
    rows = slice(int(first), int(last))
    floor = problem.own_floor
    return replace(
        problem,
        key=problem.key[shopper : shopper + 1],
        start=np.array([0, last - first]),
        product=problem.product[rows],
        value=problem.value[rows],
        p_buy=problem.p_buy[rows],
        totals=tuple(replace(total, each=total.each[rows]) for total in problem.totals),
        own_floor=None if floor is None else floor[shopper : shopper + 1],
    )


def _groups(problem: Problem, product: Ints) -> set[str]:
    """Names of the groups, of any family, that hold one of the products."""
    found = ((family, family.group[product]) for family in problem.shares)
    return {family.groups[at] for family, group in found for at in group[group >= 0]}


def _rows(candidates: Candidates, rows: Ints) -> Candidates:
    """These rows as the candidates of one customer."""
    return Candidates(
        start=np.array([0, len(rows)]),
        product=candidates.product[rows],
        p_buy=candidates.p_buy[rows],
        q_buy=candidates.q_buy[rows],
        is_new=candidates.is_new[rows],
        source=candidates.source[rows],
    )


def _rows_of(problem: Problem, product: Ints) -> Ints:
    """The row of the one shopper's problem that holds each product; -1 where it lacks it."""
    if problem.shoppers != 1:
        raise ValueError(f"problem of {problem.shoppers} shoppers, but one was expected")
    order = np.argsort(problem.product)
    at = find(problem.product[order], product)
    return np.where(at >= 0, order[at], -1)


def _spread(values: Floats, at: Ints, rows: int) -> Floats:
    """Values put at their rows of the problem; 0 in rows that no candidate stands for."""
    spread = np.zeros(rows)
    spread[at] = values
    return spread
