"""The shelf shows what the library ranks, says why, and says what moved it."""

import numpy as np
import pandas as pd
import pytest

from app_pages import _load
from app_pages._shop import stand_ins
from app_pages._shop.cards import FAR, moves
from app_pages._shop.reasons import WHY_POPULAR
from app_pages._shop.shelf import DEFAULT_STOP, STOPS, climate_weight, household_shelf, with_moves
from app_pages._shop.stock import ranges_at_equal_use
from app_pages._shop.wishes import VARIETY, Wishes, own_policy
from recommender.app_server import WORKSPACE_SETTING
from recommender.basket import Lines
from recommender.basket_diets import diet_of
from recommender.serving import COLD_START
from recommender.serving_steps import recommend_step
from recommender.shop import Shop
from recommender.steps import default_policy
from recommender.tradeoff import PARTS
from recommender.workspace import Workspace


@pytest.fixture
def stock(monkeypatch, small_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(small_shop))
    return _load.stock()


def test_the_slider_is_off_at_0_and_the_policys_own_at_its_default():
    default = default_policy().weights.climate
    assert climate_weight(0, default) == 0
    assert climate_weight(DEFAULT_STOP, default) == pytest.approx(default)
    weights = [climate_weight(stop, default) for stop in range(STOPS + 1)]
    assert (np.diff(weights) > 0).all()
    # a policy without a climate weight starts at off, and can still be moved
    assert climate_weight(DEFAULT_STOP, 0.0) > 0


def test_a_part_moves_what_it_lifts_above_others():
    # by hand: with margin the order is a, b, c; without it b (3), c (2), a (1)
    ranked = pd.DataFrame(
        {
            "product": [7, 8, 9],
            "score": [4.0, 3.0, 2.0],
            "value_climate": [0.0, 0.0, 0.0],
            "value_retailer": [3.0, 0.0, 0.0],
            "value_sellers": [0.1, 0.1, 0.1],
        }
    )
    moved = with_moves(ranked)
    assert moved["moved_retailer"].tolist() == [2, -1, -1]
    assert moved["moved_climate"].tolist() == [0, 0, 0]
    assert moved["moved_sellers"].tolist() == [0, 0, 0]


def test_the_shelf_is_what_recommend_gives_and_its_parts_sum_to_the_score(stock, small_shop):
    ranked = household_shelf(stock, "h03", stock.policy.weights.climate)
    served = recommend_step(Shop(Workspace(small_shop)), default_policy(), ["h03"]).slates
    assert ranked["product_id"].head(10).tolist() == served["product_id"].tolist()
    assert ranked["score"].head(10).to_numpy() == pytest.approx(served["score"].to_numpy())
    assert ranked[list(PARTS)].sum(axis=1).to_numpy() == pytest.approx(ranked["score"].to_numpy())


def test_a_reason_counts_the_households_own_visits(stock):
    ranked = household_shelf(stock, "h03", 0.0)
    visits = stock.history.visits
    customer = stock.history.log.ids.customer_rows(["h03"])[0]
    for row in ranked[~ranked["is_new"]].itertuples():
        mine = (visits.customer == customer) & (visits.product == row.product)
        start = f"bought on {mine.sum()} visits" if mine.sum() > 1 else "bought once"
        assert row.reason.startswith(start)
    assert not ranked.loc[ranked["is_new"], "reason"].str.contains("visits").any()


def test_what_a_generator_named_says_so(stock):
    said = set(pd.concat([household_shelf(stock, f"h{k:02d}", 0.0) for k in range(8)])["reason"])
    assert any(reason.startswith("could stand in for ") for reason in said)


def test_a_stand_in_names_what_the_household_buys_most_of_that_type(stock):
    ids, types = stock.history.log.ids, stock.history.shelf.product_type
    for household in (f"h{k:02d}" for k in range(8)):
        ranked = household_shelf(stock, household, 0.0)
        mine = stock.history.visits.customer == ids.customer_rows([household])[0]
        times = np.bincount(stock.history.visits.product[mine], minlength=len(types))
        for row in ranked[ranked["reason"].str.startswith("could stand in")].itertuples():
            named = row.reason.removeprefix("could stand in for ").removesuffix(", which you buy")
            usual = stock.titles.index(named)
            assert types[usual] == types[row.product]
            assert times[usual] == times[types == types[row.product]].max() > 0


def test_nobody_gets_what_most_households_buy(stock):
    ranked = household_shelf(stock, None, 0.0)
    assert ranked["basis"].eq(COLD_START).all()
    assert ranked["is_new"].all()
    assert set(ranked["reason"]) == {WHY_POPULAR}
    assert ranked["score"].is_monotonic_decreasing


