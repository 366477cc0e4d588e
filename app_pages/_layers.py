"""The three layers of evidence, each in a dress of its own: badge, mark, colour and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from app_pages._draw import AMBER, TEAL
from app_pages._words import NO_BREAK, plain, sentence

VIOLET = "#8a6fc0"  # reads on the light and on the dark ground
Colour = Literal["primary", "orange", "violet"]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """How a kind of evidence looks and what it is."""

    name: str
    badge: Colour
    mark: str  # colour of its marks in charts
    icon: str
    means: str
    drawn: str  # how charts draw it


OBSERVED = Layer(
    name="observed",
    badge="primary",
    mark=TEAL,
    icon=":material/visibility:",
    means="judged on purchases that were held out, by households that never saw these lists. Some "
    "figures are seen (what of the lists was bought and paid for), some are weighted by chance "
    "(what is listed, times its attention and its chance to be bought); each says which",
    drawn="dots with 95 % intervals",
)
WHAT_IF = Layer(
    name="what if",
    badge="orange",
    mark=AMBER,
    icon=":material/alt_route:",
    means="computed from stated assumptions: nobody has seen it happen",
    drawn="hollow bars, 90 % of what the assumptions allow; no dot",
)
MEASURED = Layer(
    name="measured",
    badge="violet",
    mark=VIOLET,
    icon=":material/straighten:",
    means="compared after a real change, between customers who got it and customers who did not",
    drawn="diamonds with 95 % intervals",
)
LAYERS = (OBSERVED, WHAT_IF, MEASURED)


def dressed(layer: Layer, about: str) -> None:
    """The layer's badge, and beside it what its figures are of."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(layer.name, icon=layer.icon, color=layer.badge)
        st.caption(about)


def legend() -> None:
    """What the three layers are, once at the top of the page."""
    with st.expander("Three kinds of evidence, never mixed", icon=":material/layers:"):
        for layer in LAYERS:
            dressed(layer, f"{sentence(layer.means)} In charts: {layer.drawn}.")


def window_words(window: Any) -> str:
    """The weeks of a run, as a person would say them.

    >>> window_words({"first_week": 49, "last_week": 52})
    'weeks\\xa049–52'
    """
    if isinstance(window, Mapping) and {"first_week", "last_week"} <= set(window):
        return f"weeks{NO_BREAK}{plain(window['first_week'])}–{plain(window['last_week'])}"
    if isinstance(window, list | tuple):
        return " to ".join(plain(end) for end in window)
    return plain(window) if window else "the held-out weeks"


def of_run(
    report: Mapping[str, Any], task: str = "all", policy: str = "", intervals: bool = False
) -> str:
    """Window, households and policy version of a backtest's figures; intervals where they show."""
    meta = report["meta"]
    said = [f"held-out purchases of {window_words(meta.get('window'))}"]
    buying = meta.get("judged", {}).get(task, meta["households"])
    told = f"{meta['households']:,} households"
    if buying < meta["households"]:
        told += f", {buying:,} of whom bought something" + (" new to them" if task == "new" else "")
    said.append(told)
    if intervals and meta.get("draws"):
        said.append(f"intervals hold {100 * meta.get('coverage', 0.95):.0f} %")
    if policy in report["policies"]:
        said.append(f"policy {plain(policy)} v{report['policies'][policy].get('version', '?')}")
    return " · ".join(said)
