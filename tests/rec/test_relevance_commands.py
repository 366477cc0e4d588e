"""Relevance by command on a made-up shop: judged, baskets, stand-ins, updates and displays.

The shop has one store and plans its displays four weeks beyond its log, which ends with week 24.
"""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout

import numpy as np
import pandas as pd
import pytest

from recommender.cli import BAD_DATA, USAGE, main
from recommender.relevance.displays import read_displays
from recommender.shop import Shop, purchase_models
from recommender.workspace import Workspace

LAST_WEEK, PLANNED_UNTIL = 24, 28
TASKS = ["4 weeks, all", "4 weeks, new", "next basket, all", "next basket, new"]
BASELINES = [
    "popularity",
    "personal frequency",
    "decayed frequency",
    "UP-CF",
    "TIFU-KNN",
    "ALS",
    "EASE",
]
PLAN_COLUMNS = 3 * 3 + 2 * 2 + 4  # of three kinds, of two of them in their type, of sales


def run(*words):
    """Exit code, stdout and stderr of `greenaisle WORDS`; what stderr says on one line."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.argv", ["greenaisle", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
    return end.value.code or 0, out.getvalue(), " ".join(err.getvalue().split())


@pytest.fixture(scope="module")
def purchases(made_up_shop):
    """24 weeks of the made-up shop in its one store, and a newcomer's first loaf."""
    _, lines = made_up_shop
    lines = lines[lines["week"] <= LAST_WEEK]
    newcomer = lines[lines["week"] == LAST_WEEK].iloc[:1]
    newcomer = newcomer.assign(customer_id="newcomer", product_id="bread-0", basket_id="first")
    return pd.concat([lines, newcomer], ignore_index=True).assign(store_id="north")


def shown_weeks(first, last):
    """One product of each kind on display each week, in turn, and in the mailer every fourth."""
    kinds = ["milk", "cheese", "beef", "chicken", "bread", "apple", "coffee", "soap", "rice"]
    rows = [
        (f"{kind}-{(week + i) % 4}", "north", week, "front", "inside" if week % 4 == 0 else "none")
        for week in range(first, last + 1)
        for i, kind in enumerate(kinds)
    ]
    return pd.DataFrame(rows, columns=["product_id", "store_id", "week", "display", "mailer"])


@pytest.fixture(scope="module")
def tables(made_up_shop, purchases, tmp_path_factory):
    """The folder of the shop's files, and the words that name them to `ingest`."""
    folder = tmp_path_factory.mktemp("tables")
    made_up_shop[0].to_csv(folder / "catalogue.csv", index=False)
    purchases.to_parquet(folder / "purchases.parquet")
    shown_weeks(1, PLANNED_UNTIL).to_csv(folder / "displays.csv", index=False)
    ages = [f"h{k:02d},{'young' if k % 2 else 'old'}\n" for k in range(80)]
    (folder / "customers.csv").write_text("customer_id,age\n" + "".join(ages) + "newcomer,young\n")
    return folder


@pytest.fixture(scope="module")
def workspace(tables, tmp_path_factory):
    """A workspace that went through ingest and fit, by the commands themselves."""
    here = tmp_path_factory.mktemp("shop") / "ws"
    files = [("catalogue", "csv"), ("purchases", "parquet"), ("customers", "csv")]
    named = [
        word
        for name, kind in [*files, ("displays", "csv")]
        for word in (f"--{name}", tables / f"{name}.{kind}")
    ]
    for words in (["ingest", *named], ["fit"]):
        code, _, err = run(*words, "--workspace", here)
        assert code == 0, err
    return here


@pytest.fixture(scope="module")
def judged(workspace):
    """Exit code, report and progress of `backtest --relevance`."""
    words = ["backtest", "--relevance", "--draws", "100", "--json", "--workspace", workspace]
    code, out, err = run(*words)
    return code, json.loads(out), err


