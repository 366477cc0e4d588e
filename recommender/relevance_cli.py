"""Commands of relevance beyond `fit` and `recommend`: stand-ins, and a new week of purchases."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.markup import escape
from rich.table import Table

from pcf_estimator.tables import read_table
from recommender.console import (
    HERE,
    JsonOption,
    WorkspaceOption,
    answer,
    say,
    say_json,
)
from recommender.tables import PURCHASES
from recommender.workspace import Workspace

relevance = typer.Typer()


@relevance.command()
def substitutes(
    product_id: Annotated[str, typer.Argument(help="A product of the catalogue.")],
    n: Annotated[int, typer.Option(min=1, help="At most so many.")] = 10,
    customer: Annotated[str | None, typer.Option(help="In this household's order.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What could stand in a product's place, and why."""
    from recommender.relevance.substitution.substitute_answer import stand_ins_for
    from recommender.relevance_steps import substitutes_step
    from recommender.shop import Shop

    found, goods = substitutes_step(Shop(Workspace(workspace)), customer, product_id)
    told = stand_ins_for(product_id, found, goods, n)
    if as_json:
        say_json(told.to_dict())
        return
    keeps = f" (keeps {', '.join(told.keeps)})" if told.keeps else ""
    named = f"{told.product_id}, {told.title}" if told.title else told.product_id
    answer.print(f"in the place of {named}{keeps}:", markup=False)
    if told.why_none:
        answer.print(told.why_none, markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("product", "title", "price", "why"):
        table.add_column(name, justify="right" if name == "price" else "left", overflow="fold")
    for row in told.rows.to_dict("records"):
        price = "" if row["price"] != row["price"] else f"{row['price']:.2f}"
        table.add_row(*map(escape, (row["product_id"], row["title"], price, row["reason"])))
    answer.print(table)


@relevance.command()
def update(
    purchases: Annotated[Path, typer.Argument(help="Later purchases, Parquet or CSV.")],
    as_of: Annotated[
        datetime | None, typer.Option(help="The day of the log; by default today.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Adds a new week of purchases: histories grow and customers are folded in, without a refit."""
    from recommender.relevance_steps import update_step
    from recommender.shop import Shop

    new = read_table(purchases, PURCHASES)
    day = as_of.date() if as_of else date.today()
    facts = update_step(Shop(Workspace(workspace)), new, f"purchases ({purchases})", day)
    say(
        facts,
        as_json,
        f"{facts['lines']:,} lines of {facts['customers']:,} customers added, "
        f"{facts['new_customers']:,} of them new; today's candidates are made anew",
    )


def slate_table_of(slate: pd.DataFrame, policy: str) -> Table:
    """A slate as a table for the screen: place, product, chance, price and kg CO2e."""
    table = Table(box=None, pad_edge=False, title=escape(f"under the policy {policy}"))
    for name in ("place", "product", "title", "p_buy", "price", "kg CO2e"):
        table.add_column(name, justify="left" if name in ("product", "title") else "right")
    for row in slate.to_dict("records"):
        kg = row["kg_co2e"]
        table.add_row(
            str(row["position"]),
            escape(row["product_id"]),
            escape(row["title"]),
            f"{row['p_buy']:.1%}",
            f"{row['price']:.2f}",
            "unknown" if kg != kg else f"{kg:.2g}",
        )
    return table
