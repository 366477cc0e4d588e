"""What the pages read, kept between reruns: the only cached functions. Nobody writes to them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import streamlit as st

from app_pages._shelf import Stock, stock_of
from recommender.app_server import WORKSPACE_SETTING
from recommender.policy import Carbon, Policy, Weights
from recommender.shop import Shop
from recommender.steps import default_policy, judge, scales_now
from recommender.tradeoff import Scales, carbon_price
from recommender.workspace import Workspace, WorkspaceError

DRAFT = "draft"
SHOWN_STEPS = ("tables", "footprints", "relevance", "backtest")
DRAFT_DRAWS = 300  # of the bootstrap: a third of the report's, so that an answer takes seconds


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


def stock() -> Stock:
    """Products, candidates and history as the shop page needs them."""
    here = opened()
    return _stock(here.folder, here.version)


def household_ids() -> list[str]:
    """Every household of the log, by number where the ids are numbers."""
    here = opened()
    return _household_ids(here.folder, here.version)


def default() -> Policy:
    """The policy in force."""
    return default_policy()


def draft(
    climate: float, retailer: float, sellers: float, reference: str, bar_unknown: bool
) -> dict[str, Any]:
    """The backtest report of a policy with these weights, beside relevance alone."""
    here = opened()
    return _draft(here.folder, here.version, climate, retailer, sellers, reference, bar_unknown)


def price_per_tonne(climate: float, retailer: float) -> float | None:
    """The margin that such weights give up for a tonne of CO2e, on the report's scales."""
    scales = opened().report["scales"]
    weights = Weights(shopper=1.0, climate=climate, retailer=retailer)
    return carbon_price(weights, Scales(m0=scales["m0"], g0=scales["g0"], short={}))


def draft_policy(
    climate: float, retailer: float, sellers: float, reference: str, bar_unknown: bool
) -> Policy:
    """The default policy with other weights."""
    base = default()
    return Policy(
        name=DRAFT,
        version=1,
        description="Weights tried on the Merchandise page.",
        review_date=base.review_date,
        weights=Weights(shopper=1.0, climate=climate, retailer=retailer, sellers=sellers),
        carbon=Carbon.model_validate({"reference": reference, "bar_unknown": bar_unknown}),
        slate=base.slate,
    )


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


@st.cache_resource(max_entries=2, show_spinner="Stocking the shelves …")
def _stock(folder: str, version: str) -> Stock:
    shop = _opened(folder, version).shop
    products = shop.products(shop.today)
    known = shop.footprints.set_index("product_id")["source"]
    products["source"] = known.reindex(products["product_id"]).to_numpy()
    return stock_of(
        products=products,
        shelves=shop.shelves,
        scales=scales_now(shop),
        candidates=shop.candidates("now"),
        history=shop.today,
        policy=default_policy(),
        until=_opened(folder, version).until,
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _household_ids(folder: str, version: str) -> list[str]:
    ids = [str(i) for i in _opened(folder, version).shop.log.ids.customers]
    return sorted(ids, key=lambda i: (not i.isdecimal(), int(i) if i.isdecimal() else 0, i))


@st.cache_resource(max_entries=64, show_spinner="Ranking every household's held-out weeks …")
def _draft(
    folder: str,
    version: str,
    climate: float,
    retailer: float,
    sellers: float,
    reference: str,
    bar_unknown: bool,
) -> dict[str, Any]:
    shop = _opened(folder, version).shop
    policy = draft_policy(climate, retailer, sellers, reference, bar_unknown)
    return judge(shop, [policy], draws=DRAFT_DRAWS).report
