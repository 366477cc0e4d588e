"""What all households buy once utilities move: the choice model (`choice`) in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from recommender.candidates import Floats, Ints
from recommender.impact.what_if.choice_nests import Nests, Others


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What moves utilities in one world: of all households alike, and of those with a taste.

    Log odds; `pull` is what a place of attention 1 adds to a product that stands there.
    """

    plain: Floats  # (products,); minus infinity for a product that has gone
    taste: Floats  # (products,): of shoppers with a taste for lower carbon, `plain` included
    taste_share: float  # of shoppers
    pull: Floats  # (products,)
    place: float = 0.0  # added wherever a product stands on a slate, whatever the attention
    taste_occasions: float = 1.0  # times as many occasions, of shoppers with the taste
    dissimilarity: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Sold:
    """What all households together are expected to buy in four weeks."""

    purchases: Floats  # (products,)
    packs: Floats  # (products,)


def respond(nests: Nests, places: Floats, shift: Shift) -> Sold:
    """What is bought in a world where utilities moved by `shift` and slates give `places`.

    Sums over households in a fixed order, on one thread: the same bits each time.
    """
    others = nests.others
    plain, taste = np.exp(shift.plain), np.exp(shift.taste)
    lift_plain, lift_taste = (_of_needs(others, each) for each in (plain, taste))
    purchases, packs = np.zeros(len(plain)), np.zeros(len(plain))
    rest_plain, rest_taste = np.zeros(others.needs), np.zeros(others.needs)
    _respond(
        nests.start,
        nests.need,
        nests.product,
        nests.p_buy,
        nests.units,
        nests.rest,
        nests.occasions,
        places,
        plain,
        taste,
        lift_plain,
        lift_taste,
        shift.pull,
        shift.place,
        shift.taste_share,
        shift.taste_occasions,
        shift.dissimilarity,
        purchases,
        packs,
        rest_plain,
        rest_taste,
    )
    rest = others.share * (plain * rest_plain[others.need] + taste * rest_taste[others.need])
    return Sold(purchases=purchases + rest, packs=packs + rest * others.units)


def _of_needs(others: Others, lift: Floats) -> Floats:
    """What the others of each need gain together, (needs,): exactly 1 where nothing moves."""
    moved = np.bincount(others.need, others.share * lift, others.needs)
    share = np.bincount(others.need, others.share, others.needs)
    return np.divide(moved, share, out=np.ones(others.needs), where=share > 0)


@numba.njit(cache=True)
def _chosen(gain: float, share: float, dissimilarity: float) -> float:
    """What multiplies p_buy x exp(utility) of all in a nest that `gain`ed as a whole."""
    if gain <= 0.0:  # every product of the nest has gone
        return 0.0
    return gain ** (dissimilarity - 1.0) / (1.0 + share * (gain**dissimilarity - 1.0))


@numba.njit(cache=True)
def _respond(
    start: Ints,
    need: Ints,
    product: Ints,
    p_buy: Floats,
    units: Floats,
    rest: Floats,
    occasions: Floats,
    places: Floats,
    plain: Floats,
    taste: Floats,
    lift_plain: Floats,
    lift_taste: Floats,
    pull: Floats,
    place: float,
    taste_share: float,
    taste_occasions: float,
    dissimilarity: float,
    purchases: Floats,
    packs: Floats,
    rest_plain: Floats,
    rest_taste: Floats,
) -> None:
    longest = 0
    for g in range(need.size):
        longest = max(longest, start[g + 1] - start[g])
    shown = np.empty(longest)
    for g in range(need.size):
        first, last, c = start[g], start[g + 1], need[g]
        before = rest[g]
        plain_sum = rest[g] * lift_plain[c]
        taste_sum = rest[g] * lift_taste[c]
        for row in range(first, last):
            j = product[row]
            here = p_buy[row]
            if places[row] > 0.0:
                here *= np.exp(places[row] * pull[j] + place)
            shown[row - first] = here
            before += p_buy[row]
            plain_sum += here * plain[j]
            taste_sum += here * taste[j]
        if before <= 0.0:
            continue
        share = before / occasions[g]
        of_plain = (1.0 - taste_share) * _chosen(plain_sum / before, share, dissimilarity)
        of_taste = 0.0
        if taste_share > 0.0:
            of_taste = _chosen(taste_sum / before, share, dissimilarity)
            of_taste *= taste_share * taste_occasions
        for row in range(first, last):
            j = product[row]
            sold = shown[row - first] * (plain[j] * of_plain + taste[j] * of_taste)
            purchases[j] += sold
            packs[j] += sold * units[row]
        rest_plain[c] += rest[g] * of_plain
        rest_taste[c] += rest[g] * of_taste
