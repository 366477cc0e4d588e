"""The frontier: three points by hand, what beats what, monotone within the gap, and the drawing."""

from __future__ import annotations

import datetime
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.candidates import Candidates, Floats
from recommender.log import Ids, Log
from recommender.policy import Policy, PolicyError
from recommender.rerank.frontier import (
    AIMS,
    ALONE,
    KNOBS,
    FrontierTable,
    Rerank,
    along,
    dominated,
    frontier,
)
from recommender.rerank.frontier_chart import frontier_page, frontier_sentence, write_frontier
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.rerank import Reranked, Shelves, rerank
from recommender.tradeoff import Scales

SVG = "{http://www.w3.org/2000/svg}"


def products(kg: Floats, seller: list[str]) -> pd.DataFrame:
    """Half-kilogram packs of one need, at 4 in shop currency, half of it margin."""
    count = len(kg)
    return pd.DataFrame(
        {
            "product_id": [f"p{k:02d}" for k in range(count)],
            "price": 4.0,
            "margin_rate": 0.5,
            "seller_id": seller,
            "category": "meat",
            "kg_co2e": kg,
            "kg_co2e_per_kg": 2.0 * kg,
            "net_mass_kg": 0.5,
            "tier": "model",
            "need": "main protein",
            "kg_per_flow": 0.1,
        }
    )


def log_of(customers: int, table: pd.DataFrame) -> Log:
    """Every product bought once, by the customers in turn."""
    count = len(table)
    return Log(
        ids=Ids(
            np.array([f"c{k:02d}" for k in range(customers)], object),
            table["product_id"].to_numpy(object),
        ),
        customer=np.arange(count) % customers,
        product=np.arange(count),
        week=np.ones(count, np.int64),
        day=np.zeros(count),
        basket=np.arange(count),
        store=np.full(count, -1),
        quantity=np.ones(count),
        paid=np.full(count, np.nan),
        whole_until=52,
    )


def candidates(p_buy: Floats) -> Candidates:
    """Every product for every customer; `p_buy` is (customers, products)."""
    customers, count = p_buy.shape
    frame = pd.DataFrame(
        {
            "customer": np.repeat(np.arange(customers), count),
            "product": np.tile(np.arange(count), customers),
            "p_buy": p_buy.ravel(),
            "q_buy": p_buy.ravel(),
            "is_new": True,
            "source": 1,
        }
    )
    return Candidates.from_frame(frame, customers)


def policy(n: int, **tables: object) -> Policy:
    return Policy.model_validate(
        {
            "name": "mine",
            "version": 1,
            "description": "For a test.",
            "review_date": datetime.date(2027, 1, 31),
            "weights": {"shopper": 1.0},
            "carbon": {"reference": "none"},
            "slate": {"n": n},
            **tables,
        }
    )


def solver(shelves: Shelves, rows: Candidates, scales: Scales, runs: list[Reranked]) -> Rerank:
    """What a frontier calls; `runs` gets every answer."""

    def solve(policy: Policy, warm: FrozenPrices | None) -> Reranked:
        ids = shelves.purchases.ids.customers
        run = rerank(rows, shelves, policy, scales, "all", customer_id=ids, warm=warm)
        runs.append(run)
        return run

    return solve


def beef_and_tofu() -> tuple[Shelves, Candidates, Scales]:
    table = products(np.array([15.0, 1.5]), ["big", "small"])
    shelves = Shelves.of(table, log_of(2, table))
    rows = candidates(np.array([[0.8, 0.4], [0.5, 0.4]]))
    return shelves, rows, Scales(m0=2.0, g0=15.0, short={})


