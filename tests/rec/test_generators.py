"""Every generator answers in one shape; the merge keeps what each of them named."""

import numpy as np
import pytest

from recommender.history import History
from recommender.relevance.generators import GENERATORS, Fitted, propose


@pytest.fixture(scope="module")
def fitted(made_up_log, made_up_shelf):
    return Fitted(History(made_up_log.until(20), made_up_shelf))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_answers_in_the_common_shape(name, fitted):
    generator, _, _ = GENERATORS[name]
    rows = generator(fitted, 7)
    history = fitted.history
    assert len(rows.customer) == len(rows.product) == len(rows.score)
    assert (np.diff(rows.customer) >= 0).all(), "customers ascending"
    pairs = rows.customer * history.log.products + rows.product
    assert len(np.unique(pairs)) == len(pairs), "no pair twice"
    assert np.bincount(rows.customer).max(initial=0) <= 7
    same = np.diff(rows.customer) == 0
    assert (np.diff(rows.score)[same] <= 0).all(), "best first"
    assert history.universe.products[rows.product].all()
    assert history.universe.customers[rows.customer].all()


@pytest.mark.parametrize("name", [n for n in GENERATORS if n != "repeats"])
def test_all_but_repeats_propose_what_the_customer_never_bought(name, fitted):
    rows = GENERATORS[name][0](fitted, 10)
    assert not fitted.history.log.has_bought(rows.customer, rows.product).any()


def test_repeats_propose_only_what_the_customer_bought(fitted):
    rows = GENERATORS["repeats"][0](fitted, 10)
    assert fitted.history.log.has_bought(rows.customer, rows.product).all()


def test_the_merge_holds_each_pair_once_and_its_sources(fitted):
    rows = propose(fitted, per_customer=12)
    pairs = rows.customer * fitted.history.log.products + rows.product
    assert len(np.unique(pairs)) == len(pairs)
    assert np.bincount(rows.customer).max() <= 12
    assert (rows.source > 0).all()
    assert (rows.source < 1 << len(GENERATORS)).all()
    repeated = fitted.history.log.has_bought(rows.customer, rows.product)
    assert np.array_equal(repeated, (rows.source & 1) == 1), "the first bit says repeat"


def test_candidates_of_a_cutoff_do_not_change_when_the_future_does(made_up_log, made_up_shelf):
    early = made_up_log.until(20)
    with_future = made_up_log.until(25).until(20)
    one, other = (propose(Fitted(History(log, made_up_shelf))) for log in (early, with_future))
    assert np.array_equal(one.product, other.product)
