"""The purchase log as row numbers, weeks, and the households that choose nothing."""

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.log import audit_customers, find, read_log
from recommender.purchases import weeks_of


def purchases(**more):
    rows = {
        "customer_id": ["b", "a", "b"],
        "product_id": ["milk", "milk", "bread"],
        "bought_at": pd.to_datetime(["2024-01-03 10:00", "2024-01-01 09:00", "2024-01-03 10:00"]),
    }
    return pd.DataFrame(rows | more)


CATALOGUE = pd.Series(["bread", "milk"])


def test_customers_are_numbered_by_sorted_id_and_products_by_the_catalogue():
    log = read_log(purchases(), CATALOGUE)
    assert log.ids.customers.tolist() == ["a", "b"]
    assert log.customer.tolist() == [0, 1, 1]  # in the order of time
    assert log.product.tolist() == [1, 0, 1]


def test_the_order_of_the_lines_does_not_change_the_log():
    lines = purchases()
    one, other = read_log(lines, CATALOGUE), read_log(lines.iloc[::-1], CATALOGUE)
    for name in ("customer", "product", "week", "day", "basket", "quantity", "store"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_without_basket_ids_a_basket_is_what_one_customer_buys_in_a_day():
    log = read_log(purchases(), CATALOGUE)
    assert log.basket[1] == log.basket[2] != log.basket[0]


def test_a_line_without_a_basket_id_belongs_to_that_customers_day():
    log = read_log(purchases(basket_id=["x", None, None]), CATALOGUE)
    assert len(set(log.basket)) == 3, "one named basket, and a day of each of two customers"


def test_a_purchase_of_a_product_that_the_catalogue_lacks_is_named():
    lines = purchases(product_id=["milk", "tofu", "bread"])
    with pytest.raises(TableError, match=r"row 2 \(product_id tofu\).*1 such row"):
        read_log(lines, CATALOGUE)


def test_weeks_count_back_from_the_last_whole_day():
    # 10 January ends at 11:00 and is no whole day, so a week ends with the 9th
    times = np.array(["2024-01-02T23", "2024-01-03T01", "2024-01-09T20", "2024-01-10T11"])
    week, whole_until = weeks_of(times.astype("datetime64[us]"))
    assert week.tolist() == [1, 2, 2, 3]
    assert whole_until == 2, "a week of half a day judges nothing"


def test_dates_without_a_time_of_day_are_whole_days():
    days = np.array(["2024-01-01", "2024-01-07", "2024-01-08"]).astype("datetime64[us]")
    assert weeks_of(days)[0].tolist() == [1, 2, 2]


def test_history_and_window_meet_without_overlap():
    days = pd.to_datetime(["2024-01-10", "2024-01-03", "2024-01-17"])
    log = read_log(purchases(week=[2, 1, 3], bought_at=days), CATALOGUE)
    assert len(log.until(2)) + len(log.weeks(3, 3)) == len(log) == 3
    assert log.until(2).last_week == 2


def test_has_bought_knows_pairs_not_products():
    log = read_log(purchases(), CATALOGUE)
    customer, product = np.array([0, 0, 1]), np.array([1, 0, 0])
    assert log.has_bought(customer, product).tolist() == [True, False, True]


def test_stores_are_numbered_by_sorted_id_and_a_line_without_one_has_none():
    log = read_log(purchases(store_id=["north", None, "east"]), CATALOGUE)
    assert log.ids.stores.tolist() == ["east", "north"]
    assert log.store.tolist() == [-1, 0, 1], "by time, then product: bread before milk"
    assert log.ids.store_rows(["north", "west"]).tolist() == [1, -1]
    assert read_log(purchases(), CATALOGUE).ids.stores.tolist() == []


def test_a_discount_is_carried_along_and_unknown_where_the_log_has_none():
    log = read_log(purchases(discount=[0.5, np.nan, 0.0]), CATALOGUE)
    assert np.array_equal(log.discount, [np.nan, 0.0, 0.5], equal_nan=True)
    assert log.where(log.customer == 1).discount.tolist() == [0.0, 0.5]
    assert np.isnan(read_log(purchases(), CATALOGUE).discount).all()


def test_lines_that_differ_in_discount_alone_come_in_one_order():
    twice = purchases(product_id=["milk"] * 3, discount=[0.5, 0.0, 0.2])
    one, other = read_log(twice, CATALOGUE), read_log(twice.iloc[::-1], CATALOGUE)
    assert one.discount.tolist() == other.discount.tolist() == [0.0, 0.2, 0.5]


def test_a_log_whose_prices_are_partly_unknown_is_read():
    log = read_log(purchases(paid=[1.0, np.nan, 2.0]), CATALOGUE)
    assert np.array_equal(log.paid, [np.nan, 2.0, 1.0], equal_nan=True)


def test_finding_in_nothing_finds_nothing():
    assert find(np.array([], np.int64), np.array([3])).tolist() == [-1]


def test_one_household_in_five_is_for_audit_and_always_the_same_ones():
    ids = np.array([str(i) for i in range(5000)], dtype=object)
    chosen = audit_customers(ids)
    assert 0.18 < chosen.mean() < 0.22
    assert np.array_equal(chosen[:10], audit_customers(ids[:10]))
