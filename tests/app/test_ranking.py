"""How this shelf is ranked: said from the policy in force and from what its lists do."""

import json
import re
import shutil

import pandas as pd
import pytest

from app_pages import _load, _ranking
from app_pages._merchandise.controls import price_sentence
from recommender.influence import brought_in, part_influences
from recommender.tried import asked_of


def shown(app) -> str:
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.info]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def places(shopper, climate, customer="a"):
    return pd.DataFrame(
        {
            "customer_id": customer,
            "position": range(1, len(shopper) + 1),
            "value_shopper": shopper,
            "value_climate": climate,
        }
    )


def test_a_part_that_turns_the_order_moves_every_place_it_turns():
    # by hand: scores 0.5, 0.4, 0.1; without climate 0.3, 0.4, 0.1, so the first two change places
    found = {one.part: one for one in part_influences(places([0.3, 0.4, 0.1], [0.2, 0.0, 0.0]))}
    assert found["climate"].moved == pytest.approx(2 / 3)
    # without shopper 0.2, 0, 0: ties keep their order
    assert found["shopper"].moved == 0.0


def test_shares_of_the_differences_sum_to_one_and_parts_of_no_value_are_left_out():
    rows = places([0.3, 0.1], [0.0, 0.1]).assign(value_sellers=0.0)
    found = part_influences(rows)
    assert {one.part for one in found} == {"shopper", "climate"}
    # by hand: standard deviations 0.1 and 0.05
    assert found[0].spread + found[1].spread == pytest.approx(1.0)
    assert {one.part: one.spread for one in found}["shopper"] == pytest.approx(2 / 3)


def test_a_short_list_has_fewer_places_that_could_move():
    rows = pd.concat([places([0.3, 0.4], [0.2, 0.0]), places([0.3], [0.1], customer="b")])
    found = {one.part: one.moved for one in part_influences(rows)}
    assert found["climate"] == pytest.approx(2 / 3)  # two of three places


def test_nothing_is_brought_in_by_the_baseline_itself():
    rows = pd.DataFrame({"customer_id": ["a", "b"], "product_id": ["x", "y"]})
    assert brought_in(rows, rows) == 0.0
    assert brought_in(rows, rows.iloc[:1]) == 0.5


def test_the_page_names_the_policy_its_reason_and_its_review(open_app):
    app = open_app("ranking")
    assert not app.exception
    policy, text = _load.default(), shown(app)
    assert f"{policy.name}, version {policy.version}" in text
    assert policy.description in text
    assert f"{policy.review_date:%d %B %Y}" in text


def test_parameters_stand_in_the_order_of_their_measured_influence(open_app):
    app = open_app("ranking")
    found = part_influences(_load.places(_load.default().name, "all"))
    table = app.dataframe[0].value
    assert table["Main parameter"].tolist() == [_ranking.PARAMETERS[o.part].name for o in found]
    assert table["Places it moves"].iloc[0] == f"{100 * found[0].moved:.1f} in 100"
    assert _load.default().weights.climate == float(
        table.set_index("Main parameter")["Weight"][_ranking.PARAMETERS["climate"].name]
    )


def test_new_items_are_told_apart_by_a_link(open_app):
    app = open_app("ranking", lists="Items new to the household")
    assert not app.exception
    assert app.segmented_control(key="lists").value == "new"


def test_it_says_what_plays_no_part(open_app):
    text = shown(open_app("ranking"))
    for words in ("None is guessed", "no paid places", "gets no bonus", "slider", "personalised"):
        assert words in text


def test_without_judged_lists_the_weights_are_still_told(open_app, small_shop, tmp_path):
    folder = tmp_path / "workspace"
    shutil.copytree(small_shop, folder)
    path = folder / "backtest" / "report.json"
    report = json.loads(path.read_text())
    del report["policies"][_load.default().name]
    path.write_text(json.dumps(report))
    (folder / "backtest" / "slates.parquet").unlink()
    _load.pinned._opened.clear()
    app = open_app("ranking", workspace=folder)
    assert not app.exception
    assert "unavailable: the backtest" in shown(app)
    assert "What you are likely to buy" in shown(app)


def test_limits_of_a_policy_are_told_with_their_prices(open_app):
    open_app("ranking")
    policy = _load.default().model_copy()
    entry = {"limits": {"per_category": 2}, "limit_prices": ["one more kg costs *0.2*"]}
    said = " ".join(_ranking.limits_sentences(policy, entry))
    assert "At most 2 of a category" in said
    assert "\\*0\\.2\\*" in said


def test_the_chart_the_table_and_the_text_show_the_same_numbers(open_app, same_numbers):
    app = open_app("ranking")
    same_numbers(app, charts=1)
    text = shown(app)
    for moved in app.dataframe[0].value["Places it moves"]:
        assert f"**{moved} places.**" in text


LATER = {"value": 0.4421}


def test_a_smaller_share_of_the_own_brand_is_less_and_no_points():
    own = {"value": 0.42, "change": -0.05, "change_low": -0.06, "change_high": -0.04}
    said = _ranking.own_brand({"private_label_share": own}, {"private_label_share": own | LATER})
    # by hand: 42.0 is 5 % less than 44.2, and 2.2 points
    assert "42.0 % of the attention" in said.replace("\xa0", " ")
    assert "against 44.2 % by relevance alone: 5.0 % less" in said.replace("\xa0", " ")
    assert "−5.0" not in said


def test_what_a_report_does_not_tell_is_named_and_no_row_of_dashes():
    told = {key: {"value": 0.5} for key in ("seller_gini", "seller_top10_share", "sellers_reached")}
    rows, missing = _ranking.with_and_without(told, told)
    assert len(rows) == 3
    assert not rows.eq("–").any(axis=None)
    assert "suppliers shown to anybody, own brand left out" in missing


def test_the_price_of_a_tonne_is_that_of_merchandise(open_app):
    text = shown(open_app("ranking"))
    here, entry = _load.opened(), _load.opened().report["policies"][_load.default().name]
    said = price_sentence(asked_of(entry), None, here.currency)
    assert said in text


def test_groups_are_said_to_be_compared_only_where_the_report_compares_them(
    open_app, small_shop, tmp_path
):
    folder = tmp_path / "workspace"
    shutil.copytree(small_shop, folder)
    ages = pd.DataFrame({"customer_id": ["h00", "h01"], "kids_count": ["0", "1"]})
    open_app("ranking", workspace=folder)
    here = _load.opened()
    here.shop.__dict__["customers"] = ages
    here.report["segments"] = {"rows": [{}]}
    app = open_app("ranking", workspace=folder)
    assert "The shop holds number of children for 2 households" in shown(app)
    assert "Such groups are compared under Evidence" in shown(app)
    here.report["segments"] = None
    text = shown(open_app("ranking", workspace=folder))
    assert "compared under Evidence" not in text
    assert "the report compares none" in text
    _load.pinned._opened.clear()
