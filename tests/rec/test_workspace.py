"""The workspace: steps are whole or not there, and remember what made them."""

import pandas as pd
import pytest

from recommender.workspace import Workspace, WorkspaceError, write_table, write_text


@pytest.fixture
def workspace(tmp_path):
    here = Workspace(tmp_path / "workspace")
    with here.replacing("tables", "first", {"products": 2}) as folder:
        write_table(folder / "catalogue.parquet", pd.DataFrame({"product_id": ["a", "b"]}))
    return here


def test_a_finished_step_can_be_read_and_knows_its_facts(workspace):
    assert workspace.table("tables", "catalogue")["product_id"].tolist() == ["a", "b"]
    assert workspace.facts("tables") == {"products": 2}
    assert workspace.is_current("tables", "first")
    assert not workspace.is_current("tables", "other")


def test_a_step_that_fails_leaves_the_last_good_one(workspace):
    def crash():
        with workspace.replacing("tables", "second") as folder:
            (folder / "catalogue.parquet").write_text("half")
            raise RuntimeError("the disk is gone")

    with pytest.raises(RuntimeError, match="the disk is gone"):
        crash()
    assert workspace.is_current("tables", "first")
    assert workspace.table("tables", "catalogue")["product_id"].tolist() == ["a", "b"]
    assert not list(workspace.folder.glob(".tables*"))


def test_a_crash_between_the_two_renames_is_mended_at_the_next_look(workspace):
    (workspace.folder / "tables").rename(workspace.folder / ".tables.old")
    assert workspace.has("tables", "catalogue.parquet")
    assert (workspace.folder / "tables").exists()


def test_a_missing_step_says_which_command_makes_it(workspace):
    with pytest.raises(WorkspaceError, match="greenaisle fit makes it"):
        workspace.path("relevance", "chance.ubj")


def test_a_changed_file_is_noticed(workspace):
    assert workspace.changed_files() == []
    (workspace.folder / "tables" / "catalogue.parquet").write_text("other")
    assert workspace.changed_files() == ["tables/catalogue.parquet"]


def test_replacing_a_step_drops_its_old_files(workspace):
    with workspace.replacing("tables", "second") as folder:
        write_table(folder / "purchases.parquet", pd.DataFrame({"x": [1]}))
    assert not workspace.has("tables", "catalogue.parquet")


def test_a_step_built_on_tables_that_changed_can_not_be_read(workspace):
    with workspace.replacing("relevance", "r1", None, ["tables"]) as folder:
        write_table(folder / "candidates_now.parquet", pd.DataFrame({"product": [0]}))
    assert len(workspace.table("relevance", "candidates_now")) == 1
    with workspace.replacing("tables", "second") as folder:
        write_table(folder / "catalogue.parquet", pd.DataFrame({"product_id": ["b", "a"]}))
    with pytest.raises(WorkspaceError, match=r"other tables .* greenaisle fit makes it anew"):
        workspace.table("relevance", "candidates_now")


def test_text_is_replaced_whole(tmp_path):
    path = tmp_path / "report.json"
    write_text(path, "one")
    write_text(path, "two")
    assert path.read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
