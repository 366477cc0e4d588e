"""The event study as a page that opens anywhere, offline: a drawing, its sentence, its figures."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from recommender.impact.outcome.outcome import Outcome
from recommender.impact.outcome.words import verdict
from recommender.workspace import write_table, write_text

WIDE, HIGH, EDGE = 760.0, 300.0, 56.0
STYLE = (
    ":root{color-scheme:light dark;--ink:#1c2733;--paper:#fff;--faint:#9aa7b4;--mark:#0b6e4f}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e7edf3;--paper:#11171d;--faint:#5d6b78;"
    "--mark:#5fd3a6}}body{font-family:sans-serif;max-width:820px;margin:24px auto;padding:0 16px;"
    "background:var(--paper);color:var(--ink);line-height:1.5}svg{width:100%;height:auto}"
    "text{fill:var(--ink);font-size:12px}table{border-collapse:collapse;font-size:13px}"
    "td,th{padding:3px 10px;text-align:right;border-bottom:1px solid var(--faint)}"
)


def event_sentence(found: Outcome) -> str:
    """What the drawing shows."""
    rows = found.by_period
    before, since = rows[rows["period"] < 0], rows[rows["period"] >= 0]
    apart = int(((before["low"] > 0) | (before["high"] < 0)).sum())
    seen = int(((since["low"] > 0) | (since["high"] < 0)).sum())
    return (
        f"Treated against untreated {found.panel.names.nouns}, period by period: {apart} of "
        f"{len(before)} periods before the start and {seen} of {len(since)} from it on have a "
        f"95 % interval without 0."
    )


def event_svg(found: Outcome) -> str:
    """Effects by period with 95 % intervals: hollow before the start, full from it on."""
    rows = found.by_period
    low = min(0.0, float(rows[["effect", "low"]].min().min()))
    high = max(0.0, float(rows[["effect", "high"]].max().max()))
    first, last = int(rows["period"].min()), int(rows["period"].max())
    across = (WIDE - 2 * EDGE) / max(1, last - first)
    up = (HIGH - 2 * EDGE) / ((high - low) or 1.0)

    def x(period: float) -> float:
        return EDGE + across * (period - first)

    def y(value: float) -> float:
        return HIGH - EDGE - up * (value - low)

    drawn = [
        f'<line x1="{EDGE}" x2="{WIDE - EDGE}" y1="{y(0):.1f}" y2="{y(0):.1f}" '
        f'stroke="var(--ink)"/>',
        f'<line x1="{x(-0.5):.1f}" x2="{x(-0.5):.1f}" y1="{EDGE / 2}" y2="{HIGH - EDGE}" '
        f'stroke="var(--faint)" stroke-dasharray="4 4"/>',
        f'<text x="{EDGE}" y="{HIGH - 8}">periods since the start</text>',
        f'<text x="{EDGE}" y="16">{escape(found.panel.names.outcome)} per '
        f"{escape(found.panel.names.noun)}: effect, 95 % interval</text>",
    ]
    drawn += [
        f'<text x="{EDGE - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        for value in sorted({low, 0.0, high})
    ]
    for row in rows.to_dict("records"):
        at, fill = x(row["period"]), "var(--paper)" if row["period"] < 0 else "var(--mark)"
        if row["low"] == row["low"]:
            drawn.append(
                f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y(row["low"]):.1f}" '
                f'y2="{y(row["high"]):.1f}" stroke="var(--mark)" stroke-width="2"/>'
            )
        said = f"period {row['period']:+d}: {row['effect']:.3g} ({row['low']:.3g} to "
        drawn.append(
            f'<circle cx="{at:.1f}" cy="{y(row["effect"]):.1f}" r="4" fill="{fill}" '
            f'stroke="var(--mark)" stroke-width="2"><title>{said}{row["high"]:.3g})</title>'
            f"</circle>"
        )
        if across >= 24 or row["period"] % 4 == 0:
            drawn.append(
                f'<text x="{at:.1f}" y="{HIGH - EDGE + 20:.1f}" text-anchor="middle">'
                f"{row['period']}</text>"
            )
    return (
        f'<svg viewBox="0 0 {WIDE:.0f} {HIGH:.0f}" role="img" aria-label='
        f'"{escape(event_sentence(found))}">{"".join(drawn)}</svg>'
    )


def outcome_page(found: Outcome) -> str:
    """One HTML page without scripts."""
    head = "".join(f"<th>{name}</th>" for name in found.by_period)
    body = "".join(
        "<tr>" + "".join(f"<td>{value:.4g}</td>" for value in row) + "</tr>"
        for row in found.by_period.itertuples(index=False)
    )
    title = f"Measured: {escape(found.panel.names.outcome)}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<p>{escape(verdict(found))}</p>\n"
        f"{event_svg(found)}\n<p>{escape(event_sentence(found))} Hollow points, before the start, "
        f"are against all earlier periods; full ones against all periods before it.</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n</body></html>\n"
    )


def write_outcome(found: Outcome, folder: Path) -> list[Path]:
    """Writes outcome.json, outcome.html and by_period.parquet into `folder`; returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    facts, page, table = (folder / n for n in ("outcome.json", "outcome.html", "by_period.parquet"))
    write_text(facts, json.dumps(found.facts(), indent=1, sort_keys=True, allow_nan=False))
    write_text(page, outcome_page(found))
    write_table(table, found.by_period)
    return [facts, page, table]
