"""The trade-off: values by hand, the best slate for certain, and parts that sum to the score."""

from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates, Floats
from recommender.log import Ids, Log
from recommender.policy import Policy, Weights, read_policies, shipped_policies
from recommender.tradeoff import (
    PARTS,
    Goods,
    Scales,
    allowed_rows,
    baseline_scales,
    best_slates,
    candidate_values,
    carbon_price,
    customer_excess,
    goods_of,
    slate_table,
    value_parts,
)

PRODUCTS = pd.DataFrame(
    {
        "product_id": ["beef", "tofu", "soap", "mystery"],
        "price": [8.0, 4.0, 2.0, 1.0],
        "margin_rate": [0.25, 0.5, np.nan, 0.5],
        "seller_id": ["big", "small", "big", None],
        "category": ["meat", "meat", "care", "care"],
        "kg_co2e": [15.0, 1.5, 0.4, np.nan],
        "kg_co2e_per_kg": [30.0, 3.0, 4.0, np.nan],
        "net_mass_kg": [0.5, 0.5, 0.1, np.nan],
        "tier": ["model", "model", "model", "unknown"],
        "need": ["main protein", "main protein", "soap", "other"],
        "kg_per_flow": [0.1, 0.1, 0.1, np.nan],
    }
)


def log_of(lines: list[tuple[int, int, float]]) -> Log:
    """A log of two customers over `PRODUCTS`: (customer, product, quantity); no money in it."""
    customer, product, quantity = (np.array(column) for column in zip(*lines, strict=True))
    return Log(
        ids=Ids(np.array(["ann", "bob"], object), PRODUCTS["product_id"].to_numpy(object)),
        customer=customer.astype(np.int64),
        product=product.astype(np.int64),
        week=np.ones(len(lines), np.int64),
        day=np.zeros(len(lines)),
        basket=np.arange(len(lines)),
        store=np.full(len(lines), -1),
        quantity=quantity.astype(np.float64),
        paid=np.full(len(lines), np.nan),
        whole_until=52,
    )


# ann buys beef, bob tofu
LOG = log_of([(0, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0)])


def goods() -> Goods:
    return goods_of(PRODUCTS, LOG)


def candidates(p_buy: Floats | None = None) -> Candidates:
    """Both customers may get all four products, ann in the order of p_buy."""
    p = np.array([0.8, 0.4, 0.2, 0.1, 0.5, 0.4, 0.2, 0.1]) if p_buy is None else p_buy
    return Candidates(
        start=np.array([0, 4, 8]),
        product=np.array([0, 1, 2, 3, 0, 1, 2, 3]),
        p_buy=p,
        q_buy=p,
        is_new=np.array([False, True, True, True, True, False, False, True]),
        source=np.ones(8, np.int64),
    )


def policy(reference: str = "need", bar_unknown: bool = False, **weights: float) -> Policy:
    return Policy.model_validate(
        {
            "name": "mine",
            "version": 1,
            "description": "For a test.",
            "review_date": pd.Timestamp("2027-01-31").date(),
            "weights": weights,
            "carbon": {"reference": reference, "bar_unknown": bar_unknown},
            "slate": {"n": 2},
        }
    )


def test_goods_carry_margins_targets_and_zero_where_a_footprint_is_unknown() -> None:
    shop = goods()
    assert shop.margin.tolist() == [2.0, 2.0, 0.0, 0.5]
    assert shop.no_margin == 1
    assert shop.kg_pack.tolist() == [15.0, 1.5, 0.4, 0.0]
    assert shop.unknown.tolist() == [False, False, False, True]
    # sales at the price: beef 8 and soap 2 by big, tofu 4 by small
    assert shop.sellers == ("big", "small")
    assert shop.target.tolist() == pytest.approx([10 / 14, 4 / 14])
    assert shop.seller.tolist() == [0, 1, 0, -1]


