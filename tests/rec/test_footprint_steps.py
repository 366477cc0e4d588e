"""Suppliers' figures in a catalogue: used where they name a source and are believable."""

from datetime import date

import pandas as pd
import pytest

from pcf_estimator.estimate import Market
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from recommender.footprint_steps import with_verified


@pytest.fixture(scope="module")
def model():
    return PcfModel(trees=20).fit(read_seed())


def milk(**columns):
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "product_id": [f"p{i}" for i in range(rows)],
            "title": ["Whole milk"] * rows,
            "net_mass_kg": [1.0] * rows,
            **columns,
        }
    )


def test_a_believable_figure_with_a_source_is_used_and_others_are_counted(model):
    # a litre of milk is about 1.4 kg: 1.2 is believable, 5000 is not, and one names nobody
    shop = milk(
        verified_kg_co2e=[1.2, 5000.0, 1.2, None],
        verified_source=["the dairy", "the dairy", None, None],
    )
    found, counts = with_verified(shop, model, Market())
    assert found["tier"].tolist() == ["verified", "model", "model", "model"]
    assert found["kg_co2e"].iloc[0] == 1.2
    assert counts == {"used": 1, "asks for evidence": 1, "names no source": 1}


def test_a_declaration_is_judged_by_its_expiry_and_stands_above_the_catalogue(model):
    shop = milk(verified_kg_co2e=[1.2, None], verified_source=["the dairy", None])
    told = pd.DataFrame(
        {
            "product_id": ["p0", "p1"],
            "footprint_id": ["a", "b"],
            "kg_co2e": [1.1, 1.0],
            "source": ["a declaration"] * 2,
            "valid_until": pd.to_datetime(["2027-01-01", "2026-01-01"]),
        }
    )
    found, counts = with_verified(shop, model, Market(), told, date(2026, 7, 1))
    assert found["kg_co2e"].iloc[0] == 1.1
    assert found["tier"].tolist() == ["verified", "model"]
    assert (counts["used"], counts["expired"]) == (2, 1)


def test_without_any_such_figure_nothing_is_counted(model):
    found, counts = with_verified(milk(price=[1.0]), model, Market())
    assert found["tier"].tolist() == ["model"]
    assert counts == {}
