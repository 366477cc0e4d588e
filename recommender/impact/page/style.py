"""The page's dress: two grounds, three layers told apart, any width from phone to desk, print."""

from __future__ import annotations

from recommender.impact.page.html import Html, inside, tag

LIGHT = (
    "--paper:#fdfdfc;--panel:#f2f5f4;--ink:#14211f;--muted:#556663;--grid:#dde4e2;--soft:#8fa6a2;"
    "--teal:#0b6e6e;--teal-wash:#e4f1f0;--amber:#8a5200;--amber-wash:#fdf3e1;--line:#d3dcda;"
)
DARK = (
    "--paper:#12191a;--panel:#1a2425;--ink:#e6eceb;--muted:#a3b4b1;--grid:#2c393a;--soft:#6f8885;"
    "--teal:#4fc3bd;--teal-wash:#17302f;--amber:#f0b04f;--amber-wash:#33280f;--line:#334142;"
)
STYLE = (
    f"""
:root{{color-scheme:light;{LIGHT}}}
@media screen{{
 @media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{DARK}}}}}
 :root:has(#theme-light:checked){{color-scheme:light;{LIGHT}}}
 :root:has(#theme-dark:checked){{color-scheme:dark;{DARK}}}
}}
"""
    + """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);
 font:16px/1.55 "Helvetica Neue",Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header,footer,nav{max-width:980px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:2rem;line-height:1.2;font-weight:600;letter-spacing:-.01em;margin:.2em 0 .35em}
h2{font-size:1.4rem;line-height:1.25;font-weight:600;margin:0 0 .6em}
h3{font-size:1.08rem;font-weight:600;margin:1.8em 0 .5em}
p,li{max-width:74ch;overflow-wrap:anywhere}
p{margin:.5em 0}
a{color:var(--teal);text-underline-offset:2px}
a:focus-visible,summary:focus-visible,.scroll:focus-visible,input:focus-visible+label{
 outline:2px solid var(--teal);outline-offset:2px}
ul{padding-left:1.2em;margin:.5em 0}
li{margin:.3em 0}
small,.note,caption,figcaption,.low{color:var(--muted)}
small{font-size:.78rem}
.lead{font-size:1.06rem;color:var(--muted)}
.says{list-style:none;padding:0;margin:1em 0 1.6em}
.says li{padding:.55em 0 .55em 1em;border-left:3px solid var(--teal);margin:.5em 0;
 font-size:1.06rem}
section{padding:30px 0 14px;border-top:1px solid var(--line);margin-top:26px}
section:first-child{border-top:0;margin-top:0}
.theme{display:flex;gap:4px;align-items:center;justify-content:flex-end;border:0;margin:0;padding:0;
 font-size:.85rem;color:var(--muted)}
.theme legend{float:left;padding:0 8px 0 0}
.theme input{position:absolute;opacity:0;width:1px;height:1px}
.theme label{padding:8px 10px;border:1px solid transparent;border-radius:6px;cursor:pointer}
.theme input:checked+label{border-color:var(--line);background:var(--panel);color:var(--ink);
 font-weight:600}
nav ul{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;padding:0;margin:14px 0 0;
 font-size:.92rem}
nav a{display:inline-block;padding:5px 0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;
 border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:18px 0}
.facts div{box-shadow:0 0 0 1px var(--line);padding:12px 14px}
.facts dt{font-size:.82rem;color:var(--muted)}
.facts dd{margin:2px 0 0;font-size:1.12rem;font-weight:600}
.badge{display:inline-block;font-size:.78rem;line-height:1.5;font-weight:600;padding:1px 9px;
 border-radius:99px;white-space:nowrap;vertical-align:.16em;letter-spacing:.01em}
.badge.observed{border:1.5px solid var(--teal);color:var(--teal);background:var(--teal-wash)}
.badge.what-if{border:1.5px dashed var(--muted);color:var(--ink);background:transparent}
.badge.measured{border:1.5px solid var(--ink);color:var(--paper);background:var(--ink);
 border-radius:3px}
.what-if-layer,.measured-layer{padding:24px 20px 16px;border-radius:8px}
.what-if-layer{border:2px dashed var(--soft)}
.measured-layer{border:3px double var(--ink)}
.warnings{background:var(--amber-wash);border:1px solid var(--amber);border-left-width:6px;
 border-radius:8px;padding:6px 18px 10px;margin:22px 0}
.warnings h3,.unknown h3{margin-top:.7em}
.warnings h3::before{content:"▲ ";color:var(--amber)}
.unknown{background:var(--panel);border-radius:8px;padding:6px 18px 10px;margin:22px 0}
figure{margin:18px 0 22px}
.drawn svg{display:block;width:100%;height:auto}
svg text{font-family:"Helvetica Neue",Helvetica,Arial,sans-serif}
.on-narrow{display:none}
figcaption{margin-top:8px;max-width:74ch;font-size:.95rem;color:var(--ink)}
.scroll{overflow-x:auto;max-width:100%;margin:12px 0;border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;font-size:.88rem;min-width:100%;line-height:1.4}
caption{text-align:left;padding:10px 9px;font-size:.84rem;border-bottom:1px solid var(--line)}
caption span.words{display:inline-block;max-width:min(74ch,calc(100vw - 66px))}
th,td{padding:7px 9px;text-align:right;vertical-align:top;border-bottom:1px solid var(--grid)}
tbody tr:last-child>*{border-bottom:0}
thead th{font-weight:600;color:var(--muted);vertical-align:bottom;font-size:.82rem}
th[scope=row],thead th:first-child{text-align:left;position:sticky;left:0;background:var(--paper);
 font-weight:600;min-width:17ch;max-width:46vw;overflow-wrap:break-word}
td.words,th.words{text-align:left;min-width:16ch;max-width:52ch}
td small,th small{display:block;font-weight:400;color:var(--muted);white-space:nowrap}
td.words small{white-space:normal}
th[scope=row] small{white-space:normal}
tr.base>*{background:var(--panel)}
.clear{font-weight:600;white-space:nowrap}
.unclear{color:var(--muted);white-space:nowrap}
.alarm{color:var(--amber);font-weight:600}
details{margin:2px 0}details[open]{margin-bottom:14px}h3 small{font-weight:400}
.note{font-size:.92rem}
summary{cursor:pointer;padding:6px 0;color:var(--teal);font-size:.95rem}
code,.sum{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.88rem;overflow-wrap:anywhere}
.sum{display:block;background:var(--panel);border-radius:8px;padding:10px 14px;margin:8px 0;
 white-space:pre-wrap}
footer{padding:26px 20px 50px;font-size:.85rem;color:var(--muted)}
@media (max-width:700px){
 body{font-size:15.5px} h1{font-size:1.6rem}
 main,header,footer,nav{padding-left:16px;padding-right:16px}
 .on-wide{display:none}.on-narrow{display:block}
 .what-if-layer,.measured-layer{padding:18px 12px 12px}
 th,td{padding:6px 9px} th[scope=row],thead th:first-child{min-width:12ch}
}
@media print{
 .on-wide{display:block}.on-narrow{display:none}
 body{font-size:10.5pt} nav,.theme{display:none}
 summary{list-style:none;color:var(--ink)}
 .scroll{overflow:visible;border:0} table{font-size:8pt;width:100%} small,caption{font-size:.86em}
 th,td{padding:2px 4px;min-width:0!important;overflow-wrap:anywhere}
 td small,th small,.clear,.unclear{white-space:normal}
 figure,tr,.warnings,.unknown{break-inside:avoid} h2,h3,caption{break-after:avoid}
 .badge,.warnings,.unknown,.facts{print-color-adjust:exact;-webkit-print-color-adjust:exact}
 th[scope=row]{position:static}
}
"""
)
THEMES = {"system": "as the device", "light": "light", "dark": "dark"}


def theme_choice() -> Html:
    """Buttons for the ground; without a script, the style asks which of them is pressed."""
    buttons = [
        inside(
            tag(
                "input", type="radio", name="theme", id=f"theme-{key}",
                checked="checked" if key == "system" else None,
            ),
            tag("label", words, for_=f"theme-{key}"),
        )
        for key, words in THEMES.items()
    ]  # fmt: skip
    return tag("fieldset", tag("legend", "Colours"), buttons, cls="theme")
