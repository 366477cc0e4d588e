"""A fresh report against the committed one, within stated tolerances."""

from recommender.demo import TOLERANCES, compare_reports


def report(**values):
    figures = {name: {"value": values.get(name, 1.0)} for name in TOLERANCES}
    return {"policies": {"relevance": {"tasks": {"all": {"figures": figures}}}}}


def far(fresh, committed):
    return [drift.figure for drift in compare_reports(fresh, committed) if not drift.within]


def test_the_same_report_agrees_in_every_figure():
    assert far(report(), report()) == []
    assert len(compare_reports(report(), report())) == len(TOLERANCES)


def test_ranking_measures_may_move_by_a_fixed_step_and_sums_by_a_share():
    # 0.440 against 0.446 is more than 0.005; 300 against 308 is less than 3 %
    assert far(report(ndcg=0.446), report(ndcg=0.440)) == ["ndcg"]
    assert far(report(demand_revenue=308.0), report(demand_revenue=300.0)) == []
    assert far(report(demand_revenue=310.0), report(demand_revenue=300.0)) == ["demand_revenue"]
