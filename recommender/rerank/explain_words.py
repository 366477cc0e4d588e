"""What explanations say: figures as a person reads them, and why a product stands where it does.

Words are "estimated", never what a product saves; a figure that its supplier had verified is not
called estimated. Margin is named like any other reason.
"""

from __future__ import annotations

import math

import numpy as np

from recommender.candidates import Floats
from recommender.lighter import chance_lighter
from recommender.relevance.cold.cold_start import COLD_SOURCE
from recommender.relevance.generators.merge import GENERATORS
from recommender.rerank.offers import OTHER, Offers

SURE = 0.8  # least chance with which one product is called lighter than another
LONGEST_NAME = 60
COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TIERS = {  # in the words of the pages
    "verified": "verified by the supplier",
    "model": "estimated from similar products",
    "neighbours": "estimated from the nearest products",
    "category": "estimated from its category",
    "spend": "a rough estimate from its price",
    "unknown": "no figure for this kind of product yet",
}
# Why a product is a candidate at all: by what named it, the most personal first.
SOURCES = (
    ("repeats", "you have bought it before"),
    ("als", "bought by households like yours"),
    ("popular_in_segment", "bought by households like yours"),
    ("ease", "bought along with what you buy"),
    ("item_item", "bought along with what you buy"),
    ("stand_ins", "a stand-in for what you buy"),
    ("popular_in_store", "bought often in your store"),
    ("usual_sellers", "of a supplier you buy from"),
    ("popular", "bought by many"),
    ("long_tail", "of a smaller supplier"),
)
VALUES = {
    "sellers": "supplier {seller} is shown less than it sells",
    "seller floors": "supplier {seller} is owed more attention",
    "seller caps": "supplier {other_seller} has its share of attention already",
    "tier floors": "its tier of popularity is owed more attention",
    "diversity": "unlike the rest of the slate",
    "tier_mix": "from another tier of popularity",
    "coverage": "shown to few others",
    "freshness": "new in the shop",
}


