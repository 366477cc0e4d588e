"""What happened in a window to the candidates of its cutoff: the labels that p_buy learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from scipy.stats import rankdata

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Floats, Ints
from recommender.log import Log
from recommender.relevance.features import Floats32, Plan, features
from recommender.relevance.generators import Fitted, Merged, propose
from recommender.relevance.pairs import find_pairs
from recommender.splits import MIN_BASKETS, MIN_CUSTOMER_BASKETS, MIN_HOUSEHOLDS, Window

# No honest feature tells new purchases apart nearly so well: on Complete Journey the best reaches
# .83, old purchases included.
CLAIRVOYANT_AUC = 0.97
ROW = ("customer", "product", "source")
LABELS = ("bought", "quantity", "in_next_basket", "had_basket")
LOOKED_AT = 20_000  # rows, evenly spread, that are enough to see it
MIN_SEEN = 20  # purchases and products among them; of fewer, chance alone may tell all apart


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Candidate rows of one window with what the label weeks say of them."""

    rows: Merged
    names: list[str]
    values: Floats32
    bought: Bools  # in the window
    quantity: Floats
    in_next_basket: Bools  # in its first basket of the window with a product of the universe
    had_basket: Bools  # whether the household had one
    weight: Floats  # how many rows each stands for

    def thinned(self, unbought_kept: float, seed: int) -> Labelled:
        """All rows bought and a share of the others, which then count for those left out."""
        rng = np.random.default_rng(seed)
        keep = self.bought | (rng.random(len(self.bought)) < unbought_kept)
        return replace(
            self,
            rows=Merged(*(getattr(self.rows, name)[keep] for name in ROW)),
            values=self.values[keep],
            weight=np.where(self.bought[keep], 1.0, 1.0 / unbought_kept) * self.weight[keep],
            **{name: getattr(self, name)[keep] for name in LABELS},
        )

    def set_aside(self) -> Labelled:
        """The same rows with their values in a file, which goes when nobody needs them any more.

        While models learn, memory is for what they learn from.
        """
        with TemporaryFile() as file:
            self.values.tofile(file)
            shape, dtype = self.values.shape, self.values.dtype
            return replace(self, values=np.memmap(file, dtype, mode="r", shape=shape))


def joined(windows: Sequence[Labelled]) -> Labelled:
    """The rows of all windows, one after the other; of a single one, itself and no copy."""
    if len(windows) == 1:
        return windows[0]

    def together(name: str) -> Any:
        return np.concatenate([getattr(window, name) for window in windows])

    return Labelled(
        rows=Merged(
            *(np.concatenate([getattr(window.rows, name) for window in windows]) for name in ROW)
        ),
        names=windows[0].names,
        **{name: together(name) for name in ("values", "weight", *LABELS)},
    )


def labelled(
    fitted: Fitted,
    log: Log,
    window: Window,
    plan: Plan | None = None,
    rows: Merged | None = None,
) -> Labelled:
    """The candidates of `fitted`, whose history ends before `window`, and what was bought in it.

    `rows` are the candidates where they are not those that `propose` gives.

    Raises ValueError where the history or a feature knows what it is to predict, and TableError
    where there is nothing to learn from.
    """
    if fitted.history.log.last_week > window.history_until:
        raise ValueError(
            f"the history reaches week {fitted.history.log.last_week}, but the labels begin in "
            f"week {window.first}: the model would learn from what it is to predict"
        )
    refuse_thin_history(fitted)
    rows = propose(fitted) if rows is None else rows
    names, values = features(fitted, rows, plan)
    label = log.weeks(window.first, window.last)
    key, at = np.unique(label.customer * log.products + label.product, return_inverse=True)
    quantity = np.bincount(at, weights=label.quantity)
    found = find_pairs(key, log.products, rows.customer, rows.product)
    bought = found >= 0
    if not bought.any():
        raise TableError(
            f"purchases: in weeks {window.first} to {window.last} no customer bought any of "
            f"{len(rows.product)} candidates, so there is nothing to learn from"
        )
    before = fitted.history.log.bought
    new = find_pairs(before, log.products, rows.customer, rows.product) < 0
    refuse_clairvoyant(names, values[new], rows.product[new], bought[new], window)
    served = fitted.history.universe
    judged = label.where(served.products[label.product] & served.customers[label.customer])
    first = judged.where(in_first_basket(judged))
    return Labelled(
        rows=rows,
        names=names,
        values=values,
        bought=bought,
        quantity=np.where(bought, quantity[np.maximum(found, 0)], 0.0),
        in_next_basket=find_pairs(first.bought, log.products, rows.customer, rows.product) >= 0,
        had_basket=np.bincount(judged.customer, minlength=log.customers)[rows.customer] > 0,
        weight=np.ones(len(bought)),
    )


def in_first_basket(lines: Log) -> Bools:
    """Marks the lines of each customer's first basket; `lines` are in the order of time."""
    first = np.full(lines.customers, -1, np.int64)
    # written backwards, so that the earliest line of a customer stays
    first[lines.customer[::-1]] = lines.basket[::-1]
    return lines.basket == first[lines.customer]


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


def refuse_clairvoyant(
    names: list[str], values: Floats32, product: Ints, bought: Bools, window: Window
) -> None:
    """Raises ValueError for a feature that alone tells what was bought later from what was not.

    To be asked of products new to the customer: who buys the same every month can be foretold, but
    not what somebody tries. The measure is the chance that a row bought ranks above one that was
    not (area under the ROC curve): 0.97 and more, either way round, can only be had from the label
    weeks themselves.
    """
    some = np.arange(0, len(bought), max(1, len(bought) // LOOKED_AT))
    seen, unseen = int(bought[some].sum()), int((~bought[some]).sum())
    if min(seen, unseen, len(np.unique(product[some][bought[some]]))) < MIN_SEEN:
        return
    column = np.nan_to_num(values[some].astype(np.float64), nan=-np.inf)
    ranks = rankdata(column, axis=0)[bought[some]].sum(axis=0)
    auc = (ranks - seen * (seen + 1) / 2.0) / (seen * unseen)
    worst = int(np.argmax(np.abs(auc - 0.5)))
    if abs(auc[worst] - 0.5) > CLAIRVOYANT_AUC - 0.5:
        raise ValueError(
            f"feature {names[worst]} tells the purchases of weeks {window.first} to {window.last} "
            f"apart with an area of {max(auc[worst], 1 - auc[worst]):.3f} under the curve, but "
            f"honest features stay below {CLAIRVOYANT_AUC}: it knows those weeks"
        )
