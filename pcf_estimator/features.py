"""Features: what the members of the blend read of a product, which is its text and nothing else.

A product is described by its name (the title, or the product type where there is no title), its
shelf (type, category, department) and the kind and need that the needs table gives it. Brands and
prices stay out: no footprint source has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize

from pcf_estimator.composition import compose, shipped_foods
from pcf_estimator.families import families
from pcf_estimator.needs import Needs, assign_needs
from pcf_estimator.text import tokens

Floats = np.ndarray
Ints = np.ndarray

# How much of a product's text is there. A shop may know a title, or a shelf, or both.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "full": ("title", "product_type", "category", "department"),
    "shelf": ("product_type", "category", "department"),
    "title": ("title",),
}
# Weight of each block in the squared length of a product's vector; found on the grouped split.
BLOCKS: Mapping[str, float] = {
    "words": 0.22,
    "letters": 0.05,
    "shelf": 0.07,
    "families": 0.45,
    "foods": 0.12,
    "kind": 0.03,
    "need": 0.06,
}
VECTORIZERS: Mapping[str, dict[str, object]] = {
    "words": {"token_pattern": r"\S+", "ngram_range": (1, 2), "sublinear_tf": True},
    "letters": {"analyzer": "char_wb", "ngram_range": (3, 5), "sublinear_tf": True},
    "shelf": {"token_pattern": r"\S+", "sublinear_tf": True},
    "families": {"token_pattern": r"\S+", "sublinear_tf": True},
    "foods": {"token_pattern": r"\S+", "sublinear_tf": True},
    "kind": {"token_pattern": r".+"},  # a kind or need is one term, whole
    "need": {"token_pattern": r".+"},
}
READS: Mapping[str, str] = {
    "words": "text",
    "letters": "name",
    "shelf": "shelf",
    "families": "families",
    "foods": "foods",
    "kind": "kind",
    "need": "need",
}


def seed_products(seed: pd.DataFrame) -> pd.DataFrame:
    """The seed's concepts as products of a shop: title, product_type, category, department."""
    names = {"concept": "title", "type": "product_type"}
    return seed[["concept", "type", "category", "department"]].rename(columns=names)


def describe(products: pd.DataFrame, needs: Needs) -> pd.DataFrame:
    """What the members and the tiers read of each product, one column each; same index.

    name, shelf, text, category and department are tokens, families those of the text; the columns
    of `composition.compose` say what the foods of the name are made of; `given` is
    how much of the text is there: a key of TEXTS, or "" for a product without any. kind and need
    are "" for a product that the needs table does not know.

    >>> from pcf_estimator.needs import read_needs
    >>> shop = pd.DataFrame({"title": [None, "Ground coffee"], "category": ["COFFEE", None]})
    >>> describe(shop, read_needs())[["name", "given"]].to_numpy().tolist()
    [['coffee', 'shelf'], ['ground coffee', 'title']]
    """
    empty = pd.Series("", index=products.index, dtype="str")
    words = {
        column: tokens(products[column]) if column in products else empty
        for column in TEXTS["full"]
    }
    title = words["title"]
    shelf = _joined(words["product_type"], words["category"], words["department"])
    name = title.where(title != "", words["product_type"]).where(lambda text: text != "", shelf)
    text = _joined(name, shelf)
    known = assign_needs(products, needs)
    has_shelf, has_title = shelf != "", title != ""
    given = np.select([has_title & has_shelf, has_shelf, has_title], list(TEXTS), default="")
    described = pd.DataFrame(
        {
            "name": name,
            "shelf": shelf,
            "text": text,
            "families": families(text),
            "given": given,
            "category": words["category"],
            "department": words["department"],
            "kind": known["kind"].astype("str"),
            "need": known["need"].where(known["kind"] != "", "").astype("str"),
            "log_kg_per_flow": np.log10(known["kg_per_flow"].astype("float64")),
        },
        index=products.index,
    )
    made = compose(name, shipped_foods())
    unnamed = made["foods"] == ""  # "family size" on the shelf "yogurt": the shelf names the food
    made[unnamed] = compose(shelf[unnamed], shipped_foods())
    return pd.concat([described, made], axis=1)


