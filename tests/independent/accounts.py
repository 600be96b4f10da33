"""What customers buy again (C5), and what could be associated with collaboration (C6), from the raw rows."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple

from tests.independent.facts import Act, Facts
from tests.independent.outcomes import Deal, Key, _end, _periods, _scopes, deals, seen_until

NINETY = timedelta(days=90)
Scope = tuple[str, str]  # purpose and unit


def _years_before(day: date, years: int) -> date:
    """The same day of an earlier year; no period ends on a 29 February."""
    return day.replace(year=day.year - years)


def retention(facts: Facts) -> dict[Key, tuple[float | None, int]]:
    """C5 of every quarter and purpose window that is over, whose two years the scope's deals reach back to."""
    after_all = seen_until(facts).date() + timedelta(days=1)
    scopes: dict[Scope, list[Deal]] = defaultdict(list)
    for deal in deals(facts):
        for scope in _scopes(facts, deal) if deal.account else ():
            scopes[scope].append(deal)
    found: dict[Key, tuple[float | None, int]] = {}
    for (purpose_id, unit), own in scopes.items():
        first = min(deal.created for deal in own)
        for grain, start in _closed_periods(facts, purpose_id, own):
            end = min(_end(facts, purpose_id, grain, start), after_all if grain == "since_start" else date.max)
            if end > after_all or first > _years_before(end, 2):
                continue
            for metric_id, number in _bought_again(own, end).items():
                found[metric_id, purpose_id, unit, grain, start] = number
    return found


def _closed_periods(facts: Facts, purpose_id: str, own: list[Deal]) -> set[tuple[str, date]]:
    """Quarters and purpose windows with a deal in them, or after the first one."""
    grains = ("quarter", "baseline", "since_start")
    return {
        period
        for deal in own
        for day in (deal.created, deal.closed)
        if day
        for period in _periods(facts, purpose_id, day)
        if period[0] in grains
    }


def _bought_again(own: list[Deal], end: date) -> dict[str, tuple[float | None, int]]:
    begin, middle = _years_before(end, 2), _years_before(end, 1)
    before: dict[str, float] = defaultdict(float)
    after: dict[str, float] = defaultdict(float)
    for deal in own:
        if deal.outcome == "won" and deal.closed and begin <= deal.closed < end:
            (before if deal.closed < middle else after)[deal.account or ""] += max(deal.amount or 0, 0)
    if not before:
        return {}
    found: dict[str, tuple[float | None, int]] = {"C5": (sum(a in after for a in before) / len(before), len(before))}
    valued = {account: amount for account, amount in before.items() if amount > 0}
    if valued:
        base = sum(valued.values())
        found["C5_grr"] = (sum(min(amount, after.get(a, 0)) for a, amount in valued.items()) / base, len(valued))
        found["C5_nrr"] = (sum(after.get(a, 0) for a in valued) / base, len(valued))
    return found


class Talk(NamedTuple):
    """One deal's flags under the three definitions."""

    sourced: bool
    assisted: bool
    suspected: bool


def influence(facts: Facts) -> dict[Key, tuple[float | None, int]]:
    """C6 of every creation cohort: deals created 90 days after the first contribution or later, with an amount."""
    since = min(act.day for act in facts.contributions) + NINETY
    rooms = _rooms(facts)
    by_record: dict[str, list[Act]] = defaultdict(list)
    by_account: dict[str, list[Act]] = defaultdict(list)
    for act in facts.contributions:
        for record in {link[:15] for link in act.links}:
            by_record[record].append(act)
        for account in rooms.get(act.space, ()):
            by_account[account].append(act)
    cells: dict[tuple[str, str, str, date], list[tuple[Deal, Talk]]] = defaultdict(list)
    for deal in deals(facts):
        talk = {}
        for scope in _scopes(facts, deal):
            if scope[0] not in talk:
                talk[scope[0]] = _talk(facts, scope[0], deal, by_record, by_account)
            for period in _periods(facts, scope[0], deal.created):
                cells[(*scope, *period)].append((deal, talk[scope[0]]))
    found: dict[Key, tuple[float | None, int]] = {}
    for cell, own in cells.items():
        counted = [(d, talk) for d, talk in own if d.created >= since and (d.first_amount or 0) > 0]
        sums = [sum((d.first_amount or 0) for d, talk in counted if talk[kind]) for kind in range(3)]
        for name, amount in zip((*Talk._fields, "range"), (*sums, max(sums) - min(sums)), strict=True):
            found[(f"C6_{name}", *cell)] = (amount, len(counted))
    return found


def _talk(
    facts: Facts, purpose_id: str, deal: Deal, by_record: dict[str, list[Act]], by_account: dict[str, list[Act]]
) -> Talk:
    def counts(act: Act) -> bool:
        return purpose_id == "_org" or purpose_id in facts.ties(act)

    linked = [*by_record[deal.name[:15]], *by_record[(deal.account or "-")[:15]]]
    moments = [act.at for act in linked if counts(act)]
    room = [act for act in by_account[deal.account or ""] if not deal.closed or act.day < deal.closed]
    room = [act for act in room if counts(act)]
    return Talk(
        any(deal.created_at - NINETY <= at < deal.created_at for at in moments),
        any(deal.created_at <= at and (deal.closed_at is None or at < deal.closed_at) for at in moments),
        len(room) >= 5 and min(act.at for act in room) < deal.created_at,
    )


def _rooms(facts: Facts) -> dict[str, set[str]]:
    """Channel -> the accounts that the account map gives it."""
    hosts = {row["account_id"]: row["domain"] for row in facts.table("salesforce", "accounts")}
    found: dict[str, set[str]] = defaultdict(set)
    for line in facts.table("account_map", "account_spaces"):
        wanted = {
            account
            for account, host in hosts.items()
            if (account[:15] == line["account_id"][:15] if line["account_id"] else host == line["domain"])
        }
        for channel, row in facts.spaces.items():
            if fnmatchcase((row["name"] or "").lower(), line["space"]):
                found[channel] |= wanted
    return found
