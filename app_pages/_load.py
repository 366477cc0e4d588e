"""What the pages read, kept between reruns: the only cached functions. Nobody writes to them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app_pages import _basket_stand_ins, _shelf, _shelf_wishes
from app_pages._footprints_find import Finder, Found, find, finder
from app_pages._refine import Refiner
from app_pages._shelf import Stock, stock_of
from pcf_estimator.estimate import Market
from pcf_estimator.explain.explain import explain
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.model import PcfModel
from pcf_estimator.tables import shipped_data
from recommender.app_server import WORKSPACE_SETTING
from recommender.basket import Lines
from recommender.basket_diets import Diet, diet_of
from recommender.candidates import Floats
from recommender.frontier_points import STEP as FRONTIER
from recommender.judged_points import Stage
from recommender.policy import Policy, Weights
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.newcomers.basket import Basket
from recommender.relevance.newcomers.basket_model import FOLDER as BASKET_MODEL
from recommender.relevance.newcomers.basket_model import answer_basket
from recommender.relevance.p_buy import PurchaseModel
from recommender.shop import Shop
from recommender.steps import default_policy, scales_now
from recommender.tradeoff import Scales, carbon_price
from recommender.workspace import Workspace, WorkspaceError

WISHES: Any = {_shelf_wishes.Wishes: lambda wishes: wishes.key}  # how wishes are told apart
STAGING = Lock()  # two threads that need the same stage make it once
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


def stock() -> Stock:
    """Products, candidates and history as the shop page needs them."""
    here = opened()
    return _stock(here.folder, here.version)


def household_ids() -> list[str]:
    """Every household of the log, by number where the ids are numbers."""
    here = opened()
    return _household_ids(here.folder, here.version)


def diet(name: str) -> Diet:
    """What a diet that a shopper declares leaves of the catalogue."""
    here = opened()
    return _diet(here.folder, here.version, name)


def own_units(household: str | None) -> Floats:
    """Units that a household bought of each product; everybody's without one."""
    here = opened()
    return _own_units(here.folder, here.version, household)


def ranked(household: str | None, stop: int, wishes: _shelf_wishes.Wishes) -> pd.DataFrame:
    """All that is ranked for a household at a stop of the green slider, best first."""
    here = opened()
    return _ranked(here.folder, here.version, household, stop, wishes)


def goes_with(lines: Lines, stop: int, wishes: _shelf_wishes.Wishes) -> pd.DataFrame:
    """What is ranked for a typed-in basket, best first. Raises WorkspaceError without its model."""
    here = opened()
    product, quantity = tuple(lines.product.tolist()), tuple(lines.quantity.tolist())
    return _goes_with(here.folder, here.version, product, quantity, stop, wishes)


def found(asked: str) -> Found:
    """Products whose names answer a search, best first."""
    here = opened()
    return find(_finder(here.folder, here.version), asked)


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
    return _explanation(here.folder, here.version, product_id)


def assessment() -> tuple[dict[str, Any], bool]:
    """What `footprint assess` found, and whether in this workspace: else for this version."""
    place = workspace()
    here = place.has("assessment", "assessment.json")
    path = place.path("assessment", "assessment.json") if here else shipped_data("assessment.json")
    return json.loads(path.read_text(encoding="utf-8")), here


def default() -> Policy:
    """The policy in force."""
    return default_policy()


def staged(here: Opened, stages: dict[str, Stage]) -> Stage:
    """The stage of a workspace's version, kept in `stages`: no page's thread is needed."""
    key = f"{here.folder} {here.version}"
    with STAGING:
        if key not in stages:
            made = Stage.of(here.shop)
            stages.clear()
            stages[key] = made
        return stages[key]


def stages() -> dict[str, Stage]:
    """Where stages are kept, for work in another thread."""
    return _stages()


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


def simulations() -> list[dict[str, Any]]:
    """What the step `simulation` found, a policy under a scenario each; [] where there are none."""
    place = workspace()
    if not place.has("simulation", ""):
        return []
    try:
        folder = place.path("simulation", "")
        return _simulations(str(folder), folder.stat().st_mtime_ns)
    except WorkspaceError:
        return []


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


def carbon_report() -> dict[str, Any] | None:
    """What `backtest --carbon` found; None where it was not asked of these tables."""
    place = workspace()
    if not place.has("carbon_report", "report.json"):
        return None
    try:
        path = place.path("carbon_report", "report.json")
        return _facts(str(path), path.stat().st_mtime_ns)
    except WorkspaceError:
        return None


def outcomes() -> list[dict[str, Any]]:
    """What `greenaisle outcome --out WORKSPACE/outcome` measured; [] where nothing was."""
    files = sorted((workspace().folder / "outcome").glob("*.json"))
    found = []
    for file in files:
        try:
            found.append(_facts(str(file), file.stat().st_mtime_ns))
        except (ValueError, TypeError):  # not of ours
            continue
    return [one for one in found if one.get("layer") == "measured" and "verdict" in one]


