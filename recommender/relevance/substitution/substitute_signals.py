"""The loops of `substitutes`: signals between two products, and the best of each product."""

from __future__ import annotations

import numba
import numpy as np

from recommender.relevance.substitution.pairs import related

ONE_SIDED_95 = 1.645  # normal quantile of the sign test that finds complements
# Price and pack of a stand-in lie within a factor of four of the product's (a quart and a gallon),
# and of two where it is of another type: nothing but its own type makes up for a larger gap.
ROUNDING = 1e-9
OWN_TYPE_LOG, OTHER_TYPE_LOG = np.log(4.0) + ROUNDING, np.log(2.0) + ROUNDING


@numba.njit(fastmath=True)
def _dot(one, other):  # type: ignore[no-untyped-def]
    alike = np.float32(0.0)
    for k in range(one.size):
        alike += one[k] * other[k]
    return alike


@numba.njit
def signals_of(  # type: ignore[no-untyped-def]
    one, other, instead, together, levels, log_price, log_mass, text, company, households,
    popular, crowd, out,
):  # fmt: skip
    """The signals of `other` as a stand-in for `one` into `out`; NaN where a gap is unknown."""
    expected = households[one] * households[other] / crowd
    out[0] = np.log((instead + 1.0) / (expected + 1.0))
    out[1] = np.log((together + 1.0) / (expected + 1.0))
    out[2] = _dot(company[one], company[other])
    start, word, weight = text
    i, j, alike = start[one], start[other], 0.0
    while i < start[one + 1] and j < start[other + 1]:
        if word[i] == word[j]:
            alike += weight[i] * weight[j]
            i += 1
            j += 1
        elif word[i] < word[j]:
            i += 1
        else:
            j += 1
    out[3] = alike
    out[4] = levels[1][one] >= 0 and levels[1][one] == levels[1][other]
    out[5] = levels[3][one] >= 0 and levels[3][one] == levels[3][other]
    out[6] = abs(log_price[other] - log_price[one])
    out[7] = abs(log_mass[other] - log_mass[one])
    out[8] = popular[other, 0]
    out[9] = popular[other, 1]
    out[10] = 1.0


@numba.njit
def between(  # type: ignore[no-untyped-def]
    customer, product, start, held, habit, shelf, pair_start, pair_other, counts, levels,
    log_price, log_mass, text, company, households, popular, crowd,
):  # fmt: skip
    """(rows, signals): means over what each row's customer holds of the row's shelf."""
    rows = product.size
    out = np.zeros((rows, 11))
    signals = np.empty(11)
    seen = np.empty(8)
    for row in range(rows):
        u, other = customer[row], product[row]
        weight, useful = 0.0, 0.0
        seen[:] = 0.0
        for at in range(start[u], start[u + 1]):
            one = held[at]
            if shelf[one] != shelf[other]:
                continue
            weight += habit[at]
            if levels[0][one] != levels[0][other] or not related(
                levels[1], levels[2], levels[3], levels[4], one, other
            ):
                continue
            useful += habit[at]
            low, high = pair_start[one], pair_start[one + 1]
            place = low + np.searchsorted(pair_other[low:high], other)
            instead, together = 0, 0
            if place < high and pair_other[place] == other:
                instead, together = counts[place, 1], counts[place, 2]
            signals_of(
                one, other, instead, together, levels, log_price, log_mass, text, company,
                households, popular, crowd, signals,
            )  # fmt: skip
            for k in range(8):
                if not np.isnan(signals[k]):
                    out[row, k] += habit[at] * signals[k]
                    seen[k] += habit[at]
        for k in range(8):
            out[row, k] = out[row, k] / seen[k] if seen[k] > 0 else np.nan
        out[row, 8], out[row, 9] = popular[other, 0], popular[other, 1]
        out[row, 10] = useful / weight if weight > 0 else 0.0
    return out


@numba.njit
def rank_all(  # type: ignore[no-untyped-def]
    candidates, need_start, withheld, diets, n, weights, mean, pair_start, pair_other, counts,
    levels, log_price, log_mass, text, company, households, popular, crowd,
):  # fmt: skip
    """The best `n` of each product: same type first, then the higher score, then the lower row."""
    products = withheld.size
    found = np.full((products, n), -1, np.int64)
    best = np.full((products, n), -np.inf)
    said = np.zeros((products, n, 4), np.int64)
    here = np.zeros((products, 4), np.int64)
    signals = np.empty(11)
    for one in range(products):
        if withheld[one]:
            continue
        for place in range(pair_start[one], pair_start[one + 1]):
            here[pair_other[place]] = counts[place]
        filled = 0
        need = levels[0][one]
        for at in range(need_start[need], need_start[need + 1]):
            other = candidates[at]
            if other == one or diets[one] & ~diets[other]:
                continue
            if not related(levels[1], levels[2], levels[3], levels[4], one, other):
                continue
            own = levels[1][one] >= 0 and levels[1][one] == levels[1][other]
            if filled == n and not own:
                last = found[one, n - 1]
                if levels[1][one] >= 0 and levels[1][one] == levels[1][last]:
                    continue  # its own type fills the list
            farthest = OWN_TYPE_LOG if own else OTHER_TYPE_LOG
            # NaN, an unknown gap, is no reason to leave it out
            if abs(log_price[other] - log_price[one]) > farthest:
                continue
            if abs(log_mass[other] - log_mass[one]) > farthest:
                continue
            instead, together = here[other, 1], here[other, 2]
            if together - instead > ONE_SIDED_95 * np.sqrt(together + instead):
                continue  # bought with it, not instead of it
            signals_of(
                one, other, instead, together, levels, log_price, log_mass, text, company,
                households, popular, crowd, signals,
            )  # fmt: skip
            value = 0.0
            for k in range(11):
                value += weights[k] * (mean[k] if np.isnan(signals[k]) else signals[k])
            place = filled
            while place > 0:
                above = found[one, place - 1]
                above_own = levels[1][one] >= 0 and levels[1][one] == levels[1][above]
                if above_own > own or (above_own == own and best[one, place - 1] > value):
                    break
                if above_own == own and best[one, place - 1] == value and above < other:
                    break
                if place < n:
                    found[one, place] = above
                    best[one, place] = best[one, place - 1]
                    said[one, place] = said[one, place - 1]
                place -= 1
            if place < n:
                found[one, place] = other
                best[one, place] = value
                said[one, place] = here[other]
                filled = min(filled + 1, n)
        for place in range(pair_start[one], pair_start[one + 1]):
            here[pair_other[place]] = 0
    return found, best, said
