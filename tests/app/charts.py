"""What charts draw and what tables say, as numbers, so that tests can hold them together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df

NUMBER = re.compile(r"[+\-−]?\d[\d,]*(?:\.\d+)?")
HELPERS = ({"at"}, {"said", "seen"})  # lines at no change, and of honest chances


def same_numbers(app: Any, charts: int) -> None:
    """Every one of a page's `charts` draws only numbers of the table with its sentence."""
    found = app.get("vega_lite_chart")
    assert len(found) == charts
    tables = {table.proto.alt: table.value for table in app.dataframe}
    for chart in found:
        told = numbers_of(tables[chart.proto.alt])
        for drawn in drawn_numbers(chart):
            assert any(abs(drawn - value) <= half for value, half in told), (chart.proto.alt, drawn)


def drawn_numbers(chart: Any) -> list[float]:
    """Every figure that a chart on a page places along an axis."""
    spec = json.loads(chart.proto.spec)
    fields = {
        encoding["field"]
        for part in [spec, *spec.get("layer", [])]
        for axis, encoding in part.get("encoding", {}).items()
        if axis in ("x", "x2", "y", "y2") and "field" in encoding
    }
    found: list[float] = []
    for dataset in chart.proto.datasets:
        rows = convert_arrow_bytes_to_pandas_df(dataset.data.data)
        if set(rows.columns) in HELPERS:
            continue
        for field in fields & set(rows.select_dtypes(np.number).columns):
            found += rows[field].dropna().tolist()
    assert found, "a chart without a number"
    return found


def numbers_of(table: pd.DataFrame) -> list[tuple[float, float]]:
    """Every number in the cells of a table, and half of its last digit: how far it may be off."""
    return [one for cell in table.astype(str).to_numpy().ravel() for one in _numbers(cell)]


def _numbers(cell: str) -> Iterator[tuple[float, float]]:
    for text in NUMBER.findall(cell):
        plain = text.replace("−", "-").replace(",", "")
        digits = len(plain.partition(".")[2])
        yield float(plain), 0.5 * 10.0**-digits + 1e-9
