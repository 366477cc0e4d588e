"""The 300 food types that sell most, each with its estimate beside the seed's own record of it.

    python -m benchmarks.food_types --workspace workspace

reads a workspace with the Complete Journey's tables and footprints and writes docs/food-types.md.
`tests/data/same_food.csv` says by hand which records are the same food as a type, by their names
and without sight of any figure.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.seed.table import read_seed
from recommender.workspace import Workspace

ROOT = Path(__file__).parent.parent
SAME_FOOD = ROOT / "tests" / "data" / "same_food.csv"
PAGE = ROOT / "docs" / "food-types.md"
TYPE = ["department", "category", "product_type"]
SHOWN, FAR = 300, 2.5  # types, and the largest factor from the own record that is asked


def own_records(same_food: pd.DataFrame, seed: pd.DataFrame) -> pd.Series:
    """Geometric mean of the records that are the same food as each type, NaN without one.

    >>> seed = pd.DataFrame({"concept": ["cola", "diet cola"], "kg_co2e_per_kg": [0.2, 0.8]})
    >>> own_records(pd.DataFrame({"records": ["cola; diet cola", None]}), seed).round(3).tolist()
    [0.4, nan]
    """
    log_kg = np.log(seed.set_index("concept")["kg_co2e_per_kg"])
    names = same_food["records"].str.split("; ").explode()
    return np.exp(names.map(log_kg).groupby(level=0).mean()).reindex(same_food.index)


def food_types(
    catalogue: pd.DataFrame, footprints: pd.DataFrame, paid: pd.Series, same_food: pd.DataFrame
) -> pd.DataFrame:
    """A row per type of `same_food`, most sales first: estimate and range per kg (the median of
    its products, by sales), own record, factor between them, tier and nearest record."""
    goods = catalogue[["product_id", "title", *TYPE]].merge(footprints, on="product_id")
    goods["paid"] = goods["product_id"].map(paid).fillna(0.0)
    goods = goods.sort_values("paid", ascending=False)
    for end in ("low", "high"):
        goods[end] = goods["kg_co2e_per_kg"] * goods[f"kg_co2e_{end}"] / goods["kg_co2e"]
    groups = goods.groupby(TYPE, sort=False)
    table = groups[["title", "tier", "source"]].first()
    table[["kg", "low", "high"]] = groups[["kg_co2e_per_kg", "low", "high"]].median()
    table["sales"] = groups["paid"].sum()
    found = same_food.merge(table.reset_index(), on=TYPE, how="left")
    found["own"] = own_records(found, read_seed())
    found["factor"] = np.exp(np.abs(np.log(found["kg"] / found["own"])))
    return found.sort_values("sales", ascending=False, ignore_index=True).head(SHOWN)


def page(types: pd.DataFrame, by_mass: dict[str, float]) -> str:
    """The table as Markdown, with what it shows in a sentence first."""
    known = types[types["own"].notna()]
    mass = 1 - by_mass.get("none", 0.0)
    lines = [
        "# The food types that sell most",
        "",
        f"Estimates of the {len(types)} food types with most sales in the Complete Journey log, in "
        f"kg CO2e per kg as sold. {len(known)} of them are a food that the seed has a record of; "
        f"their estimate is off that record by a median factor of {known['factor'].median():.2f}, "
        f"at most {known['factor'].max():.2f}, and {int((known['factor'] > FAR).sum())} by more "
        f"than {FAR:g}. {mass:.1%} of sales have a mass with a stated basis "
        f"({', '.join(f'{k} {v:.1%}' for k, v in sorted(by_mass.items()))}).",
        "",
        "`python -m benchmarks.food_types --workspace workspace` makes this page.",
        "",
        "| Type | Estimate (80 % range) | Own record | Factor | Tier | Nearest records |",
        "|---|---|---|---|---|---|",
    ]
    for row in types.itertuples():
        own = f"{row.own:.2f}: {row.records}" if row.own == row.own else ""
        factor = f"{row.factor:.2f}" if row.own == row.own else ""
        near = str(row.source).removeprefix("near ").replace("|", "/")
        lines.append(
            f"| {row.title.split(',')[0]} ({row.category}: {row.product_type}) "
            f"| {row.kg:.2f} ({row.low:.2f}–{row.high:.2f}) | {own} | {factor} | {row.tier} "
            f"| {near} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    here = Workspace(parser.parse_args().workspace)
    purchases = here.table("tables", "purchases")
    types = food_types(
        here.table("tables", "catalogue"),
        here.table("footprints", "footprints"),
        purchases.groupby("product_id")["paid"].sum(),
        pd.read_csv(SAME_FOOD),
    )
    text = page(types, here.facts("footprints")["share_of_sales_by_mass"])
    PAGE.write_text(text, encoding="utf-8")
    print(text.splitlines()[2])


if __name__ == "__main__":
    main()
