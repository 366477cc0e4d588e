"""Features of prices, breadth, trips and crowds, each worked by hand on a log of nine lines.

Products: milks a and b and bread c; all are food; seller s1 sells a and c, s2 b.
The last line falls on day 97, so the history ends with day 98 and day 70 lies four weeks back.
"""

import numpy as np
import pandas as pd
import pytest

from recommender.history import History, Shelf
from recommender.log import read_log
from recommender.relevance.features.breadth import breadth
from recommender.relevance.features.crowds import crowds
from recommender.relevance.features.prices import prices
from recommender.relevance.features.trips import trips
from recommender.relevance.generators import Fitted, Merged

LINES = [  # customer, product, day, store, quantity, paid, discount
    ("ann", "c", 0, "north", 1, 9.0, 0.0),
    ("ann", "a", 70, "north", 1, 2.0, 0.0),
    ("ann", "a", 84, "north", 2, 3.0, 1.0),
    ("ann", "c", 84, "north", 1, 3.0, 0.0),
    ("bob", "b", 77, "south", 1, 4.0, 0.0),
    ("bob", "a", 91, "south", 1, 2.0, 0.0),
    ("cat", "a", 97, "north", 1, 1.0, 1.0),
    ("dan", "b", 0, None, 1, 4.0, None),
    ("dan", "b", 10, None, 1, 4.0, None),
]
ANN, BOB, CAT, DAN = range(4)
A, B, C = range(3)


