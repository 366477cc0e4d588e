"""The relevance report as plain tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recommender.evaluation.plain_tables import DASH, between, number, table
from recommender.evaluation.slots_text import slot_tables

PRINTED = tuple(f"{name}@{n}" for n in (10, 20) for name in ("recall", "ndcg", "dcg", "hit_rate"))
LEVELS = {
    "hits_item@10": "items hit",
    "hits_type@10": "types",
    "hits_category@10": "categories",
    "hits_need@10": "needs",
}
RANKED_BY = ("recall@10", "ndcg@10")


def as_text(report: Mapping[str, Any]) -> str:
    """Figures and targets, then tables window by window; nothing is rounded but here."""
    parts = [*_section("What was promised", targets_table(report["targets"]))]
    for key, window in report["windows"].items():
        weeks = f"weeks {window['first_week']} to {window['last_week']}"
        people = f"{window['households']:,} households ({window['audit_households']:,} audit)"
        parts += [f"{key.upper()}: {weeks}, {people}, {window['products']:,} products", ""]
        for task, found in window["tasks"].items():
            title = f"{key}, {task}: {found['households']:,} households bought {found['items']:,}"
            parts += _section(title, _lists_table(found))
            parts += _section(f"{key}, {task}: audit, hits by level, shown", _more_table(found))
            parts += _section(f"{key}, {task}: gains of relevance, paired", _gains_table(found))
        parts += _section(
            f"{key}: NDCG@10 of relevance by segment", _segments_table(window["tasks"])
        )
        for title, lines in slot_tables(window):
            parts += _section(f"{key}: {title}", lines)
        parts += _calibration_parts(key, window)
    if report["rolling"]:
        parts += _section("Rolling check, 4 weeks each", _rolling_table(report["rolling"]))
    parts += ["How it is counted", *(f"- {rule}" for rule in report["meta"]["rules"])]
    return "\n".join(parts) + "\n"


def targets_table(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Lines of the table of figures, targets and whether they are met."""
    told = {True: "yes", False: "NO", None: "not measured"}
    cells = [
        [row["window"], row["figure"], number(row["value"], 4), row["target"], told[row["met"]]]
        for row in rows
    ]
    return table(["window", "figure", "value", "target", "met"], cells, left=(0, 1, 3, 4))


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, "", *lines, ""]


def _lists_table(found: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            name,
            *(
                between(groups["households"][m])
                if m in RANKED_BY
                else number(groups["households"][m]["value"])
                for m in PRINTED
            ),
        ]
        for name, groups in found["lists"].items()
    ]
    return table(["list", *PRINTED], rows)


def _more_table(found: Mapping[str, Any]) -> list[str]:
    """Audit households, hits by level, and what all lists show together."""
    rows = []
    for name, groups in found["lists"].items():
        seen = found["shown"][name]["10"]
        rows.append(
            [
                name,
                *(between(groups["audit"][m]) for m in RANKED_BY),
                *(number(groups["households"][m]["value"], 2) for m in LEVELS),
                f"{seen['products']:,}",
                f"{seen['share_of_products']:.1%}".replace("%", " %"),
                f"{seen['sellers']:,}",
            ]
        )
    heads = [*(f"audit {m}" for m in RANKED_BY), *LEVELS.values(), "products", "of all", "sellers"]
    return table(["list", *heads], rows)


def _gains_table(found: Mapping[str, Any]) -> list[str]:
    rows = [
        [us, baseline, *(between(groups[group][m], 4) for group in groups for m in RANKED_BY)]
        for us, against in found["gains"].items()
        for baseline, groups in against.items()
    ]
    heads = ["list", "over", *RANKED_BY, *(f"audit {m}" for m in RANKED_BY)]
    return table(heads, rows, left=(0, 1))


def _segments_table(tasks: Mapping[str, Any]) -> list[str]:
    first = next(iter(tasks.values()))["segments"]
    rows = [
        [segment, level, f"{entry['households']:,}"]
        + [
            between(found["segments"][segment][level]["figures"]["ndcg@10"])
            for found in tasks.values()
        ]
        for segment, levels in first.items()
        for level, entry in levels.items()
    ]
    return table(["segment", "level", "households", *tasks], rows, left=(0, 1))


def _calibration_parts(key: str, window: Mapping[str, Any]) -> Iterator[str]:
    found = window["calibration"]
    if not found["rows"]:
        return
    lines = _agreement_table(found["bands"], "p_buy", _band)
    yield from _section(f"{key}: said and seen, {found['rows']:,} candidates", lines)
    heads = ["chance", "rows", "error in bands", "in hundredths", "slope", "intercept"]
    told = {"in force": found, "in force, audit households": found["audit"], **found["chances"]}
    lines = table(heads, [_chance_row(name, chance) for name, chance in told.items()])
    yield from _section(f"{key}: calibration of every chance", lines)
    lines = _agreement_table(found["departments"], "department", lambda g: g["department"])
    yield from _section(f"{key}: said and seen by department", lines)
    wrong = [group for group in found["bands_within_departments"] if group["agrees"] is False]
    if wrong:
        lines = _agreement_table(wrong, "where", lambda g: f"{g['department']} {_band(g)}")
        yield from _section(f"{key}: bands within departments that do not agree", lines)
    for policy, chosen in (window["selected"] or {}).items():
        for what, tenths in chosen["tenths"].items():
            lines = _agreement_table(tenths, what, lambda g: f"{g['from']:.3g} to {g['to']:.3g}")
            yield from _section(f"{key}: top ten of {policy} by tenths of {what}", lines)


def _chance_row(name: str, chance: Mapping[str, Any]) -> list[str]:
    if not chance["rows"]:
        return [name, "0", *[DASH] * 4]
    return [
        name,
        f"{chance['rows']:,}",
        between(chance["error_in_bands"], 5),
        between(chance["error_in_hundredths"], 5),
        between(chance["slope"]),
        between(chance["intercept"]),
    ]


def _agreement_table(groups: Iterable[Mapping[str, Any]], head: str, name: Any) -> list[str]:
    told = {True: "yes", False: "NO", None: "too few"}
    rows = [
        [
            name(g),
            f"{g['rows']:,}",
            number(g["said"], 4),
            number(g["seen"], 4),
            f"[{number(g['low'], 4)}, {number(g['high'], 4)}]",
            told[g["agrees"]],
        ]
        for g in groups
    ]
    return table([head, "rows", "said", "seen", "seen, 95 %", "agrees"], rows)


def _band(group: Mapping[str, Any]) -> str:
    return f"{group['from']:g} to {group['to']:g}"


def _rolling_table(rolling: Mapping[str, Any]) -> list[str]:
    rows = []
    for key, window in rolling.items():
        for task, found in window["tasks"].items():
            best = found["best_baseline"]
            for measure in RANKED_BY:
                rows.append(
                    [
                        key,
                        task,
                        measure,
                        *(
                            between(found["lists"][us]["households"][measure])
                            for us in ("relevance", best)
                        ),
                        best,
                        between(found["gains"]["relevance"][best]["households"][measure], 4),
                    ]
                )
    heads = ["window", "task", "measure", "relevance", "best baseline", "which", "gain"]
    return table(heads, rows, left=(0, 1, 2, 5))
