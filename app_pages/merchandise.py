"""Merchandise: weights on one side, what they do to money, carbon, relevance and sellers beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from app_pages import _load
from app_pages._draw import (
    policy_points,
    split_sentence,
    trade_off_chart,
    trade_off_sentence,
)
from app_pages._words import change, is_clear, percent, plain, significant
from recommender.report import report_frame, report_json, report_markdown
from recommender.report_limits import limits_in_words

URL: Final = "query-params"
TASKS = {"all": "All items", "new": "Items new to the household"}
REFERENCES = {"need": "inside the same need", "none": "across all goods"}
LABEL = "observed on held-out weeks; demand-weighted, not a forecast"
ICONS = {
    "money": ":material/payments:",
    "carbon": ":material/scale:",
    "relevance": ":material/target:",
    "sellers": ":material/storefront:",
}
# figure: which party, heading, what it says
FIGURES = {
    "demand_revenue": ("money", "Revenue", "demand-weighted, per household"),
    "demand_margin": ("money", "Margin", "demand-weighted, per household"),
    "demand_kg_functional": ("carbon", "kg CO2e at equal function", "packs play no part in it"),
    "demand_kg_excess": ("carbon", "kg CO2e above habit", "in % of kg CO2e at equal function"),
    "demand_kg_pack": ("carbon", "Total kg CO2e", "of whole packs"),
    "ndcg": ("relevance", "Relevance (NDCG@10)", "of items bought in the held-out weeks"),
    "hits": ("relevance", "Hits", "places whose item was bought"),
    "seller_small_share": ("sellers", "Small suppliers", "share of attention"),
    "seller_gini": ("sellers", "Inequality of suppliers", "Gini of attention: 0 is equal"),
    "private_label_share": ("sellers", "House brand", "share of attention"),
}
FAR = -10.0  # % of relevance: what costs more would flatten the rest of the chart
POLICIES_ALT = "Every policy's change against today in money, kg CO2e, relevance and sellers."
TILES = ("demand_revenue", "demand_kg_functional", "ndcg", "seller_small_share")


def main() -> None:
    here = _load.opened()
    st.title("What a weighting costs", anchor=False)
    left, right = st.columns([2, 5], gap="large")
    with left:
        chosen = weights(here.report)
        st.caption(price_sentence(chosen, here))
        started = str(st.session_state.policy)
        limits = limits_in_words(here.report["policies"][started])
        if limits:
            st.caption(plain(limits_sentence(started, limits), longest=400))
    name, report = judged(chosen, here.report, str(st.session_state.policy))
    with right:
        task = st.segmented_control(
            "Judged on",
            list(TASKS),
            format_func=lambda task: TASKS[task],
            default="all",
            required=True,
            key="task",
            bind=URL,
        )
        tiles(report, name, str(task))
        trade_off(here, report, name, str(task))
    detail(here, report, name, str(task))
    policies(here, report, str(task))
    with st.expander("The households that chose nothing (audit)"):
        audit(report, name, str(task))
    with st.expander("How this is measured"):
        method(report)
    downloads(here, report, name)


def weights(report: Mapping[str, Any]) -> dict[str, Any]:
    """The weights in force: sliders that count once Apply is pressed; policies to start from."""
    base = _load.default()
    names = list(report["policies"])
    st.selectbox(
        "Start from",
        names,
        index=names.index(base.name) if base.name in names else 0,
        key="policy",
        bind=URL,
        on_change=adopt,
        args=(report,),
        help="Sets the weights below to those of a policy of the report.",
    )
    with st.form("weights", border=True):
        climate = st.slider(
            "Climate",
            0.0,
            top(report, "climate", 2.0),
            base.weights.climate,
            0.05,
            key="climate",
            bind=URL,
            help="How much a kg of CO2e counts against likelihood to buy.",
        )
        retailer = st.slider(
            "Margin",
            0.0,
            top(report, "retailer", 1.0),
            base.weights.retailer,
            0.05,
            key="margin",
            bind=URL,
            help="How much the shop's margin counts.",
        )
        sellers = st.slider(
            "Sellers",
            0.0,
            top(report, "sellers", 0.2),
            base.weights.sellers,
            0.005,
            format="%.3f",
            key="sellers",
            bind=URL,
            help="How much suppliers count that are shown less than they sell.",
        )
        reference = st.radio(
            "Carbon is compared",
            list(REFERENCES),
            index=list(REFERENCES).index(base.carbon.reference),
            format_func=lambda reference: REFERENCES[reference],
            key="reference",
            bind=URL,
            help="Inside the same need only stand-ins count; across all goods the mix of needs "
            "may shift as well.",
        )
        bar = st.checkbox(
            "Leave out unknown footprints", base.carbon.bar_unknown, key="known_only", bind=URL
        )
        st.form_submit_button("Apply", key="apply", width="stretch")
    return {
        "climate": climate,
        "retailer": retailer,
        "sellers": sellers,
        "reference": reference,
        "bar_unknown": bar,
    }


def adopt(report: Mapping[str, Any]) -> None:
    """Sets the sliders to the chosen policy's weights."""
    entry = report["policies"][st.session_state.policy]
    st.session_state.climate = float(entry["weights"]["climate"])
    st.session_state.margin = float(entry["weights"]["retailer"])
    st.session_state.sellers = float(entry["weights"]["sellers"])
    st.session_state.reference = entry["carbon"]["reference"]
    st.session_state.known_only = entry["carbon"]["bar_unknown"]


