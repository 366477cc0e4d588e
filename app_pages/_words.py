"""What the pages say: figures as a person would read them, and product text that stays text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping

NO_BREAK = "\N{NO-BREAK SPACE}"
JOINER = "\N{WORD JOINER}"  # no width: keeps ":icon:" and "www." from meaning anything
LONGEST_NAME = 90
TIERS = {
    "verified": "verified by the supplier",
    "model": "estimated from similar products",
    "neighbours": "estimated from the nearest products",
    "category": "estimated from its category",
    "spend": "a rough estimate from its price",
    "unknown": "no figure for this kind of product yet",
}
MASS = {
    "catalogue": "the pack's weight is given by the shop",
    "package": "the pack's weight is read from its package text",
    "price": "the pack's weight is inferred from its price",
    "category": "the pack's weight is typical of its category",
}
HOUSEHOLD_KINDS = {
    "home_ownership": "owning or renting the home",
    "household_size": "people at home",
    "household_comp": "adults and children at home",
    "kids_count": "number of children",
    "store": "main store",
}
# The chance that a stand-in is lighter, said in figures that are never above it.
CHANCES = ((0.99, "99 in 100"), (0.95, "19 in 20"), (0.9, "9 in 10"), (0.8, "4 in 5"))

# What the chance stands on: learned for comparisons, or read off the footprints' ranges.
CHANCE_FROM = {
    True: "The chance was learned from how far the estimate's differences between goods for one "
    "need were off, on goods that it had not seen; the doubt about a pack's weight, or what both "
    "estimates share, plays no part in it, nor in the range of the change.",
    False: "The chance comes from both 80 % ranges, taken as independent, which inside a category "
    "understates it.",
}


def plain(text: object, longest: int = LONGEST_NAME) -> str:
    """Text from data, safe inside Markdown: no markup, links, formulas, icons or direction marks.

    >>> plain("**Sale** $x$")
    '\\\\*\\\\*Sale\\\\*\\\\* \\\\$x\\\\$'
    """
    letters = "".join(c if c.isprintable() else " " for c in str(text))
    words = " ".join(letters.split())
    if len(words) > longest:
        words = words[: longest - 1].rstrip() + "…"
    words = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", words)
    words = re.sub(r"([:@]|www)", rf"\1{JOINER}", words, flags=re.IGNORECASE)
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in words):
        words = f"\N{FIRST STRONG ISOLATE}{words}\N{POP DIRECTIONAL ISOLATE}"
    return words


def name_and_pack(title: str) -> tuple[str, str]:
    """What a product is, and what tells it from its siblings: the title before and after a comma.

    >>> name_and_pack("White milk, 1 gallon, house brand")
    ('White milk', '1 gallon, house brand')
    """
    name, _, rest = title.partition(", ")
    return name, rest


def money(amount: float, currency: str) -> str:
    """An amount in the shop's currency.

    >>> money(1234.5, "$"), money(2.0, "EUR")
    ('$1,234.50', 'EUR\\xa02.00')
    """
    sign = "−" if amount < -0.005 else ""
    mark = currency + NO_BREAK if currency[-1:].isalpha() else currency
    return f"{sign}{mark}{abs(amount):,.2f}"


def money_change(amount: float, currency: str) -> str:
    """A difference in price, with its sign; "the same price" where there is none.

    >>> money_change(-0.4, "$"), money_change(0.001, "$")
    ('−$0.40', 'the same price')
    """
    if abs(amount) < 0.005:
        return "the same price"
    return ("+" if amount > 0 else "") + money(amount, currency)


def significant(value: float, digits: int = 2) -> str:
    """A figure to `digits` significant digits, without an exponent.

    >>> significant(1.187), significant(123.4), significant(0.0456)
    ('1.2', '120', '0.046')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "?"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    # NumPy rounds 2.55 up and Python down: one number has one text
    text = f"{round(float(value), places):,.{max(places, 0)}f}"
    return text.replace("-", "−")


def kg(value: float, low: float, high: float) -> str:
    """A footprint with its range, in kilograms, or in grams where it is light.

    >>> kg(1.187, 0.81, 1.93), kg(0.034, 0.02, 0.05)
    ('about 1.2\\xa0kg CO2e (0.81–1.9)', 'about 34\\xa0g CO2e (20–50)')
    """
    if math.isnan(value):
        return "unavailable"
    scale, unit = (1000.0, "g") if value < 0.1 else (1.0, "kg")
    ends = f"{significant(low * scale)}–{significant(high * scale)}"
    return f"about {significant(value * scale)}{NO_BREAK}{unit} CO2e ({ends})"


def kg_change(value: float, low: float, high: float) -> str:
    """A change of a footprint with its range.

    >>> kg_change(-11.2, -18.0, 0.21)
    '−11\\xa0kg CO2e (−18 to +0.21)'
    """
    light = max(abs(value), abs(low), abs(high)) < 0.1
    scale, unit = (1000.0, "g") if light else (1.0, "kg")

    def signed(figure: float) -> str:
        return ("+" if figure > 0 else "") + significant(figure * scale)

    return f"{signed(value)}{NO_BREAK}{unit} CO2e ({signed(low)} to {signed(high)})"


def chance(probability: float) -> str:
    """A chance as a person would say it, never more than it is.

    >>> chance(0.83), chance(0.9999), chance(0.62)
    ('4 in 5', '99 in 100', 'cannot tell')
    """
    return next((said for least, said in CHANCES if probability >= least), "cannot tell")


def verdict(probability: float) -> str:
    """What a chance to be lighter says of a stand-in against what is usually bought.

    >>> verdict(0.93), verdict(0.62), verdict(0.02)
    ('estimated lighter: 9 in 10', 'cannot tell', 'estimated heavier: 19 in 20')
    """
    lighter, heavier = chance(probability), chance(1.0 - probability)
    if lighter == heavier:
        return lighter
    return f"estimated heavier: {heavier}" if probability < 0.5 else f"estimated lighter: {lighter}"


def percent(value: float | None) -> str:
    """A change: "+1.2 %", a true minus sign, "0.0 %" for none, "–" where it does not exist.

    >>> percent(-0.0123), percent(None)
    ('−1.2\\xa0%', '–')
    """
    if value is None:
        return "–"
    text = f"{value * 100:+.1f}"
    text = "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")
    return f"{text}{NO_BREAK}%"


def change(estimate: Mapping[str, float | None]) -> str:
    """A change with its interval: "−1.2 % [−2.0 %, −0.4 %]"."""
    low, high = estimate["change_low"], estimate["change_high"]
    ends = "" if low is None or high is None else f" [{percent(low)}, {percent(high)}]"
    return percent(estimate["change"]) + ends


def is_clear(estimate: Mapping[str, float | None]) -> bool:
    """Whether the interval of a change leaves out 0."""
    low, high = estimate["change_low"], estimate["change_high"]
    return low is not None and high is not None and not low <= 0 <= high


def count(number: float, one: str, many: str = "") -> str:
    """
    >>> count(1, "place"), count(3, "box", "boxes")
    ('1 place', '3 boxes')
    """
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def share(value: float | None) -> str:
    """A share in whole percent; a dash where it is not known.

    >>> share(0.6533), share(None)
    ('65 %', '–')
    """
    return "–" if value is None else f"{100 * value:.0f} %"


def household_kind(column: str) -> str:
    """What a column of the table of households is called; a column of a shop's own by its name.

    >>> household_kind("kids_count"), household_kind("marital_status")
    ('number of children', 'marital status')
    """
    return HOUSEHOLD_KINDS.get(column, column.replace("_", " "))
