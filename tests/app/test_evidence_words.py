"""What the Evidence page says of a report: sentences that need no page to be checked."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from app_pages import _layers
from app_pages._evidence import backtest, data, people


def clear(change):
    return {"change": change, "change_low": change - 0.01, "change_high": change + 0.01}


def test_the_headline_tells_what_was_seen_from_what_is_weighted_by_chance():
    figures = {"hits_revenue": clear(0.04), "demand_revenue": clear(0.066)}
    said = backtest.in_a_sentence("mine", figures).replace("\xa0", " ")
    assert "paid for listed goods +4.0 % as seen (+6.6 % weighted by chance)" in said


def test_a_change_that_may_be_none_is_said_not_to_be_clear():
    # by hand: -37 % with an interval of -70 % to +23 % holds 0
    wide = {"change": -0.37, "change_low": -0.7, "change_high": 0.23}
    said = backtest.in_a_sentence("mine", {"seller_small_share": wide}).replace("\xa0", " ")
    assert "small suppliers' attention not clear (−70.0 % to +23.0 %)" in said
    assert "−37" not in said


def test_what_was_left_out_is_counted_table_by_table():
    rows = pd.DataFrame(
        {
            "table": ["displays", "purchases", "purchases", "catalogue"],
            "reason": ["no such product", "fuel", "paid nothing", "size left blank"],
            "lines": [4_368_507, 90_000, 952, 0],
        }
    )
    said = data.left_out_sentence(rows)
    assert said == "90,952 lines of purchases and 4,368,507 lines of displays"


def shop_of(report, customers=None, stores=0):
    log = SimpleNamespace(ids=SimpleNamespace(stores=np.zeros(stores)))
    return SimpleNamespace(report=report, shop=SimpleNamespace(customers=customers, log=log))


def test_why_no_segments_are_told_is_one_reason_and_its_command():
    ages = pd.DataFrame({"customer_id": ["a"], "age": ["65+"]})
    why, command = people.why_no_segments(shop_of({}, ages))
    assert "an older version made it" in why
    assert "knows no ages" not in why
    assert command == "greenaisle backtest"
    why, command = people.why_no_segments(shop_of({"segments": None}, ages))
    assert "before the shop's tables told households apart" in why
    why, command = people.why_no_segments(shop_of({"segments": None}))
    assert "knows no ages, incomes, stores or regions" in why
    assert "--customers customers.parquet" in command


def test_intervals_are_promised_only_where_one_is_shown():
    report = {
        "meta": {"window": "w", "households": 9, "judged": {"all": 7}, "draws": 100},
        "policies": {},
    }
    assert _layers.of_run(report) == (
        "held-out purchases of w · 9 households, 7 of whom bought something"
    )
    assert _layers.of_run(report, intervals=True).endswith("intervals hold 95 %")
