"""The deals of the sample and the messages that they attract. One row per deal in every array.

A deal's outcome is drawn at its creation. Messages about it arrive over its life at a rate drawn apart from that.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from throughline.sample.clock import DAY, SECOND, Ints, Zone, instant
from throughline.sample.organisation import Organisation
from throughline.sample.planted import (
    BASE_WIN_PROBABILITY,
    LOST_MEDIAN_DAYS,
    LOST_SIGMA,
    PLANTED,
    WON_MEDIAN_DAYS,
    WON_SIGMA,
)

DEALS_PER_PERSON_WEEK = 0.17
EARLIER_WEEKS = 14  # deals that the CRM took over from before its own history
ORDINARY_RATE_PER_DAY = 0.002  # links to deals outside of any purpose
STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Won", "Closed Lost")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deals:
    """int64[d] unless said otherwise; instants in microseconds. reached: the last open stage, 0 to 3.

    stage_at: int64[d, 4], when each open stage was entered. closed_at may lie after the export: still open then.
    """

    created_at: Ints
    closed_at: Ints
    is_won: npt.NDArray[np.bool_]
    unit: Ints
    owner: Ints
    account: Ints
    amount: Floats
    reached: Ints
    stage_at: Ints
    new_business: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.created_at)


@dataclass(frozen=True)
class DealMessages:
    """One row per wish to write about a deal: deal, instant, and the purpose's place in PLANTED or -1."""

    deal: Ints
    at: Ints
    purpose: Ints


def deals(org: Organisation, people: int, accounts: int, rng: np.random.Generator) -> Deals:
    """Deals created from the first CRM day to the end of the later export's week."""
    calendar = org.calendar
    days = np.arange((calendar.crm_start_date - calendar.start_date).days, calendar.weeks * 7 + 7)
    return _drawn(org, days, people, accounts, _owners(org, rng), rng)


def earlier_deals(
    org: Organisation, people: int, accounts: int, owners: np.random.Generator, rng: np.random.Generator
) -> Deals:
    """Deals of the weeks before the CRM's own history, of the same sellers: two years before the last quarter's end,
    as retention needs them. No purpose's baseline reaches back to them. owners: a stream as `deals` began with."""
    first_day = (org.calendar.crm_start_date - org.calendar.start_date).days
    days = np.arange(first_day - 7 * EARLIER_WEEKS, first_day)
    return _drawn(org, days, people, accounts, _owners(org, owners), rng)


def both(one: Deals, other: Deals) -> Deals:
    """The deals of the first, then those of the second."""
    return Deals(*(np.concatenate([getattr(one, f.name), getattr(other, f.name)]) for f in fields(Deals)))


def _drawn(
    org: Organisation,
    days: Ints,
    people: int,
    accounts: int,
    sellers: tuple[Ints, Floats, Floats],
    rng: np.random.Generator,
) -> Deals:
    """Deals created on whole weeks of days, counted from the first day of the history."""
    calendar = org.calendar
    owners, owner_weight, owner_lift = sellers
    weights = np.array([_day_weight(org, int(day)) for day in days])
    per_day = rng.poisson(weights * DEALS_PER_PERSON_WEEK * people / weights.reshape(-1, 7).sum(1).mean())
    day = np.repeat(days, per_day)
    owner = np.zeros(len(day), np.int64)
    unit = np.zeros(len(day), np.int64)
    edges = np.concatenate([[0], np.cumsum(per_day)])
    for n, one_day in enumerate(days.tolist()):
        span = slice(edges[n], edges[n + 1])
        present = np.cumsum(owner_weight * org.employed_on(one_day)[owners])
        owner[span] = owners[np.searchsorted(present, rng.random(per_day[n]) * present[-1], side="right")]
        unit[span] = org.unit_on(one_day)[owner[span]]
    midnight = instant(calendar.start_date) + day * DAY
    hours = np.clip(rng.normal(13, 2.5, len(day)), 5, 21)
    created = midnight + (hours * 3600).astype(np.int64) * SECOND
    amount = np.round(rng.lognormal(np.log(18_000), 1.25, len(day)) / 50) * 50 + 50
    chance = BASE_WIN_PROBABILITY + owner_lift[owner] - 0.02 * (np.log(amount / 18_000) / 1.25)
    for planted in PLANTED.values():
        treated = np.array([u.name in planted.treated_units for u in org.units])[unit]
        chance += planted.effect * (treated & (created >= instant(calendar.purpose_start_date(planted.purpose_id))))
    won = rng.random(len(day)) < np.clip(chance, 0.02, 0.95)
    noise = rng.standard_normal(len(day))
    length = np.where(won, WON_MEDIAN_DAYS * np.exp(WON_SIGMA * noise), LOST_MEDIAN_DAYS * np.exp(LOST_SIGMA * noise))
    closed = _quarter_end(created + (np.maximum(length, 0.2) * DAY).astype(np.int64), won, rng)
    reached = np.where(won, 3, rng.integers(0, 4, len(day)))
    steps = np.sort(rng.random((len(day), 3)), axis=1) * np.where(reached < 3, (reached + 0.5) / 3.5, 0.95)[:, None]
    entered = np.concatenate([np.zeros((len(day), 1)), steps], 1) * (closed - created)[:, None]
    stage_at = (created[:, None] + entered.astype(np.int64)) // SECOND * SECOND
    new = rng.random(len(day)) < 0.6
    account = np.minimum((rng.pareto(1.3, len(day)) * accounts / 12).astype(np.int64), accounts * 40)
    account = (account * 7 + unit * 13) % accounts
    return Deals(created, closed, won, unit, owner, account, amount, reached, stage_at, new)


