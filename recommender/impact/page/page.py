"""The backtest's report as one HTML page that opens anywhere: no script, no request, no fonts.

First what a director reads, then every figure. The three layers stand in dresses of their own:
observed, what if and measured are never mixed in a table without saying so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recommender.impact.page.carbon import footprints_section, split_section
from recommender.impact.page.director import first_page
from recommender.impact.page.html import Html, badge, clean, inside, paragraph, tag
from recommender.impact.page.measured import measured_section
from recommender.impact.page.method import method_section, sources_section, versions_section
from recommender.impact.page.observed import every_figure, moves_section, variety_section
from recommender.impact.page.people import costs_section, fairness_section
from recommender.impact.page.segments import segments_section
from recommender.impact.page.sellers import sellers_section
from recommender.impact.page.style import STYLE, theme_choice
from recommender.impact.page.trust import calibration_section, certificates_section
from recommender.impact.page.what_if import brief_section, what_if_section
from recommender.impact.page.words import rounded, window_words

# nothing may be loaded or run: only the style and the drawings inside the file
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
PARTS = {
    "overview": "Overview",
    "cost": "Costs and gains",
    "split": "CO2e split",
    "footprints": "How far CO2e holds",
    "sellers": "Sellers",
    "variety": "Variety",
    "segments": "Segments",
    "fairness": "Fairness",
    "costs": "Costs",
    "what-if": "What if",
    "measured": "Measured",
    "calibration": "Calibration",
    "figures": "Every figure",
    "certificates": "Certificates",
    "method": "Method",
    "versions": "Policies",
    "sources": "Sources",
}


def report_html(
    report: Mapping[str, Any],
    *,
    what_if: Sequence[Mapping[str, Any]] = (),
    measured: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The whole page for a backtest's report, whose schema is that of `recommender.backtest`.

    `what_if` are answers of `greenaisle simulate`, `measured` those of `greenaisle outcome`, both
    as their JSON holds them. What a report lacks is said where a reader would look for it. Names
    and texts from data are escaped; nothing in the page loads or runs.
    """
    report = rounded(report)
    what_if, measured = rounded(list(what_if)), rounded(list(measured))
    sections = (
        first_page(report, what_if, measured),
        brief_section(what_if, measured),
        moves_section(report),
        split_section(report),
        footprints_section(report),
        sellers_section(report),
        variety_section(report),
        segments_section(report),
        fairness_section(report),
        costs_section(report),
        what_if_section(what_if),
        measured_section(measured),
        calibration_section(report),
        every_figure(report),
        certificates_section(report),
        method_section(report),
        versions_section(report),
        sources_section(report),
    )
    title = "The impact of every weighting"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title}: {clean(report['meta'].get('shop', 'a shop'))}"),
        Html(f"<style>{STYLE}</style>"),
    )
    body = tag("body", _opening(report, title), tag("main", *sections), _closing(report))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _opening(report: Mapping[str, Any], title: str) -> Html:
    meta = report["meta"]
    window = window_words(meta)
    layers = inside(
        badge("observed"), " what held-out purchases say; ",
        badge("what if"), " what a response model says, as ranges; ",
        badge("measured"), " what a before-and-after comparison found.",
    )  # fmt: skip
    where = f"{clean(meta.get('shop', 'A shop'))}{', ' + window if window else ''}"
    links = [tag("li", tag("a", words, href=f"#{key}")) for key, words in PARTS.items()]
    return inside(
        tag(
            "header",
            theme_choice(),
            tag("h1", title),
            paragraph(where, cls="lead"),
            paragraph("Every figure is of one of three layers: ", layers),
        ),
        tag("nav", tag("ul", links), aria_label="Parts of this page"),
    )


def _closing(report: Mapping[str, Any]) -> Html:
    meta = report["meta"]
    return tag(
        "footer",
        f"The same figures as data: report.json and report.parquet beside this file. Changes are "
        f"against {clean(meta['baseline'])}; intervals hold {meta['coverage'] * 100:.0f} %.",
    )
