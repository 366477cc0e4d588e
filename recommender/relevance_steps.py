"""The steps on a workspace that learn: what is bought, what is new, and what stands in for what."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.candidates import Candidates
from recommender.console import note, working
from recommender.evaluation.calibration import reliability
from recommender.evaluation.candidate_recall import candidate_recall
from recommender.log import Log, audit_customers
from recommender.relevance.cold.attraction import Wares
from recommender.relevance.cold.cold_customers import Segments
from recommender.relevance.cold.cold_start import ColdModel, cold_candidates, fit_cold
from recommender.relevance.fit import (
    Proposed,
    Relevance,
    coverage,
    fit_relevance,
    propose_now,
)
from recommender.relevance.generators import Merged
from recommender.relevance.items.item_models import ItemModels
from recommender.relevance.items.one_blas_thread import one_blas_thread
from recommender.relevance.newcomers.basket import read_basket
from recommender.relevance.newcomers.basket_model import (
    FOLDER,
    BasketAnswer,
    answer_basket,
    fit_basket_model,
)
from recommender.relevance.newcomers.update import update_workspace
from recommender.relevance.p_buy import PurchaseModel
from recommender.relevance.substitution.choice import ChoiceModel
from recommender.relevance.substitution.stand_ins import for_household, learn_shelf
from recommender.relevance.substitution.substitute_goods import SubstituteGoods, substitute_goods
from recommender.relevance.substitution.substitutes import Substitutes
from recommender.relevance.substitution.substitutes import substitutes as stand_ins_of
from recommender.shop import (
    MODELS,
    Shop,
    purchase_models,
    relevance_fingerprint,
    slug,
    threads,
)
from recommender.workspace import WorkspaceError, fingerprint, write_table, write_text

SEED = 20170102  # of the households that stand for typed-in baskets
STAND_INS_CODE = (
    "recommender.products",
    "recommender.relevance.substitution.stand_ins",
    "recommender.relevance.substitution.substitute_goods",
    "recommender.relevance.substitution.substitutes",
)
COLD = "cold"
LIKINGS = "likings.json"  # what households' choices among stand-ins weighed


def fit_step(shop: Shop) -> dict[str, Any]:
    """Learns what households buy and keeps candidates for the judging weeks and for now."""
    workspace = shop.workspace
    made_from = relevance_fingerprint(workspace)
    if workspace.is_current("relevance", made_from):
        note("relevance: nothing changed")
        return workspace.facts("relevance")
    facts: dict[str, Any] = {}
    with (
        working("learning what each household is likely to buy"),
        workspace.replacing("relevance", made_from, facts, ["tables"]) as folder,
        one_blas_thread(),
    ):
        learned = fit_relevance(shop.past, shop.weeks, threads(), note)
        for model in learned.models.values():
            model.save(folder / MODELS / slug(model.name))
        facts |= learned.facts | _judged_facts(shop, learned)
        write_table(folder / "candidates_judge.parquet", learned.judge.to_frame())
        models = learned.models
        del learned
        with ThreadPoolExecutor(threads()) as pool:
            wares = Wares.of(shop.catalogue)
            newcomers = pool.submit(_learn_newcomers, shop, wares, folder)
            now, fitted = propose_now(shop.past, models)
            note(f"candidates as of week {shop.log.last_week}, by the model {now.in_force}")
            items = ItemModels(als=fitted.als, item_item=fitted.item_item, ease=fitted.ease)
            items.save(folder, shop.log.ids.products)
            cold, basket_words = newcomers.result()
        write_table(
            folder / "candidates_now.parquet",
            _with_cold(now, cold_candidates(cold, fitted.history, wares)),
        )
        facts["in_force"]["now"] = now.in_force
        facts["baskets"] = basket_words
    return facts


def update_step(shop: Shop, new: pd.DataFrame, where: str, as_of: date) -> dict[str, Any]:
    """Adds later purchases and makes today's candidates anew, with the models as they stand."""
    workspace, past = shop.workspace, shop.past
    folder = workspace.path("relevance", "")
    items = ItemModels.load(folder, shop.log.ids.products)
    models, cold = purchase_models(workspace), ColdModel.load(folder / COLD)
    wares = Wares.of(shop.catalogue)

    def propose(log: Log) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
        segments = Segments.of(shop.customers, log.ids, shop.segments.kinds)
        later = replace(past, log=log, segments=segments.first)
        now, fitted = propose_now(later, models, items)
        hardly_sold = cold_candidates(cold, fitted.history, wares)
        tables = {"candidates_now": _with_cold(now, hardly_sold)}
        in_force = {**workspace.facts("relevance")["in_force"], "now": now.in_force}
        return tables, {"in_force": in_force}

    with working("adding purchases and folding customers in"):
        return update_workspace(workspace, new, where, propose, as_of)


