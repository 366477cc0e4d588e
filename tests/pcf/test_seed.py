"""The seed: means, ranges and groups by hand, the committed files, and errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.seed import table as seeds
from pcf_estimator.seed.compile import compile_seed
from pcf_estimator.seed.sources import retail_stage_kg, sources_folder
from pcf_estimator.seed.table import FIGURES, HAND, SEED, derive_seed, read_figures, read_seed
from pcf_estimator.tables import TableError, check_table, read_columns, shipped_data


@pytest.fixture
def publishers() -> Path:
    folder = sources_folder()
    if folder is None:
        pytest.skip("GREENAISLE_SOURCES is unset: the publishers' files are not at hand")
    return folder


def figure(concept: str, source: str, key: str, kg: float, **more: object) -> dict[str, object]:
    """One row of the figures table: `kg` published and as sold, unless `more` says otherwise."""
    to_shelf = seeds.TO_SHELF_KG_CO2E_PER_KG.get(source, 0.0)
    row: dict[str, object] = {
        "concept": concept,
        "department": "produce",
        "category": "fruit",
        "type": "fruit",
        "source": source,
        "source_key": key,
        "published_kg_co2e_per_kg": kg,
        "published_luc_kg_co2e_per_kg": np.nan,
        "factor": 1.0,
        "adjustment": np.nan,
        "kg_co2e_per_kg": float(f"{kg + to_shelf:.3e}"),
        "luc_kg_co2e_per_kg": np.nan,
        "boundary": "cradle to shelf",
        "year": 2020,
        "geography": "here",
    }
    return row | more


def derived(*rows: dict[str, object]) -> pd.DataFrame:
    return derive_seed(pd.DataFrame(rows)).set_index("concept")


def test_a_concept_is_the_geometric_mean_over_sources_of_each_source_s_own() -> None:
    seed = derived(
        figure("apples", "agribalyse", "1", 1.0),
        figure("apples", "agribalyse", "2", 4.0),
        figure("apples", "carbon-catalogue", "3", 8.0),
    )
    # by hand: sqrt(1 * 4) = 2, then sqrt(2 * 8) = 4; two foods of one source do not outvote another
    assert seed.loc["apples", "kg_co2e_per_kg"] == 4.0
    assert seed.loc["apples", "kg_co2e_per_kg_low"] == 1.0
    assert seed.loc["apples", "kg_co2e_per_kg_high"] == 8.0
    assert seed.loc["apples", ["figures", "sources"]].tolist() == [3, 2]
    assert seed.loc["apples", "citations"] == "agribalyse:1; agribalyse:2; carbon-catalogue:3"


def test_land_use_change_is_its_mean_share_times_the_central_value() -> None:
    seed = derived(
        figure("apples", "agribalyse", "1", 2.0, luc_kg_co2e_per_kg=1.0),
        figure("apples", "agribalyse", "2", 2.0, luc_kg_co2e_per_kg=0.2),
        figure("apples", "carbon-catalogue", "3", 8.0),
        figure("pears", "carbon-catalogue", "4", 1.0),
    )
    # by hand: shares 0.5 and 0.1 give 0.3; the central value is sqrt(2 * 8) = 4
    assert seed.loc["apples", "luc_kg_co2e_per_kg"] == pytest.approx(1.2)
    assert np.isnan(seed.loc["pears", "luc_kg_co2e_per_kg"])


def test_concepts_that_share_a_value_of_one_source_in_a_category_are_one_group() -> None:
    seed = derived(
        figure("a", "agribalyse", "1", 2.0),
        figure("b", "agribalyse", "2", 2.0),
        figure("b", "carbon-catalogue", "3", 5.0),
        figure("c", "carbon-catalogue", "4", 5.0),
        figure("d", "carbon-catalogue", "5", 2.0),  # the same value, but of another source
        figure("e", "agribalyse", "6", 2.0, category="berries"),
        figure("f", "agribalyse", "7", 2.01),
    )
    # a - b by agribalyse, b - c by the catalogue: one group; the others stand alone
    assert len(set(seed.loc[["a", "b", "c"], "group"])) == 1
    assert seed["group"].nunique() == 4


def test_values_that_differ_in_the_fourth_digit_only_are_one_group() -> None:
    # one shared total less two different stages at home
    seed = derived(figure("a", "agribalyse", "1", 2.001), figure("b", "agribalyse", "2", 2.003))
    assert len(set(seed["group"])) == 1


def test_one_figure_of_mixed_extent_makes_its_concept_mixed() -> None:
    seed = derived(
        figure("apples", "agribalyse", "1", 2.0),
        figure("apples", "carbon-catalogue", "2", 2.0, boundary="mixed"),
        figure("pears", "agribalyse", "3", 3.0),
        figure("pears", "su-eatable", "PEAR", 1.0, boundary="cradle to distribution centre"),
    )
    # what is missing after the distribution centre was added to the figure
    assert seed["boundary"].to_dict() == {"apples": "mixed", "pears": "cradle to shelf"}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["agribalyse", "carbon-catalogue"])),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
    st.data(),
)
def test_order_never_matters_and_the_central_value_lies_in_the_range(
    of: list[tuple[str, str]], shuffler: object, data: st.DataObject
) -> None:
    values = data.draw(
        st.lists(st.sampled_from([0.1, 0.5, 3.0, 29.5]), min_size=len(of), max_size=len(of))
    )
    rows = [
        figure(concept, source, str(number), kg)
        for number, ((concept, source), kg) in enumerate(zip(of, values, strict=True))
    ]
    seed = derive_seed(pd.DataFrame(rows))
    shuffler.shuffle(rows)  # type: ignore[attr-defined]
    assert seeds.as_csv(derive_seed(pd.DataFrame(rows)), SEED) == seeds.as_csv(seed, SEED)
    assert (seed["kg_co2e_per_kg_low"] <= seed["kg_co2e_per_kg"]).all()
    assert (seed["kg_co2e_per_kg"] <= seed["kg_co2e_per_kg_high"]).all()
    shared = pd.DataFrame(rows).groupby(["source", "published_kg_co2e_per_kg"])["concept"]
    group = seed.set_index("concept")["group"]
    assert shared.agg(lambda concepts: group[concepts.unique()].nunique()).eq(1).all()


def test_the_committed_seed_follows_from_the_committed_figures_byte_for_byte() -> None:
    text = seeds.as_csv(derive_seed(read_figures()), SEED)
    assert text.encode() == shipped_data("pcf_seed.csv").read_bytes()


def test_the_committed_seed_is_as_large_and_as_sourced_as_promised() -> None:
    seed = read_seed()
    assert 600 <= len(seed) <= 1500
    assert (seed["sources"] >= 2).sum() >= 150
    assert seed["citations"].str.count(":").ge(seed["figures"]).all()
    assert seed["group"].nunique() < len(seed)


def test_the_committed_figures_are_those_of_the_publishers_files(publishers: Path) -> None:
    path = shipped_data("pcf_figures.csv")
    by_hand = check_table(read_columns(path, HAND.name), HAND, "figures")
    fresh = seeds.refresh_figures(by_hand, publishers)
    assert seeds.as_csv(fresh, FIGURES).encode() == path.read_bytes()


def test_the_way_to_the_shelf_is_the_median_retail_stage(publishers: Path) -> None:
    assert seeds.TO_SHELF_KG_CO2E_PER_KG["su-eatable"] == retail_stage_kg(publishers)


@pytest.mark.parametrize("key", ["26232", "26037", "no such key"])
def test_broken_and_unknown_records_are_refused(key: str, publishers: Path) -> None:
    # smoked herring is near zero and smoked salmon half its own stages
    rows = pd.DataFrame([figure("smoked fish", "agribalyse", key, 1.0)])
    with pytest.raises(TableError, match=rf"row 1 \(concept smoked fish.*{key}\)"):
        seeds.refresh_figures(rows, publishers)


def written(table: pd.DataFrame, folder: Path, **cells: object) -> Path:
    """`table` as a file in which row 3 holds `cells`."""
    changed = table.head(5).astype(object)
    for column, value in cells.items():
        changed.loc[2, column] = value
    path = folder / "table.csv"
    changed.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"citations": None}, "citations is empty"),
        ({"kg_co2e_per_kg": 0}, "kg_co2e_per_kg is 0, but a number above 0 was expected"),
        ({"kg_co2e_per_kg": -1}, "kg_co2e_per_kg is -1"),
        ({"kg_co2e_per_kg_low": 1e6}, "its range leaves out its central value"),
        ({"group": 0.5}, "group is 0.5, but a whole number"),
    ],
)
def test_a_bad_seed_row_names_row_and_concept(
    cells: dict[str, object], problem: str, tmp_path: Path
) -> None:
    seed = read_seed()
    concept = seed["concept"].iloc[2]
    with pytest.raises(TableError, match=rf"row 3 \(concept {concept}\): {problem}"):
        read_seed(written(seed, tmp_path, **cells))


def test_a_concept_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    seed = read_seed()
    first = seed["concept"].iloc[0]
    with pytest.raises(TableError, match=rf"row 3 \(concept {first}\): concept stands in an"):
        read_seed(written(seed, tmp_path, concept=first))


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"source": "hearsay"}, "its source is none of agribalyse"),
        ({"factor": 2.0, "adjustment": None}, "its factor is not 1, but no adjustment"),
        ({"kg_co2e_per_kg": 77.0}, "kg_co2e_per_kg is not published value times factor"),
        ({"published_kg_co2e_per_kg": "much"}, "published_kg_co2e_per_kg is much"),
    ],
)
def test_a_bad_figure_names_row_concept_and_key(
    cells: dict[str, object], problem: str, tmp_path: Path
) -> None:
    figures = read_figures()
    concept = figures["concept"].iloc[2]
    with pytest.raises(TableError, match=rf"row 3 \(concept {concept}, source .*\): {problem}"):
        read_figures(written(figures, tmp_path, **cells))


def test_one_record_for_two_concepts_is_an_error() -> None:
    rows = pd.DataFrame([figure("a", "agribalyse", "1", 2.0), figure("b", "agribalyse", "1", 2.0)])
    with pytest.raises(TableError, match=r"row 2 .*its source and key stand in an earlier row"):
        seeds.check_figures(rows)


def test_one_concept_on_two_shelves_is_an_error() -> None:
    rows = [figure("a", "agribalyse", "1", 2.0), figure("a", "agribalyse", "2", 2.0, type="x")]
    with pytest.raises(TableError, match=r"row 2 .*puts this concept on another shelf"):
        seeds.check_figures(pd.DataFrame(rows))


def test_compiling_without_the_publishers_files_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GREENAISLE_SOURCES", raising=False)
    compiled = compile_seed(write=False)
    assert not compiled.refreshed
    assert compiled.changed == ()
    assert compiled.concepts == len(read_seed())


@pytest.mark.usefixtures("publishers")
def test_compiling_with_the_publishers_files_changes_nothing() -> None:
    compiled = compile_seed(write=False)
    assert compiled.refreshed
    assert compiled.changed == ()


def test_compiling_replaces_only_the_file_that_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        *("pcf_figures.csv", "pcf_seed.csv", "spend_factors.csv", "naics_industries.csv"),
        *("device_seed.csv", "durable_seed.csv"),
    )
    for name in names:
        (tmp_path / name).write_bytes(shipped_data(name).read_bytes())
    whole = (tmp_path / "pcf_seed.csv").read_bytes()
    (tmp_path / "pcf_seed.csv").write_bytes(whole[:1000])
    monkeypatch.delenv("GREENAISLE_SOURCES", raising=False)
    for module in (
        *("seed.compile", "seed.table", "spend.factors", "spend.naics"),
        *("devices.seed", "devices.durables"),
    ):
        monkeypatch.setattr(f"pcf_estimator.{module}.shipped_data", lambda name: tmp_path / name)
    assert compile_seed().changed == ("pcf_seed.csv",)
    assert (tmp_path / "pcf_seed.csv").read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