def _joined(*texts: pd.Series) -> pd.Series:
    joined = texts[0]
    for text in texts[1:]:
        joined = (joined + " " + text).str.strip()
    return joined


def distinct(described: pd.DataFrame) -> tuple[Ints, pd.DataFrame]:
    """Code of each row, (rows,), and the distinct descriptions that the codes count, in order."""
    key = described["name"]
    for column in ("shelf", "category", "department", "kind", "given"):
        key = key + "\n" + described[column]
    codes, _ = pd.factorize(key)
    first = np.flatnonzero(~key.duplicated().to_numpy())
    return codes, described.iloc[first].reset_index(drop=True)


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The terms of each block that the seed holds, in column order, with their weights."""

    terms: Mapping[str, tuple[str, ...]]
    idf: Mapping[str, Floats]

    def vectors(self, described: pd.DataFrame) -> csr_matrix:
        """Unit vectors of descriptions, (rows, terms); a row without a known term is all zero."""
        return _unit_vectors(
            {
                name: _vectorizer(name, self.terms[name], self.idf[name]).transform(
                    described[READS[name]].to_numpy(dtype=object)
                )
                for name in BLOCKS
                if self.terms[name]
            }
        )

    def columns(self, block: str) -> slice:
        """Where a block's terms stand in the vectors."""
        before = list(BLOCKS)[: list(BLOCKS).index(block)]
        start = sum(len(self.terms[name]) for name in before)
        return slice(start, start + len(self.terms[block]))


def learn_vocabulary(described: pd.DataFrame) -> tuple[Vocabulary, csr_matrix]:
    """The vocabulary of the seed's descriptions, and their unit vectors."""
    terms: dict[str, tuple[str, ...]] = {}
    idf: dict[str, Floats] = {}
    encoded = {}
    for name in BLOCKS:
        texts = described[READS[name]].to_numpy(dtype=object)
        terms[name], idf[name] = (), np.empty(0)
        if any(texts):
            block = _vectorizer(name)
            encoded[name] = block.fit_transform(texts)
            terms[name] = tuple(str(term) for term in block.get_feature_names_out())
            idf[name] = block.idf_
    return Vocabulary(terms=terms, idf=idf), _unit_vectors(encoded)


def _unit_vectors(encoded: Mapping[str, csr_matrix]) -> csr_matrix:
    weighted = [np.sqrt(BLOCKS[name]) * block for name, block in encoded.items()]
    return normalize(csr_matrix(hstack(weighted)))


def _vectorizer(
    block: str, terms: tuple[str, ...] | None = None, idf: Floats | None = None
) -> TfidfVectorizer:
    made = TfidfVectorizer(lowercase=False, vocabulary=terms, **VECTORIZERS[block])
    if terms is not None:
        made.idf_ = idf
    return made


def words_in_common(names: pd.Series, records: pd.Series) -> Floats:
    """Share of words that each name has in common with the record it shares most with, (rows,).

    Twice the shared words over the words of both (Dice), each word once; words that no record has
    count too, since they say that the product is something else.

    >>> words_in_common(pd.Series(["acme whole milk", "soap"]), pd.Series(["whole milk", "milk"]))
    array([0.8, 0. ])
    """
    count = CountVectorizer(token_pattern=r"\S+", lowercase=False, binary=True)
    known = count.fit_transform(records)
    shared = (count.transform(names).astype(np.float64) @ known.T.astype(np.float64)).toarray()
    sizes = [
        texts.map(lambda text: len(set(text.split()))).to_numpy() for texts in (names, records)
    ]
    both = sizes[0][:, None] + sizes[1][None, :]
    return (2 * shared / np.maximum(both, 1)).max(axis=1)


def likeness(first: csr_matrix, second: csr_matrix) -> Floats:
    """Cosine of every row of `first` with every row of `second`, (rows, rows), from 0 to 1."""
    return np.clip((first @ second.T).toarray(), 0.0, 1.0)
