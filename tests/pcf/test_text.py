import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pcf_estimator import text as reading
from pcf_estimator.text import GREEN_GOODS, expand, product_text, tokens

WORDS = [
    "milk",
    "cheese",
    "potatoes",
    "berries",
    "tomatoes",
    "sandwiches",
    "tea",
    "bags",
    "cookies",
    "chips",
    "soup",
    "chicken",
    "breast",
    "frozen",
    "peas",
    "olives",
    "loaves",
    "knives",
    "batteries",
    "radishes",
    "glasses",
    "asparagus",
    "couscous",
    "hummus",
    "dishes",
    "boxes",
    "sauces",
    "wipes",
    "quiches",
    "cherries",
    "onions",
    "brownies",
    "pasta",
    "rice",
    "detergent",
    "hams",
    "molasses",
    "fries",
]
# words that sell, put before or after a title
SLOGANS = ["organic", "natural", "eco", "premium", "value", "economy", "Green", "best", "new"]


def one(function, text: str | None) -> str:
    return function(pd.Series([text], dtype="str")).iloc[0]


@pytest.mark.parametrize(
    ("till", "person"),
    [
        ("FRZN SS PREMIUM ENTREES/DNRS/N", "frozen single serve premium entrees dinners"),
        ("BEERALEMALT LIQUORS", "beer ale malt liquors"),
        ("SFT DRNK 2 LITER BTL CARB INCL", "soft drink 2 liter bottle carbonated included"),
        ("CONVENIENT BRKFST/WHLSM SNACKS", "convenient breakfast warehouse snacks"),
        ("HOUSEHOLD CLEANG NEEDS", "household cleaning needs"),
        ("RTS SOUP: CHUNKY/HOMESTYLE ET", "ready to serve soup chunky homestyle"),
        ("BREAST - BONELESS(IQF)", "breast boneless individually frozen"),
        ("SEAFOOD-FRZ-IQF RAW SHRIMP RW", "seafood frozen raw shrimp"),
        ("CHIX:FRD 8PC/CUT UP (HOT)", "chicken fried 8 pc cut up hot"),
        ("REFRGRATD JUICES/DRNKS", "refrigerated juices drinks"),
        ("DAIRY CASE 100% PURE JUICE - O", "dairy 100 percent pure orange juice"),
        ("PNT BTR/JELLY/JAMS", "peanut butter jelly jams"),
        ("SALD DRSNG/SNDWCH SPRD", "salad dressing sandwich spread"),
        ("COLD AND FLU", "cold and flu"),
    ],
)
def test_a_till_line_becomes_words_a_person_can_read(till, person):
    assert one(expand, till) == person


@pytest.mark.parametrize(
    ("till", "person"),
    [
        ("CAN CATFD GOURMET/SUP PREM (GR", "canned cat food gourmet super premium"),
        ("GRAVY CAN/GLASS", "gravy can glass"),
        ("SOFT DRINKS 12/18&15PK CAN CAR", "soft drinks 12 18 and 15 pk can carbonated"),
        ("SOLID/STK DEODORANTS", "solid stick deodorants"),
        ("FLNK/PLT/SHNK - STK/CHP/SLC", "flank plate shank steak chop slice"),
        ("Chick peas", "chickpeas"),
        ("CHICK BREAST", "chicken breast"),
    ],
)
def test_letters_with_two_meanings_are_read_in_their_place(till, person):
    assert one(expand, till) == person


def test_brands_in_brackets_that_the_till_cut_short_are_gone_and_whole_brackets_stay():
    assert one(expand, "DRY DOG FOOD PREMIUM (ALPO/PUR") == "dry dog food premium"
    assert one(expand, "SOUP CRACKERS (SALTINE/OYSTER)") == "soup crackers saltine oyster"


