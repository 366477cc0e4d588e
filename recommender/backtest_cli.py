"""The command `greenaisle backtest`: policies, relevance or carbon, judged on held-out weeks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pcf_estimator.tables import TableError
from recommender.console import (
    HERE,
    JsonOption,
    WorkspaceOption,
    answer,
    refuse_missing_folder,
    say_json,
)
from recommender.workspace import Workspace

judging = typer.Typer()


@judging.command()
def backtest(
    policies: Annotated[list[Path] | None, typer.Argument(help="Policy files.")] = None,
    relevance: Annotated[
        bool, typer.Option("--relevance", help="Judge what is proposed, not how it is weighed.")
    ] = False,
    carbon: Annotated[
        bool, typer.Option("--carbon", help="Judge cuts of carbon by other footprints.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for report.html, .json, .parquet and .md, beside the workspace."),
    ] = None,
    costs: Annotated[
        Path | None, typer.Option(help="What a policy costs to run (TOML), for its break-even.")
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option(help="JSON of `outcome --json`, shown in the report as what was measured."),
    ] = None,
    draws: Annotated[int, typer.Option(min=100, help="Bootstrap draws.")] = 1000,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Judges policies on held-out weeks; by default all that ship with greenaisle."""
    from recommender.impact.costs.costs import read_costs
    from recommender.policy import read_policy
    from recommender.report import weightings_table
    from recommender.shop import Shop
    from recommender.steps import backtest_step, fitting_policies

    shop = Shop(Workspace(workspace))
    if relevance or carbon:
        if relevance and carbon:
            raise typer.BadParameter("--relevance and --carbon are two reports: ask for one")
        given = {"policies": policies, "--out": out, "--costs": costs, "--measured": measured}
        if any(given.values()):
            option = "--relevance" if relevance else "--carbon"
            named = " and ".join(name for name, value in given.items() if value)
            raise typer.BadParameter(f"{option} judges no policies, but {named} were given")
        _judge_other(shop, relevance, draws, as_json)
        return
    if out is not None:
        refuse_missing_folder(out)
    chosen = [read_policy(path) for path in policies] if policies else fitting_policies(shop)
    report = backtest_step(
        shop,
        chosen,
        draws,
        out=out,
        costs=None if costs is None else read_costs(costs),
        measured=[_measured(path) for path in measured or []],
    )
    if as_json:
        say_json(report)
        return
    answer.print(weightings_table(report))
    where = out or workspace / "backtest"
    answer.print(f"the whole report: {where}/report.html", highlight=False)


def _judge_other(shop: Any, relevance: bool, draws: int, as_json: bool) -> None:
    from recommender.carbon_steps import carbon_step
    from recommender.evaluation import carbon_text, relevance_text
    from recommender.judging_steps import relevance_step

    report = relevance_step(shop, draws) if relevance else carbon_step(shop, draws)
    if as_json:
        say_json(report)
        return
    told = relevance_text.as_text(report) if relevance else carbon_text.as_text(report)
    answer.print(told, markup=False, soft_wrap=True)  # tables as wide as they are


def _measured(path: Path) -> dict[str, Any]:
    """What `outcome --json` said; TableError where the file is no such answer."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: not the JSON of `greenaisle outcome --json` ({error})") from None
    if not isinstance(facts, dict) or "verdict" not in facts:
        raise TableError(f"{path}: no answer of `greenaisle outcome --json`: it has no verdict")
    return facts
