"""Which device or durable a text names, if any, and what it says of size and storage.

A shop that sells laptops sells laptop bags, and a grocer sells TV dinners, phone cards and tablets.
So a kind is taken only where its own words stand in the title, nothing in the title makes it an
accessory, a toy, a medicine or food, and the shelf is none of those either. Missing a device costs
a spend figure; taking a bag for a laptop costs a hundredfold error.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pcf_estimator.devices.seed import storage_gb

# What comes with the thing is not the thing: "laptop with bag" is a laptop, "bag with laptop
# sleeve" is a bag.
EXTRAS = r"[ ,(+](with|w/|incl|including|includes|plus|bundle|\+|&)[ .].*$"
# These words make anything they stand beside something else.
NEVER = (
    r"\b(bags?|backpack|briefcases?|cases?|covers?|sleeves?|pouch(es)?|skins?|shells?|stickers?|decals?"
    r"|straps?|bands?|holders?|stands?|mounts?|brackets?|arms?|risers?|docks?|docking|hub|hubs"
    r"|chargers?|charging|cables?|cords?|cord|leads?|adapters?|adaptors?|batter(y|ies)|plugs?|sockets?"
    r"|protectors?|films?|tempered|filters?|privacy|refills?|refill|inks?|ribbons?"
    r"|paper|papers|labels?|wipes?|sprays?|cleaners?|cleaning|cloths?|lock|locks|hooks?|hangers?"
    r"|parts?|spares?|replacements?|repairs?|kits?|tools?|hinges?|keycaps?|fans?|coolers?|pads?|mats?"
    r"|remotes?|controllers?|headsets?|earphones?|headphones?|earbuds|games?|toys?|dolls?|puzzles?|lego"
    r"|models? kit|stylus|pens?|pencils?|erasers?|books?|magazines?|newspapers?|calendars?|cards?"
    r"|prepaid|minutes|airtime|plans?|warrant(y|ies)|insurance|rentals?|rent|tickets?|vouchers?|gift"
    r"|postcards?|posters?|frames?|ornaments?|decorations?|decorated|candles?|balloons?|costumes?|party"
    r"|cookies?|cakes?|cand(y|ies)|chocolates?|dinners?|entrees?|frozen|snacks?|gum|cereals?|foods?"
    r"|pizzas?|sauces?|drinks?|juices?|sodas?|meat|cheese|bread|tea|coffee|apples? (juice|sauce)"
    r"|mg|mcg|vitamins?|medicines?|pain|relief|aspirin|ibuprofen|antacids?|effervescent|chewable"
    r"|dishwashers?|detergents?|laundry|dogs?|cats?|pets?|baby|babies|infants?|kids|childrens?|child"
    r"|pretend|play|plush|miniature|dollhouse|retro|vintage|cutters?|moulds?|molds?|trays?|shaped"
    r"|tins?|boxe?s?|bin|bins|racks?|organi[sz]ers?|caddy|tidy|lamps?|lights?|bulbs?|mugs?|cushions?"
    r"|pillows?|towels?|signs?|keyrings?|magnets?|stamps?|charms?|jewell?ery|carts?"
    r"|software|antivirus|dvds?|cds?|video|videos|movies?|films?|slippers?|lizards?)\b"
)
# A shelf that sells no devices and no furniture, whatever a title on it says.
NO_SHELF = (
    r"grocer|frozen|dairy|deli\b|meat|produce|seafood|bakery|pastry|snack|candy|beverage|drink|food"
    r"|pharma|drugs|drug ?store|vitamin|medic|health|beauty|cosmetic|hygiene|baby|diaper"
    r"|pet\b|pets\b|dog|cat\b|stationery|greeting|card|magazine|book|toy|game|floral|garden|laundry|detergent|dish|clean"
    r"|tobacco|cigar|wine|beer|liquor|spirits|nutrition|salad|prepaid|photo|party|paper"
    r"|accessor|soap|cookware|candle"
)
INCHES = r"(\d{1,2}(?:\.\d{1,2})?) ?-?(?:inch(?:es)?\b|in\b|\"|''|”|″)"
GB = r"\d+ ?(gb|tb)\b"
SCREENS = (
    r"\b(led|lcd|ips|oled|va panel|displays?|curved|ultrawide|gaming|computer|pc|hdmi|displayport"
    r"|usb-?c|\d+ ?hz|1080p|full hd|fhd|qhd|uhd|wqhd|4k|5k|touchscreen|widescreen)\b"
)

# kind -> (its words, what else the title must hold, what it must not); first match holds. "" asks
# for nothing. `{}` in the second place is "a size in inches".
Rule = tuple[str, str, str, str]
RULES: tuple[Rule, ...] = (
    (
        "smartwatch",
        r"\bsmart ?watch(es)?\b|\bapple watch\b|\bpixel watch\b|\bgalaxy watch\b",
        "",
        "",
    ),
    (
        "smart speaker",
        r"\bsmart speakers?\b|\bhomepod\b|\bnest (mini|audio)\b|\becho dot\b",
        "",
        "",
    ),
    (
        "streaming player",
        r"\bchromecast\b|\bapple tv\b|\bfire tv stick\b|\bstreaming (stick|media player|player)\b",
        "",
        r"\bsubscription\b|\bapp\b",
    ),
    ("game console", r"\bxbox (series|one) [sx]\b|\b(gaming|game|video game) consoles?\b", "", ""),
    ("thin client", r"\bthin clients?\b|\bzero client\b", "", ""),
    (
        "laptop",
        r"\blaptops?\b|\bnotebook (pc|computer)s?\b|\bchromebooks?\b|\bmacbooks?\b|\bultrabooks?\b"
        r"|\b(elitebook|probook|zbook|thinkpad|ideapad|zenbook|vivobook)s?\b|\bsurface laptop\b",
        "",
        r"\b(desks?|tables?|speakers?|mouse|mice|keyboards?|memory|sodimm|screens? for|for laptops?"
        r"|printers?|scanners?|webcams?|monitors?|ssd upgrade|power suppl(y|ies))\b",
    ),
    (
        "all-in-one",
        r"\bimac\b|\ball[- ]in[- ]one (pc|computer|desktop)s?\b|\bsurface studio\b",
        "",
        r"\bprinters?\b",
    ),
    (
        "desktop",
        r"\bdesktop (pc|computer|workstation)s?\b|\b(mini|tower|gaming) pcs?\b"
        r"|\bpersonal computers?\b|\bmac (mini|pro|studio)\b"
        r"|\b(optiplex|thinkcentre|elitedesk|prodesk)\b",
        "",
        r"\b(monitors?|speakers?|mouse|mice|keyboards?|memory|printers?|desks?)\b",
    ),
    (
        "tablet",
        r"\bipads?\b|\bgalaxy tab\b|\bsurface (go|pro)\b|\bfire hd \d+"
        r"|\b(android|windows) tablets?\b|\btablet (pc|computer)s?\b|\btablet\b",
        rf"\bipads?\b|\bgalaxy tab\b|\bsurface\b|\bfire hd\b|\bandroid\b|\bwindows\b|\bpc\b"
        rf"|\bcomputers?\b|{GB}|{INCHES}|\bwi-?fi\b",
        r"\bkeyboards?\b|\bdrawing\b|\bgraphics\b|\btabs?\b \d+ (ct|pk)",
    ),
    (
        "smartphone",
        r"\bsmart ?phones?\b|\biphones?\b|\bandroid phones?\b|\bfairphone\b|\bgalaxy [sa]\d{2}\b"
        r"|\bpixel \d[a-z]?\b|\b(mobile|cell|cellular) phones?\b",
        "",
        r"\b(speakers?|lens|lenses|rings?|grips?|selfie|tripods?|printers?|watch|wallets?)\b",
    ),
    (
        "monitor",
        r"\bmonitors?\b",
        rf"{INCHES}|{SCREENS}",
        r"\b(heart|blood|glucose|pressure|oxygen|fetal|sleep|air|water|energy|power|studio|speakers?"
        r"|in-ear|video|security|rate|breathing|movement|carbon|stage|wireless)\b",
    ),
    ("set-top box", r"\bset[- ]top box(es)?\b", "", ""),
    (
        "printer",
        r"\b(laser|inkjet|laserjet|deskjet|officejet|photo|color|office) ?printers?\b"
        r"|\b(multifunction|all[- ]in[- ]one) (laser |inkjet |color )?printers?\b|\bprinters?\b",
        r"\blaser|\binkjet|jet\b|\bwi-?fi\b|\bwireless\b|\bduplex\b|\bprinters?$",
        r"\b(3d|labels?|receipt|toner|cartridges?|drum|thermal)\b",
    ),
    ("scanner", r"\b(document|photo|flatbed|film) scanners?\b", "", r"\bbarcodes?\b"),
    ("toner cartridge", r"\btoner cartridges?\b|\blaser toner\b", "", ""),
    (
        "hard drive",
        r"\bhard (disk )?drives?\b|\bhdd\b",
        GB,
        r"\benclosures?\b|\bcaddy\b",
    ),
    ("solid state drive", r"\bsolid[- ]state drives?\b|\bssd\b", GB, r"\benclosures?\b|\bcaddy\b"),
    ("security camera", r"\b(security|surveillance) cameras?\b|\bvideo doorbells?\b", "", ""),
    (
        "digital camera",
        r"\bdigital cameras?\b|\bdslr\b|\bmirrorless cameras?\b",
        "",
        r"\blens(es)?\b",
    ),
    ("thermostat", r"\b(smart|learning|programmable) thermostats?\b", "", ""),
    ("smoke alarm", r"\bsmoke (alarm|detector)s?\b", "", ""),
    ("router", r"\b(wi-?fi|wireless|broadband|internet) (mesh )?(routers?|gateways?)\b", "", ""),
    ("cordless phone", r"\bcordless (tele)?phones?\b|\bdect phones?\b", "", ""),
    (
        "keyboard",
        r"\b(computer|wireless|mechanical|usb|gaming|bluetooth|ergonomic) keyboards?\b",
        "",
        r"\bmouse\b|\bpianos?\b|\bmusic(al)?\b",
    ),
    (
        "computer mouse",
        r"\b(computer|wireless|optical|usb|gaming|bluetooth|cordless|ergonomic) mouse\b",
        "",
        r"\bkeyboards?\b|\btraps?\b|\bmickey\b",
    ),
    (
        "projector",
        r"\b(video|home cinema|led|lcd|dlp|portable) projectors?\b",
        "",
        r"\bstar\b|\bnight\b",
    ),
    (
        "vacuum cleaner",
        r"\b(canister|upright|stick|robot) vacuums?( cleaners?)?\b|\bvacuum cleaners?\b",
        "",
        "",
    ),
    ("air purifier", r"\bair purifiers?\b", "", r"\bfresheners?\b"),
    ("air conditioner", r"\bair conditioners?\b", "", r"\bhair\b"),
    (
        "tape measure",
        r"\btape measures?\b|\bmeasuring tapes?\b",
        r"\d ?(ft|feet|foot|m)\b",
        r"\bsewing\b|\btailor",
    ),
    ("jeans", r"\b(denim )?jeans\b", "", r"\bjackets?\b|\bshirts?\b|\bshorts\b|\bcola\b"),
    (
        "office chair",
        r"\b(office|desk|task|swivel|ergonomic|conference|visitor) chairs?\b",
        "",
        r"\bwheels?\b|\bcastors?\b|\bcasters?\b",
    ),
    (
        "desk",
        r"\b(office|computer|standing|writing|sit[- ]stand|height[- ]adjustable) desks?\b",
        "",
        "",
    ),
    ("storage cabinet", r"\b(office|filing|file|storage) cabinets?\b|\bcredenzas?\b", "", ""),
)
# Said of a device without changing what it is; read before anything else.
NEUTRAL = (
    r"\b(graphics|video|sound|wi-?fi|network) cards?\b|\btouch ?pad\b|\bbacklit keyboard\b"
    r"|\bled[- ]backl(it|ight)\b|\b\d+[- ]?(cell|wh) battery\b|\bcooling fan\b|\bupper arm\b"
    r"|\bfor (home|work|school|business|students?|office|everyday|college|use)\b"
)


def device_kinds(products: pd.DataFrame) -> pd.Series:
    """The kind of device or durable each product is, "" for everything else; same index.

    Reads `title`, `product_type`, `category` and `department`, those that are there. A kind's words
    stand in the title; where a product has none, in its type.

    >>> device_kinds(
    ...     pd.DataFrame({"title": ["HP EliteBook 840 14 inch laptop", "Laptop bag", "Phone card"]})
    ... ).tolist()
    ['laptop', '', '']
    """
    name, shelf = _name(products), _shelf(products)
    key = pd.MultiIndex.from_arrays([name, shelf])
    code, distinct = pd.factorize(key)
    names = pd.Series(distinct.get_level_values(0), dtype="str")
    shelves = pd.Series(distinct.get_level_values(1), dtype="str")
    return pd.Series(_kinds(names, shelves)[code], index=products.index, dtype="str")


def device_attributes(products: pd.DataFrame) -> pd.DataFrame:
    """`mass_kg`, `screen_inch` and `storage_gb` of each product, NaN where not said; same index.

    Screen and storage come from the title, the mass from `net_mass_kg`, else from the title.

    >>> device_attributes(pd.DataFrame({"title": ['13.3" laptop 8GB 256 GB SSD, 1.2 kg']}))
       mass_kg  screen_inch  storage_gb
    0      1.2         13.3       256.0
    """
    name = _name(products)
    code, distinct = pd.factorize(name)
    text = pd.Series(distinct, dtype="str")
    screen = text.str.extract(INCHES)[0].astype("float64")
    kilograms = text.str.extract(r"(?<![\d.])(\d+(?:\.\d+)?) ?(kg|g)\b")
    mass: pd.Series = kilograms[0].astype("float64") * np.where(kilograms[1] == "g", 1e-3, 1.0)
    found = pd.DataFrame(
        {
            "mass_kg": mass.where(mass > 0),
            "screen_inch": screen.where(screen.between(1, 100)),
            "storage_gb": storage_gb(text),
        }
    )
    answer = found.take(code).set_axis(products.index)
    if "net_mass_kg" in products:
        given = products["net_mass_kg"].astype("float64")
        answer["mass_kg"] = given.where(given > 0).fillna(answer["mass_kg"])
    return answer


def device_names(products: pd.DataFrame) -> pd.Series:
    """The title of each product, or its type where it has none, lower case; same index."""
    return _name(products)


def _kinds(names: pd.Series, shelves: pd.Series) -> np.ndarray:
    text = pc.replace_substring_regex(pa.array(names, type=pa.string()), NEUTRAL, " ")
    # "for iPhone" is for one
    shut = _has(text, r"\b(for|fits|compatible)\b")
    shut |= _has(pa.array(shelves, type=pa.string()), NO_SHELF)
    text = pc.replace_substring_regex(text, EXTRAS, " ")
    kind = np.full(len(names), "", dtype=object)
    rows = np.flatnonzero(~shut)
    for name, words, needs, never in RULES:
        here = rows[_has(text.take(pa.array(rows)), words)]
        found = text.take(pa.array(here))
        # a vacuum cleaner is no cleaner: what makes it something else stands beside its own words
        beside = pc.replace_substring_regex(found, words, " ")
        fits = ~_has(beside, NEVER)
        if needs:
            fits &= _has(found, needs)
        if never:
            fits &= ~_has(beside, never)
        kind[here[fits & (kind[here] == "")]] = name
    return kind


def _has(text: pa.Array, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(text, pattern).to_numpy(zero_copy_only=False), bool)


def _name(products: pd.DataFrame) -> pd.Series:
    title, kind = _column(products, "title"), _column(products, "product_type")
    return title.where(title != "", kind)


def _shelf(products: pd.DataFrame) -> pd.Series:
    shelf = _column(products, "department") + " / " + _column(products, "category")
    title, kind = _column(products, "title"), _column(products, "product_type")
    return shelf + (" / " + kind).where(title != "", "")


def _column(products: pd.DataFrame, name: str) -> pd.Series:
    if name not in products:
        return pd.Series("", index=products.index, dtype="str")
    text = products[name].astype("str").fillna("").str.lower()
    return text.str.replace(r"\s+", " ", regex=True).str.strip()
