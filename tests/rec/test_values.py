"""Values besides the stakeholders': what each term rewards, and what finished slates reach."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.best import best_rows
from recommender.log import Ids, Log
from recommender.policy_parts import VALUES as NAMES
from recommender.policy_parts import Values
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.rerank.value_measures import pairwise_distance, tier_shares, value_measures
from recommender.rerank.values import (
    VALUES,
    ValueFacts,
    distance_to_likelier,
    extra_parts,
    extra_values,
    first_of_group,
    surrogates,
)
from recommender.tradeoff import goods_of

# two coffees, a tea beside them, a juice for the same need, bread, and two that nothing is known of
FACTS = ValueFacts(
    product_type=np.array([0, 0, 1, 2, 3, -1, -1]),
    category=np.array([0, 0, 0, 1, 2, -1, -1]),
    need=np.array([0, 0, 0, 0, 1, -1, -1]),
    tier=np.array([0, 0, 1, 1, 0, 2, 2]),
    fresh=np.array([False, True, False, False, False, True, False]),
)
COFFEE, OTHER_COFFEE, TEA, JUICE, BREAD, ODD, ODDER = range(7)
ALL = np.ones(9, np.bool_)
NOBODY = np.full((2, 1), -1)


def test_a_row_is_as_diverse_as_it_is_far_from_the_likelier_ones_of_the_same_shopper() -> None:
    product = np.array([COFFEE, OTHER_COFFEE, TEA, JUICE, BREAD, ODD, ODDER, TEA, COFFEE])
    start = np.array([0, 7, 9])
    distance = distance_to_likelier(start, product, FACTS, ALL)
    # the second coffee is the same type; tea is of the same category, juice of the same need;
    # bread and the two unknown ones are like nothing above; the next shopper starts afresh
    assert distance[:7].tolist() == [1.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0]
    assert distance[7:].tolist() == [1.0, 0.5]


def test_only_the_likeliest_candidate_of_a_tier_is_rewarded_for_it() -> None:
    product = np.array([COFFEE, TEA, BREAD, JUICE, ODD, BREAD, ODD])
    start = np.array([0, 5, 7])
    parts = extra_parts(start, product, NOBODY, FACTS, Values(tier_mix=0.5))
    # head, middle, head again, middle again, tail; the second shopper: head, tail
    assert parts["tier_mix"].tolist() == [0.5, 0.5, 0.0, 0.0, 0.5, 0.5, 0.5]


def test_what_may_not_be_shown_is_the_first_of_nothing_and_takes_nothing_from_others() -> None:
    product = np.array([COFFEE, OTHER_COFFEE, TEA])
    start, allowed = np.array([0, 3]), np.array([False, True, True])
    weights = Values(diversity=1.0, tier_mix=1.0)
    parts = extra_parts(start, product, NOBODY[:1], FACTS, weights, allowed)
    # the other coffee is now the likeliest of its type and of the head
    assert parts["diversity"].tolist() == [0.0, 1.0, 0.5]
    assert parts["tier_mix"].tolist() == [0.0, 1.0, 1.0]


def test_what_many_relevance_slates_show_adds_little_coverage() -> None:
    product = np.array([COFFEE, TEA, COFFEE, BREAD])
    base_rows = np.array([[0, -1], [2, 3]])  # coffee twice, bread once, tea never
    parts = extra_parts(np.array([0, 2, 4]), product, base_rows, FACTS, Values(coverage=0.3))
    assert parts["coverage"].tolist() == pytest.approx([0.1, 0.3, 0.1, 0.15])


def test_the_sum_holds_every_value_in_force_by_its_weight_and_no_other() -> None:
    product = np.array([COFFEE, OTHER_COFFEE, TEA])
    start, base_rows = np.array([0, 3]), np.array([[0, 1]])
    weights = Values(diversity=1.0, freshness=0.25)
    assert list(extra_parts(start, product, base_rows, FACTS, weights)) == [
        "diversity",
        "freshness",
    ]
    # 1, then the same type but fresh, then the same category
    found = extra_values(start, product, base_rows, FACTS, weights)
    assert found.tolist() == [1.0, 0.25, 0.5]
    assert extra_values(start, product, base_rows, FACTS, Values()).tolist() == [0.0] * 3


def test_slates_of_other_shoppers_than_the_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="slates of 2 shoppers, but 1 were expected"):
        extra_values(np.array([0, 1]), np.array([0]), NOBODY, FACTS, Values(coverage=1.0))


def test_every_value_says_what_it_rewards_whether_exactly_and_where_it_is_measured() -> None:
    assert tuple(VALUES) == NAMES
    assert [name for name, value in VALUES.items() if value.exact] == ["freshness"]
    measures = value_measures(np.array([[0, 2]]), np.ones(2), FACTS, np.ones(7, np.bool_))
    assert {value.measure for value in VALUES.values()} <= set(measures)
    assert surrogates(Values()) == ()
    assert surrogates(Values(diversity=0.1, freshness=0.1)) == ("diversity",)


def test_pairwise_distance_is_the_mean_over_the_pairs_of_a_slate() -> None:
    slates = np.array(
        [
            [COFFEE, OTHER_COFFEE, BREAD],  # 0, 1, 1
            [COFFEE, TEA, JUICE],  # a half three times
            [ODD, ODDER, -1],  # 1: what is not known is like nothing
            [COFFEE, -1, -1],  # no pair
        ]
    )
    assert pairwise_distance(slates, FACTS)[:3].tolist() == pytest.approx([2 / 3, 0.5, 1.0])
    assert np.isnan(pairwise_distance(slates, FACTS)[3])


def test_measures_count_attention_and_products_that_somebody_sees() -> None:
    slates = np.array([[COFFEE, TEA, ODD], [OTHER_COFFEE, BREAD, -1]])
    attention = np.array([1.0, 0.5, 0.5])
    # head: 1 + 1 + 0.5 of 3.5; middle 0.5; tail 0.5
    assert tier_shares(slates, attention, FACTS.tier) == pytest.approx(
        {"head": 2.5 / 3.5, "middle": 0.5 / 3.5, "tail": 0.5 / 3.5}
    )
    may_be_shown = np.array([True] * 6 + [False])
    found = value_measures(slates, attention, FACTS, may_be_shown)
    assert found["fresh_share"] == pytest.approx(1.5 / 3.5)  # the odd one and the other coffee
    assert found["coverage"] == pytest.approx(5 / 6)
    assert found["slates_of_all_tiers"] == 0.5
    # (0.5 + 1 + 1) / 3 and 1
    assert found["pairwise_distance"] == pytest.approx((2.5 / 3 + 1) / 2)


def test_empty_slates_reach_nothing_and_say_so() -> None:
    found = value_measures(NOBODY, np.ones(1), FACTS, np.zeros(7, np.bool_))
    assert np.isnan(found.pop("pairwise_distance"))
    assert set(found.values()) == {0.0}


SHELF = pd.DataFrame(
    {
        "product_id": ["old", "new", "first", "never"],
        "price": 1.0,
        "need": "bread",
        "category": "BAKERY",
        "product_type": ["RYE", "WHEAT", "RYE", None],
        "kg_per_flow": 0.05,
        "net_mass_kg": 0.5,
        "kg_co2e_per_kg": 1.0,
        "kg_co2e": 0.5,
        "tier": "model",
        "kg_co2e_low": 0.4,
        "kg_co2e_high": 0.6,
    }
)


def log_of(lines: list[tuple[int, int]]) -> Log:
    """Purchases of one household: (product, week)."""
    product, week = (np.array(column) for column in zip(*lines, strict=True))
    return Log(
        ids=Ids(np.array(["c"], object), SHELF["product_id"].to_numpy(object)),
        customer=np.zeros(len(lines), np.int64),
        product=product,
        week=week,
        day=week * 7.0,
        basket=np.arange(len(lines)),
        store=np.full(len(lines), -1),
        quantity=np.ones(len(lines)),
        paid=np.full(len(lines), np.nan),
        whole_until=int(week.max()),
    )


@pytest.mark.parametrize(
    ("first_log_week", "fresh"),
    [
        (1, [False, True, False, False]),  # weeks 29 to 40 are new
        (17, [False, True, False, False]),  # as many weeks before them as in them
        (18, [False, False, False, False]),  # too short a log to tell
    ],
)
def test_a_product_is_fresh_if_its_first_sale_fell_in_the_last_twelve_weeks(
    first_log_week: int, fresh: list[bool]
) -> None:
    log = log_of([(0, first_log_week), (2, 28), (2, 30), (1, 29), (0, 40)])
    facts = ValueFacts.of(goods_of(SHELF, log), ShelfFacts.of(SHELF, log, 40))
    assert facts.fresh.tolist() == fresh
    assert facts.product_type[0] == facts.product_type[2] != facts.product_type[1]


Rows = st.lists(
    st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True), min_size=1, max_size=5
)


@settings(deadline=None, max_examples=60)
@given(rows=Rows, weight=st.floats(0.0, 2.0), seed=st.integers(0, 99))
def test_terms_lie_between_0_and_1_and_never_flatter_a_slate(
    rows: list[list[int]], weight: float, seed: int
) -> None:
    start = np.cumsum([0] + [len(row) for row in rows])
    product = np.array([p for row in rows for p in row])
    p_buy = 1.0 / (1.0 + np.arange(len(product)))  # falls within each shopper
    allowed = np.ones(len(product), np.bool_)
    base_rows = best_rows(start, product, p_buy, allowed, 3)
    every = Values(diversity=1.0, tier_mix=1.0, coverage=1.0, freshness=1.0)
    parts = extra_parts(start, product, base_rows, FACTS, every)
    assert all(part.min() >= 0 and part.max() <= 1 for part in parts.values())

    noise = np.random.default_rng(seed).random(len(product))
    chosen = best_rows(start, product, p_buy + weight * noise, allowed, 3)
    for slate in chosen:
        slate = np.sort(slate[slate >= 0])  # likeliest first
        held = FACTS.tier[product[slate]]
        assert parts["tier_mix"][slate].sum() <= len(set(held.tolist()))
        nearest = distance_to_likelier(
            np.array([0, len(slate)]), product[slate], FACTS, allowed[slate]
        )
        assert np.all(parts["diversity"][slate] <= nearest)


@settings(deadline=None, max_examples=60)
@given(rows=Rows, by=st.permutations(range(5)))
def test_the_order_of_the_shoppers_changes_no_term(rows: list[list[int]], by: list[int]) -> None:
    order = [k for k in by if k < len(rows)]

    def terms(rows: list[list[int]]) -> list[list[float]]:
        start = np.cumsum([0] + [len(row) for row in rows])
        product = np.array([p for row in rows for p in row])
        falling, allowed = -1.0 * np.arange(len(product)), np.ones(len(product), np.bool_)
        base_rows = best_rows(start, product, falling, allowed, 2)
        every = Values(diversity=0.3, tier_mix=0.2, coverage=0.7, freshness=0.1)
        found = extra_values(start, product, base_rows, FACTS, every)
        return [found[a:b].tolist() for a, b in pairwise(start)]

    assert terms([rows[k] for k in order]) == [terms(rows)[k] for k in order]


@given(weights=st.tuples(*[st.floats(0.01, 1.0)] * 2))
def test_a_larger_weight_never_shows_less_of_what_is_fresh(weights: tuple[float, float]) -> None:
    low, high = sorted(weights)
    start, product = np.array([0, 5]), np.array([COFFEE, TEA, OTHER_COFFEE, BREAD, ODD])
    p_buy = np.array([0.9, 0.5, 0.4, 0.2, 0.1])
    attention = np.array([1.0, 0.6])

    def fresh_share(weight: float) -> float:
        value = p_buy + extra_values(start, product, NOBODY[:1], FACTS, Values(freshness=weight))
        rows = best_rows(start, product, value, np.ones(5, np.bool_), 2)
        return value_measures(product[rows], attention, FACTS, np.ones(7, np.bool_))["fresh_share"]

    assert fresh_share(low) <= fresh_share(high)


def test_a_shop_that_names_neither_types_nor_categories_tells_goods_apart_by_need() -> None:
    bare = replace(FACTS, product_type=np.full(7, -1), category=np.full(7, -1))
    found = distance_to_likelier(np.array([0, 3]), np.array([COFFEE, TEA, BREAD]), bare, ALL[:3])
    assert found.tolist() == [1.0, 0.5, 1.0]
    assert first_of_group(np.array([0, 2]), np.array([-1, -1]), 0, ALL[:2]).tolist() == [True, True]
