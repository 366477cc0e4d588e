"""When the household comes back: the gaps between its purchases, and where it is in this one.

A mean gap hides what the single gaps say: who buys every week and then stops for a month is not
who buys every second week.
"""

from __future__ import annotations

import numpy as np

from recommender.candidates import Floats, Ints
from recommender.history import Habit, History
from recommender.log import totals
from recommender.relevance.features.columns import Columns, look_up, place_in, prefixed, shares
from recommender.relevance.generators import Fitted, Merged
from recommender.relevance.pairs import stable_order

PERIOD_DAYS = 28.0
LATE_PERIODS, PERIOD_DECAY = 6, 0.7
NO_GAP = 999.0  # days


def rhythm(fitted: Fitted, rows: Merged) -> Columns:
    """Gaps and four-week periods of each household's purchases of the product, and of its type."""
    history, types = fitted.history, fitted.history.shelf.product_type
    columns: Columns = {}
    for level, habit, code in (
        ("product", history.by_product, np.arange(history.log.products)),
        ("type", history.by_type, types),
    ):
        at = place_in(habit, rows.customer, code[rows.product])
        columns |= prefixed(
            level,
            {
                name: look_up(values, at, otherwise)
                for name, (values, otherwise) in of_pairs(history, habit, code).items()
            },
        )
    return columns


def of_pairs(history: History, habit: Habit, code: Ints) -> dict[str, tuple[Floats, float]]:
    """Name -> a value for each pair of `habit`, and what stands for pairs that never occurred."""
    day, row = _trips(history, habit, code)
    pairs = len(habit.key)
    same = row[1:] == row[:-1]
    gap, of = (day[1:] - day[:-1])[same], row[1:][same]
    since = history.end_day - habit.last_day
    count = totals(of, np.ones(len(of)), pairs)
    mean = shares(totals(of, gap, pairs), count)
    squares = totals(of, gap * gap, pairs)
    spread = np.sqrt(np.maximum(shares(squares, count) - mean**2, 0.0))
    last, longest = np.full(pairs, NO_GAP), np.zeros(pairs)
    last[of] = gap  # the rows are in the order of time
    np.maximum.at(longest, of, gap)
    outlasts = gap > since[of]
    lasted = totals(of[outlasts], np.ones(int(outlasts.sum())), pairs)

    def ends_within(days: float) -> Floats:
        """Of the gaps as long as the present one, the share that ended `days` later at most."""
        ends = outlasts & (gap <= since[of] + days)
        ended = totals(of[ends], np.ones(int(ends.sum())), pairs)
        return np.asarray((ended + days / (2.0 * PERIOD_DAYS)) / (lasted + 1.5), np.float64)

    pair, period = _periods(history, day, row)
    nan = float("nan")
    return {
        "gap_spread": (spread / np.maximum(mean, 1e-9), nan),
        "last_gap": (last, NO_GAP),
        "gap_to_longest": (since / np.maximum(longest, 1.0), nan),
        "back_in_28_days": (ends_within(PERIOD_DAYS), nan),
        "back_in_7_days": (ends_within(7.0), nan),
        "periods_of_6": (
            np.bincount(pair[period < LATE_PERIODS], minlength=pairs).astype(np.float64),
            0.0,
        ),
        "periods_decayed": (totals(pair, np.asarray(PERIOD_DECAY**period, np.float64), pairs), 0.0),
    }


def _trips(history: History, habit: Habit, code: Ints) -> tuple[Floats, Ints]:
    """Day and pair of each basket that holds the pair's goods, by pair and then by time."""
    lines = history.visits
    key, day = lines.customer * habit.groups + code[lines.product], lines.day
    in_time = not (day[1:] < day[:-1]).any()  # as logs come
    order = stable_order(key) if in_time else np.lexsort((day, key))
    day, key = day[order], key[order]
    # the distinct keys are those of the habit
    row = np.cumsum(np.r_[False, key[1:] != key[:-1]]) if len(key) else key
    # two goods of a type in one basket are one purchase of the type
    once = np.r_[True, (row[1:] != row[:-1]) | (day[1:] != day[:-1])] if len(row) else row > 0
    return day[once], row[once].astype(np.int64)


def _periods(history: History, day: Floats, row: Ints) -> tuple[Ints, Ints]:
    """Pair and age of each four weeks with a purchase, each once; age 0 are the last four weeks."""
    age = np.floor((history.end_day - day) / PERIOD_DAYS).astype(np.int64)
    # the rows are in the order of time: a pair's oldest period first
    once = np.r_[True, (row[1:] != row[:-1]) | (age[1:] != age[:-1])] if len(row) else row > 0
    return row[once][::-1], age[once][::-1]  # the latest first: sums keep their order
