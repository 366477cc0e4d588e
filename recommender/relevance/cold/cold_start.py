"""Products that were never or hardly sold: how likely each household takes one in four weeks.

Two steps, each learned on windows in which the products were as little known: how many households
a product will attract (trees with a Poisson loss), and with which chance it is this one (a logistic
regression on the logs of attraction and habits, with a bend for the surest). Pairs are looked at
where something speaks for them; there is no table of households x products.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xgboost as xgb
from sklearn.linear_model import LogisticRegression

from recommender.candidates import Bools, Candidates, Floats
from recommender.history import History, Shelf
from recommender.log import Log, audit_customers, distinct, find, totals
from recommender.relevance.cold.attraction import Attraction, Wares, buyers_in
from recommender.relevance.cold.cold_pairs import ColdShelf, pair_features, pairs_of
from recommender.relevance.displays import Displays
from recommender.relevance.generators import Proposals, best
from recommender.relevance.items.one_blas_thread import one_blas_thread
from recommender.splits import Protocol, Window

COLD_PER_CUSTOMER = 50
COLD_SOURCE = 1 << 32  # the bit of cold products among the sources of a candidate
SURE = 0.1  # a chance from which on the calibration has another slope
PRIOR_LINES = 20.0  # with which a type's packs per purchase are shrunk to those of all


@dataclass
class ColdModel:
    """The chance of a purchase of a cold product; settings tuned on weeks 45-48."""

    attraction: Attraction = field(default_factory=Attraction)
    names_: list[str] = field(default_factory=list)
    weights_: list[float] = field(default_factory=list)
    line_: list[float] = field(default_factory=list)  # inner shift, outer shift, slope, bend

    def fit(self, learn: Sequence[tuple[ColdShelf, Window]], log: Log) -> ColdModel:
        """The attraction of cold products learned from windows; each history ends before its own.

        `log` holds the purchases of the windows too.
        """
        features, buyers = [], []
        for shelf, window in learn:
            _refuse_the_future(shelf.history, window)
            names, values = shelf.features
            features.append((names, values[shelf.is_cold]))
            buyers.append(buyers_in(log, window)[shelf.is_cold])
        self.attraction.fit(features, buyers)
        return self

    def calibrate(self, shelf: ColdShelf, log: Log, window: Window, chosen: Bools) -> ColdModel:
        """The chance of pairs, learned on a later window from the customers that `chosen` marks.

        Without one purchase of a cold product in the window, the model proposes nothing.
        """
        _refuse_the_future(shelf.history, window)
        attraction = self._attraction(shelf)
        customer, product = pairs_of(shelf, attraction)
        customer, product = customer[chosen[customer]], product[chosen[customer]]
        self.names_, values = pair_features(shelf, attraction, customer, product)
        label = log.weeks(window.first, window.last)
        pairs = distinct(label.customer * label.products + label.product)
        bought = find(pairs, customer * label.products + product) >= 0
        self.weights_ = []
        if not bought.any():
            return self
        scale = values.std(axis=0)
        scale[scale == 0] = 1.0
        with one_blas_thread():  # sums keep one order, however many cores there are
            chance = LogisticRegression(C=1e3, solver="newton-cholesky").fit(values / scale, bought)
            self.weights_ = (chance.coef_[0] / scale).tolist()
            margin = self._margin(values) + chance.intercept_[0]
            # what a straight line says of the surest is too sure
            line = LogisticRegression(C=1e6, solver="newton-cholesky").fit(_bent(margin), bought)
        slope, bend = line.coef_[0]
        shifts = float(chance.intercept_[0]), float(line.intercept_[0])
        self.line_ = [*shifts, float(slope), float(bend)]
        return self

    def propose(self, shelf: ColdShelf, n: int = COLD_PER_CUSTOMER) -> Proposals:
        """The `n` most likely cold products of every served customer; the score is the chance."""
        if not self.weights_:
            nothing = np.zeros(0, np.int64)
            return Proposals(nothing, nothing, np.zeros(0))
        attraction = self._attraction(shelf)
        customer, product = pairs_of(shelf, attraction)
        names, values = pair_features(shelf, attraction, customer, product)
        _refuse_others(self.names_, names)
        inner, outer, slope, bend = self.line_
        straight, above = _bent(self._margin(values) + inner).T
        margin = outer + slope * straight + bend * above
        return best(customer, product, 1.0 / (1.0 + np.exp(-margin)), n)

    def _margin(self, values: Floats) -> Floats:
        # einsum sums in one order; a matrix product may not
        return np.asarray(np.einsum("ij,j->i", values, np.array(self.weights_)))

    def _attraction(self, shelf: ColdShelf) -> Floats:
        names, values = shelf.features
        _refuse_others(self.attraction.names_, names)
        return self.attraction.predict(values)

    def save(self, folder: Path) -> None:
        """Writes attraction.ubj and cold_model.json into `folder`."""
        if self.attraction.trees_ is not None:
            self.attraction.trees_.save_model(folder / "attraction.ubj")
        plain = {
            "attraction": self.attraction.names_,
            "names_": self.names_,
            "weights_": self.weights_,
            "line_": self.line_,
        }
        (folder / "cold_model.json").write_text(json.dumps(plain, indent=1))

    @classmethod
    def load(cls, folder: Path) -> ColdModel:
        """The model that `save` wrote."""
        plain = json.loads((folder / "cold_model.json").read_text())
        attraction = Attraction(names_=plain.pop("attraction"))
        if attraction.names_ and (folder / "attraction.ubj").exists():
            attraction.trees_ = xgb.Booster(model_file=folder / "attraction.ubj")
        return cls(attraction=attraction, **plain)


def fit_cold(
    log: Log, shelf: Shelf, wares: Wares, weeks: Protocol, shown: Displays | None = None
) -> ColdModel:
    """The model of `weeks`: attraction from the learning windows, chances from the calibrating one.

    Audit households are counted among a product's buyers, but no chance is fitted on them.
    With `shown`, what the shop plans to show in each window counts, and must be known wherever the
    model is used.
    """

    def before(window: Window) -> ColdShelf:
        return ColdShelf(History(log.until(window.history_until), shelf), wares, shown)

    model = ColdModel().fit([(before(window), window) for window in weeks.learn], log)
    chosen = ~audit_customers(log.ids.customers)
    return model.calibrate(before(weeks.calibrate), log, weeks.calibrate, chosen)


def cold_candidates(
    model: ColdModel,
    history: History,
    wares: Wares,
    n: int = COLD_PER_CUSTOMER,
    shown: Displays | None = None,
) -> Candidates:
    """The `n` most likely cold products of every served customer, with p_buy and q_buy.

    Their source is `COLD_SOURCE`. `q_buy` is p_buy times the packs that a purchase of the type
    takes.
    """
    rows = model.propose(ColdShelf(history, wares, shown), n)
    packs = packs_a_purchase(history)[history.shelf.product_type[rows.product]]
    customers = np.arange(history.log.customers + 1)
    return Candidates(
        start=np.searchsorted(rows.customer, customers).astype(np.int64),
        product=rows.product,
        p_buy=rows.score,
        q_buy=rows.score * packs,
        is_new=~history.log.has_bought(rows.customer, rows.product),
        source=np.full(len(rows.customer), COLD_SOURCE, np.int64),
    )


def packs_a_purchase(history: History) -> Floats:
    """Per product type, the mean quantity of a basket's purchase, shrunk to that of all; from 1."""
    v, kind = history.visits, history.shelf.product_type[history.visits.product]
    count = int(history.shelf.product_type.max()) + 1
    mean = v.quantity.mean()
    taken = totals(kind, v.quantity, count) + PRIOR_LINES * mean
    return np.maximum(taken / (np.bincount(kind, minlength=count) + PRIOR_LINES), 1.0)


