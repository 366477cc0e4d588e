"""What a problem must be before it is solved, and what an answer is worth, counted again."""

from __future__ import annotations

import numpy as np

from recommender.rerank.problem import Problem


def check_problem(problem: Problem) -> None:
    """Raises ValueError for a problem that cannot be solved, naming what was found."""
    attention = problem.attention
    if not len(attention) or not (attention > 0).all() or (np.diff(attention) > 0).any():
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
    if len(np.unique(problem.key)) != problem.shoppers:
        raise ValueError(f"key: {problem.shoppers} shoppers need distinct keys")
