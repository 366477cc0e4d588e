"""Product text to industry: the weight of key words, ties, abstention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.spend.factors import refresh_spend_factors
from pcf_estimator.spend.naics import (
    INDUSTRIES,
    Matcher,
    read_industries,
    shipped_matcher,
    words_of,
)
from pcf_estimator.tables import TableError
from pcf_estimator.text import product_text

THREE = pd.DataFrame(
    {
        "naics_code": ["111219", "311422", "339920"],
        "industry": ["vegetables", "soup", "sport"],
        "match": ["tomato | net", "soup | soup+tomato", "net | tennis+ball"],
        "kg_co2e_per_usd": [0.6, 0.4, 0.2],
        "usd_year": 2022,
        "source": "epa",
    }
)


def matched(*texts: str, industries: pd.DataFrame = THREE) -> tuple[list[int], list[float]]:
    row, score = Matcher.of(industries).match(pa.array(texts))
    return row.tolist(), score.tolist()


def test_a_text_goes_where_its_keys_weigh_most_and_a_farms_key_weighs_half() -> None:
    row, score = matched("tomato soup", "soup", "tomato")
    assert row == [1, 1, 0]
    # by hand, keys of one industry have rarity 1: "tomato" 1/2 for the farm; "soup" 1 and
    # "soup+tomato" 2 for soup: 3 / 3.5
    assert score == [pytest.approx(3 / 3.5), 1.0, 1.0]


def test_a_key_of_two_words_needs_both() -> None:
    assert matched("tennis", "ball for tennis")[0] == [-1, 2]


def test_a_key_that_industries_share_says_less() -> None:
    # "net" is in two of three industries: rarity log(2.5) / log(4) = 0.661; the farm has half
    row, score = matched("net")
    assert row == [2]
    assert score == [pytest.approx(2 / 3)]


def test_a_word_that_no_industry_has_gets_no_answer() -> None:
    row, score = matched("qwertz", "", "soups")
    assert row == [-1, -1, -1]
    assert np.isnan(score).all()


def test_a_tie_is_an_answer_only_where_the_factors_are_alike() -> None:
    both = pd.DataFrame(
        {
            "naics_code": ["311422", "339920"],
            "industry": ["soup", "sport"],
            "match": ["soup", "ball"],
            "kg_co2e_per_usd": [0.4, 0.2],
        }
    )
    assert matched("soup ball", industries=both)[0] == [-1]
    alike = both.assign(kg_co2e_per_usd=[0.4, 0.33])  # 0.4 / 0.33 = 1.21
    assert matched("soup ball", industries=alike) == ([0], [0.5])


def test_no_texts_give_no_rows() -> None:
    row, score = shipped_matcher().match(pa.array([], type=pa.string()))
    assert len(row) == len(score) == 0


@pytest.mark.parametrize(
    ("title", "naics_code"),
    [
        ("Kitchen telescope 70 mm", "333314"),
        ("Wireless laptop 15 inch", "334111"),
        ("Maxi pads, long, unscented", "322291"),
        ("Electric kettle with steam", "335210"),
        ("Ukulele for children", "339992"),
        ("Chicken noodle soup", "311422"),
        ("Almond butter, smooth", "311911"),
        ("Ginger ale, diet", "312111"),
        ("Kitten chow", "311111"),
        ("Wooden coat rack", "321999"),
        ("Retrospot passport cover", "316998"),
        ("Paper lantern, 9 point star", "322299"),
        ("Frozen pizza", "311412"),
        ("Silver candlepot", "339999"),
    ],
)
def test_everyday_goods_find_their_industry(title: str, naics_code: str) -> None:
    texts = product_text(pd.DataFrame({"title": [title]}))
    row, _ = shipped_matcher().match(pa.array(texts, type=pa.string()))
    assert read_industries()["naics_code"].iloc[row].tolist() == [naics_code]


@given(st.lists(st.sampled_from(["soup", "tomato", "net", "tennis", "ball", "qwertz"]), max_size=8))
def test_order_and_repeats_change_nothing_and_a_score_is_a_share(words: list[str]) -> None:
    row, score = matched(" ".join(words), " ".join(sorted(set(words))))
    assert row[0] == row[1]
    np.testing.assert_allclose(score[0], score[1])
    assert row[0] == -1 or 0 < score[0] <= 1


def test_words_are_found_whole() -> None:
    line, column = words_of(pa.array(["red ball", "football", "ball ball"]), pa.array(["ball"]))
    assert line.tolist() == [0, 2, 2]
    assert column.tolist() == [0, 0, 0]


def test_every_industry_is_named_once_with_a_plausible_factor() -> None:
    industries = read_industries()
    assert industries["naics_code"].str.fullmatch(r"\d{6}").all()
    assert industries["industry"].is_unique
    assert industries["kg_co2e_per_usd"].between(0.04, 2).all()
    assert industries["usd_year"].eq(2022).all()


def test_the_committed_industries_have_the_publishers_factors() -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    industries = read_industries()
    fresh = refresh_spend_factors(industries, folder, INDUSTRIES)
    pd.testing.assert_frame_equal(fresh, industries)


def test_a_key_that_no_text_can_hold_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "industries.csv"
    THREE.assign(match=["tomatoes", "soup", "net"]).to_csv(path, index=False)
    with pytest.raises(TableError, match=r"row 1 \(naics_code 111219\): match holds 'tomatoes'"):
        read_industries(path)
