"""A model of purchases at places, fitted so that it never sees the rows that it corrects.

Customers are dealt into folds; what is predicted for a customer comes from a model of the other
folds. A doubly robust estimate is then right on average whatever the model says, and the model
only makes it less noisy (Dudik, Langford and Li 2011, ICML; cross-fitting as in Chernozhukov and
others 2018, The Econometrics Journal 21).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recommender.candidates import Bools, Floats, Ints
from recommender.impact.off_policy.table import Impressions
from recommender.impact.off_policy.target import Target

FOLDS = 5
PRIOR_ROWS = 20.0  # a product's own rate counts as many rows of the mean as this


def logistic(seed: int) -> Any:
    """Smooth in its inputs, for logs of thousands of rows."""
    del seed  # nothing is drawn
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


def trees(seed: int) -> Any:
    """Boosted trees, for logs of a hundred thousand rows and more."""
    return HistGradientBoostingClassifier(
        max_iter=150, learning_rate=0.1, max_leaf_nodes=15, random_state=seed
    )


MODELS = {"logistic": logistic, "trees": trees}


def folds_of(customers: int, folds: int, rng: np.random.Generator) -> Ints:
    """A fold for each customer, (customers,), all of nearly the same size."""
    return rng.permutation(np.arange(customers) % folds)


def cross_fitted(
    log: Impressions,
    target: Target,
    rng: np.random.Generator,
    *,
    model: str = "logistic",
    folds: int = FOLDS,
) -> tuple[Floats, Floats]:
    """Chance of a purchase: of what was shown, (contexts, places), and of the target's rows.

    Contexts are those of the target. Inputs are the place, the product's rate of purchases in the
    other folds, price, margin, functional kg and, where both sides tell it, p_buy. A fold whose
    others hold no purchase, or nothing else, gets their rate.
    """
    folds = min(folds, len(log.customer_id))
    if folds < 2:
        raise ValueError(f"cross-fitting needs 2 customers or more, but {folds} found")
    product, bought = log.product[target.contexts], log.bought[target.contexts]
    filled = product >= 0
    context, place = np.nonzero(filled)
    shown = product[filled]
    label = bought[filled]
    own, theirs = _inputs(log, target, filled)
    fold = folds_of(len(log.customer_id), folds, rng)[log.customer[target.contexts]]
    seed = int(rng.integers(2**31))
    answer = np.zeros(filled.shape)
    of_target = np.zeros(len(target.product))
    of_shown = np.zeros(len(shown))
    for each in range(folds):
        learn: Bools = np.asarray(fold[context] != each)
        rate = product_rates(shown[learn], label[learn], len(target.product_id))
        held, asked = ~learn, fold[target.context] == each
        known = np.column_stack([own, np.log(rate[shown])])
        wanted = np.column_stack([theirs, np.log(rate[target.product])])
        if len(np.unique(label[learn])) < 2:
            level = float(label[learn].mean()) if learn.any() else 0.0
            of_shown[held], of_target[asked] = level, level
            continue
        fitted = MODELS[model](seed).fit(known[learn], label[learn])
        if held.any():
            of_shown[held] = fitted.predict_proba(known[held])[:, 1]
        if asked.any():
            of_target[asked] = fitted.predict_proba(wanted[asked])[:, 1]
    answer[context, place] = of_shown
    return answer, of_target


def product_rates(product: Ints, bought: Floats, products: int) -> Floats:
    """Purchases per showing of each product, (products,), drawn towards the mean of all.

    >>> product_rates(np.array([0, 0]), np.array([1.0, 0.0]), 2).round(3)
    array([0.5, 0.5])
    """
    mean = max(float(bought.mean()), 1e-6) if len(bought) else 1e-6
    shown = np.bincount(product, minlength=products)
    sold = np.bincount(product, bought, minlength=products)
    return (sold + PRIOR_ROWS * mean) / (shown + PRIOR_ROWS)


def _inputs(log: Impressions, target: Target, filled: Bools) -> tuple[Floats, Floats]:
    """What the model knows of the shown cells and of the target's rows, but product rates."""
    product = log.product[target.contexts][filled]
    place = np.nonzero(filled)[1]
    shown, wanted = _places(place, log.places), _places(target.place, log.places)
    for name in target.worth:
        worth = target.worth[name].to_numpy(np.float64)
        known = np.isfinite(worth)
        if known.any() and np.ptp(worth[known]) > 0:
            worth = np.where(known, worth, worth[known].mean())
            worth = np.sign(worth) * np.log1p(np.abs(worth))
            shown.append(worth[product])
            wanted.append(worth[target.product])
    if log.p_buy is not None:
        own, theirs = log.p_buy[target.contexts][filled], target.p_buy
        if np.isfinite(own).all() and np.isfinite(theirs).all():
            shown.append(_log_odds(own))
            wanted.append(_log_odds(theirs))
    return np.column_stack(shown), np.column_stack(wanted)


def _places(place: Ints, places: int) -> list[Floats]:
    """One column for each place but the first."""
    return [np.log(place + 1.0)] + [(place == each).astype(np.float64) for each in range(1, places)]


def _log_odds(chance: Floats) -> Floats:
    inside = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.log(inside / (1.0 - inside))
