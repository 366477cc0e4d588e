"""The best ten of a hundred candidates for a million customers, against reading the data once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.clock import cpu_seconds
from recommender.tradeoff import best_slates

CUSTOMERS, EACH, PLACES = 1_000_000, 100, 10


def run() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(1)
    rows = CUSTOMERS * EACH
    value = np.sort(rng.random((CUSTOMERS, EACH)), axis=1)[:, ::-1].ravel()
    value = value + 0.05 * rng.random(rows)  # nearly sorted, as weights leave candidates
    product = np.tile(np.arange(EACH), CUSTOMERS)
    start = np.arange(0, rows + 1, EACH)
    allowed = np.ones(rows, bool)
    best_slates(start[:2], product[:EACH], value[:EACH], allowed[:EACH], PLACES)  # compiles
    read = cpu_seconds(lambda: (value.sum(), product.sum(), allowed.sum()))
    kernel = cpu_seconds(lambda: best_slates(start, product, value, allowed, PLACES))
    what = f"top {PLACES} of {CUSTOMERS:,} x {EACH}"
    yield what, f"{kernel:.2f} CPU s", f"{kernel / read:.1f} times reading the data ({read:.2f} s)"
