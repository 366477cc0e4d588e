"""What a shopper asks of the shelf, as the library's own policy fields."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.candidates import Bools
from recommender.policy import Limits, Policy, Slate, Weights
from recommender.tradeoff import Goods

SMALL = {
    "off": 0.0,
    "as the shop": 1.0,
    "more": 4.0,
}  # times the policy's weight of small suppliers
VARIETY = {"as the shop": 0.0, "some": 0.03, "more": 0.1}  # chance of a purchase given up for it
LEAST_SELLERS = 0.005  # the weight that "more" multiplies where the policy has none
RANKED = 300  # candidates of a household that are put in order
SHARED_LIMITS = (
    *("carbon_change", "carbon_target_kg", "relevance", "relevance_each", "tiers"),
    *("per_category", "price_cap"),
)


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a shopper asks of the shelf besides the green slider."""

    ceiling: float | None = None  # highest price of a pack, shop currency
    small: str = "as the shop"  # a key of SMALL
    variety: str = "as the shop"  # a key of VARIETY
    diet: str = ""  # a key of `basket_diets.DIETS`, as declared; "" for none
    fits: Bools | None = None  # (products,): what that diet leaves
    barred: Bools | None = None  # (products,): what the data say does not fit it

    @property
    def key(self) -> tuple[float | None, str, str, str]:
        """The wishes as a few short values."""
        return self.ceiling, self.small, self.variety, self.diet

    def allows(self, goods: Goods) -> Bools:
        """Which products a shopper with these wishes may be shown, (products,)."""
        allowed = goods.may_be_shown.copy()
        if self.fits is not None:
            allowed &= self.fits
        if self.ceiling is not None:
            allowed &= goods.price <= self.ceiling
        return allowed

    def diet_says(self, product: int) -> str:
        """What the declared diet says of a product; "" where it fits or none is declared."""
        if self.fits is None or self.fits[product]:
            return ""
        known = self.barred is not None and self.barred[product]
        return "against your diet" if known else "a mixed dish: it may not fit your diet"


def own_policy(policy: Policy, climate: float, wishes: Wishes, places: int = RANKED) -> Policy:
    """The shop's policy as one shopper wishes it, with room for every candidate of a household.

    Weights, the price limit and the value of variety are the policy's own fields, so the library
    ranks by them. Limits that all shoppers share (budgets, floors) bind nobody alone.
    """
    weights = policy.weights.as_dict() | {"climate": climate}
    own = max(weights["sellers"], LEAST_SELLERS) if wishes.small == "more" else weights["sellers"]
    weights["sellers"] = SMALL[wishes.small] * own
    limits = policy.limits
    ceilings = [p for p in (limits.highest_price, wishes.ceiling) if p is not None]
    # what is left of the limits where one shopper is served alone, on one long list
    alone = {name: getattr(Limits(), name) for name in SHARED_LIMITS}
    alone["highest_price"] = min(ceilings, default=None)
    values = policy.values
    values = values.model_copy(update={"diversity": max(values.diversity, VARIETY[wishes.variety])})
    return Policy(
        name=policy.name,
        version=policy.version,
        description=policy.description,
        review_date=policy.review_date,
        weights=Weights(**weights),
        carbon=policy.carbon,
        slate=Slate(n=places),
        limits=limits.model_copy(update=alone),
        values=values,
    )
