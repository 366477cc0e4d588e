"""An assessment for the terminal: a table for each part, and what was asked beside what was found.

Everything is read from the plain dicts of `assess_all`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

# figure, heading: what a method is read by
ASSESSED = {
    "pairwise_accuracy": "pairwise accuracy",
    "median_ape": "median abs. error",
    "log10_rmse": "log10 RMSE",
    "log10_r2": "log10 R2",
    "within_factor_2": "within factor 2",
    "regret_kg_co2e_per_kg": "regret kg/kg",
    "coverage": "80 % range holds",
    "worst_category_coverage": "in worst category",
    "range_factor": "high / low",
}
RANGES = {
    "coverage": "holds",
    "worst_category_coverage": "in worst category",
    "worst_category": "worst category",
    "range_factor": "high / low",
}


def assessment_tables(found: Mapping[str, Any]) -> list[Table]:
    """All tables of an assessment, `assess_all`'s answer, the promises last."""
    tables = []
    for name in ("seed", "agribalyse"):
        if name in found:
            tables += [assessment_table(found[name]), range_table(found[name])]
            tables.append(risk_table(found[name]))
    tables += [across_table(found["across"]), swap_table(found["swaps"])]
    tables.append(device_table(found["devices"]))
    if found["land_use_change"]:
        tables.append(land_use_table(found["land_use_change"]))
    if "spend" in found:
        tables.append(spend_table(found["spend"]))
    return [*tables, asked_table(found)]


def assessment_table(result: Mapping[str, Any]) -> Table:
    """Methods by split, from `Assessment.to_dict`; a cell is empty where a method has no figure."""
    title = f"{result['name']}: {result['rows']:,} rows, {result['groups']:,} groups"
    weights = ", ".join(f"{name} {weight:.2f}" for name, weight in result["weights"].items())
    table = _table(title, ("split", "method"), ASSESSED.values(), f"weights: {weights}")
    for split, methods in result["splits"].items():
        for method, scores in methods.items():
            table.add_row(split, method, *_cells(scores, ASSESSED))
            split = ""  # said once
        table.add_section()
    return table


def range_table(result: Mapping[str, Any]) -> Table:
    """Whether ranges hold, by split, level and whose range it is."""
    title = f"{result['name']}: ranges of goods that were not seen"
    table = _table(title, ("split", "level", "range of"), RANGES.values())
    for split, ranges in result["ranges"].items():
        for level in next(iter(ranges.values())):
            for whose, by_level in ranges.items():
                cells = _cells(by_level[level], RANGES)
                table.add_row(split, f"{level} %", whose, *cells)
        table.add_section()
    return table


def risk_table(result: Mapping[str, Any]) -> Table:
    """The risk-coverage curve: how far figures are off where only the surest are kept."""
    risk = result["risk"]
    title = f"{result['name']}: errors by what is known of a good"
    headings = ("rows", "least confidence", "log10 error", "within factor 2")
    table = _table(title, ("the surest",), headings, risk["refused"])
    for point in risk["curve"]:
        cells = _cells(point, ("least_confidence", "mean_off", "within_factor_2"))
        table.add_row(f"{point['share']:.0%}".replace("%", " %"), f"{point['rows']:,}", *cells)
    return table


def across_table(across: Mapping[str, Any]) -> Table:
    """Sources that the seed was held without."""
    errors = ("within factor 2", "median: within 2", "median abs. error", "pairs in a need right")
    headings = ("rows", *errors, "80 % range holds", "95 % range holds")
    table = _table("Sources held out of the seed", ("source", "goods"), headings)
    figures = ("median_ape", "pairwise_in_need", "coverage_80", "coverage_95")
    for source, scores in across.items():
        parts = {"all": scores, "known": scores["known_concepts"], "new": scores["new_concepts"]}
        for goods, part in parts.items():
            if part["rows"]:
                within = (part["within_factor_2"], part["median"]["within_factor_2"])
                cells = (*map(_cell, within), *_cells(part, figures))
                table.add_row(source, goods, f"{part['rows']:,}", *cells)
    return table


