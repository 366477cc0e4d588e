"""What all households buy, need by need: their candidates, and what is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recommender.candidates import Candidates, Floats, Ints
from recommender.impact.what_if.choice import occasions_of


@dataclass(frozen=True, kw_only=True)
class Others:
    """What is bought of a need besides candidates, as the history has it."""

    need: Ints  # (products,)
    share: Floats  # (products,): of the purchases of the need
    units: Floats  # (products,): packs of one purchase
    needs: int

    @classmethod
    def none(cls, need: Ints, needs: int) -> Others:
        """Nothing is bought but candidates."""
        return cls(need=need, share=np.zeros(len(need)), units=np.ones(len(need)), needs=needs)


@dataclass(frozen=True, kw_only=True)
class Nests:
    """What all households buy, need by need: their candidates, and the others."""

    start: Ints  # (nests + 1,): rows of nest g are start[g]:start[g + 1]; some have none
    customer: Ints  # (nests,)
    need: Ints  # (nests,)
    product: Ints  # (rows,)
    p_buy: Floats  # (rows,): purchases expected in the world as it was
    units: Floats  # (rows,): packs of one purchase
    rest: Floats  # (nests,): purchases in the need of what is no candidate
    occasions: Floats  # (nests,): M
    candidate: Ints  # (rows,): the row among the candidates
    others: Others

    @property
    def purchases(self) -> float:
        """Of all households in the world as it was."""
        return float(self.p_buy.sum() + self.rest.sum())


def nests_of(candidates: Candidates, others: Others, bought: Floats | None = None) -> Nests:
    """The candidates by household and need, and what a household buys besides.

    `bought` (customers, needs) are the purchases of four weeks that the history expects, candidates
    or not. Where a household has candidates, the share of them that the candidates of all such
    households do not explain is its `rest`; where it has none, all of them are. None: no rest.
    """
    needs = others.needs
    key = candidates.customer * needs + others.need[candidates.product]
    order = np.argsort(key, kind="stable")
    pair, rows = np.unique(key, return_counts=True)
    if bought is not None:
        every = np.union1d(pair, np.flatnonzero(bought.ravel() > 0))
        counts = np.zeros(len(every), np.int64)
        counts[np.searchsorted(every, pair)] = rows
        pair, rows = every, counts
    nest = np.repeat(np.arange(len(pair)), rows)
    p_buy, q_buy = candidates.p_buy[order], candidates.q_buy[order]
    rest = np.zeros(len(pair))
    if bought is not None:
        rest = bought.ravel()[pair]
        has = rows > 0
        open_share = unexplained(pair % needs, nest, p_buy, np.where(has, rest, 0.0), needs)
        rest = np.where(has, rest * open_share[pair % needs], rest)
    return Nests(
        start=np.append(0, np.cumsum(rows)).astype(np.int64),
        customer=pair // needs,
        need=pair % needs,
        product=candidates.product[order],
        p_buy=p_buy,
        units=np.divide(q_buy, p_buy, out=np.ones(len(p_buy)), where=p_buy > 0),
        rest=rest,
        occasions=occasions_of(p_buy, nest, rest),
        candidate=order.astype(np.int64),
        others=others,
    )


def unexplained(need: Ints, nest: Ints, p_buy: Floats, bought: Floats, needs: int) -> Floats:
    """Share of what is bought in each need, (needs,), that no candidate stands for.

    `need` and `bought` are of nests, `nest` and `p_buy` of rows.

    >>> nests, rows = np.array([0, 0, 1]), np.array([0, 0, 1])
    >>> unexplained(nests, rows, np.array([0.5, 0.25, 0.0]), np.array([1.0, 0.0, 2.0]), needs=2)
    array([0.25, 1.  ])
    """
    candidates = np.bincount(need[nest], p_buy, minlength=needs)
    total = np.bincount(need, bought, minlength=needs)
    share = np.divide(candidates, total, out=np.ones(needs), where=total > 0)
    return np.asarray(np.maximum(0.0, 1.0 - share))


def places_of(nests: Nests, rows: Ints, attention: Floats) -> Floats:
    """Attention of each row of the nests on some slates, (rows,); 0 where it is on none.

    `rows` (customers, places) are rows of the candidates, -1 for an empty place, and `attention`
    (places,) is the curve.
    """
    weight = np.zeros(len(nests.candidate))
    filled = rows >= 0
    weight[rows[filled]] = np.broadcast_to(attention, rows.shape)[filled]
    return np.asarray(weight[nests.candidate])
