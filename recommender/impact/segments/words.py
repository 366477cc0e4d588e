"""What a merchandiser reads about segments: warnings and notes, as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.segments.kinds import NOT_KNOWN
from recommender.metrics import FIGURES

FEW = 50  # households below which an interval covers clearly less than it says
MOST_NAMED = 4  # segments in one sentence; the rest are counted


def moved(change: float, low: float | None, high: float | None) -> str:
    """How a figure moves, with its interval; in the direction of the movement where that is clear.

    >>> moved(-0.021, -0.035, -0.007)
    'falls by 2.1 % (0.7 % to 3.5 %)'
    >>> moved(0.001, -0.002, 0.004)
    'moves by +0.1 % (−0.2 % to +0.4 %: it may be chance)'
    """
    if low is None or high is None or low != low or high != high:
        return f"moves by {signed(change)}"
    if low <= 0 <= high:
        return f"moves by {signed(change)} ({signed(low)} to {signed(high)}: it may be chance)"
    verb, sign = ("rises", 1.0) if change > 0 else ("falls", -1.0)
    ends = sorted((sign * low, sign * high))
    return f"{verb} by {percent(sign * change)} ({percent(ends[0])} to {percent(ends[1])})"


def percent(share: float) -> str:
    """A share in per cent, to a tenth.

    >>> percent(0.1234), percent(-0.0001)
    ('12.3 %', '0.0 %')
    """
    return f"{round(100.0 * share, 1) + 0.0:,.1f} %".replace("-", "−")


def signed(share: float, unit: str = "%") -> str:
    """A change in per cent or points, to a tenth, with its sign.

    >>> signed(0.1234), signed(-0.02, "points"), signed(0.0)
    ('+12.3 %', '−2.0 points', '0.0 %')
    """
    tenth = round(100.0 * share, 1) + 0.0
    return f"{tenth:{'+' if tenth else ''},.1f} {unit}".replace("-", "−")


def against_sentence(
    kind: str,
    figure: str,
    total: Mapping[str, float],
    rows: Sequence[Mapping[str, Any]],
) -> str:
    """Which segments of a kind move against the total, the largest first."""
    rows = sorted(rows, key=lambda row: -row["households"])
    named = "; ".join(
        f"{row['segment']} {moved(row['change'], row['change_low'], row['change_high'])} over "
        f"{row['households']:,} households{_drawn_in(row['shrunk'])}"
        for row in rows[:MOST_NAMED]
    )
    more = f"; and {len(rows) - MOST_NAMED} more segments" if len(rows) > MOST_NAMED else ""
    few = (
        f" Under {FEW} households an interval covers less than 95 %: read it with care."
        if any(row["households"] < FEW for row in rows)
        else ""
    )
    return (
        f"{FIGURES[figure].meaning} {_of(total)} in all but moves the other way "
        f"by {kind}: {named}{more}.{few}"
    )


def mix_sentence(kind: str, figure: str, total: Mapping[str, float], segments_rise: bool) -> str:
    """That every segment moves one way and the total, clearly, the other."""
    return (
        f"{FIGURES[figure].meaning} {_of(total)} in all, yet it "
        f"{'rises' if segments_rise else 'falls'} in every segment of {kind}: the "
        f"total moves by the mix of segments (Simpson's paradox), so read the segments."
    )


def notes_of(
    rows: Sequence[Mapping[str, Any]], households: int, smallest: int, false_discovery: float
) -> list[str]:
    """How to read the table: what is kept back, whose segment is not known, how chance is kept in
    check."""
    notes = [
        f"Segments are of {households:,} households judged. Cells of fewer than {smallest} "
        f"households that enter a figure are kept back, and larger ones with them where fewer than "
        f"{smallest} could be found by subtraction, inside a kind of segments or between two.",
        f"A segment counts as moving against the total only where its 95 % interval is clear of no "
        f"change and its false-discovery rate among all cells of the policy and figure is at most "
        f"{percent(false_discovery)} (Benjamini-Hochberg).",
        "Intervals are 95 % expanded percentiles. Cells drawn at random from Complete Journey's "
        "slates had the truth of money and carbon inside in 80 to 89 % of cases with 10 "
        "households, 87 to 93 % with 50 and 92 to 95 % with 150: few skewed households tell less "
        "than their interval says (python -m benchmarks.segments).",
        "shrunk draws each change towards the mean of its kind by how uncertain it is "
        "(DerSimonian-Laird): the better guess for a small segment.",
        "Sums per household compare the same households under both policies, so a total cannot "
        "move against all its segments; shares and ratios can, which is told where no segment of "
        "the kind is kept back and the total's interval is clear of no change.",
    ]
    unknown: dict[str, int] = {}
    for row in rows:  # fewer enter a figure of those who bought
        if row["segment"] == NOT_KNOWN:
            unknown[row["kind"]] = max(row["households"], unknown.get(row["kind"], 0))
    return notes + [
        f"{kind} is {NOT_KNOWN} of {count:,} households: a row of its own, not shrunk."
        for kind, count in unknown.items()
    ]


def _drawn_in(shrunk: float | None) -> str:
    return "" if shrunk is None else f" (drawn towards its kind: {signed(shrunk)})"


def _of(total: Mapping[str, float]) -> str:
    return moved(total["change"], total["change_low"], total["change_high"])
