"""A panel as a file into a panel as a matrix: who was treated from when, checked where it enters.

`treated` may hold 0/1 per unit (then the start is given), 0/1 per row (then the first 1 is the
start), or each unit's own start, empty for those never treated.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import (
    Column,
    Kind,
    Table,
    TableError,
    check_table,
    read_columns,
    row_error,
)
from recommender.candidates import Bools, Floats, Ints
from recommender.impact.outcome.starts import NEVER, first_periods, said


@dataclass(frozen=True, kw_only=True)
class Names:
    """Which column plays which part."""

    outcome: str = "spend"
    unit: str = "customer_id"
    time: str = "week"
    treated: str | None = "treated"  # None: a panel before any treatment
    market: str | None = None

    @property
    def of_units(self) -> str:
        """What is treated, and what errors are clustered by."""
        return self.market or self.unit

    @property
    def noun(self) -> str:
        """The same as a word.

        >>> Names(market="city_id").noun
        'city'
        """
        return self.of_units.removesuffix("_id")

    @property
    def nouns(self) -> str:
        """More than one of them.

        >>> Names(market="city_id").nouns, Names(unit="shop").nouns
        ('cities', 'shops')
        """
        if self.noun.endswith("y") and not self.noun.endswith(("ay", "ey", "oy")):
            return f"{self.noun[:-1]}ies"
        return self.noun if self.noun.endswith("s") else f"{self.noun}s"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """An outcome by unit and period, and the period from which each unit is treated."""

    names: Names
    units: npt.NDArray[np.object_]
    periods: tuple[str, ...]
    outcome: Floats  # (units, periods), NaN where the file has no row
    first: Ints  # (units,): number of the first treated period, NEVER where there is none
    notes: tuple[str, ...] = ()

    @property
    def ever(self) -> Bools:
        return np.asarray(self.first < NEVER)

    @property
    def treated(self) -> Bools:
        """(units, periods): treated then."""
        return np.asarray(np.arange(len(self.periods))[None, :] >= self.first[:, None])

    @property
    def starts(self) -> Ints:
        return np.unique(self.first[self.ever])


def read_panel(path: Path, names: Names, start: str | None = None) -> Panel:
    """The panel in a Parquet or CSV file. Raises TableError as `panel_from` does."""
    return panel_from(read_columns(path, "panel"), names, start, f"panel ({path})")


def panel_from(
    rows: pd.DataFrame, names: Names, start: str | None = None, where: str = "panel"
) -> Panel:
    """Rows of units and periods as a matrix; markets take the place of units where named.

    Raises TableError for a missing column, an empty or non-numeric outcome, a unit that has two
    rows in a period, a start that is no time of this panel or is told twice, a treatment that ends
    or differs inside a unit or market, and where nothing can be compared: no treated unit, no
    period before or after the start, or all treated at once.

    >>> rows = pd.DataFrame(
    ...     {
    ...         "customer_id": ["a", "a", "b", "b"],
    ...         "week": [1, 2, 1, 2],
    ...         "spend": [4.0, 6.0, 4.0, 5.0],
    ...         "treated": [1, 1, 0, 0],
    ...     }
    ... )
    >>> panel_from(rows, Names(), "2").treated.tolist()
    [[False, True], [False, False]]
    """
    parts = (names.unit, names.time, names.outcome, names.treated, names.market)
    roles = [name for name in parts if name]
    twice = sorted({name for name in roles if roles.count(name) > 1})
    if twice:
        raise TableError(f"{where}: column {', '.join(twice)} is named for two different parts")
    kind = _time_kind(rows, names.time)
    table = check_table(rows, _table(names, kind), where)
    repeated = table.duplicated([names.unit, names.time])
    if repeated.any():
        row = int(np.flatnonzero(repeated)[0])
        named = {names.unit: table[names.unit][row], names.time: said(table[names.time][row])}
        problem = "this unit has an earlier row in the same period, but one row each was expected"
        raise row_error(where, row, named, problem, int(repeated.sum()))
    times, at = np.unique(table[names.time].to_numpy(), return_inverse=True)
    periods = tuple(said(time) for time in times)
    first = np.full(len(table), NEVER)
    if names.treated:
        first = first_periods(
            table, names.unit, names.time, names.treated, kind, times, at, start, where
        )
    if names.market:
        table, first, at = _by_market(table, names, first, at, where)
    unit, ids = pd.factorize(table[names.of_units], sort=True)
    outcome = np.full((len(ids), len(times)), np.nan)
    outcome[unit, at] = table[names.outcome].to_numpy(np.float64)
    of_unit = np.full(len(ids), NEVER)
    of_unit[unit] = first
    panel = Panel(
        names=names, units=np.asarray(ids, object), periods=periods, outcome=outcome, first=of_unit
    )
    return comparable(panel) if names.treated else panel


def comparable(panel: Panel) -> Panel:
    """The panel without units treated from the outset; TableError where nothing can be compared."""
    what, notes = panel.names.noun, list(panel.notes)
    ever, periods = panel.ever, panel.periods
    if not ever.any():
        raise TableError(
            f"panel: no {what} is treated between {periods[0]} and {periods[-1]}, "
            f"but some have to be ({len(ever)} found)"
        )
    seen: Bools = np.asarray(np.isfinite(panel.outcome))
    before: Bools = np.asarray((seen & ~panel.treated).any(axis=1))
    if not (before & ever).any():
        raise TableError(
            f"panel: not identified: no treated {what} has a row before its start (the panel "
            f"begins with {periods[0]}), but without a time before there is nothing to compare with"
        )
    if not (seen & panel.treated & before[:, None]).any():
        raise TableError(
            f"panel: not identified: no treated {what} has a row from its start on (the panel ends "
            f"with {periods[-1]})"
        )
    if not before.all():
        notes.append(
            f"{int((~before).sum())} of {len(before)} {panel.names.nouns} were treated in all "
            f"their rows and are left out: nothing says what they did before."
        )
    kept = Panel(
        names=panel.names,
        units=panel.units[before],
        periods=periods,
        outcome=panel.outcome[before],
        first=panel.first[before],
        notes=tuple(notes),
    )
    if kept.ever.all() and len(kept.starts) == 1:
        raise TableError(
            f"panel: not identified: all {len(kept.units)} {panel.names.nouns} are treated from "
            f"{periods[int(kept.starts[0])]} on, so the treatment cannot be told from the season; "
            f"untreated ones, or other starts, were expected"
        )
    return kept


def _table(names: Names, kind: Kind) -> Table:
    text = Column(kind="text", meaning="an id", required=True, filled=True)
    columns = {
        names.unit: text,
        names.time: Column(kind=kind, meaning="the period", required=True, filled=True),
        names.outcome: Column(kind="number", meaning="the outcome", required=True, filled=True),
    }
    if names.treated:
        columns[names.treated] = Column(kind="text", meaning="or its start", required=True)
    if names.market:
        columns[names.market] = text
    return Table(name="panel", columns=columns, named_by=(names.unit, names.time))


def _time_kind(rows: pd.DataFrame, time: str) -> Kind:
    if time not in rows or pd.api.types.is_datetime64_any_dtype(rows[time]):
        return "time"
    numeric = pd.to_numeric(rows[time], errors="coerce").notna().all()
    return "whole" if numeric else "time"


def _by_market(
    table: pd.DataFrame, names: Names, first: Ints, at: Ints, where: str
) -> tuple[pd.DataFrame, Ints, Ints]:
    """Means by market and period. What one seller of a market gains another loses, so a treatment
    that differs inside a market would count its effect twice."""
    market = str(names.market)
    rows = table.assign(_first=first, _at=at)
    apart = rows.groupby(market)["_first"].nunique()
    if (apart > 1).any():
        raise TableError(
            f"{where}: {market} {apart.index[int(np.argmax(apart.to_numpy() > 1))]} holds both "
            f"treated and untreated {names.unit}s, but a market is treated as a whole: inside it "
            f"one's gain is another's loss, counted twice ({int((apart > 1).sum())} such markets)"
        )
    means = rows.groupby([market, "_at"], as_index=False).agg(
        **{names.outcome: (names.outcome, "mean"), "_first": ("_first", "first")}
    )
    return means, means["_first"].to_numpy(np.int64), means["_at"].to_numpy(np.int64)
