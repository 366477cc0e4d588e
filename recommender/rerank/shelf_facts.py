"""What limits ask of a product besides its worth: shelf, company, age limit, age, popularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import TableError
from recommender.candidates import Bools, Floats, Ints
from recommender.log import Log
from recommender.policy_parts import TIERS

NEVER = -1  # the week of a first sale that has not come yet
NEW_WEEKS = 12  # a seller is new for so long after its first sale
HEAD_SALES, TAIL_SALES = 0.2, 0.2  # of all sales: the best sold goods, and the least sold
ROUNDING = 1e-9  # sums of money in another unit may differ by as much


@dataclass(frozen=True, kw_only=True)
class ShelfFacts:
    """Facts of the products by catalogue row; codes are positions in the names beside them."""

    product_id: npt.NDArray[np.object_]
    category: Ints  # (products,): position in `categories`; -1 where the shop names none
    categories: tuple[str, ...]
    seller: Ints  # (products,): position in `sellers`; -1 where the shop names none
    sellers: tuple[str, ...]  # of all products, also of those that may not be shown
    entity: Ints  # (products,): position in `entities`; -1 for a product without a seller
    entities: tuple[str, ...]  # companies; a seller whose company is untold stands for itself
    age_restricted: Bools
    sales: Floats  # (products,): shop currency in the training weeks
    first_week: Ints  # (products,): of the first sale in the training weeks, or NEVER
    first_log_week: int  # no earlier sale can be known
    cutoff: int  # the last training week
    tier: Ints  # (products,): position in TIERS

    @classmethod
    def of(cls, products: pd.DataFrame, log: Log, cutoff: int) -> ShelfFacts:
        """Facts of `products` (catalogue order), from what was sold up to and with week `cutoff`.

        Columns `product_id` and `price`; `category`, `seller_id`, `legal_entity` and
        `age_restricted` may be missing. A product whose company is untold belongs to the one that
        its seller's other products name, where that is one only: leaving the column empty for some
        products makes no second company. Raises TableError where products and log do not match.
        """
        if len(products) != log.products:
            raise TableError(
                f"products: {len(products)} rows, but one for each of the log's {log.products} "
                f"products was expected"
            )
        history = log.until(cutoff)
        price = products["price"].to_numpy(np.float64)
        listed = history.quantity * price[history.product]
        paid = np.where(np.isnan(history.paid), listed, history.paid)
        sales = np.bincount(history.product, paid, minlength=len(products)).astype(np.float64)
        first_week = np.full(len(products), np.iinfo(np.int64).max)
        np.minimum.at(first_week, history.product, history.week)
        seller_id = _texts(products, "seller_id")
        category, categories = _codes(_texts(products, "category"))
        seller, sellers = _codes(seller_id)
        entity, entities = _codes(_companies(seller_id, _texts(products, "legal_entity")))
        age_restricted = np.zeros(len(products), np.bool_)
        if "age_restricted" in products:
            age_restricted = products["age_restricted"].fillna(False).to_numpy(np.bool_)
        return cls(
            product_id=products["product_id"].to_numpy(object),
            category=category,
            categories=categories,
            seller=seller,
            sellers=sellers,
            entity=entity,
            entities=entities,
            age_restricted=age_restricted,
            sales=sales,
            first_week=np.where(first_week > cutoff, NEVER, first_week),
            first_log_week=int(history.week.min(initial=cutoff + 1)),
            cutoff=cutoff,
            tier=popularity_tiers(sales),
        )

    def is_new(self, group: Ints, groups: int) -> Bools:
        """Which groups of products had their first sale in the last `NEW_WEEKS`, (groups,).

        A group is as old as the oldest company behind its products: another name for an old
        supplier is not new. One that never sold is not new either, since a catalogue also lists
        what is still to come. Nobody is new where the log does not reach back as far again as those
        weeks: it could not tell who has been away from who has just come.
        """
        if self.first_log_week > self.cutoff - 2 * NEW_WEEKS + 1:
            return np.zeros(groups, np.bool_)
        of_entity = _first(self.entity, self.first_week, len(self.entities))
        # a product without a company stands for itself
        company = np.where(self.entity >= 0, np.append(of_entity, 0)[self.entity], self.first_week)
        first = _first(group, np.where(company < 0, NEVER, company), groups)
        return first > self.cutoff - NEW_WEEKS


def popularity_tiers(sales: Floats) -> Ints:
    """Head (0), middle (1) or tail (2) of each product, (products,), by its sales.

    The head is the fewest products that make a fifth of all sales, the tail those that make the
    last fifth and those without a sale; ties go to the lower product number. (Cut by what is sold,
    as for the head and tail of a popularity curve, not by a count of products: of a long catalogue
    most products hardly sell.)

    >>> popularity_tiers(np.array([0.0, 15.0, 50.0, 20.0, 15.0])).tolist()
    [2, 1, 0, 1, 2]
    """
    order = np.argsort(-sales, kind="stable")
    reached = np.cumsum(sales[order])
    before = reached - sales[order]
    total = reached[-1] if len(sales) else 0.0
    slack = ROUNDING * total
    tier = np.empty(len(sales), np.int64)
    is_head = before < HEAD_SALES * total - slack
    is_tail = before > (1.0 - TAIL_SALES) * total - slack
    tier[order] = np.select([is_head, is_tail], [0, 2], 1)
    return np.where(sales > 0, tier, TIERS.index("tail"))


def _texts(products: pd.DataFrame, column: str) -> pd.Series:
    """A column of names, null where there is none."""
    if column not in products:
        return pd.Series([None] * len(products), dtype=object)
    text = products[column].reset_index(drop=True).astype(object)
    return text.where(text.notna() & (text.astype(str).str.strip() != ""), None)


def _codes(names: pd.Series) -> tuple[Ints, tuple[str, ...]]:
    codes, found = pd.factorize(names, sort=True)
    return codes.astype(np.int64), tuple(str(name) for name in found)


def _companies(seller: pd.Series, company: pd.Series) -> pd.Series:
    """The company of each product, else its seller's only one, else the seller itself."""
    told = company.groupby(seller).nunique()
    only = company.groupby(seller).first()[told == 1]
    return company.where(company.notna(), seller.map(only)).where(
        lambda known: known.notna(), seller
    )


def _first(group: Ints, week: Ints, groups: int) -> Ints:
    """The earliest week of each group's products that has one; NEVER for a group without."""
    first = np.full(groups, np.iinfo(np.int64).max)
    counts = (group >= 0) & (week != NEVER)
    np.minimum.at(first, group[counts], week[counts])
    return np.where(first == np.iinfo(np.int64).max, NEVER, first)