def swap_table(swaps: Mapping[str, Any]) -> Table:
    """Of swaps called lighter, how many are, by where the goods come from and by policy."""
    headings = ("swaps", "lighter", "said", "needs: cannot tell", "goods: cannot tell")
    title = f"Swaps called lighter, chance {swaps['chance']:.2f} or more"
    table = _table(title, ("goods", "policy"), headings)
    judged = {f"grouped, {seed}": scores for seed, scores in swaps["grouped"].items()}
    judged["kinds left out"] = swaps["kinds_left_out"]
    judged |= {f"{source} held out": scores for source, scores in swaps["across"].items()}
    for goods, scores in judged.items():
        silent = _cells(scores, ("cannot_tell_needs", "cannot_tell_goods"))
        for policy, shares in scores["policies"].items():
            shown = _cells(shares, ("lighter", "said"))
            table.add_row(goods, policy, f"{shares['swaps']:,}", *shown, *silent)
        table.add_section()
    return table


def device_table(devices: Mapping[str, Any]) -> Table:
    """Devices of makers that were not seen."""
    headings = {name: ASSESSED[name] for name in ("pairwise_accuracy", "median_ape")}
    headings |= {"within_factor_2": "within factor 2", "coverage_80": "80 % range holds"}
    headings |= {"coverage_95": "95 % range holds", "range_factor_80": "high / low (80 %)"}
    table = _table("Devices, makers left out", ("data", "boundary", "method"), headings.values())
    for data, boundaries in devices.items():
        for boundary, scores in boundaries.items():
            for method, figures in scores["methods"].items():
                table.add_row(data, boundary, method, *_cells(figures, headings))
            table.add_section()
    return table


def land_use_table(luc: Mapping[str, Any]) -> Table:
    """How far the part from land-use change is off, and figures without it."""
    headings = ("rows", "part is off, median", "mean", "figure without it is off")
    table = _table("Land-use change, grouped split", ("goods", "method"), headings)
    named = {"all that state it": luc, "a tenth of the figure or more": luc["land_users"]}
    for goods, scores in named.items():
        for method, errors in scores["methods"].items():
            cells = _cells(errors, ("share_off", "share_off_mean", "without_median_ape"))
            table.add_row(goods, method, f"{scores['rows']:,}", *cells)
    return table


def spend_table(spend: Mapping[str, Any]) -> Table:
    """How often industries are those that people name."""
    headings = {"coverage": "answered", "six_digits": "six digits", "any_label": "anybody's"}
    headings |= {"four_digits": "four digits", "factor": "same factor"}
    title = f"Spend tier: industries of {spend['judged_on']:,} labelled products"
    table = _table(title, ("method",), headings.values())
    for method, shares in spend["methods"].items():
        table.add_row(method, *_cells(shares, headings))
    return table


def asked_table(found: Mapping[str, Any]) -> Table:
    """What was asked, what was found, and what baselines reach."""
    missing = "; ".join(f"{part} needs {what}" for part, what in found["left_out"].items())
    caption = f"Left out, since the publishers' files were not given: {missing}" if missing else ""
    table = _table("Asked and found", ("figure",), ("asked", "found", "met", "beside"), caption)
    for name, figure in found["asked"].items():
        table.add_row(name, *asked_cells(figure))
    return table


def asked_cells(figure: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Asked, found, met, and beside of one entry of `asked`, as words.

    >>> from pcf_estimator.assess.asked import figure
    >>> asked_cells(figure(0.7312, least=0.72, beside={"median": 0.5}))
    ('at least 0.72', '0.731', 'yes', 'median 0.500')
    >>> asked_cells(figure(0.71, least=0.72, each=[0.70, 0.72]))[1]  # by fold seed
    '0.710 (0.700 to 0.720)'
    """
    met = {True: "yes", False: "no", None: ""}[figure["met"]]
    beside = (
        f"{name} {value:.3f}" for name, value in figure["beside"].items() if value is not None
    )
    shown = "not measured" if figure["found"] is None else f"{figure['found']:.3f}"
    if len(figure["each"]) > 1:
        shown += f" ({min(figure['each']):.3f} to {max(figure['each']):.3f})"
    return figure["asked"], shown, met, ", ".join(beside)


def _table(
    title: str, names: Iterable[str], figures: Iterable[str], caption: str | None = None
) -> Table:
    table = Table(title=title, caption=caption)
    for heading in names:
        table.add_column(heading, no_wrap=True)
    for heading in figures:
        table.add_column(heading, justify="right")
    return table


def _cells(figures: Mapping[str, Any], names: Iterable[str]) -> list[str]:
    return [_cell(figures.get(name)) for name in names]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape(value) if isinstance(value, str) else f"{value:.3f}"
