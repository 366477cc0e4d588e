"""Segments as masks over the households, and how a figure moves in each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recommender.bootstrap import drawn_sums, ratio
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.segments.control import cell_interval
from recommender.impact.segments.kinds import NOT_KNOWN, Words, is_known
from recommender.metrics import FIGURES

FALSE_DISCOVERY = 0.10
NOTHING = 1e-12  # a relative change below this is rounding
Sums = Mapping[str, tuple[Floats, Floats]]  # figure -> its sums above and below, (households,)


@dataclass(frozen=True, kw_only=True)
class Cells:
    """The segments of all kinds, those of one kind side by side; the unknown are a segment too."""

    kinds: tuple[str, ...]
    kind: Ints  # (cells,): position in `kinds`
    segment: tuple[str, ...]
    members: Bools  # (households, cells)

    @classmethod
    def of(cls, kinds: Mapping[str, Words], households: int) -> Cells:
        """From each household's segment by kind. Raises ValueError for a wrong number of them."""
        kind, segment, members = [], [], [np.zeros((households, 0), np.bool_)]
        for place, (name, words) in enumerate(kinds.items()):
            if words.shape != (households,):
                raise ValueError(
                    f"segments, kind {name}: {len(words)} entries, but one for each of the "
                    f"{households} households was expected"
                )
            known = is_known(words)
            text = np.where(known, words, NOT_KNOWN).astype(str)
            names = sorted({str(name) for name in text[known]}) + [NOT_KNOWN] * bool((~known).any())
            kind += [place] * len(names)
            segment += names
            members.append(text[:, None] == np.array(names, dtype=str))
        return cls(
            kinds=tuple(kinds),
            kind=np.array(kind, np.int64),
            segment=tuple(segment),
            members=np.hstack(members),
        )


@dataclass(frozen=True, kw_only=True)
class Moves:
    """One figure of one policy: per cell, and last in the total, its level and its change."""

    value: Floats
    low: Floats
    high: Floats
    change: Floats
    change_low: Floats
    change_high: Floats
    error: Floats  # standard error of the change

    @classmethod
    def of(cls, level: Floats, base: Floats, scale: Floats, households: Ints) -> Moves:
        """From (1 + draws, cells + 1): the first row is the log as it is, the others the draws.

        `households` (cells + 1,) enter the figure.
        """
        changes = ratio(level - base, scale)
        low, high = cell_interval(level[1:], households)
        change_low, change_high = cell_interval(changes[1:], households)
        error = np.full(len(low), np.nan)
        found = ~np.isnan(change_low)
        error[found] = np.nanstd(changes[1:, found], axis=0, ddof=1)
        return cls(
            value=level[0],
            low=low,
            high=high,
            change=changes[0],
            change_low=change_low,
            change_high=change_high,
            error=error,
        )

    def against_total(self, q: Floats) -> Bools:
        """Cells clear of no change, on the side on which the total is not, (cells,)."""
        total = self.change[-1]
        if not np.abs(total) > NOTHING:
            return np.zeros(len(q), np.bool_)
        clear = self.change_high[:-1] < 0 if total > 0 else self.change_low[:-1] > 0
        return clear & (q <= FALSE_DISCOVERY)


def with_scales(figures: Sequence[str]) -> list[str]:
    """The figures, and those by which some of their changes are divided."""
    scales = [FIGURES[name].change for name in figures if FIGURES[name].change != "relative"]
    return list(dict.fromkeys([*figures, *scales]))


def levels_by_cell(
    sums: Mapping[str, Sums],
    figures: Sequence[str],
    members: Bools,
    draws: int,
    rng: np.random.Generator,
) -> dict[tuple[str, str], Floats]:
    """Each policy's figures, (1 + draws, cells + 1): per cell and last in all, once and drawn."""
    whole = np.hstack([members, np.ones((len(members), 1), np.bool_)])
    household, cell = np.nonzero(whole)
    distinct: dict[bytes, int] = {}  # most figures share what is below the line
    tables: list[Floats | csr_matrix] = []
    place = {}
    for policy, by_figure in sums.items():
        for figure in figures:
            for side, column in enumerate(by_figure[figure]):
                column = np.asarray(column, np.float64)
                key = column.tobytes()
                if key not in distinct:
                    distinct[key] = len(tables)
                    entries = (column[household], (household, cell))
                    tables.append(csr_matrix(entries, shape=whole.shape))
                place[policy, figure, side] = distinct[key]
    drawn = drawn_sums(tables, draws, rng)
    both = [
        np.vstack([np.asarray(table.sum(axis=0)).reshape(1, -1), sample])
        for table, sample in zip(tables, drawn, strict=True)
    ]
    return {
        (policy, figure): ratio(both[place[policy, figure, 0]], both[place[policy, figure, 1]])
        for policy in sums
        for figure in figures
    }