def price_per_tonne(climate: float, retailer: float) -> float | None:
    """The margin that such weights give up for a tonne of CO2e, on the report's scales."""
    scales = opened().report["scales"]
    weights = Weights(shopper=1.0, climate=climate, retailer=retailer)
    return carbon_price(weights, Scales(m0=scales["m0"], g0=scales["g0"], short={}))


@st.cache_resource(max_entries=1, show_spinner=False)
def refiner() -> Refiner:
    """The one thread that answers what takes longer than a look."""
    return Refiner()


@st.cache_resource(max_entries=1, show_spinner=False)
def _stages() -> dict[str, Stage]:
    return {}


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


@st.cache_resource(max_entries=2, show_spinner="Reading the names of the products …")
def _finder(folder: str, version: str) -> Finder:
    goods = _stock(folder, version)
    return finder(goods.products["product_id"].tolist(), goods.titles, goods.crowd)


@st.cache_resource(max_entries=2, show_spinner=False)
def _footprint_model(folder: str, written: int) -> PcfModel:
    assert written  # a part of the key: a model that was fitted again is read again
    try:
        return PcfModel.load(Path(folder))
    except ValueError as error:  # made by another version
        raise WorkspaceError("this workspace's footprint model is of another version") from error


@st.cache_resource(max_entries=500, show_spinner=False)
def _explanation(folder: str, version: str, product_id: str) -> Explanation:
    shop = _opened(folder, version).shop
    own = shop.catalogue[shop.catalogue["product_id"] == product_id]
    return explain(own, footprint_model(), shop=shop.catalogue, market=market())


@st.cache_resource(max_entries=8, show_spinner=False)
def _diet(folder: str, version: str, name: str) -> Diet:
    return diet_of(_stock(folder, version).products, name)


@st.cache_resource(max_entries=200, show_spinner=False)
def _own_units(folder: str, version: str, household: str | None) -> Floats:
    return _basket_stand_ins.own_units(_stock(folder, version), household)


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs=WISHES)
def _ranked(
    folder: str,
    version: str,
    household: str | None,
    stop: int,
    wishes: _shelf_wishes.Wishes,
) -> pd.DataFrame:
    goods = _stock(folder, version)
    climate = _shelf.climate_weight(stop, goods.policy.weights.climate)
    return _shelf.household_shelf(goods, household, climate, wishes)


@st.cache_resource(max_entries=1, show_spinner=False)
def _basket_models(folder: str, version: str) -> tuple[ItemModels, PurchaseModel]:
    shop = _opened(folder, version).shop
    place = shop.workspace.path("relevance", "")
    if not (place / BASKET_MODEL).exists():
        told = shop.workspace.facts("relevance").get("baskets", "fit has not learned it")
        raise WorkspaceError(f"what follows on a basket is not known; {told}")
    models = ItemModels.load(place, shop.log.ids.products)
    return models, PurchaseModel.load(place / BASKET_MODEL)


@st.cache_resource(max_entries=50, show_spinner=False, hash_funcs=WISHES)
def _goes_with(
    folder: str,
    version: str,
    product: tuple[int, ...],
    quantity: tuple[float, ...],
    stop: int,
    wishes: _shelf_wishes.Wishes,
) -> pd.DataFrame:
    goods = _stock(folder, version)
    lines = Lines.of(product, quantity)
    basket = Basket(product=lines.product, quantity=lines.quantity, unknown=[], ambiguous=[])
    answer = answer_basket(goods.history, basket, *_basket_models(folder, version))
    climate = _shelf.climate_weight(stop, goods.policy.weights.climate)
    return _shelf.basket_shelf(goods, answer, climate, wishes)


@st.cache_resource(max_entries=2, show_spinner=False)
def _household_ids(folder: str, version: str) -> list[str]:
    ids = [str(i) for i in _opened(folder, version).shop.log.ids.customers]
    return sorted(ids, key=lambda i: (not i.isdecimal(), int(i) if i.isdecimal() else 0, i))


@st.cache_resource(max_entries=2, show_spinner=False)
def _frontier(path: str, written: int) -> dict[str, Any]:
    assert written  # a part of the key: a frontier that was made again is read again
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


@st.cache_resource(max_entries=2, show_spinner=False)
def _simulations(folder: str, written: int) -> list[dict[str, Any]]:
    assert written
    files = sorted(Path(folder).glob("*.json"))
    return [dict(json.loads(file.read_text(encoding="utf-8"))) for file in files]


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


@st.cache_resource(max_entries=8, show_spinner=False)
def _facts(path: str, written: int) -> dict[str, Any]:
    assert written
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))
