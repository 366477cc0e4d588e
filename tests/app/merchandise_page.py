"""The Merchandise page in tests: a small shop with a frontier, and what the page says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from app_pages import _load
from recommender.frontier_points import frontier_points_step
from recommender.shop import Shop
from recommender.workspace import Workspace

PATHS = (("weights.climate", False, (0.0, 0.3, 0.6)), ("limits.carbon_change", True, (-0.3,)))


def with_frontier(small_shop: Path, folder: Path) -> Path:
    """A copy of the small shop with a frontier of four points."""
    shutil.copytree(small_shop, folder)
    frontier_points_step(Shop(Workspace(folder)), None, PATHS, 100)
    return folder


def shown(app) -> str:
    """What the page says, as a reader sees it."""
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.info, *app.warning]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def refined(app):
    """The page once every answer is in that it asked for."""
    _load.refiner().wait_for_all(120)
    app.run()
    assert not app.exception
    return app


def report_of(folder: Path) -> dict:
    """The report of the backtest."""
    return json.loads((folder / "backtest" / "report.json").read_text())


def table_with(app, column: str):
    """The first table on the page that has this column."""
    return next(frame.value for frame in app.dataframe if column in frame.value)
