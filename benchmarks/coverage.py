"""The coverage studies: do intervals hold the truth as often as they say, in worlds that are known?

    python -m benchmarks coverage              # all of it, into docs/coverage.json
    python -m benchmarks.coverage --logs 20    # a quick look at all worlds, written nowhere

Household bootstrap, response to displays, the choice model, off-policy estimators and
difference-in-differences. The same seed gives the same figures, CPU seconds apart.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    coverage_bootstrap,
    coverage_choice,
    coverage_impressions,
    coverage_panels,
    coverage_response,
)
from benchmarks.coverage_rows import (
    SECONDS,
    Row,
    coverage_markdown,
    read_rows,
    table_rows,
    write_rows,
)

__all__ = ["coverage_markdown", "read_rows", "run", "studies"]

SEED = 6
STORED = Path(__file__).parent.parent / "docs" / "coverage.json"
STUDIES: dict[str, Callable[[int | None, int], Iterator[Row]]] = {
    coverage_bootstrap.STUDY: coverage_bootstrap.bootstrap_rows,
    coverage_response.STUDY: coverage_response.response_rows,
    coverage_choice.STUDY: coverage_choice.choice_rows,
    coverage_impressions.STUDY: coverage_impressions.impression_rows,
    coverage_panels.STUDY: coverage_panels.panel_rows,
}
NOTES = {
    module.STUDY: module.NOTES
    for module in (
        coverage_bootstrap,
        coverage_response,
        coverage_choice,
        coverage_impressions,
        coverage_panels,
    )
}


def run() -> Iterator[tuple[str, str, str]]:
    """Every study in full, as rows of a bench; the rows are stored in docs/coverage.json."""
    rows: list[Row] = []
    for name in STUDIES:
        found = list(studies(names=[name]))
        rows += found
        write_rows(STORED, rows, SEED, NOTES)  # what is measured is kept, whatever comes after
        yield from table_rows(found)


def studies(
    logs: int | None = None, seed: int = SEED, names: Sequence[str] = tuple(STUDIES)
) -> Iterator[Row]:
    """The rows of the named studies; `logs` replaces how many logs of each world are simulated."""
    for name in names:
        began = time.process_time()
        count = 0
        for row in STUDIES[name](logs, seed):
            count = max(count, row.logs)
            yield row
        yield Row(
            study=name,
            world="all",
            figure="CPU seconds of the study",
            value=time.process_time() - began,
            unit=SECONDS,
            logs=count,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, metavar="N", help="of each world, instead of the full")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the rows there as JSON")
    parser.add_argument("--study", nargs="*", choices=list(STUDIES), default=list(STUDIES))
    chosen = parser.parse_args()
    rows = list(studies(chosen.logs, chosen.seed, chosen.study))
    if chosen.out:
        write_rows(chosen.out, rows, chosen.seed, NOTES)
    table = Table("what", "measured", "asked", title="coverage studies")
    for cells in table_rows(rows):
        table.add_row(*cells)
    Console().print(table)


if __name__ == "__main__":
    main()
