"""Descent on a convex function over a set that one can only project on.

The spectral projected gradient method (Birgin, Martinez and Raydan 2000, SIAM J. Optim. 10): a step
as long as the last change of slope suggests (Barzilai and Borwein 1988), a line search that lets
the function rise for a while.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recommender.candidates import Floats

REMEMBERED = 8  # heights that the line search may not exceed the worst of
SHORTEST, LONGEST = 1e-10, 1e10  # steps
ENOUGH = 1e-4  # of the fall that the slope promises
MOST_HALVINGS = 12


def descend(
    height: Callable[[Floats], tuple[float, Floats]],
    begin: Floats,
    project: Callable[[Floats], Floats],
    most_calls: int,
) -> Floats:
    """The lowest place found in at most `most_calls` of `height`, which gives height and slope.

    >>> def bowl(z):
    ...     return float(((z - 2.0) ** 2).sum()), 2.0 * (z - 2.0)
    >>> descend(bowl, np.zeros(2), lambda z: np.minimum(z, [1.0, 5.0]), 20).round(6)
    array([1., 2.])
    """
    place = project(begin)
    level, slope = height(place)
    best, lowest = place, level
    calls, past = 1, [level]
    first = np.abs(project(place - slope) - place).max(initial=0.0)
    step = 1.0 / first if first > 0 else 1.0
    while calls < most_calls:
        way = project(place - step * slope) - place
        fall = float(slope @ way)
        if fall >= -1e-15 * max(abs(level), 1e-300):
            break
        share = 1.0
        for _ in range(MOST_HALVINGS):
            there = place + share * way
            new_level, new_slope = height(there)
            calls += 1
            if new_level <= max(past[-REMEMBERED:]) + ENOUGH * share * fall or calls >= most_calls:
                break
            share /= 2.0
        moved, bent = there - place, new_slope - slope
        curved = float(moved @ bent)
        step = float(np.clip(moved @ moved / curved, SHORTEST, LONGEST)) if curved > 0 else LONGEST
        place, level, slope = there, new_level, new_slope
        past.append(level)
        if level < lowest:
            best, lowest = place, level
    return best
