"""The report as files and on screen: six digits, every row, and sentences that do not overclaim."""

import copy
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from recommender.backtest import backtest
from recommender.candidates import Candidates
from recommender.log import Ids, Log
from recommender.policy import Policy
from recommender.report import (
    report_frame,
    report_json,
    report_markdown,
    weightings_table,
    write_report,
)

HOUSEHOLDS, GOODS = 8, 6


def log_of(seed: int, week: int) -> Log:
    rng = np.random.default_rng(seed)
    ids = Ids(
        np.array([f"c{k}" for k in range(HOUSEHOLDS)], object),
        np.array([f"p{k}" for k in range(GOODS)], object),
    )
    return Log(
        ids=ids,
        customer=np.repeat(np.arange(HOUSEHOLDS), 5),
        product=rng.integers(0, GOODS, 5 * HOUSEHOLDS),
        week=np.full(5 * HOUSEHOLDS, week),
        day=np.zeros(5 * HOUSEHOLDS),
        basket=np.arange(5 * HOUSEHOLDS),
        store=np.full(5 * HOUSEHOLDS, -1),
        quantity=np.ones(5 * HOUSEHOLDS),
        paid=np.full(5 * HOUSEHOLDS, 2.5),
        whole_until=52,
    )


@cache
def made() -> dict[str, Any]:
    """A report on eight households and six products, with an audit group of three."""
    products = pd.DataFrame(
        {
            "product_id": [f"p{k}" for k in range(GOODS)],
            "price": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            "margin_rate": [0.2] * GOODS,
            "seller_id": ["a", "a", "b", "b", "c", "c"],
            "kg_co2e": [1.0, 9.0, 2.0, 5.0, 3.0, 1.0],
            "kg_co2e_per_kg": [1.0, 9.0, 2.0, 5.0, 3.0, 1.0],
            "net_mass_kg": [1.0] * GOODS,
            "tier": ["model"] * GOODS,
            "need": ["x", "x", "x", "y", "y", "y"],
            "kg_per_flow": [0.5] * GOODS,
        }
    )
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        {
            "customer": np.repeat(np.arange(HOUSEHOLDS), GOODS),
            "product": np.tile(np.arange(GOODS), HOUSEHOLDS),
            "p_buy": rng.random(HOUSEHOLDS * GOODS),
            "q_buy": 1.0,
            "is_new": rng.random(HOUSEHOLDS * GOODS) < 0.5,
            "source": 1,
        }
    )
    policies = [
        Policy.model_validate(
            {
                "name": name,
                "version": 3,
                "description": "For a test.",
                "review_date": pd.Timestamp("2027-01-31").date(),
                "weights": weights,
                "carbon": {"reference": reference},
                "slate": {"n": 3},
            }
        )
        for name, reference, weights in (
            ("mix", "none", {"shopper": 1.0, "climate": 2.0}),
            ("retailer-first", "need", {"shopper": 1.0, "climate": 2.0, "retailer": 0.1}),
            ("swap", "need", {"shopper": 1.0, "climate": 0.1}),
        )
    ]
    return backtest(
        Candidates.from_frame(rows, HOUSEHOLDS),
        products,
        log_of(1, week=49),
        log_of(0, week=48),
        policies,
        rng=np.random.default_rng(2),
        audit=np.arange(HOUSEHOLDS) < 3,
        meta={"window": {"first_week": 49, "last_week": 52}, "shop": "a test"},
        draws=60,
        smallest=1,
    ).report


def test_json_keeps_the_order_and_six_significant_digits() -> None:
    report = copy.deepcopy(made())
    report["scales"] = {"m0": 123.4567891, "g0": float("nan")}
    read = json.loads(report_json(report))
    assert list(read) == list(report)
    assert read["scales"] == {"m0": 123.457, "g0": None}
    assert list(read["policies"]) == ["relevance", "mix", "retailer-first", "swap"]
    assert report_json(read) == report_json(report), "rounding again changes nothing"


def test_the_long_table_holds_every_estimate_of_the_report_once() -> None:
    frame = report_frame(made())
    keys = ["policy", "task", "group", "figure"]
    assert not frame.duplicated(keys).any()
    # four policies, two tasks, two groups; all figures and two splits of five
    whole = frame[frame["group"].isin(["households", "audit"])]
    assert len(whole) == 4 * 2 * 2 * (len(made()["figures"]) + 10)
    row = frame.set_index(keys).loc["mix", "all", "audit", "demand_revenue"]
    estimate = made()["policies"]["mix"]["tasks"]["all"]["audit"]["demand_revenue"]
    assert row["change_low"] == estimate["change_low"]
    assert row["unit"] == "shop currency per household"
    assert row[["layer", "window", "policy_version"]].tolist() == [
        *("observed (held-out purchases)", "weeks 49 to 52", "3")
    ]
    split = frame.set_index(keys).loc["mix", "new", "households", "total_kg.pack_size"]
    assert split["value"] == pytest.approx(
        made()["policies"]["mix"]["tasks"]["new"]["split"]["total_kg"]["pack_size"]["value"]
    )


