"""Welfare of sellers: figures by hand, conjugates and projections against brute force."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.candidates import Floats
from recommender.rerank.welfare import (
    AlphaFair,
    Gini,
    MaxMin,
    gini_weights,
    nearest_above_permutahedron,
    welfare_of,
)

ATTENTION = 10.0
RULES = ("max-min", "alpha-fair", "gini")
figure = st.floats(-3.0, 3.0)


def rule(name: str, target: list[float], alpha: float = 1.0, weight: float = 0.5):
    made = welfare_of(
        name,
        family="seller",
        weight=weight,
        alpha=alpha,
        attention=ATTENTION,
        target=np.array(target),
    )
    assert made is not None
    return made


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0])
def test_sellers_at_their_targets_are_worth_the_weight_times_all_attention(name, alpha):
    # 0.5 x 10, whatever the function; the seller without a target does not count
    for more in (0.0, 3.0):
        welfare = rule(name, [6.0, 3.0, 1.0, 0.0], alpha)
        assert welfare.of(np.array([6.0, 3.0, 1.0, more])) == pytest.approx(5.0)


def test_welfare_by_hand():
    shown = np.array([6.0, 1.5, 2.0])  # over targets of 6, 3, 1: 1, 1/2, 2
    target = [6.0, 3.0, 1.0]
    assert rule("max-min", target).of(shown) == pytest.approx(5 * 0.5)
    # the worst weighs 5/9, the next 3/9, the best 1/9
    assert rule("gini", target).of(shown) == pytest.approx(5 * (0.5 * 5 + 1 * 3 + 2 * 1) / 9)
    # alpha 0 is the plain mean by target: 0.6 x 1 + 0.3 x 1/2 + 0.1 x 2 = 0.95
    plain = AlphaFair(
        family="seller",
        weight=0.5,
        attention=10.0,
        target=np.array(target),
        alpha=0.0,
        floor=0.0,
    )
    assert plain.of(shown) == pytest.approx(5 * 0.95)
    # log: 1 + 0.3 log(1/2) + 0.1 log 2
    logs = AlphaFair(
        family="seller", weight=0.5, attention=10.0, target=np.array(target), floor=0.0
    )
    assert logs.of(shown) == pytest.approx(5 * (1 - 0.2 * np.log(2)))


def test_no_exposure_at_all_is_finite_and_alpha_is_continuous_at_the_log():
    nothing, target = np.zeros(2), [6.0, 4.0]
    log = rule("alpha-fair", target, 1.0).of(nothing)
    # a floor of 1 % of the target: 1 + log(0.01 / 1.01)
    assert log == pytest.approx(5 * (1 + np.log(0.01 / 1.01)))
    assert rule("alpha-fair", target, 1.0 + 1e-9).of(nothing) == pytest.approx(log)


def test_gini_weights_give_the_mean_times_one_minus_the_gini_coefficient():
    shares = np.array([1.0, 2.0, 5.0])
    # mean absolute difference (1 + 4 + 3) x 2 / 9, over twice the mean 8/3: 1/3
    assert gini_weights(3) @ shares == pytest.approx(8 / 3 * (1 - 1 / 3))


@pytest.mark.parametrize("name", RULES)
def test_ten_times_the_shoppers_are_worth_ten_times_as_much(name):
    few, many = (
        welfare_of(
            name,
            family="seller",
            weight=0.5,
            alpha=2.0,
            attention=times * 10.0,
            target=times * np.array([6.0, 3.0]),
        )
        for times in (1, 10)
    )
    assert few is not None
    assert many is not None
    shown = np.array([5.0, 1.0])
    assert many.of(10 * shown) == pytest.approx(10 * few.of(shown))
    assert many.project(np.zeros(2)) == pytest.approx(few.project(np.zeros(2)))


targets = st.lists(st.floats(0.5, 4.0), min_size=2, max_size=4)


@given(
    st.sampled_from(RULES),
    targets,
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    st.integers(0, 2**32 - 1),
)
def test_no_exposure_beats_the_conjugate_and_its_own_reaches_it(name, target, alpha, seed):
    welfare, rng = rule(name, target, alpha), np.random.default_rng(seed)
    price = welfare.project(rng.normal(scale=2.0, size=len(target)))
    most, exposure = welfare.conjugate(price)
    assert (exposure >= 0).all()
    assert welfare.of(exposure) - price @ exposure == pytest.approx(most, abs=1e-9)
    near = exposure * rng.uniform(0.9, 1.1, (100, len(target)))
    some = rng.random((200, len(target))) * ATTENTION * rng.choice([0.01, 0.3, 1.0], (200, 1))
    for tried in (*near, *some, np.array(target), np.array(target) * rng.random()):
        assert welfare.of(tried) <= price @ tried + most + 1e-9 * (1 + price @ tried)


@given(
    st.sampled_from(RULES),
    targets,
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    st.integers(0, 2**32 - 1),
)
def test_a_projection_is_the_nearest_of_the_prices_it_maps_to(name, target, alpha, seed):
    # p is the nearest point of a convex set to x where (x - p) . (q - p) <= 0 for all q in the set
    welfare, rng = rule(name, target, alpha), np.random.default_rng(seed)
    x = rng.normal(scale=2.0, size=len(target))
    p = welfare.project(x)
    assert welfare.project(p) == pytest.approx(p, abs=1e-9)
    for _ in range(30):
        q = welfare.project(p + rng.normal(scale=rng.choice([0.01, 1.0]), size=len(p)))
        assert (x - p) @ (q - p) <= 1e-9 * (1 + np.abs(x).sum()) ** 2


@given(targets, st.integers(0, 2**32 - 1))
def test_prices_just_below_the_projection_have_no_finite_conjugate(target, seed):
    rng = np.random.default_rng(seed)
    for name in ("max-min", "gini"):
        welfare = rule(name, target)
        low = welfare.project(rng.random(len(target)) * 0.1)
        # some exposure, scaled up, gains without end at prices a hundredth lower
        tried = _rays(np.array(target))
        gains = [welfare.of(ray) - 0.99 * low @ ray for ray in tried]
        assert max(gains) > 0
        assert max(welfare.of(ray) - low @ ray for ray in tried) <= 1e-9 * ATTENTION


@given(targets, st.sampled_from([1e6, 1e12, 1e18]), st.integers(0, 2**32 - 1))
def test_from_far_away_a_projection_still_ends_where_the_conjugate_is_finite(target, far, seed):
    rng = np.random.default_rng(seed)
    for name in ("max-min", "gini"):
        welfare = rule(name, target)
        price = welfare.project(far * rng.normal(size=len(target)))
        gains = [welfare.of(ray) - price @ ray for ray in _rays(np.array(target))]
        assert max(gains) <= 1e-9 * ATTENTION


def _rays(target: Floats) -> list[Floats]:
    """Exposures for which the first k of some order stand at 1 and the others at 0, or all at 1."""
    n = len(target)
    return [target * np.array([(mask >> s) & 1 for s in range(n)]) for mask in range(1, 2**n)]


@given(
    st.lists(figure, min_size=2, max_size=4),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_above_the_permutahedron_means_above_a_mixture_of_permutations(cost, level, seed):
    rng = np.random.default_rng(seed)
    n = len(cost)
    levels = np.sort(rng.random(n))
    scale = np.ones(n) if level else rng.uniform(0.5, 2.0, n)
    point = nearest_above_permutahedron(np.array(cost), levels, scale)
    low = np.cumsum(np.sort(point))
    assert (low >= np.cumsum(levels) - 1e-9).all()
    away = (np.array(cost) - point) / scale**2
    corners = np.array(list(permutations(levels)))
    # every permutation, and any way up from it, lies on the far side
    assert ((corners - point) @ away <= 1e-9 * (1 + np.abs(cost).sum()) ** 2).all()
    assert (away <= 1e-12).all()


def test_projections_by_hand():
    # targets of 2 and 1 must cost 5 together: from (1, 0), with 2 missing 3, a step of 3/5 each way
    assert rule("max-min", [2.0, 1.0]).project(np.array([1.0, 0.0])).tolist() == pytest.approx(
        [1 + 2 * 3 / 5, 3 / 5]
    )
    # Gini levels of two: 5/4 and 15/4; from (0, 1) the sum of 5 misses 4: two more for each
    assert rule("gini", [1.0, 1.0]).project(np.array([0.0, 1.0])).tolist() == pytest.approx([2, 3])
    # prices that are high enough stay
    for name in RULES:
        assert rule(name, [1.0, 1.0]).project(np.array([50.0, 90.0])).tolist() == [50.0, 90.0]


def test_all_weight_on_the_worst_is_max_min_and_equal_weights_are_the_mean():
    shown, target = np.array([1.0, 3.0, 4.0]), np.array([2.0, 2.0, 2.0])
    common = {"family": "seller", "weight": 0.5, "attention": 10.0, "target": target}
    worst = Gini(**common, weights=np.array([1.0, 0.0, 0.0]))
    assert worst.of(shown) == pytest.approx(MaxMin(**common).of(shown))
    price = np.array([0.3, 0.1, -0.2])
    assert worst.project(price) == pytest.approx(MaxMin(**common).project(price))
    assert Gini(**common, weights=np.full(3, 1 / 3)).of(shown) == pytest.approx(5 * 4 / 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "maxmin"}, "welfare is 'maxmin', but there are none, max-min, alpha-fair, gini"),
        ({"weight": -1.0}, r"the weight is -1\.0, but finite and 0 or more"),
        ({"alpha": np.nan}, "the alpha is nan"),
        ({"target": np.array([1.0, -2.0])}, r"target of group 1 is -2\.0.*1 such groups"),
        ({"target": np.zeros(2)}, "no group has a target above 0"),
    ],
)
def test_bad_input_is_one_clear_message(change, words):
    good = {
        "name": "gini",
        "family": "seller",
        "weight": 1.0,
        "alpha": 1.0,
        "attention": 10.0,
        "target": np.ones(2),
    }
    with pytest.raises(ValueError, match=words):
        welfare_of(**(good | change))
    assert welfare_of(**(good | {"weight": 0.0})) is None
