"""The frontier as a step: certified points that are judged as the backtest judges them."""

import json
import shutil

import pytest

from recommender.frontier_points import STEP, frontier_points_step, kept_frontier, policies_of
from recommender.judged_points import Stage, judged_policy
from recommender.policy import read_policy, shipped_policies
from recommender.shop import Shop
from recommender.steps import default_policy, judge
from recommender.workspace import Workspace

PATHS = (("weights.climate", False, (0.0, 0.5)), ("limits.carbon_change", True, (-0.3,)))


@pytest.fixture(scope="module")
def shop(small_shop, tmp_path_factory) -> Shop:
    folder = tmp_path_factory.mktemp("frontier") / "workspace"
    shutil.copytree(small_shop, folder)
    return Shop(Workspace(folder))


def test_a_point_has_the_figures_of_the_backtest(shop):
    policies = {path.stem: read_policy(path) for path in shipped_policies()}
    for policy in (default_policy(), policies["budget-twenty"], policies["seller-floors"]):
        mine = judged_policy(Stage.of(shop), policy, draws=100)
        whole = judge(shop, [policy], draws=100).report
        for task in ("all", "new"):
            one, other = (r["policies"][policy.name]["tasks"][task] for r in (mine, whole))
            for name, figure in other["figures"].items():
                assert one["figures"][name]["change"] == figure["change"], name
            assert one["split"].keys() == other["split"].keys()
            assert one["worst_seller"] == other["worst_seller"]


def test_the_step_keeps_its_points_and_is_not_made_twice(shop):
    told = []
    made = frontier_points_step(shop, None, PATHS, 100, lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert set(policies_of(made)) == {"climate-0", "climate-0.5", "mix-carbon-less-0.3"}
    assert [path["points"] for path in made["paths"]] == [
        ["climate-0", "climate-0.5"],
        ["mix-carbon-less-0.3"],
    ]
    again = frontier_points_step(shop, None, PATHS, 100, lambda done, of: told.append((done, of)))
    assert len(told) == 3
    assert again == made == kept_frontier(shop)
    assert json.loads(shop.workspace.path(STEP, "frontier.json").read_text()) == made


def test_a_point_says_how_sure_it_is_and_what_its_limit_costs(shop):
    points = policies_of(frontier_points_step(shop, None, PATHS, 100))
    limited = points["mix-carbon-less-0.3"]
    assert limited["tasks"]["all"]["certificate"]["gap"] < 0.05
    assert any("carbon budget" in said for said in limited["limit_prices"])
    assert sum(limited["exposure"]["all"].values()) == pytest.approx(1.0)
    assert points["climate-0.5"]["limit_prices"] == []


def test_more_climate_weight_is_less_carbon(shop):
    points = policies_of(frontier_points_step(shop, None, PATHS, 100))
    excess = [
        points[name]["tasks"]["all"]["figures"]["demand_kg_excess"]["change"]
        for name in ("climate-0", "climate-0.5")
    ]
    assert excess[1] < excess[0]
