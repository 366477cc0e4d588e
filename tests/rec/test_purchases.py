"""Bad logs: what each says, or that it is taken in with a word about what is missing."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.clock import wall_times
from pcf_estimator.tables import TableError, check_table
from recommender.history import History
from recommender.ingest import Tables, absent, keep_tables, partly_empty, read_tables
from recommender.log import read_log
from recommender.purchases import refuse_future, refuse_other_weeks, repeated_lines
from recommender.splits import protocol
from recommender.tables import PURCHASES
from recommender.workspace import Workspace


def lines(bought_at, **more):
    count = len(bought_at)
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(count)], "product_id": "p", "bought_at": bought_at}
        | more
    )


def checked(bought_at, **more):
    return check_table(lines(bought_at, **more), PURCHASES, "purchases")


def test_a_line_after_the_day_of_the_log_is_named_and_that_day_still_counts():
    log = checked(["2024-03-01T23:59:59", "2024-03-02", "2031-01-01"])
    refuse_future(log, date(2031, 1, 1), "purchases")
    with pytest.raises(
        TableError,
        match=r"purchases, row 2 \(customer_id c1, product_id p\): bought_at is 2024-03-02 "
        r"00:00:00, but the log was taken on 2024-03-01 .* \(2 such rows\)",
    ):
        refuse_future(log, date(2024, 3, 1), "purchases")


@pytest.mark.parametrize("offset", ["+02:00", "+0200", "+02", "-05:00", "Z"])
def test_times_of_one_zone_stay_as_the_shops_clock_shows_them(offset):
    log = checked([f"2024-03-01T23:30:00{offset}", f"2024-03-02 08:00{offset}"])
    assert log["bought_at"].tolist() == [
        pd.Timestamp("2024-03-01 23:30"),
        pd.Timestamp("2024-03-02 08:00"),
    ]


def test_a_column_of_times_with_a_zone_stays_as_that_zone_shows_them():
    summer = pd.to_datetime(["2024-03-30 12:00", "2024-03-31 12:00"]).tz_localize("Europe/Berlin")
    assert checked(summer)["bought_at"].dt.hour.tolist() == [12, 12]


@pytest.mark.parametrize(
    "times",
    [
        ["2024-03-01T12:00+02:00", "2024-03-01T12:00"],
        ["2024-03-01T12:00", "2024-03-01T12:00Z"],
        ["2024-03-01", "2024-03-01T12:00Z"],
        ["2024-03-30T12:00+01:00", "2024-03-31T12:00+02:00"],
    ],
)
def test_times_of_mixed_zones_are_one_error_that_says_what_to_do(times):
    with pytest.raises(TableError) as error:
        checked([times[0], *times])
    assert str(error.value) == (
        f"purchases, row 3 (customer_id c2, product_id p): bought_at is {times[1]}, in another "
        f"time zone than {times[0]} in an earlier row, but all times are on the shop's own clock: "
        f"write them without a UTC offset, or all with the same one (1 such row)"
    )


def test_one_offset_in_two_spellings_is_one_zone():
    times = ["2024-03-01T12:00Z", "2024-03-01T13:00+00:00", "2024-03-01T14:00+00"]
    assert checked(times)["bought_at"].dt.hour.tolist() == [12, 13, 14]


def test_a_date_ends_with_no_offset():
    assert wall_times(pd.Series(["2024-03-01", "2024-03-02"]))[1].tolist() == ["", ""]


WEEKS = ["2024-01-01T06:00", "2024-01-07T22:00", "2024-01-08T09:00", "2024-01-15T09:00"]


def test_weeks_that_count_on_with_time_are_taken():
    refuse_other_weeks(checked(WEEKS, week=[1, 1, 2, 3]), "purchases")
    refuse_other_weeks(checked(WEEKS, week=[27, 27, 28, 29]), "purchases")
    # a business day that ends after midnight
    refuse_other_weeks(checked([*WEEKS, "2024-01-08T03:00"], week=[1, 1, 2, 3, 1]), "purchases")
    refuse_other_weeks(checked(WEEKS), "purchases")


@pytest.mark.parametrize(
    ("week", "message"),
    [
        ([1, 1, 2, 5], "row 4 .*week is 5, but bought_at is 2024-01-15 09:00:00, which is week 3"),
        ([3, 3, 2, 1], "row 3 .*week is 2, .* and most lines disagree on when week 1 began"),
        ([4, 3, 2, 1], "row 1 .*week is 4, .* and most lines disagree on when week 1 began: weeks"),
        ([51, 51, 52, 1], "row 4 .*week is 1, but .* which is week 53 as most lines count: weeks"),
        ([202351, 202351, 202352, 202401], "row 4 .*also over the end of a year"),
        ([1, 1, 1, 1], r"row 4 .*week is 1, .*\(1 such row\)"),
    ],
)
def test_weeks_that_run_against_time_are_one_error_that_says_what_to_do(week, message):
    log = checked(WEEKS, week=week)
    with pytest.raises(TableError, match=message):
        refuse_other_weeks(log, "purchases")
    with pytest.raises(TableError, match=message):
        read_log(log, pd.Series(["p"]))


@settings(deadline=None)
@given(st.lists(st.floats(0, 300), min_size=1, max_size=40), st.integers(-5, 60))
def test_any_log_of_seven_day_weeks_is_taken(days, first):
    bought_at = pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")
    week = np.floor(np.array(days) / 7).astype(int) + first
    refuse_other_weeks(lines(bought_at, week=week), "purchases")


def test_repeated_lines_stay_and_are_counted():
    log = checked(["2024-01-01"] * 3, paid=[1.0, 1.0, 2.0], basket_id="b")
    log["customer_id"] = "c"
    assert repeated_lines(log) == 1
    assert len(read_log(log, pd.Series(["p"]))) == 3


@pytest.fixture
def shop(tmp_path, made_up_shop):
    """Writes the made-up shop with other purchases and reads it as ingest does."""
    catalogue, purchases = made_up_shop
    catalogue.to_csv(tmp_path / "catalogue.csv", index=False)

    def read(change, **more):
        change(purchases.copy()).to_parquet(tmp_path / "purchases.parquet")
        return read_tables(tmp_path / "catalogue.csv", tmp_path / "purchases.parquet", **more)

    return read


def log_of(tables):
    return read_log(tables.purchases, tables.catalogue["product_id"])


def test_a_shop_without_prices_is_read_and_told_what_that_disables(shop, made_up_shelf):
    tables = shop(lambda lines: lines.drop(columns="paid"))
    assert absent(tables)["purchases.paid"].startswith("prices over time and revenue")
    assert absent(tables)["purchases.discount"].startswith("discounts")
    history = History(log_of(tables), made_up_shelf)
    assert np.isnan(history.price).all()
    assert history.universe.customers.all()


def test_a_price_that_is_partly_unknown_is_the_median_of_the_known_ones(shop, made_up_shelf):
    tables = shop(lambda lines: lines.assign(paid=lines["paid"].where(lines.index % 3 > 0)))
    assert partly_empty(tables) == {"purchases.paid": -(-len(tables.purchases) // 3)}
    history = History(log_of(tables), made_up_shelf)
    assert history.price.tolist() == tables.catalogue["price"].tolist()


def test_a_log_with_one_basket_per_customer_is_read_though_it_serves_nobody(shop, made_up_shelf):
    tables = shop(lambda lines: lines.assign(customer_id=lines["basket_id"]))
    log = log_of(tables)
    assert log.customers == tables.purchases["basket_id"].nunique()
    history = History(log, made_up_shelf)
    assert not history.universe.customers.any()
    assert history.universe.products.all()
    assert protocol(log.whole_until).judge.last == 30


def test_a_doubled_log_is_read_whole_and_the_double_counted(shop, tmp_path, made_up_shelf):
    tables = shop(lambda lines: pd.concat([lines, lines]))
    facts = keep_tables(Workspace(tmp_path / "ws"), tables, {"a": "b"})
    assert facts["repeated_lines"] >= len(tables.purchases) // 2
    once = History(log_of(shop(lambda lines: lines)), made_up_shelf)
    assert len(History(log_of(tables), made_up_shelf).visits) == len(once.visits)


def test_a_stated_day_refuses_what_comes_after_it(shop):
    last = date(2024, 7, 22)  # a Monday 29 weeks after the first
    assert len(shop(lambda lines: lines, as_of=last).purchases)
    with pytest.raises(TableError, match="bought_at is 2024-07-22 17:30:00, but the log was taken"):
        shop(lambda lines: lines, as_of=date(2024, 7, 21))


@pytest.fixture
def with_displays(shop, tmp_path):
    """Reads the made-up shop, all in store s, with a table of displays."""

    def read(text, change=lambda lines: lines.assign(store_id="s")):
        (tmp_path / "displays.csv").write_text(text)
        return shop(change, displays=tmp_path / "displays.csv")

    return read


def test_displays_come_in_with_a_shops_own_words_and_are_kept(with_displays, tmp_path):
    tables = with_displays("week,product_id,store_id,mailer\n2,milk-1,s,cover\n1,milk-0,s,\n")
    facts = keep_tables(Workspace(tmp_path / "ws"), tables, {"a": "b"})
    assert facts["displays"] == 2
    assert "displays" not in facts["absent"]
    kept = Workspace(tmp_path / "ws").table("tables", "displays")
    assert kept["product_id"].tolist() == ["milk-0", "milk-1"], "sorted by week"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2,milk-1,s\n1,tofu,s\n1,tofu,s", r"row 2 \(product_id tofu\): .*2 such rows"),
        ("2,milk-1,S1", "none of its 1 stores .the first is S1. is one of the 1 in which"),
        ("202402,milk-1,s", "its weeks are 202402 to 202402, but those of the purchases are 1 to"),
        ("-3,milk-1,s", "its weeks are -3 to -3"),
        (",milk-1,s", r"row 1 \(product_id milk-1, store_id s\): week is empty"),
    ],
)
def test_displays_that_no_purchase_can_have_met_are_one_error(with_displays, text, message):
    with pytest.raises(TableError, match=f"displays .*displays.csv.*{message}"):
        with_displays("week,product_id,store_id\n" + text)


@pytest.mark.parametrize("column", ["week", "store_id"])
def test_displays_need_purchases_with_weeks_and_stores(with_displays, column):
    with pytest.raises(TableError, match=f"told by {column}, but the purchases have no {column}"):
        with_displays(
            "week,product_id,store_id\n31,milk-1,s",
            lambda lines: lines.assign(store_id="s").drop(columns=column),
        )


def test_a_shop_without_displays_is_told_so(made_up_shop):
    catalogue, purchases = made_up_shop
    assert "displays" in absent(Tables(catalogue=catalogue, purchases=purchases))