def basket_step(shop: Shop, path: Path) -> tuple[BasketAnswer, list[str], list[str]]:
    """Candidates for the basket in a file, the names it has that are unknown, and ambiguous ones.

    Raises WorkspaceError where the log was too short to learn what follows on a single basket.
    """
    basket = read_basket(path, shop.catalogue)
    folder = shop.workspace.path("relevance", "")
    if not (folder / FOLDER).exists():
        told = shop.workspace.facts("relevance").get("baskets", "fit has not learned it")
        raise WorkspaceError(f"{folder}: typed-in baskets cannot be answered; {told}")
    items = ItemModels.load(folder, shop.log.ids.products)
    model = PurchaseModel.load(folder / FOLDER)
    return answer_basket(shop.today, basket, items, model), basket.unknown, basket.ambiguous


def substitutes_step(
    shop: Shop, customer_id: str | None = None, product_id: str | None = None
) -> tuple[Substitutes, SubstituteGoods]:
    """The stand-ins of every product as of today, ranked once and kept.

    With a customer, those of the product are in the order of that household's likings. Raises
    TableError for a customer that the log does not know.
    """
    workspace = shop.workspace
    goods = substitute_goods(shop.products(shop.today))
    customer = -1
    if customer_id is not None:
        customer = int(shop.log.ids.customer_rows([customer_id])[0])
        if customer < 0:
            raise TableError(
                f"purchases: no customer {customer_id!r} among the log's {shop.log.customers}"
            )
    made_from = fingerprint(
        tables=workspace.fingerprint("tables"),
        footprints=workspace.fingerprint("footprints"),
        code=STAND_INS_CODE,
        alone=("recommender.relevance_steps",),
    )
    if not workspace.is_current("substitutes", made_from):
        with (
            working("ranking what could stand in for each product"),
            workspace.replacing("substitutes", made_from, {}, ["tables"]) as folder,
        ):
            found = stand_ins_of(shop.today, goods)
            write_table(folder / "substitutes.parquet", found.to_frame())
            counted = pd.DataFrame({"households": found.households})
            write_table(folder / "households.parquet", counted)
            chooses = ~audit_customers(shop.log.ids.customers)
            model = learn_shelf(shop.today, goods, chooses)
            write_text(folder / LIKINGS, json.dumps(model.to_dict()))
    households = workspace.table("substitutes", "households")["households"].to_numpy(np.int64)
    found = Substitutes.from_frame(workspace.table("substitutes", "substitutes"), households)
    at = np.flatnonzero(goods.product_id == product_id)
    if customer >= 0 and len(at):
        likings = json.loads(workspace.path("substitutes", LIKINGS).read_text())
        model = ChoiceModel.from_dict(likings)
        found = for_household(shop.today, found, goods, model, (customer, int(at[0])))
    return found, goods


def _learn_newcomers(shop: Shop, wares: Wares, folder: Path) -> tuple[ColdModel, str]:
    """The model of products hardly sold, and a word on that of single baskets; both are saved."""
    cold = fit_cold(shop.log, shop.shelf, wares, shop.weeks)
    (folder / COLD).mkdir()
    cold.save(folder / COLD)
    note("learned who buys what was hardly sold")
    weeks = shop.weeks
    try:
        # earlier windows add nothing: a single basket is soon learned from
        model = fit_basket_model(
            shop.log,
            shop.shelf,
            weeks.learn[:2],
            weeks.calibrate,
            np.random.default_rng(SEED),
        )
    except TableError as error:  # too few households to cut down to one basket
        return cold, str(error)
    model.save(folder / FOLDER)
    note("learned what follows on a single basket")
    return cold, "learned"


def _with_cold(now: Proposed, cold: Candidates) -> pd.DataFrame:
    """The candidates of now and, behind them, products hardly sold, which no other model knows."""
    proposed = now.to_frame()
    return pd.concat([proposed, cold.to_frame()], ignore_index=True)


def _judged_facts(shop: Shop, learned: Relevance) -> dict[str, Any]:
    """What the fit tells of itself: its candidates against what the judging weeks held."""
    window, history, judge = shop.weeks.judge, learned.fitted.history, learned.judge
    rows = judge.candidates
    bought = shop.log.weeks(window.first, window.last)
    return {
        "in_force": {"judge": judge.in_force},
        "universe": coverage(history, shop.log, window),
        "candidate_recall": candidate_recall(
            Merged(rows.customer, rows.product, rows.source), history, bought
        ),
        "reliability": reliability(rows.p_buy, bought.has_bought(rows.customer, rows.product)),
    }
