"""What a basket starts with, what could stand in for its goods, and why others have nothing."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from app_pages._shop.stock import Stock
from app_pages._shop.wishes import Wishes
from recommender.basket import Lines, units_of, usual_lines
from recommender.candidates import Floats
from recommender.swaps import (
    SwapRules,
    by_verdict,
    comparisons,
    lighter_swaps,
    withheld_because,
)

# One household in 500 takes it within four weeks, or this household is as likely to: what is taken
# more rarely serves the need on paper only, as hominy does for spaghetti.
RULES = SwapRules(liking=0.002)
LIKELY = 0.05  # p_buy from which a stand-in is said to be one that the household may well take


def usual_basket(stock: Stock, household: str | None) -> Lines:
    """The basket that a shelf starts with: what the household buys most regularly, or nothing."""
    if household is None:
        return Lines.of([], [])
    return usual_lines(stock.history, int(stock.history.log.ids.customer_rows([household])[0]))


def own_units(stock: Stock, household: str | None) -> Floats:
    """Units that a household bought of each product; everybody's without one."""
    if household is None:
        return stock.units
    return units_of(stock.history.log, int(stock.history.log.ids.customer_rows([household])[0]))


def liking_of(stock: Stock, household: str | None) -> Floats:
    """How likely each product is taken, (products,): by `p_buy` among the household's candidates.

    Elsewhere the share of all who bought it in the last four weeks.
    """
    liking = stock.crowd.copy()
    if household is not None:
        customer = int(stock.history.log.ids.customer_rows([household])[0])
        own = slice(stock.candidates.start[customer], stock.candidates.start[customer + 1])
        liking[stock.candidates.product[own]] = stock.candidates.p_buy[own]
    return liking


def basket_swaps(
    stock: Stock,
    household: str | None,
    lines: Lines,
    wishes: Wishes = Wishes(),
    refused: Sequence[int] = (),
) -> pd.DataFrame:
    """Stand-ins estimated lighter for what is in a basket (`swaps.lighter_swaps`).

    Of goods that are often enough bought (`RULES`), that fit the wishes, that are not refused and
    not in the basket already. The likeliest to be taken comes first; margin plays no part.
    """
    liking = np.where(wishes.allows(stock.goods), liking_of(stock, household), 0.0)
    liking[list(refused)] = 0.0
    liking[lines.product] = 0.0
    return lighter_swaps(lines.product, stock.swaps, liking, RULES)


def refused_for(
    stock: Stock, household: str | None, lines: Lines, wishes: Wishes, refused: Sequence[int]
) -> dict[int, list[int]]:
    """By product of the basket: the stand-ins that would be proposed, had they not been refused."""
    if not refused:
        return {}
    swaps = basket_swaps(stock, household, lines, wishes)
    swaps = swaps[swaps["swap"].isin(refused)]
    named: dict[int, list[int]] = {}
    for product, swap in zip(swaps["product"].tolist(), swaps["swap"].tolist(), strict=True):
        named.setdefault(product, []).append(swap)
    return named


def why_no_swap(
    stock: Stock, lines: Lines, swaps: pd.DataFrame, picky: bool = False
) -> dict[str, list[int]]:
    """The basket's products without a stand-in, by why: kept apart, no figure, or not told.

    `picky` where wishes left some out, so that what is said of the rest holds.
    """
    wished = "that fits what you asked for " if picky else ""
    otherwise = (
        f"nothing similar {wished}that is often bought, and costs about as much for the same use, "
        f"is estimated lighter"
    )
    said: dict[str, list[int]] = {}
    because = withheld_because(stock.products.iloc[lines.product])
    for row, why in zip(lines.product.tolist(), because, strict=True):
        if row in set(swaps["product"]):
            continue
        if not why and not stock.swaps.placed[row]:
            why = "no figure that may be compared with others"
        elif not why and not stock.swaps.comparable[row]:
            why = "its use at home outweighs the product"
        said.setdefault(why or otherwise, []).append(row)
    return said


def why_swap(stock: Stock, swap: Mapping[Hashable, Any]) -> str:
    """Why this stand-in, in a sentence: what it shares with the usual product."""
    number, usual = int(swap["swap"]), int(swap["product"])
    need = stock.products["need"].iloc[usual]
    kind = stock.products["kind"].iloc[number]
    other = f"for the same need, {need}" + ("" if kind == need else f": {kind}")
    same = f"also {kind}" if swap["same_kind"] else other
    liked = "; this household may well take it" if swap["liking"] >= LIKELY else ""
    return f"{same}{liked}"


def weighed(stock: Stock, product: int) -> pd.DataFrame:
    """The products weighed as stand-ins for one: lighter, then cannot tell, then heavier ones."""
    return by_verdict(comparisons(np.array([product]), stock.swaps), RULES)
