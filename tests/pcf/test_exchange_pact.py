"""PACT footprints: field rules of versions 2 and 3, and what a footprint comes to per pack."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.exchange.declarations import as_version_3, declared, speaks_of_offsets
from pcf_estimator.exchange.export import as_text, to_document
from pcf_estimator.exchange.matching import REASONS, match, pack_masses, shop_ids, to_packs
from pcf_estimator.exchange.pact import check, footprints_in, read_pact
from pcf_estimator.tables import TableError

DATA = Path(__file__).parent.parent / "data"
MILK, BEEF, CREAM = json.loads((DATA / "pact-v3.json").read_text())["data"]
FLOUR = json.loads((DATA / "pact-v2.json").read_text())
MASSES = pd.Series({"milk-1": 1.03, "04006381333948": 0.5, "flour-1": 2.5, "voucher": np.nan})
GONE = object()


def changed(footprint: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A copy with other fields; those of its `pcf` where that has them or their name begins so."""
    new = copy.deepcopy(footprint)
    for name, value in fields.items():
        part = new if name in new or not name.startswith("pcf_") else new["pcf"]
        name = name.removeprefix("pcf_")
        if value is GONE:
            del part[name]
        else:
            part[name] = value
    return new


def per_pack(*footprints: dict[str, Any]) -> pd.DataFrame:
    packs, _ = to_packs(declared(list(footprints)), MASSES)
    return packs.set_index("product_id")


def refusal(footprint: dict[str, Any]) -> str:
    packs, out = to_packs(declared([footprint]), MASSES)
    assert packs.empty
    return str(out["reason"].item())


@pytest.mark.parametrize("name", ["pact-v2.json", "pact-v3.json"])
def test_the_example_files_keep_every_rule_of_their_version(name: str) -> None:
    assert check(json.loads((DATA / name).read_text())) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"pcf_fossilGhgEmissions": GONE}, "pcf.fossilGhgEmissions is missing, but a decimal of"),
        ({"pcf_fossilGhgEmissions": None}, "pcf.fossilGhgEmissions is missing, but a decimal of"),
        ({"pcf_fossilGhgEmissions": 1.4}, "pcf.fossilGhgEmissions is 1.4, but a decimal of"),
        ({"pcf_fossilGhgEmissions": "1e3"}, "pcf.fossilGhgEmissions is '1e3', but"),
        ({"pcf_fossilGhgEmissions": "-1"}, "pcf.fossilGhgEmissions is '-1', but"),
        ({"pcf_declaredUnitAmount": "0.0"}, "a decimal above 0"),
        ({"pcf_declaredUnitOfMeasurement": "pound"}, "is 'pound', but a unit such as kilogram"),
        ({"id": "1"}, "id is '1', but a UUID"),
        ({"productIds": []}, "productIds is \\[\\], but a list of at least one URN"),
        ({"productIds": ["urn:a1:b", "milk"]}, "productIds.2 is 'milk', but a URN"),
        ({"companyIds": ["urn:a1:b"] * 2}, "companyIds is .*each once was expected"),
        ({"created": "2024-02-30T00:00:00Z"}, "created is .* but a time in UTC"),
        ({"created": "2024-02-20T00:00:00+01:00"}, "created is .* but a time in UTC"),
        ({"status": "active"}, "status is 'active', but Active or Deprecated"),
        ({"pcf": GONE}, "pcf is missing, but an object"),
        ({"pcf_dqi": {"technologicalDQR": "6"}}, "pcf.dqi.technologicalDQR is '6', but .* 1 to 5"),
        ({"pcf_geographyRegionOrSubregion": "Europe"}, "pcf: a region, a country or"),
        ({"pcf_crossSectoralStandards": ["mine"]}, "holds 'mine', but only ISO14067"),
        ({"pcf_referencePeriodEnd": "2025-01-01T00:00:00Z"}, "is not before referencePeriodEnd"),
        ({"validityPeriodEnd": "2026-02-01T00:00:00Z"}, "is not before validityPeriodEnd"),
        ({"pcf_packagingEmissionsIncluded": False}, "packaging is not included"),
        ({"specVersion": "1.0.1"}, "specVersion is '1.0.1', but a version 2 or 3"),
    ],
)
def test_a_broken_field_of_version_3_is_told(fields: dict[str, Any], problem: str) -> None:
    found = check(changed(MILK, **fields))
    assert found
    assert pd.Series(found).str.contains(problem).any(), found
    assert found[0].startswith("footprint 1 (id ")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"productCategoryCpc": GONE}, "productCategoryCpc is missing, but text that is not"),
        ({"version": True}, "version is True, but a whole number"),
        ({"pcf_boundaryProcessesDescription": GONE}, "boundaryProcessesDescription is missing"),
        ({"pcf_unitaryProductAmount": 0}, "unitaryProductAmount is .*0.*, but a decimal above 0"),
        ({"pcf_pCfExcludingBiogenic": "-0.1"}, "pCfExcludingBiogenic is '-0.1'"),
        ({"pcf_exemptedEmissionsPercent": 101}, "a decimal from 0 to 100"),
        ({"pcf_crossSectoralStandardsUsed": GONE}, "it or crossSectoralStandards was expected"),
    ],
)
def test_a_broken_field_of_version_2_is_told(fields: dict[str, Any], problem: str) -> None:
    found = check(changed(FLOUR, **fields))
    assert len(found) == 1
    assert pd.Series(found).str.contains(problem).all(), found


