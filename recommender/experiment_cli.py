"""Commands of a shop that tests: off-policy estimates from impressions, and the experiment kit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from recommender.console import (
    JsonOption,
    answer,
    refuse_missing_folder,
    say,
    working,
)
from recommender.off_policy_cli import figures_table, off_policy

experiments = typer.Typer()
experiments.add_typer(off_policy)
experiment = typer.Typer(
    no_args_is_help=True, help="A test of a policy: arms, drawn slots, how large, a rehearsal."
)
experiments.add_typer(experiment, name="experiment")

SeedOption = Annotated[int, typer.Option(min=0, help="Another seed draws otherwise.")]
PowerOption = Annotated[
    float, typer.Option(min=0.06, max=0.99, help="In so many cases the effect should be seen.")
]
ByOption = Annotated[
    str, typer.Option(help="Columns that make a unit together, such as market,need.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="The policy in place, in a file of several.")
]
AlsoNameOption = Annotated[
    str | None, typer.Option("--also-name", help="The policy to be judged, in a file of several.")
]


@experiment.command()
def plan(
    effect: Annotated[float, typer.Option(help="The change to be seen: 0.02 is 2 %.")],
    baseline: Annotated[
        Path | None, typer.Option(help="Rows of units and periods before any change.")
    ] = None,
    by: ByOption = "customer_id",
    outcome: Annotated[str, typer.Option(help="Column of what may change.")] = "spend",
    time: Annotated[str, typer.Option(help="Column of the period.")] = "week",
    treated_share: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Share of units that are treated.")
    ] = 0.5,
    slates: Annotated[
        Path | None, typer.Option(help="Or: slates of the policy in place, to plan drawn slots.")
    ] = None,
    also: Annotated[
        Path | None, typer.Option(help="Slates of the policy to be judged by them.")
    ] = None,
    name: NameOption = None,
    also_name: AlsoNameOption = None,
    places: Annotated[int, typer.Option(min=1, help="Places drawn.")] = 3,
    pool: Annotated[int, typer.Option(min=1, help="Products drawn from, at most 14.")] = 8,
    loss: Annotated[float, typer.Option(help="Most relevance a customer may lose by it.")] = 0.05,
    lists_a_week: Annotated[float | None, typer.Option(min=1, help="To tell weeks.")] = None,
    power: PowerOption = 0.8,
    as_json: JsonOption = False,
) -> None:
    """How many customers and weeks, or drawn lists, it takes to see an effect of a given size."""
    from recommender.impact.experiment.plan import arms_plan, slots_plan_of

    if effect == 0:
        raise typer.BadParameter("--effect 0: a change other than none, such as 0.02, is expected")
    if (baseline is None) == (slates is None):
        raise typer.BadParameter("either --baseline (arms) or --slates and --also (drawn slots)")
    if slates is not None:
        if also is None and also_name is None:
            raise typer.BadParameter("--also is needed: the slates of the policy to be judged")
        _refuse_sizes(places, pool, loss)
        with working("a plan for drawn slots"):
            facts = slots_plan_of(
                *_slates(slates, also, name, also_name),
                effect,
                places=places,
                pool=pool,
                loss=loss,
                power=power,
                lists_a_week=lists_a_week,
            )
        say(facts, as_json, facts["sentence"])
        return
    assert baseline is not None
    with working(f"a plan for {effect:+.1%} of {outcome}"):
        found = arms_plan(
            baseline,
            _names(by),
            effect,
            outcome=outcome,
            time=time,
            power=power,
            treated_share=treated_share,
        )
    if not as_json:
        answer.print(figures_table(found.lengths))
    say(found.facts() | {"unit": by}, as_json, f"Units are {by}. {found.sentence()}")


@experiment.command()
def assign(
    units: Annotated[Path, typer.Option(help="Rows that hold the columns of --by.")],
    out: Annotated[Path, typer.Option(help="Where the arms go, Parquet.")],
    by: ByOption = "customer_id",
    share: Annotated[float, typer.Option(min=0.01, max=0.99, help="Treated.")] = 0.5,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Arms by a stable hash: whole customers, markets or need clusters, never single products.

    Where the file has seller_id and sales, it is told how far sellers stand in both arms.
    """
    from pcf_estimator.tables import read_columns
    from recommender.impact.experiment.experiment import assigned, balance, shared_sellers
    from recommender.workspace import write_table

    refuse_missing_folder(out)
    columns = _names(by)
    rows = read_columns(units, "units")
    cells = assigned(rows, columns, share=share, seed=seed)
    write_table(out, cells)
    told = rows.assign(**{name: rows[name].astype(str) for name in columns})
    treated = int(cells["treated"].sum())
    facts: dict[str, Any] = {
        "layer": "measured, planned",
        "out": str(out),
        "unit": columns,
        "units": len(cells),
        "treated": treated,
        "seed": seed,
        "balance": balance(cells, told, columns),
    }
    words = (
        f"{treated:,} of {len(cells):,} units of {' x '.join(columns)} are treated (seed {seed}), "
        f"written to {out}"
    )
    if {"seller_id", "sales"} <= set(told):
        told["sales"] = pd.to_numeric(told["sales"], errors="coerce").fillna(0.0)
        facts |= shared_sellers(cells, told, columns)
        words += (
            f"; sellers that sell in both arms have {facts['in_both']:.0%} of sales: compare "
            f"units, not sellers"
        )
    say(facts, as_json, words)


