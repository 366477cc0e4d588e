"""The slates of a what-if run, and how they follow when footprints fall or sellers leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.best import best_rows
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.functional import OWN
from recommender.impact.what_if.world import World
from recommender.rerank.assemble import CARBON
from recommender.rerank.rerank import Reranked
from recommender.tradeoff import Scales, seller_exposure


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """How one policy ranks, with the prices of its limits held as they are.

    The best rows by `score` are the slates as they stand: a row that stands there for a limit that
    no price tells of keeps its place until another gains on it, see `kept`.
    """

    start: Ints  # (customers + 1,)
    product: Ints  # (rows,)
    rows: Ints  # (customers, places): -1 where a place is empty
    attention: Floats  # (places,)
    score: Floats  # (rows,)
    per_kg: Floats  # (rows,): score for one kg CO2e at equal function more
    allowed: Bools  # (rows,)

    def again(self, fewer_kg: Floats, present: Bools) -> Ints:
        """The slates once products weigh `fewer_kg` less and some have gone, (customers, places).

        Both are (products,); kg CO2e at equal function.
        """
        score = self.score - self.per_kg * fewer_kg[self.product]
        allowed = self.allowed & present[self.product]
        return best_rows(self.start, self.product, score, allowed, len(self.attention))


def ranking_of(made: Reranked, scales: Scales, world: World) -> Ranking:
    """The ranking of a policy at the prices that its limits found.

    Limits of each shopper's own (a floor on relevance, so many of a category) are held only as the
    slates stand: where footprints move, the best by score take the places.
    """
    problem, prices = made.assembled.problem, made.solution.prices
    value = problem.value.copy()
    price_of_kg = made.policy.weights.climate / scales.g0 if scales.g0 > 0 else 0.0
    for total, price in zip(problem.totals, prices.totals, strict=True):
        value += price * total.each
        price_of_kg += price if total.name == CARBON else 0.0
    for family, floors, caps in zip(problem.shares, prices.floors, prices.caps, strict=True):
        value += np.append(floors - caps, 0.0)[family.group[problem.product]]
    candidates = made.candidates
    rows = len(candidates.product)
    score, allowed = np.full(rows, -np.inf), np.zeros(rows, np.bool_)
    score[made.assembled.rows], allowed[made.assembled.rows] = value, True
    own = world.goods.functional.basis[candidates.product] == OWN
    return Ranking(
        start=candidates.start,
        product=candidates.product,
        rows=made.rows,
        attention=made.policy.slate.curve(),
        score=kept(candidates, made.rows, score),
        per_kg=np.where(own, -price_of_kg * candidates.p_buy, 0.0),
        allowed=allowed,
    )


def kept(candidates: Candidates, rows: Ints, score: Floats) -> Floats:
    """`score` moved as little as makes the slates `rows` the best, (rows,).

    Rows on a slate get at least, all others at most, the middle between the worst on it and the
    best beside it where those overlap.

    >>> one = Candidates(
    ...     start=np.array([0, 3]),
    ...     product=np.arange(3),
    ...     p_buy=np.ones(3),
    ...     q_buy=np.ones(3),
    ...     is_new=np.ones(3, bool),
    ...     source=np.ones(3, int),
    ... )
    >>> kept(one, np.array([[2]]), np.array([0.1, 0.6, 0.4])).round(3)
    array([0.1, 0.5, 0.5])
    """
    on = np.zeros(len(score), np.bool_)
    on[rows[rows >= 0]] = True
    customer = candidates.customer
    worst = np.full(candidates.customers, np.inf)
    best = np.full(candidates.customers, -np.inf)
    np.minimum.at(worst, customer[on], score[on])
    np.maximum.at(best, customer[~on], score[~on])
    overlap = best > worst
    middle = np.zeros(candidates.customers)
    middle[overlap] = 0.5 * (best[overlap] + worst[overlap])
    fixed = overlap[customer]
    line = middle[customer]
    above = np.maximum(score, np.nextafter(line, np.inf))  # no tie with those beside the slate
    return np.where(fixed & on, above, np.where(fixed, np.minimum(score, line), score))


def exposure_of(world: World, product: Ints, rows: Ints, attention: Floats) -> Floats:
    """Share of attention on each seller, (sellers,), of slates of candidate rows."""
    filled = rows >= 0
    seller = np.where(filled, world.goods.seller[product[rows]], -1)
    return seller_exposure(seller, filled * attention, len(world.goods.sellers))
