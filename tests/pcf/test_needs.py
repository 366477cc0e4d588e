import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcf_estimator.needs import assign_needs, read_needs
from pcf_estimator.tables import TableError

NEEDS = read_needs()
HEADER = "need,kind,match,unless,flow,kg_per_flow,basis\n"


def assigned(**columns: str) -> pd.Series:
    return assign_needs(pd.DataFrame({c: [v] for c, v in columns.items()}), NEEDS).iloc[0]


def kinds(*titles: str) -> list[str]:
    return assign_needs(pd.DataFrame({"title": titles}), NEEDS)["kind"].tolist()


def table(tmp_path, *rows: str):
    path = tmp_path / "needs.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


@pytest.mark.parametrize(
    ("product_type", "category", "department", "need"),
    [
        ("FLUID MILK WHITE ONLY", "FLUID MILK PRODUCTS", "GROCERY", "milk"),
        ("CHOCOLATE MILK", "FLUID MILK PRODUCTS", "GROCERY", "milk"),
        ("PREMIUM", "ICE CREAM/MILK/SHERBTS", "GROCERY", "frozen dessert"),
        ("PRIMAL", "BEEF", "MEAT", "main protein"),
        ("POULTRY", "LUNCHMEAT", "MEAT-PCKGD", "sandwich filling"),
        ("SNACKS/APPETIZERS", "FROZEN PIZZA", "GROCERY", "hot snack"),
        ("SANDWICHES&HANDHELDS", "FROZEN PIZZA", "GROCERY", "ready meal"),
        ("PEANUT BUTTER", "PNT BTR/JELLY/JAMS", "GROCERY", "spread for bread"),
        ("HONEY", "PNT BTR/JELLY/JAMS", "GROCERY", "spread for bread"),
        ("NON DAIRY CREAMER: DRY", "COFFEE", "GROCERY", "coffee creamer"),
        ("COFFEE FILTERS", "COFFEE FILTERS", "DRUG GM", "coffee filter"),
        ("RTS SOUP: CHUNKY/HOMESTYLE ET", "SOUP", "GROCERY", "soup"),
        ("SOUP CRACKERS (SALTINE/OYSTER)", "CRACKERS/MISC BKD FD", "GROCERY", "crackers"),
        ("SOUP/STEW", "BEEF", "MEAT", "main protein"),
        ("CORN", "VEGETABLES - SHELF STABLE", "GROCERY", "cooked vegetables"),
        ("SUGAR", "SUGARS/SWEETNERS", "GROCERY", "sweetener"),
        ("SPICES & SEASONINGS", "SPICES & EXTRACTS", "GROCERY", "seasoning"),
        ("DRY DOG FOOD PREMIUM (ALPO/PUR", "DOG FOODS", "GROCERY", "dog food"),
        ("PREMIUM - BEEF", "HOT DOGS", "MEAT-PCKGD", "sausages"),
        ("HOT DOG BUNS", "BAKED BREAD/BUNS/ROLLS", "GROCERY", "buns and rolls"),
        ("FACIAL TISSUE & PAPER HANDKE", "FACIAL TISS/DNR NAPKIN", "GROCERY", "facial tissue"),
        ("PAPER NAPKINS", "FACIAL TISS/DNR NAPKIN", "GROCERY", "table paper"),
        ("FEM. HYGN.NAPKINS", "FEMININE HYGIENE", "DRUG GM", "period care"),
        ("LIQUID DISH DETERGENT", "DISHWASH DETERGENTS", "GROCERY", "dish washing by hand"),
        ("LIQUID LAUNDRY DETERGENTS", "LAUNDRY DETERGENTS", "GROCERY", "laundry"),
    ],
)
def test_a_till_line_and_its_shelf_say_what_the_product_is_for(
    product_type, category, department, need
):
    row = assigned(product_type=product_type, category=category, department=department)
    assert row["need"] == need


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Semi-skimmed milk 1 l", "milk"),
        ("Milk chocolate 100 g", "chocolate candy"),
        ("Chocolate milk", "chocolate and flavored milk"),
        ("Oat drink no added sugar", "plant milk"),
        ("Cheddar", "natural cheese"),
        ("Cream cheese", "cream cheese and soft spreads"),
        ("Cheesecake", "cakes and brownies"),
        ("Pizza rolls", "frozen appetizers"),
        ("Frozen pizza margherita", "fresh or frozen pizza"),
        ("Chicken noodle soup", "ready soup"),
        ("Dog food with beef", "dry dog food"),
        ("Hot dogs", "hot dogs"),
        ("Corn dogs", "corn dogs"),
        ("Banana baby food", "baby food"),
        ("Bananas", "bananas"),
        ("Baby carrots", "cut vegetables"),
        ("Peanut butter", "peanut butter"),
        ("Orange juice from concentrate", "fruit juice"),
        ("Root beer", "root and ginger beer"),
        ("White wine vinegar", "vinegar"),
        ("Eggplant", "squash and zucchini"),
        ("Black pepper", "dried spices and herbs"),
        ("Red bell pepper", "peppers"),
        ("Strawberry ceramic trinket box", "homeware"),
        ("Set of six tea cups and saucers", "mugs and cups"),
        ("Red retrospot umbrella", "umbrellas and parasols"),
        ("Cottage cheese", "cottage cheese"),
        ("Freezer bags", "freezer bags"),
        ("Kitchen trash bags", "kitchen trash bags"),
        ("Skyr", "quark and fresh curd"),
        ("Low fat chocolate milk", "chocolate and flavored milk"),
        ("Milk, chocolate flavored", "chocolate and flavored milk"),
        ("Evaporated milk", "evaporated milk"),
        ("Canned milk", "evaporated milk"),
        ("Laundry detergent", "liquid laundry detergent"),
    ],
)
def test_a_plain_title_is_enough(title, expected):
    assert kinds(title) == [expected]


