"""What the Footprints page says of one product."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from app_pages._draw import mark_sentence
from app_pages._footprints.estimates import WHY
from app_pages._shop.stock import Stock, place_on_scale
from app_pages._words import NO_BREAK, TIERS, kg, money, plain, sentence, share, significant
from pcf_estimator.explain.explanation import Explanation
from pcf_estimator.explain.words import BOUNDARY_WORDS, MASS_WORDS, weight
from pcf_estimator.quality import DIMENSIONS, MEANINGS

Row = Mapping[Hashable, Any] | pd.Series
LONG = 700  # letters of a sentence that holds product text
MARKS = 5  # of data quality
BY_RECORDS = ("model", "neighbours", "category")  # tiers of figures per kg
SPEND_WORDS = "a figure by price says nothing about a product against its neighbours"


def product_row(stock: Stock, product_id: str) -> int | None:
    """Row of a product in the catalogue; None where it holds no such id."""
    at = np.flatnonzero(stock.products["product_id"].to_numpy() == product_id)
    return int(at[0]) if len(at) else None


def figure(product: Row) -> str:
    """A product's footprint with range and tier, in one sentence.

    >>> figure({"tier": "spend", "kg_co2e": 1.187, "kg_co2e_low": 0.81, "kg_co2e_high": 1.93})
    'about 1.2\\xa0kg CO2e (0.81–1.9), a rough estimate from its price'
    """
    known = not math.isnan(_number(product, "kg_co2e"))
    if not known or product["tier"] == "unknown":
        return f"unavailable: {TIERS['unknown']}"
    ends = [_number(product, f"kg_co2e{end}") for end in ("", "_low", "_high")]
    return f"{kg(*ends)}, {TIERS[str(product['tier'])]}"


def price(product: Row, currency: str) -> str:
    """A product's price; where nobody told it, what goods of its kind cost, and that it is so.

    >>> price({"price": 0.5, "price_basis": "type"}, "$")
    'price unavailable, its kind costs about $0.50'
    """
    amount = _number(product, "price")
    if math.isnan(amount):
        return "price unavailable"
    if product.get("price_basis") in ("type", "shop"):
        return f"price unavailable, its kind costs about {money(amount, currency)}"
    return money(amount, currency)


def price_and_no_figure(product: Row, currency: str) -> str:
    """What to say of a price known from sales where a figure by money lacks one; else "".

    >>> price_and_no_figure({"tier": "unknown", "price": 2.5, "price_basis": "sales"}, "$")
    'It was sold here at about $2.50, but the catalogue lists no price to make a figure by.'
    """
    amount = _number(product, "price")
    if product["tier"] != "unknown" or product.get("price_basis") != "sales" or math.isnan(amount):
        return ""
    return (
        f"It was sold here at about {money(amount, currency)}, but the catalogue lists no price "
        f"to make a figure by."
    )


def headline(product: Row) -> tuple[str, str]:
    """The figure as it stands alone, and the words under it."""
    if math.isnan(_number(product, "kg_co2e")):
        why = WHY.get(str(product["source"]), product["source"])
        return "Unavailable", sentence(f"{TIERS['unknown']}: {plain(why, LONG)}")
    number, _, tier = figure(product).partition("), ")
    about = "The range holds"
    if product["tier"] in BY_RECORDS and not math.isnan(_number(product, "kg_co2e_per_kg")):
        about = "The range is made to hold what another database would say,"
    return sentence(number + ")")[:-1], sentence(f"per pack, {tier}. {about} with 4 chances in 5")


def place(stock: Stock, row: int) -> str:
    """Where the product stands among those for the same need; or why it stands nowhere."""
    product = stock.products.iloc[row]
    need = plain(product["need"])
    if not stock.swaps.placed[row]:
        return sentence(f"no place on a scale of “{need}”: {why_not_placed(product)}")
    return sentence(f"{mark_sentence(*place_on_scale(stock, row))}: {need}")


def why_not_placed(product: Row) -> str:
    """Why a product is ranked with no other."""
    tier = str(product["tier"])
    if tier == "unknown" or math.isnan(_number(product, "kg_co2e")):
        return "it has no figure"
    if tier == "spend":
        return SPEND_WORDS
    if math.isnan(_number(product, "kg_per_flow")):
        return "nothing says how much of it serves one use"
    if math.isnan(_number(product, "net_mass_kg")):
        return "nothing says what its pack weighs"
    return "nothing says how sure a comparison with it is"


def facts(product: Row, found: Explanation | None = None) -> dict[str, str]:
    """What stands beside the figure, by heading; every one has words where nothing is known."""
    said = {}
    mass, basis = _number(product, "net_mass_kg"), str(product.get("mass_basis") or "none")
    if math.isnan(mass):
        said["Weight"] = (
            "not known, and not needed for this figure"
            if math.isfinite(_number(product, "kg_co2e"))
            else "not known"
        )
    else:
        text = product.get("package_size")
        package = plain(text if isinstance(text, str) else product.get("title", ""))
        words = MASS_WORDS.get(basis, "nobody says how it is known").format(package=package)
        about = "" if basis in ("catalogue", "package") else "about "
        said["Weight"] = sentence(f"{about}{weight(mass)}, {words}")
    per_kg = _number(product, "kg_co2e_per_kg")
    known = math.isfinite(_number(product, "kg_co2e"))
    said["Per kg as sold"] = (
        "unavailable" + (": the figure is per pack" if known else "")
        if math.isnan(per_kg)
        else f"{significant(per_kg)} kg CO2e"
    )
    boundary = str(product.get("boundary") or "")
    said["What is counted"] = BOUNDARY_WORDS.get(boundary, plain(boundary) or "nothing: no figure")
    said["Land-use change"] = land_use(product, found)
    model, seed = product.get("model_version") or "none", product.get("seed_version") or "none"
    said["Made by"] = f"model {plain(model)}, seed {plain(seed)}"
    return said


def land_use(product: Row, found: Explanation | None = None) -> str:
    """How much of the figure is from land-use change, or why nobody can say."""
    part, whole = _number(product, "kg_co2e_luc"), _number(product, "kg_co2e")
    if math.isnan(part) or not whole > 0:
        if product["tier"] == "spend":
            return "left out: a figure by price does not hold it"
        if math.isnan(whole):
            return "unavailable: there is no figure"
        return "unavailable: its sources do not state it apart"
    by = f", by {found.luc_records} of its nearest records" if found and found.luc_records else ""
    if part < 0:
        return f"takes {weight(-part)} off: the land stores carbon{by}"
    return f"{weight(part)} CO2e of the figure ({share(part / whole)}){by}" if part else "none" + by


def quality_rows(product: Row, year: int) -> list[tuple[str, int, str]]:
    """Dimension, score from 1 (best) to 5, and what the score says; none without a figure."""
    rows = []
    for name in DIMENSIONS:
        score = _number(product, f"quality_{name}")
        if not math.isnan(score):
            said = MEANINGS[name][int(score) - 1].replace("the year in question", str(year))
            rows.append((name.capitalize(), int(score), said))
    return rows


def quality_table(rows: list[tuple[str, int, str]]) -> str:
    """Five small marks a line with their words, as a Markdown table: more filled is better.

    >>> quality_table([("Time", 1, "of 2026")]).splitlines()[-1]
    '| Time :primary[■■■■■] grade\\xa01\\xa0of\\xa05\\xa0(best) | of 2026 |'
    """
    ends = {1: f"{NO_BREAK}(best)", MARKS: f"{NO_BREAK}(worst)"}
    lines = [
        f"| {name} :primary[{'■' * (MARKS + 1 - score)}]"
        + (f":gray[{'□' * (score - 1)}]" if score > 1 else "")
        + f" grade{NO_BREAK}{score}{NO_BREAK}of{NO_BREAK}5{ends.get(score, '')} | {said} |"
        for name, score, said in rows
    ]
    return "\n".join(["| Data quality: fuller is better | What it says |", "|:--|:--|", *lines])


def quality_sentence(product: Row, rows: list[tuple[str, int, str]]) -> str:
    """The scores in one sentence, with their mean."""
    whole = _number(product, "data_quality")
    if math.isnan(whole) or math.isnan(_number(product, "kg_co2e")):
        return "Data quality is unavailable: there is no figure to judge."
    if not rows:
        return f"Data quality {whole:.1f} on a scale from 1 (best) to 5."
    weakest = max(rows, key=lambda row: row[1])
    return (
        f"Data quality {whole:.1f} on a scale from 1 (best) to 5, the "
        f"mean of five; weakest in {weakest[0].lower()} ({weakest[2]})."
    )


def well_known(stock: Stock, most: int = 8) -> list[int]:
    """Products to begin with: what most households buy, one of a category."""
    order = np.argsort(-stock.crowd, kind="stable")[:2000]
    shelf = "category" if "category" in stock.products else "need"
    kinds = stock.products[shelf].iloc[order].reset_index(drop=True)
    return [int(order[k]) for k in kinds.drop_duplicates().index[:most]]


def _number(product: Row, name: str) -> float:
    value = product.get(name)
    return math.nan if value is None or pd.isna(value) else float(value)
