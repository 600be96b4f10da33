"""The sources, by the name of their landing folder. A new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from throughline.source import Source
from throughline.sources import people, purposes, salesforce, slack

SOURCES: Final[Mapping[str, Source]] = {
    source.name: source for source in (slack.SOURCE, salesforce.SOURCE, people.SOURCE, purposes.SOURCE)
}
