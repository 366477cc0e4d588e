"""What sellers are due: shares of attention as targets, and what is left to give them now.

Targets are shares that sum to 1: the same for every seller, as many products as it lists, or as
much as it sells. None is perfect: equal targets pay for empty catalogues, catalogue shares for long
ones, merit for what sold before. Where companies are known, a company that splits its catalogue
into two sellers gains nothing with targets per entity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.policy_parts import Sellers
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import TINY, Goods

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What the horizon has seen so far: floors are rates over it, not promises of each hour."""

    attention: float = 0.0  # of all places shown since the horizon began
    exposure: Mapping[str, float] = field(default_factory=dict)  # of it, by seller or entity

    def after(self, attention: float, exposure: Mapping[str, float]) -> Carried:
        """What it has seen once a run has shown this as well.

        >>> Carried(attention=10.0, exposure={"a": 1.0}).after(5.0, {"a": 0.5, "b": 2.0})
        Carried(attention=15.0, exposure={'a': 1.5, 'b': 2.0})
        """
        names = sorted({*self.exposure, *exposure})
        seen = {name: self.exposure.get(name, 0.0) + exposure.get(name, 0.0) for name in names}
        return Carried(attention=self.attention + attention, exposure=seen)

    def to_json(self) -> str:
        """As JSON text; `from_json` reads it back."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, sort_keys=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Carried:
        """What `to_json` wrote. Raises ValueError for any other text.

        >>> Carried.from_json(Carried(attention=2.0).to_json())
        Carried(attention=2.0, exposure={})
        """
        try:
            given = json.loads(text)
            if given["schema"] != SCHEMA:
                raise ValueError(f"schema is {given['schema']}, but {SCHEMA} was expected")
            seen = {str(name): float(amount) for name, amount in given["exposure"].items()}
            attention = float(given["attention"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"carried exposure: this is none ({error})") from error
        if not (
            np.isfinite([attention, *seen.values()]).all() and min(seen.values(), default=0) >= 0
        ):
            raise ValueError("carried exposure: attention is finite and 0 or more")
        return cls(attention=attention, exposure=seen)


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Shares of attention by seller or legal entity; `share` sums to 1."""

    groups: tuple[str, ...]  # those with a product that may be shown
    group: Ints  # (products,): position in `groups`; -1 for a product without a seller
    share: Floats  # (groups,): what each is due
    kept_for_new: Floats  # (groups,): the part of `share` that is due to it for being new
    is_new: Bools  # (groups,)

    def floor_rate(self, floor: float) -> Floats:
        """Least share of attention of each, (groups,): `floor` x target, and all that is kept.

        What is kept for new sellers is promised whole, whatever the others' floor is.
        """
        return floor * (self.share - self.kept_for_new) + self.kept_for_new

    def cap_rate(self, cap: float) -> Floats:
        """Most share of attention of each, (groups,); infinite for a cap of 0.

        A seller without a target has no cap: nobody is barred for not having sold yet.
        """
        if cap == 0:
            return np.full(len(self.share), np.inf)
        return np.where(self.share > 0, cap * self.share, np.inf)

    def named(self, amounts: Mapping[str, float]) -> Floats:
        """Amounts by name as an array (groups,), 0 for a group without one."""
        return np.array([amounts.get(name, 0.0) for name in self.groups], np.float64)


def seller_targets(goods: Goods, facts: ShelfFacts, sellers: Sellers) -> Targets:
    """What a policy's `sellers` table makes due to whom, new sellers' part included.

    A share `new_share` of attention goes to new sellers in equal parts, the rest keeps its
    proportions; where nobody is new, the rest is all.
    """
    groups, group = _groups(goods, facts, sellers.per)
    share = target_shares(sellers.target, group, len(groups), goods.may_be_shown, facts.sales)
    is_new = facts.is_new(group, len(groups))
    kept = sellers.new_share * is_new / max(is_new.sum(), 1)
    return Targets(
        groups=groups,
        group=group,
        share=(1.0 - kept.sum()) * share + kept,
        kept_for_new=kept,
        is_new=is_new,
    )


def target_shares(
    target: str, group: Ints, groups: int, may_be_shown: Bools, sales: Floats
) -> Floats:
    """Share of attention that each group is due, (groups,), sum 1; zeros where nothing is known.

    `target` is "equal", "catalogue" (of products that may be shown) or "merit" (of `sales`,
    (products,), in money, of all products: as `Goods.target`).

    >>> group, sales = np.array([0, 0, 1, -1]), np.array([1.0, 2.0, 6.0, 5.0])
    >>> shown = np.array([True, True, True, True])
    >>> [
    ...     target_shares(t, group, 2, shown, sales).round(3).tolist()
    ...     for t in ("equal", "catalogue", "merit")
    ... ]
    [[0.5, 0.5], [0.667, 0.333], [0.333, 0.667]]
    """
    counted = may_be_shown * 1.0 if target in ("equal", "catalogue") else sales
    named = group >= 0
    amount = np.bincount(group[named], counted[named], minlength=groups).astype(np.float64)
    if target == "equal":
        amount = (amount > 0).astype(np.float64)
    return amount / max(amount.sum(), TINY)


def floors_now(
    rate: Floats, attention_now: float, attention_before: float, exposure_before: Floats
) -> Floats:
    """Exposure that each group still needs now, (groups,), to keep its rate over the horizon.

    >>> rate, seen = np.array([0.1, 0.1, 0.1]), np.array([0.0, 5.0, 30.0])
    >>> floors_now(rate, 50.0, 100.0, seen).tolist()  # 0.1 x 150 less what was seen
    [15.0, 10.0, 0.0]
    """
    return np.maximum(0.0, rate * (attention_before + attention_now) - exposure_before)


def caps_now(
    rate: Floats, attention_now: float, attention_before: float, exposure_before: Floats
) -> Floats:
    """The most exposure that each group may have now, (groups,); infinite where it has no cap.

    >>> caps_now(np.array([0.2, np.inf]), 50.0, 0.0, np.zeros(2)).tolist()
    [10.0, inf]
    """
    return np.maximum(0.0, rate * (attention_before + attention_now) - exposure_before)


def _groups(goods: Goods, facts: ShelfFacts, per: str) -> tuple[tuple[str, ...], Ints]:
    """Names and codes of those with a product that may be shown."""
    if per == "seller":
        return goods.sellers, goods.seller
    shown = np.unique(facts.entity[goods.may_be_shown & (facts.entity >= 0)])
    code = np.full(len(facts.entities) + 1, -1, np.int64)  # the last place: no company
    code[shown] = np.arange(len(shown))
    return tuple(facts.entities[at] for at in shown), code[facts.entity]
