"""The baselines that relevance is judged against, each answering in one shape.

A ranking gives for the served customers of a `Fitted` history (in ascending order) the lists of
both kinds of item: {"all": (served, n), "new": (served, n)} product rows, best first, -1 where it
has no more to say. ALS is fitted anyway and comes from `Fitted`; scores are made for some hundred
customers at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix

from recommender.best import best_rows
from recommender.candidates import Floats, Ints
from recommender.evaluation.baselines import habit, new_popularity, popularity
from recommender.evaluation.full_ease import FullEase
from recommender.evaluation.judged import ITEMS
from recommender.evaluation.neighbours import TifuKnn, Trips, UpCf
from recommender.relevance.generators import Fitted

Lists = dict[str, Ints]
Ranking = Callable[[Fitted, int], Lists]
BLOCK = 256  # customers scored at once: 256 x 18,000 products x 8 bytes is 37 MB


def most_popular(fitted: Fitted, n: int) -> Lists:
    """What most households bought in the last four weeks."""
    history, customers = fitted.history, fitted.served
    return {
        "all": popularity(history, customers, n),
        "new": new_popularity(history, customers, n),
    }


def personal_frequency(fitted: Fitted, n: int) -> Lists:
    """What the customer bought in most baskets of its own; nothing new, by its nature."""
    own, served = fitted.history.by_product, fitted.history.universe
    customer, product = own.key // own.groups, own.key % own.groups
    keep = served.products[product]
    start = np.searchsorted(customer[keep], np.arange(fitted.history.log.customers + 1))
    everything = np.ones(int(keep.sum()), np.bool_)
    at = best_rows(start, product[keep], own.visits[keep], everything, n)[fitted.served]
    lists = np.where(at >= 0, np.append(product[keep], -1)[at], -1)
    return {"all": lists, "new": np.full_like(lists, -1)}


def decayed_frequency(fitted: Fitted, n: int) -> Lists:
    """Personal frequency that halves every 16 weeks; places left over go to popular products."""
    history, customers = fitted.history, fitted.served
    return {"all": habit(history, customers, n), "new": new_popularity(history, customers, n)}


def up_cf(fitted: Fitted, n: int) -> Lists:
    """UP-CF (Faggioli et al. 2020)."""
    trips = Trips.of(fitted.history)
    return _best_of(fitted, UpCf().fit(trips).scores, trips.products, n)


def tifu_knn(fitted: Fitted, n: int) -> Lists:
    """TIFU-KNN (Hu et al. 2020)."""
    trips = Trips.of(fitted.history)
    return _best_of(fitted, TifuKnn().fit(trips).scores, trips.products, n)


def als(fitted: Fitted, n: int) -> Lists:
    """Implicit matrix factorisation (Hu, Koren and Volinsky 2008)."""
    taste, served = fitted.taste[fitted.served], fitted.served
    return _in_universe(
        fitted,
        {
            items: fitted.als.propose(taste, n, new_only=items == "new", users=served)[0]
            for items in ITEMS
        },
    )


def ease(fitted: Fitted, n: int) -> Lists:
    """EASE, the linear item model with a closed form (Steck 2019), with all its weights."""
    products = np.flatnonzero(fitted.history.universe.products)
    model = FullEase().fit(csr_matrix(fitted.taste[fitted.served][:, products]))
    return _best_of(fitted, model.scores, products[model.products_], n)


RANKINGS: dict[str, Ranking] = {
    "popularity": most_popular,
    "personal frequency": personal_frequency,
    "decayed frequency": decayed_frequency,
    "UP-CF": up_cf,
    "TIFU-KNN": tifu_knn,
    "ALS": als,
    "EASE": ease,
}


def _best_of(fitted: Fitted, scores: Callable[[slice], Floats], products: Ints, n: int) -> Lists:
    """Lists from scores of (some served customers, `products`); what scores 0 is not proposed."""
    served, columns = fitted.served, len(products)
    bought = csr_matrix(_bought(fitted)[served][:, products])
    lists = {items: np.full((len(served), n), -1, np.int64) for items in ITEMS}
    for first in range(0, len(served), BLOCK):
        rows = slice(first, min(first + BLOCK, len(served)))
        value = scores(rows)
        some = value > 0
        fresh = some & (bought[rows].toarray() == 0)
        start = np.arange(len(value) + 1, dtype=np.int64) * columns
        product = np.tile(products, len(value))
        for items, allowed in (("all", some), ("new", fresh)):
            at = best_rows(start, product, value.ravel(), allowed.ravel(), n)
            lists[items][rows] = np.where(at >= 0, product[at], -1)
    return lists


def _in_universe(fitted: Fitted, lists: Lists) -> Lists:
    """The lists without products outside the universe: models know of some, but learned nothing."""
    known = np.append(fitted.history.universe.products, False)
    answer = {}
    for items, ids in lists.items():
        order = np.argsort(~known[ids], axis=1, kind="stable")  # empty places come last
        answer[items] = np.take_along_axis(np.where(known[ids], ids, -1), order, axis=1)
    return answer


def _bought(fitted: Fitted) -> csr_matrix:
    """Customers x products, 1 where the customer ever bought the product."""
    log = fitted.history.log
    ones = np.ones(len(log.bought), np.int8)
    where = (log.bought // log.products, log.bought % log.products)
    return csr_matrix((ones, where), shape=(log.customers, log.products))
