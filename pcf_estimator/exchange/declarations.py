"""Declarations: what a checked PACT footprint says, as one row of a table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from pcf_estimator.exchange.pact_fields import ProductFootprint2

VALID_YEARS = 3  # after the reference period, where no validity period is given
# Version 2's names in version 3.
RENAMED: Mapping[str, str] = {
    "declaredUnit": "declaredUnitOfMeasurement",
    "pCfExcludingBiogenic": "pcfExcludingBiogenicUptake",
    "pCfIncludingBiogenic": "pcfIncludingBiogenicUptake",
    "dLucGhgEmissions": "landUseChangeGhgEmissions",
    "biogenicCarbonWithdrawal": "biogenicCO2Uptake",
    "ipccCharacterizationFactorsSources": "ipccCharacterizationFactors",
}
OLD_STANDARDS: Mapping[str, str] = {
    "GHG Protocol Product standard": "GHGP-Product",
    "ISO Standard 14067": "ISO14067",
    "ISO Standard 14044": "ISO14040-44",
}
OFFSET_FIELD = re.compile(r"offset|carbon_?credit|compensat", re.IGNORECASE)
OFFSET_WORDS = re.compile(
    r"\b(?:carbon|climate|co2)[ -]?neutral|\boffset(?!\s+print)|\bnet[ -]zero|\bcompensated\b",
    re.IGNORECASE,
)
SPOKEN = ("comment", "productDescription", "productNameCompany", "statusComment")


def as_version_3(footprint: Mapping[str, Any]) -> dict[str, Any]:
    """A checked footprint under version 3's names, per the same declared unit, decimals as text.

    What version 3 asks for and version 2 does not stays missing.
    """
    full = {name: value for name, value in footprint.items() if value is not None}
    pcf = {name: value for name, value in full["pcf"].items() if value is not None}
    if full["specVersion"].startswith("3."):
        return {**full, "pcf": pcf}
    old = ProductFootprint2.model_validate(full).pcf.model_dump(exclude_none=True)
    new = {RENAMED.get(name, name): value for name, value in old.items()}
    new["declaredUnitAmount"] = "1"
    reports = new.get("ipccCharacterizationFactors", [old.get("characterizationFactors")])
    new["ipccCharacterizationFactors"] = reports
    standards = old.get("crossSectoralStandards", old.get("crossSectoralStandardsUsed", []))
    new["crossSectoralStandards"] = [OLD_STANDARDS.get(name, name) for name in standards]
    return {**full, "pcf": new}


def declared(footprints: list[dict[str, Any]]) -> pd.DataFrame:
    """One row a checked footprint: what it says of which product, for how long, and by whom.

    `kg_co2e_declared` (without biogenic uptake) and `luc_kg_co2e_declared` are kg CO2e per
    `amount_declared` units; `mass_kg_declared` is what these weigh (NaN unknown) and
    `amount_of_product` how many units the product holds. `valid_until` is exclusive: the stated end
    or three years after the reference period. `speaks_of_offsets` marks footprints that name
    offsets, credits or neutrality anywhere. `footprint` is the whole, under version 3's names.
    """
    rows = []
    for given in footprints:
        full = as_version_3(given)
        pcf = full["pcf"]
        ends = _time(pcf["referencePeriodEnd"])
        mass = float(pcf.get("productMassPerDeclaredUnit", "0"))
        ratings = [
            float(pcf["dqi"][name])
            for name in ("technologicalDQR", "temporalDQR", "geographicalDQR")
            if "dqi" in pcf
        ]
        until, since = full.get("validityPeriodEnd"), full.get("validityPeriodStart")
        version_2 = given["specVersion"].startswith("2.")
        rows.append(
            {
                "footprint_id": full["id"].lower(),
                "replaces": json.dumps([name.lower() for name in full.get("precedingPfIds", [])]),
                "spec_version": full["specVersion"],
                "version": int(given.get("version", 0)) if version_2 else 0,
                "active": full["status"] == "Active",
                "created": _time(full["created"]),
                "product_name": full["productNameCompany"],
                "product_ids": json.dumps(full["productIds"]),
                "company_name": full["companyName"],
                "kg_co2e_declared": float(pcf["pcfExcludingBiogenicUptake"]),
                "luc_kg_co2e_declared": float(pcf.get("landUseChangeGhgEmissions", "nan")),
                "declared_unit": pcf["declaredUnitOfMeasurement"],
                "amount_declared": float(pcf["declaredUnitAmount"]),
                "amount_of_product": float(
                    given["pcf"]["unitaryProductAmount"] if version_2 else pcf["declaredUnitAmount"]
                ),
                "mass_kg_declared": mass if mass > 0 else float("nan"),
                "boundary": "cradle to gate",
                "processes": pcf.get("boundaryProcessesDescription", ""),
                "geography": _geography(pcf),
                "reference_period_start": _time(pcf["referencePeriodStart"]),
                "reference_period_end": ends,
                "valid_from": ends if since is None else _time(since),
                "valid_until": ends + pd.DateOffset(years=VALID_YEARS)
                if until is None
                else _time(until),
                "dqi": sum(ratings) / len(ratings) if ratings else float("nan"),
                "primary_data_share": float(pcf.get("primaryDataShare", "nan")),
                "speaks_of_offsets": speaks_of_offsets(given),
                "source": _source(full),
                "footprint": json.dumps(full),
            }
        )
    return pd.DataFrame(rows)


def speaks_of_offsets(footprint: Mapping[str, Any]) -> bool:
    """Whether a footprint has a field for offsets or credits, or says it is neutral.

    >>> speaks_of_offsets({"pcf": {"offsetGhgEmissions": "1.2"}, "comment": ""})
    True
    """
    spoken = " ".join(str(footprint.get(name) or "") for name in SPOKEN)
    return (
        OFFSET_WORDS.search(spoken) is not None
        or any(OFFSET_FIELD.search(name) for name in _fields(footprint))
        or footprint["pcf"].get("ccuCalculationApproach") == "Credit"
    )


def _fields(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if value not in (None, "", 0, "0", False):
                yield name
            yield from _fields(value)
    elif isinstance(part, list):
        for item in part:
            yield from _fields(item)


def _time(text: str) -> pd.Timestamp:
    return pd.Timestamp(text).tz_convert("UTC").tz_localize(None).as_unit("us")


def _geography(pcf: Mapping[str, Any]) -> str:
    for name in ("geographyCountrySubdivision", "geographyCountry", "geographyRegionOrSubregion"):
        if name in pcf:
            return str(pcf[name])
    return "Global"


def _source(full: Mapping[str, Any]) -> str:
    start, end = (full["pcf"][f"referencePeriod{edge}"][:10] for edge in ("Start", "End"))
    return (
        f"{full['companyName']}: PACT {full['specVersion']} footprint {full['id'].lower()}, "
        f"{start} to {end}"
    )
