"""Purchases, customers, displays and slates: what is kept, and what an error says."""

import pandas as pd
import pytest

from pcf_estimator.tables import TableError, check_table, read_table
from recommender.tables import (
    DISPLAYS,
    PURCHASES,
    SLATES,
    check_customers,
    read_customers,
)


def purchases(**changes):
    lines = {
        "customer_id": ["c1", "c2"],
        "product_id": ["p1", "p2"],
        "bought_at": ["2017-03-01", "2017-03-02T12:30:00"],
        "quantity": [1, 2],
        "paid": [2.5, 0.0],
    }
    return pd.DataFrame({**lines, **changes})


def test_the_three_required_columns_are_enough():
    lines = purchases()[["customer_id", "product_id", "bought_at"]]
    checked = check_table(lines, PURCHASES, "purchases")
    assert checked.columns.tolist() == ["customer_id", "product_id", "bought_at"]
    assert checked["bought_at"].iloc[1] == pd.Timestamp("2017-03-02 12:30")


def test_identical_lines_are_two_purchases():
    twice = pd.concat([purchases(), purchases()])
    assert len(check_table(twice, PURCHASES, "purchases")) == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": [1, 0]}, "row 2 .customer_id c2, product_id p2.: quantity is 0, but a numb"),
        ({"paid": [-0.01, 1]}, "row 1 .customer_id c1, product_id p1.: paid is -0.01"),
        ({"bought_at": ["2017-03-01", "soon"]}, "row 2 .*bought_at is soon, but a date or time"),
        ({"customer_id": [None, "c2"]}, "row 1 .*customer_id is empty"),
        ({"week": [1, None]}, "row 2 .*week is empty"),
        ({"week": [1, 1.5]}, "row 2 .*week is 1.5, but a whole number was expected .1 such row"),
    ],
)
def test_a_bad_line_is_named_by_customer_and_product(changes, said):
    with pytest.raises(TableError, match=said):
        check_table(purchases(**changes), PURCHASES, "purchases")


def test_a_missing_column_is_named():
    with pytest.raises(TableError, match="purchases: no column bought_at; found customer_id"):
        check_table(purchases().drop(columns="bought_at"), PURCHASES, "purchases")


def test_every_further_column_of_customers_is_a_segment(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("income,customer_id,kids\n35-49K,7,2\n,8,3+\n")
    customers = read_customers(path)
    assert customers.columns.tolist() == ["customer_id", "income", "kids"]
    assert customers["customer_id"].tolist() == ["7", "8"]
    assert customers["income"].isna().tolist() == [False, True]
    assert customers["kids"].tolist() == ["2", "3+"]


def test_a_customer_stands_once():
    twice = pd.DataFrame({"customer_id": ["a", "a"], "age": ["young", "old"]})
    with pytest.raises(
        TableError, match=r"row 2 .customer_id a.: customer_id stands in an earlier"
    ):
        check_customers(twice)


def test_customers_without_an_id_column_are_refused():
    with pytest.raises(TableError, match="customers: no column customer_id; found age"):
        check_customers(pd.DataFrame({"age": ["young"]}))


def test_displays_name_product_store_and_week():
    shown = pd.DataFrame({"product_id": ["p"], "store_id": [3], "week": [2], "mailer": ["A"]})
    checked = check_table(shown, DISPLAYS, "displays")
    assert checked.iloc[0].tolist() == ["p", "3", 2, "A"]


def test_slates_come_in_the_order_of_the_design(tmp_path):
    row = dict.fromkeys(SLATES.columns, 1)
    row |= {"policy": "relevance", "task": "all", "p_buy": 0.5, "margin": -0.1, "kg_excess": -2.0}
    frame = pd.DataFrame([row])[list(reversed(SLATES.columns))]
    frame.to_parquet(tmp_path / "slates.parquet")
    slates = read_table(tmp_path / "slates.parquet", SLATES)
    assert slates.columns.tolist()[:6] == [
        *("policy", "task", "customer_id", "position", "product_id", "score")
    ]
    with pytest.raises(TableError, match=r"p_buy is 1.5, but a number at least 0 and at most 1"):
        check_table(frame.assign(p_buy=1.5), SLATES, "slates")
