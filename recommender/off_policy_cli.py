"""The command `greenaisle off-policy`: what another policy would have sold, from a log of draws."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

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
    working,
)

off_policy = typer.Typer()

FEW = 3  # policies of which all estimators are on the screen


class Assume(StrEnum):
    """What a purchase at a place may hang on besides its own product."""

    POSITION = "position"
    CASCADE = "cascade"
    SLATE = "slate"


class Model(StrEnum):
    """The purchase model of the doubly robust estimate."""

    LOGISTIC = "logistic"
    TREES = "trees"


IMPRESSIONS_HELP = """What another policy would have sold, from a log of drawn slates.

The impressions (Parquet or CSV) have one row for each product shown:

customer_id, product_id   the shop's own ids
shown_at     when; one list a customer and time
position     1 is the first place
propensity   chance, known before the draw, that this product stood
             at this place: above 0, at most 1
bought       0 or 1

and, where the shop has them:

given_above  the same chance, given the products above it
             (for --assume cascade or slate)
shown        false: what might have stood there but did not, so that
             a place's propensities add up to 1
p_buy, price, margin, kg_functional   of the product

A propensity is never made up: a log without them is refused.

`greenaisle experiment randomise` draws slates and writes all but bought.
"""


@off_policy.command("off-policy", help=IMPRESSIONS_HELP)
def off_policy_command(
    impressions: Annotated[Path, typer.Option(help="The log, columns as above.")],
    policy: Annotated[
        list[Path] | None,
        typer.Option(help="A policy file, ranked as of before the log; may be given again."),
    ] = None,
    slates: Annotated[
        Path | None,
        typer.Option(
            help="Slates of one or more policies: customer_id, position, product_id, and perhaps "
            "policy, chance, p_buy, price, margin, kg_functional."
        ),
    ] = None,
    assume: Annotated[
        Assume, typer.Option(help="What a purchase may hang on: its own place, those above, all.")
    ] = Assume.POSITION,
    model: Annotated[Model, typer.Option(help="Of purchases, for doubly robust.")] = Model.LOGISTIC,
    clicks: Annotated[
        bool, typer.Option("--clicks", help="For a log without chances: what little it tells.")
    ] = False,
    even: Annotated[
        bool, typer.Option("--even", help="Every place was filled evenly: equal chances are right.")
    ] = False,
    draws: Annotated[int, typer.Option(min=100, help="Draws of customers for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws otherwise.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder of off_policy.json, .parquet.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What another policy would have sold (`IMPRESSIONS_HELP` is the help)."""
    from recommender.impact.off_policy.report import (
        HEADLINE,
        off_policy_facts,
        rows_of,
        write_off_policy,
    )
    from recommender.impact.off_policy.table import propensities_of, read_impressions
    from recommender.impact.off_policy.target import read_targets
    from recommender.policy import read_policies

    if (slates is None) == (not policy):
        raise typer.BadParameter("either --slates or --policy is needed, and not both")
    if out is not None:
        refuse_missing_folder(out)
    with working("the impressions"):
        log = read_impressions(impressions, even=even)
        if not clicks:
            propensities_of(log)
    versions: dict[str, int] = {}
    wanted: dict[str, pd.DataFrame] = {}
    if slates is not None:
        wanted = read_targets(slates)
    else:
        from recommender.impact.off_policy.shop import slates_before
        from recommender.shop import Shop
        from recommender.workspace import Workspace

        shop = Shop(Workspace(workspace))
        for each in read_policies(policy or []):
            with working(f"slates of {each.name} as of before the log"):
                wanted |= slates_before(shop, each, log)
            versions[each.name] = each.version
    with working(f"what the log says of {', '.join(wanted)}"):
        facts = off_policy_facts(
            log,
            wanted,
            versions=versions,
            assume=assume.value,
            model=model.value,
            clicks=clicks,
            draws=draws,
            seed=seed,
        )
    lines = [f"layer: {facts['layer']}; window {facts['window'][0]} to {facts['window'][1]}"]
    if facts["assumption"]:
        lines.append(f"assumed: {facts['assumption']}")
    lines += ["", *facts["sentences"]]
    if out is not None:
        facts["files"] = [str(path) for path in write_off_policy(facts, out)]
        lines += ["", *facts["files"]]
    if not as_json and not clicks:
        rows = rows_of(facts).drop(columns=["unit", "layer", "window"])
        if len(wanted) > FEW:
            rows = rows[rows["estimator"] == HEADLINE]
        answer.print(figures_table(rows))
    say(facts, as_json, "\n".join(lines))


def figures_table(rows: pd.DataFrame) -> Table:
    """Figures for the screen."""
    table = Table(box=None, pad_edge=False)
    for name in rows:
        table.add_column(str(name).replace("_", " "), justify="right")
    for row in rows.itertuples(index=False):
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else f"{value}"
