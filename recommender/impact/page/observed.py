"""The observed layer in detail: costs and gains, variety, and every figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.impact.page.charts import panels, point
from recommender.impact.page.html import (
    Content,
    Html,
    folded,
    inside,
    paragraph,
    section,
    tag,
)
from recommender.impact.page.svg import figure
from recommender.impact.page.tables import (
    both_cell,
    by_policy,
    change_cell,
    source_words,
)
from recommender.impact.page.words import (
    TASK_TITLES,
    count,
    figures_of,
    is_clear,
    listed,
    ordered,
    others,
    size,
)

# heading -> how the names of its figures begin; what no heading claims stands under the last one
GROUPS = {
    "Relevance": ("ndcg", "recall", "dcg", "hit_rate", "hits_type", "hits_need", "hits", "p_buy"),
    "Money": ("demand_revenue", "demand_margin", "hits_revenue", "hits_margin", "demand"),
    "Carbon": ("demand_kg", "kg_", "hits_kg", "unknown_share"),
    "Sellers": ("seller", "private_label", "sellers_"),
    "Range, variety and freshness": ("",),
}

VARIETY = {
    "coverage": "Products shown",
    "pairwise_distance": "Distance in a list",
    "head_share": "Best sellers",
    "tail_share": "Slow sellers",
    "fresh_share": "New goods",
}


def grouped(figures: Mapping[str, Any]) -> dict[str, list[str]]:
    """The figures by heading, each under the heading with the longest beginning of its name.

    >>> grouped(dict.fromkeys(["ndcg", "demand", "demand_kg_pack", "coverage"]))
    {'Relevance': ['ndcg'], 'Money': ['demand'], 'Carbon': ['demand_kg_pack'],
     'Sellers': [], 'Range, variety and freshness': ['coverage']}
    """
    answer: dict[str, list[str]] = {heading: [] for heading in GROUPS}
    for key in figures:
        fit = {
            heading: max((len(b) for b in beginnings if _begins(key, b)), default=-1)
            for heading, beginnings in GROUPS.items()
        }
        answer[max(fit, key=lambda heading: fit[heading])].append(key)
    return answer


def _begins(key: str, beginning: str) -> bool:
    whole = beginning in ("demand", "hits")  # also the beginning of others
    return key == beginning if whole else key.startswith(beginning)


def moves_section(report: Mapping[str, Any]) -> Html:
    """Relevance, money and small sellers by policy as a chart."""
    shown = {
        "ndcg": "Relevance (NDCG)",
        "demand_revenue": "Revenue",
        "demand_margin": "Margin",
        "seller_small_share": "Small sellers",
    }
    return section(
        "cost",
        "What each weighting costs and gives",
        _moves_chart(report, shown, "all"),
        folded(TASK_TITLES["new"], _moves_table(report, shown, "new")),
        layer="observed",
    )


def _moves_chart(report: Mapping[str, Any], shown: Mapping[str, str], task: str) -> Html:
    rows = [
        point(policy, words, figures_of(report, policy, task)[key])
        for policy in others(report)
        for key, words in shown.items()
        if key in figures_of(report, policy, task)
    ]
    clear = {
        key: sum(is_clear(figures_of(report, p, task)[key]) for p in others(report))
        for key in shown
    }
    told = listed(
        f"{words.split(' (')[0].lower()} under {clear[key]}" for key, words in shown.items()
    )
    sentence = (
        f"{TASK_TITLES[task]}: of {count(len(others(report)), 'weighting')}, a clear change of "
        f"{told}; hollow points are those whose interval holds 0."
    )
    drawn = panels(rows, list(shown.values()))
    return figure(drawn, sentence, _moves_table(report, shown, task))


def _moves_table(report: Mapping[str, Any], shown: Mapping[str, str], task: str) -> Html:
    cells = {
        p: [change_cell(figures_of(report, p, task).get(key)) for key in shown]
        for p in others(report)
    }
    return by_policy(report, source_words(report, task), list(shown.values()), cells)


def variety_section(report: Mapping[str, Any]) -> Html:
    """How wide and how fresh the lists are, as far as the run measures it."""
    known = {key: words for key, words in VARIETY.items() if key in report["figures"]}
    drawn = {key: words for key, words in known.items() if key != "coverage"}
    rows = [
        point(p, words, figures_of(report, p)[key])
        for p in others(report)
        for key, words in drawn.items()
        if figures_of(report, p)[key].get("change") is not None
    ]
    base = figures_of(report, report["meta"]["baseline"])
    cells = {
        p: [both_cell(figures_of(report, p).get(key)) for key in known] for p in ordered(report)
    }
    numbers = by_policy(report, source_words(report), list(known.values()), cells)
    title = "Range, variety and freshness"
    wider = sum(
        (figures_of(report, p)["coverage"].get("change") or 0.0) > 0 for p in others(report)
    )
    sentence = (
        f"The baseline shows {size(base['coverage']['value'])} of the products that may be shown; "
        f"{wider} of {count(len(others(report)), 'weighting')} show more of them (a count, without "
        f"an interval)."
    )
    if not rows:
        more = "How far apart products are, popularity and freshness were not measured in this run."
        return section("variety", title, paragraph(f"{sentence} {more}"), numbers, layer="observed")
    columns = [words for words in drawn.values() if any(r["column"] == words for r in rows)]
    return section(
        "variety", title, figure(panels(rows, columns), sentence, numbers), layer="observed"
    )


def every_figure(report: Mapping[str, Any]) -> Html:
    """All figures by policy with intervals, both tasks and the audit households."""
    made: list[Content] = [
        paragraph(
            "First line: the level with its interval. Second line: its change against the "
            "baseline, paired over the same draws of households."
        )
    ]
    audits = report["meta"]["audit_households"]
    for heading, keys in grouped(report["figures"]).items():
        if not keys:
            continue
        made.append(tag("h3", heading))
        for task, title in TASK_TITLES.items():
            made.append(folded(title, _figures_table(report, keys, task, "figures")))
        if audits > 1:
            made.append(
                folded(
                    f"The {audits:,} audit households, which chose nothing",
                    _figures_table(report, keys, "all", "audit"),
                )
            )
    return section("figures", "Every figure", *made, layer="observed")


def _figures_table(report: Mapping[str, Any], keys: list[str], task: str, group: str) -> Html:
    heads = []
    for key in keys:
        entry = report["figures"][key]
        heads.append(inside(entry["meaning"], tag("small", f"{key}, {entry['unit']}")))
    cells = {
        p: [both_cell(report["policies"][p]["tasks"][task][group].get(key)) for key in keys]
        for p in ordered(report)
    }
    source = source_words(report, task, "audit" if group == "audit" else "")
    return by_policy(report, source, heads, cells)
