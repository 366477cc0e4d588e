"""Pack words: how texts spell packs and pieces, and a size as a person says it."""

from __future__ import annotations

import pandas as pd

from pcf_estimator.units import PIECES_PER_DOZEN, SAID

PACKS = "PKS?|PACKS?|MULTIPACKS?|P|CANS?|BOTTLES?|BTLS?|POTS?|POUCHES|TINS?|JARS?|CARTONS?|SACHETS?"
PIECES = "CT|CNT|COUNT|LOADS?|LDS?|USES?|SHEETS?|ROLLS?|PODS?|PIECES?|PCS?|STEMS?|SLICES?|BAGS?"
DOZEN = "DZ|DOZ|DOZENS?"
NOUNS = {
    PACKS: "pack",
    "LOADS?|LDS?": "loads",
    "STEMS?": "stems",
    "ROLLS?": "rolls",
    "SHEETS?": "sheets",
    "BAGS?": "bags",
}


def said_amount(amount: pd.Series, unit: pd.Series) -> pd.Series:
    """Amounts with the word of their unit, "12 oz" or "half gallon"; "" where there is none."""
    one, several = (
        unit.map({name: words[i] for name, words in SAID.items()}).astype("str") for i in (0, 1)
    )
    said = printed(amount, "{:.4g} ") + one.where(amount.le(1), several)
    return said.mask(said.isin(["0.5 gallon", "0.5 pint"]), "half " + one).fillna("")


def said_count(text: pd.Series, count: pd.Series) -> pd.Series:
    """Counts with the noun that their text says, "6 count" or "2 dozen"; "" up to one."""
    noun = pd.Series("", index=text.index, dtype="str")
    for words, said in NOUNS.items():
        noun = noun.mask(text.str.contains(rf"\d[ -]?(?:{words})(?:[^A-Z]|$)", regex=True), said)
    dozen = text.str.contains(rf"\b(?:{DOZEN})(?:[^A-Z]|$)", regex=True) & (
        count % PIECES_PER_DOZEN == 0
    )
    noun = noun.replace("", "count").mask(dozen, "dozen")
    number = printed(count.where(~dozen, count / PIECES_PER_DOZEN), "{:.0f} ")
    return (number + noun).where(count.gt(1), "")


def printed(numbers: pd.Series, form: str) -> pd.Series:
    """Each number in the given form; null stays null."""
    return numbers.map(form.format, na_action="ignore").astype("str")
