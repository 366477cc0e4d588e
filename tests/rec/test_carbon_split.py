"""The carbon split: parts that sum to the change, and smaller packs that are no saving."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.carbon_split import Basket, split_functional, split_total

PARTS = ("volume", "pack_size", "mix", "substitution")


def basket(demand: list[float], functional: list[float], pack: list[float]) -> Basket:
    return Basket(
        demand=np.array(demand), kg_functional=np.array(functional), kg_pack=np.array(pack)
    )


def test_twice_as_many_purchases_of_the_same_kind_are_volume() -> None:
    # 3 kg of packs become 6
    split = split_total(basket([1, 1], [1, 3], [1, 2]), basket([2, 2], [2, 6], [2, 4]))
    assert split.parts() == pytest.approx(
        {"change": 3.0, "volume": 3.0, "pack_size": 0.0, "mix": 0.0, "substitution": 0.0}
    )


def test_halved_packs_at_equal_function_are_pack_size() -> None:
    split = split_total(basket([1, 1], [1, 3], [1, 2]), basket([1, 1], [1, 3], [0.5, 1]))
    assert split.parts() == pytest.approx(
        {"change": -1.5, "volume": 0.0, "pack_size": -1.5, "mix": 0.0, "substitution": 0.0}
    )


def test_lighter_goods_in_the_same_packs_are_substitution() -> None:
    # in the second need functional and pack kg fall by half: 2 kg of packs become 1
    split = split_total(basket([1, 1], [1, 3], [1, 2]), basket([1, 1], [1, 1.5], [1, 1]))
    assert split.parts() == pytest.approx(
        {"change": -1.0, "volume": 0.0, "pack_size": 0.0, "mix": 0.0, "substitution": -1.0}
    )


def test_another_mix_between_needs_is_mix() -> None:
    # shares 1/4 and 3/4 turn into 3/4 and 1/4; 1 kg and 2 kg a purchase, in packs as in function
    split = split_total(basket([1, 3], [1, 6], [1, 6]), basket([3, 1], [3, 2], [3, 2]))
    assert split.parts() == pytest.approx(
        {"change": -2.0, "volume": 0.0, "pack_size": 0.0, "mix": -2.0, "substitution": 0.0}
    )


def test_a_worked_case_with_two_factors() -> None:
    # one need: demand 1 to 2 and kg a purchase 4 to 1, so kg 4 to 2; log mean L = -2 / ln(1/2);
    # volume L ln 2 = 2, substitution L ln(1/4) = -4
    split = split_functional(basket([1], [4], [4]), basket([2], [2], [2]))
    assert split.parts() == pytest.approx(
        {"change": -2.0, "volume": 2.0, "pack_size": 0.0, "mix": 0.0, "substitution": -4.0}
    )


def test_a_need_that_vanishes_and_one_that_appears_are_mix() -> None:
    split = split_total(
        basket([1, 1, 0], [2, 1, 0], [4, 1, 0]), basket([0, 1, 1], [0, 1, 3], [0, 1, 5])
    )
    assert split.parts() == pytest.approx(
        {"change": 1.0, "volume": 0.0, "pack_size": 0.0, "mix": 1.0, "substitution": 0.0}
    )


def test_where_everything_appears_it_is_volume() -> None:
    nothing, something = basket([0, 0], [0, 0], [0, 0]), basket([1, 2], [3, 4], [5, 6])
    assert split_total(nothing, something).volume == pytest.approx(11.0)
    assert split_total(something, nothing).volume == pytest.approx(-11.0)
    assert split_total(nothing, nothing).parts() == dict.fromkeys(("change", *PARTS), 0.0)


def test_goods_that_lose_all_their_carbon_are_substitution_and_kg_without_function_are_packs() -> (
    None
):
    assert split_total(basket([1], [2], [3]), basket([1], [0], [0])).substitution == -3.0
    # 3 kg of packs become 5 while the functional figure is missing on one side
    assert split_total(basket([1], [0], [3]), basket([1], [2], [5])).pack_size == pytest.approx(2.0)


def test_many_draws_at_once_are_split_one_by_one() -> None:
    rng = np.random.default_rng(0)
    before, after = (
        Basket(**{k: rng.random((5, 3)) for k in ("demand", "kg_functional", "kg_pack")})
        for _ in "ab"
    )
    together = split_total(before, after)
    for k in range(5):
        one = split_total(
            basket(before.demand[k], before.kg_functional[k], before.kg_pack[k]),
            basket(after.demand[k], after.kg_functional[k], after.kg_pack[k]),
        )
        assert one.parts() == pytest.approx({n: v[k] for n, v in together.parts().items()})


def test_negative_sums_are_refused_by_name() -> None:
    good = basket([1], [1], [1])
    with pytest.raises(ValueError, match="kg_pack of a need is -1"):
        split_total(good, basket([1], [1], [-1]))


amount = st.one_of(st.just(0.0), st.floats(1e-3, 1e3))
# purchases, kg a purchase at equal function, pack over function; no purchases, no kg
needs = st.lists(st.tuples(amount, amount, amount), min_size=4, max_size=4)


def shop(rows: list[tuple[float, float, float]]) -> Basket:
    demand, each, pack = np.array(rows).T
    return Basket(demand=demand, kg_functional=demand * each, kg_pack=demand * each * pack)


@given(needs, needs)
def test_the_parts_sum_to_the_change(
    first: list[tuple[float, float, float]], then: list[tuple[float, float, float]]
) -> None:
    before, after = shop(first), shop(then)
    size = before.kg_pack.sum() + after.kg_pack.sum() + before.kg_functional.sum()
    size += after.kg_functional.sum()
    for split, kg in ((split_total, "kg_pack"), (split_functional, "kg_functional")):
        parts = split(before, after).parts()
        change = getattr(after, kg).sum() - getattr(before, kg).sum()
        assert parts["change"] == pytest.approx(change, abs=1e-12 * size + 1e-300)
        assert sum(parts[p] for p in PARTS) == pytest.approx(change, abs=1e-9 * size + 1e-300)


@given(needs, st.lists(st.floats(0.1, 10.0), min_size=4, max_size=4))
def test_scaling_the_packs_moves_the_pack_part_alone(
    rows: list[tuple[float, float, float]], factors: list[float]
) -> None:
    before = shop(rows)
    after = Basket(
        demand=before.demand,
        kg_functional=before.kg_functional,
        kg_pack=before.kg_pack * np.array(factors),
    )
    split = split_total(before, after)
    assert split.pack_size == pytest.approx(split.change, rel=1e-9, abs=1e-9)
    for part in ("volume", "mix", "substitution"):
        assert getattr(split, part) == pytest.approx(0.0, abs=1e-9 * (1 + before.kg_pack.sum()))
    assert split_functional(before, after).change == 0.0


@given(needs, needs)
def test_back_again_is_the_same_with_the_other_sign(
    first: list[tuple[float, float, float]], then: list[tuple[float, float, float]]
) -> None:
    there, back = split_total(shop(first), shop(then)), split_total(shop(then), shop(first))
    for part in PARTS:
        size = 1.0 + shop(first).kg_pack.sum() + shop(then).kg_pack.sum()
        assert getattr(there, part) == pytest.approx(-getattr(back, part), abs=1e-9 * size)
