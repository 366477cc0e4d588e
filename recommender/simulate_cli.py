"""The command of the what-if layer: policies under scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.console import (
    HERE,
    JsonOption,
    WorkspaceOption,
    answer,
    refuse_missing_folder,
    say,
)
from recommender.workspace import Workspace

simulation = typer.Typer()


@simulation.command()
def simulate(
    policy: Annotated[
        list[Path] | None,
        typer.Option(help="A policy; may be given again. By default the one in force."),
    ] = None,
    scenario: Annotated[
        list[Path] | None,
        typer.Option(help="A scenario; may be given again. By default the one that assumes least."),
    ] = None,
    draws: Annotated[int, typer.Option(min=2, help="Draws of all that is assumed.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draws.")] = 20170101,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the answers: JSON, page and chart of each pair.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What if: what policies would do to money, carbon and sellers under stated assumptions."""
    from recommender.impact.scenario.scenario import read_scenario, shipped_scenarios
    from recommender.impact.what_if.chart import write_what_if
    from recommender.impact.what_if.step import simulation_step
    from recommender.impact.what_if.text import assumptions_table, figures_table, words
    from recommender.policy import read_policies
    from recommender.shop import Shop
    from recommender.steps import default_policy

    if out is not None:
        refuse_missing_folder(out)
    policies = read_policies(policy) if policy else [default_policy()]
    scenarios = [read_scenario(path) for path in scenario or shipped_scenarios()[:1]]
    found = simulation_step(Shop(Workspace(workspace)), policies, scenarios, draws, seed)
    files = [str(path) for path in write_what_if(found, out)] if out is not None else []
    if as_json:
        say({"layer": "what if", "answers": found, "files": files}, as_json, "")
        return
    for facts in found:
        answer.print(figures_table(facts))
        answer.print(words(facts), markup=False)
    for facts in {facts["scenario"]["name"]: facts for facts in found}.values():
        answer.print(assumptions_table(facts))
    if files:
        answer.print("\n".join(files), markup=False)
