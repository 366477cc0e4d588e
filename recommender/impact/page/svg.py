"""A chart as a drawing that stands inside a page: wide and narrow, in the page's own colours.

Altair draws with the stand-in colours of `INK`; in the drawing each becomes a variable of the
page's style, so that the same lines are read on the light and on the dark ground, and in print.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from xml.etree import ElementTree

import altair as alt
import vl_convert

from recommender.impact.page.html import Html, clean, folded, inside, tag

# stand-in colour in the drawing, by the name of the style's variable
INK = {
    "ink": "#111111",
    "muted": "#222222",
    "grid": "#333333",
    "teal": "#444444",
    "amber": "#555555",
    "paper": "#666666",
    "soft": "#777777",
}

WIDE, NARROW = 820, 346  # pixels, the whole drawing

LONGEST_LABEL = 22

KEPT = {
    "d",
    "x",
    "x2",
    "y",
    "y1",
    "y2",
    "transform",
    "width",
    "height",
    "fill",
    "stroke",
    "opacity",
    "stroke-width",
    "stroke-dasharray",
    "text-anchor",
    "font-size",
    "font-weight",
    "fill-opacity",
    "stroke-opacity",
    "stroke-linecap",
    "rx",
    "cx",
    "cy",
    "r",
    "viewBox",
}

Draw = Callable[[int], alt.TopLevelMixin]


def label(text: object) -> str:
    """A name short enough for an axis."""
    return clean(text, LONGEST_LABEL)


def figure(draw: Draw, sentence: str, numbers: Html | None = None, note: str = "") -> Html:
    """A chart with the sentence that it shows, and its numbers as a table where it has its own.

    `draw` gets the width of the drawing in pixels.
    """
    drawings = inside(
        tag("div", Html(svg(draw(width), sentence)), cls=cls)
        for width, cls in ((WIDE, "drawn on-wide"), (NARROW, "drawn on-narrow"))
    )
    more = None if numbers is None else folded("The numbers of this chart", numbers)
    return tag("figure", drawings, tag("figcaption", sentence, note and f" {note}"), more)


def svg(chart: alt.TopLevelMixin, sentence: str) -> str:
    """The drawing as SVG to stand inside a page: no ids, scripts, addresses or classes."""
    styled = (
        chart.configure(font="Arial", background="transparent", aria=False, padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK["muted"],
            titleColor=INK["muted"],
            gridColor=INK["grid"],
            domainColor=INK["grid"],
            tickColor=INK["grid"],
            labelFontSize=11.5,
            titleFontSize=11.5,
            titleFontWeight="normal",
            labelLimit=170,
            titlePadding=8,
        )
        .configure_title(
            color=INK["ink"],
            fontSize=12,
            fontWeight="bold",
            anchor="start",
            subtitleColor=INK["muted"],
            subtitleFontSize=11,
            offset=6,
        )
        .configure_legend(
            labelColor=INK["muted"],
            titleColor=INK["muted"],
            labelFontSize=11.5,
            titleFontSize=11.5,
            orient="top",
            title=None,
            symbolStrokeColor=INK["muted"],
            symbolFillColor=INK["muted"],
        )
    )
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(styled.to_dict(validate=False)))
    width = float(root.get("width", WIDE))
    for child in _bare(root):
        root.remove(child)
    drawn = "".join(ElementTree.tostring(child, "unicode") for child in root)
    for variable, colour in INK.items():
        drawn = drawn.replace(f'="{colour}"', f'="var(--{variable})"')
    box = root.get("viewBox")
    return (
        f'<svg viewBox="{box}" role="img" aria-label="{escape(sentence, quote=True)}" '
        f'style="max-width:{width:.0f}px">{drawn}</svg>'
    )


def _bare(element: ElementTree.Element) -> list[ElementTree.Element]:
    """Takes namespaces and needless attributes off the children; returns those never seen."""
    unseen = []
    for child in element:
        child.tag = child.tag.rpartition("}")[2]
        child.attrib = {k: v for k, v in child.attrib.items() if k in KEPT or k == "display"}
        hidden = child.attrib.pop("display", "") == "none" or child.get("opacity") == "0"
        if hidden or (
            child.tag == "path"
            and child.get("stroke") == child.get("fill") is None
            and re.fullmatch(r"M[^a-z]*h0v0h0Z|", child.get("d", "")) is not None
        ):
            unseen.append(child)
            continue
        if child.get("opacity") == "1":
            del child.attrib["opacity"]
        for grandchild in _bare(child):
            child.remove(grandchild)
        if child.tag == "g" and not len(child):
            unseen.append(child)
    return unseen
