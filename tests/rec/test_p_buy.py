"""p_buy: learned on older weeks, honest on later ones, and blind to the future."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.history import History
from recommender.relevance.features import features
from recommender.relevance.fit import fit_relevance
from recommender.relevance.generators import Fitted, propose
from recommender.relevance.p_buy import PurchaseModel, labelled, score
from recommender.splits import Window, protocol


def quiet(_: str) -> None:
    pass


@pytest.fixture(scope="module")
def relevance(made_up_log, made_up_shelf):
    return fit_relevance(made_up_log, made_up_shelf, protocol(30), threads=1, note=quiet)


def test_p_buy_is_a_probability_and_falls_within_each_customer(relevance):
    for candidates in (relevance.judge, relevance.now):
        assert ((candidates.p_buy > 0) & (candidates.p_buy < 1)).all()
        same = np.diff(candidates.customer) == 0
        assert (np.diff(candidates.p_buy)[same] <= 0).all()
        assert (candidates.q_buy >= candidates.p_buy).all()


def test_a_household_favourite_is_likelier_than_a_product_it_never_bought(relevance):
    judge = relevance.judge
    assert judge.p_buy[~judge.is_new].mean() > 2 * judge.p_buy[judge.is_new].mean()


def test_said_and_seen_agree_on_the_judging_weeks(relevance):
    rows = relevance.facts["reliability"]
    said = sum(r["said"] * r["rows"] for r in rows) / sum(r["rows"] for r in rows)
    seen = sum(r["seen"] * r["rows"] for r in rows) / sum(r["rows"] for r in rows)
    assert said == pytest.approx(seen, rel=0.1)


def test_no_purchase_of_the_judging_weeks_reaches_any_fitted_part(made_up_log, made_up_shelf):
    """The canary: rewrite all purchases of the judging weeks; model and candidates must stay."""
    weeks = protocol(30)
    late = made_up_log.week >= weeks.judge.first
    planted = replace(
        made_up_log,
        product=np.where(late, 0, made_up_log.product),
        quantity=np.where(late, 99.0, made_up_log.quantity),
    )
    honest, fooled = (
        fit_relevance(log, made_up_shelf, weeks, threads=1, note=quiet)
        for log in (made_up_log, planted)
    )
    assert np.array_equal(honest.judge.product, fooled.judge.product)
    assert np.array_equal(honest.judge.p_buy, fooled.judge.p_buy)
    assert honest.model.slope_ == fooled.model.slope_
    # and the canary can sing: today's candidates do see those weeks
    assert not np.array_equal(honest.now.p_buy, fooled.now.p_buy)


def test_labels_that_the_history_already_holds_are_refused(made_up_log, made_up_shelf):
    fitted = Fitted(History(made_up_log.until(22), made_up_shelf))
    with pytest.raises(
        ValueError, match="history reaches week 22, but the labels begin in week 21"
    ):
        labelled(fitted, made_up_log, Window(21, 24))


def test_one_thread_and_two_give_the_same_candidates(made_up_log, made_up_shelf, relevance):
    two = fit_relevance(made_up_log, made_up_shelf, protocol(30), threads=2, note=quiet)
    assert np.array_equal(two.judge.product, relevance.judge.product)
    assert np.array_equal(two.judge.p_buy, relevance.judge.p_buy)


def test_a_saved_model_says_the_same(relevance, made_up_log, made_up_shelf, tmp_path):
    relevance.model.save(tmp_path)
    again = PurchaseModel.load(tmp_path)
    fitted = Fitted(History(made_up_log, made_up_shelf))
    rows = propose(fitted)
    _, values = features(fitted, rows)
    one, other = (score(model, fitted, rows, values) for model in (relevance.model, again))
    assert np.array_equal(one.p_buy, other.p_buy)
    assert np.array_equal(one.q_buy, other.q_buy)


def test_visits_and_habits_by_hand(made_up_log, made_up_shelf):
    history = History(made_up_log.until(20), made_up_shelf)
    habit = history.by_product
    pair = 3
    customer, product = divmod(int(habit.key[pair]), habit.groups)
    here = (history.log.customer == customer) & (history.log.product == product)
    days = np.unique(history.log.day[here])  # one basket a day in this shop
    assert habit.visits[pair] == len(days)
    assert habit.last_day[pair] == days.max()
    ages = (history.end_day - days) / 7
    assert habit.decayed[pair] == pytest.approx((0.5 ** (ages / 16)).sum())
