"""Explanations: the terms sum to the score, and a sentence names what moved a product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app_pages import _words
from recommender.candidates import Floats, Ints
from recommender.policy import Weights
from recommender.relevance.generators.merge import GENERATORS
from recommender.rerank.explain import UNMOVED, explain_slots
from recommender.rerank.explain_words import SOURCES, TIERS, VALUES
from recommender.rerank.limit_costs import (
    cost_of_limit,
    cost_sentence,
    dearest,
    prices_without,
    relevance_of,
    without_limit,
)
from recommender.rerank.limit_prices import LimitPrice, explain_prices
from recommender.rerank.limit_summary import family_sentences, worth_telling
from recommender.rerank.offers import OTHER, Offers, floors_owed, priced_terms
from recommender.rerank.problem import Missed, Prices, Problem, Shares, Solution, Total
from recommender.tradeoff import Scales, best_slates

BANNED = ("saves", "saving", "climate-friendly", "expected", "green")
HOUSEHOLDS = 1 << list(GENERATORS).index("als")
BOUGHT = 1 << list(GENERATORS).index("repeats")


def offers(
    terms: Mapping[str, Sequence[float] | Floats], p_buy: Sequence[float] | None = None, **more: Any
) -> Offers:
    """Offers a, b, c, ... of one need, all of 2 kg, sure and not bought before."""
    p = np.array(terms["shopper"] if p_buy is None else p_buy)
    n = len(p)
    names = np.array([chr(97 + i) for i in range(n)], dtype=object)
    made = Offers(
        product=np.arange(n),
        product_id=names,
        name=np.array([f"product {name}" for name in names], dtype=object),
        need=np.full(n, "milk", dtype=object),
        seller=np.array([f"s{name}" for name in names], dtype=object),
        p_buy=p,
        margin=np.ones(n),
        kg=np.full(n, 2.0),
        kg_sd=np.full(n, 0.05),
        own_figure=np.ones(n, np.bool_),
        verified=np.zeros(n, np.bool_),
        usual_kg=np.full(n, 2.0),
        usual_sd=np.full(n, 0.05),
        usual_own=np.ones(n, np.bool_),
        is_new=np.ones(n, np.bool_),
        source=np.zeros(n, np.int64),
        kind=np.full(n, -1, np.int64),
        allowed=np.ones(n, np.bool_),
        terms={name: np.array(term, np.float64) for name, term in terms.items()},
    )
    changed: dict[str, Any] = {
        name: np.array(value) if isinstance(value, list) else value for name, value in more.items()
    }
    return replace(made, **changed)


def best(made: Offers, n: int) -> Ints:
    """The best slate by the priced score, with nothing else to meet."""
    start = np.array([0, len(made.product)])
    return best_slates(start, made.product, made.score, made.allowed, n)[0]


def test_a_lighter_product_of_the_same_need_moved_up_and_says_so() -> None:
    # by hand: relevance a, b, c; scores 0.50, 0.40, 0.30 + 0.25 = 0.55: c rises two places to 1,
    # whose place a would hold; a weighs 2 kg and c 0.9 kg
    made = offers(
        {"shopper": [0.5, 0.4, 0.3], "climate": [0.0, 0.0, 0.25]},
        kg=[2.0, 2.0, 0.9],
        source=[0, 0, HOUSEHOLDS],
    )
    first, second, third = explain_slots(made, best(made, 3))
    assert (first.product_id, first.position, first.place_by_relevance) == ("c", 1, 3)
    assert (first.moved, second.moved, third.moved) == (2, -1, -1)
    assert first.against == "a"
    assert first.reason == (
        "moved up two places, ahead of product a: same need, estimated 1.1 kg lighter, bought by "
        "households like yours"
    )
    assert first.parts == {"shopper": 0.3, "climate": 0.25}
    assert first.score == pytest.approx(0.55)
    assert second.reason == (
        "moved down one place, behind product c: same need, estimated 1.1 kg lighter"
    )


def test_a_product_from_beyond_the_relevance_slate_has_no_place_there() -> None:
    made = offers({"shopper": [0.5, 0.4, 0.3], "sellers": [0.0, 0.0, 0.3]})
    slot = explain_slots(made, best(made, 1))[0]
    assert slot.place_by_relevance is None
    assert slot.moved == 2
    assert slot.reason == (
        "brought in from rank 3 by relevance, ahead of product a: supplier sc is shown less than "
        "it sells"
    )


def test_what_did_not_move_is_as_relevance_alone_would_place_it() -> None:
    made = offers(
        {"shopper": [0.5, 0.4], "climate": [0.01, 0.02], "retailer": [0.1, 0.1]}, source=[BOUGHT, 0]
    )
    first, second = explain_slots(replace(made, is_new=np.array([False, True])), best(made, 2))
    assert first.reason == f"{UNMOVED}: you have bought it before"
    assert second.reason == UNMOVED
    assert (first.moved, first.against) == (0, None)


def test_margin_is_named_where_it_decides_although_others_weigh_more() -> None:
    # by hand: b gains 0.12 by carbon and 0.01 by margin against 0.125 of relevance: carbon has
    # more than nine tenths of the gain, but without the margin a would stay first
    made = offers(
        {"shopper": [0.5, 0.375], "climate": [0.0, 0.12], "retailer": [0.05, 0.06]},
        kg=[2.0, 1.0],
        margin=[1.0, 1.4],
    )
    slot = explain_slots(made, best(made, 2))[0]
    assert slot.reason == (
        "moved up one place, ahead of product a: same need, estimated 1.0 kg lighter, $0.40 more "
        "margin a pack for the shop"
    )


def test_margin_that_worked_by_way_of_others_is_told_as_well() -> None:
    # by hand: scores 0.5, 0.46, 0.47; without margin 0.5, 0.46, 0.37: b stands second then. It sank
    # to the third place behind c, which margin put there
    made = offers(
        {"shopper": [0.5, 0.46, 0.37], "retailer": [0.0, 0.0, 0.1]}, margin=[1.0, 1.0, 1.5]
    )
    slots = explain_slots(made, best(made, 3))
    assert slots[2].reason == (
        "moved down one place, behind product c: $0.50 more margin a pack for the shop"
    )
    # by hand: carbon lifts b over a, 0.55 to 0.5; margin lifts c between them, so that a would
    # stand second without it
    made = offers(
        {
            "shopper": [0.5, 0.4, 0.3],
            "climate": [0.0, 0.15, 0.0],
            "retailer": [0.0, 0.0, 0.22],
        },
        kg=[2.0, 1.0, 2.0],
        margin=[1.0, 1.0, 1.5],
    )
    last = explain_slots(made, best(made, 3))[2]
    assert last.product_id == "a"
    assert last.reason == (
        "moved down two places, behind product b: same need, estimated 1.0 kg lighter; without the "
        "shop's margin it would stand one place higher"
    )


def test_a_product_kept_in_its_place_by_margin_says_where_it_would_stand_without() -> None:
    # by hand: b stays second with 0.41 against c's 0.40, of which 0.02 are margin
    made = offers(
        {
            "shopper": [0.5, 0.39, 0.3],
            "climate": [0.0, 0.0, 0.1],
            "retailer": [0.0, 0.02, 0.0],
        }
    )
    slot = explain_slots(made, best(made, 2))[1]
    assert slot.reason == f"{UNMOVED}; without the shop's margin it would not stand here"


def test_what_the_policy_leaves_out_makes_room() -> None:
    made = offers({"shopper": [0.5, 0.4]}, allowed=[False, True])
    slot = explain_slots(made, best(made, 1))[0]
    assert slot.reason == ("brought in from rank 2 by relevance: this policy leaves out product a")


def test_a_full_category_makes_room() -> None:
    made = offers({"shopper": [0.5, 0.4, 0.3]}, kind=[0, 0, 1], per_kind=1)
    slots = explain_slots(made, np.array([0, 2]))
    assert slots[1].reason == (
        "brought in from rank 3 by relevance, ahead of product b: a slate holds at most 1 of one "
        "category"
    )


def test_what_was_shown_for_a_floor_that_the_prices_do_not_reach_names_it() -> None:
    made = offers(
        {"shopper": [0.5, 0.4]}, owed=np.array(["", "the floor of seller 103"], dtype=object)
    )
    slot = explain_slots(made, np.array([1]))[0]
    assert slot.reason.endswith("ahead of product a: needed for the floor of seller 103")
    assert floors_owed(market(), np.arange(3)).tolist() == ["", "the floor of seller 103", ""]


def test_a_slate_moved_further_than_its_price_for_the_budget_says_so() -> None:
    # by hand: a scores 0.50 - 0.02, b 0.44 + 0.02: at the price a would stand first, but all slates
    # together were still over the budget, so b was put there. It weighs 1.0 kg less
    made = offers({"shopper": [0.5, 0.44], "carbon budget": [-0.02, 0.02]}, kg=[2.0, 1.0])
    first, second = explain_slots(made, np.array([1, 0]))
    why = "same need, estimated 1.0 kg lighter, needed for the carbon budget"
    assert first.reason == f"moved up one place, ahead of product a: {why}"
    assert second.reason == f"moved down one place, behind product b: {why}"


def test_a_floor_that_speaks_louder_than_the_budget_is_the_reason() -> None:
    # by hand: b gains 0.04 of the budget and 0.05 of its seller's floor against 0.1 of relevance
    made = offers(
        {"shopper": [0.5, 0.4], "carbon budget": [-0.02, 0.02], "seller floors": [0.0, 0.05]},
        kg=[2.0, 1.0],
        owed=np.array(["", "the floor of seller sb"], dtype=object),
    )
    first = explain_slots(made, np.array([1, 0]))[0]
    assert first.reason.endswith("ahead of product a: supplier sb is owed more attention")


def test_a_full_category_is_no_reason_where_another_product_was_overtaken() -> None:
    # by hand: one of a and b may stand, c competes with 0.3 and d stands before it by its seller
    made = offers(
        {"shopper": [0.5, 0.4, 0.3, 0.2], "sellers": [0.0, 0.0, 0.0, 0.2]},
        kind=[0, 0, 1, 2],
        per_kind=1,
    )
    slot = explain_slots(made, np.array([0, 3]))[1]
    assert slot.against == "c"
    assert slot.reason.endswith("supplier sd is shown less than it sells")


def test_the_change_against_the_usual_comes_with_its_range() -> None:
    # by hand: from 2.0 to 1.0; each end is a factor 10 ** (1.2816 * 0.05) = 1.159 away:
    # low = -1 - hypot(2.318 - 2, 1 - 0.863) = -1 - hypot(.. ) with the sides of Zou and Donner
    made = offers({"shopper": [0.5]}, kg=[1.0])
    change = explain_slots(made, np.array([0]))[0].kg_change
    assert change is not None
    up = 10 ** (1.2815515655446004 * 0.05)
    assert change.kg == pytest.approx(-1.0)
    assert change.low == pytest.approx(-1.0 - np.hypot(2 * up - 2, 1 - 1 / up))
    assert change.high == pytest.approx(-1.0 + np.hypot(2 - 2 / up, up - 1))


def test_the_very_product_that_is_usually_bought_differs_by_nothing() -> None:
    change = explain_slots(offers({"shopper": [0.5]}), np.array([0]))[0].kg_change
    assert change is not None
    assert (change.kg, change.low, change.high) == (0.0, 0.0, 0.0)


def test_a_product_without_a_figure_of_its_own_has_no_change() -> None:
    made = offers({"shopper": [0.5]}, own_figure=[False])
    assert explain_slots(made, np.array([0]))[0].kg_change is None


def test_estimates_that_cannot_tell_two_products_apart_say_so() -> None:
    made = offers({"shopper": [0.5, 0.4], "climate": [0.0, 0.2]}, kg=[2.0, 1.9], kg_sd=[0.3, 0.3])
    reason = explain_slots(made, best(made, 2))[0].reason
    assert "same need, estimated 0.10 kg lighter (the estimates cannot tell)" in reason


def test_verified_figures_are_not_called_estimated() -> None:
    made = offers(
        {"shopper": [0.5, 0.4], "climate": [0.0, 0.2]}, kg=[2.0, 1.5], verified=[True, True]
    )
    reason = explain_slots(made, best(made, 2))[0].reason
    assert reason.endswith("same need, 0.50 kg lighter by verified figures")


def test_another_need_is_held_against_what_is_usually_bought_there() -> None:
    made = offers(
        {"shopper": [0.5, 0.4], "climate": [-0.1, 0.1]},
        need=np.array(["milk", "bread"], dtype=object),
        kg=[3.0, 0.5],
        usual_kg=[2.0, 1.5],
        usual_own=[True, False],
    )
    first, second = explain_slots(made, best(made, 2))
    assert "estimated 1.0 kg lighter than what is usually bought for bread" in first.reason
    heavy = replace(made, kg=np.array([3.0, 1.5]))
    first, second = explain_slots(heavy, best(heavy, 2))
    usual = "is estimated 1.0 kg heavier than what you usually buy for milk"
    assert first.reason.endswith(f"ahead of product a: that one {usual}")
    assert second.reason.endswith(f"behind product b: this one {usual}")


def test_being_bought_less_often_is_not_called_lighter() -> None:
    # by hand: both weigh 2 kg against a usual 1 kg, so the less likely one carries less
    made = offers({"shopper": [0.5, 0.4], "climate": [-0.5, -0.3]}, usual_kg=[1.0, 1.0])
    reason = explain_slots(made, best(made, 2))[0].reason
    assert reason.endswith("less carbon in all, by how often each is bought")


def test_households_like_yours_are_named_only_where_the_source_says_so() -> None:
    for bit, name in enumerate(GENERATORS):
        made = offers({"shopper": [0.5]}, source=[1 << bit])
        reason = explain_slots(made, np.array([0]))[0].reason
        assert ("households like yours" in reason) == (name in ("als", "popular_in_segment"))
    assert {name for name, _ in SOURCES} == set(GENERATORS)


def test_a_slate_with_a_barred_row_is_refused() -> None:
    made = offers({"shopper": [0.5, 0.4]}, allowed=[False, True])
    with pytest.raises(ValueError, match=r"slate of 2 rows: product a is not allowed"):
        explain_slots(made, np.array([0, 1]))


def test_tiers_are_told_in_the_words_of_the_pages() -> None:
    assert TIERS == _words.TIERS


@st.composite
def priced(draw: st.DrawFn) -> tuple[Problem, Prices, dict[str, Floats], Offers]:
    """One shopper's problem with random prices, and its offers."""
    n = draw(st.integers(1, 12))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    levels = draw(st.sampled_from([2, 5, 1000]))  # few levels make many ties

    def figures(scale: float) -> Floats:
        return rng.integers(-levels, levels + 1, n) / levels * scale

    p = rng.integers(1, levels + 1, n) / (levels + 1)
    parts = {"shopper": p, "retailer": figures(0.3), "climate": figures(0.3)}
    groups = 3
    problem = Problem(
        key=np.array([0]),
        start=np.array([0, n]),
        product=rng.permutation(n),
        value=np.sum(list(parts.values()), axis=0) + draw(st.sampled_from([0.0, 0.1])),
        p_buy=p,
        attention=np.array([1.0, 0.6, 0.5]),
        totals=(Total(name="carbon budget", unit="kg CO2e", each=figures(1.0), least=0.0),),
        shares=(
            Shares(
                name="seller",
                groups=("x", "y", "z"),
                group=rng.integers(-1, groups, n),
                least=np.zeros(groups),
                most=np.full(groups, np.inf),
            ),
        ),
    )
    prices = Prices(
        totals=rng.random(1) * draw(st.sampled_from([0.0, 1.0])),
        floors=(rng.random(groups),),
        caps=(rng.random(groups) * draw(st.sampled_from([0.0, 1.0])),),
    )
    terms = priced_terms(problem, prices, parts)
    made = offers(
        terms,
        p_buy=p.tolist(),
        product=problem.product,
        kg=rng.integers(0, 4, n) / 2,
        kg_sd=np.where(rng.random(n) < 0.2, np.nan, 0.1),
        need=np.array(["milk", "bread"], dtype=object)[rng.integers(0, 2, n)],
        own_figure=rng.random(n) < 0.8,
        margin=rng.random(n),
        source=rng.integers(0, 1 << len(GENERATORS), n),
        reference=draw(st.sampled_from(["need", "none"])),
        allowed=rng.random(n) < 0.9,
    )
    return problem, prices, parts, made


