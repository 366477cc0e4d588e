"""Commands of impact measured after a change: its effect, a plan for seeing one, and panels."""

from __future__ import annotations

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
from recommender.workspace import Workspace, write_table

impact = typer.Typer()
outcome = typer.Typer(
    invoke_without_command=True, help="What a change did, or how to find out: measured."
)
impact.add_typer(outcome, name="outcome")

OutcomeOption = Annotated[str, typer.Option("--outcome", help="Column of what may have changed.")]
UnitOption = Annotated[str, typer.Option("--unit", help="Column of the customer.")]
TimeOption = Annotated[str, typer.Option("--time", help="Column of the period.")]
MarketOption = Annotated[
    str | None, typer.Option("--market", help="Column of what is treated as a whole.")
]


@outcome.callback()
def measured(
    context: typer.Context,
    panel: Annotated[
        Path | None, typer.Option(help="Rows of units and periods, Parquet or CSV.")
    ] = None,
    treated: Annotated[
        str | None, typer.Option(help="Column of who is treated, 0/1, or since when.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(help="First treated period; not where the column tells it.")
    ] = None,
    outcome_column: OutcomeOption = "spend",
    unit: UnitOption = "customer_id",
    time: TimeOption = "week",
    market: MarketOption = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the page and the figures.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="The same by pyfixest (extra impact), to compare.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """The effect of a change by difference-in-differences, and how far it can be trusted."""
    if context.invoked_subcommand is not None:
        return
    if panel is None or treated is None:
        raise typer.BadParameter("--panel and --treated are needed (or: plan, panel, example)")
    from recommender.impact.outcome.chart import write_outcome
    from recommender.impact.outcome.check import MissingExtra, checked
    from recommender.impact.outcome.outcome import measure
    from recommender.impact.outcome.table import Names, read_panel

    if out is not None:
        refuse_missing_folder(out)
    names = Names(outcome=outcome_column, unit=unit, time=time, treated=treated, market=market)
    with working(f"the effect on {outcome_column}"):
        found = measure(read_panel(panel, names, start))
    facts = found.facts()
    lines = [facts["verdict"]]
    if check:
        try:
            with working("the same by pyfixest"):
                lines += ["", checked(found).sentence(found)]
        except MissingExtra as error:
            raise typer.BadParameter(str(error)) from error
        facts["check"] = lines[-1]
    if out is not None:
        facts["files"] = [str(path) for path in write_outcome(found, out)]
        lines += ["", *facts["files"]]
    if not as_json:
        answer.print(_figures(found.by_period, "period", "units"))
    say(facts, as_json, "\n".join(lines))


@outcome.command()
def plan(
    baseline: Annotated[Path, typer.Option(help="Rows of units and periods before any change.")],
    effect: Annotated[float, typer.Option(help="The change to be seen: 0.02 is 2 %.")],
    outcome_column: OutcomeOption = "spend",
    unit: UnitOption = "customer_id",
    time: TimeOption = "week",
    market: MarketOption = None,
    before: Annotated[
        int | None, typer.Option(min=1, help="Periods before the start; by default all here.")
    ] = None,
    power: Annotated[
        float, typer.Option(min=0.06, max=0.99, help="In so many cases it should be seen.")
    ] = 0.8,
    treated_share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Share of units that are treated.")
    ] = 0.5,
    as_json: JsonOption = False,
) -> None:
    """How many customers and weeks it takes to see an effect of a given size."""
    from pcf_estimator.tables import read_columns
    from recommender.impact.outcome.plan import planned, read_baseline
    from recommender.impact.outcome.table import Names

    if effect == 0:
        raise typer.BadParameter("--effect 0: a change other than none, such as 0.02, is expected")
    names = Names(outcome=outcome_column, unit=unit, time=time, treated=None, market=market)
    with working(f"a plan for {effect:+.1%} of {outcome_column}"):
        rows = read_columns(baseline, "baseline")
        found = planned(
            read_baseline(rows, names, f"baseline ({baseline})"),
            effect,
            before=before,
            power=power,
            treated_share=treated_share,
        )
    if not as_json:
        answer.print(_figures(found.lengths, "before", "after", "units", "units_if_constant"))
    say(found.facts(), as_json, found.sentence())


@outcome.command()
def panel(
    out: Annotated[Path, typer.Option(help="Where the panel goes, Parquet.")],
    first: Annotated[int | None, typer.Option(help="First week; by default the log's.")] = None,
    last: Annotated[int | None, typer.Option(help="Last week; by default the last whole.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """The workspace's purchases as a customer x week panel, weeks without a purchase included."""
    from recommender.impact.outcome.panel import panel_of, workspace_kg
    from recommender.shop import Shop

    refuse_missing_folder(out)
    with working("customers x weeks"):
        shop = Shop(Workspace(workspace))
        weeks = (
            int(shop.log.week.min()) if first is None else first,
            shop.log.whole_until if last is None else last,
        )
        if weeks[0] > weeks[1]:
            raise typer.BadParameter(f"--first {weeks[0]} lies after --last {weeks[1]}")
        rows = panel_of(shop.log, weeks, workspace_kg(shop))
        write_table(out, rows)
    facts: dict[str, Any] = {
        "out": str(out),
        "rows": len(rows),
        "customers": rows["customer_id"].nunique(),
        "weeks": list(weeks),
        "columns": [str(name) for name in rows],
        "without_purchase": float((rows["lines"] == 0).mean()),
    }
    say(
        facts,
        as_json,
        f"{len(rows):,} rows written to {out}: {facts['customers']:,} customers in weeks "
        f"{weeks[0]} to {weeks[1]}, {facts['without_purchase']:.0%} of them without a purchase; "
        f"columns {', '.join(facts['columns'])}",
    )


@outcome.command()
def example(
    out: Annotated[Path, typer.Option(help="Where the example goes, Parquet.")],
    seed: Annotated[int, typer.Option(help="Another seed draws other customers.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """A simulated panel to try: half of 200 customers spend 1.00 more from 2026-04-27 on."""
    from recommender.impact.outcome.simulated import example_rows

    refuse_missing_folder(out)
    rows = example_rows(seed)
    write_table(out, rows)
    said = f"greenaisle outcome --panel {out} --treated treated --start 2026-04-27"
    say({"out": str(out), "rows": len(rows), "try": said}, as_json, f"{out}; try: {said}")


def _figures(rows: pd.DataFrame, *whole: str) -> Table:
    """Figures for the screen, counts without digits."""
    table = Table(box=None, pad_edge=False)
    for name in rows:
        table.add_column(str(name).replace("_", " "), justify="right")
    for row in rows.to_dict("records"):
        table.add_row(
            *(
                f"{int(value):,}" if name in whole else "" if value != value else f"{value:.4g}"
                for name, value in row.items()
            )
        )
    return table
