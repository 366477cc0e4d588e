"""What a command says while it works (on stderr) and what it answers (on stdout)."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

progress = Console(stderr=True, highlight=False)
# a file or a pipe has no width of its own, and tables should not be squeezed into 80 columns
answer = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


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


def peak_memory_gb() -> float:
    """The most memory this process has held, in GB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6 / 1.024)
