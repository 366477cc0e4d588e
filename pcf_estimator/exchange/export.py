"""Export: verified figures as a PACT version 3 document, one pack of a product each."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

import pandas as pd

from pcf_estimator.exchange.pact import check
from pcf_estimator.exchange.verified import STATUSES, USED

SPEC_VERSION = "3.0.0"
ISSUER = "shop.example"  # who gave the product ids; a reserved name where the shop gives none
# What is kg per declared unit, so that it grows with the pack ...
PER_UNIT = (
    "pcfIncludingBiogenicUptake",
    "fossilGhgEmissions",
    "fossilCarbonContent",
    "biogenicCarbonContent",
    "recycledCarbonContent",
    "landUseChangeGhgEmissions",
    "landManagementFossilGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "landManagementBiogenicCO2Removals",
    "biogenicCO2Uptake",
    "biogenicNonCO2Emissions",
    "aircraftGhgEmissions",
    "packagingGhgEmissions",
)
# ... and what holds for any amount. Version 2 rates data on another scale and assures otherwise.
SAME = (
    "referencePeriodStart",
    "referencePeriodEnd",
    "geographyRegionOrSubregion",
    "geographyCountry",
    "geographyCountrySubdivision",
    "boundaryProcessesDescription",
    "packagingEmissionsIncluded",
    "ipccCharacterizationFactors",
    "crossSectoralStandards",
    "productOrSectorSpecificRules",
    "exemptedEmissionsPercent",
    "exemptedEmissionsDescription",
    "allocationRulesDescription",
    "secondaryEmissionFactorSources",
    "primaryDataShare",
)
SAME_SINCE_3 = ("dqi", "verification")
OF_PRODUCT = ("companyName", "companyIds", "productDescription", "productNameCompany")


def to_document(checked: pd.DataFrame, issuer: str = ISSUER) -> tuple[dict[str, Any], pd.Series]:
    """A PACT 3.0.0 document of the figures in use, and why each row of `checked` is not in it.

    `checked` is an answer of `verified.check_verified`. Each footprint is of one pack (declared
    unit: 1 piece), keeps its owner, period, place and validity, and gets an id that is the same
    whenever it is made from the same. The reasons have the index of `checked`; "" is in it.
    Version 3 asks for figures that version 2 does not: a footprint without them is left out.
    """
    reasons = checked["status"].map(lambda status: "" if status == USED else STATUSES[status])
    data = []
    for row in checked.index[reasons == ""]:
        footprint = pack_footprint(checked.loc[row], issuer)
        problems = check(footprint)
        if problems:
            reasons[row] = problems[0].partition("): ")[2]
        else:
            data.append(footprint)
    return {"data": data}, reasons.astype("str")


def pack_footprint(row: pd.Series, issuer: str = ISSUER) -> dict[str, Any]:
    """A version 3 footprint of one pack, from one row of verified figures."""
    owned = json.loads(row["footprint"])
    pcf, times = owned["pcf"], row["per_pack"]
    same = SAME + (SAME_SINCE_3 if owned["specVersion"].startswith("3.") else ())
    new = {name: pcf[name] for name in same if name in pcf} | {
        name: pcf[name] if times == 1 else as_text(float(pcf[name]) * times)
        for name in PER_UNIT
        if name in pcf
    }
    new |= {
        "declaredUnitOfMeasurement": "piece",
        "declaredUnitAmount": "1",
        "pcfExcludingBiogenicUptake": as_text(row["kg_co2e"]),
    }
    if pd.notna(row["mass_kg"]):
        new["productMassPerDeclaredUnit"] = as_text(row["mass_kg"])
    product = f"urn:pact:{issuer}:product-id:{quote(row['product_id'], safe='')}"
    made_from = f"{issuer} {row['product_id']} {as_text(row['kg_co2e'])}"
    note = f"Of one pack, from PACT {row['spec_version']} footprint {row['footprint_id']}."
    return {
        "id": str(uuid5(UUID(row["footprint_id"]), made_from)),
        "specVersion": SPEC_VERSION,
        "created": _time(row["created"]),
        "status": "Active",
        "validityPeriodStart": _time(row["valid_from"]),
        "validityPeriodEnd": _time(row["valid_until"]),
        "productIds": list(dict.fromkeys([product, *owned["productIds"]])),
        **{name: owned[name] for name in OF_PRODUCT},
        "comment": " ".join(part for part in (note, owned.get("comment", "")) if part),
        "pcf": new,
    }


def as_text(number: float) -> str:
    """A number as a decimal without exponent, from which the very same number is read again.

    >>> as_text(1e-7), as_text(2.5), as_text(120.0)
    ('0.0000001', '2.5', '120.0')
    """
    return format(Decimal(repr(float(number))), "f")


def _time(moment: pd.Timestamp) -> str:
    return moment.isoformat() + "Z"
