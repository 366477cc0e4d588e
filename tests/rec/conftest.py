"""A made-up shop, small enough to know by heart: 80 households, 36 products, 30 weeks."""

import numpy as np
import pandas as pd
import pytest

from recommender.cli import main
from recommender.history import Shelf
from recommender.log import read_log

WEEKS = 30
KINDS = ["milk", "cheese", "beef", "chicken", "bread", "apple", "coffee", "soap", "rice"]


@pytest.fixture(scope="session")
def made_up_shop():
    """Catalogue and purchases: four products a kind; each household has a favourite of each kind
    that it buys about every `gap` weeks, and now and then another one."""
    rng = np.random.default_rng(5)
    catalogue = pd.DataFrame(
        {
            "product_id": [f"{kind}-{k}" for kind in KINDS for k in range(4)],
            "title": [f"{kind} number {k}" for kind in KINDS for k in range(4)],
            "department": "grocery",
            "category": [kind for kind in KINDS for _ in range(4)],
            "product_type": [kind for kind in KINDS for _ in range(4)],
            "seller_id": [f"s{k}" for _ in KINDS for k in range(4)],
            "price": [1.0 + k + 0.5 * i for i, _ in enumerate(KINDS) for k in range(4)],
            "package_size": "500 G",
            "margin_rate": 0.25,
        }
    )
    rows = []
    for household in range(80):
        favourite = rng.integers(4, size=len(KINDS))
        gap = rng.integers(1, 5, size=len(KINDS))
        for week in range(1, WEEKS + 1):
            for i, kind in enumerate(KINDS):
                if rng.random() < 1 / gap[i]:
                    k = favourite[i] if rng.random() < 0.8 else rng.integers(4)
                    rows.append((f"h{household:02d}", f"{kind}-{k}", week, f"{household}-{week}"))
    purchases = pd.DataFrame(rows, columns=["customer_id", "product_id", "week", "basket_id"])
    purchases["bought_at"] = pd.Timestamp("2024-01-01 17:30") + pd.to_timedelta(
        7 * (purchases["week"] - 1), unit="D"
    )
    price = catalogue.set_index("product_id")["price"]
    purchases["quantity"] = 1.0
    purchases["paid"] = price.loc[purchases["product_id"]].to_numpy()
    return catalogue, purchases


@pytest.fixture(scope="session")
def made_up_log(made_up_shop):
    catalogue, purchases = made_up_shop
    return read_log(purchases, catalogue["product_id"])


@pytest.fixture(scope="session")
def made_up_shelf(made_up_shop):
    catalogue, _ = made_up_shop
    return Shelf.of(catalogue, catalogue["category"])


@pytest.fixture(scope="session")
def judged_shop(made_up_shop, tmp_path_factory):
    """A workspace that went through ingest, fit and backtest, by command; read only."""
    folder = tmp_path_factory.mktemp("shop")
    catalogue, purchases = made_up_shop
    catalogue.to_csv(folder / "catalogue.csv", index=False)
    purchases.to_parquet(folder / "purchases.parquet")
    here = folder / "ws"
    tables = ["--catalogue", folder / "catalogue.csv", "--purchases", folder / "purchases.parquet"]
    with pytest.MonkeyPatch.context() as patch:
        for words in (["ingest", *tables], ["fit"], ["backtest", "--draws", "100"]):
            patch.setattr("sys.argv", ["greenaisle", *map(str, words), "--workspace", str(here)])
            with pytest.raises(SystemExit) as end:
                main()
            assert end.value.code in (0, None), words
    return here
