"""The fields of a PACT ProductFootprint, versions 2 and 3, as this project reads and writes them.

Sources: PACT Technical Specifications 2.3 and 3.0 (data model and OpenAPI schema, WBCSD). In both,
null means absent. Version 3 writes decimals as text only; version 2 writes some as text and some as
numbers, and files in use differ, so that either is taken. Fields not named here are left alone.

What a figure is per differs. Version 2: kg CO2e per one `declaredUnit`, of which the product holds
`unitaryProductAmount`. Version 3: kg CO2e per `declaredUnitAmount` x `declaredUnitOfMeasurement`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from pcf_estimator.exchange.pact_types import (
    Country,
    Filled,
    Id,
    NotNegative,
    NotNegative2,
    NotPositive,
    Number,
    Number2,
    Percent2,
    Positive,
    Positive2,
    Rating,
    Rating2,
    Region,
    Reports,
    Standards,
    Subdivision,
    Time,
    Unit,
    Urns,
    Words,
    once,
)


class Part(BaseModel):
    """A part of a footprint: unknown fields stay, since later revisions may add some."""

    model_config = ConfigDict(extra="allow")


class DataQuality(Part):
    technologicalDQR: Rating
    geographicalDQR: Rating
    temporalDQR: Rating


class DataQuality2(Part):
    technologicalDQR: Rating2
    geographicalDQR: Rating2
    temporalDQR: Rating2
    coveragePercent: Percent2 | None = None
    completenessDQR: Rating2 | None = None
    reliabilityDQR: Rating2 | None = None


class Rules(Part):
    """Rules of one operator for a product or a sector."""

    operator: Annotated[
        Literal["PEF", "EPD International", "Other"],
        Field(description="PEF, EPD International or Other"),
    ]
    ruleNames: Annotated[list[Filled], AfterValidator(once), Field(min_length=1)]
    otherOperatorName: Filled | None = None

    @model_validator(mode="after")
    def other_has_a_name(self) -> Rules:
        if self.operator == "Other" and self.otherOperatorName is None:
            raise ValueError("operator is Other, so otherOperatorName was expected as well")
        return self


class FactorSource(Part):
    name: Filled
    version: Filled


class Verification(Part):
    coverage: (
        Annotated[
            Literal["PCF calculation model", "PCF program", "product level"],
            Field(description="PCF calculation model, PCF program or product level"),
        ]
        | None
    ) = None
    providerName: Words | None = None
    completedAt: Time | None = None
    standardName: Words | None = None
    comments: Words | None = None


class Scope(Part):
    """What the carbon footprints of both versions share: their period and their place."""

    referencePeriodStart: Time
    referencePeriodEnd: Time
    geographyRegionOrSubregion: Region | None = None
    geographyCountry: Country | None = None
    geographyCountrySubdivision: Subdivision | None = None
    productOrSectorSpecificRules: list[Rules] | None = None
    secondaryEmissionFactorSources: Annotated[list[FactorSource], Field(min_length=1)] | None = None
    boundaryProcessesDescription: Words | None = None
    exemptedEmissionsDescription: Words | None = None
    allocationRulesDescription: Words | None = None
    packagingEmissionsIncluded: StrictBool | None = None

    @model_validator(mode="after")
    def one_period_and_one_place(self) -> Scope:
        if not _time(self.referencePeriodStart) < _time(self.referencePeriodEnd):
            raise ValueError("referencePeriodStart is not before referencePeriodEnd")
        places = (
            self.geographyRegionOrSubregion,
            self.geographyCountry,
            self.geographyCountrySubdivision,
        )
        if sum(place is not None for place in places) > 1:
            raise ValueError("a region, a country or a subdivision was expected, not several")
        if self.packagingEmissionsIncluded is False and self.packaging() is not None:
            raise ValueError("packagingGhgEmissions is given, but packaging is not included")
        return self

    def packaging(self) -> str | None:
        return getattr(self, "packagingGhgEmissions", None)


class CarbonFootprint(Scope):
    """`pcf` of version 3."""

    declaredUnitOfMeasurement: Unit
    declaredUnitAmount: Positive
    productMassPerDeclaredUnit: NotNegative
    pcfExcludingBiogenicUptake: Number
    pcfIncludingBiogenicUptake: Number
    fossilGhgEmissions: NotNegative
    fossilCarbonContent: NotNegative
    ipccCharacterizationFactors: Reports
    crossSectoralStandards: Standards
    exemptedEmissionsPercent: Number
    biogenicCarbonContent: NotNegative | None = None
    recycledCarbonContent: NotNegative | None = None
    landUseChangeGhgEmissions: NotNegative | None = None
    landManagementFossilGhgEmissions: NotNegative | None = None
    landManagementBiogenicCO2Emissions: NotNegative | None = None
    landManagementBiogenicCO2Removals: NotPositive | None = None
    biogenicCO2Uptake: NotPositive | None = None
    biogenicNonCO2Emissions: NotNegative | None = None
    aircraftGhgEmissions: NotNegative | None = None
    packagingGhgEmissions: NotNegative | None = None
    primaryDataShare: Number | None = None
    dqi: DataQuality | None = None
    verification: Verification | None = None


class CarbonFootprint2(Scope):
    """`pcf` of version 2. Of fields that 2.x superseded, the old or the new one will do."""

    declaredUnit: Unit
    unitaryProductAmount: Positive2
    pCfExcludingBiogenic: NotNegative2
    fossilGhgEmissions: NotNegative2
    fossilCarbonContent: NotNegative2
    biogenicCarbonContent: NotNegative2
    boundaryProcessesDescription: Words
    exemptedEmissionsPercent: Percent2
    exemptedEmissionsDescription: Words
    packagingEmissionsIncluded: StrictBool
    productMassPerDeclaredUnit: NotNegative2 | None = None
    pCfIncludingBiogenic: Number2 | None = None
    dLucGhgEmissions: NotNegative2 | None = None
    packagingGhgEmissions: NotNegative2 | None = None
    characterizationFactors: Filled | None = None
    ipccCharacterizationFactorsSources: Reports | None = None
    crossSectoralStandardsUsed: Standards | None = None
    crossSectoralStandards: Standards | None = None
    primaryDataShare: Percent2 | None = None
    dqi: DataQuality2 | None = None

    @model_validator(mode="after")
    def one_of_old_and_new(self) -> CarbonFootprint2:
        for new, old in (
            ("ipccCharacterizationFactorsSources", "characterizationFactors"),
            ("crossSectoralStandards", "crossSectoralStandardsUsed"),
        ):
            if getattr(self, new) is None and getattr(self, old) is None:
                raise ValueError(f"{old} is missing, but it or {new} was expected")
        return self


class Footprint(Part):
    """What the product footprints of both versions share."""

    id: Id
    specVersion: Annotated[
        StrictStr,
        Field(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9]{8})?$", description="such as 3.0.0"),
    ]
    precedingPfIds: Annotated[list[Id], AfterValidator(once), Field(min_length=1)] | None = None
    created: Time
    status: Annotated[Literal["Active", "Deprecated"], Field(description="Active or Deprecated")]
    validityPeriodStart: Time | None = None
    validityPeriodEnd: Time | None = None
    companyName: Filled
    companyIds: Urns
    productDescription: Words
    productIds: Urns
    productClassifications: Urns | None = None
    productNameCompany: Filled

    @model_validator(mode="after")
    def begins_before_it_ends(self) -> Footprint:
        start, end = self.validityPeriodStart, self.validityPeriodEnd
        if start is not None and end is not None and not _time(start) < _time(end):
            raise ValueError("validityPeriodStart is not before validityPeriodEnd")
        return self


class ProductFootprint(Footprint):
    """Version 3."""

    comment: Words | None = None
    pcf: CarbonFootprint


class ProductFootprint2(Footprint):
    """Version 2."""

    version: Annotated[int, Field(strict=True, ge=0, description="a whole number of at least 0")]
    comment: Words
    productCategoryCpc: Filled
    pcf: CarbonFootprint2


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