@given(priced())
def test_the_parts_of_every_slot_sum_to_its_priced_score(
    case: tuple[Problem, Prices, dict[str, Floats], Offers],
) -> None:
    problem, prices, _, made = case
    group = problem.shares[0].group[problem.product]
    lift = np.append(prices.floors[0] - prices.caps[0], 0.0)[group]
    score = problem.value + prices.totals[0] * problem.totals[0].each + lift
    slate = best(made, 3)
    for slot in explain_slots(made, slate):
        row = slate[slot.position - 1]
        assert slot.score == pytest.approx(score[row], abs=1e-12)
        assert sum(slot.parts.values()) == pytest.approx(slot.score, abs=1e-12)


@given(priced())
def test_margin_is_told_wherever_it_moved_something_and_no_word_promises(
    case: tuple[Problem, Prices, dict[str, Floats], Offers],
) -> None:
    made = case[3]
    slate = best(made, 3)
    rest = {name: term for name, term in made.terms.items() if name != "retailer"}
    bare = best(replace(made, terms=rest), 3).tolist()
    by_relevance = np.lexsort((made.product, -made.p_buy)).tolist()
    for place, (row, slot) in enumerate(zip(slate, explain_slots(made, slate), strict=False)):
        if row not in bare or bare.index(row) != place:
            assert "margin" in slot.reason
        assert slot.moved == by_relevance.index(row) - place
        assert slot.reason.startswith(UNMOVED) == (slot.moved == 0)
        assert not any(word in slot.reason for word in BANNED)


