"""Swaps: lighter with a chance of four in five for the same use, at a like price, never in care."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator import differences
from recommender.functional import NEED_MEAN, OWN, functional_footprints
from recommender.history import History, Shelf
from recommender.lighter import chance_lighter, change_range
from recommender.log import read_log
from recommender.products import products_at
from recommender.swaps import (
    SwapRules,
    comparisons,
    lighter_swaps,
    packs_for_use,
    swap_goods,
    usual_products,
    withheld,
)

COLUMNS = ["title", "need", "kind", "kg_per_flow", "kg_per_kg", "mass", "price", "tier", "spread"]


def shelf(*rows: tuple) -> pd.DataFrame:
    """Products from (title, need, kind, kg per flow, kg CO2e per kg, kg, price, tier, spread)."""
    goods = pd.DataFrame(rows, columns=COLUMNS)
    kg = goods["kg_per_kg"] * goods["mass"]
    return goods.assign(
        product_id=[f"p{k}" for k in range(len(goods))],
        kg_co2e=kg,
        kg_co2e_low=kg / goods["spread"],
        kg_co2e_high=kg * goods["spread"],
        kg_co2e_per_kg=goods["kg_per_kg"],
        net_mass_kg=goods["mass"],
    )


def purchases(products: pd.DataFrame, lines: list[tuple[str, int, int]]):
    """A log of one pack each of (customer, product row, week)."""
    frame = pd.DataFrame(lines, columns=["customer_id", "product", "week"])
    frame["product_id"] = products["product_id"].to_numpy()[frame["product"]]
    frame["bought_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * frame["week"], unit="D")
    frame["quantity"], frame["paid"] = 1.0, 1.0
    return read_log(frame, products["product_id"])


def goods_of(products: pd.DataFrame, shown: np.ndarray | None = None):
    log = purchases(products, [("c", k, 1) for k in range(len(products))])
    shown = np.ones(len(products), np.bool_) if shown is None else shown
    return swap_goods(products, functional_footprints(products, log), shown)


BEEF = ("Ground beef", "main protein", "ground beef", 0.15, 27.0, 0.6, 6.0, "model", 1.5)
CHICKEN = ("Chicken", "main protein", "chicken", 0.15, 5.0, 0.45, 5.0, "model", 1.5)
TOFU = ("Tofu", "main protein", "tofu", 0.10, 2.5, 0.4, 5.5, "neighbours", 2.0)


def test_the_chance_to_be_lighter_is_that_of_two_independent_errors():
    # by hand: 0.5 apart in log10, 0.3 and 0.4 in doubt, so z = 0.5 / 0.5 = 1
    chance = chance_lighter(*(np.array([value]) for value in (0.0, 0.3, 0.5, 0.4)))
    assert chance == pytest.approx([0.8413], abs=1e-4)


def test_without_doubt_the_lighter_one_is_lighter_for_certain():
    sure = np.zeros(3)
    log_kg, other = np.array([0.0, 0.0, 0.3]), np.array([0.3, 0.0, 0.0])
    assert chance_lighter(log_kg, sure, other, sure).tolist() == [1.0, 0.5, 0.0]


def test_what_is_the_same_but_for_the_last_bits_is_not_told_apart():
    small = np.full(2, 1e-10)
    assert chance_lighter(np.zeros(2), small, np.array([9e-10, 2e-9]), small).round(3).tolist() == [
        0.5,
        1.0,
    ]


figure = st.floats(-3.0, 3.0)
doubt = st.floats(0.01, 2.0)


@given(figure, doubt, figure, doubt, st.floats(-1.0, 1.0))
def test_one_of_two_is_lighter_whatever_the_unit(log_kg, sd, other, other_sd, unit):
    a, b, c, d = (np.array([value]) for value in (log_kg, sd, other, other_sd))
    chance = chance_lighter(a, b, c, d)
    assert chance + chance_lighter(c, d, a, b) == pytest.approx(1.0)
    assert chance_lighter(a + unit, b, c + unit, d) == pytest.approx(chance, abs=1e-6)


@given(figure, doubt, figure, doubt)
def test_the_chance_is_the_estimators_own(log_kg, sd, other, other_sd):
    four = [np.array([value]) for value in (log_kg, sd, other, other_sd)]
    assert chance_lighter(*four) == pytest.approx(differences.chance_lighter(*four), abs=1e-12)
    same = [four[0], four[1], four[0], four[3]]
    assert chance_lighter(*same).tolist() == differences.chance_lighter(*same).tolist() == [0.5]


def test_a_change_is_as_wide_as_both_ranges_together():
    # by hand: 1 - 5 = -4; low -4 - sqrt((1 - 1)^2 + (8 - 5)^2) = -7; high -4 + sqrt(4^2 + 3^2) = 1
    figures = change_range(
        tuple(np.array([v]) for v in (5.0, 2.0, 8.0)), tuple(np.array([v]) for v in (1.0, 1.0, 5.0))
    )
    assert [figure.item() for figure in figures] == [-4.0, -7.0, 1.0]


def test_a_swap_compares_what_the_usual_pack_serves():
    swap = lighter_swaps(np.array([0]), goods_of(shelf(BEEF, CHICKEN)), np.zeros(2)).iloc[0]
    # by hand: 0.6 kg of beef are 4 portions and 27 x 0.6 = 16.2 kg; 4 portions of chicken are
    # 0.6 kg and 5 x 0.6 = 3.0 kg, although its own pack holds only 3 portions
    assert (swap["product"], swap["swap"], swap["flows"]) == (0, 1, pytest.approx(4.0))
    assert swap["swap_flows"] == pytest.approx(3.0)
    assert (swap["kg"], swap["swap_kg"]) == (pytest.approx(16.2), pytest.approx(3.0))
    assert (swap["kg_low"], swap["swap_kg_high"]) == (pytest.approx(10.8), pytest.approx(4.5))
    assert (swap["price_change"], swap["kg_change"]) == (-1.0, pytest.approx(-13.2))
    # -13.2 - sqrt((3 - 2)^2 + (24.3 - 16.2)^2) and -13.2 + sqrt((4.5 - 3)^2 + (16.2 - 10.8)^2)
    assert swap["kg_change_low"] == pytest.approx(-13.2 - np.hypot(1.0, 8.1))
    assert swap["kg_change_high"] == pytest.approx(-13.2 + np.hypot(1.5, 5.4))
    assert swap["chance"] > 0.99
    assert swap["compared"] == 1


def test_a_difference_that_the_ranges_cover_is_no_swap():
    pork = ("Pork", "main protein", "pork", 0.15, 4.0, 0.6, 6.0, "category", 2.0)
    # by hand: ln(5 / 4) = 0.223 apart, sd ln(1.5) / 1.28 = 0.316 and ln(2) / 1.28 = 0.541,
    # together 0.627: P = 0.64
    goods = goods_of(shelf(CHICKEN, pork))
    assert comparisons(np.array([0]), goods)["chance"].item() == pytest.approx(0.639, abs=1e-3)
    assert lighter_swaps(np.array([0]), goods, np.zeros(2)).empty


def test_the_estimators_own_doubt_about_a_difference_counts_and_not_the_packs_range():
    pork = ("Pork", "main protein", "pork", 0.15, 4.0, 0.6, 6.0, "category", 2.0)
    sds = {"difference_sd_log10": [0.06, 0.08]}
    row = comparisons(np.array([0]), goods_of(shelf(CHICKEN, pork).assign(**sds))).iloc[0]
    # by hand: log10(5 / 4) = 0.0969 apart, hypot(0.06, 0.08) = 0.1 in doubt: z = 0.969
    assert row["chance"] == pytest.approx(0.8337, abs=1e-4)
    # 0.45 kg of chicken are 2.25 kg, and of pork 1.8 kg; a pack still shows its whole range
    assert (row["kg_low"], row["kg_high"]) == (pytest.approx(1.5), pytest.approx(3.375))
    assert (row["swap_kg_low"], row["swap_kg_high"]) == (pytest.approx(0.9), pytest.approx(3.6))
    # 10 ** (1.2816 x 0.06) = 1.1937 and 10 ** (1.2816 x 0.08) = 1.2663 are what the change knows
    assert row["kg_change"] == pytest.approx(-0.45)
    low = -0.45 - np.hypot(1.8 - 1.8 / 1.2663, 2.25 * 1.1937 - 2.25)
    high = -0.45 + np.hypot(1.8 * 1.2663 - 1.8, 2.25 - 2.25 / 1.1937)
    assert row["kg_change_low"] == pytest.approx(low, abs=1e-3)
    assert row["kg_change_high"] == pytest.approx(high, abs=1e-3)


def test_a_pack_of_another_size_is_no_saving():
    large, small = (("Chicken", *CHICKEN[1:5], mass, 6.0, "model", 1.5) for mass in (0.9, 0.45))
    products = shelf(large, small).assign(difference_sd_log10=1e-12)
    row = comparisons(np.array([1]), goods_of(products)).iloc[0]
    assert (row["chance"], row["kg_change"]) == (0.5, pytest.approx(0.0))
    assert lighter_swaps(np.array([0, 1]), goods_of(products), np.zeros(2)).empty


def test_price_and_kg_are_told_for_the_same_use_and_packs_are_whole():
    # by hand: a gallon of milk for 2.56 serves what two half gallons of 1.90 do: 3.80, so 1.24 more
    milk = ("Milk", "milk", "milk", 0.25, 1.5, 4.0, 2.56, "model", 1.1)
    soy = ("Soy drink", "milk", "plant milk", 0.25, 0.5, 2.0, 1.90, "model", 1.1)
    goods = goods_of(shelf(milk, soy))
    row = lighter_swaps(np.array([0]), goods, np.zeros(2)).iloc[0]
    assert (row["swap_price_use"], row["price_change_use"]) == pytest.approx((3.80, 1.24))
    assert (row["kg"], row["swap_kg"]) == pytest.approx((6.0, 2.0))
    assert packs_for_use(goods, 0, 1, 1.0) == 2.0
    assert packs_for_use(goods, 0, 1, 3.0) == 6.0
    # the other way round half a pack would do: one is the least, and one more is not needed
    assert packs_for_use(goods, 1, 0, 1.0) == 1.0
    assert packs_for_use(goods, 1, 0, 2.0) == 1.0
    assert packs_for_use(goods, 1, 0, 4.0) == 2.0


def test_a_small_pack_that_is_dear_for_the_same_use_is_no_stand_in():
    # the pack costs 1.29 times as much, the same use 2.57 times
    milk = ("Milk", "milk", "milk", 0.25, 1.5, 4.0, 2.56, "model", 1.1)
    soy = ("Soy drink", "milk", "plant milk", 0.25, 0.5, 2.0, 3.29, "model", 1.1)
    assert lighter_swaps(np.array([0]), goods_of(shelf(milk, soy)), np.zeros(2)).empty


def test_without_a_difference_sd_a_product_is_never_ranked():
    products = shelf(BEEF, CHICKEN, TOFU).assign(difference_sd_log10=[0.05, None, 0.05])
    goods = goods_of(products)
    assert goods.placed.tolist() == [True, False, True]
    assert lighter_swaps(np.array([0, 1]), goods, np.zeros(3))["swap"].tolist() == [2]
    log = purchases(products, [("c", k, 1) for k in range(3)])
    functional = functional_footprints(products, log)
    assert functional.basis.tolist() == [OWN, NEED_MEAN, OWN]
    assert functional.kg_functional[1] == pytest.approx(functional.kg_functional[[0, 2]].mean())


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"price": 9.0}, True),  # 1.5 times the price
        ({"price": 9.1}, False),
        ({"price": 4.0}, True),  # two thirds of it
        ({"price": 3.9}, False),
        ({"mass": 1.2}, True),  # twice the portions
        ({"mass": 1.25}, False),
        ({"mass": 0.3}, False),  # half the portions at the same price: the same use costs double
        ({"mass": 0.4}, True),  # 1.5 times the price for the same use
        ({"mass": 0.39}, False),
        ({"mass": 0.3, "price": 4.5}, True),  # half the portions at 1.5 times the price
        ({"mass": 0.29, "price": 4.0}, False),
        ({"need": "side dish"}, False),
        ({"tier": "spend"}, False),
        ({"tier": "unknown"}, False),
        ({"tier": "category"}, True),
        ({"tier": "verified"}, True),
        ({"kg_per_flow": np.nan}, False),  # nothing to compare at equal function
        ({"title": "Infant formula with chicken"}, False),
        ({"need": "pain relief"}, False),
    ],
)
def test_a_stand_in_serves_the_same_need_at_a_like_price_and_amount(change, stays):
    chicken = dict(zip(COLUMNS, CHICKEN, strict=True)) | {"price": 6.0, "mass": 0.6} | change
    products = shelf(BEEF, tuple(chicken[c] for c in COLUMNS))
    assert len(lighter_swaps(np.array([0]), goods_of(products), np.zeros(2))) == stays


def test_care_goods_are_neither_replaced_nor_offered():
    powder = ("Infant formula", "infant formula", "powder", 0.027, 8.0, 0.8, 20.0, "verified", 1.1)
    soy = ("Soy infant formula", "infant formula", "soy", 0.027, 2.0, 0.8, 20.0, "verified", 1.1)
    # and where the needs table has put one among the milks, its name still keeps it out
    misread = ("Toddler formula", "milk", "milk", 0.25, 3.0, 1.0, 2.0, "model", 1.1)
    milk = ("Oat drink", "milk", "oat drink", 0.25, 0.5, 1.0, 2.0, "model", 1.1)
    products = shelf(powder, soy, misread, milk)
    assert lighter_swaps(np.arange(4), goods_of(products), np.zeros(4)).empty
    assert withheld(products).tolist() == [True, True, True, False]
    assert withheld(products.assign(age_restricted=True)).all()


def test_home_use_bars_a_verdict_outside_one_class():
    soap = ("Soap", "body washing", "soap", 0.01, 9.0, 0.5, 3.0, "model", 1.1)
    light = ("Light soap", "body washing", "soap", 0.01, 1.0, 0.5, 3.0, "model", 1.1)
    products = shelf(soap, light).assign(use_phase_dominant=True)
    for classes, swaps in (
        (["", ""], 0),  # the class is not known
        (["bar", "gel"], 0),
        (["bar", ""], 0),
        (["bar", "bar"], 1),
    ):
        goods = goods_of(products.assign(use_class=classes))
        assert len(lighter_swaps(np.array([0]), goods, np.zeros(2))) == swaps
    assert withheld(products.assign(use_class=["", "bar"])).tolist() == [True, False]
    # a class means nothing where the use at home does not outweigh the goods
    plain = products.assign(use_phase_dominant=False, use_class=["bar", "gel"])
    assert len(lighter_swaps(np.array([0]), goods_of(plain), np.zeros(2))) == 1
    mixed = products.assign(use_phase_dominant=[True, False], use_class="bar")
    assert lighter_swaps(np.array([0]), goods_of(mixed), np.zeros(2)).empty


def test_use_dominates_where_the_footprint_or_the_need_says_so():
    # nulls are no; the class is the need's
    of_footprint = pd.array([True, False, None, False], dtype="boolean")
    of_need = [False, True, None, False]
    classes = ["", "dish soap", None, ""]
    ids = pd.DataFrame({"product_id": list("abcd")})
    catalogue = ids.assign(department="home", category="x", product_type="x", price=1.0)
    footprints = ids.assign(tier="model", use_phase_dominant=of_footprint)
    needs = ids.assign(need="n", use_phase_dominant=of_need, use_class=classes)
    lines = pd.DataFrame(
        {
            "customer_id": "c",
            "product_id": list("abcd"),
            "bought_at": pd.Timestamp("2024-01-08"),
            "quantity": 1.0,
            "paid": 1.0,
        }
    )
    history = History(read_log(lines, ids["product_id"]), Shelf.of(catalogue, needs["need"]))
    found = products_at(catalogue, footprints, needs, history)
    assert found["use_phase_dominant"].tolist() == [True, True, False, False]
    assert withheld(found).tolist() == [True, False, False, False]
    only_need = products_at(
        catalogue, footprints.drop(columns="use_phase_dominant"), needs, history
    )
    assert only_need["use_phase_dominant"].tolist() == [False, True, False, False]


def test_baby_carrots_are_carrots():
    assert not withheld(pd.DataFrame({"title": ["Baby carrots"], "need": ["vegetables"]})).any()


def test_what_may_not_be_shown_is_not_offered_but_may_be_replaced():
    products = shelf(BEEF, CHICKEN, TOFU)
    swaps = lighter_swaps(np.array([0]), goods_of(products, np.array([0, 0, 1], bool)), np.zeros(3))
    assert swaps["swap"].tolist() == [2]


def test_the_same_kind_comes_first_then_the_better_liked():
    lean = ("Lean beef", "main protein", "ground beef", 0.15, 9.0, 0.6, 6.0, "model", 1.5)
    products = shelf(BEEF, CHICKEN, TOFU, lean)
    liking = np.array([0.0, 0.1, 0.4, 0.01])
    swaps = lighter_swaps(np.array([0]), goods_of(products), liking)
    assert swaps["swap"].tolist() == [3, 2, 1]
    assert swaps["place"].tolist() == [1, 2, 3]
    assert swaps["same_kind"].tolist() == [True, False, False]
    liked = lighter_swaps(np.array([0]), goods_of(products), liking, SwapRules(liking=0.1))
    assert liked["swap"].tolist() == [2, 1]
    two = lighter_swaps(np.array([0]), goods_of(products), liking, SwapRules(per_product=2))
    assert two["swap"].tolist() == [3, 2]


def test_a_stand_in_is_named_once_for_the_most_usual_product():
    other_beef = ("Beef strips", "main protein", "beef", 0.15, 25.0, 0.6, 6.5, "model", 1.5)
    products = shelf(BEEF, other_beef, CHICKEN, TOFU)
    liking = np.array([0.0, 0.0, 0.9, 0.1])
    swaps = lighter_swaps(np.array([1, 0]), goods_of(products), liking)
    # the strips are the more usual: they get the chicken, and the ground beef the tofu
    first = swaps[swaps["place"] == 1]
    assert list(zip(first["product"], first["swap"], strict=True)) == [(1, 2), (0, 3)]
    assert swaps["swap"].is_unique


def test_nothing_usual_gives_no_swaps():
    goods = goods_of(shelf(BEEF, CHICKEN))
    assert lighter_swaps(np.empty(0, np.int64), goods, np.zeros(2)).empty
    assert {"swap", "chance", "kg_change_low", "place", "compared"} <= set(
        lighter_swaps(np.array([1]), goods, np.zeros(2)).columns
    )


@given(st.integers(0, 2**32 - 1))
def test_every_swap_keeps_the_rules(seed):
    rng = np.random.default_rng(seed)
    n = 30
    products = shelf(
        *(
            (
                f"Product {k}",
                f"need {rng.integers(3)}",
                f"kind {rng.integers(5)}",
                rng.choice([0.1, 0.2, np.nan]),
                rng.uniform(0.5, 30.0),
                rng.uniform(0.2, 1.5),
                rng.uniform(1.0, 4.0),
                rng.choice(["verified", "model", "category", "spend"]),
                rng.uniform(1.0, 2.0),
            )
            for k in range(n)
        )
    )
    usual = rng.permutation(n)[:12]
    rules = SwapRules()
    swaps = lighter_swaps(usual, goods_of(products), rng.random(n), rules)
    first, second = (products.iloc[swaps[c]].reset_index(drop=True) for c in ("product", "swap"))
    assert (swaps["chance"] >= rules.chance).all()
    assert (swaps["kg_change"] < 0).all()
    assert (swaps["kg_change_low"] <= swaps["kg_change"]).all()
    assert (swaps["kg_change"] <= swaps["kg_change_high"]).all()
    assert (first["need"] == second["need"]).all()
    assert not (first["tier"].eq("spend") | second["tier"].eq("spend")).any()
    ratio = swaps["swap_price"] / swaps["price"]
    assert ratio.between(1 / 1.5 - 1e-9, 1.5 + 1e-9).all()
    assert (swaps["swap_price_use"] <= swaps["price"] * (1.5 + 1e-8)).all()
    assert swaps["swap"].is_unique
    assert swaps["product"].isin(usual).all()


def test_usual_is_what_came_home_twice_and_lately_first():
    products = shelf(BEEF, CHICKEN, TOFU)
    lines = [("c", 0, 1), ("c", 0, 2), ("c", 1, 9), ("c", 1, 10), ("c", 2, 10), ("d", 2, 10)]
    catalogue = products.assign(department="food", category="food", product_type="food")
    history = History(purchases(products, lines), Shelf.of(catalogue, products["need"]))
    usual = usual_products(history, 0)
    # the tofu came home once; both others twice, the chicken last week
    assert usual["product"].tolist() == [1, 0]
    assert usual["visits"].tolist() == [2, 2]
    assert usual["days_since"].tolist() == [1.0, 57.0]
    assert usual_products(history, 1).empty