def limits_sentence(policy: str, limits: str) -> str:
    """What a policy asks besides its weights, and that the sliders do not hold it."""
    return (
        f"{policy} also asks: {limits}. Its own figures are shown until a weight is moved; weights "
        f"of your own are tried without limits."
    )


def top(report: Mapping[str, Any], party: str, at_least: float) -> float:
    """The end of a slider: no policy of the report lies beyond it."""
    used = [float(entry["weights"][party]) for entry in report["policies"].values()]
    return max([at_least, *used])


def judged(
    chosen: Mapping[str, Any], report: Mapping[str, Any], start: str
) -> tuple[str, Mapping[str, Any]]:
    """The policy's name and a report that holds it: the kept one where it has these weights.

    The policy that one started from comes first, limits and all; another one only without limits.
    """
    weights = {"shopper": 1.0, **{p: chosen[p] for p in ("climate", "retailer", "sellers")}}
    for name in sorted(report["policies"], key=lambda name: name != start):
        entry = report["policies"][name]
        alike = all(entry["carbon"][key] == chosen[key] for key in ("reference", "bar_unknown"))
        if entry["weights"] == weights and alike and (name == start or not limits_in_words(entry)):
            return name, report
    return _load.DRAFT, _load.draft(**chosen)


def price_sentence(chosen: Mapping[str, Any], here: _load.Opened) -> str:
    """What the climate weight means in money, in one line."""
    price = _load.price_per_tonne(chosen["climate"], chosen["retailer"])
    if not chosen["climate"]:
        return "Carbon has no weight, so a tonne of CO2e costs nothing here."
    if price is None:
        return (
            "No carbon price in money: margin has no weight (or the shop no margins), so carbon is "
            "traded against relevance alone."
        )
    return (
        f"These weights give up **{plain(here.currency)}{significant(price, 3)} of margin for a "
        f"tonne of CO2e**: climate weight per kg of an average purchase, over margin weight per "
        f"unit of its margin."
    )


def tiles(report: Mapping[str, Any], name: str, task: str) -> None:
    figures = report["policies"][name]["tasks"][task]["figures"]
    st.caption(f"Change against today (relevance alone), {LABEL}. Below each: its 95 % interval.")
    grid = st.grid(4, min_column_width=200, border=True)
    for figure in TILES:
        party, heading, _ = FIGURES[figure]
        estimate = figures[figure]
        with grid.cell():
            st.metric(heading, percent(estimate["change"]), icon=ICONS[party])
            st.caption(interval(estimate, name == report["meta"]["baseline"]))
    split = report["policies"][name]["tasks"][task]["split"]
    st.markdown(
        f"- **kg CO2e at equal function {percent(figures['demand_kg_functional']['change'])}**, "
        f"{split_sentence(without(split['functional_kg'], 'pack_size'))}.\n"
        f"- **Total kg CO2e {percent(figures['demand_kg_pack']['change'])}**, "
        f"{split_sentence(split['total_kg'])}."
    )


def without(parts: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {part: estimate for part, estimate in parts.items() if part != name}


def interval(estimate: Mapping[str, float | None], is_today: bool) -> str:
    if is_today:
        return "this is today"
    low, high = estimate["change_low"], estimate["change_high"]
    if low is None or high is None:
        return "no interval"
    said = f"{percent(low)} to {percent(high)}"
    return said if is_clear(estimate) else f"{said}: not clearly moved"


def detail(here: _load.Opened, report: Mapping[str, Any], name: str, task: str) -> None:
    """Every figure of the weights in force, beside another policy."""
    left, right = st.columns([5, 3], vertical_alignment="bottom")
    left.header("In figures", anchor=False)
    names = list(here.report["policies"])
    others = [n for n in names if n not in (report["meta"]["baseline"], _load.default().name)]
    beside = right.selectbox(
        "Compare with",
        names,
        index=names.index(others[0]) if others else 0,
        key="beside",
        bind=URL,
    )
    yours = report["policies"][name]["tasks"][task]["figures"]
    other = here.report["policies"][beside]["tasks"][task]["figures"]
    today = report["policies"][report["meta"]["baseline"]]["tasks"][task]["figures"]
    rows = [
        {
            "Figure": heading,
            "What it is": meaning,
            "Today": level(today[figure], here.currency if party == "money" else ""),
            "Your weights": change(yours[figure]),
            f"{beside}": change(other[figure]),
        }
        for figure, (party, heading, meaning) in FIGURES.items()
    ]
    right_aligned = st.column_config.TextColumn(alignment="right")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config=dict.fromkeys(["Today", "Your weights", f"{beside}"], right_aligned),
        alt=f"Figures today, and their changes with your weights and with the policy {beside}.",
        key="figures",
    )
    st.caption(
        f"Changes against today with 95 % intervals from {report['meta']['draws']:,} draws of "
        f"{report['meta']['households']:,} households, {LABEL}."
        + (" The report itself uses more draws." if name == _load.DRAFT else "")
    )


