"""Sellers and shoppers react by month: nothing at zero, never out of bounds, in one direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.impact.scenario.adaptation import (
    EXIT_LAG_MONTHS,
    SellerState,
    a_month_on,
    at_start,
    lost_for_carbon,
    shared_exposure,
    who_cuts,
)
from recommender.impact.scenario.adaptation_shoppers import engagement, followed, rebound_kg
from recommender.impact.scenario.scenario import PARAMETERS

SELLERS = ("seller_cut", "seller_cut_share", "seller_reprice", "seller_exit_below", "seller_entry")
shares = st.floats(0.0, 1.0)


def drawn(**values: float) -> dict[str, np.ndarray]:
    """One draw in which all but the named parameters are 0."""
    return {name: np.array([values.get(name, 0.0)]) for name in SELLERS}


def after(months, income, before, cuts, parameters) -> SellerState:
    """The state some months after the start, with the same incomes in each of them."""
    start = at_start(*cuts.shape)
    return a_month_on(start, income, before, cuts, parameters, months)


@st.composite
def worlds(draw: st.DrawFn):
    """Three draws of every seller parameter in its domain, four sellers' incomes, and who cuts."""
    parameters = {
        name: draw(
            arrays(float, 3, elements=st.floats(PARAMETERS[name].low, PARAMETERS[name].high))
        )
        for name in SELLERS
    }
    before = draw(arrays(float, 4, elements=st.floats(0.0, 1e6)))
    income = draw(arrays(float, (3, 4), elements=st.floats(0.0, 1e6)))
    cuts = draw(arrays(bool, (3, 4)))
    return parameters, before, income, cuts


def test_with_parameters_of_zero_nothing_moves_at_all() -> None:
    before, income = np.array([5.0, 0.0, 3.0]), np.array([[0.0, 7.0, 2.9]])
    cuts = who_cuts(np.array([True, True, True]), drawn(), ready=np.zeros(3))
    assert not cuts.any()
    everyone = np.ones((1, 3), dtype=bool)
    for months in (0, 1, 7, 120):
        state = after(months, income, before, everyone, drawn())
        assert (state.kg == 1.0).all()
        assert (state.price == 1.0).all()
        assert state.present.all()
        assert (state.newcomers == 0.0).all()
        assert engagement(months, np.zeros(2), np.array([0.0, 6.0])).tolist() == [1.0, 1.0]
        assert followed(months, np.zeros(1)).tolist() == [1.0]
    exposure = np.array([0.1, 0.2, 0.3])  # sums that binary fractions do not hold exactly
    cells, newcomers = shared_exposure(
        exposure, np.array([0, 0, 0]), np.array([0, 1, 2]), state.present, state.newcomers
    )
    assert cells.tolist() == [exposure.tolist()]
    assert not newcomers.any()
    assert rebound_kg(np.array([5.0]), np.zeros(1), np.ones(1)).tolist() == [0.0]


@given(worlds(), st.integers(0, 30))
def test_stepping_month_by_month_ends_where_one_leap_ends(world, months: int) -> None:
    parameters, before, income, cuts = world
    start = state = after(2, np.zeros((3, 4)), before, cuts, parameters)
    for _ in range(months):
        state = a_month_on(state, income, before, cuts, parameters)
    leap = a_month_on(start, income, before, cuts, parameters, months)
    assert state.kg == pytest.approx(leap.kg)
    assert state.newcomers == pytest.approx(leap.newcomers)
    assert state.price == pytest.approx(leap.price)
    for name in ("present", "months_under"):
        assert np.array_equal(getattr(state, name), getattr(leap, name))


@given(worlds(), st.integers(0, 120))
def test_reactions_stay_in_bounds(world, months: int) -> None:
    parameters, before, income, cuts = world
    state = after(months, income, before, cuts, parameters)
    reprice = np.abs(parameters["seller_reprice"])[:, None]
    assert ((state.kg >= 0) & (state.kg <= 1)).all()
    assert (np.abs(state.price - 1) <= reprice + 1e-15).all()
    assert ((state.newcomers >= 0) & (state.newcomers < 1)).all()
    idle = np.broadcast_to((before == 0) | (income >= before), income.shape)
    assert (state.price[idle] == 1.0).all()
    assert state.present[idle].all()


@given(worlds(), st.integers(0, 60))
def test_more_months_never_bring_carbon_or_a_seller_back(world, months: int) -> None:
    parameters, before, income, cuts = world
    sooner = after(months, income, before, cuts, parameters)
    later = after(months + 3, income, before, cuts, parameters)
    assert (later.kg <= sooner.kg).all()
    assert (later.present <= sooner.present).all()
    assert (later.newcomers >= sooner.newcomers).all()


@given(worlds(), st.integers(0, 24), shares)
def test_less_income_moves_prices_further_and_makes_more_sellers_leave(
    world, months: int, share: float
) -> None:
    parameters, before, income, cuts = world
    rich = after(months, income, before, cuts, parameters)
    poor = after(months, share * income, before, cuts, parameters)
    assert (poor.present <= rich.present).all()
    assert (np.abs(poor.price - 1) >= np.abs(rich.price - 1) - 1e-15).all()


