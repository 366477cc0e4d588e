"""A basket's price and kg, its range, and how it stands against the usual: worked by hand."""

import doctest

import numpy as np
import pandas as pd
import pytest

from recommender import basket
from recommender.basket import (
    Lines,
    against_usual,
    basket_change,
    basket_total,
    swapped,
    units_of,
)
from recommender.functional import functional_footprints
from recommender.impact.observed.footprint_draws import Doubt
from recommender.lighter import chance_lighter, change_range, with_own_error
from recommender.log import read_log
from recommender.swaps import comparisons, swap_goods

SHELF = pd.DataFrame(
    {
        "product_id": ["beef", "tofu", "half beef", "tea", "gift"],
        "title": ["Beef", "Tofu", "Beef", "Tea", "Gift"],
        "need": ["protein"] * 3 + ["hot drink", "other"],
        "kind": ["beef", "tofu", "beef", "tea", ""],
        "price": [10.0, 8.0, 5.0, 3.0, 20.0],
        "kg_co2e": [27.0, 2.5, 13.5, 0.4, np.nan],
        "kg_co2e_low": [9.0, 1.25, 4.5, 0.2, np.nan],
        "kg_co2e_high": [81.0, 5.0, 40.5, 0.8, np.nan],
        "kg_co2e_per_kg": [27.0, 2.5, 27.0, 4.0, np.nan],
        "net_mass_kg": [1.0, 1.0, 0.5, 0.1, 0.2],
        "kg_per_flow": [0.1, 0.1, 0.1, 0.002, np.nan],
        "tier": ["model", "model", "model", "model", "unknown"],
        "difference_sd_log10": [0.2, 0.3, 0.2, 0.2, np.nan],
    }
)


@pytest.fixture
def log():
    rows = [("a", "beef", 3.0), ("a", "tofu", 1.0), ("b", "tofu", 2.0), ("b", "tea", 1.0)]
    bought = pd.DataFrame(rows, columns=["customer_id", "product_id", "quantity"])
    bought["bought_at"] = pd.date_range("2024-01-01", periods=len(rows), freq="D")
    bought["paid"], bought["week"], bought["basket_id"] = 1.0, 1, [f"{k}" for k in range(4)]
    return read_log(bought, SHELF["product_id"])


@pytest.fixture
def goods(log):
    return swap_goods(SHELF, functional_footprints(SHELF, log), np.ones(5, np.bool_))


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(basket)
    assert result.failed == 0
    assert result.attempted > 0


def halves(of_need: float, of_all: float) -> Doubt:
    """Errors of which a share is common to the need, and a share to all; the rest is own."""
    own = np.full(5, np.sqrt(1.0 - of_need - of_all))
    return Doubt(
        own=own,
        of_need=np.full(5, np.sqrt(of_need)),
        of_all=np.full(5, np.sqrt(of_all)),
        need=np.array([0, 0, 0, 1, 2]),
    )


@pytest.mark.parametrize("doubt", [None, halves(0.5, 0.25), halves(0.0, 0.0)])
def test_one_pack_has_the_range_of_its_card_and_two_the_double(doubt):
    one = basket_total(Lines.of([0], [1]), SHELF, doubt)
    assert (one.price, one.kg, one.low, one.high) == pytest.approx((10.0, 27.0, 9.0, 81.0))
    two = basket_total(Lines.of([0], [2]), SHELF, doubt)
    assert (two.price, two.kg, two.low, two.high) == pytest.approx((20.0, 54.0, 18.0, 162.0))


def test_goods_for_one_need_err_together_by_what_they_share():
    both = basket_total(Lines.of([0, 1], [1, 1]), SHELF, halves(0.5, 0.0))
    # by hand: downwards 18 and 1.25; half of (18 + 1.25)^2 and half of 18^2 + 1.25^2
    below = np.sqrt(0.5 * 19.25**2 + 0.5 * (18.0**2 + 1.25**2))
    assert both.low == pytest.approx(29.5 - below)
    apart = basket_total(Lines.of([0, 3], [1, 1]), SHELF, halves(0.5, 0.0))
    assert apart.low == pytest.approx(27.4 - np.hypot(18.0, 0.2))
    whole = basket_total(Lines.of([0, 3], [1, 1]), SHELF, halves(0.0, 1.0))
    assert whole.low == pytest.approx(27.4 - 18.2)


def test_what_has_no_figure_is_counted_and_priced():
    total = basket_total(Lines.of([4, 3], [1, 1]), SHELF, halves(0.5, 0.25))
    assert (total.price, total.unknown) == (23.0, 1)
    assert total.kg == pytest.approx(0.4)
    empty = basket_total(Lines.of([], []), SHELF, halves(0.5, 0.25))
    assert (empty.price, empty.kg, empty.low, empty.high) == (0.0, 0.0, 0.0, 0.0)


