"""Made-up instances of the re-ranker's problem, from a seed: small ones with every kind of limit,
and large ones shaped like a shop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.slate_lp import fillable
from recommender.best import best_rows
from recommender.candidates import Floats, Ints
from recommender.rerank.problem import Problem, Shares, Total
from recommender.rerank.welfare import welfare_of

PRODUCTS, SELLERS, PLACES = 5_000, 500, 10
LOT = 20_000  # shoppers drawn at a time
CARBON_CHANGE = -0.10  # per purchase, against the relevance slates
FLOOR_OF_TARGET = 0.8  # and no more than this share of what a seller could reach at all


def attention_curve(places: int) -> Floats:
    """1 / log2(place + 1) (places,), the default of a policy."""
    return np.asarray(1 / np.log2(np.arange(2, places + 2)))


def small(seed: int, *, welfare: str = "none", kinds: bool = True, own: bool = True) -> Problem:
    """Six shoppers with seven rows each out of twelve products, three places, and every limit:

    a carbon budget and a relevance floor, floors and caps of four sellers and floors of two tiers,
    at most two (`kinds`) of one of four kinds on a slate, relevance floors of each shopper (`own`).
    The limits are a little looser than what one random answer reaches, so that one exists, and
    tighter than what the slates of the highest value reach, as a rule.
    """
    rng = np.random.default_rng(seed)
    shoppers, each, products, attention = 6, 7, 12, attention_curve(3)
    product = np.concatenate([np.sort(rng.permutation(products)[:each]) for _ in range(shoppers)])
    p_buy, kg = rng.beta(1, 3, len(product)), rng.lognormal(0.5, 0.8, products)[product]
    seller, tier = np.arange(products) % 4, np.arange(products) % 3 % 2
    kind = np.where(rng.random(products) < 0.8, rng.integers(4, size=products), -1)
    problem = Problem(
        key=np.arange(shoppers),
        start=np.arange(shoppers + 1) * each,
        product=product,
        value=p_buy * (1 + 0.3 * rng.random(len(product))),
        p_buy=p_buy,
        attention=attention,
        kind=kind if kinds else None,
        per_kind=2 if kinds else 0,
    )
    some = slates(replace(problem, value=p_buy + rng.normal(scale=0.3, size=len(p_buy))))
    best = slates(replace(problem, value=p_buy))
    seen = np.where(some >= 0, attention, 0.0)

    def total(name: str, unit: str, coefficient: Floats) -> Total:
        reached = float((seen * coefficient[some]).sum())
        return Total(name=name, unit=unit, each=coefficient, least=reached - 0.02 * abs(reached))

    def shares(name: str, group: Ints, loose: float, most: float) -> Shares:
        count = int(group.max()) + 1  # a group may stand on no slate
        reached = np.bincount(group[product[some]].ravel(), seen.ravel(), minlength=count)
        names = tuple(f"{name} {g}" for g in range(len(reached)))
        caps = np.where(np.arange(len(reached)) == 1, reached * most, np.inf)
        return Shares(name=name, groups=names, group=group, least=reached * loose, most=caps)

    whole = attention.sum() * shoppers
    own_floor = np.minimum(
        0.9 * (attention * p_buy[best]).sum(axis=1), (attention * p_buy[some]).sum(axis=1) * 0.99
    )
    return replace(
        problem,
        totals=(
            total("carbon budget", "kg CO2e", p_buy * (np.average(kg) - kg)),
            total("relevance", "purchases", p_buy),
        ),
        shares=(shares("seller", seller, 0.9, 1.1), shares("tier", tier, 0.95, np.inf)),
        own_floor=own_floor if own else None,
        welfare=welfare_of(
            welfare,
            family="seller",
            weight=0.3,
            alpha=1.0,
            attention=whole,
            target=np.array([0.4, 0.3, 0.2, 0.1]) * whole,
        ),
    )


def slates(problem: Problem) -> Ints:
    """Each shopper's slate of the highest value, limits on kinds met: for small problems."""
    rows = np.full((problem.shoppers, len(problem.attention)), -1)
    for shopper, n in enumerate(fillable(problem)):
        mine = np.arange(problem.start[shopper], problem.start[shopper + 1])
        taken: list[int] = []
        for row in mine[np.lexsort((problem.product[mine], -problem.value[mine]))]:
            kind = -1 if problem.kind is None else problem.kind[problem.product[row]]
            alike = 0 if kind < 0 else (problem.kind[problem.product[taken]] == kind).sum()
            if len(taken) < n and (kind < 0 or alike < problem.per_kind):
                taken.append(int(row))
        rows[shopper, : len(taken)] = taken
    return rows


