"""The last steps to a floor that is missed by a hair: a place taken, or a place further up."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.rerank.nudge import nudged, promoted
from recommender.rerank.passes import Passes
from recommender.rerank.problem import Problem, Shares, Total
from recommender.rerank.solve import solve

BIG, SMALL = 0, 1  # groups
ATTENTION = np.array([1.0, 0.6, 0.5])
FREE = np.zeros(2)  # prices of both groups


def shop(floor: float, own_floor: float | None = None) -> Problem:
    """One shopper and four goods; only the third is the small seller's."""
    p_buy = np.array([0.9, 0.8, 0.7, 0.1])
    return Problem(
        key=np.arange(1),
        start=np.array([0, 4]),
        product=np.arange(4),
        value=p_buy,
        p_buy=p_buy,
        attention=ATTENTION,
        shares=(
            Shares(
                name="seller",
                groups=("big", "small"),
                group=np.array([BIG, BIG, SMALL, BIG]),
                least=np.array([0.0, floor]),
                most=np.full(2, np.inf),
            ),
        ),
        own_floor=None if own_floor is None else np.array([own_floor]),
    )


def test_a_good_moves_up_and_what_stood_there_takes_its_place() -> None:
    rows, gain = promoted(Passes(shop(0.55)), np.array([[0, 1, 2]]), SMALL, 1, FREE)
    assert rows.tolist() == [[0, 2, 1]]
    # 0.1 of attention from 0.8 to 0.7
    assert gain[0] == pytest.approx(0.1 * (0.7 - 0.8))


def test_nothing_moves_up_where_the_place_is_the_sellers_own_or_nothing_stands_below() -> None:
    passes, slate = Passes(shop(0.55)), np.array([[0, 2, 1]])
    for place in range(1, 3):
        rows, gain = promoted(passes, slate, SMALL, place, FREE)
        assert rows.tolist() == slate.tolist()
        assert gain.tolist() == [0.0]


def test_a_shoppers_own_floor_keeps_a_good_where_it_is() -> None:
    # as it stands 0.9 + 0.6 x 0.8 + 0.5 x 0.7 = 1.73; moved up to the second place 1.72
    for floor, moved in ((1.725, False), (1.715, True)):
        rows, _ = promoted(Passes(shop(0.55, floor)), np.array([[0, 1, 2]]), SMALL, 1, FREE)
        assert rows.tolist() == ([[0, 2, 1]] if moved else [[0, 1, 2]])


def test_a_place_is_taken_by_a_good_that_was_not_on_the_slate() -> None:
    rows, gain = nudged(Passes(shop(0.4)), np.array([[0, 1, 3]]), SMALL, 2, FREE)
    assert rows.tolist() == [[0, 1, 2]]
    assert gain[0] == pytest.approx(0.5 * (0.7 - 0.1))


def test_a_floor_between_two_places_is_met_by_the_one_above() -> None:
    found = solve(shop(0.55))
    assert found.missed == []
    # the third good at the second place; the least dear way to at least 0.55
    assert found.rows.tolist() == [[0, 2, 1]]
    assert found.value == pytest.approx(0.9 + 0.6 * 0.7 + 0.5 * 0.8)


def test_others_pay_back_what_a_floor_costs_a_budget() -> None:
    # the small seller's good is the heaviest and least bought: its attention uses up the budget,
    # and 4.05 lies between two places
    rng = np.random.default_rng(5)
    shoppers, goods = 30, 8
    p_buy = np.sort(rng.uniform(0.1, 0.9, (shoppers, goods)))[:, ::-1].ravel()
    kg = np.tile(np.linspace(0.5, 3.0, goods), shoppers)
    alone = shop(0.0)
    problem = replace(
        alone,
        key=np.arange(shoppers),
        start=np.arange(0, shoppers * goods + 1, goods),
        product=np.tile(np.arange(goods), shoppers),
        value=p_buy,
        p_buy=p_buy,
        totals=(Total(name="carbon", unit="kg", each=p_buy * (1.0 - kg), least=0.0),),
        shares=(
            replace(
                alone.shares[0],
                group=np.array([BIG] * (goods - 1) + [SMALL]),
                least=np.array([0.0, 4.05]),
            ),
        ),
    )
    found = solve(problem)
    assert found.missed == []
    # counted from the slates: the seller's attention, and the budget
    weight = np.broadcast_to(ATTENTION, found.rows.shape)
    small = problem.product[found.rows] == goods - 1
    assert (weight * small).sum() >= 4.05 * (1 - 1e-9)
    assert (weight * (p_buy * (1.0 - kg))[found.rows]).sum() >= -1e-6
