"""One assumption of a scenario: a parameter's range, with the source it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from recommender.candidates import Floats
from recommender.impact.scenario.parameters import NOT_FOR_SHOPS, PARAMETERS
from recommender.policy import PolicyError

SHAPES = ("even", "log")


class ScenarioError(PolicyError):
    """A scenario that cannot be used, told with its file, its parameter, and what was expected."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A parameter's range with its source. Raises ScenarioError where it makes no sense.

    >>> Assumption(parameter="habit", low=0.2, high=1.4, source="Assumption of ours")
    Traceback (most recent call last):
    recommender.impact.scenario.assumption.ScenarioError: habit: high is 1.4, but it lies
    from 0 to 1 (share of the past choice that holds for a month)
    """

    parameter: str
    low: float
    high: float
    source: str
    words: str = ""
    shape: str = "even"

    def __post_init__(self) -> None:
        domain = PARAMETERS.get(self.parameter)
        if domain is None:
            raise ScenarioError(unknown("parameter", self.parameter, PARAMETERS))
        for name, end in (("low", self.low), ("high", self.high)):
            if not domain.low <= end <= domain.high:  # not a number is refused here too
                raise self._wrong(
                    f"{name} is {end:g}, but it lies from {domain.low:g} to {domain.high:g} "
                    f"({domain.unit})"
                )
        if self.low > self.high:
            raise self._wrong(
                f"low is {self.low:g}, which is above high, {self.high:g}, but low <= high"
            )
        if not self.source.strip():
            raise self._wrong("source is empty, but every range says where it comes from")
        for author, why in NOT_FOR_SHOPS.items():
            if author in self.source.lower():
                raise self._wrong(f"source is {self.source!r}, but that compares {why}")
        if self.shape not in SHAPES:
            raise self._wrong(f"shape is {self.shape!r}, but expected {' or '.join(SHAPES)}")
        if self.shape == "log" and self.low * self.high <= 0:
            raise self._wrong(
                f"shape is 'log' from {self.low:g} to {self.high:g}, but a logarithm needs both "
                f"ends on one side of 0"
            )

    def _wrong(self, problem: str) -> ScenarioError:
        return ScenarioError(f"{self.parameter}: {problem}")

    def at(self, share: Floats) -> Floats:
        """Values at shares 0..1 of the way from low to high; equal ends give that value exactly.

        >>> halving = Assumption(
        ...     parameter="premium", low=0.25, high=4.0, shape="log", source="Assumption of ours"
        ... )
        >>> halving.at(np.array([0.0, 0.5, 1.0])).round(12)
        array([0.25, 1.  , 4.  ])
        """
        if self.shape == "log":
            values = self.low * (self.high / self.low) ** share
        else:
            values = self.low + (self.high - self.low) * share
        return np.clip(values, self.low, self.high)

    def row(self) -> dict[str, Any]:
        """What a table or a report prints: parameter, low, high, unit, source, words, shape."""
        known = PARAMETERS[self.parameter]
        return {
            "parameter": self.parameter,
            "low": float(self.low),
            "high": float(self.high),
            "unit": known.unit,
            "source": self.source,
            "words": self.words or known.words,
            "shape": self.shape,
        }


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That nothing has this name, and which known name is nearest.

    >>> unknown("parameter", "habits", PARAMETERS)
    'habits is no parameter of a scenario, but the nearest is habit'
    """
    near = get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"{name} is no {what} of a scenario, but the nearest is {near[0]}"