def test_what_the_parts_leave_of_the_value_is_told_as_other_values() -> None:
    problem = market()
    terms = priced_terms(problem, Prices.none(problem), {"shopper": problem.p_buy - 0.1})
    assert terms[OTHER] == pytest.approx([0.1, 0.1, 0.1])
    assert set(VALUES) >= {"sellers", "seller floors", "seller caps"}


def market() -> Problem:
    """One shopper, two places of attention 1 and 0.5; b is seller 103's, a and c seller 7's."""
    p = np.array([0.6, 0.4, 0.5])
    return Problem(
        key=np.array([0]),
        start=np.array([0, 3]),
        product=np.array([0, 1, 2]),
        value=p,
        p_buy=p,
        attention=np.array([1.0, 0.5]),
        totals=(
            Total(name="carbon budget", unit="kg CO2e", each=np.array([-1.0, 1.0, 0.0]), least=-2),
        ),
        shares=(
            Shares(
                name="seller",
                groups=("7", "103"),
                group=np.array([0, 1, 0]),
                least=np.array([0.0, 0.5]),
                most=np.array([1.0, np.inf]),
            ),
        ),
    )


def brute(problem: Problem) -> Solution:
    """The best slate of `market` by trying all; prices are not found."""
    best_value, best_rows = -np.inf, (-1, -1)
    family = problem.shares[0]
    for first in range(3):
        for second in set(range(3)) - {first}:
            rows = np.array([first, second])
            seen = np.bincount(family.group[rows], problem.attention, minlength=2)
            meets = (seen >= family.least).all() and (seen <= family.most).all()
            sums = [problem.attention @ total.each[rows] for total in problem.totals]
            meets &= all(s >= t.least for s, t in zip(sums, problem.totals, strict=True))
            value = problem.attention @ problem.value[rows]
            if meets and value > best_value:
                best_value, best_rows = value, (first, second)
    rows = np.array([best_rows])
    return solution(problem, rows=rows, value=float(best_value))


