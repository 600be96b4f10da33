"""Leaders among others: who gets their answer, whom they reach, how far down they talk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from tests.independent.adoption import Number, Numbers, People, _leaders, survival
from tests.independent.facts import DAY, Act, Facts

LEVELS = 12


def working_hours(begin: datetime, end: datetime) -> float:
    """Hours of Monday to Friday between two UTC moments; the sample has no calendar of its own."""
    total, day = 0.0, begin.date()
    while day <= end.date():
        if day.weekday() < 5:
            midnight = datetime.combine(day, datetime.min.time())
            total += (min(end, midnight + DAY) - max(begin, midnight)).total_seconds() / 3600
        day += DAY
    return round(total, 4)


def below(facts: Facts, day: date) -> dict[str, dict[str, int]]:
    """Manager -> everybody below on that day -> how many levels."""
    manager = {job.person: job.manager for job in facts.jobs if job.covers(day) and job.manager != job.person}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for job in (job for job in facts.jobs if job.covers(day) and not job.is_external):
        above = manager.get(job.person)
        for level in range(1, LEVELS + 1):
            if above is None:
                break
            if above != job.person:
                found[above].setdefault(job.person, level)
            above = manager.get(above)
    return found


def numbers(facts: Facts, windows: list[tuple[date, date]]) -> Numbers:
    """metric, unit and window -> value and n, before suppression."""
    people = People(facts)
    said = {act.id: act for act in facts.contributions if act.kind != "reaction"}
    responses = [act for act in facts.contributions if act.kind != "post" and act.parent in said]
    mentioned: dict[str, list[str]] = defaultdict(list)
    for name, person in _mentions(facts):
        mentioned[name].append(person)
    threads, answers = _threads(mentioned, said)
    seen_until = max(row["sent_at"] for row in facts.table("slack", "messages")).replace(tzinfo=None)
    found: Numbers = {}
    for start, end in windows:
        eligible, under = facts.eligible(start, end), below(facts, start)
        leading = {job.person for job in eligible.values() if job.is_leader}
        engaged: dict[str, set[str]] = defaultdict(set)
        for act in responses:
            leader = said[act.parent or ""].person or ""
            if start <= act.day < end and act.person and act.person in under.get(leader, ()):
                engaged[leader].add(act.person)
        for unit, jobs in _leaders(eligible).items():
            leaders = {job.person for job in jobs}
            audience = {person for leader in leaders for person in under.get(leader, ())}
            reached = {person for leader in leaders for person in engaged[leader]}
            found["L4", unit, start] = (len(reached) / len(audience) if audience else None, len(audience))
            found["L6", unit, start] = _skipping(people, leaders, under, mentioned, start, end)
            turned = [
                (leader, root)
                for root, named in threads.items()
                if start <= said[root].day < end and said[root].person not in leading
                for leader in named & leaders
            ]
            times = [
                (working_hours(said[root].at, answers.get((root, leader), seen_until)), (root, leader) in answers)
                for leader, root in turned
            ]
            found["L3", unit, start] = (1 - survival(times, 72), len({leader for leader, _ in turned}))
    # Slack marks no delegates: nobody can take their words out
    return found | {(f"{metric_id}_incl_delegate", *cell): number for (metric_id, *cell), number in found.items()}


def _mentions(facts: Facts) -> Iterator[tuple[str, str]]:
    """Message and the person whom it mentions."""
    for row in facts.newest("slack", "mentions", ("team_id", "channel_id", "ts", "user_id")):
        if person := facts.accounts.get(row["user_id"], {}).get("email"):
            yield f"{row['channel_id']}/{row['ts']}", person


def _threads(
    mentioned: dict[str, list[str]], said: dict[str, Act]
) -> tuple[dict[str, set[str]], dict[tuple[str, str], datetime]]:
    """Posts and whom they mention, but for their author; (post, person) -> that person's first reply to it."""
    threads = {
        name: {person for person in persons if person != said[name].person}
        for name, persons in mentioned.items()
        if name in said and said[name].kind == "post"
    }
    answers: dict[tuple[str, str], datetime] = {}
    for act in said.values():
        if act.kind == "reply" and act.person and act.parent in threads:
            key = (act.parent, act.person)
            answers[key] = min(answers.get(key, act.at), act.at)
    return threads, answers


def _skipping(
    people: People,
    leaders: set[str],
    under: dict[str, dict[str, int]],
    mentioned: dict[str, list[str]],
    start: date,
    end: date,
) -> Number:
    far = total = talking = 0
    for leader in leaders:
        partners = []
        for act in people.acts(leader, start, end):
            if act.kind == "reply" and act.target:
                partners.append(people.facts.accounts.get(act.target, {}).get("email"))
            if act.kind != "reaction":
                partners += mentioned.get(act.id, [])
        levels = [under.get(leader, {}).get(person, 0) for person in partners if person and person != leader]
        far, total, talking = far + sum(level >= 2 for level in levels), total + len(levels), talking + bool(levels)
    return (far / total if total else None, talking)
