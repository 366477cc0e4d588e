"""From a policy, a shop's goods and candidates to the `Problem` that the re-ranker solves.

What relevance alone would show is the reference of two limits. A carbon budget is linear in the
slates: for a target of t kg CO2e per demand-weighted purchase,

    sum w p_buy (t - kg_functional) >= 0,    t = (1 + carbon_change) x kg of the relevance slates

where products of unknown footprint count as the target itself, so that they neither help nor hurt:
unknown is never zero. Relevance over all shoppers is sum w p_buy >= share x reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.policy import Policy, PolicyError
from recommender.policy_parts import TIERS
from recommender.rerank.allowed import rows_on_slates
from recommender.rerank.attainable import places_filled
from recommender.rerank.problem import Problem, Shares, Total, Welfare
from recommender.rerank.reference import (
    Reference,
    carbon_target,
    own_floors,
    relevance_reference,
)
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.rerank.targets import Carried, Targets, caps_now, floors_now, seller_targets
from recommender.rerank.welfare import welfare_of
from recommender.tradeoff import Goods, Scales, candidate_values

SELLERS, TIER = "seller", "tier"  # the families of shares
CARBON, RELEVANCE = "carbon budget", "relevance"  # the totals
NO_COMPANIES = (
    "sellers.per is entity, but each seller stands for itself: the catalogue's column legal_entity "
    "is missing, empty or names no company but the sellers"
)
ROUNDING = 1e-9  # what shares of 1 may sum to above 1


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """The problem, where its rows come from, and what was found on the way."""

    problem: Problem
    rows: Ints  # (problem rows,): candidate row of each
    parts: Floats  # (4, problem rows): what each is worth to shopper, retailer, climate, sellers
    extra: Floats  # (problem rows,): worth of variety, coverage and freshness
    reference: Reference
    target_kg: float | None  # kg CO2e per purchase that the carbon budget allows
    targets: Targets
    attention: float  # of all places that can be filled
    unknown_rows: int  # problem rows of unknown footprint, which count as the carbon target
    without_candidates: int  # shoppers who have none
    barred: int  # shoppers whose candidates may none of them be shown: an empty slate
    short: int  # shoppers with fewer products than places, the barred ones among them
    places_short: int  # places that stay empty
    notes: tuple[str, ...]


def assemble(
    candidates: Candidates,
    goods: Goods,
    policy: Policy,
    scales: Scales,
    task: str,
    *,
    excess: Floats,
    facts: ShelfFacts,
    customer_id: npt.NDArray[np.object_],
    extra: Floats | None = None,
    carried: Carried | None = None,
) -> Assembled:
    """The re-ranker's problem for all customers of `candidates`, with what it was made from.

    `excess` is `kg_excess` of each candidate row and `extra` what variety, coverage and freshness
    add to its value, both (rows,); `customer_id` (customers,) orders the shoppers, whatever order
    they come in. At a policy's quantile, `goods.functional` and `excess` are those of the quantile.
    `carried` is what sellers had so far in the horizon of their floors.

    Raises PolicyError where the policy names what the shop does not have or promises more than all
    attention, and ValueError for a p_buy or value that is no number, or arrays that do not match.
    """
    extra = np.zeros(len(candidates.product)) if extra is None else extra
    _refuse_other_lengths(candidates, excess, extra, customer_id)
    _refuse_nan(candidates, candidates.p_buy, "p_buy")
    if policy.sellers.welfare_weight > 0:  # a concave welfare replaces the fixed boost
        scales = replace(scales, short={})
    parts = candidate_values(candidates, goods, policy, scales, excess)
    value = parts.sum(axis=0) + extra
    _refuse_nan(candidates, value, "the value")

    reference = relevance_reference(candidates, goods, facts, policy, task)
    allowed = rows_on_slates(candidates, goods, facts, policy, task)
    rows = np.flatnonzero(allowed)
    start = np.append(0, np.cumsum(allowed))[candidates.start]
    problem = Problem(
        key=customer_keys(customer_id),
        start=start.astype(np.int64),
        product=candidates.product[rows],
        value=value[rows],
        p_buy=candidates.p_buy[rows],
        attention=policy.slate.curve(),
        kind=facts.category if policy.limits.per_category else None,
        per_kind=policy.limits.per_category or 0,
        price_cap=np.inf if policy.limits.price_cap is None else policy.limits.price_cap,
    )
    filled = places_filled(problem)
    by_places = np.append(0.0, np.cumsum(problem.attention))
    attention = float(np.bincount(filled, minlength=len(by_places)) @ by_places)
    targets = seller_targets(goods, facts, policy.sellers)
    target_kg = carbon_target(policy, reference)
    unknown = goods.unknown[problem.product]
    families = _families(policy, facts, targets, attention, carried or Carried())
    problem = replace(
        problem,
        totals=_totals(problem, policy, goods, reference, target_kg),
        shares=families,
        welfare=_welfare(policy, targets, attention),
        own_floor=own_floors(problem, policy.limits.relevance_each),
    )
    has_rows, had_rows = np.diff(start) > 0, np.diff(candidates.start) > 0
    places = len(problem.attention)
    assembled = Assembled(
        problem=problem,
        rows=rows,
        parts=parts[:, rows],
        extra=extra[rows],
        reference=reference,
        target_kg=target_kg,
        targets=targets,
        attention=attention,
        unknown_rows=int(unknown.sum()),
        without_candidates=int((~had_rows).sum()),
        barred=int((had_rows & ~has_rows).sum()),
        short=int((had_rows & (filled < places)).sum()),
        places_short=int((places - filled[had_rows]).sum()),
        notes=(),
    )
    offered = bool(facts.age_restricted[candidates.product].any())
    return replace(assembled, notes=_notes(assembled, policy, facts, offered))


def customer_keys(customer_id: npt.NDArray[np.object_]) -> Ints:
    """What orders the shoppers: 63 bits of each id's hash, (customers,).

    Raises ValueError for an id that stands twice.

    >>> customer_keys(np.array(["ann", "bob"], object)).tolist()
    [5088345978781694418, 4213563397267214921]
    """
    # half a microsecond an id; another hash would reorder shoppers and move ties in the repair
    digests = b"".join(blake2b(str(i).encode(), digest_size=8).digest() for i in customer_id)
    keys = (np.frombuffer(digests, ">u8") >> np.uint64(1)).astype(np.int64)
    ordered = np.argsort(keys, kind="stable")
    again = np.flatnonzero(np.diff(keys[ordered]) == 0)
    if len(again):
        first, second = sorted(ordered[again[0] : again[0] + 2])
        raise ValueError(
            f"customers {first} and {second} have one key, of ids {customer_id[first]!r} and "
            f"{customer_id[second]!r}, but ids are distinct ({len(again)} such customers)"
        )
    return keys


def _totals(
    problem: Problem,
    policy: Policy,
    goods: Goods,
    reference: Reference,
    target_kg: float | None,
) -> tuple[Total, ...]:
    totals = []
    if target_kg is not None:
        below = target_kg - goods.functional.kg_functional[problem.product]
        each = np.where(goods.unknown[problem.product], 0.0, problem.p_buy * below)
        totals.append(Total(name=CARBON, unit="kg CO2e", each=each, least=0.0))
    if policy.limits.relevance > 0:
        least = policy.limits.relevance * reference.relevance
        totals.append(
            Total(name=RELEVANCE, unit="demand-weighted purchases", each=problem.p_buy, least=least)
        )
    return tuple(totals)


def _families(
    policy: Policy, facts: ShelfFacts, targets: Targets, attention: float, carried: Carried
) -> tuple[Shares, ...]:
    """The families of groups whose exposure is limited, or counts in the sellers' welfare."""
    families = []
    if policy.sellers.couple_shoppers:
        floor = targets.floor_rate(policy.sellers.floor)
        cap = targets.cap_rate(policy.sellers.cap)
        _refuse_contradiction(policy, floor, cap, targets)
        before = targets.named(carried.exposure)
        families.append(
            Shares(
                name=SELLERS,
                groups=targets.groups,
                group=targets.group,
                least=floors_now(floor, attention, carried.attention, before),
                most=caps_now(cap, attention, carried.attention, before),
            )
        )
    tiers = np.array([policy.limits.tiers.as_dict()[tier] for tier in TIERS])
    if tiers.any():
        families.append(
            Shares(
                name=TIER,
                groups=TIERS,
                group=facts.tier,
                least=tiers * attention,
                most=np.full(len(TIERS), np.inf),
            )
        )
    return tuple(families)


