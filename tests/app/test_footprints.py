"""The Footprints page: search, one product, two beside each other, and how good the figures are."""

import json
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from app_pages import _load
from app_pages._footprints import judged, kept, pair, rests_on, words
from app_pages._words import kg, share, significant
from pcf_estimator.explain.explain import explain
from pcf_estimator.model import PcfModel
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import shipped_data
from recommender.lighter import chance_lighter

HOSTILE = "<img src=x> **b** $x$ :material/home: [l](http://e.org) =1+1"


@pytest.fixture(scope="module")
def modelled_shop(small_shop, tmp_path_factory):
    """The small shop with a footprint model."""
    folder = tmp_path_factory.mktemp("modelled") / "workspace"
    shutil.copytree(small_shop, folder)
    PcfModel(trees=10).fit(read_seed().iloc[::4]).save(folder / "footprint_model")
    return folder


def shown(app) -> str:
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    parts += [*app.info, *app.error, *app.warning, *app.success]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def buttons(app) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", button.label) for button in app.button]


def stock_of_the_page(open_app):
    open_app("footprints")
    return _load.stock()


def test_with_nothing_asked_it_offers_what_is_bought_most(open_app):
    app = open_app("footprints")
    assert not app.exception
    assert "have a page" in shown(app)
    assert len(app.button) == len(words.well_known(_load.stock()))


def test_a_search_with_a_mistake_finds_the_product_and_a_click_opens_it(open_app):
    app = open_app("footprints", find="gruond beff")
    assert not app.exception
    assert "read “gruond” as “ground” and “beff” as “beef”" in shown(app)
    assert buttons(app)[0].startswith("Ground beef")
    app.button[0].click().run()
    assert not app.exception
    assert app.header[0].value.startswith("Ground beef")
    assert "".join(app.query_params["product"]) in ("p000", "p001", "p002")


def test_nothing_found_says_what_to_try(open_app):
    app = open_app("footprints", find="zzqqxx")
    assert not app.exception
    assert "Nothing is called anything like “zzqqxx”" in shown(app)
    assert not app.button


def test_typed_markup_stays_text(open_app):
    app = open_app("footprints", find=HOSTILE, product=HOSTILE)
    assert not app.exception
    for element in [*app.markdown, *app.caption, *app.info, *app.warning]:
        bare = re.sub(r"\\.", "", element.value).replace("**", "")
        assert not set("<$[") & set(bare)
        assert ":material" not in bare


def test_a_link_reopens_a_product_with_the_librarys_own_figures(open_app):
    app = open_app("footprints", product="p000")
    product = _load.stock().products.iloc[0]
    ends = product["kg_co2e"], product["kg_co2e_low"], product["kg_co2e_high"]
    assert app.subheader[0].value == kg(*ends).replace("about", "About")
    text = shown(app)
    assert "estimated from similar products" in text
    assert "heavier side for this use: main protein" in text
    assert "read from “0.5 kg”" in text
    assert "farm or factory to the shop's shelf" in text
    assert "model none, seed none" in text
    assert "unavailable: its sources do not state it apart" in text


def test_a_link_to_a_product_that_is_not_there_says_so(open_app):
    app = open_app("footprints", product="p999")
    assert not app.exception
    assert "no product with the id “p999”" in shown(app)


def test_a_product_of_unknown_tier_says_that_there_is_no_figure(open_app):
    stock = stock_of_the_page(open_app)
    row = int(np.flatnonzero(stock.products["tier"] == "unknown")[0])
    app = open_app("footprints", product=stock.products["product_id"].iloc[row])
    assert not app.exception
    assert app.subheader[0].value == "Unavailable"
    text = shown(app)
    assert "No figure for this kind of product yet" in text
    assert "Data quality is unavailable" in text
    assert "it has no figure" in text
    assert "nan" not in text.lower()


