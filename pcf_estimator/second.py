"""A second opinion: footprints from other sources, by another way from product to record.

Who picks the lightest goods by one table also picks its errors, so a cut is judged by a table that
shares neither. The published figures are parted by their source, and this estimator reads its part
with nothing but words: a product takes the figures of those records that serve the same need and
share most of its words, each word weighed by how few records hold it. No model is fitted, and
neither the kinds of the needs table, nor the composition of foods, nor vectors of texts are read.

What both tables still share: the need of a product (it is what "equal function" means), the mass of
its pack, and, where no record serves the need, the publisher of the spend factors, which are looked
up by key words here and by the table of retail categories there.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from pcf_estimator.assess.across import CLARK, held_out_source
from pcf_estimator.estimate import Market
from pcf_estimator.mass.net import net_mass
from pcf_estimator.model_files import seed_version
from pcf_estimator.needs import Needs, assign_needs, read_needs
from pcf_estimator.seed.table import derive_seed, read_figures
from pcf_estimator.spend.factors import read_spend_factors, spend_intensity
from pcf_estimator.tables import FOOTPRINTS, TableError
from pcf_estimator.text import joined_tokens
from pcf_estimator.usable import unusable

Floats = np.ndarray
Ints = np.ndarray
Texts = np.ndarray

# Agribalyse is the one source that knows composed dishes and the others together know most raw
# goods, so each side of this cut covers the food of a shop; cut elsewhere, one side would not.
JUDGES = ("carbon-catalogue", "su-eatable")
METHOD = "words in common"
# A word of the shelf says half as much as one of the name: "primal" on the shelf "beef" is beef,
# but "chicken soup" on the shelf "canned vegetables" is no vegetable.
NAME_WORD, SHELF_WORD = 1.0, 0.5
NAMES, SHELVES = ("product_type", "concept"), ("category", "type")
SAYS_NOTHING = frozenset({"fresh"})  # of a good: most records of raw ones hold it
LEAST_SHARED = 0.25  # of the words' weight (Dice): with less, the need is all that is known
NEED_RECORDS = 3  # fewer are no mean of a need: rice porridge stands for no ready meal
AS_NEAR = 0.9  # of the best record's share: such records are one answer, their geometric mean
Z80 = 1.2815515655446004  # an 80 % range reaches so many standard deviations to each side


def parted_seeds(
    judges: Collection[str] = JUDGES, figures: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two seeds that share no source: one without the `judges`, and one of the judges alone.

    Of the shipped figures by default. Raises TableError where a judge is no source of the figures,
    or where one side would be empty.

    >>> first, second = parted_seeds()
    >>> sorted({name.split(":")[0] for text in second["citations"] for name in text.split("; ")})
    ['carbon-catalogue', 'su-eatable']
    >>> bool(first["citations"].str.contains("su-eatable|carbon-catalogue").any())
    False
    """
    figures = read_figures() if figures is None else figures
    known = set(figures["source"])
    strange = sorted(set(judges) - known)
    if strange or not judges or known <= set(judges):
        raise TableError(
            f"pcf_figures: judges {', '.join(sorted(judges)) or 'none'} were asked for, but some "
            f"and not all of {', '.join(sorted(known))} were expected"
        )
    judged = figures["source"].isin(list(judges))
    first, second = (
        derive_seed(figures[side].reset_index(drop=True)) for side in (~judged, judged)
    )
    return first, second


def check_seed(folder: Path) -> pd.DataFrame:
    """Clark et al. (2022) as a seed, for a third opinion: `concept` and `kg_co2e_per_kg`, no shelf.

    Read from the publishers' `folder`, for checks only: see data/README.md, "Kept out". Raises
    TableError where its file is not there.
    """
    rows = held_out_source(CLARK, folder)
    return pd.DataFrame({"concept": rows["title"], "kg_co2e_per_kg": rows["kg_co2e_per_kg"]})


