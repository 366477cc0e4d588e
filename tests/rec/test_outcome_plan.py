"""How many customers and weeks, the panel from a log, and the commands."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pcf_estimator.tables import TableError
from recommender.impact.outcome.panel import panel_of
from recommender.impact.outcome.plan import (
    Baseline,
    planned,
    pretended,
    read_baseline,
    units_needed,
)
from recommender.impact.outcome.simulated import World
from recommender.impact.outcome.table import Names
from recommender.impact_cli import impact
from recommender.log import read_log

NAMES = Names(treated=None)


def test_independent_weeks_need_what_the_formula_by_hand_says():
    # white noise of variance 16, no level between units: var = 16 (1/8 + 1/4) = 6
    outcome = 20.0 + 4.0 * np.random.default_rng(0).normal(size=(4000, 12))
    base = Baseline.of(outcome, NAMES)
    assert base.variance_of_change(8, 4) == pytest.approx(6.0, rel=0.05)
    assert base.variance_if_constant(8, 4) == pytest.approx(6.0, rel=0.05)
    # by hand: 7.849 x 6 / (0.25 x 1) = 188.4
    assert units_needed(6.0, 1.0, 0.8, 0.5) == 189


def test_errors_that_linger_need_more_than_one_autocorrelation_says():
    world = World(units=4000, periods=24, lingering=0.8)
    base = Baseline.of(world.untreated(np.random.default_rng(1)), NAMES)
    # the change of an autoregression, by its own covariances 16 x 0.8^lag; levels fall away
    weight = np.r_[np.full(12, -1 / 12), np.full(6, 1 / 6)]
    lag = np.abs(np.arange(18)[:, None] - np.arange(18)[None, :])
    truth = float(weight @ (16 * 0.8**lag) @ weight)
    assert base.variance_of_change(12, 6) == pytest.approx(truth, rel=0.05)
    assert base.variance_if_constant(12, 6) < 0.7 * truth


def test_pretended_changes_are_seen_as_often_as_expected_and_none_in_one_of_twenty():
    world = World(units=300, periods=18)
    base = Baseline.of(world.untreated(np.random.default_rng(2)), NAMES)
    check = pretended(base, 0.06, 0.5, np.random.default_rng(0))
    assert check["seen"] == pytest.approx(check["expected"], abs=0.08)
    assert check["false_alarms"] == pytest.approx(0.05, abs=0.015)


def test_a_plan_tells_whether_those_at_hand_are_enough():
    world = World(units=400, periods=16, between=2.0)
    rows = rows_of(world.untreated(np.random.default_rng(3)))
    large = planned(read_baseline(rows, NAMES), 0.2)
    assert "are enough with 16 periods before and 2 after" in large.sentence()
    assert large.lengths["units"].is_monotonic_decreasing
    small = planned(read_baseline(rows, NAMES), 0.0001)
    assert "too few" in small.sentence()
    # four times as small an effect needs sixteen times as many
    one, two = (planned(read_baseline(rows, NAMES), e).lengths["units"][0] for e in (0.02, 0.005))
    assert two / one == pytest.approx(16, rel=0.01)


def test_plans_refuse_what_cannot_be_planned():
    rows = rows_of(np.ones((10, 8)))
    with pytest.raises(TableError, match="spend is the same for all customers"):
        read_baseline(rows, NAMES)
    short = rows_of(np.random.default_rng(0).normal(size=(10, 2)))
    with pytest.raises(TableError, match="10 customers with rows in all of 2 periods"):
        read_baseline(short, NAMES)
    negative = rows_of(np.random.default_rng(0).normal(size=(10, 8)) - 9.0)
    with pytest.raises(TableError, match=r"a relative effect needs one above 0"):
        planned(read_baseline(negative, NAMES), 0.02)
    base = Baseline.of(9.0 + np.random.default_rng(0).normal(size=(10, 8)), NAMES)
    with pytest.raises(ValueError, match="effect is 0"):
        planned(base, 0)


def rows_of(outcome) -> pd.DataFrame:
    units, weeks = np.shape(outcome)
    return pd.DataFrame(
        {
            "customer_id": np.repeat([f"c{unit}" for unit in range(units)], weeks),
            "week": np.tile(np.arange(1, weeks + 1), units),
            "spend": np.ravel(outcome),
        }
    )


def test_the_panel_of_a_log_holds_zero_weeks():
    purchases = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b"],
            "product_id": ["milk", "oats", "milk", "oats"],
            "bought_at": pd.to_datetime(["2026-01-05", "2026-01-05", "2026-01-20", "2026-01-13"]),
            "week": [1, 1, 3, 2],
            "basket_id": ["x", "x", "y", "z"],
            "paid": [1.0, 2.0, 1.5, 2.5],
        }
    )
    log = read_log(purchases, pd.Series(["milk", "oats"]))
    panel = panel_of(log, (1, 3), np.array([3.0, np.nan]))
    assert panel["customer_id"].tolist() == ["a", "a", "a", "b", "b", "b"]
    assert panel["week"].tolist() == [1, 2, 3, 1, 2, 3]
    assert panel["spend"].tolist() == [3.0, 0.0, 1.5, 0.0, 2.5, 0.0]
    assert panel["baskets"].tolist() == [1, 0, 1, 0, 1, 0]
    assert panel["lines"].tolist() == [2, 0, 1, 0, 1, 0]
    # oats are of unknown footprint: neither in the sum nor in the mean
    assert panel["kg_functional"].tolist() == [3.0, 0.0, 3.0, 0.0, 0.0, 0.0]
    assert panel["kg_per_line"].isna().tolist() == [False, True, False, True, True, True]


def run(*arguments: str):
    return CliRunner().invoke(impact, [str(argument) for argument in arguments])


def test_the_commands_answer_from_an_example(tmp_path):
    rows, out = tmp_path / "panel.parquet", tmp_path / "report"
    assert run("outcome", "example", "--out", rows).exit_code == 0
    common = ("--panel", rows, "--treated", "treated", "--start", "2026-04-27")
    told = run("outcome", *common, "--out", out)
    assert told.exit_code == 0, told.output
    assert "The change raised the outcome" in " ".join(told.output.split())
    page = (out / "outcome.html").read_text()
    assert "<svg" in page
    assert "http" not in page  # nothing is fetched: it opens offline
    assert len(pd.read_parquet(out / "by_period.parquet")) == 16
    facts = json.loads(run("outcome", *common, "--json").stdout)
    assert facts["trust"] == "sound"
    assert facts == {**json.loads((out / "outcome.json").read_text())}
    plan = run("outcome", "plan", "--baseline", rows, "--effect", "0.02", "--json")
    assert json.loads(plan.stdout)["units"] == 200


def test_the_command_without_a_panel_or_with_a_bad_one_says_what_it_needs(tmp_path):
    nothing = run("outcome")
    assert nothing.exit_code == 2
    assert "--panel and --treated are needed" in " ".join(nothing.output.split())
    missing = run("outcome", "--panel", tmp_path / "no.csv", "--treated", "t")
    assert isinstance(missing.exception, TableError)
    assert "there is no such file" in str(missing.exception)
