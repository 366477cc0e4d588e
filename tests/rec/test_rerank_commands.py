"""The trade-off by command on a made-up shop: limits, a frontier, a slate explained."""

import json

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import shipped_data
from recommender.cli import BAD_DATA, USAGE, main
from recommender.rerank.frozen import FrozenPrices
from recommender.rerank.targets import Carried

HEAD = """
name = "{name}"
version = 1
description = "for a test"
review_date = 2030-01-01
[weights]
shopper = 1.0
retailer = 0.1
"""


@pytest.fixture
def greenaisle(judged_shop, monkeypatch, capsys):
    """Exit code, stdout and stderr of a command on the judged shop."""

    def run(*words):
        here = ["greenaisle", *map(str, words), "--workspace", str(judged_shop)]
        monkeypatch.setattr("sys.argv", here)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code or 0, out, " ".join(err.split())

    return run


@pytest.fixture
def policy(tmp_path):
    """Writes a policy with some tables more and gives its path."""

    def write(tables, name="tried"):
        path = tmp_path / f"{name}.toml"
        path.write_text(HEAD.format(name=name) + tables)
        return path

    return write


def test_slates_keep_a_carbon_budget_and_the_answer_says_what_it_costs(
    greenaisle, policy, tmp_path
):
    limits = policy("[carbon]\nreference = 'none'\n[limits]\ncarbon_change = -0.2\n")
    sums = {}
    for name, path in (("held", limits), ("free", shipped_data("policies/relevance.toml"))):
        words = ["rerank", "--policy", path, "--out", tmp_path / f"{name}.parquet", "--json"]
        code, out, _ = greenaisle(*words)
        assert code == 0
        sums[name] = json.loads(out)
    held, loose = sums["held"], sums["free"]
    assert held["gap"] is None or 0 <= held["gap"] < 0.05  # 80 households: slates do not divide
    assert loose["gap"] == pytest.approx(0, abs=1e-9)
    assert held["missed"] == loose["missed"] == 0
    budget = next(limit for limit in held["prices"] if limit["limit"] == "carbon budget")
    assert budget["price"] > 0
    assert budget["reached"] >= budget["asked"] - 1e-6
    assert "carbon budget costs" in held["sentences"][0]
    assert loose["prices"] == []

    slates = pd.read_parquet(tmp_path / "held.parquet")
    assert slates.groupby("customer_id")["product_id"].nunique().eq(10).all()
    demand = 1 / np.log2(slates["position"] + 1) * slates["p_buy"]
    before = pd.read_parquet(tmp_path / "free.parquet")
    demand_before = 1 / np.log2(before["position"] + 1) * before["p_buy"]
    per = (demand * slates["kg_functional"]).sum() / demand.sum()
    per_before = (demand_before * before["kg_functional"]).sum() / demand_before.sum()
    assert per <= 0.8 * per_before * 1.000001


def test_prices_are_kept_beside_the_slates_and_start_the_next_run(greenaisle, policy, tmp_path):
    path = policy("[carbon]\nreference = 'none'\n[limits]\ncarbon_change = -0.2\n")
    words = ["rerank", "--policy", path, "--out", tmp_path / "slates.parquet", "--json"]
    _, out, _ = greenaisle(*words)
    kept = json.loads(out)["prices_out"]
    frozen = FrozenPrices.from_json((tmp_path / "slates.prices.json").read_text())
    assert frozen.policy == "tried"
    assert frozen.totals["carbon budget"] > 0
    code, out, _ = greenaisle(*words, "--warm", kept)
    assert code == 0
    assert json.loads(out)["missed"] == 0


def test_a_broken_file_of_prices_or_one_for_other_places_is_bad_data(greenaisle, policy, tmp_path):
    path = policy("[slate]\nn = 2\n[limits]\nrelevance = 0.9\n")
    words = ["rerank", "--policy", path, "--out", tmp_path / "slates.parquet", "--warm"]
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    other = FrozenPrices(policy="o", version=1, made_from="", attention=(1.0,), m0=0.0, g0=0.0)
    (tmp_path / "other.json").write_text(other.to_json())
    for name, told in (
        ("broken.json", "these are none"),
        ("other.json", "they are for attention [1.0]"),
    ):
        code, out, err = greenaisle(*words, tmp_path / name)
        assert code == BAD_DATA
        assert f"{name}: " in err
        assert told in err
        assert out == ""
        assert not (tmp_path / "slates.parquet").exists()


def test_one_customer_is_served_at_the_prices_of_all(greenaisle, policy, tmp_path):
    path = policy("[carbon]\nreference = 'none'\n[limits]\ncarbon_change = -0.2\n")
    greenaisle("rerank", "--policy", path, "--out", tmp_path / "all.parquet")
    everybody = pd.read_parquet(tmp_path / "all.parquet")
    (tmp_path / "ids.csv").write_text("customer_id\nh03\nh07\nnobody\n")
    words = ["recommend", "--customers", tmp_path / "ids.csv", "--out", tmp_path / "some.parquet"]
    code, _, _ = greenaisle(*words, "--policy", path)
    assert code == 0
    some = pd.read_parquet(tmp_path / "some.parquet")
    assert set(some["customer_id"]) == {"h03", "h07", "nobody"}
    for customer in ("h03", "h07"):  # but for shoppers who were moved to meet the budget exactly
        alone = some.loc[some["customer_id"] == customer, "product_id"].tolist()
        among = everybody.loc[everybody["customer_id"] == customer, "product_id"].tolist()
        assert len(set(alone) & set(among)) >= 8


