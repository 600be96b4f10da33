"""What only usage reports show: who reads. Slack's member file of half a year, and four reports of Viva Engage.

Slack's file is whole: who wrote on a day was active on it. In Viva Engage few people are; the four reports of 7, 30, 90
and 180 days end on one day and overlap, as the admin center's do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np

from throughline.sample.activity import Activity
from throughline.sample.archive import write_gzip, write_text
from throughline.sample.clock import DAY, Ints, instant
from throughline.sample.conversation import BROADCAST_REPLY, HUMAN, Conversation
from throughline.sample.identifiers import TEAM_ID, slack_user
from throughline.sample.organisation import Organisation

WEEKS = 26  # a short history has less
READS_SHARE, LOOKS_SHARE, WEEKEND_SHARE = 0.55, 0.03, 0.1  # a working day's: who writes, who only has an account
ENGAGE_SHARE, ENGAGE_READS_PER_DAY = 0.3, 0.4
ENGAGE_DAYS = (7, 30, 90, 180)
ENGAGE_HEADER = (
    "Report Refresh Date,User Principal Name,Display Name,User State,State Change Date,Last Activity Date,"
    "Posted Count,Read Count,Liked Count,Assigned Products,Report Period"
)


def write_members(
    directory: Path, org: Organisation, activity: Activity, said: Conversation, rng: np.random.Generator
) -> Path:
    """One JSON line per account and UTC day, as admin.analytics.getFile gives them, the days one after the other."""
    weeks = min(WEEKS, org.calendar.weeks)
    first = (org.calendar.weeks - weeks) * 7
    written, reacted = _by_day(org, said, first, weeks * 7)
    lines = _member_lines(org, _active(org, activity, written + reacted, first, rng), written, reacted, first)
    last = org.calendar.end_date - timedelta(days=1)
    return write_gzip(directory / f"members {org.day(first)} - {last}.ndjson.gz", "".join(lines), org.calendar.end_date)


def _by_day(org: Organisation, said: Conversation, first: int, days: int) -> tuple[Ints, Ints]:
    """int64[p, d] each: messages written, and reactions, which count on the day of their message."""
    day = (said.at - instant(org.day(first))) // DAY
    human = np.isin(said.kind, (HUMAN, BROADCAST_REPLY)) & (said.author >= 0) & (said.author < len(org))
    written, reacted = np.zeros((2, len(org), days), np.int64)
    mine = human & (day >= 0) & (day < days)
    np.add.at(written, (said.author[mine], day[mine]), 1)
    for row, given in said.reactions.items():
        if 0 <= day[row] < days:
            for _, people in given:
                reacted[people, day[row]] += 1
    return written, reacted


def _active(org: Organisation, activity: Activity, did: Ints, first: int, rng: np.random.Generator) -> np.ndarray:
    """bool[p, d]: wrote, reacted, or opened the tool."""
    day = first + np.arange(did.shape[1])
    share = np.where(activity.weight[:, day // 7] > 0, READS_SHARE, LOOKS_SHARE)
    share *= np.where(day % 7 < 5, 1.0, WEEKEND_SHARE)
    there = (org.account_week[:, None] * 7 <= day) & (org.left_day[:, None] >= day)
    return np.asarray((did > 0) | (there & (rng.random(did.shape) < share)))


def _member_lines(org: Organisation, active: np.ndarray, written: Ints, reacted: Ints, first: int) -> Iterator[str]:
    for place in range(active.shape[1]):
        day = first + place
        there = (org.account_week * 7 <= day) & (org.left_day >= day) | active[:, place]
        for person in np.flatnonzero(there).tolist():
            record = {
                "team_id": TEAM_ID,
                "date": org.day(day).isoformat(),
                "user_id": slack_user(person),
                "email_address": org.email(person),
                "is_guest": False,
                "is_active": bool(active[person, place]),
                "messages_posted_count": int(written[person, place]),
                "reactions_added_count": int(reacted[person, place]),
            }
            yield json.dumps(record, separators=(",", ":")) + "\n"


def write_engage(directory: Path, org: Organisation, rng: np.random.Generator) -> list[Path]:
    """The Viva Engage activity report over each of the four spans, as of the last day of the history."""
    days = max(ENGAGE_DAYS)
    uses = (rng.random(len(org)) < ENGAGE_SHARE) * rng.gamma(1.5, 1 / 1.5, len(org))
    last = org.calendar.weeks * 7 - 1
    weekday = (last - np.arange(days)) % 7 < 5
    read = rng.poisson(uses[:, None] * ENGAGE_READS_PER_DAY * weekday)  # int64[p, d], the last day first
    posted, liked = rng.binomial(read, 0.05), rng.binomial(read, 0.2)
    day, until = org.calendar.end_date - timedelta(days=1), org.calendar.end_date
    written = []
    for span in ENGAGE_DAYS:
        lines = [ENGAGE_HEADER]
        for person in np.flatnonzero((org.hired_day <= last) & (org.left_day > last)).tolist():
            counts = [int(one[person, :span].sum()) for one in (posted, read, liked)]
            seen = np.flatnonzero(read[person])
            active = (day - timedelta(days=int(seen[0]))).isoformat() if len(seen) else ""
            name = " ".join(org.names[person])
            lines.append(f"{day},{org.email(person)},{name},Active,,{active},{','.join(map(str, counts))},,{span}")
        path = directory / f"YammerActivityUserDetail D{span}.csv"
        written.append(write_text(path, "\n".join(lines) + "\n", until))
    return written
