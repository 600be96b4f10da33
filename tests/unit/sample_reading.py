"""Reads the sample's exports with the standard library and pandas alone, by none of the product's own code."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd  # noqa: TID253  a reader of tests may be heavy

from throughline.sample import PLANTED, Calendar

Said = dict[tuple[str, str], dict[str, Any]]  # (channel, ts) -> message
DAY_FILE = re.compile(r"([^/]+)/(\d{4}-\d{2}-\d{2})\.json")
OPPORTUNITY = re.compile(r"/(006[A-Za-z0-9]{15})")
MATURE = pd.Timedelta(days=180)
WEEKS = 78


def messages(path: Path) -> Said:
    """(channel, ts) -> message, with the date of its day file."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if match := DAY_FILE.fullmatch(name):
                for message in json.loads(archive.read(name)):
                    found[match[1], message["ts"]] = message | {"file_date": match[2]}
    return found


def table(path: Path, name: str) -> pd.DataFrame:
    with zipfile.ZipFile(path) as archive:
        text = archive.read(name).decode("iso-8859-1").replace("\0", "")
    return pd.DataFrame(list(csv.DictReader(io.StringIO(text))))


def tree_hash(directory: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in directory.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(directory)} {path.stat().st_mtime_ns} ".encode() + path.read_bytes())
    return digest.hexdigest()


def read_deals(directory: Path, said: Said) -> pd.DataFrame:
    """One row per deal old enough to be judged: unit at creation, is_won (within 180 days), days, first_days (from
    creation to the first message in a purpose's channel; missing: none)."""
    archive = next((directory / "salesforce").iterdir())
    opportunity, history, user = (table(archive, f"{n}.csv") for n in ("Opportunity", "OpportunityHistory", "User"))
    closed = history[history.StageName.str.startswith("Closed")].groupby("OpportunityId").CreatedDate.min()
    deal = opportunity.set_index("Id")[["OwnerId", "IsWon"]].assign(
        created=pd.to_datetime(opportunity.set_index("Id").CreatedDate), closed=pd.to_datetime(closed)
    )
    deal["email"] = deal.OwnerId.map(user.set_index("Id").Email)
    roster = pd.read_csv(next((directory / "people").iterdir()), dtype=str)
    both = deal.reset_index().merge(roster, left_on="email", right_on="E-mail")
    day = both.created.dt.strftime("%Y-%m-%d")
    both = both[(both["Start Date"] <= day) & (both["End Date"].fillna("9999") >= day)]
    deal["unit"] = both.set_index("Id")["Org Unit"]
    first: dict[str, float] = {}
    for (channel, ts), message in said.items():
        if channel.startswith(tuple(planted.channel for planted in PLANTED.values())):
            for link in OPPORTUNITY.findall(message["text"]):
                first[link] = min(first.get(link, float("inf")), float(ts))
    deal["days"] = (deal.closed - deal.created) / pd.Timedelta(days=1)
    spoken = pd.to_datetime(pd.Series(first), unit="s").reindex(deal.index)
    deal["first_days"] = (spoken - deal.created) / pd.Timedelta(days=1)
    deal["is_won"] = (deal.IsWon == "1") & (deal.days < MATURE.days)
    assert deal.unit.notna().all()
    return deal[deal.created <= pd.Timestamp(Calendar(WEEKS).end_date) - MATURE]


def change(deals: pd.DataFrame, units: tuple[str, ...], start: date) -> float:
    """Mean over the units of: win rate of deals created from the start on, minus that before."""
    mine = deals[deals.unit.isin(units)]
    rates = mine.groupby(["unit", mine.created >= pd.Timestamp(start)]).is_won.mean().unstack()
    return float((rates[True] - rates[False]).mean())


def after_start(deals: pd.DataFrame, purpose_id: str) -> pd.DataFrame:
    start = pd.Timestamp(Calendar(WEEKS).purpose_start_date(purpose_id))
    return deals[deals.unit.isin(PLANTED[purpose_id].treated_units) & (deals.created >= start)]


def naive(deals: pd.DataFrame) -> float:
    """Deals with messages over their whole life against those without: what a careless reader compares."""
    spoken = deals.first_days.notna()
    return float(deals[spoken].is_won.mean() - deals[~spoken].is_won.mean())


def landmark(deals: pd.DataFrame) -> float:
    """The same among deals open on day 14, by messages until then."""
    still = deals[~(deals.days < 14)]
    spoken = still.first_days < 14
    return float(still[spoken].is_won.mean() - still[~spoken].is_won.mean())
