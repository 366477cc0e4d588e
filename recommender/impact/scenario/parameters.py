"""What a scenario may assume: every parameter with its domain, its unit and what holds without it.

A default is a range too. Most are 0 to 0, no effect; attention, prices and substitution have none
that could be left out, so theirs are ranges with a source.
"""

from __future__ import annotations

from dataclasses import dataclass

OURS = "Assumption of ours"
TRANSFER = (0.1, 1.0)  # as recommender.impact.response_verdicts.Transfer has it; a test holds it


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One figure of the what-if model: lowest and highest that make sense, and its default."""

    low: float
    high: float
    unit: str
    words: str
    default_low: float = 0.0
    default_high: float = 0.0
    default_source: str = f"{OURS}: no effect where a scenario says nothing"


PARAMETERS: dict[str, Parameter] = {
    "attention_transfer": Parameter(
        low=0.0,
        high=1.5,
        unit="share of a shelf display's log effect",
        words="what the first slot of a list has of a display's effect on the log of sales",
        default_low=TRANSFER[0],
        default_high=TRANSFER[1],
        default_source=f"{OURS}: no log of displays can tell it",
    ),
    "price_elasticity": Parameter(
        low=-6.0,
        high=0.0,
        unit="% of a product's sales per % of its own price",
        words="change of one product's sales with its price, all other prices the same",
        default_low=-3.6,
        default_high=-1.6,
        default_source=f"{OURS}: 1 to either side of the mean of brands, -2.62 (Bijmolt, van "
        "Heerde, Pieters 2005, Journal of Marketing Research 42(2))",
    ),
    # a nested logit has about this ratio between the elasticity of the whole nest and of one good:
    # 0.27 / 2.62 = 0.10 (eggs), 0.81 / 2.62 = 0.31; goods of one need differ more than brands do
    "nest_dissimilarity": Parameter(
        low=0.05,
        high=1.0,
        unit="1 = no more substitution inside a need than outside it",
        words="how little goods of one need stand in for each other",
        default_low=0.1,
        default_high=0.5,
        default_source=f"{OURS}: 0.10 to 0.31 is a food's elasticity (0.27 to 0.81; Andreyeva, "
        "Long, Brownell 2010, American Journal of Public Health 100(2)) over a brand's (2.62; "
        "Bijmolt, van Heerde, Pieters 2005); higher, as goods of a need differ more than brands",
    ),
    "label_heavy": Parameter(
        low=-1.0,
        high=0.2,
        unit="log odds",
        words="of a product in its need's heaviest third, when carbon labels are shown",
    ),
    "label_light": Parameter(
        low=-0.2,
        high=1.0,
        unit="log odds",
        words="of a product in its need's lightest third, when carbon labels are shown",
    ),
    "carbon_taste_share": Parameter(
        low=0.0,
        high=1.0,
        unit="share of shoppers",
        words="shoppers who appreciate lower-carbon goods",
    ),
    "carbon_taste": Parameter(
        low=0.0,
        high=2.0,
        unit="log odds per kg CO2e fewer at equal function",
        words="how much they prefer the lighter of two goods at the same price",
    ),
    "premium": Parameter(
        low=0.0,
        high=5.0,
        unit="shop currency per kg CO2e avoided",
        words="how much more they would pay, beyond that taste",
    ),
    "buy_more": Parameter(
        low=-0.3,
        high=0.3,
        unit="change, as a share",
        words="of these shoppers' number of purchases",
    ),
    "engagement_short": Parameter(
        low=-0.2,
        high=0.1,
        unit="change, as a share",
        words="of all purchases from slots just after the change",
    ),
    "engagement_recovery_months": Parameter(
        low=0.0,
        high=1200.0,  # a century: as good as never
        unit="months",
        words="until that change is gone, in even steps; 0: within the first month",
    ),
    "seller_cut": Parameter(
        low=0.0,
        high=0.5,
        unit="share of kg CO2e per year",
        words="by which a seller that lost exposure for carbon lowers its footprints, if it does",
    ),
    "seller_cut_share": Parameter(
        low=0.0,
        high=1.0,
        unit="share of sellers",
        words="of those that lost exposure for carbon, who lower their footprints",
    ),
    "seller_reprice": Parameter(
        low=-0.3,
        high=0.3,
        unit="change of price, as a share",
        words="by sellers whose income fell by a fifth or more; in proportion below that",
    ),
    "seller_exit_below": Parameter(
        low=0.0,
        high=1.0,
        unit="share of its income in this shop before",
        words="a seller that stays under it for half a year leaves; 0: nobody leaves",
    ),
    "seller_entry": Parameter(
        low=0.0,
        high=0.5,
        unit="share of needs per year",
        words="of exposure that lighter newcomers take from all who are there",
    ),
    "rebound_share": Parameter(
        low=0.0,
        high=1.0,
        unit="share of money saved",
        words="that is spent elsewhere",
    ),
    "rebound_kg_per_money": Parameter(
        low=0.0,
        high=3.0,
        unit="kg CO2e per unit of shop currency",
        words="of what the saved money is spent on",
    ),
    "habit": Parameter(
        low=0.0,
        high=1.0,
        unit="share of the past choice that holds for a month",
        words="0: shoppers follow a new list at once; 1: never",
    ),
}

# an effect without its other half would change nothing, silently
HALVES = {
    "carbon_taste": "carbon_taste_share",
    "premium": "carbon_taste_share",
    "buy_more": "carbon_taste_share",
    "seller_cut": "seller_cut_share",
    "rebound_share": "rebound_kg_per_money",
    "rebound_kg_per_money": "rebound_share",
}
TAKES_MONTHS = (
    "engagement_recovery_months",
    "seller_cut",
    "seller_reprice",
    "seller_exit_below",
    "seller_entry",
)
# read for the design, and no figure of a shop: farms' profit with farms' premiums
NOT_FOR_SHOPS = {"crowder": "organic farms against conventional ones, never a retail parameter"}
