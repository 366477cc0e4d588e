"""What the Method page draws and says: evidence of one product, quality, tiers, sources, splits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, GREY, TEAL
from app_pages._load import Opened, workspace
from app_pages._words import TIERS, count, listed, significant
from pcf_estimator.assess.show import asked_cells
from pcf_estimator.devices.seed import read_device_seed
from pcf_estimator.explain.explain import explain
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.explain.sentences import quality_words
from pcf_estimator.explain.words import MEMBER_WORDS, SOURCE_NAMES
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_figures
from pcf_estimator.tables import PRODUCTS, check_table, shipped_data
from recommender.workspace import WorkspaceError

EXAMPLES = (
    "frozen pizza 12 oz",
    "milk",
    "ground beef 1 lb",
    "laundry detergent",
    "laptop",
    "blorptang",
)
BEST_SELLING = 150  # products of the shop that are offered beside the examples
LONGEST = 200  # letters of a typed product that are read
TIER_BASIS = {
    "verified": "The supplier's own figure, checked by somebody else; taken as it is.",
    "model": "The seed holds goods of its kind, or one that shares most of its words. Figure: the "
    "blend of all methods.",
    "neighbours": "Only goods with similar words are known. Figure: the blend of all methods, with "
    "a wider range.",
    "category": "Nothing like it is known, but its shelf or its use is. Figure: their mean.",
    "spend": "Not in the seed at all. Figure: what its industry emits for a dollar. Never used to "
    "rank two products.",
    "unknown": "Not even that. No figure is shown, and none is made up.",
}
LICENCES = {
    "agribalyse": ("French food and drink by life-cycle stage, ADEME", "Etalab Open Licence"),
    "su-eatable": ("Studies of food commodities, Petersson et al. 2021", "CC BY 4.0"),
    "carbon-catalogue": (
        "Companies' figures for their products, Meinrenken et al. 2022",
        "CC BY 4.0",
    ),
}
DATA_SETS = {"seed": "The seed itself", "agribalyse": "The publisher's whole food table"}
METHODS = {
    "median": "one figure for everything",
    "category mean": "mean of the shelf",
    "knn-5": "five nearest names",
    "blend": "the blend",
    "estimate": "what a product gets",
    "estimate, title only": "the same from a title alone",
    "estimate, no title": "the same without a title",
}
SCORES = {"pairwise_accuracy": "pairs ranked right", "within_factor_2": "within a factor of 2"}


def offered(here: Opened) -> list[str]:
    """Products to choose from: the examples, then titles of the shop that sell most often."""
    titles = here.shop.catalogue.get("title")
    if titles is None:
        return list(EXAMPLES)
    sold = pd.Series(here.shop.log.product).value_counts().index[: 4 * BEST_SELLING]
    best = titles.iloc[sold].dropna().drop_duplicates().head(BEST_SELLING)
    return [*EXAMPLES, *best]


def example(here: Opened, asked: str) -> Explanation:
    """What is known of a product of the shop by its id or title, or of any other by its words.

    Raises WorkspaceError where the workspace holds no footprint model that can be read.
    """
    place = workspace()
    if not place.has("footprint_model", "model.json"):
        raise WorkspaceError("this workspace holds no footprint model")
    try:
        model = PcfModel.load(place.path("footprint_model", ""))
    except ValueError as error:  # made by another version
        raise WorkspaceError("this workspace's footprint model is of another version") from error
    shop = here.shop.catalogue
    asked = asked.strip()[:LONGEST]
    known = shop["product_id"] == asked
    if "title" in shop and not known.any():
        known = shop["title"].fillna("") == asked
    if asked and known.any():
        return explain(shop[known].head(1), model, shop=shop)
    words = pd.DataFrame({"product_id": ["asked"], "title": [asked]})
    return explain(check_table(words, PRODUCTS, "the product"), model)


def evidence(found: Explanation) -> pd.DataFrame:
    """Figures per kg with their ends, one a row: nearest records, methods, and the estimate."""
    rows = [
        {
            "what": "record",
            "name": record.concept,
            "kg": record.kg_co2e_per_kg,
            "low": record.kg_co2e_per_kg_low,
            "high": record.kg_co2e_per_kg_high,
            "said": f"likeness {record.similarity:.2f}",
        }
        for record in found.records
    ]
    rows += [
        {
            "what": "method",
            "name": MEMBER_WORDS.get(vote.member, vote.member),
            "kg": vote.kg_co2e_per_kg,
            "low": vote.kg_co2e_per_kg,
            "high": vote.kg_co2e_per_kg,
            "said": f"weight {vote.weight:.2f}",
        }
        for vote in found.votes
    ]
    rows.append(
        {
            "what": "estimate",
            "name": "the estimate",
            "kg": found.kg_co2e_per_kg,
            "low": found.kg_co2e_per_kg_low,
            "high": found.kg_co2e_per_kg_high,
            "said": "with its 80 % range",
        }
    )
    return pd.DataFrame(rows)


def evidence_chart(rows: pd.DataFrame) -> alt.LayerChart:
    """Records, methods and the estimate on one scale of kg CO2e per kg; ranges as thin bars."""
    kinds = ["record", "method", "estimate"]
    # the caption names the marks: a legend does not fit on a phone
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=kinds, range=[GREY, AMBER, TEAL]), legend=None
    )
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=150))
    scale = alt.Scale(type="log", nice=False, padding=14)
    title = "kg CO2e per kg, logarithmic"
    base = alt.Chart(rows)
    bars = base.mark_rule(strokeWidth=4, opacity=0.45, strokeCap="round").encode(
        x=alt.X("low:Q", scale=scale, title=title), x2="high:Q", y=y, color=colour
    )
    dots = base.mark_point(filled=True, opacity=1, size=95).encode(
        x=alt.X("kg:Q", scale=scale, title=title),
        y=y,
        color=colour,
        shape=alt.Shape(
            "what:N",
            scale=alt.Scale(domain=kinds, range=["circle", "diamond", "square"]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("name:N", title="What"),
            alt.Tooltip("kg:Q", title="kg CO2e per kg", format=".2~g"),
            alt.Tooltip("said:N", title="How much it counts"),
        ],
    )
    return (bars + dots).properties(height=30 * len(rows) + 60)


def evidence_sentence(rows: pd.DataFrame) -> str:
    """What the evidence chart shows."""
    here = rows[rows["what"] == "estimate"].iloc[0]
    said = [
        f"Per kg as sold the estimate (square) is {significant(here['kg'])} kg CO2e, with a range "
        f"from {significant(here['low'])} to {significant(here['high'])}"
    ]
    for what, name in (("record", "nearest records (circles)"), ("method", "methods (diamonds)")):
        kg = rows.loc[rows["what"] == what, "kg"].tolist()
        if kg:
            ends = f"{significant(min(kg))} and {significant(max(kg))}"
            said.append(f"its {len(kg)} {name} lie between {ends}")
    return "; ".join(said) + "."


def quality_rows(found: Explanation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dimension": [f"{name.capitalize()} {score}" for name, score in found.quality.items()],
            "score": list(found.quality.values()),
            "meaning": [quality_words(found, name) for name in found.quality],
        }
    )


def quality_chart(rows: pd.DataFrame) -> alt.Chart:
    """Five small bars from 5, the worst, to 1, the best: longer is better."""
    axis = alt.Axis(values=[1, 2, 3, 4, 5], format="d", title="from 5, worst, to 1, best")
    scale = alt.Scale(domain=[5.6, 1], nice=False)
    y = alt.Y("dimension:N", sort=None, title=None)
    bars = (
        alt.Chart(rows.assign(worst=5.6))
        .mark_bar(color=TEAL, height=9)
        .encode(
            x=alt.X("score:Q", scale=scale, axis=axis),
            x2="worst:Q",
            y=y,
            tooltip=[alt.Tooltip("dimension:N"), alt.Tooltip("score:Q"), alt.Tooltip("meaning:N")],
        )
    )
    return bars.properties(height=190)


def quality_sentence(found: Explanation) -> str:
    scores = [f"{name} {score}" for name, score in found.quality.items()]
    return f"Data quality {found.data_quality:.1f} of 1 (best) to 5: {listed(scores)}."


def tier_lines(here: Opened) -> list[str]:
    """Each tier in words, with its share of this shop's products and of its sales."""
    products, sales = tier_shares(here)
    lines = []
    for tier, said in TIERS.items():
        shares = f"{share(products.get(tier, 0.0))} of products"
        if sales:
            shares += f", {share(sales.get(tier, 0.0))} of sales"
        lines.append(f"**{said[:1].upper()}{said[1:]}** ({shares}). {TIER_BASIS[tier]}")
    return lines


