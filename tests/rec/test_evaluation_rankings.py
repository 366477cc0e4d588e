"""Baselines on toy baskets worked by hand, and one behaviour for all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recommender.evaluation.full_ease import FullEase
from recommender.evaluation.neighbours import TifuKnn, Trips, UpCf
from recommender.evaluation.rankings import RANKINGS, personal_frequency
from recommender.history import History
from recommender.relevance.generators import Fitted


def trips(*customers: list[set[int]], products: int = 4) -> Trips:
    """Each customer's baskets, the oldest first."""
    rows = [
        (row, product, len(baskets) - 1 - place)
        for row, baskets in enumerate(customers)
        for place, basket in enumerate(baskets)
        for product in sorted(basket)
    ]
    row, column, back = np.array(rows, np.int64).reshape(-1, 3).T
    return Trips(
        customers=np.arange(len(customers)),
        products=np.arange(products),
        baskets=np.array([len(baskets) for baskets in customers]),
        row=row,
        column=column,
        back=back,
    )


def test_up_cf_adds_up_what_alike_customers_bought_lately():
    two = trips([{0, 1}, {0}], [{0, 2}, {2}])
    model = UpCf(recent_baskets=2, asymmetry=0.5, locality=2.0).fit(two)
    # shares of two baskets: (1, 1/2, 0) and (1/2, 0, 1); one product of 2 and 2 in common: 1/2,
    # squared 1/4; to itself 1
    found = model.scores(slice(0, 2))
    assert found[0].tolist() == pytest.approx([1 + 1 / 8, 1 / 2, 1 / 4, 0])
    assert found[1].tolist() == pytest.approx([1 / 2 + 1 / 4, 1 / 8, 1, 0])


def test_up_cf_forgets_baskets_before_the_last_few_but_not_who_is_alike():
    two = trips([{1}, {0}], [{1}, {2}, {2}])
    found = UpCf(recent_baskets=1, asymmetry=0.5, locality=1.0).fit(two).scores(slice(0, 1))
    # customer 0's last basket is {0}; customer 1's {2}; they have 1 of 2 and 2 in common
    assert found[0].tolist() == pytest.approx([1, 0, 1 / 2, 0])


def test_up_cf_is_asymmetric():
    two = trips([{0}], [{0, 1, 2, 3}])
    model = UpCf(recent_baskets=1, asymmetry=0.0, locality=1.0).fit(two)
    # |common| / |the other's|: 1/4 for the small one, 1 for the large one
    assert model.scores(slice(0, 1))[0, 1] == pytest.approx(1 / 4)
    assert model.scores(slice(1, 2))[0, 0] == pytest.approx(1 + 1)


def test_tifu_decays_inside_groups_and_between_them():
    one = trips([{0}, {1}, {2}], [{3}])
    model = TifuKnn(groups=2, basket_decay=0.5, group_decay=0.5, neighbours=1, own_share=0.5)
    vectors = model.fit(one).vectors_.toarray()
    # groups {0} and {1, 2}: the older is halved, each is a mean, and both are a mean of two:
    # 1/2 x 1/2; 1/2 x 1/2 x 1/2; 1/2 x 1/2
    assert vectors[0].tolist() == pytest.approx([1 / 4, 1 / 8, 1 / 4, 0])
    assert vectors[1].tolist() == [0, 0, 0, 1], "one basket is one group"
    # the only neighbour is the other customer
    assert model.scores(slice(0, 1))[0].tolist() == pytest.approx([1 / 8, 1 / 16, 1 / 8, 1 / 2])


def test_tifu_asks_the_nearest_customers_and_never_the_customer_itself():
    three = trips([{0}], [{0, 1}], [{2}])
    model = TifuKnn(neighbours=1, own_share=0.0).fit(three)
    # distances from customer 0: 1 to customer 1, 2 to customer 2 (squared)
    assert model.scores(slice(0, 1))[0].tolist() == [1, 1, 0, 0]


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 9))
def test_tifu_weights_are_those_of_the_paper_for_any_number_of_baskets(baskets, groups):
    model = TifuKnn(groups=groups, basket_decay=0.9, group_decay=0.8)
    found = model.fit(trips([{k} for k in range(baskets)], products=baskets)).vectors_.toarray()[0]
    count = min(groups, baskets)
    sizes = [baskets // count + (k >= count - baskets % count) for k in range(count)]
    want = [
        0.9 ** (size - 1 - place) / size * 0.8 ** (count - 1 - group) / count
        for group, size in enumerate(sizes)
        for place in range(size)
    ]
    assert found.tolist() == pytest.approx(want)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=4),
        min_size=2,
        max_size=6,
    )
)
def test_blocks_of_customers_score_as_all_together(customers):
    some = trips(*customers)
    for model in (UpCf(neighbours=3), TifuKnn(neighbours=2)):
        model.fit(some)
        whole = model.scores(slice(0, len(customers)))
        parts = [model.scores(slice(k, k + 1)) for k in range(len(customers))]
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-12)


