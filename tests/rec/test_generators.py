"""Every generator answers in one shape; the merge keeps what each of them named."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from recommender.history import Habit, History, Shelf
from recommender.log import read_log
from recommender.relevance.generators import (
    GENERATORS,
    Fitted,
    best,
    propose,
    shortfall,
)
from recommender.relevance.generators.habits import buys_again, due
from recommender.relevance.generators.shelves import small_sellers

WEEKS = 20
SEGMENTS = np.arange(80) % 3 - 1  # a third of the households unknown


@pytest.fixture(scope="module")
def fitted(made_up_log, made_up_shelf):
    return Fitted(History(made_up_log.until(WEEKS), made_up_shelf), segments=SEGMENTS)


def pairs(rows, fitted):
    return rows.customer * fitted.history.log.products + rows.product


@pytest.mark.parametrize("n", [1, 7, 400])
@pytest.mark.parametrize("name", GENERATORS)
class TestEveryGenerator:
    def test_names_no_pair_twice_and_at_most_n_a_customer(self, name, n, fitted):
        rows = GENERATORS[name].propose(fitted, n)
        assert len(rows.customer) == len(rows.product) == len(rows.score) > 0
        assert len(np.unique(pairs(rows, fitted))) == len(rows.customer)
        assert np.bincount(rows.customer).max() <= n

    def test_sorts_by_customer_then_best_first(self, name, n, fitted):
        rows = GENERATORS[name].propose(fitted, n)
        step = np.diff(rows.customer)
        assert (step >= 0).all()
        assert (np.diff(rows.score)[step == 0] <= 0).all()
        assert np.isfinite(rows.score).all()

    def test_names_only_what_may_be_proposed_to_whom_is_served(self, name, n, fitted):
        rows = GENERATORS[name].propose(fitted, n)
        assert fitted.history.universe.products[rows.product].all()
        assert fitted.history.universe.customers[rows.customer].all()

    def test_names_what_was_bought_if_it_is_repeats_and_never_if_not(self, name, n, fitted):
        rows = GENERATORS[name].propose(fitted, n)
        bought = fitted.history.log.has_bought(rows.customer, rows.product)
        assert bought.all() if name == "repeats" else not bought.any()

    def test_names_n_or_says_how_many_it_lacks(self, name, n, fitted):
        rows = GENERATORS[name].propose(fitted, n)
        lacking = shortfall(fitted, rows, n)
        assert len(lacking) == len(fitted.served)
        assert (lacking >= 0).all()
        assert lacking.sum() == n * len(fitted.served) - len(rows.customer)

    def test_gives_the_first_of_a_longer_answer(self, name, n, fitted):
        short, long = (GENERATORS[name].propose(fitted, k) for k in (n, n + 5))
        assert np.isin(pairs(short, fitted), pairs(long, fitted)).all()


@pytest.fixture(scope="module")
def fitted_again(made_up_log, made_up_shelf):
    return Fitted(History(made_up_log.until(WEEKS), made_up_shelf), segments=SEGMENTS)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_second_fit_gives_the_same_answer(name, fitted, fitted_again):
    one, other = (GENERATORS[name].propose(f, 7) for f in (fitted, fitted_again))
    assert np.array_equal(one.product, other.product)
    assert np.array_equal(one.score, other.score)


@pytest.mark.parametrize("name", ["popular", "popular_in_segment", "popular_in_store"])
def test_a_popular_list_is_short_only_for_who_bought_nearly_all(name, fitted):
    sold = int(fitted.history.universe.products.sum())
    customer = fitted.history.log.bought // fitted.history.log.products
    own = np.bincount(customer, minlength=80)
    expected = np.maximum(30 - (sold - own[fitted.served]), 0)
    rows = GENERATORS[name].propose(fitted, 30)
    assert (shortfall(fitted, rows, 30) <= expected).all()


@pytest.fixture(scope="module")
def two_segments():
    """Ten young and ten old households that buy milk; the young find tea, the old find rum."""
    rows = []
    for household in range(20):
        own = "tea" if household < 10 else "rum"
        for week in range(1, 11):
            # two of each keep to milk: tea or rum is new to them
            product = own if week > 5 and household % 10 > 1 else "milk"
            rows.append((f"h{household:02d}", product, week, f"{household}-{week}"))
    purchases = pd.DataFrame(rows, columns=["customer_id", "product_id", "week", "basket_id"])
    purchases["bought_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        7 * purchases["week"], unit="D"
    )
    catalogue = pd.DataFrame({"product_id": ["milk", "rum", "tea"], "category": "drinks"})
    log = read_log(purchases, catalogue["product_id"])
    return History(log, Shelf.of(catalogue, catalogue["category"]))


def test_a_segment_with_many_buyers_goes_its_own_way(two_segments, monkeypatch):
    monkeypatch.setattr("recommender.relevance.generators.crowds.SEGMENT_PRIOR", 1.0)
    segments = np.repeat([0, 1], 10)
    rows = GENERATORS["popular_in_segment"].propose(Fitted(two_segments, None, segments), 1)
    first = dict(zip(rows.customer.tolist(), rows.product.tolist(), strict=True))
    assert first[0] == 2, "tea for a young household"
    assert first[10] == 1, "rum for an old one"


def test_without_segments_the_whole_shop_is_one(two_segments):
    rows = GENERATORS["popular_in_segment"].propose(Fitted(two_segments), 1)
    both = rows.customer % 10 < 2
    assert (rows.product[both] == 1).all(), "as many take up either: the lower number"


def habit(visits, first_day, last_day):
    count = len(visits)
    other = np.ones(count)
    return Habit(
        key=np.arange(count),
        groups=count,
        visits=np.array(visits, float),
        decayed=other,
        recent=other,
        first_day=np.array(first_day, float),
        last_day=np.array(last_day, float),
        quantity=other,
    )


def test_due_is_the_time_since_over_the_usual_gap():
    # visits on days 0, 10 and 20: every 10 days; on day 25 half of that has passed
    assert due(habit([3], [0], [20]), 25.0) == pytest.approx(0.5)
    # 7 visits in a day: the gap counts as half a week
    assert due(habit([7], [0], [1]), 8.0) == pytest.approx(7 / 3.5)
    assert due(habit([1], [3], [3]), 80.0) == 1.0, "one purchase tells no gap"


def test_buying_again_is_shrunk_to_the_mean_of_all_products():
    # one buyer each: product 0 twice, product 1 once; the mean is 1/2 and counts as 5 buyers
    again = buys_again(habit([2, 1], [0, 0], [9, 0]))
    assert again == pytest.approx([(1 + 2.5) / 6, (0 + 2.5) / 6])


def test_repeats_put_the_frequent_and_the_recent_first():
    rows = []
    days = {"weekly": range(1, 29), "rare": (5, 28), "gone": range(1, 9)}
    for household in range(6):
        for product, weeks in days.items():
            rows += [(f"h{household}", product, week, f"{household}-{week}") for week in weeks]
    purchases = pd.DataFrame(rows, columns=["customer_id", "product_id", "week", "basket_id"])
    purchases["bought_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        7 * purchases["week"], unit="D"
    )
    catalogue = pd.DataFrame({"product_id": ["gone", "rare", "weekly"], "category": "all"})
    log = read_log(purchases, catalogue["product_id"])
    history = History(log, Shelf.of(catalogue, catalogue["category"]))
    named = GENERATORS["repeats"].propose(Fitted(history), 3)
    assert named.product[:3].tolist() == [2, 1, 0]


def test_the_long_tail_is_of_small_sellers_alone(fitted):
    small = small_sellers(fitted)
    assert small.sum() == 3, "of four sellers the tenth, rounded up, is one"
    rows = GENERATORS["long_tail"].propose(fitted, 10)
    assert small[fitted.history.shelf.seller[rows.product]].all()


def test_ties_go_to_the_lower_product():
    rows = best(np.zeros(3, int), np.array([5, 1, 3]), np.array([1.0, 1.0, 1.0]), 2)
    assert rows.product.tolist() == [1, 3]


class TestMerge:
    def test_holds_each_pair_once_and_its_sources(self, fitted):
        rows = propose(fitted, per_customer=12)
        assert len(np.unique(pairs(rows, fitted))) == len(rows.customer)
        assert np.bincount(rows.customer).max() <= 12
        assert (rows.source > 0).all()
        assert (rows.source < 1 << len(GENERATORS)).all()
        repeated = fitted.history.log.has_bought(rows.customer, rows.product)
        assert np.array_equal(repeated, (rows.source & 1) == 1), "the first bit says repeat"

    @pytest.mark.parametrize("bit", range(len(GENERATORS)))
    def test_a_bit_says_that_its_generator_named_the_product(self, bit, fitted):
        name = list(GENERATORS)[bit]
        source = GENERATORS[name]
        named = source.propose(fitted, int(np.ceil(source.reach * 12)))
        rows = propose(fitted, per_customer=12)
        said = (rows.source >> bit) & 1 == 1
        assert np.array_equal(said, np.isin(pairs(rows, fitted), pairs(named, fitted)))

    def test_has_new_products_and_small_sellers_for_households_that_bought_nearly_all(self, fitted):
        rows = propose(fitted, per_customer=30)
        new = ~fitted.history.log.has_bought(rows.customer, rows.product)
        bought = fitted.history.log.bought // fitted.history.log.products
        left = fitted.history.universe.products.sum() - np.bincount(bought, minlength=80)
        counted = np.bincount(rows.customer[new], minlength=80)
        assert (counted[fitted.served] >= np.minimum(left[fitted.served], 5)).all()

    def test_gives_more_when_more_are_wanted(self, fitted):
        few, many = propose(fitted, 5), propose(fitted, 20)
        assert (np.bincount(few.customer)[fitted.served] == 5).all()
        assert (np.bincount(many.customer)[fitted.served] == 20).all()

    def test_does_not_change_when_the_future_does(self, made_up_log, made_up_shelf):
        early = made_up_log.until(WEEKS)
        with_future = made_up_log.until(25).until(WEEKS)
        one, other = (propose(Fitted(History(log, made_up_shelf))) for log in (early, with_future))
        assert np.array_equal(one.product, other.product)
        assert np.array_equal(one.source, other.source)


def test_ready_models_take_the_place_of_models_learned_here(fitted):
    models = SimpleNamespace(als=fitted.als, item_item=fitted.item_item, ease=fitted.ease)
    again = Fitted(fitted.history, models)
    assert again.als is fitted.als
    assert again.item_item is fitted.item_item
    assert again.ease is fitted.ease
