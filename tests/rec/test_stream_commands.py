"""A stream of shoppers, served shoppers and limits' costs by command, on a made-up shop."""

import json

import numpy as np
import pandas as pd
import pytest

from recommender.cli import BAD_DATA, USAGE, main
from recommender.rerank.frozen import FrozenPrices

HEAD = """
name = "{name}"
version = 1
description = "for a test"
review_date = 2030-01-01
[weights]
shopper = 1.0
retailer = 0.1
"""
BUDGET = "[carbon]\nreference = 'none'\n[limits]\ncarbon_change = -0.2\n"
FLOORS = "[sellers]\nfloor = 0.9\ntarget = 'equal'\n"


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


def test_all_come_once_in_a_drawn_order_and_each_gets_a_slate(greenaisle, policy, tmp_path):
    words = ["stream", "--policy", policy(BUDGET), "--batch", 20, "--json", "--out"]
    code, out, _ = greenaisle(*words, tmp_path / "one.parquet")
    assert code == 0
    answer = json.loads(out)
    assert (answer["visits"], answer["customers"], answer["batches"]) == (80, 80, 4)
    slates = pd.read_parquet(tmp_path / "one.parquet")
    assert slates.groupby("visit")["product_id"].nunique().eq(10).all()
    assert slates.groupby("visit")["customer_id"].nunique().eq(1).all()
    assert slates["customer_id"].nunique() == 80
    assert FrozenPrices.from_json((tmp_path / "one.prices.json").read_text()).target_kg > 0

    greenaisle(*words, tmp_path / "again.parquet")
    for ending in (".prices.json", ".drift.csv", ".course.csv"):
        one, again = (tmp_path / f"{name}{ending}" for name in ("one", "again"))
        assert one.read_bytes() == again.read_bytes()
    greenaisle(*words, tmp_path / "other.parquet", "--seed", 1)
    other = pd.read_parquet(tmp_path / "other.parquet")
    assert other["customer_id"].tolist() != slates["customer_id"].tolist()


def test_the_drift_of_each_floor_is_told_worst_first_with_its_course(greenaisle, policy, tmp_path):
    words = ["stream", "--policy", policy(FLOORS), "--batch", 10, "--out", tmp_path / "s.parquet"]
    code, out, _ = greenaisle(*words, "--json")
    assert code == 0
    answer = json.loads(out)
    drift = pd.read_csv(tmp_path / "s.drift.csv")
    assert len(drift) == answer["limits"] == 4  # one floor a seller
    assert drift["missed"].is_monotonic_decreasing
    assert (drift["missed"] - (drift["asked"] - drift["reached"]).clip(lower=0)).abs().max() < 1e-9
    # four sellers, each due 0.9 of a quarter of all attention: 80 slates of ten places
    attention = 80 * (1 / np.log2(np.arange(2, 12))).sum()
    assert drift["asked"].tolist() == pytest.approx([0.9 / 4 * attention] * 4)
    course = pd.read_csv(tmp_path / "s.course.csv")
    assert course["visits"].tolist() == list(range(10, 90, 10))
    share = drift["missed"].sum() / drift["asked"].sum()
    assert course["missed_share"].iloc[-1] == pytest.approx(share)
    assert answer["kinds"] == {"seller floors": pytest.approx(share)}
    _, out, _ = greenaisle(*words)
    assert "80 visits of 80 customers served under tried in 8 batches, from prices of 0" in out
    assert "seller floors: " in out


def test_prices_of_a_run_are_a_better_start_than_none(greenaisle, policy, tmp_path):
    path = policy(BUDGET)
    greenaisle("rerank", "--policy", path, "--out", tmp_path / "all.parquet")
    words = ["stream", "--policy", path, "--json", "--batch", 20, "--out"]
    missed = {}
    for name, more in (("cold", []), ("warm", ["--prices", tmp_path / "all.prices.json"])):
        _, out, _ = greenaisle(*words, tmp_path / f"{name}.parquet", *more)
        missed[name] = json.loads(out)["kinds"]["carbon budget"]
    assert missed["warm"] < missed["cold"]

    _, out, _ = greenaisle(*words, tmp_path / "frozen.parquet", *more, "--step", 0)
    assert json.loads(out)["prices_moved"] == 0
    before, after = (
        FrozenPrices.from_json((tmp_path / f"{name}.prices.json").read_text())
        for name in ("all", "frozen")
    )
    assert after == before


def test_shoppers_come_as_a_table_says_more_than_once_as_well(greenaisle, policy, tmp_path):
    (tmp_path / "order.csv").write_text("customer_id\nh03\nnobody\nh07\n" + "h03\n" * 6)
    out_path = tmp_path / "s.parquet"
    words = ["stream", "--policy", policy(FLOORS), "--order", tmp_path / "order.csv"]
    code, out, _ = greenaisle(*words, "--out", out_path, "--batch", 1, "--step", 1, "--json")
    assert code == 0
    answer = json.loads(out)
    assert (answer["visits"], answer["customers"], answer["unknown_customers"]) == (8, 2, 1)
    slates = pd.read_parquet(out_path)
    came = slates.drop_duplicates("visit").set_index("visit")["customer_id"]
    assert came.tolist() == ["h03", "h07"] + ["h03"] * 6
    # prices are 0 on the first visit, and missed floors raise them from then on
    shown = slates.groupby("visit")["product_id"].agg(list)
    assert any(shown[visit] != shown[1] for visit in range(3, 9))
    _, out, _ = greenaisle(*words, "--out", out_path)
    assert "1 visits of customers unknown to the log: not served" in out


