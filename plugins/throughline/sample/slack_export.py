"""The chat tool's standard export: channels.json, users.json, one folder a channel, one file a US-Pacific day.

Left out: private channels and direct messages (a standard export has none), `blocks` (nothing reads them).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np

from throughline.sample.activity import Channels
from throughline.sample.archive import write_zip
from throughline.sample.clock import SECOND, Zone, instant
from throughline.sample.conversation import APP, BROADCAST_REPLY, FEED, JOIN, TOMBSTONE, Conversation
from throughline.sample.identifiers import APP_BOT, APP_ID, APP_USER, FEED_BOT, TEAM_ID, slack_channel, slack_user
from throughline.sample.organisation import DOMAIN, Organisation
from throughline.sample.words import FIRST, LAST

WORKSPACE = "Veldmark"
PACIFIC = "America/Los_Angeles"
GUESTS = 5


def write_export(
    path_in: Path, org: Organisation, rooms: Channels, said: Conversation, first: date, until: date
) -> Path:
    """said: in order. The export of the Pacific days [first, until), as it looks when it is taken."""
    begin, taken_at = instant(first, PACIFIC), instant(until, PACIFIC)
    rows = np.flatnonzero((said.at >= begin) & (said.at < taken_at))
    members: list[tuple[str, str]] = [
        ("channels.json", dumped(channels_json(org, rooms, said, taken_at))),
        ("users.json", dumped(users_json(org, taken_at))),
        ("integration_logs.json", dumped(_integration_logs(org))),
        ("canvases.json", "[\n\n]"),
        ("lists.json", '[\n""\n]'),
    ]
    members += day_files(rooms, said, rows, taken_at, first, until)
    members.append(("general/canvas_in_the_conversation.json", dumped([{"id": "F0BCANVAS01", "filetype": "quip"}])))
    label = f"{first:%b} {first.day} {first.year} - {until - timedelta(days=1):%b} {(until - timedelta(days=1)).day}"
    label += f" {(until - timedelta(days=1)).year}"
    return write_zip(path_in / f"{WORKSPACE} Slack export {label}.zip", members, until)


def dumped(value: object) -> str:
    """JSON as the exporter writes it: four spaces, escaped slashes."""
    return json.dumps(value, indent=4, ensure_ascii=True).replace("/", "\\/")


def day_files(
    rooms: Channels, said: Conversation, rows: np.ndarray, taken_at: int, first: date, until: date
) -> list[tuple[str, str]]:
    """One (name, text) per channel and Pacific day that has messages."""
    zone = Zone.of(PACIFIC, first, until)
    day_at = zone.day_of(said.at[rows]).tolist()
    names = {n: (first + timedelta(days=n - 3)).isoformat() for n in set(day_at)}
    threads = _threads(said, taken_at)
    files: list[tuple[str, str]] = []
    current, shown = (-1, -1), list[str]()
    channel = said.channel[rows].tolist()
    for row, one, day in zip(rows.tolist(), channel, day_at, strict=True):
        if (one, day) != current:
            if shown:
                files.append((f"{rooms.names[current[0]]}/{names[current[1]]}.json", "[\n" + ",\n".join(shown) + "\n]"))
            current, shown = (one, day), []
        shown.append(_message(said, row, threads, taken_at))
    if shown:
        files.append((f"{rooms.names[current[0]]}/{names[current[1]]}.json", "[\n" + ",\n".join(shown) + "\n]"))
    return files


def ts(at: int) -> str:
    return f"{at // SECOND}.{at % SECOND:06d}"


def _threads(said: Conversation, taken_at: int) -> dict[int, list[int]]:
    """Root row -> rows of its replies that were there when the export was taken, in order."""
    replies = np.flatnonzero((said.root >= 0) & (said.at < taken_at))
    replies = replies[np.argsort(said.at[replies], kind="stable")]
    found: dict[int, list[int]] = {}
    for reply, root in zip(replies.tolist(), said.root[replies].tolist(), strict=True):
        found.setdefault(root, []).append(reply)
    return found


def _message(said: Conversation, row: int, threads: dict[int, list[int]], taken_at: int) -> str:
    """One message as indented JSON. Written by hand: the standard encoder takes most of the run with indent=4."""
    kind, at = int(said.kind[row]), int(said.at[row])
    user = slack_user(int(said.author[row])) if said.author[row] >= 0 else ""
    lines: list[str] = []
    if kind == JOIN:
        lines += ['"subtype": "channel_join"', f'"user": "{user}"']
    elif kind == FEED:
        lines += ['"subtype": "bot_message"', f'"bot_id": "{FEED_BOT}"', '"username": "Deal Bell"']
    elif kind == APP:
        lines += [f'"user": "{APP_USER}"', f'"bot_id": "{APP_BOT}"', f'"app_id": "{APP_ID}"', f'"team": "{TEAM_ID}"']
        lines.append(f'"bot_profile": {{\n            "id": "{APP_BOT}",\n            "name": "Standby"\n        }}')
    elif kind == TOMBSTONE:
        lines += ['"subtype": "tombstone"', '"user": "USLACKBOT"', '"hidden": true']
    else:
        if kind == BROADCAST_REPLY:
            lines.append('"subtype": "thread_broadcast"')
        key = UUID(int=(at << 40 | row) % 2**128)
        lines += [f'"user": "{user}"', f'"client_msg_id": "{key}"', f'"team": "{TEAM_ID}"']
    lines += ['"type": "message"', f'"ts": "{ts(at)}"', f'"text": {_escaped(said.text[row])}']
    edited = int(said.edited_at[row])
    if edited and edited < taken_at and kind != TOMBSTONE:
        lines.append(f'"edited": {{\n            "user": "{user}",\n            "ts": "{edited // SECOND}.000000"\n        }}')
    root = int(said.root[row])
    if root >= 0:
        asked = "USLACKBOT" if said.kind[root] == TOMBSTONE else slack_user(int(said.author[root]))
        lines += [f'"thread_ts": "{ts(int(said.at[root]))}"', f'"parent_user_id": "{asked}"']
    elif row in threads:
        lines += _thread_lines(said, row, threads[row])
    if row in said.reactions and kind != TOMBSTONE:
        given = [_reaction(name, people) for name, people in said.reactions[row]]
        lines.append('"reactions": [\n' + ",\n".join(given) + "\n        ]")
    return "    {\n        " + ",\n        ".join(lines) + "\n    }"


def _thread_lines(said: Conversation, row: int, replies: list[int]) -> list[str]:
    users = [slack_user(int(said.author[n])) for n in replies]
    distinct = list(dict.fromkeys(users))
    shown = ",\n".join(f'            "{user}"' for user in distinct[:5])  # the tool caps the list
    records = ",\n".join(
        f'            {{\n                "user": "{user}",\n                "ts": "{ts(int(said.at[n]))}"\n            }}'
        for user, n in zip(users, replies, strict=True)
    )
    return [
        f'"thread_ts": "{ts(int(said.at[row]))}"',
        f'"reply_count": {len(replies)}',
        f'"reply_users_count": {len(distinct)}',
        f'"latest_reply": "{ts(int(said.at[replies[-1]]))}"',
        f'"reply_users": [\n{shown}\n        ]',
        f'"replies": [\n{records}\n        ]',
    ]


def _reaction(name: str, people: list[int]) -> str:
    users = ",\n".join(f'                    "{slack_user(person)}"' for person in people)
    return (
        f'            {{\n                "name": "{name}",\n                "users": [\n{users}\n                ],\n'
        f'                "count": {len(people)}\n            }}'
    )


def _escaped(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


def users_json(org: Organisation, taken_at: int) -> list[dict[str, object]]:
    """Everybody with an account when the export is taken, five guests, one app. Left: deactivated, flags absent."""
    made: list[dict[str, object]] = []
    week_now = (taken_at - instant(org.calendar.start_date)) // (7 * 86_400 * SECOND)
    for person in np.flatnonzero(org.account_week <= week_now).tolist():
        first, last = org.names[person]
        email = org.email(person)
        if person % 53 == 7:
            email = email.replace(first.lower(), first, 1)  # as typed by its owner: joins ignore case
        gone_at = instant(org.day(int(org.left_day[person]) + 1)) if org.left_day[person] < 10_000 else taken_at + 1
        created = instant(org.day(int(org.account_week[person]) * 7))
        user: dict[str, object] = {"id": slack_user(person), "team_id": TEAM_ID, "name": f"{first}.{last}{person}".lower()}
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
        profile = {"real_name": f"{first} {last}", "email": f"{first}.{last}@partner{n}.example".lower(), "team": TEAM_ID}
        user: dict[str, object] = {"id": f"U0GUEST000{n}", "team_id": TEAM_ID, "name": f"guest{n}", "deleted": False}
        user |= {"real_name": f"{first} {last}", "is_bot": False, "is_app_user": False, "profile": profile}
        user["updated"] = instant(org.calendar.start_date) // SECOND
        made.append(user | _flags("Europe/Berlin", 1 + n % 2))
    return made


def _app() -> dict[str, object]:
    profile = {"real_name": "Standby", "bot_id": APP_BOT, "api_app_id": APP_ID, "team": TEAM_ID}
    user: dict[str, object] = {"id": APP_USER, "team_id": TEAM_ID, "name": "standby", "deleted": False, "is_bot": True}
    return user | {"is_app_user": False, "real_name": "Standby", "profile": profile, "updated": 1_700_000_000, **_flags("Europe/Berlin")}


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


def _integration_logs(org: Organisation) -> list[dict[str, object]]:
    day = datetime.combine(org.calendar.start_date, datetime.min.time(), UTC)
    log = {"user_id": slack_user(0), "user_name": "admin", "date": int(day.timestamp()), "change_type": "added"}
    return [log | {"app_type": "Standby", "app_id": APP_ID}, log | {"app_type": "Deal Bell", "service_id": FEED_BOT}]
