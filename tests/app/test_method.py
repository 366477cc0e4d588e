"""The Method page: the library's own words and figures, one product at a visitor's choice."""

import doctest
import json
import re
import shutil

import pytest

from app_pages import _load, _measured, _method, _words
from app_pages._words import significant
from pcf_estimator.explain.explain import explain
from pcf_estimator.members import MEMBERS
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import shipped_data
from recommender.app_server import WORKSPACE_SETTING

SCORES = {
    "pairwise_accuracy": 0.71,
    "median_ape": 0.29,
    "within_factor_2": 0.82,
    "coverage": 0.79,
    "worst_category": "pantry / spices",
    "worst_category_coverage": 0.55,
    "coverage_widened": 0.88,
    "range_factor": 3.2,
}
BASELINE = {"pairwise_accuracy": 0.5, "median_ape": 0.4, "within_factor_2": 0.7, "coverage": None}


def assessment(**scores):
    split = {"category mean": BASELINE, "estimate": {**SCORES, **scores}}
    return {
        "rows": 100,
        "groups": 80,
        "headline": "grouped",
        "nominal_coverage": 0.8,
        "weights": dict.fromkeys(MEMBERS, 1 / len(MEMBERS)),
        "splits": {"random": split, "grouped": split},
    }


@pytest.fixture(scope="module")
def measured_shop(small_shop, tmp_path_factory):
    """The small shop with a footprint model and an assessment."""
    folder = tmp_path_factory.mktemp("measured") / "workspace"
    shutil.copytree(small_shop, folder)
    PcfModel(trees=10).fit(read_seed().iloc[::4]).save(folder / "footprint_model")
    (folder / "assessment").mkdir()
    kept = {"seed": assessment(), "agribalyse": assessment(pairwise_accuracy=0.69)}
    (folder / "assessment" / "assessment.json").write_text(json.dumps(kept))
    return folder


def shown(app) -> str:
    parts = [*app.title, *app.header, *app.markdown, *app.caption, *app.info, *app.code]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(_method).failed == 0
    assert doctest.testmod(_measured).failed == 0
    assert doctest.testmod(_words).failed == 0


def test_without_a_model_it_says_which_command_makes_one(open_app):
    app = open_app("method")
    assert not app.exception
    assert "greenaisle footprint fit" in " ".join(info.value for info in app.info)


def test_without_an_assessment_of_its_own_it_shows_that_of_this_version(open_app):
    app = open_app("method")
    text = shown(app)
    assert "Measured when this version was made" in text
    assert "greenaisle footprint assess --json" in text
    found = json.loads(shipped_data("assessment.json").read_text())
    pairs = found["seed"]["splits"]["grouped"]["estimate"]["pairwise_accuracy"]
    assert f"{pairs:.0%}".replace("%", " %") + " are ranked right" in text


def test_a_model_of_another_version_is_told_and_not_read(open_app, measured_shop, tmp_path):
    folder = tmp_path / "workspace"
    shutil.copytree(measured_shop, folder)
    (folder / "footprint_model" / "model.json").write_text('{"format": 0}')
    app = open_app("method", workspace=folder)
    assert not app.exception
    assert "of another version" in shown(app)


def test_the_worked_example_shows_the_librarys_own_sentences(open_app, measured_shop):
    app = open_app("method", workspace=measured_shop, example="milk")
    assert not app.exception
    assert app.selectbox(key="example").value == "milk"
    text = shown(app)
    found = _method.example(_load.opened(), "milk")
    assert found.records
    for sentence in found.sentences():
        assert re.sub(r"^\d\. ", "", sentence) in text


def test_another_choice_is_explained_in_its_turn(open_app, measured_shop):
    app = open_app("method", workspace=measured_shop, example="milk")
    app.selectbox(key="example").set_value("blorptang").run()
    assert not app.exception
    assert "Nothing is known of “blorptang”" in shown(app)


def test_a_product_of_the_shop_is_found_by_id_and_by_title(monkeypatch, measured_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(measured_shop))
    here = _load.opened()
    first = here.shop.catalogue.iloc[[0]]
    model = PcfModel.load(measured_shop / "footprint_model")
    expected = explain(first, model, shop=here.shop.catalogue)
    for asked in (first["product_id"].iloc[0], first["title"].iloc[0]):
        assert _method.example(here, asked) == expected
    assert first["title"].iloc[0] in _method.offered(here) or len(_method.offered(here)) > 6


def test_typed_markup_stays_text(open_app, measured_shop):
    hostile = "<img src=x> **b** $x$ :material/home: [l](http://e.org)"
    app = open_app("method", workspace=measured_shop, example=hostile)
    assert not app.exception
    ours = [m.value for m in app.markdown if "img src" in m.value]
    assert ours
    for value in ours:
        bare = re.sub(r"\\.", "", value.removeprefix("**").removesuffix("**"))
        assert not set("<*$[") & set(bare)
        assert ":material" not in bare


def test_nothing_asked_is_nothing_known(open_app, measured_shop):
    app = open_app("method", workspace=measured_shop, example=" ")
    assert not app.exception


def test_quality_by_split_is_the_kept_assessments(open_app, measured_shop):
    app = open_app("method", workspace=measured_shop)
    text = shown(app)
    assert "71 % are ranked right (mean of the shelf 50 %" in text
    assert "82 % of the figures lie within a factor of 2" in text
    assert "promise to hold 80 % of the figures; they held 79 %" in text
    assert "in the worst category (pantry / spices) 55 %" in text
    assert "greenaisle footprint assess --json" in text
    app.segmented_control(key="measured_on").set_value("agribalyse").run()
    assert "69 % are ranked right" in shown(app)


def test_a_link_reopens_the_same_view(open_app, measured_shop):
    whole = _measured.DATA_SETS["agribalyse"]
    app = open_app("method", workspace=measured_shop, split="random", measured_on=whole)
    assert app.segmented_control(key="split").value == "random"
    assert app.segmented_control(key="measured_on").value == "agribalyse"
    assert "Split “random”" in shown(app)


def test_every_source_is_named_with_its_licence(open_app):
    text = shown(open_app("method"))
    for words in ("AGRIBALYSE", "Etalab Open Licence", "SU-EATABLE LIFE", "CC BY 4.0", "Boavizta"):
        assert words in text


def test_shares_by_tier_are_those_of_the_shops_footprints(monkeypatch, small_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(small_shop))
    here = _load.opened()
    products, _ = _method.tier_shares(here)
    assert sum(products.values()) == pytest.approx(1.0)
    model = (here.shop.footprints["tier"] == "model").mean()
    assert f"({_words.share(model)} of products" in _method.tier_lines(here)[1]


def test_the_evidence_sentence_names_the_ends(monkeypatch, measured_shop):
    monkeypatch.setenv(WORKSPACE_SETTING, str(measured_shop))
    rows = _method.evidence(_method.example(_load.opened(), "milk"))
    said = _method.evidence_sentence(rows)
    records = rows.loc[rows["what"] == "record", "kg"].tolist()
    assert f"5 nearest records (circles) lie between {significant(min(records))}" in said
    assert len(rows) == 5 + len(MEMBERS) + 1
