"""On the whole catalogue, what is hardly sold counts too: figures checked by hand."""

import numpy as np
import pandas as pd
import pytest

from recommender.candidates import Candidates
from recommender.evaluation.whole_catalogue import (
    calibration,
    compared,
    popular_cold,
    popular_of_types,
    top,
    whole_catalogue,
)
from recommender.history import History, Shelf
from recommender.log import read_log

JAM, TEA, TIN, NUT, FIG = range(5)


@pytest.fixture(scope="module")
def shop():
    """Six households buy jam and tea in each of twelve weeks: the universe. Two bought a tin and
    one a nut before week 9; the fig was never sold. In the weeks after, h0 buys jam, tin and fig,
    h1 buys tea, and h2 buys the nut, new to it."""
    products = ["jam", "tea", "tin", "nut", "fig"]
    catalogue = pd.DataFrame(
        {
            "product_id": products,
            "title": products,
            "category": ["food"] * 5,
            "product_type": ["spread", "drink", "tinned", "spread", "spread"],
            "price": 1.0,
        }
    )
    rows = [(h, item, week) for h in range(6) for item in ("jam", "tea") for week in range(1, 9)]
    rows += [(0, "tin", 7), (1, "tin", 8), (1, "nut", 8)]
    rows += [(0, "jam", 9), (0, "tin", 9), (0, "fig", 10), (1, "tea", 9), (2, "nut", 12)]
    purchases = pd.DataFrame(rows, columns=["household", "product_id", "week"])
    purchases["customer_id"] = "h" + purchases["household"].astype(str)
    purchases["bought_at"] = pd.Timestamp("2024-01-01 10:00") + pd.to_timedelta(
        7 * (purchases["week"] - 1), unit="D"
    )
    purchases["quantity"], purchases["paid"] = 1.0, 2.0
    log = read_log(purchases, catalogue["product_id"])
    history = History(log.until(8), Shelf.of(catalogue, catalogue["category"]))
    return history, log.weeks(9, 12)


def candidates(rows, history):
    frame = pd.DataFrame(rows, columns=["customer", "product", "p_buy"])
    frame["q_buy"], frame["source"] = frame["p_buy"], 1
    frame["is_new"] = ~history.log.has_bought(
        frame["customer"].to_numpy(), frame["product"].to_numpy()
    )
    return Candidates.from_frame(frame, history.log.customers)


@pytest.fixture(scope="module")
def judged(shop):
    history, window = shop
    universe = candidates([(h, item, 0.5) for h in range(6) for item in (JAM, TEA)], history)
    rare = candidates([(0, TIN, 0.6), (0, FIG, 0.1), (2, NUT, 0.2), (3, FIG, 0.1)], history)
    report = whole_catalogue(universe, rare, history, window, 50, np.random.default_rng(1), n=2)
    return report, rare


def test_the_truth_is_the_whole_catalogue(judged):
    report, _ = judged
    assert report["products"] == {
        "recommendable": 5, "universe": 2, "cold": 3, "never_sold": 1,
    }  # fmt: skip
    # by hand: 3 of the 5 lines, all at the same price, are tin, fig and nut
    assert report["cold_share"]["lines"] == pytest.approx(0.6)
    assert report["cold_share"]["sales"] == pytest.approx(0.6)


def test_cold_products_join_the_list_by_their_chance(judged):
    report, _ = judged
    lists = report["all"]["lists"]
    assert lists["households"] == 3
    # by hand, two places. h0 bought jam, tin, fig: jam and tea hit 1 of 3, tin and jam 2 of 3;
    # h1 bought tea: jam and tea hit 1 of 1, both ways; h2 bought the nut, which is on neither
    assert lists["universe alone"]["recall"]["value"] == pytest.approx((1 / 3 + 1 + 0) / 3)
    assert lists["with cold products"]["recall"]["value"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert lists["with cold products"]["recall"]["more"] == pytest.approx(1 / 9)
    # one place of h0's two holds a cold product, and none of the ten others
    assert report["all"]["cold_places"] == pytest.approx(1 / 12)


def test_new_items_are_judged_on_lists_of_new_items(judged):
    report, _ = judged
    # by hand: new are h0's fig and h2's nut; the universe has nothing new to offer
    new = report["new"]["lists"]
    assert new["households"] == 2
    assert new["universe alone"]["recall"]["value"] == 0.0
    assert new["with cold products"]["recall"]["value"] == 1.0


def test_cold_products_alone_are_set_against_their_popularity(shop, judged):
    history, _ = shop
    report, _ = judged
    # two bought the tin and one the nut; the fig was never sold and is on no list of popularity
    assert popular_cold(history, 2, "all")[3].tolist() == [TIN, NUT]
    assert popular_cold(history, 2, "new")[1].tolist() == [-1, -1]
    alone = report["all"]["cold_alone"]
    assert alone["households"] == 2
    assert alone["cold model"]["recall"]["value"] == 1.0  # tin and fig for h0, nut for h2
    assert alone["popularity of cold"]["recall"]["value"] == pytest.approx((1 / 2 + 1) / 2)


def test_popularity_of_types_gives_each_household_its_own_types(shop):
    history, _ = shop
    # all buy spreads, of which the nut is the only cold one sold; only h0 and h1 buy tinned goods
    lists = popular_of_types(history, 2, "all")
    assert lists[3].tolist() == [NUT, -1]
    assert lists[0].tolist() == [NUT, TIN]


def test_said_and_seen_are_told_apart_by_what_is_known(shop, judged):
    history, window = shop
    _, rare = judged
    kinds = calibration(rare, history, window, history.universe.customers)
    # by hand: of the fig's two rows (0.1 each) one was bought
    assert kinds["never sold"]["rows"] == 2
    assert kinds["never sold"]["said"] == pytest.approx(0.1)
    assert kinds["never sold"]["seen"] == pytest.approx(0.5)
    assert kinds["bought before"]["rows"] == 1
    assert kinds["new to the household"]["seen"] == 1.0
    assert kinds["all"]["rows"] == 4


def test_the_first_places_go_to_the_highest_chances(shop):
    history, _ = shop
    rows = candidates([(0, TIN, 0.3), (0, FIG, 0.3), (0, NUT, 0.5)], history)
    assert top(rows, 2, "all")[0].tolist() == [NUT, TIN]
    assert top(rows, 2, "new")[0].tolist() == [NUT, FIG]
    assert top(rows, 2, "all")[1].tolist() == [-1, -1]


def test_a_window_without_purchases_is_said_and_not_averaged(shop):
    _, window = shop
    nothing = window.where(np.zeros(len(window), bool))
    lists = {"a": np.zeros((6, 2), np.int64)}
    answer = compared(lists, np.arange(6), nothing, "a", 5, np.random.default_rng(1))
    assert answer == {"households": 0}
