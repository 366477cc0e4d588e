"""Product text: trade abbreviations become words, and words become the tokens that models read.

A till writes "FRZN SS PREMIUM ENTREES/DNRS/N"; a person says "frozen single serve premium entrees
dinners". Every step is one pass over the distinct texts or the distinct words of a column.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def _words(text: str) -> list[str]:
    return text.split()


# Read in this order: what a product is called first, then the shelf it stands on.
NAME_COLUMNS = ("title", "concept", "product_type", "type")
SHELF_COLUMNS = ("category", "department")
FEW = 4_000  # distinct texts whose reading is kept: a shelf's

# Before the text is cut into words: truncations, run-together words, and letters that mean a word
# only in their place. The patterns are RE2, on lower-case text, applied in order.
PHRASES = (
    (r"[’`´]", "'"),
    (r"pure juice - o$", "pure orange juice"),
    (r"beeralemalt", "beer ale malt"),
    (r"beerale\b", "beer ale"),
    (r"saucessalsapicantee", "sauces salsa picante"),
    (r"spicessalsapickling", "spices salsa pickling"),
    (r"ctlrytblclthstthpksst", "cutlery tablecloths toothpicks straws"),
    (r"blublkrasp", "blueberries blackberries raspberries"),
    (r"grapesfigse\w*", "grapes figs"),
    (r"crabetc", "crab"),
    (r"saranetc\.?", "cling film"),
    (r"jarslidsutensils\w*", "jars lids utensils"),
    (r"bourbonwhiskeysour", "bourbon whiskey sour"),
    (r"\bgreen \(nat dish&lndry\w*.*", "dish and laundry detergent"),
    (r"\bco\.? ?2e?\b", ""),
    (r"\bmac ?& ?(chs|cheese)", "macaroni and cheese"),
    (r"\bcan (cat|dog)", r"canned \1"),
    (r"\bcan car\b", "can carbonated"),
    (r"\bbrd/cv\b", "board cover"),
    (r"\b(low|net|no|zero)[- ]carbs?\b", "low carbohydrate"),
    (r"\bnon[- ]rw\b|\brw\b", " "),
    (r"\bfrz[- ]iqf\b", "frozen"),
    (r"\bbreaders/btr\b", "breaders batter"),
    (r"mixers\(", "mixers "),
    (r"\bdressing may$", "dressing mayonnaise"),
    (r"\bstk deod", "stick deod"),
    (r"\bchick[- ]?pea", "chickpea"),
    (r"\bvalue added\b", "prepared"),
    (r"\bdairy case\b", "dairy"),
    (r"\bno\.? ?(\d)", r"\1"),
    (r"\bcatfd\b", "cat food"),
    (r"\bdogfd\b", "dog food"),
    (r"cat ?chow/\S*", ""),
    (r"\bpnch/oj\b", "punch orange juice"),
    (r"\boj\b", "orange juice"),
    (r"\btv dinner", "frozen dinner"),
    (r"\bready[- ]?to[- ]?(serve|eat|drink)", r"ready to \1"),
    # a drink with little juice in it is no juice
    (r"\(?(under \d+ ?%( ju?i?c?e?\b)?|\d+ ?% and u\w*( ju?i?ce?)?|no ju)\)?", " juice drink "),
    (r"\(?over \d+ ?%[^)]*\)?", " "),
    (r"\(?\d+ under p\w*\)?", " "),
    (r"\(?\(?any btl not.*$", " "),
    (r"[ (]+(except|excpt?|excep?|exce?|ex|not)[ :].*$", " "),
    (r"-except.*$", " "),
    (r"\([^)]*$", " "),  # cut off inside brackets: brands and other fragments
    (r"\((ritz|alpo|terra|trix|gr|ew|n)\b[^)]*\)", " "),
    (r"\bw/o\b", " without "),
    (r"\bw/", " with "),
    (r"\b(n/a|non[- ]?aero\w*) deod", "non aerosol deod"),
    (r"\bn/meat", "non meat"),
    (r"\bn/carb", "non carb"),
    (r"\bh ?& ?b\b|\bhbc\b|\bhba\b", "health and beauty"),
    (r"\ball[- ]purpose\b", "all purpose"),
    (r"\bpost-it\b", "sticky notes"),
    (r"\bsemi[- ]?skimmed\b", "semi skimmed"),
    (r"\b(orange juice) subs\b", r"\1 drink"),
    (r"&", " and "),
    (r"(\p{L})'s\b", r"\1s"),
    (r"(\p{L})'(\p{L})", r"\1\2"),
    (r"(\d)\s*%", r"\1 percent "),
    (r"(\d)(\p{L})", r"\1 \2"),
    (r"(\d)[.,](\d)", r"\1.\2"),
    (r"[^\p{L}\p{N}._]+", " "),
    (r"\.(\D|$)", r" \1"),
    (r"(^|\D)\.", r"\1 "),
    (r"\b(pac|pak|pack) (nuts?)\b", r"packed \2"),
)
# "meaning = abbreviations"; only what cannot be another word by itself.
ABBREVIATIONS = """
accessories = access acc accss accssries; accessory = accessry; activation = activati; ammonia =
ammon; appetizers = appetzrs; aseptic = asceptic; bags = ba bg; baked = bkd; bandages = bndges;
barbecue = bbq barbeque; bean = bn; beans = bns; belly = bly; beverage = bev; beverages = bevs
beverag; bottle = btl; bottles = btls; bread = br; breaded = brd brded; breading = brdg; breakfast
= brkfst bkfst; breast = brst; brisket = brskt; bunches = bunchs; butter = btr; cakes = cke;
candles = cndles; candy = cndy; canned = cnd tinned; carbonated = crbntd crbnted carb; celebration
= clbrtn; cheese = chs chse; chicken = chix chick chk; children = childrens; chili = chilli;
chilies = chillies; chips = crisps; chocolate = chococlate choc chocol chocola choclate; chop =
chp; christmas = xmas; cilantro = cilanto coriander; cleaner = cleane; cleaners = clnrs; cleaning =
cleang; cleanser = clnsr; coating = coatng; cocktails = cktls; cocoa = coco; coffee = coff coffe;
color = colour; concentrate = conc; condensed = cndsd; container = containr; containers =
containrs; control = cntrl; cookies = ckys cooki cky; crab = crabmeat; cracker = crkr cracke;
creamed = crmd; creams = crms; crystal = crystl; crystals = crystls; cube steak = cubesteak;
custards = crstdas; cutlery = ctlry; dairy = dair; danish = dan; decaffeinated = decaf decaff
decaffinated; deodorant = deod; deodorants = deods; department = dept; depilatories = dipilatories;
dessert = desse; detergent = detrgnt dete; diaper = nappy; diapers = nappies; dinner = dnr; dinners
= dnrs; dips = dps; dish = dsh; disposable = disposible; dressing = drsng; dressings = drsngs;
drink = drnk drk; drinking = drnking drnkng drnkingw; drinks = drnks drks; drop = drp; eggplant =
aubergine aubergines; elastic = elstc; exact = xct; expectorant = xpctrnt; feminine = fem; flank =
flnk; flavor = flvr flavour fla; flavored = flvrd flav flvd flv flavoured; flavors = flavours; food
= fd; foods = fds fods; frames = frms; french = fs; fresh = fre; fried = frd; frozen = frz frzn;
fruit = frt; fruits = frts; ginger = gng gngr; goods = gds; ground = grnd; half = hlf; hamburger =
hmbrgr; handkerchiefs = handke; holiday = holdiay; horseradish = horseradis; hydrocortisone =
hydrocortizone; hygiene = hygn hyg; included = incl includi including; individually frozen = iqf;
individually wrapped slices = iws; instant = inst; juice = jce jui jc juic; ketchup = catsup;
laundry = lndry laundr; liniments = linaments; liquid = liq; liquids = liqs; loin = ln; lotion =
ltn; lozenge = lozng; lunch meat = lunchmeat lnchmt; luncheon meat = luncheonmeat; macaroni = mac;
machine = mach; marinade = marin marinad; marinades = marinads; mayonnaise = mayo;
memorabilia = memorablilia; men = mens; microwave = mw; milk = mlk; mineral = mnr mnrl mneral
minrl; miscellaneous = misc; mix = mx; mixes = mxs mixs; moisturizer = moisturiser; multiple = mult
multi mlt; mushrooms = mshrms; mustard = mustar; non chocolate = nonchocolate; non dairy = ndairy;
nutritional = ntrtnl; orange = orng; package = pkg; packed = pkgd; peanut = pnt pnut; peppers =
ppprs; picante = pican; pickled = pkld pickld; plastic = plstc; plate = plt; popcorn = popcrn; pork
= prk; portion = porton houseplay; potatoes = ptato; powder = pwdr; powders = pwdrs; premium =
prem; prepacked = prepack prpck ppk; prepared = prep; preportioned = preportnd; presliced = prslc
presliced preslc preslcd; products = produc prod; protein = protien; quick service = qsr; ready to
drink = rtd; ready to eat = rte; ready to serve = rts; refresher = refreshr; refrigerated =
refrgratd refrig refri refigerated rfg; retail = retl; rice = ric; salad = sal sld sald; sandwich =
sndwch sandwic sandw; sandwiches = sndwchs; sauce = sce; sausage = saus; seafood = seafd; section =
sect; semi sweet = smi; serve = sv srv; service = serv; serving = srving; shank = shnk; shellfish =
shlfsh; sherbets = sherbts; shrimp = prawn prawns; single = sgl sngl; single serve = ss; slice =
slc; smoked = smkd; snacks = snks; soft = sft; specialty = spec specilaty speciality; spread =
sprd; steak = stk; steak sauce = steaksauce; stew = stw; store = instore; strip = strp; substitutes
= subst; sugar = sgr; sulfate = sulphate; super = sup; supplements = supplemen supp suppl; supplies
= suppplies supplie; supply = sply; support = suprt; sweet = sw swt; sweetener = swe swee sug;
sweeteners = sweetners; syrup = syrp; tablets = tabs; tennessee = tn; tissue = tiss; toothbrush =
tthbrsh; tortilla = tort; trash = trsh; undergarments = undergarmen; vacuum = vac; vegetable = veg;
vending = vend; vinegar = vngr; warehouse = whlsm; water = wtr wate wat minwtr; weight = wt; whole
= whl wh; without = wo; women = womens; worcestershire = worchester worcester; wraps = wra; yogurt
= yoghurt; yogurts = yoghurts; zucchini = courgette courgettes
"""
EXPANSIONS = {
    short: meaning.strip()
    for entry in ABBREVIATIONS.replace("\n", " ").split(";")
    for meaning, shorts in [entry.split("=")]
    for short in _words(shorts)
}
# fragments that a fixed width left behind; a vitamin's letter is a word, other single letters none
FRAGMENTS = "et otyher otyhe excp excpt sh ov exa klr saltice ore e s n t h o v p b f g q r x u"
EXPANSIONS.update(dict.fromkeys(_words(FRAGMENTS), ""))

# Words that sell and do not tell: their presence never changes what a product is.
MARKETING = frozenset(
    _words(
        """
        artisan artisanal authentic basic best better biodegradable bio brand budget choice
        classic climate conscious deluxe discount eco ecological economy environmentally ethical
        everyday exclusive extra fair fairtrade famous favorite finest friendly friend gourmet
        great healthy homemade homestyle improved luxury mainstream natural naturally new organic
        organically organics original planet platinum popular premium prime quality real
        recyclable recycled responsible sale select selected special specialty standard super
        superb superior sustainable sustainably tasty traditional trusted ultimate ultra value
        vendor wholesome
        """
    )
)
NOISE = frozenset(
    _words(
        """
        a all an and any approx as assorted at by etc for from in including included into is it
        its kind l cl dl g miscellaneous more of on only or other others our over per plus product
        products s supplier than the this to type types under up variety various with you your bulk
        carton
        count ct dozen each ea exact gallon gal giant gram grams jumbo kg kilo large lb lbs liter
        liters litre litres lt ltr medium ml multi multipack multiple ounce ounces oz pack packed
        packs pail pails percent piece pieces pint pints pk pound pounds quart quarts random serve
        serves serving servings single singles size sizes small weight
        """
    )
)
SLOGANS = (
    r"\b((carbon|climate|co2) (neutral|positive|negative|zero|free)|(net|carbon) zero|zero waste|"
    r"low carbon|plastic free|(responsibly|ethically|locally|sustainably) \w+ed|compostable)\b"
)
# "green" is a sort of these, and a slogan before anything else
GREEN_GOODS = "bean bell cabbage chile chili grape lentil onion pea pepper plantain split tea"
SINGULAR = {
    word: singular
    for pair in _words(
        """
        halves:half leaves:leaf loaves:loaf knives:knife calves:calf shelves:shelf chilies:chili
        chiles:chili cookies:cookie brownies:brownie pies:pie smoothies:smoothie
        veggies:vegetable calories:calorie movies:movie dies:die ties:tie wipes:wipe axes:axe
        shoes:shoe toes:toe canoes:canoe quiches:quiche caches:cache headaches:headache
        aches:ache toothaches:toothache mice:mouse teeth:tooth feet:foot women:woman men:man
        children:child geese:goose veges:vegetable foodstuffs:foodstuff loave:loaf cds:cd
        dvds:dvd tvs:tv pjs:pj sundaes:sundae species:species series:series pastries:pastry
        gases:gas lenses:lens buses:bus citruses:citrus molasses:molasses douches:douche
        thermos:thermos
        """
    )
    for word, singular in [pair.split(":")]
}
UNCHANGED = frozenset(
    _words(
        """
        fries greens grits swiss brussels couscous hummus asparagus citrus molasses bass lens gas
        christmas haas bias atlas canvas news chess texas lays his whereas pancreas sans tapas sus
        jus anis schnapps crocus cactus hibiscus octopus rooibos status virus bonus focus plus bus
        """
    )
)


def expand(texts: pd.Series) -> pd.Series:
    """The texts with trade abbreviations as plain lower-case words that a person can read.

    Numbers stay; brackets that the till cut short go, since they hold brands and half words. Null
    becomes "". Same index, one text per text.

    >>> expand(pd.Series(["FRZN SS PREMIUM ENTREES/DNRS/N", "BEERALEMALT LIQUORS", None])).tolist()
    ['frozen single serve premium entrees dinners', 'beer ale malt liquors', '']
    """
    return _over_distinct(texts, _expand)


def tokens(texts: pd.Series) -> pd.Series:
    """What models and matchers read: expanded, singular words, space separated.

    Numbers, pack sizes and marketing words are gone, so that "premium organic eggs 12 ct" and
    "egg" are the same; a negation is joined to its word, so that "dairy" is not found in
    "non_dairy". Applying it twice changes nothing.

    >>> tokens(
    ...     pd.Series(["Premium organic EGGS 12 CT", "non-dairy creamer without sugar"])
    ... ).tolist()
    ['egg', 'non_dairy creamer no_sugar']
    """
    return _over_distinct(texts, _tokens)


def product_text(products: pd.DataFrame) -> pd.Series:
    """Tokens of each product's title, type, category and department, in that order.

    Columns that are missing and values that are null count as empty. `concept` and `type`, the
    seed table's names, are read as title and product type.

    >>> product_text(pd.DataFrame({"category": ["EGGS"], "title": ["Large eggs"]})).tolist()
    ['egg egg']
    """
    return joined_tokens(products, NAME_COLUMNS + SHELF_COLUMNS)


def joined_tokens(
    products: pd.DataFrame, columns: tuple[str, ...], between: str = " "
) -> pd.Series:
    """Tokens of the named columns, those that are there, one after the other: one text a product.

    >>> joined_tokens(
    ...     pd.DataFrame({"category": ["EGGS"], "title": ["Eggs"]}), SHELF_COLUMNS
    ... ).tolist()
    ['egg']
    """
    joined = pd.Series("", index=products.index, dtype="str")
    for column in columns:
        if column in products:
            text = tokens(products[column])
            gap = np.where((joined != "") & (text != ""), between, "")
            joined = joined + gap + text
    return joined


def keep_words(texts: pd.Series, words: Collection[str]) -> pd.Series:
    """The texts without the words that are not among `words`; same index.

    >>> keep_words(pd.Series(["acme whole milk"]), {"milk", "whole"}).tolist()
    ['whole milk']
    """
    return _over_distinct(
        texts, lambda given: _map_words(given, lambda word: word if word in words else "")
    )


def _over_distinct(texts: pd.Series, change: Callable[[pa.Array], pa.Array]) -> pd.Series:
    codes, distinct = pd.factorize(texts.astype("str"))  # null has code -1: it reads ""
    given = (*distinct, "")
    # one product's few texts are read again and again, and compiling the patterns takes long
    kept = len(given) <= FEW and change in (_expand, _tokens)
    changed = _changed(change, given) if kept else _change(change, given)
    return pd.Series(changed[codes], index=texts.index, dtype="str", name=texts.name)


def _change(change: Callable[[pa.Array], pa.Array], given: tuple[str, ...]) -> np.ndarray:
    changed = change(pa.array(given, type=pa.string())).to_pylist()
    return np.asarray(changed, dtype=object)


@lru_cache(maxsize=64)
def _changed(change: Callable[[pa.Array], pa.Array], given: tuple[str, ...]) -> np.ndarray:
    return _change(change, given)


def _expand(given: pa.Array) -> pa.Array:
    text = pc.utf8_lower(pc.utf8_normalize(given, form="NFKD"))
    text = pc.replace_substring_regex(text, r"\p{M}", "")  # purée is puree
    for pattern, meaning in PHRASES:
        text = pc.replace_substring_regex(text, pattern, meaning)
    return _map_words(text, lambda word: EXPANSIONS.get(word, word))


def _tokens(given: pa.Array) -> pa.Array:
    text = _expand(given)
    # who sells it is no word for what it is
    text = pc.replace_substring_regex(text, r"\b(house|own|store) (brand|label)\b", " ")
    text = pc.replace_substring_regex(text, SLOGANS, " ")
    text = pc.replace_substring_regex(text, r"\b[\d.]+\b", " ")
    text = _map_words(text, _singular)
    goods = GREEN_GOODS.replace(" ", "|")
    for pattern, meaning in (
        # tills say "beans green"; behind a whole name the word praises
        (rf"^({goods}) green\b", r"green_ \1"),
        (rf"\bgreen ({goods})\b", r"green_ \1"),
        (r"\bgreen\b", " "),
        (r"\bgreen_ ", "green "),
    ):
        text = pc.replace_substring_regex(text, pattern, meaning)
    text = _map_words(text, lambda word: "" if word in MARKETING or word in NOISE else word)
    for pattern, meaning in (
        (r"\b(free|cage|grass) (range|free|fed)\b", " "),
        (r"\b(non|no|without) added ", "without "),
        (r"\b(alcohol free|(non|without|no) alcohol(ic)?)\b", "non_alcoholic"),
        (r"\b(dairy free|(non|without|no) dairy)\b", "non_dairy"),
        (r"\bnon (\w+)\b", r"non_\1"),
        (r"\b(without|no|not) (\w+)\b", r"no_\2"),
        (
            r"\b(sugar|fat|gluten|lactose|salt|meat|egg|nut|caffeine|fragrance|scent) free\b",
            r"no_\1",
        ),
    ):
        text = pc.replace_substring_regex(text, pattern, meaning)
    return _map_words(text, lambda word: word)


def _map_words(text: pa.Array, change: Callable[[str], str]) -> pa.Array:
    """Each text with `change` applied to its words, each distinct word once; "" drops a word."""
    words = pc.utf8_split_whitespace(text)
    encoded = pc.dictionary_encode(words.flatten())
    changed = pa.array([change(word) for word in encoded.dictionary.to_pylist()], type=pa.string())
    new = pc.take(changed, encoded.indices)
    rebuilt = pa.ListArray.from_arrays(words.offsets, new)
    joined = pc.binary_join(rebuilt, " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(joined, r"\s+", " "))


def _singular(word: str) -> str:
    if word in SINGULAR:
        return SINGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word in UNCHANGED:
        return word
    if word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "oes", "zzes")):
        return word[:-2]
    return word[:-1]
