"""What shoppers tell: rows in small tables, harmless for spreadsheets, without personal data."""

import csv
import doctest
import threading
from datetime import date

import pytest

from recommender import feedback
from recommender.feedback import not_for_me, told_not_for_me, told_problem
from recommender.workspace import Workspace

DAY = date(2026, 11, 23)


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def problems(workspace) -> list[dict[str, str]]:
    with (workspace.folder / "feedback" / "problems.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(feedback).failed == 0


def test_a_problem_is_one_row_and_no_formula(workspace):
    words = '=HYPERLINK("http://example.org")\nand, "more"'
    assert told_problem(workspace, "p1", "about 2 kg", "The price is wrong", words, DAY, "v1")
    (row,) = problems(workspace)
    assert row["product_id"] == "p1"
    assert row["words"] == '\'=HYPERLINK("http://example.org") and, "more"'
    assert row["day"] == "2026-11-23"
    assert not {"customer_id", "household"} & set(row)


def test_many_sessions_at_once_lose_no_row_and_break_none(workspace):
    def tell(k: int) -> None:
        for n in range(20):
            told_problem(workspace, f"p{k}-{n}", "x" * 100, "Something else", "é" * 200, DAY, "v")

    threads = [threading.Thread(target=tell, args=(k,)) for k in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = problems(workspace)
    assert len(rows) == 100
    assert {row["product_id"] for row in rows} == {f"p{k}-{n}" for k in range(5) for n in range(20)}
    assert all(row["words"] == "é" * 200 for row in rows)


def test_the_last_word_on_a_product_counts(workspace):
    assert not_for_me(workspace, "h1") == set()
    told_not_for_me(workspace, "h1", "p1", DAY)
    told_not_for_me(workspace, "h1", "=p2", DAY)
    told_not_for_me(workspace, "h2", "p3", DAY)
    told_not_for_me(workspace, "h1", "p1", DAY, wanted=True)
    assert not_for_me(workspace, "h1") == {"=p2"}


def test_a_folder_that_cannot_be_written_is_said_and_breaks_nothing(tmp_path):
    (tmp_path / "feedback").write_text("a file where the folder would be")
    workspace = Workspace(tmp_path)
    assert not told_not_for_me(workspace, "h1", "p1", DAY)
    assert not_for_me(workspace, "h1") == set()
