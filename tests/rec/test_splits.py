"""Which weeks teach and which judge; which products and customers count."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.log import read_log
from recommender.splits import Window, protocol, universe


def test_the_test_protocol_of_a_52_week_log():
    weeks = protocol(52)
    assert weeks.judge == Window(49, 52)
    assert weeks.calibrate == Window(45, 48)
    assert weeks.learn == (Window(41, 44), Window(37, 40), Window(33, 36), Window(29, 32))


def test_validating_ends_where_testing_begins():
    assert protocol(48).judge.last == protocol(52).judge.history_until


def test_no_window_of_the_protocol_sees_its_own_labels_or_later_ones():
    weeks = protocol(52)
    windows = [*reversed(weeks.learn), weeks.calibrate, weeks.judge]
    for earlier, later in pairwise(windows):
        assert earlier.last < later.first
        assert later.history_until >= earlier.last


def test_a_short_log_teaches_with_the_windows_it_has():
    assert protocol(24).learn == (Window(13, 16), Window(9, 12))


def test_a_log_too_short_for_any_window_says_how_long_it_should_be():
    with pytest.raises(TableError, match=r"12 whole weeks, but .* need 20"):
        protocol(12)


def test_products_need_five_households_and_ten_baskets_and_customers_five_baskets():
    # product 0: 5 households x 2 baskets = 10 baskets; product 1: 4 households x 3 = 12 baskets;
    # product 2: 5 households, 5 baskets. Customers 0-3 have 2 + 3 baskets or more, customer 4 has 3
    rows = [(f"c{h}", "p0", f"a{h}{k}") for h in range(5) for k in range(2)]
    rows += [(f"c{h}", "p1", f"b{h}{k}") for h in range(4) for k in range(3)]
    rows += [(f"c{h}", "p2", f"d{h}") for h in range(5)]
    lines = pd.DataFrame(rows, columns=["customer_id", "product_id", "basket_id"])
    lines["bought_at"] = pd.Timestamp("2024-01-01")
    log = read_log(lines, pd.Series(["p0", "p1", "p2"]))
    served = universe(log, np.array([True, True, True]))
    assert served.products.tolist() == [True, False, False]
    assert served.customers.tolist() == [True, True, True, True, False]


def test_what_may_not_be_shown_is_outside_the_universe():
    rows = [(f"c{h}", "p0", f"a{h}{k}") for h in range(5) for k in range(2)]
    lines = pd.DataFrame(rows, columns=["customer_id", "product_id", "basket_id"])
    lines["bought_at"] = pd.Timestamp("2024-01-01")
    log = read_log(lines, pd.Series(["p0"]))
    assert not universe(log, np.array([False])).products.any()
