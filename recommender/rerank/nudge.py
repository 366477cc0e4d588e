"""The last step to a floor that is missed by a hair: one place of a few slates, or one up."""

from __future__ import annotations

import numpy as np

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.passes import Passes
from recommender.rerank.verify import own_relevance


def nudged(
    passes: Passes, rows: Ints, group: int, place: int, price: Floats
) -> tuple[Ints, Floats]:
    """Slates `rows` with one of `group` at `place` (from 0), and what each gains: (shoppers,).

    `group` is numbered through all families. Each shopper is given the row of the group that is
    worth most at `price` (limits,) and is not on the slate; a slate stays as it is where there is
    none, where the place is empty or the group's already, or where it would break what the shopper
    is owed: the own floor, or the most of one kind. The gain is at these prices, mostly below 0.
    """
    problem, other = passes.problem, rows.copy()
    gain = np.zeros(problem.shoppers)
    mine = passes.rows_of(np.flatnonzero((passes.group == group).any(axis=0)))
    shopper = np.searchsorted(problem.start, mine, side="right") - 1
    held = rows[shopper, place]
    free = (held >= 0) & ~_in_group(passes, problem.product[held], group)
    free &= ~(rows[shopper] == mine[:, None]).any(axis=1)
    free &= _kinds_hold(passes, rows, shopper, mine, place)
    weight = problem.attention[place]
    free &= _own_floor_holds(passes, rows, shopper, mine, place)
    mine, shopper, held = mine[free], shopper[free], held[free]
    score = scores(passes, mine, price)
    order = np.lexsort((problem.product[mine], -score, shopper))
    first = order[np.unique(shopper[order], return_index=True)[1]]
    other[shopper[first], place] = mine[first]
    gain[shopper[first]] = weight * (score[first] - scores(passes, held[first], price))
    return other, gain


def promoted(
    passes: Passes, rows: Ints, group: int, place: int, price: Floats
) -> tuple[Ints, Floats]:
    """Slates `rows` with their best-placed good of `group` below `place` moved up to it.

    Whatever stood at `place` takes the place that it leaves, so a floor that is missed by less
    than a place comes nearer at no good's cost. Answers as `nudged` does; a slate stays as it is
    where `group` has nothing below, holds the place itself, or the shopper's own floor would break.
    """
    problem, other = passes.problem, rows.copy()
    gain = np.zeros(problem.shoppers)
    mine = (rows >= 0) & _in_group(passes, problem.product[rows], group)
    below = mine[:, place + 1 :]
    if below.size == 0:  # the last place
        return other, gain
    at = np.flatnonzero(below.any(axis=1) & ~mine[:, place])
    old = place + 1 + below[at].argmax(axis=1)
    held, raised = rows[at, place], rows[at, old]
    rise = problem.attention[place] - problem.attention[old]
    other[at, place], other[at, old] = raised, held
    gain[at] = rise * (scores(passes, raised, price) - scores(passes, held, price))
    if problem.own_floor is not None:
        broken = own_relevance(problem, other) < problem.own_floor
        other[broken], gain[broken] = rows[broken], 0.0
    return other, gain


def scores(passes: Passes, rows: Ints, price: Floats) -> Floats:
    """Priced value of some candidate rows, (rows,)."""
    problem, totals = passes.problem, len(passes.problem.totals)
    worth = problem.value[rows] + price[:totals] @ passes.each[:, rows]
    for family in passes.group:
        worth = worth + np.append(price[totals:], 0.0)[family[problem.product[rows]]]
    return np.asarray(worth)


def _in_group(passes: Passes, product: Ints, group: int) -> Bools:
    return np.asarray((passes.group[:, product] == group).any(axis=0))


def _kinds_hold(passes: Passes, rows: Ints, shopper: Ints, mine: Ints, place: int) -> Bools:
    if passes.problem.per_kind == 0:
        return np.ones(len(mine), np.bool_)
    slates = rows[shopper]
    kind = np.where(slates >= 0, passes.kind[passes.problem.product[slates]], -1)
    kind[:, place] = -1
    own = passes.kind[passes.problem.product[mine]]
    same = (kind == own[:, None]).sum(axis=1)
    return np.asarray((own < 0) | (same < passes.problem.per_kind))


def _own_floor_holds(passes: Passes, rows: Ints, shopper: Ints, mine: Ints, place: int) -> Bools:
    problem = passes.problem
    if problem.own_floor is None:
        return np.ones(len(mine), np.bool_)
    slates = rows[shopper]
    relevance = np.where(slates >= 0, problem.p_buy[slates], 0.0) @ problem.attention
    change = problem.p_buy[mine] - problem.p_buy[slates[:, place]]
    after = relevance + problem.attention[place] * change
    return np.asarray(after >= problem.own_floor[shopper])