def _welfare(policy: Policy, targets: Targets, attention: float) -> Welfare | None:
    sellers = policy.sellers
    if sellers.welfare_weight == 0 or not targets.share.any():
        return None
    return welfare_of(
        sellers.welfare,
        family=SELLERS,
        weight=sellers.welfare_weight,
        alpha=sellers.alpha,
        attention=attention,
        target=targets.share * attention,
    )


def _refuse_contradiction(policy: Policy, floor: Floats, cap: Floats, targets: Targets) -> None:
    if not targets.groups:
        raise PolicyError(
            f"policy {policy.name}: [sellers] promises attention, but no product that may be shown "
            f"names a seller"
        )
    if floor.sum() > 1 + ROUNDING:
        raise PolicyError(
            f"policy {policy.name}: [sellers] floors sum to {floor.sum():.3g} of all attention, "
            f"but at most 1 is there to give"
        )
    over = floor > cap * (1 + ROUNDING)
    if over.any():
        at = int(np.argmax(over))
        raise PolicyError(
            f"policy {policy.name}: [sellers] the floor of {targets.groups[at]} is "
            f"{floor[at]:.3g} of attention, but its cap is {cap[at]:.3g} ({over.sum()} such)"
        )


def _notes(
    made: Assembled, policy: Policy, facts: ShelfFacts, age_restricted_offered: bool
) -> tuple[str, ...]:
    problem = made.problem
    small = sum(
        int(((f.least > 0) & (f.least < problem.attention[-1])).sum()) for f in problem.shares
    )
    unknown = made.unknown_rows if made.target_kg is not None else 0
    nobody_new = policy.sellers.new_share > 0 and not made.targets.is_new.any()
    uncapped = int((made.targets.share == 0).sum()) if policy.sellers.cap > 0 else 0
    counts = {
        "shoppers without candidates": made.without_candidates,
        "shoppers with an empty slate, since all their candidates are barred": made.barred,
        "shoppers with fewer products than places": made.short,
        "places that stay empty": made.places_short,
        "candidates of unknown footprint, which count as the carbon target": unknown,
        "floors of less than the last place of one slate, which cost a whole place each": small,
        "sellers without a target, hence without a cap": uncapped,
    }
    notes = [f"{what}: {count}" for what, count in counts.items() if count]
    if policy.limits.per_category and (problem.kind is None or (problem.kind < 0).all()):
        notes.append("no product names a category: per_category limits nothing")
    if nobody_new:
        notes.append("no seller is new: the share kept for new sellers goes to all")
    if policy.sellers.per == "entity" and policy.sellers.couple_shoppers:
        notes += [NO_COMPANIES] if facts.entities == facts.sellers else []
    if policy.limits.age_restricted and not age_restricted_offered:
        limited = int(facts.age_restricted.sum())
        notes.append(
            f"age_restricted = true shows nothing more: none of the {limited} products with an "
            f"age limit is ever a candidate"
            if limited
            else "age_restricted = true shows nothing more: no product has an age limit"
        )
    return tuple(notes)


def _refuse_other_lengths(
    candidates: Candidates, excess: Floats, extra: Floats, customer_id: npt.NDArray[np.object_]
) -> None:
    rows = len(candidates.product)
    for name, found, expected in (
        ("excess", len(excess), rows),
        ("extra", len(extra), rows),
        ("customer_id", len(customer_id), candidates.customers),
    ):
        if found != expected:
            raise ValueError(f"{name}: {found} figures, but {expected} were expected")


def _refuse_nan(candidates: Candidates, figure: Floats, name: str) -> None:
    bad: Bools = ~np.isfinite(figure)
    if bad.any():
        row = int(np.argmax(bad))
        customer = int(np.searchsorted(candidates.start, row, side="right")) - 1
        raise ValueError(
            f"candidates, row {row + 1} (customer {customer}, product {candidates.product[row]}): "
            f"{name} is {figure[row]}, but a number was expected ({bad.sum()} such rows)"
        )
