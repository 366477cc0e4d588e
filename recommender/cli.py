"""The command `greenaisle`. Answers go to stdout, progress to stderr; `--json` answers as JSON.

Exit codes: 0 ok, 2 usage, 3 bad data, 4 integrity, 5 a gate failed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import date, datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from pcf_estimator.tables import TableError, read_table
from recommender.app_server import AppError
from recommender.backtest_cli import judging
from recommender.console import (
    HERE,
    GateError,
    IntegrityError,
    JsonOption,
    WorkspaceOption,
    answer,
    note,
    peak_memory_gb,
    progress,
    refuse_missing_folder,
    say,
    say_json,
    working,
)
from recommender.experiment_cli import experiments
from recommender.footprint_cli import footprint
from recommender.impact_cli import impact
from recommender.policy import Policy, PolicyError, Slate
from recommender.relevance_cli import relevance as relevance_commands
from recommender.relevance_cli import slate_table_of
from recommender.rerank_cli import trade_off
from recommender.response_cli import response
from recommender.scenario_cli import scenarios
from recommender.simulate_cli import simulation
from recommender.stream_cli import stream_commands
from recommender.workspace import (
    Workspace,
    WorkspaceError,
    write_table,
)

USAGE, BAD_DATA, INTEGRITY, GATE = 2, 3, 4, 5

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
imports = typer.Typer(no_args_is_help=True, help="Raw purchase logs into clean tables.")
app.add_typer(imports, name="import")
app.add_typer(footprint, name="footprint")
app.add_typer(relevance_commands)
app.add_typer(judging)
app.add_typer(trade_off)
app.add_typer(stream_commands)
app.add_typer(impact)
app.add_typer(simulation)
app.add_typer(experiments)
app.add_typer(response, name="response")
app.command("scenarios")(scenarios)


@app.command()
def demo(
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
    check: Annotated[bool, typer.Option("--check", help="Try the app and stop.")] = False,
    no_app: Annotated[bool, typer.Option("--no-app", help="Stop before the app.")] = False,
) -> None:
    """The main job on the Complete Journey log, then the app."""
    from recommender import app_server
    from recommender.demo import (
        RELATIVE,
        TOLERANCES,
        committed_report,
        compare_reports,
        run_demo,
    )
    from recommender.report import weightings_table

    done = run_demo(Workspace(workspace), date.today())
    report = done.pop("report")
    if not as_json:
        answer.print(weightings_table(report))
    note(f"peak memory {peak_memory_gb():.1f} GB")
    if no_app and not check:
        say({**done, "report": str(workspace / "report.json")}, as_json, "")
        return
    if not check:
        note("the app opens in the browser; Ctrl-C ends it")
        _serve(workspace, 8501)
        return
    with working("trying the app, page by page"), app_server.serving(workspace) as address:
        note(f"the app is healthy at {address}")
        app_server.visit_pages(address)
        pages = app_server.try_pages(workspace)
    facts = {**done, "pages": pages, "report": str(workspace / "report.json")}
    committed = committed_report()
    if committed is None:
        note("there is no docs/demo-report.json here to compare with")
    else:
        drifts = compare_reports(report, committed)
        far = [drift for drift in drifts if not drift.within]
        facts["compared_figures"] = len(drifts)
        for drift in far:
            progress.print(
                f"{drift.policy}, {drift.task}, {drift.figure}: {drift.fresh:.4g}, committed "
                f"{drift.committed:.4g}, tolerance {drift.tolerance:g}"
            )
        if far:
            raise GateError(f"{len(far)} of {len(drifts)} figures differ from the committed report")
        limits = ", ".join(
            f"{figure} {limit:g}{' of itself' if figure in RELATIVE else ''}"
            for figure, limit in TOLERANCES.items()
        )
        note(f"{len(drifts)} figures agree with docs/demo-report.json within {limits}")
    say(facts, as_json, f"pages opened: {', '.join(pages)}; report in {workspace}/report.json")


@imports.command("complete-journey")
def import_complete_journey(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Clean tables from the installed Complete Journey package."""
    from recommender.demo import import_step

    _answer_tables(import_step(Workspace(workspace), "complete-journey"), as_json)


