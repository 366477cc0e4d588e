"""Units of mass and volume: exact constants, and the words that packs write for them."""

from __future__ import annotations

# The avoirdupois pound and the US gallon (231 cubic inches) are defined exactly in SI units.
KG_PER_LB = 0.45359237
KG_PER_OZ = KG_PER_LB / 16
KG_PER_G = 1 / 1000
L_PER_US_GALLON = 3.785411784
L_PER_US_QUART = L_PER_US_GALLON / 4
L_PER_US_PINT = L_PER_US_GALLON / 8
L_PER_US_FL_OZ = L_PER_US_GALLON / 128
L_PER_ML = 1 / 1000
M2_PER_SQ_FT = 0.3048**2
PIECES_PER_DOZEN = 12

# Spellings are upper case. A lone "G" is a gram; tills write "GA" for a gallon.
KG_PER_UNIT = {
    "OZ": KG_PER_OZ,
    "OZS": KG_PER_OZ,
    "OUNCE": KG_PER_OZ,
    "OUNCES": KG_PER_OZ,
    "Z": KG_PER_OZ,  # what a 12-letter column leaves of "OZ" ...
    "O": KG_PER_OZ,  # ... or only this
    "LB": KG_PER_LB,
    "LBS": KG_PER_LB,
    "POUND": KG_PER_LB,
    "POUNDS": KG_PER_LB,
    "KG": 1.0,
    "KGS": 1.0,
    "KILO": 1.0,
    "KILOS": 1.0,
    "KILOGRAM": 1.0,
    "KILOGRAMS": 1.0,
    "G": KG_PER_G,
    "GR": KG_PER_G,
    "GM": KG_PER_G,
    "GMS": KG_PER_G,
    "GRAM": KG_PER_G,
    "GRAMS": KG_PER_G,
}
L_PER_UNIT = {
    "FL OZ": L_PER_US_FL_OZ,
    "FLUID OUNCE": L_PER_US_FL_OZ,
    "FLUID OUNCES": L_PER_US_FL_OZ,
    "GA": L_PER_US_GALLON,
    "GAL": L_PER_US_GALLON,
    "GALS": L_PER_US_GALLON,
    "GALLON": L_PER_US_GALLON,
    "GALLONS": L_PER_US_GALLON,
    "QT": L_PER_US_QUART,
    "QTS": L_PER_US_QUART,
    "QUART": L_PER_US_QUART,
    "QUARTS": L_PER_US_QUART,
    "PT": L_PER_US_PINT,
    "PTS": L_PER_US_PINT,
    "PINT": L_PER_US_PINT,
    "PINTS": L_PER_US_PINT,
    "ML": L_PER_ML,
    "MLL": L_PER_ML,
    "CL": 10 * L_PER_ML,
    "DL": 100 * L_PER_ML,
    "L": 1.0,
    "LT": 1.0,
    "LTR": 1.0,
    "LTRS": 1.0,
    "LITER": 1.0,
    "LITERS": 1.0,
    "LITRE": 1.0,
    "LITRES": 1.0,
}
# What a person says for a unit, one and several; units not named here are said as they are.
SAID = {
    "OZ": ("oz", "oz"),
    "FL OZ": ("fl oz", "fl oz"),
    "LB": ("lb", "lb"),
    "KG": ("kg", "kg"),
    "G": ("g", "g"),
    "ML": ("ml", "ml"),
    "CL": ("cl", "cl"),
    "L": ("liter", "liters"),
    "GAL": ("gallon", "gallons"),
    "QT": ("quart", "quarts"),
    "PT": ("pint", "pints"),
}
