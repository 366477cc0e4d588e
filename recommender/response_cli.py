"""Commands of the response model: what the log can tell about displays."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.console import HERE, JsonOption, WorkspaceOption, answer, say
from recommender.workspace import Workspace

response = typer.Typer(no_args_is_help=True)


@response.callback()
def group() -> None:
    """What the log can tell about response."""


@response.command()
def estimate(
    department: Annotated[
        list[str] | None, typer.Option(help="Only this department; may be given again.")
    ] = None,
    lines: Annotated[
        int, typer.Option(min=1, help="Least purchase lines of a product in listed stores.")
    ] = 50,
    cells: Annotated[
        int, typer.Option(min=1000, help="Most cells a department; above, products are drawn.")
    ] = 800_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of that draw.")] = 6,
    transfer_low: Annotated[
        float, typer.Option(min=0.0, help="Least share of a display's effect that a slot has.")
    ] = 0.1,
    transfer_high: Annotated[
        float, typer.Option(min=0.0, help="Most of it. Both are assumed, and told so.")
    ] = 1.0,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What a display does to units sold, by department, with placebo and verdict."""
    from recommender.impact.response.panel import PanelRules
    from recommender.impact.response.step import response_step
    from recommender.impact.response.text import response_table, response_words
    from recommender.impact.response.verdicts import Transfer
    from recommender.shop import Shop

    if transfer_low > transfer_high:
        raise typer.BadParameter(
            f"--transfer-low {transfer_low:g} is above --transfer-high {transfer_high:g}"
        )
    facts = response_step(
        Shop(Workspace(workspace)),
        PanelRules(lines=lines, cells=cells, seed=seed),
        Transfer(low=transfer_low, high=transfer_high),
        department or (),
    )
    if not as_json:
        answer.print(response_table(facts))
    say(facts, as_json, response_words(facts))
