"""A workspace's tables and models, each read once and shared by the steps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from recommender.candidates import Candidates
from recommender.history import History, Shelf
from recommender.log import Log, read_log
from recommender.products import products_at
from recommender.relevance.cold.cold_customers import Segments
from recommender.relevance.displays import read_displays
from recommender.relevance.features.plans import Shown
from recommender.relevance.fit import Past
from recommender.relevance.p_buy import HORIZONS, PurchaseModel
from recommender.rerank.rerank import Shelves
from recommender.splits import Protocol, protocol
from recommender.tradeoff import Goods, goods_of
from recommender.workspace import Workspace, file_hash, fingerprint

THREADS = 2
SEGMENT_KINDS = 3  # of the customers' columns, the first: each more divides the crowd further
# What learns and proposes. The steps themselves are not followed: they import all there is.
RELEVANCE_CODE = (
    "recommender.evaluation.calibration",
    "recommender.evaluation.candidate_recall",
    "recommender.relevance.cold.cold_customers",
    "recommender.relevance.cold.cold_start",
    "recommender.relevance.fit",
    "recommender.relevance.newcomers.basket_model",
)
MODELS = "models"  # folder of the purchase models in the relevance step


@dataclass(frozen=True)
class Shop:
    """A workspace's tables, read once and shared by the steps."""

    workspace: Workspace

    @cached_property
    def catalogue(self) -> pd.DataFrame:
        return self.workspace.table("tables", "catalogue")

    @property
    def currency(self) -> str:
        """The sign of the shop's currency, where its tables say."""
        return str(self.workspace.facts("tables").get("currency", ""))

    @cached_property
    def footprints(self) -> pd.DataFrame:
        return self.workspace.table("footprints", "footprints")

    @cached_property
    def needs(self) -> pd.DataFrame:
        return self.workspace.table("footprints", "needs")

    @cached_property
    def log(self) -> Log:
        return read_log(self.workspace.table("tables", "purchases"), self.catalogue["product_id"])

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf.of(self.catalogue, self.needs["need"])

    @cached_property
    def weeks(self) -> Protocol:
        return protocol(self.log.whole_until, int(self.log.week.min()))

    @cached_property
    def past(self) -> Past:
        """What learning is made from; displays are read only here, since they are millions."""
        shown = None
        if self.workspace.has("tables", "displays.parquet"):
            path = self.workspace.path("tables", "displays.parquet")
            shown = Shown.of(read_displays(path, self.log.ids), self.log.products)
        return Past(log=self.log, shelf=self.shelf, shown=shown, segments=self.segments.first)

    @cached_property
    def judging(self) -> History:
        """All that was known before the judging weeks."""
        return self.history_until(self.weeks.judge.history_until)

    def history_until(self, week: int) -> History:
        """All that was known at the end of a week."""
        return History(self.log.until(week), self.shelf)

    @cached_property
    def customers(self) -> pd.DataFrame | None:
        """The customers' segments; None where the shop has none."""
        if not self.workspace.has("tables", "customers.parquet"):
            return None
        return self.workspace.table("tables", "customers")

    @cached_property
    def segments(self) -> Segments:
        """What the shop knows of its customers besides purchases."""
        columns = [] if self.customers is None else list(self.customers)
        kinds = [str(name) for name in columns if name != "customer_id"]
        return Segments.of(self.customers, self.log.ids, kinds[:SEGMENT_KINDS])

    @cached_property
    def today(self) -> History:
        return History(self.log, self.shelf)

    def candidates(self, when: str) -> Candidates:
        """Candidates as of the judging weeks ("judge") or the end of the log ("now")."""
        rows = self.workspace.table("relevance", f"candidates_{when}")
        return Candidates.from_frame(rows, self.log.customers)

    def products(self, history: History) -> pd.DataFrame:
        return products_at(self.catalogue, self.footprints, self.needs, history)

    @cached_property
    def goods(self) -> Goods:
        """The products of today with carbon, margins and sellers."""
        return goods_of(self.products(self.today), self.log)

    @cached_property
    def shelves(self) -> Shelves:
        """The products of today with all that a policy may ask of them."""
        return Shelves.of(self.products(self.today), self.log, self.goods)


def relevance_fingerprint(workspace: Workspace) -> str:
    """What relevance is made from: tables and needs, not the footprints beside the needs."""
    needs = workspace.path("footprints", "needs.parquet")
    return fingerprint(
        tables=workspace.fingerprint("tables"),
        needs=file_hash(needs),
        segments=SEGMENT_KINDS,
        code=RELEVANCE_CODE,
        alone=("recommender.relevance_steps",),
    )


def purchase_models(workspace: Workspace) -> dict[str, PurchaseModel]:
    """The purchase models that `fit` left, by name, those with displays first."""
    folder = workspace.path("relevance", MODELS)
    models = [PurchaseModel.load(path) for path in sorted(folder.iterdir())]
    models.sort(key=lambda model: (not model.displays, HORIZONS.index(model.horizon)))
    return {model.name: model for model in models}


def slug(name: str) -> str:
    """A name as a folder's.

    >>> slug("next basket, no displays")
    'next-basket-no-displays'
    """
    return "-".join(name.replace(",", "").split())


def threads() -> int:
    """Threads to work with: two, or what GREENAISLE_THREADS says."""
    return max(1, int(os.environ.get("GREENAISLE_THREADS", THREADS)))