@pytest.fixture(scope="module")
def fitted():
    frame = pd.DataFrame(
        LINES,
        columns=["customer_id", "product_id", "day", "store_id", "quantity", "paid", "discount"],
    )
    frame["bought_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    frame["week"] = frame["day"] // 7 + 1
    catalogue = pd.DataFrame(
        {
            "product_id": ["a", "b", "c"],
            "category": "food",
            "product_type": ["milk", "milk", "bread"],
            "seller_id": ["s1", "s2", "s1"],
        }
    )
    log = read_log(frame, catalogue["product_id"])
    return Fitted(History(log, Shelf.of(catalogue, catalogue["product_type"])))


def rows(*pairs):
    customer, product = np.array(pairs, np.int64).T
    return Merged(customer=customer, product=product, source=np.ones(len(pairs), np.int64))


def near(column):
    """Equal to the figures worked by hand, an unknown one among them."""
    return pytest.approx(column, nan_ok=True)


def test_prices_are_told_against_list_type_and_what_the_household_paid(fitted):
    found = prices(fitted, rows((ANN, A), (ANN, B), (ANN, C), (DAN, B)))
    # a: packs at 2, 1.5, 2 and 1; c: at 9 and 3
    assert found["price"].tolist() == near([1.75, 4, 6, 4])
    # of the milks at 1.75 and 4 the lower is the usual one
    assert found["price_in_type"].tolist() == near([1, 4 / 1.75, 1, 4 / 1.75])
    # paid and what was taken off: a at 2 each time; c's 9 lies 14 weeks back, beyond the 12
    assert found["list_price"].tolist() == near([2, 4, 3, 4])
    # in two weeks a was sold at 1.5, 2 and 1, c at 3 and b not at all
    assert found["price_to_list"].tolist() == near([1.5 / 2, np.nan, 1, np.nan])
    # ann paid 2 and 1.5 for milk and 9 and 3 for bread, dan 4 for milk
    assert found["price_to_own"].tolist() == near([1, 4 / 1.75, 1, 1])


def test_an_offer_is_a_line_with_money_off_and_an_untold_discount_is_no_answer(fitted):
    found = prices(fitted, rows((ANN, A), (ANN, B), (ANN, C), (CAT, A), (DAN, B)))
    # of the last week: a of bob without, of cat with; of four weeks: two of a's four lines
    assert found["on_offer_1"].tolist() == near([0.5, np.nan, np.nan, 0.5, np.nan])
    assert found["on_offer_4"].tolist() == near([0.5, 0, 0, 0.5, 0])
    # one of ann's four lines; cat's only one; nothing is told of dan's
    assert found["customer_on_offer"].tolist() == near([0.25, 0.25, 0.25, 1, np.nan])
    assert found["own_on_offer"].tolist() == near([0.5, np.nan, 0, 1, np.nan])


def test_breadth_counts_goods_known_and_those_first_bought_within_eight_weeks(fitted):
    found = breadth(fitted, rows((ANN, A), (ANN, B), (ANN, C), (BOB, B), (DAN, A)))
    # ann tried a four weeks back but c fourteen, on three lines of eight weeks; dan nothing
    assert found["tried"].tolist() == [1, 1, 1, 2, 0]
    assert found["tries_a_line"].tolist() == near([1 / 3, 1 / 3, 1 / 3, 1, 0])
    assert found["known_in_type"].tolist() == [1, 1, 1, 2, 1]
    assert found["tried_in_type"].tolist() == [1, 1, 0, 2, 0]
    assert found["known_in_category"].tolist() == [2, 2, 2, 2, 1]
    assert found["tried_in_category"].tolist() == [1, 1, 1, 2, 0]
    # of s1 ann knows a and c, of s2 nothing; dan knows b alone, which is of s2
    assert found["known_in_seller"].tolist() == [2, 0, 2, 1, 0]
    assert found["tried_in_seller"].tolist() == [1, 0, 1, 1, 0]


def test_trips_are_baskets_and_items_their_products(fitted):
    found = trips(fitted, rows((ANN, A), (CAT, A), (DAN, A)))
    # ann came on days 0, 70 and 84 for 1, 1 and 2 products; day 70 is just within four weeks
    assert found["customer_trips"].tolist() == [3, 1, 2]
    assert found["customer_trips_12_weeks"].tolist() == [2, 1, 0]
    assert found["customer_items_4_weeks"].tolist() == [3, 1, 0]
    assert found["customer_items_a_trip"].tolist() == near([4 / 3, 1, 1])
    assert found["customer_items_a_trip_12_weeks"].tolist() == near([3 / 2, 1, 0])
    assert found["customer_days_since_trip"].tolist() == [14, 1, 88]
    # 84 days over the trips of the season; of none, half a one
    assert found["customer_days_between_trips"].tolist() == [42, 84, 168]


def test_crowds_count_each_household_once(fitted):
    found = crowds(fitted, rows((ANN, A), (ANN, B), (ANN, C)))
    # a: cat and bob within a week, ann within two; b: bob within three weeks, dan long ago
    assert found["households_1"].tolist() == [2, 0, 0]
    assert found["households_2"].tolist() == [3, 0, 1]
    assert found["households_4"].tolist() == [3, 1, 1]
    assert found["households_1000"].tolist() == [3, 2, 1]
    assert found["trend"].tolist() == [1, 1, 1]
    # ann's first a was four weeks back, bob's first b three; first bread and dan's b long ago
    assert found["first_buyers_2"].tolist() == [2, 0, 0]
    assert found["first_buyers_8"].tolist() == [3, 1, 0]
    assert found["crowd_of_type"].tolist() == [4, 4, 1]
    assert found["share_of_type_crowd"].tolist() == near([3 / 4, 1 / 4, 1])
    assert found["crowd_of_category"].tolist() == [5, 5, 5]
    assert found["weeks_on_sale"].tolist() == [4, 14, 14]


def test_coming_back_is_drawn_to_the_mean_of_the_shop(fitted):
    found = crowds(fitted, rows((ANN, A), (ANN, B), (ANN, C)))
    # of six households with a product three bought it again: a's ann, b's dan and c's ann
    assert found["buys_again"].tolist() == near([3.5 / 8, 3.5 / 7, 3.5 / 6])
    # three lines lie more than 28 days back, c's one and b's two; b came back once, after 10 days
    mean = 1 / 3
    expected = [10 * mean / 10, (1 + 10 * mean) / 12, 10 * mean / 11]
    assert found["bought_again_in_28_days"].tolist() == near(expected)
    # one gap each, of 14, 10 and 84 days, held against five of 20
    usual = [(gap * 20.0**5) ** (1 / 6) for gap in (14, 10, 84)]
    assert found["usual_gap"].tolist() == near(usual)
    due = found["due_by_usual_gap"]
    assert due[[0, 2]].tolist() == near([14 / usual[0], 14 / usual[2]])
    assert due[1] > 100, "ann never bought b"


def test_the_home_store_counts_what_its_visits_of_eight_weeks_took(fitted):
    found = crowds(fitted, rows((ANN, A), (ANN, B), (ANN, C), (BOB, C), (BOB, A), (DAN, B)))
    # north: a of ann twice and of cat, c of ann on day 84 but not on day 0; south: bob's a
    assert found["in_home_store"].tolist() == [3, 0, 1, 0, 1, 0], "dan has no store"
    assert found["in_home_store_rank"].tolist() == [0, 2, 1, 1, 0, 0]
