"""A small picture for what a product is for: symbols of the font that the app itself carries.

The symbol is chosen by need, else by the words of the department; never from a product's own text.
"""

from __future__ import annotations

import re

PLAIN = "shopping_basket"
# The first pattern that a need holds gives the symbol; then the first that the department holds.
BY_NEED = (
    ("infant|baby|diaper", "child_care"),
    ("relief|vitamin|first aid|medicine|quitting|nutrition drink|care$|sleep aid", "healing"),
    ("cat |dog |bird |pet ", "pets"),
    ("milk|cream|yogurt|butter|eggnog", "water_full"),
    ("egg", "egg"),
    ("cheese", "lunch_dining"),
    ("beer|wine|spirit", "liquor"),
    ("cocktail", "local_bar"),
    ("hot drink|cocoa|coffee", "local_cafe"),
    ("soft drink|juice|water|drink|^ice$", "local_drink"),
    ("pizza", "local_pizza"),
    ("fish|seafood|sushi", "set_meal"),
    ("protein|meat|ham$|sausage|burger|chicken|turkey", "kebab_dining"),
    ("breakfast cereal|pancake|waffle|oat", "breakfast_dining"),
    ("bread|bun|roll|tortilla|toast|cracker|dough|crust", "bakery_dining"),
    ("cake|cookie|pie|frosting|baking|flour|dessert mix", "cake"),
    ("frozen dessert|ice cream|whipped", "icecream"),
    ("candy|gum|chilled dessert|syrup|sweetener|snack bar", "cookie"),
    ("snack|dip|popcorn|nuts", "fastfood"),
    ("soup|broth|noodle|pasta|rice|potato|side|stuffing", "ramen_dining"),
    ("meal|dinner|lunch|sandwich|prepared|taco", "dinner_dining"),
    ("fruit|vegetable|salad|onion|tomato|avocado|beans|pickles|lemon", "nutrition"),
    ("sauce|dressing|condiment|season|mustard|vinegar|spread|fat|gravy", "soup_kitchen"),
    ("laundry|fabric|stain", "local_laundry_service"),
    ("dish", "dishwasher_gen"),
    ("clean|polish|air fresh|insect", "cleaning_services"),
    ("paper|tissue|wip|toilet", "receipt_long"),
    ("hair|body|hand|tooth|mouth|shav|skin|face|lip|underarm|make-up|period|fragrance", "soap"),
    ("bulb", "lightbulb"),
    ("batter", "battery_full"),
    ("flower|plant", "local_florist"),
    ("bag|wrapp|container|foil|disposable|cup|plate|cutlery|filter|pan", "takeout_dining"),
    ("fuel|candle", "local_fire_department"),
    ("card|stationery|gift|school", "mail"),
)
BY_DEPARTMENT = (
    ("produce|salad", "nutrition"),
    ("meat", "kebab_dining"),
    ("seafood", "set_meal"),
    ("deli", "lunch_dining"),
    ("pastry|bak", "bakery_dining"),
    ("spirit|wine|beer", "liquor"),
    ("drug|pharm", "medication"),
    ("cosmetic|beauty", "soap"),
    ("nutrition|health", "spa"),
    ("floral|garden", "local_florist"),
    ("frozen", "ac_unit"),
)


def symbol(need: object, department: object = "") -> str:
    """The symbol's name for a need in a department.

    >>> symbol("breakfast bread"), symbol("other: toys", "DRUG GM"), symbol("other: toys")
    ('bakery_dining', 'medication', 'shopping_basket')
    """
    for table, text in ((BY_NEED, need), (BY_DEPARTMENT, department)):
        words = str(text).casefold()
        for pattern, name in table:
            if re.search(pattern, words):
                return name
    return PLAIN


def icon(need: object, department: object = "") -> str:
    """The symbol as Markdown draws it, in grey: it says nothing that the words do not."""
    return f":gray[:material/{symbol(need, department)}:]"
