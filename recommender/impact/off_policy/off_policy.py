"""Off-policy estimates: what another policy would have sold, from a log with known chances.

For context c and place k, with the logged product d, its chance p and the target's chance pi of
showing it there, w = pi / p. Per context shown, and for a reward r (purchases, revenue, ...):

    ips     sum_k mean_c(w r)
    snips   sum_k mean_c(mass) * sum_c(w r) / sum_c(w)          at each place k
    dr      mean_c( sum over the target of pi m  +  sum_k w (r - m) ),  m the cross-fitted model

IPS is right on average and noisy; SNIPS trades a small bias for less noise and stays within the
rewards seen (Swaminathan and Joachims 2015, NeurIPS); DR is right if the chances are. Which
products besides its own a place's purchase may hang on is an assumption (`ASSUMPTIONS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pcf_estimator.tables import TableError
from recommender.bootstrap import DRAWS, drawn_sums, estimates, ratio
from recommender.candidates import Floats
from recommender.impact.off_policy.reward import cross_fitted
from recommender.impact.off_policy.support import Support, support_of
from recommender.impact.off_policy.table import Impressions, propensities_of
from recommender.impact.off_policy.target import Target, chance_of

ASSUMPTIONS = {
    "position": "a purchase at a place hangs on the product and the place, not on the products "
    "beside it (Li and others 2018, KDD)",
    "cascade": "a purchase at a place hangs on its product and those above it, not on those below "
    "(McInerney and others 2020, KDD)",
    "slate": "a purchase at a place may hang on the whole list",
}
ESTIMATORS = ("ips", "snips", "dr")
REWARDS = {  # and the column of worth that one purchase counts
    "purchases": (None, "purchases per list shown"),
    "revenue": ("price", "shop currency per list shown"),
    "margin": ("margin", "shop currency per list shown"),
    "kg_functional": ("kg_functional", "kg CO2e of purchases per list shown"),
}
ROUNDING = 1e-6
Estimate = dict[str, float | None]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a log says of one policy."""

    name: str
    support: Support
    estimates: Mapping[str, Mapping[str, Estimate]]  # estimator, then reward; empty: not identified
    log: Mapping[str, float]  # by reward: what the log itself sold per list
    contexts: int
    left_out: int  # contexts of customers without a slate
    notes: tuple[str, ...] = field(default=())


def weights_of(log: Impressions, target: Target, assume: str = "position") -> Floats:
    """w of every place of the target's contexts, (contexts, places); 0 where a place is empty.

    Raises TableError for a log without chances, and where `cascade` or `slate` is assumed for one
    without `given_above` or a target that leaves something to chance.
    """
    propensity = propensities_of(log)[target.contexts]
    product = log.product[target.contexts]
    filled = product >= 0
    context, place = np.nonzero(filled)
    chance = np.zeros(filled.shape)
    chance[filled] = chance_of(target, context, place, product[filled])
    if assume == "position":
        return np.divide(chance, propensity, out=np.zeros(filled.shape), where=filled)
    if assume not in ASSUMPTIONS:
        raise ValueError(f"assumption {assume!r}, but one of {', '.join(ASSUMPTIONS)} was expected")
    if log.given_above is None:
        raise TableError(
            f"{log.where}: no column given_above, the chance of each product given those above "
            f"it, but whole lists (--assume {assume}) are reweighted by it"
        )
    if not target.certain.all():
        raise TableError(
            f"slates of {target.name}: {int((~target.certain).sum())} rows have a chance below 1, "
            f"but --assume {assume} compares lists, which takes slates that are certain"
        )
    asked = np.zeros(filled.shape, np.bool_)
    asked[target.context, target.place] = True
    given = log.given_above[target.contexts]
    # a place that both leave empty decides nothing; one that only the target fills never agrees
    here = np.where(filled, np.divide(chance, given, out=np.zeros(filled.shape), where=filled), 0.0)
    down = np.cumprod(np.where(filled | asked, here, 1.0), axis=1)
    return np.where(filled, down if assume == "cascade" else down[:, -1:], 0.0)


