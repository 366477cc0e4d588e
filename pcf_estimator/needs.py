"""Needs: what a product is for, and how many kilograms of it serve that purpose once.

`data/needs.csv` is read from the top, and the first row that matches names a product's need and
kind; so "chicken soup" is soup because the soups stand above the chicken. Its patterns are words:

    tea+bag | herbal+tea      any one of the alternatives, each with all of its words, in any order
    @frozen                   the word stands on the shelf: in the category or the department
    =peanut                   the word stands in the name: in the title or the product type
    =chocolate milk           these words stand side by side, in this order

Goods whose use at home outweighs them (lamps, and all that goes with hot water or burns) carry
`use_phase_dominant`. Of those, goods of one `use_class` are used with the same energy in the same
dose, so that their own footprints compare; where it is empty, no two of them do.

Words are those of `text.tokens`: lower case, singular, no numbers, no marketing. A row matches if
`match` holds and `unless` does not. A product without a name is named after its shelf.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import Column, Table, TableError, check_table, read_columns, shipped_data
from pcf_estimator.text import NAME_COLUMNS, SHELF_COLUMNS, joined_tokens, tokens

Bools = np.ndarray
Ints = np.ndarray
Texts = np.ndarray
Alternatives = tuple[tuple[str, ...], ...]  # any of these, each with all of its terms

NEEDS = Table(
    name="needs",
    key="kind",
    named_by=("need", "kind"),
    columns={
        "need": Column(kind="text", meaning="what it is for", required=True, filled=True),
        "kind": Column(kind="text", meaning="what it is", required=True, filled=True),
        "match": Column(kind="text", meaning="words it has", required=True, filled=True),
        "unless": Column(kind="text", meaning="words it has not", required=True),
        "flow": Column(kind="text", meaning="what one flow is", required=True, filled=True),
        "kg_per_flow": Column(
            kind="number", meaning="kg as sold per flow", required=True, filled=True, above=0
        ),
        "use_phase_dominant": Column(kind="flag", meaning="its use at home outweighs it"),
        "use_class": Column(kind="text", meaning="goods used with the same energy and dose"),
        "basis": Column(kind="text", meaning="why that much", required=True, filled=True),
    },
)
ASSIGNED = ("need", "kind", "flow", "kg_per_flow", "use_phase_dominant", "use_class")
BLOCK = 20_000  # texts matched at a time: bounds the memory of the word table


@dataclass(frozen=True, kw_only=True)
class Needs:
    """The rows of a needs table, in order, with their patterns taken apart."""

    table: pd.DataFrame  # the columns of NEEDS
    match: tuple[Alternatives, ...]
    unless: tuple[Alternatives, ...]

    def __len__(self) -> int:
        return len(self.table)


def read_needs(path: str | Path | None = None) -> Needs:
    """The needs table at `path`, or the one that ships with greenaisle, checked.

    Raises TableError naming the row for a pattern that cannot match, a kg_per_flow that is not
    above zero, a repeated kind, and a need whose rows disagree on the flow. A table without the
    columns of use has no goods whose use outweighs them.

    >>> needs = read_needs()
    >>> needs.table.set_index("kind").loc["ground coffee", ["need", "flow"]].tolist()
    ['hot drink', 'cup']
    """
    path = shipped_data("needs.csv") if path is None else Path(path)
    where = f"needs ({path})"
    table = check_table(read_columns(path, "needs"), NEEDS, where)
    dominant = table.get("use_phase_dominant", pd.Series(False, index=table.index))
    table["use_phase_dominant"] = dominant.fillna(False).astype(bool)
    table["use_class"] = table.get("use_class", pd.Series("", index=table.index)).fillna("")
    stray = (table["use_class"].ne("") & ~table["use_phase_dominant"]).to_numpy()
    if stray.any():
        row = int(np.argmax(stray))
        raise TableError(
            f"{_row(where, table, row)}: use_class is {table['use_class'].iloc[row]!r}, but only "
            f"use_phase_dominant goods have one ({int(stray.sum())} such rows)"
        )
    first_flow = table.groupby("need")["flow"].transform("first")
    other_flow = (table["flow"] != first_flow).to_numpy()
    if other_flow.any():
        row = int(np.argmax(other_flow))
        raise TableError(
            f"{_row(where, table, row)}: flow is {table['flow'].iloc[row]!r}, but the rows of one "
            f"need share their flow, and an earlier one says {first_flow.iloc[row]!r}"
        )
    return Needs(
        table=table,
        match=_patterns(table, "match", where),
        unless=_patterns(table, "unless", where),
    )


def assign_needs(products: pd.DataFrame, needs: Needs) -> pd.DataFrame:
    """Need, kind, flow, kg_per_flow, use_phase_dominant and use_class of each product: same index,
    first matching row of `needs`.

    A product that no row matches has need "other: <category>" ("other" without a category), kind,
    flow and use_class "", kg_per_flow NaN, and is not use_phase_dominant.

    >>> shop = pd.DataFrame({"title": ["Green tea bags", "Chicken noodle soup", "Gift voucher"]})
    >>> assign_needs(shop, read_needs())[["need", "kind"]].to_numpy().tolist()
    [['hot drink', 'tea bags'], ['soup', 'ready soup'], ['other', '']]
    """
    shelf = joined_tokens(products, SHELF_COLUMNS, between=" / ")
    name = joined_tokens(products, NAME_COLUMNS, between=" / ")
    name = name.where(name != "", shelf)
    codes, distinct = pd.factorize(name + "\n" + shelf)
    rows = [_first_match(distinct[at : at + BLOCK], needs) for at in range(0, len(distinct), BLOCK)]
    row = np.concatenate([np.empty(0, dtype=np.int64), *rows])[codes]
    # row -1, no match, reads the line that is added at the end of each column
    assigned = {
        column: np.append(needs.table[column].to_numpy(dtype=object), "")[row]
        for column in ("need", "kind", "flow", "use_class")
    }
    assigned["need"] = np.where(row >= 0, assigned["need"], _other_needs(products))
    assigned["kg_per_flow"] = np.append(needs.table["kg_per_flow"].to_numpy(), np.nan)[row]
    dominant = needs.table["use_phase_dominant"].to_numpy(dtype=bool)
    assigned["use_phase_dominant"] = np.append(dominant, False)[row]
    return pd.DataFrame(assigned, index=products.index)[list(ASSIGNED)]


def _other_needs(products: pd.DataFrame) -> Texts:
    if "category" not in products:
        return np.full(len(products), "other", dtype=object)
    category = products["category"].astype("str").fillna("").str.strip()
    return np.where(category == "", "other", "other: " + category)


def _first_match(texts: pd.Index, needs: Needs) -> Ints:
    """Number of the first row of `needs` that matches each text "name\nshelf", else -1."""
    holds = _terms_held(texts, needs)
    row = np.full(len(texts), -1)
    for number, (match, unless) in enumerate(zip(needs.match, needs.unless, strict=True)):
        hit = (row < 0) & _any_of(match, holds)
        if unless and hit.any():
            hit &= ~_any_of(unless, holds)
        row[hit] = number
    return row


def _any_of(alternatives: Alternatives, holds: Mapping[str, Bools]) -> Bools:
    return np.logical_or.reduce(
        [np.logical_and.reduce([holds[term] for term in terms]) for terms in alternatives]
    )


def _terms_held(texts: pd.Index, needs: Needs) -> dict[str, Bools]:
    """For each term of the patterns, which of the texts hold it."""
    asked = {term for row in (*needs.match, *needs.unless) for terms in row for term in terms}
    halves = pd.Series(texts.to_numpy(), dtype="str").str.split("\n", n=1, expand=True)
    half_of = {"=": halves[0], "@": halves[1]}
    padded = {sign: " " + half + " " for sign, half in half_of.items()}
    holders: dict[str, Ints] = {}
    for sign, half in half_of.items():
        words = half.str.split().explode().dropna()
        for word, places in words.groupby(words).groups.items():
            holders[f"{sign}{word}"] = np.asarray(places)
    nowhere = np.empty(0, dtype=np.int64)
    holds = {}
    for term in asked:
        held = np.zeros(len(texts), dtype=bool)
        for signed in [term] if term[0] in half_of else [f"={term}", f"@{term}"]:
            if " " in signed:
                phrase = f" {signed[1:]} "
                held |= padded[signed[0]].str.contains(phrase, regex=False).to_numpy()
            else:
                held[holders.get(signed, nowhere)] = True
        holds[term] = held
    return holds


def _patterns(table: pd.DataFrame, column: str, where: str) -> tuple[Alternatives, ...]:
    """The patterns of a column taken apart; TableError for one that no tokens could ever match."""
    parsed = [
        tuple(tuple(term.strip() for term in terms.split("+")) for terms in pattern.split("|"))
        if pattern
        else ()
        for pattern in table[column].fillna("")
    ]
    term_of_row = pd.Series(
        [term for row in parsed for terms in row for term in terms],
        index=[number for number, row in enumerate(parsed) for terms in row for _ in terms],
        dtype="str",
    )
    word = term_of_row.str.removeprefix("=").str.removeprefix("@")
    as_token = tokens(word)
    bad = (word != as_token) | (word == "")
    if bad.any():
        row, term = bad[bad].index[0], term_of_row[bad].iloc[0]
        read = as_token[bad].iloc[0]
        raise TableError(
            f"{_row(where, table, row)}: {column} holds {term!r}, but words as tokens give them "
            f"were expected ({read!r} if anything)"
        )
    return tuple(parsed)


def _row(where: str, table: pd.DataFrame, row: int) -> str:
    return (
        f"{where}, row {row + 1} (need {table['need'].iloc[row]}, kind {table['kind'].iloc[row]})"
    )
