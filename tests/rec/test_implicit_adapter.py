"""implicit's traps, each absorbed: no bought item, no pad, no double, no arbitrary answer."""

import inspect
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import implicit.als
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit._nearest_neighbours import NearestNeighboursScorer
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_info, threadpool_limits

from recommender.relevance.items.answers import honest, missing
from recommender.relevance.items.implicit_adapter import Als, ItemItem, canonical, check_matrix
from recommender.relevance.items.one_blas_thread import one_blas_thread

MODELS = {
    "als": lambda: Als(factors=4, iterations=3, threads=1),
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


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("new_only", [True, False])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 15))
def test_an_answer_is_n_products_or_a_stated_shortfall(name, new_only, seed, n):
    rng = np.random.default_rng(seed)
    dense = rng.poisson(0.5, size=(9, 11)).astype(float)
    dense[0], dense[1], dense[:, 3] = 0, 1, 0  # no purchases, all products, nobody's product
    dense[1, 3] = 0
    taste = csr_matrix(dense)
    ids, scores = MODELS[name]().fit(taste).propose(taste, n, new_only)
    assert ids.shape == scores.shape == (9, n)
    for customer, (row, score) in enumerate(zip(ids, scores, strict=True)):
        there = row[: n - missing(ids)[customer]]
        assert (there >= 0).all()
        assert (row[len(there) :] == -1).all(), "what is missing is missing at the end"
        assert np.isneginf(score[len(there) :]).all()
        assert np.isfinite(score[: len(there)]).all()
        assert len(set(there)) == len(there), "no product twice"
        assert 3 not in there, "nobody bought it, so nothing is known of it"
        assert not new_only or not (dense[customer, there] > 0).any()
        order = np.lexsort((there, -score[: len(there)]))
        assert np.array_equal(order, np.arange(len(there))), "best first, ties to the lower product"
        if name == "als" and dense[customer].any():
            left = (dense.sum(axis=0) > 0) & ((dense[customer] == 0) | (not new_only))
            assert len(there) == min(n, left.sum()), "all that is left, up to n"


def test_pads_doubles_and_infinities_of_an_answer_become_no_product():
    taste = canonical(csr_matrix(np.array([[0, 0, 1.0, 0], [0, 0, 0, 0]])))
    low = np.finfo(np.float32).min  # what implicit gives a product that it filtered
    ids = np.array([[3, 3, 2, 0, 1, -1, 1], [0, 1, 2, 3, 0, 0, 0]], np.int32)
    scores = np.array([[5, 5, 4, 3, 3, 2, low], [0, 0, 0, 0, 0, 0, 0]], np.float32)
    product, score = honest(taste.indptr, taste.indices, ids, scores, np.arange(4), 5, True, 4)
    # by hand: 3 once, 2 is bought, 0 and 1 tie, -1 and the filtered one go; no row for nobody
    assert product.tolist() == [[3, 0, 1, -1, -1], [-1] * 5]
    assert score[0].tolist() == [5, 3, 3, -np.inf, -np.inf]


def test_als_learns_the_same_bits_on_one_thread_and_on_two():
    rng = np.random.default_rng(3)
    large = csr_matrix(rng.poisson(0.05, size=(300, 400)).astype(np.float32))

    def factors(threads):
        with threadpool_limits(threads, "blas"):
            model = Als(factors=32, iterations=4, threads=threads).fit(large)
            ids, scores = model.propose(large, 30)
        return model.model_.item_factors, model.model_.user_factors, ids, scores

    for one, two in zip(factors(1), factors(2), strict=True):
        assert np.array_equal(one, two)


