"""Batches of a problem: each owes its part, and together they owe what all owe."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.rerank.assemble import CARBON, RELEVANCE
from recommender.rerank.batches import Batches
from recommender.rerank.problem import Problem, Shares, Total


def market() -> Problem:
    """Ann has two products, bob one, cy none; two places of attention 1 and 0.5."""
    p_buy = np.array([0.8, 0.4, 0.6])
    return Problem(
        key=np.array([5, 3, 9]),
        start=np.array([0, 2, 3, 3]),
        product=np.array([0, 1, 1]),
        value=p_buy,
        p_buy=p_buy,
        attention=np.array([1.0, 0.5]),
        totals=(
            Total(name=CARBON, unit="kg CO2e", each=np.array([-1.0, 1.0, 1.0]), least=-2.5),
            Total(name=RELEVANCE, unit="purchases", each=p_buy, least=0.8),
        ),
        shares=(
            Shares(
                name="seller",
                groups=("big", "small"),
                group=np.array([0, 1]),
                least=np.array([0.0, 0.5]),
                most=np.array([2.0, np.inf]),
            ),
        ),
        own_floor=np.array([0.7, 0.5, 0.0]),
    )


def test_a_batch_owes_its_part_of_attention_and_of_relevance() -> None:
    batch, rows = Batches.of(market()).batch(np.array([1]))
    # by hand: bob fills 1 of the 2.5 units of attention that ann (1.5) and he can fill;
    # relevance alone shows 0.8 + 0.5 x 0.4 = 1 to ann and 0.6 to bob: 0.6 of 1.6
    assert rows.tolist() == [2]
    assert batch.key.tolist() == [3]
    assert batch.start.tolist() == [0, 1]
    assert [total.least for total in batch.totals] == pytest.approx([0.4 * -2.5, 0.375 * 0.8])
    assert batch.shares[0].least.tolist() == pytest.approx([0.0, 0.2])
    assert batch.shares[0].most.tolist() == [pytest.approx(0.8), np.inf]
    assert batch.own_floor is not None
    assert batch.own_floor.tolist() == [0.5]


def test_who_comes_twice_owes_twice_and_who_has_nothing_owes_nothing() -> None:
    batches = Batches.of(market())
    twice, rows = batches.batch(np.array([0, 0]))
    assert rows.tolist() == [0, 1, 0, 1]
    assert twice.start.tolist() == [0, 2, 4]
    assert twice.shares[0].least.tolist() == pytest.approx([0.0, 2 * 0.6 * 0.5])
    nobody, rows = batches.batch(np.array([2]))
    assert rows.tolist() == []
    assert nobody.shares[0].least.tolist() == [0.0, 0.0]
    assert nobody.shares[0].most.tolist() == [0.0, np.inf]


@settings(max_examples=30, deadline=None)
@given(st.permutations([0, 1, 2]), st.integers(0, 3))
def test_batches_together_owe_what_all_owe(order: list[int], cut: int) -> None:
    problem = replace(market(), own_floor=None)
    batches = Batches.of(problem)
    pieces = [batches.batch(np.array(some, np.int64))[0] for some in (order[:cut], order[cut:])]
    for at, total in enumerate(problem.totals):
        assert sum(piece.totals[at].least for piece in pieces) == pytest.approx(total.least)
    least = sum(piece.shares[0].least for piece in pieces)
    assert np.allclose(least, problem.shares[0].least)
    assert sum(piece.shoppers for piece in pieces) == 3
