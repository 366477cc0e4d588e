"""The coverage studies: what they count is right, and the same seed gives the same rows.

Whether the targets are met is for the full run; its figures lie in docs/coverage.json.
"""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import __main__ as benches
from benchmarks import (
    coverage,
    coverage_bootstrap,
    coverage_choice,
    coverage_impressions,
    coverage_panels,
    coverage_response,
)
from benchmarks.coverage_households import FIGURES, log_table, population, seller_exposures
from benchmarks.coverage_response import foretold, handed_over
from benchmarks.coverage_rows import Row, coverage_markdown, read_rows, share, write_rows
from recommender.impact.experiment.simulated import SlotWorld
from recommender.impact.response.worlds import INNER, World, simulated_shop

TINY = World(products=20, stores=8, weeks=10, base=0.0)
TOWN = coverage_choice.Town(stores=8, households=10, weeks=10)


@pytest.fixture(scope="module")
def people():
    return population(np.random.default_rng(2), households=20_000)


@pytest.fixture
def small_worlds(monkeypatch, people):
    """All studies with small worlds."""
    monkeypatch.setattr(coverage_bootstrap, "SIZES", (30, 60))
    monkeypatch.setattr(coverage_bootstrap, "HELD_FROM", 60)
    monkeypatch.setattr(coverage_bootstrap, "DRAWS", 50)
    monkeypatch.setattr(coverage_bootstrap, "population", lambda _rng: people)
    monkeypatch.setattr(coverage_response, "SOUND", {"sound": TINY})
    monkeypatch.setattr(coverage_response, "BENT", {"bent": replace(TINY, stockpiling=0.1)})
    monkeypatch.setattr(coverage_choice, "WORLDS", {"town": TOWN})
    monkeypatch.setattr(SlotWorld.truth, "__defaults__", (2_000,))
    monkeypatch.setattr(coverage_impressions, "SIZES", (200, 400))
    monkeypatch.setattr(coverage_impressions, "BENT_SIZE", 400)


@pytest.mark.usefixtures("small_worlds")
def test_every_study_gives_rows_and_the_same_seed_gives_the_same():
    first, again = (list(coverage.studies(2, 3)) for _ in range(2))
    assert {row.study for row in first} == set(coverage.STUDIES)
    timed = [row.unit == "s" for row in first]
    assert sum(timed) >= len(coverage.STUDIES)
    plain = [[row for row in rows if row.unit != "s"] for rows in (first, again)]
    assert plain[0] == plain[1]
    asked = {row.study for row in first if row.met is not None}
    assert asked == set(coverage.STUDIES)
    panels = coverage_panels.STUDY
    other = [row for row in coverage.studies(2, 4, [panels]) if row.unit != "s"]
    assert other != [row for row in plain[0] if row.study == panels]


def test_the_command_is_a_bench_and_the_full_run_is_what_lies_in_the_documents(
    monkeypatch, tmp_path
):
    assert "coverage" in benches.BENCHES
    monkeypatch.setattr(coverage, "STORED", tmp_path / "coverage.json")
    one = share("a", "w", "f", 1, 2)
    monkeypatch.setattr(coverage, "STUDIES", {"a": lambda _logs, _seed: iter([one])})
    table = list(coverage.run())
    assert table[0] == ("a; w: f", "50.0 % (± 35.4)", "")
    rows, notes = read_rows(tmp_path / "coverage.json")
    assert rows[0].figure == "f"
    assert set(notes) == set(coverage.NOTES)


# rows


def test_a_share_carries_its_monte_carlo_error_and_whether_it_is_what_was_asked():
    row = share("study", "world", "holds", 1_900, 2_000, (0.94, 0.96))
    # sqrt(0.95 x 0.05 / 2000) = 0.00487
    assert row.error == pytest.approx(0.00487, abs=1e-5)
    assert (row.met, row.shown, row.asked) == (True, "95.0 % (± 0.5)", "94.0 % to 96.0 %")
    assert share("study", "world", "holds", 1_870, 2_000, (0.94, 0.96)).met is False
    assert share("study", "world", "holds", 1, 2).met is None


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [
        share("one", "w", "holds", 3, 4, (0.9, None)),
        Row(study="two", world="w", figure="b", value=0.5, unit="", logs=1, ends=(-1.0, 2.0)),
    ]
    write_rows(tmp_path / "c.json", rows, 6, {"one": ["why"]})
    back, notes = read_rows(tmp_path / "c.json")
    assert [replace(row, error=None) for row in back] == [replace(row, error=None) for row in rows]
    stored = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert (stored["seed"], [row["met"] for row in stored["rows"]]) == (6, [False, None])
    text = coverage_markdown(back, notes)
    assert "| holds | at least 90.0 % | **75.0 % (± 21.7)**, missed |" in text
    assert "| b |  | 0.5 [-1, 2] |" in text
    assert "Of 1 figures for which something was asked, 0 are met" in text
    assert "\n\nwhy" in text


# the bootstrap


