"""p_buy and q_buy: how likely a household buys a product in the horizon, and how many.

A gradient-boosted classifier on generator scores and history features learns on older label
windows; a two-parameter logistic correction (Platt 1999), fitted on a later window, makes its
probabilities honest. Audit households take part in learning but neither in the correction nor in
any choice of settings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb
from sklearn.linear_model import LogisticRegression

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.relevance.features import Floats32, unplanned
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.labels import Labelled, joined
from recommender.relevance.pairs import best_first, find_pairs

FOUR_WEEKS, NEXT_BASKET = "4 weeks", "next basket"
HORIZONS = (FOUR_WEEKS, NEXT_BASKET)
NO_DISPLAYS = ", no displays"
PIECE = 65_536  # rows that are asked about at once
MOST_PACKS = 100.0  # of one product in four weeks; more is a caterer's or a slip of the till


@dataclass
class PurchaseModel:
    """Probability and quantity of a purchase; settings tuned on weeks 45-48 of Complete Journey."""

    horizon: str = FOUR_WEEKS
    displays: bool = False  # whether it knows what the shop plans to show
    trees: int = 400
    depth: int = 6
    learning_rate: float = 0.05
    seed: int = 1
    threads: int = 1  # a second one gains little, and sums keep one order
    names_: list[str] = field(default_factory=list, repr=False)
    chance_: Any = field(default=None, repr=False)
    amount_: Any = field(default=None, repr=False)
    slope_: float = 1.0
    shift_: float = 0.0

    @property
    def name(self) -> str:
        """The horizon, and whether displays are left out."""
        return self.horizon + ("" if self.displays else NO_DISPLAYS)

    def fit(self, learn: Sequence[Labelled]) -> PurchaseModel:
        """The model learned from labelled windows; probabilities are not yet corrected."""
        rows = joined(learn)
        self.names_ = self._known(rows.names)
        # those who are not asked weigh nothing: leaving them out would copy the rest
        x, weight = self._columns(rows.values), rows.weight * self._asked(rows)
        y = self._came(rows)
        data = xgb.QuantileDMatrix(x, y, weight=weight, nthread=self.threads)
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
        if self.horizon == FOUR_WEEKS:
            # how many packs, among those who buy: the mean, since sums of money rest on it
            packs = np.minimum(rows.quantity[y], MOST_PACKS)
            amounts = xgb.QuantileDMatrix(x[y], packs, nthread=self.threads)
            counts = {**settings, "max_depth": 4, "objective": "count:poisson"}
            self.amount_ = xgb.train(counts, amounts, 120)
        return self

    def calibrate(self, window: Labelled, chosen: Bools) -> PurchaseModel:
        """The logistic correction learned from the rows of `window` that `chosen` marks."""
        of = chosen & self._asked(window)
        came = self._came(window)[of]
        if came.all() or not came.any():  # nothing to correct by
            return self
        margin = self._margin(window.values, np.flatnonzero(of))
        correction = LogisticRegression(C=1e6).fit(
            margin[:, None], came, sample_weight=window.weight[of]
        )
        self.slope_ = float(correction.coef_[0, 0])
        self.shift_ = float(correction.intercept_[0])
        return self

    def predict(self, values: Floats32) -> tuple[Floats, Floats]:
        """p_buy and q_buy (rows,) of feature rows that begin with the columns `names_`.

        A next basket has no q_buy of its own: one pack each.
        """
        p_buy = self.chance(values)
        if self.amount_ is None:
            return p_buy, p_buy
        packs = self._said(self.amount_, values, None, "value")
        return p_buy, p_buy * np.maximum(packs, 1.0)

    def chance(self, values: Floats32) -> Floats:
        """p_buy (rows,) of feature rows that begin with the columns `names_`."""
        return 1.0 / (1.0 + np.exp(-(self.slope_ * self._margin(values) + self.shift_)))

    def refuse_other(self, names: list[str]) -> None:
        """Raises ValueError where feature rows do not begin with the columns learned from."""
        known = self._known(names)
        if known != self.names_:
            raise ValueError(f"the model knows the features {self.names_}, but {known} were made")

    def importance(self) -> dict[str, float]:
        """Share of the classifier's total gain by feature, largest first."""
        gain = self.chance_.get_score(importance_type="total_gain")
        total = sum(gain.values())
        shares = {self.names_[int(k[1:])]: v / total for k, v in gain.items()}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def save(self, folder: Path) -> None:
        """Writes chance.ubj, purchase_model.json and, where it is learned, amount.ubj."""
        folder.mkdir(parents=True, exist_ok=True)
        self.chance_.save_model(folder / "chance.ubj")
        if self.amount_ is not None:
            self.amount_.save_model(folder / "amount.ubj")
        learned = {"chance_", "amount_"}
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in learned}
        (folder / "purchase_model.json").write_text(json.dumps(plain, indent=1))

    @classmethod
    def load(cls, folder: Path) -> PurchaseModel:
        """The model that `save` wrote."""
        model = cls(**json.loads((folder / "purchase_model.json").read_text()))
        model.chance_ = xgb.Booster(model_file=folder / "chance.ubj")
        if (folder / "amount.ubj").exists():
            model.amount_ = xgb.Booster(model_file=folder / "amount.ubj")
        return model

    def _known(self, names: list[str]) -> list[str]:
        return names if self.displays else names[: unplanned(names)]

    def _asked(self, window: Labelled) -> Bools:
        """A next basket is asked of the households that had one."""
        if self.horizon == NEXT_BASKET:
            return window.had_basket
        return np.ones(len(window.bought), np.bool_)

    def _came(self, window: Labelled) -> Bools:
        return window.in_next_basket if self.horizon == NEXT_BASKET else window.bought

    def _columns(self, values: Floats32) -> Floats32:
        return values[:, : len(self.names_)]

    def _margin(self, values: Floats32, rows: Ints | None = None) -> Floats:
        return self._said(self.chance_, values, rows, "margin")

    def _said(self, trees: Any, values: Floats32, rows: Ints | None, kind: str) -> Floats:
        """What `trees` say of `rows`, or of all: piece by piece, since each piece is a copy."""
        count = len(values) if rows is None else len(rows)
        said = np.empty(count)
        for start in range(0, count, PIECE):
            at = slice(start, min(start + PIECE, count))
            piece = self._columns(values[at] if rows is None else values[rows[at]])
            said[at] = trees.inplace_predict(np.asarray(piece), predict_type=kind)
        return said


def score(model: PurchaseModel, fitted: Fitted, rows: Merged, values: Floats32) -> Candidates:
    """Candidates with calibrated chances, sorted as Candidates are."""
    p_buy, q_buy = model.predict(values)
    return in_order(fitted, rows, p_buy, q_buy)[0]


def in_order(fitted: Fitted, rows: Merged, p_buy: Floats, q_buy: Floats) -> tuple[Candidates, Ints]:
    """Candidates with these chances, and which of `rows` each of their rows is."""
    history = fitted.history
    customers = np.arange(history.log.customers + 1)
    start = np.searchsorted(rows.customer, customers).astype(np.int64)
    order = best_first(start, rows.product, p_buy)
    bought = find_pairs(history.log.bought, history.log.products, rows.customer, rows.product)
    candidates = Candidates(
        start=start,
        product=rows.product[order],
        p_buy=p_buy[order],
        q_buy=q_buy[order],
        is_new=(bought < 0)[order],
        source=rows.source[order],
    )
    return candidates, order