def test_a_seller_leaves_after_half_a_year_under_the_mark_and_not_for_one_bad_month() -> None:
    before, world = np.array([100.0, 100.0]), drawn(seller_exit_below=0.5)
    cuts = np.zeros((1, 2), dtype=bool)
    low, recovered = np.array([[49.0, 49.0]]), np.array([[49.0, 50.0]])
    state = at_start(1, 2)
    for month in range(1, EXIT_LAG_MONTHS + 1):
        # the second seller earns 50 in the third month: its count of bad months starts again
        state = a_month_on(state, recovered if month == 3 else low, before, cuts, world)
        assert state.present.tolist() == [[month < 6, True]]
    assert state.months_under.tolist() == [[6, 3]]
    back = a_month_on(state, np.array([[100.0, 100.0]]), before, cuts, world)
    assert back.present.tolist() == [[False, True]]  # who left does not return


def test_a_cut_of_a_fifth_a_year_leaves_64_percent_after_two() -> None:
    state = after(
        24, np.array([[1.0, 1.0]]), np.ones(2), np.array([[True, False]]), drawn(seller_cut=0.2)
    )
    assert state.kg[0] == pytest.approx([0.8 * 0.8, 1.0])


def test_prices_react_in_proportion_up_to_a_fall_of_a_fifth() -> None:
    # by hand: falls of 0, 5, 20 and 90 % are 0, 1/4, 1 and 1 of the full 8 %
    income, before = np.array([[110.0, 95.0, 80.0, 10.0]]), np.full(4, 100.0)
    cuts = np.zeros((1, 4), dtype=bool)
    state = after(1, income, before, cuts, drawn(seller_reprice=-0.08))
    assert state.price[0] == pytest.approx([1.0, 0.98, 0.92, 0.92])


def test_only_sellers_of_heavier_goods_lose_exposure_for_carbon() -> None:
    before, now = np.array([2.0, 2.0, 2.0, 0.0]), np.array([1.0, 1.0, 3.0, 0.0])
    assert lost_for_carbon(now, before, np.array([0.5, 0.0, 0.5, 0.5])).tolist() == [
        True,
        False,
        False,
        False,
    ]


@given(arrays(float, 5, elements=st.floats(0, 1, exclude_max=True)), shares, shares)
def test_who_cuts_at_a_share_cuts_at_any_higher_one(ready, one: float, two: float) -> None:
    lost = np.array([True, True, True, True, False])
    few, many = sorted((one, two))
    parameters = {"seller_cut_share": np.array([few, many, 1.0])}
    cuts = who_cuts(lost, parameters, ready)
    assert (cuts[0] <= cuts[1]).all()
    assert cuts[2].tolist() == lost.tolist()


@given(
    st.data(),
    arrays(float, 6, elements=st.floats(0.0, 1e3)),
    arrays(bool, (2, 3)),
    arrays(float, 2, elements=st.floats(0, 0.99)),
)
def test_exposure_is_zero_sum_in_every_need(data, exposure, present, newcomers) -> None:
    need = data.draw(arrays(np.int64, 6, elements=st.integers(0, 3)))
    seller = data.draw(arrays(np.int64, 6, elements=st.integers(0, 2)))
    cells, theirs = shared_exposure(exposure, need, seller, present, newcomers)
    needs = need.max() + 1
    before = np.bincount(need, weights=exposure, minlength=needs)
    for draw in range(2):
        after = np.bincount(need, weights=cells[draw], minlength=needs) + theirs[draw]
        assert after == pytest.approx(before, abs=1e-9)
    assert (cells >= 0).all()
    assert (theirs >= 0).all()
    assert not cells[~present[:, seller]].any()


@given(st.floats(-0.2, 0.1), st.floats(0, 1200), st.integers(0, 60))
def test_engagement_only_ever_comes_back(short: float, recovery: float, month: int) -> None:
    now, later = (
        engagement(m, np.array([short]), np.array([recovery])) for m in (month, month + 1)
    )
    assert min(1.0, 1.0 + short) <= now[0] <= max(1.0, 1.0 + short)
    assert abs(later[0] - 1) <= abs(now[0] - 1)
    if month >= max(recovery, 1):
        assert now[0] == 1.0


@given(shares, shares, st.integers(0, 60))
def test_habit_slows_and_time_brings_round(one: float, two: float, month: int) -> None:
    habit = np.array(sorted((one, two)))
    now, later = followed(month, habit), followed(month + 1, habit)
    assert ((now >= 0) & (now <= 1)).all()
    assert now[0] >= now[1]
    assert (later >= now).all()


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), shares, st.floats(0, 3))
def test_rebound_rises_with_savings_and_is_never_a_credit(
    saved: float, more: float, share: float, kg: float
) -> None:
    less, most = rebound_kg(np.array([saved, saved + more]), np.array(share), np.array(kg))
    assert 0 <= less <= most


def test_half_of_what_is_saved_at_half_a_kilogram_each_is_a_quarter_of_it_in_kg() -> None:
    assert rebound_kg(np.array([20.0]), np.array([0.5]), np.array([0.5])).tolist() == [5.0]


def test_months_before_the_change_are_refused() -> None:
    zero = np.zeros(1)
    with pytest.raises(ValueError, match="month is -1, but expected 0"):
        engagement(-1, zero, zero)
    with pytest.raises(ValueError, match="month is -1, but expected 0"):
        followed(-1, zero)
    with pytest.raises(ValueError, match="months is -1, but expected 0"):
        after(-1, np.zeros((1, 1)), zero, np.zeros((1, 1), dtype=bool), drawn())


def test_a_state_cannot_be_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        at_start(1, 1).kg = np.zeros((1, 1))  # type: ignore[misc]
    assert isinstance(at_start(1, 1), SellerState)
