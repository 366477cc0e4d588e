"""`greenaisle footprint import` and `export`, by the commands themselves, on a made-up shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pcf_estimator.estimate import estimate_footprints
from pcf_estimator.exchange.pact import check
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.sources import sources_folder
from pcf_estimator.seed.table import read_seed
from recommender import footprint_steps
from recommender.cli import BAD_DATA, USAGE, main
from recommender.importers import footprint_exchange
from recommender.importers.footprint_exchange import CATALOGUE_ONLY, ESTIMATE

DATA = Path(__file__).parent.parent / "data"
DAY = ["--as-of", "2026-07-01"]
BEEF = "04006381333948"


def made_up_estimates(catalogue: pd.DataFrame, _: Any) -> pd.DataFrame:
    """The estimator's 95 % ranges without any verified figure: 2 kg a pack, within a factor 5."""
    assert not any(str(column).startswith("verified") for column in catalogue)
    low, high = 0.4, 10.0
    return pd.DataFrame(
        {"product_id": catalogue["product_id"], "kg_co2e_low_95": low, "kg_co2e_high_95": high}
    )


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A workspace with five products: one has a figure of the catalogue's own, one none at all."""
    monkeypatch.setattr(footprint_steps, "model_step", lambda _: None)
    monkeypatch.setattr(footprint_exchange, "estimate_footprints", made_up_estimates)
    goods = pd.DataFrame(
        {
            "product_id": ["milk-1", BEEF, "flour-1", "rice-1", "soap-1"],
            "title": ["Whole milk", "Ground beef", "Wheat flour", "White rice", "Soap"],
            "category": ["milk", "beef", "flour", "rice", "soap"],
            "price": [1.5, 6.0, 2.0, 3.0, 2.0],
            "net_mass_kg": [1.03, 0.5, 2.5, 1.0, 0.1],
            "verified_kg_co2e": [None, None, None, 3.5, None],
            "verified_source": [None, None, None, "Rice mill", None],
        }
    )
    sold = pd.DataFrame(
        {
            "customer_id": ["c1"],
            "product_id": ["milk-1"],
            "bought_at": ["2026-01-05"],
            "quantity": [1],
            "paid": [1.5],
        }
    )
    goods.to_csv(tmp_path / "goods.csv", index=False)
    sold.to_csv(tmp_path / "sold.csv", index=False)
    words = ["ingest", "--catalogue", tmp_path / "goods.csv", "--purchases", tmp_path / "sold.csv"]
    code, _, err = run([*words, "--workspace", tmp_path / "ws"], monkeypatch, capsys)
    assert code in (0, None), err
    return tmp_path / "ws"