def solution(
    problem: Problem,
    rows: Ints | None = None,
    value: float = 0.0,
    carbon: float = 0.0,
    floor: float = 0.0,
    cap: float = 0.0,
    missed: Sequence[Missed] = (),
) -> Solution:
    return Solution(
        rows=np.array([[0, 1]]) if rows is None else rows,
        prices=Prices(
            totals=np.full(len(problem.totals), carbon),
            floors=(np.array([0.0, floor]),),
            caps=(np.array([cap, 0.0]),),
        ),
        value=value,
        bound=value,
        gap=None if missed else 0.0,
        missed=missed,
        sums=np.full(len(problem.totals), -0.5),
        exposure=(np.array([1.0, 0.5]),),
        passes=1,
    )


SCALES = Scales(m0=0.5, g0=2.0, short={})


def test_the_last_kilogram_has_a_price_in_money_and_in_purchases() -> None:
    # by hand: 0.031 of value a kilogram; / 1.0 = 0.031 purchases; x 0.5 / 0.05 = 0.31 of margin
    found = explain_prices(
        market(), solution(market(), carbon=0.031), Weights(shopper=1, retailer=0.05), SCALES
    )[0]
    assert (found.limit, found.unit, found.binding, found.missed) == (
        "carbon budget",
        "kg CO2e",
        True,
        False,
    )
    assert found.purchases == pytest.approx(0.031)
    assert found.margin == pytest.approx(0.31)
    assert found.slack == pytest.approx(1.5)  # -0.5 where -2 is asked
    assert found.sentence == (
        "The last kilogram of the carbon budget costs $0.31 of margin or 0.031 demand-weighted "
        "purchases."
    )


