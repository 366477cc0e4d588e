"""Figures as a person reads them, and text from data that stays text."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app_pages import _words
from app_pages._words import chance, change, kg, name_and_pack, percent, plain, significant


def test_a_plain_name_stays_as_it_is():
    assert plain("White milk 1 gallon") == "White milk 1 gallon"
    assert name_and_pack("Apples") == ("Apples", "")


@given(st.text())
def test_no_sign_of_markdown_html_or_latex_is_left_unescaped(text):
    safe = plain(text)
    assert not set(re.sub(r"\\.", "", safe)) & set("*_`[]<>$#|~&\\")
    assert len(safe) <= 2 * 2 * _words.LONGEST_NAME
    assert "\n" not in safe


def test_icons_links_and_directions_lose_their_meaning():
    assert ":material/home:" not in plain(":material/home:")
    assert "www." not in plain("www.example.org").replace("\\", "")
    assert "@e" not in plain("a@example.org").replace("\\", "")
    assert "\u202e" not in plain("a\u202eb")
    assert plain("עברית").startswith("\N{FIRST STRONG ISOLATE}")


def test_a_name_of_ten_thousand_letters_is_cut():
    assert plain("x" * 10_000) == "x" * 89 + "…"


@given(st.floats(0.8, 1.0))
def test_a_chance_in_words_is_never_above_the_figure(probability):
    said, of = chance(probability).split(" in ")
    assert int(said) / int(of) <= probability + 1e-12


def test_below_four_in_five_nothing_is_told():
    assert chance(0.7999) == "cannot tell"


def test_grams_where_a_footprint_is_light_and_a_range_in_the_same_unit():
    assert kg(0.05, 0.04, 0.2).endswith("50\xa0g CO2e (40–200)")
    assert kg(0.5, 0.04, 2.0).endswith("0.50\xa0kg CO2e (0.040–2.0)")
    assert significant(1234.0) == "1,200"


def test_a_missing_change_is_a_dash_and_none_is_zero():
    nothing = dict.fromkeys(("change", "change_low", "change_high"))
    assert change(nothing) == "–"
    assert percent(-0.00004) == "0.0\xa0%"


def test_one_number_has_one_text_whoever_holds_it():
    # 2.55 lies a little below: NumPy's own rounding would say 2.6
    assert significant(np.float64(2.55)) == significant(2.55) == "2.5"
