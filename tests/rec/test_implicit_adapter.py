"""implicit's traps, each absorbed: no bought item, no pad, no double, no arbitrary answer."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommender.relevance.implicit_adapter import Als, ItemItem, check_matrix

MODELS = {
    "als": lambda: Als(factors=4, iterations=3),
    "item_item": lambda: ItemItem(neighbours=10),
}


@pytest.fixture
def taste():
    rng = np.random.default_rng(7)
    dense = (rng.random((30, 12)) < 0.4).astype(float)
    dense[0] = 0  # a customer without purchases
    dense[1] = 1  # a customer who bought everything
    dense[2] = 0
    dense[2, :10] = 1  # two products left
    return csr_matrix(dense)


@pytest.mark.parametrize("name", MODELS)
def test_a_new_product_was_never_bought(name, taste):
    ids, _ = MODELS[name]().fit(taste).propose(taste, n=8)
    bought = taste.toarray() > 0
    for customer, row in enumerate(ids):
        assert not bought[customer, row[row >= 0]].any()


@pytest.mark.parametrize("name", MODELS)
def test_no_product_stands_twice_and_pads_are_at_the_end(name, taste):
    ids, scores = MODELS[name]().fit(taste).propose(taste, n=12)
    for row, score in zip(ids, scores, strict=True):
        there = row[row >= 0]
        assert len(set(there)) == len(there)
        assert (row[: len(there)] >= 0).all()
        assert np.isneginf(score[len(there) :]).all()
        assert (np.diff(score[: len(there)]) <= 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_customer_without_purchases_gets_nothing_rather_than_anything(name, taste):
    ids, _ = MODELS[name]().fit(taste).propose(taste, n=5)
    assert (ids[0] == -1).all()


@pytest.mark.parametrize("name", MODELS)
def test_a_customer_who_bought_everything_gets_nothing_new(name, taste):
    ids, _ = MODELS[name]().fit(taste).propose(taste, n=5)
    assert (ids[1] == -1).all()
    assert set(ids[2][ids[2] >= 0]) <= {10, 11}


@pytest.mark.parametrize("name", MODELS)
def test_asking_for_more_than_there_is_pads_with_no_product(name, taste):
    ids, scores = MODELS[name]().fit(taste).propose(taste, n=40)
    assert ids.shape == scores.shape == (30, 40)
    assert ids.max() < 12
    assert (ids[:, 12:] == -1).all()


def test_als_answers_for_the_customers_asked_about(taste):
    model = Als(factors=4, iterations=3).fit(taste)
    everyone, _ = model.propose(taste, n=3)
    some = np.array([5, 9])
    ids, _ = model.propose(taste[some], n=3, users=some)
    assert np.array_equal(ids, everyone[some])


def test_als_learns_the_same_from_the_same(taste):
    one, other = (Als(factors=4, iterations=3).fit(taste).propose(taste, n=5) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])


def test_item_item_scores_pairs_as_it_proposes_them(taste):
    model = ItemItem(neighbours=10).fit(taste)
    ids, scores = model.propose(taste, n=4)
    customer, place = np.nonzero(ids >= 0)
    again = model.score(taste, customer, ids[customer, place])
    assert np.allclose(again, scores[customer, place], rtol=1e-5)


@pytest.mark.parametrize("value", [-1.0, np.inf, np.nan])
def test_values_that_implicit_would_swallow_are_refused(value):
    matrix = csr_matrix(np.array([[1.0, 2.0], [0.0, 3.0]]))
    matrix.data[2] = value
    with pytest.raises(ValueError, match="customer number 1"):
        check_matrix(matrix)


def test_an_empty_log_is_refused():
    with pytest.raises(ValueError, match="no purchases"):
        check_matrix(csr_matrix((3, 3)))
