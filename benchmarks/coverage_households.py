"""A population of households with the slates of two policies: what the bootstrap is tried on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.metrics import discounts, gini_weights, largest, ndcg

HOUSEHOLDS, PLACES, SELLERS, TOP = 100_000, 10, 800, 10
RATES = ("NDCG", "revenue of hits", "demand kg", "kg per purchase", "kg per money")
FIGURES = (*RATES, "seller Gini", "exposure of the ten largest sellers")
HEAVY = 1.0  # kg: a policy swaps half of the places above it
LIGHTER, LESS_BOUGHT, CHEAPER = 0.5, 0.6, 0.8  # a swapped product over what it replaces


@dataclass(frozen=True, kw_only=True)
class Population:
    """Households under the baseline and a policy, in that order."""

    whole: Floats  # (households, 2, figures, 2): above and below the line; the truth is their sums
    rates: Floats  # (households, 2, rates, 2): those of RATES, which no other household moves
    seller: Ints  # (households, 2, places)
    attention: Floats  # (places,)
    floor: Floats  # (sellers,): half of the share of all places that a seller would have by size

    @property
    def households(self) -> int:
        return len(self.rates)


def population(rng: np.random.Generator, households: int = HOUSEHOLDS) -> Population:
    """Households that buy more or less of what they are shown, at skewed prices and kg.

    The policy replaces half of the heavy products by lighter ones that sell less.

    >>> population(np.random.default_rng(1), households=50).whole.shape
    (50, 2, 7, 2)
    """
    shape = households, PLACES
    active = rng.random(households) < 0.9
    keen = np.where(active, rng.beta(0.9, 1.6, households), 0.0)[:, None]
    p_buy = np.clip(keen * rng.uniform(0.5, 1.3, shape), 0.0, 1.0)
    spender = rng.lognormal(0.0, 0.5, (households, 1))
    price, kg = spender * rng.lognormal(0.9, 0.7, shape), rng.lognormal(0.0, 0.9, shape)
    luck, amount = rng.random(shape), 1.0 + rng.poisson(0.4, shape)
    size: Floats = np.arange(1.0, SELLERS + 1) ** -0.8
    chance: Floats = size / size.sum()
    seller = rng.choice(SELLERS, size=(households, 2, PLACES), p=chance)
    swapped = (kg > HEAVY) & (rng.random(shape) < 0.5)
    seller[:, 1] = np.where(swapped, seller[:, 1], seller[:, 0])
    attention = discounts(PLACES)
    policies = [
        _rates(p_buy, price * amount, price, kg, luck, attention),
        _rates(
            np.where(swapped, LESS_BOUGHT * p_buy, p_buy),
            np.where(swapped, CHEAPER * price, price) * amount,
            np.where(swapped, CHEAPER * price, price),
            np.where(swapped, LIGHTER * kg, kg),
            np.where(swapped, rng.random(shape), luck),  # another product, another chance
            attention,
        ),
    ]
    rates = np.stack(policies, axis=1)
    people = Population(
        whole=rates, rates=rates, seller=seller, attention=attention, floor=0.5 * chance
    )
    return replace(people, whole=log_table(people, np.arange(households)[:, None])[:, 0])


def _rates(
    p_buy: Floats, paid: Floats, price: Floats, kg: Floats, luck: Floats, attention: Floats
) -> Floats:
    """Above and below the line of each of RATES, (households, rates, 2)."""
    hit: Bools = luck < p_buy
    one = np.ones(len(hit))
    items = hit.sum(axis=1) + np.where(p_buy.max(axis=1) > 0, 5, 0)  # five bought off the slate
    judged = (items > 0).astype(np.float64)
    found = np.where(judged > 0, np.nan_to_num(ndcg(hit, items)), 0.0)
    demand = attention * p_buy
    kg_demand, money = (demand * kg).sum(axis=1), (demand * price).sum(axis=1)
    pairs = (
        (found, judged),
        ((hit * paid).sum(axis=1), one),
        (kg_demand, one),
        (kg_demand, demand.sum(axis=1)),
        (kg_demand, money),
    )
    return np.stack([np.column_stack(pair) for pair in pairs], axis=1)


def log_table(people: Population, chosen: Ints) -> Floats:
    """Above and below the line in logs of the households `chosen` (households, logs).

    The answer is (households, logs, 2 policies, figures, 2). Ranks of sellers and which are the
    largest are each log's own, as in a backtest.
    """
    households, logs = chosen.shape
    table = np.empty((households, logs, 2, len(FIGURES), 2))
    table[:, :, :, : len(RATES)] = people.rates[chosen]
    table[:, :, :, len(RATES) :, 1] = people.attention.sum()
    for log in range(logs):
        for policy in range(2):
            seller = people.seller[chosen[:, log], policy]
            weight = np.broadcast_to(people.attention, seller.shape)
            exposure = _sums(seller.ravel(), weight.ravel(), SELLERS)
            scores = gini_weights(exposure), largest(exposure, TOP).astype(np.float64)
            for k, score in enumerate(scores, len(RATES)):
                table[:, log, policy, k, 0] = score[seller] @ people.attention
    return table


def seller_exposures(people: Population, chosen: Ints) -> Floats:
    """Attention that the policy's slates of some households give each seller, (chosen, sellers)."""
    seller = people.seller[chosen, 1]
    row = np.repeat(np.arange(len(chosen)), PLACES)
    weight = np.tile(people.attention, len(chosen))
    flat = _sums(row * SELLERS + seller.ravel(), weight, len(chosen) * SELLERS)
    return flat.reshape(len(chosen), SELLERS)


def _sums(at: Ints, weight: Floats, size: int) -> Floats:
    return np.bincount(at, weight, minlength=size).astype(np.float64, copy=False)
