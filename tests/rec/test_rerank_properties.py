"""The solver on made-up instances: against HiGHS, and what must hold whatever the instance is."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.instances import shop, slates, small
from benchmarks.slate_lp import fillable, optimum
from benchmarks.tradeoff import reordered
from recommender.rerank.problem import Prices, Problem, Solution, Total
from recommender.rerank.solve import solve
from recommender.rerank.verify import own_limits_missed, own_relevance

SEEDS = range(20)
EXACT = 1e-6  # relative
FEW = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 10_000)


@cache
def solved(seed: int, welfare: str = "none") -> tuple[Problem, Solution]:
    problem = small(seed, welfare=welfare)
    return problem, solve(problem)


@cache
def shop_solved() -> tuple[Problem, Solution]:
    """Too large for cutting planes, small enough for many runs."""
    problem = shop(400, each=30)
    return problem, solve(problem)


def same_bits(one: Solution, other: Solution) -> None:
    assert (one.value, one.bound, one.gap) == (other.value, other.bound, other.gap)
    assert one.prices.totals.tolist() == other.prices.totals.tolist()
    for mine, theirs in zip(one.prices.floors, other.prices.floors, strict=True):
        assert mine.tolist() == theirs.tolist()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bound_is_the_optimum_of_the_linear_programme(seed):
    problem, found = solved(seed)
    assert found.bound == pytest.approx(optimum(problem), rel=EXACT)


@pytest.mark.parametrize("welfare", ["max-min", "gini"])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_with_a_welfare_is_that_of_its_linear_form(seed, welfare):
    problem, found = solved(seed, welfare)
    assert found.bound == pytest.approx(optimum(problem), rel=EXACT)


@pytest.mark.parametrize("seed", [2, 3, 4, 8])
def test_the_best_whole_slates_lie_between_value_and_bound(seed):
    problem, found = solved(seed)
    best = optimum(problem, whole=True)
    assert best <= found.bound * (1 + EXACT)
    if found.gap is not None:
        assert found.value <= best * (1 + EXACT)
        assert found.gap == pytest.approx((found.bound - found.value) / found.bound)


@given(seeds)
@FEW
def test_slates_hold_as_many_distinct_rows_as_the_limits_of_one_slate_allow(seed):
    problem = small(seed)
    found = solve(problem)
    for shopper, (rows, n) in enumerate(zip(found.rows, fillable(problem), strict=True)):
        held = rows[rows >= 0]
        assert (rows[:n] >= 0).all()
        assert (rows[n:] == -1).all()
        assert len(set(held)) == n
        assert (held >= problem.start[shopper]).all()
        assert (held < problem.start[shopper + 1]).all()
        kinds = problem.kind[problem.product[held]]
        assert np.bincount(kinds[kinds >= 0], minlength=1).max() <= problem.per_kind
        relevance = problem.attention[: len(held)] @ problem.p_buy[held]
        assert relevance >= problem.own_floor[shopper] - 1e-9


@given(seeds)
@FEW
def test_own_floors_hold_and_bounds_too_where_value_and_relevance_part_ways(seed):
    """Putting the row worth most in front must not cost a shopper the own floor."""
    problem = small(seed)
    noise = np.random.default_rng(seed).normal(0, 0.5, len(problem.p_buy))
    problem = replace(problem, value=problem.p_buy + noise, totals=())
    found = solve(problem)
    assert (own_relevance(problem, found.rows) >= problem.own_floor - 1e-9).all()
    assert own_limits_missed(problem, found.rows) == []
    assert found.bound == pytest.approx(optimum(problem), rel=EXACT, abs=EXACT)


def test_a_product_of_a_group_that_is_not_there_is_refused():
    problem = small(0)
    family = problem.shares[0]
    beyond = np.where(np.arange(len(family.group)) == 0, len(family.groups), family.group)
    wrong = replace(problem, shares=(replace(family, group=beyond), *problem.shares[1:]))
    with pytest.raises(ValueError, match=f"of group {len(family.groups)}, but there are"):
        solve(wrong)
    with pytest.raises(ValueError, match="0 to 0 were expected"):
        solve(replace(problem, shares=(), kind=np.zeros(1, np.int64)))


def test_what_slates_owe_alone_is_counted_from_the_slates():
    problem = replace(
        small(0).without_limits(),
        start=np.array([0, 3, 6]),
        key=np.arange(2),
        product=np.array([0, 1, 2, 0, 1, 2]),
        value=np.zeros(6),
        p_buy=np.array([0.9, 0.5, 0.1, 0.9, 0.5, 0.1]),
        attention=np.array([1.0, 0.5]),
        own_floor=np.array([1.0, 0.8]),
        kind=np.array([0, 0, 1]),
        per_kind=1,
    )
    # by hand: 0.9 + 0.25 = 1.15 keeps 1.0, but holds two of kind 0; 0.1 + 0.45 = 0.55 is below 0.8
    told = own_limits_missed(problem, np.array([[0, 1], [5, 3]]))
    assert [(miss.limit, miss.reached) for miss in told] == [
        ("own relevance floors", 1.0),
        ("at most so many of one kind", 1.0),
    ]
    # a row twice, and a row of another shopper
    told = own_limits_missed(replace(problem, per_kind=0), np.array([[0, 0], [3, 1]]))
    assert [(miss.limit, miss.reached) for miss in told] == [
        ("each row once, and one of the shopper's own", 0.0)
    ]


@pytest.mark.filterwarnings("error")
def test_nothing_to_show_and_nothing_of_worth_are_solved_like_all_else():
    problem = small(0)
    none = np.zeros(0)
    empty = replace(
        problem,
        start=np.zeros(problem.shoppers + 1, np.int64),
        product=none.astype(np.int64),
        value=none,
        p_buy=none,
        totals=(),
        own_floor=None,
        shares=tuple(replace(f, least=0.0 * f.least) for f in problem.shares),
    )
    found = solve(empty)
    assert (found.rows == -1).all()
    assert (found.value, found.gap) == (0.0, 0.0)
    worthless = replace(problem, value=0.0 * problem.value)
    assert np.isfinite(solve(worthless).bound)
    all_unknown = replace(problem.totals[0], each=0.0 * problem.value, least=0.0)
    assert solve(replace(problem, totals=(all_unknown,), shares=())).gap is not None


def test_a_floor_of_a_group_without_a_row_is_missed_and_no_crash():
    problem = small(0)
    family = problem.shares[0]
    nobody = replace(family, group=np.where(family.group == 0, -1, family.group))
    nobody = replace(nobody, least=np.array([1.0, 0.0, 0.0, 0.0]))
    found = solve(replace(problem, totals=(), shares=(nobody,)))
    assert found.gap is None
    assert [(miss.limit, miss.reached) for miss in found.missed] == [("seller seller 0 floor", 0.0)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"attention": np.array([np.inf, 1.0, 1.0])}, "attention is"),
        ({"attention": np.zeros(3)}, "attention is"),
        ({"own_floor": np.full(6, np.nan)}, "own floor of shopper 0 is nan"),
        ({"value": np.full(42, np.nan)}, "value is nan.*42 such rows"),
        ({"price_cap": np.nan}, "price cap is nan"),
    ],
)
def test_what_is_no_problem_is_refused(change, told):
    with pytest.raises(ValueError, match=told):
        solve(replace(small(0), **change))


def test_prices_that_are_no_numbers_or_of_other_limits_are_no_start():
    problem = small(0)
    fine = Prices.none(problem)
    with pytest.raises(ValueError, match="warm price 0 of totals is nan"):
        solve(problem, replace(fine, totals=np.full(len(fine.totals), np.nan)))
    with pytest.raises(ValueError, match="warm prices of caps"):
        solve(problem, replace(fine, caps=fine.caps[:1]))


@given(seeds)
@FEW
def test_what_is_reported_is_what_the_slates_add_up_to(seed):
    problem = small(seed)
    found = solve(problem)
    w = np.where(found.rows >= 0, problem.attention, 0.0)
    missed = 0
    for total, reached in zip(problem.totals, found.sums, strict=True):
        assert reached == pytest.approx((w * total.each[found.rows]).sum(), abs=1e-6)
        missed += reached < total.least - 1e-6
    for family, exposure in zip(problem.shares, found.exposure, strict=True):
        group = family.group[problem.product[found.rows]]
        recounted = np.bincount(group.ravel(), w.ravel(), len(family.groups))
        assert exposure == pytest.approx(recounted, abs=1e-6)
        missed += int((exposure < family.least - 1e-6).sum())
        missed += int((exposure > family.most + 1e-6).sum())
    assert found.value == pytest.approx((w * problem.value[found.rows]).sum())
    assert len(found.missed) == missed
    assert (found.gap is None) == (missed > 0)


@given(seeds, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
@FEW
def test_more_weight_on_carbon_never_buys_more_of_it_beyond_the_gaps(seed, one, other):
    problem = small(seed)
    saved = problem.totals[0].each
    low, high = sorted((one, other))
    free = replace(problem, totals=problem.totals[1:])
    few, many = (solve(replace(free, value=problem.value + w * saved)) for w in (low, high))
    if few.gap is None or many.gap is None:
        return
    savings = [
        (np.where(found.rows >= 0, problem.attention, 0.0) * saved[found.rows]).sum()
        for found in (few, many)
    ]
    # each answer is the best for its own weight but for its gap
    lost = (few.bound - few.value) + (many.bound - many.value)
    assert (high - low) * (savings[1] - savings[0]) >= -lost - 1e-9
    # without shared limits the answer is the best, so there is nothing to subtract
    alone = [
        solve(replace(problem.without_limits(), own_floor=None, value=problem.value + w * saved))
        for w in (low, high)
    ]
    least, most = ((problem.attention * saved[found.rows]).sum() for found in alone)
    assert most >= least - 1e-9


@given(seeds, st.floats(0.0, 2.0))
@FEW
def test_a_larger_budget_never_worsens_the_bound(seed, more):
    problem = small(seed)
    carbon, relevance = problem.totals
    looser = replace(carbon, least=carbon.least - more)
    tight, loose = solve(problem), solve(replace(problem, totals=(looser, relevance)))
    assert loose.bound >= tight.bound * (1 - EXACT)
    if tight.gap is not None and loose.gap is not None:
        # nor are the slates worse by more than what the larger budget's gap admits
        assert loose.value >= tight.value - (loose.bound - loose.value) - 1e-9


@pytest.mark.parametrize("unit", [1024.0, 1 / 1024, 1000.0])
def test_counting_a_total_or_money_in_another_unit_changes_nothing(unit):
    problem, found = solved(1)
    carbon, relevance = problem.totals
    grams = Total(name="carbon", unit="g", each=carbon.each * unit, least=carbon.least * unit)
    other = solve(replace(problem, totals=(grams, relevance)))
    assert other.bound == pytest.approx(found.bound, rel=EXACT)
    assert other.rows.tolist() == found.rows.tolist()
    cents = solve(replace(problem, value=problem.value * unit))
    assert cents.bound == pytest.approx(found.bound * unit, rel=EXACT)
    # where prices leave shoppers torn, another slate of the same worth may stand, within the gaps
    assert cents.value == pytest.approx(found.value * unit, rel=0.1)
    alone, other = (
        solve(replace(p.without_limits(), own_floor=None))
        for p in (problem, replace(problem, value=problem.value * unit))
    )
    assert other.rows.tolist() == alone.rows.tolist()


def test_a_floor_out_of_reach_is_named_with_its_shortfall_and_no_gap_is_given():
    problem = small(0)
    sellers, tiers = problem.shares
    everything = problem.attention.sum() * problem.shoppers
    least = np.array([2 * everything, 0.0, 0.0, 0.0])
    asked = replace(sellers, least=least, most=np.full(4, np.inf))
    found = solve(replace(problem, shares=(asked, tiers), price_cap=10.0))
    assert found.gap is None
    named = {missed.limit: missed for missed in found.missed}
    floor = named["seller seller 0 floor"]
    assert floor.asked == 2 * everything
    assert floor.shortfall == pytest.approx(2 * everything - found.exposure[0][0])
    assert floor.because
    assert (found.rows[:, 0] >= 0).all()


@given(seeds, st.sampled_from([0.5, -0.25, 4.0]))
@FEW
def test_a_constant_on_all_values_changes_no_slate(seed, constant):
    problem = replace(small(seed, own=False), shares=(), totals=())
    raised = replace(problem, value=problem.value + constant)
    one, other = solve(problem), solve(raised)
    assert other.rows.tolist() == one.rows.tolist() == slates(problem).tolist()
    held = np.where(one.rows >= 0, problem.attention, 0.0).sum()
    assert other.value == pytest.approx(one.value + constant * held)


def test_a_constant_on_all_values_moves_the_bound_by_the_attention_under_limits_too():
    problem, found = solved(1)
    other = solve(replace(problem, value=problem.value + 0.5))
    held = problem.attention.sum() * problem.shoppers
    assert other.bound == pytest.approx(found.bound + 0.5 * held, rel=EXACT)


@given(st.permutations(range(6)))
@FEW
def test_equal_rows_stand_in_the_order_of_their_products(order):
    problem = Problem(
        key=np.arange(1),
        start=np.array([0, 6]),
        product=np.array(order),
        value=np.full(6, 0.5),
        p_buy=np.full(6, 0.5),
        attention=np.array([1.0, 0.5, 0.25]),
    )
    assert np.array(order)[solve(problem).rows[0]].tolist() == [0, 1, 2]


@pytest.mark.parametrize(("shards", "threads"), [(10, 1), (1, 2), (3, 2)])
def test_shards_and_threads_leave_every_bit_as_it_is(shards, threads):
    problem, found = shop_solved()
    other = solve(problem, shards=shards, threads=threads)
    same_bits(found, other)
    assert other.rows.tolist() == found.rows.tolist()


@pytest.mark.parametrize("large", [False, True])
def test_the_order_of_the_shoppers_leaves_every_bit_as_it_is(large):
    problem, found = shop_solved() if large else solved(1)
    order = np.random.default_rng(3).permutation(problem.shoppers)
    other, rows = reordered(problem, order)
    again = solve(other)
    same_bits(found, again)
    old = np.where(again.rows >= 0, rows[again.rows], -1)
    assert old.tolist() == found.rows[order].tolist()


def test_an_instance_like_a_shop_is_solved_within_the_tolerance():
    _, found = shop_solved()
    assert found.missed == []
    # 400 shoppers and floors of 500 sellers: one place weighs more than with 20,000
    assert found.gap is not None
    assert found.gap < 0.02


def test_yesterdays_prices_lead_to_the_same_bound():
    for seed in range(3):
        problem, found = solved(seed)
        assert solve(problem, found.prices).bound == pytest.approx(found.bound, rel=EXACT)
    problem, found = shop_solved()
    yesterday = solve(shop(400, each=30, noise=0.05))
    warm = solve(problem, yesterday.prices)
    assert warm.bound == pytest.approx(found.bound, rel=2e-3)


def test_a_pass_at_the_prices_of_the_answer_gives_its_bound():
    # Lagrange by hand: priced value of each shopper's own best slate, less the prices of the limits
    problem = replace(small(1, own=False), kind=None, per_kind=0)
    found = solve(problem)
    priced = problem.value.copy()
    bound = 0.0
    for total, price in zip(problem.totals, found.prices.totals, strict=True):
        priced += price * total.each
        bound -= price * total.least
    for family, up, down in zip(
        problem.shares, found.prices.floors, found.prices.caps, strict=True
    ):
        priced += (up - down)[family.group[problem.product]]
        bound -= up @ family.least - down @ np.where(down > 0, family.most, 0.0)
    best = slates(replace(problem, value=priced))
    bound += (problem.attention * priced[best]).sum()
    assert bound == pytest.approx(found.bound, rel=EXACT)
