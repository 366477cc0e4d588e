"""Two products beside each other: whether one is lighter at equal use, or why nobody can tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app_pages._footprints.words import why_not_placed
from app_pages._shop.stock import Stock
from app_pages._words import listed, plain, verdict
from recommender.lighter import chance_lighter, with_own_error
from recommender.swaps import withheld_because


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two products at equal use; `said` is the verdict in words, `because` why none is given."""

    said: str
    because: str = ""
    use: str = ""  # what both are compared for
    chance: float | None = None  # that the second is lighter
    ranges: tuple[tuple[float, float, float], ...] = ()  # figure, low, high of each, for one use


def compare(stock: Stock, first: int, second: int) -> Comparison:
    """Whether `second` is lighter than `first` at equal use, with the library's own chance.

    No verdict across needs, for figures that are never ranked, for what is withheld from any
    comparison (infants, medicines, age), nor between classes of use at home.
    """
    pair, goods = [first, second], stock.swaps
    both = stock.products.iloc[pair]
    for number, (_, product) in zip(pair, both.iterrows(), strict=True):
        if not goods.placed[number]:
            name = plain(stock.titles[number])
            return Comparison(said="cannot tell", because=f"{name}: {why_not_placed(product)}")
    needs = [plain(need) for need in both["need"]]
    if goods.need[first] != goods.need[second]:
        return Comparison(
            said="cannot tell",
            because=f"they serve different needs ({listed(needs)}), and no amount of one stands in "
            f"for the other",
        )
    withheld = [why for why in withheld_because(both) if why]
    if withheld:
        return Comparison(
            said="not compared",
            because=f"goods {withheld[0]} are not compared by footprint: what is right for who "
            f"uses them comes first",
        )
    classes = goods.use_class[pair]
    if classes[0] != classes[1] or not goods.comparable[pair].all():
        return Comparison(
            said="cannot tell",
            because="their use at home emits more than making them, and it differs or is not known",
        )
    flows = float(stock.goods.functional.typical_flows[goods.need[first]])
    kg_use, sd = goods.kg_functional[pair] / flows, goods.sd[pair]
    log_kg = goods.log_kg[pair]
    chance = float(chance_lighter(log_kg[[1]], sd[[1]], log_kg[[0]], sd[[0]])[0])
    ranges = zip(*with_own_error(kg_use, sd), strict=True)
    return Comparison(
        said=verdict(chance),
        use=plain(both["flow"].iloc[0]),
        chance=chance,
        ranges=tuple((float(a), float(b), float(c)) for a, b, c in ranges),
    )


def scale_of_one_use(stock: Stock, row: int) -> tuple[float, float]:
    """Lightest and heaviest of the product's need, for one use (kg CO2e)."""
    flows = float(stock.goods.functional.typical_flows[stock.goods.functional.need[row]])
    low, high = stock.scale(row)
    return low / flows, high / flows


def others_for_the_need(stock: Stock, row: int, most: int = 6) -> list[int]:
    """What else serves the same need: of each other kind the most bought, then of the same."""
    goods = stock.swaps
    start, end = goods.need_start[goods.need[row]], goods.need_start[goods.need[row] + 1]
    rows = goods.by_need[start:end]
    rows = rows[rows != row]
    rows = rows[np.argsort(-stock.crowd[rows], kind="stable")]
    first = pd.Series(goods.kind[rows]).drop_duplicates().index.to_numpy()
    rest = np.setdiff1d(np.arange(len(rows)), first)
    return [int(k) for k in np.append(rows[first], rows[rest])[:most]]
