"""What others measure of a window, as plain tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recommender.evaluation.plain_tables import between, number, table

Titled = Iterator[tuple[str, list[str]]]


def slot_tables(window: Mapping[str, Any]) -> Titled:
    """Title and lines of each slot that is filled."""
    if window["candidates"]:
        yield "share of purchases among the candidates", _curve(window["candidates"])
    if window["substitutes"]:
        yield (
            "new products on known shelves, by mean reciprocal rank",
            _cases(window["substitutes"]),
        )
    if window["whole_catalogue"]:
        yield "on the whole catalogue", _whole(window["whole_catalogue"])
    if window["newcomers"]:
        yield "households taken as if unknown", _newcomers(window["newcomers"])


def _curve(points: list[Mapping[str, Any]]) -> list[str]:
    rows = [
        [
            f"{point['size']:,}",
            number(point["repeat"]),
            number(point["new"]),
            f"{point['rows']:.0f}",
        ]
        for point in points
    ]
    return table(["candidates asked", "of repeats", "of new", "had"], rows)


def _cases(groups: Mapping[str, Any]) -> list[str]:
    rows = []
    for group, found in groups.items():
        if not found or not found.get("cases"):
            continue
        ranks = found["mean_reciprocal_rank"]
        ours = next(iter(ranks))
        gain = {"value": found["gain"], "low": found["gain_low"], "high": found["gain_high"]}
        rows.append(
            [
                group,
                f"{found['cases']:,}",
                number(ranks[ours], 4),
                number(ranks[found["peer"]], 4),
                found["peer"],
                between(gain),
            ]
        )
    return table(["group", "cases", "stand-ins", "popularity", "which", "gain"], rows, left=(0, 4))


def _whole(found: Mapping[str, Any]) -> list[str]:
    rows = []
    for task in ("all", "new"):
        for part in ("lists", "cold_alone"):
            for name, figures in found[task][part].items():
                if isinstance(figures, Mapping):
                    what = "all products" if part == "lists" else "cold products"
                    rows.append(
                        [task, what, name, *(between(figures[m]) for m in ("recall", "ndcg"))]
                    )
    return table(["task", "of", "list", "recall@10", "ndcg@10"], rows, left=(0, 1, 2))


def _newcomers(found: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, figures in found["lists"].items():
        if isinstance(figures, Mapping):
            chance = found["calibration"][name]
            rows.append(
                [
                    name,
                    *(between(figures[m]) for m in ("recall", "ndcg")),
                    number(chance["said"], 4),
                    number(chance["seen"], 4),
                ]
            )
    return table(["list", "recall@10", "ndcg@10", "said", "seen"], rows, left=(0,))
