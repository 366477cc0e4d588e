"""The commands of a shop that tests, from slates to an estimate, and what they refuse."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pcf_estimator.tables import TableError
from recommender.experiment_cli import experiments
from recommender.impact.off_policy.shop import last_purchase
from recommender.policy import shipped_policies
from recommender.shop import Shop
from recommender.workspace import Workspace

RUN = CliRunner()


def run(*words):
    done = RUN.invoke(experiments, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def said(*words):
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def slates(customers: int, names: list[str], policy: str) -> pd.DataFrame:
    rows = [
        {
            "policy": policy,
            "task": "all",
            "customer_id": f"c{each:03d}",
            "position": place + 1,
            "product_id": name,
            "score": 0.5 - 0.05 * place,
            "p_buy": 0.5 - 0.05 * place,
            "price": 2.0,
        }
        for each in range(customers)
        for place, name in enumerate(names)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def files(tmp_path):
    slates(600, ["tea", "milk", "jam", "oats"], "own").to_csv(tmp_path / "own.csv", index=False)
    slates(600, ["oats", "jam", "tea", "milk"], "light").to_csv(tmp_path / "light.csv", index=False)
    return tmp_path


def test_from_slates_to_an_estimate_by_command(files):
    drawn = files / "drawn.parquet"
    told = said(
        *("experiment", "randomise", "--slates", files / "own.csv", "--also", files / "light.csv"),
        *("--at", "2026-03-02T09:00", "--out", drawn, "--places", 2, "--pool", 4, "--loss", 0.4),
    )
    assert told["customers"] == 600
    assert told["expected_loss"] <= 0.4
    rows = pd.read_parquet(drawn)
    rng = np.random.default_rng(1)
    rows["bought"] = (rows["shown"] & (rng.random(len(rows)) < 0.4)).astype(int)
    rows.to_parquet(drawn)
    facts = said(
        *("off-policy", "--impressions", drawn, "--slates", files / "light.csv"),
        *("--draws", 200, "--out", files / "report"),
    )
    light = facts["policies"]["light"]
    assert light["identified"]
    one = light["estimates"]["dr"]["purchases"]
    assert one["low"] < 0.8 < one["high"]  # 0.4 at each of two places, whatever stands there
    assert facts["layer"].startswith("measured")
    assert facts["window"] == ["2026-03-02", "2026-03-02"]
    written = pd.read_parquet(files / "report" / "off_policy.parquet")
    assert set(written["estimator"]) == {"ips", "snips", "dr"}
    words = run("off-policy", "--impressions", drawn, "--slates", files / "light.csv").stdout
    assert "light would sell" in words.replace("\n", " ")


def test_a_log_without_chances_is_refused_and_its_clicks_are_told(files):
    rows = slates(40, ["tea", "milk"], "own")[["customer_id", "product_id", "position"]]
    rows = rows.assign(shown_at="2026-03-02", bought=[1, 0] * 40)
    rows.to_csv(files / "shown.csv", index=False)
    words = ("off-policy", "--impressions", files / "shown.csv", "--slates", files / "light.csv")
    with pytest.raises(TableError, match="no column propensity"):
        run(*words)
    facts = said(*words, "--clicks")
    light = facts["policies"]["light"]
    assert light["matched"]["share"] == 0
    assert not light["position_model"]["identified"]
    assert "not identified" in run(*words, "--clicks").stdout.replace("\n", " ")


def test_a_policy_that_the_log_cannot_support_is_refused(files):
    rows = slates(60, ["tea", "milk"], "own")[["customer_id", "product_id", "position"]]
    rows.loc[rows.index % 4 > 1, "product_id"] = ["milk", "tea"] * 30
    rows = rows.assign(shown_at="2026-03-02", bought=0, propensity=[0.6, 0.5] * 60)
    rows.loc[rows.index % 4 > 1, "propensity"] = 0.4
    rows.to_csv(files / "shown.csv", index=False)
    words = ("off-policy", "--impressions", files / "shown.csv", "--slates", files / "light.csv")
    with pytest.raises(TableError, match=r"not identified: 100.0% .* could never stand there"):
        run(*words)


def test_plans_of_arms_and_of_slots(files):
    told = said(
        *("experiment", "plan", "--slates", files / "own.csv", "--also", files / "light.csv"),
        *("--effect", 0.1, "--places", 2, "--pool", 4, "--lists-a-week", 1000),
    )
    assert told["lists"] > 100
    assert told["weeks"] >= 1
    rng = np.random.default_rng(0)
    rows = [
        {"market": f"m{m}", "week": week, "spend": 20 + m + rng.normal()}
        for m in range(10)
        for week in range(1, 9)
    ]
    pd.DataFrame(rows).to_csv(files / "weeks.csv", index=False)
    plan = ("experiment", "plan", "--baseline", files / "weeks.csv", "--by", "market")
    assert said(*plan, "--effect", 0.02)["units"] == 10
    assert "Units are market." in run(*plan, "--effect", 0.02).stdout


def test_arms_by_command(files):
    rows = pd.DataFrame(
        {
            "market": [f"m{each % 10}" for each in range(40)],
            "need": ["tea", "milk"] * 20,
            "seller_id": ["s1", "s2", "s3", "s4"] * 10,
            "sales": 1.0,
        }
    )
    rows.to_csv(files / "units.csv", index=False)
    facts = said(
        *("experiment", "assign", "--units", files / "units.csv", "--by", "market,need"),
        *("--out", files / "arms.parquet"),
    )
    assert facts["units"] == 10  # even markets buy tea, odd ones milk
    assert len(pd.read_parquet(files / "arms.parquet")) == 10
    assert 0 <= facts["in_both"] <= 1


def test_a_rehearsal_writes_an_example_to_try(tmp_path):
    facts = said(
        *("experiment", "simulate", "--logs", 2, "--sizes", "400,800", "--out", tmp_path / "sim")
    )
    words = facts["try"].split()[1:]
    assert said(*words, "--draws", 100)["policies"]["light"]["identified"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("off-policy", "--impressions", "x"), "either --slates or --policy"),
        (("experiment", "plan", "--effect", "0", "--baseline", "x"), "--effect 0"),
        (("experiment", "plan", "--effect", "0.1"), "either --baseline"),
        (("experiment", "plan", "--effect", "0.1", "--slates", "x"), "--also is needed"),
        (("experiment", "simulate", "--sizes", "many"), "whole numbers"),
        (("experiment", "simulate", "--sizes", "2"), "at least 8 lists"),
    ],
)
def test_what_contradicts_itself_is_a_usage_error(words, message):
    done = run(*words)
    assert done.exit_code == 2
    plain = " ".join(done.output.replace("│", " ").split())
    assert message in plain


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--pool", 2), "--pool 2 for --places 3"),
        (("--loss", 0), "--loss 0"),
        (("--at", "soon"), "a date or time was expected"),
        (("--most", 0), "--temperature is above 0"),
    ],
)
def test_a_draw_that_cannot_be_made_is_a_usage_error(files, more, message):
    words = ("experiment", "randomise", "--slates", files / "own.csv", "--out", files / "o.parquet")
    done = run(*words, "--at", "2026-03-02", *more)
    assert done.exit_code == 2
    assert message in " ".join(done.output.replace("│", " ").split())


def test_slates_of_several_policies_or_without_values_cannot_be_drawn_from(files):
    own, light = (pd.read_csv(files / name) for name in ("own.csv", "light.csv"))
    pd.concat([own, light]).to_csv(files / "both.csv", index=False)
    words = ("experiment", "randomise", "--at", "2026-03-02", "--out", files / "o.parquet")
    with pytest.raises(TableError, match="slates of own, light, but those of one policy"):
        run(*words, "--slates", files / "both.csv")
    assert (
        run(*words, "--slates", files / "both.csv", "--name", "own", "--loss", 0.3).exit_code == 0
    )
    with pytest.raises(TableError, match="no slates of best; found those of own, light"):
        run(*words, "--slates", files / "both.csv", "--name", "own", "--also-name", "best")
    own.drop(columns="score").to_csv(files / "bare.csv", index=False)
    with pytest.raises(TableError, match="no column score"):
        run(*words, "--slates", files / "bare.csv")


def test_a_policy_file_is_ranked_as_of_before_the_log(judged_shop, files):
    drawn, policy = files / "drawn.parquet", shipped_policies()[0]
    shop = Shop(Workspace(judged_shop))
    bought_at = pd.to_datetime(shop.workspace.table("tables", "purchases")["bought_at"])
    end = bought_at.max()
    assert last_purchase(shop, shop.log.last_week) == pytest.approx(end, abs=pd.Timedelta("1s"))
    candidates = shop.candidates("now").to_frame()
    best = candidates[candidates.groupby("customer").cumcount() < 4]
    rows = pd.DataFrame(
        {
            "customer_id": shop.log.ids.customers[best["customer"]],
            "position": best.groupby("customer").cumcount() + 1,
            "product_id": shop.log.ids.products[best["product"]],
            "score": best["p_buy"],
            "p_buy": best["p_buy"],
        }
    )
    rows.to_parquet(files / "now.parquet")
    run(
        *("experiment", "randomise", "--slates", files / "now.parquet", "--out", drawn),
        *("--at", end + pd.Timedelta(days=1), "--places", 2, "--pool", 4, "--loss", 0.5),
    )
    log = pd.read_parquet(drawn).assign(bought=0)
    log.to_parquet(drawn)
    words = ("off-policy", "--impressions", drawn, "--policy", policy, "--workspace", judged_shop)
    facts = said(*words, "--draws", 100)
    found = facts["policies"]["relevance"]
    assert found["policy_version"] == 1
    assert found["support"]["unsupported"] < 0.05
    # prices and carbon come from the workspace, though the log tells none
    assert set(found["log"]) == {"purchases", "revenue", "margin", "kg_functional"}
    log.assign(shown_at="2024-01-02").to_parquet(drawn)
    with pytest.raises(TableError, match=r"it begins on 2024-01-02, but even the workspace's"):
        run(*words)