def test_version_2_takes_decimals_as_text_and_as_numbers() -> None:
    amounts = [0.6, "0.6", 1e-7, 3]
    told = [as_version_3(changed(FLOUR, pcf_pCfExcludingBiogenic=kg)) for kg in amounts]
    figures = [footprint["pcf"]["pcfExcludingBiogenicUptake"] for footprint in told]
    assert figures == ["0.6", "0.6", "0.0000001", "3"]


@pytest.mark.parametrize("shape", [MILK, [MILK], {"data": [MILK]}, {"data": MILK}])
def test_one_footprint_a_list_and_a_response_read_alike(shape: Any, tmp_path: Path) -> None:
    path = tmp_path / "pact.json"
    path.write_text(json.dumps(shape))
    assert read_pact(path) == [MILK] == list(footprints_in(shape))


def test_a_refusal_names_file_row_id_field_found_expected_and_count(tmp_path: Path) -> None:
    path = tmp_path / "pact.json"
    broken = changed(BEEF, pcf_fossilGhgEmissions=GONE, pcf_fossilCarbonContent="x")
    path.write_text(json.dumps([MILK, broken]))
    with pytest.raises(TableError) as refused:
        read_pact(path)
    assert str(refused.value) == (
        f"PACT footprints ({path}), footprint 2 (id {BEEF['id']}): pcf.fossilGhgEmissions is "
        'missing, but a decimal of at least 0 as text such as "1.5" was expected '
        "(2 such problems)"
    )


@pytest.mark.parametrize("text", ["", "{", '{"data": NaN}', "\ufeff{}", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pact.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=r"pact\.json"):
        read_pact(path)


def test_an_unknown_standard_is_read_but_never_written(tmp_path: Path) -> None:
    path = tmp_path / "pact.json"
    path.write_text(json.dumps(changed(MILK, pcf_crossSectoralStandards=["mine"])))
    assert len(read_pact(path)) == 1


def test_a_declared_unit_becomes_a_pack() -> None:
    packs = per_pack(MILK, BEEF, FLOUR)
    # 2.4 kg per 2 litres that weigh 2.06 kg: half of it in a pack of 1.03 kg
    assert packs.loc["milk-1", "kg_co2e"] == pytest.approx(1.2)
    assert packs.loc["milk-1", "luc_kg_co2e"] == pytest.approx(0.05)
    # a piece is the pack, and a GTIN of 13 digits is that of 14 with a zero before it
    assert packs.loc["04006381333948", "kg_co2e"] == 0.05
    # version 2: 0.6 per kg, 2.5 kg in the pack
    assert packs.loc["flour-1", "kg_co2e"] == pytest.approx(1.5)


def test_several_pieces_of_version_2_are_several_of_version_3() -> None:
    unit = {"pcf_declaredUnit": "piece", "pcf_unitaryProductAmount": "6"}
    six = changed(FLOUR, **unit, pcf_productMassPerDeclaredUnit="0.4")
    # 6 x 0.6 kg; 6 x 0.4 = 2.4 kg, within a fifth of the catalogue's 2.5 kg
    assert per_pack(six).loc["flour-1", "kg_co2e"] == pytest.approx(3.6)
    assert per_pack(six).loc["flour-1", "mass_kg"] == 2.5


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "Deprecated"}, REASONS["deprecated"]),
        ({"pcf_pcfExcludingBiogenicUptake": "-0.2"}, REASONS["below zero"]),
        ({"pcf_pcfExcludingBiogenicUptake": "0"}, REASONS["offset"]),
        ({"productIds": ["urn:gtin:5000000000017"]}, REASONS["unmatched"]),
        ({"pcf_productMassPerDeclaredUnit": "0"}, REASONS["no density"]),
        (
            {"productIds": ["urn:sku:voucher"], "pcf_declaredUnitOfMeasurement": "kilogram"},
            REASONS["no mass"],
        ),
        ({"pcf_declaredUnitOfMeasurement": "piece"}, REASONS["other mass"]),
        ({"pcf_declaredUnitOfMeasurement": "megajoule"}, "its unit (megajoule) says nothing of"),
    ],
)
def test_what_is_of_no_use_is_left_out_with_a_reason(fields: dict[str, Any], reason: str) -> None:
    assert refusal(changed(MILK, **fields)).startswith(reason)


