"""The steps on a workspace that re-rank: slates under limits, the frontier, a slate told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates, Ints
from recommender.console import note
from recommender.history import History
from recommender.log import Log
from recommender.metrics import bought_in, household_sums
from recommender.policy import Policy, Slate, baseline_policy
from recommender.policy_slates import certificate, slates_of, table_of
from recommender.relevance.fit import in_universe
from recommender.rerank.assemble import SELLERS
from recommender.rerank.explain_slate import explain_reranked
from recommender.rerank.frontier import FrontierTable, Point, frontier
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.kept_rows import PRICES, keep_rows
from recommender.rerank.limit_costs import (
    cost_of_limit,
    cost_sentence,
    dearest,
    prices_without,
)
from recommender.rerank.limit_prices import LimitPrice, explain_prices
from recommender.rerank.limit_summary import family_sentences, worth_telling
from recommender.rerank.problem import Prices, Problem, Solution
from recommender.rerank.rerank import Reranked, Shelves, rerank
from recommender.rerank.solve import solve
from recommender.rerank.targets import Carried
from recommender.serving_steps import NOW, prices_in
from recommender.shop import Shop
from recommender.splits import HORIZON_WEEKS
from recommender.steps import frozen_prices, scales_now
from recommender.tradeoff import TASKS, Scales, baseline_scales
from recommender.workspace import write_table, write_text

JUDGE = "judge"
MEASURED = ("ndcg", "dcg", "hits_need")  # on held-out purchases, for a frontier


def rerank_step(
    shop: Shop,
    policy: Policy,
    task: str,
    out: Path,
    warm: Path | None = None,
    carried: Path | None = None,
    costs: bool = False,
) -> dict[str, Any]:
    """Today's slates of all customers under `policy`, written to `out` with the frozen prices.

    The prices go beside it, as JSON, from which one customer can be served alone and tomorrow's
    search can start (`warm`), and what each seller was shown since the horizon began (`carried`
    from earlier runs). The answer holds prices, gap and missed limits; with `costs` also what the
    dearest limits cost in all, each by a search without it.
    """
    start = None if warm is None else prices_in(warm, policy)
    before = Carried() if carried is None else _carried_in(carried)
    scales = scales_now(shop)
    shelves = shop.shelves
    candidates = shop.candidates(NOW)
    made = _rerank(shop, candidates, shelves, policy, scales, task, start, before)
    everybody = np.arange(candidates.customers)
    write_table(out, table_of(made, task, everybody, shelves, shop.log.ids.customers))
    prices = frozen_prices(shop, made, scales)
    prices_path = out.with_suffix(PRICES)
    write_text(prices_path, prices.to_json())
    keep_rows(prices_path, made.candidates, shop.log.ids)
    shown_path = out.with_suffix(".shown.json")
    write_text(shown_path, shown_since(made, before).to_json())
    limits = told_limits(shop, made, scales)
    return {
        "policy": policy.name,
        "task": task,
        "customers": int((made.rows[:, 0] >= 0).sum()),
        "out": str(out),
        "prices_out": str(prices_path),
        "shown_out": str(shown_path),
        **certificate(made),
        "prices": [
            {
                "limit": limit.limit,
                "unit": limit.unit,
                "price": limit.price,
                "asked": limit.asked,
                "reached": limit.reached,
                "missed": limit.missed,
            }
            for limit in limits
            if limit.binding or limit.missed or limit.family is None
        ],
        "sentences": [limit.sentence for limit in worth_telling(limits)],
        "families": family_sentences(limits),
        "costs": told_costs(shop, made, scales, limits) if costs else None,
    }


def told_costs(
    shop: Shop, made: Reranked, scales: Scales, limits: Sequence[LimitPrice]
) -> list[dict[str, Any]]:
    """What the dearest limits of a run cost in all, with a sentence for each."""
    problem, prices, policy = made.assembled.problem, made.solution.prices, made.policy
    margin = None
    if scales.m0 > 0:
        margin = problem.p_buy * shop.goods.margin[problem.product]
    found = []
    for limit in dearest(limits):
        start = prices_without(problem, prices, limit)

        def again(free: Problem, start: Prices = start) -> Solution:
            return solve(free, start)

        cost = cost_of_limit(problem, limit, again, made.solution, margin)
        said = cost_sentence(cost, policy.weights, scales, HORIZON_WEEKS, shop.currency)
        note(f"searched without {limit}")
        high = cost.high if np.isfinite(cost.high) else None
        found.append(asdict(cost) | {"high": high, "weeks": HORIZON_WEEKS, "sentence": said})
    return found


def shown_since(made: Reranked, before: Carried) -> Carried:
    """What sellers were shown since the horizon began, this run included."""
    exposure: dict[str, float] = {}
    for family, seen in zip(made.assembled.problem.shares, made.solution.exposure, strict=True):
        if family.name == SELLERS:
            exposure = dict(zip(family.groups, seen.tolist(), strict=True))
    return before.after(made.assembled.attention, exposure)


def _carried_in(path: Path) -> Carried:
    """What an earlier run wrote. Raises TableError for another file."""
    try:
        return Carried.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"carried exposure {path}: {error}") from error


def told_limits(shop: Shop, made: Reranked, scales: Scales) -> list[LimitPrice]:
    """Every limit of a run with its price, in the shop's own currency."""
    return explain_prices(
        made.assembled.problem,
        made.solution,
        made.policy.weights,
        scales,
        HORIZON_WEEKS,
        shop.currency,
        missed=made.missed,
    )