def test_without_a_model_the_figure_stands_and_the_records_have_a_command(open_app):
    app = open_app("footprints", product="p000")
    assert "greenaisle footprint fit" in shown(app)
    assert app.subheader[0].value.startswith("About")


def test_what_it_rests_on_is_the_librarys_explanation(open_app, modelled_shop):
    app = open_app("footprints", workspace=modelled_shop, product="p000")
    assert not app.exception
    here = _load.opened()
    model = PcfModel.load(modelled_shop / "footprint_model")
    market = _load.market()
    expected = explain(
        here.shop.catalogue.iloc[[0]], model, shop=here.shop.catalogue, market=market
    )
    assert _load.explanation("p000") == expected
    records, votes = (frame.value for frame in app.dataframe[:2])
    assert records["Record"].tolist() == [record.concept for record in expected.records]
    assert records["Source"].tolist() == [record.source for record in expected.records]
    *said, last = votes["Weight"].tolist()
    assert said == [f"{vote.weight:.2f}" for vote in expected.votes]
    # the last line is what the votes above it give: their weighted mean, in logarithms
    mean = sum(vote.weight * np.log(vote.kg_co2e_per_kg) for vote in expected.votes)
    assert votes["kg CO2e per kg"].iloc[-1] == significant(float(np.exp(mean)))
    assert (last, votes["Method"].iloc[-1]) == ("1.00", "the estimate")
    for said in expected.sections()["Why the range is this wide"]:
        assert said in shown(app)


def test_an_opened_page_prepares_once_what_all_explanations_share(open_app, modelled_shop):
    app = open_app("footprints", workspace=modelled_shop)
    assert not app.exception
    thread = _load.prepare_explanations()
    assert thread is _load.prepare_explanations()
    thread.join(60)
    assert not thread.is_alive()


def test_without_a_model_there_is_nothing_to_prepare(open_app):
    open_app("footprints")
    assert _load.prepare_explanations() is None


def test_every_product_has_a_page(open_app, modelled_shop):
    tiers = stock_of_the_page(open_app).products.drop_duplicates("tier")["product_id"]
    for product_id in tiers:
        app = open_app("footprints", workspace=modelled_shop, product=product_id)
        assert not app.exception, product_id
        assert not app.error


def test_two_products_compare_by_the_librarys_chance(open_app):
    app = open_app("footprints", product="p000", **{"with": "p006"})  # beef, tofu
    assert not app.exception
    stock = _load.stock()
    told = pair.compare(stock, 0, 6)
    goods = stock.swaps
    two = [goods.log_kg[[6]], goods.sd[[6]], goods.log_kg[[0]], goods.sd[[0]]]
    assert told.chance == pytest.approx(float(chance_lighter(*two)[0]))
    # 27 against 2.5 kg per kg and equal portions
    assert told.ranges[0][0] / told.ranges[1][0] == pytest.approx(27 / 2.5)
    assert told.said == "estimated lighter: 99 in 100"
    assert f"{told.said}" in shown(app)
    assert "for the same use (portion)" in shown(app)


def test_too_near_or_for_another_need_cannot_be_told(open_app):
    stock = stock_of_the_page(open_app)
    assert pair.compare(stock, 0, 1).said == "cannot tell"  # two of ground beef
    apart = pair.compare(stock, 0, 12)
    assert apart.said == "cannot tell"
    assert "different needs (main protein and milk)" in apart.because
    app = open_app("footprints", product="p000", **{"with": "p012"})
    assert "Cannot tell. They serve different needs" in shown(app).replace("**", "")


def test_figures_by_price_and_care_goods_are_never_compared(open_app):
    stock = stock_of_the_page(open_app)
    ids = stock.products["product_id"].tolist()
    laundry = [ids.index(i) for i in ids if stock.products["need"].iloc[ids.index(i)] == "laundry"]
    told = pair.compare(stock, laundry[0], laundry[-1])
    assert told.said == "cannot tell"
    assert "price" in told.because
    formula = np.flatnonzero(stock.products["need"] == "infant formula")
    told = pair.compare(stock, int(formula[0]), int(formula[-1]))
    assert told.said == "not compared"
    assert told.chance is None


