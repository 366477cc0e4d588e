"""Nutrition: energy and protein of a kilogram of food, as other units of what food is for.

A cut that holds per portion may turn where food is counted by its energy or its protein, so a
carbon change is looked at under each. Composition comes from the words of a product and the table
of foods; energy from the general Atwater factors, with carbohydrate as what is left of the mass, so
fibre and ash count as starch and alcohol not at all: good enough to see a sign, no diet advice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pcf_estimator.composition import compose, shipped_foods
from pcf_estimator.text import NAME_COLUMNS, SHELF_COLUMNS, joined_tokens

# kcal per kg (FAO 2003, Food energy: methods of analysis and conversion factors, Food and Nutrition
# Paper 77: 4, 9 and 4 kcal a gram of protein, fat and carbohydrate)
KCAL_PER_KG_PROTEIN, KCAL_PER_KG_FAT, KCAL_PER_KG_CARBOHYDRATE = 4000.0, 9000.0, 4000.0
# These are not eaten for what they are made of, or are not eaten whole.
NO_FOOD_VALUE = ("mineral", "stimulant", "alcohol", "spice", "herb", "pet")


def nutrition(products: pd.DataFrame) -> pd.DataFrame:
    """`kcal_per_kg` and `protein_kg_per_kg` of each product as sold; same index.

    NaN where the words name no food, or one of those that feed nobody (salt, coffee, wine, spices,
    pet food).

    >>> shop = pd.DataFrame({"title": ["Whole milk", "Ground beef", "Salt", "Soap"]})
    >>> nutrition(shop).round(2).values.tolist()
    [[645.0, 0.03], [2560.0, 0.18], [nan, nan], [nan, nan]]
    """
    foods = shipped_foods()
    name = joined_tokens(products, NAME_COLUMNS)
    made = compose(name, foods)
    unnamed = made["foods"] == ""  # "family size" on the shelf "yogurt": the shelf names the food
    made[unnamed] = compose(joined_tokens(products[unnamed], SHELF_COLUMNS), foods)
    water, protein, fat = (made[part].to_numpy(np.float64) for part in ("water", "protein", "fat"))
    starch = np.maximum(1.0 - water - protein - fat, 0.0)
    kcal = KCAL_PER_KG_PROTEIN * protein + KCAL_PER_KG_FAT * fat + KCAL_PER_KG_CARBOHYDRATE * starch
    eaten = ~made["foods"].str.contains("|".join(f"is_{group}" for group in NO_FOOD_VALUE))
    known = eaten.to_numpy(np.bool_) & ~np.isnan(kcal)
    return pd.DataFrame(
        {
            "kcal_per_kg": np.where(known, kcal, np.nan),
            "protein_kg_per_kg": np.where(known, protein, np.nan),
        },
        index=products.index,
    )
