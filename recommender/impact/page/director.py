"""The first page: what the weightings do, in sentences, a frontier and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.page.deepest import (
    LITTLE,
    RESTS_ON,
    SECOND_TABLE,
    deepest,
    is_judged,
    realised,
)
from recommender.impact.page.frontier import frontiers
from recommender.impact.page.html import (
    Content,
    Html,
    clean,
    inside,
    name,
    paragraph,
    section,
    tag,
)
from recommender.impact.page.tables import (
    by_policy,
    change_cell,
    level_cell,
    source_words,
)
from recommender.impact.page.warnings import unknown, warnings
from recommender.impact.page.words import (
    CARBON,
    NO_BREAK,
    RELEVANCE,
    SMALL,
    about,
    count,
    figures_of,
    is_clear,
    listed,
    ordered,
    others,
    percent,
    points,
    size,
    window_words,
)

FIGURES = {
    RELEVANCE: "Relevance (NDCG)",
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    CARBON: "kg CO2e at equal use",
    "demand_kg_pack": "kg CO2e of whole packs",
    SMALL: "Small sellers’ attention",
}


def first_page(
    report: Mapping[str, Any],
    what_if: Sequence[Mapping[str, Any]],
    measured: Sequence[Mapping[str, Any]],
) -> Html:
    """Facts, sentences, frontier, the policies in one table, warnings and what is not known."""
    return section(
        "overview",
        "What the weightings do",
        facts(report),
        tag("ul", [tag("li", line) for line in sentences(report)], cls="says"),
        *frontiers(report),
        policies_table(report),
        paragraph(
            "Revenue, margin and CO2e are demand-weighted: attention × p_buy × what one purchase "
            "is worth. Half of these goods are bought anyway, so they compare weightings and "
            "forecast nothing. At equal use means: what a typical purchase in the need takes, "
            "whatever the pack. " + RESTS_ON[is_judged(report)],
            cls="note",
        ),
        warnings(report),
        unknown(report, what_if, measured),
        layer="observed",
    )


def facts(report: Mapping[str, Any]) -> Html:
    """The run in a few figures."""
    meta = report["meta"]
    shown = {
        "Held-out window": window_words(meta) or "not named",
        "Households": f"{meta['households']:,}",
        "of them bought something": f"{meta['judged']['all']:,}",
        "Weightings compared": f"{len(others(report))} with {clean(meta['baseline'])}",
        "Places per list": f"{meta['slots']}",
        "Learned until": f"week {meta['history_until_week']}"
        if meta.get("history_until_week") is not None
        else "not named",
    }
    return tag(
        "dl", [tag("div", tag("dt", k), tag("dd", v)) for k, v in shown.items()], cls="facts"
    )


def sentences(report: Mapping[str, Any]) -> list[Html]:
    """Three to five sentences: the deepest cut, of swaps alone, money, sellers, packs."""
    free = deepest(report)
    inside_needs = deepest(report, reference="need")
    said: list[Html] = []
    if free is not None:
        said.append(
            _cut(report, free, f"The deepest cut for at most {LITTLE * 100:g} % of relevance")
        )
    else:
        said.append(
            inside(
                f"No weighting lowers CO2e at equal use clearly for at most {LITTLE * 100:g} % of "
                f"relevance{', by both footprint tables' if is_judged(report) else ''}."
            )
        )
    if inside_needs is not None and inside_needs != free:
        said.append(
            _cut(report, inside_needs, "Comparing only goods for the same need, the deepest is")
        )
    said += [line for line in (_money(report), _sellers(report), _packs(report, free)) if line]
    return said


def _cut(report: Mapping[str, Any], policy: str, opening: str) -> Html:
    figures = figures_of(report, policy)
    split = report["policies"][policy]["tasks"]["all"]["split"].get("functional_kg", {})
    words = {"substitution": "swaps inside needs", "mix": "another mix of needs"}
    if "volume" in split:
        words["volume"] = f"{'fewer' if split['volume']['change'] < 0 else 'more'} purchases"
    parts = [
        f"{percent(split[part]['change']).replace(' ', NO_BREAK)} by {said}"
        for part, said in words.items()
        if part in split and is_clear(split[part])
    ]
    of_it = f"; of it {listed(parts)}" if parts else ""
    again = realised(report, policy)
    checked = f"; {SECOND_TABLE} {about('it', again)}" if again else ""
    claimed = " as claimed" if again else ""
    return inside(
        opening.rstrip(":"),
        " is " if not opening.endswith("is") else " ",
        tag("strong", name(policy)),
        f": CO2e {about('at equal use', figures[CARBON])}{claimed}{of_it}{checked}; "
        f"{about('relevance', figures[RELEVANCE])}.",
    )


def _extremes(report: Mapping[str, Any], figure_name: str) -> tuple[list[str], list[str]]:
    """The policies under which a figure clearly rises (most first), and clearly falls."""
    moved = [
        p
        for p in others(report)
        if figure_name in figures_of(report, p) and is_clear(figures_of(report, p)[figure_name])
    ]
    moved.sort(key=lambda p: figures_of(report, p)[figure_name]["change"])
    falls = [p for p in moved if figures_of(report, p)[figure_name]["change"] < 0]
    return [p for p in reversed(moved) if p not in falls], falls


def _rise_and_fall(report: Mapping[str, Any], figure_name: str, words: str) -> Html:
    rises, falls = _extremes(report, figure_name)
    total = len(others(report))

    def most(policies: list[str]) -> Html:
        if not policies:
            return Html("")
        change = figures_of(report, policies[0])[figure_name]
        ends = sorted(abs(change[end]) for end in ("change_low", "change_high"))
        return inside(
            ", most under ", tag("strong", name(policies[0])),
            f" (about {size(change['change'])}, {size(ends[0])} to {size(ends[1])})",
        )  # fmt: skip

    return inside(
        f"{words} clearly falls under {len(falls)} of {count(total, 'weighting')}", most(falls),
        f", and rises under {len(rises)}", most(rises),
    )  # fmt: skip


def _money(report: Mapping[str, Any]) -> Html:
    return inside(
        _rise_and_fall(report, "demand_revenue", "Revenue"),
        ". ",
        _rise_and_fall(report, "demand_margin", "Margin"),
        ".",
    )


def _sellers(report: Mapping[str, Any]) -> Html:
    base = figures_of(report, report["meta"]["baseline"]).get(SMALL)
    level_now = (
        f", {base['value']:.1%} under {clean(report['meta']['baseline'])},".replace(
            "%", f"{NO_BREAK}%"
        )
        if base
        else ""
    )
    return inside(
        _rise_and_fall(report, SMALL, f"Small sellers’ share of attention{level_now}"), "."
    )


def _packs(report: Mapping[str, Any], policy: str | None) -> Html | None:
    if policy is None:
        return None
    figures = figures_of(report, policy)
    split = report["policies"][policy]["tasks"]["all"]["split"].get("total_kg", {})
    said = about("CO2e of whole packs", figures["demand_kg_pack"])
    part = ""
    if "pack_size" in split:
        pack = split["pack_size"]
        part = (
            f"; {points(pack['change'])} points of it come from "
            f"{'smaller' if pack['change'] < 0 else 'larger'} packs, which count as no saving"
            if is_clear(pack)
            else f"; pack sizes do not clearly move ({points(pack['change_low'])} to "
            f"{points(pack['change_high'])}{NO_BREAK}%)"
        )
    return inside("Under ", tag("strong", name(policy)), f", {said}{part}.")


def policies_table(report: Mapping[str, Any]) -> Html:
    """The policies compared: levels of the baseline, changes of the others."""
    baseline = report["meta"]["baseline"]
    judged = is_judged(report)
    cells: dict[str, list[Content]] = {}
    for policy in ordered(report):
        figures = figures_of(report, policy)
        cell = level_cell if policy == baseline else change_cell
        row = []
        for key in FIGURES:
            row.append(cell(figures.get(key)))
            if key == CARBON:
                split = report["policies"][policy]["tasks"]["all"]["split"].get("functional_kg", {})
                part = split.get("substitution")
                row.append("" if policy == baseline else change_cell(part))
                if judged:
                    again = None if policy == baseline else realised(report, policy)
                    row.append(change_cell(again) if again else "")
        cells[policy] = row
    heads = []
    for key, words in FIGURES.items():
        heads.append(words)
        if key == CARBON:
            heads.append("of it swaps inside needs")
            if judged:
                heads.append("by a second footprint table")
    return by_policy(report, source_words(report), heads, cells)
