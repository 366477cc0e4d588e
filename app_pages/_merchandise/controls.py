"""The controls of the Merchandise page: where to start, three weights, three limits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import streamlit as st

from app_pages import _load
from app_pages._merchandise.state import Known
from app_pages._words import percent, plain, significant
from recommender.tried import Asked, alike, asked_of, rest_key, rest_of

URL: Final = "query-params"
REFERENCES: Final = {"need": "inside the same need", "none": "across all goods"}
ADOPTED: Final = "_adopted"  # name, controls before, and when
SETTLED: Final = 3.0  # seconds after which a browser has heard of an adoption
CONTROLS: Final = (
    "climate",
    "margin",
    "sellers",
    "reference",
    "known_only",
    "carbon_less",
    "floor",
    "relevance",
)
LESS, FLOORS, LEASTS = range(0, 51, 5), range(0, 101, 10), (0, *range(90, 101))


def start_from(all_: Known, base: str) -> tuple[str, Any]:
    """The policy to start from, which sets every control; and where to say more of it."""
    names = list(all_.entries)
    chosen = st.selectbox(
        "Start from",
        names,
        index=names.index(base),
        key="policy",
        bind=URL,
        on_change=adopt_chosen,
        args=(all_,),
        help="Sets every weight and limit below to those of this policy. Type to search.",
    )
    return str(chosen), st.empty()


def started_words(all_: Known, started: str, asked: Asked) -> str:
    """Where the policy comes from that one started from, and whether it was changed since."""
    changed = not alike(asked, asked_of(all_.entries[started]))
    since = ", changed since: what is below is no longer this policy" if changed else ""
    return f"{all_.kind(started).capitalize()}{since}."


def controls(all_: Known, started: Mapping[str, Any]) -> Asked:
    """What the controls ask for: an answer follows every move.

    They stand where the policy that one started from has them, unless the address says otherwise:
    so its name alone is a link to it.
    """
    default = asked_of(started)
    used = [asked_of(entry) for entry in all_.entries.values()]
    st.markdown("**Weights**")
    climate = st.slider(
        "Climate",
        0.0,
        max(2.0, *(asked.climate for asked in used)),
        default.climate,
        0.01,
        key="climate",
        bind=URL,
        help="How much a kg of CO2e counts against likelihood to buy.",
    )
    margin = st.slider(
        "Margin",
        0.0,
        max(1.0, *(asked.margin for asked in used)),
        default.margin,
        0.01,
        key="margin",
        bind=URL,
        help="How much the shop's margin counts.",
    )
    sellers = st.slider(
        "Sellers",
        0.0,
        max(0.2, *(asked.sellers for asked in used)),
        default.sellers,
        0.005,
        format="%.3f",
        key="sellers",
        bind=URL,
        help="How much suppliers count that are shown less than they sell.",
    )
    st.markdown("**Limits**")
    less = st.select_slider(
        "Carbon at most",
        stops(LESS, (100 * asked.carbon_less for asked in used)),
        100 * default.carbon_less,
        format_func=lambda percent: f"−{percent:g} %" if percent else "no limit",
        key="carbon_less",
        bind=URL,
        help="kg CO2e of a purchase at equal function, against relevance alone. All households "
        "share the budget.",
    )
    floor = st.select_slider(
        "Each supplier at least",
        stops(FLOORS, (100 * asked.floor for asked in used)),
        100 * default.floor,
        format_func=lambda percent: f"{percent:g} % of its share" if percent else "no floor",
        key="floor",
        bind=URL,
        help="Attention that every supplier gets at least, of what it is due by its sales.",
    )
    least = st.select_slider(
        "Relevance at least",
        stops(LEASTS, (100 * asked.relevance for asked in used)),
        100 * default.relevance,
        format_func=lambda percent: f"{percent:g} %" if percent else "no floor",
        key="relevance",
        bind=URL,
        help="Of what slates of relevance alone reach, all households together.",
    )
    reference = st.radio(
        "Carbon is compared",
        list(REFERENCES),
        index=list(REFERENCES).index(default.reference),
        format_func=lambda reference: REFERENCES[reference],
        key="reference",
        bind=URL,
        help="Inside the same need only stand-ins count; across all goods the mix of needs may "
        "shift as well.",
    )
    bar = st.checkbox("Known figures only", default.bar_unknown, key="known_only", bind=URL)
    return Asked(
        climate=climate,
        margin=margin,
        sellers=sellers,
        reference=str(reference),
        bar_unknown=bool(bar),
        carbon_less=least_digits(less / 100.0),
        floor=least_digits(floor / 100.0),
        relevance=least_digits(least / 100.0),
    )


def stops(fixed: Iterable[float], used: Iterable[float]) -> list[float]:
    """Where a limit's slider stops: round figures, and whatever a known policy asks."""
    return sorted({round(float(value), 4) for value in (*fixed, *used)})


