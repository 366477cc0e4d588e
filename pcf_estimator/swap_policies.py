"""Swap policies: which lighter stand-in a shop names, and how often that one is lighter.

Picking the best of many picks errors too: a stand-in that is chosen because it looks lightest is
lighter less often than one drawn by lot. So verdicts are judged on what policies choose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from pcf_estimator.scores import SAME

Bools = np.ndarray
Floats = np.ndarray
Ints = np.ndarray

CHANCE = 0.8  # a stand-in is called lighter from this probability on


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Goods and their possible stand-ins: one row per ordered pair, those of a good together."""

    good: Ints  # row of the table
    other: Ints  # row of the stand-in
    start: Ints  # where each good's pairs begin
    gap: Floats  # log10 kg CO2e of one flow, estimated: how much lighter the stand-in is
    lighter: Bools  # by the figures, whose ties are not lighter
    same_kind: Bools
    peers: Ints  # of each good, (goods,): goods of its need and part, itself included
    need: np.ndarray  # of each good, (goods,)

    def __len__(self) -> int:
        return len(self.good)


def pairs_within_needs(table: pd.DataFrame) -> Pairs:
    """All ordered pairs of goods of one need and part, at equal function; rows of `table` by place.

    `table` has need, kind, part, basis, log_kg_per_flow, log_kg (estimated, per kg) and
    figure_log_kg. Pairs with the same estimate, or with the same basis where it is not "", are no
    pairs: nothing tells them apart.

    >>> table = pd.DataFrame(
    ...     {
    ...         "need": ["milk"] * 3,
    ...         "kind": ["milk"] * 3,
    ...         "part": 0,
    ...         "basis": "",
    ...         "log_kg_per_flow": 0.0,
    ...         "log_kg": [0.0, 0.0, 0.3],
    ...         "figure_log_kg": [0.1, 0.2, 0.4],
    ...     }
    ... )
    >>> pairs = pairs_within_needs(table)
    >>> pairs.good.tolist(), pairs.other.tolist(), pairs.lighter.tolist()
    ([0, 1, 2, 2], [2, 2, 0, 1], [False, False, True, True])
    """
    estimate = (table["log_kg"] + table["log_kg_per_flow"]).to_numpy(dtype=np.float64)
    figure = (table["figure_log_kg"] + table["log_kg_per_flow"]).to_numpy(dtype=np.float64)
    need, kind, basis = (table[name].to_numpy(dtype=object) for name in ("need", "kind", "basis"))
    usable = (need != "") & ~np.isnan(estimate) & ~np.isnan(figure)
    shelf = pd.DataFrame({"part": table["part"].to_numpy(), "need": need})[usable]
    first, second, peers = [np.empty(0, int)], [np.empty(0, int)], np.zeros(len(table), int)
    rows_of = np.flatnonzero(usable)
    for places in shelf.reset_index(drop=True).groupby(["part", "need"]).indices.values():
        rows = rows_of[places]
        peers[rows] = len(rows)
        first.append(np.repeat(rows, len(rows)))
        second.append(np.tile(rows, len(rows)))
    good, other = np.concatenate(first), np.concatenate(second)
    alone = (good == other) | ((basis[good] != "") & (basis[good] == basis[other]))
    told = ~alone & (np.abs(estimate[good] - estimate[other]) >= SAME)
    order = np.argsort(good[told], kind="stable")
    good, other = good[told][order], other[told][order]
    goods, start = np.unique(good, return_index=True)
    return Pairs(
        good=good,
        other=other,
        start=start,
        gap=estimate[good] - estimate[other],
        lighter=figure[good] - figure[other] > SAME,
        same_kind=(kind[good] == kind[other]) & (kind[good] != ""),
        peers=peers[goods],
        need=need[goods],
    )


def chance_of(pairs: Pairs, sd: Floats) -> Floats:
    """P(the stand-in is lighter) of each pair, from the difference sd of each row of the table."""
    return np.asarray(ndtr(pairs.gap / np.hypot(sd[pairs.good], sd[pairs.other])))


def _surest(pairs: Pairs, called: Bools, chance: Floats) -> Bools:
    return called & (chance >= _most(pairs, chance))


def _lightest(pairs: Pairs, called: Bools, _: Floats) -> Bools:
    gap = np.where(called, pairs.gap, -np.inf)
    return called & (gap >= _most(pairs, gap) - SAME)


def _any(_: Pairs, called: Bools, __: Floats) -> Bools:
    return called


def _same_kind_first(pairs: Pairs, called: Bools, _: Floats) -> Bools:
    own = called & pairs.same_kind
    has_own = _most(pairs, own.astype(np.float64)) > 0
    return np.where(has_own, own, called)


# Which of the stand-ins that are called lighter a policy may name; among several it draws by lot.
POLICIES: Mapping[str, Callable[[Pairs, Bools, Floats], Bools]] = {
    "surest": _surest,
    "lightest": _lightest,
    "any": _any,
    "same kind first": _same_kind_first,
}


def _most(pairs: Pairs, values: Floats) -> Floats:
    """The highest value among each good's pairs, for each pair."""
    if not len(pairs):
        return values
    length = np.diff(np.append(pairs.start, len(pairs)))
    return np.repeat(np.maximum.reduceat(values, pairs.start), length)


def _sums(pairs: Pairs, values: Floats) -> Floats:
    """The sum of each good's pairs, (goods,)."""
    return np.add.reduceat(values, pairs.start) if len(pairs) else np.empty(0)


def verdicts(pairs: Pairs, sd: Floats, chance: float = CHANCE) -> pd.DataFrame:
    """What each policy does for each good that has stand-ins, one row per good and policy.

    Columns: policy, need, peers, called (whether any stand-in is called lighter), and where one
    is, `lighter` and `said`: how often the named one is lighter and what was said, expected over
    the lot; NaN elsewhere. `sd` are the difference sds of the table's rows, in log10.
    """
    said = chance_of(pairs, sd)
    # an sd that is not known calls nothing
    called = np.nan_to_num(said) >= chance
    found = []
    for name, names in POLICIES.items():
        weight = names(pairs, called, np.nan_to_num(said)).astype(np.float64)
        named = _sums(pairs, weight)
        some = np.where(named > 0, named, np.nan)
        found.append(
            pd.DataFrame(
                {
                    "policy": name,
                    "need": pairs.need,
                    "peers": pairs.peers,
                    "called": named > 0,
                    "lighter": _sums(pairs, weight * pairs.lighter) / some,
                    "said": _sums(pairs, weight * np.nan_to_num(said)) / some,
                }
            )
        )
    return pd.concat(found, ignore_index=True)
