"""The people of the sample: units, assignments, managers, and who takes up the chat tool in which week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from throughline.sample.clock import Ints
from throughline.sample.planted import PLANTED, REGIONS, SEGMENTS, SMALL_UNITS, Calendar
from throughline.sample.words import FIRST, LAST

DOMAIN = "veldmark.example"
NEVER = 10_000  # weeks or days: later than everything
ZONES = {
    "EMEA": ("Europe/Berlin", "Europe/London"),
    "AMER": ("America/New_York", "America/Chicago"),
    "APAC": ("Asia/Singapore", "Australia/Sydney"),
    "HQ": ("Europe/Berlin",),
}
OTHER_UNITS = {"Product": 0.06, "Engineering": 0.08, "Operations": 0.06, "Finance-People": 0.04}
SALES_SHARE, SERVICE_SHARE = 0.64, 0.12
SILENT_SHARE = 0.12  # never take up the tool; half of them have an account all the same


@dataclass(frozen=True)
class Unit:
    """One org unit."""

    name: str
    region: str
    zone: str
    weight: float

    @property
    def is_sales(self) -> bool:
        return "-Sales-" in self.name


@dataclass(frozen=True)
class Organisation:
    """Arrays over people, int64[p] unless said otherwise; days count from the first day of the history.

    unit, unit_after: org unit before and from moved_day on; left_day: the last day; band: leader band or "";
    manager[u]: the person who leads unit u; adopts_week: first week in the tool; rate: float[p] messages a week.
    """

    calendar: Calendar
    units: tuple[Unit, ...]
    names: list[tuple[str, str]]
    unit: Ints
    unit_after: Ints
    moved_day: Ints
    hired_day: Ints
    left_day: Ints
    promoted_day: Ints
    band: list[str]
    leads: Ints
    manager: Ints
    adopts_week: Ints
    account_week: Ints
    rate: np.ndarray[tuple[int, ...], np.dtype[np.float64]]

    def __len__(self) -> int:
        return len(self.names)

    def email(self, person: int) -> str:
        first, last = self.names[person]
        return f"{first}.{last}{person}@{DOMAIN}".lower()

    def day(self, offset: int) -> date:
        return self.calendar.start_date + timedelta(days=int(offset))

    def unit_on(self, day: int) -> Ints:
        """The unit of every person on a day, int64[p]."""
        return np.where(self.moved_day <= day, self.unit_after, self.unit)

    def employed_on(self, day: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return (self.hired_day <= day) & (day <= self.left_day)

    def boss(self, person: int, unit: int) -> int | None:
        """The manager while in that unit; None at the top."""
        if person == 0:
            return None
        if self.leads[person] < 0:
            return int(self.manager[unit]) if person > len(REGIONS) else 0
        region = self.units[unit].region
        return 1 + REGIONS.index(region) if region in REGIONS else 0


def units() -> tuple[Unit, ...]:
    """24 sales teams, a service unit a region, four central units; a region's units lie next to each other."""
    made = []
    for region in REGIONS:
        zones = ZONES[region]
        for n, segment in enumerate(SEGMENTS):
            weight = SALES_SHARE / 24 * (0.7 if f"{region}-Sales-{segment}" in SMALL_UNITS else 1.0)
            made.append(Unit(f"{region}-Sales-{segment}", region, zones[n % len(zones)], weight))
        made.append(Unit(f"{region}-Service", region, zones[0], SERVICE_SHARE / 3))
    made += [Unit(name, "HQ", ZONES["HQ"][0], weight) for name, weight in OTHER_UNITS.items()]
    return tuple(made)


