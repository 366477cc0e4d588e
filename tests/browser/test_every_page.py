"""Every page, found by listing the folder: open to everyone, whole at each width, and harmless."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from recommender.app_server import page_files

pytestmark = pytest.mark.browser
PAGES = [file.stem for file in page_files()]
# Starting links beside the bare page: where there is more to see, or a hostile name to read.
LINKS = {
    "shop": ["everyone=true"],
    "footprints": ["product=p000", "find=right+to+left"],
    "evidence": [
        "question=Are+the+carbon+cuts+real?",
        "question=What+would+it+change?",
        "question=What+did+it+change?",
        "question=The+whole+backtest",
        "question=Method",
        "question=Data+and+licences",
    ],
    "merchandise": ["view=Suppliers", "view=Segments", "view=What+if", "climate=0.33"],
}
SETTLES = 40  # quarters of a second that a busy machine may take to draw its charts anew
WIDTHS = (1440, 768, 390)
GRAVE = ("serious", "critical")
DRAWN = """() => document.querySelector('[data-testid=stApp]')
    ?.getAttribute('data-test-script-state') === 'notRunning' && document.querySelector('h1')
    && !document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')"""
UNFOLD = """() => document.querySelectorAll('details:not([open]) > summary')
    .forEach(summary => summary.click())"""
# Text cut off by a box around it or by the window, and boxes that scroll sideways; not in tables.
CUT_OFF = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    const tables = 'table, [data-testid=stDataFrame], [data-testid=stTable], code, pre, .katex';
    const found = new Set();
    if (main.scrollWidth > main.clientWidth + 1) found.add('the page scrolls sideways');
    const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const holder = walk.currentNode.parentElement;
        const seen = holder.checkVisibility({opacityProperty: true, visibilityProperty: true});
        if (!seen || !walk.currentNode.data.trim() || holder.closest(tables)) continue;
        const range = document.createRange();
        range.selectNodeContents(walk.currentNode);
        for (const text of range.getClientRects()) {
            let cut = text.right > innerWidth + 1 || text.left < -1;
            // a turned title's line is taller than its letters
            const room = holder.closest('svg') ? 4 : 1;
            for (let box = holder; box !== main; box = box.parentElement) {
                const edge = box.getBoundingClientRect(), style = getComputedStyle(box);
                // a box of one pixel holds words for screen readers alone
                if (edge.width <= 1 || edge.height <= 1) { cut = false; break; }
                if (style.overflowX !== 'visible')
                    cut ||= text.right > edge.right + room || text.left < edge.left - room;
                if (['hidden', 'clip'].includes(style.overflowY))
                    cut ||= text.bottom > edge.bottom + 4 || text.top < edge.top - 4;
            }
            if (cut) found.add(walk.currentNode.data.trim().slice(0, 60));
        }
    }
    return [...found];
}"""
# Keeps every control that can be seen, and how each place that can hold the focus looks without it.
LIST_CONTROLS = """() => {
    const seen = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true});
    // a table's own tools appear over it with the pointer; its keys are those of a grid
    const apart = '[data-testid=stElementToolbar], [data-testid=stDataFrame]';
    window.look = e => [e, ...e.children, e.parentElement, ...e.parentElement.children,
        e.parentElement.parentElement, e.closest('label')].filter(Boolean).map(part => {
            const s = getComputedStyle(part);
            return [s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.color,
                s.textDecoration].join();
        }).join('|');
    window.controls = [...document.querySelectorAll('a[href], button, input, textarea, select, '
        + 'summary, [role=slider], [role=tab], [role=button], [role=radio], [role=combobox]')]
        .filter(e => seen(e) && !e.disabled && !e.closest(apart)
            && !e.closest('[aria-hidden=true]') && !e.dataset.testid?.includes('InputStep'));
    window.reached = new Set();
    window.unlit = new Set();
    window.unfocused = new Map([...document.querySelectorAll('*')]
        .filter(e => e.tabIndex >= 0 && seen(e)).map(e => [e, look(e)]));
    return window.controls.length;
}"""
NOTE_FOCUS = """() => {
    const here = document.activeElement;
    if (here === document.body) return 'left';
    // a table lights its cells, on a canvas; the main part holds the focus only to be scrolled
    const apart = here.closest('[data-testid=stDataFrame]') || here.id === 'stMain';
    window.reached.add(here);
    if (!apart && look(here) === window.unfocused.get(here)) window.unlit.add(here);
    else window.unlit.delete(here);
    return window.unlit.has(here) ? 'unlit' : 'lit';
}"""
NOT_REACHED = """() => {
    // arrow keys lead on from a tab or a radio button, and open what a combobox holds
    const group = e => e.closest('[role=tablist], [role=radiogroup], [role=toolbar], '
        + '[role=group]:has([role=combobox])') || e;
    const groups = new Set([...window.reached].map(group));
    const named = e => `${e.tagName} ${e.getAttribute('aria-label') || e.innerText || e.type}`;
    return [window.controls.filter(e => !groups.has(group(e))).map(named),
        [...window.unlit].map(named)];
}"""
# What the hostile names would have become, were they read as more than letters.
COME_TRUE = """() => {
    const main = document.querySelector('[data-testid=stMain]');
    const bold = [...main.querySelectorAll('strong, em, span[style]')].map(e => e.innerText);
    const icons = [...main.querySelectorAll('[data-testid=stIconMaterial]')].map(e => e.innerText);
    const formulas = [...main.querySelectorAll('.katex annotation')].map(e => e.textContent);
    return [main.querySelectorAll('img[src="x"], a[href*=example], a[href^=mailto]').length,
        bold.filter(text => ['b', 'r'].includes(text)).length,
        icons.filter(name => name === 'home').length,
        formulas.filter(text => text.trim() === '\\\\alpha').length];
}"""
LONGEST_SHOWN = """() => Math.max(0, ...(document.body.innerText.match(/W+/g) || [])
    .map(word => word.length))"""


def views(page, address: str, name: str, links: bool = True):
    """Opens the page by each of its links, goes through its tabs, and unfolds what is folded."""
    for link in ["", *(LINKS.get(name, []) if links else [])]:
        page.goto(f"{address}/{'' if name == 'shop' else name}?{link}")  # Shop is the first page
        page.get_by_role("heading", level=1).wait_for()
        settle(page)
        yield link or "bare"
        tabs = page.get_by_role("tablist").first.get_by_role("tab", selected=False)
        if not link and page.get_by_role("tablist").count():
            for tab in tabs.all_inner_texts():
                page.get_by_role("tab", name=tab, exact=True).click()
                settle(page)
                yield tab


def settle(page) -> None:
    page.wait_for_function(DRAWN)
    page.evaluate(UNFOLD)
    page.wait_for_timeout(300)  # charts draw after the script has ended, and folds unfold slowly
    page.wait_for_function(DRAWN)


def grave_findings(page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds, asked again if anything: colours take a moment to change."""
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    for wait_ms in (250, 1500, 4000):
        page.wait_for_timeout(wait_ms)
        found = Axe().run(page, options=options).response["violations"]
        grave = [finding for finding in found if finding["impact"] in GRAVE]
        if not grave:
            break
    return [f"{one['id']}: {node['html'][:200]}" for one in grave for node in one["nodes"]]


