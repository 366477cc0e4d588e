"""What a backtest says of its own run: its layer, its counts, and the notes under its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.bootstrap import COVERAGE
from recommender.candidates import Bools, Candidates, Ints
from recommender.impact.observed.footprint_draws import Doubt
from recommender.metrics import Bought
from recommender.policy import BASELINE, Slate
from recommender.tradeoff import Goods

LAYER = "observed (held-out purchases)"
NOTES = (
    "Demand-weighted sums are attention x p_buy x what one pack or purchase is worth: half of "
    "these goods are bought anyway, so they are no forecast.",
    "Held-out purchases were made without these lists, by shoppers and sellers who did not adapt "
    "to them: a backtest alone must show a loss of hits for whatever differs from habit.",
    "Households without a purchase in the window do not enter NDCG, recall, DCG and hits; all "
    "enter the rest.",
    "Intervals of seller shares hold the ranks and the top sellers as they are; counts of distinct "
    "things have none, since households drawn again can only lose some, and the worst seller is "
    "counted for the same reason.",
    "Products of unknown footprint carry 0 kg; their share of attention is unknown_share.",
    "Scales and sellers' targets come from the baseline's slates for the task all and hold for "
    "both tasks.",
)
FOOTPRINT_NOTE = (
    "Ranges of the footprints are 80 % ranges over draws of every product's error, the same for "
    "all policies. Of a product's own error among goods of one need nothing is shared; the rest of "
    "its range is shared with the need, and a quarter of that rest with all goods (an assumption "
    "of ours), since errors taken as independent average out and flatter. They say nothing of an "
    "optimiser picking what is lightest by error: claimed against realised does."
)


def run_facts(
    candidates: Candidates,
    goods: Goods,
    windows: Mapping[str, Bought],
    households: Ints,
    audit: Bools,
    *,
    slate: Slate,
    draws: int,
    margins: Mapping[str, Any],
    doubt: Doubt | None,
) -> dict[str, Any]:
    """The part `meta` of the report that the backtest knows itself, as plain values.

    `households` are the customer numbers judged, `audit` (customers,) those that chose nothing,
    `windows` the purchases by task, `margins` what `observed.margins.with_margins` says.
    """
    return {
        "layer": LAYER,
        "households": len(households),
        "audit_households": int(audit[households].sum()),
        "judged": {t: int((w.items[households] > 0).sum()) for t, w in windows.items()},
        "candidate_rows": len(candidates.product),
        "products": len(goods.price),
        "slots": slate.n,
        "attention": slate.curve().tolist(),
        "draws": draws,
        "coverage": COVERAGE,
        "baseline": BASELINE,
        "products_by_basis": goods.functional.counts(),
        "products_without_margin": goods.no_margin,
        "margins": dict(margins),
        "footprint_range": None if doubt is None else doubt.told(~goods.unknown),
        "notes": [
            *NOTES,
            *([] if doubt is None else [FOOTPRINT_NOTE]),
            f"Margins: {margins['basis']}.",
        ],
    }
