"""Headline figures per segment: what the total hides, small cells kept back, chance kept in check.

    kinds       the kinds of segments
    smallest    households that a cell needs to be told
    suppressed  kind -> cells kept back for at least one figure
    rows        [{policy, kind, segment, households, figure, value, low, high, change, change_low,
                change_high, shrunk, q_value, against_total}], a line a cell and figure
    warnings    [{policy, kind, figure, sentence}]
    notes       [sentence]

`value` and `change` are those of the backtest's report, over the households of the segment; they
are drawn within the whole, so all segments, policies and the total share their draws, and their
intervals are widened for few households (`segments.control.cell_interval`). `q_value` is
the false-discovery rate among all cells of a policy and figure, `shrunk` the change drawn towards
the other segments of its kind. Layer: observed (held-out purchases).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from recommender.bootstrap import estimate
from recommender.candidates import Bools, Ints
from recommender.impact.segments.control import p_values, q_values, shrunk
from recommender.impact.segments.hidden import SMALLEST, hidden_cells
from recommender.impact.segments.kinds import NOT_KNOWN, Words
from recommender.impact.segments.moves import (
    FALSE_DISCOVERY,
    NOTHING,
    Cells,
    Moves,
    Sums,
    levels_by_cell,
    with_scales,
)
from recommender.impact.segments.words import against_sentence, mix_sentence, notes_of
from recommender.metrics import FIGURES, Bought, Slates, household_sums
from recommender.policy import BASELINE
from recommender.policy_slates import Run
from recommender.tradeoff import Goods

TASK = "all"
HEADLINE = (
    "ndcg",
    "demand_revenue",
    "demand_margin",
    "demand_kg_functional",
    "demand_kg_pack",
    "seller_small_share",
)


def segment_report(
    slates: Mapping[Run, Slates],
    windows: Mapping[str, Bought],
    goods: Goods,
    kinds: Mapping[str, Words],
    *,
    draws: int,
    rng: np.random.Generator,
    figures: Sequence[str] = HEADLINE,
) -> dict[str, Any]:
    """The report above, of the task all: what each policy changes in each segment.

    All slates hold the same households in the same order, as do the arrays of `kinds` (None where
    a segment is not known; `segments.kinds.household_kinds` makes them).
    """
    sums = {
        policy: household_sums(made, windows[task], goods)
        for (policy, task), made in slates.items()
        if task == TASK
    }
    return report_of_sums(sums, kinds, draws=draws, rng=rng, figures=figures)


def report_of_sums(
    sums: Mapping[str, Sums],
    kinds: Mapping[str, Words],
    *,
    draws: int,
    rng: np.random.Generator,
    figures: Sequence[str] = HEADLINE,
    smallest: int = SMALLEST,
) -> dict[str, Any]:
    """The report above, from each policy's sums per household; the baseline is among them.

    A figure is told of a segment where at least `smallest` of its households enter it.
    """
    enters = np.column_stack([sums[BASELINE][name][1] != 0 for name in figures])
    cells = Cells.of(kinds, len(enters))
    count = (enters.T.astype(np.int64) @ cells.members).T  # (cells, figures)
    hidden = np.column_stack(
        [
            hidden_cells(cells.members[enters[:, f]], cells.kind, smallest)
            for f in range(len(figures))
        ]
    )
    told = (count > 0) & ~hidden
    levels = levels_by_cell(sums, with_scales(figures), cells.members, draws, rng)
    rows: list[dict[str, Any]] = []
    warnings: list[dict[str, str]] = []
    for policy in sums:
        for f, figure in enumerate(figures):
            base = levels[BASELINE, figure]
            entering = np.append(count[:, f], enters[:, f].sum())
            scaled_by = FIGURES[figure].change
            scale = base if scaled_by == "relative" else levels[BASELINE, scaled_by]
            moves = Moves.of(levels[policy, figure], base, scale, entering)
            found = _rows(policy, figure, moves, cells, told[:, f], count[:, f])
            rows += found
            whole = {
                name for k, name in enumerate(cells.kinds) if not hidden[cells.kind == k, f].any()
            }
            same_below = np.array_equal(sums[policy][figure][1], sums[BASELINE][figure][1])
            by_mix = set() if same_below else whole  # a mean cannot move by its mix
            warnings += _warnings(policy, figure, found, moves, cells.kinds, by_mix)
    return {
        "kinds": list(cells.kinds),
        "smallest": smallest,
        "suppressed": {
            name: int(hidden[cells.kind == k].any(axis=1).sum())
            for k, name in enumerate(cells.kinds)
        },
        "rows": rows,
        "warnings": warnings,
        "notes": notes_of(rows, len(enters), smallest, FALSE_DISCOVERY),
    }


def _rows(
    policy: str, figure: str, moves: Moves, cells: Cells, told: Bools, count: Ints
) -> list[dict[str, Any]]:
    """The lines of one policy and figure, of the cells that are told."""
    at = np.flatnonzero(told)
    p = np.full(len(told), np.nan)
    p[at] = p_values(moves.change[at], moves.error[at], count[at])
    q = q_values(p)
    against = moves.against_total(q)
    drawn_in = np.full(len(told), np.nan)
    known = np.array([name != NOT_KNOWN for name in cells.segment], np.bool_)
    for kind in range(len(cells.kinds)):
        pool = np.flatnonzero(told & known & (cells.kind == kind))
        drawn_in[pool] = shrunk(moves.change[pool], moves.error[pool])
    return [
        {
            "policy": policy,
            "kind": cells.kinds[cells.kind[c]],
            "segment": cells.segment[c],
            "households": int(count[c]),
            "figure": figure,
            **estimate(
                moves.value[c],
                moves.low[c],
                moves.high[c],
                moves.change[c],
                moves.change_low[c],
                moves.change_high[c],
            ),
            "shrunk": None if np.isnan(drawn_in[c]) else float(drawn_in[c]),
            "q_value": None if np.isnan(q[c]) else float(q[c]),
            "against_total": bool(against[c]),
        }
        for c in at
    ]


def _warnings(
    policy: str,
    figure: str,
    rows: list[dict[str, Any]],
    moves: Moves,
    kinds: Sequence[str],
    by_mix: Set[str],
) -> list[dict[str, str]]:
    """Segments that move against the total, and totals that move against every segment.

    The latter only of the kinds `by_mix`, all of whose segments are told, of a figure whose
    denominator the policy moves, and where the total's own interval is clear of no change.
    """
    total = {
        "change": moves.change[-1],
        "change_low": moves.change_low[-1],
        "change_high": moves.change_high[-1],
    }
    clear = moves.change_low[-1] > 0 or moves.change_high[-1] < 0
    found = []
    for kind in kinds:
        of_kind = [row for row in rows if row["kind"] == kind]
        opposed = [row for row in of_kind if row["against_total"]]
        changes = np.array([row["change"] for row in of_kind if row["change"] is not None])
        way = np.sign(np.where(np.abs(changes) > NOTHING, changes, 0.0))
        sentences = []
        opposite = len(way) > 1 and (way == way[0]).all() and way[0] * total["change"] < -NOTHING
        if opposite and clear and kind in by_mix:
            sentences.append(mix_sentence(kind, figure, total, way[0] > 0))
        elif opposed:
            sentences.append(against_sentence(kind, figure, total, opposed))
        found += [
            {"policy": policy, "kind": kind, "figure": figure, "sentence": sentence}
            for sentence in sentences
        ]
    return found
