"""The workspace that the pages read, opened once for each of its versions."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
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
    report: dict[str, Any]

    def text(self, name: str) -> str:
        """A file of the report, as it stands."""
        return self.shop.workspace.path("backtest", name).read_text(encoding="utf-8")


def workspace() -> Workspace:
    """The workspace that the setting names, `workspace/` by default."""
    return Workspace(Path(os.environ.get(WORKSPACE_SETTING, "workspace")))


def opened() -> Opened:
    """The workspace, whole. Raises WorkspaceError where a step is missing."""
    here = workspace()
    if not here.folder.is_dir():
        raise WorkspaceError(f"there is no folder {here.folder}")
    for step, name in (
        ("tables", "purchases.parquet"),
        ("footprints", "footprints.parquet"),
        ("footprints", "needs.parquet"),
        ("relevance", "candidates_now.parquet"),
        ("relevance", "candidates_judge.parquet"),
        ("backtest", "report.json"),
    ):
        here.path(step, name)
    return _opened(str(here.folder), version_of(here))


def version_of(here: Workspace) -> str:
    """A short hash of everything that the workspace's steps were made from."""
    made = {step: here.fingerprint(step) for step in SHOWN_STEPS}
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
        report=json.loads(here.path("backtest", "report.json").read_text(encoding="utf-8")),
    )
