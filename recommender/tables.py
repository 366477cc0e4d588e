"""The tables of shoppers and slates: what their columns mean, and how they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pcf_estimator.tables import ID, Column, Table, check_table, read_columns

WEEK = Column(kind="whole", meaning="the log's own week", filled=True)
SOME = {"required": True, "filled": True}
PURCHASES = Table(
    name="purchases",
    named_by=("customer_id", "product_id"),
    columns={
        "customer_id": ID,
        "product_id": ID,
        "bought_at": Column(
            kind="time", meaning="when, on the shop's own clock", one_clock=True, **SOME
        ),
        "quantity": Column(kind="number", meaning="packs", above=0),
        "paid": Column(kind="number", meaning="shop currency for the line", at_least=0),
        "discount": Column(
            kind="number", meaning="shop currency that the shop took off the line", at_least=0
        ),
        "week": WEEK,
        "basket_id": Column(kind="text", meaning="what was bought together"),
        "store_id": Column(kind="text", meaning="where"),
    },
)
CUSTOMERS = Table(
    name="customers", key="customer_id", named_by=("customer_id",), columns={"customer_id": ID}
)
DISPLAYS = Table(
    name="displays",
    named_by=("product_id", "store_id"),
    columns={
        "product_id": ID,
        "store_id": ID,
        "week": Column(kind="whole", meaning="the log's own week", **SOME),
        "display": Column(kind="text", meaning="where in the store it stood out"),
        "mailer": Column(kind="text", meaning="where in the mailer it stood"),
    },
)
SLATES = Table(
    name="slates",
    named_by=("policy", "task", "customer_id", "position"),
    columns={
        "policy": Column(kind="text", meaning="whose weights", **SOME),
        "task": Column(kind="text", meaning="all, or new to the customer", **SOME),
        "customer_id": ID,
        "position": Column(kind="whole", meaning="1 is the first slot", at_least=1, **SOME),
        "product_id": ID,
        "score": Column(kind="number", meaning="the sum of the four values", **SOME),
        "value_shopper": Column(kind="number", meaning="what relevance adds", **SOME),
        "value_retailer": Column(kind="number", meaning="what margin adds", **SOME),
        "value_climate": Column(kind="number", meaning="what carbon takes", **SOME),
        "value_sellers": Column(kind="number", meaning="what short sellers add", **SOME),
        "p_buy": Column(
            kind="number", meaning="chance to buy in the horizon", at_least=0, at_most=1, **SOME
        ),
        "q_buy": Column(kind="number", meaning="expected packs in the horizon", at_least=0),
        "price": Column(kind="number", meaning="shop currency per pack", above=0),
        "margin": Column(kind="number", meaning="shop currency per pack"),
        "kg_co2e": Column(kind="number", meaning="kg CO2e per pack", at_least=0),
        "kg_functional": Column(
            kind="number", meaning="kg CO2e of a typical purchase in the need", at_least=0
        ),
        "kg_excess": Column(kind="number", meaning="kg_functional less what is bought otherwise"),
        "need": Column(kind="text", meaning="what it is bought for"),
        "seller_id": Column(kind="text", meaning="who supplies it"),
    },
)


def read_customers(path: str | Path) -> pd.DataFrame:
    """The customers in a Parquet or CSV file: `customer_id`, and every other column as a segment.

    Raises TableError for a missing, empty or repeated customer_id.
    """
    path = Path(path)
    return check_customers(read_columns(path, CUSTOMERS.name), f"{CUSTOMERS.name} ({path})")


def check_customers(frame: pd.DataFrame, where: str = CUSTOMERS.name) -> pd.DataFrame:
    """`customer_id` first, then every other column as the text of a segment, in its order.

    >>> check_customers(pd.DataFrame({"age": [7], "customer_id": [1]})).to_dict("records")
    [{'customer_id': '1', 'age': '7'}]
    """
    segments = {
        str(name): Column(kind="text", meaning="a segment")
        for name in frame.columns
        if name != "customer_id"
    }
    return check_table(frame, CUSTOMERS.with_columns(**segments), where)