def test_errors_of_drawn_sums_are_those_of_the_textbook():
    above, below = np.array([1.0, 2.0, 6.0]), np.ones(3)
    base, base_below = np.array([2.0, 2.0, 2.0]), np.ones(3)
    table = np.stack([np.column_stack([base, base_below]), np.column_stack([above, below])], axis=1)
    sums = coverage_bootstrap._moments(table[:, :, None, :]).sum(axis=0)
    level, change = coverage_bootstrap._values(sums)
    assert (level[0], change[0]) == (3.0, 0.5)
    # of the mean: sqrt((4 + 1 + 9) / 9) = 1.2472; the base does not vary: half of it
    of_level, of_change = coverage_bootstrap._errors(sums)
    assert of_level[0] == pytest.approx(1.2472, abs=1e-4)
    assert of_change[0] == pytest.approx(0.6236, abs=1e-4)


def test_without_skew_or_bias_the_accelerated_ends_are_percentiles():
    draws = np.linspace(-1.0, 1.0, 1001)[:, None]
    low, high = coverage_bootstrap._bca(draws, np.zeros(1), np.array([[-1.0], [1.0]]))
    assert (low[0], high[0]) == (pytest.approx(-0.95), pytest.approx(0.95))


def test_accelerated_ends_lean_to_the_long_side():
    draws = np.linspace(-1.0, 1.0, 1001)[:, None]
    low, high = coverage_bootstrap._bca(draws, np.zeros(1), np.array([[-1.0], [-1.0], [2.0]]))
    assert low[0] > -0.95
    assert high[0] > 0.95


def test_the_population_is_its_own_log(people):
    everybody = log_table(people, np.arange(people.households)[:, None])[:, 0]
    assert np.array_equal(everybody, people.whole)
    assert people.whole.shape == (20_000, 2, len(FIGURES), 2)
    # the policy swaps heavy products for lighter ones
    base, policy = people.whole[..., 0].sum(axis=0)[:, FIGURES.index("demand kg")]
    assert policy < base


def test_the_worst_seller_is_the_one_farthest_under_its_floor():
    exposure = np.array([[3.0, 1.0, 0.0]])
    # shares 0.75, 0.25 and 0 over floors of 0.5, 0.1 and 0.4: 1.5, 2.5 and 0
    worst, reached = coverage_bootstrap._worst_and_reached(exposure, np.array([0.5, 0.1, 0.4]))
    assert (worst.tolist(), reached.tolist()) == ([0.0], [2.0])


def test_sellers_are_seen_as_often_as_their_places_count(people):
    exposure = seller_exposures(people, np.array([0, 0]))
    assert exposure.sum(axis=1) == pytest.approx([people.attention.sum()] * 2)
    first = people.seller[0, 1, 0]
    assert exposure[0, first] >= people.attention[0]


# the response model


def test_displays_handed_over_stay_as_many_in_each_store_and_week():
    rng = np.random.default_rng(1)
    shop = simulated_shop(TINY, rng)
    shown, gains = handed_over(shop, rng)
    assert gains.sum() == 10
    assert np.array_equal(shown.sum(axis=0), shop.shown.sum(axis=0))
    assert not shown[~gains].any()
    assert (shown[gains] >= shop.shown[gains]).all()


def test_units_foretold_are_units_sold_times_what_a_display_does():
    shop = simulated_shop(TINY, np.random.default_rng(1))
    shown = np.ones_like(shop.shown)
    free = ~shop.shown[:, :, INNER]
    # each cell without a display sells half as much again: log 1.5
    by_hand = 0.5 * (shop.units[:, :, INNER] * free).sum(axis=(1, 2))
    assert foretold(shop, shown, {0: np.log(1.5)}) == pytest.approx(by_hand)
    # a week after a display that was not there before: a tenth less
    before = ~shop.shown[:, :, 1:-2]
    later = -0.1 * (shop.units[:, :, INNER] * before).sum(axis=(1, 2))
    assert foretold(shop, shown, {1: np.log(0.9)}) == pytest.approx(later)


# the choice model


def test_with_the_true_pull_and_chances_the_change_is_foretold_exactly():
    rng = np.random.default_rng(5)
    p_buy, kg = rng.uniform(0.01, 0.1, (30, TOWN.products)), rng.lognormal(0, 0.7, TOWN.products)
    lists = coverage_choice._lists(p_buy, kg)
    assert [(one > 0).sum(axis=1).tolist() for one in lists] == [[5] * 30] * 2
    change = coverage_choice._change(TOWN, p_buy, kg, lists, TOWN.pull)
    assert change[0] > 0  # lighter products sell more
    assert change[1] < 0
    assert coverage_choice._change(TOWN, p_buy, kg, lists, 0.0) == pytest.approx([0.0, 0.0])


# panels


def test_a_planted_trend_is_asked_to_sound_and_bounds_widen_with_it():
    rows = list(coverage_panels.panel_rows(2, seed=1))
    asked = [row for row in rows if row.low == 0.9]
    assert {row.world for row in asked} == set(coverage_panels.PLANTED)
    ends = [row.ends for row in rows if row.world == coverage_panels.BOUNDED[0] and row.ends]
    widths = [high - low for low, high in ends]
    assert len(ends) == 4
    assert widths == sorted(widths)
