"""What the page's controls make of a policy, and which certified points stand in for it at once."""

from dataclasses import replace

import pytest

from recommender.impact.observed.parts import policy_said
from recommender.policy import PolicyError, read_policy, shipped_policies
from recommender.tradeoff import Scales
from recommender.tried import Asked, asked_of, nearby, rest_of, tried_policy

SCALES = Scales(m0=1.0, g0=1.0, short={})


def estimate(change: float) -> dict:
    ends = {"change": change, "change_low": change - 0.01, "change_high": change + 0.01}
    return {"value": 1.0 + change, "low": None, "high": None, **ends}


def entry(change: float, climate: float, reference: str = "need", **limits) -> dict:
    run = {"figures": {"ndcg": estimate(change)}, "split": {"total_kg": {"mix": estimate(change)}}}
    return {
        "weights": {"shopper": 1.0, "climate": climate},
        "carbon": {"reference": reference, "bar_unknown": False, "quantile": 0.5},
        "limits": limits,
        "tasks": {"all": run},
    }


POINTS = {"low": entry(-0.02, 0.1), "high": entry(-0.06, 0.3), "mix": entry(-0.5, 0.2, "none")}


@pytest.mark.parametrize("path", shipped_policies(), ids=lambda path: path.stem)
def test_a_policy_that_nobody_moved_is_the_one_started_from(path):
    policy = read_policy(path)
    said = policy_said(policy, SCALES)
    made = tried_policy(
        asked_of(said),
        said,
        name=policy.name,
        description=policy.description,
        review_date=policy.review_date,
        slate=policy.slate.model_dump(),
    )
    assert made.model_copy(update={"version": policy.version}) == policy


def test_between_two_points_the_figures_lie_on_the_line():
    near = nearby(Asked(climate=0.15), POINTS["low"], POINTS, "all")
    # by hand: a quarter of the way from 0.1 to 0.3, -0.02 + 0.25 x -0.04 = -0.03
    assert near.points == ("low", "high")
    assert near.share == pytest.approx(0.25)
    found = near.entry["tasks"]["all"]["figures"]["ndcg"]
    assert found["change"] == pytest.approx(-0.03)
    assert (found["change_low"], found["change_high"]) == pytest.approx((-0.04, -0.02))
    assert near.entry["tasks"]["all"]["split"]["total_kg"]["mix"]["change"] == pytest.approx(-0.03)


def test_beyond_the_last_point_it_is_the_nearest_and_nothing_is_drawn_out():
    near = nearby(Asked(climate=2.0), POINTS["low"], POINTS, "all")
    assert near.points == ("high",)
    assert near.entry["tasks"]["all"]["figures"]["ndcg"]["change"] == -0.06


def test_points_of_another_kind_stand_in_only_where_there_is_no_other():
    asked = Asked(climate=0.2, reference="none")
    assert nearby(asked, POINTS["mix"], POINTS, "all").points == ("mix",)
    assert nearby(asked, POINTS["mix"], {"low": POINTS["low"]}, "all").points == ("low",)


def test_a_task_that_no_point_was_judged_on_has_no_figures():
    assert nearby(Asked(climate=0.2), POINTS["low"], POINTS, "new") is None


def test_a_limit_moves_the_policy_and_keeps_what_has_no_control():
    start = entry(0.0, 0.1, per_category=4, carbon_change=-0.1)
    assert rest_of(start)["limits"] == {"per_category": 4}
    made = tried_policy(replace(asked_of(start), carbon_less=0.2, floor=0.4), start)
    assert made.limits.carbon_change == -0.2
    assert made.limits.per_category == 4
    assert made.sellers.floor == 0.4


def test_what_contradicts_itself_is_one_clear_error():
    with pytest.raises(PolicyError, match="every weight is 0"):
        tried_policy(Asked(), {"weights": {"shopper": 0.0}})