def test_two_fits_at_once_learn_what_each_learns_alone(taste):
    def fit(seed):
        return Als(factors=8, iterations=6, seed=seed).fit(taste).model_.item_factors

    alone = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(fit, range(6)))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def blas_threads():
    return {i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"}


def test_a_block_that_ends_early_does_not_lift_the_limit_of_another():
    before = blas_threads()
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert blas_threads() == {1}
    second.__exit__(None, None, None)
    assert blas_threads() == before


def test_a_limit_is_lifted_after_an_error():
    before = blas_threads()
    with pytest.raises(RuntimeError), one_blas_thread():
        raise RuntimeError
    assert blas_threads() == before


def test_a_known_customer_and_one_folded_in_have_the_same_bits(taste):
    model = Als(factors=4, iterations=3).fit(taste)
    some = taste[[7, 3]]
    folded = model.fold_in(some)
    assert np.array_equal(folded.model_.user_factors, model.model_.user_factors[[7, 3]])
    for ours, theirs in zip(folded.propose(some, 5), model.propose(taste, 5), strict=True):
        assert np.array_equal(ours, theirs[[7, 3]])
    assert len(model.model_.user_factors) == 30, "the model itself stays as it was"


def test_folding_in_solves_the_least_squares_of_hu_koren_and_volinsky():
    items = np.array([[1.0, 0.0], [0.5, 1.0], [0.0, 2.0]], np.float32)
    model = Als(factors=2, regularization=0.1).with_items(items, np.arange(3))
    taste = csr_matrix(np.array([[3.0, 0.0, 0.0]]))
    # x = (Y'Y + (3 - 1) y0 y0' + 0.1 I)^-1 3 y0, with confidence 3 for the first, 1 elsewhere
    left = items.T @ items + 2 * np.outer(items[0], items[0]) + 0.1 * np.eye(2)
    by_hand = np.linalg.solve(left, 3 * items[0])
    assert np.allclose(model.fold_in(taste).model_.user_factors[0], by_hand, rtol=1e-5)


def test_a_customer_without_purchases_is_folded_in_at_zero(taste):
    folded = Als(factors=4, iterations=3).fit(taste).fold_in(csr_matrix((1, 12)))
    assert (folded.model_.user_factors == 0).all()
    assert (folded.propose(csr_matrix((1, 12)), 3)[0] == -1).all()


def test_rows_of_other_products_or_for_other_customers_are_refused(taste):
    model = Als(factors=4, iterations=3).fit(taste)
    with pytest.raises(ValueError, match="13 products, but the model learned 12"):
        model.fold_in(csr_matrix((1, 13)))
    with pytest.raises(ValueError, match="2 rows of purchases for 30 customers"):
        model.propose(taste[:2], 3)
    with pytest.raises(ValueError, match="customer number 0"):
        model.fold_in(csr_matrix(np.full((1, 12), -1.0)))
    with pytest.raises(ValueError, match="customer number 0"):
        ItemItem().fit(taste).propose(csr_matrix(np.full((1, 12), np.inf)), 3)


def test_item_item_learns_cosines():
    matrix = csr_matrix(np.array([[1.0, 2.0, 0.0], [0.0, 2.0, 1.0], [2.0, 0.0, 0.0]]))
    model = ItemItem().fit(matrix)
    # by hand: (1 * 2) / (sqrt(5) * sqrt(8)) and (2 * 1) / (sqrt(8) * 1)
    assert np.allclose(model.similarity_.toarray()[0, 1], 2 / np.sqrt(40))
    assert np.allclose(model.similarity_.toarray()[1, 2], 2 / np.sqrt(8))
    ids, scores = model.propose(matrix[2:], n=2)
    assert ids.tolist() == [[1, -1]]
    assert np.isclose(scores[0, 0], 2 * 2 / np.sqrt(40))


def test_item_item_adds_up_what_implicit_adds_up(taste):
    ours = ItemItem(neighbours=5).fit(taste)
    scorer = NearestNeighboursScorer(csr_matrix(ours.similarity_, dtype=np.float64))
    ids, scores = ours.propose(taste, n=6)
    for customer in range(3, 30):
        row = taste[customer]
        _, values = scorer.recommend(row.indptr, row.indices, row.data, K=6)
        real = values > 0
        count = int(real.sum())
        assert count == (ids[customer] >= 0).sum()
        assert np.allclose(scores[customer, :count], values[real])


def test_the_function_that_hides_the_class_is_not_what_we_import():
    import recommender.relevance.items.implicit_adapter as adapter

    # `implicit.als.AlternatingLeastSquares.load` does not exist: it is a function
    assert not inspect.isclass(implicit.als.AlternatingLeastSquares)
    assert inspect.isclass(adapter.AlternatingLeastSquares)
    assert "from implicit.als" not in Path(adapter.__file__).read_text()


def test_a_value_of_zero_is_no_purchase():
    matrix = csr_matrix(np.array([[1.0, 2.0], [0.0, 3.0]]))
    matrix.data[1] = 0.0
    assert canonical(matrix).nnz == 2
    assert matrix.nnz == 3, "the caller's matrix stays as it was"


@pytest.mark.parametrize("value", [-1.0, np.inf, np.nan])
def test_values_that_implicit_would_swallow_are_refused(value):
    matrix = csr_matrix(np.array([[1.0, 2.0], [0.0, 3.0]]))
    matrix.data[2] = value
    with pytest.raises(ValueError, match="customer number 1"):
        check_matrix(matrix)


def test_an_empty_log_is_refused():
    with pytest.raises(ValueError, match="no purchases"):
        check_matrix(csr_matrix((3, 3)))