def test_money_paid_sets_the_targets_where_the_log_has_it() -> None:
    paid = Log(**{**vars(LOG), "paid": np.array([6.0, 3.0, 3.0])})
    assert goods_of(PRODUCTS, paid).target.tolist() == [0.75, 0.25]


def test_a_bad_product_is_named() -> None:
    bad = PRODUCTS.assign(price=[8.0, -1.0, 2.0, 1.0])
    with pytest.raises(TableError, match=r"products, row 2 \(product_id tofu\): price is -1"):
        goods_of(bad, LOG)
    with pytest.raises(TableError, match="products: 3 rows, but one for each of the log's 4"):
        goods_of(PRODUCTS.head(3), LOG)


def test_each_part_of_the_value_by_hand() -> None:
    scales = Scales(m0=2.0, g0=4.0, short={})
    parts = value_parts(
        p_buy=np.array([0.5]),
        margin=np.array([3.0]),
        kg=np.array([8.0]),
        short=np.array([0.25]),
        weights=Weights(shopper=1.0, retailer=0.2, climate=0.1, sellers=0.4),
        scales=scales,
    )
    # 0.5; 0.2 x 0.5 x 3 / 2; -0.1 x 0.5 x 8 / 4; 0.4 x 0.25
    assert parts[:, 0].tolist() == pytest.approx([0.5, 0.15, -0.1, 0.1])


def test_carbon_counts_against_the_habit_or_across_all_goods_as_the_policy_says() -> None:
    shop, offers = goods(), candidates()
    excess = customer_excess(offers, shop)
    # both bought 5 portions of 0.1 kg: beef 30 x 0.1 x 5 = 15, tofu 1.5; soap 0.4; unknown 0
    # ann's habit is beef, bob's tofu
    assert excess.tolist() == pytest.approx([0, -13.5, 0, 0, 13.5, 0, 0, 0])
    scales = Scales(m0=1.0, g0=10.0, short={})
    need = candidate_values(offers, shop, policy(climate=1.0), scales, excess)[2]
    assert need.tolist() == pytest.approx([0, 0.54, 0, 0, -0.675, 0, 0, 0])
    free = candidate_values(offers, shop, policy("none", climate=1.0), scales, excess)[2]
    assert free[:4].tolist() == pytest.approx([-1.2, -0.06, -0.008, 0.0])


def test_a_high_carbon_weight_puts_the_lighter_of_two_equals_first() -> None:
    shop, offers = goods(), candidates(np.array([0.4, 0.4, 0.2, 0.1] * 2))
    scales = Scales(m0=1.0, g0=10.0, short={})
    excess = customer_excess(offers, shop)
    for weight, first in ((0.0, "beef"), (0.5, "tofu")):
        parts = candidate_values(offers, shop, policy(shopper=1, climate=weight), scales, excess)
        rows = best_slates(offers.start, offers.product, parts.sum(axis=0), np.ones(8, bool), 2)
        assert shop.product_id[offers.product[rows[:, 0]]].tolist() == [first, first]


def test_a_seller_short_of_its_target_is_lifted_by_how_short_it_is() -> None:
    shop, offers = goods(), candidates()
    scales = Scales(m0=1.0, g0=1.0, short={"small": 0.75, "gone": 1.0})
    parts = candidate_values(offers, shop, policy(sellers=0.2), scales, np.zeros(8))
    # tofu is of the small seller; the mystery product has none
    assert parts[3].tolist() == pytest.approx([0, 0.15, 0, 0] * 2)


def test_the_scales_are_means_over_the_demand_of_the_baseline_slates() -> None:
    shop, offers = goods(), candidates()
    rows = np.array([[0, 2], [4, -1]])  # ann: beef, soap; bob: beef
    scales = baseline_scales(rows, offers, shop, np.array([1.0, 0.5]))
    # demand 0.8, 0.5 x 0.2 and 0.5; margins 2, 0, 2; kg 15, 0.4, 15
    assert scales.m0 == pytest.approx((0.8 * 2 + 0.5 * 2) / 1.4)
    assert scales.g0 == pytest.approx((0.8 * 15 + 0.1 * 0.4 + 0.5 * 15) / 1.4)
    # big has all attention; small sells 4 / 14 and is never shown
    assert scales.short == {"small": 1.0}


