"""Family C for creation cohorts and closing periods, from the CRM's rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from math import ceil, exp, log
from statistics import median
from typing import Any, NamedTuple

from tests.independent.facts import Facts

TAU = 180
Key = tuple[str, str, str, str, date]  # metric, purpose, unit, grain, first day


class Deal(NamedTuple):
    """One opportunity; a duration is in whole days, half a day when it closes on the day it was created."""

    name: str
    account: str | None
    outcome: str
    created_at: datetime
    created: date
    closed_at: datetime | None  # None while it is open
    closed: date | None
    days: float | None
    first_amount: float | None
    amount: float | None  # as it stood at the end of the day of the close
    unit: str
    qualified: date | None  # when it left its first stage
    stays: list[tuple[str, date, str, float]]  # open stages: name, entered, won (moved on), lost or open, days


def seen_until(facts: Facts) -> datetime:
    """The latest moment that the CRM's export tells of."""
    tables = [("opportunities", "modified_at"), ("opportunity_history", "created_at")]
    tables += [(name, "modified_at") for name in ("accounts", "contacts", "users")]
    return max(
        moment.replace(tzinfo=None)
        for name, column in tables
        for row in facts.table("salesforce", name)
        if (moment := row[column])
    )


@lru_cache(maxsize=1)
def deals(facts: Facts) -> list[Deal]:
    rows = {row["opportunity_id"]: row for row in facts.table("salesforce", "opportunities") if not row["is_deleted"]}
    seen = seen_until(facts)
    history: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in facts.table("salesforce", "opportunity_history"):
        history[row["opportunity_id"]].append(row)
    meaning: dict[str, set[str]] = defaultdict(set)
    for row in rows.values():
        meaning[row["stage"]].add(_outcome(row))
    owners = {row["user_id"]: row["email"] for row in facts.table("salesforce", "users")}
    found = []
    for name, row in rows.items():
        steps = sorted(history[name], key=lambda step: (step["created_at"], step["history_id"]))
        outcome, created = _outcome(row), row["created_at"].replace(tzinfo=None)
        closed_at = _closed(row, steps, outcome, meaning)
        closed = min(closed_at, seen).date() if closed_at else None
        end = closed if outcome != "open" else seen.date()
        days = (end - created.date()).days if end else None
        person = owners.get(row["owner_id"])
        job = next((job for job in facts.jobs_of.get(person or "", ()) if job.covers(created.date())), None)
        amounts = [float(step["amount"]) for step in steps if step["amount"] is not None]
        now = float(row["amount"]) if row["amount"] is not None else None
        found.append(
            Deal(
                name=name,
                account=row["account_id"],
                outcome=outcome,
                created_at=created,
                created=created.date(),
                closed_at=closed_at,
                closed=closed,
                days=None if days is None or days < 0 else max(days, 0.5),
                first_amount=amounts[0] if amounts else now,
                amount=_amount_on(closed, steps, row),
                unit=job.unit if job else "_unassigned",
                qualified=next((s["created_at"].date() for s in steps if s["stage"] != steps[0]["stage"]), None),
                stays=list(_stays(steps, meaning, outcome, end)),
            )
        )
    return found


def _amount_on(day: date | None, steps: list[dict[str, Any]], row: dict[str, Any]) -> float | None:
    """What the last telling up to the day said; if there is none, what the first one said."""
    told = [(step["created_at"], step["amount"]) for step in steps] + [(row["modified_at"], row["amount"])]
    told = sorted((pair for pair in told if pair[1] is not None), key=lambda pair: pair[0])
    known = [amount for moment, amount in told if day and moment.date() <= day]
    return float(known[-1] if known else told[0][1]) if told else None


def _stays(
    steps: list[dict[str, Any]], meaning: dict[str, set[str]], outcome: str, end: date | None
) -> Iterator[tuple[str, date, str, float]]:
    """The first stay in each stage that is known to be open."""
    changes = [step for n, step in enumerate(steps) if n == 0 or step["stage"] != steps[n - 1]["stage"]]
    seen: set[str] = set()
    for step, following in zip(changes, [*changes[1:], None], strict=True):
        if step["stage"] in seen or meaning[step["stage"]] != {"open"}:
            continue
        seen.add(step["stage"])
        entered = step["created_at"].date()
        if following:
            until, fate = following["created_at"].date(), "lost" if meaning[following["stage"]] == {"lost"} else "won"
        else:
            until, fate = end, outcome
        if until and until >= entered:
            yield step["stage"], entered, fate, max((until - entered).days, 0.5)


def _outcome(row: dict[str, Any]) -> str:
    return "won" if row["is_closed"] and row["is_won"] else "lost" if row["is_closed"] else "open"


