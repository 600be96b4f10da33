"""Who is active in which week, and which channels there are: the ground on which conversations are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from throughline.sample.clock import PAD_DAYS, SECOND, Ints, Zone
from throughline.sample.organisation import NEVER, Organisation
from throughline.sample.planted import PLANTED, REGIONS

Floats = npt.NDArray[np.float64]
POSTS_SHARE = 0.62  # of a person's rate; the rest comes as replies
LEADER_BEFORE, LEADER_AFTER, LEADER_ELSEWHERE = 0.12, 1.1, 0.4
LEADER_RISE_WEEKS = 16
TOPICS = (
    "help-it",
    "help-sales",
    "product-news",
    "logistics-talk",
    "events",
    "books-and-tools",
    "competitor-watch",
    "releases",
    "kitchen",
    "ideas",
)
PURPOSE_POST_SHARE = 0.08  # of the posts of a purpose's people that go to its channel without a deal


@dataclass(frozen=True)
class Activity:
    """weight: float[p, w] expected messages; counts: int64[p, w] posts; unit: int64[p, w] org unit in that week."""

    weight: Floats
    counts: Ints
    unit: Ints
    zones: tuple[Zone, ...]
    order: list[Ints]
    sums: list[Floats]
    spans: list[tuple[Ints, Ints]]
    region_of: Ints

    @classmethod
    def of(cls, org: Organisation, rng: np.random.Generator) -> Activity:
        weeks = org.calendar.weeks + 1
        week = np.arange(weeks)
        unit = np.stack([org.unit_on(int(w) * 7) for w in week], 1)
        adopted = np.where(org.adopts_week == NEVER, NEVER, org.adopts_week)[:, None] <= week
        present = (org.hired_day[:, None] <= week * 7) & (org.left_day[:, None] >= week * 7 + 4)
        lapse = np.where(rng.random(len(org)) < 0.09, org.adopts_week + rng.integers(8, 45, len(org)), NEVER)
        steady = np.where(week >= lapse[:, None], 0.03, 1.0)
        weight = org.rate[:, None] * adopted * present * steady * _leader_factor(org, unit) * _season(org)
        counts = rng.poisson(weight * POSTS_SHARE * rng.gamma(4.0, 0.25, weight.shape))
        span = (org.calendar.start_date, org.calendar.later_end_date)
        by_name = {name: Zone.of(name, *span) for name in sorted({u.zone for u in org.units})}
        regions = [*REGIONS, "HQ"]
        region_of = np.array([regions.index(u.region) for u in org.units])
        order, sums, spans = [], [], []
        for w in range(weeks):
            order.append(np.argsort(unit[:, w], kind="stable"))
            sums.append(np.concatenate([[0.0], np.cumsum(weight[order[-1], w])]))
            edges = np.arange(len(org.units))
            sorted_units = unit[order[-1], w]
            spans.append((np.searchsorted(sorted_units, edges, "left"), np.searchsorted(sorted_units, edges, "right")))
        zones = tuple(by_name[u.zone] for u in org.units)
        return cls(weight, counts.astype(np.int64), unit, zones, order, sums, spans, region_of)

    def somebody(self, week: Ints, unit: Ints, scope: Ints, rng: np.random.Generator) -> Ints:
        """A person of the week, likelier the more active: of the unit (scope 0), its region (1), all (2); or -1."""
        found = np.full(len(week), -1, np.int64)
        luck = rng.random(len(week))
        first_in = np.array([np.flatnonzero(self.region_of == r)[0] for r in self.region_of])
        last_in = np.array([np.flatnonzero(self.region_of == r)[-1] for r in self.region_of])
        by_week = np.argsort(week, kind="stable")
        edges = np.searchsorted(week[by_week], np.arange(len(self.order) + 1))
        for w in range(len(self.order)):
            rows = by_week[edges[w] : edges[w + 1]]
            begin, end = self.spans[w]
            u, s = unit[rows], scope[rows]
            low = np.where(s == 0, begin[u], np.where(s == 1, begin[first_in[u]], 0))
            high = np.where(s == 0, end[u], np.where(s == 1, end[last_in[u]], len(self.order[w])))
            sums = self.sums[w]
            target = sums[low] + luck[rows] * (sums[high] - sums[low])
            place = np.clip(np.searchsorted(sums, target, side="right") - 1, 0, len(self.order[w]) - 1)
            found[rows] = np.where(sums[high] > sums[low], self.order[w][place], -1)
        return found

    def local(self, unit: Ints, day: Ints, hours: Floats, rng: np.random.Generator) -> Ints:
        """The instants of local times in the units' zones; microseconds are drawn."""
        table = np.stack([zone.midnights for zone in self.zones])
        seconds = (hours * 3600 * SECOND).astype(np.int64)
        return np.asarray(table[unit, day + PAD_DAYS] + seconds + rng.integers(0, SECOND, len(day)), np.int64)

    def working(self, unit: Ints, at: Ints, rng: np.random.Generator) -> Ints:
        """The instants moved into the units' working hours."""
        moved = at.copy()
        for number, zone in enumerate(self.zones):
            mine = unit == number
            moved[mine] = zone.into_working_hours(at[mine], rng)
        return moved


