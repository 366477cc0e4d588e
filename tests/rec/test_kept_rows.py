"""Rows that sellers' floors added are kept with the prices, and serve one shopper alone."""

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates
from recommender.history import History
from recommender.log import Ids
from recommender.policy import Policy, Sellers, Weights
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.kept_rows import (
    added_rows,
    keep_rows,
    read_rows,
    rows_beside,
    with_kept_rows,
)
from recommender.rerank.more_candidates import ADDED
from recommender.rerank.passes import Passes
from recommender.rerank.rerank import Shelves, rerank
from recommender.serving import serve
from recommender.tradeoff import Scales

IDS = Ids(np.array(["ann", "bob"], object), np.array(["p", "q", "r"], object))
SCALES = Scales(m0=0.5, g0=1.5, short={})


def some() -> Candidates:
    """Ann has p and, added, q; bob has r."""
    return Candidates(
        start=np.array([0, 2, 3]),
        product=np.array([0, 1, 2]),
        p_buy=np.array([0.4, 0.1, 0.3]),
        q_buy=np.array([0.8, 0.2, 0.3]),
        is_new=np.array([False, True, True]),
        source=np.array([1, ADDED, 2]),
    )


def without_added() -> Candidates:
    return Candidates.from_frame(some().to_frame().query("source != @ADDED"), 2)


def test_added_rows_come_back_from_beside_the_prices(tmp_path) -> None:
    prices = tmp_path / "slates.prices.json"
    keep_rows(prices, some(), IDS)
    assert rows_beside(prices) == tmp_path / "slates.added.parquet"
    kept = read_rows(prices)
    assert kept["customer_id"].tolist() == ["ann"]
    again = with_kept_rows(without_added(), kept, IDS)
    assert again.to_frame().equals(some().to_frame())
    keep_rows(prices, without_added(), IDS)  # a later run that added none leaves none
    assert read_rows(prices) is None
    assert with_kept_rows(without_added(), None, IDS).to_frame().equals(without_added().to_frame())


def test_rows_that_no_longer_fit_are_left_out() -> None:
    kept = pd.DataFrame(
        {
            "customer_id": ["ann", "ann", "ann", "cy", "bob", "bob"],
            "product_id": ["p", "q", "gone", "q", "q", "q"],
            "p_buy": [0.9, 0.9, 0.1, 0.1, 0.1, 0.1],
            "q_buy": 0.1,
            "is_new": True,
        }
    )
    found = with_kept_rows(without_added(), kept, IDS)
    # p is a candidate of ann by now, gone and cy are unknown, bob's q stands twice; what is kept
    # of ann's q is more than her last candidate: it is lowered to that
    assert found.start.tolist() == [0, 2, 4]
    assert found.product.tolist() == [0, 1, 2, 1]
    assert found.p_buy.tolist() == [0.4, 0.4, 0.3, 0.1]
    assert (found.source == ADDED).tolist() == [False, True, False, True]


def test_a_file_that_is_no_table_of_rows_is_refused(tmp_path) -> None:
    (tmp_path / "a.added.parquet").write_text("customer_id\nann\n")
    with pytest.raises(TableError, match="added rows"):
        read_rows(tmp_path / "a.prices.json")


def test_rows_as_added_are_named_by_ids() -> None:
    rows = added_rows(some(), IDS)
    assert rows.to_dict("records") == [
        {"customer_id": "ann", "product_id": "q", "p_buy": 0.1, "q_buy": 0.2, "is_new": True}
    ]


def test_one_shopper_alone_is_shown_the_seller_that_only_added_rows_hold(
    made_up_shop, made_up_log, made_up_shelf
) -> None:
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
    ids = made_up_log.ids
    shelves = Shelves.of(products, made_up_log)
    sells = (catalogue["seller_id"] != "s3").to_numpy()
    rng = np.random.default_rng(3)
    rows = pd.DataFrame(
        [(u, p) for u in range(80) for p in np.flatnonzero(sells)], columns=["customer", "product"]
    )
    # every household has the 27 products of three sellers, and none of the fourth's
    p_buy = rng.random(len(rows))
    rows = rows.assign(p_buy=p_buy, q_buy=p_buy, is_new=False, source=1)
    candidates = Candidates.from_frame(rows, 80)
    policy = Policy(
        name="floors",
        version=1,
        description="for a test",
        review_date=pd.Timestamp("2030-01-01").date(),
        weights=Weights(shopper=1.0),
        sellers=Sellers(target="equal", floor=0.5),
    )
    made = rerank(candidates, shelves, policy, SCALES, "all", customer_id=ids.customers)
    assert made.added > 0
    problem = made.assembled.problem
    frozen = FrozenPrices.of(problem, made.solution.prices)
    assert frozen.floors["seller"]["s3"] > 0

    # among all others, at the same prices
    passes = Passes(problem)
    up, down = passes.vector(made.solution.prices)
    crowd = passes.empty()
    passes.run(up - down, crowd)
    goods = shelves.goods
    shown = goods.product_id[problem.product[crowd]]
    seller = catalogue.set_index("product_id")["seller_id"]
    lucky = np.flatnonzero((seller.loc[shown.ravel()].to_numpy() == "s3").reshape(80, -1).any(1))
    assert len(lucky)

    today = History(made_up_log, made_up_shelf)
    kept = with_kept_rows(candidates, added_rows(made.candidates, ids), ids)
    for customer in lucky[:5]:
        asked = np.array([ids.customers[customer]], object)
        alone = serve(kept, shelves, today, policy, SCALES, asked, frozen=frozen).slates
        assert alone["product_id"].tolist() == shown[customer].tolist()
        bare = serve(candidates, shelves, today, policy, SCALES, asked, frozen=frozen).slates
        assert "s3" not in set(bare["seller_id"])
