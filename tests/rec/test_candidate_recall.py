"""Recall of candidates on cases small enough to count by hand."""

import numpy as np
import pytest

from recommender.evaluation.candidate_recall import candidate_recall, recall_curve
from recommender.history import History
from recommender.relevance.generators import GENERATORS, Fitted, Merged, propose


@pytest.fixture(scope="module")
def fitted(made_up_log, made_up_shelf):
    return Fitted(History(made_up_log.until(20), made_up_shelf))


@pytest.fixture(scope="module")
def truth(made_up_log):
    return made_up_log.weeks(21, 24)


def bought_pairs(fitted, truth):
    kept = fitted.history.universe
    inside = kept.products[truth.product] & kept.customers[truth.customer]
    return np.unique(truth.customer[inside] * truth.products + truth.product[inside])


def test_all_that_was_bought_is_a_recall_of_one(fitted, truth):
    pairs = bought_pairs(fitted, truth)
    customer, product = pairs // truth.products, pairs % truth.products
    repeated = fitted.history.log.has_bought(customer, product)
    source = np.where(repeated, 1, 2 + 4)  # new ones: by the second and the third generator
    recall = candidate_recall(Merged(customer, product, source), fitted.history, truth)
    second, third, fourth = list(GENERATORS)[1:4]
    assert recall["repeat"] == recall["new"] == 1.0
    assert recall["repeats"] + recall["news"] == len(pairs)
    assert recall["by"]["repeats"] == recall["alone"]["repeats"] == 1.0
    assert recall["by"][second] == recall["by"][third] == 1.0
    assert recall["alone"][second] == recall["alone"][third] == recall["by"][fourth] == 0.0


def test_half_of_the_pairs_is_half_of_the_recall(fitted, truth):
    pairs = bought_pairs(fitted, truth)
    again = fitted.history.log.has_bought(pairs // truth.products, pairs % truth.products)
    kept = pairs[again][::2]
    rows = Merged(kept // truth.products, kept % truth.products, np.ones(len(kept), np.int64))
    recall = candidate_recall(rows, fitted.history, truth)
    assert recall["repeat"] == pytest.approx(len(kept) / again.sum())
    assert recall["new"] == 0.0


def test_only_the_marked_customers_count(fitted, truth):
    marked = np.arange(truth.customers) < 10
    pairs = bought_pairs(fitted, truth)
    recall = candidate_recall(propose(fitted, 5), fitted.history, truth, marked)
    assert recall["repeats"] + recall["news"] == (pairs // truth.products < 10).sum()
    assert recall["rows"] == 5.0


def test_a_curve_rises_with_the_number_of_candidates(fitted, truth):
    curve = recall_curve(fitted, truth, (3, 10, 36))
    assert [point["size"] for point in curve] == [3, 10, 36]
    assert [point["repeat"] for point in curve] == sorted(point["repeat"] for point in curve)
    assert [point["new"] for point in curve] == sorted(point["new"] for point in curve)


def test_nothing_bought_is_a_recall_of_zero(fitted, truth):
    nothing = truth.where(np.zeros(len(truth), np.bool_))
    recall = candidate_recall(propose(fitted, 5), fitted.history, nothing)
    assert recall["repeat"] == recall["new"] == recall["repeats"] == 0