def deal_messages(org: Organisation, made: Deals, rng: np.random.Generator) -> DealMessages:
    """Messages of the purposes from their start on, and a thin flow outside of any purpose."""
    chat_from, chat_until = instant(org.calendar.start_date), instant(org.calendar.later_end_date)
    flows = [(-1, chat_from, np.full(len(made), ORDINARY_RATE_PER_DAY))]
    for number, planted in enumerate(PLANTED.values()):
        carried = np.array([u.name in planted.treated_units for u in org.units])[made.unit]
        rate = rng.gamma(2.0, planted.message_rate_mean_per_day / 2, len(made)) * carried
        flows.append((number, instant(org.calendar.purpose_start_date(planted.purpose_id)), rate))
    rows = []
    for number, since, rate in flows:
        begin = np.maximum(made.created_at, since)
        life = np.maximum(np.minimum(made.closed_at, chat_until) - begin, 0)
        count = rng.poisson(rate * life / DAY)
        deal = np.repeat(np.arange(len(made)), count)
        at = begin[deal] + (rng.random(len(deal)) * life[deal]).astype(np.int64)
        rows.append((deal, at, np.full(len(deal), number)))
    deal, at, purpose = (np.concatenate(column) for column in zip(*rows, strict=True))
    at = at.copy()
    for number, unit in enumerate(org.units):
        mine = made.unit[deal] == number
        zone = Zone.of(unit.zone, org.calendar.start_date, org.calendar.later_end_date)
        at[mine] = zone.into_working_hours(at[mine], rng)
    # moved into the next morning, a message may come after the close: then it is not written
    keep = (at < made.closed_at[deal]) & (at < chat_until)
    return DealMessages(deal[keep], at[keep], purpose[keep])


def _owners(org: Organisation, rng: np.random.Generator) -> tuple[Ints, Floats, Floats]:
    """Sellers, their share of new deals, and (for every person) how much likelier they win than the average."""
    selling = np.array([org.units[u].is_sales for u in org.unit]) & np.array([not b for b in org.band])
    selling &= rng.random(len(org)) < 0.9
    for number, unit in enumerate(org.units):  # tiny organisations: no team without a seller
        if unit.is_sales and not selling[org.unit == number].any():
            selling[np.flatnonzero(org.unit == number)[-1]] = True
    owners = np.flatnonzero(selling)
    lift = np.clip(rng.normal(0, 0.05, len(org)), -0.12, 0.12)
    return owners, rng.lognormal(0, 0.5, len(owners)), lift


def _day_weight(org: Organisation, offset: int) -> float:
    """New deals on one day: fewer on weekends, in August and around New Year, more in a quarter's first month."""
    day = org.day(offset)
    if day.weekday() >= 5:
        return 0.08
    if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 3):
        return 0.2
    return {1: 1.15, 4: 1.1, 7: 1.0, 8: 0.75, 10: 1.15, 12: 0.8}.get(day.month, 1.0)


def _quarter_end(closed: Ints, won: npt.NDArray[np.bool_], rng: np.random.Generator) -> Ints:
    """Deals due within 25 days before a quarter's end, most of all won ones, are often booked in its last days."""
    months = closed.astype("datetime64[us]").astype("datetime64[M]")
    quarter_end = (months + (3 - months.astype(np.int64) % 3)).astype("datetime64[us]").astype(np.int64)
    gap = quarter_end - closed
    held = (gap < 25 * DAY) & (rng.random(len(closed)) < np.where(won, 0.45, 0.15))
    pushed = quarter_end - (rng.random(len(closed)) * np.minimum(gap, 8 * DAY)).astype(np.int64)
    return np.where(held, np.maximum(closed, pushed), closed) // SECOND * SECOND