def test_swaps_of_a_household_are_for_what_it_usually_buys(stock):
    found = 0
    for household in (f"h{k:02d}" for k in range(10)):
        lines = stand_ins.usual_basket(stock, household)
        assert len(lines) <= 12
        swaps = stand_ins.basket_swaps(stock, household, lines)
        assert swaps["product"].isin(lines.product).all()
        names = stock.products["kind"].iloc[swaps["product"]]
        assert not names.isin(["infant formula powder", "beer", "laundry powder"]).any()
        found += len(swaps)
    assert found > 0


def test_beer_is_neither_shown_nor_swapped(stock):
    beer = np.flatnonzero(stock.products["kind"] == "beer")
    for household in (None, "h00", "h01", "h02"):
        assert not household_shelf(stock, household, 0.0)["product"].isin(beer).any()
        lines = stand_ins.usual_basket(stock, household)
        assert not stand_ins.basket_swaps(stock, household, lines)["swap"].isin(beer).any()


def test_an_empty_basket_and_one_of_goods_kept_apart_have_no_swap_and_say_why(stock):
    assert stand_ins.basket_swaps(stock, "h03", Lines.of([], [])).empty
    kinds = stock.products["kind"]
    apart = [int(np.flatnonzero(kinds == k)[0]) for k in ("beer", "pain relief", "laundry powder")]
    lines = Lines.of([*apart, int(np.flatnonzero(stock.products["tier"] == "unknown")[0])], [1] * 4)
    swaps = stand_ins.basket_swaps(stock, "h03", lines)
    assert swaps.empty
    why = {
        row: said
        for said, rows in stand_ins.why_no_swap(stock, lines, swaps).items()
        for row in rows
    }
    assert why[apart[0]] == "sold by age"
    assert why[apart[1]] == "for infants, medicine or special care"
    assert why[apart[2]] == "no figure that may be compared with others"


def test_wishes_act_through_the_policy(stock):
    wishes = Wishes(ceiling=4.0, small="more", variety="more")
    policy = own_policy(stock.policy, 0.3, wishes)
    assert policy.limits.highest_price == 4.0
    assert policy.weights.climate == 0.3
    assert policy.weights.sellers == pytest.approx(4 * stock.policy.weights.sellers)
    assert policy.model_dump()["values"]["diversity"] == VARIETY["more"]
    assert policy.weights.retailer == stock.policy.weights.retailer
    ranked = household_shelf(stock, "h03", 0.3, wishes)
    assert (ranked["price"] <= 4.0).all()
    assert ranked["value_variety"].max() > 0
    off = own_policy(stock.policy, 0.3, Wishes(small="off"))
    assert off.weights.sellers == 0


def test_a_declared_diet_holds_on_the_shelf_and_for_swaps(stock):
    found = diet_of(stock.products, "no meat or fish")
    wishes = Wishes(diet="no meat or fish", fits=found.fits)
    meat = stock.products["kind"].isin(["ground beef", "chicken breast", "pork chops"]).to_numpy()
    beef = Lines.of([int(np.flatnonzero(stock.products["kind"] == "ground beef")[0])], [1])
    assert not meat[household_shelf(stock, "h03", 0.3, wishes)["product"]].any()
    assert meat[household_shelf(stock, "h03", 0.3)["product"]].any()
    swaps = stand_ins.basket_swaps(stock, None, beef, wishes)
    assert len(swaps)
    assert not meat[swaps["swap"]].any()


def test_what_is_refused_or_in_the_basket_already_is_not_proposed(stock):
    beef = int(np.flatnonzero(stock.products["kind"] == "ground beef")[0])
    swaps = stand_ins.basket_swaps(stock, None, Lines.of([beef], [1]))
    first = int(swaps["swap"].iloc[0])
    without = stand_ins.basket_swaps(stock, None, Lines.of([beef], [1]), refused=[first])
    assert first not in set(without["swap"])
    both = stand_ins.basket_swaps(stock, None, Lines.of([beef, first], [1, 1]))
    assert first not in set(both["swap"])


def test_a_part_that_moved_a_product_far_is_not_said_twice():
    row = {"moved_climate": -2, "moved_retailer": 40, "moved_sellers": 3, "moved_variety": 0}
    near = " Moved down 2 places by carbon and up 3 places by exposure of small suppliers."
    assert moves(row) == near
    assert moves(row | {"moved_retailer": 9}) == (
        " Moved down 2 places by carbon, up 9 places by margin and up 3 places by exposure of "
        "small suppliers."
    )
    assert moves(row | {"moved_sellers": FAR, "moved_climate": 0}) == ""


def test_most_bars_end_inside_the_scale_of_their_need(stock):
    offered = np.flatnonzero(stock.swaps.offered)
    inside = 0
    for row in offered.tolist():
        ((kg, low, high),) = ranges_at_equal_use(stock, [row])
        least, most = stock.scale(row)
        inside += least * 0.999 <= low and high <= most * 1.001
        assert least < kg < most
    assert inside >= len(offered) / 2
