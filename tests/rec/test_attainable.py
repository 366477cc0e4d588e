"""What is attainable: by hand, and against every slate there is on small problems."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.rerank.attainable import (
    NOT_YET_A_PLACE,
    OUT_OF_REACH,
    OWN_FLOORS,
    UNAVOIDABLE,
    attainable,
    best_slates_by,
    deferred,
    lowered,
    places_filled,
)
from recommender.rerank.problem import Problem, Shares, Total

ATTENTION = np.array([1.0, 0.5])


def problem(
    rows: list[list[int]],
    group: list[int],
    *,
    kind: list[int] | None = None,
    per_kind: int = 0,
    each: list[float] | None = None,
    least: list[float] | None = None,
    most: list[float] | None = None,
    total_least: float = 0.0,
) -> Problem:
    """Shoppers with candidate products `rows`; products in two groups; two places."""
    product = np.array([p for mine in rows for p in mine], np.int64)
    groups = ("red", "blue")
    figure = np.zeros(len(product)) if each is None else np.array(each)
    return Problem(
        key=np.arange(len(rows)),
        start=np.cumsum([0, *map(len, rows)]).astype(np.int64),
        product=product,
        value=np.zeros(len(product)),
        p_buy=np.full(len(product), 0.1),
        attention=ATTENTION,
        totals=(Total(name="carbon budget", unit="kg CO2e", each=figure, least=total_least),),
        shares=(
            Shares(
                name="seller",
                groups=groups,
                group=np.array(group),
                least=np.array([0.0, 0.0] if least is None else least),
                most=np.array([np.inf, np.inf] if most is None else most),
            ),
        ),
        kind=None if kind is None else np.array(kind),
        per_kind=per_kind,
    )


def test_a_group_can_hold_the_first_places_of_the_slates_it_reaches() -> None:
    # ann has two reds and a blue, bob one of each and one of nobody's, cat a blue alone
    reach = attainable(problem([[0, 1, 2], [0, 2, 3], [2]], [0, 0, 1, -1]))
    # red: ann 1 + 0.5, bob 1; blue: 1 each
    assert reach.most[0].tolist() == [2.5, 3.0]
    # red: ann has one other product, so the second place at least; blue: all that cat has
    assert reach.least[0].tolist() == [0.5, 1.0]


def test_at_most_one_of_a_kind_bounds_what_a_group_can_hold() -> None:
    # ann's two reds are one kind: one can stand, and the slate is red and blue
    reach = attainable(problem([[0, 1, 2]], [0, 0, 1], kind=[0, 0, 1], per_kind=1))
    assert reach.most[0].tolist() == [1.0, 1.0]
    # without red only blue stands, in one place of two; likewise without blue
    assert reach.least[0].tolist() == [0.5, 0.5]
    assert places_filled(problem([[0, 1]], [0, 0], kind=[0, 0], per_kind=1)).tolist() == [1]
    assert places_filled(problem([[0, 1]], [0, 0], kind=[-1, -1], per_kind=1)).tolist() == [2]


def test_the_largest_sum_of_a_total_takes_the_best_of_each_slate() -> None:
    # ann 1 x 3 + 0.5 x 2; bob must fill his slate: 1 x -1 + 0.5 x -4
    reach = attainable(problem([[0, 1, 2], [0, 1]], [0] * 3, each=[2.0, -5.0, 3.0, -4.0, -1.0]))
    assert reach.totals.tolist() == [1.0]


def test_limits_out_of_reach_are_lowered_and_told() -> None:
    asked = problem(
        [[0, 1], [1]],
        [0, 1],
        each=[-2.0, -1.0, -1.0],
        least=[2.0, 1.5],
        most=[np.inf, 1.0],
    )
    reach = attainable(asked)
    # carbon: ann -1 - 1, bob -1; red 1; blue 2, of which ann 0.5 and bob 1 are unavoidable
    assert reach.totals.tolist() == [-3.0]
    assert (reach.most[0].tolist(), reach.least[0].tolist()) == ([1.0, 2.0], [0.5, 1.5])
    eased, missed = lowered(asked, reach)
    assert [(m.limit, m.asked, m.reached, m.because) for m in missed] == [
        ("carbon budget", 0.0, -3.0, OUT_OF_REACH),
        ("seller red floor", 2.0, 1.0, OUT_OF_REACH),
        ("seller blue cap", 1.0, 1.5, UNAVOIDABLE),
    ]
    assert [m.unit for m in missed] == ["kg CO2e", "attention", "attention"]
    assert eased.totals[0].least == pytest.approx(-3.003)
    assert eased.shares[0].least.tolist() == pytest.approx([0.999, 1.5])
    assert eased.shares[0].most.tolist() == pytest.approx([np.inf, 1.5015])
    assert lowered(eased, attainable(eased))[1] == []


def test_limits_within_reach_stay_as_they_are() -> None:
    asked = problem([[0, 1], [1]], [0, 1], least=[1.0, 2.0])
    eased, missed = lowered(asked, attainable(asked))
    assert missed == []
    assert eased.shares[0].least.tolist() == [1.0, 2.0]


def test_a_floor_of_less_than_a_place_is_owed_until_it_makes_one() -> None:
    # the last place has 0.5
    later, owed = deferred(problem([[0, 1], [1]], [0, 1], least=[0.4, 0.5]))
    assert later.shares[0].least.tolist() == [0.0, 0.5]
    assert [(m.limit, m.asked, m.reached, m.because) for m in owed] == [
        ("seller red floor", 0.4, 0.0, NOT_YET_A_PLACE)
    ]


def test_nobody_at_all_reaches_nothing() -> None:
    reach = attainable(problem([], [0, 1]))
    assert reach.totals.tolist() == [0.0]
    assert reach.most[0].tolist() == [0.0, 0.0]


def test_the_best_slates_keep_to_the_limit_on_one_kind() -> None:
    mine = problem([[0, 1, 2]], [0, 0, 1], kind=[0, 0, 1], per_kind=1)
    assert best_slates_by(mine, np.array([0.9, 0.8, 0.1])).tolist() == [[0, 2]]


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    products = 5
    rows = draw(
        st.lists(
            st.lists(st.integers(0, products - 1), unique=True, max_size=4), min_size=1, max_size=3
        )
    )
    n = sum(map(len, rows))
    listed = st.lists(st.integers(-1, 1), min_size=products, max_size=products)
    each = draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n))
    return problem(
        rows,
        draw(listed),
        kind=draw(listed),
        per_kind=draw(st.integers(0, 2)),
        each=[float(e) for e in each],
    )


@settings(deadline=None)  # the first example compiles
@given(small_problems())
def test_what_is_attainable_is_the_best_of_all_slates(mine: Problem) -> None:
    family, total = mine.shares[0], mine.totals[0]
    most, least, largest = np.zeros(2), np.zeros(2), 0.0
    for u in range(mine.shoppers):
        slates = full_slates(mine, u)
        figures = [
            [
                sum(
                    w
                    for w, r in zip(ATTENTION, s, strict=False)
                    if family.group[mine.product[r]] == g
                )
                for g in (0, 1)
            ]
            for s in slates
        ]
        most += np.max(figures, axis=0)
        least += np.min(figures, axis=0)
        largest += max(
            sum(w * total.each[r] for w, r in zip(ATTENTION, s, strict=False)) for s in slates
        )
    reach = attainable(mine)
    assert reach.most[0].tolist() == most.tolist()
    assert reach.least[0].tolist() == least.tolist()
    assert reach.totals[0] == pytest.approx(largest)


def full_slates(mine: Problem, u: int) -> list[tuple[int, ...]]:
    """Every slate of shopper u that keeps to the limit on one kind and is as full as can be."""
    rows = range(int(mine.start[u]), int(mine.start[u + 1]))
    assert mine.kind is not None
    for size in (2, 1, 0):
        slates = [
            order
            for chosen in combinations(rows, size)
            if mine.per_kind == 0
            or all(
                sum(mine.kind[mine.product[r]] == k for r in chosen) <= mine.per_kind
                for k in {int(mine.kind[mine.product[r]]) for r in chosen} - {-1}
            )
            for order in permutations(chosen)
        ]
        if slates:
            return slates
    raise AssertionError("the empty slate is always there")


def test_a_total_that_own_floors_put_out_of_reach_says_so() -> None:
    # by hand: one place; the heavy product has p_buy 0.8 and -1 kg to spare, the light one 0.4 and
    # 1 kg: with an own floor of 0.6 a mixture of both reaches 0, without it the light one reaches 1
    heavy_or_light = Problem(
        key=np.array([0]),
        start=np.array([0, 2]),
        product=np.array([0, 1]),
        value=np.array([0.8, 0.4]),
        p_buy=np.array([0.8, 0.4]),
        attention=np.array([1.0]),
        totals=(
            Total(name="carbon budget", unit="kg CO2e", each=np.array([-1.0, 1.0]), least=0.5),
        ),
        own_floor=np.array([0.6]),
    )
    for least, told in ((0.5, OWN_FLOORS), (2.0, OUT_OF_REACH)):
        total = replace(heavy_or_light.totals[0], least=least)
        asked = replace(heavy_or_light, totals=(total,))
        _, (miss,) = lowered(asked, attainable(asked))
        assert miss.because == told
        assert miss.reached == pytest.approx(0.0, abs=1e-9)
    free = replace(heavy_or_light, own_floor=None)
    assert lowered(free, attainable(free))[1] == []
