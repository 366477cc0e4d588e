"""Words for what an explanation names: tiers, members, boundaries, sources; and figures as said."""

from __future__ import annotations

import math

import pandas as pd

CHANCE = "4 chances in 5"  # the coverage of the ranges that products show
SOURCE_NAMES = {
    "agribalyse": "AGRIBALYSE",
    "su-eatable": "SU-EATABLE LIFE",
    "carbon-catalogue": "The Carbon Catalogue",
}
TIER_WORDS = {
    "verified": "verified by the supplier",
    "model": "estimated from similar products",
    "neighbours": "estimated from products with similar names",
    "category": "estimated as the mean of its shelf",
    "spend": "a rough estimate from its price",
    "unknown": "no figure",
}
MEMBER_WORDS = {
    "attributes": "trees on what it is made of",
    "text": "trees on its words",
    "ridge": "a smooth fit by likeness",
    "neighbours": "mean of the nearest",
    "shelf": "mean of its shelf",
}
BOUNDARY_WORDS = {
    "cradle to shelf": "It counts everything from farm or factory to the shop's shelf; what "
    "happens at home, such as cooking and cooling, is left out.",
    "cradle to grave without use": "It counts making, transport and disposal; use at home is left "
    "out.",
    "up to the shelf": "It counts everything from raw materials to the shop's shelf.",
    "extents as the companies chose them": "What is counted is each company's own choice, and may "
    "include use at home.",
    "mixed": "The records it rests on do not all count the same stages: some are companies' own "
    "figures, which may stop at the factory or include use at home.",
    "as its supplier states": "What is counted is what its supplier states.",
    "cradle to purchaser": "It counts everything from raw materials to the till, as an "
    "average of its industry.",
}
MASS_WORDS = {
    "catalogue": "as the shop's catalogue says",
    "package": "read from “{package}”",
    "price": "worked out from its price, by what the shelf costs per kg",
    "category": "a usual weight for goods of its kind, since nothing says the size of this pack",
}
CAUSE_WORDS = {
    "model": "how far the method misses goods it has not seen",
    "sources": "what public databases say differently about the same good",
    "mass": "the weight of the pack",
    "makers": "how differently other makers' devices of its kind turn out",
}
BETTER_WORDS = {
    "price": "Its price: without one, a figure by money cannot be given.",
    "words": "Ordinary words for what it is, or the shelf it stands on (category, product type).",
    "title": "A title that says what it is, in ordinary words.",
    "shelf": "The shelf it stands on (category or product type): it tells goods with similar names "
    "apart.",
    "mass": "The size of the pack, as a weight in kg or as its package text says it.",
    "attributes": "Its mass in kg, screen size and storage, as far as the title does not say them.",
    "verified": "A figure from its own supplier, verified: it would replace the estimate.",
}


def citation_words(cited: pd.DataFrame) -> pd.Series:
    """The sources of each record as a person would write them, by `record`, from the columns of
    `quality.cited_figures`; records of one publisher stand together.

    >>> cited = {"record": [0, 0], "source": ["agribalyse"] * 2, "key": ["6535", "6536"]}
    >>> cited |= {"year": [2025.0, 2025.0], "geography": ["France", "France"]}
    >>> citation_words(pd.DataFrame(cited)).tolist()
    ['AGRIBALYSE 2025 (France), records 6535 and 6536']
    """
    name = cited["source"].map(lambda source: SOURCE_NAMES.get(source, source))
    year = cited["year"].map(lambda year: "" if math.isnan(year) else f" {year:.0f}")
    place = cited["geography"].map(lambda place: f" ({place})" if place else "")
    keys = cited["key"].groupby([cited["record"], name + year + place], sort=False).agg(list)
    said = keys.map(lambda keys: f"record{'s' if len(keys) > 1 else ''} {listed(keys)}")
    joined = keys.index.get_level_values(1) + ", " + said
    return joined.groupby(keys.index.get_level_values(0)).agg("; ".join)


def significant(value: float, digits: int = 2) -> str:
    """A figure to `digits` significant digits, without an exponent.

    >>> significant(1.187), significant(123.4), significant(0.0456), significant(0.0)
    ('1.2', '120', '0.046', '0')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "?"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"


def weight(kg: float) -> str:
    """Kilograms, or grams where it is light.

    >>> weight(1.187), weight(0.034)
    ('1.2 kg', '34 g')
    """
    return f"{significant(kg)} kg" if kg >= 0.1 else f"{significant(1000 * kg)} g"


def between(low: float, high: float, middle: float) -> str:
    """A range in the unit that `weight` gives its middle.

    >>> between(1.4, 5.81, 2.9), between(0.02, 0.31, 0.05)
    ('1.4 to 5.8 kg', '20 to 310 g')
    """
    scale, unit = (1.0, "kg") if middle >= 0.1 else (1000.0, "g")
    return f"{significant(low * scale)} to {significant(high * scale)} {unit}"


def listed(words: list[str]) -> str:
    """
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def percent(share: float) -> str:
    """
    >>> percent(0.123), percent(0.001)
    ('12 %', 'under 1 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.005 else "under 1 %"
