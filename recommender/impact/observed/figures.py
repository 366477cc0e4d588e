"""The observed figures by name: what each says, its unit, and what its change is divided by."""

from __future__ import annotations

from dataclasses import dataclass

from recommender.rerank.shelf_facts import NEW_WEEKS


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a figure says, its unit, and what its change is divided by: itself or another figure."""

    meaning: str
    unit: str
    change: str = "relative"


SHARE, ATTENTION = "0 to 1", "share of attention, 0 to 1"
GINI = "0 all the same, 1 all on one"
MONEY, KG = "shop currency per household", "kg CO2e per household"
KG_PER_MONEY = "kg CO2e per unit of shop currency"
FIGURES = {
    "ndcg": Figure(
        meaning="how high up the items bought stood (NDCG)",
        unit="0 to 1: the first places all bought",
    ),
    "recall": Figure(meaning="share of the items bought that were on the slate", unit=SHARE),
    "dcg": Figure(
        meaning="places whose item was bought, discounted by how far down they stood (DCG)",
        unit="hits at the first place",
    ),
    "hit_rate": Figure(meaning="households with at least one hit", unit=SHARE),
    "hits": Figure(meaning="places whose item was bought", unit="places"),
    "hits_type": Figure(meaning="places of whose product type something was bought", unit="places"),
    "hits_need": Figure(meaning="places in whose need something was bought", unit="places"),
    "p_buy_per_place": Figure(
        meaning="mean chance that the product of a place is bought (p_buy)", unit=SHARE
    ),
    "demand": Figure(
        meaning="demand-weighted purchases (attention x p_buy)",
        unit="purchases per household",
    ),
    "demand_revenue": Figure(meaning="demand-weighted revenue", unit=MONEY),
    "demand_margin": Figure(meaning="demand-weighted margin", unit=MONEY),
    "demand_kg_functional": Figure(
        meaning="demand-weighted carbon at equal use (functional)", unit=KG
    ),
    "demand_kg_excess": Figure(
        meaning="demand-weighted carbon above what the household buys in the same needs",
        unit=KG,
        change="demand_kg_functional",
    ),
    "demand_kg_pack": Figure(meaning="demand-weighted carbon of whole packs", unit=KG),
    "kg_functional_per_purchase": Figure(
        meaning="carbon at equal use (functional) of a demand-weighted purchase",
        unit="kg CO2e per purchase",
    ),
    "kg_functional_per_money": Figure(
        meaning="carbon at equal use (functional) over demand-weighted revenue", unit=KG_PER_MONEY
    ),
    "kg_pack_per_money": Figure(
        meaning="carbon of whole packs over demand-weighted revenue", unit=KG_PER_MONEY
    ),
    "hits_revenue": Figure(meaning="paid in the window for items on the slate", unit=MONEY),
    "hits_margin": Figure(meaning="margin on what was paid for them", unit=MONEY),
    "hits_kg_functional": Figure(
        meaning="carbon at equal use (functional) of the items on the slate that were bought, one "
        "typical purchase each",
        unit=KG,
    ),
    "hits_kg_pack": Figure(meaning="carbon of the packs bought of them", unit=KG),
    "hits_kg_functional_per_money": Figure(
        meaning="carbon at equal use (functional) of the items hit, one typical purchase each, "
        "over what was paid for them",
        unit=KG_PER_MONEY,
    ),
    "hits_kg_pack_per_money": Figure(
        meaning="carbon of the packs bought of the items hit over what was paid for them",
        unit=KG_PER_MONEY,
    ),
    "pairwise_distance": Figure(
        meaning="mean distance between two products of one slate",
        unit="0 of one type, a half of one category or need, else 1",
    ),
    "head_share": Figure(
        meaning="attention on the best sold goods that make the first fifth of sales",
        unit=ATTENTION,
    ),
    "middle_share": Figure(meaning="attention on goods between head and tail", unit=ATTENTION),
    "tail_share": Figure(
        meaning="attention on the least sold goods that make the last fifth of sales",
        unit=ATTENTION,
    ),
    "slates_of_all_tiers": Figure(
        meaning="slates with goods of head, middle and tail", unit="share of slates, 0 to 1"
    ),
    "fresh_share": Figure(
        meaning=f"attention on goods first sold in the last {NEW_WEEKS} weeks before the window",
        unit=ATTENTION,
    ),
    "seller_gini": Figure(
        meaning="unevenness of attention between sellers (Gini)",
        unit=GINI,
    ),
    "seller_top10_share": Figure(meaning="attention on the ten sellers shown most", unit=ATTENTION),
    "seller_small_share": Figure(
        meaning="attention on sellers outside the top tenth by training sales", unit=ATTENTION
    ),
    "private_label_share": Figure(meaning="attention on the private label", unit=ATTENTION),
    "seller_gini_without_private_label": Figure(
        meaning="unevenness of attention between sellers, private label left out (Gini)", unit=GINI
    ),
    "seller_top10_share_without_private_label": Figure(
        meaning="attention on the ten sellers shown most, private label left out", unit=ATTENTION
    ),
    "unknown_share": Figure(meaning="attention on unknown footprints", unit=ATTENTION),
    "sellers_reached": Figure(meaning="sellers shown to anybody", unit="sellers"),
    "sellers_reached_without_private_label": Figure(
        meaning="sellers shown to anybody by more than the private label", unit="sellers"
    ),
    "coverage": Figure(meaning="products shown to anybody, of those that may be", unit=SHARE),
}
# no interval: households drawn again can only lose some of the distinct things
# A sample of households spreads sellers further than they are, and no draw of it mends that: in
# logs of known truth 0 of 2,000 intervals of the level held it (`benchmarks coverage`). The paired
# change keeps its interval, since both sides are spread alike.
NO_LEVEL = ("seller_gini", "seller_gini_without_private_label")
DISTINCT = ("sellers_reached", "sellers_reached_without_private_label", "coverage")
