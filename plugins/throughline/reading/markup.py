"""Bodies in HTML, or plain text that is no tool's markup -> features of the text that a reader sees."""

from __future__ import annotations

import html
import re
from typing import Final

from throughline.privacy import Features, features

# no pattern may run over another "<": each would search the whole rest of a broken body again
_NAMED = re.compile(r"<at\b[^<>]*>[^<]*</at>", re.IGNORECASE)
_EMOJI = re.compile(r"<emoji\b[^<>]*?\balt=\"([^\"<>]*)\"", re.IGNORECASE)  # as Teams writes them
_INLINE = re.compile(r"</?(?:a|b|code|em|emoji|font|i|s|span|strike|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_TARGET = re.compile(r"<a\b[^<>]*?\bhref\s*=\s*[\"']?(https?://[^\s\"'<>]+)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_ANGLES: Final = str.maketrans("<>", "  ")


def of_html(body: str) -> Features:
    """Features of an HTML body; names of mentioned people are no text. mentions and is_broadcast tell nothing."""
    targets = [html.unescape(target) for target in _TARGET.findall(body)] if "<a" in body or "<A" in body else []
    bare = _TAG.sub(" ", _INLINE.sub("", _EMOJI.sub(r"\1<emoji", _NAMED.sub(" ", body)))) if "<" in body else body
    return of_text(html.unescape(bare), targets)


def of_text(body: str, links: list[str] | None = None) -> Features:
    """Features of plain text; a question mark in an address asks nothing. mentions and is_broadcast tell nothing."""
    shown = " ".join(body.split())
    marked = _ADDRESS.sub(r"<\g<0>>", shown.translate(_ANGLES)) if "://" in shown else shown.translate(_ANGLES)
    marks = "".join(f" <{link.translate(_ANGLES)}>" for link in links or ())
    found = features(marked + marks)
    return found._replace(length=len(shown), normalised=shown.lower(), mentions=(), is_broadcast=False)
