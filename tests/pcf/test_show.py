"""Tables for the terminal say what the figures say."""

import io

import pandas as pd
from rich.console import Console

from pcf_estimator.assess.asked import figure
from pcf_estimator.assess.show import asked_table, assessment_table
from pcf_estimator.explain.show import footprint_table


def printed(table):
    screen = Console(file=io.StringIO(), width=200)
    screen.print(table)
    return screen.file.getvalue()


def test_a_footprint_is_shown_with_range_tier_and_source():
    products = pd.DataFrame({"product_id": ["1"], "title": ["Milk"]})
    rows = {"kg_co2e": [1.234], "kg_co2e_low": [0.8], "kg_co2e_high": [2.0]}
    more = {"kg_co2e_per_kg": [1.2], "tier": ["model"], "source": ["near whole milk"]}
    text = printed(footprint_table(products, pd.DataFrame(rows | more)))
    for words in ("Milk", "1.2 (0.8-2)", "model", "near whole milk"):
        assert words in text


def test_a_method_without_ranges_has_empty_cells():
    scores = {"pairwise_accuracy": 0.5, "coverage": None}
    figures = ("median_ape", "log10_rmse", "log10_r2", "within_factor_2", "regret_kg_co2e_per_kg")
    figures += ("worst_category_coverage", "range_factor")
    methods = {"median": scores | dict.fromkeys(figures, 0.25)}
    result = {"name": "seed", "rows": 4, "groups": 3, "weights": {"ridge": 1.0}}
    text = printed(assessment_table(result | {"splits": {"grouped": methods}}))
    assert "seed: 4 rows, 3 groups" in text
    assert "0.500" in text
    assert "None" not in text


def test_what_was_asked_stands_beside_what_was_found():
    beside = {"median": 0.4456, "knn-5": None}
    asked = {
        "foods: pairs": figure(0.7312, least=0.72, beside=beside),
        "foods: error": figure(0.41, most=0.3),
        "clark: pairs": figure(None, least=0.6),
    }
    text = printed(asked_table({"asked": asked, "left_out": {"clark": "its foods"}}))
    first, second, third = (
        next(line for line in text.splitlines() if name in line) for name in asked
    )
    for words in ("at least 0.72", "0.731", "yes", "median 0.446"):
        assert words in first
    assert "at most 0.30" in second
    assert " no " in second
    assert "not measured" in third
    assert "clark needs its foods" in " ".join(text.split())
