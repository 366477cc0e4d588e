"""Nothing there, half of it, something broken: one clear message, and what to do."""

import re
import shutil
import time

import pytest

from recommender.app_server import page_files
from recommender.demo_build import Build

PAGES = [page.stem for page in page_files()]


def shown(app) -> str:
    text = "\n".join(part.value for part in [*app.error, *app.markdown, *app.caption])
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


@pytest.mark.parametrize("page", PAGES)
def test_without_a_workspace_there_is_one_clear_message(open_app, page, tmp_path):
    app = open_app(page, workspace=tmp_path / "nowhere")
    assert not app.exception
    assert len(app.error) == 1
    assert "greenaisle demo --workspace" in shown(app)
    assert "there is no folder nowhere" in shown(app)
    assert str(tmp_path) not in shown(app)
    assert not app.title


def test_an_unfinished_workspace_says_which_command_makes_the_rest(open_app, tmp_path, small_shop):
    folder = tmp_path / "half"
    folder.mkdir()
    (folder / "manifest.json").write_text((small_shop / "manifest.json").read_text())
    (folder / "tables").symlink_to(small_shop / "tables")
    app = open_app(workspace=folder)
    assert not app.exception
    assert "greenaisle footprint estimate" in shown(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("file", "told", "read_by"),
    [
        ("manifest.json", "is not JSON", PAGES),
        ("footprints/footprints.parquet", "cannot be read", ["footprints", "shop"]),
        ("tables/purchases.parquet", "cannot be read", ["footprints", "shop"]),
        ("backtest/report.json", "", PAGES),  # its scales are those of the shelves, too
    ],
)
def test_a_broken_file_is_one_clear_message_where_it_is_read(
    open_app, page, tmp_path, small_shop, file, told, read_by
):
    folder = tmp_path / "broken"
    shutil.copytree(small_shop, folder)
    (folder / file).write_text("{]")
    app = open_app(page, workspace=folder)
    assert not app.exception
    assert len(app.error) == int(page in read_by)
    assert all(told in error.value for error in app.error)


def test_without_a_backtest_shelves_and_footprints_are_shown_all_the_same(
    open_app, tmp_path, small_shop
):
    folder = tmp_path / "early"
    shutil.copytree(small_shop, folder, ignore=shutil.ignore_patterns("backtest"))
    for page in ("shop", "footprints"):
        app = open_app(page, workspace=folder)
        assert not app.exception
        assert not app.error
    for page in ("merchandise", "evidence", "ranking"):
        app = open_app(page, workspace=folder)
        assert not app.exception
        assert "greenaisle backtest" in app.error[0].value


def test_an_empty_folder_offers_to_build_the_demo_there(open_app, tmp_path, monkeypatch):
    begun = []

    class Build:
        def __init__(self, folder):
            self.folder, self.began = folder, time.monotonic()
            begun.append(folder)

        def is_open(self):
            return True

        def failed(self):
            return False

        def lines(self):
            return ["6.1 s  reading and cleaning the log"]

    monkeypatch.setattr("app_pages._load.building.Build", Build)
    folder = tmp_path / "new"
    app = open_app(workspace=folder)
    app.button(key="build_demo").click().run()
    assert not app.exception
    assert begun == [folder]
    assert "Building the demo" in shown(app)
    assert app.code[0].value == "6.1 s  reading and cleaning the log"


def test_nothing_is_built_where_something_stands(open_app, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    app = open_app(workspace=tmp_path)
    assert not app.button
    assert "that folder holds something" in shown(app)


def test_a_demo_that_fails_says_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    build = Build(tmp_path / "new")
    build._process.wait(timeout=20)
    assert build.failed()
    assert not build.is_open()
