"""The workspace that the pages read, opened once for each of its versions."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import streamlit as st

from recommender.app_server import WORKSPACE_SETTING
from recommender.policy import Policy
from recommender.shop import Shop
from recommender.steps import default_policy
from recommender.workspace import Workspace, WorkspaceError

SHOWN_STEPS = ("tables", "footprints", "relevance", "backtest")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A workspace as the pages see it."""

    shop: Shop
    name: str  # of the shop
    folder: str
    version: str
    currency: str  # "" where nobody said
    until: str  # day of the last purchase

    @cached_property
    def report(self) -> dict[str, Any]:
        """The backtest's report. Raises WorkspaceError where it is missing or cannot be read."""
        try:
            return dict(json.loads(self.text("report.json")))
        except ValueError as error:
            raise WorkspaceError(f"the backtest's report.json is not JSON ({error})") from error

    def text(self, name: str) -> str:
        """A file of the report, as it stands."""
        return self.shop.workspace.path("backtest", name).read_text(encoding="utf-8")


def workspace() -> Workspace:
    """The workspace that the setting names, `workspace/` by default."""
    return Workspace(Path(os.environ.get(WORKSPACE_SETTING, "workspace")))


def opened() -> Opened:
    """The workspace. Raises WorkspaceError where it lacks what every page reads.

    What only some pages read (candidates, the backtest's report) is asked for where it is read.
    """
    here = workspace()
    if not here.folder.is_dir():
        raise WorkspaceError(f"there is no folder {here.folder}")
    for name in ("tables/purchases.parquet", "footprints/footprints.parquet"):
        here.path(*name.split("/"))
    return _opened(str(here.folder), version_of(here))


def version_of(here: Workspace) -> str:
    """A short hash of everything that the workspace's steps were made from."""
    made = {step: here.fingerprint(step) for step in SHOWN_STEPS if here.has(step, "")}
    return blake2b(json.dumps(made, sort_keys=True).encode(), digest_size=4).hexdigest()


def default() -> Policy:
    """The policy in force."""
    return default_policy()


@st.cache_resource(max_entries=2, show_spinner="Opening the shop …")
def _opened(folder: str, version: str) -> Opened:
    here = Workspace(Path(folder))
    shop = Shop(here)
    facts = here.facts("tables")
    name = str(facts.get("shop", "your shop"))
    return Opened(
        shop=shop,
        name=name,
        folder=folder,
        version=version,
        currency=str(facts.get("currency", "")),
        until=str(facts.get("until", ""))[:10],
    )
