"""Ingest: clean tables go in whole, bad ones are refused with table, row, product and count."""

import numpy as np
import pandas as pd
import pytest

from recommender.cli import BAD_DATA, main
from recommender.workspace import Workspace


def catalogue(**more):
    rows = {"product_id": ["a", "b"], "title": ["Milk", "Bread"], "price": [1.5, 2.0]}
    return pd.DataFrame(rows | more)


def purchases(**more):
    rows = {
        "customer_id": ["1", "2", "1"],
        "product_id": ["a", "a", "b"],
        "bought_at": ["2024-01-01", "2024-01-02T12:00:00", "2024-01-03"],
    }
    return pd.DataFrame(rows | more)


@pytest.fixture
def ingest(tmp_path, monkeypatch, capsys):
    """Runs `greenaisle ingest` on two frames (or bytes); exit code, stdout and stderr."""

    def run(goods, lines, suffix=".csv", *more):
        paths = []
        for name, table in (("catalogue", goods), ("purchases", lines)):
            path = tmp_path / f"{name}{suffix}"
            if isinstance(table, bytes):
                path.write_bytes(table)
            elif suffix == ".csv":
                table.to_csv(path, index=False)
            else:
                table.to_parquet(path)
            paths += [f"--{name}", str(path)]
        words = ["greenaisle", "ingest", *paths, "--workspace", str(tmp_path / "ws"), *more]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code, out, " ".join(err.split())

    run.workspace = tmp_path / "ws"
    return run


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_shop_with_only_the_required_columns_is_taken_in(ingest, suffix):
    code, out, _ = ingest(catalogue(), purchases(), suffix)
    assert code == 0
    assert "2 products, 3 purchase lines, 2 customers" in out
    assert "absent: catalogue.seller_id. Without it: exposure of sellers is not measured" in out
    kept = Workspace(ingest.workspace).table("tables", "purchases")
    assert kept["product_id"].tolist() == ["a", "a", "b"]


def test_json_is_one_object_on_stdout(ingest):
    import json

    _, out, _ = ingest(catalogue(), purchases(), ".csv", "--json")
    facts = json.loads(out)
    assert facts["products"] == 2
    assert "purchases.store_id" in facts["absent"]


BAD = {
    "a missing column": (
        catalogue().drop(columns="price"),
        purchases(),
        "catalogue.csv): no column price; found product_id, title",
    ),
    "no title and no category": (
        catalogue().drop(columns="title"),
        purchases(),
        "no column title or category",
    ),
    "a wrong type": (
        catalogue(price=["1.5", "cheap"]),
        purchases(),
        "row 2 (product_id b): price is cheap, but a number above 0 was expected (1 such row)",
    ),
    "a negative price": (
        catalogue(price=[-1.5, -2.0]),
        purchases(),
        "row 1 (product_id a): price is -1.5, but a number above 0 was expected (2 such rows)",
    ),
    "an infinite price": (catalogue(price=[1.0, np.inf]), purchases(), "price is inf"),
    "a repeated product id": (
        catalogue(product_id=["a", "a"]),
        purchases(),
        "row 2 (product_id a): product_id stands in an earlier row as well (1 such row)",
    ),
    "a purchase of an unknown product": (
        catalogue(),
        purchases(product_id=["a", "tofu", "tofu"]),
        "row 2 (product_id tofu): the catalogue does not hold this product",
    ),
    "a time that is none": (
        catalogue(),
        purchases(bought_at=["2024-01-01", "yesterday", "2024-01-03"]),
        "row 2 (customer_id 2, product_id a): bought_at is yesterday, but a date or time",
    ),
    "an empty customer": (
        catalogue(),
        purchases(customer_id=["1", None, "1"]),
        "customer_id is empty, but every row needs one (1 such row)",
    ),
    "a quantity of zero": (
        catalogue(),
        purchases(quantity=[1, 0, 2]),
        "quantity is 0, but a number above 0 was expected",
    ),
    "no price at all": (catalogue(price=[None, None]), purchases(), "price is empty in all 2 rows"),
    "an empty file": (catalogue(), b"", "the file is empty, but a table was expected"),
    "a table without rows": (catalogue().iloc[:0], purchases(), "the table holds no rows"),
    "a file that is no table": (
        catalogue(),
        b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe\x00,\x00",
        "not a table; Parquet or comma-separated text in UTF-8",
    ),
    "a broken Parquet file": (catalogue(), b"PAR1 and then nothing", "not a table"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_message_and_leaves_nothing_behind(ingest, what):
    goods, lines, message = BAD[what]
    code, out, err = ingest(goods, lines)
    assert code == BAD_DATA
    assert message in err
    assert out == ""
    assert not ingest.workspace.exists()


def test_bad_input_leaves_the_tables_that_were_there(ingest):
    ingest(catalogue(), purchases())
    code, _, _ = ingest(catalogue(price=[0, 1]), purchases())
    assert code == BAD_DATA
    assert Workspace(ingest.workspace).table("tables", "catalogue")["price"].tolist() == [1.5, 2.0]
    assert Workspace(ingest.workspace).changed_files() == []


def test_a_file_that_is_not_there_is_bad_data(tmp_path, monkeypatch, capsys):
    words = ["greenaisle", "ingest", "--catalogue", "no.csv", "--purchases", "no.csv"]
    monkeypatch.setattr("sys.argv", [*words, "--workspace", str(tmp_path / "ws")])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == BAD_DATA
    assert "there is no such file" in capsys.readouterr().err


def test_ids_stay_text_even_when_they_look_like_numbers(ingest):
    ingest(catalogue(product_id=["007", "8"]), purchases(product_id=["007", "8", "8"]))
    kept = Workspace(ingest.workspace).table("tables", "catalogue")
    assert kept["product_id"].tolist() == ["007", "8"]
