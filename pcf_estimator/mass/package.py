"""Package text: what "12 PK/12 OZ", "6 x 330 ml", "1/2 GAL" or "2 DOZEN" says is in a pack.

The grammar, on upper-case text, one search per distinct text:

- an amount is a number, a simple fraction or both ("16.9", "3/4", "10 3/4"), then a unit; a comma
  is a decimal point ("0,5 l") except before three digits ("1,000 g"), and there too where the
  amount would be tonnes ("1,500 kg");
- packs multiply it, before or after ("12 PK/12 OZ", "6 x 330 ml", "4-4 OZ", "12 OZ/12 PK");
- a count of pieces does not: "16 CT/22 OZ" is 22 ounces, the whole pack, unless it says so
  ("16 CT/2 OZ EACH"). Where packs make more than MOST_KG ("12 PK/300 OZ") the text may mean either,
  and has no mass: more packs never weigh less;
- "18-22 LB" is a range (its ends within a half of each other, or the first no whole number, as in
  "3.5-6 LB"), read at its middle; "1 LB 8 OZ" and "500 G + 500 G" are sums;
- mass goes before volume ("2 QT/.25 OZ" makes two quarts of drink), the first before the next;
- six digits glued to the front are an item code; "REC OZ" (as drunk) is no mass of the pack;
- "20 CT/13 GAL" is a bag's size, so no volume;
- what measures no goods ("12 IN", "3 HOURS", "75 WATT") is neither mass nor volume; nor is an
  amount of zero, with a sign ("-500 G") or a power ("1E3 G"): no part of it is another size.

Ounces count as mass. On liquids they are fluid ounces, 4 % more: with a density about 1 that is
within the spread, so only goods of another density (see mass.py) need to know.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.mass.words import (
    DOZEN,
    PACKS,
    PIECES,
    printed,
    said_amount,
    said_count,
)
from pcf_estimator.units import PIECES_PER_DOZEN, UNIT_OF_MASS, UNIT_OF_VOLUME, factor

# ASSUMPTIONS: packs sold as one weigh no more where the text says "x" or "pack" (24 x 2.5 kg of
# rice), nor where it does not ("7-11 LB" is a range rather than seven packs).
MOST_KG, MOST_KG_UNSAID = 60.0, 25.0
RANGE = 1.5  # "18-22 LB" is a range, "6-12 OZ" six packs
# What is replaced, by what, and what a text holds that has it: cheaper to ask of every title.
CLEAN = (
    (r"[−–‐‑]", "-", r"[−–‐‑]"),
    (r"×", "X", "×"),
    (r"\s?½", " 1/2", "½"),
    (r"\s?¼", " 1/4", "¼"),
    (r"\s?¾", " 3/4", "¾"),
    # nobody carries tonnes: 1,500 kg
    (r"(?<=\d),(?=\d{3}\s*(?:KG|KILO|L\b|LIT))", ".", r"\d,\d"),
    (r"(?<=[1-9]),(?=\d{3}(?!\d))|(?<=\d\d),(?=\d{3}(?!\d))", "", r"\d,\d"),  # 1,000 g
    (r"(?<=\d),(?=\d)", ".", r"\d,\d"),  # 1,5 l and 0,500 l
    (r"(?<![\d.])(\d)\.(?=\d{3}\s*(?:G|GR|ML)\b)", r"\1", r"\d\.\d{3}"),  # 1.000 g
    (r"^\d{6}(?=[\d. ])", "", r"^\d{6}"),
    (r"\bFL(?:UID)?\.?\s*OZS?\b", "FL OZ", "FL"),
    (r"(?<!\d)(?<!\d )\b(?:MULTI)?(?:PACK|PK|CASE|BOX) OF (\d+)", r"\1 PK", r" OF \d"),
    (r"\bHALF[ -](?=GAL|DOZ|DZ|PINT|LIT)", "1/2 ", "HALF"),
    (r"\bDOZEN AND A HALF\b", "18 CT", "DOZEN"),
)
SIMPLE = r"(?=(?:1/2|[12]/3|[13]/4|[1357]/8|(?:[13579]|1[135])/16)(?!\d))"


def _amount(tag: str) -> str:
    fraction = rf"{SIMPLE}(?P<over{tag}>\d+)/(?P<under{tag}>\d+)"
    plain = rf"(?P<plain{tag}>\d*\.\d+|\d+)(?![\d.]*\d)"
    return rf"(?<![\d.])(?:(?:(?P<whole{tag}>\d{{1,3}})[ -])?{fraction}|{plain})"


def _either(units: dict[str, str]) -> str:
    # "O" is an ounce only where the text breaks off
    spelled = sorted(set(units) - {"O"}, key=len, reverse=True)
    return "|".join([*spelled, *(["O$"] if "O" in units else [])])


def _measure(units: dict[str, str]) -> str:
    before = (
        r"(?:(?<![\d./-])(?P<times>\d{1,3}(?:\.\d{1,2})?)[\s-]*"
        rf"(?:(?P<word>{PACKS}|{PIECES})(?![A-Z])\s*(?:/|X|,|-|OF|@)?|(?P<by>X)|[/-]|TO\b)\s*)??"
    )
    unit = rf"\s*-?(?P<unit>{_either(units)})(?![A-Z])"
    after = (
        rf"(?:\.?\s*[/,X]?\s*(?P<times_after>\d{{1,3}})\s*(?:{PACKS})(?![A-Z])"
        r"|\s*X\s*(?P<times_last>\d{1,3})(?![\d.])"
        r"|(?P<each>\s*(?:EACH|EA)(?![A-Z])))?"
    )
    return before + _amount("") + unit + after


MASS, VOLUME = _measure(UNIT_OF_MASS), _measure(UNIT_OF_VOLUME)
AND_OUNCES = (
    r"^(?:.*[^\d.])?(?P<pounds>\d{1,2})\s*LBS?\.?,?\s*(?P<ounces>\d{1,2}(?:\.\d+)?)\s*OZ(?!\w)"
)
ANY_COUNT = (
    rf"(?<![\d.])(?P<low>\d{{1,4}})(?:-(?P<high>\d{{1,4}}))?[ -]?(?:{PACKS}|{PIECES})(?![A-Z])"
)
DOZENS = rf"(?:{_amount('')})?\s*(?:{DOZEN})(?![A-Z])"
ALONE = r"GA|GAL|GALLON|QT|QUART|PT|PINT|LB|POUND|L|LITER|LITRE|KG|DZ|DOZ|DOZEN"
ONE_EACH = r"^(?:1\s*)?(?:EACH|EA)$"
# What a text without any of these says nothing of: cheap to ask of every title. One alternative
# opens each of the patterns above.
SPELLED = "|".join(sorted({*UNIT_OF_MASS, *UNIT_OF_VOLUME} - {"O"}, key=len, reverse=True))
WORTH_READING = (
    rf"\d[\s.\-]*(?:FLUID\b|FL\b|{SPELLED}|O$|{PACKS}|{PIECES}|{DOZEN}|SQ|X\s*\d)(?:[^A-Z]|$)"
    rf"|[½¼¾]|\bOF\s\d|\bHALF[ -]|\b(?:{DOZEN})\b|^(?:{ALONE})$|^EACH$|^EA$"
)
# What is not to be read at all: a signed amount, a power of ten, and packs that are added up before
# they multiply. "12 PK -12 OZ" has a dash, no sign.
_UNITS = "|".join(sorted({*UNIT_OF_MASS, *UNIT_OF_VOLUME}, key=len, reverse=True))
UNREAD = (
    r"^[-−+]\s*[\d.½¼¾]|^–\s*[\d.½¼¾]"
    rf"|(?:[^\d\s]\s+|\()[-−–][\d.½¼¾][\d.,/\sX×½¼¾]*(?:{_UNITS})(?![A-Z])"
    r"|\d\s*E[-−+]?\d+\s*[A-Z]|\d\^[-−+]?\d|\d\s*\+\s*\d+\s*[X×]"
)
DASHED = rf"\d\s*(?:{PACKS}|{PIECES}|{_UNITS})\.?\s+[-−–]\d"
PLUS = rf"(?<=\d)(\s*(?:{_UNITS})\.?\s*)\+(?=\s*[\d.½¼¾])"
AREA = r"(?<![\d.])(?P<feet>\d+(?:\.\d+)?)\s*SQ\.?\s*F"
BAG_SIZE = r"\d\s*(?:CT|COUNT|BAGS)\s*/\s*(?:\d+\s*)?(?:GAL|QT)"


def parse_package(texts: pd.Series) -> pd.DataFrame:
    """Columns mass_kg, volume_l and count of the pack that each text describes; NaN where absent.

    Same index as `texts`. Mass and volume are those of the whole pack; `count` is the number of
    packs or pieces in it. The grammar stands at the top of this module.

    >>> parse_package(pd.Series(["1 LB", "12 PK/2 LITER", "2 DOZEN", "queen size"])).round(3)
       mass_kg  volume_l  count
    0    0.454       NaN    NaN
    1      NaN      24.0   12.0
    2      NaN       NaN   24.0
    3      NaN       NaN    NaN
    """
    return read_packages(texts)[["mass_kg", "volume_l", "count"]]


def read_packages(texts: pd.Series) -> pd.DataFrame:
    """`parse_package` with `in_ounces` (the mass was written in ounces), `area_m2` (of paper and
    foil) and `said`, the pack in words ("" where nothing was read).

    >>> read_packages(pd.Series(["12 PK/12 OZ", "1/2 GAL", "6 CT"]))["said"].tolist()
    ['12 x 12 oz', 'half gallon', '6 count']
    """
    codes, distinct = pd.factorize(texts.astype("str"))  # null has code -1: the last row, ""
    text = pd.Series([*distinct, ""], dtype="str").str.upper().str.strip()
    worth = text.str.contains(WORTH_READING, regex=True)
    unread = text[worth].str.contains(UNREAD, regex=True)
    unread &= ~text[worth].str.contains(DASHED, regex=True) | text[worth].str.match(r"[-−–+]")
    worth &= ~unread.reindex(text.index, fill_value=False)
    worth.iloc[-1] = True  # so that there is a row to read, and every column has its kind
    read = _read(text[worth])
    summed = text[worth & text.str.contains("+", regex=False)]
    summed = summed[summed.str.replace(PLUS, "", regex=True).ne(summed)]
    if len(summed):
        read.loc[summed.index] = _summed(summed)
    read = read.reindex(text.index).fillna({"in_ounces": False, "said": ""})
    return read.take(codes % len(read)).set_axis(texts.index)


def _summed(text: pd.Series) -> pd.DataFrame:
    """What packs of several parts hold together; no mass, or volume, unless each part has it."""
    part = text.str.replace(PLUS, "\\1\n", regex=True).str.split("\n").explode()
    read = _read(part.reset_index(drop=True)).set_axis(part.index)
    size = ["mass_kg", "volume_l", "count", "area_m2"]
    whole = read[size].isna().groupby(level=0).any()
    answer = read[size].groupby(level=0).sum().mask(whole)
    answer["in_ounces"] = read["in_ounces"].groupby(level=0).all()
    said = read["said"].groupby(level=0).agg(" + ".join)
    answer["said"] = said.where(answer[["mass_kg", "volume_l"]].notna().any(axis=1), "")
    return answer


def _read(text: pd.Series) -> pd.DataFrame:
    for pattern, clean, sign in CLEAN:
        has_it = text.str.contains(sign, regex=True)
        if has_it.any():
            text = text.mask(has_it, text[has_it].str.replace(pattern, clean, regex=True))
    text = text.str.replace(rf"^({ALONE})$", r"1 \1", regex=True)
    mass = _measured(text, MASS, UNIT_OF_MASS, "kg")
    volume = _measured(text, VOLUME, UNIT_OF_VOLUME, "liter")
    _add_ounces(mass, text)
    bag = text.str.contains(BAG_SIZE, regex=True)
    volume.loc[bag, ["size", "said"]] = np.nan, ""
    count = _counts(text, mass["times"].fillna(volume["times"]))
    said = mass["said"].where(mass["size"].notna(), volume["said"])
    return pd.DataFrame(
        {
            "mass_kg": mass["size"],
            "volume_l": volume["size"],
            "count": count,
            "area_m2": _numbers(text, AREA, "SQ")["feet"] * factor("foot ** 2", "meter ** 2"),
            "in_ounces": mass["unit"].eq("ounce"),
            "said": said.where(said.ne(""), said_count(text, count)),
        }
    )


def _measured(text: pd.Series, pattern: str, units: dict[str, str], to: str) -> pd.DataFrame:
    """Size of the whole pack, how many times the amount stands in it, and both in words."""
    found = _extract(text, pattern, rf"\d[\s.\-]*(?:{_either(units)})(?:[^A-Z]|$)")
    amount = _number(found)
    unit = found["unit"].map(units)
    per_unit = unit.map({name: factor(name, to) for name in set(units.values())}).astype("float64")
    first = pd.to_numeric(found["times"]).astype("float64")
    last = pd.to_numeric(found["times_after"].fillna(found["times_last"])).astype("float64")
    # two and a half packs are none
    broken = first % 1 > 0
    spans = found["word"].isna() & found["by"].isna()
    is_range = spans & first.lt(amount) & (broken | amount.le(RANGE * first))
    middle = amount.where(~is_range, (first + amount) / 2)
    pieces = found["word"].fillna("").str.fullmatch(PIECES) & found["each"].isna()
    times = last.fillna(first.mask(pieces | is_range | broken))
    each = middle * per_unit
    size = each * times.fillna(1)
    most = np.where(spans & last.isna(), MOST_KG_UNSAID, MOST_KG)
    size = size.mask(times.notna() & size.gt(most))
    said = said_amount(middle, unit)
    said = said.mask(times.notna(), printed(times, "{:.0f} x ") + said)
    return pd.DataFrame(
        {
            "size": size.where(size > 0),
            "times": last.fillna(first.mask(is_range | broken)),
            "unit": unit,
            "said": said.where(size > 0, ""),
        }
    )


def _add_ounces(mass: pd.DataFrame, text: pd.Series) -> None:
    """What "1 LB 8 OZ" says goes into `mass`."""
    found = _numbers(text, AND_OUNCES, r"\d\s*LBS?\.?,?\s*\d.*OZ")
    both = found.notna().all(axis=1)
    ounces = factor("pound", "ounce") * found["pounds"] + found["ounces"]
    mass.loc[both, "size"] = ounces[both] * factor("ounce", "kg")
    mass.loc[both, "said"] = printed(ounces[both], "{:.4g} oz")


def _extract(text: pd.Series, pattern: str, sign: str) -> pd.DataFrame:
    """The groups of `pattern`, which is asked only of texts that have the sign; null elsewhere."""
    return text[text.str.contains(sign, regex=True)].str.extract(pattern).reindex(text.index)


def _numbers(text: pd.Series, pattern: str, sign: str) -> pd.DataFrame:
    return _extract(text, pattern, sign).apply(pd.to_numeric).astype("float64")


def _number(found: pd.DataFrame) -> pd.Series:
    whole, over, under, plain = (
        pd.to_numeric(found[part]).astype("float64") for part in ("whole", "over", "under", "plain")
    )
    return plain.fillna(whole.fillna(0) + over / under)


def _counts(text: pd.Series, times: pd.Series) -> pd.Series:
    dozens = _extract(text, rf"(?P<dozen>{DOZENS})", DOZEN)
    dozen = _number(dozens).fillna(1).where(dozens["dozen"].notna()) * PIECES_PER_DOZEN
    found = _numbers(text, ANY_COUNT, rf"\d[ -]?(?:{PACKS}|{PIECES})(?:[^A-Z]|$)")
    count = dozen.fillna(times).fillna((found["low"] + found["high"].fillna(found["low"])) / 2)
    count = count.where(count > 0)
    return count.mask(count.isna() & text.str.contains(ONE_EACH, regex=True), 1.0)
