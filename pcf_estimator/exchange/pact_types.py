"""The simple types of PACT fields: identifiers, times, places, decimals.

The description of a type is what an error says was expected.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr

UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|\+00:00)")
NUMBER = r"[0-9]+(\.[0-9]+)?"
ABOVE_ZERO = r"([0-9]*[1-9][0-9]*(\.[0-9]+)?|0+\.[0-9]*[1-9][0-9]*)"


def _utc(text: str) -> str:
    if not UTC.fullmatch(text):
        raise ValueError("no time in UTC")
    if not 1900 <= datetime.fromisoformat(text).year <= 2200:  # or the 31st of February
        raise ValueError("no year of this world")
    return text


def once(given: list[str]) -> list[str]:
    if len(set(given)) < len(given):
        raise ValueError("something stands there twice")
    return given


def _number_as_text(given: Any) -> Any:
    """A number as the text it would have in version 3; anything else as it is."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return format(Decimal(repr(given)), "f")
    return given


def _between(low: int, high: int) -> AfterValidator:
    def check(text: str) -> str:
        if not low <= Decimal(text) <= high:
            raise ValueError("out of range")
        return text

    return AfterValidator(check)


Words = Annotated[StrictStr, Field(description="text")]
Filled = Annotated[StrictStr, Field(min_length=1, description="text that is not empty")]
Id = Annotated[
    StrictStr,
    Field(
        pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
        description="a UUID such as 91715e5e-fd0b-4d1c-8fab-76290c46e6ed",
    ),
]
Urn = Annotated[
    StrictStr,
    Field(
        pattern=r"^[uU][rR][nN]:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[!-~]+$",
        description="a URN such as urn:gtin:4712345060507",
    ),
]
Urns = Annotated[
    list[Urn],
    AfterValidator(once),
    Field(min_length=1, description="a list of at least one URN, each once"),
]
Time = Annotated[
    StrictStr,
    AfterValidator(_utc),
    Field(description="a time in UTC such as 2024-01-31T00:00:00Z"),
]
Country = Annotated[
    StrictStr, Field(pattern=r"^[A-Z]{2}$", description="a country by ISO 3166-1, such as FR")
]
Subdivision = Annotated[
    StrictStr,
    Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$", description="a part of a country, such as US-NY"),
]
Region = Annotated[
    Literal[
        "Africa",
        "Americas",
        "Asia",
        "Europe",
        "Oceania",
        "Australia and New Zealand",
        "Central Asia",
        "Eastern Asia",
        "Eastern Europe",
        "Latin America and the Caribbean",
        "Melanesia",
        "Micronesia",
        "Northern Africa",
        "Northern America",
        "Northern Europe",
        "Polynesia",
        "South-eastern Asia",
        "Southern Asia",
        "Southern Europe",
        "Sub-Saharan Africa",
        "Western Asia",
        "Western Europe",
    ],
    Field(description="a region or subregion of the United Nations, such as Western Europe"),
]
Reports = Annotated[
    list[Annotated[StrictStr, Field(pattern=r"^AR[0-9]+$", description="such as AR6")]],
    AfterValidator(once),
    Field(min_length=1, description='a list of IPCC reports such as ["AR6"]'),
]
# A reader has to take standards of later revisions, so any name will do there.
Standards = Annotated[
    list[Filled],
    AfterValidator(once),
    Field(min_length=1, description='a list of standards such as ["ISO14067"]'),
]
STANDARDS = (
    "ISO14067",
    "ISO14083",
    "ISO14040-44",
    "GHGP-Product",
    "PEF",
    "PACT-1.0",
    "PACT-2.0",
    "PACT-3.0",
    "PAS2050",
)

# decimals of version 3: text only
Number = Annotated[
    StrictStr,
    Field(pattern=rf"^[+-]?{NUMBER}$", description='a decimal as text such as "1.5"'),
]
NotNegative = Annotated[
    StrictStr,
    Field(pattern=rf"^\+?{NUMBER}$", description='a decimal of at least 0 as text such as "1.5"'),
]
Positive = Annotated[
    StrictStr,
    Field(pattern=rf"^\+?{ABOVE_ZERO}$", description='a decimal above 0 as text such as "1.5"'),
]
NotPositive = Annotated[
    StrictStr,
    Field(
        pattern=rf"^(-{NUMBER}|0+(\.0+)?)$",
        description='a decimal of at most 0 as text such as "-1.5"',
    ),
]
Rating = Annotated[
    Number, _between(1, 5), Field(description='a decimal from 1 to 5 as text such as "1.5"')
]
# ... and of version 2: text or number
Number2 = Annotated[
    StrictStr,
    BeforeValidator(_number_as_text),
    Field(pattern=rf"^[+-]?{NUMBER}$", description="a decimal such as 1.5"),
]
NotNegative2 = Annotated[
    StrictStr,
    BeforeValidator(_number_as_text),
    Field(pattern=rf"^\+?{NUMBER}$", description="a decimal of at least 0 such as 1.5"),
]
Positive2 = Annotated[
    StrictStr,
    BeforeValidator(_number_as_text),
    Field(pattern=rf"^\+?{ABOVE_ZERO}$", description="a decimal above 0 such as 1.5"),
]
Percent2 = Annotated[
    NotNegative2, _between(0, 100), Field(description="a decimal from 0 to 100 such as 1.5")
]
Rating2 = Annotated[
    NotNegative2, _between(1, 3), Field(description="a decimal from 1 to 3 such as 1.5")
]
Unit = Annotated[
    Literal[
        "liter",
        "kilogram",
        "cubic meter",
        "kilowatt hour",
        "megajoule",
        "ton kilometer",
        "square meter",
        "piece",
        "hour",
        "megabit second",
    ],
    Field(description="a unit such as kilogram, liter or piece"),
]
