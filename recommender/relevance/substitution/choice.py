"""What a choice weighs: a conditional logit, learned from which of several goods was taken.

Of the goods in a choice, one was taken; the chance of each is exp(signals @ weights) over the sum
of the same for all (McFadden 1974). Newton's method finds the weights. They are drawn towards a
prior, so that a small log says little and a log without choices says nothing; a signal whose
meaning fixes its sign never gets the other one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.log import totals

STEPS = 30
ENOUGH = 1e-8  # a Newton step that moves no weight further ends the search


@dataclass(frozen=True, kw_only=True)
class ChoiceModel:
    """Weights of signals, in their own units; a score is `signals @ weights_`."""

    weights_: Floats  # (signals,)
    mean_: Floats  # (signals,): of the learning sample, which stands in for what is missing
    choices: int  # how many choices taught them

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; `ChoiceModel.from_dict` reads them back."""
        learned = {"weights_": self.weights_.tolist(), "mean_": self.mean_.tolist()}
        return {**learned, "choices": self.choices}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> ChoiceModel:
        """The model that `to_dict` told."""
        weights, mean = (np.array(plain[name], np.float64) for name in ("weights_", "mean_"))
        return cls(weights_=weights, mean_=mean, choices=int(plain["choices"]))

    def score(self, signals: Floats) -> Floats:
        """(rows,) of (rows, signals): the higher, the likelier taken of the same choice."""
        filled = np.where(np.isnan(signals), self.mean_, signals)
        return np.asarray((filled * self.weights_).sum(axis=1))


def learn_choice(
    signals: Floats, choice: Ints, taken: Bools, sign: Ints, ridge: float = 1.0
) -> ChoiceModel:
    """The model learned from rows (rows, signals), one for each good of each choice.

    `choice` numbers the choices, ascending; one row of each is `taken`. `sign` is +1 or -1 where
    the meaning of a signal fixes the sign of its weight, else 0. The prior gives each signal with
    a sign the same say, in standard deviations, and `ridge` is how strongly it holds. NaN is
    missing.

    >>> cheap = np.array([[1.0], [0.0], [1.0], [0.0], [1.0], [0.0]])
    >>> taken = np.array([True, False, True, False, False, True])
    >>> m = learn_choice(cheap, np.array([0, 0, 1, 1, 2, 2]), taken, np.array([1]), ridge=1e-9)
    >>> m.weights_.round(3).tolist()  # two of three: log(2 / 1)
    [0.693]
    """
    known = ~np.isnan(signals)
    count = known.sum(axis=0)
    mean = np.where(known, signals, 0.0).sum(axis=0) / np.maximum(count, 1)
    centred = np.where(known, signals - mean, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / np.maximum(count, 1))
    scale = np.where(spread > 0, spread, 1.0)
    rows = centred / scale
    prior = sign / max(1, int(np.abs(sign).sum()))
    free = np.ones(len(sign), np.bool_)
    while True:
        weights = np.zeros(len(sign))
        weights[free] = _newton(rows[:, free], choice, taken, prior[free], ridge)
        wrong = free & (weights * sign < 0)
        if not wrong.any():
            break
        free &= ~wrong  # the log does not bear the meaning out: the signal is left out
    chosen = int(taken.sum())
    return ChoiceModel(weights_=weights / scale, mean_=mean, choices=chosen)


def _newton(rows: Floats, choice: Ints, taken: Bools, prior: Floats, ridge: float) -> Floats:
    weights = prior.astype(np.float64)
    if len(rows) == 0 or rows.shape[1] == 0:
        return weights
    first = np.flatnonzero(np.r_[True, choice[1:] != choice[:-1]])
    place = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(rows)]))
    for _ in range(STEPS):
        value = _times(rows, weights)
        raised = np.exp(value - np.maximum.reduceat(value, first)[place])
        chance = raised / totals(place, raised, len(first))[place]
        slope = _sum(rows * (taken - chance)[:, None]) - ridge * (weights - prior)
        expected = np.add.reduceat(rows * chance[:, None], first, axis=0)
        bend = ridge * np.eye(rows.shape[1])
        for k in range(rows.shape[1]):  # column by column: sums that no thread count reorders
            bend[k] += _sum(rows * (chance * rows[:, k])[:, None])
            bend[k] -= _sum(expected * expected[:, k][:, None])
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < ENOUGH:
            break
    return weights


def _times(rows: Floats, weights: Floats) -> Floats:
    return np.asarray((rows * weights).sum(axis=1))


def _sum(rows: Floats) -> Floats:
    return np.asarray(rows.sum(axis=0))
