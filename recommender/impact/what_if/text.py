"""A what-if run on the terminal: a table, a chart in letters, the assumptions and the notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

CHART_WIDTH = 60
Facts = Mapping[str, Any]


def percent(estimate: Mapping[str, Any] | None) -> str:
    """A change with its range, in per cent; a dash where there is none.

    >>> percent({"change": -0.0123, "change_low": -0.02, "change_high": 0.001})
    '-1.23 % (-2.00 to +0.10)'
    """
    if estimate is None or estimate.get("change") is None:
        return "–"
    one = f"{_signed(estimate['change'])} %"
    if estimate["change_low"] is None:
        return one
    return f"{one} ({_signed(estimate['change_low'])} to {_signed(estimate['change_high'])})"


def level(number: float | None) -> str:
    """A level for the screen; a dash where there is none.

    >>> level(1234.567), level(None)
    ('1,235', '–')
    """
    return "–" if number is None else f"{number:,.4g}"


def last_run(facts: Facts) -> str:
    """The long run where there is one."""
    return "long" if "long" in facts["runs"] else "short"


def figures_table(facts: Facts) -> Table:
    """A row a figure: the baseline's level, the changes of both runs, the observed one beside."""
    scenario, window = facts["scenario"], facts["window"]
    table = Table(
        title=f"What if: {facts['policy']} (version {facts['policy_version']}) under "
        f"{scenario['name']} (version {scenario['version']}), as of week "
        f"{window['first_week'] - 1}\nlevels per household in four weeks; changes in % against "
        f"{facts['baseline']} with {facts['coverage']:.0%} of {facts['draws']} draws",
        box=None,
        pad_edge=False,
    )
    table.add_column("figure")
    runs = {"short run": facts["runs"]["short"]}
    if "long" in facts["runs"]:
        runs[f"long run, month {scenario['horizon_months']}"] = facts["runs"]["long"]
    runs[f"the policy's part, {last_run(facts)}"] = facts["of_the_policy"][last_run(facts)]
    for name in (f"{facts['baseline']} now", *runs, "observed: hits, 95 %"):
        table.add_column(name, justify="right")
    for name in runs["short run"]:
        table.add_row(
            name.replace("_", " "),
            level(runs["short run"][name]["baseline"]),
            *(_compact(run[name]) for run in runs.values()),
            _compact(facts["observed"].get(name)),
        )
    return table


def change_chart(facts: Facts, width: int = CHART_WIDTH) -> str:
    """The changes as lines of letters: o the middle, dashes nine tenths of the draws, | no change.

    Of the long run where there is one.
    """
    run = last_run(facts)
    rows = {n: r for n, r in facts["runs"][run].items() if r["change"] is not None}
    if not rows:
        return ""
    reach = max(abs(r[end]) for r in rows.values() for end in ("change_low", "change_high"))
    reach = reach or 0.01
    first = max(len(name) for name in rows)

    def place(change: float) -> int:
        return round((change / reach + 1.0) / 2.0 * (width - 1))

    lines = [f"change in the {run} run, from {-100 * reach:.2f} % to {100 * reach:+.2f} %"]
    for name, row in rows.items():
        line = [" "] * width
        for at in range(place(row["change_low"]), place(row["change_high"]) + 1):
            line[at] = "-"
        line[place(0.0)] = "|"
        line[place(row["change"])] = "o"
        lines.append(f"{name.replace('_', ' '):<{first}} {''.join(line)}".rstrip())
    return "\n".join(lines)


def assumptions_table(facts: Facts) -> Table:
    """Every range with its source."""
    table = Table(title="Assumed, as ranges")
    for name in ("parameter", "low", "high", "unit", "source"):
        table.add_column(name, justify="right" if name in ("low", "high") else "left")
    for row in facts["scenario"]["assumptions"]:
        table.add_row(
            row["parameter"].replace("_", " "),
            f"{row['low']:.3g}",
            f"{row['high']:.3g}",
            row["unit"],
            row["source"],
        )
    return table


def words(facts: Facts) -> str:
    """The headline, the sellers, what the spread hangs on, and the notes."""
    sellers = facts["sellers"]
    lines = [
        headline(facts),
        f"Sellers: {sellers['gain']:,} of {sellers['sellers']:,} gain and {sellers['lose']:,} lose "
        f"income in nine tenths of the draws or more; {sellers['left']:.0f} leave.",
    ]
    told = [row for row in facts["drivers"] if row["share"] >= 0.05]
    if told:
        lines.append(
            "The spread of total kg hangs on "
            + ", ".join(f"{r['parameter'].replace('_', ' ')} ({r['share']:.0%})" for r in told)
            + "."
        )
    return "\n".join(
        [*lines, "", change_chart(facts), "", *(f"- {note}" for note in facts["notes"])]
    )


def headline(facts: Facts) -> str:
    """The run in a sentence: total kg, margin and revenue, of the last run."""
    run = last_run(facts)
    row = facts["runs"][run]
    return (
        f"Under {facts['scenario']['name']}, {facts['policy']} changes total carbon by "
        f"{percent(row['kg_total_with_rebound'])} with rebound, margin by {percent(row['margin'])} "
        f"and revenue by {percent(row['revenue'])} in the {run} run. Against {facts['baseline']} "
        f"slates under the same scenario it changes total carbon by "
        f"{percent(facts['of_the_policy'][run]['kg_total'])}; its slates alone, without any "
        f"reaction, by {percent(facts['slates_alone']['kg_total'])}."
    )


def _compact(estimate: Mapping[str, Any] | None) -> str:
    return percent(estimate).replace(" %", "").replace(" to ", ", ")


def _signed(share: float) -> str:
    return f"{100 * share:+.2f}"