def tier_shares(here: Opened) -> tuple[dict[str, float], dict[str, float]]:
    """Share of each tier in the shop's products and, where the workspace knows it, its sales."""
    products = here.shop.footprints["tier"].value_counts(normalize=True)
    sales = here.shop.workspace.facts("footprints").get("share_of_sales") or {}
    return {str(tier): float(part) for tier, part in products.items()}, dict(sales)


def source_lines() -> list[str]:
    """Who published the figures of the seed, how many, of which years, under which licence."""
    lines = {}
    for source, own in read_figures().groupby("source"):
        what, licence = LICENCES.get(str(source), ("see data/README.md", "see data/README.md"))
        first, last = int(own["year"].min()), int(own["year"].max())
        years = f"{first}" if first == last else f"{first} to {last}"
        places = listed(list(own["geography"].value_counts().index[:2]))
        if own["geography"].nunique() > 2:
            places += " and others"
        name = SOURCE_NAMES.get(str(source), str(source))
        figures = count(len(own), "figure")
        lines[f"**{name}**: {figures}, {years}, {places}. {what}. Licence: {licence}."] = len(own)
    devices = count(len(read_device_seed()), "maker's declaration", "makers' declarations")
    return [
        *sorted(lines, key=lambda line: -lines[line]),
        f"**Boavizta**: {devices} of devices, per unit, kept in a table of their own. Licence: "
        f"Open Database License 1.0.",
    ]