def test_the_seed_tables_own_columns_are_read():
    row = assigned(
        concept="ground beef 15 percent fat",
        department="meat",
        category="beef",
        type="ground beef",
    )
    assert (row["need"], row["kind"]) == ("main protein", "ground beef")


def test_a_cup_takes_ten_grams_of_coffee_and_two_of_tea():
    products = pd.DataFrame({"title": ["Ground coffee", "Instant coffee", "Tea bags"]})
    rows = assign_needs(products, NEEDS)
    assert rows["flow"].tolist() == ["cup"] * 3
    # 10 g of beans, 2 g of soluble coffee and a 2 g bag each give one cup
    assert rows["kg_per_flow"].tolist() == [0.010, 0.002, 0.002]


@pytest.mark.parametrize(
    ("title", "protein_share", "edible_share"),
    [
        ("Ground beef", 0.172, 1.0),
        ("Boneless chicken breast", 0.225, 1.0),
        ("Chicken wings", 0.18, 0.52),
        ("Pork ribs", 0.16, 0.60),
        ("Tofu", 0.125, 1.0),
        ("Dry lentils", 0.22, 1.0),
        ("Salmon fillet", 0.20, 1.0),
    ],
)
def test_a_main_protein_flow_holds_25_grams_of_protein(title, protein_share, edible_share):
    row = assigned(title=title)
    assert row["flow"] == "portion of 25 g protein"
    assert row["kg_per_flow"] * protein_share * edible_share == pytest.approx(0.025, rel=0.03)


def test_dry_condensed_and_frozen_goods_count_as_they_are_used():
    soup, condensed = assigned(title="Tomato soup"), assigned(title="Condensed tomato soup")
    # one part of condensed soup takes one part of water
    assert condensed["kg_per_flow"] == pytest.approx(soup["kg_per_flow"] / 2, rel=0.02)
    juice, frozen = assigned(title="Apple juice"), assigned(title="Frozen apple juice concentrate")
    # one part of concentrate, denser than water, takes three parts of water
    assert frozen["kg_per_flow"] == pytest.approx(juice["kg_per_flow"] / 4 * 1.15, rel=0.05)
    pasta, potato = assigned(title="Spaghetti"), assigned(title="Potatoes")
    # 55 g of dry pasta and 45 g of rice make 140 g (21 CFR 101.12); 160 g of potatoes lose 12
    # percent as peel
    rice = assigned(title="White rice")
    assert (pasta["kg_per_flow"], rice["kg_per_flow"]) == (0.055, 0.045)
    assert potato["kg_per_flow"] * 0.88 == pytest.approx(0.14, rel=0.03)


