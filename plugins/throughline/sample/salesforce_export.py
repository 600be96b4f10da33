"""The CRM's weekly export: a ZIP of <Object>.csv, everything as it stood when the export was taken.

Campaign.csv is in it because real exports hold hundreds of objects that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from throughline.sample.archive import write_zip
from throughline.sample.clock import DAY, SECOND, Ints, instant
from throughline.sample.deals import Deals, both
from throughline.sample.identifiers import NO_LOOKUP, ORG_ID, salesforce
from throughline.sample.organisation import DOMAIN, Organisation
from throughline.sample.planted import SEGMENTS
from throughline.sample.salesforce_deals import histories, opportunities
from throughline.sample.salesforce_values import Row, audit, csv_bytes, user_id
from throughline.sample.words import FIRM, FIRM_KIND, FIRST, LAST


def write_export(
    directory: Path, org: Organisation, made: Deals, earlier: Deals, accounts: int, rng: np.random.Generator
) -> Path:
    """WE_<OrgId>_1.ZIP as of the end of the history. earlier: deals from before the CRM's own, below its own."""
    until = org.calendar.end_date
    now = instant(until)
    own = np.flatnonzero(made.created_at < now)
    seen = np.concatenate([own, len(made) + np.arange(len(earlier))])
    made = both(made, earlier)
    created = np.full(accounts, now - 30 * DAY)
    np.minimum.at(created, made.account[seen], made.created_at[seen] - 5 * DAY)
    members = [
        ("Account.csv", csv_bytes(_accounts(made, created, rng))),
        ("Campaign.csv", csv_bytes(_campaigns(now))),
        ("Contact.csv", csv_bytes(_contacts(created, rng))),
        ("Opportunity.csv", csv_bytes(opportunities(made, seen, own, now, rng))),
        ("OpportunityHistory.csv", csv_bytes(histories(made, seen, now))),
        ("User.csv", csv_bytes(_users(org, now))),
    ]
    return write_zip(directory / f"WE_{ORG_ID}_1.ZIP", members, until)


def _accounts(made: Deals, created: Ints, rng: np.random.Generator) -> Iterator[Row]:
    """One row per account, owned by the owner of its first deal."""
    owner = np.zeros(len(created), np.int64)
    owner[made.account[::-1]] = made.owner[::-1]
    kinds = rng.integers(0, 3, len(created)).tolist()
    for n, (at, by) in enumerate(zip(created.tolist(), owner.tolist(), strict=True)):
        yield {
            "Id": salesforce("001", n + 1),
            "IsDeleted": False,
            "MasterRecordId": NO_LOOKUP,
            "Name": f"{FIRM[n % len(FIRM)]} {FIRM_KIND[n // len(FIRM) % len(FIRM_KIND)]} {n:03d}",
            "Type": ("Customer", "Prospect", "Partner")[kinds[n]],
            "ParentId": salesforce("001", n // 2 + 1) if n % 17 == 3 else NO_LOOKUP,
            "BillingCity": "Århaven" if n % 9 == 0 else "Porthaven",
            "Website": f"https://account{n}.example",
            "Industry": SEGMENTS[n % len(SEGMENTS)],
            "Description": 'Known as "the old one".\nSecond line.' if n % 40 == 5 else "",
            "CurrencyIsoCode": "EUR",
            "OwnerId": user_id(by),
            **audit(at, at + 3 * DAY, by),
        }


def _campaigns(now: int) -> Iterator[Row]:
    for n, name in enumerate(("Spring fair", "Service week")):
        yield {
            "Id": salesforce("701", n + 1),
            "IsDeleted": False,
            "Name": name,
            "Type": "Event",
            **audit(now - 300 * DAY, now - 200 * DAY, 0),
        }


def _contacts(created: Ints, rng: np.random.Generator) -> Iterator[Row]:
    """Two contacts for every account on average, at least one each."""
    for n in range(2 * len(created)):
        account = n // 2 if n % 2 == 0 else int(rng.integers(len(created)))
        first, last = FIRST[n % len(FIRST)], LAST[n * 7 % len(LAST)]
        at = int(created[account]) + DAY
        yield {
            "Id": salesforce("003", n + 1),
            "IsDeleted": False,
            "AccountId": salesforce("001", account + 1),
            "FirstName": first,
            "LastName": last,
            "Email": f"{first}.{last}{n}@account{account}.example".lower(),
            "Title": "Buyer",
            "CurrencyIsoCode": "EUR",
            "OwnerId": user_id(0),
            **audit(at, at, 0),
        }


def _users(org: Organisation, now: int) -> Iterator[Row]:
    """Sellers, service people and leaders hired before now, and two system users."""
    today = (now - instant(org.calendar.start_date)) // DAY
    for person in range(len(org)):
        unit = org.units[int(org.unit[person])]
        if org.hired_day[person] > today or not (unit.is_sales or "-Service" in unit.name or org.band[person]):
            continue
        email, boss = org.email(person), org.boss(person, int(org.unit[person]))
        hired, gone = instant(org.day(int(org.hired_day[person]))), org.left_day[person] < today
        changed = instant(org.day(int(org.left_day[person]) + 1)) if gone else hired + 3600 * SECOND
        yield {
            "Id": user_id(person),
            "Username": f"{email.split('@')[0]}@{DOMAIN}.crm",
            "FirstName": org.names[person][0],
            "LastName": org.names[person][1],
            "Department": unit.name,
            "Email": email,
            "IsActive": not gone,
            "TimeZoneSidKey": unit.zone,
            "UserRoleId": salesforce("00E", int(org.unit[person]) + 1),
            "UserType": "Standard",
            "ManagerId": NO_LOOKUP if boss is None else user_id(boss),
            **audit(hired, changed, 0),
        }
    for n, kind in enumerate(("AutomatedProcess", "CloudIntegrationUser")):
        name, at = f"system{n}@{ORG_ID.lower()}.example", instant(org.calendar.crm_start_date)
        yield {
            "Id": user_id(900_000 + n),
            "Username": name,
            "FirstName": "",
            "LastName": kind,
            "Department": "",
            "Email": name,
            "IsActive": True,
            "TimeZoneSidKey": "GMT",
            "UserRoleId": NO_LOOKUP,
            "UserType": kind,
            "ManagerId": NO_LOOKUP,
            **audit(at, at, 0),
        }
