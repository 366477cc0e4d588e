"""What a report says of limits: what a policy asks, in words, and how sure its slates are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MISSED_TOLD = 3


def limits_in_words(entry: Mapping[str, Any]) -> str:
    """What a policy of a report asks besides its weights; "" where that is nothing.

    >>> limits_in_words({"limits": {"carbon_change": -0.2}, "sellers": {"floor": 0.5}})
    'carbon per purchase −20 %, sellers at least 0.5 of their merit share'
    """
    limits, sellers = entry.get("limits", {}), entry.get("sellers", {})
    target = sellers.get("target", "merit")
    words = {
        "carbon_change": lambda v: f"carbon per purchase {v:+.0%}",
        "carbon_target_kg": lambda v: f"carbon per purchase at most {v:g} kg",
        "relevance": lambda v: f"relevance at least {v:.0%}",
        "relevance_each": lambda v: f"each household's relevance at least {v:.0%}",
        "per_category": lambda v: f"at most {v} of a category",
        "highest_price": lambda v: f"prices up to {v:g}",
        "tiers": lambda v: ", ".join(f"{tier} goods at least {x:.0%}" for tier, x in v.items()),
        "deny_products": lambda v: f"without {len(v)} products",
        "deny_categories": lambda v: f"without {', '.join(v)}",
        "deny_sellers": lambda v: f"without {len(v)} sellers",
        "allow_categories": lambda v: f"only {', '.join(v)}",
    }
    said = [words[key](value) for key, value in limits.items() if key in words]
    if "floor" in sellers:
        said.append(f"sellers at least {sellers['floor']:g} of their {target} share")
    if "cap" in sellers:
        said.append(f"sellers at most {sellers['cap']:g} times their {target} share")
    if "new_share" in sellers:
        said.append(f"new sellers at least {sellers['new_share']:.0%}")
    if sellers.get("welfare_weight"):
        said.append(f"{sellers['welfare']} welfare of sellers {sellers['welfare_weight']:g}")
    said += [f"{name.replace('_', ' ')} {v:g}" for name, v in entry.get("values", {}).items()]
    quantile = entry.get("carbon", {}).get("quantile", 0.5)
    if quantile > 0.5:
        said.append(f"estimates at their {quantile:g} quantile")
    return ", ".join(said).replace(" -", " −").replace("%", " %").replace("  %", " %")


def certificates_markdown(report: Mapping[str, Any], titles: Mapping[str, str]) -> list[str]:
    """Lines of a Markdown table: gap, missed limits and additions of policies with limits."""
    rows = []
    for name, entry in report["policies"].items():
        words = limits_in_words(entry)
        if not words:
            continue
        for task, title in titles.items():
            sure = entry["tasks"][task].get("certificate")
            if sure is None:
                continue
            gap = "–" if sure["gap"] is None else f"{sure['gap'] * 100:.4f} %"
            if sure["surrogates"]:
                gap += f" (of a surrogate: {', '.join(sure['surrogates'])})"
            told = [
                f"{miss['limit']} ({miss['because']})"
                for miss in sure["missed_first"][:MISSED_TOLD]
            ]
            missed = f"{sure['missed']:,}" + (f": {'; '.join(told)}" if told else "")
            rows.append(
                f"| {name} | {title} | {words} | {gap} | {missed} | {sure['deferred']:,} | "
                f"{sure['added']:,} |"
            )
    if not rows:
        return ["No policy has limits: every slate is the household's own best one."]
    heads = ("Policy", "Task", "Limits", "Gap at most", "Missed", "Deferred", "Candidates added")
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *rows,
        "",
        "Gap: no slates within the limits are worth more than this share above these; none is told "
        "where a limit is missed. Deferred: sellers' floors of less than one last place, which "
        "later runs owe.",
    ]