class SecondEstimator:
    """Figures per kg by words in common with the records of some sources.

    >>> second = SecondEstimator().fit(parted_seeds()[1])
    >>> shop = pd.DataFrame({"title": ["Fluid milk whole", "Cheddar cheese", "Gift voucher"]})
    >>> second.figures(shop)[["kg_co2e_per_kg", "matched"]].round(2).values.tolist()
    [[1.34, 'whole milk'], [11.25, 'cheddar'], [nan, '']]
    """

    def __init__(self, *, needs: Needs | None = None) -> None:
        self.needs = needs

    def fit(self, seed: pd.DataFrame) -> SecondEstimator:
        """Reads a seed: `concept`, `type`, `category`, `department` and `kg_co2e_per_kg`.

        Raises TableError for a seed without records.
        """
        if seed.empty:
            raise TableError("seed: no records, but some were expected")
        self.seed_ = seed.reset_index(drop=True)
        self.needs_ = read_needs() if self.needs is None else self.needs
        self.log_kg_ = np.log10(self.seed_["kg_co2e_per_kg"].to_numpy(np.float64))
        self.need_ = assign_needs(self.seed_, self.needs_)["need"].to_numpy(object)
        name, shelf = _texts(self.seed_)
        self._count = CountVectorizer(token_pattern=r"\S+", lowercase=False, binary=True)
        held = self._count.fit_transform(name + " " + shelf)
        in_records = np.asarray(held.sum(axis=0)).ravel()
        self.weight_ = np.log1p(len(self.seed_) / in_records)
        self.words_ = self._weighed(name, shelf)
        self.error_ = self._error()
        return self

    def figures(self, products: pd.DataFrame) -> pd.DataFrame:
        """Same index: `need`, `kg_co2e_per_kg`, `shared`, `matched`, `need_kg_co2e_per_kg`.

        `kg_co2e_per_kg` is NaN where no record of the need shares enough words; `shared` is the
        best record's share of the words, from 0 to 1; `matched` names the records, the nearest
        first; `need_kg_co2e_per_kg` is the geometric mean of all records of the need, NaN where
        they are fewer than three.
        """
        need = assign_needs(products, self.needs_)["need"].astype("str")
        name, shelf = _texts(products)
        codes, first = _distinct(need + "\n" + name + "\n" + shelf)
        said = self._said(
            need.to_numpy(object)[first],
            self._weighed(name.iloc[first], shelf.iloc[first]),
            np.full(len(first), -1),
        )
        found = pd.DataFrame(said).take(codes).set_axis(products.index)
        found.insert(0, "need", need)
        return found

    def _said(self, need: Texts, words: csr_matrix, without: Ints) -> dict[str, np.ndarray]:
        """What the records say of texts, each kept from the record `without` (-1 for none)."""
        rows = len(need)
        log_kg, shared, of_need = np.full(rows, np.nan), np.zeros(rows), np.full(rows, np.nan)
        matched = np.full(rows, "", dtype=object)
        for name in sorted(set(need) & set(self.need_)):
            asked, records = np.flatnonzero(need == name), np.flatnonzero(self.need_ == name)
            dice = _dice(words[asked], self.words_[records])
            own = records[None, :] == without[asked][:, None]
            dice[own] = -1.0
            others = (~own).sum(axis=1)
            mean = np.where(own, 0.0, self.log_kg_[records]).sum(axis=1)
            of_need[asked] = np.divide(
                mean, others, out=np.full(len(asked), np.nan), where=others >= NEED_RECORDS
            )
            best = dice.max(axis=1)
            near = (dice >= AS_NEAR * best[:, None]) & (best >= LEAST_SHARED)[:, None]
            count = near.sum(axis=1)
            total = np.where(near, self.log_kg_[records], 0.0).sum(axis=1)
            log_kg[asked] = np.divide(
                total, count, out=np.full(len(asked), np.nan), where=count > 0
            )
            shared[asked] = np.maximum(best, 0.0)
            names = self.seed_["concept"].to_numpy(object)[records]
            for row in np.flatnonzero(count):
                order = np.argsort(-dice[row], kind="stable")[: count[row]]
                matched[asked[row]] = ", ".join(names[order])
        return {
            "kg_co2e_per_kg": 10**log_kg,
            "shared": shared,
            "matched": matched,
            "need_kg_co2e_per_kg": 10**of_need,
        }

    def _error(self) -> float:
        """Standard deviation of log10 kg around what the other records say, inside needs."""
        left_out = self._said(self.need_, self.words_, np.arange(len(self.seed_)))
        off = np.log10(np.asarray(left_out["kg_co2e_per_kg"], dtype=np.float64)) - self.log_kg_
        known = ~np.isnan(off)
        return float(np.sqrt((off[known] ** 2).mean())) if known.any() else 0.0

    def _weighed(self, name: pd.Series, shelf: pd.Series) -> csr_matrix:
        """Weight of each known word of each text, (rows, words); a word of both is of the name."""
        named, shelved = (self._count.transform(text).astype(np.float64) for text in (name, shelf))
        held = (NAME_WORD * named).maximum(SHELF_WORD * shelved)
        return csr_matrix(held.multiply(self.weight_[None, :]))


