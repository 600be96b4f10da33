"""The vendors' definitions for the whole organisation, each counted anew from the contributions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from statistics import mean, median, stdev

from tests.independent.adoption import Number, People
from tests.independent.behaviour import Arc, contact_days
from tests.independent.facts import WEEK, Act, Facts
from tests.independent.outcomes import _periods, deals, seen_until

SPANS = {  # metric -> kinds of act that count, days up to and with the window's last one
    "slack.weekly_posting": (("post", "reply"), 7),
    "slack.monthly_posting": (("post", "reply"), 28),
    "mattermost.mau": (("post", "reply", "reaction"), 30),
    "mattermost.mau_server": (("post", "reply", "reaction"), 31),
    "swoop.active_users": (("post", "reply", "reaction"), 28),
    "swoop.interactive_user": (("reaction",), 182),
    "swoop.engagement_people": (("reply", "reaction"), 28),
    "tygraph.engaged": (("post", "reply", "reaction"), 28),
    "viva.is_active": (("post", "reply"), 28),
}
COUNTED = ("slack.weekly_posting", "slack.monthly_posting", "mattermost.mau", "mattermost.mau_server")


def numbers(facts: Facts, windows: Iterable[tuple[date, date]]) -> dict[tuple[str, date], Number]:
    """metric and window -> value and n, before suppression."""
    people, contacts = People(facts), contact_days(facts)
    acts_of: dict[str, list[Act]] = defaultdict(list)
    for act in facts.contributions:
        if act.person:
            acts_of[act.person].append(act)
    found: dict[tuple[str, date], Number] = {}
    for start, end in windows:
        eligible = facts.eligible(start, end)

        def did(kinds: tuple[str, ...], days: int, end: date = end, eligible: Iterable[str] = eligible) -> int:
            first = end - timedelta(days=days)
            return sum(any(a.kind in kinds and first <= a.day < end for a in acts_of[p]) for p in eligible)

        for metric_id, (kinds, days) in SPANS.items():
            count = did(kinds, days)
            found[metric_id, start] = (count if metric_id in COUNTED else count / len(eligible), len(eligible))
        year = did(("post", "reply", "reaction"), 365)
        found["swoop.community_health", start] = (did(("post", "reply", "reaction"), 30) / year, year)
        found |= {(metric_id, start): number for metric_id, number in _segments(people, eligible, end).items()}
        found |= {(metric_id, start): number for metric_id, number in _posts(facts, start, end).items()}
        found |= {(metric_id, start): number for metric_id, number in _sums(facts, start, end).items()}
        arcs = {arc for arc, days in contacts.items() if any(start <= day < end for day in days)}
        found |= {(metric_id, start): number for metric_id, number in _pairs(facts, arcs, start, end).items()}
    return found


def amounts(facts: Facts) -> dict[tuple[str, str, date], Number]:
    """metric, grain and first day -> value and n of the lenses on today's amounts and on words in a stage's name."""
    closed: dict[tuple[str, date], list[tuple[str, float]]] = defaultdict(list)
    open_amounts = []
    stages = {row["opportunity_id"]: row for row in facts.table("salesforce", "opportunities")}
    for deal in deals(facts):
        amount, stage = stages[deal.name]["amount"], stages[deal.name]["stage"].lower()
        if amount is None:
            continue
        if deal.outcome != "open" and deal.closed:
            for period in _periods(facts, "_org", deal.closed):
                closed[period].append((deal.outcome, float(amount)))
        if not {"0", "1"} & set(stage) and "closed won" not in stage and "closed lost" not in stage:
            open_amounts.append(float(amount))
    found: dict[tuple[str, str, date], Number] = {
        ("fivetran.win_percent", *period): (sum(a for o, a in own if o == "won") / sum(a for _, a in own), len(own))
        for period, own in closed.items()
    }
    month = seen_until(facts).date().replace(day=1)
    return found | {("commonroom.pipeline", "month", month): (sum(open_amounts), len(open_amounts))}


def _segments(people: People, eligible: Iterable[str], end: date) -> dict[str, Number]:
    whole = [person for person in eligible if people.facts.has_twelve_weeks(person, end)]
    counted: dict[str, int] = defaultdict(int)
    for person in whole:
        weekly = len(people.acts(person, end - 12 * WEEK, end)) / 12
        is_habit = people.active_weeks(person, end - 12 * WEEK, end) >= 9
        segment = ("power" if weekly >= 15 else "habitual") if is_habit else (
            "novice" if weekly >= 1 else "low" if weekly > 0 else "non_user"
        )  # fmt: skip
        counted[segment] += 1
    names = ("power", "habitual", "novice", "low", "non_user")
    return {f"viva.segment_{name}": (counted[name] / len(whole), len(whole)) for name in names} if whole else {}


def _posts(facts: Facts, start: date, end: date) -> dict[str, Number]:
    answers: dict[str, list[Act]] = defaultdict(list)
    for act in facts.contributions:
        if act.parent and act.day < end:
            answers[act.parent].append(act)
    posts = [act for act in facts.contributions if act.kind == "post" and start <= act.day < end]
    responded = sum(any(answer.actor != post.actor for answer in answers[post.id]) for post in posts)
    replied = sum(any(answer.kind == "reply" for answer in answers[post.id]) for post in posts)
    return {
        "swoop.response_rate": (responded / len(posts), len(posts)),
        "angeletou.thread_reciprocity": (replied / len(posts), len(posts)),
    }


def _sums(facts: Facts, start: date, end: date) -> dict[str, Number]:
    own = [act for act in facts.contributions if act.person and start <= act.day < end]
    people = len({act.person for act in own})
    weekly = []
    for place in range(12):
        first = end - (place + 1) * WEEK
        weekly.append(sum(first <= act.day < first + WEEK and act.person is not None for act in facts.contributions))
    found: dict[str, Number] = {
        "tygraph.mae": (sum(1 + len(act.tags) + act.mentions + act.files for act in own), people),
        "worklytics.collaboration": (sum(not act.is_broadcast for act in own), people),
    }
    if end - 12 * WEEK >= facts.weeks[0]:
        found["worklytics.cv12wk"] = (stdev(weekly) / mean(weekly), people)
    return found


def _pairs(facts: Facts, arcs: set[Arc], start: date, end: date) -> dict[str, Number]:
    """Who turned to whom on a day or more; common connections are counted among those who turned to each other."""
    unit_of = {person: job.unit for person, job in facts.eligible(start, end).items()}
    with_account = {row["email"] for row in facts.accounts.values() if row["email"]} & set(unit_of)
    arcs = {(one, other) for one, other in arcs if one in unit_of and other in unit_of}
    pairs = {tuple(sorted(arc)) for arc in arcs}
    mutual = {(one, other) for one, other in pairs if {(one, other), (other, one)} <= arcs}
    ins: dict[str, set[str]] = defaultdict(set)
    outs: dict[str, set[str]] = defaultdict(set)
    for one, other in arcs:
        outs[one].add(other)
        ins[other].add(one)
    connected = set(ins) | set(outs)
    across = {p for p in with_account if any(unit_of[o] != unit_of[p] for o in ins[p] | outs[p])}
    friends: dict[str, set[str]] = defaultdict(set)
    for one, other in mutual:
        friends[one].add(other)
        friends[other].add(one)
    common = [len(friends[one] & friends[other]) for one, other in mutual]
    middle = median(common) if common else 0
    strong = sum(count >= middle for count in common)
    shares = [len(ins[p]) / (len(ins[p]) + len(outs[p])) for p in connected]
    return {
        "swoop.two_way": (len(mutual) / len(pairs), len(pairs)),
        "google.cross_team": (len(across) / len(with_account), len(with_account)),
        "angeletou.person_reciprocity": (mean(shares), len(connected)),
        "viva.strong_tie": (2 * strong / len(unit_of), len(unit_of)),
        "viva.diverse_tie": (2 * (len(common) - strong) / len(unit_of), len(unit_of)),
    }
