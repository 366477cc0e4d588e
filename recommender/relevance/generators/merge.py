"""All generators merged into one candidate set per customer, with the sources of each candidate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numba
import numpy as np

from recommender.candidates import Floats, Ints
from recommender.log import distinct_rows
from recommender.relevance.generators.crowds import popular, popular_in_segment, popular_in_store
from recommender.relevance.generators.habits import repeats
from recommender.relevance.generators.shape import Fitted, Proposals
from recommender.relevance.generators.shelves import long_tail, stand_ins, usual_sellers
from recommender.relevance.generators.tastes import als, ease, item_item

CANDIDATES_PER_CUSTOMER = 300

# A new product's log odds, as a logistic regression on weeks 41-44 (history until 40, without
# audit households) has them: LEVEL + TRIPS x log of recent trips - sum of weight x log of rank.
LEVEL, TRIPS = -0.01, 0.46
TRIPS_HALF_LIFE_WEEKS = 8.0
RANK_OFFSET = 20.0
# New products count for more than their odds, so that both kinds are found: the larger it is, the
# more new and the fewer repeat purchases are among the candidates (chosen on weeks 45-48).
NEW_BONUS = 1.3
NEW_AT_LEAST, LONG_TAIL_AT_LEAST = 1 / 6, 1 / 30  # of a customer's candidates


@dataclass(frozen=True)
class Source:
    """A generator and its say in the merge."""

    propose: Callable[[Fitted, int], Proposals]
    reach: float  # how many it names, as a multiple of the candidates wanted
    weight: float  # of the log of its ranks; repeats bring log odds of their own


# Generators of little weight repeat what the first ones say; they say why a candidate is one, and
# carry a log on which the first ones fail.
GENERATORS: dict[str, Source] = {
    "repeats": Source(repeats, 1.0, 1.0),
    "ease": Source(ease, 1.33, 0.43),
    "als": Source(als, 1.33, 0.29),
    "stand_ins": Source(stand_ins, 1.33, 0.26),
    "usual_sellers": Source(usual_sellers, 1.33, 0.13),
    "item_item": Source(item_item, 0.33, 0.02),
    "popular": Source(popular, 0.33, 0.02),
    "popular_in_segment": Source(popular_in_segment, 0.33, 0.02),
    "popular_in_store": Source(popular_in_store, 0.33, 0.02),
    "long_tail": Source(long_tail, 0.1, 0.02),
}


@dataclass(frozen=True)
class Merged:
    """Candidate rows before they are scored: customers ascending, best merged score first."""

    customer: Ints
    product: Ints
    source: Ints  # bit k is set if the k-th of GENERATORS named the product


def propose(fitted: Fitted, per_customer: int = CANDIDATES_PER_CUSTOMER) -> Merged:
    """The best `per_customer` of all generators for every served customer (`merge_answers`)."""
    return merge_answers(fitted, answers(fitted, per_customer), per_customer)


def answers(fitted: Fitted, per_customer: int) -> dict[str, Proposals]:
    """What each generator names where `per_customer` candidates or fewer are wanted."""
    return {
        name: source.propose(fitted, _reach(source, per_customer))
        for name, source in GENERATORS.items()
    }


def merge_answers(fitted: Fitted, named: Mapping[str, Proposals], per_customer: int) -> Merged:
    """The best `per_customer` of what the generators named, of each no more than its reach.

    Scores of different generators have no common unit, their ranks have: a new product's score
    falls with the log of its rank in each generator, and one that a generator does not name has
    the rank after its last. At least a sixth are new and a thirtieth from small sellers, where
    there are as many.
    """
    history, served = fitted.history, fitted.served
    products: list[Ints] = []
    start: list[Ints] = []
    part: list[Floats] = []
    level = LEVEL + NEW_BONUS
    for name, source in GENERATORS.items():
        n, rows = _reach(source, per_customer), named[name]
        first, rank = _ranked(rows, history.log.customers)
        if (within := rank < n).sum() < len(rank):
            rows = Proposals(rows.customer[within], rows.product[within], rows.score[within])
            first, rank = _ranked(rows, history.log.customers)
        last = np.log(RANK_OFFSET + n)
        if name == "repeats":
            part.append(rows.score)
        else:
            part.append(source.weight * (last - np.log(RANK_OFFSET + rank)))
            level -= source.weight * last
        start.append(first + sum(map(len, products)))
        products.append(rows.product)
    product, source_bits = _merged(
        np.array(start),
        np.concatenate(products),
        np.concatenate(part),
        served,
        level + TRIPS * np.log(recent_trips(fitted) + 0.2),
        history.log.products,
        per_customer,
        int(np.ceil(NEW_AT_LEAST * per_customer)),
        list(GENERATORS).index("long_tail"),
        int(np.ceil(LONG_TAIL_AT_LEAST * per_customer)),
    )
    there = product >= 0
    customer = np.repeat(served, per_customer)[there.ravel()]
    return Merged(customer=customer, product=product[there], source=source_bits[there])


def _reach(source: Source, per_customer: int) -> int:
    return int(np.ceil(source.reach * per_customer))


def _ranked(rows: Proposals, customers: int) -> tuple[Ints, Ints]:
    """Where each customer's rows start, and each row's rank from 0 among them."""
    first = np.searchsorted(rows.customer, np.arange(customers + 1))
    return first, np.arange(len(rows.customer)) - first[rows.customer]


def recent_trips(fitted: Fitted) -> Floats:
    """Per customer, baskets, each halved every 8 weeks since."""
    history = fitted.history
    basket = distinct_rows(history.visits.basket)[1]
    weights = 0.5 ** (history.weeks_ago[basket] / TRIPS_HALF_LIFE_WEEKS)
    trips = np.bincount(history.visits.customer[basket], weights, history.log.customers)
    return trips.astype(np.float64)


@numba.njit
def _merged(
    start: Ints,
    product: Ints,
    part: Floats,
    served: Ints,
    level: Floats,
    products: int,
    n: int,
    new_at_least: int,
    tail: int,
    tail_at_least: int,
) -> tuple[Ints, Ints]:  # pragma: no cover - compiled
    """Products and source bits (served, n), best score first, -1 where there are less.

    Generator g names customer u rows start[g, u]:start[g, u + 1]; generator 0 alone names repeats,
    all others' products start from the customer's `level`.
    """
    chosen = np.full((served.size, n), -1, np.int64)
    bits = np.zeros((served.size, n), np.int64)
    score, named = np.zeros(products), np.zeros(products, np.int64)
    is_sure = np.zeros(products, np.bool_)
    touched = np.empty(products, np.int64)
    for row in range(served.size):
        customer, count = served[row], 0
        for generator in range(start.shape[0]):
            first = start[generator, customer]
            for at in range(first, start[generator, customer + 1]):
                item = product[at]
                if named[item] == 0:
                    touched[count] = item
                    count += 1
                    score[item] = 0.0 if generator == 0 else level[customer]
                named[item] |= 1 << generator
                score[item] += part[at]
                if generator == tail and at - first < tail_at_least:
                    is_sure[item] = True
        # ascending products and a stable sort: ties go to the lower product
        own = np.sort(touched[:count])
        own = own[np.argsort(-score[own], kind="mergesort")]
        new, sure = 0, 0
        for item in own:
            if named[item] & 1 == 0 and new < new_at_least:
                is_sure[item] = True
                new += 1
            sure += is_sure[item]
        filled, free = 0, max(n - sure, 0)
        for item in own:
            if filled < n and (is_sure[item] or free > 0):
                free -= not is_sure[item]
                chosen[row, filled], bits[row, filled] = item, named[item]
                filled += 1
            named[item], is_sure[item] = 0, False
    return chosen, bits
