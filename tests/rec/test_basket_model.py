"""Chances for a basket are learned from households of whom only the last basket is shown."""

import numpy as np
import pytest

from pcf_estimator.tables import TableError
from recommender.history import History
from recommender.log import audit_customers
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.newcomers.basket import Basket
from recommender.relevance.newcomers.basket_model import (
    answer_basket,
    choose_visitors,
    fit_basket_model,
    last_baskets,
)
from recommender.relevance.p_buy import PurchaseModel
from recommender.splits import Window


@pytest.fixture(scope="module")
def history(made_up_log, made_up_shelf):
    return History(made_up_log.until(20), made_up_shelf)


def fit(log, shelf, seed=3):
    windows = (Window(17, 20), Window(21, 24))
    return fit_basket_model(log, shelf, windows, Window(25, 28), np.random.default_rng(seed))


@pytest.fixture(scope="module")
def model(made_up_log, made_up_shelf):
    return fit(made_up_log, made_up_shelf)


def test_visitors_are_few_and_no_audit_household_is_one(history):
    chosen = choose_visitors(history, 300, np.random.default_rng(1))
    assert len(chosen) == 80 // 8
    assert not audit_customers(history.log.ids.customers)[chosen].any()
    assert history.universe.customers[chosen].all()
    assert len(choose_visitors(history, 4, np.random.default_rng(1))) == 4


def test_a_visitor_has_its_last_basket_and_nobody_has_the_rest(history, made_up_log):
    households = np.array([3, 7])
    visited, later = last_baskets(history, made_up_log, households)
    known = history.log.customers
    assert not np.isin(visited.before.log.customer, households).any()
    for visitor, household in enumerate(households):
        own = visited.own.log.where(visited.own.log.customer == known + visitor)
        past = history.log.where(history.log.customer == household)
        last = past.where(past.basket == past.basket[-1])
        assert sorted(own.product) == sorted(last.product)
        assert len(np.unique(own.basket)) == 1
        after = later.weeks(21, 24)
        bought = made_up_log.weeks(21, 24)
        assert np.array_equal(
            after.product[after.customer == known + visitor],
            bought.product[bought.customer == household],
        )
        assert household not in after.customer
    assert visited.end_day == history.end_day
    assert visited.log.last_week == 20, "nothing later enters"


def test_households_that_do_not_shop_are_no_visitors(history, made_up_log):
    away = history.log.where((history.log.customer != 3) | (history.log.week <= 10))
    visited, _ = last_baskets(History(away, history.shelf), made_up_log, np.array([3, 7]))
    assert visited.log.customers == history.log.customers + 1
    nobody = History(history.log.where(history.log.customer != 3), history.shelf)
    with pytest.raises(TableError, match="weeks 17 to 20 none of 1 households bought anything"):
        last_baskets(nobody, made_up_log, np.array([3]))


def test_a_basket_is_answered_with_chances_of_its_own(history, model):
    models = ItemModels.learn(history.taste())
    typed = Basket(product=np.array([1, 6]), quantity=np.ones(2), unknown=[], ambiguous=[])
    answer = answer_basket(history, typed, models, model)
    found = answer.candidates
    assert found.customers == history.log.customers + 1
    assert (found.customer == answer.customer).all(), "nobody else is served"
    assert ((found.p_buy > 0) & (found.p_buy < 1)).all()
    assert (np.diff(found.p_buy) <= 0).all()
    assert set(found.product[~found.is_new]) == {1, 6}
    # each household has a favourite of each kind: what it has in hand is likelier than the rest
    assert found.p_buy[~found.is_new].mean() > found.p_buy[found.is_new].mean()


def test_the_same_log_gives_the_same_model_and_it_can_be_kept(
    history, model, made_up_log, made_up_shelf, tmp_path
):
    model.save(tmp_path)
    kept, again = PurchaseModel.load(tmp_path), fit(made_up_log, made_up_shelf)
    models = ItemModels.learn(history.taste())
    typed = Basket(product=np.array([0]), quantity=np.ones(1), unknown=[], ambiguous=[])
    one, two, three = (answer_basket(history, typed, models, m) for m in (model, kept, again))
    assert np.array_equal(one.candidates.p_buy, two.candidates.p_buy)
    assert np.array_equal(one.candidates.p_buy, three.candidates.p_buy)
