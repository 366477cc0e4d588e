"""What one shopper could be shown, with every term of the score that ordered it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.functional import OWN, reference_kg
from recommender.lighter import difference_sd
from recommender.log import find
from recommender.rerank.assemble import CARBON, RELEVANCE
from recommender.rerank.problem import Prices, Problem
from recommender.tradeoff import Goods

Words = npt.NDArray[np.object_]
OTHER = "other values"
TINY = 1e-12  # of value: below it a term is none


@dataclass(frozen=True, kw_only=True)
class Offers:
    """One shopper's candidate rows, those that the policy leaves out included; all are (rows,)."""

    product: Ints  # catalogue rows, distinct: ties go to the lower one
    product_id: Words
    name: Words
    need: Words
    seller: Words  # "" where the shop names none
    p_buy: Floats
    margin: Floats  # shop currency per pack
    kg: Floats  # kg_functional: CO2e of a typical purchase in the need, met by this
    kg_sd: Floats  # its difference sd in log10; NaN where it is never ranked
    own_figure: Bools  # whether kg is the product's own
    verified: Bools
    usual_kg: Floats  # what the household usually buys in the need
    usual_sd: Floats
    usual_own: Bools  # whether from its own purchases, or the mean of all
    is_new: Bools
    source: Ints  # bits of the generators that named it
    kind: Ints  # of which a slate holds at most `per_kind`; -1 free
    per_kind: int = 0
    owed: Words | None = None  # the floor of a group that it belongs to, "" where there is none
    allowed: Bools  # may stand on this policy's slates
    reference: str = "need"  # what the policy compares carbon with: "need" or "none"
    terms: Mapping[str, Floats]  # parts of the value, then the limits at their prices

    @property
    def score(self) -> Floats:
        """The priced score, (rows,): the sum of all terms."""
        return np.asarray(np.sum(list(self.terms.values()), axis=0), np.float64)


def priced_terms(
    problem: Problem, prices: Prices, parts: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Every term of the priced score of each row: `parts` of the value, then each limit's.

    A total is worth price x coefficient; a floor its price and a cap minus its price for products
    of the group. What `parts` leave of the problem's value is told as "other values", so that the
    terms always sum to the score. A limit that has no price adds no term.

    >>> problem = Problem(
    ...     key=np.array([0]),
    ...     start=np.array([0, 2]),
    ...     product=np.array([0, 1]),
    ...     value=np.array([0.5, 0.4]),
    ...     p_buy=np.array([0.5, 0.4]),
    ...     attention=np.array([1.0]),
    ... )
    >>> list(priced_terms(problem, Prices.none(problem), {"shopper": problem.p_buy}))
    ['shopper']
    """
    terms = dict(parts)
    left = problem.value - np.sum(list(parts.values()), axis=0)
    if np.abs(left).max(initial=0.0) > TINY:
        terms[OTHER] = left
    for total, price in zip(problem.totals, prices.totals, strict=True):
        if price != 0:
            terms[total.name] = price * total.each
    for family, floors, caps in zip(problem.shares, prices.floors, prices.caps, strict=True):
        group = family.group[problem.product]
        for what, price_of in (("floors", floors), ("caps", -caps)):
            if np.any(price_of != 0):
                # the last place stands for a product in no group
                terms[f"{family.name} {what}"] = np.append(price_of, 0.0)[group]
    return terms


def is_limit(term: str) -> bool:
    """Whether a term of the score is a limit's, as `priced_terms` names them.

    >>> is_limit("carbon budget"), is_limit("seller floors"), is_limit("climate")
    (True, True, False)
    """
    return term in (CARBON, RELEVANCE) or term.endswith((" floors", " caps"))


def floors_owed(problem: Problem, product: Ints) -> Words:
    """The floor that each product counts for: "the floor of seller 103"; "" where none does."""
    owed = np.full(len(product), "", dtype=object)
    for family in problem.shares:
        names = np.array([f"the floor of {family.name} {g}" for g in family.groups], dtype=object)
        group = family.group[product]
        floored = (group >= 0) & np.append(family.least > 0, False)[group] & (owed == "")
        owed[floored] = names[group[floored]]
    return owed


def offers_of(
    own: Candidates,
    customer: int,
    goods: Goods,
    products: pd.DataFrame,
    *,
    terms: Mapping[str, Floats],
    allowed: Bools,
    reference: str = "need",
    kind: Ints | None = None,
    per_kind: int = 0,
    owed: Words | None = None,
) -> Offers:
    """The offers of one customer (-1: unknown to the log), whose only candidates are `own`.

    `products` as `products.products_at` gives them; `terms` and `allowed` are of the rows of
    `own`, `kind` of the products. The doubt about what a household usually buys is taken as that
    of the median product of the need, since its own purchases are means of several.
    """
    product = own.product
    functional = goods.functional
    need = functional.need[product]
    buyer = np.full(len(product), customer, np.int64)
    pair = buyer * len(functional.needs) + need
    tier = products["tier"].to_numpy(object)
    sd = _sd(products)
    title = products["title"] if "title" in products else products["product_id"]
    sellers = np.array([*goods.sellers, ""], dtype=object)
    of_need = pd.Series(sd).groupby(functional.need).median()
    usual_sd = of_need.reindex(range(len(functional.needs))).to_numpy(np.float64)
    return Offers(
        product=product,
        product_id=goods.product_id[product],
        name=title.fillna(products["product_id"]).to_numpy(object)[product],
        need=np.array(functional.needs, dtype=object)[need],
        seller=sellers[goods.seller[product]],
        p_buy=own.p_buy,
        margin=goods.margin[product],
        kg=functional.kg_functional[product],
        kg_sd=sd[product],
        own_figure=functional.basis[product] == OWN,
        verified=tier[product] == "verified",
        usual_kg=reference_kg(functional, goods.references, buyer, product),
        usual_sd=np.asarray(usual_sd[need], np.float64),
        usual_own=(find(goods.references.pair, pair) >= 0) & (customer >= 0),
        is_new=own.is_new,
        source=own.source,
        kind=np.full(len(product), -1, np.int64) if kind is None else kind[product],
        per_kind=per_kind,
        owed=owed,
        allowed=allowed,
        reference=reference,
        terms=terms,
    )


def _sd(products: pd.DataFrame) -> Floats:
    """Difference sd of each product; NaN for all in a table that says nothing of doubt."""
    try:
        return difference_sd(products)
    except KeyError:
        return np.full(len(products), np.nan)