def test_the_first_row_that_matches_wins(tmp_path):
    soup = "soup,chicken soup,soup,,bowl,0.25,as sold"
    meat = "protein,chicken,chicken,,portion,0.1,as sold"
    products = pd.DataFrame({"title": ["Chicken soup", "Chicken"]})
    first = assign_needs(products, read_needs(table(tmp_path, soup, meat)))
    assert first["kind"].tolist() == ["chicken soup", "chicken"]
    swapped = assign_needs(products, read_needs(table(tmp_path, meat, soup)))
    assert swapped["kind"].tolist() == ["chicken", "chicken"]


def test_the_signs_of_the_pattern_language(tmp_path):
    needs = read_needs(
        table(
            tmp_path,
            "a,both words,red+wine,,x,1,b",
            "b,side by side,=chocolate milk,,x,1,b",
            "c,on the shelf,@beef,=liver,x,1,b",
            "d,in the name,=cider | =perry,,x,1,b",
        )
    )
    products = pd.DataFrame(
        {
            "title": [
                *["Red wine", "Wine", "Chocolate milk", "Milk chocolate"],
                *["Patties", "Liver", "Cider", "Perry", "Apples"],
            ],
            "category": ["", "Red", "", "", "Beef", "Beef", "", "", "Cider"],
        }
    )
    assert assign_needs(products, needs)["need"].tolist() == [
        *["a", "a"],  # the words may stand in name and shelf
        *["b", "other"],  # in this order only
        *["c", "other: Beef"],  # `unless` shuts the liver out
        *["d", "d", "other: Cider"],  # a cider shelf alone makes no cider
    ]


def test_a_product_without_a_name_is_named_after_its_shelf():
    row = assigned(product_type="MISCELLANEOUS", category="YOGURT", department="GROCERY")
    assert row["need"] == "yogurt"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cottage cheese", "Yogurt"),
        ("Evaporated milk", "Whole milk"),
        ("Eggnog", "Whole milk"),
        ("Shaving cream", "Razors"),
        ("Mug", "Umbrella"),
        ("Cheddar", "Grated parmesan"),
        ("Canned corn", "Onions"),
        ("Canned corn", "Cucumbers"),
        ("Canned corn", "Celery"),
        ("French fries", "Sweet potatoes"),
        ("Refrigerated biscuit dough", "Sliced white bread"),
        ("Dinner rolls", "Sliced white bread"),
        ("Lunch kit with ham", "Taco kit"),
        ("Cookie dough", "Chocolate chip cookies"),
        ("Beef steak", "Chicken nuggets"),
        ("Ground beef", "Hot dogs"),
        ("Ground beef", "Smoked sausage"),
        ("Beef liver", "Dry beans"),
        ("Canned peaches", "Raisins"),
        ("Chili sauce", "Mustard"),
        ("Fruit punch drink", "Cola"),
    ],
)
def test_what_no_household_swaps_serves_another_need(one, other):
    assert assigned(title=one)["need"] != assigned(title=other)["need"]


@pytest.mark.parametrize(
    ("mix", "ready"),
    [
        ("Skillet dinner mix", "Frozen lasagna dinner"),
        ("Macaroni and cheese dinner mix", "Frozen macaroni and cheese"),
        ("Rice side mix", "Ready rice pouch"),
        ("Instant mashed potatoes", "Potatoes"),
        ("Chocolate cake mix", "Chocolate cake"),
        ("Blueberry muffin mix", "Blueberry muffins"),
        ("Instant pudding mix", "Chocolate pudding cups"),
        ("Pancake mix", "Frozen pancakes"),
        ("Biscuit mix", "Sliced white bread"),
        ("Ranch dip mix", "Ranch dip"),
        ("Ranch dressing mix", "Ranch dressing"),
        ("Malted milk powder", "Ground coffee"),
    ],
)
def test_a_dry_mix_is_not_lighter_by_what_is_added_at_home(mix, ready):
    # its flow holds neither the meat nor the milk, eggs and fat that a finished good holds
    assert assigned(title=mix)["need"] != assigned(title=ready)["need"]