def test_a_seller_shown_half_of_what_it_sells_is_short_by_half() -> None:
    shop, offers = goods(), candidates()
    # tofu once in seven places of equal attention: 1 / 7 against 4 / 14
    rows = np.array([[0, 2, 0, 2], [1, 4, 6, -1]])
    scales = baseline_scales(rows, offers, shop, np.ones(4))
    assert scales.short == {"small": pytest.approx(0.5)}


def test_without_margins_or_footprints_those_parts_are_nothing() -> None:
    one = np.ones(1)
    weights = Weights(shopper=1.0, retailer=1.0, climate=1.0)
    parts = value_parts(one, one, one, one, weights, Scales(m0=0.0, g0=0.0, short={}))
    assert parts[:, 0].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_carbon_price_needs_margin_in_the_balance() -> None:
    scales = Scales(m0=0.5, g0=2.0, short={})
    # 0.3 / 2 kg over 0.1 / 0.5: 0.75 a kilogram
    assert carbon_price(Weights(retailer=0.1, climate=0.3), scales) == pytest.approx(750.0)
    assert carbon_price(Weights(shopper=1.0, climate=0.3), scales) is None


def test_a_policy_may_bar_unknown_footprints_and_the_task_new_shows_new_items_only() -> None:
    shop, offers = goods(), candidates()
    free, barred = policy(shopper=1), policy(shopper=1, bar_unknown=True)
    assert allowed_rows(offers, shop, free, "all").all()
    assert allowed_rows(offers, shop, barred, "all").tolist() == [True, True, True, False] * 2
    assert allowed_rows(offers, shop, free, "new").tolist() == offers.is_new.tolist()
    hidden = goods_of(PRODUCTS.assign(recommendable=[True, False, True, True]), LOG)
    assert allowed_rows(offers, hidden, free, "all").tolist() == [True, False, True, True] * 2


def test_ties_go_to_the_lower_product_and_missing_places_are_left_open() -> None:
    rows = best_slates(
        start=np.array([0, 3, 3, 5]),
        product=np.array([9, 4, 7, 2, 1]),
        value=np.array([0.5, 0.5, 0.5, 0.1, 0.3]),
        allowed=np.array([True, True, True, True, False]),
        n=2,
    )
    assert rows.tolist() == [[1, 2], [-1, -1], [3, -1]]


def test_a_score_that_is_no_number_is_refused_by_place() -> None:
    value = np.array([0.5, np.nan])
    with pytest.raises(ValueError, match=r"row 2 \(customer 1, product 7\): the score is nan"):
        best_slates(np.array([0, 1, 2]), np.array([3, 7]), value, np.ones(2, bool), 1)
    barred = np.array([True, False])
    rows = best_slates(np.array([0, 1, 2]), np.array([3, 7]), value, barred, 1)
    assert rows.tolist() == [[0], [-1]]


lists = st.lists(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 1.0]), st.booleans()), max_size=8),
    min_size=1,
    max_size=5,
)


