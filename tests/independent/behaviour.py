"""Family O for every w28 window: ties, responses and the spread of contributions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import combinations
from statistics import median

from tests.independent.adoption import Numbers
from tests.independent.facts import DAY, Act, Facts

Arc = tuple[str, str]


def contact_days(facts: Facts) -> dict[Arc, set[date]]:
    """Who turned to whom on which days: replies and mentions, no broadcasts, no reactions."""
    days: dict[Arc, set[date]] = defaultdict(set)
    person_of = {account: row["email"] for account, row in facts.accounts.items() if not row["is_bot"]}
    mentioned: dict[str, set[str]] = defaultdict(set)
    for row in facts.newest("slack", "mentions", ("team_id", "channel_id", "ts", "user_id")):
        mentioned[f"{row['channel_id']}/{row['ts']}"].add(row["user_id"])
    for act in facts.contributions:
        if act.kind == "reaction" or act.is_broadcast or not act.person:
            continue
        for account in {act.target, *mentioned[act.id]}:
            other = person_of.get(account or "")
            if other and other != act.person:
                days[act.person, other].add(act.day)
    return days


def numbers(facts: Facts, windows: Iterable[tuple[date, date]]) -> Numbers:
    """metric, unit ('_org' for all, 'a / b' for a pair) and window -> value and n, before suppression."""
    contacts = contact_days(facts)
    found: Numbers = {}
    for start, end in windows:
        unit_of = {person: job.unit for person, job in facts.eligible(start, end).items()}
        arcs = {
            arc
            for arc, days in contacts.items()
            if arc[0] in unit_of and arc[1] in unit_of and sum(start <= day < end for day in days) >= 2
        }
        for key, number in {**_ties(arcs, unit_of), **_spread(facts, unit_of, start, end)}.items():
            found[(*key, start)] = number
        found |= {(*key, start): number for key, number in _responses(facts, unit_of, start, end).items()}
    return found


def _ties(arcs: set[Arc], unit_of: dict[str, str]) -> dict[tuple[str, str], tuple[float | None, int]]:
    dyads = {tuple(sorted(arc)) for arc in arcs}
    mutual = {(a, b) for a, b in dyads if (a, b) in arcs and (b, a) in arcs}
    sizes = Counter(unit_of.values())
    found: dict[tuple[str, str], tuple[float | None, int]] = {}

    def ratio(top: float, bottom: float) -> float | None:
        return top / bottom if bottom else None

    for unit in (*sizes, "_org"):
        here = [d for d in dyads if unit == "_org" or unit in (unit_of[d[0]], unit_of[d[1]])]
        inside = [d for d in here if unit_of[d[0]] == unit_of[d[1]]]
        strong = [d for d in here if d in mutual]
        strong_inside = [d for d in strong if unit_of[d[0]] == unit_of[d[1]]]
        if unit == "_org":
            inside_pairs = sum(n * (n - 1) / 2 for n in sizes.values())
            cross_pairs = sum(a * b for a, b in combinations(sizes.values(), 2))
            people = sum(sizes.values())
            cross_ends = 2 * (len(here) - len(inside))
        else:
            inside_pairs = sizes[unit] * (sizes[unit] - 1) / 2
            cross_pairs = sizes[unit] * (sum(sizes.values()) - sizes[unit])
            people = sizes[unit]
            cross_ends = len(here) - len(inside)
        cross = len(here) - len(inside)
        index = ratio(cross - len(inside), len(here))
        expected = ratio(cross_pairs - inside_pairs, cross_pairs + inside_pairs)
        pairs = int(cross_pairs + inside_pairs)
        across, within = ratio(cross, cross_pairs), ratio(len(inside), inside_pairs)
        found["O1", unit] = (ratio(across, within) if across is not None and within else None, pairs)
        found["O1_cross", unit] = (across, int(cross_pairs))
        found["O1_within", unit] = (within, int(inside_pairs))
        found["O1_degree", unit] = (ratio(cross_ends, people), people)
        found["O2", unit] = (index, len(here))
        found["O2_expected", unit] = (expected, len(here))
        found["O2_excess", unit] = (None if index is None or expected is None else index - expected, len(here))
        found["O2s", unit] = (ratio(len(strong) - 2 * len(strong_inside), len(strong)), len(strong))
        found["O3", unit] = (ratio(2 * len(strong), len(strong) + len(here)), len(here))
        found["O3b", unit] = (ratio(len(strong), len(here)), len(here))
        members = [person for person, own in unit_of.items() if unit in ("_org", own)]
        partners = dict.fromkeys(members, 0)
        for dyad in dyads:
            for person in dyad:
                if person in partners:
                    partners[person] += 1
        found["O8", unit] = (float(median(partners.values())), len(members))
        found["O10", unit] = (sum(not count for count in partners.values()) / len(members), len(members))
    return found | _constraint(dyads, unit_of, sizes)


def _constraint(
    dyads: set[tuple[str, ...]], unit_of: dict[str, str], sizes: Counter[str]
) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Burt 1992: c_a = sum over contacts b of (p_ab + sum over c of p_ac p_cb) squared; n is the unit's people."""
    weight: Counter[tuple[str, str]] = Counter()
    for a, b in dyads:
        if unit_of[a] != unit_of[b]:
            weight[unit_of[a], unit_of[b]] += 1
            weight[unit_of[b], unit_of[a]] += 1
    total = {unit: sum(weight[unit, other] for other in sizes) for unit in sizes}
    found = {}
    for a in sizes:
        if not total[a]:
            continue
        share = {b: weight[a, b] / total[a] for b in sizes}
        constraint = 0.0
        for b in sizes:
            if weight[a, b]:
                around = sum(share[c] * weight[c, b] / total[c] for c in sizes if c not in (a, b) and total[c])
                constraint += (share[b] + around) ** 2
        found["O9", a] = (constraint, sizes[a])
    return found