def judge(
    log: Impressions,
    target: Target,
    *,
    assume: str = "position",
    model: str = "logistic",
    draws: int = DRAWS,
    seed: int = 0,
) -> Judged:
    """Estimates of a policy by each estimator and reward, with 95 % intervals by customer.

    All policies of one log see the same customers drawn. Where the log does not support the
    policy, there are no estimates, and `support.reason` says why. The model of DR is fitted once:
    drawn customers do not refit it.
    """
    weights = weights_of(log, target, assume)
    support = support_of(log, target, weights, assume)
    rewards, notes = _worths(log, target)
    product, bought = log.product[target.contexts], log.bought[target.contexts]
    paid = {name: bought * np.where(product >= 0, worth[product], 0.0) for name, worth in rewards}
    count = len(target.contexts)
    judged = Judged(
        name=target.name,
        support=support,
        estimates={},
        log={name: float(value.sum() / count) for name, value in paid.items()},
        contexts=count,
        left_out=log.contexts - count,
        notes=(*notes, *_left_out(log, target), *_without(support)),
    )
    if support.reason:
        return judged
    rng = np.random.default_rng([seed, 1])
    seen, wanted = cross_fitted(log, target, rng, model=model)
    mass = np.zeros(product.shape)
    np.add.at(mass, (target.context, target.place), target.chance)
    columns = [np.ones((count, 1)), weights, mass]
    for name, worth in rewards:
        direct = np.bincount(
            target.context, target.chance * wanted * worth[target.product], minlength=count
        )
        residual = paid[name] - seen * np.where(product >= 0, worth[product], 0.0)
        doubly = direct + (weights * residual).sum(axis=1)
        columns += [paid[name].sum(axis=1)[:, None], weights * paid[name], doubly[:, None]]
    by_customer = _by_customer(log, target, np.column_stack(columns))
    drawn = drawn_sums([by_customer], draws, np.random.default_rng(seed))[0]
    sums = np.vstack([by_customer.sum(axis=0), drawn])
    levels = levels_of(sums, log.places, len(rewards))
    names = [name for name, _ in rewards]
    base = levels.pop("log")
    found = {each: estimates(names, level, base, base) for each, level in levels.items()}
    return Judged(**{**vars(judged), "estimates": found})


def levels_of(sums: Floats, places: int, rewards: int) -> dict[str, Floats]:
    """The log's value and every estimator's, each (rows, rewards), from sums over contexts.

    Columns of `sums` (rows, ...): contexts; w and target mass by place; then for each reward the
    sum of what was paid, w x paid by place, and the doubly robust sum.

    >>> sums = np.array([[2.0, 3.0, 2.0, 1.0, 3.0, 1.4]])  # 2 contexts, 1 place, 1 reward
    >>> {name: float(level[0, 0]) for name, level in levels_of(sums, 1, 1).items()}
    {'log': 0.5, 'ips': 1.5, 'snips': 1.0, 'dr': 0.7}
    """
    contexts = sums[:, 0]
    weight, mass = sums[:, 1 : 1 + places], sums[:, 1 + places : 1 + 2 * places]
    share = ratio(mass, weight) / contexts[:, None]
    levels: dict[str, list[Floats]] = {name: [] for name in ("log", *ESTIMATORS)}
    for reward in range(rewards):
        own = sums[:, 1 + 2 * places + reward * (places + 2) :][:, : places + 2]
        weighted = own[:, 1:-1]
        # a place that the target leaves empty everywhere sells nothing
        at_place = np.where(mass == 0, 0.0, weighted * share)
        levels["log"].append(own[:, 0] / contexts)
        levels["ips"].append(weighted.sum(axis=1) / contexts)
        levels["snips"].append(at_place.sum(axis=1))
        levels["dr"].append(own[:, -1] / contexts)
    return {name: np.column_stack(level) for name, level in levels.items()}


def _by_customer(log: Impressions, target: Target, of_context: Floats) -> Floats:
    sums = np.zeros((len(log.customer_id), of_context.shape[1]))
    np.add.at(sums, log.customer[target.contexts], of_context)
    return sums


def _worths(log: Impressions, target: Target) -> tuple[list[tuple[str, Floats]], list[str]]:
    """What one purchase of each product counts, by reward; and why a reward is left out."""
    used = np.union1d(log.product[log.product >= 0], target.product)
    worths, notes = [], []
    for name, (column, _) in REWARDS.items():
        if column is None:
            worths.append((name, np.ones(len(target.product_id))))
            continue
        worth = target.worth[column].to_numpy(np.float64)
        lost = int(np.isnan(worth[used]).sum())
        if lost:
            notes.append(
                f"{name} is left out: {lost} of {len(used)} products have no {column} in the "
                f"impressions or the slates"
            )
        else:
            worths.append((name, worth))
    return worths, notes


def _without(support: Support) -> list[str]:
    if support.reason or not support.exact or support.unsupported < ROUNDING:
        return []
    return [
        f"of the {support.unsupported:.1%} without support, IPS counts no purchase, SNIPS what the "
        f"rest of their place sells, doubly robust what its model says"
    ]


def _left_out(log: Impressions, target: Target) -> list[str]:
    notes = []
    if len(target.contexts) < log.contexts:
        notes.append(
            f"{log.contexts - len(target.contexts)} of {log.contexts} lists went to customers "
            f"without a slate of {target.name} and are left out"
        )
    if target.beyond:
        notes.append(
            f"the slates of {target.name} have {target.beyond} more places than the log's "
            f"{log.places}; they are not judged"
        )
    return notes
