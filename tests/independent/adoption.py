"""Families A, L and P for every w28 window and unit."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from math import sqrt

import numpy as np

from tests.independent.facts import WEEK, Act, Facts, Job

Z = 1.959963984540054
Number = tuple[float | None, int]
Numbers = dict[tuple[str, str, date], Number]


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval, the closed form as Wilson gives it (1927)."""
    p = successes / n
    centre, half = p + Z**2 / (2 * n), Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    return (centre - half) / (1 + Z**2 / n), (centre + half) / (1 + Z**2 / n)


def survival(times: list[tuple[float, bool]], until: float) -> float:
    """Kaplan-Meier: share without the event just after `until`; (time, had the event or was last seen then)."""
    share = 1.0
    for moment in sorted({t for t, happened in times if happened and t <= until}):
        at_risk = sum(t >= moment for t, _ in times)
        share *= 1 - sum(t == moment and happened for t, happened in times) / at_risk
    return share


def median(times: list[tuple[float, bool]]) -> float | None:
    """First time at which half had the event; None where it never comes."""
    moments = sorted({t for t, happened in times if happened})
    return next((moment for moment in moments if survival(times, moment) <= 0.5 + 1e-12), None)


class People:
    """Who did what in which week."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.by_week: dict[tuple[str, date], list[Act]] = defaultdict(list)
        for act in facts.contributions:
            if act.person:
                self.by_week[act.person, act.day - timedelta(days=act.day.weekday())].append(act)

    def acts(self, person: str, start: date, end: date) -> list[Act]:
        weeks = (end - start).days // 7
        return [act for place in range(weeks) for act in self.by_week.get((person, start + place * WEEK), ())]

    def active_weeks(self, person: str, start: date, end: date) -> int:
        return sum((person, start + place * WEEK) in self.by_week for place in range((end - start).days // 7))

    def adopted_on(self, person: str) -> date | None:
        """First day of the first four weeks with three active ones; known four weeks later, if that was seen."""
        weeks, first = self.facts.weeks, self.facts.first_day[person]
        last_day = weeks[-1] + WEEK
        for monday in weeks:
            if monday + WEEK <= first:
                continue
            active = sum((person, monday + place * WEEK) in self.by_week for place in range(4))
            seen = sum(monday + place * WEEK in set(weeks) for place in range(4))
            if active >= 3 and monday + 4 * WEEK <= last_day and seen == 4:
                return monday
        return None


def numbers(facts: Facts, windows: list[tuple[date, date]]) -> Numbers:
    """metric, unit ('_org' for all) and window -> value and n, before suppression."""
    people = People(facts)
    roster = sorted({job.person for job in facts.jobs if not job.is_external})
    adopted = {person: day for person in roster if (day := people.adopted_on(person))}
    launch = facts.eligible(*facts.windows[0])
    first_week: dict[str, date] = {}
    for person, week in people.by_week:
        first_week[person] = min(week, first_week.get(person, week))
    found: Numbers = {}
    for start, end in windows:
        eligible = facts.eligible(start, end)
        units: dict[str, list[str]] = defaultdict(list)
        for person, job in eligible.items():
            units[job.unit].append(person)
            units["_org"].append(person)
        cohort: dict[str, list[str]] = defaultdict(list)
        for person, job in launch.items():
            cohort[job.unit].append(person)
            cohort["_org"].append(person)
        known = {person for person, day in adopted.items() if day + 4 * WEEK <= end}
        for unit, members in units.items():
            for metric_id, number in _adoption(people, members, start, end, known).items():
                found[metric_id, unit, start] = number
            for metric_id, number in _staying(people, members, first_week, start, end).items():
                found[metric_id, unit, start] = number
            for metric_id, number in _coverage(people, members, start, end).items():
                found[metric_id, unit, start] = number
        for unit, members in cohort.items():
            found["A5_launch", unit, start] = _share(sum(person in known for person in members), len(members))
        for unit, times in _until_adopted(facts, adopted, end).items():
            found["A10", unit, start] = (median(times), len(times))
        for unit, jobs in _leaders(eligible).items():
            for metric_id, number in _leading(people, [job.person for job in jobs], start, end).items():
                found[metric_id, unit, start] = number
        found |= {(metric_id, "_org", start): number for metric_id, number in _purposes(facts, start, end).items()}
    return found


def _share(successes: int, n: int) -> Number:
    return (successes / n if n else None, n)


def _adoption(people: People, members: list[str], start: date, end: date, known: set[str]) -> dict[str, Number]:
    acts = {person: people.acts(person, start, end) for person in members}
    tied = people.facts.tied_ids
    whole = [person for person in members if people.facts.has_twelve_weeks(person, end)]
    weeks = {person: people.active_weeks(person, end - 12 * WEEK, end) for person in whole}
    counts = {person: len(people.acts(person, end - 12 * WEEK, end)) for person in whole}
    habitual = {person for person in whole if weeks[person] >= 9}
    return {
        "A2": _share(sum(bool(own) for own in acts.values()), len(members)),
        "A3": _share(sum(any(act.id in tied for act in own) for own in acts.values()), len(members)),
        "A4": _share(len(habitual), len(whole)),
        "A4_4of4": _share(sum(people.active_weeks(person, start, end) == 4 for person in whole), len(whole)),
        "A4_power": _share(sum(counts[person] / 12 >= 15 for person in habitual), len(whole)),
        "A4_novice": _share(sum(counts[p] / 12 >= 1 for p in whole if p not in habitual), len(whole)),
        "A4_low": _share(sum(0 < counts[p] / 12 < 1 for p in whole if p not in habitual), len(whole)),
        "A4_non": _share(sum(counts[person] == 0 for person in whole), len(whole)),
        "A5": _share(sum(person in known for person in members), len(members)),
    }


def _staying(
    people: People, members: list[str], first_week: dict[str, date], start: date, end: date
) -> dict[str, Number]:
    """Against the window that ends where this one begins, where the exports show it whole."""
    before = start - 4 * WEEK
    if before < people.facts.weeks[0]:
        return {}
    eligible_before = people.facts.eligible(before, start)
    now = {person for person in members if people.acts(person, start, end)}
    then = {person for person in members if people.acts(person, before, start)}
    tracked = then & set(eligible_before)
    return {
        "A9_retained": (len(tracked & now), len(tracked)),
        "A9_lapsed": (len(tracked - now), len(tracked)),
        "A9_retention": _share(len(tracked & now), len(tracked)),
        "A9_reactivated": (sum(first_week[person] < start for person in now - then), len(members)),
        "A9_new": (sum(first_week[person] >= start for person in now), len(members)),
    }


def _until_adopted(facts: Facts, adopted: dict[str, date], end: date) -> dict[str, list[tuple[float, bool]]]:
    """Unit -> days from each person's first day seen to adoption, or to the last day on which one is known."""
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for person, jobs in facts.jobs_of.items():
        held = [job for job in jobs if job.since < end and not job.is_external]
        if not held:
            continue
        begin, last = max(facts.first_day[person], facts.weeks[0]), end - 4 * WEEK
        if all(job.until for job in jobs):
            last = min(last, max(job.until for job in jobs if job.until))
        if begin > last:
            continue
        happened = person in adopted and adopted[person] <= last
        days = max(0, (adopted[person] - begin).days) if happened else (last - begin).days
        for unit in ("_org", max(held, key=lambda job: job.since).unit):
            found[unit].append((float(days), happened))
    return found