def least_digits(share: float) -> float:
    """A share without the dust of a division: 0.15, not 0.15000000000000002."""
    return round(share, 6)


def adopt_chosen(all_: Known) -> None:
    """Sets the controls to the policy chosen in the list."""
    adopt(all_, str(st.session_state.policy))


def adopt(all_: Known, name: str) -> None:
    """Sets the controls to a policy, and starts from it."""
    before = {key: st.session_state.get(key) for key in CONTROLS}
    st.session_state.policy = name
    st.session_state.update(controls_of(asked_of(all_.entries[name])))
    st.session_state[ADOPTED] = name, before, time.monotonic()


def hold(all_: Known) -> None:
    """Adopts a policy once more where the browser's old controls came after it was adopted.

    A part of the page that looks by itself whether an answer is in sends every control as the
    browser knows it, which may be before the browser has heard of the adoption.
    """
    name, before, when = st.session_state.get(ADOPTED, ("", {}, 0.0))
    if time.monotonic() - when > SETTLED or name not in all_.entries:
        st.session_state.pop(ADOPTED, None)
    elif before == {key: st.session_state.get(key) for key in CONTROLS}:
        st.session_state.policy = name
        st.session_state.update(controls_of(asked_of(all_.entries[name])))


def controls_of(asked: Asked) -> dict[str, Any]:
    """What each control shows for what is asked, by its key."""
    return {
        "climate": asked.climate,
        "margin": asked.margin,
        "sellers": asked.sellers,
        "reference": asked.reference,
        "known_only": asked.bar_unknown,
        "carbon_less": round(100 * asked.carbon_less, 4),
        "floor": round(100 * asked.floor, 4),
        "relevance": round(100 * asked.relevance, 4),
    }


def rest_in_words(start: Mapping[str, Any]) -> str:
    """What the policy asks besides that no control moves; "" where that is nothing."""
    from recommender.report_limits import limits_in_words

    return limits_in_words(rest_of(start))


def price_sentence(asked: Asked, implied: float | None, currency: str) -> str:
    """What carbon costs in money, in one line, for weights and budget together."""
    if not asked.climate and not asked.carbon_less:
        return "Carbon has no weight and no limit, so a tonne of CO2e costs nothing here."
    price = _load.price_per_tonne(asked.climate, asked.margin) if implied is None else implied
    if price is None:
        return (
            "No carbon price in money: margin has no weight (or the shop no margins), so carbon is "
            "traded against relevance alone."
        )
    budget = " and the carbon limit's price" if implied is not None and asked.carbon_less else ""
    return (
        f"These weights give up **{currency}{significant(price, 3)} of margin for a tonne of "
        f"CO2e**: climate weight per kg of an average purchase{budget}, over margin weight per "
        f"unit of its margin. So much may the last swap cost; it is not what the whole policy does "
        f"to margin, which other weights move as well."
    )


def without_carbon(
    asked: Asked, start: Mapping[str, Any], entry: Mapping[str, Any], all_: Known, task: str
) -> str:
    """What carbon's weight and limit do to margin, against the certified point without; or ""."""
    bare, rest = replace(asked, climate=0.0, carbon_less=0.0), rest_key(start)
    if alike(bare, asked):
        return ""
    for name, other in all_.judged.items():
        if task in other["tasks"] and alike(asked_of(other), bare) and rest_key(other) == rest:
            mine, theirs = (e["tasks"][task]["figures"]["demand_margin"] for e in (entry, other))
            if mine["change"] is None or theirs["change"] is None:
                return ""
            points = 100 * (mine["change"] - theirs["change"])
            sign = "+" if points > 0 else ""
            return (
                f"Against the same weights without carbon ({plain(name)}), margin changes by "
                f"{sign}{significant(points, 2)} points, from {percent(theirs['change'])} to "
                f"{percent(mine['change'])}; both against today, where margin has no weight at all."
            )
    return ""
