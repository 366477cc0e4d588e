"""Devices by their attributes: a linear mixed model with makers as random effects.

It reads a device's kind, mass, screen, storage and a few words of its name; any of them but the
kind may be missing. Everything is in log10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

Bools = np.ndarray
Floats = np.ndarray

ATTRIBUTES = ("mass_kg", "screen_inch", "storage_gb")
# Words of a name that say how a device is built. No brand, no slogan.
WORDS = {
    "chromebook": r"chromebook",
    "small": r"\b(micro|tiny|nano|mini|ultra ?small|small form|sff|usff|compact)\b",
    "tower": r"\btower\b",
    "gaming": r"\b(gaming|legion|alienware)\b",
    "workstation": r"\b(workstation|precision|mac pro|zbook|thinkstation)\b",
    "convertible": r"\b(2-in-1|2 in 1|yoga|detachable|convertible)\b",
}
# Variances in log10 squared: of six sets near the maximum of the marginal likelihood on the shipped
# seed, one of the best on makers left out. `maker` and `maker_kind` are what one maker's
# declarations share beyond the devices: its method. They are learned and left out of an estimate.
VARIANCES: Mapping[str, float] = {
    "kind": 0.09,
    "size": 0.3,
    "size_in_kind": 0.15,
    "words": 0.024,
    "maker": 0.01,
    "maker_kind": 0.03,
    "noise": 0.02,
}


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What attributes are measured against, in log10."""

    by_kind: pd.DataFrame
    overall: pd.Series
    mass_per_screen: float  # log10 kg per log10 inch, inside a kind
    screen_per_mass: float


@dataclass(frozen=True, kw_only=True)
class Design:
    """Devices as arrays: kind, log10 attributes beside the kind's median and beside all, words."""

    kind: np.ndarray  # (rows,) text
    within: Floats  # (rows, attributes), 0 where not known
    size: Floats  # (rows, 2): mass and screen beside the overall median
    words: Floats  # (rows, words)
    raw: Floats  # (rows, attributes) log10, NaN where not known

    def bare(self) -> Design:
        """The same kinds with nothing else known of them."""
        return replace(
            self,
            within=np.zeros_like(self.within),
            size=self.size - self.within[:, :2],
            words=np.zeros_like(self.words),
        )


def word_flags(names: pd.Series) -> Floats:
    """1 where a name holds the words of a build, (rows, words of WORDS).

    >>> word_flags(pd.Series(["Mini tower PC"])).tolist()
    [[0.0, 1.0, 1.0, 0.0, 0.0, 0.0]]
    """
    text = names.str.lower()
    # groups in the patterns are for alternation only
    return np.column_stack(
        [
            text.str.contains(pattern.replace("(", "(?:"), regex=True).to_numpy(np.float64)
            for pattern in WORDS.values()
        ]
    )


def fit_scale(devices: pd.DataFrame) -> Scale:
    """Medians of log10 of the attributes by `kind` and overall, and what a larger screen
    weighs inside a kind."""
    logs = _logs(devices)
    by_kind = logs.groupby(devices["kind"]).median()
    beside = (logs - by_kind.reindex(devices["kind"]).set_axis(logs.index)).dropna(
        subset=["mass_kg", "screen_inch"]
    )
    mass, screen = beside["mass_kg"].to_numpy(), beside["screen_inch"].to_numpy()
    together = float(mass @ screen)
    return Scale(
        by_kind=by_kind,
        overall=logs.median().fillna(0.0),
        mass_per_screen=together / max(float(screen @ screen), 1e-9),
        screen_per_mass=together / max(float(mass @ mass), 1e-9),
    )


def design(devices: pd.DataFrame, flags: Floats, scale: Scale) -> Design:
    """`devices` (kind and attributes) as arrays.

    A mass that is not known is what the screen lets expect in its kind, and a screen what the mass
    does; where neither is known, both are the kind's median and move nothing.
    """
    logs = _logs(devices)
    usual = scale.by_kind.reindex(devices["kind"]).set_axis(devices.index).fillna(scale.overall)
    within = logs - usual
    mass, screen = within["mass_kg"], within["screen_inch"]
    within["mass_kg"] = mass.fillna(scale.mass_per_screen * screen)
    within["screen_inch"] = screen.fillna(scale.screen_per_mass * mass)
    within = within.fillna(0.0)
    size = (within + usual - scale.overall)[["mass_kg", "screen_inch"]]
    return Design(
        kind=devices["kind"].to_numpy(dtype=object),
        within=within.to_numpy(),
        size=size.to_numpy(),
        words=flags,
        raw=logs.to_numpy(),
    )


