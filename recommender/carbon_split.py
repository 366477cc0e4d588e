"""Where a carbon change comes from: volume, pack size, mix between needs, substitution inside.

Additive log-mean Divisia split (LMDI-I; Ang 2005, Energy Policy 33, 867-871; zero values as the
limits of Ang and Liu 2007, Energy Policy 35, 238-246). The kg of need g are

    kg_g = volume x share_g x (functional kg / purchase)_g x (pack kg / functional kg)_g

with demand-weighted purchases as the volume. Each factor's part of the change is its log ratio
times the log mean of the kg before and after, summed over needs: the parts sum to the change, with
no residual. A smaller pack moves only the last factor, which is no saving.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from recommender.candidates import Bools, Floats


@dataclass(frozen=True, kw_only=True)
class Basket:
    """Sums over slates by need, (..., needs): demand-weighted purchases and their kg CO2e."""

    demand: Floats  # sum of attention x p_buy
    kg_functional: Floats
    kg_pack: Floats


@dataclass(frozen=True, kw_only=True)
class Split:
    """A change in kg CO2e and its parts, each (...); they sum to the change."""

    change: Floats
    volume: Floats  # more or fewer demand-weighted purchases
    pack_size: Floats  # larger or smaller packs: no saving
    mix: Floats  # another mix between needs
    substitution: Floats  # other products inside the same need

    def parts(self) -> dict[str, Floats]:
        return {part.name: getattr(self, part.name) for part in fields(self)}


def split_total(before: Basket, after: Basket) -> Split:
    """Split of the change in total pack kg from `before` to `after`, for each leading index.

    A need that appears or vanishes is mix; where all demand appears or vanishes, it is volume.
    Raises ValueError for a negative sum.

    >>> tea = Basket(demand=np.array([2.0]), kg_functional=np.array([4.0]), kg_pack=np.array([8.0]))
    >>> half = Basket(demand=tea.demand, kg_functional=tea.kg_functional, kg_pack=tea.kg_pack / 2)
    >>> {name: round(float(part), 9) for name, part in split_total(tea, half).parts().items()}
    {'change': -4.0, 'volume': 0.0, 'pack_size': -4.0, 'mix': 0.0, 'substitution': 0.0}
    """
    return _split(before, after, before.kg_pack, after.kg_pack)


def split_functional(before: Basket, after: Basket) -> Split:
    """Split of the change in functional kg: packs have no part in it, so `pack_size` is 0."""
    return _split(before, after, before.kg_functional, after.kg_functional)


def _split(before: Basket, after: Basket, kg_before: Floats, kg_after: Floats) -> Split:
    _refuse_negative(before, after)
    volume = [b.demand.sum(axis=-1, keepdims=True) for b in (before, after)]
    share = [_over(b.demand, v) for b, v in zip((before, after), volume, strict=True)]
    # kg without functional kg cannot be told apart by function: all of it counts as pack size
    odd = (before.kg_functional == 0) & (kg_before > 0) | (after.kg_functional == 0) & (
        kg_after > 0
    )
    used = [np.where(odd, b.demand, b.kg_functional) for b in (before, after)]
    intensity = [_over(kg, b.demand) for kg, b in zip(used, (before, after), strict=True)]
    pack = [_over(kg_before, used[0]), _over(kg_after, used[1])]
    mean = _log_mean(kg_before, kg_after)
    change = kg_after - kg_before

    # A factor that has no value on one side (nothing was sold there) is taken as unchanged; a
    # factor that is 0 on one side brings the kg to 0 alone, so the whole change is its own. The
    # first such factor takes it: without demand there is no mix, without mix no substitution.
    parts: dict[str, Floats] = {}
    taken: Bools = np.zeros(change.shape, np.bool_)
    for name, (first, then) in {
        "volume": volume,
        "mix": share,
        "substitution": intensity,
        "pack_size": pack,
    }.items():
        first, then = np.broadcast_to(first, change.shape), np.broadcast_to(then, change.shape)
        alone = ((first == 0) != (then == 0)) & ~np.isnan(first) & ~np.isnan(then) & ~taken
        both = (first > 0) & (then > 0)
        step = np.log(np.divide(then, first, out=np.ones(change.shape), where=both))
        parts[name] = np.where(alone, change, mean * step).sum(axis=-1)
        taken = taken | alone
    return Split(change=change.sum(axis=-1), **parts)


def _over(above: Floats, below: Floats) -> Floats:
    shape = np.broadcast_shapes(above.shape, below.shape)
    return np.divide(above, below, out=np.full(shape, np.nan), where=below > 0)


def _log_mean(first: Floats, then: Floats) -> Floats:
    """(then - first) / ln(then / first); the value itself where both agree, 0 where one is 0."""
    both = (first > 0) & (then > 0)
    ratio = np.divide(then, first, out=np.ones(first.shape), where=both)
    # near 1 the quotient loses digits; the series is exact there to the last bit
    near = np.abs(ratio - 1.0) < 1e-6
    log = np.log(np.where(near, np.e, ratio))
    mean = np.where(near, (first + then) / 2.0, (then - first) / log)
    return np.where(both, mean, 0.0)


def _refuse_negative(*baskets: Basket) -> None:
    for basket in baskets:
        for field in fields(basket):
            values = getattr(basket, field.name)
            if (values < 0).any():
                raise ValueError(
                    f"carbon split: {field.name} of a need is {values.min():g}, but sums of "
                    f"demand and kg are 0 or more"
                )
