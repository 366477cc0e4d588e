"""The command that lists scenarios and checks those a shop wrote itself."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.console import JsonOption, answer, say_json


def scenarios(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names of shipped scenarios, or TOML files; without any, a list."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What a scenario assumes, with ranges, units and sources."""
    from recommender.impact.scenario.scenario import find_scenario, read_scenario, shipped_scenarios
    from recommender.impact.scenario.text import (
        assumptions_table,
        list_table,
        rest_sentence,
        scenario_facts,
    )

    if names:
        found = [find_scenario(name) for name in names]
    else:
        found = [read_scenario(path) for path in shipped_scenarios()]
    if as_json:
        say_json({"scenarios": [scenario_facts(one) for one in found]})
        return
    if not names:
        answer.print(list_table(found))
        return
    for one in found:
        answer.print(one.description, markup=False)
        answer.print(assumptions_table(one))
        answer.print(rest_sentence(one), markup=False)
