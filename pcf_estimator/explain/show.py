"""Footprints and explanations for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from pcf_estimator.explain.explanation import Explanation


def footprint_table(products: pd.DataFrame, footprints: pd.DataFrame) -> Table:
    """A row for each product: kg CO2e per pack with its range, kg per kg, tier and source."""
    luc = "kg_co2e_without_luc" in footprints
    beside = ["without land-use change"] if luc else []
    table = Table("product", "kg CO2e (80 % range)", "kg per kg", *beside, "tier", "source")
    names = products["title"] if "title" in products else products["product_id"]
    for name, row in zip(names, footprints.to_dict("records"), strict=True):
        low, kg, high = (_shown(row[f"kg_co2e{end}"]) for end in ("_low", "", "_high"))
        cells = [str(name), f"{kg} ({low}-{high})" if kg else "", _shown(row["kg_co2e_per_kg"])]
        if luc:
            cells.append(_shown(row["kg_co2e_without_luc"]))
        table.add_row(*(Text(_printable(cell)) for cell in (*cells, row["tier"], row["source"])))
    return table


def _shown(kg: float) -> str:
    """Two significant digits in plain decimals; "" for a figure that is not known."""
    if kg != kg:
        return ""
    return f"{float(f'{kg:.2g}'):,.10g}"


def explanation_text(found: Explanation) -> Group:
    """The explanation's sentences under their headings, after the product's name."""
    parts: list[Text | Padding] = [Text(_printable(found.title), style="bold")]
    for heading, sentences in found.sections().items():
        parts.append(Padding(Text(heading, style="bold cyan"), (1, 0, 0, 0), expand=False))
        parts += [
            Padding(Text(_printable(sentence)), (0, 0, 0, 2), expand=False)
            for sentence in sentences
        ]
    return Group(*parts)


def _printable(text: str) -> str:
    """Without the control characters that a title may hold and a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
