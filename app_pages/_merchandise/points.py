"""Certified points against the weights in force: their places on the chart, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from app_pages._merchandise.state import InForce, Known
from app_pages._words import change, percent, plain, significant

CARBON: Final = "demand_kg_functional"
# figures that may stand against carbon: money, relevance, sellers
AXES: Final = {
    "ndcg": "Relevance",
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    "seller_small_share": "Small suppliers",
}
OF: Final = {
    "ndcg": "relevance",
    "demand_revenue": "revenue",
    "demand_margin": "margin",
    "seller_small_share": "small suppliers' attention",
}
FAMILIES: Final = {"need": "for the same need", "none": "across all goods"}
TOLD: Final = {
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    "demand_kg_pack": "Total kg CO2e",
    "ndcg": "Relevance",
    "seller_small_share": "Small suppliers",
}
LETTER, LINE = 0.0125, 0.05  # of a name, as shares of the chart's width and height


def frontier_points(
    all_: Known, force: InForce, task: str, axis: str = "ndcg", give_up: float = 1.0
) -> pd.DataFrame:
    """One row per judged policy, and one for the weights in force: changes in percent.

    `up` is the figure of `axis`, `relevance` always relevance; `within` whether it falls by at most
    `give_up` %.
    """
    rows = []
    entries: dict[str, Mapping[str, Any]] = {
        name: entry for name, entry in all_.judged.items() if task in entry["tasks"]
    }
    baseline = force.meta["baseline"]
    entries[force.said if force.said not in entries else force.name] = force.entry
    for name, entry in entries.items():
        figures = entry["tasks"][task]["figures"]
        role = "policy" if name in all_.report else "frontier point"
        if name == baseline:
            role = "today"
        if name == force.said:
            role = "your weights"
        carbon = entry.get("carbon", {"reference": force.asked.reference})
        row: dict[str, Any] = {
            "policy": name,
            "role": role,
            "family": FAMILIES[carbon["reference"]],
            "climate": entry.get("weights", {}).get("climate", force.asked.climate),
        }
        for place, figure in {"carbon": CARBON, "relevance": "ndcg", "up": axis}.items():
            for end in ("change", "change_low", "change_high"):
                value = figures[figure][end]
                row[place + end.removeprefix("change")] = None if value is None else 100 * value
            row[f"{place}_said"] = change(figures[figure])
        row |= {figure: percent(figures[figure]["change"]) for figure in TOLD}
        row["limit"] = -give_up
        row["within"] = row["up"] is not None and row["up"] >= -give_up
        rows.append(row)
    return pd.DataFrame(rows)


def deepest_within(points: pd.DataFrame) -> str | None:
    """The certified point that cuts most carbon of those within the limit; None without one."""
    able = [
        row
        for row in records(points)
        if row["within"] and row["policy"] != "your weights" and float(row["carbon"] or 0.0) < 0
    ]
    best = min(able, key=lambda row: float(row["carbon"]), default=None)
    return None if best is None else str(best["policy"])


def records(points: pd.DataFrame) -> list[dict[str, Any]]:
    """One dict per point."""
    return [{str(key): value for key, value in row.items()} for row in points.to_dict("records")]


def within_sentence(points: pd.DataFrame, axis: str) -> str:
    """Which certified point cuts most carbon within the limit, and at what price."""
    limit = -float(points["limit"].iloc[0])
    of = f"{OF[axis]}"
    name = deepest_within(points)
    fewest = f"at most {limit:g} % of {of}" if limit else f"nothing of {of}"
    if name is None:
        return f"No certified point cuts carbon and gives up {fewest}."
    row = next(row for row in records(points) if row["policy"] == name)
    others = "" if axis == "ndcg" else f", relevance {row['relevance_said']}"
    low = row["up_low"]
    beyond = (
        f" Its interval reaches {percent(float(low) / 100)}, beyond that."
        if low is not None and low < -limit
        else ""
    )
    return (
        f"Of the points shown, {int(points['within'].sum()):,} give up {fewest}; of these "
        f"**{plain(name)}** cuts most carbon: kg CO2e {row['carbon_said']}, {of} "
        f"{row['up_said']}{others}.{beyond}"
    )


def frontier_sentence(points: pd.DataFrame, axis: str = "ndcg") -> str:
    """What the chart shows: how far it reaches, and where the weights in force stand."""
    others = points[points["role"].isin(["policy", "frontier point"])]
    of = OF[axis]
    said = [
        f"Change in {of} against change in carbon for {len(points)} certified points; today "
        f"is at 0 for both."
    ]
    if not others.empty:
        far = others.iloc[int(others["carbon"].astype("float64").argmin())]
        said.append(
            f"The largest cut shown, {far['policy']}, changes kg CO2e by {far['carbon_said']} and "
            f"{of} by {far['up_said']}."
        )
    yours: Sequence[Any] = list(points[points["role"] == "your weights"].itertuples())
    for row in yours:
        said.append(
            f"Yours ({row.policy}) change kg CO2e by {row.carbon_said} and {of} by {row.up_said}."
        )
    limit = float(points["limit"].iloc[0])
    said.append(f"Points below the dashed line give up more than {significant(-limit)} % of {of}.")
    return " ".join(said)


def named(points: pd.DataFrame) -> list[str]:
    """Where each point's name stands: "left" or "right" of it, or "" where there is no room.

    A name covers neither another's mark nor another's name; yours and today's come first and are
    always named. Points of the frontier are named by their tooltips alone.
    """
    turn = points["role"].map({"your weights": 0, "today": 1, "policy": 2}).argsort(kind="stable")
    place = points[["carbon", "up"]].astype("float64").fillna(0.0)
    spread = (place.max() - place.min()).replace(0.0, 1.0)
    x, y = ((place - place.min()) / spread).to_numpy().T
    taken: list[tuple[float, float, float]] = []  # from, to and height of the names that stand
    side = [""] * len(points)
    for k in turn:
        role, letters = points["role"].iloc[k], len(str(points["policy"].iloc[k]))
        if role == "frontier point":
            continue
        must = role in ("your weights", "today")
        # today is at the right edge, where a name to the right of its point would be cut
        for way in ("left", "right") if role == "today" else ("right", "left"):
            width, gap = LETTER * letters, 0.012
            start = x[k] + gap if way == "right" else x[k] - gap - width
            end, level = start + width, y[k] + LINE / 2
            on_name = any(start < b and a < end and abs(level - at) < LINE for a, b, at in taken)
            on_mark = ((x > start - gap) & (x < end + gap) & (abs(y - level) < 0.8 * LINE)) & (
                points.index != points.index[k]
            )
            inside = start > -0.02 and end < 1.16
            if inside and not on_name and not on_mark.any():
                side[k] = way
                break
        if must and not side[k]:
            side[k] = "left" if role == "today" else "right"
        if side[k]:
            width = LETTER * letters
            start = x[k] + 0.012 if side[k] == "right" else x[k] - 0.012 - width
            taken.append((start, start + width, y[k] + LINE / 2))
    return side


def point_table(points: pd.DataFrame, axis: str) -> pd.DataFrame:
    """What the chart draws, in words: a line for each point, the largest cut first."""
    rows = points.sort_values("carbon", kind="stable")
    return pd.DataFrame(
        {
            "Policy": rows["policy"],
            "Compared": rows["family"],
            "kg CO2e, equal function": rows["carbon_said"],
            AXES[axis]: rows["up_said"],
        }
    )
