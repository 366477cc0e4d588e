"""Asked and found: what the estimator promises, beside what its assessment measured.

The promises stand here as numbers, so that a figure that slips is seen as a figure that slips.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pcf_estimator.assess.across import ASKED_WITHIN_FACTOR_2
from pcf_estimator.assess.swaps import ASKED_LIGHTER

Bounds = Mapping[str, Any]  # `least`, `most` or both
Figure = dict[str, Any]

ASKED_ACROSS_COVERAGE = 0.75  # of 80 % ranges as shown, on a source that the seed was held without
ASKED_DEVICES: Mapping[str, Bounds] = {
    "median_ape": {"most": 0.25},
    "pairwise_accuracy": {"least": 0.68},
}
ASKED_FOODS: Mapping[str, Mapping[str, Bounds]] = {
    "grouped": {
        "pairwise_accuracy": {"least": 0.72},
        "median_ape": {"most": 0.30},
        "within_factor_2": {"least": 0.80},
    },
    "leave category out": {
        "pairwise_accuracy": {"least": 0.66},
        "within_factor_2": {"least": 0.63},
    },
}
ASKED_COVERAGE: Mapping[str, Bounds] = {
    "80": {"least": 0.78, "most": 0.86},
    "95": {"least": 0.93, "most": 0.98},
}
ASKED_WORST_CATEGORY = 0.68  # of 80 % ranges
BASELINES = ("median", "category mean", "knn-5")
WORDS: Mapping[str, str] = {
    "pairwise_accuracy": "pairwise accuracy",
    "median_ape": "median absolute error",
    "within_factor_2": "within factor 2",
}


def asked_and_found(results: Mapping[str, Any]) -> dict[str, Figure]:
    """What is asked of each figure, and what was found, from the parts of `assess_all`.

    By the figure's name: `asked` in words, `least` and `most` (null for no bound), `found`, `met`,
    `beside`, what baselines reach, and `each`, the figure of every fold seed where there are
    several. `found` and `met` are null where it was not measured; `met`
    is also null where nothing is asked but that the figure is printed.
    """
    figures: dict[str, Figure] = {}
    for part in (_foods, _ranges, _across, _swaps, _devices):
        figures |= dict(part(results))
    return figures


def figure(
    found: float | None,
    *,
    least: float | None = None,
    most: float | None = None,
    beside: Mapping[str, float | None] | None = None,
    each: Sequence[float] = (),
) -> Figure:
    """One entry; bounds count as met.

    >>> figure(0.8, least=0.78, most=0.86)["asked"], figure(0.3, most=0.25)["met"]
    ('0.78 to 0.86', False)
    >>> figure(None, least=0.6)["met"], figure(0.4)["asked"]
    (None, 'printed')
    """
    asked = "printed"
    if least is not None and most is not None:
        asked = f"{least:.2f} to {most:.2f}"
    elif least is not None:
        asked = f"at least {least:.2f}"
    elif most is not None:
        asked = f"at most {most:.2f}"
    met = None
    if found is not None and asked != "printed":
        met = (least is None or found >= least) and (most is None or found <= most)
    return {
        "asked": asked,
        "least": least,
        "most": most,
        "found": found,
        "met": met,
        "beside": dict(beside or {}),
        "each": list(each),
    }


def _foods(results: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    seed = results["seed"]
    for split, asked in ASKED_FOODS.items():
        methods = seed["splits"][split]
        for name, bounds in asked.items():
            beside = {baseline: methods[baseline][name] for baseline in BASELINES}
            seeds = seed["fold_seeds"].values() if split == seed["headline"] else ()
            each = [scores["estimate"][name] for scores in seeds]
            found = figure(methods["estimate"][name], **bounds, beside=beside, each=each)
            yield f"foods, {split}: {WORDS[name]}", found
    grouped = seed["splits"]["grouped"]
    mean, near = grouped["category mean"], grouped["knn-5"]
    yield (
        "blend, grouped: pairwise accuracy, against the category mean",
        figure(grouped["blend"]["pairwise_accuracy"], least=mean["pairwise_accuracy"]),
    )
    yield (
        "blend, grouped: log10 RMSE, against the five nearest",
        figure(grouped["blend"]["log10_rmse"], most=near["log10_rmse"]),
    )


def _ranges(results: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    ranges = results["seed"]["ranges"]["grouped"]
    own, mean = ranges["estimate"], ranges["category mean"]
    for level, bounds in ASKED_COVERAGE.items():
        beside = {"category mean": mean[level]["coverage"]}
        found = figure(own[level]["coverage"], **bounds, beside=beside)
        yield f"{level} % ranges, grouped: hold", found
    worst = "worst_category_coverage"
    beside = {"category mean": mean["80"][worst]}
    found = figure(own["80"][worst], least=ASKED_WORST_CATEGORY, beside=beside)
    yield "80 % ranges, grouped: hold in the worst category", found
    for level in ASKED_COVERAGE:
        most = mean[level]["range_factor"]
        found = figure(own[level]["range_factor"], most=most, beside={"category mean": most})
        yield f"{level} % ranges, grouped: high / low", found
    # where the surest are kept, the rest errs more: of the surest half, at most what all are off
    curve = {point["share"]: point["mean_off"] for point in results["seed"]["risk"]["curve"]}
    found = figure(curve[0.5], most=curve[1.0], beside={"all": curve[1.0]})
    if results["seed"]["risk"]["refused"] is not None:
        found["met"] = False
    yield "confidence, grouped: log10 error of the surest half", found


def _across(results: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    for source, least in ASKED_WITHIN_FACTOR_2.items():
        found = results["across"].get(source, {})
        within, median = found.get("within_factor_2"), found.get("median", {})
        beside = {"median": median.get("within_factor_2")}
        yield f"{source} held out: within factor 2", figure(within, least=least, beside=beside)
        held = figure(found.get("coverage_80"), least=ASKED_ACROSS_COVERAGE)
        yield f"{source} held out: 80 % ranges hold", held


def _swaps(results: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    swaps = results["swaps"]
    across = {
        f"{source} held out": [swaps["across"].get(source)] for source in ASKED_WITHIN_FACTOR_2
    }
    for where, judged in {"grouped": list(swaps["grouped"].values()), **across}.items():
        measured = [scores for scores in judged if scores]
        lighter = min(_lighter(measured).values(), default=None)
        named = figure(lighter, least=ASKED_LIGHTER)
        yield f"swaps called lighter, {where}: lighter, by the worst policy", named
        told = [scores["cannot_tell_needs"] for scores in measured]
        told = [share for share in told if share is not None]
        silent = figure(sum(told) / len(told) if told else None)
        yield f"swaps, {where}: needs where nothing can be told", silent


def _lighter(judged: list[Mapping[str, Any]]) -> dict[str, float]:
    """Share of swaps called lighter that are, by policy, over all that were judged."""
    shares = {}
    for policy in judged[0]["policies"] if judged else ():
        told = [scores["policies"][policy] for scores in judged]
        swaps = sum(scores["swaps"] for scores in told)
        if swaps:
            shares[policy] = sum(s["swaps"] * (s["lighter"] or 0.0) for s in told) / swaps
    return shares


def _devices(results: Mapping[str, Any]) -> Iterator[tuple[str, Figure]]:
    data = list(results["devices"])[-1]  # all declarations, where they are given
    for boundary, scores in results["devices"][data].items():
        methods = scores["methods"]
        for name, bounds in ASKED_DEVICES.items():
            beside = {of: methods[of][name] for of in ("kind mean", "text knn-5")}
            found = figure(methods["blend"][name], **bounds, beside=beside)
            yield f"devices, {data}, {boundary}: {WORDS[name]}", found
