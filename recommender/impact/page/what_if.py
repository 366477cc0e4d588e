"""The what-if layer: what a response model says of each scenario, and what it assumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.page.charts import panels
from recommender.impact.page.html import (
    Content,
    Html,
    badge,
    bullets,
    clean,
    folded,
    inside,
    name,
    paragraph,
    section,
    table,
    tag,
)
from recommender.impact.page.svg import figure
from recommender.impact.page.tables import change_cell, level_cell, records
from recommender.impact.page.words import (
    NO_BREAK,
    about,
    level,
    listed,
    sentence,
    spelled,
)

MOST_TOLD = 4

DRAWN = ("revenue", "margin", "kg_total", "kg_per_order", "small_sellers_income")

ORDER = (
    *("revenue", "margin", "purchases", "kg_total", "kg_rebound", "kg_total_with_rebound"),
    *("kg_per_order", "kg_functional", "small_sellers_income", "seller_gini"),
)
RUNS = {"short": "short run", "long": "long run"}

WORDS = {
    "kg_total": "total kg",
    "kg_per_order": "kg per order",
    "small_sellers_income": "small sellers",
}


def what_if_section(answers: Sequence[Mapping[str, Any]]) -> Html:
    """A part per scenario: what it assumes, what it does to each policy's figures, and why."""
    title = "What if shoppers and sellers respond"
    if not answers:
        return section(
            "what-if", title,
            paragraph("No scenario was run for these policies. greenaisle simulate --policy … "
                      "--scenario … makes one; its answers then stand here."),
            layer="what if",
        )  # fmt: skip
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for answer in answers:
        scenario = answer.get("scenario", {})
        key = (str(scenario.get("name", "unnamed")), str(scenario.get("version", "")))
        groups.setdefault(key, []).append(answer)
    return section(
        "what-if",
        title,
        paragraph(
            "Made by a response model, not seen: every range below spreads over the assumptions "
            "printed with it and the footprints’ own ranges. Total kg stands beside kg per order, "
            "since a lighter list that sells more can still emit more."
        ),
        *(_scenario(mine) for mine in groups.values()),
        layer="what if",
    )


def _scenario(answers: Sequence[Mapping[str, Any]]) -> Html:
    scenario = answers[0].get("scenario", {})
    return inside(
        tag("h3", "Scenario ", name(scenario.get("name", "unnamed")), " ",
            tag("small", f"v{clean(scenario.get('version', '?'))}")),
        paragraph(clean(scenario.get("description", ""), 600)),
        _scenario_chart(answers),
        *(_answer(answer) for answer in answers),
        _assumptions(scenario.get("assumptions", [])),
    )  # fmt: skip


def _scenario_chart(answers: Sequence[Mapping[str, Any]]) -> Html:
    keys = [key for key in DRAWN if any(key in run for a in answers for run in runs_of(a).values())]
    rows = [
        {
            "label": answer["policy"], "column": spelled(WORDS.get(key, key)),
            "kind": RUNS.get(run, run),
            "value": figures[key]["change"], "low": figures[key]["change_low"],
            "high": figures[key]["change_high"],
        }
        for answer in answers
        for run, figures in runs_of(answer).items()
        for key in keys
        if key in figures and figures[key].get("change") is not None
    ]  # fmt: skip
    if not rows:
        return paragraph("This scenario changes nothing that can be compared.")
    told = []
    for answer in answers:
        for run, figures in runs_of(answer).items():
            if "kg_total" in figures:
                said = about("total kg", figures["kg_total"])
                told.append(f"under {clean(answer['policy'])} ({RUNS.get(run, run)}), {said}")
    shown = sentence("; ".join(told[:MOST_TOLD]) or "total kg is not part of this answer")
    note = "Circle: short run. Diamond: long run. Hollow: the range holds 0."
    columns = list(dict.fromkeys(row["column"] for row in rows))
    return figure(panels(rows, columns), shown, note=note)


