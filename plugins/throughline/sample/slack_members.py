"""Who is in the chat workspace and which channels it has, as of the moment when an export is taken."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from throughline.sample.activity import Channels
from throughline.sample.clock import SECOND, instant
from throughline.sample.conversation import FIRST_GUEST, GUESTS, Conversation
from throughline.sample.identifiers import APP_BOT, APP_ID, APP_USER, FEED_BOT, TEAM_ID, slack_channel, slack_user
from throughline.sample.organisation import NEVER, Organisation
from throughline.sample.words import FIRST, LAST


def users_json(org: Organisation, taken_at: int) -> list[dict[str, object]]:
    """Everybody with an account when the export is taken, five guests, one app. Left: deactivated, flags absent."""
    made: list[dict[str, object]] = []
    week_now = (taken_at - instant(org.calendar.start_date)) // (7 * 86_400 * SECOND)
    for person in np.flatnonzero(org.account_week <= week_now).tolist():
        first, last = org.names[person]
        email = org.email(person)
        if person % 53 == 7:
            email = email.replace(first.lower(), first, 1)  # as typed by its owner: joins ignore case
        gone_at = instant(org.day(int(org.left_day[person]) + 1)) if org.left_day[person] < NEVER else taken_at + 1
        created = instant(org.day(int(org.account_week[person]) * 7))
        user: dict[str, object] = {
            "id": slack_user(person),
            "team_id": TEAM_ID,
            "name": f"{first}.{last}{person}".lower(),
        }
        user |= {"deleted": gone_at <= taken_at, "real_name": f"{first} {last}", "is_bot": False, "is_app_user": False}
        user["profile"] = {"real_name": f"{first} {last}", "display_name": first, "team": TEAM_ID, "fields": None}
        if person % 97 != 11:  # a few hide it, as in real workspaces
            user["profile"] |= {"email": email}  # type: ignore[operator]
        user["updated"] = (gone_at if gone_at <= taken_at else created) // SECOND
        if gone_at > taken_at:
            user |= _flags(org.units[int(org.unit[person])].zone)
        made.append(user)
    return made + _guests(org) + [_app()]


def _flags(zone: str, guest: int = 0) -> dict[str, object]:
    return {
        "tz": zone,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": guest > 0,
        "is_ultra_restricted": guest > 1,
    }


def _guests(org: Organisation) -> list[dict[str, object]]:
    made = []
    for n in range(GUESTS):
        first, last = FIRST[n * 3], LAST[n * 5]
        profile = {
            "real_name": f"{first} {last}",
            "email": f"{first}.{last}@partner{n}.example".lower(),
            "team": TEAM_ID,
        }
        user: dict[str, object] = {
            "id": slack_user(FIRST_GUEST + n),
            "team_id": TEAM_ID,
            "name": f"guest{n}",
            "deleted": False,
        }
        user |= {"real_name": f"{first} {last}", "is_bot": False, "is_app_user": False, "profile": profile}
        user["updated"] = instant(org.calendar.start_date) // SECOND
        made.append(user | _flags("Europe/Berlin", 1 + n % 2))
    return made


def _app() -> dict[str, object]:
    profile = {"real_name": "Standby", "bot_id": APP_BOT, "api_app_id": APP_ID, "team": TEAM_ID}
    user: dict[str, object] = {"id": APP_USER, "team_id": TEAM_ID, "name": "standby", "deleted": False, "is_bot": True}
    return user | {
        "is_app_user": False,
        "real_name": "Standby",
        "profile": profile,
        "updated": 1_700_000_000,
        **_flags("Europe/Berlin"),
    }


def channels_json(org: Organisation, rooms: Channels, said: Conversation, taken_at: int) -> list[dict[str, object]]:
    """Channels that exist when the export is taken; members: who joined them or wrote in them."""
    before = (said.at < taken_at) & (said.author >= 0)
    pairs = np.unique(np.stack([said.channel[before], said.author[before]], 1), axis=0)
    made: list[dict[str, object]] = []
    for number, name in enumerate(rooms.names):
        created = instant(org.day(int(rooms.created_day[number])))
        if created >= taken_at:
            continue
        members = [slack_user(int(person)) for person in pairs[pairs[:, 0] == number, 1]]
        note = {"value": "", "creator": "", "last_set": 0}
        made.append(
            {
                "id": slack_channel(number),
                "name": name,
                "created": created // SECOND,
                "creator": slack_user(0),
                "is_archived": name == "old-intranet",
                "is_general": name == "general",
                "members": members,
                "topic": note,
                "purpose": note,
            }
        )
    return made


def integration_logs(org: Organisation) -> list[dict[str, object]]:
    day = datetime.combine(org.calendar.start_date, datetime.min.time(), UTC)
    log = {"user_id": slack_user(0), "user_name": "admin", "date": int(day.timestamp()), "change_type": "added"}
    return [log | {"app_type": "Standby", "app_id": APP_ID}, log | {"app_type": "Deal Bell", "service_id": FEED_BOT}]