def cut_off(page):
    """What is cut off once the page has settled: charts are drawn again for each width."""
    found = []
    for _ in range(SETTLES):
        page.wait_for_timeout(250)
        found = page.evaluate(CUT_OFF)
        if not found:
            break
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_nobody_out_and_fits_each_width(page, address, name):
    wrong = []
    for view in views(page, address, name):
        wrong += [(view, "light", finding) for finding in grave_findings(page)]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 1000})
            wrong += [(view, width, words) for words in cut_off(page)]
        page.set_viewport_size({"width": 1440, "height": 1000})
        page.emulate_media(color_scheme="dark")
        # the rest does not depend on the colours
        wrong += [(view, "dark", found) for found in grave_findings(page, ["color-contrast"])]
        page.emulate_media(color_scheme="light")
        charts = page.locator('[data-testid="stVegaLiteChart"]').all()
        wrong += [(view, "no words", 0) for c in charts if len(c.get_attribute("aria-label")) < 40]
        tables = page.locator('[data-testid="stDataFrame"], [data-testid="stTable"], table')
        wrong += [(view, "a chart without a table", 0)] if charts and not tables.count() else []
        wrong += [(view, "come true", seen) for seen in page.evaluate(COME_TRUE) if seen]
        wrong += [(view, "long", n) for n in [page.evaluate(LONGEST_SHOWN)] if n > 200]
    assert not wrong


@pytest.mark.parametrize("name", PAGES)
def test_what_opens_over_a_page_keeps_nobody_out_and_closes_by_keyboard(page, address, name):
    page.goto(f"{address}/{'' if name == 'shop' else name}")
    page.get_by_role("heading", level=1).wait_for()
    settle(page)
    wrong = []
    openers = page.locator("[data-testid=stPopover] button, [data-testid=stMenuButton] button")
    texts = ["".join(words.split()) for words in openers.all_inner_texts()]
    named = {words: k for k, words in enumerate(texts)}  # one of each kind
    over = page.locator(
        "[data-testid=stPopoverBody]:visible, [data-testid=stMenuButtonBody]:visible"
    )
    for words, k in named.items():
        openers.nth(k).focus()
        page.keyboard.press("Enter")
        over.first.wait_for()
        wrong += [(words, "light", finding) for finding in grave_findings(page)]
        page.emulate_media(color_scheme="dark")
        wrong += [(words, "dark", found) for found in grave_findings(page, ["color-contrast"])]
        page.emulate_media(color_scheme="light")
        page.keyboard.press("Escape")
        over.first.wait_for(state="hidden")
    assert not wrong


@pytest.mark.parametrize("name", PAGES)
def test_the_tab_key_reaches_every_control_and_shows_where_it_is(page, address, name):
    for view in views(page, address, name, links=False):
        controls = page.evaluate(LIST_CONTROLS)
        left_out, unlit, passes = ["all"], [], 0
        while left_out and passes < 2:  # a tab that was clicked is where the first pass begins
            for _ in range(3 * controls + 100):  # a table takes a press for each cell of its row
                page.keyboard.press("Tab")
                seen = page.evaluate(NOTE_FOCUS)
                if seen == "unlit":  # a border changes its colour in a fifth of a second
                    page.wait_for_timeout(300)
                    page.evaluate(NOTE_FOCUS)
                if seen == "left":
                    break
            left_out, unlit = page.evaluate(NOT_REACHED)
            passes += 1
        assert (view, left_out, unlit) == (view, [], [])


def test_every_page_is_reached_from_the_first_by_keyboard_alone(page, address):
    page.goto(address)
    settle(page)
    links = page.get_by_role("navigation", name="App pages").get_by_role("link")
    paths = {link.get_attribute("href").rsplit("/", 1)[1] or "shop" for link in links.all()}
    assert paths == set(PAGES)
    for place in [*range(1, len(PAGES)), 0]:
        links.nth(place).focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "place => document.querySelectorAll('[data-testid=stTopNavLink]')[place]"
            ".getAttribute('aria-current') === 'page'",
            arg=place,
        )