@pytest.mark.parametrize(
    "titles",
    [
        ("Ground beef", "Boneless chicken breast", "Salmon fillet", "Tofu", "Dry beans"),
        ("Whole milk", "Soy milk", "Oat drink"),
        ("Hot dogs", "Smoked sausage", "Vegan hot dogs"),
        ("Frozen burgers", "Veggie burger"),
        ("Chicken nuggets", "Vegan nuggets", "Fish sticks"),
        ("Broccoli", "Frozen broccoli", "Canned green beans", "Cabbage"),
        ("White rice", "Spaghetti", "Potatoes"),
        ("Macaroni and cheese dinner mix", "Rice side mix"),
        ("Chocolate cake mix", "Brownie mix", "Muffin mix"),
        ("Cheddar", "American cheese slices", "Vegan cheese"),
    ],
)
def test_what_a_household_does_swap_serves_one_need(titles):
    assert len({assigned(title=title)["need"] for title in titles}) == 1


def test_portions_of_one_need_are_all_the_same_size_of_cheese():
    # 30 g of a hard cheese against 15 g strewn on a dish would halve its footprint
    cheese = NEEDS.table[NEEDS.table["need"] == "cheese"]
    assert set(cheese["kg_per_flow"]) == {0.030}


@pytest.mark.parametrize(
    ("title", "dominant", "use_class"),
    [
        ("Shampoo", True, "shampoo"),
        ("Liquid laundry detergent", True, "liquid laundry detergent"),
        ("Laundry pods", True, "laundry pods"),
        ("Dish soap", True, "dish soap"),
        # the energy of lamps and cells, and what a fire burns, is not in their names
        ("Light bulb", True, ""),
        ("AA batteries", True, ""),
        ("Pillar candle", True, ""),
        ("Charcoal", True, ""),
        ("Milk", False, ""),
        ("Face cream", False, ""),
        ("Gift voucher", False, ""),
    ],
)
def test_goods_whose_use_outweighs_them_say_so(title, dominant, use_class):
    row = assigned(title=title)
    assert (bool(row["use_phase_dominant"]), row["use_class"]) == (dominant, use_class)


def test_a_use_class_spans_no_two_needs_and_only_goods_that_use_dominates():
    table = NEEDS.table
    named = table[table["use_class"] != ""]
    assert named["use_phase_dominant"].all()
    assert named.groupby("use_class")["need"].nunique().eq(1).all()


def test_a_table_without_columns_of_use_has_no_such_goods(tmp_path):
    needs = read_needs(table(tmp_path, "a,tea,tea,,cup,0.002,b"))
    row = assign_needs(pd.DataFrame({"title": ["Tea"]}), needs).iloc[0]
    assert (bool(row["use_phase_dominant"]), row["use_class"]) == (False, "")


def test_a_class_of_goods_that_use_does_not_dominate_is_refused(tmp_path):
    path = tmp_path / "needs.csv"
    path.write_text(
        "need,kind,match,unless,flow,kg_per_flow,use_phase_dominant,use_class,basis\n"
        "a,lamp,lamp,,lamp,0.1,true,A,b\n"
        "b,tea,tea,,cup,0.002,false,A,b\n"
    )
    with pytest.raises(TableError, match=r"row 2 .*use_class is 'A'.*use_phase_dominant goods"):
        read_needs(path)


def test_what_no_row_knows_is_other_with_its_category_and_no_mass():
    products = pd.DataFrame(
        {"title": ["Gift voucher", "Gift voucher", None], "category": ["TOYS", None, None]},
        index=[5, 2, 9],
    )
    rows = assign_needs(products, NEEDS)
    assert rows.index.tolist() == [5, 2, 9]
    assert rows["need"].tolist() == ["other: TOYS", "other", "other"]
    assert rows["kind"].tolist() == rows["flow"].tolist() == ["", "", ""]
    assert rows["kg_per_flow"].isna().all()
    assert assign_needs(pd.DataFrame({"title": ["?"]}), NEEDS)["need"].tolist() == ["other"]


