"""Two policies drawn together, and segments of weights that were only tried."""

import pytest

from recommender.closer_looks import SECOND_TABLE, apart, segments_of
from recommender.functional import Functional
from recommender.judged_points import KEPT, Stage, judged_policy
from recommender.policy import read_policy, shipped_policies
from recommender.shop import Shop
from recommender.steps import default_policy, judge
from recommender.workspace import Workspace


@pytest.fixture(scope="module")
def shop(small_shop) -> Shop:
    return Shop(Workspace(small_shop))


@pytest.fixture(scope="module")
def stage(shop) -> Stage:
    return Stage.of(shop)


@pytest.fixture(scope="module")
def policies() -> dict:
    return {path.stem: read_policy(path) for path in shipped_policies()}


def test_two_policies_are_apart_by_the_difference_of_their_changes(stage, policies):
    one, other = default_policy(), policies["mix-strong"]
    found = apart(stage, one, other, "all", draws=100)
    changes = [
        judged_policy(stage, policy, draws=100)["policies"][policy.name]["tasks"]["all"]["figures"]
        for policy in (one, other)
    ]
    for figure in ("demand_revenue", "demand_kg_functional", "ndcg", "seller_small_share"):
        mine, theirs = (told[figure] for told in changes)
        assert found[figure]["change"] == pytest.approx(mine["change"] - theirs["change"])
        assert found[figure]["change_low"] <= found[figure]["change"] + 1e-12
        # drawn together they differ by less than two intervals side by side allow
        wide = sum(told["change_high"] - told["change_low"] for told in (mine, theirs))
        assert found[figure]["change_high"] - found[figure]["change_low"] <= wide


def test_a_policy_is_not_apart_from_itself_and_has_its_own_interval_against_today(stage, policies):
    one, today = default_policy(), policies["relevance"]
    same = apart(stage, one, one, "all", draws=50)["demand_revenue"]
    assert (same["change"], same["change_low"], same["change_high"]) == (0.0, 0.0, 0.0)
    against = apart(stage, one, today, "all", draws=50)["ndcg"]
    own = judged_policy(stage, one, draws=50)["policies"]["default"]["tasks"]["all"]["figures"]
    assert against["change"] == pytest.approx(own["ndcg"]["change"])


def test_a_second_table_judges_what_was_tried_and_what_two_are_apart(stage):
    first = stage.shelves.goods.functional
    # a second table that says the same of every product finds the very cut that was claimed
    judged = Stage(**{**vars(stage), "second": first, "kept": {}})
    assert isinstance(first, Functional)
    one = default_policy()
    told = judged_policy(judged, one, draws=50)["policies"]["default"]["tasks"]["all"]
    assert told["claimed_realised"]["realised"]["change"] == pytest.approx(
        told["figures"]["demand_kg_functional"]["change"]
    )
    found = apart(judged, one, one.model_copy(update={"name": "other"}), "all", draws=50)
    assert found[SECOND_TABLE]["change"] == 0.0
    assert SECOND_TABLE not in apart(stage, one, one, "all", draws=50)


def test_segments_of_a_tried_policy_are_those_of_the_report(shop, stage):
    found = segments_of(stage, default_policy(), draws=50)
    report = judge(shop, [default_policy()], draws=50).report["segments"]
    mine = [row for row in found["rows"] if row["policy"] == "default"]
    theirs = [row for row in report["rows"] if row["policy"] == "default"]
    assert mine
    for one, other in zip(mine, theirs, strict=True):
        for key in ("kind", "segment", "households", "figure", "change"):
            assert one[key] == other[key]


def test_slates_are_searched_once_and_the_oldest_go_first(stage, monkeypatch):
    bare = Stage(**{**vars(stage), "kept": {}})
    made = stage.rerank(default_policy(), "all")
    searched = []
    monkeypatch.setattr(Stage, "rerank", lambda *asked: searched.append(asked) or made)
    first = bare.slates(default_policy(), "all")
    assert bare.slates(default_policy().model_copy(update={"name": "mine"}), "all") is first
    assert len(searched) == 1
    for k in range(KEPT + 1):
        bare.kept[str(k)] = first
    bare.keep(made, "all")
    assert len(bare.kept) == KEPT
    assert "0" not in bare.kept
