"""The whole job by command on a made-up shop: ingest, fit, backtest, recommend, doctor."""

import json

import numpy as np
import pandas as pd
import pytest

from recommender.cli import BAD_DATA, INTEGRITY, USAGE, main

PARTS = ["value_shopper", "value_retailer", "value_climate", "value_sellers"]


def run(words, monkeypatch, capsys):
    """Exit code, stdout and stderr of `greenaisle WORDS`."""
    monkeypatch.setattr("sys.argv", ["greenaisle", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    return end.value.code, out, " ".join(err.split())


@pytest.fixture
def workspace(judged_shop):
    return judged_shop


def test_the_backtest_leaves_its_report_and_its_evidence(workspace):
    report = json.loads((workspace / "report.json").read_text())
    assert report == json.loads((workspace / "backtest" / "report.json").read_text())
    assert len(report["policies"]) >= 7
    assert (workspace / "backtest" / "report.md").read_text().startswith("#")
    slates = pd.read_parquet(workspace / "backtest" / "slates.parquet")
    assert set(slates["policy"]) == set(report["policies"])
    parts = [*PARTS, "value_variety"]  # one of the shipped policies values it
    assert np.allclose(slates[parts].sum(axis=1), slates["score"])


def test_anybody_can_recompute_the_report_from_slates_and_truth(workspace):
    """NDCG@10 of the relevance policy, written out anew from the two tables alone."""
    report = json.loads((workspace / "report.json").read_text())
    slates = pd.read_parquet(workspace / "backtest" / "slates.parquet")
    truth = pd.read_parquet(workspace / "backtest" / "truth.parquet")
    bought = truth.groupby("customer_id")["product_id"].agg(set)
    ndcg = []
    mine = slates[(slates["policy"] == "relevance") & (slates["task"] == "all")]
    for customer, slate in mine.groupby("customer_id"):
        if customer not in bought.index:
            continue
        gains = [1 / np.log2(k + 1) for k in range(1, 11)]
        hit = slate["product_id"].isin(bought[customer]).to_numpy()
        dcg = sum(gains[k - 1] for k in slate["position"][hit])
        ndcg.append(dcg / sum(gains[: len(bought[customer])]))
    said = report["policies"]["relevance"]["tasks"]["all"]["figures"]["ndcg"]["value"]
    assert np.mean(ndcg) == pytest.approx(said, rel=1e-4)


def test_a_second_fit_and_backtest_do_nothing(workspace, monkeypatch, capsys):
    _, _, err = run(["fit", "--workspace", workspace], monkeypatch, capsys)
    assert "relevance: nothing changed" in err
    words = ["backtest", "--draws", "100", "--workspace", workspace]
    _, _, err = run(words, monkeypatch, capsys)
    assert "backtest: nothing changed" in err


def test_recommend_gives_known_and_unknown_customers_ten_products_each(
    workspace, tmp_path, monkeypatch, capsys
):
    (tmp_path / "ids.csv").write_text("customer_id\nh01\nh02\nstranger\n")
    out = tmp_path / "slates.parquet"
    words = ["recommend", "--workspace", workspace, "--customers", tmp_path / "ids.csv"]
    code, said, _ = run([*words, "--n", "10", "--out", out, "--json"], monkeypatch, capsys)
    slates = pd.read_parquet(out)
    assert code in (0, None)
    assert json.loads(said)["unknown_customers"] == ["stranger"]
    assert slates.groupby("customer_id")["product_id"].nunique().tolist() == [10, 10, 10]
    assert slates["p_buy"].between(0, 1).all()
    assert slates["kg_co2e"].notna().all()


def test_a_hundred_scores_come_out_again_from_their_ingredients(
    workspace, tmp_path, monkeypatch, capsys
):
    """Design section 5 written out anew, with the scales that the report publishes."""
    customers = "\n".join(f"h{k:02d}" for k in range(40))
    (tmp_path / "ids.csv").write_text(f"customer_id\n{customers}\n")
    out = tmp_path / "slates.parquet"
    words = ["recommend", "--workspace", workspace, "--customers", tmp_path / "ids.csv"]
    run([*words, "--out", out], monkeypatch, capsys)
    rows = pd.read_parquet(out).sample(100, random_state=0)
    report = json.loads((workspace / "report.json").read_text())
    scales, weights = report["scales"], report["policies"]["default"]["weights"]
    shopper = weights["shopper"] * rows["p_buy"]
    retailer = weights["retailer"] * rows["p_buy"] * rows["margin"] / scales["m0"]
    climate = -weights["climate"] * rows["p_buy"] * rows["kg_excess"] / scales["g0"]
    assert np.allclose(rows["value_shopper"], shopper, rtol=1e-9)
    assert np.allclose(rows["value_retailer"], retailer, rtol=1e-4)  # the report rounds its scales
    assert np.allclose(rows["value_climate"], climate, rtol=1e-4)
    assert (rows["value_sellers"] / weights["sellers"]).between(0, 1).all()
    assert np.allclose(rows[PARTS].sum(axis=1), rows["score"], rtol=1e-12)


def test_recommend_before_fit_says_which_command_is_missing(tmp_path, monkeypatch, capsys):
    (tmp_path / "ids.csv").write_text("customer_id\n1\n")
    words = ["recommend", "--workspace", tmp_path / "none", "--customers", tmp_path / "ids.csv"]
    code, _, err = run([*words, "--out", tmp_path / "o.parquet"], monkeypatch, capsys)
    assert code == USAGE
    assert "greenaisle" in err


def test_a_policy_that_cannot_be_used_is_bad_data(workspace, tmp_path, monkeypatch, capsys):
    (tmp_path / "bad.toml").write_text('name = "bad"\nversion = 1\n')
    words = ["backtest", tmp_path / "bad.toml", "--workspace", workspace]
    code, _, err = run(words, monkeypatch, capsys)
    assert code == BAD_DATA
    assert "bad.toml" in err


def test_doctor_finds_a_file_that_was_changed_by_hand(workspace, tmp_path, monkeypatch, capsys):
    import shutil

    copy = tmp_path / "ws"
    shutil.copytree(workspace, copy)
    code, _, _ = run(["doctor", "--workspace", copy], monkeypatch, capsys)
    assert code in (0, None)
    (copy / "tables" / "exclusions.parquet").unlink(missing_ok=True)
    (copy / "backtest" / "truth.parquet").write_bytes(b"changed")
    code, _, err = run(["doctor", "--workspace", copy], monkeypatch, capsys)
    assert code == INTEGRITY
    assert "backtest/truth.parquet" in err


def test_estimating_a_table_of_titles_gives_range_tier_and_source(tmp_path, monkeypatch, capsys):
    foods = ["Whole milk", "Cheddar", "Ground beef", "Chicken breast", "Tofu", "Bananas", "Rice"]
    foods += ["Spaghetti", "White bread", "Butter", "Eggs", "Potatoes", "Tomatoes", "Ground coffee"]
    foods += ["Orange juice", "Frozen pizza", "Salmon fillet", "Peanut butter", "Oats", "Red wine"]
    file = tmp_path / "foods.csv"
    file.write_text("product_id,title\n" + "".join(f"{i},{f}\n" for i, f in enumerate(foods)))
    out = tmp_path / "out.parquet"
    words = ["footprint", "estimate", file, "--out", out, "--workspace", tmp_path / "ws"]
    code, _, _ = run(words, monkeypatch, capsys)
    rows = pd.read_parquet(out)
    assert code in (0, None)
    assert len(rows) == 20
    assert rows["product_id"].tolist() == [str(i) for i in range(20)]
    assert (rows["kg_co2e_low"] <= rows["kg_co2e"]).all()
    assert (rows["kg_co2e"] <= rows["kg_co2e_high"]).all()
    assert rows["tier"].isin(["model", "neighbours", "category"]).all()
    assert rows["source"].str.len().gt(0).all()
    per_kg = dict(zip(foods, rows["kg_co2e_per_kg"], strict=True))
    assert per_kg["Ground beef"] > 3 * per_kg["Chicken breast"] / 1.5
    assert per_kg["Ground beef"] > 5 * per_kg["Bananas"]
