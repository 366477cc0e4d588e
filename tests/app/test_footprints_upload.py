"""An uploaded catalogue: its check, its estimates, and files that carry no formula."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from app_pages._footprints import estimates as estimating
from app_pages._footprints import upload as uploading
from app_pages._footprints.doubts import doubts
from app_pages._footprints.estimates import (
    as_csv,
    as_parquet,
    estimated,
    for_download,
    parts,
    with_names,
    without_figure,
)
from app_pages._footprints.upload import EXAMPLE, check_upload, faults, verdict_sentence
from app_pages._words import TIERS, significant
from pcf_estimator.estimate import Market
from pcf_estimator.model import PcfModel
from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.seed.table import read_seed
from pcf_estimator.tables import PRODUCTS, check_table
from recommender.footprint_steps import with_verified

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://e.org")', "  =2"]


@pytest.fixture(scope="module")
def model():
    return PcfModel(trees=10).fit(read_seed().iloc[::4])


def test_the_example_to_fill_in_passes_the_check():
    verdict = check_upload("catalogue.csv", EXAMPLE.encode())
    assert verdict.products is not None
    assert verdict_sentence(verdict) == "All 3 rows can be read."


def test_every_bad_row_is_told_with_a_hint():
    text = "product_id,title,price,margin_rate\na,Milk,2.49,0.2\nb,Beef,$4,0.3\na,Tea,-1,40\n"
    verdict = check_upload("bad.csv", text.encode())
    assert verdict.products is None
    assert verdict.rows == 3
    assert verdict.faulty == 2
    told = verdict.problems[["Row", "Column"]].to_numpy().tolist()
    assert sorted(told) == [[2, "price"], [3, "margin_rate"], [3, "price"], [3, "product_id"]]
    by_column = verdict.problems.set_index(["Row", "Column"])
    assert "price is $4, but a number above 0" in by_column.loc[(2, "price"), "Problem"]
    assert "price is -1" in by_column.loc[(3, "price"), "Problem"]
    assert "stands in row 1 as well" in by_column.loc[(3, "product_id"), "Problem"]
    assert "0.25 for 25 %" in by_column.loc[(3, "margin_rate"), "How to fix it"]
    assert "2 rows of 3 cannot be used" in verdict_sentence(verdict)
    assert "1 is fine" in verdict_sentence(verdict)


def test_an_empty_id_and_a_column_of_numbers_are_faults():
    frame = pd.DataFrame({"product_id": ["a", None], "title": ["4011", "4012"]})
    told = faults(frame)
    assert set(zip(told["Row"], told["Column"], strict=True)) == {
        (2, "product_id"),
        (1, "title"),
        (2, "title"),
    }


def test_what_passes_row_by_row_passes_the_library_and_the_other_way_round():
    rng = np.random.default_rng(7)
    for _ in range(30):
        frame = pd.DataFrame(
            {
                "product_id": rng.choice(["a", "b", "c", "d", ""], 3),
                "title": rng.choice(["Milk", "12", "Beef", None], 3),
                "price": rng.choice(["1", "0", "x", "-2", "inf", None], 3),
                "net_mass_kg": rng.choice(["1", "500 g", "2 l", "0", None], 3),
            }
        ).replace("", None)
        try:
            check_table(frame, PRODUCTS, "catalogue")
            fine = True
        except ValueError:
            fine = False
        assert faults(frame).empty == fine, frame


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (b"", "empty", "header"),
        (b"product_id;title\na;Milk\n", "no column product_id", "semicolons"),
        (b"product_id\ttitle\na\tMilk\n", "no column product_id", "tabs"),
        (b"id,name\n1,Milk\n", "no column product_id", "“id” to product_id"),
        (b"product_id,title\n", "holds no rows", ""),
        (b"product_id,title\na,\xff\xfe\n", "UTF-8", ""),
        (b"PK\x03\x04 a spreadsheet", "", "save it as CSV"),
        (b"PAR1 but broken", "", "product_id"),
        (b"\x00\x01\x02", "", ""),
        (b"product_id,title,title\na,b,c\n", "stands there twice", ""),
        (b"a," * 500 + b"\n", "501 columns", ""),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_with_a_way_out(content, said, hint):
    verdict = check_upload("mine.csv", content)
    assert verdict.products is None
    assert said in verdict.refused
    assert hint in verdict.hint
    assert "/tmp" not in verdict.refused


def test_a_file_of_too_many_rows_or_bytes_is_refused_before_it_is_estimated(monkeypatch):
    monkeypatch.setattr(uploading, "MOST_ROWS", 2)
    verdict = check_upload("mine.csv", EXAMPLE.encode())
    assert "3 rows" in verdict.refused
    assert "greenaisle footprint estimate" in verdict.hint
    frame = pd.read_csv(io.BytesIO(EXAMPLE.encode()))
    assert "3 rows" in check_upload("mine.parquet", as_parquet(frame)).refused
    monkeypatch.setattr(uploading, "MOST_MB", 0)
    assert "MB" in check_upload("mine.csv", EXAMPLE.encode()).refused


def test_rows_that_will_get_no_figure_are_told_beforehand():
    verdict = check_upload("mine.csv", b"product_id,title\na,Milk\nb,12345\n")
    assert verdict.products is not None
    assert verdict.notes["Product"].tolist() == ["b"]
    assert "1 of them says too little to be estimated" in verdict_sentence(verdict)


def test_among_faults_a_row_without_words_is_counted_apart_and_not_as_fine():
    text = "product_id,title,category,price\na,Milk,,1\nb,,,2\nc,Rice,,cheap\nd,Tea,,1\n"
    verdict = check_upload("mine.csv", text.encode())
    assert verdict.faulty == 1
    assert verdict.notes[["Row", "Why it gets no figure"]].to_numpy().tolist() == [
        [2, "it has no title, type or category in words"]
    ]
    said = verdict_sentence(verdict)
    assert "1 row of 4 cannot be used" in said
    assert "1 more says too little to be estimated; 2 are fine" in said


def test_a_weight_far_from_its_text_and_an_absurd_price_are_told_and_not_refused():
    text = (
        "product_id,title,package_size,net_mass_kg,price\n"
        "a,White rice,500 g,500,2\n"  # a thousand times too heavy
        "b,White rice,500 g,0.5,1000000000\n"  # five hundred million times too dear
        "c,White rice,500 g,0.6,60\n"  # thirty times dearer: some are
        "d,White rice 1 kg,,0.2,2\n"  # a fifth of its title
        "e,Popcorn,2 l,0.3,2\n"  # a litre of it is light
    )
    verdict = check_upload("mine.csv", text.encode())
    assert verdict.products is not None
    assert verdict.problems.empty
    kind = assign_needs(verdict.products, read_needs())["kind"].iloc[0]
    told = doubts(verdict.products, pd.Series({kind: 2.0, "": 3.0}))
    assert told["Row"].tolist() == [1, 2, 4]
    assert told["What looks wrong"].tolist() == [
        "net_mass_kg is 500 kg, but “500 g” says about 0.50 kg",
        f"price is 1,000,000,000, but {kind} here usually costs about 2.00",
        "net_mass_kg is 0.2 kg, but “White rice 1 kg” says about 1.0 kg",
    ]


def test_every_row_without_a_figure_is_listed_with_its_reason_after_estimating(model):
    text = b"product_id,title,price\na,Milk 1 l,1\nb,12345,1\nc,Gift voucher,\nd,,2\n"
    rows = estimates(check_upload("mine.csv", text).products, model)
    bare = without_figure(rows)
    assert bare["Row"].tolist() == [2, 3, 4]
    assert (bare["Row"] - 1).tolist() == np.flatnonzero(rows["kg_co2e"].isna()).tolist()
    assert bare["Why it has no figure"].str.len().gt(10).all()


def test_downloads_have_the_digits_on_screen_and_the_tier_in_words(model):
    rows = estimates(check_upload("a.csv", EXAMPLE.encode()).products, model)
    handed = for_download(rows)
    assert handed["how_found"].tolist() == [TIERS[tier] for tier in rows["tier"]]
    assert [c for c in handed if c != "how_found"] == list(rows.columns)
    for before, after in zip(rows["kg_co2e"], handed["kg_co2e"], strict=True):
        assert significant(before) == significant(after)
        assert len(str(after).replace(".", "").strip("0")) <= 3
    assert (handed["kg_co2e_low"] <= handed["kg_co2e"]).all()


def test_parquet_and_csv_of_one_table_give_one_estimate(model):
    csv = check_upload("a.csv", EXAMPLE.encode()).products
    frame = pd.read_csv(io.BytesIO(EXAMPLE.encode()))
    parquet = check_upload("a.parquet", as_parquet(frame)).products
    made = [estimates(products, model) for products in (csv, parquet)]
    pd.testing.assert_frame_equal(*made)


def estimates(products, model):
    return with_names(products, [part for _, part in estimated(products, model, Market())])


def test_estimates_in_parts_are_those_of_the_whole(model, monkeypatch):
    monkeypatch.setattr(estimating, "PART", 3)
    kinds = ["Ground beef", "Oat drink", "Dark chocolate", "Blorptang", "White rice"]
    products = check_table(
        pd.DataFrame(
            {
                "product_id": [str(k) for k in range(60)],
                "title": [kinds[k % 5] + ("" if k % 3 else " 500 g") for k in range(60)],
                "category": [f"shelf {k % 5}" if k % 7 else None for k in range(60)],
                "price": [1.0 + k % 9 for k in range(60)],
            }
        ),
        PRODUCTS,
        "catalogue",
    )
    assert len(parts(products)) > 3
    made = estimates(products, model).drop(columns="title")
    whole, _ = with_verified(products, model, Market())
    pd.testing.assert_frame_equal(made, whole)


def test_the_csv_carries_no_formula_and_the_numbers_stay_numbers():
    frame = pd.DataFrame({"title": [*HOSTILE, "Milk", None], "kg": [-1.0] * 9})
    back = pd.read_csv(io.BytesIO(as_csv(frame)))
    assert all(str(text).startswith("'") for text in back["title"][:7])
    assert back["title"][7] == "Milk"
    assert back["title"].isna()[8]
    assert (back["kg"] == -1.0).all()
    # the Parquet file is for programs: as it was
    assert pd.read_parquet(io.BytesIO(as_parquet(frame)))["title"][0] == "=1+1"


@pytest.fixture
def page(open_app, small_shop, tmp_path, model):
    import shutil

    folder = tmp_path / "workspace"
    shutil.copytree(small_shop, folder)
    model.save(folder / "footprint_model")
    return open_app("footprints", workspace=folder, part="Your catalogue")


def shown(app) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.error, *app.success]
    text = "\n".join(element.value for element in parts)
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text).replace("\N{WORD JOINER}", "")


def upload(app, name: str, content: bytes):
    app.file_uploader(key="catalogue").set_value((name, content, "text/csv")).run()
    assert not app.exception
    return app


def test_the_page_tells_a_bad_file_and_then_estimates_a_good_one(page):
    app = upload(page, "bad.csv", b"product_id,title,price\na,Milk,cheap\n")
    assert "1 row of 1 cannot be used" in app.error[0].value
    assert "price is cheap" in app.dataframe[0].value["Problem"].iloc[0]
    assert [button.label for button in app.get("download_button")][-1] == "Download the list"
    app = upload(app, "good.csv", EXAMPLE.encode())
    assert not app.error
    assert "All 3 rows can be read" in app.success[0].value
    assert "have a figure" in shown(app)
    assert len(app.dataframe[-1].value) == 3


def test_hostile_names_in_an_upload_are_text(page):
    rows = ["<b>x</b> $x$ :material/home:", "=1+1 beef", "x" * 10_000, "עברית 🥑 milk"]
    text = "product_id,title\n" + "".join(f'{k},"{row}"\n' for k, row in enumerate(rows))
    app = upload(page, "<b>.csv", text.encode())
    for element in [*app.markdown, *app.caption, *app.success]:
        bare = re.sub(r"\\.", "", element.value)
        assert "<" not in bare
        assert ":material" not in bare


def test_a_file_that_is_no_table_is_told_on_the_page(page):
    app = upload(page, "x.csv", b"PK\x03\x04")
    assert app.error
    assert "How to fix it" in shown(app)


def test_without_a_model_a_good_file_gets_a_command(open_app):
    app = upload(open_app("footprints", part="Your catalogue"), "a.csv", EXAMPLE.encode())
    assert "greenaisle footprint fit" in shown(app)
