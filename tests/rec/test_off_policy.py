"""Off-policy estimates: three rows worked by hand, what always holds, and a shop of known truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError
from recommender.impact.experiment.simulated import SlotWorld, off_policy_study
from recommender.impact.off_policy.off_policy import judge, levels_of, weights_of
from recommender.impact.off_policy.reward import cross_fitted, folds_of
from recommender.impact.off_policy.support import support_of
from recommender.impact.off_policy.table import impressions_from
from recommender.impact.off_policy.target import target_on, targets_from


def three_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "shown_at": "2026-01-05",
            "product_id": ["tea", "tea", "milk"],
            "position": 1,
            "propensity": [0.5, 0.25, 0.5],
            "bought": [1, 0, 1],
        }
    )


def tea_for_all() -> pd.DataFrame:
    rows = pd.DataFrame({"customer_id": ["a", "b", "c"], "position": 1, "product_id": "tea"})
    return targets_from(rows)["slates"]


def test_three_rows_by_hand():
    log = impressions_from(three_rows())
    target = target_on(log, "tea", tea_for_all())
    weights = weights_of(log, target)
    # the policy shows tea to all: 1 / 0.5, 1 / 0.25, and 0 where milk stood
    assert weights.tolist() == [[2.0], [4.0], [0.0]]
    # a model that says tea sells at 0.4 and milk at 0.1, so
    # IPS = (2 x 1 + 4 x 0 + 0) / 3; SNIPS = 2 / (2 + 4)
    # DR: direct 0.4 each; corrections 2 x (1 - 0.4) = 1.2, 4 x (0 - 0.4) = -1.6, 0
    # DR = (3 x 0.4 + 1.2 - 1.6) / 3 = 0.8 / 3
    sums = np.array([[3.0, 6.0, 3.0, 2.0, 2.0, 0.8]])
    said = {name: float(level[0, 0]) for name, level in levels_of(sums, 1, 1).items()}
    assert said == pytest.approx({"log": 2 / 3, "ips": 2 / 3, "snips": 1 / 3, "dr": 0.8 / 3})


def test_doubly_robust_is_the_direct_part_plus_weighted_surprises_by_hand():
    log, target = SlotWorld().log(400, np.random.default_rng(3))
    said = judge(log, target, draws=100, seed=5)
    weights = weights_of(log, target)
    seen, wanted = cross_fitted(log, target, np.random.default_rng([5, 1]))
    by_hand = (wanted.sum() + (weights * (log.bought - seen)).sum()) / log.contexts
    assert said.estimates["dr"]["purchases"]["value"] == pytest.approx(by_hand)
    ips = (weights * log.bought).sum() / log.contexts
    assert said.estimates["ips"]["purchases"]["value"] == pytest.approx(ips)
    snips = ((weights * log.bought).sum(axis=0) / weights.sum(axis=0)).sum()
    assert said.estimates["snips"]["purchases"]["value"] == pytest.approx(snips)
    price = log.worth["price"].to_numpy()
    money = (weights * log.bought * price[log.product]).sum() / log.contexts
    assert said.estimates["ips"]["revenue"]["value"] == pytest.approx(money)


@settings(max_examples=40, deadline=None)
@given(
    rewards=st.lists(st.floats(0, 100), min_size=1, max_size=20),
    weights=st.data(),
)
def test_weights_of_one_give_the_plain_mean_and_snips_stays_within_the_rewards(rewards, weights):
    paid = np.array(rewards)
    n = float(len(paid))
    ones = np.array([[n, n, n, paid.sum(), paid.sum(), 0.0]])
    plain = levels_of(ones, 1, 1)
    for name in ("ips", "snips", "log"):
        assert plain[name][0, 0] == pytest.approx(paid.mean())
    w = np.array(
        weights.draw(st.lists(st.floats(0.01, 50), min_size=len(paid), max_size=len(paid)))
    )
    drawn = levels_of(np.array([[n, w.sum(), n, paid.sum(), (w * paid).sum(), 0.0]]), 1, 1)
    assert paid.min() - 1e-6 <= drawn["snips"][0, 0] <= paid.max() + 1e-6


def test_the_policy_in_place_as_target_of_even_draws_gives_back_the_logs_own_mean():
    # both products are shown with chance 1/2 and the target shows both with chance 1/2: w = 1
    rows = pd.DataFrame(
        {
            "customer_id": [f"c{each:03d}" for each in range(60)],
            "shown_at": "2026-01-05",
            "product_id": ["tea", "milk"] * 30,
            "position": 1,
            "propensity": 0.5,
            "bought": ([1, 0, 0] * 20),
        }
    )
    log = impressions_from(rows)
    both = pd.concat(
        [
            rows[["customer_id", "position"]].assign(product_id=name, chance=0.5)
            for name in ("tea", "milk")
        ]
    )
    target = target_on(log, "both", targets_from(both)["slates"])
    assert (weights_of(log, target) == 1).all()
    said = judge(log, target, draws=200)
    for name in ("ips", "snips"):
        assert said.estimates[name]["purchases"]["value"] == pytest.approx(1 / 3)
        assert said.estimates[name]["purchases"]["change"] == pytest.approx(0.0)
    assert said.support.effective == pytest.approx(60)


def test_lists_are_reweighted_down_to_each_place_by_the_chances_given_those_above():
    rows = pd.DataFrame(
        {
            "customer_id": ["a"] * 2 + ["b"] * 2,
            "shown_at": "2026-01-05",
            "product_id": ["tea", "milk", "milk", "tea"],
            "position": [1, 2, 1, 2],
            "propensity": [0.8, 0.5, 0.2, 0.3],
            "given_above": [0.8, 0.5, 0.2, 1.0],
            "bought": 0,
        }
    )
    slates = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"],
            "position": [1, 2, 1, 2],
            "product_id": ["tea", "milk", "tea", "jam"],
        }
    )
    log = impressions_from(rows)
    target = target_on(log, "slates", targets_from(slates)["slates"])
    # list a agrees: 1 / 0.8 = 1.25, then 1.25 / 0.5 = 2.5; list b differs at the first place
    assert weights_of(log, target, "cascade").tolist() == [[1.25, 2.5], [0.0, 0.0]]
    assert weights_of(log, target, "slate").tolist() == [[2.5, 2.5], [0.0, 0.0]]
    with pytest.raises(TableError, match="no column given_above"):
        weights_of(replace(log, given_above=None), target, "cascade")
    unsure = replace(target, chance=np.full(4, 0.5))
    with pytest.raises(TableError, match="4 rows have a chance below 1"):
        weights_of(log, unsure, "slate")
    with pytest.raises(ValueError, match="assumption 'none'"):
        weights_of(log, target, "none")


def test_the_model_never_sees_the_customer_that_it_is_asked_about():
    log, target = SlotWorld().log(200, np.random.default_rng(1))
    fold = folds_of(len(log.customer_id), 5, np.random.default_rng(4))[log.customer]
    seen, wanted = cross_fitted(log, target, np.random.default_rng(4))
    flipped = np.where((fold == 0)[:, None], 1.0 - log.bought, log.bought)
    again, others = cross_fitted(replace(log, bought=flipped), target, np.random.default_rng(4))
    assert (seen[fold == 0] == again[fold == 0]).all()
    assert (wanted[(fold == 0)[target.context]] == others[(fold == 0)[target.context]]).all()
    assert (seen[fold == 1] != again[fold == 1]).any()


def test_folds_are_of_one_size_and_one_customer_cannot_be_cross_fitted():
    assert np.bincount(folds_of(11, 5, np.random.default_rng(0))).tolist() == [3, 2, 2, 2, 2]
    log = impressions_from(three_rows().iloc[:1])
    target = target_on(log, "tea", tea_for_all())
    with pytest.raises(ValueError, match="2 customers or more, but 1 found"):
        cross_fitted(log, target, np.random.default_rng(0))


def test_a_log_in_which_nobody_buys_says_so_without_a_model():
    log, target = SlotWorld().log(800, np.random.default_rng(2))
    nobody = replace(log, bought=np.zeros_like(log.bought))
    said = judge(nobody, target, draws=100)
    assert said.estimates["dr"]["purchases"]["value"] == 0.0
    assert said.estimates["dr"]["purchases"]["change"] is None


def test_boosted_trees_may_take_the_place_of_the_logistic_model():
    log, target = SlotWorld().log(800, np.random.default_rng(2))
    said = judge(log, target, model="trees", draws=100)
    plain = judge(log, target, draws=100)
    both = [each.estimates["dr"]["purchases"]["value"] for each in (said, plain)]
    assert both[0] == pytest.approx(both[1], abs=0.15)
    assert both[0] != both[1]


def test_support_is_counted_where_the_log_lists_what_could_stand_there():
    world = SlotWorld(supported=False)
    log, target = world.log(2000, np.random.default_rng(0))
    said = judge(log, target, draws=100)
    could = {(row.context, row.place, row.product) for row in log.possible.itertuples(index=False)}
    rows = zip(target.context, target.place, target.product, strict=True)
    missing = np.mean([row not in could for row in rows])
    assert said.support.unsupported == pytest.approx(missing)
    assert said.support.exact
    assert said.support.unsupported_error == 0
    assert said.estimates == {}
    assert said.support.reason.startswith("not identified: ")
    assert "could never stand there" in said.support.reason


def test_a_little_missing_support_is_told_with_what_each_estimator_makes_of_it():
    log, target = SlotWorld().log(1200, np.random.default_rng(0))
    # the policy would show an unknown product at one of 90 places: 1.1 %, below 5 %
    product = target.product.copy()
    product[::90] = len(log.product_id)
    more = replace(
        target,
        product=product,
        product_id=np.append(log.product_id, "new"),
        worth=pd.concat([target.worth, target.worth.tail(1)], ignore_index=True),
    )
    said = judge(log, more, draws=100)
    assert said.support.unsupported == pytest.approx(1 / 90)
    assert said.support.reason == ""
    assert any(note.startswith("of the 1.1% without support, IPS") for note in said.notes)


def test_support_is_estimated_from_the_weights_where_only_what_was_shown_is_logged():
    log, target = SlotWorld(supported=False).log(4000, np.random.default_rng(0))
    listed = support_of(log, target, weights_of(log, target), "position")
    plain = replace(log, possible=None)
    said = support_of(plain, target, weights_of(plain, target), "position")
    assert not said.exact
    assert said.unsupported == pytest.approx(1 - said.mean_weight)
    assert abs(said.unsupported - listed.unsupported) < 4 * said.unsupported_error
    assert "give or take" in said.reason


def test_too_few_agreeing_lists_are_not_identified():
    log = impressions_from(three_rows())
    said = judge(log, target_on(log, "tea", tea_for_all()), draws=100)
    # weights 2, 4, 0: (2 + 4)^2 / (4 + 16) = 1.8 lists
    assert said.support.effective == pytest.approx(1.8)
    assert "3 lists count as 1.8 for tea" in said.support.reason


def test_chances_that_products_were_not_drawn_by_are_refused():
    log, target = SlotWorld().log(4000, np.random.default_rng(0))
    halved = replace(log, propensity=log.propensity / 2, possible=None)
    with pytest.raises(TableError, match=r"weights of light average .* but at most 1"):
        judge(halved, target, draws=100)
    mixed = log.possible.assign(propensity=log.possible["propensity"].to_numpy()[::-1])
    with pytest.raises(TableError, match="not drawn with the propensities told"):
        judge(replace(log, propensity=log.propensity * 0.7, possible=mixed), target, draws=100)


def test_a_policy_of_no_customer_of_the_log_is_refused_and_others_are_left_out():
    log = impressions_from(three_rows())
    with pytest.raises(TableError, match="none of its 3 customers has a slate of tea"):
        target_on(log, "tea", tea_for_all().assign(customer_id="z"))
    kept = target_on(log, "tea", tea_for_all().iloc[:2])
    assert kept.contexts.tolist() == [0, 1]
    said = judge(log, kept, draws=100)
    assert said.left_out == 1
    assert "1 of 3 lists went to customers without a slate" in " ".join(said.notes)
    longer = tea_for_all().assign(product_id="jam", position=2)
    both = target_on(log, "tea", pd.concat([tea_for_all(), longer]))
    assert both.beyond == 1
    assert both.product.tolist() == [1, 1, 1]


def test_a_reward_without_a_figure_for_every_product_is_left_out_and_told():
    rows = three_rows().assign(price=[2.0, 2.0, None])
    log = impressions_from(rows)
    said = judge(log, target_on(log, "tea", tea_for_all()), draws=100)
    assert set(said.log) == {"purchases"}
    assert any(note.startswith("revenue is left out: 1 of 2 products") for note in said.notes)


def test_policies_of_one_log_see_the_same_customers_drawn():
    log, target = SlotWorld().log(800, np.random.default_rng(2))
    one, two = (judge(log, target, draws=100, seed=3) for _ in range(2))
    assert one.estimates == two.estimates


def test_errors_fall_with_the_log_and_a_shop_without_support_is_refused():
    rows = off_policy_study(12, [400, 6400], seed=1, draws=100)
    by = {(row["lists"], row["estimator"]): row for row in rows}
    for name in ("ips", "snips", "dr"):
        # sixteen times the lists: a quarter of the error; half leaves room for 12 logs
        assert by[6400, name]["rmse"] < 0.5 * by[400, name]["rmse"]
        assert by[6400, name]["refused"] == 0
        assert by[6400, name]["coverage"] >= 8 / 12
    # a cross-fitted model saves noise: mean interval widths of the same logs
    assert by[6400, "dr"]["width"] < by[6400, "ips"]["width"]
    closed = off_policy_study(3, [800], seed=1, world=SlotWorld(supported=False), draws=100)
    assert {row["refused"] for row in closed} == {1.0}
    assert {row["rmse"] for row in closed} == {None}


def test_the_cascade_mends_what_the_position_assumption_breaks():
    world = SlotWorld(cascade=1.0, pool=4, loss=0.3, level=0.0)
    rows = [
        row
        for assume in ("position", "cascade")
        for row in off_policy_study(6, [8000], seed=2, world=world, assume=assume, draws=100)
        if row["estimator"] == "snips"
    ]
    position, cascade = rows
    assert abs(cascade["bias"]) < abs(position["bias"])
