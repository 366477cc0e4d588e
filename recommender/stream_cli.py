"""The command that serves a stream of shoppers, at prices that follow what it misses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from recommender.console import (
    HERE,
    JsonOption,
    WorkspaceOption,
    answer,
    refuse_missing_folder,
    say,
    working,
)
from recommender.rerank.explain_words import figure
from recommender.rerank.stream import STEP
from recommender.rerank_cli import PolicyOption, Task
from recommender.workspace import Workspace

stream_commands = typer.Typer()


@stream_commands.command()
def stream(
    out: Annotated[
        Path, typer.Option(help="Where the slates go, Parquet; prices and drift go beside it.")
    ],
    policy: PolicyOption = None,
    order: Annotated[
        Path | None,
        typer.Option(
            help="A table with customer_id, in the order they come; by default all, in a drawn one."
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            help="Prices of an earlier run to start from; by default all are 0.", exists=True
        ),
    ] = None,
    step: Annotated[
        float,
        typer.Option(help="How far a price moves for what is missed; 0 leaves it frozen."),
    ] = STEP,
    batch: Annotated[int, typer.Option(min=1, help="Shoppers between two steps.")] = 50,
    seed: Annotated[int, typer.Option(help="Of the drawn order.")] = 0,
    task: Annotated[Task, typer.Option(help="All products, or those new to each customer.")] = (
        Task.ALL
    ),
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Slates for shoppers as they come, while prices of the limits follow in small steps."""
    from recommender.shop import Shop
    from recommender.steps import policy_or_default
    from recommender.stream_steps import stream_step

    refuse_missing_folder(out)
    chosen = policy_or_default(policy)
    with working(f"a stream of shoppers under {chosen.name}"):
        facts = stream_step(
            Shop(Workspace(workspace)),
            chosen,
            out,
            order=order,
            warm=prices,
            step=step,
            batch=batch,
            seed=seed,
            task=task.value,
        )
    if not as_json and facts["worst"]:
        answer.print(drift_screen(facts["worst"]))
    say(facts, as_json, "\n".join(told(facts)))


def told(facts: dict[str, Any]) -> list[str]:
    """The facts of a stream in sentences."""
    came = f"{facts['visits']:,} visits of {facts['customers']:,} customers"
    start = facts["started_from"]
    since = "prices of 0" if start is None else f"the prices in {start['prices']}"
    lines = [
        f"{came} served under {facts['policy']} in {facts['batches']:,} batches, from {since}; "
        f"{facts['prices_moved']:,} of {facts['limits']:,} prices moved"
    ]
    if start is not None and start["policy"] not in ("", facts["policy"]):
        lines.append(f"the prices at the start were found for policy {start['policy']}")
    if facts["unknown_prices"]:
        lines.append(f"{facts['unknown_prices']:,} limits without a price at the start began at 0")
    if facts["carbon"] is not None:
        carbon = facts["carbon"]
        lines.append(
            f"{carbon['kg_per_purchase']:.3f} kg CO2e a purchase where the budget allows "
            f"{carbon['target_kg']:.3f}"
        )
    for kind, share in facts["kinds"].items():
        if kind != "carbon budget":
            missed = f"missed by {share:.2%} of what they ask together" if share else "met"
            lines.append(f"{kind}: {missed}")
    if facts["limits_missed"]:
        lines.append(f"{facts['limits_missed']:,} of {facts['limits']:,} limits are missed so far")
    for key, words in (
        ("unknown_customers", "visits of customers unknown to the log: not served"),
        ("without_candidates", "visits of customers without candidates: not served"),
        ("deferred", "floors of less than one last place are left out of this stream"),
    ):
        if facts[key]:
            lines.append(f"{facts[key]:,} {words}")
    if facts["added"]:
        lines.append(
            f"candidates added for sellers whose floor was out of reach: {facts['added']:,}"
        )
    names = ("out", "prices_out", "drift_out", "course_out")
    return [*lines, *facts["notes"], f"written: {', '.join(facts[name] for name in names)}"]


def drift_screen(worst: list[dict[str, Any]]) -> Table:
    """The worst drifts for the screen."""
    table = Table(box=None, pad_edge=False)
    table.add_column("limit")
    table.add_column("unit")
    for name in ("asked", "reached", "missed", "price before", "price now"):
        table.add_column(name, justify="right")
    for drift in worst:
        figures = (drift[name] for name in ("asked", "reached", "missed"))
        table.add_row(
            drift["limit"],
            drift["unit"],
            *(f"{value:,.1f}" for value in figures),
            *(figure(drift[name]) for name in ("price_before", "price")),
        )
    return table
