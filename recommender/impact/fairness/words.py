"""What a merchandiser reads about fairness: sentences and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.fairness.lists import SHARES
from recommender.impact.segments.hidden import SMALLEST
from recommender.impact.segments.kinds import Words
from recommender.impact.segments.words import FEW, moved, percent, signed

NOTES = (
    "Prices at equal function take a product's price per reference flow times the flows that a "
    "purchase in its need typically brings home. A product without a flow of its own counts at the "
    "median of its need, so that it moves nothing inside the need; none counts at more than five "
    "times that median, since its size is then rather misread.",
    "A basket holds what the baseline lists for the household, need by need; where a policy lists "
    "nothing in a need, the need stays at the baseline's price (same_needs_share says how much is "
    "compared).",
    "Worse off by relevance: the list's attention x p_buy falls by more than the stated share of "
    "the household's own list under the baseline. The baseline maximises exactly that, so it can "
    "only fall; p_buy is an estimate.",
    "Layer: observed, demand-weighted over what is listed; no forecast of what shoppers pay.",
)


def fairness_sentence(
    found: Mapping[str, Sequence[Mapping[str, float | None]]],
    gap: Mapping[str, Any] | None,
    ends: Sequence[tuple[str, int]] = (),
) -> str:
    """Prices, who is worse off, and how both ends of income fare, in one paragraph.

    `ends` are the lowest and the highest band told, with their households.
    """
    worse, much, dearer = (percent(found[name][-1]["value"] or 0.0) for name in SHARES[:3])
    price = found["basket_price"][-1]
    change = price["change"] or 0.0
    basket = moved(change, price["change_low"], price["change_high"])
    words = (
        f"the price of the same needs {basket}. {worse} of households get a list over "
        f"1 % less relevant to them, {much} over 5 %; for {dearer} their own needs cost over 1 % "
        f"more."
    )
    small = [f"{band} ({households:,})" for band, households in ends if households < FEW]
    if small:
        return words + (
            f" No difference between the lowest and the highest income band is stated: that takes "
            f"{FEW} households at each end, and fewer are of {' and of '.join(small)}."
        )
    if gap is None or gap["value"] is None or gap["low"] is None:
        return words
    value, low, high = (signed(gap[end], "points") for end in ("value", "low", "high"))
    unclear = ", no clear difference." if gap["low"] <= 0 <= gap["high"] else "."
    return words + (
        f" In the lowest income band ({gap['lowest']}, {gap['households'][0]:,} households) that "
        f"price {gap['moves'][0]}, in the highest ({gap['highest']}, {gap['households'][1]:,}) it "
        f"{gap['moves'][1]}: {value} ({low} to {high}) between them{unclear}"
    )


def income_notes(income: Words | None, ordered: Sequence[str] | None) -> list[str]:
    """What the rows by income leave out."""
    if income is None:
        return ["The shop knows no income bands, so nothing is said of them."]
    notes = [
        f"Bands of fewer than {SMALLEST} households are kept back, and larger ones with them where "
        f"fewer than {SMALLEST} could be found by subtraction. Under {FEW} households an interval "
        f"covers less than 95 %: no difference between incomes is stated from such a band."
    ]
    if ordered is None:
        notes.append("The income bands name no numbers, so which is lowest is not known.")
    return notes
