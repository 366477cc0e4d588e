"""Displays: read by week as row numbers, one row per product, store and week, none made up."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.tables import TableError, check_table
from recommender.log import Ids
from recommender.long_tables import check_long_table, read_long_table
from recommender.packing import Packing
from recommender.relevance.displays import read_displays, write_displays
from recommender.tables import DISPLAYS


def array(*texts):
    return np.array(texts, dtype=object)


IDS = Ids(array("ann"), array("milk", "bread", "soap"), array("east", "north"))
SHOWN = pd.DataFrame(
    [
        # product, store, week, display, mailer
        ("soap", "north", 5, "rear", None),
        ("milk", "north", 3, "front", "cover"),
        ("bread", "east", 3, "none", "inside"),
        ("milk", "east", 5, "aisle", "none"),
        ("milk", "south", 5, "aisle", "none"),  # a store where nobody bought
        ("tofu", "east", 5, "aisle", "none"),  # a product that the catalogue lacks
    ],
    columns=["product_id", "store_id", "week", "display", "mailer"],
)


@pytest.fixture
def kept(tmp_path):
    """Writes a table of displays as ingest does and gives its path."""

    def write(frame):
        table = check_long_table(pa.Table.from_pandas(frame), DISPLAYS, "displays")
        write_displays(tmp_path / "displays.parquet", table)
        return tmp_path / "displays.parquet"

    return write


def rows(displays):
    """Rows as the shop's own words."""
    return [
        (
            IDS.products[displays.product[i]],
            IDS.stores[displays.store[i]],
            int(displays.week[i]),
            displays.display_names[displays.display[i]],
            displays.mailer_names[displays.mailer[i]],
        )
        for i in range(len(displays))
    ]


def test_rows_come_sorted_by_product_store_and_week(kept):
    assert rows(read_displays(kept(SHOWN), IDS)) == [
        ("milk", "east", 5, "aisle", "none"),
        ("milk", "north", 3, "front", "cover"),
        ("bread", "east", 3, "none", "inside"),
        ("soap", "north", 5, "rear", "none"),
    ]


def test_codes_mean_the_same_whichever_weeks_are_read(kept):
    path = kept(SHOWN)
    late = read_displays(path, IDS, (5, 5))
    assert late.display_names == ("none", "aisle", "front", "rear")
    assert rows(late) == rows(read_displays(path, IDS).weeks(5, 5))
    assert len(read_displays(path, IDS, (6, 9))) == 0


def test_a_horizon_is_covered_if_every_week_of_it_is_listed(kept):
    shown = read_displays(kept(SHOWN.assign(week=[5, 3, 4, 5, 5, 5])), IDS)
    assert shown.covers(3, 5)
    assert not shown.covers(2, 5)
    assert not shown.covers(5, 6)
    assert not shown.weeks(6, 9).covers(6, 9)


def test_absence_means_not_shown_only_where_the_store_lists_the_week(kept):
    shown = read_displays(kept(SHOWN), IDS)
    assert shown.stores.tolist() == [0, 1]
    store, week = np.array([0, 1, 0, 1, -1, 7]), np.array([3, 3, 4, 9, 3, 3])
    assert shown.listed(store, week).tolist() == [True, True, False, False, False, False]


def test_a_product_store_and_week_finds_its_row_or_none(kept):
    shown = read_displays(kept(SHOWN), IDS)
    product, store, week = np.array([0, 0, 1, 2, 0]), np.array([1, 1, 0, -1, 0]), np.full(5, 3)
    week[1] = 4
    assert shown.at(product, store, week).tolist() == [1, -1, 2, -1, -1]


def test_of_several_displays_the_first_by_name_stands_and_none_never_hides_one(kept):
    several = pd.DataFrame(
        [
            ("milk", "east", 1, "none", "inside"),
            ("milk", "east", 1, "rear", "cover"),
            ("milk", "east", 1, "front", "none"),
        ],
        columns=SHOWN.columns,
    )
    assert rows(read_displays(kept(several), IDS)) == [("milk", "east", 1, "front", "cover")]


def test_a_table_without_places_says_only_that_something_was_shown(kept):
    shown = read_displays(kept(SHOWN.drop(columns=["display", "mailer"])), IDS)
    assert shown.display_names == shown.mailer_names == ("none",)
    assert len(shown) == 4


