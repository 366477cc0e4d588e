"""Does the order of stand-ins tell which new product a household takes? Against popularity.

A case is a product that a household took for the first time in the judged weeks, on a shelf
(category) that it knew. The figure is the mean reciprocal rank of that product among all of the
shelf's products (of the universe) that the household never bought. The peer orders the same goods
by how many households bought them in the last 4 or 12 weeks, whichever does better. Withheld goods
(for infants, medicine) take no part on either side.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from recommender.bootstrap import DRAWS, drawn_sums, interval, ratio
from recommender.candidates import Bools, Floats, Ints
from recommender.history import History
from recommender.log import Log, distinct, totals
from recommender.relevance.substitution.choice import ChoiceModel
from recommender.relevance.substitution.stand_ins import shelf_signals
from recommender.relevance.substitution.substitute_goods import SubstituteGoods
from recommender.relevance.substitution.substitutes import evidence_of, known_shelves

PEER_WEEKS = (4.0, 12.0)
BATCH_ROWS = 400_000


def substitution(
    history: History,
    truth: Log,
    goods: SubstituteGoods,
    model: ChoiceModel,
    audit: Bools,
    rng: np.random.Generator,
    draws: int = DRAWS,
    lift: Floats | None = None,
) -> dict[str, Any]:
    """group (all, audit) -> cases, households, mean reciprocal ranks, gain over popularity.

    `model` is `stand_ins.learn_shelf` of the same `history`; `truth` the purchases of the judged
    weeks; `audit` marks the audit households; `lift` is `stand_ins.lift_in` of these weeks, for a
    model that was learned with displays. `gain` is the ratio to the stronger peer less one, with
    its 95 % range from a paired bootstrap of households. A group without cases is left out.
    """
    cases = new_on_known_shelves(history, truth, goods)
    ranks = case_ranks(history, cases, goods, model, lift)
    groups = {"all": np.ones(len(audit), np.bool_), "audit": audit}
    return {
        name: _figures(cases[0], ranks, members, history.log.customers, rng, draws)
        for name, members in groups.items()
        if members[cases[0]].any()
    }


def new_on_known_shelves(history: History, truth: Log, goods: SubstituteGoods) -> tuple[Ints, Ints]:
    """Customer and product of each first purchase on a known shelf, customers ascending."""
    log = history.log
    pairs = distinct(truth.customer * log.products + truth.product)
    customer, product = pairs // log.products, pairs % log.products
    shelves = int(goods.shelf.max()) + 1
    keep = (
        history.universe.customers[customer]
        & history.universe.products[product]
        & ~goods.is_withheld[product]
        & ~log.has_bought(customer, product)
        & np.isin(customer * shelves + goods.shelf[product], known_shelves(history, goods))
    )
    return customer[keep], product[keep]


def case_ranks(
    history: History,
    cases: tuple[Ints, Ints],
    goods: SubstituteGoods,
    model: ChoiceModel,
    lift: Floats | None = None,
) -> dict[str, Floats]:
    """list -> rank of each case's product on its shelf, from 1; ties go to the lower product."""
    customer, product = cases
    evidence = evidence_of(history, goods)
    shelves = int(goods.shelf.max()) + 1
    shelf, case_set = np.unique(customer * shelves + goods.shelf[product], return_inverse=True)
    rows = np.flatnonzero(history.universe.products & ~goods.is_withheld)
    rows = rows[np.argsort(goods.shelf[rows], kind="stable")]
    start = np.searchsorted(goods.shelf[rows], np.arange(shelves + 1))
    size = np.diff(start)[shelf % shelves]
    batch = (np.cumsum(size) - size) // BATCH_ROWS
    peers = {f"popular_{w:.0f}_weeks": history.households(w) for w in PEER_WEEKS}
    ranks = {name: np.zeros(len(customer)) for name in ("stand_ins", *peers)}
    for b in range(int(batch.max(initial=-1)) + 1):
        sets = np.flatnonzero(batch == b)
        of = np.repeat(sets, size[sets])
        within = np.arange(len(of)) - np.repeat(np.cumsum(size[sets]) - size[sets], size[sets])
        item = rows[start[shelf[of] % shelves] + within]
        who = shelf[of] // shelves
        new = ~history.log.has_bought(who, item)
        of, item, who = of[new], item[new], who[new]
        mine = np.flatnonzero(np.isin(case_set, sets))
        signals = shelf_signals(history, who, item, goods, evidence, lift)
        scores = {"stand_ins": model.score(signals)}
        scores |= {name: crowd[item] for name, crowd in peers.items()}
        first = np.searchsorted(of, case_set[mine])
        last = np.searchsorted(of, case_set[mine], side="right")
        for name, score in scores.items():
            ranks[name][mine] = _rank(first, last, item, score, product[mine])
    return ranks


@numba.njit
def _rank(  # type: ignore[no-untyped-def]
    first, last, item, score, product
):
    ranks = np.zeros(first.size)
    for case in range(first.size):
        at = first[case] + np.searchsorted(item[first[case] : last[case]], product[case])
        rank = 1
        for row in range(first[case], last[case]):
            rank += score[row] > score[at] or (score[row] == score[at] and row < at)
        ranks[case] = rank
    return ranks


def _figures(
    customer: Ints,
    ranks: dict[str, Floats],
    members: Bools,
    customers: int,
    rng: np.random.Generator,
    draws: int,
) -> dict[str, Any]:
    of_group = members[customer]
    who, names = customer[of_group], list(ranks)
    columns = [totals(who, 1.0 / ranks[name][of_group], customers) for name in names]
    table = np.column_stack([*columns, np.bincount(who, minlength=customers)])
    table = table[table[:, -1] > 0]
    whole, drawn = table.sum(axis=0), drawn_sums([table], draws, rng)[0]
    peer = 1 + int(np.argmax(whole[1:-1]))
    low, high = interval(ratio(drawn[:, :1], drawn[:, peer : peer + 1]) - 1.0)
    return {
        "cases": int(whole[-1]),
        "households": len(table),
        "mean_reciprocal_rank": {
            n: float(v / whole[-1]) for n, v in zip(names, whole, strict=False)
        },
        "peer": names[peer],
        "gain": float(whole[0] / whole[peer] - 1.0),
        "gain_low": float(low[0]),
        "gain_high": float(high[0]),
    }
