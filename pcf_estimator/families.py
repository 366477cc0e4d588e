"""Families of food words: what a grocer knows and a small seed cannot teach.

"Gruyere" and "comte" share no letters, yet both are firm cheeses; "dried" does the same to an
apple and to an onion. Each line below names a family and its words, as general knowledge of foods
and not from any footprint; a word may stand in several. A family is one more thing that two
products can have in common, so what is learned from one word carries over to its relatives.
"""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

# family = words as `text.tokens` leaves them; a_b is the pair of words "a b"
FAMILIES = """
fresh cheese = ricotta cottage mascarpone mozzarella burrata bocconcini quark cream_cheese paneer queso
soft cheese = brie camembert feta halloumi limburger chevre goat_cheese
blue cheese = gorgonzola roquefort stilton blue_cheese
firm cheese = gruyere comte emmental swiss cheddar gouda edam manchego provolone fontina raclette colby jack muenster havarti
hard cheese = parmesan parmigiano grana padano pecorino romano asiago
dairy = milk cheese butter cream yogurt kefir buttermilk whey ricotta mozzarella cheddar parmesan custard ghee
milk fat = butter cream ghee mascarpone creme buttercream
ruminant meat = beef veal lamb mutton goat bison venison meatball hamburger corned brisket pastrami bolognese
pig meat = pork ham bacon prosciutto chorizo salami pepperoni bratwurst frankfurter bologna mortadella pancetta wiener kielbasa andouille
poultry = chicken turkey duck goose hen quail capon
meat = beef veal lamb pork ham bacon sausage chicken turkey duck prosciutto chorizo salami pepperoni meatball hamburger goat bison venison rabbit
egg = egg omelet mayonnaise meringue custard quiche
white fish = cod haddock pollock hake whiting ling monkfish grouper snapper rockfish flathead tilefish
flat fish = sole plaice flounder halibut turbot dab brill
salmon family = salmon trout char steelhead
oily small fish = herring sardine anchovy mackerel sprat pilchard
tuna family = tuna swordfish shark marlin bonito mahi albacore yellowfin skipjack
farmed freshwater fish = tilapia catfish carp swai pangasius barramundi perch pike eel
fish = cod haddock pollock hake sole plaice flounder halibut salmon trout herring sardine anchovy mackerel tuna swordfish tilapia catfish fish bass bream perch snapper
crustacean = shrimp crab lobster crayfish langoustine krill
bivalve = mussel oyster clam scallop cockle
cephalopod = squid octopus cuttlefish calamari
dried = dried dry dehydrated powder powdered instant freeze jerky raisin prune sultana
concentrated = paste concentrate extract bouillon cube puree condensed evaporated reduced
canned = canned can jarred tin
frozen = frozen ice
smoked or cured = smoked cured salted jerky gravlax lox salami prosciutto
breaded or fried = breaded fried battered nugget fritter tempura chip fries donut crispy
cooked = cooked roasted grilled baked ready rotisserie braised boiled
raw dough = dough crust puff phyllo
greenhouse = hothouse greenhouse
fruiting vegetable = tomato cucumber eggplant zucchini pepper okra
cabbage family = cabbage broccoli cauliflower kale brussels turnip kohlrabi radish rutabaga collard bok
leaf = lettuce spinach arugula chard endive radicchio watercress romaine iceberg mesclun
root = carrot beet parsnip celery turnip radish potato yam cassava celeriac salsify
bulb = onion garlic leek shallot scallion chive
mushroom = mushroom truffle shiitake portobello morel
pulse = bean lentil chickpea pea soybean edamame hummus falafel lupin
soy = soy tofu tempeh edamame soybean miso tvp
tree nut = almond walnut hazelnut cashew pistachio pecan macadamia chestnut praline marzipan
nut or seed = almond walnut hazelnut cashew pistachio pecan macadamia peanut sesame sunflower flaxseed chia pumpkin tahini pine
pome or stone fruit = apple pear quince peach nectarine plum cherry apricot
citrus = orange lemon lime grapefruit tangerine mandarin clementine kumquat pomelo
berry = strawberry raspberry blueberry blackberry cranberry currant gooseberry
tropical = banana mango papaya pineapple guava lychee passion coconut kiwi avocado dragon starfruit plantain persimmon pomegranate date fig
melon = melon watermelon cantaloupe honeydew
cocoa = chocolate cocoa brownie praline mocha truffle
stimulant = coffee tea espresso cappuccino latte matcha
rice = rice risotto paella sushi
wheat = wheat flour bread pasta couscous bulgur semolina seitan cracker noodle spaghetti macaroni bagel pita tortilla spelt farro
other grain = oat barley rye corn millet quinoa buckwheat sorghum amaranth polenta
butter pastry = croissant brioche shortbread puff pastry danish pie tart cake cookie muffin scone
sugar = sugar honey syrup molasses candy caramel jam jelly marmalade marshmallow fudge
sweet drink = soda cola lemonade punch juice nectar drink
water = water seltzer broth soup club
tropical oil = palm coconut
seed oil = canola sunflower soybean corn rapeseed grapeseed peanut sesame olive safflower flaxseed
fat = oil butter margarine lard shortening mayonnaise ghee tallow
beer and cider = beer ale lager cider stout
wine = wine champagne port sherry sangria vermouth marsala
spirit = whiskey rum vodka gin brandy liqueur tequila cognac
plant based = vegan vegetarian meatless veggie plant soy tofu
spice = pepper cinnamon cumin turmeric paprika nutmeg clove cardamom ginger saffron curry cayenne allspice vanilla
prime cut = steak tenderloin sirloin ribeye rib roast filet loin chop
lighter version = skim no_fat reduced light diet
rich = double triple heavy clotted full
coated or filled = filled coated covered frosted glazed stuffed topped cream iced
dark cocoa = dark bittersweet semisweet cocoa
shaped and seasoned = burger nugget sausage patty crumble cutlet meatball
sauce = sauce dressing dip gravy salsa ketchup mustard relish pesto
ready meal = dinner meal entree lasagna burrito casserole pizza sandwich
fermented = yogurt kefir skyr sauerkraut kimchi miso tempeh sourdough
whole grain = bran wholegrain oat granola muesli
long keeping = shelf stable uht canned jarred
sweet baked = cake cookie muffin donut brownie pie tart pastry croissant danish wafer biscuit
fillet = fillet boneless skinless
herb = basil oregano thyme rosemary sage parsley dill mint cilantro tarragon chive bay
"""  # noqa: E501


def _families_by_word() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for line in FAMILIES.strip().splitlines():
        family, words = line.split(" = ")
        for word in words.split():
            found.setdefault(word.replace("_", " "), []).append(family.replace(" ", "_"))
    return {word: " ".join(families) for word, families in found.items()}


FAMILIES_BY_WORD = _families_by_word()


def families(texts: pd.Series) -> pd.Series:
    """The families of each text's words and pairs of words, space separated; same index.

    >>> families(pd.Series(["comte", "blue cheese", "beef jerky", "soap"])).tolist()
    ['firm_cheese', 'dairy blue_cheese', 'ruminant_meat meat dried smoked_or_cured', '']
    """
    codes, distinct = pd.factorize(texts)
    found = [" ".join(_of(text.split())) for text in distinct]
    return pd.Series(found, dtype="str").take(codes).set_axis(texts.index)


def _of(words: list[str]) -> list[str]:
    pairs = [f"{first} {second}" for first, second in pairwise(words)]
    return [FAMILIES_BY_WORD[term] for term in words + pairs if term in FAMILIES_BY_WORD]