@imports.command("uci")
def import_uci(
    file: Annotated[Path, typer.Argument(help="The UCI Online Retail log.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Clean tables from the UCI Online Retail log."""
    from recommender.demo import import_step

    if not file.exists():
        raise TableError(f"purchases ({file}): there is no such file")
    _answer_tables(import_step(Workspace(workspace), "uci", file), as_json)


@app.command()
def ingest(
    catalogue: Annotated[Path, typer.Option(help="product_id, title or category, price, ...")],
    purchases: Annotated[Path, typer.Option(help="customer_id, product_id, bought_at, ...")],
    customers: Annotated[Path | None, typer.Option(help="customer_id and segments.")] = None,
    displays: Annotated[Path | None, typer.Option(help="What was shown where.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="The day of the log; by default today.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Any shop's clean tables, Parquet or CSV, checked and kept."""
    from recommender.ingest import keep_tables, made_from_files, read_tables

    with working("checking the tables"):
        tables = read_tables(
            catalogue, purchases, customers, displays, as_of.date() if as_of else date.today()
        )
        made_from = made_from_files(
            catalogue=catalogue, purchases=purchases, customers=customers, displays=displays
        )
        facts = keep_tables(Workspace(workspace), tables, made_from)
    _answer_tables(facts, as_json)


@app.command()
def fit(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Learns what each household is likely to buy."""
    from recommender.footprint_steps import footprints_step
    from recommender.relevance_steps import fit_step
    from recommender.shop import Shop

    here = Workspace(workspace)
    footprints_step(here, date.today())  # needs are the shelves that stand-ins come from
    facts = fit_step(Shop(here))
    recall = facts["candidate_recall"]
    say(
        facts,
        as_json,
        f"candidates hold {recall['repeat']:.1%} of repeat and {recall['new']:.1%} of new "
        f"purchases of the held-out weeks",
    )


@app.command()
def recommend(
    customers: Annotated[Path | None, typer.Option(help="A table with customer_id.")] = None,
    basket: Annotated[
        Path | None, typer.Option(help="A table with product_id or title: a typed-in basket.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the slates go, Parquet.")] = None,
    n: Annotated[int | None, typer.Option(min=1, help="Places; by default the policy's.")] = None,
    policy: Annotated[Path | None, typer.Option(help="A policy file.")] = None,
    prices: Annotated[
        Path | None,
        typer.Option(help="Prices of the limits that `rerank` or `stream` wrote.", exists=True),
    ] = None,
    own_climate: Annotated[
        float,
        typer.Option(
            "--own-climate",
            help="These customers' own slider: times what carbon counts in the policy; 0 is off.",
        ),
    ] = 1.0,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Today's slates for the customers in a table, or for a basket."""
    from recommender.steps import policy_or_default

    if (customers is None) == (basket is None):
        raise typer.BadParameter("one of --customers and --basket is to be given")
    if out is not None:
        refuse_missing_folder(out)
    elif customers is not None:
        raise typer.BadParameter("--customers needs --out: where the slates go")
    chosen = policy_or_default(policy)
    if n is not None:
        chosen = _with_places(chosen, n)
    if basket is not None:
        _recommend_basket(basket, chosen, workspace, out, prices, own_climate, as_json)
    elif customers is not None and out is not None:
        _recommend_customers(customers, chosen, workspace, out, prices, own_climate, as_json)


def _recommend_customers(
    customers: Path,
    policy: Policy,
    workspace: Path,
    out: Path,
    prices: Path | None,
    own_climate: float,
    as_json: bool,
) -> None:
    from recommender.serving_steps import own_climate_told, recommend_step
    from recommender.shop import Shop
    from recommender.tables import CUSTOMERS

    asked = read_table(customers, CUSTOMERS)["customer_id"].tolist()
    with working(f"slates for {len(asked):,} customers"):
        served = recommend_step(Shop(Workspace(workspace)), policy, asked, prices, own_climate)
        write_table(out, served.slates)
    facts = {
        "policy": policy.name,
        "customers": len(asked),
        "rows": len(served.slates),
        "unknown_customers": served.unknown,
        "little_history": served.little_history,
        "unfilled_places": served.short,
        "own_climate": own_climate,
        "out": str(out),
    }
    cold = len(served.unknown) + len(served.little_history)
    said = f"{len(served.slates)} rows for {len(asked)} customers written to {out}"
    if cold:
        said += (
            f"\n{cold} customers got a cold-start list (what households like them buy): "
            f"{len(served.unknown)} unknown to the log"
            f"{' (' + ', '.join(served.unknown[:5]) + ')' if served.unknown else ''}, "
            f"{len(served.little_history)} with too little history"
        )
    moved = own_climate_told(policy, served, own_climate)
    said += f"\n{moved}" if moved else ""
    say(facts, as_json, said)


def _recommend_basket(
    basket: Path,
    policy: Policy,
    workspace: Path,
    out: Path | None,
    prices: Path | None,
    own_climate: float,
    as_json: bool,
) -> None:
    from recommender.relevance_steps import basket_step
    from recommender.serving_steps import basket_slate, own_climate_told
    from recommender.shop import Shop

    shop = Shop(Workspace(workspace))
    with working("what goes with the basket"):
        found, unknown, ambiguous = basket_step(shop, basket)
        served = basket_slate(shop, found, policy, prices, own_climate)
        slate = served.slates
        if out is not None:
            write_table(out, slate)
    # a shop may name its goods by category alone
    titles = shop.catalogue.set_index("product_id").reindex(columns=["title"])["title"].fillna("")
    slate = slate.assign(title=titles.reindex(slate["product_id"]).to_numpy())
    rows = slate[["position", "product_id", "title", "p_buy", "price", "kg_co2e"]].astype(object)
    facts = {
        "policy": policy.name,
        "unknown": unknown,
        "ambiguous": ambiguous,
        "own_climate": own_climate,
        "slate": rows.where(rows.notna(), None).to_dict("records"),
        "out": None if out is None else str(out),
    }
    if not as_json:
        answer.print(slate_table_of(slate, policy.name))
    left_out = [f"the catalogue lacks: {name}" for name in unknown]
    left_out += [f"several products are called: {name}" for name in ambiguous]
    moved = own_climate_told(policy, served, own_climate)
    left_out += [moved] if moved else []
    if as_json or left_out:
        say(facts, as_json, "\n".join(left_out))


@app.command("app")
def open_app(
    workspace: WorkspaceOption = HERE,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    as_json: JsonOption = False,
) -> None:
    """The front end, on this machine only."""
    if as_json:
        say_json({"address": f"http://127.0.0.1:{port}", "workspace": str(workspace)})
    _serve(workspace, port)


@app.command()
def doctor(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """What is installed, what the workspace holds, and whether its files are whole."""
    here = Workspace(workspace)
    steps = here.manifest()["steps"]
    changed = here.changed_files()
    packages = ("implicit", "numpy", "pandas", "pyarrow", "scikit-learn", "streamlit")
    facts: dict[str, Any] = {
        "greenaisle": metadata.version("greenaisle"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "packages": {name: metadata.version(name) for name in packages},
        "workspace": str(workspace),
        "steps": {name: len(entry["files"]) for name, entry in steps.items()},
        "changed_files": changed,
    }
    say(facts, as_json, "\n".join(f"{k}: {v}" for k, v in facts.items()))
    if changed:
        raise IntegrityError(f"{workspace}: not what the manifest says: {', '.join(changed)}")


def main() -> None:
    """Runs the command; a known error becomes one message and its exit code."""
    try:
        app()
    except (TableError, PolicyError) as error:
        _fail(error, BAD_DATA)
    except WorkspaceError as error:
        _fail(error, USAGE)
    except IntegrityError as error:
        _fail(error, INTEGRITY)
    except (GateError, AppError) as error:
        _fail(error, GATE)


def _with_places(policy: Policy, n: int) -> Policy:
    """The policy with slates of `n` places; an attention curve of its own must reach that far."""
    curve = policy.slate.attention
    if curve is not None and len(curve) < n:
        raise PolicyError(
            f"policy {policy.name}: [slate] attention has {len(curve)} figures, but {n} places "
            f"were asked for"
        )
    slate = Slate(n=n, attention=None if curve is None else curve[:n])
    return policy.model_copy(update={"slate": slate})


def _fail(error: Exception, code: int) -> None:
    progress.print(str(error), style="red", markup=False, soft_wrap=True)
    sys.exit(code)


def _answer_tables(facts: dict[str, Any], as_json: bool) -> None:
    lines = [
        f"{facts['products']:,} products, {facts['purchases']:,} purchase lines, "
        f"{facts['customers']:,} customers, {facts['from'][:10]} to {facts['until'][:10]}"
    ]
    lines += [f"left out: {row}" for row in facts.get("left_out", [])]
    if facts["repeated_lines"]:
        lines.append(
            f"{facts['repeated_lines']:,} lines equal an earlier one; they stay, since a till may "
            f"ring an item twice"
        )
    lines += [
        f"partly empty: {column} in {rows:,} rows" for column, rows in facts["partly_empty"].items()
    ]
    lines += [f"absent: {column}. Without it: {loss}" for column, loss in facts["absent"].items()]
    say(facts, as_json, "\n".join(lines))


def _serve(workspace: Path, port: int) -> None:
    from recommender import app_server

    headless = not sys.stdout.isatty()
    command = app_server.command(port, open_browser=not headless)
    try:
        code = subprocess.call(command, env=app_server.environment(workspace))
    except KeyboardInterrupt:
        code = 0
    if code:
        sys.exit(code)
