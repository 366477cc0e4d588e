"""The commands `greenaisle footprint ...`: see `recommender.cli` for exit codes and options."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from rich.markup import escape

from pcf_estimator.tables import PRODUCTS, check_table, read_table, shipped_data
from recommender.console import (
    HERE,
    GateError,
    JsonOption,
    WorkspaceOption,
    answer,
    note,
    progress,
    refuse_missing_folder,
    say,
    say_json,
    working,
)
from recommender.workspace import Workspace, file_hash, fingerprint, write_table, write_text

footprint = typer.Typer(no_args_is_help=True, help="Footprints: fit, estimate, assess.")


class FootprintFormat(StrEnum):
    """Files that figures are read from: the publishers', and suppliers' declarations."""

    agribalyse = "agribalyse"
    su_eatable = "su-eatable"
    carbon_catalogue = "carbon-catalogue"
    boavizta = "boavizta"
    epa = "epa"
    pact = "pact"


class ExportFormat(StrEnum):
    """What verified figures are written as."""

    pact = "pact"


@footprint.command("fit")
def footprint_fit(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Learns the estimator from the shipped seed database."""
    from recommender.footprint_steps import member_facts, model_step

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
    without_luc: Annotated[
        bool, typer.Option("--without-luc", help="Beside it, without land-use change.")
    ] = False,
    price_year: Annotated[int | None, typer.Option(help="The year that prices are of.")] = None,
    usd: Annotated[float | None, typer.Option("--usd", min=1e-9, help="US dollars a unit.")] = None,
    region: Annotated[str | None, typer.Option(help="Where the shop is.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """A footprint with range, tier and source for every product."""
    from pcf_estimator.estimate import Market, without_land_use_change
    from pcf_estimator.explain.show import footprint_table
    from recommender.footprint_steps import footprints_step, model_step, with_verified
    from recommender.steps import tier_counts

    here, today = Workspace(workspace), date.today()
    asked = {"price_year": price_year, "usd_per_currency": usd, "region": region}
    said: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    if file is None:
        facts = footprints_step(here, today, said)
        if out is not None:
            made = here.table("footprints", "footprints")
            write_table(out, without_land_use_change(made) if without_luc else made)
        words = f"{facts['products']} products by tier: {facts['tiers']}"
        if facts["verified"]:
            words += f"\nsuppliers' figures: {facts['verified']}"
        say(facts, as_json, words)
        return
    if out is None:
        raise typer.BadParameter("a catalogue file needs --out FILE.parquet")
    refuse_missing_folder(out)
    products = read_table(file, PRODUCTS)
    model, market = model_step(here), Market(year=today.year, **said)
    with working(f"estimating {len(products):,} products"):
        footprints, statuses = with_verified(products, model, market)
        if without_luc:
            footprints = without_land_use_change(footprints)
        write_table(out, footprints)
    if not as_json and len(footprints) <= 50:
        answer.print(footprint_table(products, footprints))
    tiers = tier_counts(footprints)
    facts = {
        "products": len(footprints),
        "tiers": tiers,
        "verified": statuses,
        "out": str(out),
    }
    words = f"{len(footprints)} products by tier: {tiers}; written to {out}"
    say(facts, as_json, words + (f"\nsuppliers' figures: {statuses}" if statuses else ""))


@footprint.command("explain")
def footprint_explain(
    product: Annotated[str, typer.Argument(help="A product_id of the shop, or a title.")],
    size: Annotated[str | None, typer.Option(help="Of a title: its package text.")] = None,
    price: Annotated[float | None, typer.Option(help="Of a title: its price, US dollars.")] = None,
    year: Annotated[int | None, typer.Option(help="The year that data quality is about.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """One product's footprint in plain sentences: what it rests on and why its range is so wide."""
    from pcf_estimator.estimate import Market
    from pcf_estimator.explain.explain import explain
    from pcf_estimator.explain.show import explanation_text
    from recommender.footprint_steps import model_step

    here = Workspace(workspace)
    shop = here.table("tables", "catalogue") if here.has("tables", "catalogue.parquet") else None
    asked = None if shop is None else shop[shop["product_id"] == product.strip()]
    if asked is None or asked.empty:
        if not product.strip():
            raise typer.BadParameter("a product_id or a title was expected")
        row = {"product_id": product, "title": product, "package_size": size, "price": price}
        asked, shop = check_table(pd.DataFrame([row]), PRODUCTS, "the product asked about"), None
    elif size is not None or price is not None:
        raise typer.BadParameter(
            f"{product} is a product of the shop, whose catalogue says its size and price"
        )
    market = Market() if year is None else Market(year=year)
    found = explain(asked, model_step(here), shop=shop, market=market)
    if as_json:
        say_json(found.to_dict())
    else:
        answer.print(explanation_text(found), width=min(answer.width, 100))


@footprint.command("assess")
def footprint_assess(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """How good the estimator is, figure by figure, beside baselines and beside what was asked.

    Goods in unseen groups and categories, other sources, swaps, devices and ranges; some minutes.
    The figures stay in the workspace as assessment/assessment.json.
    """
    from pcf_estimator.assess.everything import assess_all
    from pcf_estimator.assess.show import assessment_tables
    from pcf_estimator.seed.sources import sources_folder

    began = time.perf_counter()
    with progress.status("assessing") as status:
        found = assess_all(sources_folder(), progress=lambda what: status.update(escape(what)))
    note(f"assessed in {time.perf_counter() - began:.0f} s")
    made_from = fingerprint(seed=file_hash(shipped_data("pcf_seed.csv")), data=sorted(found))
    with Workspace(workspace).replacing("assessment", made_from) as kept:
        write_text(kept / "assessment.json", json.dumps(found, indent=1, allow_nan=False))
    if as_json:
        say_json(found)
    else:
        for table in assessment_tables(found):
            answer.print(table)
    if not found["seed"]["keeps_blend"]:
        raise GateError(
            "on the grouped split the blend no longer ranks better than the category mean and errs "
            "less than the five nearest neighbours"
        )


@footprint.command("compile-seed")
def footprint_compile_seed(as_json: JsonOption = False) -> None:
    """Rebuilds the seed tables; figures anew from the publishers' files where those are given."""
    from pcf_estimator.seed.compile import compile_seed

    with working("compiling the seed database"):
        facts = asdict(compile_seed())
    say(facts, as_json, "\n".join(f"{k}: {v}" for k, v in facts.items()))


@footprint.command("import")
def footprint_import(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="The publisher's file, or PACT files. Agribalyse has two parts: give both, or the "
            "one with its neighbour beside it (`synthese` and `stages` in their names).",
        ),
    ],
    form: Annotated[FootprintFormat, typer.Option("--format", help="Whose file it is.")],
    evidence: Annotated[
        str | None,
        typer.Option(help="PACT: where figures outside the model's 95 % range are explained."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="PACT: the day; today.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Publishers' figures, or suppliers' PACT footprints, into the workspace."""
    from recommender.importers import footprint_exchange as exchange

    here = Workspace(workspace)
    if form is FootprintFormat.pact:
        day = (as_of or datetime.now()).date()
        facts = exchange.import_pact(here, files, evidence, day)
        say(facts, as_json, exchange.pact_words(facts))
        return
    if evidence is not None or as_of is not None:
        raise typer.BadParameter("--evidence and --as-of are for --format pact")
    if len(files) > (2 if form is FootprintFormat.agribalyse else 1):
        raise typer.BadParameter(f"--format {form.value} got {len(files)} files")
    facts = exchange.import_publication(here, form.value, files)
    say(facts, as_json, exchange.publication_words(facts))


@footprint.command("export")
def footprint_export(
    out: Annotated[Path, typer.Option(help="Where the document goes, JSON.")],
    form: Annotated[
        ExportFormat, typer.Option("--format", help="PACT ProductFootprint, version 3.")
    ] = ExportFormat.pact,
    product: Annotated[str | None, typer.Option(help="Only this product.")] = None,
    issuer: Annotated[
        str, typer.Option(help="The shop's domain, which its product ids are written under.")
    ] = "shop.example",
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Verified figures as PACT footprints; estimates are refused, with the reason."""
    from recommender.importers import footprint_exchange as exchange

    refuse_missing_folder(out)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", issuer):
        raise typer.BadParameter(f"--issuer is {issuer!r}, but a domain was expected")
    day = (as_of or datetime.now()).date()
    facts = exchange.export_pact(Workspace(workspace), out, product, issuer, day)
    say(facts | {"format": form.value}, as_json, exchange.export_words(facts))
