"""The trade-off: what each candidate is worth to each stakeholder, and the slates that follow.

For a candidate of one household, with the weights w of a policy:

    value_shopper  =   w.shopper  * p_buy
    value_retailer =   w.retailer * p_buy * margin / m0
    value_climate  = - w.climate  * p_buy * kg / g0
    value_sellers  =   w.sellers  * short_s

`kg` is `kg_excess` where the policy compares inside needs and `kg_functional` where it compares
across all goods. The attention curve is the same for everybody, so the best slate is the n
candidates of the highest score, best first; ties go to the lower product row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pcf_estimator.tables import ID, Column, Table, TableError, check_table
from recommender.best import best_rows
from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.functional import (
    UNKNOWN,
    Functional,
    References,
    excess_kg,
    functional_footprints,
    household_references,
)
from recommender.log import Log
from recommender.policy import PARTIES, Policy, Weights

TASKS = ("all", "new")
KG_PER_TONNE = 1000.0
TINY = float(np.finfo(np.float64).tiny)  # so that nothing over nothing is 0
PARTS = tuple(f"value_{party}" for party in PARTIES)
VARIETY = "value_variety"  # of policies that value it
PRODUCTS = Table(
    name="products",
    key="product_id",
    columns={
        "product_id": ID,
        "price": Column(
            kind="number", meaning="shop currency per pack", required=True, filled=True, above=0
        ),
        "margin_rate": Column(kind="number", meaning="margin over price", at_least=0, at_most=1),
        "seller_id": Column(kind="text", meaning="who supplies it"),
        "private_label": Column(kind="flag", meaning="the shop's own brand"),
        "category": Column(kind="text", meaning="the shelf"),
        "product_type": Column(kind="text", meaning="the kind of product on the shelf"),
        "recommendable": Column(kind="flag", meaning="may be shown"),
        "kg_co2e": Column(kind="number", meaning="kg CO2e per pack", required=True, at_least=0),
        "kg_co2e_per_kg": Column(
            kind="number", meaning="kg CO2e per kg as sold", required=True, at_least=0
        ),
        "net_mass_kg": Column(kind="number", meaning="kg in a pack", required=True, above=0),
        "tier": Column(kind="text", meaning="how the figure was found", required=True, filled=True),
        "need": Column(kind="text", meaning="what it is bought for", required=True, filled=True),
        "kg_per_flow": Column(
            kind="number", meaning="kg as sold for one flow of the need", required=True, above=0
        ),
    },
)


@dataclass(frozen=True, kw_only=True)
class Goods:
    """All that the trade-off knows of the products, by catalogue row, and of what is sold."""

    product_id: npt.NDArray[np.object_]
    price: Floats  # shop currency per pack
    margin: Floats  # shop currency per pack; 0 where the shop has no margin rate
    kg_pack: Floats  # kg CO2e per pack; 0 where unknown
    kind: Ints  # category and product type as a code; -1 where the shop has neither
    seller: Ints  # position in `sellers`; -1 where the shop names none
    sellers: tuple[str, ...]  # of the products that may be shown
    target: Floats  # (sellers,): share of the training sales, in money, of products with a seller
    may_be_shown: Bools
    private_label: Bools | None
    no_margin: int  # products without a margin rate
    functional: Functional
    references: References

    @property
    def unknown(self) -> Bools:
        """Products whose footprint is unknown: they carry 0 kg."""
        return self.functional.basis == UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Scales:
    """The fixed scales of the value, taken once from the baseline slates and then published."""

    m0: float  # mean margin of a demand-weighted purchase in the baseline slates, shop currency
    g0: float  # mean kg_functional of such a purchase, kg CO2e
    short: Mapping[str, float]  # by seller: share of its target that the baseline leaves open, > 0


def goods_of(products: pd.DataFrame, purchases: Log) -> Goods:
    """What the trade-off knows of `products` (catalogue order), given the training `purchases`.

    Columns as in `PRODUCTS`; sellers, margins, categories and types may be missing. A seller's
    target is its share of training sales, so that nobody gains by filling a catalogue with
    products that nobody buys. Raises TableError where a column or a value is wrong.
    """
    products = check_table(products, PRODUCTS, "products")
    if len(products) != purchases.products:
        raise TableError(
            f"products: {len(products)} rows, but one for each of the log's {purchases.products} "
            f"products was expected"
        )
    price = products["price"].to_numpy(np.float64)
    rate = _column(products, "margin_rate", np.nan).to_numpy(np.float64)
    shown = _column(products, "recommendable", True).fillna(True).to_numpy(np.bool_)
    named = _column(products, "seller_id", np.nan).to_numpy(object)
    sellers = sorted({str(name) for name in named[shown & ~pd.isna(named)]})
    seller = pd.Index(sellers, dtype=object).get_indexer(pd.Index(named, dtype=object))
    paid = np.where(
        np.isnan(purchases.paid), purchases.quantity * price[purchases.product], purchases.paid
    )
    sales = np.bincount(purchases.product, paid, minlength=len(products))
    named_sales = np.where(seller >= 0, sales, 0.0)
    by_seller = np.bincount(seller + 1, named_sales, minlength=len(sellers) + 1)[1:]
    functional = functional_footprints(products, purchases)
    kg_pack = np.where(functional.basis == UNKNOWN, 0.0, products["kg_co2e"].to_numpy(np.float64))
    return Goods(
        product_id=products["product_id"].to_numpy(object),
        price=price,
        margin=price * np.nan_to_num(rate, nan=0.0),
        kg_pack=kg_pack,
        kind=_kinds(products),
        seller=seller.astype(np.int64),
        sellers=tuple(sellers),
        target=by_seller / max(by_seller.sum(), TINY),
        may_be_shown=shown,
        private_label=(
            products["private_label"].fillna(False).to_numpy(np.bool_)
            if "private_label" in products
            else None
        ),
        no_margin=int(np.isnan(rate).sum()),
        functional=functional,
        references=household_references(functional, purchases),
    )


def value_parts(
    p_buy: Floats, margin: Floats, kg: Floats, short: Floats, weights: Weights, scales: Scales
) -> Floats:
    """What each row is worth to shopper, retailer, climate and sellers: (4, rows), no unit.

    In a shop without margins (m0 is 0) or without footprints (g0 is 0) that part is 0.

    >>> scales = Scales(m0=0.5, g0=2.0, short={})
    >>> value_parts(
    ...     np.array([0.4]),
    ...     np.array([1.0]),
    ...     np.array([3.0]),
    ...     np.array([0.0]),
    ...     Weights(shopper=1.0, retailer=0.5, climate=0.1),
    ...     scales,
    ... ).round(3).tolist()
    [[0.4], [0.4], [-0.06], [0.0]]
    """
    parts = np.zeros((len(PARTS), len(p_buy)))
    parts[0] = weights.shopper * p_buy
    if scales.m0 > 0:
        parts[1] = weights.retailer * p_buy * margin / scales.m0
    if scales.g0 > 0 and weights.climate > 0:  # a weight of 0 leaves no -0.0 behind
        parts[2] = -weights.climate * p_buy * kg / scales.g0 + 0.0  # a zero has no sign
    parts[3] = weights.sellers * short
    return parts


def candidate_values(
    candidates: Candidates, goods: Goods, policy: Policy, scales: Scales, excess: Floats
) -> Floats:
    """The parts of the value of every candidate row, (4, rows), under `policy`.

    `excess` is `kg_excess` of each row, see `functional.excess_kg`.
    """
    product = candidates.product
    # the last place stands for a product without a seller
    short = np.array([scales.short.get(seller, 0.0) for seller in goods.sellers] + [0.0])
    kg = excess if policy.carbon.reference == "need" else goods.functional.kg_functional[product]
    return value_parts(
        candidates.p_buy,
        goods.margin[product],
        kg,
        short[goods.seller[product]],
        policy.weights,
        scales,
    )


def allowed_rows(candidates: Candidates, goods: Goods, policy: Policy, task: str) -> Bools:
    """Which candidate rows may stand on a slate of this task under this policy."""
    allowed = goods.may_be_shown[candidates.product]
    if task == "new":
        allowed &= candidates.is_new
    if policy.carbon.bar_unknown:
        allowed &= ~goods.unknown[candidates.product]
    return allowed


def best_slates(start: Ints, product: Ints, value: Floats, allowed: Bools, n: int) -> Ints:
    """Rows of the `n` highest values of each customer, best first, (customers, n).

    Rows of customer u are start[u]:start[u + 1]; ties go to the lower product. A customer with
    fewer allowed rows than places gets -1 in the last ones. Raises ValueError for a value that is
    no number.

    >>> best_slates(
    ...     np.array([0, 3, 4]),
    ...     np.array([7, 5, 6, 5]),
    ...     np.array([0.2, 0.9, 0.9, 0.1]),
    ...     np.ones(4, bool),
    ...     n=2,
    ... )
    array([[ 1,  2], [ 3, -1]])
    """
    bad = np.isnan(value) & allowed
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        customer = int(np.searchsorted(start, row, side="right")) - 1
        raise ValueError(
            f"candidates, row {row + 1} (customer {customer}, product {product[row]}): the score "
            f"is nan, but a number was expected ({bad.sum()} such rows)"
        )
    return best_rows(start, product, value, allowed, n)


def carbon_price(weights: Weights, scales: Scales) -> float | None:
    """The margin that the weights would give up for a tonne of CO2e, in shop currency per tonne.

    None where margin has no weight or the shop has no margins: nothing is then traded in money.

    >>> carbon_price(Weights(shopper=1, retailer=0.1, climate=0.2), Scales(m0=0.5, g0=2, short={}))
    500.0
    """
    if weights.retailer * scales.m0 * scales.g0 == 0:
        return None
    return (weights.climate / scales.g0) / (weights.retailer / scales.m0) * KG_PER_TONNE


def baseline_scales(rows: Ints, candidates: Candidates, goods: Goods, attention: Floats) -> Scales:
    """The scales that the baseline slates `rows` fix, where each place gets `attention`.

    A seller is short by 1 - exposure / target where the baseline shows it less than it sells, and
    by 0 elsewhere: between 0 (target met) and 1 (never shown).
    """
    product, weight = candidates.product[rows], (rows >= 0) * attention
    demand = weight * candidates.p_buy[rows]
    total = demand.sum()
    exposure = seller_exposure(goods.seller[product], weight, len(goods.sellers))
    sells = goods.target > 0
    open_share = 1.0 - exposure[sells] / goods.target[sells]
    names = np.array(goods.sellers, dtype=object)[sells]
    return Scales(
        m0=float((demand * goods.margin[product]).sum() / total) if total > 0 else 0.0,
        g0=float((demand * goods.functional.kg_functional[product]).sum() / total)
        if total > 0
        else 0.0,
        short={
            str(s): float(share) for s, share in zip(names, open_share, strict=True) if share > 0
        },
    )


def seller_exposure(seller: Ints, weight: Floats, sellers: int) -> Floats:
    """Share of all attention that falls on each seller, (sellers,); -1 is a place without one.

    >>> seller_exposure(np.array([[0, 1, -1]]), np.array([[1.0, 0.5, 0.5]]), sellers=3)
    array([0.5 , 0.25, 0.  ])
    """
    weight = np.broadcast_to(weight, seller.shape)
    named = seller >= 0
    return np.bincount(seller[named], weight[named], minlength=sellers) / max(weight.sum(), TINY)


def slate_table(
    rows: Ints,
    candidates: Candidates,
    goods: Goods,
    parts: Floats,
    excess: Floats,
    *,
    policy: str,
    task: str,
    customer_id: npt.NDArray[np.object_],
    extra: Floats | None = None,
) -> pd.DataFrame:
    """One row for each filled place of the slates `rows` (customers, n), best first.

    `parts` are the values of all candidate rows; `score` is their sum, in the order of the columns.
    Where a policy values variety besides, `extra` (rows,) is that: one more column and part.
    """
    customer, place = np.nonzero(rows >= 0)
    row = rows[customer, place]
    product = candidates.product[row]
    values = dict(zip(PARTS, parts[:, row], strict=True))
    if extra is not None:
        values[VARIETY] = extra[row]
    seller = np.array([*goods.sellers, None], dtype=object)
    needs = np.array(goods.functional.needs, dtype=object)
    return pd.DataFrame(
        {
            "policy": policy,
            "task": task,
            "customer_id": customer_id[customer],
            "position": place + 1,
            "product_id": goods.product_id[product],
            "score": np.sum(list(values.values()), axis=0),
            **values,
            "p_buy": candidates.p_buy[row],
            "q_buy": candidates.q_buy[row],
            "price": goods.price[product],
            "margin": goods.margin[product],
            "kg_co2e": goods.kg_pack[product],
            "kg_functional": goods.functional.kg_functional[product],
            "kg_excess": excess[row],
            "need": needs[goods.functional.need[product]],
            "seller_id": seller[goods.seller[product]],
        }
    ).astype(
        dict.fromkeys(("policy", "task", "customer_id", "product_id", "need", "seller_id"), "str")
    )


def customer_excess(candidates: Candidates, goods: Goods) -> Floats:
    """`kg_excess` of every candidate row (kg CO2e per purchase)."""
    return excess_kg(goods.functional, goods.references, candidates.customer, candidates.product)


def _column(frame: pd.DataFrame, name: str, otherwise: object) -> pd.Series:
    return frame[name] if name in frame else pd.Series([otherwise] * len(frame), index=frame.index)


def _kinds(products: pd.DataFrame) -> Ints:
    columns = [column for column in ("category", "product_type") if column in products]
    text = pd.Series("", index=products.index)
    for column in columns:  # the same word in two categories means two kinds
        text = text + "\t" + products[column].fillna("").astype(str)
    codes = pd.factorize(text, sort=True)[0].astype(np.int64)
    return np.where(text.str.strip() == "", -1, codes)
