"""Serving: slates for the customers a shop asks about, today, under one policy.

Customers without enough history, and those whom the log does not know, get what most households
buy; every row says on what basis it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Candidates, Floats, Ints
from recommender.functional import excess_kg
from recommender.history import History
from recommender.policy import Policy
from recommender.tradeoff import (
    Goods,
    Scales,
    allowed_rows,
    best_slates,
    candidate_values,
    slate_table,
)

COLD_START_PRODUCTS = 200
FROM_HISTORY, COLD_START = "history", "cold start"


@dataclass(frozen=True, kw_only=True)
class Served:
    """Slates, and for each asked customer on what basis they stand."""

    slates: pd.DataFrame  # the slates table with one more column, `basis`
    unknown: list[str]  # ids that the log does not know
    little_history: list[str]  # known, but with too little history for candidates of their own
    short: int  # places that could not be filled


def popular_list(history: History, n: int = COLD_START_PRODUCTS) -> tuple[Ints, Floats, Floats]:
    """Products that most households bought in the last four weeks, with p_buy and q_buy.

    The chance is the share of active households that bought; the quantity what they took.
    """
    recent = history.weeks_ago <= 4.0
    crowd = np.where(history.universe.products, history.households(4.0), 0.0)
    active = max(len(np.unique(history.visits.customer[recent])), 1)
    top = np.lexsort((np.arange(len(crowd)), -crowd))[:n]
    top = top[crowd[top] > 0]
    taken = np.bincount(
        history.visits.product[recent],
        weights=history.visits.quantity[recent],
        minlength=len(crowd),
    )
    return top, crowd[top] / active, taken[top] / active


def serve(
    candidates: Candidates,
    goods: Goods,
    history: History,
    policy: Policy,
    scales: Scales,
    customer_id: npt.NDArray[np.object_],
) -> Served:
    """Slates of `policy` for `customer_id`, in the order asked; each id once.

    `candidates` are those of all customers as of now. A customer with fewer candidates than places
    is filled up from the popular list.
    """
    customer_id = np.array(list(dict.fromkeys(customer_id)), dtype=object)
    number = history.log.ids.customer_rows(list(customer_id))
    own, basis = _asked(candidates, history, number, policy.slate.n)
    customer = number[own.customer]
    excess = excess_kg(goods.functional, goods.references, customer, own.product)
    parts = candidate_values(own, goods, policy, scales, excess)
    allowed = allowed_rows(own, goods, policy, "all") & goods.may_be_shown[own.product]
    rows = best_slates(own.start, own.product, parts.sum(axis=0), allowed, policy.slate.n)
    slates = slate_table(
        rows, own, goods, parts, excess, policy=policy.name, task="all", customer_id=customer_id
    )
    filled = (rows >= 0).sum(axis=1)
    slates["basis"] = np.repeat(basis, filled)
    return Served(
        slates=slates,
        unknown=[str(i) for i in customer_id[number < 0]],
        little_history=[str(i) for i in customer_id[(number >= 0) & (basis == COLD_START)]],
        short=int((policy.slate.n - filled).sum()),
    )


def _asked(
    candidates: Candidates, history: History, number: Ints, n: int
) -> tuple[Candidates, npt.NDArray[np.object_]]:
    """The asked customers' candidates, filled up where fewer than `n`, and their basis."""
    known = np.maximum(number, 0)
    count = np.where(number >= 0, np.diff(candidates.start)[known], 0)
    at = np.repeat(np.arange(len(number)), count)
    row = np.repeat(candidates.start[known], count) + (
        np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    )
    own = pd.DataFrame(
        {
            "customer": at,
            "product": candidates.product[row],
            "p_buy": candidates.p_buy[row],
            "q_buy": candidates.q_buy[row],
            "is_new": candidates.is_new[row],
            "source": candidates.source[row],
        }
    )
    needy = np.flatnonzero(count < n)
    product, p_buy, q_buy = popular_list(history)
    fill = pd.DataFrame(
        {
            "customer": np.repeat(needy, len(product)),
            "product": np.tile(product, len(needy)),
            "p_buy": np.tile(p_buy, len(needy)),
            "q_buy": np.tile(q_buy, len(needy)),
        }
    )
    bought = history.log.has_bought(number[fill["customer"]], fill["product"].to_numpy())
    fill["is_new"] = ~bought | (number[fill["customer"]] < 0)
    fill["source"] = 0
    rows = pd.concat([own, fill]) if len(needy) else own
    rows = rows.drop_duplicates(["customer", "product"])
    basis = np.where(count > 0, FROM_HISTORY, COLD_START).astype(object)
    return Candidates.from_frame(rows, len(number)), basis
