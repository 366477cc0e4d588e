"""The lists that relevance has to beat, worked on the made-up shop."""

import numpy as np
import pandas as pd
import pytest

from recommender.candidates import Candidates
from recommender.evaluation.baselines import against_baselines, habit, new_popularity, popularity
from recommender.history import History


@pytest.fixture(scope="module")
def history(made_up_log, made_up_shelf):
    return History(made_up_log.until(26), made_up_shelf)


def test_popularity_is_one_list_for_everybody(history):
    lists = popularity(history, np.array([0, 5, 9]), 4)
    assert (lists == lists[0]).all()
    assert len(set(lists[0])) == 4


def test_new_popularity_leaves_out_what_each_customer_bought(history):
    customers = np.arange(20)
    lists = new_popularity(history, customers, 6)
    who, place = np.nonzero(lists >= 0)
    assert not history.log.has_bought(customers[who], lists[who, place]).any()


def test_habit_is_what_the_customer_bought_most_with_recent_visits_counting_more(history):
    lists = habit(history, np.array([3]), 5)
    own = history.by_product
    mine = own.key // own.groups == 3
    best = own.key[mine][np.argmax(own.decayed[mine])] % own.groups
    assert lists[0, 0] == best
    assert history.log.has_bought(np.full(5, 3), lists[0]).all()


def test_relevance_is_compared_with_each_list_on_the_same_households(made_up_log, history):
    # relevance here: everything, likelier the more often the customer bought it
    log = history.log
    customer = np.repeat(np.arange(log.customers), log.products)
    product = np.tile(np.arange(log.products), log.customers)
    at = history.by_product.at(customer, product)
    p_buy = np.where(at >= 0, history.by_product.recent[at] / 10, 0.001)
    rows = pd.DataFrame({"customer": customer, "product": product, "p_buy": p_buy, "q_buy": p_buy})
    candidates = Candidates.from_frame(rows.assign(is_new=at < 0, source=0), log.customers)

    rng = np.random.default_rng(1)
    report = against_baselines(candidates, history, made_up_log.weeks(27, 30), 10, 200, rng)
    found = report["all"]["popularity"]["ndcg"]
    assert set(report) == {"all", "new"}
    assert found["low"] <= found["relevance_gains"] <= found["high"]
    assert found["low"] > 0, "households of this shop have favourites, so popularity loses"