def test_three_points_of_a_climate_weight_by_hand() -> None:
    shelves, rows, scales = beef_and_tofu()
    path = along(policy(1, weights={"shopper": 1.0}), "weights.climate", [0.0, 0.3, 0.6])
    table = frontier(path, solver(shelves, rows, scales, []), shelves.goods, scales)
    # beef is worth p (1 - w), tofu p (1 - 0.1 w), since kg / g0 is 1 and 0.1:
    # ann has 0.8 (1 - w) against 0.4 (1 - 0.1 w) and turns to tofu at w = 0.526,
    # bob 0.5 (1 - w) against 0.4 (1 - 0.1 w), at w = 0.217
    assert table.rows["knob"].tolist() == [ALONE, *["weights.climate"] * 3]
    assert table.rows["relevance"].tolist() == pytest.approx([1.3, 1.3, 1.2, 0.8])
    # kg: 1.3 x 15; 0.8 x 15 + 0.4 x 1.5; 0.8 x 1.5
    assert table.rows["kg_functional"].tolist() == pytest.approx([19.5, 19.5, 12.6, 1.2])
    assert table.rows["kg_per_purchase"].tolist() == pytest.approx([15.0, 15.0, 10.5, 1.5])
    assert table.rows["kg_per_purchase_change"].tolist() == pytest.approx([0, 0, -0.3, -0.9])
    assert table.rows["relevance_change"].tolist() == pytest.approx([0, 0, -1 / 13, -5 / 13])
    assert table.rows["revenue"].tolist() == pytest.approx([5.2, 5.2, 4.8, 3.2])
    assert table.rows["margin"].tolist() == pytest.approx([2.6, 2.6, 2.4, 1.6])
    # attention on big and small: 2 and 0, 2 and 0, 1 and 1, 0 and 2
    assert table.rows["seller_gini"].tolist() == pytest.approx([0.5, 0.5, 0.0, 0.5])
    # each sold one pack, so each is due half
    assert table.rows["seller_worst"].tolist() == pytest.approx([0.0, 0.0, 1.0, 0.0])
    assert table.rows["targets_met"].tolist() == pytest.approx([0.5, 0.5, 1.0, 0.5])
    # value per kg is w / g0; margin has no weight, so there is no price in money
    assert table.rows["carbon_price"].tolist() == pytest.approx([0.0, 0.0, 0.02, 0.04])
    assert table.rows["carbon_per_tonne"].isna().all()
    assert table.rows["gap"].tolist() == [0.0] * 4
    assert not table.rows["dominated"].any()
    assert frontier_sentence(table) == (
        "For 7.7 % less relevance (climate weight 0.3), 30 % less carbon per purchase; beyond, "
        "each further percent costs 0.51 % of relevance instead of 0.26 %; at most 90 % less "
        "carbon per purchase for 38 % less relevance."
    )


def test_a_budget_has_a_price_in_money_where_margin_counts() -> None:
    shelves, rows, scales = beef_and_tofu()
    mine = policy(1, weights={"shopper": 1.0, "retailer": 0.1})
    path = along(mine, "limits.carbon_change", [-0.3])
    table = frontier(path, solver(shelves, rows, scales, []), shelves.goods, scales)
    # the target is 10.5 kg, which bob's tofu just meets; a purchase is worth 1.1, as all have the
    # same margin. bob gives up 0.11 of value and 0.5 x (15 - 10.5) + 0.4 x (10.5 - 1.5) = 5.85 of
    # the budget's sum
    price = 0.11 / 5.85
    point = table.points.iloc[0]
    assert point["kg_per_purchase"] == pytest.approx(10.5)
    assert point["carbon_price"] >= price - 1e-9
    # money per value: m0 / retailer = 20 a unit
    assert point["carbon_per_tonne"] == pytest.approx(point["carbon_price"] * 20 * 1000)


def test_a_point_that_misses_a_limit_has_no_gap_and_its_limit_is_named() -> None:
    shelves, rows, scales = beef_and_tofu()
    path = along(policy(1), "limits.carbon_change", [-0.95])  # 0.75 kg: less than tofu's
    table = frontier(path, solver(shelves, rows, scales, []), shelves.goods, scales)
    point = table.points.iloc[0]
    assert math.isnan(point["gap"])
    assert (point["missed"], point["missed_limits"]) == ("carbon budget", 1)
    assert "No certified point of this path is better" in frontier_sentence(table)
    assert 'fill="#ffffff" stroke="#0f7a74"' in frontier_page(table)


def test_measured_figures_stand_beside_the_others() -> None:
    shelves, rows, scales = beef_and_tofu()
    table = frontier(
        along(policy(1), "weights.climate", [0.3]),
        solver(shelves, rows, scales, []),
        shelves.goods,
        scales,
        measure=lambda run: {"tofus": float((run.candidates.product[run.rows] == 1).sum())},
    )
    assert table.rows["tofus"].tolist() == [0.0, 1.0]


def test_points_that_miss_a_limit_beat_nobody() -> None:
    points = pd.DataFrame(
        {
            "relevance": [9.0, 8.0, 8.0, 7.0],
            "kg": [2.0, 3.0, 1.0, 1.0],
            "missed": ["seller a floor", "", "", ""],
        }
    )
    # the second is beaten by the third, the fourth by the third; the first misses a floor
    assert dominated(points, "kg", -1) == [False, True, False, True]


def test_a_path_holds_all_else() -> None:
    mine = policy(3, limits={"carbon_target_kg": 2.0, "relevance": 0.9})
    points = along(mine, "limits.carbon_change", [-0.1, -0.2])
    assert [point.policy.limits.carbon_change for point in points] == [-0.1, -0.2]
    assert {point.policy.limits.carbon_target_kg for point in points} == {None}
    assert {point.policy.limits.relevance for point in points} == {0.9}
    for knob in KNOBS:
        if knob != "sellers.welfare_weight":  # needs a welfare to weigh
            assert along(policy(3), knob, [0.5])[0].value == 0.5