def shop(shoppers: int, *, each: int = 100, seed: int = 0, noise: float = 0.0) -> Problem:
    """A shop of 5,000 products of 500 sellers: floors for all of them and a carbon budget.

    Products are drawn without repeats for each shopper, mostly by popularity; chances fall within
    a shopper, after a beta draw with many low ones; sellers' sizes fall as in Zipf's law; a
    purchase in the mean weighs about 2 kg CO2e, lognormal by product. A seller's target is its
    share of all chances of purchase (merit), its floor 0.8 of that, but at most 0.8 of what it has
    when each shopper's slate is filled with its products first. The budget asks for 10 % fewer kg
    per purchase than the slates of the highest chances carry. `noise` multiplies each chance by a
    lognormal draw of that size, the limits staying as they were: another day of the same shop.
    """
    rng = np.random.default_rng(seed)
    attention = attention_curve(PLACES)
    seller = rng.choice(SELLERS, PRODUCTS, p=_zipf(SELLERS, 0.9))
    seller[rng.permutation(PRODUCTS)[:SELLERS]] = np.arange(SELLERS)  # each has a product
    popular = _zipf(PRODUCTS, 0.6)[rng.permutation(PRODUCTS)]
    kg = rng.lognormal(0.3, 0.9, PRODUCTS)
    lots = [_candidates(rng, n, each, popular) for n in _lots(shoppers)]
    product, p_buy = (np.concatenate(column) for column in zip(*lots, strict=True))
    start = np.arange(shoppers + 1) * each
    top = best_rows(start, product, p_buy, np.ones(len(product), np.bool_), PLACES)
    demand = attention * p_buy[top]
    allowed_kg = (1 + CARBON_CHANGE) * float((demand * kg[product[top]]).sum() / demand.sum())
    merit = np.bincount(seller[product], p_buy, SELLERS)
    asked = FLOOR_OF_TARGET * attention.sum() * shoppers * merit / merit.sum()
    floor = np.minimum(asked, FLOOR_OF_TARGET * _reachable(seller[product], each, attention))
    if noise:
        day = np.random.default_rng(seed + 1).normal(scale=noise, size=len(p_buy))
        p_buy = np.minimum(p_buy * np.exp(day), 1.0)
    return Problem(
        key=np.arange(shoppers),
        start=start,
        product=product,
        value=p_buy,
        p_buy=p_buy,
        attention=attention,
        totals=(
            Total(
                name="carbon budget",
                unit="kg CO2e",
                each=p_buy * (allowed_kg - kg[product]),
                least=0.0,
            ),
        ),
        shares=(
            Shares(
                name="seller",
                groups=tuple(str(s) for s in range(SELLERS)),
                group=seller,
                least=floor,
                most=np.full(SELLERS, np.inf),
            ),
        ),
    )


def _zipf(n: int, power: float) -> Floats:
    """Shares (n,) that fall with the rank to a power."""
    share = np.arange(1, n + 1.0) ** -power
    return np.asarray(share / share.sum())


def _lots(shoppers: int) -> list[int]:
    """Sizes of batches of shoppers, so that memory stays with the result."""
    return [min(LOT, shoppers - first) for first in range(0, shoppers, LOT)]


def _candidates(
    rng: np.random.Generator, shoppers: int, each: int, popular: Floats
) -> tuple[Ints, Floats]:
    """Products and falling chances (shoppers x each,) of some shoppers, distinct within each."""
    place = np.arange(each)
    # one product out of each slice of popularity; a repeat moves on to the next product
    drawn = (place + rng.random((shoppers, each))) / each
    product = np.searchsorted(np.cumsum(popular), drawn)
    product = np.maximum.accumulate(product - place, axis=1)
    product = np.minimum(product, len(popular) - each) + place
    liking = np.log(popular)[product] + rng.gumbel(size=product.shape)
    product = np.take_along_axis(product, np.argsort(-liking, axis=1), axis=1)
    p_buy = -np.sort(-rng.beta(0.4, 2.0, product.shape), axis=1)
    return product.ravel(), p_buy.ravel()


def _reachable(seller: Ints, each: int, attention: Floats) -> Floats:
    """(SELLERS,): attention of a seller whose products come first on every slate."""
    of_first = np.concatenate([[0.0], np.cumsum(attention)])
    reach = np.zeros(SELLERS)
    for rows in np.split(seller, np.arange(LOT * each, len(seller), LOT * each)):
        shopper = np.arange(len(rows)) // each
        pair, count = np.unique(shopper * SELLERS + rows, return_counts=True)
        mine = of_first[np.minimum(count, len(attention))]
        reach += np.bincount(pair % SELLERS, mine, SELLERS)
    return reach