@pytest.fixture(scope="module")
def week_25(made_up_shop, tables):
    """The file of the week after: twenty households as ever, and one that nobody knew."""
    _, lines = made_up_shop
    week = lines[(lines["week"] == LAST_WEEK + 1) & (lines["customer_id"] < "h20")]
    first = week.iloc[:1].assign(customer_id="arrival", basket_id="arrival's first")
    week = pd.concat([week, first], ignore_index=True).assign(store_id="north")
    week.to_parquet(tables / "week25.parquet")
    return tables / "week25.parquet"


@pytest.fixture(scope="module")
def updated(workspace, week_25, tmp_path_factory):
    """A copy of the workspace after `update`, and what the command answered."""
    copy = tmp_path_factory.mktemp("later") / "ws"
    shutil.copytree(workspace, copy)
    code, out, err = run("update", week_25, "--json", "--workspace", copy)
    assert code == 0, err
    return copy, json.loads(out)


# what the fit leaves where displays are planned


def test_fit_learns_models_with_displays_and_says_which_is_in_force(workspace):
    facts = Workspace(workspace).facts("relevance")
    assert facts["in_force"] == {"judge": "4 weeks", "now": "4 weeks"}
    models = {name: model["features"] for name, model in facts["models"].items()}
    assert set(models) == {
        "4 weeks",
        "4 weeks, no displays",
        "next basket",
        "next basket, no displays",
    }
    for horizon in ("4 weeks", "next basket"):
        assert models[horizon] == models[f"{horizon}, no displays"] + PLAN_COLUMNS
    assert list(purchase_models(Workspace(workspace))) == [
        "4 weeks",
        "next basket",
        "4 weeks, no displays",
        "next basket, no displays",
    ]


def test_the_chance_that_is_served_is_that_of_the_model_in_force(workspace):
    for when in ("judge", "now"):
        rows = Workspace(workspace).table("relevance", f"candidates_{when}")
        by_model = rows[rows["chance in 4 weeks"].notna()]
        assert len(by_model) > 0
        assert by_model["p_buy"].equals(by_model["chance in 4 weeks"].rename("p_buy"))
        assert not by_model["p_buy"].equals(by_model["chance in 4 weeks, no displays"])


def test_displays_are_kept_as_they_were_planned(workspace):
    here = Shop(Workspace(workspace))
    shown = read_displays(workspace / "tables" / "displays.parquet", here.log.ids)
    assert len(shown) == 9 * PLANNED_UNTIL, "one of each of nine kinds a week"
    assert shown.covers(LAST_WEEK + 1, PLANNED_UNTIL)
    assert not shown.covers(LAST_WEEK + 1, PLANNED_UNTIL + 1)
    # by hand: one product of four is shown each week, in the only store: each one week in four
    assert here.past.shown.mean("display", 21, 24).tolist() == [0.25] * 36


def test_displays_in_a_shop_whose_log_names_no_store_are_bad_data(tables, purchases, tmp_path):
    purchases.drop(columns="store_id").to_parquet(tmp_path / "purchases.parquet")
    words = ["--catalogue", tables / "catalogue.csv", "--displays", tables / "displays.csv"]
    words += ["--purchases", tmp_path / "purchases.parquet", "--workspace", tmp_path / "ws"]
    code, _, err = run("ingest", *words)
    assert code == BAD_DATA
    assert "displays are told by store_id" in err


# backtest --relevance


def test_the_relevance_report_judges_the_test_weeks_and_those_before(judged):
    code, report, err = judged
    assert code == 0
    assert report["schema"] == 1
    assert report["meta"]["draws"] == 100
    weeks = {
        key: (w["history_until_week"], w["first_week"], w["last_week"])
        for key, w in report["windows"].items()
    }
    assert weeks == {"test": (20, 21, 24), "validation": (16, 17, 20)}
    # the validation weeks are the first of the rolling check; the ones before leave no history
    assert list(report["rolling"]) == ["rolling 16"]
    assert "the log is too short for a judging window 8 weeks earlier" in err