def test_what_is_no_path_is_refused() -> None:
    for knob, values, said in (
        ("climate", [1.0], "'climate' is no knob"),
        ("weights.climate", [], "0 values of weights.climate"),
        ("weights.climate", [1.0, 1.0], "2 values of weights.climate, of them 1 twice"),
        ("limits.carbon_change", [-1.0], "carbon_change is -1.0, but it should be greater"),
        ("sellers.welfare_weight", [1.0], "but welfare_weight is above 0, but no welfare is named"),
    ):
        with pytest.raises(PolicyError, match=said):
            along(policy(1), knob, values)


def test_each_path_goes_by_its_own_aim() -> None:
    shelves, rows, scales = beef_and_tofu()

    def aim(knob: str, **tables: object) -> str:
        path = along(policy(1, **tables), knob, [0.1])
        solve = solver(shelves, rows, scales, [])
        return frontier(path, solve, shelves.goods, scales).aim.column

    assert aim("weights.climate") == "kg_per_purchase"
    assert aim("weights.climate", carbon={"reference": "need"}) == "excess_per_purchase"
    assert aim("limits.carbon_change", carbon={"reference": "need"}) == "kg_per_purchase"
    assert aim("sellers.floor") == "targets_met"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 1.0))
def test_along_a_weight_what_it_prices_falls_within_the_gaps(seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    table = products(rng.lognormal(0.0, 1.0, 9), [f"s{k % 3}" for k in range(9)])
    shelves = Shelves.of(table, log_of(12, table))
    rows = candidates(rng.beta(0.5, 2.0, (12, 9)))
    scales = Scales(m0=1.0, g0=1.0, short={})
    runs: list[Reranked] = []
    mine = policy(3, sellers={"floor": 0.8, "target": "equal"})
    weights = [0.0, step, 2 * step, 3 * step]
    path = along(mine, "weights.climate", weights)
    found = frontier(path, solver(shelves, rows, scales, runs), shelves.goods, scales).points
    # neither point's slates are better at the other's weight by more than its own gap allows
    spare = [run.solution.bound - run.solution.value for run in runs[1:]]
    for k in range(3):
        if found["missed"].iloc[k : k + 2].eq("").all():
            rise = found["kg_functional"].iloc[k + 1] - found["kg_functional"].iloc[k]
            assert rise <= (spare[k] + spare[k + 1]) / step + 1e-6


def made_up_table(change: list[float]) -> FrontierTable:
    """Relevance alone and points that lose 1 % each."""
    count = len(change)
    rows = pd.DataFrame(
        {
            "value": [math.nan, *range(1, count + 1)],
            "kg_per_purchase_change": [0.0, *change],
            "relevance_change": [-0.01 * k for k in range(count + 1)],
            "gap": 0.001,
            "missed": "",
            "dominated": False,
            **dict.fromkeys(
                (
                    *("revenue_change", "margin_change", "kg_functional_change", "kg_pack_change"),
                    *("excess_change", "targets_met", "seller_worst", "small_share"),
                ),
                0.0,
            ),
        }
    )
    return FrontierTable(knob="weights.climate", aim=AIMS["kg_per_purchase"], rows=rows)


def test_the_page_opens_offline_and_tells_itself(tmp_path: Path) -> None:
    table = made_up_table([-0.12, -0.15, -0.16])
    csv, svg, page = write_frontier(table, tmp_path / "new")
    drawing = ET.parse(svg).getroot()
    said = drawing.find(f"{SVG}desc")
    assert said is not None
    assert said.text == frontier_sentence(table)
    # by hand: 1 % for 12 points is 0.083 a point, then 2 % for 4 points is 0.5
    assert said.text == (
        "For 1 % less relevance (climate weight 1), 12 % less carbon per purchase; beyond, each "
        "further percent costs 0.5 % of relevance instead of 0.083 %; at most 16 % less carbon per "
        "purchase for 3 % less relevance."
    )
    assert drawing.get("role") == "img"
    assert len(drawing.findall(f"{SVG}circle")) == 3
    assert [t.text for t in drawing.findall(f"{SVG}text") if t.get("fill")] == [
        *("relevance alone", "1", "2", "3")
    ]
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "src=" not in html
    assert len(pd.read_csv(csv)) == 4


def test_a_path_that_only_gets_dearer_says_no_more_than_it_knows() -> None:
    assert frontier_sentence(made_up_table([-0.1])) == (
        "For 1 % less relevance (climate weight 1), 10 % less carbon per purchase."
    )
