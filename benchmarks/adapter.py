"""The adapter around implicit, against implicit's own recommend on the same purchases."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import random as random_matrix
from threadpoolctl import threadpool_limits

from benchmarks.clock import cpu_seconds
from recommender.relevance.items.implicit_adapter import Als

CUSTOMERS, PRODUCTS, N = 2500, 18_000, 150


def run() -> Iterator[tuple[str, str, str]]:
    taste = random_matrix(
        CUSTOMERS, PRODUCTS, density=0.006, random_state=np.random.default_rng(2), format="csr"
    ).astype(np.float32)
    model = Als(iterations=3).fit(taste)
    everyone = np.arange(CUSTOMERS)

    def bare() -> object:
        with threadpool_limits(1, "blas"):
            return model.model_.recommend(everyone, taste, N=N, filter_already_liked_items=True)

    peer = cpu_seconds(bare)
    ours = cpu_seconds(lambda: model.propose(taste, N))
    what = f"ALS proposals, {CUSTOMERS:,} customers x {PRODUCTS:,} products, {N} each"
    yield what, f"{ours:.2f} CPU s", f"{ours / peer:.2f} times bare implicit ({peer:.2f} s)"