def test_every_task_is_compared_with_every_baseline(judged):
    _, report, _ = judged
    assert report["meta"]["baselines"] == BASELINES
    for window in report["windows"].values():
        assert set(window["tasks"]) == set(TASKS)
        assert window["households"] == 80, "the newcomer has too little history to be judged"
        assert window["share_of_lines"] > 0.99
        for task in window["tasks"].values():
            lists = {"relevance", "relevance, no displays"}
            assert set(task["lists"]) == {*lists, *BASELINES}
            assert set(task["gains"]) == lists
            for gains in task["gains"].values():
                assert set(gains) == set(BASELINES)
        for slot in ("candidates", "whole_catalogue", "newcomers", "substitutes", "selected"):
            assert window[slot], slot


def test_items_and_recall_come_out_again_from_purchases_and_candidates(
    judged, workspace, purchases
):
    """Recall@10 of relevance and of popularity, written out anew from the tables alone."""
    _, report, _ = judged
    task = report["windows"]["test"]["tasks"]["4 weeks, all"]
    lines = purchases[purchases["customer_id"] != "newcomer"]
    bought = lines[lines["week"] > 20].groupby("customer_id")["product_id"].agg(set)
    assert task["households"] == len(bought)
    assert task["items"] == bought.map(len).sum()

    def recall(ten):
        """Mean over households of how much of what they bought is among their ten."""
        return np.mean([len(ten[name] & items) / len(items) for name, items in bought.items()])

    rows = Workspace(workspace).table("relevance", "candidates_judge")
    names = np.array(sorted(purchases["customer_id"].unique()))
    ids = Workspace(workspace).table("tables", "catalogue")["product_id"].to_numpy()
    best = rows.sort_values("p_buy", ascending=False, kind="stable").groupby("customer").head(10)
    ours = pd.Series(ids[best["product"]]).groupby(names[best["customer"]]).agg(set)
    said = {
        name: task["lists"][name]["households"]["recall@10"]["value"]
        for name in ("relevance", "personal frequency")
    }
    assert recall(ours) == pytest.approx(said["relevance"], abs=1e-4)

    # the same ten by how often each was bought; ties may fall either way
    often = lines[lines["week"] <= 20].drop_duplicates(["basket_id", "product_id"])
    often = often.groupby(["customer_id", "product_id"]).size().rename("visits").reset_index()
    often = often.sort_values("visits", ascending=False).groupby("customer_id").head(10)
    usual = often.groupby("customer_id")["product_id"].agg(set)
    assert recall(usual) == pytest.approx(said["personal frequency"], abs=0.02)


def test_targets_hold_only_what_was_promised_for_any_log(judged):
    _, report, _ = judged
    figures = {row["figure"] for row in report["targets"]}
    assert "calibration slope" in figures
    assert not figures & {"4 weeks, all: ndcg@10", "4 weeks, new: recall@10"}, "of the default log"
    assert not [row for row in report["targets"] if row["window"] == "this run"], "no speed here"


def test_the_report_in_words_is_read_from_the_kept_one(judged, workspace):
    words = ["backtest", "--relevance", "--draws", "100", "--workspace", workspace]
    code, out, err = run(*words)
    assert code == 0
    assert "relevance report: nothing changed" in err
    assert out.startswith("What was promised")
    assert "TEST: weeks 21 to 24, 80 households" in out
    assert "VALIDATION: weeks 17 to 20, 80 households" in out
    kept = json.loads((workspace / "relevance_report" / "report.json").read_text())
    assert kept == judged[1]


def test_relevance_is_judged_without_policies(workspace, tmp_path):
    words = ["backtest", tmp_path / "some.toml", "--relevance", "--workspace", workspace]
    code, out, err = run(*words)
    assert code == USAGE
    assert "--relevance judges no policies" in err
    assert not out


# recommend