@experiment.command()
def randomise(
    slates: Annotated[Path, typer.Option(help="Slates of the policy in place, with score, p_buy.")],
    at: Annotated[str, typer.Option(help="When they will be shown, such as 2026-03-02T09:00.")],
    out: Annotated[Path, typer.Option(help="Where the impressions go, Parquet; bought is added.")],
    also: Annotated[
        Path | None, typer.Option(help="Slates of a policy to be judged: drawn from as well.")
    ] = None,
    name: NameOption = None,
    also_name: AlsoNameOption = None,
    places: Annotated[int, typer.Option(min=1, help="First places drawn.")] = 3,
    pool: Annotated[int, typer.Option(min=1, help="Products drawn from, at most 14.")] = 8,
    loss: Annotated[float, typer.Option(help="Most relevance a customer may lose by it.")] = 0.05,
    temperature: Annotated[
        float, typer.Option(help="How evenly: the last of a pool is drawn exp(-1 / it) as often.")
    ] = 0.5,
    most: Annotated[float, typer.Option(help="Most lists that are drawn, as a share.")] = 1.0,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Slots drawn at random with their exact propensities; what that costs is told beforehand."""
    from recommender.impact.experiment.table import drawn_slots
    from recommender.policy import Slate
    from recommender.workspace import write_table

    refuse_missing_folder(out)
    _refuse_sizes(places, pool, loss)
    if temperature <= 0 or not 0 < most <= 1:
        raise typer.BadParameter("--temperature is above 0, and --most a share up to 1")
    try:
        time = pd.Timestamp(at)
    except ValueError as error:
        raise typer.BadParameter(f"--at {at!r}: a date or time was expected") from error
    with working("slots with their chances"):
        own, other = _slates(slates, also, name, also_name)
        made = drawn_slots(
            own,
            other,
            Slate(n=places).curve(),
            places=places,
            pool=pool,
            loss=loss,
            at=time.isoformat(),
            seed=seed,
            temperature=temperature,
            most=most,
        )
        write_table(out, made.rows)
    facts = made.facts() | {"out": str(out), "seed": seed}
    later = "add the column bought (0 or 1; 0 where shown is false) once the lists were shown"
    say(facts, as_json, f"{made.sentence()}\n{len(made.rows):,} rows written to {out}; {later}")


@experiment.command()
def simulate(
    logs: Annotated[int, typer.Option(min=2, help="Simulated logs of each size.")] = 50,
    sizes: Annotated[str, typer.Option(help="Lists in a log, commas between.")] = "1000,4000",
    seed: SeedOption = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the figures and of an example to try.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """A rehearsal in a shop whose purchase chances are known: estimates against the truth."""
    from recommender.impact.experiment.rehearsal import rehearsal, write_example
    from recommender.workspace import write_table

    if out is not None:
        refuse_missing_folder(out)
    with working("simulated logs"):
        facts = rehearsal(logs, _whole(sizes), seed)
    rows = pd.DataFrame(facts["rows"])
    lines = list(facts["sentences"])
    if out is not None:
        out.mkdir(exist_ok=True)
        write_table(out / "study.parquet", rows)
        example = write_example(out, seed)
        facts["try"] = f"greenaisle off-policy --impressions {example[0]} --slates {example[1]}"
        lines += ["", f"try: {facts['try']}"]
    if not as_json:
        answer.print(figures_table(rows))
    say(facts, as_json, "\n".join(lines))


def _slates(
    own: Path, also: Path | None, name: str | None, also_name: str | None
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The slates of the policy in place and of another; `also_name` may stand in the same file."""
    from recommender.impact.experiment.table import read_slates

    other = own if also is None and also_name else also
    return read_slates(own, name), None if other is None else read_slates(other, also_name)


def _refuse_sizes(places: int, pool: int, loss: float) -> None:
    from recommender.impact.experiment.slots import MOST_POOL

    if not places <= pool <= MOST_POOL:
        raise typer.BadParameter(
            f"--pool {pool} for --places {places}: {places} to {MOST_POOL} products were expected"
        )
    if not 0 < loss <= 1:
        raise typer.BadParameter(f"--loss {loss:g}: a share above 0 and at most 1 was expected")


def _names(by: str) -> list[str]:
    return [name.strip() for name in by.split(",") if name.strip()]


def _whole(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"--sizes {text!r}: whole numbers with commas between") from error
    if min(sizes) < 8:
        raise typer.BadParameter(f"--sizes {text!r}: at least 8 lists were expected")
    return sizes
