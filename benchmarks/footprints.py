"""Footprints for a large made-up catalogue, in products per CPU second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.clock import cpu_seconds
from pcf_estimator.estimate import estimate_footprints
from pcf_estimator.features import describe
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from recommender.console import peak_memory_gb

PRODUCTS = 100_000
LIMIT_CPU_S = 60
SIZES = ("500 G", "1 LB", "12 OZ", "1 L", "6 x 330 ml", "")


def run() -> Iterator[tuple[str, str, str]]:
    rng = np.random.default_rng(3)
    seed = read_seed()
    pick = rng.integers(len(seed), size=PRODUCTS)
    catalogue = pd.DataFrame(
        {
            "product_id": [str(i) for i in range(PRODUCTS)],
            # every title differs, as a real shop's do
            "title": [f"{c} {i % 977}" for i, c in enumerate(seed["concept"].iloc[pick])],
            "category": seed["category"].iloc[pick].to_numpy(),
            "department": seed["department"].iloc[pick].to_numpy(),
            "price": rng.uniform(0.5, 20, PRODUCTS).round(2),
            "package_size": rng.choice(SIZES, PRODUCTS),
        }
    )
    model = PcfModel().fit(seed)
    before = peak_memory_gb()
    seconds = cpu_seconds(lambda: estimate_footprints(catalogue, model), times=1)
    grown = peak_memory_gb() - before
    rate = f"{PRODUCTS / seconds:,.0f} products per CPU second; limit {LIMIT_CPU_S} CPU s"
    yield f"{PRODUCTS:,} footprints with ranges", f"{seconds:.1f} CPU s", rate
    reading = cpu_seconds(lambda: describe(catalogue, model.needs_), times=1)
    yield "  of it reading their text", f"{reading / seconds:.0%}", f"{reading:.1f} CPU s"
    yield "  memory it needs at its peak", f"{grown:.1f} GB", "beside the model and the catalogue"
