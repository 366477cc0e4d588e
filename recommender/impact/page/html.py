"""Building blocks of a page: every text is escaped, and only what is built here is markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

LAYERS = {"observed": "●", "what if": "◇", "measured": "■"}
VOID = ("input", "link", "meta")  # elements without an end
# control letters but the line's end, marks of direction and of no width, halves of letters
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


class Html(str):
    """Markup that this module made; any other string is text and gets escaped."""

    __slots__ = ()


Content = str | Html | None | Iterable["str | Html | None"]


def tag(name: str, /, *content: Content, **attributes: str | int | None) -> Html:
    """An element; `cls` is its class, `_` in a name stands for `-`, None leaves an attribute out.

    >>> tag("p", "a < b", cls="note")
    '<p class="note">a &lt; b</p>'
    >>> tag("td", tag("b", "1"), " & 2", colspan=2)
    '<td colspan="2"><b>1</b> &amp; 2</td>'
    """
    said = "".join(
        f" {'class' if key == 'cls' else key.rstrip('_').replace('_', '-')}="
        f'"{escape(UNSEEN.sub("", str(value)), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "" if name in VOID else f"{inside(*content)}</{name}>"
    return Html(f"<{name}{said}>{end}")


def inside(*content: Content) -> Html:
    """Contents one after the other, text escaped and free of unseen letters, None left out."""
    parts: list[str] = []
    for item in content:
        if item is None:
            continue
        if isinstance(item, Html):
            parts.append(item)
        elif isinstance(item, str):
            parts.append(escape(UNSEEN.sub("", item), quote=False))
        else:
            parts.append(inside(*item))
    return Html("".join(parts))


def clean(text: object, longest: int = 200) -> str:
    """Text from data on one line: unseen letters and direction marks become spaces, long ones end.

    >>> clean("a\\u202eb\\nc")
    'a b c'
    """
    words = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def name(text: object) -> Html:
    """A name from data; its direction of writing ends with it."""
    return tag("bdi", clean(text))


def badge(layer: str) -> Html:
    """Which of the three layers a figure is of: by word, by mark and by dress.

    >>> badge("what if")
    '<span class="badge what-if"><span aria-hidden="true">◇</span> what if</span>'
    """
    mark = tag("span", LAYERS[layer], aria_hidden="true")
    return tag("span", mark, f" {layer}", cls=f"badge {layer.replace(' ', '-')}")


def paragraph(*content: Content, cls: str | None = None) -> Html:
    return tag("p", *content, cls=cls)


def bullets(items: Iterable[Content]) -> Html:
    """A list; nothing where there are no items."""
    lines = [tag("li", item) for item in items]
    return tag("ul", lines) if lines else Html("")


def table(
    caption: Content,
    heads: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    *,
    words: Sequence[int] = (),
    base: bool = False,
) -> Html:
    """A table that scrolls inside itself; the first column and the columns `words` hold text.

    With `base`, the first row is what the others are compared with, and stands out.
    """

    def cls(column: int) -> str | None:
        return "words" if column in words else None

    head = [tag("th", item, scope="col", cls=cls(k)) for k, item in enumerate(heads)]
    body = [
        tag(
            "tr",
            tag("th", first, scope="row"),
            [tag("td", item, cls=cls(k)) for k, item in enumerate(others, 1)],
            cls="base" if base and at == 0 else None,
        )
        for at, (first, *others) in enumerate(rows)
    ]
    said = tag("caption", tag("span", caption, cls="words"))
    made = tag("table", said, tag("thead", tag("tr", head)), tag("tbody", body))
    return tag("div", made, cls="scroll", tabindex=0, role="region", aria_label="Table")


def folded(summary: Content, *content: Content, opened: bool = False) -> Html:
    """What opens on a click; it prints as it stands."""
    made = tag("details", tag("summary", summary), *content)
    return Html(made.replace("<details>", "<details open>", 1)) if opened else made


def section(key: str, title: Content, *content: Content, layer: str | None = None) -> Html:
    """A part of the page under its own heading, in the dress of its layer."""
    mark = None if layer is None else inside(" ", badge(layer))
    dress = None if layer is None else f"layer {layer.replace(' ', '-')}-layer"
    return tag("section", tag("h2", title, mark), *content, id=key, cls=dress)
