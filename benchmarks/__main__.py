"""Speed and quality as ratios measured in one run: `make bench`, or `python -m benchmarks topk`.

CPU seconds, not wall seconds: machines are shared and noisy. Each bench is a module here with a
`run()` that yields rows of (what, figure, limit or peer).
"""

from __future__ import annotations

import importlib
import sys

from rich.console import Console
from rich.table import Table

BENCHES = (
    "topk",
    "adapter",
    "footprints",
    "relevance",
    "tradeoff",
    "fairness",
    "carbon_rule",
    "carbon_cut",
    "coverage",
    "browser",
)


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        print(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    table = Table("bench", "what", "measured", "against", title="greenaisle benchmarks")
    for name in names or BENCHES:
        bench = importlib.import_module(f"benchmarks.{name}")
        for what, measured, against in bench.run():
            table.add_row(name, what, measured, against)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
