"""Chances of two places together: a list is drawn or not as a whole."""

from __future__ import annotations

import numpy as np
from numba import njit

from recommender.candidates import Floats, Ints
from recommender.impact.experiment.slots import Pools, Slots


def both_chances(pools: Pools, slots: Slots, wanted: Ints) -> Floats:
    """Chance that two wanted products stand at their places in one list.

    (customers, places, places), the earlier place first; 0 elsewhere and where a product cannot be
    drawn. `wanted` (customers, places) are columns of each pool, -1 for none.
    """
    places = wanted.shape[1]
    own = (pools.own[:, :places] == wanted) & (wanted >= 0)
    later = np.triu(np.ones((places, places)), 1)
    ordered = own[:, :, None] * own[:, None, :] * later
    drawn = drawn_together(slots.weight, wanted)
    mix = slots.mix[:, None, None]
    return np.asarray((1.0 - mix) * ordered + mix * drawn, np.float64)


@njit(cache=True)
def drawn_together(weight: Floats, wanted: Ints) -> Floats:  # pragma: no cover - compiled
    """The same of draws without replacement alone (Plackett and Luce).

    As `experiment.slots.place_chances`, by sets that may stand above a place, begun anew after each
    place that holds its wanted product.

    >>> drawn_together(np.array([[2.0, 1.0, 1.0]]), np.array([[1, 0]]))[0, 0, 1].round(4)
    np.float64(0.1667)
    """
    # by hand: the second product first, 1/4, then the first of 2 and 1, 2/3
    customers, size = weight.shape
    places = wanted.shape[1]
    answer = np.zeros((customers, places, places))
    sets = 1 << size
    total = np.zeros(sets)
    above = np.empty(sets)
    after = np.empty(sets)
    count = np.zeros(sets, np.int64)
    for each in range(1, sets):
        count[each] = count[each >> 1] + (each & 1)
    for customer in range(customers):
        w = weight[customer]
        all_of_it = w.sum()
        above[:] = 0.0
        above[0] = 1.0
        for each in range(sets):
            if each > 0:
                low = 0
                while (each >> low) & 1 == 0:
                    low += 1
                total[each] = total[each & (each - 1)] + w[low]
            if count[each] >= places or above[each] == 0.0:
                continue
            for product in range(size):
                if (each >> product) & 1 == 0 and w[product] > 0.0:
                    share = w[product] / (all_of_it - total[each])
                    above[each | (1 << product)] += above[each] * share
        for first in range(places - 1):
            top = wanted[customer, first]
            if top < 0 or w[top] == 0.0:
                continue
            after[:] = 0.0
            for each in range(sets):
                if count[each] == first and (each >> top) & 1 == 0 and above[each] > 0.0:
                    after[each | (1 << top)] = above[each] * w[top] / (all_of_it - total[each])
            for each in range(sets):
                place = count[each]
                if after[each] == 0.0 or place >= places:
                    continue
                left = all_of_it - total[each]
                next_one = wanted[customer, place]
                if next_one >= 0 and (each >> next_one) & 1 == 0:
                    answer[customer, first, place] += after[each] * w[next_one] / left
                if place == places - 1:
                    continue
                for product in range(size):
                    if (each >> product) & 1 == 0 and w[product] > 0.0:
                        after[each | (1 << product)] += after[each] * w[product] / left
    return answer