def _closed(
    row: dict[str, Any], steps: list[dict[str, Any]], outcome: str, meaning: dict[str, set[str]]
) -> datetime | None:
    """The step into the outcome that stands, if the history shows one; else the close date."""
    if outcome == "open":
        return None
    means = [
        outcome
        if step["stage"] == row["stage"]
        else next(iter(meaning[step["stage"]]))
        if len(meaning[step["stage"]]) == 1
        else "open"
        for step in steps
    ]
    first = len(means)
    while first and means[first - 1] == outcome:
        first -= 1
    if first < len(means):
        entered: datetime = steps[first]["created_at"].replace(tzinfo=None)
        if first or entered.date() == row["created_at"].date():
            return entered
    return datetime.combine(row["close_date"], time()) if row["close_date"] else None


def _scopes(facts: Facts, deal: Deal) -> list[tuple[str, str]]:
    """purpose and unit of every group that a deal is counted in."""
    return [
        ("_org", "_org"),
        ("_org", deal.unit),
        *((name, name) for name, purpose in facts.purposes.items() if deal.unit in purpose["org_units"]),
    ]


def _periods(facts: Facts, purpose_id: str, day: date) -> Iterator[tuple[str, date]]:
    """grain and first day of every period that holds the day."""
    yield "month", day.replace(day=1)
    yield "quarter", date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    if purpose_id != "_org":
        purpose = facts.purposes[purpose_id]
        first, end = purpose["baseline_from_date"], purpose["baseline_until_date"]
        if first and end and first <= day < end:
            yield "baseline", first
        if purpose["start_date"] and day >= purpose["start_date"]:
            yield "since_start", purpose["start_date"]


