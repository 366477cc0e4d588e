"""Shoppers, items and sellers on which re-rankers meet: every item is a candidate of everybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recommender.candidates import Floats, Ints

USERS, ITEMS, SELLERS, PLACES = 2_000, 1_000, 50, 10
TASTES = 8  # dimensions of taste
LEVEL = -3.5  # log-odds of a purchase, before taste and fame


@dataclass(frozen=True, kw_only=True)
class Instance:
    seed: int
    scores: Floats  # (users, items): chance of a purchase
    seller: Ints  # (items,)
    places: int

    @property
    def sellers(self) -> int:
        return int(self.seller.max()) + 1

    def save(self, path: Path) -> None:
        np.savez(path, scores=self.scores, seller=self.seller, places=self.places)


def seller_instance(
    seed: int,
    *,
    users: int = USERS,
    items: int = ITEMS,
    sellers: int = SELLERS,
    places: int = PLACES,
) -> Instance:
    """Chances from tastes in a few dimensions, with sellers of unequal catalogues and fame.

    Catalogues are drawn by Dirichlet shares, each with one item at least; fame is normal, half of
    its variance the seller's and half the item's own, so some sellers hardly stand on a best slate.

    >>> small = seller_instance(1, users=4, items=6, sellers=2)
    >>> small.scores.shape, small.sellers, bool((small.scores > 0).all())
    ((4, 6), 2, True)
    """
    rng = np.random.default_rng(seed)
    share = rng.dirichlet(np.full(sellers, 2.0))
    seller = np.concatenate([np.arange(sellers), rng.choice(sellers, items - sellers, p=share)])
    fame = rng.normal(0, 0.6, sellers)[seller] + rng.normal(0, 0.6, items)
    taste = rng.normal(size=(users, TASTES))
    of_item = rng.normal(size=(items, TASTES)) / np.sqrt(TASTES)
    odds = taste @ of_item.T + fame + LEVEL
    return Instance(seed=seed, scores=1 / (1 + np.exp(-odds)), seller=seller, places=places)
