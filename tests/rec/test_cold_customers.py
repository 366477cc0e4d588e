"""Customers without history: their store, their segment, what little they bought, or popularity."""

import numpy as np
import pandas as pd
import pytest

from recommender.evaluation.newcomers import last_baskets, newcomers
from recommender.history import History, Shelf
from recommender.log import read_log
from recommender.relevance.cold.cold_customers import (
    Crowd,
    Segments,
    cold_list,
    group_lists,
    prior_households,
)
from recommender.relevance.cold.few_baskets import pace, returns

WEEKS = 12


@pytest.fixture(scope="module")
def shop():
    """Forty households; those of store "east" buy tea each week, those of "west" coffee, and all
    buy bread. One newcomer bought salt in the last week, and one bought salt once, long ago."""
    products = ["bread", "coffee", "salt", "tea"]
    catalogue = pd.DataFrame(
        {"product_id": products, "title": products, "category": products, "price": 1.0}
    )
    rows = []
    for household in range(40):
        store, own = ("east", "tea") if household % 2 else ("west", "coffee")
        for week in range(1, WEEKS + 1):
            rows += [(f"h{household:02d}", item, week, store) for item in ("bread", own)]
            if household < 8 and week % 2:
                rows.append((f"h{household:02d}", "salt", week, store))
    rows += [("long ago", "salt", 1, "west"), ("newcomer", "salt", WEEKS, "west")]
    purchases = pd.DataFrame(rows, columns=["customer_id", "product_id", "week", "store_id"])
    purchases["bought_at"] = pd.Timestamp("2024-01-01 10:00") + pd.to_timedelta(
        7 * (purchases["week"] - 1), unit="D"
    )
    purchases["quantity"], purchases["paid"] = 1.0, 1.0
    log = read_log(purchases, catalogue["product_id"])
    history = History(log, Shelf.of(catalogue, catalogue["category"]))
    customers = pd.DataFrame(
        {
            "customer_id": [f"h{k:02d}" for k in range(40)],
            "age": ["young" if k % 2 else "old" for k in range(40)],
        }
    )
    segments = Segments.of(customers, log.ids, ["age", "income"])
    return history, Crowd(history, segments, history.universe.customers)


BREAD, COFFEE, SALT, TEA = range(4)
EAST, WEST = 0, 1


def listed(rows, customer=0):
    own = rows.customer == customer
    return dict(zip(rows.product[own].tolist(), rows.p_buy[own].tolist(), strict=True))


def test_kinds_that_the_table_lacks_are_left_out_and_unknown_customers_have_no_segment(shop):
    history, crowd = shop
    assert crowd.segments.kinds == ("age",)
    assert crowd.segments.names == (("old", "young"),)
    assert crowd.segments.stores == ("east", "west")
    assert crowd.segments.code[history.log.ids.customer_rows(["newcomer"])[0], 0] == -1


def test_an_unknown_customer_gets_what_the_share_of_active_households_buys(shop):
    _, crowd = shop
    rows, basis = cold_list(crowd, np.array([-1]))
    # by hand: all 40 buy bread, 20 tea and 20 coffee, 8 salt
    chance = listed(rows)
    assert chance[BREAD] == pytest.approx(0.99), "never said to be certain"
    assert chance[TEA] == chance[COFFEE] == pytest.approx(0.5)
    assert chance[SALT] == pytest.approx(0.2)
    assert basis.tolist() == ["popular"]
    assert rows.is_new.all()


def test_a_store_lifts_what_its_households_buy(shop):
    _, crowd = shop
    rows, basis = cold_list(crowd, np.array([-1, -1]), store=np.array([EAST, WEST]))
    east, west = listed(rows, 0), listed(rows, 1)
    assert east[TEA] > 0.8 > 0.2 > east[COFFEE]
    assert west[COFFEE] > 0.8 > 0.2 > west[TEA]
    assert basis.tolist() == ["store east", "store west"]


def test_a_store_that_nobody_was_seen_in_says_nothing(shop):
    _, crowd = shop
    known = group_lists(crowd, np.array([-1]), np.array([[-1]]))
    never_seen = group_lists(crowd, np.array([77]), np.array([[-1]]))
    for one, other in zip(known, never_seen, strict=True):
        assert np.array_equal(one, other)


