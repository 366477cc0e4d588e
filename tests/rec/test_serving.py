"""Serving: ten distinct products for everybody, and an honest word on what they stand on."""

import numpy as np
import pandas as pd
import pytest

from recommender.history import History
from recommender.policy import Limits, Policy, Slate, Weights
from recommender.relevance.fit import Past, fit_relevance, propose_now
from recommender.rerank.frozen import FrozenPrices, carbon_counts, own_carbon
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


def frozen_at(price):
    attention = tuple(Slate(n=10).curve().tolist())
    return FrozenPrices(
        policy="tried",
        version=1,
        made_from="",
        attention=attention,
        m0=0.5,
        g0=1.5,
        target_kg=1.0,
        totals={"carbon budget": price},
    )


def budgeted():
    return policy(**BALANCED).model_copy(update={"limits": Limits(carbon_change=-0.1)})


def test_the_own_slider_moves_its_shopper_and_nobody_else(shop):
    def slate(served, customer):
        rows = served.slates[served.slates["customer_id"] == customer]
        return rows["product_id"].tolist(), rows["score"].tolist()

    def at(asked, factor):
        ids = np.array(asked, dtype=object)
        return serve(*shop, budgeted(), SCALES, ids, frozen=frozen_at(0.1), own_climate=factor)

    both = at(["h00", "h01"], 1.0)
    moved, still = at(["h00"], 6.0), at(["h01"], 1.0)
    assert slate(moved, "h00")[0] != slate(both, "h00")[0]
    assert slate(still, "h01") == slate(both, "h01")
    assert moved.carbon_counts


def test_a_slider_at_0_is_a_policy_without_carbon_and_every_part_is_as_it_counted(shop):
    ids = np.array(["h00", "h05"], dtype=object)
    off = serve(*shop, budgeted(), SCALES, ids, frozen=frozen_at(0.1), own_climate=0.0).slates
    weights = {**BALANCED, "climate": 0.0}
    without = serve(*shop, policy(**weights), SCALES, ids).slates
    assert off["product_id"].tolist() == without["product_id"].tolist()
    assert off["score"].tolist() == pytest.approx(without["score"].tolist())
    assert (off[PARTS[2]] == 0).all()
    assert np.allclose(off[list(PARTS)].sum(axis=1), off["score"], rtol=1e-12)


def test_the_slider_does_before_what_frozen_prices_do_to_a_problem():
    before = budgeted()
    frozen = frozen_at(0.1)
    after, own = own_carbon(before, frozen, 0.4)
    assert after.weights.climate == pytest.approx(0.4 * 0.3)
    assert own.totals == {"carbon budget": pytest.approx(0.04)}
    assert (own.floors, own.caps, own.target_kg) == (frozen.floors, frozen.caps, frozen.target_kg)
    others = {"shopper", "retailer", "sellers"}
    for party in others:
        assert getattr(after.weights, party) == getattr(before.weights, party)
    assert own_carbon(before, None, 1.0) == (before, None)
    for factor in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="own carbon factor"):
            own_carbon(before, frozen, factor)
    assert not carbon_counts(policy(shopper=1.0), None)
    assert carbon_counts(policy(shopper=1.0), frozen)