def _leaders(eligible: dict[str, Job]) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = defaultdict(list)
    for job in eligible.values():
        if job.is_leader:
            for unit in ("_org", job.band or "", f"{job.band} / {job.unit}"):
                found[unit].append(job)
    return found


def _leading(people: People, leaders: list[str], start: date, end: date) -> dict[str, Number]:
    tied = people.facts.tied_ids
    written = {leader: [act for act in people.acts(leader, start, end) if act.kind != "reaction"] for leader in leaders}
    days = [len({act.day for act in own}) for own in written.values()]
    replies = {leader: sum(act.kind == "reply" for act in own) for leader, own in written.items()}
    whole = [leader for leader in leaders if people.facts.has_twelve_weeks(leader, end)]
    engaged = 0
    for leader in whole:
        own = [act for act in people.acts(leader, end - 12 * WEEK, end) if act.kind != "reaction"]
        back = sum(act.kind == "reply" for act in own)
        habit = people.active_weeks(leader, end - 12 * WEEK, end) >= 9
        engaged += habit and len(own) >= 10 and back / len(own) >= 0.3
    total = sum(map(len, written.values()))
    quartiles = np.percentile(days, [25, 50, 75]) if days else [None] * 3
    return {
        "L1": _share(sum(any(a.is_open or a.id in tied for a in own) for own in written.values()), len(leaders)),
        "L2_p25": (quartiles[0], len(leaders)),
        "L2": (quartiles[1], len(leaders)),
        "L2_p75": (quartiles[2], len(leaders)),
        "L5": (sum(replies.values()) / total if total else None, sum(map(bool, written.values()))),
        "L7": _share(sum(any(a.id in tied for a in own) for own in written.values()), len(leaders)),
        "L8": _share(engaged, len(whole)),
    }


def _coverage(people: People, members: list[str], start: date, end: date) -> dict[str, Number]:
    tied = people.facts.tied_ids
    acts = [own for person in members if (own := people.acts(person, start, end))]
    total, of_purpose = sum(map(len, acts)), sum(act.id in tied for own in acts for act in own)
    days = sum(len({act.day for act in own}) for own in acts)
    tied_days = sum(len({act.day for act in own if act.id in tied}) for own in acts)
    return {
        "P1": (of_purpose / total if total else None, len(acts)),
        "P1_days": (tied_days / days if days else None, len(acts)),
    }


def _purposes(facts: Facts, start: date, end: date) -> dict[str, Number]:
    declared = [p for p in facts.purposes.values() if not p["start_date"] or p["start_date"] < end]
    live, running = 0, 0
    for purpose in declared:
        stopped = purpose["stage"] == "stopped" and (not purpose["stop_date"] or purpose["stop_date"] < end)
        if stopped or (purpose["target_by_date"] and purpose["target_by_date"] < end - timedelta(days=1)):
            continue
        running += 1
        voices = {
            act.person or act.actor
            for act in facts.contributions
            if start <= act.day < end and purpose["purpose_id"] in facts.tied_ids.get(act.id, ())
        }
        live += len(voices) >= 10
    return {
        "P2": _share(sum(bool(purpose["is_measurable"]) for purpose in declared), len(declared)),
        "P3": _share(live, running),
    }
