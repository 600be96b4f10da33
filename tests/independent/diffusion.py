"""How adoption spreads: stage (A6), chasm (A7), growth of the hazard, and Bass's curve (A8), for the organisation."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import accumulate

import numpy as np
from scipy.optimize import curve_fit

from tests.independent.adoption import Number, Numbers, People, wilson
from tests.independent.facts import DAY, WEEK, Facts

CUTS = (0.025, 0.16, 0.5, 0.84)


def numbers(facts: Facts, windows: list[tuple[date, date]]) -> Numbers:
    """A6 and A7 as their places in their order, and A7_growth; '_org' and window -> value and n."""
    people, adopted = _people(facts)
    found: Numbers = {}
    for start, end in windows:
        count, n = _known(facts, adopted, start, end)["_org"]
        found["A6", "_org", start] = (1 + sum(count / n > cut for cut in CUTS), n)
        found["A7", "_org", start] = (_chasm(people, adopted, start, end), n)
        if (slope := _growth(facts, adopted, end)) is not None:
            found["A7_growth", "_org", start] = slope
    return found


def _people(facts: Facts) -> tuple[People, dict[str, date]]:
    people = People(facts)
    roster = sorted({job.person for job in facts.jobs if not job.is_external})
    return people, {person: day for person in roster if (day := people.adopted_on(person))}


def _known(facts: Facts, adopted: dict[str, date], start: date, end: date) -> dict[str, tuple[int, int]]:
    """Unit -> adopters known by the window's end, and eligible people."""
    known, size = Counter[str](), Counter[str]()
    for person, job in facts.eligible(start, end).items():
        for unit in ("_org", job.unit):
            size[unit] += 1
            known[unit] += person in adopted and adopted[person] + 4 * WEEK <= end
    return {unit: (known[unit], n) for unit, n in size.items()}


def _chasm(people: People, adopted: dict[str, date], start: date, end: date) -> int:
    facts = people.facts
    units = _known(facts, adopted, start, end)
    if wilson(*units["_org"])[1] < 0.16:
        return 0
    for back in (0, 4, 8):
        if start - back * WEEK < facts.weeks[0]:
            return 1
        then = _known(facts, adopted, start - back * WEEK, end - back * WEEK)["_org"]
        if wilson(*then)[0] <= 0.16:
            return 1
    large = [count / n for unit, (count, n) in units.items() if unit != "_org" and n >= 30]
    broad = bool(large) and sum(share > 0.16 for share in large) * 2 >= len(large)
    mine = [p for p in facts.eligible(start, end) if p in adopted and adopted[p] + 4 * WEEK <= end]
    mine = [person for person in mine if facts.has_twelve_weeks(person, end)]
    habit = sum(people.active_weeks(person, end - 12 * WEEK, end) >= 9 for person in mine)
    return 2 if broad and mine and habit * 2 >= len(mine) else 1


def _growth(facts: Facts, adopted: dict[str, date], end: date) -> Number | None:
    """Slope of the weighted regression of the weekly hazard over the last 8 weeks whose adoptions are known."""
    points = []
    for back in range(8):
        monday = end - (4 + back) * WEEK
        if monday < facts.weeks[0]:
            return None
        last_day = monday + WEEK
        there = {job.person for job in facts.jobs if job.covers(last_day - DAY) and not job.is_external}
        at_risk = [person for person in there if person not in adopted or adopted[person] >= monday]
        new = sum(adopted.get(person) == monday for person in at_risk)
        points.append((-back, new / len(at_risk), len(at_risk)))
    week, hazard, weight = (np.array(column, float) for column in zip(*points, strict=True))
    slope = np.polyfit(week, hazard, 1, w=np.sqrt(weight))[0]
    return (float(slope), int(weight[0]))


def forecast(facts: Facts) -> tuple[dict[tuple[float, int], float], float, int]:
    """(ceiling, weeks from launch) -> share; the week in which 16 % were reached; people eligible at launch.

    The curve that fits the weekly adopters best, followed on from where they stand; no bootstrap.
    """
    _, adopted = _people(facts)
    cohort = facts.eligible(*facts.windows[0])
    weeks = [monday for monday in facts.weeks if monday + 4 * WEEK <= facts.weeks[-1] + WEEK]
    sales = np.array([sum(adopted.get(person) == monday for person in cohort) for monday in weeks], float)
    total = list(accumulate(sales))
    goal = 0.16 * len(cohort)
    place = next(n for n, reached in enumerate(total) if reached >= goal)
    crossing = place + (goal - (total[place - 1] if place else 0)) / sales[place]
    found = {}
    for ceiling in (0.6, 0.8, 1.0):
        m = round(ceiling * len(cohort))

        def share(t: np.ndarray, p: float, q: float) -> np.ndarray:
            return (1 - np.exp(-(p + q) * t)) / (1 + q / p * np.exp(-(p + q) * t))

        def weekly(t: np.ndarray, p: float, q: float, m: int = m) -> np.ndarray:
            return m * (share(t, p, q) - share(t - 1, p, q))

        if total[-1] >= m:
            continue
        (p, q), _ = curve_fit(weekly, np.arange(1.0, len(sales) + 1), sales, p0=(0.01, 0.1), bounds=(1e-6, 3))
        since = np.log((1 + q / p * total[-1] / m) / (1 - total[-1] / m)) / (p + q)  # where the curve is as high
        for ahead in range(1, 53):
            found[ceiling, len(sales) + ahead] = float(m * share(np.array(since + ahead), p, q)) / len(cohort)
    return found, float(crossing), len(cohort)
