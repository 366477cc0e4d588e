"""The estimator, what an estimate rests on, and how good estimates were found to be."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import streamlit as st

from app_pages._load.pinned import _opened, opened, workspace
from pcf_estimator.estimate import Market
from pcf_estimator.explain.explain import explain
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.model import PcfModel
from pcf_estimator.tables import shipped_data
from recommender.workspace import WorkspaceError


def market() -> Market:
    """Year, place and money that the shop's footprints were made with."""
    return Market(**opened().shop.workspace.facts("footprints").get("market", {}))


def footprint_model() -> PcfModel:
    """The estimator. Raises WorkspaceError where the workspace holds none that can be read."""
    place = workspace()
    if not place.has("footprint_model", "model.json"):
        raise WorkspaceError("this workspace holds no footprint model")
    path = place.path("footprint_model", "")
    return _footprint_model(str(path), (path / "model.json").stat().st_mtime_ns)


def explanation(product_id: str) -> Explanation:
    """What a product's footprint rests on. Raises WorkspaceError where no model can be asked."""
    footprint_model()
    here = opened()
    if (waiting := prepare_explanations()) is not None:
        waiting.join()  # one after the other is sooner than both at once
    return _explanation(here.folder, here.version, product_id)


def prepare_explanations() -> Thread | None:
    """The thread that learns what all explanations share, once for each version of a workspace;
    None where there is no model to ask. The page stays quick meanwhile."""
    try:
        footprint_model()
    except WorkspaceError:
        return None
    here = opened()
    return _preparing(here.folder, here.version)


def assessment() -> tuple[dict[str, Any], bool]:
    """What `footprint assess` found, and whether in this workspace: else for this version."""
    place = workspace()
    here = place.has("assessment", "assessment.json")
    path = place.path("assessment", "assessment.json") if here else shipped_data("assessment.json")
    return json.loads(path.read_text(encoding="utf-8")), here


@st.cache_resource(max_entries=2, show_spinner=False)
def _footprint_model(folder: str, written: int) -> PcfModel:
    assert written  # a part of the key: a model that was fitted again is read again
    try:
        return PcfModel.load(Path(folder))
    except ValueError as error:  # made by another version
        raise WorkspaceError("this workspace's footprint model is of another version") from error


@st.cache_resource(max_entries=2, show_spinner=False)
def _preparing(folder: str, version: str) -> Thread:
    # any product will do: units, devices and published figures are read at the first one
    first = _opened(folder, version).shop.catalogue.iloc[[0]]
    asked = {"product": first, "model": footprint_model(), "market": market()}
    thread = Thread(target=explain, kwargs=asked, daemon=True)
    thread.start()
    return thread


@st.cache_resource(max_entries=500, show_spinner=False)
def _explanation(folder: str, version: str, product_id: str) -> Explanation:
    shop = _opened(folder, version).shop
    own = shop.catalogue[shop.catalogue["product_id"] == product_id]
    return explain(own, footprint_model(), shop=shop.catalogue, market=market())
