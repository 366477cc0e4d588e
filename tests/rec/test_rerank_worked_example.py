"""The worked example of the README: one budget, three products, many households alike."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.rerank.problem import Problem, Total
from recommender.rerank.solve import solve

A, B, C = 0, 1, 2
P_BUY, KG, BUDGET = np.array([0.5, 0.4, 0.2]), np.array([4.0, 1.0, 0.5]), 2.0


def households(n: int) -> Problem:
    p_buy = np.tile(P_BUY, n)
    return Problem(
        key=np.arange(n),
        start=np.arange(0, 3 * n + 1, 3),
        product=np.tile(np.array([A, B, C]), n),
        value=p_buy,
        p_buy=p_buy,
        attention=np.array([1.0, 0.6]),
        totals=(
            Total(
                name="carbon budget",
                unit="kg CO2e",
                each=np.tile(P_BUY * (BUDGET - KG), n),
                least=0.0,
            ),
        ),
    )


def test_relevance_alone_shows_a_then_b() -> None:
    found = solve(replace(households(1), totals=()))
    assert found.rows.tolist() == [[A, B]]
    assert found.value == pytest.approx(0.5 + 0.6 * 0.4)


def test_many_households_share_the_budget_and_reach_the_bound() -> None:
    n = 1000
    found = solve(households(n))
    assert found.missed == []
    # 0.5 - x = 0.2 + 0.3 x
    assert found.prices.totals[0] == pytest.approx(0.3 / 1.3, abs=1e-3)
    assert found.bound / n == pytest.approx(
        0.4 + 0.4 * 0.3 / 1.3 + 0.6 * (0.5 - 0.3 / 1.3), abs=1e-4
    )
    assert found.gap is not None
    assert found.gap < 0.001
    shown = [tuple(np.array([A, B, C])[row % 3]) for row in found.rows]
    # B, A is 0.2 kg over, B, C has 0.58 kg to spare
    assert shown.count((B, C)) / n == pytest.approx(0.2 / 0.78, abs=0.002)
    assert set(shown) == {(B, A), (B, C)}


def test_one_household_alone_has_to_take_the_lighter_slate() -> None:
    found = solve(households(1))
    assert found.rows.tolist() == [[B, C]]
    assert found.value == pytest.approx(0.4 + 0.6 * 0.2)
    # 0.52 against the bound of 0.654 that a crowd could reach
    assert found.gap == pytest.approx(1 - 0.52 / (0.7 - 0.2 * 0.3 / 1.3), abs=1e-6)
