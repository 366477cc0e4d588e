"""What in an uploaded row can be read but hardly be meant: told, never refused."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app_pages._words import significant
from pcf_estimator.mass.package import read_packages
from pcf_estimator.needs import assign_needs, read_needs

FAR_MASS, FAR_VOLUME = 3.0, 10.0  # times; a litre of puffed rice is a tenth of a kilogram
FAR_PRICE, FAR_ANY_PRICE = 30.0, 1000.0  # times the usual price of its kind, or of the shop
LONGEST = 60  # letters of a text that is repeated
COLUMNS = ["Row", "Product", "What looks wrong"]


def usual_prices(products: pd.DataFrame) -> pd.Series:
    """Median price by kind of good in the shop; "" has that of the whole shop.

    >>> shop = pd.DataFrame({"kind": ["milk", "milk", ""], "price": [2.0, 4.0, 9.0]})
    >>> usual_prices(shop).to_dict()
    {'milk': 3.0, '': 4.0}
    """
    price = products["price"].astype("float64")
    kind = products["kind"].astype("str") if "kind" in products else pd.Series("", price.index)
    by_kind = price.groupby(kind).median().drop("", errors="ignore")
    return pd.concat([by_kind, pd.Series({"": price.median()})]).rename_axis(None)


def doubts(products: pd.DataFrame, usual: pd.Series) -> pd.DataFrame:
    """Rows whose weight contradicts their text, or whose price is absurd for goods of their kind.

    >>> rows = {"product_id": ["a"], "title": ["Rice"], "package_size": ["500 g"]}
    >>> told = doubts(pd.DataFrame(rows | {"net_mass_kg": [500.0]}), pd.Series({"": 3.0}))
    >>> told["What looks wrong"].tolist()
    ['net_mass_kg is 500 kg, but “500 g” says about 0.50 kg']
    """
    products = products.reset_index(drop=True)
    said = [*_masses(products), *_prices(products, usual)]
    ids = products["product_id"].astype("str")
    names = products["title"].fillna(ids).astype("str") if "title" in products else ids
    rows = [(row + 1, names.iloc[row][:LONGEST], what) for row, what in sorted(said)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _masses(products: pd.DataFrame) -> list[tuple[int, str]]:
    if "net_mass_kg" not in products:
        return []
    stated = products["net_mass_kg"].astype("float64")
    told: dict[int, str] = {}
    for column in ("title", "package_size"):  # the size goes before the title
        if column not in products:
            continue
        text = products[column].astype("str").where(stated.notna())
        read = read_packages(text.fillna(""))
        kg = read["mass_kg"].fillna(read["volume_l"])
        most = np.where(read["mass_kg"].notna(), FAR_MASS, FAR_VOLUME)
        for row in np.flatnonzero(kg.notna()):
            apart = stated.iloc[row] / kg.iloc[row]
            told.pop(int(row), None)
            if not 1 / most[row] <= apart <= most[row]:
                told[int(row)] = (
                    f"net_mass_kg is {_kg(stated.iloc[row])}, but “{text.iloc[row][:LONGEST]}” "
                    f"says about {significant(kg.iloc[row])} kg"
                )
    return list(told.items())


def _prices(products: pd.DataFrame, usual: pd.Series) -> list[tuple[int, str]]:
    if "price" not in products or not products["price"].notna().any():
        return []
    price = products["price"].astype("float64")
    kind = assign_needs(products, read_needs())["kind"].astype("str")
    known = kind.isin(set(usual.index) - {""})
    middle = kind.where(known, "").map(usual).astype("float64")
    apart = price / middle
    most = np.where(known, FAR_PRICE, FAR_ANY_PRICE)
    far = apart.notna() & ((apart > most) | (apart < 1 / most))
    return [
        (
            int(row),
            f"price is {price.iloc[row]:,.10g}, but "
            f"{f'{kind.iloc[row]} here' if known.iloc[row] else 'a product of this shop'} "
            f"usually costs about {middle.iloc[row]:,.2f}",
        )
        for row in np.flatnonzero(far)
    ]


def _kg(value: float) -> str:
    return f"{value:,.10g} kg"
