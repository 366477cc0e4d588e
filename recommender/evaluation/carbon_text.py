"""The report of carbon cuts as plain tables for the terminal and for docs/carbon.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recommender.evaluation.carbon_points import INSIDE
from recommender.evaluation.carbon_targets import ASKED, EVERYDAY, UNSEEN, best_point
from recommender.evaluation.plain_tables import DASH, number, table
from recommender.rescoring import CLAIMED, FLOW, REALISED

OPTIMISERS = {
    UNSEEN: "footprints that share no source with the judge's",
    EVERYDAY: "the shop's everyday footprints, sources partly shared with the judge's",
}
TOLD = {True: "yes", False: "NO", None: "not measured"}
Point = Mapping[str, Any]


def as_text(report: Mapping[str, Any]) -> str:
    """Targets, then for each optimiser its curves; nothing is rounded but here."""
    meta = report["meta"]
    parts = _section("What was asked and found", targets_table(report["targets"]))
    parts += [
        f"Weeks {meta['first_week']} to {meta['last_week']}, {meta['households']:,} households "
        f"({meta['judged']:,} bought something, {meta['audit_households']:,} audit), slates of "
        f"{meta['places']}, 95 % ranges of {meta['draws']:,} household draws, all paired with the "
        f"relevance slates of the same candidates. Judged by {', '.join(meta['judges'])}.",
        "",
    ]
    for name, found in report["optimisers"].items():
        parts += _optimiser(name, found)
    return "\n".join([*parts, "How it is counted", "", *(f"- {r}" for r in RULES)]) + "\n"


def targets_table(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Lines of the table of what was asked, the best point, and whether it is met."""
    heads = ["optimiser", "what", "asked", "best point", "realised", "claimed", "NDCG@10", "met"]
    return table(heads, [target_cells(row) for row in rows], left=(0, 1, 2, 3, 7))


def target_cells(row: Mapping[str, Any]) -> list[str]:
    """One target as cells; a row of floors counts floors, the others are changes."""
    counts = row["target"] == "none"
    beyond = ", beyond sellers' floors" if row["floors"] and not counts else ""
    met = TOLD[row["met"]]
    if row["met"] is False and row["missed_by"] is not None:
        met = f"NO, by {number(100 * row['missed_by'], 1)} points"
    if row["against_chance"]:
        met += f"; sign unsure by {', '.join(row['against_chance'])}"
    return [
        row["optimiser"],
        row["figure"] + beyond,
        row["target"],
        row["point"] or ("" if counts else "none within the loss"),
        f"{row['value']['value']:.0f}" if counts else percent(row["value"]),
        percent(row["claimed"], ranged=False),
        percent(row["ndcg"], 2),
        met,
    ]


