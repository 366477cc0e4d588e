"""The footprint mark and the trade-off chart, and the sentences that say what they show."""

import xml.etree.ElementTree as Xml

import pytest

from app_pages._draw import (
    footprint_mark,
    mark_sentence,
    policy_points,
    split_sentence,
    trade_off_chart,
    trade_off_sentence,
)

SVG = "{http://www.w3.org/2000/svg}"


def dots(mark: str) -> list[float]:
    return [float(dot.get("cx")) for dot in Xml.fromstring(mark).iter(f"{SVG}circle")]


def test_the_dot_stands_on_the_logarithm_between_lightest_and_heaviest():
    # by hand: 2 is half way from 1 to 4 in logarithms, and the line runs from 8 to 232
    assert dots(footprint_mark([(2.0, 1.5, 3.0)], (1.0, 4.0))) == [120.0]


def test_what_lies_beyond_the_scale_stands_at_its_end():
    assert dots(footprint_mark([(9.0, 8.0, 10.0), (0.1, 0.0, 0.2)], (1.0, 4.0))) == [232.0, 8.0]


@pytest.mark.parametrize("scale", [(1.0, 1.0), (0.0, 2.0), (float("nan"), 2.0)])
def test_without_a_scale_or_a_figure_there_is_no_mark(scale):
    assert footprint_mark([(1.0, 0.5, 2.0)], scale) == ""
    assert footprint_mark([], (1.0, 4.0)) == ""


def test_the_mark_has_words():
    assert mark_sentence(1.1, 1.0, 2.0, 4.0) == "on the lighter side for this use"
    assert mark_sentence(3.9, 1.0, 2.0, 4.0) == "on the heavier side for this use"
    assert mark_sentence(2.1, 1.0, 2.0, 4.0) == "about the middle for this use"
    assert mark_sentence(2.0, 2.0, 2.0, 2.0) == "the only figure for this use"


def estimate(change, low=None, high=None):
    return {"change": change, "change_low": low, "change_high": high}


def report_of(**policies):
    return {
        "policies": {
            name: {
                "carbon": {"reference": "need", "bar_unknown": False},
                "weights": {"climate": 0.1},
                "tasks": {"all": {"figures": {"demand_kg_functional": carbon, "ndcg": relevance}}},
            }
            for name, (carbon, relevance) in policies.items()
        }
    }


REPORT = report_of(
    relevance=(estimate(0.0, 0.0, 0.0), estimate(0.0, 0.0, 0.0)),
    far=(estimate(-0.3, -0.35, -0.25), estimate(-0.02, -0.03, -0.01)),
    draft=(estimate(-0.1, -0.12, -0.08), estimate(-0.005, -0.01, 0.001)),
)


def test_points_are_the_reports_changes_in_percent():
    points = policy_points(REPORT, "all").set_index("policy")
    assert points.loc["far", ["carbon", "carbon_low", "carbon_high"]].tolist() == [-30, -35, -25]
    assert points.loc["draft", "relevance_said"] == "−0.5\xa0% [−1.0\xa0%, +0.1\xa0%]"


def test_the_sentence_names_the_largest_cut_and_the_current_weights():
    said = trade_off_sentence(policy_points(REPORT, "all"), "draft", "relevance")
    assert "largest cut shown, far, changes kg CO2e by −30.0\xa0%" in said
    assert "Your weights (draft) change kg CO2e by −10.0\xa0%" in said


def test_the_chart_marks_today_and_the_current_weights_and_needs_no_interval():
    bare = report_of(
        relevance=(estimate(0.0), estimate(0.0)), draft=(estimate(-0.1), estimate(None))
    )
    for report in (REPORT, bare):
        spec = trade_off_chart(policy_points(report, "all"), "draft", "relevance").to_dict()
        (rows,) = spec["datasets"].values()
        roles = {row["policy"]: row["role"] for row in rows}
        assert (roles["draft"], roles["relevance"]) == ("your weights", "today")


def test_a_split_is_said_part_by_part():
    parts = {"change": estimate(-0.2), "substitution": estimate(-0.15), "mix": estimate(-0.05)}
    assert split_sentence(parts) == (
        "of it: swaps for the same need −15.0\xa0% and another mix of needs −5.0\xa0%"
    )
