"""Fairness: what the same needs cost at equal function, by income, and who is made worse off."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.functional import NEED_MEAN, OWN, Functional, References
from recommender.impact.fairness.fairness import fairness_report
from recommender.impact.fairness.lists import Lists, functional_price
from recommender.impact.segments.kinds import in_order
from recommender.metrics import Slates
from recommender.policy import BASELINE
from recommender.tradeoff import Goods

# Products 0, 1 and 2 in need 0, 3 and 4 in need 1. kg_functional over kg_pack is the packs of a
# typical purchase: product 0 at 2.00 in half packs costs 1.00, product 1 at 3.00 in one 3.00,
# product 3 at 1.00 in four 4.00. Products 2 and 4 have no flow of their own.
PRICE = np.array([2.0, 3.0, 9.0, 1.0, 50.0])
KG_PACK = np.array([2.0, 4.0, 1.0, 0.5, 1.0])
KG_FUNCTIONAL = np.array([1.0, 4.0, 2.5, 2.0, 2.0])
OF_NEED = np.array([0, 0, 0, 1, 1])
BASIS = np.array([OWN, OWN, NEED_MEAN, OWN, NEED_MEAN])


def goods(
    price: np.ndarray = PRICE, kg_pack: np.ndarray = KG_PACK, basis: np.ndarray = BASIS
) -> Goods:
    products = len(price)
    none = np.zeros(0)
    return Goods(
        product_id=np.array([f"p{k}" for k in range(products)], object),
        price=price,
        margin=price * 0.25,
        kg_pack=kg_pack,
        kind=np.zeros(products, np.int64),
        seller=np.zeros(products, np.int64),
        sellers=("s",),
        target=np.ones(1),
        may_be_shown=np.ones(products, np.bool_),
        private_label=None,
        no_margin=0,
        functional=Functional(
            needs=("drink", "bread"),
            need=OF_NEED,
            kg_functional=KG_FUNCTIONAL,
            basis=basis,
            typical_flows=np.ones(2),
            kg_of_need=np.ones(2),
        ),
        references=References(pair=none.astype(np.int64), kg=none),
    )


def slates(product: list[list[int]], p_buy: float = 0.5) -> Slates:
    """Lists of two places with attention 1 and .5, every product bought with the same chance."""
    shown = np.array(product)
    filled = shown >= 0
    return Slates(
        customer=np.arange(len(shown)),
        product=shown,
        weight=filled * np.array([1.0, 0.5]),
        p_buy=filled * p_buy,
        excess=np.zeros(shown.shape),
    )


def report(before: Slates, after: Slates, income: Any = None, draws: int = 100) -> dict[str, Any]:
    made = {(BASELINE, "all"): before, ("new", "all"): after}
    return fairness_report(made, goods(), income, draws=draws, rng=np.random.default_rng(2))


def test_a_functional_price_is_that_of_the_packs_of_a_typical_purchase() -> None:
    price, own = functional_price(goods())
    # product 2 counts at the median of 1 and 3, product 4 at the one price of its need
    assert price.tolist() == [1.0, 3.0, 2.0, 4.0, 4.0]
    assert own.tolist() == [True, True, False, True, False]


def test_a_smaller_pack_at_the_same_price_per_flow_is_no_saving() -> None:
    half = goods(price=PRICE * 0.5, kg_pack=KG_PACK * 0.5)
    assert functional_price(half)[0].tolist() == functional_price(goods())[0].tolist()


def test_a_need_without_any_flow_costs_the_same_whatever_is_listed() -> None:
    price, own = functional_price(goods(basis=np.full(5, NEED_MEAN)))
    assert price.tolist() == [3.0, 3.0, 3.0, 25.5, 25.5]
    assert not own.any()


def test_a_misread_size_counts_at_most_five_times_the_median_of_its_need() -> None:
    # product 1 in packs of 1 g instead of 4 kg: 3.00 x 4 / 0.001 = 12,000; the median of 1, 2 and
    # 12,000 (product 2 has a flow now: 9 x 2.5 / 11.25 = 2) is 2, so it counts 10
    odd = goods(
        kg_pack=np.array([2.0, 0.001, 11.25, 0.5, 1.0]), basis=np.array([OWN, OWN, OWN, OWN, OWN])
    )
    assert functional_price(odd)[0][:3].tolist() == [1.0, 10.0, 2.0]


def test_a_basket_keeps_the_baselines_needs_and_takes_the_new_prices() -> None:
    price, _ = functional_price(goods())
    # before: need 0 by product 0, demand .5 at 1; need 1 by product 3, demand .25 at 4: 1.5
    # after: need 0 by product 1 at 3, nothing in need 1, which stays: .5 x 3 + .25 x 4 = 2.5
    before = Lists(slates([[0, 3]]), goods(), price)
    after = Lists(slates([[1, -1]]), goods(), price)
    columns = before.compared_with(after)[0]
    less, much_less, dearer, either, basket, spent, demand, matched, one = columns.tolist()
    assert (basket, spent, demand, matched, one) == (2.5, 1.5, 0.5, 0.5, 1.0)
    # relevance falls from .75 to .5 and the basket rises from 1.5 to 2.5
    assert (less, much_less, dearer, either) == (1.0, 1.0, 1.0, 1.0)


def test_a_fall_of_exactly_the_stated_share_makes_nobody_worse_off() -> None:
    price, _ = functional_price(goods())
    before = Lists(slates([[0, 3]], p_buy=1.0), goods(), price)
    for p_buy, expected in ((0.99, [0, 0]), (0.98, [1, 0]), (0.95, [1, 0]), (0.94, [1, 1])):
        after = Lists(slates([[0, 3]], p_buy=p_buy), goods(), price)
        assert before.compared_with(after)[0, :2].tolist() == expected


def by_income(low: int, high: int, unknown: int = 0) -> np.ndarray:
    return np.array(["Under 15K"] * low + ["50K+"] * high + [None] * unknown, object)


def test_the_share_made_worse_off_and_the_price_are_told_by_income() -> None:
    income = by_income(60, 90, 30)
    # the poorer are moved from product 0 to the dearer product 1, the others keep their lists
    before = slates([[0, 3]] * 180)
    after = slates([[1, 3]] * 60 + [[0, 3]] * 120)
    found = report(before, after, income)["new"]
    assert found["price_rise_share"]["value"] == pytest.approx(60 / 180)
    assert found["worse_off_share"]["value"] == 0.0  # the lists are as relevant as before
    assert found["either_share"]["value"] == pytest.approx(60 / 180)
    rows = {row["income"]: row for row in found["basket_price_by_income"]}
    assert list(rows) == ["Under 15K", "50K+", "not known"]
    # 1.5 -> .5 x 3 + 1 = 2.5 is +67 %
    assert rows["Under 15K"]["change"] == pytest.approx(2 / 3)
    assert rows["Under 15K"]["value"] == pytest.approx(2.5)
    assert rows["50K+"]["change"] == 0.0
    assert rows["not known"]["households"] == 30
    gap = found["income_gap"]
    assert (gap["lowest"], gap["highest"]) == ("Under 15K", "50K+")
    assert (gap["value"], gap["low"], gap["high"]) == pytest.approx([2 / 3] * 3)
    assert (
        "(Under 15K, 60 households) that price rises by 66.7 % (66.7 % to 66.7 %)"
        in found["sentence"]
    )
    assert "+66.7 points (+66.7 points to +66.7 points) between them." in found["sentence"]
    worse = {
        r["income"]: r["value"] for r in found["worse_off_by_income"] if "price" in r["figure"]
    }
    assert worse == {"Under 15K": 1.0, "50K+": 0.0, "not known": 0.0}


def test_no_gap_between_incomes_is_stated_from_fewer_than_fifty_households() -> None:
    before, after = slates([[0, 3]] * 110), slates([[1, 3]] * 49 + [[0, 3]] * 61)
    found = report(before, after, by_income(49, 61))["new"]
    assert found["income_gap"] is None  # though 49 households pay 67 % more and 61 nothing
    assert found["sentence"].endswith(
        "No difference between the lowest and the highest income band is stated: that takes 50 "
        "households at each end, and fewer are of Under 15K (49)."
    )
    assert [row["households"] for row in found["basket_price_by_income"]] == [49, 61]
    gap = report(before, after, by_income(50, 60))["new"]["income_gap"]
    # of 50 poorer ones 49 move from 1.5 to 2.5: 49 / 50 x 2/3
    assert gap["value"] == pytest.approx(0.98 * 2 / 3)
    unknown = report(before, after, by_income(11, 11, 88))["new"]["sentence"]
    assert "fewer are of Under 15K (11) and of 50K+ (11)." in unknown


def test_a_share_that_no_draw_can_leave_has_the_exact_end_of_the_binomial() -> None:
    found = report(slates([[0, 3]] * 12), slates([[1, 3]] * 12))["new"]
    # 0 of 12: at most 1 - .025 ** (1 / 12) = .2646 (Clopper and Pearson's table); 12 of 12: .7354
    assert [found["worse_off_share"][end] for end in ("low", "high")] == pytest.approx(
        [0.0, 0.2646], abs=1e-4
    )
    assert found["price_rise_share"]["low"] == pytest.approx(0.7354, abs=1e-4)
    assert found["price_rise_share"]["high"] == 1.0


def test_a_small_band_is_told_nowhere_and_not_found_by_subtraction() -> None:
    income = np.array(["10K"] * 30 + ["20K"] * 12 + ["30K"] * 9, object)
    found = report(slates([[0, 3]] * 51), slates([[1, 3]] * 51), income)
    assert "30K" not in json.dumps(found, allow_nan=False)
    assert [row["income"] for row in found["new"]["basket_price_by_income"]] == ["10K"]
    assert found["new"]["income_gap"] is None


def test_without_income_the_rest_is_told_all_the_same() -> None:
    found = report(slates([[0, 3]] * 12), slates([[1, 3]] * 12))
    assert found["new"]["basket_price"]["change"] == pytest.approx(2 / 3)
    assert found["new"]["basket_price_by_income"] == []
    assert found["new"]["income_gap"] is None
    assert any("no income bands" in note for note in found["notes"])


def test_equal_lists_leave_everything_at_exactly_nothing() -> None:
    same = slates(([[0, 3], [1, 4], [2, -1]] * 34)[:100])
    found = report(same, same, by_income(50, 50))["new"]
    assert found["basket_price"]["change"] == 0.0
    assert found["same_needs_share"] == pytest.approx(1.0)
    assert [found[name]["value"] for name in ("worse_off_share", "either_share")] == [0.0, 0.0]
    assert found["income_gap"]["value"] == 0.0


def test_bands_stand_in_the_order_of_their_numbers_or_in_none() -> None:
    assert in_order(["1,000-1,999", "under 500", "500-999"]) == [
        "under 500",
        "500-999",
        "1,000-1,999",
    ]
    assert in_order(["low", "500-999"]) is None


def test_a_wrong_number_of_incomes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"income: 2 entries, but one for each of the 12"):
        report(slates([[0, 3]] * 12), slates([[1, 3]] * 12), by_income(1, 1))


LIST = st.permutations(range(5)).map(lambda order: order[:2])


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(LIST, min_size=12, max_size=12),
    after=st.lists(LIST, min_size=12, max_size=12),
    order=st.permutations(range(12)),
)
def test_the_order_of_households_changes_no_value(
    before: list[list[int]], after: list[list[int]], order: list[int]
) -> None:
    def values(keep: list[int]) -> list[float]:
        first, second = slates([before[k] for k in keep]), slates([after[k] for k in keep])
        found = report(first, second, draws=5)["new"]
        return [
            found["basket_price"]["change"],
            found["price_per_purchase"]["value"],
            found["worse_off_share"]["value"],
            found["price_rise_share"]["value"],
        ]

    assert values(order) == pytest.approx(values(list(range(12))))


@settings(max_examples=25, deadline=None)
@given(lists=st.lists(LIST, min_size=12, max_size=12), factor=st.floats(0.1, 10.0))
def test_prices_in_another_currency_change_no_share(lists: list[list[int]], factor: float) -> None:
    made = {(BASELINE, "all"): slates([[0, 3]] * 12), ("new", "all"): slates(lists)}
    one, other = (
        fairness_report(made, goods(price=p), None, draws=5, rng=np.random.default_rng(1))["new"]
        for p in (PRICE, PRICE * factor)
    )
    assert other["basket_price"]["change"] == pytest.approx(one["basket_price"]["change"], abs=1e-9)
    assert other["basket_price"]["value"] == pytest.approx(one["basket_price"]["value"] * factor)
    assert other["either_share"]["value"] == one["either_share"]["value"]