@dataclass(frozen=True)
class Channels:
    """names[c]; created_day[c]; purpose[c]: place in PLANTED or -1; team, region, service_unit: int64[u];
    purpose_channel: int64[purposes, u]."""

    names: list[str]
    created_day: Ints
    purpose: Ints
    team: Ints
    region: Ints
    service_unit: Ints
    purpose_channel: Ints
    topics: Ints
    carried: Ints  # int64[u]: the purpose that the unit carries, or -1

    def choose(self, unit: Ints, day: Ints, rng: np.random.Generator) -> Ints:
        """A channel for a post from the unit on the day, int64[n]."""
        luck, other = rng.random(len(unit)), rng.random(len(unit))
        topic = self.topics[np.minimum((other**1.7 * len(self.topics)).astype(np.int64), len(self.topics) - 1)]
        general = np.where(other < 0.3, 0, 1)
        channel = np.where(luck < 0.48, self.team[unit], np.where(luck < 0.62, self.region[unit], topic))
        channel = np.where(luck > 0.90, general, channel)
        mine = self.purpose_channel[np.maximum(self.carried[unit], 0), unit]
        to_purpose = (self.carried[unit] >= 0) & (rng.random(len(unit)) < PURPOSE_POST_SHARE)
        channel = np.where(to_purpose, mine, channel)
        return np.where(self.created_day[channel] <= day, channel, 1)


def channels(org: Organisation) -> Channels:
    """#general, #random, regions, teams, topics, a feed, and the channels of the purposes from their start on."""
    names, created, purpose = ["general", "random"], [-400, -400], [-1, -1]

    def add(name: str, day: int, of: int = -1) -> int:
        names.append(name)
        created.append(day)
        purpose.append(of)
        return len(names) - 1

    regions = {region: add(region.lower(), -300) for region in [*REGIONS, "HQ"]}
    team = [add(f"team-{unit.name.lower()}", -200) for unit in org.units]
    topics = [add(name, 14 * n - 30) for n, name in enumerate(TOPICS)]
    add("deal-bell", -100)
    add("old-intranet", -390)
    number = {unit.name: n for n, unit in enumerate(org.units)}
    service = [number.get(f"{unit.region}-Service", n) for n, unit in enumerate(org.units)]
    table = np.zeros((len(PLANTED), len(org.units)), np.int64)
    carried = np.full(len(org.units), -1, np.int64)
    for place, planted in enumerate(PLANTED.values()):
        day = (org.calendar.purpose_start_date(planted.purpose_id) - org.calendar.start_date).days
        for region in REGIONS:
            ids = [n for n, u in enumerate(org.units) if u.region == region]
            if not any(org.units[n].name in planted.treated_units for n in ids):
                continue
            channel = add(f"{planted.channel}-{region.lower()}", day, place)
            table[place, ids] = channel
            carried[[n for n in ids if org.units[n].name in planted.treated_units]] = place
    return Channels(
        names,
        np.array(created, np.int64),
        np.array(purpose, np.int64),
        np.array(team, np.int64),
        np.array([regions[u.region] for u in org.units], np.int64),
        np.array(service, np.int64),
        table,
        np.array(topics, np.int64),
        carried,
    )


def _leader_factor(org: Organisation, unit: Ints) -> Floats:
    """float[p, w]: leaders say little until a purpose of their own starts, then more and more."""
    week = np.arange(org.calendar.weeks + 1)
    factor = np.ones(unit.shape)
    starts = {
        name: (org.calendar.purpose_start_date(planted.purpose_id) - org.calendar.start_date).days / 7
        for planted in PLANTED.values()
        for name in planted.treated_units
    }
    first = min(starts.values())
    for person, band in enumerate(org.band):
        if band:
            name = org.units[org.unit[person]].name
            top = LEADER_AFTER if name in starts or band == "executive" else LEADER_ELSEWHERE
            risen = np.clip((week - starts.get(name, first)) / LEADER_RISE_WEEKS, 0, 1)
            factor[person] = LEADER_BEFORE + (top - LEADER_BEFORE) * risen
    return factor


def _season(org: Organisation) -> Floats:
    """float[w]: the turn of the year is quiet, August half so."""
    season = np.ones(org.calendar.weeks + 1)
    for week in range(len(season)):
        day = org.day(week * 7 + 3)
        if (day.month, day.day) >= (12, 23) or (day.month, day.day) <= (1, 2):
            season[week] = 0.2
        elif day.month == 8:
            season[week] = 0.75
    return season
