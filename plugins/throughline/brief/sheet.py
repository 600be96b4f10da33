"""The brief on one sheet of A4: the page's words and chart as an SVG, and that as a PDF. No browser, no network.

Widths are those of Liberation Sans, which comes with the renderer, so that text wraps alike everywhere. One cut of one
font only, bold by a stroke: the renderer writes several fonts in no fixed order, and the same facts should give the
same bytes. What does not fit is made smaller as a whole: it stays one sheet.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any, Final

from throughline.brief.chart import chart
from throughline.brief.page import FOUND, Rows, footer, heading, sections, verdict

WIDTH, HEIGHT, MARGIN = 595.0, 842.0, 42.0
INNER: Final = WIDTH - 2 * MARGIN
NAME_WIDTH: Final = 118.0
FONT: Final = "Liberation Sans, Arial, sans-serif"
DARK, GREY, LINE, BLUE, PALE = "#222222", "#666666", "#e3e3e3", "#1f5f8b", "#f3f6f9"
_NARROW, _WIDE = "ijl.,:;'|!()[]ftrI·-/ ", "mwMW%@"


def pdf(facts: dict[str, Any]) -> bytes:
    """One page; the same facts give the same bytes."""
    import vl_convert

    made: bytes = vl_convert.svg_to_pdf(svg(facts))
    return made


def svg(facts: dict[str, Any]) -> str:
    """The sheet before it becomes a PDF."""
    sheet = _Sheet()
    title, above = heading(facts)
    sheet.text(above, size=8, colour=GREY)
    sheet.text(title, size=16, bold=True, gap=4)
    word = verdict(facts["claim"])
    sheet.box((f"{word}. " if word else "") + facts["claim"]["sentence"])
    drawn = chart(facts["result"]).replace('font-weight="bold"', "") if facts["result"] else ""
    for name, rows in sections(facts):
        if name == FOUND:
            sheet.chart(name, drawn)
        else:
            sheet.table(name, rows)
    sheet.y += 6
    sheet.text(footer(facts), size=7, colour=GREY)
    return sheet.drawn()


class _Sheet:
    """A cursor that writes downwards."""

    def __init__(self) -> None:
        self.y, self.parts = MARGIN, list[str]()

    def text(
        self, words: str, *, size: float, x: float = MARGIN, width: float = INNER, colour: str = DARK,
        bold: bool = False, gap: float = 0.0,
    ) -> None:  # fmt: skip
        self.y += gap
        weight = f' stroke="{colour}" stroke-width="{0.04 * size:.2f}"' if bold else ""
        for line in wrapped(words, size, width, bold=bold):
            self.y += 1.25 * size
            self.parts.append(
                f'<text x="{x:.1f}" y="{self.y:.1f}" font-size="{size}" fill="{colour}"{weight}>{escape(line)}</text>'
            )

    def box(self, words: str) -> None:
        """The claim, on a ground of its own."""
        lines = wrapped(words, 10.5, INNER - 30)
        height = 14 + 13.1 * len(lines)
        self.y += 8
        self.parts.append(f'<rect x="{MARGIN}" y="{self.y:.1f}" width="{INNER}" height="{height:.1f}" fill="{PALE}"/>')
        self.parts.append(f'<rect x="{MARGIN}" y="{self.y:.1f}" width="4" height="{height:.1f}" fill="{BLUE}"/>')
        bottom = self.y + height
        self.y += 5
        self.text(words, size=10.5, x=MARGIN + 15, width=INNER - 30)
        self.y = bottom

    def chart(self, name: str, drawn: str) -> None:
        size = re.search(r'<svg[^>]*? width="([\d.]+)"[^>]*? height="([\d.]+)"', drawn)
        if size:
            self.text(name, size=9, bold=True, colour=GREY, gap=8)
            scale = min(1.0, INNER / float(size[1]), 120 / float(size[2]))
            self.parts.append(f'<g transform="translate({MARGIN} {self.y + 4:.1f}) scale({scale:.4f})">{drawn}</g>')
            self.y += 6 + scale * float(size[2])

    def table(self, name: str, rows: Rows) -> None:
        shown = [(head, value) for head, value in rows if value]
        if not shown:
            return
        self.text(name, size=9, bold=True, colour=GREY, gap=8)
        self.y += 2
        for head, value in shown:
            top = self.y
            self.text(head, size=7.5, width=NAME_WIDTH - 8, colour=GREY)
            low, self.y = self.y, top
            self.text(str(value), size=7.5, x=MARGIN + NAME_WIDTH, width=INNER - NAME_WIDTH)
            self.y = max(low, self.y) + 2.5
            line = f'x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{self.y:.1f}" y2="{self.y:.1f}"'
            self.parts.append(f'<line {line} stroke="{LINE}" stroke-width="0.5"/>')

    def drawn(self) -> str:
        """The whole, made smaller where it is too long for one sheet."""
        scale = min(1.0, (HEIGHT - MARGIN / 2) / (self.y + MARGIN / 2))
        left = (1 - scale) * WIDTH / 2
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" '
            f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" font-family="{FONT}">'
            f'<rect width="{WIDTH:.0f}" height="{HEIGHT:.0f}" fill="#ffffff"/>'
            f'<g transform="translate({left:.2f} 0) scale({scale:.4f})">{"".join(self.parts)}</g></svg>'
        )


def wrapped(words: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Lines of whole words that fit the width; a word that is longer than a line stays whole."""
    lines, room = [""], width / size / (1.06 if bold else 1.0)
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _em(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line for line in lines if line]


def _em(text: str) -> float:
    """Width in ems, on the safe side."""
    return sum(0.3 if c in _NARROW else 0.9 if c in _WIDE else 0.7 if c.isupper() else 0.56 for c in text)
