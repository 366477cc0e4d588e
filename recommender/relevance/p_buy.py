"""p_buy and q_buy: how likely a household buys a product in the horizon, and how many.

A gradient-boosted classifier on generator scores and history features learns on older label
windows; a two-parameter logistic correction (Platt 1999), fitted on a later window, makes its
probabilities honest. Audit households take part in learning but neither in the correction nor in
any choice of settings.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from sklearn.linear_model import LogisticRegression

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.log import Log, find
from recommender.relevance.features import Floats32, features
from recommender.relevance.generators import Fitted, Merged, propose
from recommender.splits import MIN_BASKETS, MIN_CUSTOMER_BASKETS, MIN_HOUSEHOLDS, Window


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Candidate rows of one window with what the label weeks say of them."""

    rows: Merged
    names: list[str]
    values: Floats32
    bought: Bools
    quantity: Floats


def labelled(fitted: Fitted, log: Log, window: Window) -> Labelled:
    """The candidates of `fitted`, whose history ends before `window`, and what was bought in it."""
    if fitted.history.log.last_week > window.history_until:
        raise ValueError(
            f"the history reaches week {fitted.history.log.last_week}, but the labels begin in "
            f"week {window.first}: the model would learn from what it is to predict"
        )
    refuse_thin_history(fitted)
    rows = propose(fitted)
    names, values = features(fitted, rows)
    label = log.weeks(window.first, window.last)
    key, at = np.unique(label.customer * log.products + label.product, return_inverse=True)
    quantity = np.bincount(at, weights=label.quantity)
    found = find(key, rows.customer * log.products + rows.product)
    bought = found >= 0
    if not bought.any():
        raise TableError(
            f"purchases: in weeks {window.first} to {window.last} no customer bought any of "
            f"{len(rows.product)} candidates, so there is nothing to learn from"
        )
    return Labelled(
        rows=rows,
        names=names,
        values=values,
        bought=bought,
        quantity=np.where(bought, quantity[np.maximum(found, 0)], 0.0),
    )


def refuse_thin_history(fitted: Fitted) -> None:
    """Raises TableError where no product or no customer has enough purchases to be served."""
    served = fitted.history.universe
    products, customers = int(served.products.sum()), int(served.customers.sum())
    if not (products and customers):
        raise TableError(
            f"purchases: up to week {fitted.history.log.last_week}, {products} products have "
            f"{MIN_HOUSEHOLDS} households and {MIN_BASKETS} baskets, and {customers} customers "
            f"have {MIN_CUSTOMER_BASKETS} baskets, but at least one of each was expected"
        )


@dataclass
class PurchaseModel:
    """Probability and quantity of a purchase; settings tuned on weeks 45-48 of Complete Journey."""

    trees: int = 270
    depth: int = 6
    learning_rate: float = 0.07
    unbought_kept: float = 0.35  # of the candidates not bought; the kept ones count for the rest
    seed: int = 1
    threads: int = 1  # a second one gains little, and sums keep one order
    names_: list[str] = field(default_factory=list, repr=False)
    chance_: Any = field(default=None, repr=False)
    amount_: Any = field(default=None, repr=False)
    slope_: float = 1.0
    shift_: float = 0.0

    def fit(self, learn: list[Labelled]) -> PurchaseModel:
        """The model learned from labelled windows; probabilities are not yet corrected."""
        rng = np.random.default_rng(self.seed)
        self.names_ = learn[0].names
        values, bought, weight, quantity = [], [], [], []
        for window in learn:
            keep = window.bought | (rng.random(len(window.bought)) < self.unbought_kept)
            values.append(window.values[keep])
            bought.append(window.bought[keep])
            quantity.append(window.quantity[keep])
            weight.append(np.where(window.bought[keep], 1.0, 1.0 / self.unbought_kept))
        x, y = np.concatenate(values), np.concatenate(bought)
        del values
        data = xgb.QuantileDMatrix(x, y, weight=np.concatenate(weight), nthread=self.threads)
        settings = {
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "min_child_weight": 20,
            "subsample": 0.8,
            "colsample_bytree": 0.3,
            "lambda": 2.0,
            "tree_method": "hist",
            "seed": self.seed,
            "nthread": self.threads,
        }
        self.chance_ = xgb.train({**settings, "objective": "binary:logistic"}, data, self.trees)
        # how many packs, among those who buy
        amounts = xgb.QuantileDMatrix(
            x[y], np.log(np.maximum(np.concatenate(quantity)[y], 0.1)), nthread=self.threads
        )
        self.amount_ = xgb.train({**settings, "max_depth": 4}, amounts, 60)
        return self

    def calibrate(self, window: Labelled, chosen: Bools) -> PurchaseModel:
        """The logistic correction learned from the rows of `window` that `chosen` marks."""
        margin = self._margin(window.values[chosen])
        correction = LogisticRegression(C=1e6).fit(margin[:, None], window.bought[chosen])
        self.slope_ = float(correction.coef_[0, 0])
        self.shift_ = float(correction.intercept_[0])
        return self

    def predict(self, values: Floats32) -> tuple[Floats, Floats]:
        """p_buy and q_buy (rows,) of feature rows in the order of `names_`."""
        p_buy = 1.0 / (1.0 + np.exp(-(self.slope_ * self._margin(values) + self.shift_)))
        packs = np.exp(self.amount_.inplace_predict(values)).astype(np.float64)
        return p_buy, p_buy * np.maximum(packs, 1.0)

    def _margin(self, values: Floats32) -> Floats:
        margin = self.chance_.inplace_predict(values, predict_type="margin")
        return np.asarray(margin, np.float64)

    def importance(self) -> dict[str, float]:
        """Share of the classifier's total gain by feature, largest first."""
        gain = self.chance_.get_score(importance_type="total_gain")
        total = sum(gain.values())
        shares = {self.names_[int(k[1:])]: v / total for k, v in gain.items()}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def save(self, folder: Path) -> None:
        """Writes chance.ubj, amount.ubj and purchase_model.json into `folder`."""
        self.chance_.save_model(folder / "chance.ubj")
        self.amount_.save_model(folder / "amount.ubj")
        plain = {k: v for k, v in asdict(self).items() if k not in ("chance_", "amount_")}
        (folder / "purchase_model.json").write_text(json.dumps(plain, indent=1))

    @classmethod
    def load(cls, folder: Path) -> PurchaseModel:
        """The model that `save` wrote."""
        model = cls(**json.loads((folder / "purchase_model.json").read_text()))
        model.chance_ = xgb.Booster(model_file=folder / "chance.ubj")
        model.amount_ = xgb.Booster(model_file=folder / "amount.ubj")
        return model


def score(model: PurchaseModel, fitted: Fitted, rows: Merged, values: Floats32) -> Candidates:
    """Candidates with calibrated chances, sorted as Candidates are."""
    p_buy, q_buy = model.predict(values)
    history = fitted.history
    order: Ints = np.lexsort((rows.product, -p_buy, rows.customer))
    customers = np.arange(history.log.customers + 1)
    return Candidates(
        start=np.searchsorted(rows.customer, customers).astype(np.int64),
        product=rows.product[order],
        p_buy=p_buy[order],
        q_buy=q_buy[order],
        is_new=~history.log.has_bought(rows.customer, rows.product)[order],
        source=rows.source[order],
    )
