"""Measures of slates, each against a case worked on paper."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recommender.impact.observed.variety import variety_sums
from recommender.log import Ids, Log
from recommender.metrics import (
    DISTINCT,
    FIGURES,
    Slates,
    bought,
    bought_in,
    dcg,
    distinct_counts,
    gini,
    gini_weights,
    household_sums,
    largest,
    ndcg,
    recall,
    small_sellers,
)
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.rerank.value_measures import value_measures
from recommender.rerank.values import ValueFacts
from recommender.tradeoff import Goods, goods_of

NAN = float("nan")


def test_recall_is_the_share_of_what_was_bought() -> None:
    hit = np.array([[True, False, True], [False, False, False], [False, False, False]])
    # 2 of 8 items, 0 of 1, and a household that bought nothing
    assert recall(hit, np.array([8, 1, 0])).tolist() == pytest.approx([0.25, 0.0, NAN], nan_ok=True)


def test_dcg_and_its_ideal_cut_at_the_slate() -> None:
    hit = np.array([[True, False, True], [True, True, True], [False, True, False]])
    # 1 + 1/2; 1 + 0.6309 + 0.5; 0.6309
    assert dcg(hit).tolist() == pytest.approx([1.5, 2.1309, 0.6309], abs=1e-4)
    # two bought: ideal 1.6309; ten bought, three places: ideal 2.1309; one bought: ideal 1
    found = ndcg(hit, np.array([2, 10, 1]))
    assert found.tolist() == pytest.approx([1.5 / 1.6309, 1.0, 0.6309], abs=1e-4)
    assert np.isnan(ndcg(hit, np.array([0, 1, 1]))[0])


def test_an_empty_place_and_an_item_that_is_none_are_never_bought() -> None:
    pairs = np.array([0 * 4 + 3, 1 * 4 + 0])  # household 0 bought 3, household 1 bought 0
    item = np.array([[3, -1], [3, 0]])
    found = bought(np.array([[0], [1]]), item, 4, pairs)
    assert found.tolist() == [[True, False], [False, True]]


def test_gini_by_hand_and_as_a_weighted_sum() -> None:
    assert gini(np.array([0.25] * 4)) == 0.0
    # sorted 1, 2, 5: sum (2 r - 3 - 1) x = -2 + 0 + 10 = 8, over 3 x 8
    share = np.array([5.0, 1.0, 2.0])
    assert gini(share) == pytest.approx(8 / 24)
    assert gini_weights(share).tolist() == pytest.approx([2 / 3, -2 / 3, 0.0])
    assert np.isnan(gini(np.zeros(3)))


def test_the_largest_and_the_small_sellers() -> None:
    assert largest(np.array([0.1, 0.4, 0.4, 0.1]), 3).tolist() == [True, True, True, False]
    # of 11 sellers the top tenth, rounded up, is two
    target = np.arange(11) / 55
    assert np.flatnonzero(~small_sellers(target)).tolist() == [9, 10]


# three products: 0 and 1 of one type, 1 and 2 in one need; 2 is private label of the shop's seller
PRODUCTS = pd.DataFrame(
    {
        "product_id": ["a", "b", "c"],
        "price": [2.0, 4.0, 10.0],
        "margin_rate": [0.5, 0.25, 0.1],
        "seller_id": ["maker", "maker", "shop"],
        "private_label": [False, False, True],
        "category": ["x", "x", "x"],
        "product_type": ["t", "t", "u"],
        "kg_co2e": [1.0, 2.0, 6.0],
        "kg_co2e_per_kg": [1.0, 2.0, 3.0],
        "net_mass_kg": [1.0, 1.0, 2.0],
        "tier": ["model", "model", "model"],
        "need": ["n", "m", "m"],
        "kg_per_flow": [1.0, 1.0, 1.0],
    }
)


def log_of(lines: list[tuple[int, int, float, float]], customers: int = 3) -> Log:
    """(customer, product, quantity, paid) lines over `PRODUCTS`."""
    customer, product, quantity, paid = (np.array(c) for c in zip(*lines, strict=True))
    return Log(
        ids=Ids(
            np.array([f"c{k}" for k in range(customers)], object),
            PRODUCTS["product_id"].to_numpy(object),
        ),
        customer=customer.astype(np.int64),
        product=product.astype(np.int64),
        week=np.ones(len(lines), np.int64),
        day=np.zeros(len(lines)),
        basket=np.arange(len(lines)),
        store=np.full(len(lines), -1),
        quantity=quantity.astype(np.float64),
        paid=paid.astype(np.float64),
        whole_until=52,
    )


# before: one of each, so a purchase in n takes 1 flow, in m the median of 1 and 2: 1.5 flows;
# kg_functional a 1, b 2 x 1.5 = 3, c 3 x 1.5 = 4.5
BEFORE = log_of([(0, 0, 1, 2), (0, 1, 1, 4), (1, 2, 1, 10)])
GOODS: Goods = goods_of(PRODUCTS, BEFORE)
FACTS = ShelfFacts.of(PRODUCTS, BEFORE, cutoff=1)
# household 0 sees a then b and buys b twice; 1 sees c alone and buys b; 2 sees b, a, buys nothing
SLATES = Slates(
    customer=np.array([0, 1, 2]),
    product=np.array([[0, 1], [2, -1], [1, 0]]),
    weight=np.array([[1.0, 0.5], [1.0, 0.0], [1.0, 0.5]]),
    p_buy=np.array([[0.5, 0.4], [0.2, 0.0], [0.3, 0.1]]),
    excess=np.array([[0.0, 1.0], [-2.0, 0.0], [0.5, 0.0]]),
)
WEEKS_BEFORE = replace(BEFORE, week=np.array([1, 1, 25]))
WINDOW = bought_in(log_of([(0, 1, 1, 3), (0, 1, 2, 7), (1, 1, 1, NAN)]), GOODS)


def figure(name: str) -> tuple[list[float], list[float]]:
    above, below = household_sums(SLATES, WINDOW, GOODS)[name]
    return above.tolist(), below.tolist()


def test_purchases_of_one_product_are_one_item_with_its_quantity_and_what_was_paid() -> None:
    assert WINDOW.pairs.tolist() == [0 * 3 + 1, 1 * 3 + 1]
    assert WINDOW.items.tolist() == [1, 1, 0]
    assert WINDOW.quantity.tolist() == [3.0, 1.0]
    assert WINDOW.paid.tolist() == [10.0, 4.0], "a line without money counts at the price"


def test_hits_count_at_item_type_and_need_and_only_households_that_bought_are_judged() -> None:
    assert figure("hits") == ([1.0, 0.0, 0.0], [1.0, 1.0, 0.0])
    # household 0 bought type t: a and b; household 1 bought need m: c
    assert figure("hits_type") == ([2.0, 0.0, 0.0], [1.0, 1.0, 0.0])
    assert figure("hits_need") == ([1.0, 1.0, 0.0], [1.0, 1.0, 0.0])
    assert figure("hit_rate")[0] == [1.0, 0.0, 0.0]
    assert figure("recall")[0] == [1.0, 0.0, 0.0]
    assert figure("ndcg")[0] == pytest.approx([0.6309, 0.0, 0.0], abs=1e-4)


def test_demand_weighted_sums_are_attention_times_p_buy_times_worth() -> None:
    assert figure("demand") == (pytest.approx([0.7, 0.2, 0.35]), [1.0, 1.0, 1.0])
    # 0.5 x 2 + 0.2 x 4; 0.2 x 10; 0.3 x 4 + 0.05 x 2
    assert figure("demand_revenue")[0] == pytest.approx([1.8, 2.0, 1.3])
    # margins 1, 1, 1
    assert figure("demand_margin")[0] == pytest.approx([0.7, 0.2, 0.35])
    assert figure("demand_kg_functional")[0] == pytest.approx([0.5 + 0.6, 0.9, 0.9 + 0.05])
    assert figure("demand_kg_excess")[0] == pytest.approx([0.2, -0.4, 0.15])
    assert figure("demand_kg_pack")[0] == pytest.approx([0.5 + 0.4, 1.2, 0.6 + 0.05])


def test_ratios_keep_both_sums() -> None:
    assert figure("kg_functional_per_purchase")[1] == pytest.approx([0.7, 0.2, 0.35])
    assert figure("kg_pack_per_money")[1] == pytest.approx([1.8, 2.0, 1.3])
    # functional kg as above: 0.5 + 0.6, 0.9, 0.9 + 0.05
    assert figure("kg_functional_per_money") == (
        pytest.approx([1.1, 0.9, 0.95]),
        pytest.approx([1.8, 2.0, 1.3]),
    )
    assert figure("p_buy_per_place") == (pytest.approx([0.9, 0.2, 0.4]), [2.0, 1.0, 2.0])


def test_hits_are_worth_what_was_paid_and_what_the_packs_weighed() -> None:
    assert figure("hits_revenue")[0] == [10.0, 0.0, 0.0]
    assert figure("hits_margin")[0] == [2.5, 0.0, 0.0]
    assert figure("hits_kg_pack")[0] == [6.0, 0.0, 0.0]  # three packs of 2 kg
    assert figure("hits_kg_functional")[0] == [3.0, 0.0, 0.0]  # one item
    # over the 10 that household 0 paid for b
    assert figure("hits_kg_pack_per_money") == ([6.0, 0.0, 0.0], [10.0, 0.0, 0.0])
    assert figure("hits_kg_functional_per_money") == ([3.0, 0.0, 0.0], [10.0, 0.0, 0.0])


def test_a_shop_without_any_margin_rate_has_no_margin_rather_than_none_left() -> None:
    bare = goods_of(PRODUCTS.drop(columns="margin_rate"), BEFORE)
    for name in ("demand_margin", "hits_margin"):
        assert household_sums(SLATES, WINDOW, bare)[name][1].tolist() == [0.0, 0.0, 0.0]
        assert figure(name)[1] == [1.0, 1.0, 1.0]


def test_variety_tiers_and_new_goods_are_those_of_the_values_and_sum_by_household() -> None:
    facts = ShelfFacts.of(PRODUCTS, WEEKS_BEFORE, cutoff=30)
    sums = variety_sums(SLATES, GOODS, facts)
    # a and b are of one type: 0; household 1 sees one product and has no distance
    assert [side.tolist() for side in sums["pairwise_distance"]] == [[0.0] * 3, [1.0, 0.0, 1.0]]
    # sales a 2, b 4, c 10 of 16: c is the head (it alone makes a fifth), a the tail (beneath 3.2)
    assert facts.tier.tolist() == [2, 1, 0]
    assert sums["head_share"][0].tolist() == [0.0, 1.0, 0.0]
    assert sums["middle_share"][0].tolist() == [0.5, 0.0, 1.0]
    assert sums["tail_share"][0].tolist() == [1.0, 0.0, 0.5]
    assert sums["slates_of_all_tiers"][0].tolist() == [0.0, 0.0, 0.0]
    # c sold first in week 25, a and b in week 1
    assert sums["fresh_share"][0].tolist() == [0.0, 1.0, 0.0]
    values = value_measures(
        SLATES.product[[0, 2]],
        np.array([1.0, 0.5]),
        ValueFacts.of(GOODS, facts),
        GOODS.may_be_shown,
    )
    for name in ("pairwise_distance", "head_share", "middle_share", "tail_share", "fresh_share"):
        above, below = (side[[0, 2]].sum() for side in sums[name])
        assert above / below == values[name], name


def test_what_is_new_cannot_be_told_from_a_short_log() -> None:
    assert variety_sums(SLATES, GOODS, FACTS)["fresh_share"][1].tolist() == [0.0, 0.0, 0.0]


def test_attention_by_seller_with_and_without_the_private_label() -> None:
    # all attention 4.0: maker 3.0, shop 1.0
    above, below = (np.sum(side) for side in figure("seller_gini"))
    assert above / below == pytest.approx(gini(np.array([0.75, 0.25])))
    assert sum(figure("private_label_share")[0]) / 4.0 == 0.25
    # shop sells 10 of 16 before the window, so maker is the small one
    assert sum(figure("seller_small_share")[0]) / 4.0 == 0.75
    assert sum(figure("seller_top10_share")[0]) == 4.0
    # without it one seller is left
    assert figure("seller_gini_without_private_label")[0] == [0.0, 0.0, 0.0]
    assert sum(figure("seller_gini_without_private_label")[1]) == 3.0
    assert figure("seller_top10_share_without_private_label")[0] == [1.5, 0.0, 1.5]


def test_distinct_things_are_counted_once() -> None:
    assert distinct_counts(SLATES, GOODS) == {
        "sellers_reached": 2.0,
        "sellers_reached_without_private_label": 1.0,
        "coverage": 1.0,
    }
    # c alone, the private label of the shop
    assert distinct_counts(SLATES.of(np.array([1])), GOODS) == {
        "sellers_reached": 1.0,
        "sellers_reached_without_private_label": 0.0,
        "coverage": pytest.approx(1 / 3),
    }


def test_every_figure_is_described_and_every_described_figure_exists() -> None:
    sums = household_sums(SLATES, WINDOW, GOODS) | variety_sums(SLATES, GOODS, FACTS)
    assert {*sums, *DISTINCT} == set(FIGURES)
    changes = {figure.change for figure in FIGURES.values()}
    assert changes <= {"relative", *FIGURES}


def test_demand_weighted_figures_are_never_called_expected() -> None:
    words = " ".join(figure.meaning for figure in FIGURES.values())
    assert "expected" not in words
    assert "demand-weighted revenue" in words
