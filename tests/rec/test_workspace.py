"""The workspace: steps are whole or not there, and remember what made them."""

from importlib import resources
from pathlib import Path

import pandas as pd
import pytest

from pcf_estimator.tables import shipped_data
from recommender.shop import RELEVANCE_CODE
from recommender.sources import PACKAGES, code_hash, sources
from recommender.workspace import (
    Workspace,
    WorkspaceError,
    fingerprint,
    write_table,
    write_text,
)


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


@pytest.fixture
def shop_code(tmp_path):
    """A package `shop`: prices imports units, lists imports prices inside a function."""
    files = {
        "shop/__init__.py": "",
        "shop/units.py": "KG = 1000",
        "shop/prices.py": "from shop.units import KG\nTABLE = 'prices.csv'",
        "shop/lists.py": "import math\n\ndef make():\n    from . import prices\n",
        "shop/words.py": "from pathlib import Path\nWORDS = Path(__file__).parent / 'words.csv'",
        "shop/words.csv": "word\nmilk\n",
        "data/prices.csv": "price\n1\n",
        "data/other.csv": "a\n1\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def names_of(folder, roots, alone=()):
    found = sources({"shop": folder / "shop"}, folder / "data", roots, alone)
    return [path.relative_to(folder).as_posix() for path in found]


def test_code_is_followed_along_its_imports_to_the_tables_it_names(shop_code):
    # lists imports prices inside its function, prices imports units and names prices.csv
    assert names_of(shop_code, ["shop.lists"]) == [
        "shop/__init__.py",
        "shop/lists.py",
        "shop/prices.py",
        "shop/units.py",
        "data/prices.csv",
    ]
    assert names_of(shop_code, ["shop.words"])[-1] == "shop/words.csv"  # named, beside its source


def test_a_module_alone_counts_without_what_it_imports(shop_code):
    assert names_of(shop_code, ["shop.units"], ["shop.lists"]) == [
        "shop/__init__.py",
        "shop/lists.py",
        "shop/units.py",
    ]


def test_a_module_that_does_not_exist_is_named(shop_code):
    with pytest.raises(ValueError, match=r"shop\.nothing: no such module in shop"):
        names_of(shop_code, ["shop.nothing"])


def test_only_a_change_of_the_code_named_changes_the_fingerprint(shop_code, monkeypatch):
    def made():
        code_hash.cache_clear()
        return fingerprint(code=["shop.prices"], draws=3)

    monkeypatch.setattr("recommender.sources.PACKAGES", ("shop",))
    monkeypatch.setattr("recommender.sources.resources.files", lambda name: shop_code / name)
    monkeypatch.setattr("recommender.sources.shipped_data", lambda name: shop_code / "data" / name)
    before = made()
    for outside in ("shop/lists.py", "shop/words.csv", "data/other.csv"):
        (shop_code / outside).write_text("# changed")
        assert made() == before
    for inside in ("shop/prices.py", "shop/units.py"):
        (shop_code / inside).write_text((shop_code / inside).read_text() + "\n# changed")
        assert made() != before
        before = made()
    (shop_code / "data/prices.csv").write_text("price\n2\n")
    assert made() != before
    code_hash.cache_clear()


def test_relevance_does_not_rest_on_the_trade_off():
    places = {name: Path(str(resources.files(name))) for name in PACKAGES}
    data = shipped_data("policies").parent
    found = sources(places, data, RELEVANCE_CODE, ["recommender.relevance_steps"])
    named = {path.relative_to(places["recommender"].parent).as_posix() for path in found}
    assert {"recommender/log.py", "recommender/history.py", "recommender/splits.py"} <= named
    assert "recommender/relevance/features/rhythm.py" in named
    beside = ("tradeoff", "policy", "rerank", "shop", "backtest", "steps")
    assert not {name for name in named if name.split("/")[1].removesuffix(".py") in beside}
    assert not [name for name in named if name.startswith("data/")]