def test_hostile_names_appear_as_text(open_app, hostile_shop):
    for product in ("p000", "p004", "p008", "p012", "p016", "p020"):
        app = open_app(
            "footprints", workspace=hostile_shop, product=product, find="beef", **{"with": "p004"}
        )
        assert not app.exception
        labels = [button.label for button in app.button]
        elements = [*app.header, *app.subheader, *app.markdown, *app.caption]
        for text in [*labels, *(element.value for element in elements)]:
            bare = re.sub(r"\\.", "", text)
            assert "<" not in bare
            assert ":material" not in bare
            assert len(text) < 2_500


def test_the_tab_of_quality_shows_the_kept_assessment(open_app):
    app = open_app("footprints", part="How good they are")
    assert not app.exception
    found = json.loads(shipped_data("assessment.json").read_text())["seed"]["splits"]
    text = shown(app)
    pairs = share(found["grouped"]["estimate"]["pairwise_accuracy"])
    assert f"{pairs} are ranked right" in text
    estimate = found["random"]["estimate"]
    shown_first = f"held {share(estimate['coverage_widened'])} (random)"
    own_after = f"it held {share(estimate['coverage'])} (random)"
    assert -1 < text.find(shown_first) < text.find(own_after)
    across = json.loads(shipped_data("assessment.json").read_text())["across"]
    assert f"{share(across['su-eatable']['coverage_80'])} (SU-EATABLE LIFE)" in text
    assert "because 74 % of its weight is that method's" in text
    app.segmented_control(key="split").set_value("leave category out").run()
    assert "Split “leave category out”" in shown(app)


def test_shares_by_tier_are_those_of_the_footprints(open_app):
    app = open_app("footprints", part="How good they are")
    tiers = _load.opened().shop.footprints["tier"]
    table = app.dataframe[0].value.set_index("How the figure was found")
    model = table.loc["Estimated from similar products", "Share of products"]
    assert model == f"{100 * (tiers == 'model').mean():.1f} %"
    assert table["Share of sales"].eq("unavailable").all()  # written by hand: nobody said


def test_a_link_reopens_the_split(open_app):
    app = open_app("footprints", part="How good they are", split="random")
    assert app.segmented_control(key="split").value == "random"


def test_figures_without_land_use_say_why():
    spend = {"tier": "spend", "kg_co2e": 1.0, "kg_co2e_luc": np.nan}
    assert "figure by price" in words.land_use(spend)
    model = {"tier": "model", "kg_co2e": 2.0, "kg_co2e_luc": 0.5}
    assert words.land_use(model) == "0.50 kg CO2e of the figure (25 %)"
    stored = {"tier": "model", "kg_co2e": 2.0, "kg_co2e_luc": -0.5}
    assert "takes 0.50 kg off" in words.land_use(stored)


def test_a_worst_category_below_the_promise_is_named():
    scores = {"coverage": 0.7, "worst_category": "soup", "worst_category_coverage": 0.4}
    said = kept.coverage_sentence({"grouped": {"estimate": scores}}, 0.8)
    assert "soup, held 40 %" in said
    assert "Below the promise: grouped." in said
    assert kept.coverage_sentence({"grouped": {"median": {}}}, 0.8).startswith("No")


def test_ranges_that_hold_more_than_they_promise_say_why_they_are_so_wide():
    scores = {"coverage": 0.82, "coverage_widened": 0.98, "worst_category_coverage": 0.9}
    across = {"clark": {"coverage_80": 0.84}, "nobody": {"coverage_80": None}}
    said = kept.coverage_sentence({"grouped": {"estimate": scores}}, 0.8, across)
    assert said.startswith(
        "The ranges on screen promise 80 % (dashed line) and held 98 % (grouped)"
    )
    assert "what public databases say differently about the same good" in said
    assert "ranges widened so held 84 % (Clark 2022): that is what “4 chances in 5”" in said
    assert "it held 82 % (grouped)" in said
    assert "too much" not in said