def _answer(answer: Mapping[str, Any]) -> Html:
    runs, observed = runs_of(answer), answer.get("observed") or {}
    keys = list(dict.fromkeys(key for figures in runs.values() for key in figures))
    keys.sort(key=lambda key: ORDER.index(key) if key in ORDER else len(ORDER))
    meaning = answer.get("figures", {})
    part = runs_of({"runs": answer.get("of_the_policy") or {}})
    body = []
    for key in keys:
        entry = meaning.get(key, {})
        body.append(
            (
                inside(clean(entry.get("meaning", spelled(key))),
                       tag("small", clean(entry.get("unit", "")))),
                *(change_cell(figures.get(key)) for figures in runs.values()),
                *(change_cell(figures.get(key)) for figures in part.values()),
                *(level_cell(figures.get(key)) for figures in runs.values()),
                _nearest(observed.get(key)),
            )
        )  # fmt: skip
    heads = [
        "Figure",
        *(f"change, {RUNS.get(run, run)}" for run in runs),
        *(f"of it the weighting, {RUNS.get(run, run)}" for run in part),
        *(f"level, {RUNS.get(run, run)}" for run in runs),
        inside("nearest, ", badge("observed")),
    ]
    caption = inside(
        name(answer["policy"]),
        f" v{clean(answer.get('policy_version', '?'))} · What if · "
        f"{window_of(answer.get('window'))} · {100 * answer.get('coverage', 0.9):.0f}{NO_BREAK}% "
        f"of {answer.get('draws', 0):,} draws, seed {clean(answer.get('seed', '–'))} · changes "
        f"against {clean(answer.get('baseline', 'relevance'))}",
    )
    more: list[Content] = [table(caption, heads, body), _sellers_said(answer)]
    moves = (answer.get("sellers") or {}).get("largest_moves", [])
    if moves:
        rows = [{"seller": m.get("seller_id"), **_moved(m)} for m in moves]
        more.append(folded("Sellers whose income moves most", _moves_table(rows, caption)))
    for key, title in (("drivers", "What the range comes from"), ("departments", "By department")):
        if answer.get(key):
            more.append(folded(title, records(inside(caption, f" · {title}"), answer[key])))
    more.append(bullets(clean(note, 500) for note in answer.get("notes", [])))
    return inside(*more)


def runs_of(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The figures of each run of an answer, the short run first."""
    runs: Mapping[str, Mapping[str, Any]] = answer["runs"]
    return {run: runs[run] for run in sorted(runs, key=lambda run: list(RUNS).index(run)
            if run in RUNS else len(RUNS))}  # fmt: skip


def _moved(move: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "change": move.get("income_change"),
        "change_low": move.get("low"),
        "change_high": move.get("high"),
    }


def _moves_table(rows: Sequence[Mapping[str, Any]], caption: Content) -> Html:
    return table(
        caption, ["Seller", "Change of income"], [(name(r["seller"]), change_cell(r)) for r in rows]
    )


def _sellers_said(answer: Mapping[str, Any]) -> Html:
    sellers = answer.get("sellers") or {}
    words = {"gain": "gain", "lose": "lose", "left": "leave", "entered": "enter"}
    said = [
        f"{level(sellers[key])} {verb}"
        for key, verb in words.items()
        if sellers.get(key) is not None
    ]
    total = f"{sellers['sellers']:,} " if sellers.get("sellers") else ""
    when = f" in the {RUNS[sellers['run']]}" if sellers.get("run") in RUNS else ""
    return paragraph(f"Of the {total}sellers, about {listed(said)}{when}.") if said else Html("")


def _nearest(estimate: Mapping[str, Any] | None) -> Content:
    """The nearest figure of the backtest, with its name: of what stood on lists, not of all."""
    if not estimate:
        return "–"
    named = estimate.get("figure")
    return inside(change_cell(estimate), named and tag("small", clean(named)))


def _assumptions(rows: Sequence[Mapping[str, Any]]) -> Html:
    if not rows:
        return paragraph("This scenario assumes nothing beyond the defaults.")
    body = [
        (
            inside(clean(row.get("words") or spelled(row["parameter"]), 400),
                   tag("small", clean(row["parameter"]))),
            f"{level(row.get('low'))} to {level(row.get('high'))}",
            clean(row.get("unit") or ""),
            clean(row.get("source") or "an assumption of ours", 400),
        )
        for row in rows
    ]  # fmt: skip
    heads = ["Assumed", "Range", "Unit", "Source"]
    return folded("What this scenario assumes, and from where",
                  table("Assumptions · ranges, not findings of this shop", heads, body,
                        words=[0, 2, 3]), opened=True)  # fmt: skip


def window_of(window: Any) -> str:
    if isinstance(window, Mapping):
        if "first_week" in window and "last_week" in window:
            return f"weeks {window['first_week']} to {window['last_week']}"
        return ", ".join(f"{spelled(k)} {clean(v)}" for k, v in window.items())
    if isinstance(window, list | tuple):
        return " to ".join(clean(end) for end in window)
    return clean(window) if window else "window not named"


def brief_section(
    what_if: Sequence[Mapping[str, Any]], measured: Sequence[Mapping[str, Any]]
) -> Html | None:
    """The other two layers in a sentence each, for the first page; None where neither is there."""
    lines: list[Content] = []
    for answer in what_if:
        for run, figures in runs_of(answer).items():
            said = [
                about(words, figures[key])
                for key, words in (("kg_total", "total kg"), ("revenue", "revenue"))
                if key in figures
            ]
            if said:
                scenario = name(answer.get("scenario", {}).get("name", "unnamed"))
                run_words = f", {RUNS.get(run, run)}: {' and '.join(said)}."
                lines.append(
                    inside(badge("what if"), " ", name(answer["policy"]), ", scenario ", scenario,
                           run_words)
                )  # fmt: skip
    for answer in measured:
        first, _, _ = clean(answer["verdict"], 3000).partition(". ")
        lines.append(inside(badge("measured"), " ", sentence(first)))
    if not lines:
        return None
    return section("brief", "In the other two layers", bullets(lines))