def merged(one: Candidates, other: Candidates) -> Candidates:
    """The candidates of both, each customer's best first; a pair in both keeps that of `one`."""
    products = int(max(one.product.max(initial=0), other.product.max(initial=0))) + 1
    known = np.sort(one.customer * products + one.product)
    fresh = find(known, other.customer * products + other.product) < 0
    customer = np.concatenate([one.customer, other.customer[fresh]])

    def both(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name), getattr(other, name)[fresh]])

    product, p_buy = both("product"), both("p_buy")
    order = np.lexsort((product, -p_buy, customer))
    return Candidates(
        start=np.searchsorted(customer[order], np.arange(one.customers + 1)).astype(np.int64),
        product=product[order],
        p_buy=p_buy[order],
        q_buy=both("q_buy")[order],
        is_new=both("is_new")[order],
        source=both("source")[order],
    )


def _bent(margin: Floats) -> Floats:
    """The margin and how far it is above that of one in ten, (rows, 2)."""
    return np.column_stack([margin, np.maximum(margin - np.log(SURE / (1.0 - SURE)), 0.0)])


def _refuse_others(known: list[str], names: list[str]) -> None:
    if known != names:
        raise ValueError(f"the model knows the features {known}, but {names} were made")


def _refuse_the_future(history: History, window: Window) -> None:
    if history.log.last_week > window.history_until:
        raise ValueError(
            f"the history reaches week {history.log.last_week}, but the labels begin in "
            f"week {window.first}: the model would learn from what it is to predict"
        )