def test_no_products_give_no_rows():
    rows = assign_needs(pd.DataFrame({"title": pd.Series([], dtype="str")}), NEEDS)
    assert rows.shape == (0, 6)


def test_many_texts_are_matched_in_blocks(monkeypatch):
    monkeypatch.setattr("pcf_estimator.needs.BLOCK", 2)
    products = pd.DataFrame({"title": ["Cola", "Rice", "Butter", "Salt", "Cola"]})
    assert assign_needs(products, NEEDS)["need"].tolist() == [
        "soft drink",
        "side dish",
        "butter and margarine",
        "seasoning",
        "soft drink",
    ]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("a,second,Tea,,cup,1,b", r"row 2 \(need a, kind second\): match holds 'Tea'.*'tea'"),
        ("a,second,teas,,cup,1,b", r"row 2 .*'teas'.*'tea'"),
        ("a,second,tea+,,cup,1,b", r"row 2 .*match holds ''"),
        ("a,second,tea,organic,cup,1,b", r"row 2 .*unless holds 'organic'"),
        ("a,second,tea,,cup,0,b", r"row 2 .*kg_per_flow is 0, but a number above 0"),
        ("a,second,tea,,cup,-1,b", r"row 2 .*kg_per_flow is -1"),
        ("a,second,tea,,cup,much,b", r"row 2 .*kg_per_flow is much"),
        ("a,second,tea,,cup,,b", r"row 2 .*kg_per_flow is empty"),
        ("a,second,,,cup,1,b", r"row 2 .*match is empty"),
        ("a,first,tea,,cup,1,b", r"row 2 .*kind stands in an earlier row"),
        ("a,second,tea,,mug,1,b", r"row 2 .*flow is 'mug'.*says 'cup'"),
    ],
)
def test_a_bad_row_is_named_with_what_was_expected(tmp_path, row, found):
    with pytest.raises(TableError, match=found):
        read_needs(table(tmp_path, "a,first,coffee,,cup,0.01,b", row))


def test_a_missing_file_and_a_missing_column_are_table_errors(tmp_path):
    with pytest.raises(TableError, match="there is no such file"):
        read_needs(tmp_path / "nowhere.csv")
    path = tmp_path / "needs.csv"
    path.write_text("need,kind\na,b\n")
    with pytest.raises(TableError, match="no column match, unless, flow, kg_per_flow, basis"):
        read_needs(path)


TITLES = {
    "black pepper": "black peppers",
    "chicken breast": "chicken breasts",
    "tomato soup": "tomato soups",
    "cheddar cheese": "cheddar cheeses",
    "frozen pizza": "frozen pizzas",
    "tea bag": "tea bags",
    "wheat bread": "wheat breads",
    "potato chip": "potato chips",
    "baby diaper": "baby diapers",
    "paper towel": "paper towels",
    "dog food": "dog foods",
    "orange juice": "orange juices",
    "salmon fillet": "salmon fillets",
    "ice cream bar": "ice cream bars",
}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(TITLES)), st.randoms(use_true_random=False))
def test_word_order_does_not_change_the_kind(title, random):
    words = title.split()
    random.shuffle(words)
    shuffled, given_order = kinds(" ".join(words), title)
    assert shuffled == given_order != ""


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(list(TITLES)), st.booleans())
def test_plural_and_capitals_do_not_change_the_kind(title, upper):
    plural = TITLES[title]
    several, one = kinds(plural.upper() if upper else plural, title)
    assert several == one != ""


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(list(TITLES)),
    st.sampled_from(["organic", "natural", "eco", "value pack", "premium", "500 g", "12 x 1 l"]),
    st.booleans(),
)
def test_slogans_and_pack_sizes_do_not_change_the_kind(title, extra, before):
    longer, plain = kinds(f"{extra} {title}" if before else f"{title} {extra}", title)
    assert longer == plain != ""
