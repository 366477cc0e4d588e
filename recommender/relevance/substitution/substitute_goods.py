"""What stand-ins need to know of every product: place, pack, price, words, and what bars it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from recommender.candidates import Bools, Floats, Ints
from recommender.relevance.substitution.diets import declared_diets
from recommender.relevance.substitution.pairs import Levels
from recommender.swaps import withheld_because

COMPANY_WORDS = 256  # most bought products that tell company where a shop has no categories


@dataclass(frozen=True, kw_only=True)
class SubstituteGoods:
    """Of every product of the catalogue, (products,), counted once."""

    product_id: npt.NDArray[np.object_]
    title: npt.NDArray[np.object_]
    levels: Levels
    shelf: Ints  # the category, or the need where the shop has no categories
    seller: Ints  # -1 where unknown
    price: Floats  # shop currency per pack; NaN where unknown
    mass_kg: Floats  # NaN where unknown
    size: npt.NDArray[np.object_]  # the pack in the shop's words, "" where it has none
    diets: Ints  # bits of `diets.DIETS`
    barred: npt.NDArray[np.object_]  # why a product has no stand-ins and is none; "" for the rest
    text: csr_matrix  # (products, words): unit rows of title and type

    @cached_property
    def is_withheld(self) -> Bools:
        return np.asarray(self.barred != "", np.bool_)

    def words(self, households: Floats) -> tuple[Ints, int, Ints]:
        """Which word of company each product is, how many words, and the word of its own shelf."""
        if (self.levels.category >= 0).any():
            category = self.levels.category
            return category, int(category.max()) + 1, category
        top = np.lexsort((np.arange(len(households)), -households))[:COMPANY_WORDS]
        words = np.full(len(households), -1, np.int64)
        words[top] = np.arange(len(top))
        return words, len(top), words


def substitute_goods(products: pd.DataFrame) -> SubstituteGoods:
    """What stand-ins need to know of `products` (`products.products_at`, in catalogue's order).

    Needs `product_id`, `title`, `need` and `price`; more is used where it is there. Prices are
    those known at the cutoff of `products`.
    """
    types, categories = _codes(products, "product_type"), _codes(products, "category")
    need = pd.factorize(_words(products, "need"), sort=True)[0].astype(np.int64)
    worded = bool((types >= 0).any() or (categories >= 0).any())
    said = _words(products, "title").str.cat(_words(products, "product_type"), sep=" ")
    price = products["price"].to_numpy(np.float64)
    mass = _numbers(products, "net_mass_kg")
    return SubstituteGoods(
        product_id=products["product_id"].to_numpy(object),
        title=_words(products, "title").to_numpy(object),
        levels=Levels(
            need=need,
            product_type=types,
            category=categories,
            kind=_codes(products, "kind"),
            worded=worded,
        ),
        shelf=categories if (categories >= 0).all() else need,
        seller=_codes(products, "seller_id"),
        price=np.where(price > 0, price, np.nan),
        mass_kg=np.where(mass > 0, mass, np.nan),
        size=_words(products, "package_size").str.lower().to_numpy(object),
        diets=declared_diets(products),
        barred=withheld_because(products).to_numpy(object),
        text=_text(said),
    )


def _text(said: pd.Series) -> csr_matrix:
    """Unit rows of the words' tf-idf; numbers say no use, and packs are compared by mass."""
    if not said.str.contains("[a-z]{2}", case=False).any():
        return csr_matrix((len(said), 1))
    rows = TfidfVectorizer(token_pattern=r"[a-z]{2,}").fit_transform(said.str.lower()).tocsr()
    rows.sort_indices()
    return rows


def _words(products: pd.DataFrame, column: str) -> pd.Series:
    if column not in products:
        return pd.Series("", index=products.index, dtype="str")
    return products[column].fillna("").astype("str")


def _numbers(products: pd.DataFrame, column: str) -> Floats:
    if column not in products:
        return np.full(len(products), np.nan)
    return products[column].to_numpy(np.float64)


def _codes(products: pd.DataFrame, column: str) -> Ints:
    """Codes by sorted text; -1 where there is none."""
    words = _words(products, column)
    return np.where(words == "", -1, pd.factorize(words, sort=True)[0]).astype(np.int64)
