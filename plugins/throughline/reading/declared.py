"""What a landing folder declares about the files in it: date order, time zone, decimal sign.

A file is taken alone, so whatever it does not say itself stands in folders of its name:

    hubspot/dates=DD-MM-YY/…           order of day, month and year
    hubspot/zone=Europe/Berlin/…       zone of times that name none (a name of the time zone database)
    hubspot/decimal=comma/…            1.234,50 or 1,234.50 (decimal=point)

They may be combined in any order. A declaration that is misspelt refuses the file: it would change what is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from throughline.reading import cells
from throughline.source import Refused

SIGNS: Final = {"comma": ",", "point": "."}

_LEVEL = re.compile(r"(?i)(dates|zone|decimal)=(.*)")


@dataclass(frozen=True)
class Declared:
    """order: as DMY; zone: a name of the time zone database; decimal: the sign. None where nothing was declared."""

    order: str | None = None
    zone: str | None = None
    decimal: str | None = None


def declared(name: str) -> Declared:
    """What the folders in a landing name declare. Raises Refused for what is no order, zone or sign."""
    folders = name.split("/")[:-1]
    found: dict[str, str] = {}
    for at, folder in enumerate(folders):
        level = _LEVEL.fullmatch(folder)
        if not level:
            continue
        kind, value = level[1].lower(), level[2]
        match kind:
            case "dates":
                read = cells.order_declared(f"{folder}/")
                remedy = "write dates=DD-MM-YY, dates=MM-DD-YY or dates=YYYY-MM-DD"
            case "zone":
                read = _zone([value, *folders[at + 1 : at + 3]])
                remedy = "write a name of the time zone database, such as zone=Europe/Berlin"
            case _:
                read = SIGNS.get(value.lower())
                remedy = "write decimal=comma or decimal=point"
        if read is None or found.get(kind, read) != read:
            raise Refused(f"the folder {folder} declares nothing that can be used", where=name, remedy=remedy)
        found[kind] = read
    return Declared(found.get("dates"), found.get("zone"), found.get("decimal"))


def _zone(parts: list[str]) -> str | None:
    """The longest name that the folders spell: Europe, Europe/Berlin, America/Indiana/Knox."""
    from zoneinfo import available_timezones

    known = available_timezones()
    names = ["/".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((name for name in names if name in known), None)