def test_offsets_are_seen_and_never_subtracted() -> None:
    plain = changed(MILK, comment="", pcf_offsetGhgEmissions=GONE)
    assert speaks_of_offsets(MILK)
    assert not speaks_of_offsets(plain)
    assert speaks_of_offsets(changed(plain, comment="A carbon-neutral farm"))
    assert not speaks_of_offsets(changed(plain, comment="A booklet by offset printing"))
    with_offset, without = per_pack(MILK), per_pack(plain)
    assert with_offset["kg_co2e"].tolist() == without["kg_co2e"].tolist()


def test_zero_is_a_figure_and_no_missing_one() -> None:
    plain = changed(MILK, comment="", pcf_offsetGhgEmissions=GONE)
    assert per_pack(changed(plain, pcf_pcfExcludingBiogenicUptake="0"))["kg_co2e"].tolist() == [0.0]


def test_a_suppliers_own_code_names_no_product_of_the_shop() -> None:
    # "milk-1" is the shop's id of another thing
    assert refusal(CREAM) == REASONS["unmatched"]
    assert shop_ids(["urn:cpc:2211", "urn:pact:x.example:buyer-id:a%3Ab"]) == ["a:b"]


def test_one_footprint_may_be_of_several_products() -> None:
    found = match(pd.Series([["a", "b", "a", "x"], ["x"]]), pd.Index(["a", "b"]))
    assert found[0] == ["a", "b"]
    assert np.isnan(found[1])


def test_validity_ends_as_stated_or_three_years_after_the_data() -> None:
    until = declared([MILK, BEEF])["valid_until"].dt.strftime("%Y-%m-%d")
    assert until.tolist() == ["2028-01-01", "2029-01-01"]


def test_only_a_mass_that_is_a_fact_makes_a_pack() -> None:
    shop = pd.DataFrame({"product_id": ["1"], "title": ["Milk"], "price": [2.0]})
    assert pack_masses(shop).isna().all()
    assert pack_masses(shop.assign(net_mass_kg=1.03)).tolist() == [1.03]


def in_use(*footprints: dict[str, Any]) -> pd.DataFrame:
    packs, _ = to_packs(declared(list(footprints)), MASSES)
    return packs.assign(status="used")


def test_an_export_keeps_version_3s_rules_and_reads_back_as_the_same_pack() -> None:
    checked = in_use(MILK, BEEF, FLOUR)
    document, reasons = to_document(checked, "shop.example")
    assert check(document) == []
    assert reasons.tolist() == ["", "", ""]
    again = per_pack(*document["data"])
    before = checked.set_index("product_id")
    for column in ("kg_co2e", "valid_until", "valid_from", "reference_period_end", "geography"):
        assert again[column].equals(before[column].loc[again.index]), column
    milk = document["data"][0]
    assert milk["pcf"]["declaredUnitOfMeasurement"] == "piece"
    assert float(milk["pcf"]["pcfIncludingBiogenicUptake"]) == pytest.approx(1.1)
    assert "offsetGhgEmissions" not in milk["pcf"]
    assert to_document(checked, "shop.example")[0] == document


def test_version_2_without_what_version_3_asks_for_is_not_exported() -> None:
    document, reasons = to_document(in_use(changed(FLOUR, pcf_pCfIncludingBiogenic=GONE)))
    assert document == {"data": []}
    assert reasons.item().startswith("pcf.pcfIncludingBiogenicUptake is missing")


