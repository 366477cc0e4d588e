"""Policies: how much each stakeholder's interest counts, as a versioned file that people can read.

A policy file is TOML with `name`, `version`, `description`, `review_date` and these tables, of
which only [weights] must be there:

    [weights]   shopper, retailer, climate, sellers    0 or more; 0 where left out
    [carbon]    reference = "need" | "none"            compare inside needs, or across all goods
                bar_unknown = true | false             show no product whose footprint is unknown
                quantile                               of the range of an estimate, 0.5 to below 1
    [slate]     n                                      places on a slate
                attention                              one figure a place, falling or level
    [limits]    carbon_change | carbon_target_kg       of a demand-weighted purchase, functional kg
                relevance, relevance_each              share of the relevance slates', 0 to 1
                per_category, highest_price            places; shop currency per pack
                age_restricted = true | false          whether such goods may be shown
                deny_products, deny_categories, deny_sellers, allow_categories     lists of ids
                tiers = {head, middle, tail}           least share of attention
                price_cap                              most value that one unit of a limit may cost
    [sellers]   target = "equal" | "catalogue" | "merit", floor, cap      floor and cap: x target
                per = "seller" | "entity", new_share, horizon_weeks
                welfare = "none" | "max-min" | "alpha-fair" | "gini", alpha, welfare_weight
    [values]    diversity, tier_mix, coverage, freshness                  0 or more

Whether the shop has the sellers, categories and products named is found where the shop is read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from pcf_estimator.tables import shipped_data
from recommender.policy_parts import (
    PARTIES,
    Carbon,
    Limits,
    Part,
    Sellers,
    Slate,
    Tiers,
    Values,
    Weights,
)

BASELINE = "relevance"
TABLES = ("weights", "carbon", "slate", "limits", "sellers", "values")
IN_OUR_WORDS = {"valid tuple": "list", "valid dictionary.*": "table", " after validation.*": ""}
__all__ = [
    "BASELINE",
    "PARTIES",
    "Carbon",
    "Limits",
    "Policy",
    "PolicyError",
    "Sellers",
    "Slate",
    "Tiers",
    "Values",
    "Weights",
    "baseline_policy",
    "read_policies",
    "read_policy",
    "shipped_policies",
]


class PolicyError(ValueError):
    """A policy that cannot be used, told with its file and key."""


class Policy(Part):
    """One way to balance the stakeholders, with its name, its version and its review date."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[int, Field(ge=1)]
    description: Annotated[str, Field(min_length=1)]
    review_date: date
    weights: Weights
    carbon: Carbon = Carbon()
    slate: Slate = Slate()
    limits: Limits = Limits()
    sellers: Sellers = Sellers()
    values: Values = Values()

    @model_validator(mode="after")
    def _the_baseline_is_relevance_alone(self) -> Policy:
        others = any(w > 0 for party, w in self.weights.as_dict().items() if party != "shopper")
        asks = self.has_limits or self.has_values or self.limits.age_restricted
        doubts = self.carbon.bar_unknown or self.carbon.quantile > 0.5
        if self.name == BASELINE and (others or asks or doubts):
            raise ValueError(
                f"the policy named {BASELINE} is what all others are compared with: it weighs the "
                f"shopper alone, bars nothing and has no limits"
            )
        return self

    @property
    def has_limits(self) -> bool:
        """Whether slates are kept to anything beyond each shopper's own best values."""
        quiet = {"age_restricted", "price_cap"}  # the one loosens, the other only bounds prices
        own = self.limits.model_dump(exclude=quiet) != Limits().model_dump(exclude=quiet)
        return own or self.couples_shoppers

    @property
    def couples_shoppers(self) -> bool:
        """Whether one shopper's slate hangs on the others', so that prices must be found."""
        return self.limits.couple_shoppers or self.sellers.couple_shoppers

    @property
    def has_values(self) -> bool:
        """Whether variety, popularity, coverage or freshness count."""
        return any(self.values.as_dict().values())


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
        expected = re.sub(r"^(Input|String|Tuple) should", "it should", text)
        for theirs, ours in IN_OUR_WORDS.items():
            expected = re.sub(theirs, ours, expected)
        problem = f"{key} is {found!r}, but {expected}"
    return problem + (f" (and {len(others)} more such problems)" if others else "")


def _key(place: tuple[str | int, ...]) -> str:
    """The key as it stands in the file: ("weights", "climate") is "[weights] climate"."""
    names = [str(part) for part in place if isinstance(part, str)]
    table = len(names) > 1 or (names and names[0] in TABLES)
    key = " ".join([f"[{names[0]}]", *names[1:]]) if table else " ".join(names)
    entries = "".join(f", entry {part + 1}," for part in place if isinstance(part, int))
    return key + entries