def organisation(calendar: Calendar, people: int, rng: np.random.Generator) -> Organisation:
    """people: seats; a seat that is given up is filled again some weeks later by somebody new."""
    all_units = units()
    seat_unit, band, leads, manager = _seats(all_units, people)
    people = len(seat_unit)  # a tiny organisation still has somebody in every unit
    first_day, last_day = (calendar.crm_start_date - calendar.start_date).days, calendar.weeks * 7 + 7
    hired = -rng.integers(200, 4000, people) + first_day
    left = np.full(people, NEVER)
    leaves = rng.random(people) < 0.09 * (last_day - first_day) / 365
    leaves &= np.array([not b for b in band])
    left[leaves] = rng.integers(first_day + 30, last_day - 20, int(leaves.sum()))
    # the successor takes the seat three to seven weeks after it was given up
    seats = np.flatnonzero(leaves)
    successor_hired = left[seats] + rng.integers(21, 50, len(seats))
    unit = np.concatenate([seat_unit, seat_unit[seats]])
    count = len(unit)
    hired = np.concatenate([hired, successor_hired])
    left = np.concatenate([left, np.full(len(seats), NEVER)])
    band += [""] * len(seats)
    leads = np.concatenate([leads, np.full(len(seats), -1)])
    moved, unit_after = _moves(all_units, unit, left, hired, band, last_day, rng)
    promoted = np.where(
        (rng.random(count) < 0.05) & (moved == NEVER), rng.integers(30, max(last_day - 30, 31), count), NEVER
    )
    promoted = np.where((promoted > hired + 60) & (promoted < left), promoted, NEVER)
    names = [(FIRST[a], LAST[b]) for a, b in rng.integers(0, (len(FIRST), len(LAST)), (count, 2)).tolist()]
    rate = np.minimum(rng.lognormal(np.log(2.6), 0.75, count), 40.0)
    silent = (rng.random(count) < SILENT_SHARE) & np.array([not b for b in band])
    adopts = _adoption(calendar, all_units, unit, hired, left, silent, rng)
    has_account = ~silent | (rng.random(count) < 0.5)
    first_seen = np.maximum(hired // 7 + 1, 0)
    account = np.where(silent & has_account, first_seen + rng.integers(0, 20, count), adopts)
    account = np.where(has_account & (account * 7 < left), account, NEVER)
    return Organisation(
        calendar, all_units, names, unit, unit_after, moved, hired, left, promoted, band, leads, manager,
        adopts, account, rate,
    )  # fmt: skip


def _seats(all_units: tuple[Unit, ...], people: int) -> tuple[Ints, list[str], Ints, Ints]:
    """Unit and band of every seat. Person 0 heads the firm, 1 to 3 the regions, the next the central units."""
    quota = np.array([u.weight for u in all_units])
    heads = len(REGIONS) + 1
    sizes = np.maximum(np.floor(quota / quota.sum() * (people - heads)), 1).astype(np.int64)
    home = [next(n for n, u in enumerate(all_units) if u.region == region) for region in ("HQ", *REGIONS)]
    seats = home + [n for n, size in enumerate(sizes) for _ in range(size)]
    order = np.argsort(-quota, kind="stable")
    while len(seats) < people:
        seats.append(int(order[len(seats) % len(order)]))
    unit = np.array(seats, np.int64)
    band = ["executive"] * heads + [""] * (len(unit) - heads)
    leads = np.full(len(unit), -1)
    manager = np.zeros(len(all_units), np.int64)
    middle = max(round(0.065 * people), 2)
    for n, u in enumerate(all_units):
        first = int(np.flatnonzero(unit[heads:] == n)[0]) + heads
        central = u.region == "HQ" or u.name.endswith("-Service")
        manager[n] = 1 + REGIONS.index(u.region) if u.region in REGIONS else 0
        if central or middle > 0:
            manager[n], leads[first] = first, n
            band[first] = "senior" if central else "middle"
            middle -= not central
    return unit, band, leads, manager


def _moves(
    all_units: tuple[Unit, ...],
    unit: Ints,
    left: Ints,
    hired: Ints,
    band: list[str],
    last_day: int,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """Day and target of a move, if any. Sellers stay within their arm, so that moves blur no planted contrast."""
    arm = {u: planted.purpose_id for planted in PLANTED.values() for u in planted.treated_units}
    kind = [arm.get(u.name, "sales") if u.is_sales else "other" for u in all_units]
    moved, after = np.full(len(unit), NEVER), unit.copy()
    for person in np.flatnonzero(rng.random(len(unit)) < 0.06).tolist():
        day = int(rng.integers(14, max(last_day - 28, 15)))
        targets = [n for n, k in enumerate(kind) if k == kind[unit[person]] and n != unit[person]]
        target = targets[int(rng.integers(len(targets)))]
        if not band[person] and hired[person] + 30 < day < left[person] - 30:
            moved[person], after[person] = day, target
    return moved, after


def _adoption(
    calendar: Calendar,
    all_units: tuple[Unit, ...],
    unit: Ints,
    hired: Ints,
    left: Ints,
    silent: np.ndarray,
    rng: np.random.Generator,
) -> Ints:
    """Week of taking up the tool, int64[p]: hazard p + q F, F half from the own unit and half from the whole firm.

    Units differ in q; a purpose that starts in a unit pulls its people in.
    """
    external = 0.006 * rng.lognormal(0, 0.4, len(all_units))
    imitation = 0.085 * rng.lognormal(0, 0.35, len(all_units))
    pull = np.full(len(all_units), NEVER)
    for planted in PLANTED.values():
        week = (calendar.purpose_start_date(planted.purpose_id) - calendar.start_date).days // 7
        for n, u in enumerate(all_units):
            if u.name in planted.treated_units:
                pull[n] = week
    tempo = 78 / max(calendar.weeks, 20)  # a short history still sees most of the curve
    adopts = np.full(len(unit), NEVER)
    for week in range(calendar.weeks + 1):
        here = (hired <= week * 7) & (left > week * 7 + 7)
        using = here & (adopts <= week)
        heads = np.maximum(np.bincount(unit[here], minlength=len(all_units)), 1)
        share = np.bincount(unit[using], minlength=len(all_units)) / heads
        spread = 0.5 * share + 0.5 * using.sum() / max(here.sum(), 1)
        hazard = tempo * (external + imitation * spread + 0.10 * ((week >= pull - 3) & (week < pull + 12)))
        taken = here & ~silent & (adopts == NEVER) & (rng.random(len(unit)) < hazard[unit])
        adopts[taken] = week
    return adopts
