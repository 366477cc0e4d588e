"""What the Method page draws and says: evidence of one product, quality, tiers, sources."""

from __future__ import annotations

import altair as alt
import pandas as pd

from app_pages._draw import AMBER, GREY, TEAL
from app_pages._load import Opened, workspace
from app_pages._words import TIERS, count, listed, share, significant
from pcf_estimator.devices.seed import read_device_seed
from pcf_estimator.explain.explain import explain
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.explain.sentences import quality_words
from pcf_estimator.explain.words import MEMBER_WORDS, SOURCE_NAMES
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_figures
from pcf_estimator.tables import PRODUCTS, check_table
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
