"""From the re-ranker's answer to the text that a person reads, on a shop of five products."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recommender.candidates import Candidates
from recommender.log import Ids, Log
from recommender.policy import Policy
from recommender.rerank.explain_slate import explain_reranked, one_shopper, slate_explanation
from recommender.rerank.explain_text import as_text
from recommender.rerank.problem import Prices
from recommender.rerank.rerank import Reranked, Shelves, rerank
from recommender.tradeoff import Scales

PRODUCTS = pd.DataFrame(
    {
        "product_id": ["beef", "tofu", "soap", "mystery", "wine"],
        "title": ["Beef mince", "Firm tofu", "Hand soap", "A mystery", "Red wine"],
        "price": [8.0, 4.0, 2.0, 1.0, 9.0],
        "margin_rate": [0.25, 0.5, 0.5, 0.5, 0.5],
        "seller_id": ["big", "small", "big", None, "small"],
        "category": ["meat", "meat", "care", "care", "drinks"],
        "age_restricted": [False, False, False, False, True],
        "kg_co2e": [15.0, 1.5, 0.4, np.nan, 1.0],
        "kg_co2e_per_kg": [30.0, 3.0, 4.0, np.nan, 1.0],
        "net_mass_kg": [0.5, 0.5, 0.1, np.nan, 1.0],
        "difference_sd_log10": [0.05, 0.05, 0.05, np.nan, 0.05],
        "kg_co2e_low": [12.0, 1.2, 0.3, np.nan, 0.8],
        "kg_co2e_high": [18.0, 1.8, 0.5, np.nan, 1.2],
        "tier": ["model", "model", "model", "unknown", "model"],
        "need": ["main protein", "main protein", "soap", "other", "wine"],
        "kg_per_flow": [0.1, 0.1, 0.1, np.nan, 0.15],
    }
)
CUSTOMERS = np.array(["ann", "bob"], object)
LOG = Log(
    ids=Ids(CUSTOMERS, PRODUCTS["product_id"].to_numpy(object)),
    customer=np.array([0, 1, 1]),
    product=np.array([0, 1, 2]),
    week=np.ones(3, np.int64),
    day=np.zeros(3),
    basket=np.arange(3),
    store=np.full(3, -1),
    quantity=np.ones(3),
    paid=np.full(3, np.nan),
    whole_until=52,
)
SCALES = Scales(m0=2.0, g0=5.0, short={})
P_BUY = np.array([0.9, 0.5, 0.4, 0.3, 0.1, 0.9, 0.5, 0.4, 0.3, 0.1])
CANDIDATES = Candidates(
    start=np.array([0, 5, 10]),
    product=np.array([4, 0, 1, 2, 3, 4, 0, 1, 2, 3]),
    p_buy=P_BUY,
    q_buy=P_BUY,
    is_new=np.array([True, False, True, True, True, True, True, False, False, True]),
    source=np.full(10, 1 << 2),
)


def policy(**tables: dict[str, Any]) -> Policy:
    given = {
        "name": "mine",
        "version": 3,
        "description": "For a test.",
        "review_date": pd.Timestamp("2027-01-31").date(),
        "weights": {"shopper": 1.0, "retailer": 0.1, "climate": 0.0},
        "slate": {"n": 2},
    }
    return Policy.model_validate(given | tables)


def shelves() -> Shelves:
    return Shelves.of(PRODUCTS, LOG)


def reranked(chosen: Policy) -> Reranked:
    return rerank(CANDIDATES, shelves(), chosen, SCALES, "all", customer_id=CUSTOMERS)


def test_a_slate_is_explained_from_the_re_rankers_answer() -> None:
    chosen = policy(weights={"shopper": 1.0, "retailer": 0.1, "climate": 1.0})
    explained = explain_reranked(reranked(chosen), shelves(), SCALES, 0, "ann")
    # by hand: a flow is 0.1 kg and a purchase 5 of them, so beef is 15 kg and tofu 1.5 kg. Ann
    # buys beef: tofu is 13.5 kg less, beef no change. Beef: 0.5 + 0.1 x 0.5 x 2 / 2 = 0.55;
    # tofu: 0.4 + 0.1 x 0.4 x 2 / 2 + 0.4 x 13.5 / 5 = 1.52. Wine is for adults
    first, second = explained["slots"]
    assert (first["product_id"], second["product_id"]) == ("tofu", "beef")
    assert first["score"] == pytest.approx(1.52)
    assert first["parts"] == pytest.approx(
        {"shopper": 0.4, "retailer": 0.04, "climate": 1.08, "sellers": 0.0}
    )
    assert first["kg_change"]["kg"] == pytest.approx(-13.5)
    assert first["reason"] == (
        "moved up one place, ahead of Beef mince: same need, estimated 14 kg lighter, bought by "
        "households like yours"
    )
    assert explained["limits"] == []
    # by hand: (1 / 5) / (0.1 / 2) x 1000
    assert explained["carbon_price"]["money_per_tonne"] == pytest.approx(4000.0)
    json.dumps(explained, allow_nan=False)


def test_the_text_tells_head_slots_limits_and_references() -> None:
    chosen = policy(
        limits={"carbon_change": -0.2, "relevance": 0.5},
        sellers={"target": "equal", "floor": 0.5},
    )
    found = reranked(chosen)
    explained = explain_reranked(found, shelves(), SCALES, 1, "bob")
    assert not found.missed
    text = as_text(explained)
    lines = text.splitlines()
    assert lines[0] == "Customer bob under policy mine (version 3): For a test."
    assert "What the limits cost" in lines
    assert "carbon budget" in text
    assert "Seller floors: 2, of which" in text
    assert "190 USD  US EPA social cost of carbon dioxide (social cost, 2020)" in text
    assert "it is what you usually buy" in " ".join(text.split())
    assert max(map(len, lines)) <= 120
    json.dumps(explained, allow_nan=False)


def test_the_slots_parts_sum_to_what_the_frozen_prices_make_of_the_row() -> None:
    chosen = policy(limits={"carbon_change": -0.2}, values={"coverage": 0.01})
    found = reranked(chosen)
    problem, prices = found.assembled.problem, found.solution.prices
    for customer, name in enumerate(CUSTOMERS):
        explained = explain_reranked(found, shelves(), SCALES, customer, name)
        one = one_shopper(problem, customer)
        score = one.value + prices.totals[0] * one.totals[0].each
        by_product = dict(zip(one.product.tolist(), score.tolist(), strict=True))
        for slot in explained["slots"]:
            row = PRODUCTS.index[PRODUCTS["product_id"] == slot["product_id"]][0]
            assert sum(slot["parts"].values()) == pytest.approx(by_product[row])
            assert "coverage" in slot["parts"]


def test_a_customer_whom_the_log_does_not_know_is_held_against_what_all_buy() -> None:
    own = Candidates(
        start=np.array([0, 2]),
        product=np.array([0, 1]),
        p_buy=np.array([0.5, 0.4]),
        q_buy=np.array([0.5, 0.4]),
        is_new=np.ones(2, np.bool_),
        source=np.zeros(2, np.int64),
    )
    goods = shelves().goods
    explained = slate_explanation(
        own, -1, "new", goods, PRODUCTS, policy(), SCALES, basis="cold start", told_by="store 1"
    )
    # by hand: all buy 15 and 1.5 kg, once each: 8.25 on average
    assert explained["slots"][1]["kg_change"]["kg"] == pytest.approx(1.5 - 8.25)
    assert not explained["slots"][1]["kg_change"]["own"]
    text = as_text(explained)
    assert "Basis: cold start (store 1)." in text
    assert "against what is usually bought" in text
    assert "This policy has no limits that shoppers share." in text


def test_a_shopper_without_any_product_has_an_empty_slate() -> None:
    chosen = policy(limits={"deny_categories": ["meat", "care"], "age_restricted": False})
    wine = PRODUCTS.assign(category=["meat", "meat", "care", "care", "care"])
    with pytest.raises(ValueError, match="bar every one"):
        rerank(CANDIDATES, Shelves.of(wine, LOG), chosen, SCALES, "all", customer_id=CUSTOMERS)
    found = reranked(policy(limits={"deny_categories": ["meat"], "carbon_target_kg": 9.0}))
    one = one_shopper(found.assembled.problem, 0)
    none = slate_explanation(
        Candidates(
            start=np.array([0, 1]),
            product=np.array([0]),
            p_buy=np.array([0.5]),
            q_buy=np.array([0.5]),
            is_new=np.array([True]),
            source=np.array([0]),
        ),
        0,
        "ann",
        shelves().goods,
        PRODUCTS,
        found.policy,
        SCALES,
        problem=one,
        prices=Prices.none(one),
    )
    assert none["slots"] == []
    assert "No product may be shown." in as_text(none)