def assessment() -> tuple[dict[str, Any], bool]:
    """What `footprint assess` found, and whether here: else for this version."""
    place = workspace()
    here = place.has("assessment", "assessment.json")
    path = place.path("assessment", "assessment.json") if here else shipped_data("assessment.json")
    return json.loads(path.read_text(encoding="utf-8")), here


def by_data_set(found: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an assessment that score methods by split."""
    return {
        name: entry
        for name, entry in found.items()
        if isinstance(entry, dict) and "splits" in entry
    }


def asked_table(found: Mapping[str, Any]) -> pd.DataFrame:
    """What was asked of the estimator beside what was found, a row per figure."""
    rows = [(name, *asked_cells(figure)) for name, figure in found.get("asked", {}).items()]
    return pd.DataFrame(rows, columns=["Figure", "Asked", "Found", "Met", "Beside"])


def asked_sentence(found: Mapping[str, Any]) -> str:
    """How many of the asked figures were met, in words, and which were not."""
    judged = {k: v["met"] for k, v in found.get("asked", {}).items() if v["met"] is not None}
    missed = [name for name, met in judged.items() if not met]
    said = f"Of {count(len(judged), 'figure')} asked, {len(judged) - len(missed)} are met."
    return said + (f" Not met: {listed(missed)}." if missed else "")


def method_name(method: str) -> str:
    return METHODS.get(method, MEMBER_WORDS.get(method, method))


def split_table(methods: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per method: pairs ranked right, median error, share within a factor of 2."""
    headings = {
        "pairwise_accuracy": "Pairs right",
        "median_ape": "Median error",
        "within_factor_2": "Within factor 2",
    }
    return pd.DataFrame(
        [
            {
                "Method": method_name(method),
                **{heading: share(scores.get(name)) for name, heading in headings.items()},
            }
            for method, scores in methods.items()
        ]
    )


def range_table(entry: Mapping[str, Any]) -> pd.DataFrame:
    """Coverage promised against held, one row per split."""
    own = {split: methods.get("estimate", {}) for split, methods in entry["splits"].items()}
    return pd.DataFrame(
        [
            {
                "Split": split,
                "Promised": share(entry.get("nominal_coverage")),
                "Held": share(scores.get("coverage")),
                "Held in the worst category": share(scores.get("worst_category_coverage")),
                "Held as shown on screen": share(scores.get("coverage_widened")),
                "High over low": significant(scores["range_factor"])
                if scores.get("range_factor")
                else "–",
            }
            for split, scores in own.items()
        ]
    )


def share(value: float | None) -> str:
    """
    >>> share(0.6533), share(None)
    ('65 %', '–')
    """
    return "–" if value is None else f"{100 * value:.0f} %"


def split_points(methods: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"method": method_name(method), "score": said, "share": 100 * float(scores[name])}
            for method, scores in methods.items()
            for name, said in SCORES.items()
            if scores.get(name) is not None
        ]
    )


