"""Tables and figures in plain text, as wide as they need to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int] = (0,)
) -> list[str]:
    """Lines of a table, columns aligned: `left` ones to the left, the others to the right.

    >>> table(["a", "b"], [["x", "10"]])
    ['a   b', '-  --', 'x  10']
    """
    rows = [list(heads), *map(list, rows)]
    width = [max(len(row[k]) for row in rows) for k in range(len(heads))]
    rows.insert(1, ["-" * w for w in width])

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.ljust(w) if k in left else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, width, strict=True))
        ]
        return "  ".join(cells).rstrip()

    return [line(row) for row in rows]


def number(value: float | None, digits: int = 3) -> str:
    """A figure for a reader: true minus sign, a dash where there is none.

    >>> number(-0.12345), number(None)
    ('−0.123', '–')
    """
    return DASH if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def between(estimate: Mapping[str, float | None], digits: int = 3) -> str:
    """A figure with its interval.

    >>> between({"value": 0.5, "low": 0.4, "high": 0.61})
    '0.500 [0.400, 0.610]'
    """
    value = number(estimate["value"], digits)
    if estimate["low"] is None:
        return value
    return f"{value} [{number(estimate['low'], digits)}, {number(estimate['high'], digits)}]"
