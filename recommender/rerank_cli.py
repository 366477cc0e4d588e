"""Commands of the trade-off: slates under limits, the frontier, and a slate explained."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from recommender.console import (
    HERE,
    JsonOption,
    WorkspaceOption,
    answer,
    refuse_missing_folder,
    say,
    say_json,
    working,
)
from recommender.workspace import Workspace

trade_off = typer.Typer()
PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="A policy file; by default the one in force.")
]


class Task(StrEnum):
    """Which products may stand on a slate."""

    ALL = "all"
    NEW = "new"


@trade_off.command()
def rerank(
    out: Annotated[Path, typer.Option(help="Where the slates go, Parquet; prices go beside it.")],
    policy: PolicyOption = None,
    task: Annotated[Task, typer.Option(help="All products, or those new to each customer.")] = (
        Task.ALL
    ),
    warm: Annotated[
        Path | None, typer.Option(help="Prices of an earlier run, to start from.", exists=True)
    ] = None,
    carried: Annotated[
        Path | None,
        typer.Option(help="What sellers were shown earlier in their horizon.", exists=True),
    ] = None,
    costs: Annotated[
        bool,
        typer.Option("--costs", help="What the dearest limits cost in all, each searched without."),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Today's slates for all customers at once, within the policy's limits, with their gap."""
    from recommender.rerank_steps import rerank_step
    from recommender.shop import Shop
    from recommender.steps import policy_or_default

    refuse_missing_folder(out)
    chosen = policy_or_default(policy)
    with working(f"slates for all customers under {chosen.name}"):
        shop = Shop(Workspace(workspace))
        facts = rerank_step(shop, chosen, task.value, out, warm, carried, costs)
    lines = [f"{facts['customers']:,} slates under {chosen.name} written to {out}"]
    if facts["gap"] is None:
        lines.append(f"{facts['missed']:,} limits are missed, so there is no gap to certify:")
        lines += [
            f"  {miss['limit']}: missed by {miss['shortfall']:.3g} {miss['unit']} "
            f"({miss['reached']:.4g} where {miss['asked']:.4g} was asked), {miss['because']}"
            for miss in facts["missed_first"]
        ]
        more = facts["missed"] - len(facts["missed_first"])
        lines += [f"  and {more:,} more"] if more else []
    else:
        surrogate = f" (of a surrogate: {', '.join(facts['surrogates'])})"
        lines.append(
            f"within {facts['gap']:.4%} of the best possible"
            f"{surrogate if facts['surrogates'] else ''}, found in {facts['passes']} passes"
        )
    if facts["deferred"]:
        lines.append(
            f"{facts['deferred']:,} floors of less than one last place are left out of this run, "
            f"and of what the gap is about"
        )
    if facts["added"]:
        lines.append(
            f"candidates added for sellers whose floor was out of reach: {facts['added']:,}, kept "
            f"beside the prices to serve from"
        )
    lines += [*facts["notes"], *facts["sentences"], *facts["families"]]
    lines += [cost["sentence"] for cost in facts["costs"] or ()]
    say(facts, as_json, "\n".join(lines))


@trade_off.command()
def frontier(
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the table and the chart; without it, the workspace's own."),
    ] = None,
    policy: PolicyOption = None,
    knob: Annotated[
        str, typer.Option(help="What moves along the path, such as limits.carbon_change.")
    ] = "limits.carbon_change",
    values: Annotated[str, typer.Option(help="Its values, with commas between.")] = (
        "-0.05,-0.1,-0.15,-0.2,-0.25,-0.3,-0.35,-0.4"
    ),
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What more of one aim costs in the others, point by point, on the held-out weeks.

    Without --out, the paths around the policy that the app's Merchandise page answers from, kept in
    the workspace.
    """
    if out is None:
        _keep_frontier(policy, workspace, as_json)
        return
    from recommender.rerank.frontier import along
    from recommender.rerank.frontier_chart import frontier_sentence, write_frontier
    from recommender.rerank_steps import frontier_step
    from recommender.shop import Shop
    from recommender.steps import policy_or_default

    points = along(policy_or_default(policy), knob, numbers(values))
    with working(f"{len(points)} points of {knob}"):
        table = frontier_step(Shop(Workspace(workspace)), points)
        written = write_frontier(table, out)
    told, paths = frontier_sentence(table), [str(path) for path in written]
    facts = {
        "knob": knob,
        "files": paths,
        "sentence": told,
        "points": json.loads(table.rows.to_json(orient="records")),
    }
    if not as_json:
        answer.print(frontier_table(table.rows))
    say(facts, as_json, "\n".join([told, "", *paths]))


def _keep_frontier(policy: Path | None, workspace: Path, as_json: bool) -> None:
    from recommender.frontier_points import STEP, frontier_points_step, policies_of
    from recommender.shop import Shop
    from recommender.steps import policy_or_default

    chosen = policy_or_default(policy)
    with working(f"certified points around {chosen.name}"):
        found = frontier_points_step(Shop(Workspace(workspace)), chosen)
    points = policies_of(found)
    facts = {"policy": chosen.name, "points": list(points), "paths": found["paths"]}
    say(facts, as_json, f"{len(points)} certified points in {workspace / STEP}")


@trade_off.command("explain-slate")
def explain_slate(
    customer: Annotated[str, typer.Argument(help="A customer of the log.")],
    policy: PolicyOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Why each place of a customer's slate is what it is, and what the limits cost."""
    from recommender.rerank.explain_text import as_text
    from recommender.rerank_steps import explain_step
    from recommender.shop import Shop
    from recommender.steps import policy_or_default

    chosen = policy_or_default(policy)
    with working(f"the slate of {customer} under {chosen.name}"):
        told = explain_step(Shop(Workspace(workspace)), chosen, customer)
    if as_json:
        say_json(told)
    else:
        answer.print(as_text(told), markup=False, soft_wrap=True)


def frontier_table(rows: pd.DataFrame) -> Table:
    """The points of a frontier for the screen, what relevance alone gives above them."""
    table = Table(box=None, pad_edge=False)
    columns = {
        "value": "{:.3g}",
        "ndcg": "{:.4f}",
        "relevance_change": "{:+.2%}",
        "revenue_change": "{:+.1%}",
        "margin_change": "{:+.1%}",
        "kg_per_purchase_change": "{:+.1%}",
        "seller_gini": "{:.3f}",
        "carbon_per_tonne": "{:,.0f}",
        "gap": "{:.1e}",
    }
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows.to_dict("records"):
        table.add_row(
            *(
                "" if row[name] != row[name] else form.format(row[name])
                for name, form in columns.items()
            )
        )
    return table


def numbers(text: str) -> list[float]:
    """Numbers with commas between.

    >>> numbers("-0.1, 0.2")
    [-0.1, 0.2]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"--values {text!r}: numbers with commas between") from error
