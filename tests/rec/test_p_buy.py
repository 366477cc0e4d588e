"""p_buy: learned on older weeks, honest on later ones, and blind to the future."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.evaluation.calibration import reliability
from recommender.history import History
from recommender.relevance import features as feature_room
from recommender.relevance.displays import Displays
from recommender.relevance.features import features
from recommender.relevance.features.plans import Plan, Shown
from recommender.relevance.features.rhythm import of_pairs
from recommender.relevance.fit import Past, chances_in, fit_relevance, propose_now
from recommender.relevance.generators import Fitted, propose
from recommender.relevance.labels import labelled
from recommender.relevance.p_buy import PurchaseModel, score
from recommender.splits import Window, protocol

NAMES = ["4 weeks, no displays", "next basket, no displays"]


def quiet(_: str) -> None:
    pass


def fitted_by(log, shelf, threads=1, shown=None):
    return fit_relevance(Past(log=log, shelf=shelf, shown=shown), protocol(30), threads, quiet)


@pytest.fixture(scope="module")
def past(made_up_log, made_up_shelf):
    return Past(log=made_up_log, shelf=made_up_shelf)


@pytest.fixture(scope="module")
def relevance(past):
    return fit_relevance(past, protocol(30), threads=1, note=quiet)


@pytest.fixture(scope="module")
def shown(made_up_log):
    """One store; product 3 is in the mailer of every fourth week, product 5 on display in all."""
    mailed, always = np.arange(4, 31, 4), np.arange(1, 31)
    return Shown.of(
        Displays(
            product=np.repeat([3, 5], [len(mailed), len(always)]),
            store=np.zeros(len(mailed) + len(always), np.int64),
            week=np.concatenate([mailed, always]),
            display=np.repeat(np.array([0, 1], np.int16), [len(mailed), len(always)]),
            mailer=np.repeat(np.array([1, 0], np.int16), [len(mailed), len(always)]),
            display_names=("none", "front end cap"),
            mailer_names=("none", "front page feature"),
        ),
        made_up_log.products,
    )


def test_p_buy_is_a_probability_and_falls_within_each_customer(past, relevance):
    now, _ = propose_now(past, relevance.models)
    for candidates in (relevance.judge.candidates, now.candidates):
        assert ((candidates.p_buy > 0) & (candidates.p_buy < 1)).all()
        same = np.diff(candidates.customer) == 0
        assert (np.diff(candidates.p_buy)[same] <= 0).all()
        assert (candidates.q_buy >= candidates.p_buy).all()


def test_a_household_favourite_is_likelier_than_a_product_it_never_bought(relevance):
    judge = relevance.judge.candidates
    assert judge.p_buy[~judge.is_new].mean() > 2 * judge.p_buy[judge.is_new].mean()


def test_four_weeks_hold_the_next_basket(relevance):
    chances = relevance.judge.chances
    assert list(chances) == NAMES
    assert chances[NAMES[1]].mean() < chances[NAMES[0]].mean()


def test_said_and_seen_agree_on_the_judging_weeks(relevance, made_up_log):
    judge = relevance.judge.candidates
    bought = made_up_log.weeks(27, 30).has_bought(judge.customer, judge.product)
    rows = reliability(judge.p_buy, bought)
    said = sum(r["said"] * r["rows"] for r in rows) / sum(r["rows"] for r in rows)
    seen = sum(r["seen"] * r["rows"] for r in rows) / sum(r["rows"] for r in rows)
    assert said == pytest.approx(seen, rel=0.1)


def test_no_purchase_of_the_judging_weeks_reaches_any_fitted_part(made_up_log, made_up_shelf):
    """The canary: rewrite all purchases of the judging weeks; models and candidates must stay."""
    late = made_up_log.week >= protocol(30).judge.first
    planted = replace(
        made_up_log,
        product=np.where(late, 0, made_up_log.product),
        quantity=np.where(late, 99.0, made_up_log.quantity),
    )
    honest, fooled = (fitted_by(log, made_up_shelf) for log in (made_up_log, planted))
    one, other = honest.judge, fooled.judge
    assert np.array_equal(one.candidates.product, other.candidates.product)
    for name in NAMES:
        assert np.array_equal(one.chances[name], other.chances[name])
        assert honest.models[name].slope_ == fooled.models[name].slope_
    # and the canary can sing: today's candidates do see those weeks
    now, told = (
        propose_now(Past(log=log, shelf=made_up_shelf), honest.models)[0].candidates
        for log in (made_up_log, planted)
    )
    assert not np.array_equal(now.p_buy, told.p_buy)


def test_a_feature_that_only_the_future_knows_is_refused(made_up_log, made_up_shelf, monkeypatch):
    def canary(_fitted, rows):
        later = made_up_log.weeks(23, 26)
        return {"canary": later.has_bought(rows.customer, rows.product)}

    monkeypatch.setattr(feature_room, "GROUPS", (*feature_room.GROUPS, canary))
    with pytest.raises(
        ValueError, match=r"feature canary tells the purchases of weeks 23 to 26 apart .* 1\.000"
    ):
        fitted_by(made_up_log, made_up_shelf)


def test_labels_that_the_history_already_holds_are_refused(made_up_log, made_up_shelf):
    fitted = Fitted(History(made_up_log.until(22), made_up_shelf))
    with pytest.raises(
        ValueError, match="history reaches week 22, but the labels begin in week 21"
    ):
        labelled(fitted, made_up_log, Window(21, 24))


def test_one_thread_and_two_give_the_same_candidates(made_up_log, made_up_shelf, relevance):
    two = fitted_by(made_up_log, made_up_shelf, threads=2).judge
    assert np.array_equal(two.candidates.product, relevance.judge.candidates.product)
    for name in NAMES:
        assert np.array_equal(two.chances[name], relevance.judge.chances[name])


def test_a_saved_model_says_the_same(relevance, made_up_log, made_up_shelf, tmp_path):
    model = relevance.models[NAMES[0]]
    model.save(tmp_path)
    again = PurchaseModel.load(tmp_path)
    assert again.name == NAMES[0]
    fitted = Fitted(History(made_up_log, made_up_shelf))
    rows = propose(fitted)
    _, values = features(fitted, rows)
    one, other = (score(m, fitted, rows, values) for m in (model, again))
    assert np.array_equal(one.p_buy, other.p_buy)
    assert np.array_equal(one.q_buy, other.q_buy)


def test_a_model_refuses_features_that_it_does_not_know(relevance):
    model = relevance.models[NAMES[0]]
    with pytest.raises(ValueError, match=r"but .*'something else'.* were made"):
        model.refuse_other(["something else", *model.names_[1:]])


def test_candidates_come_back_with_every_chance(relevance):
    chances = chances_in(relevance.judge.to_frame())
    assert list(chances) == NAMES
    assert np.array_equal(chances[NAMES[0]], relevance.judge.candidates.p_buy)


def test_the_model_with_displays_is_in_force_where_the_whole_horizon_is_planned(
    made_up_log, made_up_shelf, shown
):
    past = Past(log=made_up_log, shelf=made_up_shelf, shown=shown)
    found = fit_relevance(past, protocol(30), 1, quiet, horizons=["4 weeks"])
    assert list(found.judge.chances) == ["4 weeks", "4 weeks, no displays"]
    assert found.judge.in_force == "4 weeks"
    assert np.array_equal(found.judge.chances["4 weeks"], found.judge.candidates.p_buy)
    # weeks 31 to 34 are not planned
    now, _ = propose_now(past, found.models)
    assert now.in_force == "4 weeks, no displays"
    assert list(now.chances) == ["4 weeks, no displays"]


def test_a_plan_is_told_in_shares_of_stores_and_weeks(made_up_log, made_up_shelf, shown):
    fitted = Fitted(History(made_up_log.until(26), made_up_shelf))
    rows = propose(fitted)
    names, values = features(fitted, rows, Plan(shown, Window(27, 30)))
    of = dict(zip(names, values.T, strict=True))
    three, five, other = (rows.product == k for k in (3, 5, 7))
    # week 28 of the four; of the twelve before, weeks 16, 20 and 24; of the last four, week 24
    assert set(of["plan_mailer"][three]) == {np.float32(0.25)}
    assert set(of["plan_mailer_over_usual"][three]) == {np.float32(0.25 - 3 / 12)}
    assert set(of["plan_mailer_over_last"][three]) == {np.float32(0.0)}
    assert set(of["plan_display"][five]) == {np.float32(1.0)}
    assert set(of["plan_mailer"][other]) == {np.float32(0.0)}
    # rivals: product 3 is the only one of its type in the mailer
    assert set(of["plan_mailer_share_of_type"][three]) == {np.float32(1.0)}


def test_weeks_that_nobody_planned_are_no_plan(shown):
    with pytest.raises(ValueError, match="weeks 29 to 32 are not all planned"):
        Plan(shown, Window(29, 32))


def test_what_the_mailer_sold_before_is_expected_again(made_up_log, made_up_shelf, shown):
    """Product 3 is made to sell to everybody in its mailer weeks; so week 28 is expected to."""
    extra = made_up_log.where((made_up_log.week % 4 == 0) & (made_up_log.product % 4 == 0))
    both = {
        name: np.concatenate([getattr(made_up_log, name), getattr(extra, name)])
        for name in (
            *("customer", "week", "day", "basket", "store", "quantity", "paid", "discount"),
        )
    }
    product = np.concatenate([made_up_log.product, np.full(len(extra), 3)])
    log = replace(made_up_log, product=product, **both)
    fitted = Fitted(History(log.until(26), made_up_shelf))
    rows = propose(fitted)
    of = {}
    for name, weeks in (("mailed", Window(25, 28)), ("quiet", Window(25, 27))):
        names, values = features(fitted, rows, Plan(shown, weeks))
        buyers = dict(zip(names, values.T, strict=True))["plan_buyers"]
        of[name] = float(buyers[rows.product == 3][0])
    assert of["mailed"] > 2 * of["quiet"]


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


def test_the_rhythm_of_a_household_by_hand(made_up_shelf, made_up_log):
    """Bought on days 0, 7, 21 and 28 (in the time of day of the log), and nothing since."""
    first = made_up_log.where(np.arange(len(made_up_log)) < 1)
    days = np.array([0.0, 7.0, 21.0, 28.0])
    log = replace(
        first,
        **{name: np.repeat(getattr(first, name), 4) for name in ("customer", "product", "store")},
        **{name: np.repeat(getattr(first, name), 4) for name in ("quantity", "paid", "discount")},
        week=np.array([1, 2, 4, 5]),
        day=days + 0.5,
        basket=np.arange(4),
    )
    history = History(log, made_up_shelf)
    # the history ends with day 28, so half a day has passed since the last purchase
    assert history.end_day == 29.0
    found = of_pairs(history, history.by_product, np.arange(log.products))
    of = {name: values[0] for name, (values, _) in found.items()}
    # gaps 7, 14 and 7: their mean is 28 / 3, their variance 98 - 87.11 = 10.89
    assert of["gap_spread"] == pytest.approx(3.2998 / 9.3333, rel=1e-3)
    assert of["last_gap"] == 7.0
    assert of["gap_to_longest"] == pytest.approx(0.5 / 14)
    # all three gaps outlasted half a day; two ended within seven days of it, all within 28
    assert of["back_in_7_days"] == pytest.approx((2 + 0.125) / 4.5)
    assert of["back_in_28_days"] == pytest.approx((3 + 0.5) / 4.5)
    # days 28.5, 21.5 and 7.5 are in the last four weeks, day 0.5 is 28.5 days back
    assert of["periods_of_6"] == 2.0
    assert of["periods_decayed"] == pytest.approx(1.0 + 0.7)


def test_rows_that_were_set_aside_are_the_same_rows(past):
    _, window = past.labelled(protocol(30).calibrate, plans=False)
    aside = window.set_aside()
    assert np.array_equal(aside.values, window.values, equal_nan=True)
    assert aside.values.dtype == window.values.dtype
    assert aside.names == window.names
