"""The re-ranker: its bound against HiGHS, its speed on a shop, and the same bits in any order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.instances import shop, small
from benchmarks.slate_lp import optimum
from recommender.rerank.problem import Prices, Problem, Solution
from recommender.rerank.solve import solve

INSTANCES = 20
EXACT = 1e-6  # relative
SHOPPERS, MANY = 20_000, 200_000
COLD, WARM, GAP = 6.0, 3.0, 0.1  # CPU s, CPU s, %
NOISE = 0.05  # of the chances, from one day to the next
TIMES = 10.0  # CPU s of ten times the shoppers


def run() -> Iterator[tuple[str, str, str]]:
    yield bound_against_highs()
    solve(shop(200))  # compiles
    today, yesterday = shop(SHOPPERS), shop(SHOPPERS, noise=NOISE)
    before = solve(yesterday).prices
    cold, cold_s = _timed(today)
    warm, warm_s = _timed(today, before)
    what = f"{SHOPPERS:,} x 100, top 10, 500 floors, carbon budget"
    yield f"{what}: cold", *_figures(cold, cold_s, COLD)
    yield f"{what}: from yesterday's prices", *_figures(warm, warm_s, WARM)
    yield same_bits(today, cold)
    many, many_s = _timed(shop(MANY))
    yield (
        f"{MANY:,} x 100, the same, cold",
        f"{_gap(many)}, {many_s:.1f} CPU s: {many_s / cold_s:.1f} times {SHOPPERS:,}",
        f"at most {TIMES:g} times",
    )


def bound_against_highs() -> tuple[str, str, str]:
    """The worst relative difference of the bound to the optimum of the linear programme."""
    worst = 0.0
    for seed in range(INSTANCES):
        problem = small(seed)
        best = optimum(problem)
        if best is None:
            raise ValueError(f"small instance {seed} has no answer, but every one was to have one")
        worst = max(worst, abs(solve(problem).bound - best) / abs(best))
    what = f"bound against HiGHS, {INSTANCES} small instances with every limit"
    return what, f"off by {worst:.1e} at worst", f"at most {EXACT:.0e}"


def same_bits(problem: Problem, found: Solution) -> tuple[str, str, str]:
    """Whether slates, prices, value and bound stay as they are for shards, threads and orders."""
    order = np.random.default_rng(1).permutation(problem.shoppers)
    mixed, rows = reordered(problem, order)
    again = solve(mixed)
    mixed_rows = np.where(again.rows >= 0, rows[again.rows], -1)[np.argsort(order)]
    others = {
        "ten shards": solve(problem, shards=10),
        "two threads": solve(problem, threads=2),
        "another order of shoppers": replace(again, rows=mixed_rows),
    }
    differ = [name for name, other in others.items() if not _same(found, other)]
    measured = f"not with {', '.join(differ)}" if differ else "yes"
    return f"same bits for {', '.join(others)}", measured, "yes"


def reordered(problem: Problem, order: np.ndarray) -> tuple[Problem, np.ndarray]:
    """The same problem with its shoppers in `order`, and the old number of each row."""
    size = np.diff(problem.start)[order]
    start = np.concatenate([[0], np.cumsum(size)])
    rows = np.arange(start[-1]) + np.repeat(problem.start[order] - start[:-1], size)
    own = problem.own_floor
    return replace(
        problem,
        key=problem.key[order],
        start=start,
        product=problem.product[rows],
        value=problem.value[rows],
        p_buy=problem.p_buy[rows],
        totals=tuple(replace(total, each=total.each[rows]) for total in problem.totals),
        own_floor=None if own is None else own[order],
    ), rows


def _timed(problem: Problem, warm: Prices | None = None) -> tuple[Solution, float]:
    began = time.process_time()
    found = solve(problem, warm)
    return found, time.process_time() - began


def _gap(found: Solution) -> str:
    if found.gap is None:
        return f"{len(found.missed)} limits missed"
    return f"feasible, gap {100 * found.gap:.3f} %"


def _figures(found: Solution, seconds: float, limit: float) -> tuple[str, str]:
    measured = f"{_gap(found)}, {seconds:.2f} CPU s ({found.passes} passes)"
    return measured, f"gap at most {GAP:g} %, {limit:g} CPU s"


def _same(one: Solution, other: Solution) -> bool:
    prices = zip(
        (one.prices.totals, *one.prices.floors, *one.prices.caps),
        (other.prices.totals, *other.prices.floors, *other.prices.caps),
        strict=True,
    )
    return (
        (one.value, one.bound, one.gap) == (other.value, other.bound, other.gap)
        and all(np.array_equal(mine, theirs) for mine, theirs in prices)
        and np.array_equal(one.rows, other.rows)
    )