def frontier_step(shop: Shop, points: Sequence[Point]) -> FrontierTable:
    """The frontier on the judging weeks, each point with what its slates hit there."""
    history, weeks = shop.judging, shop.weeks.judge
    shelves = Shelves.of(shop.products(history), history.log)
    candidates = shop.candidates(JUDGE)
    households = np.flatnonzero(history.universe.customers)
    slate = points[0].policy.slate
    scales = _scales(shop, candidates, shelves, slate, households)
    done = 0

    def solve(policy: Policy, warm: FrozenPrices | None) -> Reranked:
        nonlocal done
        made = _rerank(shop, candidates, shelves, policy, scales, TASKS[0], warm)
        note(f"{done} of {len(points)} points solved")
        done += 1
        return made

    lines = shop.log.weeks(weeks.first, weeks.last)
    measure = _measure(lines, history, shelves, households)
    return frontier(points, solve, shelves.goods, scales, measure=measure)


def explain_step(shop: Shop, policy: Policy, customer_id: str) -> dict[str, Any]:
    """Why today's slate of one customer is what it is. Raises TableError for an unknown one."""
    customer = int(shop.log.ids.customer_rows([customer_id])[0])
    candidates = shop.candidates(NOW)
    if customer < 0 or candidates.start[customer] == candidates.start[customer + 1]:
        known = "is not in the log" if customer < 0 else "has too little history to be ranked"
        raise TableError(
            f"customer {customer_id} {known}, but only a slate that rests on purchases can be told"
        )
    scales = scales_now(shop)
    shelves = shop.shelves
    made = _rerank(shop, candidates, shelves, policy, scales, TASKS[0], None)
    return explain_reranked(made, shelves, scales, customer, customer_id, shop.currency)


def _rerank(
    shop: Shop,
    candidates: Candidates,
    shelves: Shelves,
    policy: Policy,
    scales: Scales,
    task: str,
    warm: FrozenPrices | None,
    carried: Carried | None = None,
) -> Reranked:
    ids = shop.log.ids.customers
    return rerank(
        candidates, shelves, policy, scales, task, customer_id=ids, warm=warm, carried=carried
    )


def _scales(
    shop: Shop, candidates: Candidates, shelves: Shelves, slate: Slate, households: Ints
) -> Scales:
    """The scales that the backtest would fix: those of the baseline on the judging weeks."""
    baseline, none = baseline_policy(slate), Scales(m0=0.0, g0=0.0, short={})
    made = _rerank(shop, candidates, shelves, baseline, none, TASKS[0], None)
    return baseline_scales(made.rows[households], candidates, shelves.goods, slate.curve())


def _measure(
    lines: Log, history: History, shelves: Shelves, households: Ints
) -> Callable[[Reranked], dict[str, float]]:
    window = bought_in(lines.where(in_universe(history, lines)), shelves.goods)

    def measure(made: Reranked) -> dict[str, float]:
        sums = household_sums(slates_of(made, households), window, shelves.goods)
        return {name: float(sums[name][0].sum() / sums[name][1].sum()) for name in MEASURED}

    return measure