def test_two_means_and_a_blend_that_follows_one_method_are_told_apart():
    pairs = {"category mean": 0.5, "shelf": 0.57, "ridge": 0.712, "blend": 0.711}
    methods = {name: {"pairwise_accuracy": part} for name, part in pairs.items()}
    said = judged.apart_sentence(methods, {"ridge": 0.74, "shelf": 0.26})
    assert "(50 %, as by tossing a coin)" in said
    assert "tells some apart (57 %)" in said
    assert "(71 % and 71 %), because 74 % of its weight" in said
    methods["ridge"] = {"pairwise_accuracy": 0.6}
    assert "because" not in judged.apart_sentence(methods, {"ridge": 0.74, "shelf": 0.26})


def explained(kg: float, near: list[float], votes: dict[str, tuple[float, float]]):
    records = [SimpleNamespace(kg_co2e_per_kg=one) for one in near]
    said = [
        SimpleNamespace(member=name, kg_co2e_per_kg=one, weight=weight)
        for name, (one, weight) in votes.items()
    ]
    return SimpleNamespace(kg_co2e_per_kg=kg, records=records, votes=said)


def test_a_figure_above_all_its_records_names_the_votes_that_lift_it():
    votes = {"attributes": (0.72, 0.2), "ridge": (0.54, 0.8), "neighbours": (0.9, 0.0)}
    # by hand: exp(0.2 ln 0.72 + 0.8 ln 0.54) = 0.572
    said = rests_on.why_outside(explained(0.572, [0.53, 0.28], votes))
    assert "0.57, lies above all 2 nearest records (0.28 to 0.53)" in said
    # past 0.53 by 0.2 ln(0.72 / 0.53) = 0.061 and 0.8 ln(0.54 / 0.53) = 0.015
    assert "of 0.72 (weight 0.20) and a smooth fit by likeness 0.54 (weight 0.80)" in said
    assert "mean of the nearest" not in said
    assert rests_on.why_outside(explained(0.4, [0.53, 0.28], votes)) == ""


def test_a_price_known_from_sales_alone_is_told_where_a_figure_by_price_lacks_it(
    open_app, modelled_shop
):
    sold = {"tier": "unknown", "price": 2.5, "price_basis": "sales"}
    assert "sold here at about $2.50" in words.price_and_no_figure(sold, "$")
    for other in ({"tier": "spend"}, {"price_basis": "type"}, {"price": np.nan}):
        assert words.price_and_no_figure(sold | other, "$") == ""
    products = stock_of_the_page(open_app).products
    row = products[products["price_basis"] == "sales"].iloc[0]
    app = open_app("footprints", workspace=modelled_shop, product=row["product_id"])
    assert "as it was sold here" in shown(app)


def test_grades_say_which_end_is_best():
    table = words.quality_table([("Time", 1, "new"), ("Place", 5, "far"), ("Use", 3, "so")])
    said = [line.replace("\N{NO-BREAK SPACE}", " ") for line in table.splitlines()[2:]]
    assert "■■■■■] grade 1 of 5 (best)" in said[0]
    assert "■]:gray[□□□□] grade 5 of 5 (worst)" in said[1]
    assert "grade 3 of 5 |" in said[2]


def test_an_unknown_id_in_a_link_is_told_before_anything_is_offered(open_app):
    app = open_app("footprints", product="p999")
    kinds = [node.type for node in app.main if node.type in ("warning", "button")]
    assert kinds[0] == "warning"
    assert "button" in kinds


def test_well_known_products_are_of_different_shelves(open_app):
    stock = stock_of_the_page(open_app)
    shelves = stock.products["category"].iloc[words.well_known(stock)]
    assert shelves.is_unique