def test_bad_input_of_a_stream_is_one_message(greenaisle, policy, tmp_path):
    out_path = tmp_path / "s.parquet"
    (tmp_path / "order.csv").write_text("customer_id\nnobody\n")
    (tmp_path / "empty.csv").write_text("product_id\n1\n")
    (tmp_path / "broken.json").write_text("{")
    floors = policy(FLOORS)
    for words, told in (
        (["--policy", policy("", "plain")], "no limit that shoppers share"),
        (["--policy", floors, "--step=-1"], "step is -1, but a number of 0"),
        (["--policy", floors, "--step", "nan"], "step is nan"),
        (["--policy", floors, "--order", tmp_path / "order.csv"], "none of 1 visits"),
        (["--policy", floors, "--order", tmp_path / "empty.csv"], "customer_id"),
        (["--policy", floors, "--order", tmp_path / "no.csv"], "there is no such file"),
        (["--policy", floors, "--prices", tmp_path / "broken.json"], "these are none"),
    ):
        code, out, err = greenaisle("stream", "--out", out_path, *words)
        assert (code, out) == (BAD_DATA, ""), words
        assert told in err
        assert not out_path.exists()
    code, _, err = greenaisle("stream", "--policy", floors, "--out", tmp_path / "no" / "s.parquet")
    assert code == USAGE
    assert "does not exist" in err


def test_prices_of_a_stream_serve_one_shopper(greenaisle, policy, tmp_path):
    path = policy(FLOORS)
    greenaisle("stream", "--policy", path, "--batch", 20, "--out", tmp_path / "s.parquet")
    (tmp_path / "ids.csv").write_text("customer_id\nh03\n")
    words = ["recommend", "--customers", tmp_path / "ids.csv", "--policy", path]
    kept = ["--prices", tmp_path / "s.prices.json", "--out", tmp_path / "one.parquet"]
    code, _, _ = greenaisle(*words, *kept)
    assert code == 0
    assert len(pd.read_parquet(tmp_path / "one.parquet")) == 10


def test_the_own_slider_moves_the_asked_shoppers_carbon_and_says_so(greenaisle, policy, tmp_path):
    path = policy(BUDGET)
    greenaisle("rerank", "--policy", path, "--out", tmp_path / "all.parquet")
    (tmp_path / "ids.csv").write_text("customer_id\nh03\nh07\n")
    words = ["recommend", "--customers", tmp_path / "ids.csv", "--policy", path]
    words += ["--prices", tmp_path / "all.prices.json", "--out", tmp_path / "some.parquet"]
    kg = {}
    for factor in (0, 1, 5):
        code, out, _ = greenaisle(*words, "--own-climate", factor)
        assert code == 0
        slates = pd.read_parquet(tmp_path / "some.parquet")
        place = 1 / np.log2(slates["position"] + 1) * slates["p_buy"]
        kg[factor] = (place * slates["kg_functional"]).sum() / place.sum()
        assert ("own climate" in out) == (factor != 1)
    assert kg[5] < kg[0]
    assert kg[5] <= kg[1] <= kg[0]
    _, out, _ = greenaisle(*words, "--own-climate", 0)
    assert "own climate 0: carbon does not count on these slates" in out
    _, out, _ = greenaisle(*words, "--own-climate", 0.4, "--json")
    assert json.loads(out)["own_climate"] == 0.4
    code, _, err = greenaisle(*words, "--own-climate=-1")
    assert code == BAD_DATA
    assert "own climate is -1, but a number of 0 (off) or more was expected" in err

    plain = ["recommend", "--customers", tmp_path / "ids.csv", "--policy", policy("", "plain")]
    _, out, _ = greenaisle(*plain, "--out", tmp_path / "some.parquet", "--own-climate", 2)
    assert "gives carbon no weight and no price, so it moves nothing" in " ".join(out.split())


def test_what_limits_cost_in_all_is_told_when_asked(greenaisle, policy, tmp_path):
    words = ["rerank", "--policy", policy(BUDGET), "--out", tmp_path / "s.parquet"]
    _, out, _ = greenaisle(*words, "--json")
    assert json.loads(out)["costs"] is None
    code, out, _ = greenaisle(*words, "--costs", "--json")
    assert code == 0
    (budget,) = json.loads(out)["costs"]
    assert budget["limit"] == "carbon budget"
    assert budget["low"] <= budget["best"] <= budget["high"]
    assert budget["best"] > 0
    _, out, _ = greenaisle(*words, "--costs")
    assert "The carbon budget costs about" in out
    assert "of margin a week" in " ".join(out.split())
