"""What all commands share: their options, what they say while they work (on stderr) and what they
answer (on stdout), and the errors that have an exit code of their own."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

progress = Console(stderr=True, highlight=False)
# a file or a pipe has no width of its own, and tables should not be squeezed into 80 columns
answer = Console(highlight=False, width=None if sys.stdout.isatty() else 140)

WorkspaceOption = Annotated[Path, typer.Option("--workspace", help="Folder of tables and models.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
HERE = Path("workspace")


class GateError(RuntimeError):
    """A measured figure outside what was promised."""


class IntegrityError(RuntimeError):
    """Files that are not what they should be."""


@contextmanager
def working(what: str) -> Iterator[None]:
    """Shows that `what` is under way, and how long it took once it is done."""
    began = time.perf_counter()
    with progress.status(escape(what)):
        yield
    progress.print(f"[dim]{time.perf_counter() - began:6.1f} s[/dim]  {escape(what)}")


def note(text: str) -> None:
    """One line of progress."""
    progress.print(f"          [dim]{escape(text)}[/dim]")


def say_json(facts: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(facts, sort_keys=True, default=str, allow_nan=False) + "\n")


def say(facts: dict[str, Any], as_json: bool, words: str) -> None:
    """The facts as JSON, or the words."""
    if as_json:
        say_json(facts)
    else:
        answer.print(words, markup=False)


def refuse_missing_folder(out: Path) -> None:
    """A usage error where the folder of `--out` is not there, before any work is done."""
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"the folder of --out {out} does not exist")


def peak_memory_gb() -> float:
    """The most memory this process has held, in GB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6 / 1.024)
