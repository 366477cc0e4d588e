"""How often the interval of a small segment covers: `python -m benchmarks.segments --workspace W`.

Cells of so many households are drawn at random from a backtest's own slates, with replacement, so
that the true change is that of all households. Within the whole, a household of a cell is drawn
about Poisson(1) times. Printed per figure and size: the share of cells whose 95 % interval covers
the truth, by plain percentiles and as the report has it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from recommender.bootstrap import interval
from recommender.candidates import Floats
from recommender.impact.segments.control import cell_interval
from recommender.policy import BASELINE

SIZES = (10, 20, 50, 150)
WORTH = {
    "demand_revenue": "price",
    "demand_margin": "margin",
    "demand_kg_functional": "kg_functional",
    "demand_kg_pack": "kg_co2e",
}
CELLS, DRAWS = 1000, 600


def covered(
    before: Floats, after: Floats, size: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Share of cells of `size` households covered, by plain percentiles and by the report's."""
    truth = after.sum() / before.sum() - 1.0
    plain = wide = 0
    for _ in range(CELLS):
        cell = rng.integers(0, len(before), size)
        counts = rng.poisson(1.0, (DRAWS, size)).astype(np.float64)
        sums = counts @ np.column_stack([before[cell], after[cell]])
        drawn = (sums[:, 1] / np.where(sums[:, 0] > 0, sums[:, 0], np.nan) - 1.0)[:, None]
        low, high = interval(drawn)
        plain += bool(low[0] <= truth <= high[0])
        low, high = cell_interval(drawn, np.array([size]))
        wide += bool(low[0] <= truth <= high[0])
    return plain / CELLS, wide / CELLS


def main() -> None:
    parser = argparse.ArgumentParser(description="coverage of segments' intervals")
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--policy", default="mix-firm")
    asked = parser.parse_args()
    table = pd.read_parquet(asked.workspace / "backtest" / "slates.parquet")
    table = table[table["task"] == "all"]
    demand = table["p_buy"] / np.log2(table["position"] + 1)
    for figure, column in WORTH.items():
        sums = (demand * table[column].fillna(0.0)).groupby([table["policy"], table["customer_id"]])
        each = sums.sum()
        before = each[BASELINE]
        after = each[asked.policy].reindex(before.index, fill_value=0.0)
        for size in SIZES:
            plain, wide = covered(
                before.to_numpy(), after.to_numpy(), size, np.random.default_rng(size)
            )
            print(f"{figure:22} {size:4} households: {plain:.3f} plain, {wide:.3f} expanded")


if __name__ == "__main__":
    main()
