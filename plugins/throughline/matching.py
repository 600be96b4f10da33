"""How many accounts the join with the roster finds, and what follows where it finds few: a word, or no publish.
Also what else would join in silence: lines of maps that name nothing, stages without a meaning, a second time zone, and
inputs of our own that nobody has landed.

Adoption is a share of the people in the roster. Where their accounts are not found, whoever writes seems silent, and
every number about people is too small without looking wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from throughline.source import Refused

FEW: Final = 0.5  # below that most activity has no unit; the same bound stands in expectations/kpi.py
TOO_FEW: Final = 0.1  # below that the numbers tell of the join and not of the people
SILENT: Final = {  # kind of row of int_input_match -> what is the matter, and what to do
    "line": "{lost:,} of {total:,} lines name nothing that the exports hold; correct them, or land what they speak of",
    "deal": "{lost:,} of {total:,} deals stand in a stage whose outcome nothing tells; land a stage map "
    "(landing/stage_map/)",
    "zone": "its working hours are those of another zone than that in which days and weeks are cut; set its zone as "
    "time_zone in dbt_project/dbt_project.yml",
}
MISSING: Final = {  # source -> what follows where nothing of it is loaded, and what to do
    "people": "no roster is landed, so no number about people can be told; land one (landing/people/)",
    "purposes": "no purpose is registered, so nothing is tied to a goal; land one (landing/purposes/)",
}
REMEDY: Final = "land an identity map (landing/identity_map/), or exports with e-mail addresses"


@dataclass(frozen=True)
class Match:
    """Accounts of people in one source: all, those with a known person, those whose person is in the roster."""

    source: str
    is_tool: bool
    account_count: int
    known_count: int
    matched_count: int
    roster_count: int

    @property
    def sentence(self) -> str:
        """What was found, for those who run it; never published."""
        unknown = self.account_count - self.known_count
        why = f"; {unknown:,} show no e-mail address and are in no identity map" if unknown else ""
        return f"{self.source}: {_percent(self)} of {self.account_count:,} accounts matched with the roster{why}"


def matches(rows: Iterable[Mapping[str, Any]]) -> list[Match]:
    """Of the rows of int_people_match, by source; none where there is no roster to match with."""
    names = Match.__dataclass_fields__
    found = [Match(**{name: row[name] for name in names}) for row in rows]
    return sorted((one for one in found if one.roster_count), key=lambda one: one.source)


def warnings(found: Iterable[Match]) -> list[str]:
    """One sentence a source of which fewer than half of the accounts are matched."""
    return [f"{one.sentence}; {REMEDY}" for one in found if one.matched_count < FEW * one.account_count]


def check(found: Iterable[Match]) -> None:
    """Raises Refused where the tools together match fewer than one in ten of those that could match.

    More accounts than people in the roster cannot match, so outsiders alone do not fail it.
    """
    tools = [one for one in found if one.is_tool]
    possible = sum(min(one.account_count, one.roster_count) for one in tools)
    if possible and sum(one.matched_count for one in tools) < TOO_FEW * possible:
        raise Refused(f"not published: {'; '.join(one.sentence for one in tools)}", remedy=f"{REMEDY}, and run again")


@dataclass(frozen=True)
class InputMatch:
    """A row of int_input_match: lines of a map, deals of a CRM, or a calendar's zone, and how many find their match."""

    source: str
    kind: str
    total_count: int
    matched_count: int


def input_warnings(found: Iterable[InputMatch]) -> list[str]:
    """One sentence a source in which something finds no match."""
    return [
        f"{one.source}: " + SILENT[one.kind].format(lost=one.total_count - one.matched_count, total=one.total_count)
        for one in sorted(found, key=lambda one: one.source)
        if one.matched_count < one.total_count
    ]


def missing(sources: Collection[str]) -> list[str]:
    """sources: those of which something is loaded -> one sentence for each input that all need and nobody landed."""
    return [sentence for source, sentence in MISSING.items() if sources and source not in sources]


def _percent(one: Match) -> str:
    return f"{100 * one.matched_count / one.account_count:.0f} %"