def test_a_shop_without_stores_in_its_log_meets_no_display(kept):
    shown = read_displays(kept(SHOWN), Ids(array("ann"), IDS.products))
    assert len(shown) == 0
    assert shown.at(np.array([0]), np.array([-1]), np.array([5])).tolist() == [-1]
    assert not shown.listed(np.array([0]), np.array([5])).any()


def test_the_file_is_sorted_by_week_so_that_few_groups_are_read(kept):
    week = pd.read_parquet(kept(SHOWN))["week"]
    assert week.is_monotonic_increasing


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["milk", "bread", "soap"]),
            st.sampled_from(["east", "north"]),
            st.integers(1, 6),
            st.sampled_from(["none", "front", "rear"]),
            st.sampled_from([None, "none", "inside"]),
        ),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 7),
    st.integers(0, 4),
)
def test_what_is_read_is_what_was_written(tmp_path_factory, lines, first, more):
    path = tmp_path_factory.mktemp("shown") / "displays.parquet"
    frame = pd.DataFrame(lines, columns=SHOWN.columns)
    write_displays(path, check_long_table(pa.Table.from_pandas(frame), DISPLAYS, "displays"))
    expected = {}
    for product, store, week, display, mailer in lines:
        if first <= week <= first + more:
            found = expected.setdefault((product, store, week), (set(), set()))
            found[0].add(display)
            found[1].add(mailer or "none")
    displays = read_displays(path, IDS, (first, first + more))
    assert {row[:3]: row[3:] for row in rows(displays)} == {
        key: tuple(min(places - {"none"}, default="none") for places in both)
        for key, both in expected.items()
    }
    key = displays.product * 100 + displays.store * 10 + displays.week
    assert (np.diff(key) > 0).all()
    found = displays.at(displays.product, displays.store, displays.week)
    assert found.tolist() == list(range(len(displays)))


# Values as a shop may write them, the good with the bad.
CELLS = {
    "product_id": [None, "a", " a ", "", "7"],
    "store_id": [None, "s", "s "],
    "week": [None, "1", "2.0", "soon", "1.5", "inf"],
    "display": [None, "front", " ", "front "],
}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(*(st.sampled_from(values) for values in CELLS.values())), min_size=0, max_size=8
    )
)
def test_a_long_table_is_right_and_wrong_as_any_table_is(lines):
    frame = pd.DataFrame(lines, columns=list(CELLS), dtype="str")
    table = pa.Table.from_pandas(frame)

    def answer(check):
        try:
            return check().astype(object).replace({pd.NA: None, np.nan: None}).to_dict("list")
        except TableError as error:
            return str(error)

    assert answer(lambda: check_table(frame, DISPLAYS, "displays")) == answer(
        lambda: check_long_table(table, DISPLAYS, "displays").to_pandas()
    )


def test_numbers_as_ids_are_the_same_text_in_a_long_table():
    frame = pd.DataFrame({"product_id": [7.0, 8.0], "store_id": [3, 4], "week": [1.0, 2.0]})
    long = check_long_table(pa.Table.from_pandas(frame), DISPLAYS, "displays")
    short = check_table(frame, DISPLAYS, "displays")
    assert long.to_pandas().astype(str).equals(short.astype(str))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_long_table_is_read_from_csv_and_parquet_alike(tmp_path, suffix):
    path = tmp_path / f"displays{suffix}"
    if suffix == ".csv":
        SHOWN.to_csv(path, index=False)
    else:
        SHOWN.to_parquet(path)
    read = read_long_table(path, DISPLAYS)
    assert pa.types.is_dictionary(read["product_id"].type)
    assert read["product_id"].to_pylist() == SHOWN["product_id"].tolist()
    assert read["mailer"].to_pylist() == [None, "cover", "inside", "none", "none", "none"]
    assert read["week"].to_pylist() == SHOWN["week"].tolist()


def test_numbers_that_do_not_fit_into_one_integer_are_refused():
    with pytest.raises(ValueError, match="do not fit into 63 bits"):
        Packing.of(2**40, 2**24)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 0), st.integers(0, 8)), min_size=1))
def test_packed_rows_sort_as_their_columns_do(lines):
    pack = Packing.of(6, 1, 9)
    columns = [np.array(column, np.int64) for column in zip(*lines, strict=True)]
    packed = np.sort(pack.together(*columns))
    again = zip(*(column.tolist() for column in pack.apart(packed)), strict=True)
    assert list(again) == sorted(lines)
