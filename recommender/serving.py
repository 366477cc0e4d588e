"""Serving: slates for the customers a shop asks about, today, under one policy.

Customers without enough history, and those whom the log does not know, get what households like
them buy; every row says on what basis it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from recommender.candidates import Candidates, Ints
from recommender.functional import excess_kg
from recommender.history import History
from recommender.policy import Policy
from recommender.relevance.cold.cold_customers import Crowd, Segments, Words, cold_list
from recommender.rerank.frozen import FrozenPrices, carbon_counts, own_carbon
from recommender.rerank.rerank import Shelves, rerank_at
from recommender.tradeoff import Scales, slate_table

FROM_HISTORY, COLD_START = "history", "cold start"


@dataclass(frozen=True, kw_only=True)
class Served:
    """Slates, and for each asked customer on what basis they stand."""

    slates: pd.DataFrame  # the slates table with two more columns, `basis` and `told_by`
    unknown: list[str]  # ids that the log does not know
    little_history: list[str]  # known, but with too little history for candidates of their own
    short: int  # places that could not be filled
    carbon_counts: bool  # whether the policy gives carbon a price, which an own slider can move


def serve(
    candidates: Candidates,
    shelves: Shelves,
    history: History,
    policy: Policy,
    scales: Scales,
    customer_id: npt.NDArray[np.object_],
    segments: Segments | None = None,
    new_only: bool = False,
    frozen: FrozenPrices | None = None,
    own_climate: float = 1.0,
) -> Served:
    """Slates of `policy` for `customer_id`, in the order asked; each id once.

    `candidates` are those of all customers as of now. A customer with fewer candidates than places
    is filled up from a list for its store and `segments`, by which one without any is served alone;
    `basis` then says so and `told_by` by what. With `new_only`
    nothing is proposed that the customer has bought. Limits that customers share enter by their
    `frozen` prices (`rerank.rerank`), so that one customer is served without the others. On these
    slates carbon counts `own_climate` times what the policy says, 0 not at all; every part in the
    table is as it counted.
    """
    counts = carbon_counts(policy, frozen)
    policy, frozen = own_carbon(policy, frozen, own_climate)
    customer_id = np.array(list(dict.fromkeys(customer_id)), dtype=object)
    number = history.log.ids.customer_rows(list(customer_id))
    segments = segments or Segments.of(None, history.log.ids, ())
    own, basis, told_by = _asked(candidates, history, segments, number, policy.slate.n, new_only)
    customer = number[own.customer]
    task = "new" if new_only else "all"
    rows, parts, extra = rerank_at(
        frozen,
        own,
        shelves,
        policy,
        scales,
        task,
        customer_id=customer_id,
        customer=number,
        everybody=candidates,
    )
    goods = shelves.goods
    excess = excess_kg(goods.functional, goods.references, customer, own.product)
    slates = slate_table(
        rows,
        own,
        goods,
        parts,
        excess,
        policy=policy.name,
        task="all",
        customer_id=customer_id,
        extra=extra if policy.has_values else None,
    )
    filled = (rows >= 0).sum(axis=1)
    slates["basis"] = np.repeat(basis, filled)
    slates["told_by"] = np.repeat(told_by, filled)
    return Served(
        slates=slates,
        unknown=[str(i) for i in customer_id[number < 0]],
        little_history=[str(i) for i in customer_id[(number >= 0) & (basis != FROM_HISTORY)]],
        short=int((policy.slate.n - filled).sum()),
        carbon_counts=counts,
    )


def _asked(
    candidates: Candidates,
    history: History,
    segments: Segments,
    number: Ints,
    n: int,
    new_only: bool,
) -> tuple[Candidates, Words, Words]:
    """The asked customers' candidates, filled up to `n` places; basis and its words."""
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
    basis = np.full(len(number), FROM_HISTORY, dtype=object)
    told_by = np.full(len(number), "own purchases", dtype=object)
    rows = own
    if len(needy):
        crowd = Crowd(history, segments, history.residents)
        cold, words = cold_list(crowd, number[needy])
        fill = cold.to_frame()
        fill["customer"] = needy[fill["customer"]]
        rows = pd.concat([own, fill])
        none = count[needy] == 0
        basis[needy[none]], told_by[needy[none]] = COLD_START, words[none]
    rows = rows.drop_duplicates(["customer", "product"])
    if new_only:
        rows = rows[rows["is_new"]]
    return Candidates.from_frame(rows, len(number)), basis, told_by