def test_a_segment_is_named_in_the_basis(shop):
    history, crowd = shop
    number = history.log.ids.customer_rows(["h01"])
    _, basis = cold_list(crowd, number, store=np.array([WEST]))
    assert basis.tolist() == ["segment young, store west, few purchases"]


def test_a_household_left_out_of_the_crowd_does_not_count(shop):
    history, crowd = shop
    few = np.zeros(history.log.customers, bool)
    few[history.log.ids.customer_rows(["h01", "h03"])] = True  # both of the east
    rows, _ = cold_list(Crowd(history, crowd.segments, few), np.array([-1]))
    assert set(rows.product.tolist()) == {BREAD, TEA, SALT}
    assert COFFEE not in listed(rows)


def test_what_a_newcomer_bought_stands_with_the_chance_of_coming_back(shop):
    history, crowd = shop
    number = history.log.ids.customer_rows(["newcomer"])
    rows, basis = cold_list(crowd, number)
    once, _ = returns(history)
    assert listed(rows)[SALT] == pytest.approx(once[SALT] * pace(history)[number[0]])
    assert listed(rows)[SALT] > 0.2, "more than the crowd's"
    assert not rows.is_new[rows.product == SALT].any()
    assert basis.tolist() == ["store west, few purchases"]


def test_who_bought_once_long_ago_is_less_likely_to_buy_at_all(shop):
    history, crowd = shop
    number = history.log.ids.customer_rows(["long ago", "newcomer"])
    rows, _ = cold_list(crowd, number)
    assert listed(rows, 0)[BREAD] < 0.5 * listed(rows, 1)[BREAD]
    # by hand: of 41 who shop now 40 came four times and one once; the first visit was 11.08 weeks
    # ago; with two weeks of the usual pace added, 1 + 2 x usual in 13.08 weeks
    usual = 161 / 41 / 4
    assert pace(history)[number[0]] == pytest.approx((1 + 2 * usual) / 13.08 / usual, rel=0.001)


def test_coming_back_is_counted_on_the_last_three_baskets(shop):
    history, _ = shop
    once, often = returns(history)
    # all take bread in each of three baskets and again: (40 + 20 m) / 60, shrunk twice to m = 1
    assert often[BREAD] == pytest.approx(1.0)
    # salt, of weeks 6 to 8, is taken once (week 7) by eight households, all of whom come back
    assert once[SALT] == pytest.approx(1.0)


def test_equal_groups_are_wholly_shrunk_and_different_ones_are_not():
    size = np.array([[50.0], [50.0]])
    pool = np.zeros(1, np.int64)
    equal = prior_households(np.array([[25], [25]]), size, np.array([0.5]), pool)
    apart = prior_households(np.array([[50], [0]]), size, np.array([0.5]), pool)
    assert np.isinf(equal[0])
    # by hand: beyond 2 x (25^2 - 6.25) = 1237.5, most 2 x 50 x 49 x .25 = 1225: capped at 0.9
    assert apart[0] == pytest.approx(1 / 0.9 - 1)


def test_nobody_asked_gets_nothing(shop):
    _, crowd = shop
    rows, basis = cold_list(crowd, np.zeros(0, np.int64))
    assert len(rows.product) == len(basis) == 0


def test_only_the_last_baskets_of_the_marked_customers_stay(shop):
    history, _ = shop
    log = history.log
    marked = np.zeros(log.customers, bool)
    marked[0] = True
    left = last_baskets(log, marked, 3)
    assert np.unique(left.week[left.customer == 0]).tolist() == [10, 11, 12]
    others = log.customer != 0
    assert (left.customer != 0).sum() == others.sum()


def test_households_taken_as_if_unknown_are_served_best_where_their_store_is_known(shop):
    history, crowd = shop
    window = history.log.weeks(9, 12)
    before = History(history.log.until(8), history.shelf)
    report = newcomers(before, window, crowd.segments, 20, np.random.default_rng(1), n=2)
    lists = report["lists"]
    assert lists["households"] == 40
    # by hand: bread and the drink of the own store are what 40 households buy, but for salt;
    # popularity knows bread, and of tea and coffee either one
    assert lists["store"]["recall"]["value"] > lists["popularity"]["recall"]["value"] + 0.1
    assert lists["store"]["ndcg"]["more_low"] > 0
    assert lists["last three baskets"]["ndcg"]["value"] > 0.9
    assert report["calibration"]["popularity"]["rows"] == 40 * 4
