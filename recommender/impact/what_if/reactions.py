"""From drawn parameters to what moves: shoppers' utilities, sellers' footprints and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Bools, Floats
from recommender.impact.scenario.adaptation import SellerState, lost_for_carbon
from recommender.impact.scenario.adaptation_shoppers import engagement
from recommender.impact.what_if.choice_respond import Shift
from recommender.impact.what_if.levels import Market
from recommender.impact.what_if.slates import Ranking, exposure_of
from recommender.impact.what_if.world import World
from recommender.tradeoff import TINY

DISPLAY = "display_effect"  # where between its low and its high a display's effect lies
LARGEST = 1.0  # log odds that labels and tastes may move one product; studies found a tenth of it
REACTIONS = (
    ("label_heavy",),
    ("label_light",),
    ("carbon_taste", "carbon_taste_share"),
    ("premium", "carbon_taste_share"),
    ("buy_more", "carbon_taste_share"),
    ("engagement_short",),
    ("habit",),
)
SELLER_PARAMETERS = ("seller_cut", "seller_reprice", "seller_exit_below", "seller_entry")
Drawn = Mapping[str, Floats]


def value_of(drawn: Drawn, name: str) -> float:
    """The value of a parameter in a single draw."""
    return float(drawn[name][0])


def anybody_reacts(drawn: Drawn) -> bool:
    """Whether shoppers do anything but choose from other slates."""
    return any(all(value_of(drawn, name) != 0.0 for name in effect) for effect in REACTIONS)


def sellers_react(drawn: Drawn) -> bool:
    """Whether sellers do anything in the long run."""
    return any(value_of(drawn, name) != 0.0 for name in SELLER_PARAMETERS)


def still(world: World, drawn: Drawn) -> Shift:
    """No reaction: places draw attention, and nothing else moves."""
    nothing = np.zeros(len(world.goods.price))
    dissimilarity = value_of(drawn, "nest_dissimilarity")
    return Shift(
        plain=nothing,
        taste=nothing,
        taste_share=0.0,
        pull=value_of(drawn, "attention_transfer")
        * world.display.log_effect(value_of(drawn, DISPLAY))
        / world.kept.of(dissimilarity),
        dissimilarity=dissimilarity,
    )


def moved(world: World, drawn: Drawn, market: Market, month: int) -> Shift:
    """All that shoppers react to in a month after the change, on top of `still`.

    Labels stand on all products, on slates or not, as do the tastes that they inform. A premium is
    what shoppers with the taste would pay for each kg CO2e fewer than the need's mean: to them such
    a product is cheaper by it, as the price elasticity says. Products that have gone draw nobody.
    """
    elasticity = value_of(drawn, "price_elasticity")
    label = value_of(drawn, "label_heavy") * world.heavy + value_of(drawn, "label_light") * (
        world.light
    )
    functional = world.goods.functional.kg_functional
    fewer = world.fewer_kg + np.where(world.own_figure, functional * (1.0 - market.kg), 0.0)
    price = np.maximum(world.goods.price * market.price, TINY)
    worth = value_of(drawn, "premium") * np.maximum(fewer, 0.0) / price
    taste = value_of(drawn, "carbon_taste") * fewer - elasticity * np.log1p(worth)
    repriced = elasticity * np.log(market.price)
    gone = np.where(market.present, 0.0, -np.inf)
    left = engagement(month, drawn["engagement_short"], drawn["engagement_recovery_months"])
    base = still(world, drawn)
    lasts = bool(taste.any()) or value_of(drawn, "buy_more") != 0.0
    return Shift(
        plain=np.clip(label, -LARGEST, LARGEST) + repriced + gone,
        taste=np.clip(label + taste, -LARGEST, LARGEST) + repriced + gone,
        taste_share=value_of(drawn, "carbon_taste_share") if lasts else 0.0,
        pull=base.pull,
        place=float(np.log(left[0])),
        taste_occasions=1.0 + value_of(drawn, "buy_more"),
        dissimilarity=base.dissimilarity,
    )


def market_of(world: World, state: SellerState, newcomer_kg: Floats) -> Market:
    """What products weigh and cost once sellers have reacted; of a single draw."""
    seller = world.goods.seller  # -1, no seller, is the last place: it never reacts
    return Market(
        kg=np.append(state.kg[0], 1.0)[seller],
        price=np.append(state.price[0], 1.0)[seller],
        present=np.append(state.present[0], True)[seller],
        newcomers=float(state.newcomers[0]),
        newcomer_kg=newcomer_kg,
    )


@dataclass(frozen=True, kw_only=True)
class SellerFacts:
    """What does not change about sellers while they react."""

    lost: Bools  # (sellers,): shown less than under the baseline, and heavier than their needs
    own_brand: Bools  # (sellers,): mostly the shop's own label, which does not leave its shop
    newcomer_kg: Floats  # (products,): what a newcomer in the need weighs over what it replaces

    @classmethod
    def of(cls, world: World, baseline: Ranking, policy: Ranking) -> SellerFacts:
        """By the slates of both as they stand, and by what the history sold of each product."""
        exposure, before = (
            exposure_of(world, ranking.product, ranking.rows, ranking.attention)
            for ranking in (policy, baseline)
        )
        sellers = len(world.goods.sellers)

        def of_seller(values: Floats) -> Floats:
            sums = np.bincount(world.goods.seller + 1, values, sellers + 1)[1:]
            return np.asarray(sums, np.float64)

        sold = of_seller(world.sold)
        excess = np.divide(
            of_seller(-world.fewer_kg * world.sold), sold, out=np.zeros(sellers), where=sold > 0
        )
        label = world.goods.private_label
        own = np.zeros(sellers) if label is None else of_seller(label * world.sold)
        return cls(
            lost=lost_for_carbon(exposure, before, excess),
            own_brand=own > 0.5 * sold,
            newcomer_kg=newcomer_kg(world),
        )


def one_by_one(
    before: SellerState, after: SellerState, income_share: Floats, own_brand: Bools
) -> SellerState:
    """`after`, with only the worse-off half of those who would leave gone; of a single draw.

    What leavers sold goes to who is left: had all gone at once, each would have left for a fall
    that the others' leaving makes up for. `income_share` (sellers,) is of that before the change.

    >>> from recommender.impact.scenario.adaptation import at_start
    >>> start = at_start(1, 3)
    >>> gone = replace(start, present=np.array([[True, False, False]]))
    >>> one_by_one(start, gone, np.array([1.0, 0.6, 0.5]), np.zeros(3, bool)).present
    array([[ True,  True, False]])
    """
    leaving = np.flatnonzero(before.present[0] & ~after.present[0] & ~own_brand)
    worst = leaving[np.argsort(income_share[leaving], kind="stable")]
    present = before.present.copy()
    present[0, worst[: (len(worst) + 1) // 2]] = False
    return replace(after, present=present)


def newcomer_kg(world: World) -> Floats:
    """The mean of a need's lightest third over the mean of what is sold there, (products,).

    1 where the need has no such third, and never above 1.
    """
    functional = world.goods.functional
    needs = len(functional.needs)
    count = np.bincount(world.need, world.light, needs)
    kg = np.bincount(world.need, world.light * functional.kg_functional, needs)
    light = np.divide(kg, count, out=functional.kg_of_need.copy(), where=count > 0)
    ratio = np.divide(
        light, functional.kg_of_need, out=np.ones(needs), where=functional.kg_of_need > 0
    )
    return np.asarray(np.minimum(ratio, 1.0)[world.need])
