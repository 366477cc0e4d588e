"""Scenarios: what a what-if run assumes, as a versioned file of ranges with their sources.

A scenario file is TOML with `name`, `version`, `description`, `horizon_months` (0: short run only)
and one table for each assumption; what it leaves out has the default of PARAMETERS:

    [[assume]]
    parameter = "label_heavy"       a name of PARAMETERS
    low = -0.12                     a number in that parameter's domain
    high = 0.0                      as low or above
    shape = "even"                  or "log": drawn evenly between, or evenly in the logarithm
    source = "..."                  who measured it, or that it is an assumption of ours
    words = "..."                   what it means here; may be left out
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from pcf_estimator.tables import shipped_data
from recommender.candidates import Floats
from recommender.impact.scenario.assumption import Assumption, ScenarioError, unknown
from recommender.impact.scenario.parameters import HALVES, PARAMETERS, TAKES_MONTHS, Parameter

LONGEST_MONTHS = 120
PLAIN = "as-is"  # the scenario that assumes least, listed first
__all__ = [
    "PARAMETERS",
    "Assumption",
    "Parameter",
    "Scenario",
    "ScenarioError",
    "find_scenario",
    "read_scenario",
    "shipped_scenarios",
]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A named, versioned set of assumptions. Raises ScenarioError where they contradict."""

    name: str
    version: int
    description: str
    horizon_months: int = 0
    assume: tuple[Assumption, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", self.name):
            raise ScenarioError(
                f"name is {self.name!r}, but expected letters, digits, dots, - and _"
            )
        if self.version < 1:
            raise ScenarioError(f"version is {self.version}, but versions count from 1")
        if not self.description.strip():
            raise ScenarioError("description is empty, but expected what the scenario says")
        if not 0 <= self.horizon_months <= LONGEST_MONTHS:
            raise ScenarioError(
                f"horizon_months is {self.horizon_months}, but expected 0 to {LONGEST_MONTHS}"
            )
        named = [one.parameter for one in self.assume]
        twice = [name for at, name in enumerate(named) if name in named[:at]]
        if twice:
            raise ScenarioError(f"{twice[0]}: assumed twice, but a parameter has one range")
        given = {one.parameter for one in self.assume if one.low != 0 or one.high != 0}
        for name in sorted(given):
            half = HALVES.get(name)
            if half is not None and half not in given:
                raise ScenarioError(
                    f"{name}: {half} is 0, so this would change nothing; expected a range for both"
                )
            if name in TAKES_MONTHS and self.horizon_months == 0:
                raise ScenarioError(
                    f"{name}: horizon_months is 0, but this takes months; expected 1 or more"
                )

    def range_of(self, parameter: str) -> Assumption:
        """The range of a parameter: as the scenario gives it, or the default."""
        for one in self.assume:
            if one.parameter == parameter:
                return one
        if parameter not in PARAMETERS:
            raise ScenarioError(unknown("parameter", parameter, PARAMETERS))
        known = PARAMETERS[parameter]
        return Assumption(
            parameter=parameter,
            low=known.default_low,
            high=known.default_high,
            source=known.default_source,
        )

    def draw(self, rng: np.random.Generator, draws: int) -> dict[str, Floats]:
        """Values of every parameter, (draws,) each: a Latin hypercube over the ranges.

        A parameter has one value in each of `draws` equal slices of its range. All parameters are
        drawn, fixed ones too, so that with the same chance two scenarios differ by what they
        assume and by nothing else. Source of the method: McKay, Beckman, Conover 1979,
        Technometrics 21(2).

        >>> one = Assumption(parameter="habit", low=0.0, high=1.0, source="Assumption of ours")
        >>> slow = Scenario(name="slow", version=1, description="Slow.", assume=(one,))
        >>> values = slow.draw(np.random.default_rng(1), draws=4)
        >>> sorted((4 * values["habit"]).astype(int).tolist()), values["premium"].tolist()
        ([0, 1, 2, 3], [0.0, 0.0, 0.0, 0.0])
        """
        if draws < 1:
            raise ValueError(f"draws is {draws}, but expected 1 or more")
        share = qmc.LatinHypercube(len(PARAMETERS), rng=rng).random(draws)
        return {
            name: self.range_of(name).at(np.ascontiguousarray(share[:, at]))
            for at, name in enumerate(PARAMETERS)
        }

    def middle(self) -> dict[str, float]:
        """The middle of every parameter's range (of its logarithm where the shape is log)."""
        return {name: float(self.range_of(name).at(np.array(0.5))) for name in PARAMETERS}

    def describe(self) -> list[dict[str, Any]]:
        """One row a parameter, the scenario's own first: Assumption.row, and `given` or default."""
        own = {one.parameter for one in self.assume}
        names = [one.parameter for one in self.assume] + [n for n in PARAMETERS if n not in own]
        return [self.range_of(name).row() | {"given": name in own} for name in names]


def read_scenario(path: str | Path) -> Scenario:
    """The scenario in a TOML file. Raises ScenarioError, which names the file and the parameter."""
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"scenario {path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"scenario {path}: not TOML ({error})") from error
    try:
        return _scenario(given)
    except ScenarioError as error:
        raise ScenarioError(f"scenario {path}: {error}") from error


def find_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario in a file, or the shipped one of that name.

    Raises ScenarioError where it is neither, with the nearest name that ships.

    >>> find_scenario("long-run").horizon_months
    36
    """
    if Path(name_or_path).is_file():
        return read_scenario(name_or_path)
    shipped = {path.stem: path for path in shipped_scenarios()}
    path = shipped.get(str(name_or_path).removesuffix(".toml"))
    if path is None:
        near = get_close_matches(Path(name_or_path).stem, list(shipped), n=1, cutoff=0.0)
        raise ScenarioError(
            f"scenario {name_or_path}: there is no such file, and none that ships has this name; "
            f"the nearest is {near[0]} (of {', '.join(shipped)})"
        )
    return read_scenario(path)


def shipped_scenarios() -> list[Path]:
    """Paths of the scenarios that ship with greenaisle, the one that assumes least first.

    >>> shipped_scenarios()[0].name
    'as-is.toml'
    """
    paths = sorted(shipped_data("scenarios").glob("*.toml"))
    return sorted(paths, key=lambda path: path.stem != PLAIN)


def _scenario(given: Mapping[str, Any]) -> Scenario:
    tables = given.get("assume", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ScenarioError("assume is no list of tables, but expected [[assume]] for each range")
    needed = ("name", "version", "description", "horizon_months")
    facts = _checked({**given, "assume": ()}, Scenario, needed, "")
    assume = []
    for at, table in enumerate(tables, start=1):
        named = table.get("parameter")
        # the name first: it is what the rest of an error is told with
        if isinstance(named, str) and named not in PARAMETERS:
            raise ScenarioError(f"[[assume]] {at}: {unknown('parameter', named, PARAMETERS)}")
        place = f"{named}: " if isinstance(named, str) else f"[[assume]] {at}: "
        needed = ("parameter", "low", "high", "source")
        assume.append(Assumption(**_checked(table, Assumption, needed, place)))
    return Scenario(**{**facts, "assume": tuple(assume)})


def _checked(
    table: Mapping[str, Any], kind: type, needed: tuple[str, ...], place: str
) -> dict[str, Any]:
    """The keys of a table as `kind` takes them: none unknown, none missing, each of its type."""
    types = {one.name: str(one.type) for one in fields(kind)}
    for key in table:
        if key not in types:
            raise ScenarioError(f"{place}{unknown('key', key, types)}")
    for key in needed:
        if key not in table:
            raise ScenarioError(f"{place}{key} is missing")
    accepted: dict[str, tuple[tuple[type, ...], str]] = {
        "str": ((str,), "text"),
        "int": ((int,), "a whole number"),
        "float": ((int, float), "a number"),
    }
    for key, value in table.items():
        kinds, expected = accepted.get(types[key], ((tuple,), "a list"))
        finite = not isinstance(value, float) or math.isfinite(value)
        if not isinstance(value, kinds) or isinstance(value, bool) or not finite:
            raise ScenarioError(f"{place}{key} is {value!r}, but expected {expected}")
    return dict(table)
