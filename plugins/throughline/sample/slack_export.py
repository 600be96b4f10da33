"""The chat tool's standard export: channels.json, users.json, one folder a channel, one file a US-Pacific day.

Left out: private channels and direct messages (a standard export has none), `blocks` (nothing reads them).
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np

from throughline.sample.activity import Channels
from throughline.sample.archive import write_zip
from throughline.sample.clock import SECOND, Zone, instant
from throughline.sample.conversation import APP, BROADCAST_REPLY, FEED, JOIN, TOMBSTONE, Conversation
from throughline.sample.identifiers import APP_BOT, APP_ID, APP_USER, FEED_BOT, TEAM_ID, slack_user
from throughline.sample.organisation import Organisation
from throughline.sample.slack_members import channels_json, integration_logs, users_json

WORKSPACE = "Veldmark"
PACIFIC = "America/Los_Angeles"


def write_export(
    path_in: Path, org: Organisation, rooms: Channels, said: Conversation, first: date, until: date
) -> Path:
    """said: in order. The export of the Pacific days [first, until), as it looks when it is taken."""
    begin, taken_at = instant(first, PACIFIC), instant(until, PACIFIC)
    rows = np.flatnonzero((said.at >= begin) & (said.at < taken_at))
    members: list[tuple[str, str]] = [
        ("channels.json", dumped(channels_json(org, rooms, said, taken_at))),
        ("users.json", dumped(users_json(org, taken_at))),
        ("integration_logs.json", dumped(integration_logs(org))),
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
        lines.append(
            f'"edited": {{\n            "user": "{user}",\n            "ts": "{edited // SECOND}.000000"\n        }}'
        )
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
    records = ",\n".join(_reply(user, int(said.at[n])) for user, n in zip(users, replies, strict=True))
    return [
        f'"thread_ts": "{ts(int(said.at[row]))}"',
        f'"reply_count": {len(replies)}',
        f'"reply_users_count": {len(distinct)}',
        f'"latest_reply": "{ts(int(said.at[replies[-1]]))}"',
        f'"reply_users": [\n{shown}\n        ]',
        f'"replies": [\n{records}\n        ]',
    ]


def _reply(user: str, at: int) -> str:
    return f'            {{\n                "user": "{user}",\n                "ts": "{ts(at)}"\n            }}'


def _reaction(name: str, people: list[int]) -> str:
    users = ",\n".join(f'                    "{slack_user(person)}"' for person in people)
    return (
        f'            {{\n                "name": "{name}",\n                "users": [\n{users}\n                ],\n'
        f'                "count": {len(people)}\n            }}'
    )


def _escaped(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")
