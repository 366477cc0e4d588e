"""What the pages read, kept between reruns: the only cached functions. Nobody writes to them."""

from app_pages._load.building import build
from app_pages._load.findings import carbon_report, outcomes, simulations
from app_pages._load.footprints import (
    assessment,
    explanation,
    footprint_model,
    market,
    prepare_explanations,
)
from app_pages._load.pinned import Opened, default, opened, version_of, workspace
from app_pages._load.policies import (
    due_sellers,
    frontier,
    judges,
    places,
    price_per_tonne,
    refiner,
    shown_sellers,
)
from app_pages._load.shop import diet, found, goes_with, household_ids, own_units, ranked, stock

__all__ = [
    "Opened",
    "assessment",
    "build",
    "carbon_report",
    "default",
    "diet",
    "due_sellers",
    "explanation",
    "footprint_model",
    "found",
    "frontier",
    "goes_with",
    "household_ids",
    "judges",
    "market",
    "opened",
    "outcomes",
    "own_units",
    "places",
    "prepare_explanations",
    "price_per_tonne",
    "ranked",
    "refiner",
    "shown_sellers",
    "simulations",
    "stock",
    "version_of",
    "workspace",
]
