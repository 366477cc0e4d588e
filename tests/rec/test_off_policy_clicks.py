"""Logs without chances: the rows that agree, the position model, and where neither can speak."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.impact.off_policy.clicks import clicks_of, position_model
from recommender.impact.off_policy.table import impressions_from
from recommender.impact.off_policy.target import target_on, targets_from


def fixed_log(orders: dict[str, list[str]], bought: dict[tuple[str, str], int]) -> pd.DataFrame:
    """Each customer's fixed order of products, and who bought what."""
    return pd.DataFrame(
        [
            {
                "customer_id": customer,
                "shown_at": "2026-01-05",
                "product_id": product,
                "position": place + 1,
                "bought": bought.get((customer, product), 0),
            }
            for customer, order in orders.items()
            for place, product in enumerate(order)
        ]
    )


def slates(order: list[str], customers) -> pd.DataFrame:
    rows = [(each, k + 1, name) for each in customers for k, name in enumerate(order)]
    frame = pd.DataFrame(rows, columns=["customer_id", "position", "product_id"])
    return targets_from(frame)["slates"]


def test_where_log_and_policy_agree_by_hand():
    orders = {"a": ["tea", "milk"], "b": ["milk", "tea"]}
    log = impressions_from(fixed_log(orders, {("a", "tea"): 1}))
    said = clicks_of(log, target_on(log, "new", slates(["tea", "milk"], orders)), draws=50)
    # a agrees at both places and bought one of two; b agrees nowhere
    assert said.matched_share == 0.5
    assert said.matched[0] == 0.5
    facts = said.facts()
    assert facts["layer"] == "what if (impressions without chances)"
    assert "says nothing of the others" in facts["matched"]["meaning"]


def test_the_position_model_by_hand():
    # tea sells 8 of 10 at the first place and 4 of 10 at the second; milk, shown only at the
    # second, 2 of 10: attention 0.5, so milk would sell 2 / 10 / 0.5 = 0.4 at the first
    hits = np.array([[8.0, 0.0], [4.0, 2.0]])
    shown = np.array([[10.0, 0.0], [10.0, 10.0]])
    attention, appeal = position_model(hits, shown)
    assert attention == pytest.approx([1.0, 0.5])
    assert appeal == pytest.approx([0.8, 0.4])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_position_model_gives_back_what_it_was_made_of(seed):
    rng = np.random.default_rng(seed)
    attention = np.concatenate([[1.0], rng.uniform(0.2, 1, 2)])
    appeal = rng.uniform(0.05, 0.9, 6)
    shown = rng.uniform(1, 50, (3, 6))
    found = position_model(np.outer(attention, appeal) * shown, shown)
    assert found[0] == pytest.approx(attention, rel=1e-4)
    assert found[1] == pytest.approx(appeal, rel=1e-4)


def test_products_that_moved_between_places_tell_attention_from_appeal():
    rng = np.random.default_rng(1)
    names = np.array(["tea", "milk", "jam"])
    appeal = dict(zip(names, (0.8, 0.5, 0.2), strict=True))
    orders, bought = {}, {}
    for each in range(3000):
        order = names[rng.permutation(3)].tolist()
        orders[f"c{each:04d}"] = order
        for name, attention in zip(order, (1.0, 0.6, 0.3), strict=True):
            bought[f"c{each:04d}", name] = int(rng.random() < attention * appeal[name])
    log = impressions_from(fixed_log(orders, bought))
    said = clicks_of(log, target_on(log, "new", slates(["jam", "milk", "tea"], orders)), draws=60)
    # by hand: 1 x 0.2 + 0.6 x 0.5 + 0.3 x 0.8 = 0.74
    assert said.model[0] == pytest.approx(0.74, abs=0.04)
    assert said.model[1] < 0.74 < said.model[2]
    assert said.attention == pytest.approx((1.0, 0.6, 0.3), abs=0.05)
    assert said.covered == 1.0


def test_products_that_never_moved_or_were_never_shown_are_not_identified():
    orders = {f"c{each}": ["tea", "milk"] for each in range(20)}
    bought = {(each, name): k % 2 for k, each in enumerate(orders) for name in ("tea", "milk")}
    log = impressions_from(fixed_log(orders, bought))
    swapped = clicks_of(log, target_on(log, "new", slates(["milk", "tea"], orders)), draws=50)
    assert swapped.covered == 0.0
    assert np.isnan(swapped.model[0])
    assert swapped.reason.startswith("not identified: 100.0% of what new would show")
    same = clicks_of(log, target_on(log, "same", slates(["tea", "milk"], orders)), draws=50)
    # what the log shows anyway is known without any model: ten of each in twenty lists
    assert same.model[0] == pytest.approx(1.0)
    unseen = clicks_of(log, target_on(log, "new", slates(["jam", "milk"], orders)), draws=50)
    assert unseen.covered == 0.5
    assert unseen.facts()["position_model"]["value"] is None
    nowhere = clicks_of(log, target_on(log, "new", slates(["jam", "honey"], orders)), draws=50)
    assert np.isnan(nowhere.matched[0])
    assert nowhere.matched_share == 0


def test_a_customers_own_p_buy_counts_where_it_is_logged():
    orders = {f"c{each}": ["tea"] for each in range(10)}
    bought = {(f"c{each}", "tea"): int(each < 4) for each in range(10)}
    rows = fixed_log(orders, bought).assign(p_buy=[0.8] * 5 + [0.2] * 5)
    log = impressions_from(rows)
    wanted = slates(["tea"], [f"c{each}" for each in range(5)]).assign(p_buy=0.8)
    said = clicks_of(log, target_on(log, "new", wanted), draws=50)
    # only lists of customers with a slate count: 4 of 5 bought at p_buy 0.8, so 0.8 again
    assert said.model[0] == pytest.approx(0.8)
