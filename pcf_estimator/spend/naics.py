"""Product text to NAICS industry, for goods that the table of retail categories does not know.

Each industry whose goods a shop sells has key words of our own. A text is an industry's by the
weight of the keys that it holds; where it holds none, or two industries hold it equally and their
factors differ, there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from pcf_estimator.tables import Column, Table, TableError, read_table, shipped_data
from pcf_estimator.text import tokens

Floats = np.ndarray
Ints = np.ndarray

INDUSTRIES = Table(
    name="naics_industries",
    key="naics_code",
    named_by=("naics_code",),
    columns={
        "naics_code": Column(kind="text", meaning="industry, 2017", required=True, filled=True),
        "industry": Column(kind="text", meaning="in our own words", required=True, filled=True),
        "match": Column(
            kind="text", meaning="keys a | b, words of one key a+b", required=True, filled=True
        ),
        "kg_co2e_per_usd": Column(
            kind="number",
            meaning="kg CO2e per dollar paid in the shop",
            required=True,
            filled=True,
            above=0,
        ),
        "usd_year": Column(kind="whole", meaning="the dollar's year", required=True, filled=True),
        "source": Column(kind="text", meaning="who published it", required=True, filled=True),
    },
)
# What a farm sells is mostly a flavor on the shelf: "tomato soup" is soup. Half of another's
# weight, so that a raw good is the answer where nothing says what was made of it.
FARM, FARM_WEIGHT = "11", 0.5
SAME_FACTOR = 1.25  # industries this close in kg per dollar are one answer
BATCH = 20_000


def read_industries(path: Path | None = None) -> pd.DataFrame:
    """Industries with key words and factor; the shipped ones unless `path` is given.

    Raises TableError, naming row and industry, for a bad value or for a key whose words no product
    text can hold, since texts are read as `text.tokens` leaves them.
    """
    path = shipped_data("naics_industries.csv") if path is None else Path(path)
    return check_words(read_table(path, INDUSTRIES), INDUSTRIES, path)


def check_words(frame: pd.DataFrame, table: Table, path: Path) -> pd.DataFrame:
    """`frame` as it is, once every word of its `match` is one that a product text can hold."""
    words = pd.Series(frame["match"].str.split(r"[+|]").explode().str.strip(), dtype="str")
    dead = words[tokens(words).ne(words) | words.eq("")]
    if len(dead):
        row, name = int(dead.index[0]), table.named_by[0]
        raise TableError(
            f"{table.name} ({path}), row {row + 1} ({name} {frame[name].iloc[row]}): match holds "
            f"{dead.iloc[0]!r}, but a word as product texts are read was expected "
            f"({len(dead)} such words)"
        )
    return frame


@dataclass(frozen=True, kw_only=True)
class Matcher:
    """Key words as matrices: which words make a key, and what a key says for each industry.

    `words` (words,), `keys` (words, keys) of ones, `weights` (keys, industries), and the industries
    themselves with `naics_code`, `industry` and `kg_co2e_per_usd`.
    """

    words: pa.Array
    keys: sparse.csr_array
    length: Ints  # of each key in words
    weights: sparse.csr_array
    industries: pd.DataFrame

    @classmethod
    def of(cls, industries: pd.DataFrame) -> Matcher:
        """The matcher of a table of industries.

        A key weighs its number of words times its inverse industry frequency: "frozen+pizza" says
        more than "pizza", and a key that many industries share says little.
        """
        industries = industries.reset_index(drop=True)
        pairs = industries["match"].str.split("|").explode().str.strip()
        key, keys = pd.factorize(pairs)
        spelled = pd.Series(keys).str.split("+")
        word, words = pd.factorize(spelled.explode().str.strip())
        length = pd.Series(keys).str.count(r"\+").to_numpy(dtype=np.int64) + 1
        shared = np.bincount(key, minlength=len(keys))
        rarity = np.log1p(len(industries) / shared) / np.log1p(len(industries))
        farm = industries["naics_code"].str.startswith(FARM).to_numpy()[pairs.index]
        weight = (length * rarity)[key] * np.where(farm, FARM_WEIGHT, 1.0)
        return cls(
            words=pa.array(words, type=pa.string()),
            keys=sparse.csr_array(
                (np.ones(len(word)), (word, np.repeat(np.arange(len(keys)), length))),
                shape=(len(words), len(keys)),
            ),
            length=length,
            weights=sparse.csr_array(
                (weight, (key, pairs.index.to_numpy())), shape=(len(keys), len(industries))
            ),
            industries=industries,
        )

    def match(self, texts: pa.Array) -> tuple[Ints, Floats]:
        """Row of the industry of each text and its score, both (texts,); -1 and NaN without one.

        Texts are tokens as `text.product_text` gives them. The score is the industry's share of
        the weight of all keys that the text holds, so 1 where only one industry is named. It is no
        probability. Two industries of equal weight are an answer, the first one, only where their
        factors are within `SAME_FACTOR`.
        """
        row, score = np.full(len(texts), -1), np.full(len(texts), np.nan)
        kg = self.industries["kg_co2e_per_usd"].to_numpy(dtype=np.float64)
        for start in range(0, len(texts), BATCH):
            weight = self._weights(texts.slice(start, BATCH))
            best = weight.max(axis=1)
            top = (weight >= best[:, None] * (1 - 1e-9)) & (best > 0)[:, None]
            highest = np.where(top, kg, 0.0).max(axis=1)
            lowest = np.where(top, kg, np.inf).min(axis=1)
            answered = (best > 0) & (highest <= lowest * SAME_FACTOR)
            place = np.flatnonzero(answered) + start
            row[place] = top[answered].argmax(axis=1)
            score[place] = best[answered] / weight[answered].sum(axis=1)
        return row, score

    def _weights(self, texts: pa.Array) -> Floats:
        """Weight of the keys that each text holds whole, (texts, industries)."""
        line, column = words_of(texts, self.words)
        holds = sparse.csr_array(
            (np.ones(len(column)), (line, column)), shape=(len(texts), len(self.words))
        )
        holds.data[:] = 1.0  # a word twice is a word
        whole = (holds @ self.keys).tocsr()
        whole.data = (whole.data == self.length[whole.indices]).astype(np.float64)
        weights: Floats = (whole @ self.weights).toarray()
        return weights


def words_of(texts: pa.Array, words: pa.Array) -> tuple[Ints, Ints]:
    """Places of text and word, (found,) each, for every time that a text holds one of `words`.

    >>> [found.tolist() for found in words_of(pa.array(["hot tea", "tea"]), pa.array(["tea"]))]
    [[0, 1], [0, 0]]
    """
    parts = pc.split_pattern(texts, " ")
    word = pc.index_in(pc.list_flatten(parts), value_set=words)
    line = pc.filter(pc.list_parent_indices(parts), pc.is_valid(word))
    return line.to_numpy(False), pc.drop_null(word).to_numpy(False)


@cache
def shipped_matcher() -> Matcher:
    """The matcher of the shipped industries, made once.

    >>> rows, score = shipped_matcher().match(pa.array(["tomato soup", "qwertz"]))
    >>> shipped_matcher().industries["industry"].iloc[rows[0]], float(score[0]) > 0.5, int(rows[1])
    ('canned meals, soup and baby food', True, -1)
    """
    return Matcher.of(read_industries())
