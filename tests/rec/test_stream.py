"""Serving at frozen prices and streams: worked by hand, the same as in the crowd, drift bounded."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.candidates import Floats, Ints
from recommender.rerank.assemble import CARBON
from recommender.rerank.frozen import Counter, FrozenPrices, rerank_one, with_own_carbon
from recommender.rerank.passes import Passes
from recommender.rerank.problem import Prices, Problem, Shares, Total
from recommender.rerank.solve import solve
from recommender.rerank.stream import Stream

ITEMS, SELLERS, CANDIDATES, PLACES = 150, 12, 25, 6
KG = np.random.default_rng(10).lognormal(0.0, 1.0, ITEMS)
SELLER = np.random.default_rng(11).integers(SELLERS, size=ITEMS)
POPULAR = np.random.default_rng(12).random(ITEMS) ** 2
TARGET_KG, FLOOR = 1.1, 0.75 / SELLERS
LOVED = np.where(np.arange(SELLERS) < SELLERS // 2, 0.6, 1.0)  # half of the sellers lose demand


def crowd(shoppers: int, seed: int, shift: Floats | None = None) -> Problem:
    """Made-up shoppers: a carbon budget, and a floor of three quarters of an equal share."""
    rng = np.random.default_rng(seed)
    liked = rng.random((shoppers, ITEMS)) - 0.5 * POPULAR
    product = np.argsort(liked, axis=1, kind="stable")[:, :CANDIDATES]
    p_buy = np.minimum(rng.beta(0.5, 3.0, product.shape) * (0.5 + POPULAR[product]), 1.0)
    if shift is not None:
        p_buy = p_buy * shift[SELLER[product]]
    attention = 1.0 / np.log2(np.arange(2, PLACES + 2))
    return Problem(
        key=np.arange(shoppers),
        start=np.arange(0, product.size + 1, CANDIDATES),
        product=product.ravel(),
        value=p_buy.ravel(),
        p_buy=p_buy.ravel(),
        attention=attention,
        totals=(
            Total(
                name=CARBON,
                unit="kg CO2e",
                each=(p_buy * (TARGET_KG - KG[product])).ravel(),
                least=0.0,
            ),
        ),
        shares=(sellers(shoppers * attention.sum()),),
    )


def sellers(attention: float) -> Shares:
    return Shares(
        name="seller",
        groups=tuple(f"s{k}" for k in range(SELLERS)),
        group=SELLER,
        least=np.full(SELLERS, FLOOR * attention),
        most=np.full(SELLERS, np.inf),
    )


def some_of(problem: Problem, shoppers: Ints) -> Problem:
    """The problem of some shoppers, whose floors are the same share of their attention."""
    start = problem.start
    rows = np.concatenate([np.arange(start[u], start[u + 1]) for u in shoppers])
    return replace(
        problem,
        key=problem.key[shoppers],
        start=np.append(0, np.cumsum(np.diff(start)[shoppers])),
        product=problem.product[rows],
        value=problem.value[rows],
        p_buy=problem.p_buy[rows],
        totals=tuple(replace(total, each=total.each[rows]) for total in problem.totals),
        shares=(sellers(len(shoppers) * problem.attention.sum()),),
    )


def served(stream: Stream, problem: Problem, batch: int = 50) -> Stream:
    for first in range(0, problem.shoppers, batch):
        stream.serve(some_of(problem, np.arange(first, min(first + batch, problem.shoppers))))
    return stream


@pytest.fixture(scope="module")
def warm() -> FrozenPrices:
    """Prices of another draw of the same shop."""
    other = crowd(600, seed=1)
    return FrozenPrices.of(other, solve(other).prices, policy="test", target_kg=TARGET_KG)


def test_one_shopper_alone_gets_the_slate_it_has_in_the_crowd(warm: FrozenPrices) -> None:
    problem = replace(
        crowd(40, seed=2), kind=np.arange(ITEMS) % 9, per_kind=2, own_floor=np.full(40, 0.9)
    )
    prices, unknown = warm.on(problem)
    passes = Passes(problem)
    rows = passes.empty()
    up, down = passes.vector(prices)
    passes.run(up - down, rows)
    assert unknown == 0
    for u in range(40):
        mine = replace(some_of(problem, np.array([u])), own_floor=np.array([0.9]))
        assert rerank_one(mine, prices).tolist() == (rows[u] - problem.start[u]).tolist()


def test_the_laid_out_prices_serve_like_the_whole_problem(warm: FrozenPrices) -> None:
    problem = crowd(5, seed=3)
    prices, _ = warm.on(problem)
    counter = Counter.of(problem, prices)
    one = some_of(problem, np.array([2]))
    slate = counter.slate(one.product, one.value, one.p_buy, one.totals[0].each[None, :])
    assert slate.tolist() == rerank_one(one, prices).tolist()


def test_more_shoppers_than_one_are_refused() -> None:
    with pytest.raises(ValueError, match="2 shoppers, but one was expected"):
        rerank_one(crowd(2, seed=4), Prices.none(crowd(2, seed=4)))


def test_prices_survive_another_order_of_sellers_and_new_ones_cost_nothing() -> None:
    problem = crowd(3, seed=5)
    family = replace(
        problem.shares[0], groups=("a", "b"), least=np.zeros(2), most=np.full(2, np.inf)
    )
    known = replace(problem, shares=(family,))
    prices = Prices(
        totals=np.array([0.5]), floors=(np.array([0.1, 0.2]),), caps=(np.array([0.0, 0.3]),)
    )
    frozen = FrozenPrices.of(known, prices)
    later = replace(problem, shares=(replace(family, groups=("b", "new", "a")),))
    found, unknown = FrozenPrices.from_json(frozen.to_json()).on(later)
    assert found.floors[0].tolist() == [0.2, 0.0, 0.1]
    assert found.caps[0].tolist() == [0.3, 0.0, 0.0]
    assert (found.totals.tolist(), unknown) == ([0.5], 1)


def test_json_keeps_every_bit_and_other_text_is_refused(warm: FrozenPrices) -> None:
    assert FrozenPrices.from_json(warm.to_json()) == warm
    with pytest.raises(ValueError, match="these are none"):
        FrozenPrices.from_json("{}")
    with pytest.raises(ValueError, match="these are none"):
        FrozenPrices.from_json("[1]")
    other = warm.to_json().replace('"schema": 1', '"schema": 9')
    with pytest.raises(ValueError, match="schema is 9, but 1 was expected"):
        FrozenPrices.from_json(other)


@pytest.mark.parametrize(
    ("key", "broken", "told"),
    [
        ("totals", {"carbon budget": float("nan")}, "totals, carbon budget: the price is nan"),
        ("floors", {"seller": {"a": "x"}}, "floors of seller, a: the price is 'x'"),
        ("caps", {"seller": {"a": -1.0}}, "caps of seller, a: the price is -1.0"),
        ("floors", [1.0], "floors is"),
        ("totals", 3, "totals is 3"),
        ("attention", [0.0], "attention is"),
    ],
)
def test_a_file_with_a_price_that_is_none_is_refused(warm, key, broken, told) -> None:
    text = json.dumps(json.loads(warm.to_json()) | {key: broken})
    with pytest.raises(ValueError, match=told):
        FrozenPrices.from_json(text)


def test_prices_for_another_attention_are_refused(warm: FrozenPrices) -> None:
    problem = replace(crowd(2, seed=5), attention=np.ones(PLACES))
    with pytest.raises(ValueError, match="attention is"):
        warm.on(problem)


def test_the_own_slider_moves_carbon_and_nothing_else() -> None:
    problem = replace(
        some_of(crowd(1, seed=6), np.array([0])),
        start=np.array([0, 2]),
        product=np.array([0, 1]),
        value=np.array([0.50, 0.45]),  # of it climate -0.10 and 0
        p_buy=np.array([0.6, 0.5]),
        totals=(
            Total(name=CARBON, unit="kg CO2e", each=np.array([-0.2, 0.1]), least=0.0),
            Total(name="relevance", unit="purchases", each=np.array([0.6, 0.5]), least=0.0),
        ),
    )
    climate = np.array([-0.10, 0.0])
    prices = replace(Prices.none(problem), totals=np.array([0.1, 0.2]))

    def at(factor: float) -> tuple[list[float], list[int]]:
        mine, own = with_own_carbon(problem, prices, climate, factor)
        score = mine.value + own.totals @ np.array([t.each for t in mine.totals])
        return score.round(6).tolist(), rerank_one(mine, own)[:2].tolist()

    # by hand: relevance adds 0.2 x (0.6, 0.5) = (0.12, 0.10) at every factor;
    # off:   0.60 + 0.12 = 0.72             and 0.45 + 0.10 = 0.55
    # 1:     0.50 - 0.02 + 0.12 = 0.60      and 0.45 + 0.01 + 0.10 = 0.56
    # twice: 0.40 - 0.04 + 0.12 = 0.48      and 0.45 + 0.02 + 0.10 = 0.57
    assert at(0.0) == ([0.72, 0.55], [0, 1])
    assert at(1.0) == ([0.60, 0.56], [0, 1])
    assert at(2.0) == ([0.48, 0.57], [1, 0])
    with pytest.raises(ValueError, match="own carbon factor is -1"):
        with_own_carbon(problem, prices, climate, -1.0)


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0, 3), st.floats(0, 3))
def test_more_own_carbon_never_means_a_worse_carbon_term(
    random: Random, one: float, other: float
) -> None:
    problem = crowd(1, seed=random.randrange(10_000))
    climate = -problem.p_buy * KG[problem.product]
    prices = replace(Prices.none(problem), totals=np.array([random.random() / 10]))
    term = 0.1 * climate + prices.totals[0] * problem.totals[0].each

    def carbon(factor: float) -> float:
        rows = rerank_one(*with_own_carbon(problem, prices, 0.1 * climate, factor))
        return float(term[rows] @ problem.attention)

    less, more = sorted([one, other])
    assert carbon(more) >= carbon(less) - 1e-9


def test_a_price_steps_by_what_its_floor_missed() -> None:
    ann = replace(
        some_of(crowd(1, seed=7), np.array([0])),
        start=np.array([0, 2]),
        product=np.array([0, 1]),
        value=np.array([0.5, 0.4]),
        p_buy=np.array([0.5, 0.4]),
        attention=np.array([1.0]),
        totals=(),
        shares=(
            Shares(
                name="seller",
                groups=("big", "small"),
                group=np.array([0, 1]),
                least=np.array([0.0, 0.5]),
                most=np.array([0.75, np.inf]),
            ),
        ),
    )
    stream = Stream(FrozenPrices.of(ann, Prices.none(ann)), step=0.1)
    first = stream.serve(ann)
    # by hand: a place is worth 0.5, so a step is 0.1 x 0.5 for a unit missed.
    # small misses 0.5: 0 + 0.05 x 0.5 = 0.025; big is 0.25 over its cap: 0 + 0.05 x 0.25 = 0.0125
    now = stream.prices()
    assert first.tolist() == [[0]]
    assert now.floors["seller"] == {"big": 0.0, "small": pytest.approx(0.025)}
    assert now.caps["seller"] == {"big": pytest.approx(0.0125), "small": 0.0}
    report = stream.report()
    assert [(d.limit, d.shortfall) for d in report.drifts] == [
        ("seller small floor", 0.5),
        ("seller big cap", 0.25),
    ]
    assert (report.shortfall("floor"), report.attention, report.value) == (1.0, 1.0, 0.5)


def test_drift_stays_within_two_percent_of_the_floors(warm: FrozenPrices) -> None:
    report = served(Stream(warm), crowd(2000, seed=20)).report()
    assert (report.shoppers, report.batches, report.unknown_prices) == (2000, 40, 0)
    assert report.shortfall("floor") <= 0.02
    assert report.shortfall("budget") <= 0.02


def test_prices_that_follow_beat_frozen_ones_when_demand_shifts(warm: FrozenPrices) -> None:
    shifted = crowd(2000, seed=21, shift=LOVED)
    frozen = served(Stream(warm, step=0.0), shifted).report()
    followed = served(Stream(warm), shifted).report()
    assert frozen.shortfall("floor") > 0.04
    assert followed.shortfall("floor") <= 0.02
    assert followed.shortfall("floor") < 0.5 * frozen.shortfall("floor")


def test_the_course_of_misses_ends_at_what_the_report_says(warm: FrozenPrices) -> None:
    stream = Stream(warm)
    assert stream.missed_so_far() == {}
    report = served(stream, crowd(200, seed=25, shift=LOVED)).report()
    missed = stream.missed_so_far()
    assert set(missed) == {CARBON, "seller floors"}
    assert missed[CARBON][0] == pytest.approx(report.shortfall("budget"))
    assert missed["seller floors"][0] == pytest.approx(report.shortfall("floor"))
    worst = max(report.drifts[1:], key=lambda drift: drift.shortfall)
    assert (f"{missed['seller floors'][1]} floor", missed["seller floors"][2]) == (
        worst.limit,
        pytest.approx(worst.shortfall),
    )


def test_a_stream_at_step_0_leaves_prices_as_they_were(warm: FrozenPrices) -> None:
    stream = served(Stream(warm, step=0.0), crowd(100, seed=22))
    assert stream.prices() == warm


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.01, 0.05, 0.3]), st.sampled_from([7, 20]))
def test_no_floor_misses_more_than_its_price_has_risen_over_the_step(
    seed: int, step: float, batch: int
) -> None:
    problem = crowd(60, seed=seed)
    stream = served(
        Stream(FrozenPrices.of(problem, Prices.none(problem)), step=step), problem, batch
    )
    for drift, size in zip(stream.report().drifts, stream.steps(), strict=True):
        assert drift.shortfall <= (drift.price - drift.price_before) / size + 1e-9


def test_a_stream_is_the_same_in_any_order_inside_a_batch_and_told_twice(
    warm: FrozenPrices,
) -> None:
    problem = crowd(100, seed=23)
    one, again, turned = Stream(warm), Stream(warm), Stream(warm)
    for first in (0, 50):
        batch = np.arange(first, first + 50)
        one.serve(some_of(problem, batch))
        again.serve(some_of(problem, batch))
        turned.serve(some_of(problem, batch[::-1]))
    assert one.prices() == again.prices() == turned.prices()
    assert one.report() == again.report()


def test_a_batch_with_other_limits_is_refused(warm: FrozenPrices) -> None:
    stream = Stream(warm)
    stream.serve(crowd(5, seed=24))
    with pytest.raises(ValueError, match="batch 2 has 12 limits"):
        stream.serve(replace(crowd(5, seed=24), totals=()))
    with pytest.raises(ValueError, match="step is -1"):
        Stream(warm, step=-1.0)
