"""The CRM's weekly export: a ZIP of <Object>.csv in ISO-8859-1, every value quoted, LF, booleans 1/0, UTC date-times.

Everything is shown as it stood when the export was taken: later stages, closings and changes are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from throughline.sample.archive import write_zip
from throughline.sample.clock import DAY, SECOND, instant, moment
from throughline.sample.deals import STAGES, Deals
from throughline.sample.identifiers import NO_LOOKUP, ORG_ID, salesforce
from throughline.sample.organisation import DOMAIN, NEVER, Organisation
from throughline.sample.planted import SEGMENTS
from throughline.sample.words import FIRM, FIRM_KIND, FIRST, LAST

PROBABILITY = (10, 20, 50, 75, 100, 0)
FORECAST = ("Pipeline", "Pipeline", "BestCase", "Forecast", "Closed", "Omitted")
AUDIT = "CreatedDate|CreatedById|LastModifiedDate|LastModifiedById|SystemModstamp"
ACCOUNT = f"Id|IsDeleted|MasterRecordId|Name|Type|ParentId|BillingCity|Website|Industry|Description|CurrencyIsoCode|OwnerId|{AUDIT}"
CONTACT = f"Id|IsDeleted|AccountId|FirstName|LastName|Email|Title|CurrencyIsoCode|OwnerId|{AUDIT}"
OPPORTUNITY = (
    "Id|IsDeleted|AccountId|IsPrivate|Name|Description|StageName|Amount|Probability|ExpectedRevenue|CloseDate|Type|NextStep|"
    f"LeadSource|IsClosed|IsWon|ForecastCategory|ForecastCategoryName|CurrencyIsoCode|CampaignId|OwnerId|{AUDIT}|LastStageChangeDate"
)
HISTORY = (
    "Id|OpportunityId|CreatedById|CreatedDate|StageName|Amount|ExpectedRevenue|CloseDate|Probability|FromForecastCategory|"
    "ForecastCategory|FromOpportunityStageName|CurrencyIsoCode|ValidThroughDate|SystemModstamp|IsDeleted"
)
USER = f"Id|Username|FirstName|LastName|Department|Email|IsActive|TimeZoneSidKey|UserRoleId|UserType|ManagerId|{AUDIT}"
CAMPAIGN = f"Id|IsDeleted|Name|Type|Status|IsActive|{AUDIT}"
LEAD_SOURCES = ("Web", "Partner", "Referral", "Trade show", "")
Cell = str | int | float | bool


def write_export(directory: Path, org: Organisation, made: Deals, accounts: int, rng: np.random.Generator) -> Path:
    """salesforce/WE_<OrgId>_1.ZIP as of the end of the history."""
    until = org.calendar.end_date
    now = instant(until)
    seen = np.flatnonzero(made.created_at < now)
    created = np.full(accounts, now - 30 * DAY)
    np.minimum.at(created, made.account[seen], made.created_at[seen] - 5 * DAY)
    deleted = set(rng.choice(seen, max(len(seen) // 600, 1), replace=False).tolist())
    slips = rng.integers(0, 40, len(made))
    members = [
        ("Account.csv", _csv(ACCOUNT, _accounts(org, made, created, accounts, rng))),
        ("Campaign.csv", _csv(CAMPAIGN, _campaigns(now))),
        ("Contact.csv", _csv(CONTACT, _contacts(org, created, accounts, rng))),
        ("Opportunity.csv", _csv(OPPORTUNITY, _opportunities(org, made, seen, now, deleted, slips))),
        ("OpportunityHistory.csv", _csv(HISTORY, _histories(made, seen, now, slips))),
        ("User.csv", _csv(USER, _users(org, now))),
    ]
    return write_zip(directory / f"WE_{ORG_ID}_1.ZIP", members, until)


def _csv(header: str, rows: Iterable[Sequence[Cell]]) -> bytes:
    lines = ['"' + header.replace("|", '","') + '"']
    lines += ['"' + '","'.join([_cell(value) for value in row]) + '"' for row in rows]
    return ("\n".join(lines) + "\n").encode("iso-8859-1")


def _cell(value: Cell) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value).replace('"', '""')


def _at(at: int) -> str:
    return moment(at).strftime("%Y-%m-%d %H:%M:%S")


def _day(day: date) -> str:
    return f"{day} 00:00:00"


def _user(person: int) -> str:
    return salesforce("005", person + 1)


def _audit(created: int, modified: int, by: int) -> list[Cell]:
    return [_at(created), _user(by), _at(modified), _user(by), _at(modified)]


def _accounts(org: Organisation, made: Deals, created: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[list[Cell]]:
    owner = np.zeros(count, np.int64)
    owner[made.account[::-1]] = made.owner[::-1]
    kinds = rng.integers(0, 3, count)
    for n in range(count):
        name = f"{FIRM[n % len(FIRM)]} {FIRM_KIND[n // len(FIRM) % len(FIRM_KIND)]} {n:03d}"
        parent = salesforce("001", n // 2 + 1) if n % 17 == 3 else NO_LOOKUP
        site = f"https://account{n}.example"
        note = 'Known as "the old one".\nSecond line.' if n % 40 == 5 else ""
        kind = ("Customer", "Prospect", "Partner")[int(kinds[n])]
        yield [
            salesforce("001", n + 1), False, NO_LOOKUP, name, kind, parent, "Zürich" if n % 9 == 0 else "Porthaven", site,
            SEGMENTS[n % len(SEGMENTS)], note, "EUR", _user(int(owner[n])), *_audit(int(created[n]), int(created[n]) + 3 * DAY, int(owner[n])),
        ]  # fmt: skip


def _contacts(org: Organisation, created: np.ndarray, accounts: int, rng: np.random.Generator) -> Iterator[list[Cell]]:
    for n in range(2 * accounts):
        account = n // 2 if n % 2 == 0 else int(rng.integers(accounts))
        first, last = FIRST[n % len(FIRST)], LAST[n * 7 % len(LAST)]
        at = int(created[account]) + DAY
        mail = f"{first}.{last}@account{account}.example".lower()
        yield [
            salesforce("003", n + 1), False, salesforce("001", account + 1), first, last, mail, "Buyer", "EUR", _user(0), *_audit(at, at, 0)
        ]  # fmt: skip


def _campaigns(now: int) -> Iterator[list[Cell]]:
    for n, name in enumerate(("Spring fair", "Service week")):
        yield [salesforce("701", n + 1), False, name, "Event", "Completed", n == 0, *_audit(now - 300 * DAY, now - 200 * DAY, 0)]


def _stages(made: Deals, deal: int, now: int) -> list[tuple[int, int]]:
    """(instant, stage) of every transition until now, in order."""
    steps = [(int(made.stage_at[deal, stage]), stage) for stage in range(int(made.reached[deal]) + 1)]
    steps.append((int(made.closed_at[deal]), 4 if made.is_won[deal] else 5))
    return [step for step in steps if step[0] < now]


def _expected_close(made: Deals, deal: int, slip: int) -> date:
    """What the owner promises while the deal is open: a guess from its creation, not the truth."""
    return (moment(int(made.created_at[deal])) + timedelta(days=45 + slip)).date()


def _opportunities(
    org: Organisation, made: Deals, seen: np.ndarray, now: int, deleted: set[int], slips: np.ndarray
) -> Iterator[list[Cell]]:
    for deal in seen.tolist():
        changed, stage = _stages(made, deal, now)[-1]
        closed = stage > 3
        close = moment(changed).date() if closed else max(_expected_close(made, deal, int(slips[deal])), org.calendar.end_date)
        created, owner, amount = int(made.created_at[deal]), int(made.owner[deal]), float(made.amount[deal])
        note = "Legacy\x00note" if deal % 900 == 17 else ""  # such bytes occur in real exports
        kind = "New Business" if made.new_business[deal] else "Existing Business"
        name = f"{kind} – {deal + 1}".replace("–", "-")
        yield [
            salesforce("006", deal + 1), deal in deleted, salesforce("001", int(made.account[deal]) + 1), False, name, note, STAGES[stage],
            f"{amount:.2f}", PROBABILITY[stage], f"{amount * PROBABILITY[stage] / 100:.2f}", _day(close), kind, "",
            LEAD_SOURCES[deal % len(LEAD_SOURCES)], closed, stage == 4, FORECAST[stage], FORECAST[stage], "EUR", NO_LOOKUP, _user(owner),
            *_audit(created, changed, owner), _at(changed),
        ]  # fmt: skip


def _histories(made: Deals, seen: np.ndarray, now: int, slips: np.ndarray) -> Iterator[list[Cell]]:
    """One row per change of stage, and one per change of the promised date (same stage as the row before)."""
    number = 0
    for deal in seen.tolist():
        rows = [(at, stage, 0) for at, stage in _stages(made, deal, now)]
        moved_at = (rows[0][0] + rows[-1][0]) // 2 // SECOND * SECOND
        if deal % 4 == 1 and len(rows) > 1:
            rows.append((moved_at, max(stage for at, stage, _ in rows if at <= moved_at), 14))
            rows.sort()
        amount, owner = float(made.amount[deal]), _user(int(made.owner[deal]))
        slip = 0
        for n, (at, stage, more) in enumerate(rows):
            number += 1
            slip += more
            before = rows[n - 1][1] if n else stage
            close = moment(at).date() if stage > 3 else _expected_close(made, deal, int(slips[deal]) - 14 + slip)
            through = _at(rows[n + 1][0]) if n + 1 < len(rows) else "4000-12-31 00:00:00"
            yield [
                salesforce("008", number), salesforce("006", deal + 1), owner, _at(at), STAGES[stage], f"{amount:.2f}",
                f"{amount * PROBABILITY[stage] / 100:.2f}", _day(close), PROBABILITY[stage], FORECAST[before], FORECAST[stage],
                STAGES[before] if n else "", "EUR", through, _at(at), False,
            ]  # fmt: skip


def _users(org: Organisation, now: int) -> Iterator[list[Cell]]:
    """Sellers, leaders and service people, and two system users."""
    today = (now - instant(org.calendar.start_date)) // DAY
    for person in range(len(org)):
        unit = org.units[int(org.unit[person])]
        if not (unit.is_sales or unit.name.endswith("Service") or org.band[person]):
            continue
        if org.hired_day[person] > today:
            continue
        first, last = org.names[person]
        hired = instant(org.day(int(org.hired_day[person])))
        gone = org.left_day[person] < min(today, NEVER)
        changed = instant(org.day(int(org.left_day[person]) + 1)) if gone else hired + 3600 * SECOND
        boss = org.boss(person, int(org.unit[person]))
        manager = NO_LOOKUP if boss is None else _user(boss)
        email = org.email(person)
        yield [
            _user(person), f"{email.split('@')[0]}@{DOMAIN}.crm", first, last, unit.name, email, not gone, unit.zone,
            salesforce("00E", int(org.unit[person]) + 1), "Standard", manager, *_audit(hired, changed, 0),
        ]  # fmt: skip
    for n, kind in enumerate(("AutomatedProcess", "CloudIntegrationUser")):
        at = instant(org.calendar.crm_start_date)
        name = f"system{n}@{ORG_ID.lower()}.example"
        yield [
            salesforce("005", 900_000 + n), name, "", kind, "", name, True, "GMT", NO_LOOKUP, kind, NO_LOOKUP, *_audit(at, at, 0)
        ]  # fmt: skip