def test_a_policy_without_margin_tells_its_prices_in_purchases_alone() -> None:
    # by hand: 0.008 of value over a shopper's weight of 2 is 0.004 purchases
    found = explain_prices(market(), solution(market(), carbon=0.008), Weights(shopper=2), SCALES)
    assert found[0].margin is None
    assert found[0].sentence == (
        "The last kilogram of the carbon budget costs 0.0040 demand-weighted purchases."
    )


def test_a_floor_costs_at_most_price_times_floor_over_the_weeks() -> None:
    family = replace(market().shares[0], least=np.array([0.0, 120.0]))
    problem = replace(market(), shares=(family,))
    # by hand: 0.4 x 120 / 4 weeks = 12 a week
    found = explain_prices(problem, solution(problem, floor=0.4), Weights(shopper=1), SCALES)
    floor = found[1]
    assert floor.limit == "seller 103 floor"
    assert floor.cost_per_week == pytest.approx(12.0)
    assert floor.sentence == (
        "Seller 103's floor costs at most 12 demand-weighted purchases a week."
    )


def test_free_limits_caps_and_missed_ones_say_what_they_are() -> None:
    miss = Missed(
        limit="seller 103 floor",
        asked=0.5,
        reached=0.2,
        unit="attention",
        because="out of reach of the candidates",
    )
    found = explain_prices(
        market(), solution(market(), cap=0.1, missed=[miss]), Weights(shopper=1), SCALES
    )
    assert [limit.sentence for limit in found] == [
        "The carbon budget costs nothing: 1.5 kg CO2e to spare.",
        "Seller 103's floor is missed by 0.30 attention: out of reach of the candidates.",
        "One more unit of attention above seller 7's cap would bring 0.10 demand-weighted "
        "purchases.",
    ]
    names = [limit.limit for limit in worth_telling(found)]
    assert names == ["carbon budget", "seller 7 cap", "seller 103 floor"]
    names = [limit.limit for limit in worth_telling(found, {"103"})]
    assert names == ["carbon budget", "seller 103 floor", "seller 7 cap"]
    assert family_sentences(found) == [
        "Seller floors: 1, of which 0 cost something and 1 is missed.",
        "Seller caps: 1, of which 1 costs something and 0 are missed.",
    ]