def kernel(a: Design, b: Design, variances: Mapping[str, float] = VARIANCES) -> Floats:
    """Covariance of log10 kg between devices, (rows of a, rows of b), makers aside."""
    same = a.kind[:, None] == b.kind[None, :]
    inside = variances["kind"] + variances["size_in_kind"] * (a.within @ b.within.T)
    covariance = variances["size"] * (a.size @ b.size.T) + variances["words"] * (
        a.words @ b.words.T
    )
    return np.asarray(covariance + same * inside)


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """A fitted mixed model: what is needed to estimate a new device."""

    known: Design
    mean: float
    weights: Floats  # (known,)
    factor: tuple[Floats, bool]
    variances: Mapping[str, float]

    def estimate(self, new: Design) -> Floats:
        """Log10 kg as an unseen maker would declare it, (rows,)."""
        return np.asarray(self.mean + kernel(new, self.known, self.variances) @ self.weights)

    def deviation(self, new: Design) -> Floats:
        """Standard deviation of that estimate in log10, the maker's method and noise included."""
        v = self.variances
        across = kernel(new, self.known, v)
        inside = v["kind"] + v["size_in_kind"] * (new.within**2).sum(axis=1)
        own = inside + v["size"] * (new.size**2).sum(axis=1) + v["words"] * new.words.sum(axis=1)
        told = np.einsum("ij,ji->i", across, cho_solve(self.factor, across.T))
        method = v["maker"] + v["maker_kind"] + v["noise"]
        return np.asarray(np.sqrt(np.maximum(own - told, 0.0) + method))


def fit_mixed(
    known: Design, log_kg: Floats, makers: np.ndarray, variances: Mapping[str, float] = VARIANCES
) -> Mixed:
    """A mixed model of `log_kg` (rows,): devices of one maker share an error, more so in a kind.

    Best linear unbiased prediction (Henderson 1975) in its Gaussian-process form (Rasmussen and
    Williams 2006, algorithm 2.1); with the maker as a random effect, the maker with most devices
    does not decide what mass and screen do.
    """
    covariance = _with_makers(known, makers, variances)
    factor = cho_factor(covariance, lower=True)
    mean = _level(factor, log_kg)
    return Mixed(
        known=known,
        mean=mean,
        weights=cho_solve(factor, log_kg - mean),
        factor=factor,
        variances=variances,
    )


def log_likelihood(
    known: Design, log_kg: Floats, makers: np.ndarray, variances: Mapping[str, float]
) -> float:
    """Log marginal likelihood of `log_kg` under `variances`, up to a constant."""
    factor = cho_factor(_with_makers(known, makers, variances), lower=True)
    off = log_kg - _level(factor, log_kg)
    fit = float(off @ cho_solve(factor, off)) / 2
    return -fit - float(np.log(np.diag(factor[0])).sum())


def _logs(devices: pd.DataFrame) -> pd.DataFrame:
    values = np.log10(devices[list(ATTRIBUTES)].to_numpy(dtype=np.float64, na_value=np.nan))
    return pd.DataFrame(values, columns=list(ATTRIBUTES), index=devices.index)


def _with_makers(known: Design, makers: np.ndarray, s: Mapping[str, float]) -> Floats:
    maker = makers[:, None] == makers[None, :]
    same = known.kind[:, None] == known.kind[None, :]
    method = maker * (s["maker"] + s["maker_kind"] * same)
    return np.asarray(kernel(known, known, s) + method + s["noise"] * np.eye(len(makers)))


def _level(factor: tuple[Floats, bool], log_kg: Floats) -> float:
    """The mean that makes the residuals likeliest (generalised least squares)."""
    ones = cho_solve(factor, np.ones(len(log_kg)))
    return float(ones @ log_kg / ones.sum())
