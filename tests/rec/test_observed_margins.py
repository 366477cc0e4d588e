"""Margins from the catalogue or from an assumption that carries its name."""

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.impact.observed.margins import NONE, MarginAssumption, with_margins

SHELF = pd.DataFrame(
    {"department": ["deli", "deli", "meat pckgd", None], "margin_rate": [0.3, None, 0.25, None]}
)
OURS = MarginAssumption(name="ours", rates={"DELI": 0.4, "MEAT-PCKGD": 0.25})


def test_a_full_catalogue_speaks_for_itself() -> None:
    full = SHELF.assign(margin_rate=0.2)
    same, told = with_margins(full)
    assert same is full
    assert (told["basis"], told["from_catalogue"]) == ("margin rates from the catalogue", 4)
    assert (told["assumption"], told["departments"]) == (None, {})


def test_missing_rates_without_an_assumption_count_nothing_and_are_told() -> None:
    _, told = with_margins(SHELF)
    assert told["basis"] == ("margin rates from the catalogue; 2 products have no rate and count 0")
    assert with_margins(SHELF.drop(columns="margin_rate"))[1]["basis"] == NONE


def test_an_assumption_fills_what_is_missing_and_owns_what_it_filled_before() -> None:
    filled, told = with_margins(SHELF, OURS)
    # the packed meat stands at the assumed rate already, the last product names no department
    assert filled["margin_rate"].tolist() == pytest.approx([0.3, 0.4, 0.25, np.nan], nan_ok=True)
    assert told["departments"] == {
        "deli": {"rate": 0.4, "products": 1},
        "meat pckgd": {"rate": 0.25, "products": 1},
    }
    assert (told["from_catalogue"], told["by_assumption"], told["without"]) == (1, 2, 1)
    assert "named assumption by department: ours" in told["basis"]


def test_a_rate_for_all_others_leaves_nobody_without() -> None:
    filled, told = with_margins(
        SHELF.drop(columns="margin_rate"), MarginAssumption(name="flat", rates={}, other=0.25)
    )
    assert filled["margin_rate"].tolist() == [0.25] * 4
    assert told["basis"] == "named assumption by department: flat"


def test_rates_that_are_none_and_products_without_departments_are_refused() -> None:
    with pytest.raises(TableError, match=r"department deli has 40, .* \(1 such"):
        MarginAssumption(name="percent", rates={"deli": 40.0})
    with pytest.raises(TableError, match="the products name no department"):
        with_margins(SHELF.drop(columns="department"), OURS)