def test_a_drink_with_little_juice_is_told_from_juice():
    assert one(tokens, "CRANBERRY JUICE (50% AND UNDER") == "cranberry juice juice drink"
    assert one(tokens, "CRANBERRY JUICE (OVER 50% JCE)") == "cranberry juice"


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("Potatoes", "potato"),
        ("Mixed berries", "mixed berry"),
        ("Cheeses", "cheese"),
        ("Cheese", "cheese"),
        ("Sandwiches", "sandwich"),
        ("Cookies", "cookie"),
        ("Loaves", "loaf"),
        ("Olives", "olive"),
        ("Asparagus", "asparagus"),
        ("Hummus", "hummus"),
        ("Swiss cheese", "swiss cheese"),
        ("Molasses", "molasses"),
        ("French fries", "french fries"),
    ],
)
def test_words_become_singular(plural, singular):
    assert one(tokens, plural) == singular


def test_numbers_pack_sizes_and_marketing_are_dropped():
    assert one(tokens, "Premium organic EGGS 12 CT, large") == "egg"
    assert one(tokens, "Cola 6 x 330 ml") == "cola"
    assert one(tokens, "Ground beef 15% fat, value pack 2.5 kg") == "ground beef fat"


def test_green_is_kept_where_it_names_a_sort_and_dropped_where_it_sells():
    assert one(tokens, "Green beans") == one(tokens, "BEANS GREEN") == "green bean"
    assert one(tokens, "Green tea bags") == "green tea bag"
    assert one(tokens, "Green glass cleaner") == "glass cleaner"
    assert one(tokens, "Collard greens") == "collard greens"


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("non-dairy creamer", "non_dairy creamer"),
        ("dairy-free yogurt", "non_dairy yogurt"),
        ("cola without sugar", "cola no_sugar"),
        ("sugar-free cola", "no_sugar cola"),
        ("oat drink no added sugar", "oat drink no_sugar"),
        ("alcohol-free beer", "non_alcoholic beer"),
        ("BEERALE -NON ALCOHOLIC", "beer ale non_alcoholic"),
        ("No. 1 potatoes", "potato"),
    ],
)
def test_a_negation_is_joined_to_its_word(title, read):
    assert one(tokens, title) == read


def test_accents_are_folded_and_null_is_empty():
    assert one(tokens, "Purée de pommes") == "puree de pomme"
    assert one(expand, None) == one(tokens, None) == ""


def test_index_and_order_are_kept():
    given = pd.Series(["EGGS", None, "EGGS"], index=[7, 3, 5])
    assert tokens(given).to_dict() == {7: "egg", 3: "", 5: "egg"}


def test_product_text_reads_the_title_first_and_skips_what_is_missing():
    products = pd.DataFrame(
        {
            "category": ["COFFEE", None],
            "department": ["GROCERY", "PRODUCE"],
            "title": ["Ground coffee 12 oz", "Bananas"],
        },
        index=["b", "a"],
    )
    text = product_text(products)
    assert text.to_dict() == {"b": "ground coffee coffee grocery", "a": "banana produce"}
    assert product_text(pd.DataFrame({"price": [1.0]})).tolist() == [""]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), st.sampled_from(SLOGANS))
def test_a_slogan_changes_no_token(words, slogan):
    title = " ".join(words)
    assume(slogan != "Green" or one(tokens, words[-1]) not in GREEN_GOODS)
    assert one(tokens, f"{title} {slogan}") == one(tokens, title)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
def test_tokens_of_tokens_are_the_same(words):
    once = one(tokens, " ".join(words))
    assert one(tokens, once) == once


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_gives_lower_case_words_with_single_spaces(texts):
    for text in tokens(pd.Series(texts, dtype="str")):
        assert text == text.strip()
        assert "  " not in text
        assert text == text.lower()


def test_what_is_kept_of_a_text_cannot_be_changed_by_who_reads_it():
    texts = pd.Series(["Large EGGS 12 ct", None])
    first = tokens(texts)
    first.iloc[0] = "changed"
    assert tokens(texts).tolist() == ["egg", ""]  # "large" is noise
    assert expand(texts).tolist() == ["large eggs 12 ct", ""]  # another reading of the same


def test_a_text_that_is_asked_for_again_is_read_once():
    texts = pd.Series(["a text that nothing else asks for"])
    tokens(texts)
    read = reading._changed.cache_info().misses
    tokens(texts)
    assert reading._changed.cache_info().misses == read
