"""A shopper's list: by id, by name, by any words, with what was not read said row by row."""

import io

import pandas as pd
import pytest

from app_pages import _load
from app_pages._shop import lists
from app_pages._shop.lists import read_list, rows_of
from pcf_estimator.tables import TableError
from recommender.app_server import WORKSPACE_SETTING


@pytest.fixture
def stock(monkeypatch, small_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(small_shop))
    return _load.stock()


def first_choices(stock, read) -> dict[str, float]:
    lines = read.lines([row.choices[0] if row.choices else None for row in read.rows])
    ids = stock.products["product_id"].iloc[lines.product]
    return dict(zip(ids, lines.quantity, strict=True))


@pytest.mark.parametrize(
    ("text", "packs"),
    [
        ("product_id,quantity\np006,2\np000,1\n", {"p006": 2.0, "p000": 1.0}),
        ('title\n"TOFU, 0.4 kg, Hill Farm"\nnothing\n', {"p006": 1.0}),
        ('Item;Qty\n"tofu, 0.4 kg, hill farm";3\n', {"p006": 3.0}),
        ("name,qty\np006,2\nTofu\\, no such pack,x\n", {"p006": 2.0}),
    ],
)
def test_a_list_names_goods_by_id_or_by_name(stock, text, packs):
    read = read_list(stock, text.encode())
    assert first_choices(stock, read) == packs
    assert [row.asked for row in read.rows if not row.choices] == (
        ["nothing"] if "nothing" in text else []
    )
    assert all(row.sure for row in read.rows if row.choices)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"product_id\nzzz\n"])
def test_a_bad_list_is_one_clear_message_without_a_path(stock, content):
    with pytest.raises(TableError) as told:
        read_list(stock, content)
    assert "/tmp" not in str(told.value)
    assert "your list" in str(told.value)


def test_other_words_are_searched_for_and_left_to_the_shopper(stock):
    read = read_list(stock, b"2 x tofu\ngruond beef\n")
    assert [(row.asked, row.packs, row.sure) for row in read.rows] == [
        ("tofu", 2.0, False),
        ("gruond beef", 1.0, False),
    ]
    kinds = stock.products["kind"]
    assert [kinds[row.choices[0]] for row in read.rows] == ["tofu", "ground beef"]
    assert len(read.lines([None, None])) == 0
    tofu = read.rows[0].choices[1]
    assert read.lines([tofu, tofu]).quantity.tolist() == [3.0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2 x milk", ("milk", 2.0)),
        ("milk x 2", ("milk", 2.0)),
        ("- 2\u00d7 milk", ("milk", 2.0)),
        ("milk, 2", ("milk", 2.0)),
        ("milk", ("milk", 1.0)),
        ("2 % milk", ("2 % milk", 1.0)),
        ("900 x milk", ("milk", 99.0)),
    ],
)
def test_a_line_is_read_as_people_write_it(line, said):
    (row,), skipped = rows_of(line.encode())
    assert (row[1], row[2]) == said
    assert not skipped


def test_bad_rows_are_skipped_and_told_and_the_others_kept():
    asked, skipped = rows_of(b"item,qty\nmilk,2\nbread,lots\n,\n77,1\neggs,-1\n")
    assert [row[1] for row in asked] == ["milk"]
    assert skipped == [
        "row 2 (bread): lots is no number of packs",
        "row 4 (77): no name in it",
        "row 5 (eggs): -1 is no number of packs",
    ]


def test_a_list_may_be_parquet_or_from_a_spreadsheet():
    written = io.BytesIO()
    pd.DataFrame({"Item": ["milk", None], "Qty": [2.0, 1.0]}).to_parquet(written)
    assert rows_of(written.getvalue())[0] == [("", "milk", 2.0)]
    assert rows_of("caf\u00e9\n".encode("cp1252"))[0] == [("", "caf\u00e9", 1.0)]
    assert rows_of("caf\u00e9\n".encode("utf-16"))[0] == [("", "caf\u00e9", 1.0)]


def test_a_long_list_is_read_as_far_as_a_basket_holds(stock):
    read = read_list(stock, b"tofu\n" * 70)
    assert len(read.rows) == lists.MOST_LINES
    assert read.skipped == ("10 rows after the first 60",)
    with pytest.raises(TableError, match="500 at most"):
        rows_of(b"tofu\n" * 501)
