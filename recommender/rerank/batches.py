"""Batches of a problem: some of its shoppers, who owe their part of what all owe together.

Floors and caps are rates of attention, so a batch owes as much as its places are of all places; a
relevance floor is a share of what relevance alone would show, so a batch owes its own part of that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.rerank.assemble import RELEVANCE
from recommender.rerank.attainable import best_slates_by, places_filled, slate_figures
from recommender.rerank.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Batches:
    """A problem of all shoppers, to be served some at a time."""

    problem: Problem
    attention: Floats  # (shoppers,): of the places that each slate can fill
    relevance: Floats  # (shoppers,): sum of attention x p_buy of each best slate by relevance

    @classmethod
    def of(cls, problem: Problem) -> Batches:
        """Batches of `problem`, whose limits are those of all its shoppers once."""
        by_places = np.append(0.0, np.cumsum(problem.attention))
        best = best_slates_by(problem, problem.p_buy)
        return cls(
            problem=problem,
            attention=by_places[places_filled(problem)],
            relevance=slate_figures(best, problem.p_buy, problem.attention),
        )

    def batch(self, shoppers: Ints) -> tuple[Problem, Ints]:
        """The problem of some shoppers, and the row of the whole problem that each row was.

        Who comes twice has two slates and owes twice.

        >>> from recommender.rerank.problem import Shares
        >>> both = Problem(
        ...     key=np.array([1, 2]),
        ...     start=np.array([0, 1, 2]),
        ...     product=np.array([0, 1]),
        ...     value=np.array([0.5, 0.4]),
        ...     p_buy=np.array([0.5, 0.4]),
        ...     attention=np.array([1.0]),
        ...     shares=(
        ...         Shares(
        ...             name="seller",
        ...             groups=("small",),
        ...             group=np.array([-1, 0]),
        ...             least=np.array([0.5]),
        ...             most=np.array([np.inf]),
        ...         ),
        ...     ),
        ... )
        >>> second, rows = Batches.of(both).batch(np.array([1]))
        >>> second.shares[0].least.tolist(), second.product.tolist(), rows.tolist()
        ([0.25], [1], [1])
        """
        problem = self.problem
        count = np.diff(problem.start)[shoppers]
        start = np.append(0, np.cumsum(count))
        rows = np.repeat(problem.start[:-1][shoppers] - start[:-1], count) + np.arange(start[-1])
        part, of_relevance = _part(self.attention, shoppers), _part(self.relevance, shoppers)
        parts = [of_relevance if total.name == RELEVANCE else part for total in problem.totals]
        floor = problem.own_floor
        return replace(
            problem,
            key=problem.key[shoppers],
            start=start,
            product=problem.product[rows],
            value=problem.value[rows],
            p_buy=problem.p_buy[rows],
            totals=tuple(
                replace(total, each=total.each[rows], least=owed * total.least)
                for total, owed in zip(problem.totals, parts, strict=True)
            ),
            shares=tuple(
                replace(family, least=part * family.least, most=_scaled(family.most, part))
                for family in problem.shares
            ),
            own_floor=None if floor is None else floor[shoppers],
        ), rows


def _scaled(most: Floats, part: float) -> Floats:
    """Caps of a part; no cap stays none, of nobody as well."""
    capped = np.isfinite(most)
    return np.where(capped, part * np.where(capped, most, 0.0), np.inf)


def _part(of_each: Floats, shoppers: Ints) -> float:
    """How much of all some of them have; 0 where nobody has anything."""
    total = float(of_each.sum())
    return float(of_each[shoppers].sum()) / total if total > 0 else 0.0