def test_a_floor_that_nobody_can_reach_is_told_and_no_gap_is_printed(greenaisle, policy, tmp_path):
    path = policy("[limits]\nrelevance_each = 1.0\ncarbon_change = -0.9\n")
    words = ["rerank", "--policy", path, "--out", tmp_path / "slates.parquet"]
    code, out, _ = greenaisle(*words, "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["gap"] is None
    assert answer["missed_first"][0]["limit"] == "carbon budget"
    assert answer["missed_first"][0]["shortfall"] > 0
    _, out, _ = greenaisle(*words)
    assert "no gap to certify" in out


def test_the_frontier_goes_to_a_table_and_a_chart(greenaisle, policy, tmp_path):
    path = policy("[carbon]\nreference = 'none'\n")
    words = ["frontier", "--policy", path, "--out", tmp_path / "f", "--values=-0.05,-0.2", "--json"]
    code, out, _ = greenaisle(*words)
    assert code == 0
    points = json.loads(out)["points"]
    assert [point["value"] for point in points] == [None, -0.05, -0.2]
    assert points[2]["kg_per_purchase_change"] <= points[1]["kg_per_purchase_change"] <= 0
    assert all(0 <= point["ndcg"] <= 1 for point in points)
    assert (tmp_path / "f" / "frontier.csv").exists()
    assert (tmp_path / "f" / "frontier.html").read_text().startswith("<!doctype html>")
    code, out, _ = greenaisle(*words[:-1])
    assert "kg per purchase change" in out


def test_a_slate_is_explained_place_by_place(greenaisle, policy):
    path = policy("[carbon]\nreference = 'none'\n[limits]\ncarbon_change = -0.2\n")
    code, out, _ = greenaisle("explain-slate", "h03", "--policy", path)
    assert code == 0
    assert "Customer h03 under policy tried" in out
    assert "What the limits cost" in out
    code, out, _ = greenaisle("explain-slate", "h03", "--policy", path, "--json")
    slots = json.loads(out)["slots"]
    assert [slot["position"] for slot in slots] == list(range(1, 11))


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        ("[limits]\ndeny_sellers = ['s9']\n", "s9"),
        ("[limits]\ndeny_categories = ['milkk']\n", "milkk"),
        ("[limits]\ncarbon_change = -0.1\ncarbon_target_kg = 1.0\n", "carbon_target_kg"),
        ("[sellers]\nfloor = -0.1\n", "floor"),
        ("[slate]\nn = 2\nattention = [0.0, 0.0]\n", "attention"),
    ],
)
def test_a_policy_that_asks_for_what_is_not_there_is_bad_data(
    greenaisle, policy, tmp_path, tables, found
):
    out_path = tmp_path / "slates.parquet"
    code, out, err = greenaisle("rerank", "--policy", policy(tables), "--out", out_path)
    assert code == BAD_DATA
    assert found in err
    assert out == ""
    assert not out_path.exists()


def test_a_customer_without_history_and_values_that_are_no_numbers_are_refused(
    greenaisle, tmp_path
):
    code, _, err = greenaisle("explain-slate", "nobody")
    assert code == BAD_DATA
    assert "nobody is not in the log" in err
    code, _, err = greenaisle("frontier", "--out", tmp_path, "--values=a,b")
    assert code == USAGE
    assert "numbers with commas between" in err


def test_what_sellers_were_shown_is_carried_into_the_next_run(greenaisle, policy, tmp_path):
    path = policy("[sellers]\nfloor = 0.9\ntarget = 'equal'\n")
    words = ["rerank", "--policy", path, "--out", tmp_path / "one.parquet", "--json"]
    code, out, _ = greenaisle(*words)
    assert code == 0
    first = json.loads(out)
    assert first["missed"] == 0
    shown = Carried.from_json((tmp_path / "one.shown.json").read_text())
    # four sellers, each due 0.9 of a quarter of all attention
    assert min(shown.exposure.values()) >= 0.9 / 4 * shown.attention * (1 - 1e-6)

    # a seller that has had nothing so far is owed twice as much now, one that had it all nothing
    names = sorted(shown.exposure)
    before = Carried(attention=shown.attention, exposure={names[0]: shown.attention})
    (tmp_path / "before.json").write_text(before.to_json())
    code, out, _ = greenaisle(*words, "--carried", tmp_path / "before.json")
    assert code == 0
    asked = {limit["limit"]: limit["asked"] for limit in json.loads(out)["prices"]}
    both = Carried.from_json((tmp_path / "one.shown.json").read_text())
    assert both.attention == pytest.approx(2 * shown.attention)
    assert f"seller {names[0]} floor" not in asked
    for name in names[1:]:
        if f"seller {name} floor" in asked:  # those whose floor costs something
            owed = 0.9 / 4 * 2 * shown.attention
            assert asked[f"seller {name} floor"] == pytest.approx(owed, rel=2e-3)

    (tmp_path / "broken.json").write_text("[1]")
    code, _, err = greenaisle(*words, "--carried", tmp_path / "broken.json")
    assert code == BAD_DATA
    assert "carried exposure" in err


def test_customers_are_served_from_kept_prices(greenaisle, policy, tmp_path):
    path = policy("[carbon]\nreference = 'none'\n[limits]\ncarbon_change = -0.2\n")
    greenaisle("rerank", "--policy", path, "--out", tmp_path / "all.parquet")
    (tmp_path / "ids.csv").write_text("customer_id\nh03\nh07\n")
    words = ["recommend", "--customers", tmp_path / "ids.csv", "--policy", path]
    greenaisle(*words, "--out", tmp_path / "solved.parquet")
    kept = ["--prices", tmp_path / "all.prices.json"]
    code, _, _ = greenaisle(*words, "--out", tmp_path / "kept.parquet", *kept)
    assert code == 0
    solved, read = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("solved", "kept"))
    assert read["product_id"].tolist() == solved["product_id"].tolist()
