"""What a policy costs to run, as inputs that somebody answers for.

A file of costs is TOML:

    one_off           = 60000      before the first year, shop currency
    running_per_year  = 20000      shop currency
    currency          = "$"
    horizon_years     = 5          over which the one-off cost is spread
    discount_rate     = 0.03       per year, 0 to below 1
    households        = 50000      that the policy would serve
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pcf_estimator.tables import TableError

WEEKS_A_YEAR = 52
Range = dict[str, float | None]  # value, low and high
# the range of each number: least, whether the least itself is allowed, and below what it stays
RANGES: dict[str, tuple[float, bool, float]] = {
    "one_off": (0.0, True, math.inf),
    "running_per_year": (0.0, True, math.inf),
    "horizon_years": (0.0, False, math.inf),
    "discount_rate": (0.0, True, 1.0),
    "households": (0.0, False, math.inf),
}


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What a policy costs, in shop currency, and how many households it would serve.

    >>> costs = Costs(
    ...     one_off=1000.0,
    ...     running_per_year=50.0,
    ...     currency="$",
    ...     horizon_years=5.0,
    ...     discount_rate=0.0,
    ...     households=10.0,
    ... )
    >>> costs.per_year
    250.0
    """

    one_off: float  # before the first year
    running_per_year: float
    currency: str
    horizon_years: float
    discount_rate: float  # per year
    households: float

    @property
    def annuity(self) -> float:
        """What 1 at the end of each year of the horizon is worth before the first."""
        if self.discount_rate == 0:
            return self.horizon_years
        return (1.0 - (1.0 + self.discount_rate) ** -self.horizon_years) / self.discount_rate

    @property
    def per_year(self) -> float:
        """Running cost and the one-off cost as equal yearly payments over the horizon."""
        return self.running_per_year + self.one_off / self.annuity

    def as_dict(self) -> dict[str, Any]:
        """The inputs by name, as the report shows them."""
        return asdict(self)


def read_costs(path: str | Path) -> Costs:
    """The costs in a TOML file. Raises TableError, which names the file and the input."""
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"costs {path}: cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise TableError(f"costs {path}: not TOML ({error})") from error
    return costs_of(given, str(path))


def costs_of(given: Mapping[str, Any], place: str = "as given") -> Costs:
    """The costs of a mapping. Raises TableError for a missing, unknown, or impossible input.

    >>> costs_of({"one_off": -1})
    Traceback (most recent call last):
    pcf_estimator.tables.TableError: costs as given: running_per_year, currency, horizon_years, \
discount_rate, households are missing (5 such inputs)
    """
    wanted = [field.name for field in fields(Costs)]
    missing = [name for name in wanted if name not in given]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise TableError(
            f"costs {place}: {', '.join(missing)} {are} missing ({len(missing)} such inputs)"
        )
    unknown = sorted(set(given) - set(wanted))
    if unknown:
        raise TableError(
            f"costs {place}: {unknown[0]} is no input, but {', '.join(wanted)} were expected "
            f"({len(unknown)} such inputs)"
        )
    bad = [problem for name in RANGES if (problem := _problem(name, given[name]))]
    if not isinstance(given["currency"], str) or not given["currency"].strip():
        bad.append(f"currency is {given['currency']!r}, but a sign or a code was expected")
    if bad:
        raise TableError(f"costs {place}: {bad[0]} ({len(bad)} such inputs)")
    numbers = {name: float(given[name]) for name in RANGES}
    return Costs(currency=given["currency"].strip(), **numbers)


def _problem(name: str, value: object) -> str:
    """What is wrong with an input, "" where nothing is."""
    least, with_least, below = RANGES[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and math.isfinite(float(value)):  # type: ignore[arg-type]
        plain = float(value)  # type: ignore[arg-type]
        if (plain > least or (with_least and plain == least)) and plain < below:
            return ""
    expected = f"{least:g} or more" if with_least else f"more than {least:g}"
    expected += f", below {below:g}" if math.isfinite(below) else ""
    return f"{name} is {value!r}, but a number of {expected} was expected"