def test_a_basket_gets_what_goes_with_it_and_not_itself_again(workspace, tmp_path):
    basket = tmp_path / "basket.csv"
    basket.write_text("product_id,title,quantity\nmilk-1,,2\n,Beef  Number 2,\ncaviar,,1\n")
    code, out, err = run("recommend", "--basket", basket, "--json", "--workspace", workspace)
    assert code == 0, err
    said = json.loads(out)
    assert said["unknown"] == ["caviar"]
    assert said["ambiguous"] == []
    assert [row["position"] for row in said["slate"]] == list(range(1, 11))
    products = [row["product_id"] for row in said["slate"]]
    assert len(set(products)) == 10
    assert not {"milk-1", "beef-2"} & set(products)
    assert all(row["title"] == row["product_id"].replace("-", " number ") for row in said["slate"])
    assert all(0 < row["p_buy"] < 1 for row in said["slate"])


def test_a_basket_is_answered_in_words_and_as_a_file(workspace, tmp_path):
    (tmp_path / "basket.csv").write_text("title\nmilk number 1\ncaviar\n")
    words = ["recommend", "--basket", tmp_path / "basket.csv", "--n", "3"]
    code, out, _ = run(*words, "--out", tmp_path / "slate.parquet", "--workspace", workspace)
    assert code == 0
    assert "the catalogue lacks: caviar" in out
    slate = pd.read_parquet(tmp_path / "slate.parquet")
    assert slate["position"].tolist() == [1, 2, 3]
    assert all(product in out for product in slate["product_id"])


def test_a_basket_of_unknown_products_alone_is_bad_data(workspace, tmp_path):
    (tmp_path / "basket.csv").write_text("product_id\ncaviar\ntruffle\n")
    words = ["recommend", "--basket", tmp_path / "basket.csv", "--workspace", workspace]
    code, out, err = run(*words)
    assert code == BAD_DATA
    assert err.count("(caviar): no product is called so in the catalogue") == 1
    assert "none of the basket's 2 lines names one of its 36 products" in err
    assert "Traceback" not in err
    assert not out


@pytest.mark.parametrize("words", [[], ["--customers", "ids.csv", "--basket", "basket.csv"]])
def test_either_customers_or_a_basket_is_asked_for(workspace, words, tmp_path):
    out = ["--out", tmp_path / "out.parquet", "--workspace", workspace]
    code, _, err = run("recommend", *words, *out)
    assert code == USAGE
    assert "one of --customers and --basket" in err


def test_a_cold_start_says_by_what_it_was_told(workspace, tmp_path):
    (tmp_path / "ids.csv").write_text("customer_id\nh00\nnewcomer\nstranger\n")
    out = tmp_path / "slates.parquet"
    words = ["recommend", "--customers", tmp_path / "ids.csv", "--out", out, "--json"]
    code, said, _ = run(*words, "--workspace", workspace)
    assert code == 0
    facts = json.loads(said)
    assert facts["unknown_customers"] == ["stranger"]
    assert facts["little_history"] == ["newcomer"]
    slates = pd.read_parquet(out)
    told = slates.groupby("customer_id")[["basis", "told_by"]].agg(lambda words: set(words))
    assert told.loc["h00"].tolist() == [{"history"}, {"own purchases"}]
    assert told.loc["newcomer"].tolist() == [
        {"cold start"},
        {"segment young, store north, few purchases"},
    ]
    assert told.loc["stranger"].tolist() == [{"cold start"}, {"popular"}]


# substitutes


def test_stand_ins_come_with_a_reason_each(workspace):
    code, out, _ = run("substitutes", "milk-1", "--json", "--workspace", workspace)
    assert code == 0
    said = json.loads(out)
    assert (said["product_id"], said["title"]) == ("milk-1", "milk number 1")
    # a kind has four products, each of a seller of its own, all in packs of 500 g
    ids = [row["product_id"] for row in said["stand_ins"]]
    assert set(ids[:3]) == {"milk-0", "milk-2", "milk-3"}
    price = {f"milk-{k}": 1.0 + k for k in range(4)}
    words = {"milk-0": "50 % cheaper", "milk-2": "50 % dearer", "milk-3": "2.0 times the price"}
    for row in said["stand_ins"][:3]:
        assert row["price"] == pytest.approx(price[row["product_id"]])
        assert row["reason"].startswith("same type, 500 g, as this, ")
        assert words[row["product_id"]] in row["reason"]
        assert "another seller" in row["reason"]


