"""Sellers' targets: shares by hand, companies that split, new sellers, floors over a horizon."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.log import Ids, Log
from recommender.policy_parts import Sellers
from recommender.rerank.shelf_facts import NEVER, ShelfFacts, popularity_tiers
from recommender.rerank.targets import caps_now, floors_now, seller_targets, target_shares
from recommender.tradeoff import Goods, goods_of


def shop(
    seller: list[str | None],
    sales: list[float],
    weeks: list[int] | None = None,
    company: list[str | None] | None = None,
    shown: list[bool] | None = None,
) -> tuple[Goods, ShelfFacts]:
    """One product a seller entry, sold once for `sales` in `weeks` (0: never)."""
    n = len(seller)
    weeks = [1] * n if weeks is None else weeks
    products = pd.DataFrame(
        {
            "product_id": [f"p{k}" for k in range(n)],
            "price": 1.0,
            "seller_id": seller,
            "category": "all",
            "recommendable": [True] * n if shown is None else shown,
            "kg_co2e": 1.0,
            "kg_co2e_per_kg": 1.0,
            "net_mass_kg": 1.0,
            "tier": "model",
            "need": "food",
            "kg_per_flow": 1.0,
        }
    )
    if company is not None:
        products["legal_entity"] = company
    sold = np.flatnonzero(weeks)
    log = Log(
        ids=Ids(np.array(["ann"], object), products["product_id"].to_numpy(object)),
        customer=np.zeros(len(sold), np.int64),
        product=sold,
        week=np.array(weeks)[sold],
        day=np.zeros(len(sold)),
        basket=np.arange(len(sold)),
        store=np.full(len(sold), -1),
        quantity=np.ones(len(sold)),
        paid=np.array(sales)[sold],
        whole_until=52,
    )
    return goods_of(products, log.until(44)), ShelfFacts.of(products, log, 44)


def test_equal_catalogue_and_merit_targets_by_hand() -> None:
    # big lists three products and may show two; none is nobody's
    goods, facts = shop(
        ["big", "big", "big", "small", None],
        [1.0, 2.0, 3.0, 2.0, 9.0],
        shown=[True, True, False, True, True],
    )
    assert goods.sellers == ("big", "small")
    shares = {
        target: seller_targets(goods, facts, Sellers(target=target)).share.tolist()
        for target in ("equal", "catalogue", "merit")
    }
    # products that may be shown: 2 and 1; sales: 1 + 2 + 3 and 2 of 8
    assert shares["equal"] == [0.5, 0.5]
    assert shares["catalogue"] == pytest.approx([2 / 3, 1 / 3])
    assert shares["merit"] == pytest.approx([0.75, 0.25])
    assert shares["merit"] == pytest.approx(goods.target.tolist())


def test_a_seller_with_nothing_to_show_is_due_nothing() -> None:
    goods, facts = shop(["shown", "hidden"], [1.0, 5.0], shown=[True, False])
    targets = seller_targets(goods, facts, Sellers(target="equal"))
    assert (targets.groups, targets.share.tolist()) == (("shown",), [1.0])


@pytest.mark.parametrize("target", ["equal", "catalogue", "merit"])
def test_a_company_that_splits_its_catalogue_gains_nothing_per_entity(target: str) -> None:
    one = shop(["a", "a", "b"], [3.0, 1.0, 4.0], company=["Acme", "Acme", "Bolt"])
    two = shop(["a", "a2", "b"], [3.0, 1.0, 4.0], company=["Acme", "Acme", "Bolt"])
    per_entity = [
        dict(zip(found.groups, found.share.tolist(), strict=True))
        for found in (
            seller_targets(*pair, Sellers(target=target, per="entity")) for pair in (one, two)
        )
    ]
    assert per_entity[0] == per_entity[1]
    # per seller the split pays where targets are equal: two thirds instead of one half
    if target == "equal":
        assert seller_targets(*one, Sellers(target="equal")).share[0] == 0.5
        assert seller_targets(*two, Sellers(target="equal")).share[:2].sum() == pytest.approx(2 / 3)


def test_without_companies_each_seller_is_its_own() -> None:
    goods, facts = shop(["b", "a", None], [1.0, 3.0, 1.0])
    targets = seller_targets(goods, facts, Sellers(per="entity"))
    assert targets.groups == ("a", "b")
    assert targets.share.tolist() == [0.75, 0.25]
    assert targets.group.tolist() == [1, 0, -1]


def test_an_empty_company_is_the_one_of_the_sellers_other_products() -> None:
    goods, facts = shop(["a", "a", "b", "c"], [1.0] * 4, company=["Acme", None, " ", "Acme"])
    targets = seller_targets(goods, facts, Sellers(per="entity", target="equal"))
    assert targets.groups == ("Acme", "b")
    assert targets.group.tolist() == [0, 0, 1, 0]


def test_new_sellers_share_what_is_kept_for_them_and_the_rest_keeps_its_proportions() -> None:
    # old 6 and older 3 of 10 in sales, young 1, first sold in week 33 of 44: the last 12 weeks
    goods, facts = shop(["old", "older", "young"], [6.0, 3.0, 1.0], weeks=[32, 1, 33])
    targets = seller_targets(goods, facts, Sellers(new_share=0.2))
    assert targets.is_new.tolist() == [False, False, True]
    # 0.8 x (0.6, 0.3, 0.1), and 0.2 for the one that is new
    assert targets.share.tolist() == pytest.approx([0.48, 0.24, 0.28])
    # what is kept is promised whole: 0.5 x 0.08 + 0.2
    assert targets.floor_rate(0.5).tolist() == pytest.approx([0.24, 0.12, 0.24])


def test_nobody_is_new_under_an_old_companys_other_name_nor_without_a_sale() -> None:
    goods, facts = shop(
        ["old", "alias", "never"], [1.0, 1.0, 1.0], weeks=[1, 40, 0], company=["A", "A", "B"]
    )
    targets = seller_targets(goods, facts, Sellers(new_share=0.2))
    assert dict(zip(targets.groups, targets.is_new.tolist(), strict=True)) == {
        "old": False,
        "alias": False,
        "never": False,
    }
    assert targets.share.sum() == pytest.approx(1.0)  # nobody is new: the rest is all


def test_a_log_too_short_to_tell_calls_nobody_new() -> None:
    _, facts = shop(["a", "b"], [1.0, 1.0], weeks=[22, 40])
    assert not facts.is_new(facts.seller, 2).any()  # weeks 22 to 44 are 23, but 24 are needed
    _, facts = shop(["a", "b"], [1.0, 1.0], weeks=[21, 40])
    assert facts.is_new(facts.seller, 2).tolist() == [False, True]


def test_later_weeks_say_nothing() -> None:
    _, facts = shop(["a", "b"], [1.0, 1.0], weeks=[1, 45])
    assert facts.first_week.tolist() == [1, NEVER]
    assert facts.sales.tolist() == [1.0, 0.0]


def test_products_and_log_must_match() -> None:
    products = pd.DataFrame({"product_id": ["p"], "price": [1.0]})
    ids = Ids(np.array(["ann"], object), np.array(["p", "q"], object))
    none, empty = np.zeros(0, np.int64), np.zeros(0)
    log = Log(
        ids=ids,
        customer=none,
        product=none,
        week=none,
        day=empty,
        basket=none,
        store=none,
        quantity=empty,
        paid=empty,
        whole_until=1,
    )
    with pytest.raises(TableError, match="1 rows, but one for each of the log's 2"):
        ShelfFacts.of(products, log, 44)


def test_a_floor_over_a_horizon_asks_now_for_what_is_still_owed() -> None:
    # a tenth of 100 seen and 50 now is 15: behind by 15, on its way by 10, ahead
    owed = floors_now(np.full(3, 0.1), 50.0, 100.0, np.array([0.0, 5.0, 30.0]))
    assert owed.tolist() == [15.0, 10.0, 0.0]
    # without what came before it is the rate now
    assert floors_now(np.array([0.1]), 50.0, 0.0, np.zeros(1)).tolist() == [5.0]
    assert caps_now(np.array([0.2]), 50.0, 100.0, np.array([40.0])).tolist() == [0.0]


def test_a_seller_without_a_target_has_no_cap() -> None:
    goods, facts = shop(["a", "b"], [1.0, 0.0])
    targets = seller_targets(goods, facts, Sellers())
    assert targets.cap_rate(3.0).tolist() == [3.0, np.inf]
    assert targets.cap_rate(0.0).tolist() == [np.inf, np.inf]


def test_tiers_are_cut_by_what_is_sold_and_ties_go_to_the_lower_product() -> None:
    # 100 in all: 10 and 10 make the first fifth, the last two 10s begin at 80
    assert popularity_tiers(np.full(10, 10.0)).tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 2, 2]
    assert popularity_tiers(np.zeros(2)).tolist() == [2, 2]
    assert popularity_tiers(np.zeros(0)).tolist() == []


amounts = st.lists(st.floats(0, 1e6), min_size=1, max_size=8)


@given(amounts, st.floats(1e-3, 1e3), st.sampled_from(["equal", "catalogue", "merit"]))
def test_shares_sum_to_one_and_no_unit_of_money_matters(
    sales: list[float], unit: float, target: str
) -> None:
    group, shown = np.arange(len(sales)) % 3, np.ones(len(sales), np.bool_)
    groups = int(group.max()) + 1
    share = target_shares(target, group, groups, shown, np.array(sales))
    if target != "merit" or sum(sales) > 1e-6:
        assert share.sum() == pytest.approx(1.0)
        other = target_shares(target, group, groups, shown, np.array(sales) * unit)
        assert other == pytest.approx(share, abs=1e-9)
