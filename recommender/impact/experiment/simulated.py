"""A simulated shop whose purchase chances are known: its logs, and how far estimates are off.

Each customer has a few candidates; the chance to buy one at a place is attention x taste. In a
"cascade" world a tempting product above takes attention from those below, which breaks what the
position-based estimators assume: the study reports the bias it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from recommender.candidates import Floats, Ints
from recommender.impact.experiment.slots import Pools, Slots, drawn_slates, slots_for
from recommender.impact.off_policy.columns import WORTH
from recommender.impact.off_policy.off_policy import ESTIMATORS, judge
from recommender.impact.off_policy.table import Impressions
from recommender.impact.off_policy.target import Target

LISTS_EACH = 4  # lists that each customer is shown
MONDAY = np.datetime64("2026-01-05T09:00", "us")
NAMES = ("own", "light")  # the policy in place, and the one to be judged


@dataclass(frozen=True, kw_only=True)
class SlotWorld:
    """A shop with known chances; `seed` makes its products, customers are drawn anew each time."""

    products: int = 30
    pool: int = 6
    attention: tuple[float, ...] = (1.0, 0.7, 0.5)
    level: float = -1.5  # log odds of a purchase of a typical product at the first place
    between_products: float = 0.7
    between_customers: float = 0.5
    own_taste: float = 0.7
    doubt: float = 0.5  # log odds by which p_buy errs
    climate: float = 0.3  # what the judged policy takes off for a product of mean kg
    cascade: float = 0.0  # share of attention that a sure purchase above takes
    loss: float = 0.1  # of relevance that drawing may cost
    temperature: float = 0.4
    supported: bool = True  # False: only the own policy's products are ever drawn
    seed: int = 0

    @property
    def places(self) -> int:
        return len(self.attention)

    @cached_property
    def goods(self) -> pd.DataFrame:
        """appeal (log odds), price, margin and kg_functional of each product."""
        rng = np.random.default_rng([self.seed, 7])
        price = np.exp(rng.normal(1.0, 0.5, self.products))
        return pd.DataFrame(
            {
                "product_id": [f"p{each:03d}" for each in range(self.products)],
                "appeal": rng.normal(0.0, self.between_products, self.products),
                "price": price.round(2),
                "margin": (0.25 * price).round(3),
                "kg_functional": np.exp(rng.normal(0.0, 0.8, self.products)).round(3),
            }
        )

    def customers(self, count: int, rng: np.random.Generator) -> tuple[Pools, Floats, Ints]:
        """Customers with their pools in the own order, true tastes, and the judged policy's places.

        Tastes are (customers, pool): the chance to buy at full attention.
        """
        order = rng.random((count, self.products)).argsort(axis=1)[:, : self.pool]
        goods = self.goods
        odds = (
            self.level
            + goods["appeal"].to_numpy()[order]
            + self.between_customers * rng.normal(size=(count, 1))
            + self.own_taste * rng.normal(size=order.shape)
        )
        told = 1.0 / (1.0 + np.exp(-odds - self.doubt * rng.normal(size=order.shape)))
        best = np.argsort(-told, axis=1, kind="stable")
        product: Ints = np.take_along_axis(order, best, axis=1)
        odds, told = (np.take_along_axis(each, best, axis=1) for each in (odds, told))
        kg = goods["kg_functional"].to_numpy()
        light = told * (1.0 - self.climate * kg[product] / kg.mean())
        judged = np.argsort(-light, axis=1, kind="stable")[:, : self.places]
        pools = Pools(
            customer_id=np.array([f"c{each:06d}" for each in range(count)], dtype=object),
            product=product,
            value=told,
            p_buy=told,
            own=np.tile(np.arange(self.places), (count, 1)),
        )
        return pools, 1.0 / (1.0 + np.exp(-odds)), judged

    def chances(self, taste: Floats, column: Ints) -> Floats:
        """Chance to buy at each place when `column` (customers, places) is shown."""
        shown = np.take_along_axis(taste, column, axis=1)
        taken = np.cumprod(1.0 - self.cascade * shown, axis=1)
        left = np.hstack([np.ones((len(shown), 1)), taken[:, :-1]])
        return np.array(self.attention) * left * shown

    def truth(self, customers: int = 200_000) -> dict[str, float]:
        """Purchases per list of each policy, over many customers."""
        pools, taste, judged = self.customers(customers, np.random.default_rng([self.seed, 8]))
        shown = dict(zip(NAMES, (pools.own, judged), strict=True))
        return {
            name: float(self.chances(taste, column).sum(axis=1).mean())
            for name, column in shown.items()
        }

    def slots(self, pools: Pools) -> Slots:
        """How places are drawn in this shop."""
        if not self.supported:
            empty = np.arange(self.pool) >= self.places
            pools = replace(pools, product=np.where(empty, -1, pools.product))
        return slots_for(
            pools, np.array(self.attention), loss=self.loss, temperature=self.temperature
        )

    def log(self, contexts: int, rng: np.random.Generator) -> tuple[Impressions, Target]:
        """A log of drawn slates with purchases, and the judged policy on its contexts."""
        count = max(2, contexts // LISTS_EACH)
        pools, taste, judged = self.customers(count, rng)
        slots = self.slots(pools)
        again = np.repeat(np.arange(count), LISTS_EACH)
        each = Pools(
            customer_id=pools.customer_id[again],
            product=pools.product[again],
            value=pools.value[again],
            p_buy=pools.p_buy[again],
            own=pools.own[again],
        )
        every = Slots(
            weight=slots.weight[again],
            mix=slots.mix[again],
            chance=slots.chance[again],
            relevance=slots.relevance[again],
            expected=slots.expected[again],
        )
        uniform = np.clip(rng.random((len(again), 1 + self.pool)), 1e-12, 1 - 1e-12)
        column, propensity, given = drawn_slates(each, every, uniform)
        chance = self.chances(taste[again], column)
        bought = (rng.random(chance.shape) < chance).astype(np.float64)
        context, place, at = np.nonzero(every.chance > 0)
        ids = self.goods["product_id"].to_numpy(object)
        worth = self.goods.set_index("product_id")[list(WORTH)]
        day = np.tile(np.arange(LISTS_EACH), count) * np.timedelta64(7, "D")
        log = Impressions(
            customer_id=pools.customer_id,
            product_id=ids,
            customer=again,
            shown_at=MONDAY + day,
            product=np.take_along_axis(each.product, column, axis=1),
            bought=bought,
            propensity=propensity,
            given_above=given,
            p_buy=np.take_along_axis(each.p_buy, column, axis=1),
            possible=pd.DataFrame(
                {
                    "context": context,
                    "place": place,
                    "product": each.product[context, at],
                    "propensity": every.chance[context, place, at],
                }
            ),
            worth=worth,
            where="simulated impressions",
        )
        wanted = judged[again]
        target = Target(
            name=NAMES[1],
            contexts=np.arange(len(again)),
            context=np.repeat(np.arange(len(again)), self.places),
            place=np.tile(np.arange(self.places), len(again)),
            product=np.take_along_axis(each.product, wanted, axis=1).ravel(),
            chance=np.ones(wanted.size),
            p_buy=np.take_along_axis(each.p_buy, wanted, axis=1).ravel(),
            product_id=ids,
            worth=worth.reset_index(drop=True),
            places=self.places,
            beyond=0,
        )
        return log, target

    def arm(self, contexts: int, rng: np.random.Generator) -> tuple[float, float]:
        """What a randomised arm under the judged policy sells per list, and its standard error."""
        count = max(2, contexts // LISTS_EACH)
        _, taste, judged = self.customers(count, rng)
        chance = np.repeat(self.chances(taste, judged), LISTS_EACH, axis=0)
        sold = (rng.random(chance.shape) < chance).sum(axis=1).reshape(count, LISTS_EACH)
        each = sold.mean(axis=1)
        return float(each.mean()), float(each.std(ddof=1) / np.sqrt(count))


def off_policy_study(
    logs: int,
    sizes: Sequence[int],
    seed: int = 0,
    *,
    world: SlotWorld | None = None,
    assume: str = "position",
    draws: int = 400,
) -> list[dict[str, Any]]:
    """How far estimates of purchases per list are off, by size of log (lists) and estimator.

    Over `logs` simulated logs of each size: bias, root mean squared error, how often the 95 %
    interval holds the truth, its mean width, and the share of logs that were refused.
    """
    world = world or SlotWorld()
    truth = world.truth()[NAMES[1]]
    rows: list[dict[str, Any]] = []
    for size in sizes:
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ESTIMATORS}
        refused = 0
        for each in range(logs):
            rng = np.random.default_rng([seed, size, each])
            log, target = world.log(size, rng)
            said = judge(log, target, assume=assume, draws=draws, seed=each)
            refused += bool(said.support.reason)
            for name, by_reward in said.estimates.items():
                one = by_reward["purchases"]
                value, low, high = (_number(one[key]) for key in ("value", "low", "high"))
                found[name].append((value, low, high))
        rows += [
            {
                "lists": size,
                "estimator": name,
                "assumed": assume,
                "truth": truth,
                "logs": logs,
                "refused": refused / logs,
                **_errors(np.array(values).reshape(-1, 3), truth),
            }
            for name, values in found.items()
        ]
    return rows


def _errors(found: Floats, truth: float) -> dict[str, float | None]:
    names = ("bias", "rmse", "coverage", "width")
    if len(found) == 0:
        return dict.fromkeys(names)
    value, low, high = found.T
    held = (low <= truth) & (truth <= high)
    said = (value.mean() - truth, np.sqrt(((value - truth) ** 2).mean()), held.mean())
    return dict(zip(names, [*map(float, said), float((high - low).mean())], strict=True))


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