def test_a_second_question_is_answered_from_the_kept_table(workspace):
    run("substitutes", "milk-1", "--workspace", workspace)
    kept = workspace / "substitutes" / "substitutes.parquet"
    made = kept.stat().st_mtime_ns
    code, out, err = run("substitutes", "beef-2", "--n", "2", "--workspace", workspace)
    assert code == 0
    assert kept.stat().st_mtime_ns == made
    assert "ranking what could stand in" not in err
    assert out.startswith("in the place of beef-2, beef number 2")
    assert len([line for line in out.splitlines() if "same " in line]) == 2


def test_a_product_that_the_catalogue_lacks_is_bad_data_and_near_ones_are_named(workspace):
    code, out, err = run("substitutes", "milk-7", "--workspace", workspace)
    assert code == BAD_DATA
    assert "no product 'milk-7' among its 36 products" in err
    for k in range(4):
        assert f"milk-{k} (milk number {k})" in err
    assert not out


# update


def test_an_update_tells_what_it_added(updated, week_25):
    _, facts = updated
    new_week = pd.read_parquet(week_25)
    assert facts["lines"] == len(new_week)
    assert facts["customers"] == new_week["customer_id"].nunique()
    assert facts["new_customers"] == 1
    assert facts["weeks"] == [25]


def test_an_update_makes_todays_candidates_anew_and_judges_nothing(updated, workspace):
    copy, _ = updated
    before = Workspace(workspace).table("relevance", "candidates_now")
    after = Workspace(copy).table("relevance", "candidates_now")
    assert not after["p_buy"].equals(before["p_buy"])
    assert (workspace / "relevance" / "candidates_judge.parquet").exists()
    assert not (copy / "relevance" / "candidates_judge.parquet").exists()
    code, _, err = run("backtest", "--relevance", "--draws", "100", "--workspace", copy)
    assert code == USAGE
    assert "greenaisle fit makes it" in err


def test_the_model_without_displays_serves_once_the_plan_falls_short(updated):
    copy, _ = updated
    # the four weeks after week 25 end with week 29, and displays are planned until week 28
    after = Workspace(copy).table("relevance", "candidates_now")
    assert "chance in 4 weeks" not in after
    own = after[after["chance in 4 weeks, no displays"].notna()]
    assert np.array_equal(own["p_buy"], own["chance in 4 weeks, no displays"])


def test_a_week_that_stands_already_is_refused_and_nothing_changes(
    updated, week_25, purchases, tmp_path
):
    copy, _ = updated
    purchases[purchases["week"] == LAST_WEEK].to_parquet(tmp_path / "week24.parquet")
    manifest = (copy / "manifest.json").read_text()
    for file in (tmp_path / "week24.parquet", week_25):
        code, _, err = run("update", file, "--workspace", copy)
        assert code == BAD_DATA
        assert "the log stands at week 25 already" in err
    assert (copy / "manifest.json").read_text() == manifest


def test_recommend_and_substitutes_work_on_the_updated_shop(updated, tmp_path):
    copy, _ = updated
    (tmp_path / "ids.csv").write_text("customer_id\nh00\narrival\n")
    out = tmp_path / "slates.parquet"
    words = ["recommend", "--customers", tmp_path / "ids.csv", "--out", out, "--json"]
    code, said, err = run(*words, "--workspace", copy)
    assert code == 0, err
    assert json.loads(said)["unknown_customers"] == []
    slates = pd.read_parquet(out)
    assert slates.groupby("customer_id")["product_id"].nunique().tolist() == [10, 10]
    told = slates.groupby("customer_id")["told_by"].first()
    assert told.to_dict() == {"arrival": "store north, few purchases", "h00": "own purchases"}
    code, _, _ = run("substitutes", "milk-1", "--workspace", copy)
    assert code == 0
