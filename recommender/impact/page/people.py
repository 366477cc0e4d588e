"""Who gains and who pays: fairness between households, and what a policy costs to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.charts import panels
from recommender.impact.page.html import (
    Content,
    Html,
    bullets,
    clean,
    folded,
    inside,
    name,
    paragraph,
    section,
    tag,
)
from recommender.impact.page.svg import figure
from recommender.impact.page.tables import (
    both_cell,
    by_policy,
    change_cell,
    is_estimate,
    plain_cell,
    records,
    source_words,
)
from recommender.impact.page.words import (
    NO_BREAK,
    count,
    others,
    size,
    spelled,
)

WORSE, BY_INCOME = "worse_off_share", "basket_price_by_income"

FAIR = {
    WORSE: "Lists less relevant by over 1 %: share of households",
    "worse_off_share_5": "by over 5 %",
    "price_rise_share": "Own basket dearer by over 1 %: share",
    "either_share": "Either: share",
    "basket_price": "Basket price at equal use",
    "price_per_purchase": "Price per purchase",
}


def fairness_section(report: Mapping[str, Any]) -> Html:
    """Share of households made worse off, and basket prices by income."""
    found = report.get("fairness")
    if not found:
        return section(
            "fairness", "Fairness between households",
            paragraph("This run does not say who is made worse off, nor what baskets cost."),
            layer="observed",
        )  # fmt: skip
    by = {p: found[p] for p in others(report) if isinstance(found.get(p), Mapping)}
    made: list[Content] = []
    worse = {p: entry[WORSE] for p, entry in by.items() if is_estimate(entry.get(WORSE))}
    if worse:
        made += _worse_off(report, by, worse)
    made.append(_prices_by_income(report, by))
    for policy, entry in by.items():
        parts = _rest(report, policy, entry)
        if parts:
            made.append(folded(inside(name(policy), ": in detail"), *parts))
    notes = [clean(note, 600) for note in found.get("notes", [])]
    return section(
        "fairness", "Fairness between households", *made, bullets(notes), layer="observed"
    )


def _rest(report: Mapping[str, Any], policy: str, entry: Mapping[str, Any]) -> list[Content]:
    """What a policy's entry holds beyond the tables: its sentence, its lists, single figures."""
    source = f" v{report['policies'][policy].get('version')} · {source_words(report)}"
    parts: list[Content] = []
    for key, value in entry.items():
        if key == "sentence":
            parts.insert(0, paragraph(clean(value, 800)))
        elif key == BY_INCOME or is_estimate(value) or value is None:
            continue
        elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
            parts.append(records(inside(name(policy), source, f" · {spelled(key)}"), value))
        elif value != []:
            parts.append(paragraph(f"{spelled(key)}: ", plain_cell(value), "."))
    return parts


def _prices_by_income(report: Mapping[str, Any], by: Mapping[str, Any]) -> Html:
    """What a basket costs at equal use: policies by income band."""
    bands: dict[str, int] = {}
    cells: dict[str, dict[str, Content]] = {}
    for policy, entry in by.items():
        for row in entry.get(BY_INCOME) or []:
            band = clean(row.get("income", "all"))
            bands[band] = row.get("households") or 0
            cells.setdefault(policy, {})[band] = (
                change_cell(row) if row.get("change") is not None else both_cell(row)
            )
    if not bands:
        return paragraph("Baskets are not priced by income: no income bands are known here.")
    heads = [inside(name(b), tag("small", count(n, "household"))) for b, n in bands.items()]
    rows = {p: [mine.get(band, "–") for band in bands] for p, mine in cells.items()}
    caption = f"Change of a basket’s price at equal use · {source_words(report)}"
    return inside(
        tag("h3", "What a basket costs, by income"), by_policy(report, caption, heads, rows)
    )


def _worse_off(
    report: Mapping[str, Any], by: Mapping[str, Any], worse: Mapping[str, Any]
) -> list[Content]:
    """The share of households made worse off as a chart, beside it all shares and prices."""
    column = "Households worse off"
    rows = [
        {"label": p, "column": column, "hollow": False,
         **{end: e.get(end) for end in ("value", "low", "high")}}
        for p, e in worse.items()
        if e["value"] is not None
    ]  # fmt: skip
    keys = [key for key in FAIR if any(is_estimate(entry.get(key)) for entry in by.values())]
    cells = {p: [_share_or_change(entry.get(key)) for key in keys] for p, entry in by.items()}
    numbers = by_policy(report, source_words(report), [FAIR[key] for key in keys], cells)
    if not rows:
        return [numbers]
    most, least = (pick(rows, key=lambda row: row["value"]) for pick in (max, min))
    sentence = (
        f"Between about {size(least['value'])} of households ({clean(least['label'])}) and about "
        f"{size(most['value'])} ({clean(most['label'])}) get a list over 1{NO_BREAK}% less "
        f"relevant to them, by their estimated chances of buying."
    )
    drawn = panels(rows, [column], unit="share of households, %")
    return [figure(drawn, sentence, numbers)]


def _share_or_change(estimate: Mapping[str, Any] | None) -> Content:
    """A change where there is one; else a share of households, in percent."""
    if not estimate or estimate.get("value") is None:
        return "–"
    if estimate.get("change") is not None:
        return change_cell(estimate)
    low, high = estimate.get("low"), estimate.get("high")
    ends = None if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"
    return inside(size(estimate["value"]), ends and tag("small", f"{ends}{NO_BREAK}%"))


def costs_section(report: Mapping[str, Any]) -> Html:
    """One-off and running costs and the carbon price at which they break even."""
    found = report.get("costs")
    if not found:
        return section(
            "costs", "Costs and break-even",
            paragraph("No costs were given, so there is no break-even price of carbon here."),
        )  # fmt: skip
    by = {p: found[p] for p in others(report) if isinstance(found.get(p), Mapping)}
    said = [
        inside(name(p), ": ", clean(entry["sentence"], 800))
        for p, entry in by.items()
        if entry.get("sentence")
    ]
    single = [
        key
        for key in dict.fromkeys(key for entry in by.values() for key in entry)
        if key not in ("sentence", "layer")
        and not any(isinstance(entry.get(key), list) for entry in by.values())
        and any(entry.get(key) is not None for entry in by.values())
    ]
    cells = {p: [plain_cell(entry.get(key)) for key in single] for p, entry in by.items()}
    caption = f"{source_words(report)} · costs as given, money in shop currency"
    words = [
        k
        for k, key in enumerate(single, 1)
        if any(isinstance(e.get(key), str) for e in by.values())
    ]
    lists = [
        folded(inside(name(p), f": {spelled(key).lower()}"), records(
            inside(name(p), f" · {spelled(key)}"), value))
        for p, entry in by.items()
        for key, value in entry.items()
        if isinstance(value, list) and value and isinstance(value[0], Mapping)
    ]  # fmt: skip
    notes = [clean(note, 600) for note in found.get("notes", [])]
    heads = [spelled(key) for key in single]
    return section(
        "costs",
        "Costs and break-even",
        bullets(said),
        by_policy(report, caption, heads, cells, words=words),
        *lists,
        bullets(notes),
        layer="observed",
    )