def test_a_figure_that_is_not_in_use_is_not_exported() -> None:
    document, reasons = to_document(in_use(MILK).assign(status="expired"))
    assert document == {"data": []}
    assert reasons.tolist() == ["expired, so not used"]


positive = st.floats(min_value=1e-9, max_value=1e9)


@given(positive)
def test_a_number_as_text_is_the_same_number(number: float) -> None:
    assert float(as_text(number)) == number
    assert "e" not in as_text(number)


@settings(deadline=None, max_examples=30)
@given(kg=positive, amount=st.floats(0.01, 100), mass_kg=st.floats(0.01, 100))
def test_a_figure_survives_export_and_import(kg: float, amount: float, mass_kg: float) -> None:
    milk = changed(
        MILK,
        pcf_pcfExcludingBiogenicUptake=as_text(kg),
        pcf_declaredUnitAmount=as_text(amount),
        pcf_productMassPerDeclaredUnit=as_text(mass_kg),
    )
    before = in_use(milk)
    document, _ = to_document(before)
    assert check(document) == []
    assert per_pack(*document["data"])["kg_co2e"].item() == before["kg_co2e"].item()


@settings(deadline=None, max_examples=30)
@given(factor=st.floats(0.01, 100))
def test_the_amount_a_figure_is_given_for_does_not_move_it(factor: float) -> None:
    pcf = MILK["pcf"]
    scaled = {
        f"pcf_{name}": as_text(float(pcf[name]) * factor)
        for name in (
            "pcfExcludingBiogenicUptake",
            "declaredUnitAmount",
            "productMassPerDeclaredUnit",
        )
    }
    once, many = per_pack(MILK)["kg_co2e"], per_pack(changed(MILK, **scaled))["kg_co2e"]
    assert many.item() == pytest.approx(once.item())


# what the two specifications call required
BOTH = ["id", "specVersion", "created", "status", "companyName", "companyIds", "pcf"]
BOTH += ["productDescription", "productIds", "productNameCompany"]
BOTH += ["pcf.referencePeriodStart", "pcf.referencePeriodEnd", "pcf.fossilGhgEmissions"]
BOTH += ["pcf.fossilCarbonContent", "pcf.exemptedEmissionsPercent"]
REQUIRED = {
    "3": [
        *BOTH,
        "pcf.declaredUnitOfMeasurement",
        "pcf.declaredUnitAmount",
        "pcf.productMassPerDeclaredUnit",
        "pcf.pcfExcludingBiogenicUptake",
        "pcf.pcfIncludingBiogenicUptake",
        "pcf.ipccCharacterizationFactors",
        "pcf.crossSectoralStandards",
    ],
    "2": [
        *BOTH,
        "version",
        "comment",
        "productCategoryCpc",
        "pcf.declaredUnit",
        "pcf.unitaryProductAmount",
        "pcf.pCfExcludingBiogenic",
        "pcf.biogenicCarbonContent",
        "pcf.boundaryProcessesDescription",
        "pcf.exemptedEmissionsDescription",
        "pcf.packagingEmissionsIncluded",
    ],
}


@pytest.mark.parametrize("version", REQUIRED)
def test_each_required_field_is_missed_by_name(version: str) -> None:
    for field in REQUIRED[version]:
        footprint = copy.deepcopy(MILK if version == "3" else FLOUR)
        *parts, name = field.split(".")
        del (footprint["pcf"] if parts else footprint)[name]
        problems = check(footprint)
        assert len(problems) == 1, field
        assert f": {field} is missing, but " in problems[0], problems


@pytest.mark.parametrize("depth", [300, 900, 5000])
def test_a_file_nested_without_end_is_refused_and_no_crash(depth: int, tmp_path: Path) -> None:
    nested = json.dumps(MILK)[:-1] + ', "extensions": ' + "[" * depth + "]" * depth + "}"
    (tmp_path / "pact.json").write_text(nested)
    try:
        footprints = read_pact(tmp_path / "pact.json")
    except TableError:
        return
    assert len(declared(footprints)) == 1


def test_a_number_beyond_all_bounds_makes_no_pack() -> None:
    assert refusal(changed(MILK, pcf_pcfExcludingBiogenicUptake="9" * 400)) == REASONS["beyond"]
    tiny = {"pcf_declaredUnitAmount": "0." + "0" * 400 + "1"}
    kilo = changed(MILK, **tiny, pcf_declaredUnitOfMeasurement="kilogram")
    assert refusal(kilo) == REASONS["beyond"]
