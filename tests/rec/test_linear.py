"""EASE against its own formula, and its answers against the sums that they are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from recommender.relevance.items import linear
from recommender.relevance.items.answers import NO_PRODUCT
from recommender.relevance.items.linear import Ease


def formula(bought, ridge):
    """Steck's closed form, dense: -P_ij / P_jj off the diagonal, negative weights left out."""
    bought = (bought > 0).astype(float)
    inverse = np.linalg.inv(bought.T @ bought + ridge * np.eye(bought.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.maximum(weights, 0.0)


@pytest.fixture
def bought():
    return (np.random.default_rng(3).random((40, 12)) < 0.3).astype(float)


def test_two_products_by_hand():
    # three buy both, one buys the first alone: X'X + I = [[5, 3], [3, 4]], inverse
    # [[4, -3], [-3, 5]] / 11; weight from 0 to 1 is 3/5, from 1 to 0 is 3/4
    matrix = csr_matrix(np.array([[1, 1], [1, 1], [1, 1], [1, 0]]))
    weights = Ease(ridge=1.0).fit(matrix).weights_.toarray()
    assert weights == pytest.approx(np.array([[0, 3 / 5], [3 / 4, 0]]))


def test_how_often_a_customer_buys_does_not_count(bought):
    often = csr_matrix(bought * np.arange(1, 13))
    once = csr_matrix(bought)
    assert (Ease().fit(often).weights_ != Ease().fit(once).weights_).nnz == 0


@pytest.mark.parametrize("customers", [6, 40])
@pytest.mark.parametrize("at_a_time", [5, 1000])
def test_the_weights_are_the_closed_form_for_few_and_for_many_customers(
    bought, customers, at_a_time, monkeypatch
):
    monkeypatch.setattr(linear, "COLUMNS_AT_A_TIME", at_a_time)
    some = bought[:customers]
    weights = Ease(ridge=2.0).fit(csr_matrix(some)).weights_.toarray()
    sold = some.sum(axis=0) > 0
    expected = np.zeros((12, 12))
    expected[np.ix_(sold, sold)] = formula(some[:, sold], 2.0)
    assert weights == pytest.approx(expected, abs=1e-6)


def test_each_product_keeps_its_nearest(bought):
    full = Ease(ridge=2.0).fit(csr_matrix(bought)).weights_.toarray()
    few = Ease(ridge=2.0, neighbours=3).fit(csr_matrix(bought)).weights_.toarray()
    assert ((few > 0).sum(axis=0) <= 3).all()
    for column in range(12):
        assert np.sort(few[:, column])[-3:] == pytest.approx(np.sort(full[:, column])[-3:])


def test_only_the_most_bought_are_read_and_proposed(bought):
    model = Ease(products=4, ridge=2.0).fit(csr_matrix(bought))
    most = np.sort(np.lexsort((np.arange(12), -bought.sum(axis=0)))[:4])
    ids, _ = model.propose(csr_matrix(bought), 12)
    assert set(np.unique(ids)) <= {NO_PRODUCT, *most.tolist()}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 15))
def test_answers_are_the_highest_sums_of_new_products(seed, n):
    rng = np.random.default_rng(seed)
    taste = (rng.random((15, 9)) < 0.4).astype(float)
    taste[0] = 0.0
    taste[1, 0] = 1.0
    model = Ease(ridge=1.5).fit(csr_matrix(taste))
    ids, scores = model.propose(csr_matrix(taste), n)
    sums = (taste > 0) @ model.weights_.toarray().astype(np.float64)
    sums[taste > 0] = 0.0
    assert ids.shape == scores.shape == (15, n)
    for row in range(15):
        there = ids[row] >= 0
        assert there.sum() == min(n, (sums[row] > 0).sum())
        assert (taste[row, ids[row][there]] == 0).all()
        assert len(set(ids[row][there])) == there.sum()
        best = np.sort(sums[row])[::-1][: there.sum()]
        assert scores[row][there] == pytest.approx(best, rel=1e-6)
        assert np.isneginf(scores[row][~there]).all()
    known = model.propose(csr_matrix(taste), n, new_only=False)[0]
    assert np.isin(known, taste.nonzero()[1]).any() or n == 0


def test_scores_are_the_sums_that_answers_are_ranked_by(bought):
    matrix = csr_matrix(bought)
    model = Ease(ridge=2.0).fit(matrix)
    ids, scores = model.propose(matrix, 3)
    there = ids >= 0
    customer = np.repeat(np.arange(40), 3)[there.ravel()]
    assert model.score(matrix, customer, ids[there]) == pytest.approx(scores[there], rel=1e-6)
    assert model.score(matrix, customer, ids[there]).dtype == np.float32


def test_a_boost_multiplies_each_products_score(bought):
    matrix = csr_matrix(bought)
    model = Ease(ridge=2.0).fit(matrix)
    boost = np.where(np.arange(12) == 7, 0.0, 1.0)
    ids, _ = model.propose(matrix, 12, boost=boost)
    assert 7 in model.propose(matrix, 12)[0]
    assert 7 not in ids


def test_the_bits_are_the_same_on_one_and_on_two_threads(bought):
    fits = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            fits.append(Ease(ridge=2.0).fit(csr_matrix(bought)).weights_)
    assert np.array_equal(fits[0].data, fits[1].data)
    assert np.array_equal(fits[0].indices, fits[1].indices)


def test_no_purchases_are_refused():
    with pytest.raises(ValueError, match="no purchases to learn from"):
        Ease().fit(csr_matrix((3, 3)))


def test_asking_for_nothing_gives_nothing(bought):
    model = Ease().fit(csr_matrix(bought))
    assert model.propose(csr_matrix(bought), 0)[0].shape == (40, 0)
    assert model.propose(csr_matrix(bought)[:0], 4)[0].shape == (0, 4)
