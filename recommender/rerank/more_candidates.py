"""More candidates for sellers whose floor is out of reach: the generators seek what is likeliest.

A row that no generator proposed has no p_buy of its own. Its estimate is the mean p_buy of the
product where others have it as a candidate, else of its type, else of its seller, else the lowest
tenth of all; and never more than the shopper's own last candidate. Either is then
lowered by `CAUTION`, since products stand among the candidates of those who are likeliest to buy
them, and the row was not among this shopper's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np

from recommender.candidates import Bools, Candidates, Floats, Ints
from recommender.log import Log, distinct
from recommender.rerank.attainable import Attainable
from recommender.rerank.likely_buyers import Buyers, product_chances
from recommender.rerank.problem import Problem
from recommender.rerank.shelf_facts import ShelfFacts
from recommender.tradeoff import TINY, Goods

ADDED = 1 << 40  # source bit of these rows
# times the estimate: of the rows added for weeks 45-48 of the Complete Journey log, 0.4 to 1.5 in
# a thousand were bought (2 to 6 purchases, so no finer figure) where 0.5 to 0.7 were expected
CAUTION = 0.5
ROOM = 1.5  # times the floor: what should be in reach, since floors compete for the same places
MOST_PRODUCTS = 20  # of a group that are tried


@dataclass(frozen=True, kw_only=True)
class More:
    """The candidates with rows added, and what was added."""

    candidates: Candidates
    added: int  # rows
    helped: int  # groups that got rows
    still_short: int  # groups whose floor stays out of reach by the places counted


def more_candidates(
    candidates: Candidates,
    problem: Problem,
    reach: Attainable,
    goods: Goods,
    facts: ShelfFacts,
    purchases: Log,
    *,
    allowed: Bools,
    new_only: bool = False,
    room: float = ROOM,
    caution: float = CAUTION,
) -> More:
    """Candidates with rows for the groups of `problem` whose floor is out of `reach`.

    `allowed` (products,) are those that may be shown (`allowed.allowed_products`), `purchases` the
    training weeks; with `new_only` no shopper gets what it has bought. A group's rows go, its
    likeliest product first, to those who bought most often in the product's category, then to those
    who bought most often at all. Nobody gets more rows than half a slate, so that they can stand
    there together; a row counts as the mean place, since not every one can stand first. Shoppers
    without candidates stay without. The order of `Candidates` is kept.
    """
    customers, products = candidates.customers, purchases.products
    last = np.where(
        np.diff(candidates.start) > 0,
        np.append(candidates.p_buy, 0.0)[np.maximum(candidates.start[1:] - 1, 0)],
        0.0,
    )
    load = np.zeros(customers, np.int64)
    load[last <= 0] = np.iinfo(np.int64).max  # none, or none with a chance
    buyers = Buyers.of(purchases, facts, problem.key)
    refused = candidates.customer * products + candidates.product  # pairs that need no new row
    if new_only:
        refused = np.concatenate([refused, purchases.bought])
    chance = product_chances(candidates, goods)
    taken_customer, taken_product = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    helped = still_short = 0
    for family, most in zip(problem.shares, reach.most, strict=True):
        need = np.where(family.least > most, room * family.least - most, 0.0)
        short = np.flatnonzero(need > 0)
        if len(short) == 0:
            continue
        is_short = np.append(need > 0, False)[family.group]  # (products,)
        ranked = _likeliest(np.flatnonzero(allowed & is_short), chance, family.group)
        standing = is_short[problem.product]
        shopper = np.repeat(np.arange(customers), np.diff(problem.start))[standing]
        group = family.group[problem.product[standing]]
        order = np.argsort(group, kind="stable")
        customer, product, gained = _choose(
            short,
            need,
            ranked,
            np.searchsorted(family.group[ranked], np.append(short, short[-1] + 1)),
            facts.category[ranked],
            buyers.customer,
            buyers.start,
            distinct(refused[is_short[refused % products]]),
            products,
            shopper[order],
            np.searchsorted(group[order], short),
            np.searchsorted(group[order], short, side="right"),
            load,
            max(len(problem.attention) // 2, 1),
            problem.attention,
        )
        helped += int((gained > 0).sum())
        still_short += int((most[short] + gained < family.least[short]).sum())
        refused = np.concatenate([refused, customer * products + product])
        taken_customer.append(customer)
        taken_product.append(product)
    customer, product = np.concatenate(taken_customer), np.concatenate(taken_product)
    p_buy = caution * np.minimum(chance[product], last[customer])
    is_new = ~purchases.has_bought(customer, product)
    return More(
        candidates=_with_rows(candidates, customer, product, p_buy, is_new),
        added=len(customer),
        helped=helped,
        still_short=still_short,
    )


@numba.njit(cache=True)
def _choose(
    short: Ints,
    need: Floats,
    product: Ints,
    product_start: Ints,
    category: Ints,
    buyer: Ints,
    buyer_start: Ints,
    refused: Ints,
    products: int,
    standing: Ints,
    standing_from: Ints,
    standing_to: Ints,
    load: Ints,
    most_load: int,
    attention: Floats,
) -> tuple[Ints, Ints, Floats]:
    """Customers and products of new rows, and the attention that each short group gains by them.

    `product` are those of the short groups, group after group (`product_start`), the likeliest
    first; `standing` the shoppers of the groups' rows that there are. `load` counts on.
    """
    customers = load.size
    mean = attention.mean()
    everybody = buyer_start.size - 2
    holds = np.zeros(customers, np.int64)  # rows of the group at hand
    open_from = buyer_start.copy()
    gained = np.zeros(short.size)
    chosen_customer, chosen_product = [np.int64(0)], [np.int64(0)]
    for at in range(short.size):
        for k in range(standing_from[at], standing_to[at]):
            holds[standing[k]] += 1
        first_chosen = len(chosen_customer)
        for wide in range(2):  # those who buy in the category, then everybody
            for k in range(product_start[at], product_start[at + 1]):
                shelf = category[k] if wide == 0 and category[k] >= 0 else everybody
                end = buyer_start[shelf + 1]
                while open_from[shelf] < end and load[buyer[open_from[shelf]]] >= most_load:
                    open_from[shelf] += 1  # whoever is full stays so
                for b in range(open_from[shelf], end):
                    if gained[at] >= need[short[at]]:
                        break
                    u = buyer[b]
                    if load[u] >= most_load or holds[u] >= attention.size:
                        continue
                    pair = u * products + product[k]
                    place = np.searchsorted(refused, pair)
                    if place < refused.size and refused[place] == pair:
                        continue
                    if wide:
                        twice = False
                        for c in range(first_chosen, len(chosen_customer)):
                            if chosen_customer[c] == u and chosen_product[c] == product[k]:
                                twice = True
                                break
                        if twice:
                            continue
                    gained[at] += min(attention[holds[u]], mean)
                    holds[u] += 1
                    load[u] += 1
                    chosen_customer.append(u)
                    chosen_product.append(product[k])
        for k in range(standing_from[at], standing_to[at]):
            holds[standing[k]] = 0
        for c in range(first_chosen, len(chosen_customer)):
            holds[chosen_customer[c]] = 0
    return np.array(chosen_customer)[1:], np.array(chosen_product)[1:], gained


def _with_rows(
    candidates: Candidates, customer: Ints, product: Ints, p_buy: Floats, is_new: Bools
) -> Candidates:
    """The candidates with more rows, each less likely than the customer's others."""
    order = np.lexsort((product, -p_buy, customer))
    customer, product, p_buy = customer[order], product[order], p_buy[order]
    at = candidates.start[1:][customer]  # behind the customer's last row
    units = candidates.q_buy.sum() / max(candidates.p_buy.sum(), TINY)
    more = np.bincount(customer, minlength=candidates.customers)
    return replace(
        candidates,
        start=candidates.start + np.append(0, np.cumsum(more)),
        product=np.insert(candidates.product, at, product),
        p_buy=np.insert(candidates.p_buy, at, p_buy),
        q_buy=np.insert(candidates.q_buy, at, units * p_buy),
        is_new=np.insert(candidates.is_new, at, is_new[order]),
        source=np.insert(candidates.source, at, np.full(len(product), ADDED)),
    )


def _likeliest(products: Ints, chance: Floats, group: Ints) -> Ints:
    """The likeliest `MOST_PRODUCTS` of each group, group after group, the likeliest first."""
    ranked = products[np.lexsort((products, -chance[products], group[products]))]
    of = group[ranked]
    rank = np.arange(len(ranked)) - np.searchsorted(of, of)
    return ranked[rank < MOST_PRODUCTS]
