"""Rooms of the largest accounts, in which sales and service talk about them; the account map says whose they are.

The talk flows as steadily as people write, whether deals are open or not and however they end: it moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from throughline.sample.activity import Activity, Channels
from throughline.sample.archive import write_text
from throughline.sample.clock import DAY, Ints, instant
from throughline.sample.conversation import Conversation, joined, reactions, replies, rows
from throughline.sample.deals import Deals
from throughline.sample.identifiers import salesforce
from throughline.sample.organisation import Organisation
from throughline.sample.words import FIRM

ROOMS = 40
POSTS_PER_WEEK = 1.2
ROOMS_CREATED_DAY = -60
SERVICE_SHARE = 0.35  # of the posts: by the region's service people


@dataclass(frozen=True)
class AccountRooms:
    """int64[r]: the account of each room, the unit that sold it most, and the room's place among the channels."""

    account: Ints
    unit: Ints
    channel: Ints

    def __len__(self) -> int:
        return len(self.account)


def account_rooms(org: Organisation, rooms: Channels, sold: Deals) -> tuple[AccountRooms, Channels]:
    """A room for each account with the most deals from before the chat history; the channels with these after them."""
    before = np.flatnonzero(sold.created_at < instant(org.calendar.start_date))
    counts = np.bincount(sold.account[before])
    account = np.argsort(-counts, kind="stable")[: min(ROOMS, int(np.count_nonzero(counts)))]
    unit = np.array([np.bincount(sold.unit[before][sold.account[before] == one]).argmax() for one in account], np.int64)
    names = [f"acct-{FIRM[one % len(FIRM)].lower()}-{one:03d}" for one in account.tolist()]
    found = AccountRooms(account, unit, len(rooms.names) + np.arange(len(account)))
    return found, replace(
        rooms,
        names=rooms.names + names,
        created_day=np.concatenate([rooms.created_day, np.full(len(account), ROOMS_CREATED_DAY)]),
        purpose=np.concatenate([rooms.purpose, np.full(len(account), -1)]),
    )


def room_talk(
    org: Organisation, keys: AccountRooms, rooms: Channels, activity: Activity, rng: np.random.Generator
) -> Conversation:
    """Posts of the account's team and of service, with replies and reactions. Without texts; roots count from here."""
    weeks = org.calendar.weeks + 1
    room, week = np.divmod(
        np.repeat(np.arange(len(keys) * weeks), rng.poisson(POSTS_PER_WEEK, len(keys) * weeks)), weeks
    )
    unit = np.where(rng.random(len(room)) < SERVICE_SHARE, rooms.service_unit[keys.unit[room]], keys.unit[room])
    author = activity.somebody(week, unit, np.zeros(len(room), np.int64), rng)
    hours = np.clip(rng.normal(13.0, 2.5, len(room)), 8.0, 18.0)
    at = activity.working(unit, activity.local(unit, week * 7 + rng.integers(0, 5, len(room)), hours, rng), rng)
    day = (at - instant(org.calendar.start_date)) // DAY
    keep = (author >= 0) & (at < instant(org.calendar.later_end_date)) & (day <= org.left_day[author])
    posts = rows(at[keep], author[keep], keys.channel[room[keep]])
    posts.is_question = rng.random(len(posts)) < 0.35
    said = joined(posts, replies(org, rooms, activity, posts, rng))
    reactions(org, activity, said, rng)
    return said


def write_map(directory: Path, org: Organisation, keys: AccountRooms, rooms: Channels) -> Path:
    """The account map: by the CRM's id for every other room, else by a glob of the room and the account's domain."""
    lines = ["Tool,Space,CRM,Account Id,Domain"]
    for n, (account, channel) in enumerate(zip(keys.account.tolist(), keys.channel.tolist(), strict=True)):
        if n % 2:
            lines.append(f"slack,acct-*-{account:03d},salesforce,,account{account}.example")
        else:
            lines.append(f"slack,#{rooms.names[channel]},salesforce,{salesforce('001', account + 1)},")
    return write_text(directory / "key-accounts.csv", "\n".join(lines) + "\n", org.calendar.end_date)