def _end(facts: Facts, purpose_id: str, grain: str, first: date) -> date:
    """The day after a period."""
    if grain == "baseline":
        return facts.purposes[purpose_id]["baseline_until_date"]
    if grain == "since_start":
        return date.max
    months = first.month - 1 + {"month": 1, "quarter": 3}[grain]
    return date(first.year + months // 12, months % 12 + 1, 1)


def _dates(deal: Deal) -> dict[str, date]:
    """What puts a deal into a period: its creation, and its close if it has one."""
    dates = {"created": deal.created}
    return dates | {"closed": deal.closed} if deal.outcome != "open" and deal.closed else dates


def _entries(facts: Facts, found: list[Deal]) -> dict[tuple[str, str, str, date], list[tuple[str, float]]]:
    """The stays of each stage, for the organisation and each purpose, by the day of entry."""
    entries: dict[tuple[str, str, str, date], list[tuple[str, float]]] = defaultdict(list)
    for deal in found:
        for purpose_id in {purpose_id for purpose_id, _ in _scopes(facts, deal)}:
            for stage, entered, fate, days in deal.stays:
                for period in _periods(facts, purpose_id, entered):
                    entries[purpose_id, f"salesforce/{stage}", *period].append((fate, days))
    return entries


def numbers(facts: Facts) -> dict[Key, tuple[float | None, int]]:
    """Every cell's value and n, before suppression."""
    everything = deals(facts)
    cells: dict[str, dict[tuple[str, str, str, date], list[Deal]]] = {
        "created": defaultdict(list),
        "closed": defaultdict(list),
    }
    scopes: dict[tuple[str, str], list[Deal]] = defaultdict(list)
    for deal in everything:
        for purpose_id, unit in _scopes(facts, deal):
            scopes[purpose_id, unit].append(deal)
            for basis, day in _dates(deal).items():
                for period in _periods(facts, purpose_id, day):
                    cells[basis][purpose_id, unit, *period].append(deal)
    created, closed = cells["created"], cells["closed"]
    found: dict[Key, tuple[float | None, int]] = {}
    for cell, own in created.items():
        for metric_id, number in _cohort(own).items():
            found[(metric_id, *cell)] = number
    caps = _caps(closed)
    for cell, own in closed.items():
        end = _end(facts, cell[0], *cell[2:])
        open_then = [
            deal
            for deal in scopes[cell[:2]]
            if deal.qualified and deal.qualified < end and (deal.closed is None or deal.closed >= end)
        ]
        for metric_id, number in (_decided(own, caps.get(cell[0])) | _velocity(own, len(open_then))).items():
            found[(metric_id, *cell)] = number
    for cell, fates in _entries(facts, everything).items():
        for horizon in (30, 90):
            found[(f"C8_{horizon}", *cell)] = (_reached(fates, horizon), len(fates))
    return found


def _caps(closed: dict[tuple[str, str, str, date], list[Deal]]) -> dict[str, float]:
    """The P99 of each purpose's baseline; the organisation's is that of its first twelve months with a win."""
    months = {
        cell[3]: own
        for cell, own in closed.items()
        if cell[:3] == ("_org", "_org", "month") and any(deal.outcome == "won" and deal.amount for deal in own)
    }
    first = min(months)
    sizes = {"_org": [d for day, own in months.items() if day < first.replace(year=first.year + 1) for d in own]}
    sizes |= {cell[0]: own for cell, own in closed.items() if cell[2] == "baseline"}
    caps = {}
    for name, own in sizes.items():
        won = sorted(deal.amount for deal in own if deal.outcome == "won" and deal.amount and deal.amount > 0)
        if len(won) >= 30:
            place = 0.99 * (len(won) - 1)
            low = int(place)
            caps[name] = round(won[low] + (place - low) * (won[min(low + 1, len(won) - 1)] - won[low]), 2)
    return defaultdict(lambda: caps["_org"], caps)


def _velocity(own: list[Deal], n_open: int) -> dict[str, tuple[float | None, int]]:
    sizes = [deal.amount for deal in own if deal.outcome == "won" and deal.amount and deal.amount > 0]
    days = [deal.days for deal in own if deal.days is not None]
    share = sum(deal.outcome == "won" for deal in own) / len(own)
    found: dict[str, tuple[float | None, int]] = {"C3_open": (n_open, n_open), "C3_rate": (share, len(own))}
    if sizes and days:
        value, length = sum(sizes) / len(sizes), sum(days) / len(days)
        found |= {"C3_value": (value, len(sizes)), "C3_days": (length, len(days))}
        found["C3"] = (n_open * share * value / length, len(own))
    return found


def _reached(fates: list[tuple[str, float]], horizon: int) -> float:
    """The share that moved on by the horizon, with everything else that ends a stay competing."""
    still, moved = 1.0, 0.0
    for moment in sorted({days for _, days in fates if days <= horizon}):
        risk = sum(days >= moment for _, days in fates)
        here = [fate for fate, days in fates if days == moment]
        moved += still * here.count("won") / risk
        still *= 1 - (here.count("won") + here.count("lost")) / risk
    return moved


def _cohort(own: list[Deal]) -> dict[str, tuple[float | None, int]]:
    timed = [deal for deal in own if deal.days is not None]
    found: dict[str, tuple[float | None, int]] = {"C7": (len(own), len(own))}
    priced = [deal.first_amount for deal in own if deal.first_amount is not None]
    found["C7_amount"] = (sum(priced), len(priced))
    still, won, area, before, middle = 1.0, 0.0, 0.0, 0.0, None
    reached = {90: 0.0, 180: 0.0, 365: 0.0}
    for moment in sorted({deal.days or 0.0 for deal in timed}):
        risk = sum((deal.days or 0) >= moment for deal in timed)
        here = [deal.outcome for deal in timed if deal.days == moment]
        if moment < TAU:
            area += still * (moment - before)
            before = moment
        won += still * here.count("won") / risk
        still *= 1 - (here.count("won") + here.count("lost")) / risk
        for horizon in reached:
            if moment <= horizon:
                reached[horizon] = won
        if middle is None and still <= 0.5 + 1e-12:
            middle = moment
    for horizon, share in reached.items():
        found[f"C1b_{horizon}"] = (share, len(timed))
    found["C2"] = (middle, len(timed))
    lengths = sorted(deal.days for deal in timed if deal.outcome == "won" and deal.days)
    if lengths and all(deal.outcome != "open" for deal in timed):
        found["C2_won"] = (lengths[(len(lengths) + 1) // 2 - 1], len(lengths))
    found["C2_rmst"] = (area + still_at(timed, before) * (TAU - before), len(timed))
    return found


def still_at(timed: list[Deal], t: float) -> float:
    """Share of deals still open after day t (Kaplan-Meier)."""
    share = 1.0
    for moment in sorted({deal.days for deal in timed if deal.days is not None and deal.days <= t}):
        risk = sum((deal.days or 0) >= moment for deal in timed)
        share *= 1 - sum(deal.days == moment and deal.outcome != "open" for deal in timed) / risk
    return share


def _decided(own: list[Deal], cap: float | None) -> dict[str, tuple[float | None, int]]:
    won = [deal for deal in own if deal.outcome == "won"]
    sizes = [deal.amount for deal in won if deal.amount and deal.amount > 0]
    found: dict[str, tuple[float | None, int]] = {"C1": (len(won) / len(own), len(own))}
    if sizes:
        found["C4"] = (median(sizes), len(sizes))
        found["C4_gmean"] = (exp(sum(map(log, sizes)) / len(sizes)), len(sizes))
        found["C4_sum"] = (sum(sizes), len(sizes))
        top = sorted(sizes)[-ceil(len(sizes) / 100) :]
        found["C4_tail"] = (float(sum(top) > sum(sizes) / 4), len(sizes))
        if cap:
            found["C4_wmean"] = (sum(min(size, cap) for size in sizes) / len(sizes), len(sizes))
    weighed = [deal for deal in own if deal.amount and deal.amount > 0]
    if weighed:
        found["C1a"] = (sum(sizes) / sum(deal.amount or 0 for deal in weighed), len(weighed))
    if won:
        found["C4_excluded"] = (len(won) - len(sizes), len(won))
    return found
