"""The backtest on a small shop: every figure can be made again from the tables that it leaves."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.backtest import Backtest, backtest, comparable
from recommender.candidates import Candidates
from recommender.functional import functional_footprints
from recommender.impact.costs.costs import Costs
from recommender.impact.observed.audit import may_stand_apart
from recommender.impact.observed.margins import MarginAssumption
from recommender.log import Ids, Log
from recommender.policy import (
    Limits,
    Policy,
    PolicyError,
    Slate,
    baseline_policy,
    read_policies,
    shipped_policies,
)
from recommender.tradeoff import PARTS

CUSTOMERS, PRODUCTS, SELLERS, NEEDS = 20, 30, 4, 5
IDS = Ids(
    np.array([f"c{k:02}" for k in range(CUSTOMERS)], object),
    np.array([f"p{k:02}" for k in range(PRODUCTS)], object),
)


def products() -> pd.DataFrame:
    """Thirty products of four sellers in five needs; the last is of unknown footprint."""
    k = np.arange(PRODUCTS)
    intensity, mass = 0.5 + (7 * k % 11), 0.2 + (k % 3) * 0.4
    known = k < PRODUCTS - 1
    return pd.DataFrame(
        {
            "product_id": IDS.products,
            "price": 1.0 + (5 * k % 7),
            "margin_rate": 0.1 + (k % 4) * 0.1,
            "seller_id": [f"s{j}" for j in 3 * k % 7 % SELLERS],
            "category": [f"shelf {j}" for j in k % NEEDS],
            "product_type": [f"type {j}" for j in k % 10],
            "kg_co2e": np.where(known, intensity * mass, np.nan),
            "kg_co2e_per_kg": np.where(known, intensity, np.nan),
            "net_mass_kg": mass,
            "tier": np.where(known, np.where(k % 9 == 4, "spend", "model"), "unknown"),
            "need": [f"need {j}" for j in k % NEEDS],
            "kg_per_flow": 0.1,
        }
    )


def log_of(seed: int, lines: int) -> Log:
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, CUSTOMERS, lines)
    product = (customer * 3 + rng.integers(0, 12, lines)) % PRODUCTS
    quantity = rng.integers(1, 4, lines).astype(np.float64)
    return Log(
        ids=IDS,
        customer=customer,
        product=product,
        week=np.full(lines, seed),
        day=np.zeros(lines),
        basket=np.arange(lines),
        store=np.full(lines, -1),
        quantity=quantity,
        paid=quantity * (1.0 + product % 5),
        whole_until=52,
    )


BEFORE, WINDOW = log_of(1, 300), log_of(2, 120)
AUDIT = np.arange(CUSTOMERS) % 4 == 0


def candidates() -> Candidates:
    """Each household may get every product but those of one need; the last household none."""
    rng = np.random.default_rng(3)
    rows = [
        {"customer": u, "product": p, "p_buy": rng.beta(1, 3), "q_buy": 1.0, "source": 1}
        for u in range(CUSTOMERS - 1)
        for p in range(PRODUCTS)
        if p % NEEDS != u % NEEDS
    ]
    frame = pd.DataFrame(rows)
    frame["is_new"] = ~BEFORE.has_bought(frame["customer"].to_numpy(), frame["product"].to_numpy())
    return Candidates.from_frame(frame, CUSTOMERS)


def policy(name: str, reference: str = "need", n: int = 4, **weights: float) -> Policy:
    return Policy.model_validate(
        {
            "name": name,
            "version": 1,
            "description": "For a test.",
            "review_date": pd.Timestamp("2027-01-31").date(),
            "weights": weights,
            "carbon": {"reference": reference, "bar_unknown": reference == "none"},
            "slate": {"n": n},
        }
    )


POLICIES = [
    policy("same-as-baseline", shopper=2.0),
    policy("swap", shopper=1.0, climate=0.5),
    policy("mix", "none", shopper=1.0, climate=0.5),
    policy("all-parties", shopper=1.0, retailer=0.2, climate=0.2, sellers=0.1),
]


@cache
def judged(seed: int = 7, draws: int = 200) -> Backtest:
    return backtest(
        candidates(),
        products(),
        WINDOW,
        BEFORE,
        POLICIES,
        rng=np.random.default_rng(seed),
        audit=AUDIT,
        meta={"window": "the second log"},
        draws=draws,
        smallest=1,
    )


def runs(group: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, entry in judged().report["policies"].items():
        for task, run in entry["tasks"].items():
            yield name, task, run[group]


def test_the_report_holds_what_its_docstring_says_and_plain_values_only() -> None:
    report = judged().report
    assert list(report)[:6] == ["schema", "meta", "figures", "scales", "sellers", "policies"]
    assert list(report)[6:] == ["segments", "fairness", "costs"]
    assert report["meta"]["layer"] == "observed (held-out purchases)"
    assert (report["segments"], report["costs"], "notes" in report["fairness"]) == (
        None,
        None,
        True,
    )
    assert list(report["policies"]) == ["relevance", *(p.name for p in POLICIES)]
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["meta"]["window"] == "the second log"
    assert (report["meta"]["households"], report["meta"]["audit_households"]) == (19, 5)
    for _, _, figures in runs("figures"):
        assert list(figures) == list(report["figures"])
    for _, _, run in runs("split"):
        assert list(run) == ["total_kg", "functional_kg"]


def test_scores_are_the_sum_of_their_parts_and_slates_hold_distinct_products_best_first() -> None:
    slates = judged().slates
    parts = slates[list(PARTS)].sum(axis=1).to_numpy()
    assert slates["score"].to_numpy() == pytest.approx(parts, rel=1e-9)
    keys = ["policy", "task", "customer_id"]
    assert not slates.duplicated([*keys, "product_id"]).any()
    assert (slates.groupby(keys)["score"].diff().dropna() <= 0).all()
    assert (slates.groupby(keys)["position"].diff().dropna() == 1).all()
    assert len(slates.groupby(keys)) == 5 * 2 * 19


def test_the_figures_can_be_made_again_from_the_tables() -> None:
    slates, truth = judged().slates, judged().truth
    w = 1 / np.log2(slates["position"] + 1)
    slates = slates.assign(w=w, wp=w * slates["p_buy"])
    for name, task, figures in runs("figures"):
        mine = slates[(slates["policy"] == name) & (slates["task"] == task)]
        window = truth if task == "all" else truth[truth["is_new"]]
        items = window.drop_duplicates(["customer_id", "product_id"])
        hits = mine.merge(items, on=["customer_id", "product_id"])
        count = items.groupby("customer_id").size()
        dcg = hits.groupby("customer_id")["w"].sum().reindex(count.index, fill_value=0.0)
        ideal = np.cumsum([0, *(1 / np.log2(np.arange(2, 6)))])[np.minimum(count, 4)]
        assert figures["ndcg"]["value"] == pytest.approx((dcg / ideal).mean())
        assert figures["hits"]["value"] == pytest.approx(len(hits) / len(count))
        revenue = (mine["wp"] * mine["price"]).sum() / 19
        assert figures["demand_revenue"]["value"] == pytest.approx(revenue)
        for figure, column in {
            "demand_kg_functional": "kg_functional",
            "demand_kg_excess": "kg_excess",
            "demand_kg_pack": "kg_co2e",
            "demand_margin": "margin",
        }.items():
            assert figures[figure]["value"] == pytest.approx((mine["wp"] * mine[column]).sum() / 19)
        seen = mine.groupby("seller_id")["w"].sum() / mine["w"].sum()
        shares = np.sort([seen.get(f"s{k}", 0.0) for k in range(SELLERS)])
        gini = (shares * (2 * np.arange(1, SELLERS + 1) - SELLERS - 1)).sum() / SELLERS
        assert figures["seller_gini"]["value"] == pytest.approx(gini)


def test_the_scales_can_be_made_again_from_the_baseline_slates() -> None:
    slates = judged().slates.query("policy == 'relevance' and task == 'all'")
    wp = slates["p_buy"] / np.log2(slates["position"] + 1)
    scales = judged().report["scales"]
    assert scales["m0"] == pytest.approx((wp * slates["margin"]).sum() / wp.sum())
    assert scales["g0"] == pytest.approx((wp * slates["kg_functional"]).sum() / wp.sum())


def test_the_truth_is_the_window_of_the_households_judged_and_new_means_not_bought_before() -> None:
    truth = judged().truth
    assert len(truth) == (WINDOW.customer < 19).sum()
    assert "c19" not in set(truth["customer_id"])
    before = {
        (IDS.customers[u], IDS.products[p])
        for u, p in zip(BEFORE.customer, BEFORE.product, strict=True)
    }
    known = [pair in before for pair in zip(truth["customer_id"], truth["product_id"], strict=True)]
    assert (truth["is_new"].to_numpy() == ~np.array(known)).all()
    assert set(truth.loc[truth["audit"], "customer_id"]) <= {f"c{k:02}" for k in range(0, 20, 4)}


def test_the_task_new_shows_nothing_that_was_bought_before() -> None:
    new = judged().slates.query("task == 'new'")
    customer = IDS.customer_rows(new["customer_id"])
    assert not BEFORE.has_bought(customer, IDS.product_rows(new["product_id"])).any()


def test_a_policy_with_the_baselines_ranking_changes_by_exactly_nothing() -> None:
    for name, _, figures in runs("figures"):
        if name in ("relevance", "same-as-baseline"):
            changes = [figures[f]["change"] for f in figures if figures[f]["change"] is not None]
            assert set(changes) == {0.0}
            assert figures["ndcg"]["change_low"] == figures["ndcg"]["change_high"] == 0.0


def test_carbon_falls_by_substitution_inside_needs_and_by_any_road_at_free_mix() -> None:
    policies = judged().report["policies"]
    swap, mix = (policies[p]["tasks"]["all"] for p in ("swap", "mix"))
    assert swap["figures"]["demand_kg_excess"]["change_high"] < 0
    assert mix["figures"]["demand_kg_functional"]["change_high"] < 0
    assert swap["split"]["functional_kg"]["substitution"]["change"] < 0
    assert mix["figures"]["unknown_share"]["value"] == 0.0, "it bars unknown footprints"


def test_the_parts_of_every_split_sum_to_the_change_of_the_figure() -> None:
    for (name, task, split), (_, _, figures) in zip(runs("split"), runs("figures"), strict=True):
        base = judged().report["policies"]["relevance"]["tasks"][task]["figures"]
        for kind, figure in (
            ("total_kg", "demand_kg_pack"),
            ("functional_kg", "demand_kg_functional"),
        ):
            parts = {part: e["value"] for part, e in split[kind].items()}
            change = figures[figure]["value"] - base[figure]["value"]
            assert parts.pop("change") == pytest.approx(change, abs=1e-12), name
            assert sum(parts.values()) == pytest.approx(change, abs=1e-12)
            assert split[kind]["change"]["change"] == pytest.approx(
                figures[figure]["change"], abs=1e-12
            )


def test_intervals_hold_the_value_and_counts_of_distinct_things_have_none() -> None:
    for _, _, figures in runs("figures"):
        for name in ("demand_revenue", "ndcg", "p_buy_per_place", "demand_kg_functional"):
            assert figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]
        assert figures["sellers_reached"]["low"] is None
        assert figures["private_label_share"]["value"] is None, "no product says so"


def test_the_audit_households_are_judged_apart() -> None:
    slates = judged().slates.query("policy == 'swap' and task == 'all'")
    audit = slates[slates["customer_id"].isin([f"c{k:02}" for k in range(0, 20, 4)])]
    wp = audit["p_buy"] / np.log2(audit["position"] + 1)
    figures = judged().report["policies"]["swap"]["tasks"]["all"]["audit"]
    assert figures["demand_revenue"]["value"] == pytest.approx((wp * audit["price"]).sum() / 5)
    without = backtest(
        candidates(), products(), WINDOW, BEFORE, POLICIES, rng=np.random.default_rng(7), draws=10
    )
    run = without.report["policies"]["swap"]["tasks"]["all"]
    assert (run["audit"], run["audit_split"]) == ({}, {})


def test_audit_households_or_others_beside_them_under_ten_are_not_told_apart() -> None:
    # 5 of 19 are in the audit; turned round 14 are, and 5 are left beside them
    for audit in (AUDIT, ~AUDIT):
        report = backtest(
            candidates(),
            products(),
            WINDOW,
            BEFORE,
            POLICIES[:1],
            rng=np.random.default_rng(7),
            audit=audit,
            draws=10,
        ).report
        for entry in report["policies"].values():
            for run in entry["tasks"].values():
                assert (run["audit"], run["audit_split"]) == ({}, {})
                assert run["figures"]["demand_revenue"]["value"] is not None
        assert report["meta"]["audit_households"] == 0
        assert "audit households are not told apart" in report["meta"]["notes"][-1]
    assert not any("told apart" in note for note in judged().report["meta"]["notes"])
    # of 10 and 12 households nobody is too few; where 9 of the 10 bought, those would be
    ten = np.arange(22) < 10
    assert may_stand_apart(ten, [ten | True], 10)
    assert not may_stand_apart(ten, [np.arange(22) > 0], 10)
    assert may_stand_apart(ten, [~ten], 10)
    assert may_stand_apart(np.zeros(5, bool), [np.ones(5, bool)], 10)


def test_the_same_draws_give_the_same_report_and_others_the_same_values() -> None:
    again = judged.__wrapped__()
    assert again.report == judged().report
    assert again.slates.equals(judged().slates)
    other = judged(seed=8).report["policies"]["swap"]["tasks"]["all"]["figures"]["ndcg"]
    ndcg = judged().report["policies"]["swap"]["tasks"]["all"]["figures"]["ndcg"]
    assert other["value"] == ndcg["value"]
    assert other["low"] != ndcg["low"]


def test_places_without_a_candidate_are_counted_not_padded() -> None:
    long = [policy("long", shopper=1.0, n=26)]
    found = backtest(
        candidates(), products(), WINDOW, BEFORE, long, rng=np.random.default_rng(0), draws=5
    )
    run = found.report["policies"]["long"]["tasks"]["all"]
    # 24 candidates each for 26 places
    assert run["shortfall"] == {"households": 19, "places": 38}
    assert len(found.slates.query("policy == 'long' and task == 'all'")) == 19 * 24


def test_a_household_without_candidates_is_judged_when_the_shop_serves_it() -> None:
    served = np.ones(CUSTOMERS, np.bool_)
    found = backtest(
        candidates(),
        products(),
        WINDOW,
        BEFORE,
        POLICIES[:1],
        rng=np.random.default_rng(0),
        served=served,
        draws=5,
    )
    run = found.report["policies"]["relevance"]["tasks"]["all"]
    assert run["shortfall"] == {"households": 1, "places": 4}
    assert found.report["meta"]["households"] == 20
    of_19 = judged().report["policies"]["relevance"]["tasks"]["all"]["figures"]
    revenue = of_19["demand_revenue"]["value"] * 19 / 20
    assert run["figures"]["demand_revenue"]["value"] == pytest.approx(revenue)


def test_calibration_says_what_was_seen_of_the_places_shown() -> None:
    slates, truth = judged().slates, judged().truth
    mine = slates.query("policy == 'mix' and task == 'all'").merge(
        truth.drop_duplicates(["customer_id", "product_id"]),
        on=["customer_id", "product_id"],
        how="left",
    )
    groups = judged().report["policies"]["mix"]["tasks"]["all"]["calibration"]
    assert sum(g["rows"] for g in groups) == len(mine) == 19 * 4
    seen = sum(g["seen"] * g["rows"] for g in groups)
    assert seen == pytest.approx(mine["quantity"].notna().sum())
    assert sum(g["said"] * g["rows"] for g in groups) == pytest.approx(mine["p_buy"].sum())
    said = [g["said"] for g in groups]
    assert said == sorted(said)


def test_policies_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"policy long: .slate. has 5 places and another attent"):
        comparable([POLICIES[0], policy("long", shopper=1.0, n=5)])
    with pytest.raises(PolicyError, match="a name stands twice"):
        comparable([POLICIES[0], POLICIES[0]])
    with pytest.raises(PolicyError, match="none given"):
        comparable([])
    first = comparable([POLICIES[0], baseline_policy(Slate(n=4))])[0]
    assert first.name == "relevance"
    assert [p.name for p in comparable(POLICIES)][:2] == ["relevance", "same-as-baseline"]


def test_candidates_of_other_customers_are_refused() -> None:
    rows = candidates().to_frame()
    for few in (
        Candidates.from_frame(rows.head(0), CUSTOMERS),
        Candidates.from_frame(rows[rows["customer"] < 3], 3),
    ):
        with pytest.raises(ValueError, match=r"candidates: .* customers, but some row"):
            backtest(few, products(), WINDOW, BEFORE, POLICIES, rng=np.random.default_rng(0))


def test_every_shipped_policy_runs() -> None:
    shipped = read_policies(shipped_policies())
    found = backtest(
        candidates(), products(), WINDOW, BEFORE, shipped, rng=np.random.default_rng(0), draws=20
    )
    changes = {
        name: entry["tasks"]["all"]["figures"]["demand_kg_functional"]["change"]
        for name, entry in found.report["policies"].items()
    }
    assert changes["mix-strongest"] < changes["mix-firm"] < changes["mix-slight"]
    assert changes["mix-strongest"] <= -0.15


def ranged() -> pd.DataFrame:
    """The products with an 80 % range of a factor of two to each side."""
    kg = products()["kg_co2e"]
    return products().assign(kg_co2e_low=kg / 2, kg_co2e_high=kg * 2)


def run_with(given: list[Policy] = POLICIES, **more: Any) -> Backtest:
    """A backtest of twenty draws on the products with ranges, or on others."""
    goods = more.pop("products", ranged())
    rng = np.random.default_rng(7)
    return backtest(candidates(), goods, WINDOW, BEFORE, given, rng=rng, draws=20, **more)


def test_the_footprints_range_holds_the_same_values_and_changes_as_the_figures() -> None:
    report = run_with().report
    for entry in report["policies"].values():
        for run in entry["tasks"].values():
            for name, found in run["footprint_range"].items():
                figure = run["figures"][name]
                assert found["value"] == pytest.approx(figure["value"], rel=1e-12), name
                assert found["change"] == pytest.approx(figure["change"], rel=1e-9), name
                assert found["low"] < found["high"], name
    assert report["meta"]["footprint_range"]["coverage"] == 0.8
    base = report["policies"]["relevance"]["tasks"]["all"]["footprint_range"]
    assert {found["change_high"] for found in base.values()} == {0.0}
    same = report["policies"]["same-as-baseline"]["tasks"]["all"]["footprint_range"]
    assert same == base


def test_a_table_without_ranges_has_none_and_says_so() -> None:
    report = judged().report
    assert report["meta"]["footprint_range"] is None
    for _, _, found in runs("footprint_range"):
        assert found == {}


def test_the_same_table_as_judge_realises_all_that_was_claimed_and_none_is_null() -> None:
    again = functional_footprints(products(), BEFORE)
    report = run_with(second=again).report
    for entry in report["policies"].values():
        for run in entry["tasks"].values():
            found = run["claimed_realised"]
            assert found["claimed"] == found["realised"]
            assert found["claimed"] == run["figures"]["demand_kg_functional"]
            assert found["realised_less_claimed"]["change_high"] == 0.0
            assert found["correlation_log_kg"] == pytest.approx(1.0)
    for _, _, found in runs("claimed_realised"):
        assert found is None


def test_more_parts_of_the_report_move_no_draw_of_the_others() -> None:
    kinds = np.array((["a", "b"] * CUSTOMERS)[: CUSTOMERS - 1], object)  # the last is not judged
    rich = run_with(
        second=functional_footprints(products(), BEFORE),
        segments={"kind": kinds},
        income=kinds,
        costs=Costs(
            one_off=1000.0,
            running_per_year=50.0,
            currency="$",
            horizon_years=5.0,
            discount_rate=0.0,
            households=1000.0,
        ),
    ).report
    plain = run_with(products=products()).report
    for name, entry in plain["policies"].items():
        for task, run in entry["tasks"].items():
            for part in ("figures", "split"):
                again = rich["policies"][name]["tasks"][task][part]
                assert _flat(again) == pytest.approx(_flat(run[part]), rel=1e-9, nan_ok=True)
    assert rich["segments"]["kinds"] == ["kind"]
    assert set(rich["costs"]) >= {policy.name for policy in POLICIES}
    # the same table judges, so a tonne costs the same as realised
    priced = [rich["costs"][policy.name] for policy in POLICIES]
    assert all(
        entry["tonnes_realised_per_year"] == pytest.approx(entry["tonnes_functional_per_year"])
        for entry in priced
    )


def _flat(part: Any) -> list[float]:
    if isinstance(part, dict):
        return [value for item in part.values() for value in _flat(item)]
    return [float("nan") if part is None else part]


def test_a_window_that_overlaps_the_purchases_before_is_refused() -> None:
    late = replace(BEFORE, week=np.where(np.arange(len(BEFORE)) < 3, 2, 1))
    with pytest.raises(
        TableError, match=r"begins in week 2, .* reach week 2, .*\(3 lines do not\)"
    ):
        backtest(
            candidates(), products(), WINDOW, late, POLICIES, rng=np.random.default_rng(1), draws=1
        )


@pytest.mark.parametrize(
    ("key", "name"),
    [("deny_sellers", "s9"), ("allow_categories", "toys"), ("deny_products", "p99")],
)
def test_a_policy_from_another_catalogue_is_refused_by_the_name_it_uses(
    key: str, name: str
) -> None:
    foreign = POLICIES[0].model_copy(update={"limits": Limits.model_validate({key: (name,)})})
    with pytest.raises(PolicyError, match=f"{key} names .* '{name}', but the shop has none"):
        run_with([foreign])


def test_a_foreign_policy_is_refused_before_anything_is_ranked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object) -> None:
        pytest.fail("slates were made although a policy names what the shop does not have")

    monkeypatch.setattr("recommender.backtest.policy_slates", never)
    limits = Limits.model_validate({"deny_sellers": ("s0", "s8", "s9")})
    foreign = policy("foreign", shopper=1.0).model_copy(update={"limits": limits})
    with pytest.raises(
        PolicyError,
        match=r"policy foreign: \[limits\] deny_sellers names seller 's8', 's9', .* \(2 of 3 names",
    ):
        run_with([*POLICIES, foreign])


def test_missing_margins_are_filled_by_a_named_assumption_or_do_not_exist() -> None:
    bare = products().drop(columns="margin_rate").assign(department="grocery")
    none = run_with(products=bare).report
    figure = none["policies"]["swap"]["tasks"]["all"]["figures"]["demand_margin"]
    assert (figure["value"], figure["change"]) == (None, None)
    assert none["meta"]["margins"]["basis"].startswith("no margin rates")
    ours = MarginAssumption(name="a quarter", rates={"Grocery": 0.25})
    report = run_with(products=bare, margins=ours).report
    figures = report["policies"]["swap"]["tasks"]["all"]["figures"]
    assert figures["demand_margin"]["value"] == pytest.approx(
        0.25 * figures["demand_revenue"]["value"]
    )
    assert report["meta"]["margins"]["departments"] == {
        "grocery": {"rate": 0.25, "products": PRODUCTS}
    }
    assert "Margins: named assumption by department: a quarter." in report["meta"]["notes"]


def test_words_of_another_number_of_customers_or_products_are_refused() -> None:
    with pytest.raises(
        ValueError, match="income: 3 entries, but one for each of the 19 households"
    ):
        run_with(income=np.array(["a"] * 3, object))
    short = functional_footprints(products(), BEFORE)
    short = replace(short, kg_functional=short.kg_functional[:-1])
    with pytest.raises(ValueError, match="second: 29 entries, but one for each of the 30 products"):
        run_with(second=short)


def test_the_worst_seller_is_counted_from_the_slates_without_an_interval() -> None:
    slates = judged().slates
    for name, task, found in runs("worst_seller"):
        mine = slates[(slates["policy"] == name) & (slates["task"] == task)]
        w = 1 / np.log2(mine["position"] + 1)
        share = w[mine["seller_id"] == found["seller_id"]].sum() / w.sum()
        assert found["share"] == pytest.approx(share)
        assert found["ratio"] == pytest.approx(share / found["target"])
        assert (found["against"], found["sellers_under_floor"]) == ("target", None)
