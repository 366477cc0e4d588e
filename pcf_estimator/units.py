"""Units of mass, volume and area, by pint, and the words that packs and tables write for them.

Pint knows the US customary units by their exact definitions; counted in fractions, a gallon is
3.785411784 litres to the last digit. The registry is made once, where a factor is first asked for:
importing pint and reading its definitions takes half a CPU second.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from pcf_estimator.tables import TableError

if TYPE_CHECKING:
    import pint

PIECES_PER_DOZEN = 12

# Spellings are upper case, their meaning is pint's name. Tills write "GA" for a gallon; of "OZ" a
# column of 12 letters may leave "Z" or "O".
SPELLINGS_OF_MASS = {
    "ounce": "OZ OZS OUNCE OUNCES Z O",
    "pound": "LB LBS POUND POUNDS",
    "kilogram": "KG KGS KILO KILOS KILOGRAM KILOGRAMS",
    "gram": "G GR GM GMS GRAM GRAMS",
}
SPELLINGS_OF_VOLUME = {
    "US_fluid_ounce": "FL_OZ FLUID_OUNCE FLUID_OUNCES",
    "gallon": "GA GAL GALS GALLON GALLONS",
    "quart": "QT QTS QUART QUARTS",
    "pint": "PT PTS PINT PINTS",
    "milliliter": "ML MLL MILLILITER MILLILITERS MILLILITRE MILLILITRES",
    "centiliter": "CL CENTILITER CENTILITRE",
    "deciliter": "DL",
    "liter": "L LT LTR LTRS LITER LITERS LITRE LITRES",
}


def _unit_of_spelling(spellings: dict[str, str]) -> dict[str, str]:
    return {
        word.replace("_", " "): unit for unit, words in spellings.items() for word in words.split()
    }


UNIT_OF_MASS = _unit_of_spelling(SPELLINGS_OF_MASS)
UNIT_OF_VOLUME = _unit_of_spelling(SPELLINGS_OF_VOLUME)
# What a person says for a unit, one and several.
SAID = {
    "ounce": ("oz", "oz"),
    "US_fluid_ounce": ("fl oz", "fl oz"),
    "pound": ("lb", "lb"),
    "kilogram": ("kg", "kg"),
    "gram": ("g", "g"),
    "milliliter": ("ml", "ml"),
    "centiliter": ("cl", "cl"),
    "deciliter": ("dl", "dl"),
    "liter": ("liter", "liters"),
    "gallon": ("gallon", "gallons"),
    "quart": ("quart", "quarts"),
    "pint": ("pint", "pints"),
}
DIMENSIONS = {
    "kilogram": "a mass",
    "meter": "a length",
    "meter ** 2": "an area",
    "liter": "a volume",
    "second": "a time",
    "radian": "a bare number",
}
QUANTITY = re.compile(r"\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\d\s].*?)\.?\s*$")


class UnitError(TableError):
    """A quantity whose unit is not known, or measures something else than was asked for."""


@cache
def registry() -> pint.UnitRegistry[Fraction]:
    """Pint's units, counted in fractions; made at the first call."""
    import pint

    return pint.UnitRegistry(non_int_type=Fraction)


@cache
def factor(unit: str, to: str) -> float:
    """How many `to` are in one `unit`, exact to the last bit; UnitError where they do not compare.

    >>> factor("gallon", "liter"), factor("pound", "kg")
    (3.785411784, 0.45359237)
    >>> factor("meter", "kg")
    Traceback (most recent call last):
    pcf_estimator.units.UnitError: meter is a length, but a mass in kg was expected
    """
    units = registry()
    given, wanted = _parsed(unit), _parsed(to)
    if given.dimensionality != wanted.dimensionality:
        raise UnitError(
            f"{unit} is {_dimension(given)}, but {_dimension(wanted)} in {to} was expected"
        )
    return float(units.Quantity(Fraction(1), given).to(wanted).magnitude)


def quantity(text: str, to: str) -> float:
    """A written quantity in the unit `to`; UnitError where the unit is unknown or does not fit.

    >>> quantity("500 g", "kg"), quantity("1.5 LB", "kg")
    (0.5, 0.6803885550000001)
    >>> quantity("2 liters", "kg")
    Traceback (most recent call last):
    pcf_estimator.units.UnitError: 2 liters is a volume, but a mass in kg was expected
    """
    found = QUANTITY.match(text)
    if found is None:
        raise UnitError(f"{text} is no number with a unit, but a number in {to} was expected")
    number, word = found.groups()
    upper = word.upper()
    unit = UNIT_OF_MASS.get(upper) or UNIT_OF_VOLUME.get(upper) or word
    try:
        return float(number) * factor(unit, to)
    except UnitError as error:
        raise UnitError(str(error).replace(unit, text.strip(), 1)) from None


def _parsed(unit: str) -> pint.Unit:
    try:
        return registry().parse_units(unit)
    except Exception as error:  # pint raises its own, and those of Python's parser
        raise UnitError(f"{unit} is no unit that is known") from error


def _dimension(unit: pint.Unit) -> str:
    alike = (said for of, said in DIMENSIONS.items() if unit.is_compatible_with(_parsed(of)))
    return next(alike, "another quantity")