def second_footprints(
    products: pd.DataFrame, estimator: SecondEstimator, market: Market | None = None
) -> pd.DataFrame:
    """The columns of FOOTPRINTS for each product, in order, as the second estimator sees them.

    `products` is a table checked against `tables.PRODUCTS`. Tiers: `neighbours` where records share
    the product's words; `category` where only its need has three or more (a pack's figure then, but
    none per kg: it tells no two goods of the need apart); `spend` by price; else `unknown`, with
    the kg null. Suppliers' own figures are left out, since the first table has them.
    """
    market = market or Market()
    products = products.reset_index(drop=True)
    found = estimator.figures(products)
    kinds = assign_needs(products, estimator.needs_)
    mass = net_mass(products, kinds, usd_per_currency=market.usd_per_currency)
    mass_kg = mass["net_mass_kg"].to_numpy(np.float64)
    usable = (unusable(products) == "").to_numpy()
    per_kg = found["kg_co2e_per_kg"].to_numpy(np.float64)
    of_need = found["need_kg_co2e_per_kg"].to_numpy(np.float64)
    spend = _spend(products, found["need"], market)
    by_spend = _price(products) * spend["kg_co2e_per_usd"].to_numpy(np.float64)
    known = [usable & ~np.isnan(kg) for kg in (per_kg * mass_kg, of_need * mass_kg, by_spend)]
    tier = np.select(known, ["neighbours", "category", "spend"], "unknown")
    kg = np.select(known, [per_kg * mass_kg, of_need * mass_kg, by_spend], np.nan)
    source = np.select(
        known,
        [
            METHOD + ": " + found["matched"],
            "mean of the records of its need: " + found["need"],
            "spend: " + spend["retail_category"],
        ],
        "nothing is known of it",
    )
    spread = 10 ** (Z80 * estimator.error_)
    is_near = tier == "neighbours"
    table = pd.DataFrame(
        {
            "product_id": products["product_id"],
            "kg_co2e": kg,
            "kg_co2e_low": kg / spread,
            "kg_co2e_high": kg * spread,
            "kg_co2e_per_kg": np.where(is_near, per_kg, np.nan),
            "difference_sd_log10": np.where(is_near, estimator.error_, np.nan),
            "use_phase_dominant": kinds["use_phase_dominant"].to_numpy(np.bool_),
            "net_mass_kg": mass_kg,
            "mass_basis": mass["mass_basis"].astype("str"),
            "tier": pd.Series(tier, dtype="str"),
            "similarity": found["shared"],
            "source": pd.Series(source, dtype="str"),
            "model_version": METHOD,
            "seed_version": seed_version(estimator.seed_),
        }
    )
    return table[[name for name in FOOTPRINTS.columns if name in table]]


def _spend(products: pd.DataFrame, needs: pd.Series, market: Market) -> pd.DataFrame:
    """Spend factors by key words of industries first: the other way round than the first table."""

    def look_up(factors: pd.DataFrame) -> pd.DataFrame:
        return spend_intensity(
            products,
            factors,
            price_year=market.price_year,
            usd_per_currency=market.usd_per_currency,
        )

    table = read_spend_factors()
    by_words = look_up(table.iloc[:0])
    by_table = look_up(table)
    silent = by_words["kg_co2e_per_usd"].isna()
    return _of_need(by_words.where(~silent, by_table), needs)


def _of_need(spend: pd.DataFrame, needs: pd.Series) -> pd.DataFrame:
    """`spend` with the median factor of the need, then of the shop, where nothing was found.

    Left empty, such a product would count as 0 kg, and more of it as a cut.
    """
    factor = spend["kg_co2e_per_usd"]
    middle = factor.groupby(needs.to_numpy()).transform("median").fillna(factor.median())
    silent = factor.isna()
    return spend.assign(
        kg_co2e_per_usd=factor.fillna(middle),
        retail_category=spend["retail_category"].mask(silent, "middle of its need"),
    )


def _texts(products: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Tokens of each product's name and of its shelf; the title where there is no type."""
    name = joined_tokens(products, NAMES)
    if "title" in products:
        name = name.where(name != "", joined_tokens(products, ("title",)))
    return _telling(name), _telling(joined_tokens(products, SHELVES))


def _telling(texts: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(texts)
    kept = [" ".join(w for w in text.split() if w not in SAYS_NOTHING) for text in distinct]
    return pd.Series(kept, dtype="str").take(codes).set_axis(texts.index)


def _dice(first: csr_matrix, second: csr_matrix) -> Floats:
    """Twice the weight of shared words over that of all words of both, (rows, rows).

    A word counts on each side as much as it weighs there, and shared as much as the lighter.
    """
    one, other = first.toarray(), second.toarray()
    sizes = one.sum(axis=1)[:, None] + other.sum(axis=1)[None, :]
    shared = np.empty(sizes.shape)
    for column, words in enumerate(other):
        shared[:, column] = np.minimum(one, words).sum(axis=1)
    return np.divide(2.0 * shared, sizes, out=np.zeros(sizes.shape), where=sizes > 0)


def _distinct(texts: pd.Series) -> tuple[Ints, Ints]:
    """Code of each text, and where each distinct one stands first."""
    codes, _ = pd.factorize(texts)
    return codes, np.flatnonzero(~texts.duplicated().to_numpy())


def _price(products: pd.DataFrame) -> Floats:
    if "price" not in products:
        return np.full(len(products), np.nan)
    return products["price"].to_numpy(np.float64, na_value=np.nan)