def _spread(
    facts: Facts, unit_of: dict[str, str], start: date, end: date
) -> dict[tuple[str, str], tuple[float | None, int]]:
    counts = Counter(act.person for act in facts.contributions if act.person in unit_of and start <= act.day < end)
    found: dict[tuple[str, str], tuple[float | None, int]] = {}
    for unit in {*unit_of.values(), "_org"}:
        members = [person for person, own in unit_of.items() if unit in ("_org", own)]
        all_counts = sorted(counts[person] for person in members)
        active = [count for count in all_counts if count]
        n, total = len(members), sum(all_counts)
        found["O6_all", unit] = (_gini(all_counts), n)
        found["O6_active", unit] = (_gini(active), len(active))
        found["O7_0", unit] = (all_counts.count(0) / n, n)
        found["O7_1_4", unit] = (sum(1 <= count <= 4 for count in all_counts) / n, n)
        found["O7_5", unit] = (sum(count >= 5 for count in all_counts) / n, n)
        for metric_id, share in (("O7_top1", 0.01), ("O7_top10", 0.1)):
            found[metric_id, unit] = (_top(all_counts, share) / total if total else None, n)
    return found


def _top(counts: list[int], share: float) -> float:
    """What the most active share of people contributed; the person on the border counts in part."""
    wanted, found = share * len(counts), 0.0
    for count in reversed(counts):
        part = min(1.0, wanted)
        found += part * count
        wanted -= part
        if wanted <= 0:
            break
    return found


def _gini(counts: list[int]) -> float | None:
    n, total = len(counts), sum(counts)
    if not total:
        return None
    plain = sum((2 * (place + 1) - n - 1) * x for place, x in enumerate(counts)) / (n * total)
    return plain * n / (n - 1) if n < 50 and n > 1 else plain


def working_hours(start: datetime, end: datetime) -> float:
    """Hours of Mondays to Fridays between two moments, day by day (no holidays are known here)."""
    hours, day = 0.0, start.date()
    while day <= end.date():
        if day.weekday() < 5:
            midnight = datetime.combine(day, time())
            low, high = max(start, midnight), min(end, midnight + DAY)
            hours += max(timedelta(), high - low).total_seconds() / 3600
        day += DAY
    return hours


def _survival(waits: list[tuple[float, bool]], at: float) -> tuple[float, int]:
    """Kaplan-Meier of still waiting after so many hours, and how many are then at risk."""
    share = 1.0
    for moment in sorted({wait for wait, answered in waits if answered and wait <= at}):
        risk = sum(wait >= moment for wait, _ in waits)
        share *= 1 - sum(answered and wait == moment for wait, answered in waits) / risk
    return share, sum(wait >= at for wait, _ in waits)


def _median_wait(waits: list[tuple[float, bool]]) -> float | None:
    share = 1.0
    for moment in sorted({wait for wait, answered in waits if answered}):
        risk = sum(wait >= moment for wait, _ in waits)
        share *= 1 - sum(answered and wait == moment for wait, answered in waits) / risk
        if share <= 0.5 + 1e-12:
            return moment
    return None


def _responses(
    facts: Facts, unit_of: dict[str, str], start: date, end: date
) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Posts of eligible people of the window; the clock stops where the export ends."""
    until = max(row["sent_at"].replace(tzinfo=None) for row in facts.table("slack", "messages"))
    first: dict[str, datetime] = {}
    posts: dict[str, Act] = {a.id: a for a in facts.contributions if a.kind == "post" and start <= a.day < end}
    for act in facts.contributions:
        if act.kind == "reply" and act.parent in posts and act.actor != posts[act.parent].actor:
            first[act.parent] = min(first.get(act.parent, act.at), act.at)
    working: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    calendar: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    old: dict[str, list[bool]] = defaultdict(list)
    for post in posts.values():
        if post.person not in unit_of:
            continue
        ended = first.get(post.id)
        for unit in (unit_of[post.person], "_org"):
            hours = ((ended or until) - post.at).total_seconds() / 3600
            calendar[unit].append((hours, ended is not None))
            if until - post.at >= timedelta(hours=72):
                old[unit].append(ended is not None)
            if post.is_question:
                working[unit].append((working_hours(post.at, ended or until), ended is not None))
    found: dict[tuple[str, str], tuple[float | None, int]] = {}
    for unit, waits in working.items():
        found["O4", unit] = (_median_wait(waits), len(waits))
        for hours in (4, 24, 72):
            found[f"O4_s{hours}", unit] = (_survival(waits, hours)[0], len(waits))
        found["O5", unit] = (1 - _survival(waits, 48)[0], len(waits))
    for unit, waits in calendar.items():
        found["O11", unit] = (1 - _survival(waits, 72)[0], len(waits))
    for unit, answered in old.items():
        found["O12", unit] = (sum(answered) / len(answered), len(answered))
    return found