def test_the_long_table_holds_ranges_second_opinions_and_segments_where_the_report_has_them() -> (
    None
):
    report = copy.deepcopy(made())
    estimate = report["policies"]["mix"]["tasks"]["all"]["figures"]["demand_kg_functional"]
    run = report["policies"]["mix"]["tasks"]["all"]
    run["footprint_range"] = {"demand_kg_functional": estimate}
    run["claimed_realised"] = {
        "claimed": estimate,
        "realised": estimate,
        "realised_less_claimed": estimate,
        "products": 6,
    }
    segment = {"policy": "mix", "kind": "age", "segment": "25-34", "figure": "ndcg", **estimate}
    report["segments"] = {"rows": [segment]}
    frame = report_frame(report)
    more = frame[~frame["group"].isin(["households", "audit"])]
    assert more[["group", "figure"]].to_numpy().tolist() == [
        ["footprint_range", "demand_kg_functional"],
        ["claimed_realised", "claimed"],
        ["claimed_realised", "realised"],
        ["claimed_realised", "realised_less_claimed"],
        ["segment age: 25-34", "ndcg"],
    ]
    assert (more["change"] == estimate["change"]).all()
    assert more["coverage"].tolist() == [0.8, 0.95, 0.95, 0.95, 0.95]
    kg = "kg CO2e per household"
    assert more["unit"].tolist()[1:4] == [
        *(kg, kg, "realised change less claimed change: 0.01 is one point")
    ]


def test_a_row_without_a_range_has_no_coverage() -> None:
    frame = report_frame(made()).set_index(["policy", "task", "group", "figure"])
    counted = frame.loc["mix", "all", "households", "sellers_reached"]
    assert counted[["low", "high", "coverage"]].isna().all()
    assert frame.loc["mix", "all", "households", "demand_revenue"]["coverage"] == 0.95


def test_the_page_shows_weightings_intervals_splits_and_the_audit_households() -> None:
    page = report_markdown(made())
    assert "Window: weeks 49 to 52. 8 households, 3 places each" in page
    assert "brackets hold 95 % intervals" in page
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    order = [line.split(" | ")[0].removeprefix("| ") for line in rows[1:5]]
    assert order == ["relevance", "swap", "retailer-first", "mix"], (
        "inside needs first, then free mix"
    )
    assert "| 1 / 0.1 / 2 / 0 | same need |" in page
    assert "Pack size (no saving)" in page
    assert "## The 3 audit households, which chose nothing" in page
    assert "expected" not in page.lower()
    assert "None" not in page
    assert "nan" not in page


def test_a_change_whose_interval_holds_zero_is_not_called_a_move() -> None:
    report = copy.deepcopy(made())
    figures = report["policies"]["mix"]["tasks"]["all"]["figures"]
    figures["ndcg"] |= {"change": -0.02, "change_low": -0.05, "change_high": 0.01}
    figures["demand_revenue"] |= {"change": -0.02, "change_low": -0.03, "change_high": -0.01}
    figures["demand_margin"] |= {"change": None, "change_low": None, "change_high": None}
    (line, *_) = (x for x in report_markdown(report).splitlines() if x.startswith("- `mix`"))
    assert "NDCG does not clearly move (−2.0 % [−5.0, +1.0])" in line
    assert "revenue falls by 2.0 % [1.0, 3.0]" in line
    assert "margin cannot be compared" in line


def test_places_left_open_are_told() -> None:
    assert "too few candidates" in report_markdown(made()), "few items are new to a household"


def test_the_terminal_table_fits_a_hundred_columns_and_shows_levels_then_changes() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(weightings_table(made()))
    lines = [line.strip() for line in out.getvalue().splitlines()]
    at = next(k for k, line in enumerate(lines) if line.startswith("relevance"))
    assert [line.split()[0] for line in lines[at : at + 4]] == [
        *("relevance", "swap", "retailer-first", "mix")
    ]
    assert "…" not in out.getvalue(), "no heading is cut"
    assert "%" not in lines[at]
    assert lines[at + 1].count("%") == 9


def test_the_files_are_written_whole(tmp_path: Path) -> None:
    folder = tmp_path / "backtest"
    write_report(made(), folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
        "report.parquet",
    ]
    assert (folder / "report.json").read_text("utf-8") == report_json(made())
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "report.parquet"), report_frame(made()))
    page = (folder / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
