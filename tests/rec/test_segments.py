"""Segments: what the total hides, with small cells kept back and chance kept in check."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.impact.segments.control import cell_interval, p_values, q_values, shrunk
from recommender.impact.segments.cut import least_cut
from recommender.impact.segments.hidden import hidden_cells
from recommender.impact.segments.kinds import NOT_KNOWN
from recommender.impact.segments.moves import Cells, Sums
from recommender.impact.segments.segments import HEADLINE, report_of_sums, segment_report
from recommender.log import Ids, Log
from recommender.metrics import Slates, bought_in
from recommender.policy import BASELINE
from recommender.tradeoff import goods_of

FIGURE = "demand_margin"
RATIO = "seller_small_share"


def words(**sizes: int) -> np.ndarray:
    """So many households of each segment, one after another."""
    return np.array([name for name, size in sizes.items() for _ in range(size)], object)


def told(
    sums: Mapping[str, Sums], kinds: Mapping[str, np.ndarray], figure: str = FIGURE, **asked: Any
) -> dict[str, Any]:
    return report_of_sums(
        sums, kinds, draws=asked.pop("draws", 200), rng=np.random.default_rng(1), figures=[figure]
    )


def means(before: np.ndarray, after: np.ndarray) -> dict[str, Sums]:
    one = np.ones(len(before))
    return {BASELINE: {FIGURE: (before, one)}, "new": {FIGURE: (after, one)}}


def row_of(report: dict[str, Any], segment: str, policy: str = "new") -> dict[str, Any]:
    (row,) = [r for r in report["rows"] if (r["segment"], r["policy"]) == (segment, policy)]
    return row


def test_a_segment_has_its_own_mean_and_its_own_change() -> None:
    kinds = {"age": words(young=10, old=30)}
    before = np.where(kinds["age"] == "young", 2.0, 4.0)
    after = np.where(kinds["age"] == "young", 3.0, 3.0)
    report = told(means(before, after), kinds)
    # young 2 -> 3 is +50 %; old 4 -> 3 is -25 %; all (20 + 120) / 40 = 3.5 -> 3 is -14 %
    young, old = row_of(report, "young"), row_of(report, "old")
    assert (young["value"], young["change"], young["households"]) == (3.0, 0.5, 10)
    assert (old["value"], old["change"], old["households"]) == (3.0, -0.25, 30)
    assert (young["against_total"], old["against_total"]) == (True, False)
    (warning,) = report["warnings"]
    assert (warning["policy"], warning["kind"], warning["figure"]) == ("new", "age", FIGURE)
    assert "falls by 14.3 %" in warning["sentence"]
    assert "young rises by 50.0 % (50.0 % to 50.0 %) over 10 households" in warning["sentence"]


def test_simpsons_classic_total_that_moves_against_every_segment_is_told() -> None:
    # Charig and others 1986 (kidney stones), as shares of attention on small sellers: each
    # household looks at one place. Small stones: 234 of 270 -> 81 of 87; large: 55 of 80 -> 192
    # of 263. By segment .867 -> .931 and .688 -> .730 rise; in all 289 / 350 = .826 -> 273 / 350
    # = .780 falls, since the policy moves attention to the segment where the share is low.
    size = {"small": (270, 234, 87, 81), "large": (80, 55, 263, 192)}
    kinds = {"stones": words(small=10, large=10)}

    def spread(total: int) -> np.ndarray:
        return np.full(10, total / 10)

    sums: dict[str, Sums] = {
        BASELINE: {
            RATIO: (
                np.concatenate([spread(size[k][1]) for k in size]),
                np.concatenate([spread(size[k][0]) for k in size]),
            )
        },
        "new": {
            RATIO: (
                np.concatenate([spread(size[k][3]) for k in size]),
                np.concatenate([spread(size[k][2]) for k in size]),
            )
        },
    }
    report = told(sums, kinds, RATIO)
    assert row_of(report, "small")["value"] == pytest.approx(81 / 87)
    assert row_of(report, "small")["change"] == pytest.approx((81 / 87) / (234 / 270) - 1)
    assert row_of(report, "large")["change"] == pytest.approx((192 / 263) / (55 / 80) - 1)
    (warning,) = report["warnings"]
    # in all 273 / 289 - 1 = -5.5 %
    assert "−5.5 %" in warning["sentence"] or "falls by 5.5 %" in warning["sentence"]
    assert "rises in every segment of stones: the total" in warning["sentence"]
    assert "Simpson" in warning["sentence"]


def test_false_discovery_rates_are_those_worked_on_paper() -> None:
    # sorted .001 .008 .039 .041 .60, times 5 / rank: .005 .02 .065 .05125 .60; the least from
    # each on: .005 .02 .05125 .05125 .60
    p = np.array([0.041, 0.60, 0.001, 0.039, 0.008])
    assert q_values(p) == pytest.approx([0.05125, 0.60, 0.005, 0.05125, 0.02])
    assert np.isnan(q_values(np.array([np.nan]))).all()
    assert q_values(np.array([0.9, 1.0])).max() <= 1.0


def test_shrinkage_is_that_worked_on_paper() -> None:
    # y = 0 and 1, errors 0.1: weights 100; mean .5; Q = 100 (.25 + .25) = 50; scale = 200 -
    # 20000 / 200 = 100; between = (50 - 1) / 100 = .49; kept .49 / (.49 + .01) = .98; so
    # .5 - .98 x .5 = .01 and .99
    assert shrunk(np.array([0.0, 1.0]), np.array([0.1, 0.1])) == pytest.approx([0.01, 0.99])


def test_a_certain_change_is_kept_and_an_unknown_one_stays_unknown() -> None:
    found = shrunk(np.array([0.3, 0.0, 0.1, np.nan]), np.array([0.0, 0.1, 0.1, np.nan]))
    assert found[:3] == pytest.approx([0.3, 0.05, 0.05])
    assert np.isnan(found[3])


def test_p_is_students_with_one_household_less() -> None:
    # t = 2.262 with 9 degrees of freedom is the two-sided 5 % point of every table
    assert p_values(np.array([0.2262]), np.array([0.1]), np.array([10])) == pytest.approx(
        0.05, abs=1e-4
    )


def test_a_noisy_segment_against_the_total_is_no_warning() -> None:
    rng = np.random.default_rng(0)
    kinds = {"age": words(**{f"a{k:02}": 12 for k in range(30)})}
    before = np.full(360, 10.0)
    after = before + 0.3 + rng.normal(0.0, 2.0, 360)
    report = told(means(before, after), kinds)
    news = [row for row in report["rows"] if row["policy"] == "new"]
    assert sum(row["change"] < 0 for row in news) > 3  # by chance alone
    assert report["warnings"] == []
    assert all(abs(row["shrunk"] - 0.03) < abs(row["change"] - 0.03) + 0.02 for row in news)


def test_a_cell_of_nine_takes_the_next_smallest_with_it() -> None:
    kinds = {"age": words(nine=9, twelve=12, thirty=30)}
    values = np.arange(51.0)
    report = told(means(values + 1, values + 2), kinds)
    assert {row["segment"] for row in report["rows"]} == {"thirty"}
    assert report["suppressed"] == {"age": 2}
    # three and four together are nine households less than ten, so a third cell goes with them
    small = {"age": words(three=3, four=4, eleven=11, thirty=30)}
    values = np.arange(48.0)
    found = told(means(values + 1, values + 2), small)
    assert {row["segment"] for row in found["rows"]} == {"thirty"}


def test_a_store_is_not_found_by_taking_its_neighbours_from_the_region() -> None:
    # region A: stores of 20 and 4; region B: stores of 30, 25 and 8. The stores of 4 and 8 are
    # hidden and hold 12 together, but A less its store of 20 would give the 4: so 20 goes too,
    # and B less 30 and 25 would give the 8: so 25 goes too
    sizes = {"s20": 20, "s04": 4, "s30": 30, "s25": 25, "s08": 8}
    store = words(**sizes)
    region = np.where(np.isin(store, ["s20", "s04"]), "A", "B").astype(object)
    values = np.arange(float(len(store)))
    report = told(means(values + 1, values + 2), {"store": store, "region": region})
    assert {row["segment"] for row in report["rows"]} == {"A", "B", "s30"}
    assert report["suppressed"] == {"store": 4, "region": 0}


def test_a_cell_hidden_alone_does_not_leak_through_another_kind() -> None:
    # Households of 1 (30), 2 (40) and 5+ (66), of which 5+ could be kept back alone; families of 3+
    # children are the 66 and 3 of the size 2. Told together, 3+ less (total less 1 less 2)
    # = 69 - 66 = 3 households. Something on the side of the 66 must melt with something beside it:
    # 5+ and the cheapest size, 66 + 30 households, or both counts of children, 69 + 67. Of 5+ and
    # 1 together 66 lie in 3+ and 30 outside, so that no rest is under 10
    size = words(one=30, two=40, five=66)  # two: 37 without children, 3 with 3+
    kids = np.array(["none"] * 67 + ["3+"] * 69, object)
    values = np.arange(136.0)
    report = told(means(values + 1, values + 2), {"size": size, "kids": kids})
    assert {row["segment"] for row in report["rows"]} == {"two", "none", "3+"}
    assert report["suppressed"] == {"size": 2, "kids": 0}


def test_the_least_that_two_kinds_give_away_is_counted_by_hand() -> None:
    # first kind: 20 = 12 + 8, 17 = 0 + 17; second kind: 12 and 25. Cells alone hang on 20, 17, 12
    # and 25; the first 20 less the 12 on 8; so 8, with the first cells of both on one side
    households, side = least_cut(np.array([[12, 8], [0, 17]]))
    assert households == 8
    assert side.tolist() in ([True, False, True, False], [False, True, False, True])
    # two parts that share nobody: {a, c} of 30, {b, d} of 9
    assert least_cut(np.array([[30, 0], [0, 9]]))[0] == 9
    assert least_cut(np.zeros((2, 2), int))[0] is None


def fewest_by_attack(members: np.ndarray, told_cells: np.ndarray, kind: np.ndarray) -> int:
    """Fewest households that any sum with factors -1, 0 and 1 of what is told hangs on.

    What is told: of each of two kinds its told cells and its remainder, and with them the total.
    """
    columns = []
    for k in (0, 1):
        of_kind = members[:, told_cells & (kind == k)]
        columns += [*of_kind.T, ~of_kind.any(axis=1)]
    parts = np.unique(np.array(columns).T, axis=0, return_counts=True)
    factors = np.array(list(product((-1, 0, 1), repeat=len(columns))))
    hit = (factors @ parts[0].T.astype(int) != 0) @ parts[1]
    return int(hit[hit > 0].min())


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=4),
    empty=st.integers(0, 2**16 - 1),
)
def test_no_attacker_with_two_kinds_gets_below_ten(table: list[list[int]], empty: int) -> None:
    sizes = np.array(table)
    sizes[(empty >> np.arange(sizes.size).reshape(sizes.shape)) & 1 == 1] = 0
    row, column = (np.repeat(at.ravel(), sizes.ravel()) for at in np.indices(sizes.shape))
    members = np.hstack([row[:, None] == np.arange(len(sizes)), column[:, None] == np.arange(4)])
    kind = np.repeat([0, 1], [len(sizes), 4])
    shown = ~hidden_cells(members, kind) & members.any(axis=0)
    if len(members) < 10:
        assert not shown.any()
    else:
        assert fewest_by_attack(members, shown, kind) >= 10


def test_a_total_moves_by_its_mix_only_where_that_is_certain_and_all_is_told() -> None:
    # Means per household: 3 -> 4 for 40, 3 -> 4 for 12 and 3 -> 0 for the 2 of a kept-back
    # cell: both told segments could rise while the total falls, but that is no paradox
    size = words(large=40, middle=12, small=2, other=12)
    before = np.full(66, 3.0)
    after = np.where(np.isin(size, ["small"]), -200.0, 4.0)
    report = told(means(before, after), {"size": size})
    assert row_of(report, "large")["change"] == pytest.approx(1 / 3)
    assert not any("Simpson" in warning["sentence"] for warning in report["warnings"])
    # Ratios in two segments, both rising; the total falls, but by one household of the segment
    # with the small share, whose attention counts 30 times
    below = np.ones(40)
    above = np.concatenate([np.full(20, 0.9), np.full(20, 0.1)])
    weight = np.where(np.arange(40) == 39, 30.0, 1.0)
    sums: dict[str, Sums] = {
        BASELINE: {RATIO: (above, below)},
        "new": {RATIO: (1.05 * above * weight, below * weight)},
    }
    found = told(sums, {"half": words(left=20, right=20)}, RATIO)
    # left .9 -> .945, right .1 -> .105; in all .5 -> 1.05 (18 + 4.9) / 69 = .348; where the one
    # household is not drawn, in 37 % of draws, the total rises as well
    rows = [row["change"] for row in found["rows"] if row["policy"] == "new"]
    assert rows == pytest.approx([0.05, 0.05])
    assert not any("Simpson" in warning["sentence"] for warning in found["warnings"])


def test_households_that_bought_nothing_do_not_make_a_small_cell_large_enough() -> None:
    kinds = {"age": words(young=12, old=30, older=30)}
    judged = np.ones(72)
    judged[:6] = 0.0  # of the young six bought
    sums: dict[str, Sums] = {
        name: {"ndcg": (0.5 * judged, judged), FIGURE: (np.ones(72), np.ones(72))}
        for name in (BASELINE, "new")
    }
    report = report_of_sums(
        sums, kinds, draws=50, rng=np.random.default_rng(0), figures=["ndcg", FIGURE]
    )
    news = [(r["segment"], r["figure"]) for r in report["rows"] if r["policy"] == "new"]
    assert ("young", FIGURE) in news
    assert ("young", "ndcg") not in news
    assert len([pair for pair in news if pair[1] == "ndcg"]) == 1


def test_the_unknown_are_a_row_of_their_own_and_are_told() -> None:
    age = words(young=20, old=20, gone=15)
    age[40:] = [None] * 10 + [float("nan")] * 5
    values = np.arange(55.0)
    report = told(means(values + 1, 2 * values + 1), {"age": age})
    unknown = row_of(report, NOT_KNOWN)
    assert unknown["households"] == 15
    assert unknown["shrunk"] is None
    assert any("age is not known of 15 households" in note for note in report["notes"])


def test_everybody_in_one_segment_is_the_total() -> None:
    rng = np.random.default_rng(3)
    before, after = rng.gamma(2.0, 1.0, 60), rng.gamma(2.2, 1.0, 60)
    half = words(left=30, right=30)
    both = told(means(before, after), {"one": words(all=60), "half": half})
    one = row_of(both, "all")
    assert one["value"] == pytest.approx(after.mean())
    assert one["change"] == pytest.approx(after.mean() / before.mean() - 1)
    assert one["shrunk"] == pytest.approx(one["change"])
    assert not one["against_total"]


def test_the_baseline_changes_nothing_and_warns_of_nothing() -> None:
    values = np.arange(40.0)
    report = told(means(values, values + 1), {"age": words(young=20, old=20)})
    row = row_of(report, "young", BASELINE)
    assert (row["change"], row["change_low"], row["change_high"], row["q_value"]) == (0, 0, 0, 1)
    assert all(warning["policy"] != BASELINE for warning in report["warnings"])


def test_intervals_of_few_households_are_wider_and_miss_draws_are_left_out() -> None:
    samples = np.tile(np.arange(1000.0)[:, None], 4)
    samples[:10, 2] = np.nan
    samples[:11, 3] = np.nan
    low, high = cell_interval(samples, np.array([1_000_000, 10, 1_000_000, 1_000_000]))
    # of 999 steps 2.5 %: 24.975; of ten households: t = 2.262 x sqrt(10 / 9) = 2.384 is the
    # normal's 0.856 %, so 8.55; of 10 .. 999: 10 + .025 x 989 = 34.725; 11 of 1,000 are too many
    assert low[:3] == pytest.approx([24.975, 8.55, 34.725], abs=0.02)
    assert high[:2] == pytest.approx([974.025, 990.45], abs=0.02)
    assert np.isnan([low[3], high[3]]).all()


def test_a_report_is_made_from_slates_and_purchases_and_repeats_bit_for_bit() -> None:
    names = np.array([f"c{k:02}" for k in range(40)], object)
    shown = pd.DataFrame(
        {
            "product_id": ["a", "b"],
            "price": [2.0, 1.0],
            "margin_rate": [0.5, 0.5],
            "seller_id": ["s", "t"],
            "kg_co2e": [2.0, 1.0],
            "kg_co2e_per_kg": [2.0, 1.0],
            "net_mass_kg": 1.0,
            "tier": "model",
            "need": "drink",
            "kg_per_flow": 0.1,
        }
    )
    log = Log(
        ids=Ids(names, np.array(["a", "b"], object)),
        customer=np.arange(40),
        product=np.arange(40) % 2,
        week=np.ones(40, np.int64),
        day=np.zeros(40),
        basket=np.arange(40),
        store=np.full(40, -1),
        quantity=np.ones(40),
        paid=2.0 - np.arange(40) % 2,
        whole_until=1,
    )
    goods = goods_of(shown, log)

    def slates(product: int) -> Slates:
        one = np.ones((40, 1))
        return Slates(
            customer=np.arange(40),
            product=np.full((40, 1), product),
            weight=one,
            p_buy=0.5 * one,
            excess=0.0 * one,
        )

    made = {(BASELINE, "all"): slates(0), ("b", "all"): slates(1), ("b", "new"): slates(0)}
    kinds = {"age": words(young=20, old=20)}

    def report() -> dict[str, Any]:
        window = {"all": bought_in(log, goods)}
        rng = np.random.default_rng(4)
        return segment_report(made, window, goods, kinds, draws=30, rng=rng)

    found = report()
    assert json.dumps(found) == json.dumps(report())
    rows = {(r["policy"], r["segment"], r["figure"]): r for r in found["rows"]}
    assert len(rows) == 2 * 2 * len(HEADLINE)
    # half of b at 1.00 for half of a at 2.00; each was bought by half of each age
    revenue = rows["b", "young", "demand_revenue"]
    assert (revenue["value"], revenue["change"]) == (0.5, -0.5)
    assert rows["b", "old", "ndcg"]["value"] == 0.5
    assert (
        segment_report(
            made, {"all": bought_in(log, goods)}, goods, {}, draws=5, rng=np.random.default_rng(0)
        )["rows"]
        == []
    )


def test_a_wrong_number_of_households_is_refused() -> None:
    with pytest.raises(ValueError, match=r"kind age: 3 entries, but one for each of the 4"):
        Cells.of({"age": words(young=3)}, 4)


SIZES = st.lists(st.integers(0, 25), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(first=SIZES, second=st.integers(1, 4), seed=st.integers(0, 99))
def test_no_small_rest_can_be_found_by_subtraction(
    first: list[int], second: int, seed: int
) -> None:
    fine = np.repeat(np.arange(len(first)), first)
    rng = np.random.default_rng(seed)
    coarse = (
        rng.integers(0, second, len(first))[fine]
        if seed % 2
        else rng.integers(0, second, len(fine))
    )
    members = np.hstack(
        [fine[:, None] == np.arange(len(first)), coarse[:, None] == np.arange(second)]
    )
    kind = np.repeat([0, 1], [len(first), second])
    hidden = hidden_cells(members, kind)
    shown = ~hidden & members.any(axis=0)
    assert (members[:, shown].sum(axis=0) >= 10).all()
    wholes = [np.ones(len(fine), bool), *members[:, shown].T]
    for whole in wholes:
        for k in (0, 1):
            left = whole.copy()
            for part in members[:, shown & (kind == k)].T:
                if not (part & ~whole).any():
                    left &= ~part
            assert left.sum() == 0 or left.sum() >= 10 or len(fine) < 10


@settings(max_examples=20, deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 99))
def test_a_suppressed_cell_appears_nowhere_in_the_report(sizes: list[int], seed: int) -> None:
    names = {f"segment-{k}": size for k, size in enumerate(sizes)}
    kinds = {"age": words(**names)}
    households = len(kinds["age"])
    if households < 2:
        return
    rng = np.random.default_rng(seed)
    report = told(
        means(rng.gamma(2.0, 1.0, households), rng.gamma(2.0, 1.0, households)), kinds, draws=20
    )
    shown = {row["segment"] for row in report["rows"]}
    text = json.dumps(report, allow_nan=False)
    for name, size in names.items():
        assert (name in shown) == (f'"{name}"' in text)
        assert size >= 10 or name not in text
    rest = households - sum(names[name] for name in shown)
    assert rest == 0 or rest >= 10 or not shown


def test_the_order_of_households_changes_no_value() -> None:
    rng = np.random.default_rng(5)
    before, after = rng.gamma(2.0, 1.0, 90), rng.gamma(2.0, 1.0, 90)
    kinds = {"age": words(young=30, old=40, older=20)}
    order = rng.permutation(90)
    one = told(means(before, after), kinds)
    other = told(means(before[order], after[order]), {"age": kinds["age"][order]})
    assert [(r["segment"], r["households"]) for r in one["rows"]] == [
        (r["segment"], r["households"]) for r in other["rows"]
    ]
    for first, second in zip(one["rows"], other["rows"], strict=True):
        assert first["value"] == pytest.approx(second["value"])
        assert first["change"] == pytest.approx(second["change"])
        # the draws are others, so ends agree but for the draws' own noise
        assert first["change_low"] == pytest.approx(second["change_low"], abs=0.12)
