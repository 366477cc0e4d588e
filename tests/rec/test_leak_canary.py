"""The leak canary: no purchase of the judging weeks reaches anything that is fitted or frozen.

The shop is fitted twice, the second time with the purchases of the judging weeks made into
nonsense: whatever learns must come out in the same bytes. A purchase planted in the weeks before
shows that the canary sings.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pcf_estimator.tables import TableError
from recommender.backtest import Backtest, backtest
from recommender.history import History, Shelf
from recommender.log import Log
from recommender.policy import Policy
from recommender.policy_slates import policy_slates
from recommender.products import products_at
from recommender.relevance.cold.attraction import Wares
from recommender.relevance.cold.cold_start import fit_cold
from recommender.relevance.fit import Past, Proposed, fit_relevance
from recommender.relevance.newcomers.basket_model import fit_basket_model
from recommender.rerank.rerank import Shelves
from recommender.splits import protocol

WEEKS = protocol(30)  # judges weeks 27 to 30
LINES = ("customer", "product", "week", "day", "basket", "store", "quantity", "paid", "discount")
POLICIES = [
    Policy.model_validate(
        {
            "name": name,
            "version": 1,
            "description": "For a test.",
            "review_date": pd.Timestamp("2027-01-31").date(),
            "weights": weights,
            "slate": {"n": 5},
        }
    )
    for name, weights in (
        ("relevance", {"shopper": 1.0}),
        ("greener", {"shopper": 1.0, "climate": 0.5}),
        ("greener-again", {"shopper": 1.0, "climate": 0.5}),
    )
]


def with_line(log: Log, week: int, product: int, quantity: float, paid: float) -> Log:
    """The log with one more purchase, of the first household, in its place in time."""
    line = {
        "customer": 0,
        "product": product,
        "week": week,
        "day": 7.0 * (week - 1) + 0.5,
        "basket": int(log.basket.max()) + 1,
        "store": -1,
        "quantity": quantity,
        "paid": paid,
        "discount": np.nan,
    }
    more = {name: np.append(getattr(log, name), line[name]) for name in LINES}
    order = np.argsort(more["day"], kind="stable")
    columns: dict[str, Any] = {name: column[order] for name, column in more.items()}
    return replace(log, **columns)


def nonsense_in_the_window(log: Log) -> Log:
    """Products dealt out anew, prices a hundredfold, packs tripled, and an impossible purchase."""
    window = log.week >= WEEKS.judge.first
    product = log.product.copy()
    product[window] = np.random.default_rng(13).permutation(log.products)[product[window]]
    altered = replace(
        log,
        product=product,
        paid=np.where(window, 100.0 * log.paid, log.paid),
        quantity=np.where(window, 3.0 * log.quantity, log.quantity),
    )
    return with_line(altered, 29, product=7, quantity=1e6, paid=1e9)


def footprints(catalogue: pd.DataFrame) -> pd.DataFrame:
    """A figure and a range for each product, no two alike."""
    kg = 0.5 + 0.37 * np.arange(len(catalogue))
    return pd.DataFrame(
        {
            "product_id": catalogue["product_id"],
            "kg_co2e": kg,
            "kg_co2e_low": kg / 2,
            "kg_co2e_high": kg * 2,
            "kg_co2e_per_kg": 2.0 * kg,
            "net_mass_kg": 0.5,
            "difference_sd_log10": 0.15,
            "tier": "model",
        }
    )


def products_before(catalogue: pd.DataFrame, history: History) -> pd.DataFrame:
    needs = catalogue[["product_id"]].assign(need=catalogue["category"], kg_per_flow=0.1)
    return products_at(catalogue, footprints(catalogue), needs, history)


def judge_proposed(log: Log, shelf: Shelf) -> Proposed:
    past = Past(log=log, shelf=shelf)
    return fit_relevance(past, WEEKS, 1, lambda _: None, without_displays=False).judge


def fitted_bytes(catalogue: pd.DataFrame, shelf: Shelf, log: Log, folder: Path) -> dict[str, bytes]:
    """Everything that is fitted, frozen or proposed for the judging weeks, as bytes by name."""
    folder.mkdir()
    relevance = fit_relevance(Past(log=log, shelf=shelf), WEEKS, 1, lambda _: None)
    for number, model in enumerate(relevance.models.values()):
        model.save(folder / f"model-{number}")
    (folder / "cold").mkdir()
    fit_cold(log, shelf, Wares.of(catalogue), WEEKS).save(folder / "cold")
    rng = np.random.default_rng(3)
    fit_basket_model(log, shelf, WEEKS.learn[:1], WEEKS.calibrate, rng, visitors=40).save(
        folder / "basket"
    )
    files = {
        f"file {path.relative_to(folder)}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    history = relevance.fitted.history
    shelves = Shelves.of(products_before(catalogue, history), history.log)
    goods, facts, proposed = shelves.goods, shelves.facts, relevance.judge
    households = np.flatnonzero(history.universe.customers)
    made = policy_slates(proposed.candidates, shelves, POLICIES, households, log.ids.customers)
    arrays = {
        **{
            f"candidates {name}": column.to_numpy()
            for name, column in proposed.to_frame().items()  # chances by each model with them
        },
        "history price": history.price,
        "universe products": history.universe.products,
        "universe customers": history.universe.customers,
        "price": goods.price,
        "margin": goods.margin,
        "target": goods.target,
        "kg functional": goods.functional.kg_functional,
        "typical flows": goods.functional.typical_flows,
        "kg of need": goods.functional.kg_of_need,
        "reference pair": goods.references.pair,
        "reference kg": goods.references.kg,
        "sales": facts.sales,
        "first week": facts.first_week,
        "tier": facts.tier,
        "scales": np.array([made.scales.m0, made.scales.g0, *made.scales.short.values()]),
        "slates": made.table["product_id"].to_numpy("U20"),
        "scores": made.table["score"].to_numpy(np.float64),
    }
    return {**files, **{name: np.ascontiguousarray(a).tobytes() for name, a in arrays.items()}}


@pytest.fixture(scope="module")
def fitted(
    made_up_shop: tuple[pd.DataFrame, pd.DataFrame],
    made_up_shelf: Shelf,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Log, str], dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("canary")
    return lambda log, name: fitted_bytes(made_up_shop[0], made_up_shelf, log, folder / name)


@pytest.fixture(scope="module")
def as_it_was(fitted: Callable[[Log, str], dict[str, bytes]], made_up_log: Log) -> dict[str, bytes]:
    return fitted(made_up_log, "as it was")


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    assert list(one) == list(other)
    return [name for name in one if one[name] != other[name]]


def test_no_purchase_of_the_judging_weeks_reaches_any_fitted_part(
    fitted: Callable[[Log, str], dict[str, bytes]], as_it_was: dict[str, bytes], made_up_log: Log
) -> None:
    altered = nonsense_in_the_window(made_up_log)
    assert len(altered) == len(made_up_log) + 1
    before = [log.until(WEEKS.judge.history_until) for log in (made_up_log, altered)]
    assert np.array_equal(before[0].product, before[1].product)
    mine, nonsense = in_window(made_up_log), in_window(altered)
    assert np.nanmax(nonsense.paid) == 1e9 > np.nanmax(mine.paid)
    assert differing(as_it_was, fitted(altered, "window of nonsense")) == []


def test_a_purchase_planted_in_the_weeks_before_is_heard_everywhere(
    fitted: Callable[[Log, str], dict[str, bytes]], as_it_was: dict[str, bytes], made_up_log: Log
) -> None:
    planted = with_line(made_up_log, 20, product=7, quantity=1e3, paid=1e6)
    heard = differing(as_it_was, fitted(planted, "planted"))
    # the price alone is deaf to one purchase: it is a median of many
    for name in ("candidates p_buy", "reference kg", "kg of need", "sales", "target", "scales"):
        assert name in heard, name
    assert any(name.startswith("file model") for name in heard)


@pytest.fixture(scope="module")
def judged(
    made_up_shop: tuple[pd.DataFrame, pd.DataFrame], made_up_shelf: Shelf, made_up_log: Log
) -> Callable[[Log], Backtest]:
    history = History(made_up_log.until(WEEKS.judge.history_until), made_up_shelf)
    candidates = judge_proposed(made_up_log, made_up_shelf).candidates
    products = products_before(made_up_shop[0], history)

    def run(truth: Log) -> Backtest:
        return backtest(
            candidates,
            products,
            truth,
            history.log,
            POLICIES,
            rng=np.random.default_rng(5),
            draws=60,
        )

    return run


def in_window(log: Log) -> Log:
    return log.weeks(WEEKS.judge.first, WEEKS.judge.last)


def test_the_window_changes_hits_alone_and_neither_slates_nor_scales(
    judged: Callable[[Log], Backtest], made_up_log: Log
) -> None:
    one = judged(in_window(made_up_log))
    other = judged(in_window(nonsense_in_the_window(made_up_log)))
    assert one.slates.equals(other.slates)
    assert one.report["scales"] == other.report["scales"]
    assert one.report["sellers"] == other.report["sellers"]
    for name, entry in one.report["policies"].items():
        for task, run in entry["tasks"].items():
            after = other.report["policies"][name]["tasks"][task]
            for figure, estimate in run["figures"].items():
                if not figure.startswith(("hit", "ndcg", "dcg", "recall")):
                    assert estimate == after["figures"][figure], figure
            assert run["worst_seller"] == after["worst_seller"]
    hits = [made.report["policies"]["greener"]["tasks"]["all"]["figures"] for made in (one, other)]
    assert hits[0]["hits_revenue"]["value"] != hits[1]["hits_revenue"]["value"]


def test_two_policies_with_the_same_slates_have_the_same_draws_and_change_by_nothing(
    judged: Callable[[Log], Backtest], made_up_log: Log
) -> None:
    report = judged(in_window(made_up_log)).report
    for task in ("all", "new"):
        greener, again = (
            report["policies"][name]["tasks"][task] for name in ("greener", "greener-again")
        )
        for part in ("figures", "split", "footprint_range"):
            assert greener[part] == again[part], part
        base = report["policies"]["relevance"]["tasks"][task]
        for part in ("figures", "footprint_range"):
            for figure, estimate in base[part].items():
                changes = {estimate[key] for key in ("change", "change_low", "change_high")}
                assert changes <= {0.0, None}, figure
        assert base["figures"]["demand_revenue"]["change_low"] == 0.0
        assert base["figures"]["demand_revenue"]["change_high"] == 0.0


def test_a_window_that_overlaps_the_weeks_before_is_refused(
    judged: Callable[[Log], Backtest], made_up_log: Log
) -> None:
    lines = int((made_up_log.week == 26).sum())
    with pytest.raises(
        TableError, match=rf"begins in week 26, .* reach week 26, .*\({lines} lines"
    ):
        judged(made_up_log.weeks(26, 30))


def test_every_column_of_the_log_is_altered_by_the_canary() -> None:
    assert set(LINES) == {field.name for field in fields(Log)} - {"ids", "whole_until"}