def level(estimate: Mapping[str, float | None], currency: str) -> str:
    value = estimate["value"]
    return "–" if value is None else f"{currency}{significant(value, 3)}"


def trade_off(here: _load.Opened, report: Mapping[str, Any], name: str, task: str) -> None:
    baseline = report["meta"]["baseline"]
    points = policy_points(with_draft(here, report), task)
    near = (points["relevance"] >= FAR) | points["policy"].isin([name, baseline])
    if not near.all():
        whole = st.toggle(
            f"Show policies that cost more than {-FAR:g} % of relevance", key="far", bind=URL
        )
        points = points if whole else points[near].reset_index(drop=True)
    said = trade_off_sentence(points, name, baseline)
    st.altair_chart(trade_off_chart(points, name, baseline), alt=said, key="trade_off")
    st.caption(f"{said} Further left is less carbon, further up more relevance; {LABEL}.")


def with_draft(here: _load.Opened, report: Mapping[str, Any]) -> dict[str, Any]:
    """The policies of the kept report, and the one that was tried."""
    return {"policies": {**here.report["policies"], **report["policies"]}}


def policies(here: _load.Opened, report: Mapping[str, Any], task: str) -> None:
    st.header("All policies", anchor=False)
    rows = [
        {
            "Policy": policy,
            "Carbon compared": REFERENCES[entry["carbon"]["reference"]],
            **{
                heading: 100 * value if value is not None else None
                for heading, value in changes(entry["tasks"][task]).items()
            },
        }
        for policy, entry in with_draft(here, report)["policies"].items()
    ]
    table = pd.DataFrame(rows)
    numbers = {
        column: st.column_config.NumberColumn(format="%+.1f %%", alignment="right")
        for column in table.columns[2:]
    }
    st.dataframe(
        table,
        hide_index=True,
        column_config=numbers,
        alt=POLICIES_ALT,
        key="policies",
        height="content",
    )
    st.caption(
        "Each policy's change against today. Intervals are in the figures above for the policy "
        "chosen, and in the report for all."
    )


def changes(run: Mapping[str, Any]) -> dict[str, float | None]:
    """A policy's changes in the order money, carbon, relevance, sellers."""
    figures, split = run["figures"], run["split"]["functional_kg"]
    return {
        "Revenue": figures["demand_revenue"]["change"],
        "Margin": figures["demand_margin"]["change"],
        "kg CO2e, equal function": figures["demand_kg_functional"]["change"],
        "of it swaps": split["substitution"]["change"],
        "of it mix": split["mix"]["change"],
        "Total kg CO2e": figures["demand_kg_pack"]["change"],
        "Relevance": figures["ndcg"]["change"],
        "Small suppliers": figures["seller_small_share"]["change"],
    }


def audit(report: Mapping[str, Any], name: str, task: str) -> None:
    figures = report["policies"][name]["tasks"][task]["audit"]
    if not figures:
        st.markdown("This log has too few households to set some aside.")
        return
    st.markdown(
        f"One household in five, {report['meta']['audit_households']:,} in all, chose no setting "
        f"of the model. Their figures should tell the same story."
    )
    rows = [
        {"Figure": heading, "Your weights": change(figures[figure])}
        for figure, (_, heading, _) in FIGURES.items()
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"Your weights": st.column_config.TextColumn(alignment="right")},
        alt="Changes against today among the audit households.",
        key="audit",
    )


def method(report: Mapping[str, Any]) -> None:
    meta, scales = report["meta"], report["scales"]
    st.markdown("\n".join(f"- {plain(note, longest=400)}" for note in meta["notes"]))
    st.markdown(
        f"- One weight means the same for everybody: margin is divided by {scales['m0']:.3g} (shop "
        f"currency) and carbon by {scales['g0']:.3g} kg CO2e, the means of a demand-weighted "
        f"purchase today."
    )


def downloads(here: _load.Opened, report: Mapping[str, Any], name: str) -> None:
    with st.container(horizontal=True):
        st.download_button("Report (text)", here.text("report.md"), "report.md", key="get_md")
        st.download_button("Report (JSON)", here.text("report.json"), "report.json", key="get_json")
        st.download_button(
            "Report (CSV)",
            report_frame(here.report).to_csv(index=False),
            "report.csv",
            "text/csv",
            key="get_csv",
        )
        if name == _load.DRAFT:
            st.download_button(
                "Your weights (JSON)", report_json(report), "draft.json", key="get_draft"
            )
            st.download_button(
                "Your weights (text)", report_markdown(report), "draft.md", key="get_draft_md"
            )


main()