def split_chart(points: pd.DataFrame) -> alt.Chart:
    """A row per method, a mark per score, further right is better."""
    said = list(SCORES.values())
    return (
        alt.Chart(points)
        .mark_point(filled=True, size=95, opacity=1)
        .encode(
            x=alt.X(
                "share:Q",
                title="Share, %",
                scale=alt.Scale(zero=False, nice=True, padding=10),
                axis=alt.Axis(tickCount=6),
            ),
            y=alt.Y("method:N", sort=None, title=None, axis=alt.Axis(labelLimit=150, grid=True)),
            color=alt.Color(
                "score:N", scale=alt.Scale(domain=said, range=[TEAL, AMBER]), legend=None
            ),
            shape=alt.Shape(
                "score:N",
                scale=alt.Scale(domain=said, range=["circle", "diamond"]),
                legend=None,  # the caption names the marks
            ),
            tooltip=[
                alt.Tooltip("method:N", title="Method"),
                alt.Tooltip("score:N", title="Score"),
                alt.Tooltip("share:Q", title="%", format=".1f"),
            ],
        )
        .properties(height=30 * points["method"].nunique() + 70)
    )


def split_sentence(methods: Mapping[str, Mapping[str, Any]], split: str) -> str:
    """What the table of a split says: the estimate against its baselines."""

    def of(method: str, name: str) -> str:
        return share(methods.get(method, {}).get(name))

    return (
        f"Split “{split}”: of two goods of one category that differ, "
        f"{of('estimate', 'pairwise_accuracy')} are ranked right (mean of the shelf "
        f"{of('category mean', 'pairwise_accuracy')}, five nearest names "
        f"{of('knn-5', 'pairwise_accuracy')}); {of('estimate', 'within_factor_2')} of the figures "
        f"lie within a factor of 2 (one figure for everything "
        f"{of('median', 'within_factor_2')}); half of them miss by less than "
        f"{of('estimate', 'median_ape')}."
    )


def range_sentence(methods: Mapping[str, Mapping[str, Any]], promised: float) -> str:
    """Coverage promised against coverage held."""
    own = methods.get("estimate", {})
    if own.get("coverage") is None:
        return "This split has no ranges."
    said = f"The ranges promise to hold {share(promised)} of the figures; they held "
    said += share(own["coverage"])
    if own.get("worst_category_coverage") is not None:
        worst = own.get("worst_category", "unnamed")
        said += f", and in the worst category ({worst}) {share(own['worst_category_coverage'])}"
    if own.get("coverage_widened") is not None:
        said += (
            f". On screen they are wider, by what databases differ on, and held "
            f"{share(own['coverage_widened'])}"
        )
    return said + "."


def size_sentence(entry: Mapping[str, Any]) -> str:
    return (
        f"{count(entry['rows'], 'good')} in {count(entry['groups'], 'group')} of goods that share "
        f"a figure or nearly a name; weights of the methods: "
        + listed([f"{method_name(m)} {w:.2f}" for m, w in entry["weights"].items()])
        + "."
    )
