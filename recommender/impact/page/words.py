"""Figures of a report in the words of a person, and which policies stand in which order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

DIGITS = 6
NO_BREAK = "\N{NO-BREAK SPACE}"
HARDLY = 0.0005  # a change below it would be shown as 0.0 %
Estimate = Mapping[str, float | None]
CARBON, RELEVANCE, SMALL = "demand_kg_functional", "ndcg", "seller_small_share"
# figure, heading: what a weighting is read by, in the order of the table
COLUMNS = {
    "ndcg": "NDCG",
    "demand_revenue": "Revenue",
    "demand_margin": "Margin",
    "demand_kg_functional": "CO2e at equal use",
    "demand_kg_excess": "CO2e above habit",
    "demand_kg_pack": "CO2e of whole packs",
    "seller_small_share": "Small sellers",
    "seller_gini": "Seller Gini",
}
PARTS = {
    "change": "All",
    "substitution": "Substitution inside needs",
    "mix": "Mix between needs",
    "pack_size": "Pack size (no saving)",
    "volume": "Volume",
}
TASK_TITLES = {"all": "All items", "new": "Items new to the household"}


def rounded(value: Any) -> Any:
    """Plain values with six significant digits; None for what is no number."""
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def ordered(report: Mapping[str, Any]) -> list[str]:
    """The baseline, then those that compare inside needs, then the free mix; by climate weight."""

    def place(name: str) -> tuple[bool, bool, float]:
        entry = report["policies"][name]
        free = entry["carbon"]["reference"] == "none"
        return name != report["meta"]["baseline"], free, entry["weights"]["climate"]

    return sorted(report["policies"], key=place)


def others(report: Mapping[str, Any]) -> list[str]:
    """The policies but the baseline."""
    return [name for name in ordered(report) if name != report["meta"]["baseline"]]


def shortfalls(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """Policy, task and shortfall of the slates that keep empty places."""
    for policy in ordered(report):
        for task, run in report["policies"][policy]["tasks"].items():
            if run["shortfall"]["places"]:
                yield policy, task, run["shortfall"]


def window_words(meta: Mapping[str, Any]) -> str:
    """The window as the run names it; "" where it has none.

    >>> window_words({"window": {"first_week": 49, "last_week": 52}})
    'weeks 49 to 52'
    """
    window = meta.get("window")
    if isinstance(window, Mapping):
        return f"weeks {window['first_week']} to {window['last_week']}"
    return str(window) if window else ""


def level(value: float | None) -> str:
    """A figure to three significant digits, thousands apart.

    >>> level(0.12345), level(-54321.0), level(None)
    ('0.123', '−54,300', '–')
    """
    if value is None:
        return "–"
    text = f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "−")


def percent(value: float | None) -> str:
    """A change in words that a person reads: "+1.2 %", with a true minus sign, "0.0 %" for none.

    >>> percent(-0.0123), percent(-0.00001)
    ('−1.2 %', '0.0 %')
    """
    if value is None:
        return "–"
    return f"{points(value)} %"


def points(value: float) -> str:
    text = f"{value * 100:+,.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def money(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def level_range(estimate: Estimate) -> str:
    low, high = estimate.get("low"), estimate.get("high")
    bracket = "" if low is None or high is None else f" [{level(low)}, {level(high)}]"
    return level(estimate.get("value")) + bracket


def change_range(estimate: Estimate) -> str:
    low, high = estimate.get("change_low"), estimate.get("change_high")
    if low is None or high is None:
        return percent(estimate.get("change"))
    return f"{percent(estimate.get('change'))} [{points(low)}, {points(high)}]"


def is_clear(estimate: Estimate) -> bool:
    """Whether the interval of a change leaves out 0.

    >>> is_clear({"change": -0.1, "change_low": -0.2, "change_high": 0.0})
    False
    """
    low, high = estimate.get("change_low"), estimate.get("change_high")
    return low is not None and high is not None and not low <= 0 <= high


def move(words: str, estimate: Estimate) -> str:
    """A change as a person would say it; one whose interval holds 0 is not called a move.

    >>> move("revenue", {"change": -0.012, "change_low": -0.02, "change_high": -0.004})
    'revenue falls by 1.2 % [0.4, 2.0]'
    """
    change, low, high = (estimate.get(key) for key in ("change", "change_low", "change_high"))
    if change is None:
        return f"{words} cannot be compared"
    if low is None or high is None or low <= 0 <= high:
        return f"{words} does not clearly move ({change_range(estimate)})"
    ends = sorted([abs(low), abs(high)])
    verb = "falls" if change < 0 else "rises"
    return (
        f"{words} {verb} by {abs(change):.1%} [{ends[0] * 100:.1f}, {ends[1] * 100:.1f}]".replace(
            "%", " %"
        )
    )


def size(value: float) -> str:
    """How much a share is, without its sign: a decimal under 10 %, none from there on.

    >>> size(-0.0318), size(0.2018)
    ('3.2\\xa0%', '20\\xa0%')
    """
    share = abs(value) * 100
    return f"{share:.{1 if share < 9.95 else 0}f}{NO_BREAK}%"


def about(words: str, estimate: Estimate, up: str = "higher", down: str = "lower") -> str:
    """A change for a reader in a hurry, with its interval; no move where that holds 0.

    >>> about("revenue", {"change": -0.0318, "change_low": -0.04, "change_high": -0.02})
    'revenue is about 3.2\\xa0% lower (2.0\\xa0% to 4.0\\xa0%)'
    >>> about("revenue", {"change": 0.01, "change_low": -0.04, "change_high": 0.06})
    'revenue does not clearly move (−4.0\\xa0% to +6.0\\xa0%)'
    """
    change, low, high = (estimate.get(key) for key in ("change", "change_low", "change_high"))
    if change is None:
        return f"{words} cannot be compared"
    if low is None or high is None:
        said = "unchanged" if change == 0 else f"{size(change)} {down if change < 0 else up}"
        return f"{words} is {said} (no interval)"
    if not is_clear(estimate):
        ends = f"{points(low)}{NO_BREAK}% to {points(high)}{NO_BREAK}%"
        return f"{words} does not clearly move ({ends})"
    if abs(change) < HARDLY:
        return f"{words} moves by less than 0.1{NO_BREAK}%"
    least, most = sorted([abs(low), abs(high)])
    way = down if change < 0 else up
    return f"{words} is about {size(change)} {way} ({size(least)} to {size(most)})"


def spread(value: float | None, low: float | None, high: float | None) -> str:
    """A figure with its range.

    >>> spread(2.1, 1.4, 3.3), spread(2.1, None, None), spread(None, None, None)
    ('2.1 (1.4 to 3.3)', '2.1', '–')
    """
    ends = (
        "" if value is None or low is None or high is None else f" ({level(low)} to {level(high)})"
    )
    return level(value) + ends


def listed(words: Iterable[str]) -> str:
    """
    >>> listed(["a", "b", "c"]), listed([])
    ('a, b and c', 'none')
    """
    *first, last = [*words] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def count(number: float, one: str, many: str = "") -> str:
    """
    >>> count(1, "place"), count(3000, "box", "boxes")
    ('1 place', '3,000 boxes')
    """
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def sentence(text: str) -> str:
    """The text with a capital letter and a full stop.

    >>> sentence("it rises")
    'It rises.'
    """
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else text + "."


def spelled(key: str) -> str:
    """A key of a report as words.

    >>> spelled("worse_off_share")
    'Worse off share'
    """
    text = str(key).replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def figures_of(report: Mapping[str, Any], policy: str, task: str = "all") -> Mapping[str, Any]:
    """Figure -> ESTIMATE of a policy, over all households."""
    figures: Mapping[str, Any] = report["policies"][policy]["tasks"][task]["figures"]
    return figures
