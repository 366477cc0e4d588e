"""A shop small enough to read: 40 households, some 60 products, 26 weeks, made by the real steps.

The footprints are written by hand, so that the tests know which product is lighter and why.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from pcf_estimator.tables import CATALOGUE, FOOTPRINTS, check_table
from recommender.ingest import Tables, keep_tables
from recommender.relevance_steps import fit_step
from recommender.shop import Shop
from recommender.steps import backtest_step, default_policy, shipped_policies
from recommender.tables import PURCHASES
from recommender.workspace import Workspace, fingerprint, write_table

SEED = 7
HOUSEHOLDS, WEEKS = 40, 26
# need, kind, flow, kg per flow, kg CO2e per kg, tier, kg in a pack, price per kg
KINDS = [
    ("main protein", "ground beef", "portion", 0.150, 27.0, "model", (0.5, 0.75), 10.0),
    ("main protein", "chicken breast", "portion", 0.150, 5.0, "model", (0.5, 0.8), 9.0),
    ("main protein", "tofu", "portion", 0.150, 2.5, "neighbours", (0.4, 0.6), 9.5),
    ("main protein", "pork chops", "portion", 0.150, 6.5, "category", (0.5, 1.0), 8.0),
    ("milk", "cow's milk", "glass of 240 ml", 0.245, 1.5, "model", (1.0, 2.0), 1.2),
    ("milk", "oat drink", "glass of 240 ml", 0.245, 0.5, "verified", (1.0, 2.0), 1.5),
    ("hot drink", "ground coffee", "cup", 0.010, 9.0, "model", (0.25, 0.5), 14.0),
    ("hot drink", "tea bags", "cup", 0.002, 4.0, "neighbours", (0.08, 0.1), 40.0),
    ("cheese", "hard cheese", "portion of 30 g", 0.030, 9.5, "model", (0.25, 0.4), 12.0),
    ("cheese", "fresh cheese", "portion of 30 g", 0.030, 5.0, "model", (0.2, 0.3), 11.0),
    ("bread", "white bread", "two slices (50 g)", 0.050, 1.1, "category", (0.5, 0.75), 3.0),
    ("bread", "rye bread", "two slices (50 g)", 0.050, 1.0, "category", (0.5, 0.75), 3.4),
    ("spread for bread", "butter", "spread for one slice", 0.010, 9.0, "model", (0.25,), 9.0),
    ("spread for bread", "margarine", "spread for one slice", 0.010, 2.5, "model", (0.25,), 7.0),
    ("fruit", "apples", "portion of 80 g", 0.090, 0.4, "model", (1.0, 1.5), 2.5),
    ("fruit", "strawberries", "portion of 80 g", 0.085, 1.6, "neighbours", (0.4, 0.5), 6.0),
    ("infant formula", "infant formula powder", "bottle", 0.027, 8.0, "model", (0.8,), 25.0),
    ("infant formula", "soy infant formula", "bottle", 0.027, 2.0, "model", (0.8,), 24.0),
    ("pain relief", "pain relief", "dose", 0.001, 20.0, "spend", (0.05,), 120.0),
    ("laundry", "laundry powder", "wash load", 0.065, 3.0, "spend", (1.5,), 4.0),
    ("laundry", "liquid laundry detergent", "wash load", 0.050, 2.0, "spend", (1.5,), 4.2),
    ("beer", "beer", "glass of 355 ml", 0.360, 0.9, "model", (2.0,), 3.0),
    ("other: gifts", "", "", np.nan, np.nan, "unknown", (0.2,), 20.0),
]
SUPPLIERS = ("Hill Farm", "Vale", "house")
SPREAD = {"verified": 1.1, "model": 1.5, "neighbours": 1.7, "category": 2.0, "spend": 3.0}
RESTRICTED = ("beer",)


def catalogue() -> pd.DataFrame:
    """Two or three packs of every kind, each from another supplier."""
    rows = []
    for need, kind, flow, kg_per_flow, kg_per_kg, tier, masses, price_per_kg in KINDS:
        for k, supplier in enumerate(SUPPLIERS):
            mass = masses[k % len(masses)]
            rows.append(
                {
                    "product_id": f"p{len(rows):03d}",
                    "title": f"{(kind or 'gift box').capitalize()}, {mass:g} kg"
                    + (", house brand" if supplier == "house" else f", {supplier}"),
                    "department": "Food",
                    "category": need,
                    "product_type": kind or "gift box",
                    "brand": "private" if supplier == "house" else "national",
                    "seller_id": supplier,
                    "price": round(mass * price_per_kg * (1.0 + 0.08 * (1 - k)), 2),
                    "package_size": f"{mass:g} kg",
                    "margin_rate": 0.35 if supplier == "house" else 0.25,
                    "age_restricted": kind in RESTRICTED,
                    "recommendable": True,
                    "need": need,
                    "kind": kind,
                    "flow": flow,
                    "kg_per_flow": kg_per_flow,
                    "kg_per_kg": kg_per_kg,
                    "mass": mass,
                    "tier": tier,
                }
            )
    return pd.DataFrame(rows)


def footprints(goods: pd.DataFrame) -> pd.DataFrame:
    """A footprint of each product's tier: per pack, with a range as wide as the tier's."""
    known = goods["tier"] != "unknown"
    kg = (goods["kg_per_kg"] * goods["mass"]).where(known)
    spread = goods["tier"].map(SPREAD)
    rows = pd.DataFrame(
        {
            "product_id": goods["product_id"],
            "kg_co2e": kg,
            "kg_co2e_low": kg / spread,
            "kg_co2e_high": kg * spread,
            "kg_co2e_per_kg": goods["kg_per_kg"],
            "net_mass_kg": goods["mass"],
            "mass_basis": "package",
            "tier": goods["tier"],
            "boundary": "cradle to shelf",
            "similarity": np.where(goods["tier"] == "model", 0.7, np.nan),
            "data_quality": 3.0,
            "source": "written by hand for the tests",
            "model_version": "none",
            "seed_version": "none",
        }
    )
    return check_table(rows, FOOTPRINTS, "footprints")


def purchases(goods: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Each household has twelve favourites, and buys about a third of them each week."""
    start = pd.Timestamp("2024-01-01T10:00")
    weight = np.where(goods["tier"] == "unknown", 0.3, 1.0)
    rows = []
    for household in range(HOUSEHOLDS):
        liked = rng.choice(len(goods), 12, replace=False, p=weight / weight.sum())
        for week in range(WEEKS):
            taken = liked[rng.random(12) < 0.35]
            taken = np.unique(np.append(taken, rng.integers(len(goods), size=1)))
            day = int(rng.integers(7))
            for product in taken:
                quantity = int(rng.integers(1, 3))
                rows.append(
                    {
                        "customer_id": f"h{household:02d}",
                        "product_id": goods["product_id"].iloc[product],
                        "bought_at": start + pd.Timedelta(days=7 * week + day),
                        "quantity": float(quantity),
                        "paid": round(float(goods["price"].iloc[product]) * quantity, 2),
                        "week": week + 1,
                        "basket_id": f"b{household:02d}-{week:02d}",
                        "store_id": f"s{household % 2}",
                    }
                )
    return check_table(pd.DataFrame(rows), PURCHASES, "purchases")


def build(folder: Path, names: dict[str, str] | None = None) -> Workspace:
    """A whole workspace in `folder`; `names` gives some products other titles."""
    os.environ.setdefault("GREENAISLE_THREADS", "1")
    goods = catalogue()
    for product_id, title in (names or {}).items():
        goods.loc[goods["product_id"] == product_id, "title"] = title
    workspace = Workspace(folder)
    keep_tables(
        workspace,
        Tables(
            catalogue=check_table(goods, CATALOGUE, "catalogue"),
            purchases=purchases(goods, np.random.default_rng(SEED)),
            facts={"shop": "a small shop", "currency": "$"},
        ),
        {"shop": "small"},
    )
    with workspace.replacing("footprints", fingerprint(shop="small"), {}) as step:
        write_table(step / "footprints.parquet", footprints(goods))
        needs = goods[["product_id", "need", "kind", "flow", "kg_per_flow"]]
        write_table(step / "needs.parquet", needs)
    shop = Shop(workspace)
    fit_step(shop)
    chosen = [default_policy(), *(p for p in shipped_policies() if p.name in POLICIES)]
    backtest_step(shop, chosen, draws=100)
    return workspace


POLICIES = ("relevance", "swap-gentle", "mix-strong", "budget-twenty")