def run(
    words: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[Any, str, str]:
    """Exit code, stdout and stderr of `greenaisle WORDS`."""
    monkeypatch.setattr("sys.argv", ["greenaisle", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    return end.value.code, out, " ".join(err.split())


@pytest.fixture
def tell(shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs `greenaisle footprint WORDS --json` in the shop; the facts, or the code and message."""

    def tell(*words: Any) -> Any:
        code, out, err = run(
            ["footprint", *words, "--workspace", shop, "--json"], monkeypatch, capsys
        )
        return json.loads(out) if code in (0, None) else (code, err)

    return tell


def test_suppliers_figures_are_kept_judged_and_counted(tell: Any, shop: Path) -> None:
    facts = tell("import", "--format", "pact", DATA / "pact-v3.json", *DAY)
    assert (facts["footprints"], facts["matched"], facts["products"]) == (3, 2, 2)
    # 1.2 kg of milk is within 0.4 to 10, and 0.05 kg of beef is not
    assert facts["statuses"] == {"used": 1, "asks for evidence": 1}
    assert list(facts["not_used"]) == [BEEF]
    assert "outside the model's 95 % range" in facts["not_used"][BEEF]
    assert facts["left_out"] == {"none of its product ids is in the catalogue": 1}
    assert facts["speak_of_offsets"] == 1
    kept = pd.read_parquet(shop / "verified" / "verified.parquet").set_index("product_id")
    assert kept.loc["milk-1", "kg_co2e"] == pytest.approx(1.2)
    assert kept.loc["milk-1", "source"].startswith("Hillside Dairy: PACT 3.0.0 footprint 3f0b8a52")
    assert str(kept.loc["milk-1", "valid_until"].date()) == "2028-01-01"
    assert len(pd.read_parquet(shop / "verified" / "left_out.parquet")) == 1


def test_evidence_lets_an_unusual_figure_in(tell: Any) -> None:
    words = ["import", "--format", "pact", DATA / "pact-v3.json", *DAY]
    assert tell(*words)["statuses"] == {"used": 1, "asks for evidence": 1}
    again = tell(*words, "--evidence", "Audit 12/2026, page 4")
    assert again["statuses"] == {"used": 2}
    assert again["replaced"] == 2
    assert again["products"] == 2


def test_a_later_import_joins_the_earlier_one(tell: Any) -> None:
    tell("import", "--format", "pact", DATA / "pact-v3.json", *DAY)
    facts = tell("import", "--format", "pact", DATA / "pact-v2.json", "--as-of", "2027-01-01")
    # the flour's data end with 2023 and its figure three years later
    assert facts["statuses"] == {"used": 1, "expired": 1, "asks for evidence": 1}
    assert facts["not_used"]["flour-1"] == "expired: expired on 2027-01-01"
    assert facts["products"] == 3


def test_two_files_at_once_are_as_good_as_one_after_the_other(tell: Any) -> None:
    files = [DATA / "pact-v3.json", DATA / "pact-v2.json"]
    facts = tell("import", "--format", "pact", *files, *DAY)
    assert (facts["footprints"], facts["products"]) == (4, 3)
    assert facts["statuses"] == {"used": 2, "asks for evidence": 1}


def test_in_words_what_is_not_used_is_counted(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["footprint", "import", "--format", "pact", DATA / "pact-v3.json", *DAY]
    code, out, err = run([*words, "--workspace", shop], monkeypatch, capsys)
    assert code in (0, None), err
    assert "2 of 3 footprints are of products in the catalogue" in out
    assert "1 figure outside the model's 95 % range without evidence, so not used" in out
    assert "left out: 1 footprint: none of its product ids is in the catalogue" in out
    assert "offsets dropped: none is subtracted (1 footprint with offsets or credits)" in out
    assert "reading 1 PACT file" in err


def test_a_missing_field_is_bad_data_and_nothing_is_kept(
    tell: Any, shop: Path, tmp_path: Path
) -> None:
    flour = json.loads((DATA / "pact-v2.json").read_text())
    del flour["pcf"]["fossilGhgEmissions"]
    (tmp_path / "broken.json").write_text(json.dumps(flour))
    files = [DATA / "pact-v3.json", tmp_path / "broken.json"]
    code, err = tell("import", "--format", "pact", *files)
    assert code == BAD_DATA
    assert f"broken.json), footprint 1 (id {flour['id']}): pcf.fossilGhgEmissions is missing" in err
    assert not (shop / "verified").exists()


def test_usage_errors(tell: Any, tmp_path: Path) -> None:
    v3 = DATA / "pact-v3.json"
    assert tell("import", "--format", "secret", v3)[0] == USAGE
    assert tell("import", "--format", "epa", v3, v3)[0] == USAGE
    assert tell("import", "--format", "epa", v3, "--evidence", "x")[0] == USAGE
    assert tell("export", "--format", "pact", "--out", tmp_path / "no" / "x.json")[0] == USAGE
    assert tell("export", "--out", tmp_path / "x.json", "--issuer", "a shop")[0] == USAGE
    assert tell("import", "--format", "epa", tmp_path / "none.csv")[0] == BAD_DATA


def test_pact_needs_a_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["footprint", "import", "--format", "pact", DATA / "pact-v3.json"]
    code, _, err = run([*words, "--workspace", tmp_path], monkeypatch, capsys)
    assert code == USAGE
    assert "greenaisle ingest" in err


def test_verified_figures_are_exported_and_the_rest_refused_with_reasons(
    tell: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    tell("import", "--format", "pact", DATA / "pact-v3.json", DATA / "pact-v2.json", *DAY)
    facts = tell("export", "--format", "pact", "--out", out, *DAY, "--issuer", "grocer.example")
    assert facts["footprints"] == 2
    assert facts["refused"] == {
        "outside the model's 95 % range without evidence, so not used": 1,
        CATALOGUE_ONLY: 1,
        ESTIMATE: 1,
    }
    document = json.loads(out.read_text())
    assert check(document) == []
    first = out.read_bytes()
    assert tell("export", "--out", out, *DAY, "--issuer", "grocer.example")["footprints"] == 2
    assert out.read_bytes() == first
    # ... and come in again as the same figures
    before = {f["pcf"]["pcfExcludingBiogenicUptake"] for f in document["data"]}
    tell("import", "--format", "pact", out, *DAY)
    tell("export", "--out", out, *DAY)
    again = {f["pcf"]["pcfExcludingBiogenicUptake"] for f in json.loads(out.read_text())["data"]}
    assert again == before


@pytest.mark.parametrize(
    ("product", "why"),
    [
        ("soap-1", ESTIMATE),
        ("rice-1", CATALOGUE_ONLY),
        (BEEF, "outside the model's 95 % range"),
        ("tea-9", "is not in the catalogue"),
    ],
)
def test_a_product_that_is_not_verified_is_not_exported(
    product: str, why: str, tell: Any, tmp_path: Path
) -> None:
    tell("import", "--format", "pact", DATA / "pact-v3.json", *DAY)
    code, err = tell("export", "--out", tmp_path / "out.json", "--product", product, *DAY)
    assert code == BAD_DATA
    assert why in err
    assert not (tmp_path / "out.json").exists()


def test_one_verified_product_is_exported_alone(tell: Any, tmp_path: Path) -> None:
    tell("import", "--format", "pact", DATA / "pact-v3.json", *DAY)
    facts = tell("export", "--out", tmp_path / "out.json", "--product", "milk-1", *DAY)
    assert (facts["footprints"], facts["refused"]) == (1, {})


def test_without_verified_figures_there_is_nothing_to_export(tell: Any, tmp_path: Path) -> None:
    code, err = tell("export", "--out", tmp_path / "out.json")
    assert code == BAD_DATA
    assert f"4 products: {ESTIMATE}" in err


def test_the_estimator_itself_asks_for_evidence_for_beef_as_light_as_water(
    tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PcfModel(trees=30).fit(read_seed())
    monkeypatch.setattr(footprint_steps, "model_step", lambda _: model)
    monkeypatch.setattr(footprint_exchange, "estimate_footprints", estimate_footprints)
    facts = tell("import", "--format", "pact", DATA / "pact-v3.json", *DAY)
    assert facts["statuses"] == {"used": 1, "asks for evidence": 1}
    assert list(facts["not_used"]) == [BEEF]


FILES = {
    "agribalyse": "agribalyse-synthese.csv",
    "su-eatable": "su-eatable-life.xlsx",
    "carbon-catalogue": "carbon-catalogue-2021-10-30.xlsx",
    "boavizta": "boavizta-devices.csv",
    "epa": "epa-supply-chain-v1.3-usd2022.csv",
}


def test_every_publishers_file_is_imported_and_keeps_its_licence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    for name, file in FILES.items():
        words = ["footprint", "import", "--format", name, folder / "footprints" / file]
        code, out, err = run([*words, "--workspace", tmp_path], monkeypatch, capsys)
        assert code in (0, None), err
        assert f"figures of {name}: " in out
        assert "licence: " in out
    kept = {path.stem: pd.read_parquet(path) for path in (tmp_path / "imported_figures").iterdir()}
    assert set(kept) == set(FILES)
    assert {name: table["licence"].nunique() for name, table in kept.items()} == dict.fromkeys(
        FILES, 1
    )
