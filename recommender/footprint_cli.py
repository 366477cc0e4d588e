"""The commands `greenaisle footprint ...`: see `recommender.cli` for exit codes and options."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pcf_estimator.tables import PRODUCTS, read_table, shipped_data
from recommender.console import (
    HERE,
    GateError,
    JsonOption,
    WorkspaceOption,
    answer,
    refuse_missing_folder,
    say,
    say_json,
    working,
)
from recommender.workspace import Workspace, file_hash, fingerprint, write_table, write_text

footprint = typer.Typer(no_args_is_help=True, help="Footprints: fit, estimate, assess.")


@footprint.command("fit")
def footprint_fit(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Learns the estimator from the shipped seed database."""
    from recommender.demo import member_facts, model_step

    members = member_facts(model_step(Workspace(workspace)))
    lines = [
        f"{name}: " + ", ".join(f"{what} {value:.3g}" for what, value in facts.items())
        for name, facts in members.items()
    ]
    say({"members": members}, as_json, "\n".join(lines))


@footprint.command("estimate")
def footprint_estimate(
    file: Annotated[Path | None, typer.Argument(help="A catalogue; by default the shop's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the footprints go, Parquet.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """A footprint with range, tier and source for every product."""
    from pcf_estimator.estimate import estimate_footprints
    from pcf_estimator.show import footprint_table
    from recommender.demo import footprints_step, model_step
    from recommender.steps import tier_counts

    here = Workspace(workspace)
    if file is None:
        facts = footprints_step(here)
        if out is not None:
            write_table(out, here.table("footprints", "footprints"))
        say(facts, as_json, f"{facts['products']} products by tier: {facts['tiers']}")
        return
    if out is None:
        raise typer.BadParameter("a catalogue file needs --out FILE.parquet")
    refuse_missing_folder(out)
    products = read_table(file, PRODUCTS)
    model = model_step(here)
    with working(f"estimating {len(products):,} products"):
        footprints = estimate_footprints(products, model)
        write_table(out, footprints)
    if not as_json and len(footprints) <= 50:
        answer.print(footprint_table(products, footprints))
    tiers = tier_counts(footprints)
    facts = {"products": len(footprints), "tiers": tiers, "out": str(out)}
    say(facts, as_json, f"{len(footprints)} products by tier: {tiers}; written to {out}")


@footprint.command("assess")
def footprint_assess(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """How good the estimator is: random, grouped and left-out-category splits beside baselines.

    The figures stay in the workspace as assessment/assessment.json.
    """
    from pcf_estimator.assess import assess, assess_agribalyse
    from pcf_estimator.seed import read_seed
    from pcf_estimator.show import assessment_table
    from pcf_estimator.sources import sources_folder

    with working("assessing on the seed database"):
        results = {"seed": assess(read_seed())}
    folder = sources_folder()
    if folder is not None:
        with working("assessing on the publishers' food table"):
            results["agribalyse"] = assess_agribalyse(folder)
    plain = {name: result.to_dict() for name, result in results.items()}
    made_from = fingerprint(seed=file_hash(shipped_data("pcf_seed.csv")), data=sorted(plain))
    with Workspace(workspace).replacing("assessment", made_from) as kept:
        write_text(kept / "assessment.json", json.dumps(plain, indent=1))
    if as_json:
        say_json(plain)
    else:
        for result in plain.values():
            answer.print(assessment_table(result))
    if not results["seed"].keeps_blend:
        raise GateError(
            "on the grouped split the blend no longer ranks better than the category mean and errs "
            "less than the five nearest neighbours"
        )


@footprint.command("compile-seed")
def footprint_compile_seed(as_json: JsonOption = False) -> None:
    """Rebuilds the seed tables; figures anew from the publishers' files where those are given."""
    from pcf_estimator.seed import compile_seed

    with working("compiling the seed database"):
        facts = asdict(compile_seed())
    say(facts, as_json, "\n".join(f"{k}: {v}" for k, v in facts.items()))
