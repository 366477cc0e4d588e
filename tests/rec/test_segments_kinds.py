"""Which segment a household belongs to: what the shop knows, and the store it shops in."""

import numpy as np
import pandas as pd

from recommender.impact.segments.kinds import household_kinds, main_store, main_store_words
from recommender.log import Ids, Log


def log_of(rows: list[tuple[int, int, int]], customers: int, stores: int = 3) -> Log:
    """A log of (customer, basket, store) lines."""
    customer, basket, store = np.array(rows, np.int64).reshape(-1, 3).T
    lines = len(customer)
    return Log(
        ids=Ids(
            np.array([f"c{k:02}" for k in range(customers)], object),
            np.array(["p"], object),
            np.array([f"s{k}" for k in range(stores)], object),
        ),
        customer=customer,
        product=np.zeros(lines, np.int64),
        week=np.ones(lines, np.int64),
        day=np.zeros(lines),
        basket=basket,
        store=store,
        quantity=np.ones(lines),
        paid=np.ones(lines),
        whole_until=1,
    )


def test_the_main_store_is_that_of_most_baskets_not_of_most_lines() -> None:
    # customer 0: one basket of three lines in store 2, two baskets of a line in store 1;
    # customer 1: one basket each, two lines in store 2; customer 2: a tie, so the lower number;
    # customer 3 names no store, customer 4 buys nothing
    rows = [(0, 0, 2)] * 3 + [(0, 1, 1), (0, 2, 1)]
    rows += [(1, 3, 0), (1, 4, 2), (1, 4, 2)]
    rows += [(2, 5, 1), (2, 6, 0), (3, 7, -1)]
    assert main_store(log_of(rows, 5)).tolist() == [1, 2, 0, -1, -1]


def test_stores_of_few_households_are_counted_together() -> None:
    rows = [(k, k, 0) for k in range(10)] + [(10, 10, 1), (11, 11, 2), (12, 12, -1)]
    words, told = main_store_words(log_of(rows, 13), np.arange(13))
    assert words.tolist() == ["s0"] * 10 + ["other stores"] * 2 + [None]
    assert "2 stores with fewer than 10 households each" in told
    # of the households judged, not of all: without one of them the first store is small too
    words, _ = main_store_words(log_of(rows, 13), np.arange(1, 13))
    assert set(words[:-1]) == {"other stores"}


def test_every_column_of_the_customers_is_a_kind_in_the_order_of_the_households() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["c02", "c00"], "age": ["old", "young"], "region": ["north", None]}
    )
    kinds, _ = household_kinds(customers, log_of([(0, 0, 0)], 3), np.array([2, 1, 0]))
    assert list(kinds) == ["age", "region", "store"]
    assert kinds["age"].tolist() == ["old", None, "young"]
    assert kinds["region"].tolist() == ["north", None, None]


def test_numbers_of_many_values_are_cut_into_fifths() -> None:
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{k:02}" for k in range(50)],
            "income": np.arange(50) * 1000.0,
            "children": np.arange(50) % 3,
        }
    )
    kinds, _ = household_kinds(customers, log_of([(0, 0, -1)], 50, 0), np.arange(50))
    assert list(kinds) == ["income", "children"]
    assert pd.Series(kinds["income"]).value_counts().tolist() == [10] * 5
    assert set(kinds["children"]) == {"0", "1", "2"}


def test_a_column_that_names_households_or_says_nothing_is_left_out_and_told() -> None:
    customers = pd.DataFrame(
        {
            "customer_id": [f"c{k:03}" for k in range(300)],
            "street": [f"street {k}" for k in range(300)],
            "empty": None,
        }
    )
    kinds, notes = household_kinds(customers, log_of([(0, 0, -1)], 300, 0), np.arange(300))
    assert kinds == {}
    assert notes == [
        "street is no kind of segment: it has 300 different entries.",
        "empty is no kind of segment: nobody has one.",
    ]


def test_a_shop_without_customers_and_stores_has_no_kinds() -> None:
    assert household_kinds(None, log_of([(0, 0, -1)], 1, 0), np.array([0])) == ({}, [])
