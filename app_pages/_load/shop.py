"""What the shop page reads: stock, shelves ranked for a household or a basket, and search."""

from __future__ import annotations

import gc
from typing import Any

import pandas as pd
import streamlit as st

from app_pages._footprints.find import Finder, Found, find, finder
from app_pages._load.pinned import _opened, opened
from app_pages._shop import stand_ins
from app_pages._shop.shelf import basket_shelf, climate_weight, household_shelf
from app_pages._shop.stock import Stock, stock_of
from app_pages._shop.wishes import Wishes
from recommender.basket import Lines
from recommender.basket_diets import Diet, diet_of
from recommender.candidates import Floats
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.newcomers.basket import Basket
from recommender.relevance.newcomers.basket_model import FOLDER as BASKET_MODEL
from recommender.relevance.newcomers.basket_model import answer_basket
from recommender.relevance.p_buy import PurchaseModel
from recommender.steps import default_policy, scales_now
from recommender.workspace import WorkspaceError

WISHES: Any = {Wishes: lambda wishes: wishes.key}  # how wishes are told apart


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


def ranked(household: str | None, stop: int, wishes: Wishes) -> pd.DataFrame:
    """All that is ranked for a household at a stop of the green slider, best first."""
    here = opened()
    return _ranked(here.folder, here.version, household, stop, wishes)


def goes_with(lines: Lines, stop: int, wishes: Wishes) -> pd.DataFrame:
    """What is ranked for a typed-in basket, best first. Raises WorkspaceError without its model."""
    here = opened()
    product, quantity = tuple(lines.product.tolist()), tuple(lines.quantity.tolist())
    return _goes_with(here.folder, here.version, product, quantity, stop, wishes)


def found(asked: str) -> Found:
    """Products whose names answer a search, best first."""
    here = opened()
    return find(_finder(here.folder, here.version), asked)


@st.cache_resource(max_entries=2, show_spinner="Stocking the shelves …")
def _stock(folder: str, version: str) -> Stock:
    shop = _opened(folder, version).shop
    products = shop.products(shop.today)
    known = shop.footprints.set_index("product_id")["source"]
    products["source"] = known.reindex(products["product_id"]).to_numpy()
    stocked = stock_of(
        products=products,
        shelves=shop.shelves,
        scales=scales_now(shop),
        candidates=shop.candidates("now"),
        history=shop.today,
        policy=default_policy(),
        until=_opened(folder, version).until,
    )
    gc.freeze()  # what was read so far stays: looking through it again makes pages wait
    return stocked


@st.cache_resource(max_entries=2, show_spinner="Reading the names of the products …")
def _finder(folder: str, version: str) -> Finder:
    goods = _stock(folder, version)
    ids = goods.products["product_id"].tolist()
    return finder(ids, goods.titles, goods.crowd, goods.products)


@st.cache_resource(max_entries=8, show_spinner=False)
def _diet(folder: str, version: str, name: str) -> Diet:
    return diet_of(_stock(folder, version).products, name)


@st.cache_resource(max_entries=200, show_spinner=False)
def _own_units(folder: str, version: str, household: str | None) -> Floats:
    return stand_ins.own_units(_stock(folder, version), household)


@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs=WISHES)
def _ranked(
    folder: str,
    version: str,
    household: str | None,
    stop: int,
    wishes: Wishes,
) -> pd.DataFrame:
    goods = _stock(folder, version)
    climate = climate_weight(stop, goods.policy.weights.climate)
    return household_shelf(goods, household, climate, wishes)


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
    wishes: Wishes,
) -> pd.DataFrame:
    goods = _stock(folder, version)
    lines = Lines.of(product, quantity)
    basket = Basket(product=lines.product, quantity=lines.quantity, unknown=[], ambiguous=[])
    answer = answer_basket(goods.history, basket, *_basket_models(folder, version))
    climate = climate_weight(stop, goods.policy.weights.climate)
    return basket_shelf(goods, answer, climate, wishes)


@st.cache_resource(max_entries=2, show_spinner=False)
def _household_ids(folder: str, version: str) -> list[str]:
    ids = [str(i) for i in _opened(folder, version).shop.log.ids.customers]
    return sorted(ids, key=lambda i: (not i.isdecimal(), int(i) if i.isdecimal() else 0, i))