def test_the_usual_mix_against_itself_is_no_difference(goods, log):
    own = units_of(log, 0)  # three beef, one tofu
    found = against_usual(Lines.of([0, 1], [3, 1]), goods, own, units_of(log))
    assert found.kg == pytest.approx(0.0)
    assert (found.low, found.high) == pytest.approx((0.0, 0.0))
    assert found.price == pytest.approx(0.0)
    assert found.chance == 0.5


def test_a_smaller_pack_of_the_same_is_no_saving(goods, log):
    own = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    found = against_usual(Lines.of([2], [1]), goods, own, units_of(log))
    # half the pack is half the use: 13.5 kg against 13.5 kg, $5 against $5
    assert found.kg == pytest.approx(0.0)
    assert found.price == pytest.approx(0.0)


def test_one_line_against_one_usual_product_is_the_librarys_comparison(goods, log):
    own = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    found = against_usual(Lines.of([1], [1]), goods, own, units_of(log))
    beef, tofu = np.array([27.0]), np.array([2.5])
    sd, other = goods.sd[[0]], goods.sd[[1]]
    change, low, high = change_range(with_own_error(beef, sd), with_own_error(tofu, other))
    assert (found.kg, found.low, found.high) == pytest.approx((change[0], low[0], high[0]))
    assert found.price == pytest.approx(-2.0)
    pair = comparisons(np.array([0]), goods).set_index("swap").loc[1]
    assert pair["kg_change"] == pytest.approx(found.kg)
    sure = chance_lighter(np.log10(tofu), other, np.log10(beef), sd)[0]
    assert (found.chance >= 0.8) == (sure >= 0.8)


def test_what_cannot_be_compared_stands_on_both_sides(goods, log):
    found = against_usual(Lines.of([4, 1], [1, 1]), goods, np.zeros(5), units_of(log))
    assert found.compared == 1
    alone = against_usual(Lines.of([1], [1]), goods, np.zeros(5), units_of(log))
    assert found.kg == pytest.approx(alone.kg)
    assert found.price == pytest.approx(alone.price)


def test_where_a_household_never_bought_what_all_buy_stands_in(goods, log):
    nobody, everybody = np.zeros(5), units_of(log)  # three beef, three tofu
    found = against_usual(Lines.of([1], [1]), goods, nobody, everybody)
    assert found.kg == pytest.approx(2.5 - (27.0 + 2.5) / 2)


def test_a_swap_keeps_packs_and_adds_up_what_meets():
    assert swapped(Lines.of([3, 5], [2, 1]), 3, 7).product.tolist() == [7, 5]
    both = swapped(Lines.of([3, 5], [2, 1]), 3, 5)
    assert (both.product.tolist(), both.quantity.tolist()) == ([5], [3.0])


def test_buying_more_of_the_lighter_good_grows_both_amounts(goods, log):
    own = np.array([1.0, 0.0, 0.0, 0.0, 0.0])  # beef is the usual
    one, four = (against_usual(Lines.of([1], [n]), goods, own, units_of(log)) for n in (1, 4))
    # by hand: a pack of tofu serves what a pack of beef does
    assert (one.own.price, one.own.kg) == pytest.approx((8.0, 2.5))
    assert (one.usual.price, one.usual.kg) == pytest.approx((10.0, 27.0))
    assert (four.own.price, four.own.kg) == pytest.approx((32.0, 10.0))
    assert (four.usual.price, four.usual.kg) == pytest.approx((40.0, 108.0))
    assert four.chance == pytest.approx(one.chance)
    assert four.own.kg / four.usual.kg == pytest.approx(one.own.kg / one.usual.kg)


def test_what_a_step_changed_is_the_totals_after_less_those_before(goods):
    before, after = Lines.of([0, 3], [1, 1]), Lines.of([1, 3, 4], [2, 1, 1])
    step = basket_change(before, after, SHELF, goods)
    totals = [basket_total(lines, SHELF, None) for lines in (before, after)]
    assert step.price == pytest.approx(totals[1].price - totals[0].price)
    assert step.kg == pytest.approx(totals[1].kg - totals[0].kg)
    # by hand: 2 x 2.5 - 27 = -22 kg, 2 x 8 + 20 - 10 = $26; what is in both changes nothing
    assert (step.price, step.kg) == pytest.approx((26.0, -22.0))
    low, high = (10 ** (1.2815516 * sd) for sd in (0.2, 0.3))
    assert step.low == pytest.approx(-22.0 - np.hypot(27 * low - 27, 5 - 5 / high), rel=1e-4)
    none = basket_change(after, after, SHELF, goods)
    assert (none.price, none.kg, none.low, none.high) == (0.0, 0.0, 0.0, 0.0)


def test_two_packs_cost_twice_what_one_is_said_to_cost():
    shelf = SHELF.assign(price=2.854)  # said as $2.85
    assert basket_total(Lines.of([0], [2]), shelf, None).price == pytest.approx(5.70)


def test_a_swap_takes_as_many_packs_as_it_is_told():
    after = swapped(Lines.of([3, 5], [1, 1]), 3, 5, packs=2.0)
    assert (after.product.tolist(), after.quantity.tolist()) == ([5], [3.0])