def test_what_a_limit_costs_in_all_is_found_by_solving_without_it() -> None:
    problem = market()
    # by hand: the best is a, c (0.6 + 0.25 = 0.85), but seller 7 may hold 1.0 and 103 needs 0.5:
    # a, b (0.6 + 0.2 = 0.8). Without the floor the cap still bars a, c. Without the cap the floor
    # still asks for b. So each alone costs nothing, and both floors and caps gone bring 0.05
    with_all = brute(problem)
    assert relevance_of(problem, with_all) == pytest.approx(0.8)
    for limit in ("seller 103 floor", "seller 7 cap", "seller floors", "carbon budget"):
        assert cost_of_limit(problem, limit, brute).relevance == pytest.approx(0.0)
    free = without_limit(problem, "seller caps")
    cost = cost_of_limit(free, "seller 103 floor", brute, brute(free))
    assert cost.relevance == pytest.approx(0.05)
    assert cost.value == pytest.approx(0.05)
    assert cost.certain


def test_a_cost_is_told_with_the_range_in_which_it_lies() -> None:
    # by hand: with the limit slates of 10.0 found under a bound of 10.4, without it 12.1 under
    # 12.4: the bounds differ by 2.0; it costs at least 12.1 - 10.4 = 1.7 and at most
    # 12.4 - 10.0 = 2.4. A week of 4, for a shopper's weight of 1: 0.5 (0.425 to 0.6)
    problem = market()
    found = Solution(
        rows=np.array([[0, 1]]),
        prices=Prices.none(problem),
        value=10.0,
        bound=10.4,
        gap=0.04,
        missed=[],
        sums=np.zeros(1),
        exposure=(np.zeros(2),),
        passes=1,
    )
    free = replace(found, rows=np.array([[0, 2]]), value=12.1, bound=12.4)
    margin = np.array([1.0, 2.0, 10.0])
    cost = cost_of_limit(problem, "carbon budget", lambda _: free, found, margin)
    assert (cost.value, cost.best) == (pytest.approx(2.1), pytest.approx(2.0))
    assert (cost.low, cost.high) == (pytest.approx(1.7), pytest.approx(2.4))
    assert cost.margin == pytest.approx(problem.attention[1] * (10.0 - 2.0))
    scales = Scales(m0=0.5, g0=1.0, short={})
    said = cost_sentence(cost, Weights(shopper=1.0, retailer=0.25), scales, 4, "$")
    # money: 2.0 of value x 0.5 / 0.25 over 4 weeks
    assert said.startswith(
        "The carbon budget costs about 0.50 demand-weighted purchases a week in all (0.42 to 0.60)"
        ", or $1.00 of margin a week; slates without it earn $"
    )
    near = replace(free, value=10.1, bound=10.5)  # between 0 and 0.5: what slates earn is chance
    near_cost = cost_of_limit(problem, "seller 103 floor", lambda _: near, found, margin)
    assert (near_cost.low, near_cost.best) == (0.0, pytest.approx(0.1))
    said = cost_sentence(near_cost, Weights(shopper=1.0), scales, 4, "$")
    assert said.startswith("Seller 103's floor costs about 0.025")
    assert "earn" not in said
    missed = cost_of_limit(problem, "carbon budget", lambda _: replace(free, gap=None), found)
    assert not missed.certain
    assert "not certain" in cost_sentence(missed, Weights(shopper=1.0), scales, 4, "$")