def figure(value: float, digits: int = 2) -> str:
    """A figure to `digits` significant digits, never cut before the point.

    >>> figure(1.187), figure(1234.4), figure(0.0456), figure(-3.0)
    ('1.2', '1,234', '0.046', '−3.0')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "?"
    places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{places}f}".replace("-", "−")


def money(amount: float, currency: str) -> str:
    """An amount in the shop's currency; below a tenth to two significant digits.

    >>> money(1234.5, "$"), money(0.0031, "$"), money(2.0, "EUR")
    ('$1,234.50', '$0.0031', 'EUR 2.00')
    """
    mark = f"{currency} " if currency[-1:].isalpha() else currency
    size = abs(amount)
    text = figure(size) if 0 < size < 0.1 else f"{size:,.2f}"
    return f"{'−' if amount < 0 else ''}{mark}{text}"


def kilograms(kg: float) -> str:
    """
    >>> kilograms(1.187), kilograms(0.034), kilograms(12.3)
    ('1.2 kg', '34 g', '12 kg')
    """
    return f"{figure(kg * 1000)} g" if abs(kg) < 0.1 else f"{figure(kg)} kg"


def kg_range(kg: float, low: float, high: float, signed: bool = False) -> str:
    """A footprint, or a change of one, with its range.

    >>> kg_range(1.187, 0.81, 1.93), kg_range(-0.034, -0.06, 0.01, signed=True)
    ('about 1.2 kg CO2e (0.81–1.9)', '−34 g CO2e (−60 to +10)')
    """
    light = max(abs(kg), abs(low), abs(high)) < 0.1 if signed else abs(kg) < 0.1
    scale, unit = (1000.0, "g") if light else (1.0, "kg")

    def said(value: float) -> str:
        return ("+" if signed and value > 0 else "") + figure(value * scale)

    ends = f"{said(low)} to {said(high)}" if signed else f"{said(low)}–{said(high)}"
    return f"{'' if signed else 'about '}{said(kg)} {unit} CO2e ({ends})"


def places(count: int) -> str:
    """
    >>> places(1), places(2), places(14)
    ('one place', 'two places', '14 places')
    """
    said = COUNTS[count] if count < len(COUNTS) else str(count)
    return f"{said} {'place' if count == 1 else 'places'}"


def short_name(title: object) -> str:
    """A title on one line of a terminal: without what does not print, and cut where long.

    >>> short_name("Still water,\\n6 x 0.5 liter, supplier 103")
    'Still water, 6 x 0.5 liter, supplier 103'
    """
    letters = "".join(c if c.isprintable() else " " for c in str(title))
    words = " ".join(letters.split())
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1].rstrip(" ,") + "…"


def why_candidate(offers: Offers, row: int) -> str:
    """What named a product, in a few words; "" where nothing is known.

    "households like yours" only where the generators that look at such households named it.
    """
    names, bits = list(GENERATORS), int(offers.source[row])
    if not offers.is_new[row]:
        return SOURCES[0][1]
    for name, words in SOURCES:
        if bits >> names.index(name) & 1:
            return words
    return "like what you buy, and new in the shop" if bits & COLD_SOURCE else ""


def reason(party: str, offers: Offers, ahead: int, behind: int, here: int, currency: str) -> str:
    """Why row `ahead` outweighs row `behind` for one party, of those that `gains` tells apart.

    `here` is that of the two whose place is explained; the reader has just read the other's name.
    """
    if party == "climate":
        return lighter(offers, ahead, behind, here)
    if party == "retailer":
        more = offers.margin[ahead] - offers.margin[behind]
        if more > 0:
            return f"{money(more, currency)} more margin a pack for the shop"
        return "more margin for the shop, since it is bought more often"
    if party == "relevance":
        return "you are likelier to buy it"
    if party == OTHER:
        return "other aims of this policy"
    words = VALUES.get(party, f"for {party}")
    return words.format(seller=offers.seller[ahead], other_seller=offers.seller[behind])


def lighter(offers: Offers, ahead: int, behind: int, here: int) -> str:
    """What the climate's part turns on: against the other product, or against the usual one."""
    kg, other_kg = offers.kg[ahead], offers.kg[behind]
    own = offers.own_figure[ahead] and offers.own_figure[behind]
    same_need = offers.need[ahead] == offers.need[behind]
    if kg < other_kg and own and (same_need or offers.reference == "none"):
        verified = bool(offers.verified[ahead] and offers.verified[behind])
        rows = np.array([ahead, behind])
        by = _by(other_kg - kg, verified, offers.kg[rows], offers.kg_sd[rows])
        need = "same need" if same_need else f"for {offers.need[ahead]}, another need"
        return f"{need}, {by[0]} lighter{by[1]}"
    if offers.reference == "need":
        excess, other = (
            offers.kg[row] - offers.usual_kg[row] if offers.own_figure[row] else 0.0
            for row in (ahead, behind)
        )
        if excess < 0 and excess < other:
            by = _by_usual(offers, ahead)
            return f"{by[0]} lighter than {usual(offers, ahead)}{by[1]}"
        if other > 0 and excess < other:
            by = _by_usual(offers, behind)
            which = "this one" if behind == here else "that one"
            return f"{which} is {by[0]} heavier than {usual(offers, behind)}{by[1]}"
    return "less carbon in all, by how often each is bought"


def usual(offers: Offers, row: int) -> str:
    """What a product is held against: the household's own purchases, or everybody's."""
    whose = "you usually buy" if offers.usual_own[row] else "is usually bought"
    return f"what {whose} for {offers.need[row]}"


def _by_usual(offers: Offers, row: int) -> tuple[str, str]:
    pair = np.array([offers.kg[row], offers.usual_kg[row]])
    sd = np.array([offers.kg_sd[row], offers.usual_sd[row]])
    lighter_first = np.argsort(pair)
    return _by(abs(pair[1] - pair[0]), False, pair[lighter_first], sd[lighter_first])


def _by(kg: float, verified: bool, pair: Floats, sd: Floats) -> tuple[str, str]:
    """By how much, and how sure that is; `pair` holds the lighter figure, then the heavier."""
    if verified:
        return kilograms(kg), " by verified figures"
    if pair[0] <= 0:
        return f"estimated {kilograms(kg)}", ""
    log_kg = np.log10(pair)
    chance = chance_lighter(log_kg[:1], sd[:1], log_kg[1:], sd[1:])[0]
    sure = chance >= SURE  # false as well where a product is never ranked
    return f"estimated {kilograms(kg)}", "" if sure else " (the estimates cannot tell)"
