"""From candidates and a policy to slates for everybody, with their certificate: the whole way.

Doubt first (estimates at the policy's quantile), then the problem; floors out of reach get more
candidates, and where they stay out of reach they are lowered and told; then prices, slates, gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Candidates, Floats, Ints
from recommender.functional import excess_kg
from recommender.log import Log
from recommender.policy import Policy
from recommender.rerank.assemble import Assembled, assemble
from recommender.rerank.doubt import cautious_goods
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.passes import Passes
from recommender.rerank.prepare import extra_of, prepared
from recommender.rerank.problem import Missed, Prices, Solution
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.rerank.solve import solve
from recommender.rerank.targets import Carried
from recommender.rerank.values import surrogates
from recommender.tradeoff import Goods, Scales, customer_excess, goods_of


@dataclass(frozen=True, kw_only=True)
class Shelves:
    """What a shop knows of its products at a cutoff."""

    products: pd.DataFrame  # catalogue order, with the columns of `tradeoff.PRODUCTS`
    purchases: Log  # up to the cutoff
    goods: Goods
    facts: ShelfFacts

    @classmethod
    def of(cls, products: pd.DataFrame, purchases: Log, goods: Goods | None = None) -> Shelves:
        """Of `products` at the prices of the last week of `purchases`."""
        cutoff = int(purchases.week.max(initial=0))
        return cls(
            products=products,
            purchases=purchases,
            goods=goods_of(products, purchases) if goods is None else goods,
            facts=ShelfFacts.of(products, purchases, cutoff),
        )


@dataclass(frozen=True, kw_only=True)
class Reranked:
    """Slates of one policy for all customers, and what is certain of them."""

    policy: Policy
    candidates: Candidates  # with the rows that sellers' floors needed
    rows: Ints  # (customers, places): candidate rows, best place first; -1 where none is left
    parts: Floats  # (4, candidate rows): worth to shopper, retailer, climate, sellers; 0 if barred
    extra: Floats  # (candidate rows,): worth of variety, coverage and freshness
    excess: Floats  # (candidate rows,): kg_excess by the median figures
    assembled: Assembled
    solution: Solution
    missed: Sequence[Missed]  # first those out of reach, then those that the search missed
    deferred: Sequence[Missed]  # floors of less than one place, which later runs owe
    added: int  # candidate rows added for sellers
    surrogates: tuple[str, ...]  # values whose terms stand for something that is not additive

    @property
    def gap(self) -> float | None:
        """How far the slates may be from the best, as a share of the bound; None if one missed.

        With surrogates it is the gap of the surrogate.
        """
        return None if self.missed else self.solution.gap


def rerank(
    candidates: Candidates,
    shelves: Shelves,
    policy: Policy,
    scales: Scales,
    task: str,
    *,
    customer_id: npt.NDArray[np.object_],
    warm: FrozenPrices | None = None,
    carried: Carried | None = None,
    threads: int = 1,
) -> Reranked:
    """Slates of `policy` for all customers of `candidates`, meeting its limits at the least loss.

    `customer_id` (customers,) orders the shoppers; `warm` are prices to start from and `carried`
    what sellers had so far in the horizon. Raises PolicyError where the policy asks for what the
    shop does not have, and ValueError for candidates that are none.
    """
    ready = prepared(
        candidates, shelves, policy, scales, task, customer_id=customer_id, carried=carried
    )
    candidates, made = ready.candidates, ready.assembled
    problem = made.problem
    start = None if warm is None else warm.on(problem)[0]
    solution = solve(problem, start, threads=threads)
    places = np.append(made.rows, -1)  # the last place stands for an empty one
    parts, extra = _of_candidates(made, len(candidates.product))
    return Reranked(
        policy=policy,
        candidates=candidates,
        rows=places[solution.rows],
        parts=parts,
        extra=extra,
        excess=customer_excess(candidates, shelves.goods),
        assembled=made,
        solution=solution,
        missed=[*ready.out_of_reach, *solution.missed],
        deferred=ready.deferred,
        added=ready.added,
        surrogates=surrogates(policy.values),
    )


def rerank_at(
    frozen: FrozenPrices | None,
    candidates: Candidates,
    shelves: Shelves,
    policy: Policy,
    scales: Scales,
    task: str,
    *,
    customer_id: npt.NDArray[np.object_],
    customer: Ints,
    everybody: Candidates | None = None,
) -> tuple[Ints, Floats, Floats]:
    """Slates of some customers at frozen prices: rows, and parts and extra of all candidate rows.

    `customer` (customers,) are their numbers in the log, -1 for one that it does not know. Limits
    that all customers share enter by their prices alone, so nobody else's slate moves; None are
    prices of 0. Rows are (customers, places), parts (4, candidate rows), extra (candidate rows,).
    """
    doubted = cautious_goods(
        shelves.goods, shelves.products, shelves.purchases, policy.carbon.quantile
    )
    if frozen is not None and frozen.target_kg is not None:  # of all customers, not of these
        limits = {"carbon_change": None, "carbon_target_kg": frozen.target_kg}
        policy = policy.model_copy(update={"limits": policy.limits.model_copy(update=limits)})
    made = assemble(
        candidates,
        doubted,
        policy,
        scales,
        task,
        excess=excess_kg(
            doubted.functional,
            doubted.references,
            customer[candidates.customer],
            candidates.product,
        ),
        facts=shelves.facts,
        customer_id=customer_id,
        extra=extra_of(candidates, shelves, policy, task, everybody),
    )
    passes = Passes(made.problem)
    prices = Prices.none(made.problem) if frozen is None else frozen.on(made.problem)[0]
    up, down = passes.vector(prices)
    rows = passes.empty()
    passes.run(up - down, rows)
    parts, extra = _of_candidates(made, len(candidates.product))
    return np.append(made.rows, -1)[rows], parts, extra


def _of_candidates(made: Assembled, rows: int) -> tuple[Floats, Floats]:
    """Parts and extra of all candidate rows; 0 where a row may not stand on a slate."""
    parts, extra = np.zeros((len(made.parts), rows)), np.zeros(rows)
    parts[:, made.rows], extra[made.rows] = made.parts, made.extra
    return parts, extra
