"""How well the spend tier does: industries against people's labels, and kg against the model's.

The labels are CAML's: grocery texts to which five or more people each gave a NAICS code of 2007.
They agree little, so each share stands beside what one of these people reaches. Three tenths of
the rows helped to write our key words; the rest judge.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pcf_estimator.seed.sources import epa
from pcf_estimator.spend.factors import TABLE, spend_intensity
from pcf_estimator.spend.naics import SAME_FACTOR, shipped_matcher
from pcf_estimator.tables import TableError, read_columns
from pcf_estimator.text import product_text

Bools = np.ndarray
Floats = np.ndarray
Texts = np.ndarray

LABELS, CROSSWALK = "caml-grocery-naics-labels.csv", "naics-crosswalk.csv"
TENTHS_TO_TUNE = 3
Z_80 = 1.2816  # standard deviations to either end of an 80 % range
MASS_FACTS = ("catalogue", "package")


def assess_spend(folder: Path) -> dict[str, object]:
    """Coverage and agreement of the industries with the labels in `folder`, beside baselines.

    By method, on the rows that judge: `coverage` is the share with an answer, the rest are shares
    of the answered. `six_digits` and `four_digits` agree with the label most people gave,
    `any_label` with one that anybody gave; `factor` and `any_factor` ask only for kg per dollar
    within `naics.SAME_FACTOR`. `factor_spread_log10` is the root mean square of log10 of the factor
    over the label's: what a wrong industry costs. The most frequent industry is that of the rows
    that tuned. "one person" is the mean share of people behind a row's top label: its `six_digits`
    is the ceiling of the labels' noise.

    Raises TableError where a file is missing.
    """
    labels = read_labels(folder)
    factor = epa(folder).set_index("naics_code")["kg_co2e_per_usd"]
    texts = pd.DataFrame({"title": labels["title"]})
    shipped = spend_intensity(texts)
    matcher = shipped_matcher()
    row, _ = matcher.match(pa.array(product_text(texts), type=pa.string()))
    codes = matcher.industries["naics_code"].to_numpy(dtype=object)
    known = (shipped["basis"] == TABLE).to_numpy()
    frequent = labels.loc[labels["tunes"], "naics_code"].mode().iloc[0]
    both = shipped["naics_code"].to_numpy(dtype=object)
    judges = ~labels["tunes"].to_numpy()
    methods = {
        "most frequent industry": (np.full(len(labels), frequent, dtype=object), judges),
        "table": (np.where(known, both, ""), judges),
        "text match": (np.where(row >= 0, codes[row], ""), judges),
        "table, then text match": (both, judges),
        "text match where the table is silent": (both, judges & ~known),
    }
    scores = {
        name: _agreement(given[rows], labels[rows], factor)
        for name, (given, rows) in methods.items()
    }
    return {
        "labels": len(labels),
        "tuned_on": int((~judges).sum()),
        "judged_on": int(judges.sum()),
        "left_out": labels.attrs["left_out"],
        "same_factor_within": SAME_FACTOR,
        "methods": scores | {"one person": _one_person(labels[judges], factor)},
    }


def read_labels(folder: Path) -> pd.DataFrame:
    """Title, top code of 2017, everybody's codes, and whether the row tunes, by labelled product.

    The title is the first line of the text. Rows without a title, and those whose top label is no
    industry ("cannot tell"), are left out and counted in `attrs["left_out"]`.
    """
    table = _file(folder, LABELS, ["product_code", "naics_code", "raw_annotations", "product_text"])
    crosswalk = _file(folder, CROSSWALK, ["naics_2007", "naics_2017"]).dropna()
    whole = crosswalk[["naics_2007", "naics_2017"]].astype("float64").astype("int64").astype("str")
    new = dict(zip(whole["naics_2007"], whole["naics_2017"], strict=True))
    title = table["product_text"].fillna("").str.split("\n").str[0].str.strip()
    top = table["naics_code"].map(new)
    everybody = table["raw_annotations"].str.split()
    kept = (title != "") & top.notna()
    labels = pd.DataFrame(
        {
            "title": title,
            "naics_code": top,
            "everybody": [[new[code] for code in codes if code in new] for codes in everybody],
            "tunes": [
                zlib.crc32(code.encode()) % 10 < TENTHS_TO_TUNE for code in table["product_code"]
            ],
        }
    )[kept].reset_index(drop=True)
    labels.attrs["left_out"] = int((~kept).sum())
    return labels


def _file(folder: Path, name: str, columns: list[str]) -> pd.DataFrame:
    path = folder / "footprints" / name
    if not path.is_file():
        raise TableError(f"{name} was expected in {path.parent}, but there is no such file")
    table = read_columns(path, name)
    missing = [column for column in columns if column not in table]
    if missing:
        raise TableError(f"{name}: no column {missing[0]!r}; found {', '.join(table.columns)}")
    return table[columns]


def _agreement(given: Texts, labels: pd.DataFrame, factor: pd.Series) -> dict[str, float]:
    answered = given != ""
    code, rows = pd.Series(given[answered], dtype="str"), labels[answered]
    ours, top = _log_factor(code, factor), _log_factor(rows["naics_code"], factor)
    off = ours - top
    people = rows["everybody"].explode().dropna()
    place = pd.Series(np.arange(len(rows)), index=rows.index).loc[people.index].to_numpy()
    near = np.abs(ours[place] - _log_factor(people, factor)) <= np.log10(SAME_FACTOR) + 1e-9
    same = code.to_numpy()[place] == people.to_numpy()
    return {
        "products": len(labels),
        "coverage": float(answered.mean()) if len(answered) else float("nan"),
        "six_digits": _share(code.to_numpy() == rows["naics_code"].to_numpy()),
        "any_label": len(set(place[same])) / max(len(rows), 1),
        "four_digits": _share(code.str[:4].to_numpy() == rows["naics_code"].str[:4].to_numpy()),
        "factor": _share(np.abs(off) <= np.log10(SAME_FACTOR) + 1e-9),
        "any_factor": len(set(place[near])) / max(len(rows), 1),
        "factor_spread_log10": float(np.sqrt(np.nanmean(off**2))) if len(off) else float("nan"),
    }


def _one_person(labels: pd.DataFrame, factor: pd.Series) -> dict[str, float]:
    people = labels["everybody"].explode().dropna()
    top = labels["naics_code"].loc[people.index]
    off = _log_factor(people, factor) - _log_factor(top, factor)
    row = people.index.to_numpy()
    agree = {
        "six_digits": people.to_numpy() == top.to_numpy(),
        "four_digits": people.str[:4].to_numpy() == top.str[:4].to_numpy(),
        "factor": np.abs(off) <= np.log10(SAME_FACTOR) + 1e-9,
    }
    shares = {
        name: float(pd.Series(held).groupby(row).mean().mean()) for name, held in agree.items()
    }
    return shares | {"factor_spread_log10": float(np.sqrt(np.nanmean(off**2)))}


def _log_factor(code: pd.Series, factor: pd.Series) -> Floats:
    return np.log10(code.map(factor).to_numpy(dtype=np.float64))


def _share(held: Bools) -> float:
    return float(np.mean(held)) if len(held) else float("nan")


def spend_spread(
    products: pd.DataFrame,
    estimates: pd.DataFrame,
    *,
    weight: pd.Series | None = None,
    price_year: int | None = None,
) -> dict[str, float]:
    """How far kg by spend lies from kg by the model, over products that have both, in log10.

    `estimates` is what `estimate_footprints` says of `products`, row by row; only figures of the
    model with the mass of the pack as a fact count. `weight` (by row, such as sales) counts some
    more than others. `median_factor` is spend over model; `spread_log10` the standard deviation;
    `half_80_log10` the distance that four fifths stay within, bias included, and `recommended` the
    constant whose 80 % range is that wide. `within_class` and `between_classes` part the deviation
    by retail category. `factors` counts the distinct kg per dollar.

    >>> shop = pd.DataFrame({"title": ["cheddar cheese", "cheddar cheese"], "price": [1.0, 10.0]})
    >>> model = pd.DataFrame({"kg_co2e": [0.969, 0.969], "tier": "model", "mass_basis": "package"})
    >>> found = spend_spread(shop, model)  # factor 0.969: once the same, once 10 times
    >>> round(found["spread_log10"], 2), round(found["between_classes"], 2)
    (0.5, 0.0)
    """
    spend = spend_intensity(products, price_year=price_year)
    by_spend = spend["kg_co2e_per_usd"].to_numpy() * products["price"].to_numpy(dtype=np.float64)
    kg = estimates["kg_co2e"].to_numpy(dtype=np.float64)
    fact = estimates["mass_basis"].isin(MASS_FACTS) & (estimates["tier"] == "model")
    heavy = np.ones(len(kg)) if weight is None else weight.to_numpy(dtype=np.float64)
    both = fact.to_numpy() & (kg > 0) & ~np.isnan(by_spend) & (heavy > 0)
    if not both.any():
        raise TableError("spend spread: no product has a price, an industry and a model's figure")
    off, heavy = np.log10(by_spend[both] / kg[both]), heavy[both] / heavy[both].sum()
    shelf = spend["retail_category"][both]
    mean = float(heavy @ off)
    share = pd.Series(heavy).groupby(shelf.to_numpy()).transform("sum").to_numpy()
    of_class = pd.Series(heavy * off).groupby(shelf.to_numpy()).transform("sum").to_numpy() / share
    half = _weighted_quantile(np.abs(off), heavy, 0.8)
    return {
        "products": int(both.sum()),
        "factors": int(spend["kg_co2e_per_usd"][both].nunique()),
        "median_factor": float(10 ** _weighted_quantile(off, heavy, 0.5)),
        "spread_log10": float(np.sqrt(heavy @ (off - mean) ** 2)),
        "within_class": float(np.sqrt(heavy @ (off - of_class) ** 2)),
        "between_classes": float(np.sqrt(heavy @ (of_class - mean) ** 2)),
        "half_80_log10": half,
        "recommended": half / Z_80,
    }


def _weighted_quantile(values: Floats, weight: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    place = int(np.searchsorted(reached, share * reached[-1]))
    return float(values[order][min(place, len(values) - 1)])