@given(lists, st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_best_slate_is_what_sorting_everything_gives(
    shelves: list[list[tuple[float, bool]]], n: int, random: Random
) -> None:
    start = np.cumsum([0, *map(len, shelves)])
    product = np.concatenate(
        [random.sample(range(20), len(shelf)) for shelf in shelves] + [[]]
    ).astype(np.int64)
    value = np.array([v for shelf in shelves for v, _ in shelf])
    allowed = np.array([a for shelf in shelves for _, a in shelf], dtype=np.bool_)
    rows = best_slates(start, product, value, allowed, n)
    for customer, got in enumerate(rows):
        mine = [r for r in range(start[customer], start[customer + 1]) if allowed[r]]
        best = sorted(mine, key=lambda r: (-value[r], product[r]))[:n]
        assert got.tolist() == best + [-1] * (n - len(best))


@given(
    st.lists(st.tuples(st.floats(0.01, 1.0), st.floats(-5.0, 5.0)), min_size=3, max_size=12),
    st.floats(0.0, 2.0),
    st.floats(0.0, 2.0),
)
def test_more_climate_weight_never_buys_more_demand_weighted_carbon(
    rows: list[tuple[float, float]], one: float, other: float
) -> None:
    p_buy, kg = np.array(rows).T
    attention, scales = 1 / np.log2([2, 3, 4]), Scales(m0=1.0, g0=1.0, short={})
    nothing, product = np.zeros(len(rows)), np.arange(len(rows))
    carbon = []
    for weight in sorted((one, other)):
        weights = Weights(shopper=1.0, climate=weight)
        value = value_parts(p_buy, nothing, kg, nothing, weights, scales).sum(axis=0)
        best = best_slates(np.array([0, len(rows)]), product, value, nothing == 0, 3)[0]
        carbon.append((attention * (p_buy * kg)[best]).sum())
    assert carbon[1] <= carbon[0] + 1e-9


@given(st.floats(0.01, 100.0))
def test_counting_money_in_another_unit_changes_no_value(unit: float) -> None:
    p_buy, margin, none = np.array([0.3, 0.6]), np.array([1.0, 4.0]), np.zeros(2)
    weights = Weights(shopper=1.0, retailer=0.5)
    first = value_parts(p_buy, margin, none, none, weights, Scales(m0=2.0, g0=1.0, short={}))
    scales = Scales(m0=2.0 * unit, g0=1.0, short={})
    other = value_parts(p_buy, margin * unit, none, none, weights, scales)
    assert other == pytest.approx(first)


def test_the_slate_table_has_every_column_in_order_and_parts_that_sum_to_the_score() -> None:
    shop, offers = goods(), candidates()
    scales = Scales(m0=1.7, g0=9.0, short={"small": 0.4})
    excess = customer_excess(offers, shop)
    mine = policy("none", shopper=1.0, retailer=0.3, climate=0.2, sellers=0.1)
    parts = candidate_values(offers, shop, mine, scales, excess)
    rows = best_slates(
        offers.start, offers.product, parts.sum(axis=0), allowed_rows(offers, shop, mine, "new"), 3
    )
    table = slate_table(
        rows,
        offers,
        shop,
        parts,
        excess,
        policy="mine",
        task="new",
        customer_id=np.array(["ann", "bob"], object),
    )
    assert list(table) == [
        *("policy", "task", "customer_id", "position", "product_id", "score", *PARTS),
        *("p_buy", "q_buy", "price", "margin", "kg_co2e", "kg_functional", "kg_excess"),
        *("need", "seller_id"),
    ]
    assert table["score"].to_numpy() == pytest.approx(
        table[list(PARTS)].sum(axis=1).to_numpy(), rel=1e-9
    )
    # ann has three new products, bob two
    assert table["customer_id"].tolist() == ["ann"] * 3 + ["bob"] * 2
    assert table["position"].tolist() == [1, 2, 3, 1, 2]
    assert table["product_id"].tolist()[:3] == ["tofu", "soap", "mystery"]
    mystery = table[table["product_id"] == "mystery"]
    assert mystery["seller_id"].isna().all()
    assert (mystery["kg_functional"] == 0).all()


def test_every_shipped_policy_values_every_candidate() -> None:
    shop, offers = goods(), candidates()
    scales, excess = Scales(m0=1.0, g0=5.0, short={"small": 1.0}), customer_excess(offers, shop)
    for shipped in read_policies(shipped_policies()):
        parts = candidate_values(offers, shop, shipped, scales, excess)
        assert np.isfinite(parts).all()
        assert parts[0].tolist() == pytest.approx(shipped.weights.shopper * offers.p_buy)