def test_the_dearest_limits_are_totals_then_whole_families_then_single_ones() -> None:
    def limit(name: str, family: str | None, price: float, asked: float) -> LimitPrice:
        return LimitPrice(
            limit=name,
            family=family,
            group=None,
            price=price,
            purchases=None,
            margin=None,
            unit="attention",
            asked=asked,
            reached=asked,
            slack=0.0,
            cost_per_week=None,
            binding=price > 0,
            missed=False,
            sentence="",
        )

    limits = [
        limit("carbon budget", None, 0.1, 0.0),
        limit("relevance", None, 0.0, 5.0),
        limit("seller a floor", "seller floors", 0.5, 1.0),
        limit("seller b floor", "seller floors", 0.1, 10.0),
        limit("seller c floor", "seller floors", 0.0, 10.0),
        limit("tier tail floor", "tier floors", 0.2, 1.0),
    ]
    # by hand: prices x what is asked: b 1.0, a 0.5, tail 0.2; one tier floor is no family
    assert dearest(limits, most=2) == [
        "carbon budget",
        "seller floors",
        "seller b floor",
        "seller a floor",
    ]


def test_prices_without_a_limit_fit_the_problem_without_it() -> None:
    problem = market()
    prices = Prices(
        totals=np.array([0.3]), floors=(np.array([0.0, 0.2]),), caps=(np.array([0.4, 0.0]),)
    )
    budget = prices_without(problem, prices, "carbon budget")
    assert budget.totals.tolist() == []
    assert budget.floors[0].tolist() == [0.0, 0.2]
    floors = prices_without(problem, prices, "seller floors")
    assert (floors.floors[0].tolist(), floors.caps[0].tolist()) == ([0.0, 0.0], [0.4, 0.0])


def test_an_unknown_limit_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="limit is 'sugar', but one of carbon budget, seller"):
        without_limit(market(), "sugar")
