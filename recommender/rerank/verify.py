"""What a problem must be before it is solved, and what each slate owes alone, counted again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from recommender.candidates import Bools, Floats, Ints
from recommender.rerank.problem import Missed, Prices, Problem

CLOSE = 1e-9  # an own floor is met within this share of itself
A_SLIP = "a slip of the search: please report it"  # by construction there is none


def check_problem(problem: Problem) -> None:
    """Raises ValueError for a problem that cannot be solved, naming what was found."""
    attention = problem.attention
    fine = len(attention) and np.isfinite(attention).all() and (attention > 0).all()
    if not fine or (np.diff(attention) > 0).any():
        raise ValueError(
            f"attention is {attention.tolist()}, but one figure above 0 a place, falling or level, "
            f"was expected"
        )
    rows = len(problem.product)
    if problem.start[-1] != rows or len(problem.value) != rows or len(problem.p_buy) != rows:
        raise ValueError(
            f"candidates: {rows} products, {len(problem.value)} values and {len(problem.p_buy)} "
            f"chances for {problem.start[-1]} rows"
        )
    figures = {"value": problem.value, "p_buy": problem.p_buy}
    figures |= {total.name: total.each for total in problem.totals}
    for name, figure in figures.items():
        bad = ~np.isfinite(figure)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            shopper = int(np.searchsorted(problem.start, row, side="right")) - 1
            raise ValueError(
                f"candidates, row {row + 1} (shopper {shopper}, product {problem.product[row]}): "
                f"{name} is {figure[row]}, but a number was expected ({int(bad.sum())} such rows)"
            )
    limits = {f"floor of {f.name} ": f.least for f in problem.shares}
    if problem.own_floor is not None:
        limits["own floor of shopper "] = problem.own_floor
    limits |= {f"least {total.name}, number ": np.array([total.least]) for total in problem.totals}
    for name, figure in limits.items():
        if not np.isfinite(figure).all():
            at = int(np.argmin(np.isfinite(figure)))
            raise ValueError(f"{name}{at} is {figure[at]}, but a number was expected")
    if np.isnan(problem.price_cap) or problem.price_cap <= 0:
        raise ValueError(f"price cap is {problem.price_cap}, but a number above 0 was expected")
    for family in problem.shares:
        if np.isnan(family.most).any():
            raise ValueError(f"a cap of {family.name} is nan, but a number was expected")
    _check_codes(problem)
    if len(np.unique(problem.key)) != problem.shoppers:
        raise ValueError(f"key: {problem.shoppers} shoppers need distinct keys")


def _check_codes(problem: Problem) -> None:
    """Raises ValueError where products or groups are numbered beyond what there is."""
    products = min(
        [len(family.group) for family in problem.shares]
        + ([] if problem.kind is None else [len(problem.kind)]),
        default=problem.products,
    )
    if len(problem.product) and not 0 <= problem.product.min() <= problem.product.max() < products:
        raise ValueError(
            f"candidates: products {problem.product.min()} to {problem.product.max()}, but 0 to "
            f"{products - 1} were expected"
        )
    for family in problem.shares:
        groups = len(family.groups)
        if family.group.max(initial=-1) >= groups:
            raise ValueError(
                f"{family.name}: a product is of group {family.group.max()}, but there are {groups}"
            )
        for name, limit in (("floors", family.least), ("caps", family.most)):
            if len(limit) != groups:
                raise ValueError(f"{family.name}: {len(limit)} {name} for {groups} groups")


def check_prices(problem: Problem, prices: Prices) -> None:
    """Raises ValueError for prices to start from that are no numbers or those of other limits."""
    groups = tuple(len(family.groups) for family in problem.shares)
    for name, given, expected in (
        ("totals", (prices.totals,), (len(problem.totals),)),
        ("floors", prices.floors, groups),
        ("caps", prices.caps, groups),
    ):
        found = tuple(len(price) for price in given)
        if found != expected:
            raise ValueError(
                f"warm prices of {name}: {found} figures, but {expected} were expected"
            )
        for price in given:
            if not np.isfinite(price).all():
                at = int(np.argmin(np.isfinite(price)))
                raise ValueError(f"warm price {at} of {name} is {price[at]}, but no number")


def figures(figure: npt.NDArray[Any], rows: Ints, empty: float) -> npt.NDArray[Any]:
    """The figure (rows,) of each place of slates (shoppers, places), `empty` where none stands."""
    held = figure[rows] if len(figure) else np.zeros(rows.shape, figure.dtype)
    return np.where(rows >= 0, held, np.asarray(empty, figure.dtype))


def own_relevance(problem: Problem, rows: Ints) -> Floats:
    """Sum of attention x p_buy of each slate, (shoppers,); `rows` is (shoppers, places)."""
    p_buy, relevance = figures(problem.p_buy, rows, 0.0), np.zeros(len(rows))
    for place, weight in enumerate(problem.attention):  # place after place, as the kernel adds
        relevance += weight * p_buy[:, place]
    return relevance


def own_limits_missed(problem: Problem, rows: Ints) -> list[Missed]:
    """What slates owe alone and do not keep: own floors, so many of one kind, distinct rows.

    Counted from the slates themselves, whatever the search took for granted; `asked` and `reached`
    are numbers of shoppers.
    """
    held = rows >= 0
    kept = {"each row once, and one of the shopper's own": _own_rows(problem, rows, held)}
    if problem.own_floor is not None:
        floor = problem.own_floor
        kept["own relevance floors"] = (
            own_relevance(problem, rows) >= floor - CLOSE * np.abs(floor)
        ) | ~held.any(axis=1)
    if problem.per_kind > 0 and problem.kind is not None:
        kind = np.sort(np.where(held, problem.kind[figures(problem.product, rows, 0)], -1), axis=1)
        many = kind[:, problem.per_kind :]  # in order: one kind this far apart is one too many
        too_many = (many >= 0) & (many == kind[:, : many.shape[1]])
        kept["at most so many of one kind"] = ~too_many.any(axis=1)
    return [
        Missed(
            limit=limit,
            asked=float(len(rows)),
            reached=float(holds.sum()),
            unit="shoppers",
            because=A_SLIP,
        )
        for limit, holds in kept.items()
        if not holds.all()
    ]


def _own_rows(problem: Problem, rows: Ints, held: Bools) -> Bools:
    mine = (rows >= problem.start[:-1, None]) & (rows < problem.start[1:, None])
    ordered = np.sort(rows, axis=1)
    twice = (np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] >= 0)
    return np.asarray((mine | ~held).all(axis=1) & ~twice.any(axis=1))
