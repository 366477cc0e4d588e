"""Writes the measured tables of README.md from the runs that made them.

    python -m benchmarks.documents --workspace workspace --relevance workspace --uci uci --assess

`--workspace` holds a finished `greenaisle demo`; its report becomes docs/demo-report.json. `--uci`
holds a finished backtest of the UCI log, `--relevance` a finished `backtest --relevance`; its text
becomes docs/relevance.md, and `--carbon` one of `backtest --carbon`, for docs/carbon.md. `--assess`
runs the footprint assessment anew, or reads the assessment.json after it, as `greenaisle footprint
assess` keeps it.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.coverage import coverage_markdown, read_rows
from pcf_estimator.assess.everything import assess_all
from pcf_estimator.assess.show import asked_cells
from pcf_estimator.members import TREES
from pcf_estimator.seed.sources import sources_folder
from recommender.evaluation import carbon_text
from recommender.evaluation.relevance_text import as_text
from recommender.report import weightings_markdown

LEFT_OUT = ("segments", "fairness", "costs")  # of the committed report: megabytes of small cells
ROOT = Path(__file__).parent.parent
DATA = ("seed", "agribalyse")
SPLITS = ("grouped", "leave category out")
METHODS = ("median", "category mean", "knn-5", *TREES, "blend", "estimate")
COLUMNS = {
    "pairwise_accuracy": "Pairwise accuracy in category",
    "median_ape": "Median abs. % error",
    "log10_rmse": "log10 RMSE",
    "within_factor_2": "Within factor 2",
    "coverage": "80 % range holds",
    "worst_category_coverage": "in the worst category",
}


def assessment_lines(found: dict[str, Any]) -> list[str]:
    """A Markdown table of splits and methods."""
    lines = [f"| Data | Split | Method | {' | '.join(COLUMNS.values())} |"]
    lines.append("|" + "---|" * (3 + len(COLUMNS)))
    for result in (found[name] for name in DATA if name in found):
        for split in SPLITS:
            for method in METHODS:
                cells = (result["splits"][split][method][figure] for figure in COLUMNS)
                shown = " | ".join("" if cell is None else f"{cell:.3f}" for cell in cells)
                lines.append(f"| {result['name']} | {split} | {method} | {shown} |")
    return lines


def target_lines(found: dict[str, Any]) -> list[str]:
    """A Markdown table of what was asked of each figure and what was found."""
    lines = ["| Figure | Asked | Found | Met | Beside |", "|---|---|---|---|---|"]
    for name, figure in found["asked"].items():
        lines.append(f"| {name} | {' | '.join(asked_cells(figure))} |")
    return lines


def uci_lines(report: dict[str, Any]) -> list[str]:
    """Relevance beside popularity and habit on the UCI log, and its footprints by tier."""
    figures = report["policies"]["relevance"]["tasks"]
    lines = [
        "| Task | List | NDCG@10 | recall@10 | relevance gains in NDCG@10 |",
        "|---|---|---|---|---|",
    ]
    for task, lists in report["meta"]["baselines"].items():
        ours = figures[task]["figures"]
        levels = (f"{ours[figure]['value']:.3f}" for figure in ("ndcg", "recall"))
        lines.append(f"| {task} | relevance | {' | '.join(levels)} | |")
        for name, scores in lists.items():
            gain = scores["ndcg"]
            lines.append(
                f"| {task} | {name} | {gain['value']:.3f} | {scores['recall']['value']:.3f} | "
                f"{gain['relevance_gains']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}] |"
            )
    tiers = ", ".join(f"{tier} {count:,}" for tier, count in report["meta"]["tiers"].items())
    return [*lines, "", f"Its {report['meta']['products']:,} products by tier: {tiers}."]


def relevance_lines(report: dict[str, Any]) -> list[str]:
    """Relevance beside every baseline on the test weeks: recall and NDCG at 10, by task."""
    tasks = report["windows"]["test"]["tasks"]
    lines = [f"| R / N at 10 | {' | '.join(tasks)} |", "|" + "---|" * (len(tasks) + 1)]
    for name in tasks["4 weeks, all"]["lists"]:
        cells = []
        for task in tasks.values():
            found = task["lists"].get(name, {}).get("households")
            pair = (
                (found[f"{figure}@10"]["value"] for figure in ("recall", "ndcg")) if found else ()
            )
            cells.append(" / ".join(f"{value:.4f}" for value in pair))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def relevance_target_lines(report: dict[str, Any]) -> list[str]:
    """What was asked of relevance, and what the validation and the test weeks gave."""
    keys = list(report["windows"])
    rows: dict[str, dict[str, Any]] = {}
    for row in report["targets"]:
        if row["value"] is not None:
            rows.setdefault(row["figure"], {"target": row["target"]})[row["window"]] = row
    lines = [f"| Figure | Asked | {' | '.join(keys)} |", "|" + "---|" * (len(keys) + 2)]
    for figure, found in rows.items():
        cells = []
        for key in keys:
            row = found.get(key)
            met = "" if row is None or row["met"] else " (missed)"
            cells.append("" if row is None else f"{row['value']:.4g}{met}")
        lines.append(f"| {figure} | {found['target']} | {' | '.join(cells)} |")
    return lines


def carbon_lines(report: dict[str, Any]) -> list[str]:
    """What was asked of carbon cuts and what was found; the curve is in docs/carbon.md."""
    heads = ["Optimiser", "What", "Asked", "Best point", "Realised", "Claimed", "NDCG@10", "Met"]
    return _markdown(heads, [carbon_text.target_cells(row) for row in report["targets"]])


def _markdown(heads: list[str], rows: list[list[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def put(readme: str, name: str, lines: list[str]) -> str:
    """`readme` with the block `name` replaced."""
    block = f"<!-- {name}: begin -->\n" + "\n".join(lines).strip() + f"\n<!-- {name}: end -->"
    return re.sub(
        rf"<!-- {name}: begin -->.*?<!-- {name}: end -->", lambda _: block, readme, flags=re.S
    )


def what_if_lines(workspace: Path) -> list[str]:
    """A Markdown table of the simulations that a workspace holds: total kg, and money."""
    lines = [
        "| Policy | Scenario | Total kg CO2e | with rebound | of it the weighting | Revenue | "
        "Margin |",
        "|---|---|---|---|---|---|---|",
    ]
    for path in sorted((workspace / "simulation").glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        for run, figures in facts["runs"].items():
            months = facts["scenario"].get("horizon_months", 0)
            when = f", month {months}" if run == "long" else ""
            part = facts["of_the_policy"][run]
            cells = (
                figures["kg_total"],
                figures["kg_total_with_rebound"],
                part["kg_total"],
                figures["revenue"],
                figures["margin"],
            )
            name = f"{facts['scenario']['name']}{when}"
            lines.append(f"| {facts['policy']} | {name} | {' | '.join(map(_change, cells))} |")
    return lines


def _change(figure: dict[str, float | None]) -> str:
    """A change in percent to two digits, with its range.

    >>> _change({"change": -0.0188, "change_low": -0.036, "change_high": 0.004})
    '-1.9 % [-3.6, +0.4]'
    """
    change, low, high = (figure[key] for key in ("change", "change_low", "change_high"))
    if change is None or low is None or high is None:
        return "–"

    def points(share: float) -> str:
        digits = 2 if abs(change) < 0.005 else 1
        return f"{100 * share + 0.0:+.{digits}f}"

    return f"{points(change)} % [{points(low)}, {points(high)}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--uci", type=Path)
    parser.add_argument("--relevance", type=Path, metavar="WORKSPACE")
    parser.add_argument("--carbon", type=Path, metavar="WORKSPACE")
    parser.add_argument("--assess", type=Path, nargs="?", const=Path(), metavar="FILE")
    chosen = parser.parse_args()
    blocks: dict[str, list[str]] = {}
    if chosen.workspace:
        text = (chosen.workspace / "report.json").read_text(encoding="utf-8")
        report = json.loads(text)
        kept = {key: part for key, part in report.items() if key not in LEFT_OUT}
        text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
        (ROOT / "docs" / "demo-report.json").write_text(text, encoding="utf-8")
        blocks["weightings"] = weightings_markdown(report)
        blocks["what-if"] = what_if_lines(chosen.workspace)
    if chosen.uci:
        report = json.loads((chosen.uci / "report.json").read_text(encoding="utf-8"))
        blocks["uci"] = uci_lines(report)
    if chosen.relevance:
        path = chosen.relevance / "relevance_report" / "report.json"
        report = json.loads(path.read_text(encoding="utf-8"))
        blocks["relevance"] = relevance_lines(report)
        blocks["relevance-targets"] = relevance_target_lines(report)
        text = "# How good relevance is\n\nWritten by `python -m benchmarks.documents`.\n\n"
        text += "```\n" + as_text(report).strip() + "\n```\n"
        (ROOT / "docs" / "relevance.md").write_text(text, encoding="utf-8")
    if chosen.carbon:
        path = chosen.carbon / "carbon_report" / "report.json"
        report = json.loads(path.read_text(encoding="utf-8"))
        blocks["carbon-cuts"] = carbon_lines(report)
        text = "# Carbon cuts, claimed and realised\n\n"
        text += "Written by `python -m benchmarks.documents`.\n\n"
        text += "```\n" + carbon_text.as_text(report).strip() + "\n```\n"
        (ROOT / "docs" / "carbon.md").write_text(text, encoding="utf-8")
    rows, notes = read_rows(ROOT / "docs" / "coverage.json")
    text = "# How far intervals and estimates can be trusted\n\n"
    text += "Written by `python -m benchmarks.documents` from docs/coverage.json, which\n"
    text += "`python -m benchmarks coverage` makes.\n\n"
    text += coverage_markdown(rows, notes).strip() + "\n"
    (ROOT / "docs" / "coverage.md").write_text(text, encoding="utf-8")
    if chosen.assess is not None:
        if chosen.assess == Path():
            found = assess_all(sources_folder())
        else:
            found = json.loads(chosen.assess.read_text(encoding="utf-8"))
        text = json.dumps(found, indent=1, allow_nan=False) + "\n"
        (ROOT / "data" / "assessment.json").write_text(text, encoding="utf-8")
        blocks["assessment"] = assessment_lines(found)
        blocks["footprint-targets"] = target_lines(found)
    path = ROOT / "README.md"
    readme = path.read_text(encoding="utf-8")
    for name, lines in blocks.items():
        readme = put(readme, name, lines)
    path.write_text(readme, encoding="utf-8")


if __name__ == "__main__":
    main()
