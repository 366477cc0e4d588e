"""Policies: how much each stakeholder's interest counts, as a versioned file that people can read.

A policy file is TOML with `name`, `version`, `description`, `review_date` and three tables:

    [weights]   shopper, retailer, climate, sellers    0 or more; 0 where left out
    [carbon]    reference = "need" | "none"            compare inside needs, or across all goods
                bar_unknown = true | false             show no product whose footprint is unknown
    [slate]     n                                      places on a slate
                attention                              one figure a place, falling or level
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pcf_estimator.tables import shipped_data
from recommender.candidates import Floats

BASELINE = "relevance"
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, allow_inf_nan=False)]
PARTIES = ("shopper", "retailer", "climate", "sellers")


class PolicyError(ValueError):
    """A policy that cannot be used, told with its file and key."""


class Part(BaseModel):
    """A part of a policy: nothing unknown is accepted and nothing changes once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Weights(Part):
    """How much each stakeholder's interest counts, on the fixed scales of the trade-off."""

    shopper: Weight = 0.0
    retailer: Weight = 0.0
    climate: Weight = 0.0
    sellers: Weight = 0.0

    @model_validator(mode="after")
    def _somebody_counts(self) -> Weights:
        if not any(self.as_dict().values()):
            raise ValueError("every weight is 0, but at least one should be above 0")
        return self

    def as_dict(self) -> dict[str, float]:
        return {party: getattr(self, party) for party in PARTIES}


class Carbon(Part):
    """What a product's carbon is compared with, and what happens where it is unknown."""

    # "need": against what the household would otherwise buy for the same purpose, so that only
    # substitution counts; "none": the mix between needs may shift as well
    reference: Literal["need", "none"] = "need"
    bar_unknown: bool = False


class Slate(Part):
    """How many places a slate has and how much attention each gets."""

    n: Annotated[int, Field(ge=1, le=1000)] = 10
    attention: Annotated[tuple[Share, ...], Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _one_falling_figure_a_place(self) -> Slate:
        if self.attention is None:
            return self
        if len(self.attention) != self.n:
            raise ValueError(f"attention has {len(self.attention)} figures for {self.n} places")
        if any(later > earlier for earlier, later in pairwise(self.attention)):
            raise ValueError("attention rises, but no place gets more than the one above it")
        return self

    def curve(self) -> Floats:
        """Attention of each place, (n,): as given, or 1 / log2(place + 1).

        >>> Slate(n=3).curve().round(3)
        array([1.   , 0.631, 0.5  ])
        """
        if self.attention is not None:
            return np.array(self.attention, dtype=np.float64)
        return 1.0 / np.log2(np.arange(2, self.n + 2))


class Policy(Part):
    """One way to balance the stakeholders, with its name, its version and its review date."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[int, Field(ge=1)]
    description: Annotated[str, Field(min_length=1)]
    review_date: date
    weights: Weights
    carbon: Carbon = Carbon()
    slate: Slate = Slate()

    @model_validator(mode="after")
    def _the_baseline_is_relevance_alone(self) -> Policy:
        others = {p: w for p, w in self.weights.as_dict().items() if p != "shopper" and w > 0}
        if self.name == BASELINE and (others or self.carbon.bar_unknown):
            raise ValueError(
                f"the policy named {BASELINE} is what all others are compared with: it weighs the "
                f"shopper alone and bars nothing"
            )
        return self


def read_policy(path: str | Path) -> Policy:
    """The policy in a TOML file. Raises PolicyError, which names the file and the key."""
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"policy {path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"policy {path}: not TOML ({error})") from error
    try:
        return Policy.model_validate(given)
    except ValidationError as error:
        raise PolicyError(f"policy {path}: {_first_problem(error)}") from error


def read_policies(paths: Sequence[str | Path]) -> list[Policy]:
    """The policies in TOML files, in the order given. Raises PolicyError for a repeated name."""
    policies: dict[str, Policy] = {}
    for path in paths:
        policy = read_policy(path)
        if policy.name in policies:
            raise PolicyError(f"policy {path}: name {policy.name} stands in an earlier policy too")
        policies[policy.name] = policy
    return list(policies.values())


def shipped_policies() -> list[Path]:
    """Paths of the policies that ship with greenaisle, the baseline first, then by name.

    >>> shipped_policies()[0].name
    'relevance.toml'
    """
    paths = sorted(shipped_data("policies").glob("*.toml"))
    return sorted(paths, key=lambda path: path.stem != BASELINE)


def baseline_policy(slate: Slate) -> Policy:
    """Relevance alone on the same kind of slate: what every policy is compared with."""
    return Policy(
        name=BASELINE,
        version=1,
        description="What each household is likeliest to buy, and nothing else.",
        review_date=date(9999, 12, 31),  # nothing in it can go out of date
        weights=Weights(shopper=1.0),
        slate=slate,
    )


def _first_problem(error: ValidationError) -> str:
    first, *others = error.errors(include_url=False)
    key, found, text = _key(first["loc"]), first["input"], first["msg"]
    if first["type"] == "missing":
        problem = f"{key} is missing"
    elif first["type"] == "extra_forbidden":
        problem = f"{key} is not a key that a policy has"
    elif first["type"] == "value_error":
        problem = f"{key}{': ' if key else ''}{text.removeprefix('Value error, ')}"
    else:
        expected = text.replace("Input should", "it should").replace("String should", "it should")
        problem = f"{key} is {found!r}, but {expected}"
    return problem + (f" (and {len(others)} more such problems)" if others else "")


def _key(place: tuple[str | int, ...]) -> str:
    """The key as it stands in the file: ("weights", "climate") is "[weights] climate"."""
    names = [str(part) for part in place if isinstance(part, str)]
    table = len(names) > 1 or names[:1] in (["weights"], ["carbon"], ["slate"])
    key = " ".join([f"[{names[0]}]", *names[1:]]) if table else " ".join(names)
    entries = "".join(f", entry {part + 1}," for part in place if isinstance(part, int))
    return key + entries
