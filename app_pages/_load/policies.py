"""What a policy does: certified points, judges of drafts, and who is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app_pages._load.pinned import _opened, opened, workspace
from app_pages._merchandise.refine import Refiner
from recommender.frontier_points import STEP as FRONTIER
from recommender.judge import Bench
from recommender.policy import Weights
from recommender.tradeoff import Scales, carbon_price
from recommender.workspace import Workspace, WorkspaceError


@st.cache_resource(max_entries=1, show_spinner=False)
def refiner() -> Refiner:
    """The threads that wait for what takes longer than a look."""
    return Refiner()


@st.cache_resource(max_entries=1, show_spinner=False, on_release=Bench.close)
def judges() -> Bench:
    """The processes that judge policies, so that no page waits for one."""
    return Bench()


def frontier() -> dict[str, Any] | None:
    """The certified points of the step `frontier`; None where there are none of these tables."""
    place = workspace()
    if not place.has(FRONTIER, "frontier.json"):
        return None
    try:
        path = place.path(FRONTIER, "frontier.json")
        return _frontier(str(path), path.stat().st_mtime_ns)
    except WorkspaceError:
        return None


def price_per_tonne(climate: float, retailer: float) -> float | None:
    """The margin that such weights give up for a tonne of CO2e, on the report's scales."""
    scales = opened().report["scales"]
    weights = Weights(shopper=1.0, climate=climate, retailer=retailer)
    return carbon_price(weights, Scales(m0=scales["m0"], g0=scales["g0"], short={}))


def shown_sellers(policy: str, task: str) -> dict[str, float]:
    """Share of attention by seller under a policy of the backtest."""
    here = opened()
    return _shown_sellers(here.folder, here.version, policy, task)


def due_sellers() -> dict[str, float]:
    """What each seller is due: its share of sales before the judging weeks, in money."""
    here = opened()
    return _due_sellers(here.folder, here.version)


def places(policy: str, task: str) -> pd.DataFrame:
    """The backtest's slates of a policy and task. Raises WorkspaceError where none were kept."""
    here = opened()
    here.shop.workspace.path("backtest", "slates.parquet")
    return _places(here.folder, here.version, policy, task)


@st.cache_resource(max_entries=2, show_spinner=False)
def _frontier(path: str, written: int) -> dict[str, Any]:
    assert written  # a part of the key: a frontier that was made again is read again
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


@st.cache_resource(max_entries=32, show_spinner=False)
def _shown_sellers(folder: str, version: str, policy: str, task: str) -> dict[str, float]:
    path = Workspace(Path(folder)).path("backtest", "slates.parquet")
    asked = [("policy", "==", policy), ("task", "==", task)]
    rows = pd.read_parquet(path, columns=["position", "seller_id"], filters=asked)
    weight = 1.0 / np.log2(rows["position"] + 1.0)
    curve = _opened(folder, version).report["meta"].get("attention")
    if curve is not None:
        weight = pd.Series(np.asarray(curve)[rows["position"] - 1], index=rows.index)
    shown = weight.groupby(rows["seller_id"]).sum() / weight.sum()
    return {str(seller): float(share) for seller, share in shown.items()}


@st.cache_resource(max_entries=2, show_spinner=False)
def _due_sellers(folder: str, version: str) -> dict[str, float]:
    shop = _opened(folder, version).shop
    goods, weeks = shop.catalogue, shop.weeks.judge
    if "seller_id" not in goods:
        return {}
    log = shop.log.until(weeks.history_until)
    paid = np.nan_to_num(log.paid)
    money = pd.Series(np.bincount(log.product, paid, minlength=len(goods)))
    sold = money.groupby(goods["seller_id"].to_numpy()).sum()
    return {str(s): float(share) for s, share in (sold / max(sold.sum(), 1e-9)).items()}


@st.cache_resource(max_entries=16, show_spinner=False)
def _places(folder: str, version: str, policy: str, task: str) -> pd.DataFrame:
    assert version  # a part of the key: slates that were made again are read again
    path = Workspace(Path(folder)).path("backtest", "slates.parquet")
    return pd.read_parquet(path, filters=[("policy", "==", policy), ("task", "==", task)])
