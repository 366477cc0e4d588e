"""The tables of a policy file, one frozen part each, and what contradicts itself inside a table."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from recommender.candidates import Floats

PARTIES = ("shopper", "retailer", "climate", "sellers")
TIERS = ("head", "middle", "tail")
VALUES = ("diversity", "tier_mix", "coverage", "freshness")
ROUNDING = 1e-9  # what sums of decimal shares may lie above 1

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Change = Annotated[float, Field(gt=-1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[Name, ...], Field(strict=False)]  # TOML has lists, which are no tuples


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
    """What a product's carbon is compared with, and what holds where it is in doubt or unknown."""

    # "need": against what the household would otherwise buy for the same purpose, so that only
    # substitution counts; "none": the mix between needs may shift as well
    reference: Literal["need", "none"] = "need"
    bar_unknown: bool = False
    # estimates enter by this quantile of their range, verified figures always by their median
    quantile: Annotated[float, Field(ge=0.5, lt=1, allow_inf_nan=False)] = 0.5


class Slate(Part):
    """How many places a slate has and how much attention each gets."""

    n: Annotated[int, Field(ge=1, le=1000)] = 10
    attention: Annotated[tuple[Above0, ...], Field(strict=False)] | None = None

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


class Tiers(Part):
    """The least share of attention for goods by how much they sell."""

    head: Share = 0.0
    middle: Share = 0.0
    tail: Share = 0.0

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Tiers:
        total = sum(self.as_dict().values())
        if total > 1 + ROUNDING:
            raise ValueError(
                f"the shares of {', '.join(TIERS)} sum to {total:g}, but all attention is 1"
            )
        return self

    def as_dict(self) -> dict[str, float]:
        return {tier: getattr(self, tier) for tier in TIERS}


class Limits(Part):
    """What slates must keep to; what is left out is no limit."""

    carbon_change: Change | None = None  # of the kg a demand-weighted purchase, against relevance
    carbon_target_kg: Above0 | None = None  # the same as kg CO2e instead of a change
    relevance: Share = 0.0  # of what the relevance slates reach, all shoppers together
    relevance_each: Share = 0.0  # of each shopper's own best slate
    per_category: Count | None = None  # places on a slate
    highest_price: Above0 | None = None  # of a product, shop currency per pack
    age_restricted: bool = False  # whether such goods may be shown
    deny_products: Names = ()
    deny_categories: Names = ()
    deny_sellers: Names = ()
    allow_categories: Annotated[Names, Field(min_length=1)] = ()  # nothing else where given
    tiers: Tiers = Tiers()
    price_cap: Above0 | None = None  # most value for one unit of attention or of a total's scale

    @model_validator(mode="after")
    def _nothing_contradicts(self) -> Limits:
        if self.carbon_change is not None and self.carbon_target_kg is not None:
            raise ValueError(
                "carbon_change and carbon_target_kg are both given, but one carbon budget is all "
                "that slates can meet"
            )
        for key in ("deny_products", "deny_categories", "deny_sellers", "allow_categories"):
            names = getattr(self, key)
            twice = [name for at, name in enumerate(names) if name in names[:at]]
            if twice:
                raise ValueError(f"{key} names {twice[0]} twice")
        both = [name for name in self.allow_categories if name in self.deny_categories]
        if both:
            raise ValueError(
                f"allow_categories and deny_categories both name {both[0]} ({len(both)} such "
                f"categories)"
            )
        return self

    @property
    def couple_shoppers(self) -> bool:
        """Whether a limit is on a sum over all shoppers, which none of them can meet alone."""
        budget = self.carbon_change is not None or self.carbon_target_kg is not None
        return budget or self.relevance > 0 or any(self.tiers.as_dict().values())


class Sellers(Part):
    """What sellers are due of the attention, and how their welfare counts."""

    # the target share: the same for each, as many products as it lists, or as much as it sells
    target: Literal["equal", "catalogue", "merit"] = "merit"
    floor: Share = 0.0  # times the target; 0 for none
    cap: Weight = 0.0  # times the target; 0 for none
    per: Literal["seller", "entity"] = "seller"
    new_share: Share = 0.0  # of attention, for sellers first seen in the last 12 weeks
    horizon_weeks: Count = 4
    welfare: Literal["none", "max-min", "alpha-fair", "gini"] = "none"
    alpha: Above0 = 1.0
    welfare_weight: Weight = 0.0

    @model_validator(mode="after")
    def _nothing_contradicts(self) -> Sellers:
        if self.cap > 0 and self.floor > self.cap:
            raise ValueError(f"floor is {self.floor:g}, but the cap is {self.cap:g}, which is less")
        if 0 < self.cap < 1:
            raise ValueError(
                f"cap is {self.cap:g}, but below 1 the caps of all sellers leave attention that "
                f"nobody may have"
            )
        if self.welfare_weight > 0 and self.welfare == "none":
            raise ValueError("welfare_weight is above 0, but no welfare is named")
        if self.alpha != 1.0 and self.welfare != "alpha-fair":
            raise ValueError(
                f"alpha is {self.alpha:g}, but welfare is {self.welfare}: only alpha-fair has one"
            )
        return self

    @property
    def couple_shoppers(self) -> bool:
        """Whether sellers are promised something that only all slates together can hold."""
        return any(share > 0 for share in (self.floor, self.cap, self.new_share)) or (
            self.welfare_weight > 0
        )


class Values(Part):
    """How much a varied slate and seldom seen goods count besides the stakeholders."""

    diversity: Weight = 0.0
    tier_mix: Weight = 0.0
    coverage: Weight = 0.0
    freshness: Weight = 0.0

    def as_dict(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in VALUES}