def curve_cells(points: Iterable[Point]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a curve: what each point costs, claims and realises."""
    heads = ["point", "NDCG@10", "DCG", "items", "needs", "claimed", "realised"]
    heads += ["of it mix", "substitution", "fixed mix claimed", "fixed mix realised"]
    rows = []
    for point in points:
        claimed, realised = (point["carbon"][side][FLOW] for side in (CLAIMED, REALISED))
        relevance = point["relevance"]
        rows.append(
            [
                point["point"],
                percent(relevance["ndcg"], 2),
                *(percent(relevance[f], 2, ranged=False) for f in ("dcg", "hits", "hits_need")),
                percent(claimed["per purchase"], ranged=False),
                percent(realised["per purchase"]),
                *(percent(realised[figure], ranged=False) for figure in ("mix", "substitution")),
                percent(claimed["fixed mix"], ranged=False),
                percent(realised["fixed mix"]),
            ]
        )
    return heads, rows


def percent(
    estimate: Mapping[str, float | None] | None, digits: int = 1, *, ranged: bool = True
) -> str:
    """A relative change for a reader, with its range where there is one.

    >>> percent({"value": -0.087, "low": -0.1, "high": -0.07})
    '−8.7 % [−10.0, −7.0]'
    """
    if estimate is None or estimate["value"] is None:
        return DASH
    value, low, high = (
        None if estimate[end] is None else number(100 * (estimate[end] or 0.0), digits)
        for end in ("value", "low", "high")
    )
    return f"{value} %" + (f" [{low}, {high}]" if ranged and low is not None else "")


def main_need(point: Point) -> str:
    """The need that the cut at fixed mix comes from, in a sentence; "" where there is no cut.

    >>> needs = [{"need": "meat", "share": 0.06, "fixed_mix": -0.09, "per_purchase": -0.1}]
    >>> flow = {"fixed mix": {"value": -0.1}}
    >>> print(main_need({"point": "a", "needs": needs, "carbon": {"realised": {"flow": flow}}}))
    a: 90 % of the cut at fixed mix is in the need "meat" (6.0 % of the purchases)
    """
    total = point["carbon"][REALISED][FLOW]["fixed mix"]["value"]
    if not point["needs"] or not total or total >= 0:
        return ""
    first = point["needs"][0]
    return (
        f"{point['point']}: {100 * first['fixed_mix'] / total:.0f} % of the cut at fixed mix is in "
        f'the need "{first["need"]}" ({100 * first["share"]:.1f} % of the purchases)'
    )


def _optimiser(name: str, found: Mapping[str, Any]) -> Iterator[str]:
    points = found["points"]
    plain = [point for point in points if not point["floors"]]
    floored = [point for point in points if point["floors"]]
    base, agrees, own = found["base"], found["agreement"], found["own"]
    yield f"OPTIMISER {name.upper()}: {OPTIMISERS.get(name, name)}"
    yield ""
    yield (
        f"Its table and the judge's agree on log kg with a correlation of "
        f"{number(agrees['overall'], 2)}, inside needs {number(agrees['within_needs'], 2)} "
        f"({agrees['products']:,} products; weighed by demand). Of the demand, "
        f"{number(100 * own[CLAIMED], 0)} % has a figure of its own in its table and "
        f"{number(100 * own[REALISED], 0)} % in the judge's: the rest stands at the mean of its "
        f"need, where no substitution is seen."
    )
    levels = ", ".join(
        f"{table_name} {number(units[FLOW], 2)} kg" for table_name, units in base["kg"].items()
    )
    yield f"Relevance alone: NDCG@10 {number(base['ndcg'], 4)}; a purchase costs {levels}."
    yield ""
    yield from _section(f"{name}: the curve", table(*curve_cells(plain)))
    for figure in ("per purchase", "fixed mix"):
        title = f"{name}: {figure}, realised under every functional unit (0: may be chance)"
        yield from _section(title, _units_table(plain, figure))
    yield from _section(
        f"{name}: kg of whole packs, more or fewer purchases included", _packs_table(plain)
    )
    yield from _section(f"{name}: audit households", table(*_audit_cells(plain)))
    yield from _section(f"{name}: with sellers' floors", _floors_table(floored))
    yield from _section(f"{name}: where the cut is, realised", _needs_table(plain))
    told = [main_need(point) for point in _best(plain)]
    yield from _section(f"{name}: in words", [*_verdicts(plain), *(line for line in told if line)])


def _best(points: list[Point]) -> list[Point]:
    """The points that the targets are judged at, each once."""
    found = [best_point([dict(p) for p in points], asked, floors=False) for asked in ASKED]
    names = dict.fromkeys(point["point"] for point in found if point is not None)
    return [point for point in points if point["point"] in names]


def _verdicts(points: list[Point]) -> list[str]:
    return [
        f"{point['point']}, {figure}: {point['verdicts'][figure]}"
        for point in _best(points)
        for figure in (("fixed mix",) if point["path"] == INSIDE else ("per purchase", "fixed mix"))
    ]


def _units_table(points: list[Point], figure: str) -> list[str]:
    units = list(points[0]["carbon"][REALISED]) if points else []
    rows = []
    for point in points:
        cells = []
        for unit in units:
            said = percent(point["carbon"][REALISED][unit][figure])
            cells.append(said + ("" if point["signs"][figure][unit] else " (0)"))
        rows.append([point["point"], *cells])
    return table(["point", *units], rows)


def _packs_table(points: list[Point]) -> list[str]:
    parts = ("change", "volume", "pack_size", "mix", "substitution")
    rows = [
        [
            point["point"],
            *(_share(point["packs"][side][part]) for side in (CLAIMED, REALISED) for part in parts),
            percent(point["carbon"][REALISED][FLOW]["total"], ranged=False),
        ]
        for point in points
    ]
    heads = [f"{side} {part.replace('_', ' ')}" for side in (CLAIMED, REALISED) for part in parts]
    return table(["point", *heads, "functional kg, volume included"], rows)


def _audit_cells(points: list[Point]) -> tuple[list[str], list[list[str]]]:
    rows = [
        [
            point["point"],
            percent(point["audit"]["ndcg"], 2),
            *(
                percent(point["audit_carbon"][side][FLOW][figure])
                for figure in ("per purchase", "fixed mix")
                for side in (CLAIMED, REALISED)
            ),
        ]
        for point in points
        if point["audit"]
    ]
    heads = ["claimed", "realised", "fixed mix claimed", "fixed mix realised"]
    return ["point", "NDCG@10", *heads], rows


def _floors_table(points: list[Point]) -> list[str]:
    rows = [
        [
            point["point"],
            percent(point["relevance"]["ndcg"], 2),
            percent(point["carbon"][REALISED][FLOW]["per purchase"]),
            *(percent(point["beyond_floors"].get("ndcg"), 2),),
            *(
                percent(point["beyond_floors"].get(figure))
                for figure in ("per purchase", "fixed mix")
            ),
            *(
                f"{point[name]:,}"
                for name in ("sellers_asked", "floors_missed", "out_of_reach", "deferred", "added")
            ),
            DASH if point["gap"] is None else f"{point['gap']:.2%}".replace("%", " %"),
            "; ".join(point["missed_first"]),
        ]
        for point in points
    ]
    heads = ["point", "NDCG@10", "realised", "NDCG@10 beyond floors", "realised beyond floors"]
    heads += ["fixed mix beyond floors", "floors", "missed", "out of reach", "deferred"]
    heads += ["candidates added", "gap", "what is missed"]
    return table(heads, rows, left=(0, len(heads) - 1))


def _needs_table(points: list[Point]) -> list[str]:
    rows = [
        [
            point["point"] if at == 0 else "",
            need["need"],
            _share(need["share"]),
            _share(need["fixed_mix"]),
            _share(need["per_purchase"]),
        ]
        for point in _best(points)
        for at, need in enumerate(point["needs"])
    ]
    return table(["point", "need", "of purchases", "fixed mix", "per purchase"], rows, left=(0, 1))


def _share(value: float | None) -> str:
    return DASH if value is None else f"{number(100 * value, 1)} %"


def _section(title: str, lines: list[str]) -> list[str]:
    return [title, "", *lines, ""]


RULES = (
    "Carbon is functional kg CO2e of a demand-weighted purchase (attention x p_buy): showing goods "
    "that fewer people buy is no saving. Claimed: by the optimiser's table; realised: by the "
    "judge's, other sources by another mapping.",
    "Fixed mix: what the new goods of each need emit, weighed by the demand of the relevance "
    "slates. Mix and substitution are the parts of the change of a purchase (log-mean Divisia).",
    "A cut is claimed only where its range lies below zero under every functional unit: flow "
    "(cups, portions, washes), mass, energy and protein.",
    "Packs: the kg of whole packs, split into volume, pack size, mix and substitution; a smaller "
    "pack is no saving.",
    "The points were fixed before any of these weeks was looked at; the best of them within a loss "
    "is chosen on these weeks, which flatters it a little.",
    "With floors, every seller is due half of its share of sales in attention. Floors of less than "
    "one place are deferred to later weeks; out of reach is what no slates of the candidates give. "
    "What the floors cost by themselves is their own row, and carbon is counted beyond it.",
    "A need's mean stands in where the judge has no figure of a product's own, so that part of a "
    "claimed substitution cannot be seen and counts as none.",
)
