"""Of thousands of limits, those that one shopper's slate turns on, and the rest in a line each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from recommender.rerank.explain_words import figure
from recommender.rerank.limit_prices import PURCHASES, LimitPrice

HERE, ELSEWHERE = 4, 2  # limits told of the groups on the slate, and of others


def worth_telling(limits: Sequence[LimitPrice], on_slate: Collection[str] = ()) -> list[LimitPrice]:
    """Totals, then what binds or is missed: of `on_slate` (groups that it shows), then of others.

    Within each, what costs most comes first; ties go by name.
    """

    def order(limit: LimitPrice) -> tuple[bool, float, str]:
        cost = limit.price if limit.cost_per_week is None else limit.cost_per_week
        return limit.missed, -cost, limit.limit

    at_work = sorted((it for it in limits if it.family and (it.binding or it.missed)), key=order)
    here = [it for it in at_work if it.group in on_slate]
    elsewhere = [it for it in at_work if it.group not in on_slate]
    return [it for it in limits if it.family is None] + here[:HERE] + elsewhere[:ELSEWHERE]


def family_sentences(limits: Sequence[LimitPrice]) -> list[str]:
    """For each family of limits: how many there are, cost something and are missed.

    The cost of all floors together is at most the sum of theirs.
    """
    said = []
    for family in dict.fromkeys(it.family for it in limits if it.family is not None):
        own = [it for it in limits if it.family == family]
        binding = [it for it in own if it.binding and not it.missed]
        sentence = f"{family.capitalize()}: {len(own):,}, of which {len(binding):,} "
        sentence += "costs something" if len(binding) == 1 else "cost something"
        weekly = [it.cost_per_week for it in binding if it.cost_per_week is not None]
        if weekly:
            sentence += f" (at most {figure(sum(weekly))} {PURCHASES} a week in all)"
        missed = sum(it.missed for it in own)
        said.append(f"{sentence} and {missed:,} {'is' if missed == 1 else 'are'} missed.")
    return said
