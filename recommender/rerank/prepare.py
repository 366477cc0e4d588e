"""Everything that is done before prices are sought: doubt, limits, and what is out of reach.

Estimates enter at the policy's quantile, floors out of reach get more candidates, and where they
stay out of reach they are lowered and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.policy import Policy
from recommender.rerank.allowed import allowed_products, rows_on_slates
from recommender.rerank.assemble import Assembled, assemble
from recommender.rerank.attainable import attainable, deferred, lowered
from recommender.rerank.doubt import cautious_goods
from recommender.rerank.more_candidates import more_candidates
from recommender.rerank.problem import Missed
from recommender.rerank.targets import Carried
from recommender.rerank.values import ValueFacts, extra_values, times_shown
from recommender.tradeoff import Goods, Scales, best_slates, customer_excess

if TYPE_CHECKING:
    from recommender.rerank.rerank import Shelves


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A problem whose limits are all within reach, each alone, and what it was made from."""

    candidates: Candidates  # with the rows that sellers' floors needed
    goods: Goods  # at the policy's quantile
    assembled: Assembled  # its problem is the one to solve
    out_of_reach: Sequence[Missed]  # limits that were lowered to what can be reached
    deferred: Sequence[Missed]  # floors of less than one place, which later runs owe
    added: int  # candidate rows added for sellers


def prepared(
    candidates: Candidates,
    shelves: Shelves,
    policy: Policy,
    scales: Scales,
    task: str,
    *,
    customer_id: npt.NDArray[np.object_],
    carried: Carried | None = None,
) -> Prepared:
    """The problem of all customers of `candidates` under `policy`, ready to be solved.

    `customer_id` (customers,) orders the shoppers and `carried` is what sellers had so far in the
    horizon. Raises PolicyError where the policy asks for what the shop does not have, and
    ValueError for candidates that are none.
    """
    goods = cautious_goods(
        shelves.goods, shelves.products, shelves.purchases, policy.carbon.quantile
    )

    def made_of(rows: Candidates) -> tuple[Assembled, list[Missed]]:
        made = assemble(
            rows,
            goods,
            policy,
            scales,
            task,
            excess=customer_excess(rows, goods),
            facts=shelves.facts,
            customer_id=customer_id,
            extra=extra_of(rows, shelves, policy, task),
            carried=carried,
        )
        problem, owed = deferred(made.problem)
        return replace(made, problem=problem), owed

    made, owed = made_of(candidates)
    reach = attainable(made.problem)
    added = 0
    if any(
        (family.least > most).any()
        for family, most in zip(made.problem.shares, reach.most, strict=True)
    ):
        more = more_candidates(
            candidates,
            made.problem,
            reach,
            goods,
            shelves.facts,
            shelves.purchases,
            allowed=allowed_products(shelves.goods, shelves.facts, policy),
            new_only=task == "new",
        )
        candidates, added = more.candidates, more.added
        made, owed = made_of(candidates)
        reach = attainable(made.problem)
    problem, out_of_reach = lowered(made.problem, reach)
    return Prepared(
        candidates=candidates,
        goods=goods,
        assembled=replace(made, problem=problem),
        out_of_reach=out_of_reach,
        deferred=owed,
        added=added,
    )


def extra_of(
    candidates: Candidates,
    shelves: Shelves,
    policy: Policy,
    task: str,
    everybody: Candidates | None = None,
) -> Floats | None:
    """What variety, coverage and freshness add to each row, judged at the relevance slates.

    How often a product is shown is counted over `everybody`, where `candidates` are of some only.
    """
    weights = policy.values
    if not any(weights.as_dict().values()):
        return None

    def relevance_slates(of: Candidates) -> tuple[Ints, Bools]:
        allowed = rows_on_slates(of, shelves.goods, shelves.facts, policy, task)
        return best_slates(of.start, of.product, of.p_buy, allowed, policy.slate.n), allowed

    base, allowed = relevance_slates(candidates)
    shown = None
    if everybody is not None:
        rows, _ = relevance_slates(everybody)
        shown = times_shown(everybody.product, rows, len(shelves.products))
    facts = ValueFacts.of(shelves.goods, shelves.facts)
    return extra_values(
        candidates.start, candidates.product, base, facts, weights, allowed=allowed, shown=shown
    )
