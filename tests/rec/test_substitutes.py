"""A stand-in is bought instead of a product, not with it, and never crosses what it must not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.evaluation.substitution import case_ranks, new_on_known_shelves, substitution
from recommender.history import History, Shelf
from recommender.log import audit_customers, read_log
from recommender.relevance.substitution.choice import learn_choice
from recommender.relevance.substitution.diets import declared_diets, diet_words, keeps_diet
from recommender.relevance.substitution.pairs import count_pairs
from recommender.relevance.substitution.stand_ins import learn_shelf, stand_ins_of_usual
from recommender.relevance.substitution.substitute_answer import stand_ins_for
from recommender.relevance.substitution.substitute_goods import substitute_goods
from recommender.relevance.substitution.substitutes import substitutes


def a_shop(titles, trips, need="snack", weeks=20, **columns):
    """History and goods of a shop; `trips` maps a household to product rows, trip by trip."""
    products = pd.DataFrame(
        {
            "product_id": [f"p{k}" for k in range(len(titles))],
            "title": titles,
            "need": need,
            "category": need,
            "price": 2.0,
            **columns,
        }
    )
    lines = [
        (household, f"p{product}", f"{household}-{trip}", trip)
        for household, baskets in trips.items()
        for trip, basket in enumerate(baskets)
        for product in basket
    ]
    purchases = pd.DataFrame(lines, columns=["customer_id", "product_id", "basket_id", "trip"])
    purchases["week"] = 1 + purchases["trip"] % weeks
    purchases["bought_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        7 * (purchases["week"] - 1), unit="D"
    )
    purchases["quantity"], purchases["paid"] = 1.0, 2.0
    log = read_log(purchases, products["product_id"])
    history = History(log, Shelf.of(products, products["need"]))
    return history, substitute_goods(products)


CORN, BLUE, SALSA = 0, 1, 2


@pytest.fixture(scope="module")
def chips_and_salsa():
    """Eight households take corn or blue chips in turn, each time with the salsa."""
    trips = {f"h{k}": [[CORN, SALSA], [BLUE, SALSA]] * 8 for k in range(8)}
    return a_shop(["corn chips", "blue chips", "red salsa"], trips)


def test_a_switch_and_a_basket_together_are_told_apart(chips_and_salsa):
    history, goods = chips_and_salsa
    pairs = count_pairs(history, goods.levels)
    rows = slice(pairs.start[CORN], pairs.start[CORN + 1])
    assert pairs.other[rows].tolist() == [BLUE, SALSA]
    assert pairs.households_both[rows].tolist() == [8, 8]
    # corn, blue, corn, ...: 15 switches and no basket with both, in each household
    # corn with salsa, salsa alone, ...: eight baskets with both, no corn without salsa
    assert pairs.households_instead[rows].tolist() == [8, 0]
    assert pairs.households_together[rows].tolist() == [0, 8]
    assert pairs.baskets_both[rows].tolist() == [0, 64]


def test_chips_stand_in_for_chips_and_salsa_for_none(chips_and_salsa):
    found = substitutes(*chips_and_salsa)
    assert found.of(CORN)["product"].tolist() == [BLUE]
    assert found.of(BLUE)["product"].tolist() == [CORN]
    assert found.of(SALSA).empty, "in every basket with the chips, so it replaces neither"


def test_the_reason_says_pack_price_and_how_many_switched():
    trips = {f"h{k}": [[0], [1]] * 8 for k in range(8)}
    history, goods = a_shop(
        ["corn chips", "blue chips"],
        trips,
        product_type="chips",
        package_size=["16 OZ", "12 OZ"],
        price=[2.0, 1.82],
        seller_id=["a", "a"],
    )
    answer = stand_ins_for("p0", substitutes(history, goods), goods)
    assert answer.rows["reason"].tolist() == [
        "same type, 12 oz against 16 oz, 9 % cheaper; "
        "8 of its 8 households switched between the two"
    ]


def test_the_own_type_comes_before_the_rest_of_the_category():
    trips = {f"h{k}": [[0], [2], [0], [2], [1], [0]] * 3 for k in range(8)}
    types = ["corn", "corn", "potato"]
    history, goods = a_shop(["a chips", "b chips", "c chips"], trips, product_type=types)
    found = substitutes(history, goods)
    assert found.of(0)["product"].tolist() == [1, 2]
    assert found.of(0)["same_type"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("titles", "needs", "restricted"),
    [
        (["infant formula", "soy infant formula"], "milk", False),
        (["cough syrup a", "cough syrup b"], "cough relief", False),
        (["lager", "ale"], "beer", True),
    ],
)
def test_infants_medicines_and_age_limits_have_no_stand_ins(titles, needs, restricted):
    trips = {f"h{k}": [[0], [1]] * 8 for k in range(8)}
    history, goods = a_shop(titles, trips, need=needs, age_restricted=restricted)
    found = substitutes(history, goods)
    assert len(found.product) == 0
    answer = stand_ins_for("p0", found, goods)
    assert answer.rows.empty
    assert "nothing is proposed in its place" in answer.why_none


def test_a_declared_diet_is_kept_and_the_other_direction_is_free():
    trips = {f"h{k}": [[0], [1], [2]] * 6 for k in range(8)}
    history, goods = a_shop(["gluten free pasta", "pasta", "organic pasta"], trips)
    found = substitutes(history, goods)
    assert found.of(0).empty
    assert sorted(found.of(1)["product"]) == [0, 2]
    answer = stand_ins_for("p0", found, goods)
    assert answer.keeps == ["gluten free"]
    assert "gluten free" in answer.why_none


@pytest.mark.parametrize(
    ("title", "diets"),
    [
        ("Lactose-free milk", ["dairy free"]),
        ("Vegan burger", ["dairy free", "meatless", "vegan", "egg free"]),
        ("Kosher hot dogs", ["kosher"]),
        ("Pies sugar free", ["no sugar"]),
        ("Caffeine free cola", ["no caffeine"]),
        ("Soy beverage", ["dairy free"]),
        ("Organic carrots", []),
        ("Soy sauce", []),
        ("Free range eggs", []),
        ("Nonstick pan", []),
    ],
)
def test_diets_are_read_from_words(title, diets):
    bits = declared_diets(pd.DataFrame({"title": [title]}))
    assert diet_words(int(bits[0])) == diets


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1))
def test_a_diet_is_kept_exactly_where_nothing_declared_is_lost(asked, offered):
    kept = bool(keeps_diet(np.array([asked]), np.array([offered]))[0])
    assert kept == set(diet_words(asked)).issubset(diet_words(offered))


def test_needs_never_cross():
    trips = {f"h{k}": [[0], [1]] * 8 for k in range(8)}
    history, goods = a_shop(["dog food", "cat food"], trips, need=["dog food", "cat food"])
    assert len(substitutes(history, goods).product) == 0


def test_an_unknown_product_is_answered_with_the_nearest(chips_and_salsa):
    history, goods = chips_and_salsa
    found = substitutes(history, goods)
    with pytest.raises(TableError, match=r"no product 'salsa' .* p2 \(red salsa\)"):
        stand_ins_for("salsa", found, goods)
    with pytest.raises(TableError, match=r"no product 'p9' among its 3 products; the nearest are"):
        stand_ins_for("p9", found, goods)


def test_a_product_never_sold_is_answered_by_what_it_is():
    trips = {f"h{k}": [[0], [1]] * 8 for k in range(8)}
    history, goods = a_shop(["corn chips", "blue chips", "new chips"], trips)
    rows = stand_ins_for("p2", substitutes(history, goods), goods).rows
    assert set(rows["product_id"]) == {"p0", "p1"}
    assert rows["reason"].str.contains("nobody has bought this one yet").all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_counts_are_the_same_from_both_sides(seed):
    rng = np.random.default_rng(seed)
    trips = {
        f"h{k}": [list(np.flatnonzero(rng.random(5) < 0.4)) or [0] for _ in range(6)]
        for k in range(6)
    }
    history, goods = a_shop([f"chips {c}" for c in "abcde"], trips)
    pairs = count_pairs(history, goods.levels)
    one = np.repeat(np.arange(5), np.diff(pairs.start))
    for counts in (pairs.households_both, pairs.households_instead, pairs.baskets_both):
        table = np.zeros((5, 5), np.int64)
        table[one, pairs.other] = counts
        assert np.array_equal(table, table.T)
    split = pairs.households_instead + pairs.households_together
    assert (split <= pairs.households_both).all()


def goods_of_conftest(made_up_shop, made_up_log, made_up_shelf, until):
    catalogue, _ = made_up_shop
    goods = substitute_goods(catalogue.assign(need=catalogue["category"]))
    return History(made_up_log.until(until), made_up_shelf), goods


def test_stand_ins_of_usual_have_the_shape_of_proposals(made_up_shop, made_up_log, made_up_shelf):
    history, goods = goods_of_conftest(made_up_shop, made_up_log, made_up_shelf, 8)
    served = np.flatnonzero(history.universe.customers)
    found = substitutes(history, goods)
    customer, product, score = stand_ins_of_usual(history, found, served, 4)
    assert len(customer) == len(product) == len(score) > 0
    assert (np.diff(customer) >= 0).all()
    assert np.bincount(customer).max() <= 4
    assert (np.diff(score)[np.diff(customer) == 0] <= 0).all()
    assert not history.log.has_bought(customer, product).any()
    assert history.universe.products[product].all()
    assert len(np.unique(customer * 100 + product)) == len(customer)


def test_later_weeks_change_no_stand_in(made_up_shop, made_up_log, made_up_shelf):
    history, goods = goods_of_conftest(made_up_shop, made_up_log, made_up_shelf, 12)
    again = History(made_up_log.until(25).until(12), made_up_shelf)
    one, other = substitutes(history, goods), substitutes(again, goods)
    assert np.array_equal(one.product, other.product)
    assert np.array_equal(one.score, other.score)


def test_the_weight_of_a_signal_never_gets_the_wrong_sign():
    rng = np.random.default_rng(1)
    signals = rng.normal(size=(300, 2))
    choice = np.repeat(np.arange(100), 3)
    # the dearest of three is taken, though a price gap should speak against
    dearest = signals[:, 0].reshape(100, 3).argmax(axis=1)
    taken = (np.arange(3) == dearest[:, None]).ravel()
    model = learn_choice(signals, choice, taken, np.array([-1, 0]))
    assert model.weights_[0] == 0


def test_ranks_count_the_better_ones_and_cases_are_new_on_a_known_shelf(
    made_up_shop, made_up_log, made_up_shelf
):
    history, goods = goods_of_conftest(made_up_shop, made_up_log, made_up_shelf, 12)
    truth = made_up_log.weeks(13, 16)
    customer, product = new_on_known_shelves(history, truth, goods)
    assert len(customer) > 0
    assert not history.log.has_bought(customer, product).any()
    model = learn_shelf(history, goods)
    ranks = case_ranks(history, (customer, product), goods, model)
    # by hand: the unbought products of the shelf that more households bought, plus one
    crowd = history.households(4.0)
    for case in range(min(5, len(customer))):
        shelf = np.flatnonzero(goods.shelf == goods.shelf[product[case]])
        shelf = shelf[history.universe.products[shelf]]
        shelf = shelf[~history.log.has_bought(np.full(len(shelf), customer[case]), shelf)]
        ahead = (crowd[shelf] > crowd[product[case]]) | (
            (crowd[shelf] == crowd[product[case]]) & (shelf < product[case])
        )
        assert ranks["popular_4_weeks"][case] == 1 + ahead.sum()
    audit = audit_customers(made_up_log.ids.customers)
    report = substitution(history, truth, goods, model, audit, np.random.default_rng(1), draws=50)
    assert report["all"]["cases"] == len(customer)
    assert report["all"]["gain_low"] <= report["all"]["gain"] <= report["all"]["gain_high"]
