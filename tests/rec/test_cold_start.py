"""Products hardly sold: who takes them, with which chance; and how they join the candidates."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recommender.candidates import Candidates
from recommender.history import History, Shelf
from recommender.log import read_log
from recommender.relevance.cold.attraction import (
    Wares,
    buyers_in,
    cold,
    planned_places,
    product_features,
)
from recommender.relevance.cold.cold_pairs import ColdShelf, pair_features, pairs_of
from recommender.relevance.cold.cold_start import (
    COLD_SOURCE,
    ColdModel,
    cold_candidates,
    fit_cold,
    merged,
    packs_a_purchase,
)
from recommender.relevance.cold.words import likeness, words_of
from recommender.relevance.displays import Displays
from recommender.splits import Window, protocol

KINDS = ["apple", "bread", "coffee", "dates", "eggs", "flour"]


@pytest.fixture(scope="module")
def shop():
    """Sixty households; household h likes kind h % 6. Of each kind four products sell always, and
    each week one rare product comes out that six in ten of those take who like its kind."""
    rng = np.random.default_rng(3)
    weeks = 32
    staple = [(kind, f"{kind}-{k}") for kind in KINDS for k in range(4)]
    rare = [(KINDS[(w + k) % 6], f"rare-{w:02d}-{k}") for w in range(1, weeks + 1) for k in (0, 1)]
    catalogue = pd.DataFrame(
        {
            "product_id": [p for _, p in staple + rare],
            "title": [f"{kind} of the week" for kind, _ in staple + rare],
            "department": "grocery",
            "category": [kind for kind, _ in staple + rare],
            "product_type": [kind for kind, _ in staple + rare],
            "seller_id": ["s1"] * len(staple) + ["s2"] * len(rare),
            "price": 2.0,
            "package_size": "500 G",
        }
    )
    rows = []
    for household in range(60):
        likes = KINDS[household % 6]
        for week in range(1, weeks + 1):
            basket = f"{household}-{week}"
            other = KINDS[rng.integers(6)]
            rows += [
                (household, f"{kind}-{rng.integers(4)}", week, basket, 1.0)
                for kind in (likes, other)
            ]
            # a rare product sells in its week and in the week after, to four households at most
            for k, (kind, product) in enumerate(rare):
                out = 1 + k // 2
                if kind == likes and out <= week <= out + 4 and rng.random() < 0.04:
                    rows.append((household, product, week, basket, 2.0))
    purchases = pd.DataFrame(
        rows, columns=["customer_id", "product_id", "week", "basket_id", "quantity"]
    )
    purchases["customer_id"] = purchases["customer_id"].map("h{:02d}".format)
    purchases["bought_at"] = pd.Timestamp("2024-01-01 10:00") + pd.to_timedelta(
        7 * (purchases["week"] - 1), unit="D"
    )
    purchases["paid"] = 2.0 * purchases["quantity"]
    log = read_log(purchases, catalogue["product_id"])
    return log, Shelf.of(catalogue, catalogue["category"]), Wares.of(catalogue)


@pytest.fixture(scope="module")
def model(shop):
    log, shelf, wares = shop
    return fit_cold(log, shelf, wares, protocol(32))


def test_words_that_all_titles_share_say_nothing_and_rows_have_length_one():
    words = words_of(["red apple", "red pear", "green apple", "green pear"] * 3 + ["soap"] * 2)
    # red, apple, green, pear stand in 6 of 14 titles, more than a fifth: only soap (2) tells
    assert words.shape == (14, 1)
    assert words.toarray().ravel().tolist() == [0.0] * 12 + [1.0, 1.0]


def test_a_catalogue_of_titles_alone_is_enough():
    catalogue = pd.DataFrame({"product_id": ["a", "b"], "title": ["red tea", "green tea"]})
    wares = Wares.of(catalogue)
    assert np.isnan(wares.price).all()
    assert np.isnan(wares.pack).all()
    assert wares.brand.tolist() == [0, 0]


def test_the_pack_is_the_largest_number_of_its_text():
    sizes = ["12 PK/12 OZ", "2.5 LITER", None]
    catalogue = pd.DataFrame({"title": ["a", "b", "c"], "package_size": sizes})
    assert Wares.of(catalogue).pack[:2].tolist() == [12.0, 2.5]
    assert np.isnan(Wares.of(catalogue).pack[2])


def test_likeness_is_the_cosine_of_words():
    profile = csr_matrix(np.array([[0.6, 0.8, 0.0], [0.0, 0.0, 1.0]]))
    words = csr_matrix(np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.8]]))
    found = likeness(profile, words, np.array([0, 0, 1]), np.array([0, 1, 1]))
    # by hand: 0.6 x 1; 0.8 x 0.6; 1 x 0.8
    assert found == pytest.approx([0.6, 0.48, 0.8])


def test_cold_products_may_be_recommended_but_are_not_in_the_universe(shop):
    log, shelf, _ = shop
    history = History(log.until(24), shelf)
    is_cold = cold(history)
    assert not (is_cold & history.universe.products).any()
    assert (is_cold | history.universe.products)[shelf.recommendable].all()


def test_what_is_known_of_products_does_not_change_when_the_future_does(shop):
    log, shelf, wares = shop
    one = product_features(History(log.until(20), shelf), wares)
    other = product_features(History(log.until(26).until(20), shelf), wares)
    assert one[0] == other[0]
    assert np.array_equal(one[1], other[1], equal_nan=True)


def test_learning_refuses_a_history_that_knows_the_labels(shop):
    log, shelf, wares = shop
    late = ColdShelf(History(log.until(28), shelf), wares)
    with pytest.raises(ValueError, match="reaches week 28, but the labels begin in week 25"):
        ColdModel().fit([(late, Window(25, 28))], log)
    with pytest.raises(ValueError, match="the model would learn from what it is to predict"):
        ColdModel().calibrate(late, log, Window(25, 28), np.ones(log.customers, bool))


def test_proposals_are_cold_each_pair_once_and_best_first(shop, model):
    log, shelf, wares = shop
    history = History(log.until(28), shelf)
    rows = model.propose(ColdShelf(history, wares), 5)
    assert cold(history)[rows.product].all()
    assert history.universe.customers[rows.customer].all()
    pairs = rows.customer * log.products + rows.product
    assert len(np.unique(pairs)) == len(pairs)
    assert np.bincount(rows.customer).max() <= 5
    same = np.diff(rows.customer) == 0
    assert (np.diff(rows.score)[same] <= 0).all()
    assert ((rows.score > 0) & (rows.score < 1)).all()


def test_households_are_proposed_rare_products_of_the_kind_that_they_like(shop, model):
    log, shelf, wares = shop
    rows = model.propose(ColdShelf(History(log.until(28), shelf), wares), 3)
    likes = rows.customer % 6  # households are numbered by their id, as they were made
    # a kind's code is its place in the alphabet, and so in KINDS
    assert (shelf.product_type[rows.product] == likes).mean() > 0.8


def test_the_chances_add_up_to_about_what_is_bought(shop, model):
    log, shelf, wares = shop
    history = History(log.until(28), shelf)
    found = cold_candidates(model, history, wares, 200)
    label = log.weeks(29, 32)
    bought = label.has_bought(found.customer, found.product)
    assert found.p_buy.sum() == pytest.approx(bought.sum(), rel=0.5)
    assert found.p_buy[bought].mean() > 3 * found.p_buy[~bought].mean()
    assert buyers_in(log, Window(29, 32))[found.product[bought]].min() >= 1


def test_cold_candidates_have_the_shape_of_candidates(shop, model):
    log, shelf, wares = shop
    history = History(log.until(28), shelf)
    found = cold_candidates(model, history, wares, 4)
    assert found.customers == log.customers
    assert (found.source == COLD_SOURCE).all()
    assert np.array_equal(found.is_new, ~history.log.has_bought(found.customer, found.product))
    assert (found.q_buy >= found.p_buy).all()


def test_packs_of_a_purchase_are_shrunk_to_those_of_all(shop):
    log, shelf, _ = shop
    history = History(log.until(10), shelf)
    packs = packs_a_purchase(history)
    assert packs.min() >= 1.0
    assert packs.max() <= history.visits.quantity.max()


def test_a_saved_model_proposes_the_same(shop, model, tmp_path):
    log, shelf, wares = shop
    at = ColdShelf(History(log.until(28), shelf), wares)
    model.save(tmp_path)
    one, other = model.propose(at, 9), ColdModel.load(tmp_path).propose(at, 9)
    assert np.array_equal(one.product, other.product)
    assert np.array_equal(one.score, other.score)


def test_a_shop_that_sells_all_its_products_well_has_no_cold_ones(
    made_up_shop, made_up_log, made_up_shelf
):
    catalogue, _ = made_up_shop
    wares = Wares.of(catalogue)
    model = fit_cold(made_up_log, made_up_shelf, wares, protocol(30))
    assert model.weights_ == []
    found = cold_candidates(model, History(made_up_log, made_up_shelf), wares)
    assert len(found.product) == 0
    assert found.customers == made_up_log.customers


def candidates(rows, customers=2):
    frame = pd.DataFrame(rows, columns=["customer", "product", "p_buy"])
    frame["q_buy"], frame["is_new"], frame["source"] = frame["p_buy"], True, 1
    return Candidates.from_frame(frame, customers)


def test_merging_keeps_each_customers_best_first_and_the_first_of_a_pair():
    one = candidates([(0, 5, 0.3), (0, 6, 0.1), (1, 5, 0.2)])
    other = candidates([(0, 7, 0.2), (0, 5, 0.9), (1, 8, 0.4)])
    both = merged(one, other)
    assert both.customer.tolist() == [0, 0, 0, 1, 1]
    assert both.product.tolist() == [5, 7, 6, 8, 5]
    assert both.p_buy.tolist() == [0.3, 0.2, 0.1, 0.4, 0.2]


pairs = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.floats(0.01, 0.99)),
    unique_by=lambda row: row[:2],
    min_size=1,
)


@given(pairs, pairs)
def test_merged_candidates_hold_every_pair_once(some, more):
    both = merged(candidates(some, 4), candidates(more, 4))
    held = set(zip(both.customer.tolist(), both.product.tolist(), strict=True))
    assert held == {row[:2] for row in some} | {row[:2] for row in more}
    assert len(both.product) == len(held)


def test_pairs_hold_what_a_household_bought_of_cold_products(shop, model):
    log, shelf, wares = shop
    at = ColdShelf(History(log.until(28), shelf), wares)
    attraction = model.attraction.predict(at.features[1])
    customer, product = pairs_of(at, attraction)
    keys = set((customer * log.products + product).tolist())
    own = at.history.by_product
    mine = at.is_cold[own.key % own.groups]
    assert set(own.key[mine].tolist()) <= keys
    names, values = pair_features(at, attraction, customer, product)
    assert np.isfinite(values).all()
    bought = values[:, names.index("bought_before")] == 1
    assert bought.sum() == mine.sum()


def shown_in(weeks, products=(0,)):
    """Each of `products` on display in store 0 in each of `weeks`."""
    product, week = (part.ravel() for part in np.meshgrid(products, weeks, indexing="ij"))
    return Displays(
        product=product,
        store=np.zeros(len(product), np.int64),
        week=week,
        display=np.ones(len(product), np.int16),
        mailer=np.zeros(len(product), np.int16),
        display_names=("none", "front end cap"),
        mailer_names=("none", "front page"),
    )


def test_planned_displays_are_counted_ahead_and_behind():
    planned = planned_places(shown_in(np.arange(3, 11), (1,)), Window(9, 10), 3)
    # by hand: weeks 9 and 10 are planned, weeks 7 and 8 are past
    assert planned["planned_display"].tolist() == [0.0, 2.0, 0.0]
    assert planned["past_display"].tolist() == [0.0, 2.0, 0.0]
    assert planned["planned_mailer"].tolist() == [0.0, 0.0, 0.0]


def test_displays_that_do_not_reach_the_horizon_are_refused():
    with pytest.raises(ValueError, match="displays: weeks 9 to 12 are to be foretold"):
        planned_places(shown_in(np.arange(3, 11)), Window(9, 12), 3)


def test_a_model_that_knows_displays_asks_for_them_and_one_without_refuses_them(shop, model):
    log, shelf, wares = shop
    shown = shown_in(np.arange(1, 33), np.arange(30))
    planned = fit_cold(log, shelf, wares, protocol(32), shown)
    history = History(log.until(28), shelf)
    assert len(cold_candidates(planned, history, wares, 3, shown).product)
    with pytest.raises(ValueError, match="the model knows the features"):
        cold_candidates(planned, history, wares, 3)
    with pytest.raises(ValueError, match="the model knows the features"):
        cold_candidates(model, history, wares, 3, shown)
