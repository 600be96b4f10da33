"""A sample organisation that does not exist: its exports, with known truths planted in them.

`write` fills a directory with real export formats, laid out as a landing zone: two overlapping chat exports, the
CRM's weekly export, an account map, usage reports that show who reads, a roster and three purpose files. The same
arguments give the same bytes on the same machine (zlib builds differ in how they deflate). File times are set to the
day on which the export is supposed to have been taken.

What is true, and what a careless comparison would show instead, stands in `planted.PLANTED`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from throughline.sample import records, salesforce_export, slack_export
from throughline.sample.account_rooms import AccountRooms, account_rooms, room_talk, write_map
from throughline.sample.activity import Activity, Channels, channels
from throughline.sample.conversation import Conversation, appended, conversation
from throughline.sample.deals import Deals, both, deal_messages, deals, earlier_deals
from throughline.sample.organisation import Organisation, organisation
from throughline.sample.planted import PLANTED, UNTOUCHED_UNITS, Calendar, Planted
from throughline.sample.registration import register
from throughline.sample.usage_reports import write_engage, write_members
from throughline.sample.wording import in_order, word
from throughline.source import Refused

__all__ = ["PLANTED", "UNTOUCHED_UNITS", "Calendar", "Planted", "later_export", "register", "write"]

MIN_PEOPLE, MIN_WEEKS = 20, 12
DRAW = 87  # of many equally valid draws one that is typical: at the default seed the estimates lie near what is planted
Progress = Callable[[int, int], None]  # steps done, steps in all


@dataclass(frozen=True)
class World:
    """Everything that is true of the sample, including the week after its end."""

    org: Organisation
    rooms: Channels
    keys: AccountRooms
    activity: Activity
    made: Deals
    earlier: Deals
    said: Conversation
    accounts: int
    seed: int


def write(
    directory: Path,
    *,
    people: int = 400,
    weeks: int = 78,
    seed: int = 7,
    progress: Progress | None = None,
    second_export: bool = True,
) -> list[Path]:
    """Write the sample's exports below the directory; the paths written, in order.

    second_export=False: one chat export of the whole history instead of two that overlap.
    """
    step = _steps(8 if second_export else 7, progress)
    world = _world(people, weeks, seed, step)
    calendar = world.org.calendar
    begin, recent, overlap = calendar.start_date - timedelta(days=1), max(weeks // 10, 3), max(weeks // 30, 1)
    first_until = calendar.end_date - timedelta(weeks=recent - overlap)
    spans = [(begin, first_until), (calendar.end_date - timedelta(weeks=recent), calendar.end_date)]
    written = []
    for first, until in spans if second_export else [(begin, calendar.end_date)]:
        written.append(slack_export.write_export(directory / "slack", world.org, world.rooms, world.said, first, until))
        step()
    rng = np.random.default_rng([seed, DRAW, 5])
    export = salesforce_export.write_export
    written.append(export(directory / "salesforce", world.org, world.made, world.earlier, world.accounts, rng))
    step()
    streams = [np.random.default_rng([seed, DRAW, part]) for part in (9, 10)]
    written.append(write_members(directory / "slack_analytics", world.org, world.activity, world.said, streams[0]))
    written += write_engage(directory / "m365_reports", world.org, streams[1])
    step()
    written.append(write_map(directory / "account_map", world.org, world.keys, world.rooms))
    written.append(records.write_roster(directory / "people", world.org))
    written += records.write_purposes(directory / "purposes", calendar)
    step()
    return written


def later_export(
    directory: Path, *, people: int = 400, weeks: int = 78, seed: int = 7, progress: Progress | None = None
) -> Path:
    """Write a third chat export: the last days of the history again and one week more. Arguments as for `write`."""
    step = _steps(4, progress)
    world = _world(people, weeks, seed, step)
    calendar = world.org.calendar
    first = calendar.end_date - timedelta(days=3)
    until = calendar.later_end_date
    path = slack_export.write_export(directory / "slack", world.org, world.rooms, world.said, first, until)
    step()
    return path


def _world(people: int, weeks: int, seed: int, step: Callable[[], None]) -> World:
    if people < MIN_PEOPLE or weeks < MIN_WEEKS:
        raise Refused(
            f"a sample of {people} people and {weeks} weeks is too small to hold its teams and purposes",
            remedy=f"ask for at least {MIN_PEOPLE} people and {MIN_WEEKS} weeks",
        )
    # every part draws from a stream of its own, so that a change in one leaves the others as they were
    draws = [np.random.default_rng([seed, DRAW, part]) for part in range(9)]
    org = organisation(Calendar(weeks), people, draws[0])
    accounts = people * 3 // 2
    made = deals(org, people, accounts, draws[1])
    earlier = earlier_deals(org, people, accounts, np.random.default_rng([seed, DRAW, 1]), draws[6])
    step()
    wishes = deal_messages(org, made, draws[2])
    keys, rooms = account_rooms(org, channels(org), both(made, earlier))
    activity = Activity.of(org, draws[3])
    said = conversation(org, rooms, activity, made, wishes, draws[3])
    about = room_talk(org, keys, rooms, activity, draws[7])
    step()
    said = in_order(appended(word(org, said, rooms, draws[4]), word(org, about, rooms, draws[8])))
    step()
    return World(org, rooms, keys, activity, made, earlier, said, accounts, seed)


def _steps(total: int, progress: Progress | None) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, total)

    return step