def test_ease_by_hand():
    # three customers have {0, 1}, {0, 1} and {0}; X'X + 1 = [[4, 2], [2, 3]], its inverse
    # [[3, -2], [-2, 4]] / 8, so the weight of 0 for 1 is 2 / 4 and that of 1 for 0 is 2 / 3
    model = FullEase(ridge=1.0).fit(csr_matrix(np.array([[1.0, 1], [1, 1], [1, 0]])))
    assert model.scores(slice(0, 3)) == pytest.approx(
        np.array([[2 / 3, 1 / 2], [2 / 3, 1 / 2], [0, 1 / 2]])
    )


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_ease_is_its_closed_form_with_more_customers_than_products_or_fewer(rows, columns, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, size=(rows, columns)).astype(float)
    x[0, 0] = 1.0
    model = FullEase(ridge=2.0).fit(csr_matrix(x))
    kept = x[:, model.products_]
    inverse = np.linalg.inv(kept.T @ kept + 2.0 * np.eye(kept.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    np.testing.assert_allclose(model.scores(slice(0, rows)), kept @ weights, atol=1e-9)


def test_ease_learns_the_products_bought_most():
    x = csr_matrix(np.array([[1.0, 0, 1, 0], [1, 0, 1, 1]]))
    assert FullEase(most_bought=2).fit(x).products_.tolist() == [0, 2]


@pytest.fixture(scope="module")
def fitted(made_up_log, made_up_shelf):
    return Fitted(History(made_up_log.until(26), made_up_shelf))


def test_trips_know_the_order_of_baskets(fitted):
    found = Trips.of(fitted.history)
    log = fitted.history.log
    assert (found.back[found.row == 3] == 0).any()
    last = log.week[log.customer == found.customers[3]].max()
    at = (log.customer == found.customers[3]) & (log.week == last)
    own = (found.row == 3) & (found.back == 0)
    assert sorted(found.products[found.column[own]]) == sorted(set(log.product[at]))
    assert found.baskets[3] == len(set(log.basket[log.customer == found.customers[3]]))


@pytest.mark.parametrize("name", RANKINGS)
def test_every_ranking_answers_in_one_shape(name, fitted):
    history = fitted.history
    lists = RANKINGS[name](fitted, 12)
    assert list(lists) == ["all", "new"]
    for items, answer in lists.items():
        assert answer.shape == (len(fitted.served), 12)
        row, place = np.nonzero(answer >= 0)
        product = answer[row, place]
        assert history.universe.products[product].all()
        for one in answer:
            real = one[one >= 0]
            assert len(set(real)) == len(real), "no product twice"
            assert (one[: len(real)] >= 0).all(), "empty places come last"
        if items == "new":
            assert not history.log.has_bought(fitted.served[row], product).any()


@pytest.mark.parametrize("name", RANKINGS)
def test_shorter_lists_are_the_beginning_of_longer_ones(name, fitted):
    longer, shorter = RANKINGS[name](fitted, 8), RANKINGS[name](fitted, 3)
    for items, lists in shorter.items():
        assert (lists == longer[items][:, :3]).all()


def test_personal_frequency_counts_baskets_and_proposes_nothing_new(fitted):
    lists = personal_frequency(fitted, 4)
    own = fitted.history.by_product
    mine = own.key // own.groups == fitted.served[7]
    order = np.lexsort((own.key[mine], -own.visits[mine]))
    assert lists["all"][7].tolist() == (own.key[mine][order] % own.groups)[:4].tolist()
    assert (lists["new"] == -1).all()


def test_whoever_has_favourites_is_served_better_than_by_popularity(fitted, made_up_log):
    truth = made_up_log.weeks(27, 30)

    def hits(name):
        lists = RANKINGS[name](fitted, 5)["all"]
        return truth.has_bought(np.repeat(fitted.served, 5), lists.ravel()).mean()

    for name in ("personal frequency", "decayed frequency", "UP-CF", "TIFU-KNN"):
        assert hits(name) > hits("popularity") + 0.1
