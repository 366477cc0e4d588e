"""`greenaisle footprint explain`: a product of the shop by its id, anything else by its words."""

import json

import pandas as pd
import pytest

from pcf_estimator.estimate import estimate_footprints
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import CATALOGUE, check_table
from recommender import footprint_steps
from recommender.cli import BAD_DATA, USAGE, main
from recommender.ingest import Tables, keep_tables
from recommender.workspace import Workspace

GOODS = pd.DataFrame(
    {
        "product_id": ["m1", "b1"],
        "title": ["Whole milk", "Ground beef"],
        "category": ["milk", "beef"],
        "price": [3.0, 6.0],
        "package_size": ["1 l", "1 lb"],
    }
)


@pytest.fixture(scope="module")
def model():
    return PcfModel(trees=10).fit(read_seed().iloc[::5])


@pytest.fixture
def ask(monkeypatch, capsys, tmp_path, model):
    """Exit code, stdout and stderr of the command in a workspace that knows GOODS."""
    monkeypatch.setattr(footprint_steps, "model_step", lambda _: model)
    catalogue = check_table(GOODS, CATALOGUE, "catalogue")
    bought = pd.DataFrame(
        {
            "customer_id": ["c"],
            "product_id": ["m1"],
            "bought_at": [pd.Timestamp("2024-01-01")],
            "quantity": [1.0],
            "paid": [3.0],
        }
    )
    tables = Tables(catalogue=catalogue, purchases=bought, facts={})
    keep_tables(Workspace(tmp_path / "ws"), tables, {"shop": "two goods"})

    def asked(*words):
        line = ["greenaisle", "footprint", "explain", *words, "--workspace", str(tmp_path / "ws")]
        monkeypatch.setattr("sys.argv", line)
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code or 0, out, " ".join(err.split())

    return asked


def test_a_product_id_is_explained_with_its_own_pack(ask, model):
    code, out, _ = ask("m1", "--json")
    assert code == 0
    found = json.loads(out)
    estimated = estimate_footprints(check_table(GOODS, CATALOGUE, "catalogue"), model).iloc[0]
    assert found["title"] == "Whole milk"
    assert found["kg_co2e"] == pytest.approx(estimated["kg_co2e"])
    assert found["kg_co2e_low"] == pytest.approx(estimated["kg_co2e_low"])
    assert len(found["records"]) == 5


def test_a_title_is_explained_as_a_product_of_its_own(ask):
    code, out, _ = ask("frozen pizza 12 oz")
    assert code == 0
    said = " ".join(out.split())
    for words in ("4 chances in 5", "nearest to it", "Why the range is this wide", "Data quality"):
        assert words in said
    assert max(len(line) for line in out.splitlines()) <= 100


def test_a_made_up_word_is_no_error(ask):
    code, out, _ = ask("blorptang")
    assert code == 0
    assert "Nothing is known of “blorptang”" in " ".join(out.split())


def test_markup_in_a_title_stays_text(ask):
    code, out, _ = ask("[bold]blorptang[/bold] \x1b[31m")
    assert code == 0
    assert "[bold]blorptang[/bold]" in out
    assert "\x1b" not in out


def test_a_size_and_price_make_a_title_a_pack(ask):
    _, out, _ = ask("ground beef", "--size", "2 LB", "--price", "9", "--json")
    assert json.loads(out)["net_mass_kg"] == pytest.approx(2 * 0.45359237)


def test_size_and_price_of_a_known_product_are_its_own(ask):
    code, _, err = ask("m1", "--price", "9")
    assert code == USAGE
    assert "is a product of the shop" in err


def test_a_price_that_is_none_is_bad_data(ask):
    code, _, err = ask("milk", "--price", "-3")
    assert code == BAD_DATA
    assert "a number above 0 was expected" in err


def test_nothing_to_explain_is_a_usage_error(ask):
    assert ask("  ")[0] == USAGE
