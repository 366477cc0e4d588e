"""The spend tier against people's labels and against the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.assess.spend import assess_spend, read_labels, spend_spread
from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.tables import TableError

UNIT = "kg CO2e/2022 USD, purchaser price"


def small_folder(folder: Path, products: list[tuple[str, str, str, str]]) -> Path:
    inside = folder / "footprints"
    inside.mkdir()
    pd.DataFrame(
        products, columns=["product_code", "naics_code", "raw_annotations", "product_text"]
    ).to_csv(inside / "caml-grocery-naics-labels.csv", index=False)
    pd.DataFrame(
        {"naics_2007": ["311821.0", "311823.0"], "naics_2017": ["311821.0", "311824.0"]}
    ).to_csv(inside / "naics-crosswalk.csv", index=False)
    pd.DataFrame(
        {
            "2017 NAICS Code": ["311821", "311824"],
            "Unit": UNIT,
            "Supply Chain Emission Factors with Margins": [0.4, 0.2],
        }
    ).to_csv(inside / "epa-supply-chain-v1.3-usd2022.csv", index=False)
    return folder


def test_labels_of_2007_become_codes_of_2017_and_what_is_no_label_is_counted(
    tmp_path: Path,
) -> None:
    folder = small_folder(
        tmp_path,
        [
            ("a", "311823", "311823 311823 311821", "Elbow pasta\n\nwith wheat"),
            ("b", "-1", "-1 0 311821", "Something"),
            ("c", "311821", "311821", "\nno title"),
        ],
    )
    labels = read_labels(folder)
    assert labels["title"].tolist() == ["Elbow pasta"]
    assert labels["naics_code"].tolist() == ["311824"]
    assert labels["everybody"].tolist() == [["311824", "311824", "311821"]]
    assert labels.attrs["left_out"] == 2


def test_agreement_is_that_of_the_answered_rows_by_hand(tmp_path: Path) -> None:
    # four rows that judge and two that tune, by the hash of their codes
    rows = [
        ("p0", "311821", "311821 311821 311823", "chocolate chip cookies"),
        ("p1", "311823", "311823 311823 311821", "oat cookies"),
        ("p2", "311823", "311823 311823 311823", "plain cookies"),
        ("p3", "311821", "311821 311821 311821", "qwertz"),
    ]
    many = [(f"{code}-{copy}", *rest) for code, *rest in rows for copy in range(20)]
    answer: Any = assess_spend(small_folder(tmp_path, many))
    labels = read_labels(tmp_path)
    judges = labels[~labels["tunes"]]
    cookies = judges[judges["title"] != "qwertz"]
    first, second = (
        (cookies["title"] == t).sum() for t in ("chocolate chip cookies", "oat cookies")
    )
    shipped = answer["methods"]["table, then text match"]
    assert answer["judged_on"] == shipped["products"] == len(judges)
    assert shipped["coverage"] == len(cookies) / len(judges)
    # all cookies are 311821: the first are right, the second only for one of their people
    assert shipped["six_digits"] == pytest.approx(first / len(cookies))
    assert shipped["any_label"] == pytest.approx((first + second) / len(cookies))
    # a wrong one is off by a factor 0.4 / 0.2
    wrong = 1 - first / len(cookies)
    assert shipped["factor_spread_log10"] == pytest.approx(np.log10(2) * wrong**0.5)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "footprints").mkdir()
    with pytest.raises(TableError, match=r"caml-grocery-naics-labels\.csv was expected"):
        assess_spend(tmp_path)


def test_the_industries_beat_the_most_frequent_one_on_rows_that_did_not_tune() -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    answer: Any = assess_spend(folder)
    methods = answer["methods"]
    shipped, table = methods["table, then text match"], methods["table"]
    frequent, person = methods["most frequent industry"], methods["one person"]
    assert answer["judged_on"] > 3000
    assert shipped["coverage"] > table["coverage"] > 0.85
    for share in ("six_digits", "any_label", "four_digits", "factor", "any_factor"):
        assert shipped[share] > frequent[share] + 0.05
        assert methods["text match"][share] > table[share]
    assert shipped["six_digits"] < person["six_digits"]


def shop() -> tuple[pd.DataFrame, pd.DataFrame]:
    # cheese has 0.969 kg per dollar, soap 0.355: by spend 0.969, 9.69, 0.355 and, unused, 3.55
    products = pd.DataFrame(
        {"title": ["cheddar", "gouda cheese", "soap", "soap"], "price": [1.0, 10.0, 1.0, 10.0]}
    )
    estimates = pd.DataFrame(
        {
            "kg_co2e": [0.969, 0.969, 3.55, 1.0],
            "tier": ["model", "model", "model", "spend"],
            "mass_basis": "package",
        }
    )
    return products, estimates


def test_the_spread_of_spend_is_parted_into_within_and_between_classes() -> None:
    found = spend_spread(*shop())
    # off by 0, 1 and -1: mean 0, variance 2/3; cheese has mean 0.5 and variance 0.25
    assert found["products"] == 3
    assert found["factors"] == 2
    assert found["spread_log10"] == pytest.approx((2 / 3) ** 0.5)
    assert found["within_class"] == pytest.approx((0.25 * 2 / 3) ** 0.5)
    assert found["between_classes"] == pytest.approx(0.5**0.5)  # 0.5, 0.5 and -1
    assert found["half_80_log10"] == pytest.approx(1.0)
    assert found["recommended"] == pytest.approx(1 / 1.2816)


def test_prices_of_an_earlier_year_raise_every_figure_alike() -> None:
    now, then = spend_spread(*shop()), spend_spread(*shop(), price_year=2017)
    assert then["spread_log10"] == pytest.approx(now["spread_log10"])
    assert then["median_factor"] / now["median_factor"] == pytest.approx(292.655 / 245.120)


def test_a_weight_of_zero_leaves_a_product_out() -> None:
    found = spend_spread(*shop(), weight=pd.Series([1.0, 0.0, 0.0, 5.0]))
    assert found["products"] == 1
    assert found["spread_log10"] == 0


def test_no_product_with_both_figures_is_an_error() -> None:
    products, estimates = shop()
    with pytest.raises(TableError, match="no product has a price, an industry and a model's"):
        spend_spread(products, estimates.assign(tier="spend"))
