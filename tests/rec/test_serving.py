"""Serving: ten distinct products for everybody, and an honest word on what they stand on."""

import numpy as np
import pandas as pd
import pytest

from recommender.history import History
from recommender.policy import Policy, Slate, Weights
from recommender.relevance.fit import Past, fit_relevance, propose_now
from recommender.rerank.rerank import Shelves
from recommender.serving import COLD_START, FROM_HISTORY, serve
from recommender.splits import protocol
from recommender.tradeoff import PARTS, Scales

SCALES = Scales(m0=0.5, g0=1.5, short={"s1": 0.4})


@pytest.fixture(scope="module")
def shop(made_up_shop, made_up_log, made_up_shelf):
    catalogue, _ = made_up_shop
    kg = np.linspace(0.5, 8.0, len(catalogue))
    products = catalogue.drop(columns="package_size").assign(
        need=catalogue["category"],
        kg_per_flow=0.1,
        kg_co2e=kg / 2,
        kg_co2e_per_kg=kg,
        net_mass_kg=0.5,
        tier="model",
    )
    past = Past(log=made_up_log, shelf=made_up_shelf)
    learned = fit_relevance(past, protocol(30), 1, lambda _: None, horizons=["4 weeks"])
    return (
        propose_now(past, learned.models)[0].candidates,
        Shelves.of(products, made_up_log),
        History(made_up_log, made_up_shelf),
    )


def policy(**weights):
    return Policy(
        name="tried",
        version=1,
        description="for a test",
        review_date=pd.Timestamp("2030-01-01").date(),
        weights=Weights(**weights),
        slate=Slate(n=10),
    )


BALANCED = {"shopper": 1.0, "retailer": 0.2, "climate": 0.3, "sellers": 0.1}


def test_every_customer_gets_ten_distinct_products_whose_score_is_the_sum_of_its_parts(shop):
    asked = np.array(["h00", "h01", "nobody", "h79"], dtype=object)
    served = serve(*shop, policy(**BALANCED), SCALES, asked)
    slates = served.slates
    distinct = slates.groupby("customer_id")["product_id"].nunique()
    assert distinct.to_dict() == dict.fromkeys(asked, 10)
    assert np.allclose(slates[list(PARTS)].sum(axis=1), slates["score"], rtol=1e-12)
    assert served.short == 0


def test_an_unknown_customer_gets_the_cold_start_list_and_is_named(shop):
    served = serve(*shop, policy(**BALANCED), SCALES, np.array(["h00", "nobody"], dtype=object))
    basis = served.slates.groupby("customer_id")["basis"].unique()
    assert served.unknown == ["nobody"]
    assert basis["nobody"].tolist() == [COLD_START]
    assert basis["h00"].tolist() == [FROM_HISTORY]
    told_by = served.slates.groupby("customer_id")["told_by"].unique()
    assert told_by["nobody"].tolist() == ["popular"]
    assert told_by["h00"].tolist() == ["own purchases"]


def test_asking_twice_for_a_customer_answers_once(shop):
    served = serve(*shop, policy(**BALANCED), SCALES, np.array(["h03", "h03"], dtype=object))
    assert len(served.slates) == 10


def test_climate_alone_lowers_carbon_against_relevance_alone(shop):
    everyone = shop[2].log.ids.customers
    plain = serve(*shop, policy(shopper=1.0), SCALES, everyone).slates
    green = serve(*shop, policy(shopper=1.0, climate=2.0), SCALES, everyone).slates

    def demand_weighted_excess(slates):
        attention = 1 / np.log2(slates["position"] + 1)
        return (attention * slates["p_buy"] * slates["kg_excess"]).sum()

    assert demand_weighted_excess(green) < demand_weighted_excess(plain)
