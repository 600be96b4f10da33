"""Viva Engage (Yammer) network data export (ZIP of CSV) -> messages, mentions, spaces, accounts.

Read: Messages.csv, Users.csv, Groups.csv, at the top or below a folder for each external network; ids are unique
over all networks. A part is there only where something of its kind was written or changed in the export's range of
dates, so an author may stand in Messages.csv alone: accounts and groups are taken from there too, without what only
a list tells. Exports of short ranges overlap: of two copies of a message the one of the later export counts, of an
account the one of a list. There is no file of likes: this source has no reactions.

A space is a group, else the feed of all the company ("all_company"), else a private conversation (a direct message).
The root of a thread is the message whose id is the thread's. A question is one by its mark or by its message type.
An announcement is a broadcast. That somebody else wrote in the sender's name (delegate_id) is kept, who did is not.

Left out on purpose: texts (reduced to features), names, titles and departments of people, names of networks,
participants, files, versions of messages (an edit keeps no time in Messages.csv), topics, administrators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

from throughline.landing import Archive, LandingFile
from throughline.reading import cells, delimited, fields, markup
from throughline.reading.declared import Declared, declared
from throughline.reading.fields import Field, Form
from throughline.reading.rows import Rows
from throughline.source import Batch, Columns, Damaged, Ignored, Parsed, Refused, Source
from throughline.sources import shapes

TABLES: Final = tuple(
    shape("viva_engage") for shape in (shapes.messages, shapes.mentions, shapes.spaces, shapes.accounts)
)
ALL_COMPANY: Final = "all_company"
GONE: Final = ("deleted", "soft_delete", "suspended")
NOTHING: Final = ("", "null")
NUMBERED: Final = ("sender_id", "thread_id", "replied_to_id", "group_id", "conversation_id", "delegate_id")  # 0: none
PARTS: Final = {  # part -> its form; required columns first
    "messages": Form(
        "messages",
        (
            Field("id", ("id",), required=True),
            Field("created_at", ("created_at",), "date-time", required=True),
            Field("sender_id", ("sender_id",), present=True),
            Field("sender_type", ("sender_type",)),
            Field("sender_email", ("sender_email",), "e-mail"),
            Field("thread_id", ("thread_id",)),
            Field("replied_to_id", ("replied_to_id",)),
            Field("group_id", ("group_id",)),
            Field("group_name", ("group_name",)),
            Field("in_private_group", ("in_private_group",), "flag"),
            Field("in_private_conversation", ("in_private_conversation",), "flag"),
            Field("conversation_id", ("conversation_id",)),
            Field("participants", ("participants",)),
            Field("title", ("title",)),
            Field("body", ("body",)),
            Field("html_body", ("html_body",)),
            Field("attachments", ("attachments",)),
            Field("message_type", ("message_type",)),
            Field("deleted_at", ("deleted_at",)),
            Field("delegate_id", ("delegate_id",)),
        ),
        NOTHING,
        left_out=(
            *("parent_id", "sender_name", "api_url", "deleted_by_id", "deleted_by_type"),
            *("gdpr_delete_url", "network_id", "network_name"),
        ),
    ),
    "users": Form(
        "accounts",
        (
            Field("id", ("id",), required=True),
            Field("email", ("email",), "e-mail", present=True),
            Field("state", ("state",)),
            Field("joined_at", ("joined_at",), "date-time"),
            Field("suspended_at", ("suspended_at",), "date-time"),
            Field("deleted_at", ("deleted_at",), "date-time"),
        ),
        NOTHING,
        left_out=(
            *("name", "job_title", "location", "department", "api_url", "deleted_by_id", "deleted_by_type", "guid"),
            *("suspended_by_id", "suspended_by_type"),
        ),
    ),
    "groups": Form(
        "spaces",
        (
            Field("id", ("id",), required=True),
            Field("name", ("name",), present=True),
            Field("private", ("private",), "flag"),
            Field("created_at", ("created_at",), "date-time"),
            Field("deleted", ("deleted", "deleted_at")),
        ),
        NOTHING,
        left_out=(
            *("description", "external", "link", "api_url", "created_by_id", "created_by_type", "updated_at"),
            *("deleted_by_id", "deleted_by_type"),
        ),
    ),
}

_PART = re.compile(r"(messages|users|groups)(?:[ _.-]?\(?\d+\)?)?\.csv", re.IGNORECASE)
_MENTION = re.compile(r"\[\[user:(\d+)\]\]")
_MARKS = re.compile(r"\[\[(?:user|tag|message|group):\d+\]\]")
_FILE = re.compile(r"\buploaded(?:file|image):\d")
_COLUMNS: Final = frozenset(name for form in PARTS.values() for one in form.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one export. Memory: accounts and spaces seen, a batch of messages."""
    reader, others, known = _Reader(), 0, 0
    told = declared(file.name)
    with Archive(file.content, file.name) as archive:
        for number, member in enumerate(archive.members(), 1):
            part = _PART.fullmatch(PurePosixPath(member).name)
            if not part:
                others += 1
                continue
            # folders bear names of networks, so a part is told by its number
            place = f"{file.name} » {part[1]}.csv" + (f" (file {number})" if "/" in member else "")
            known += 1
            try:
                yield from reader.take(part[1].lower(), partial(archive.chunks, member), place, told)
            except Refused as refused:
                if refused.what == "is empty":
                    yield Ignored(place, refused.what)
                elif "may mean" in refused.what:
                    raise
                else:
                    yield Damaged(refused.where or place, refused.what, refused.remedy)
    if not known:
        raise Refused(
            "holds none of Messages.csv, Users.csv, Groups.csv",
            where=file.name,
            remedy="land the ZIP of the network data export as it was downloaded",
        )
    if others:
        yield Ignored(file.name, f"{others:,} files that are not read (files, versions, topics, pages, logs)")
    yield from reader.rest()


class _Reader:
    """Turns records into rows; listed ids come first, the others are what messages tell of them."""

    def __init__(self) -> None:
        self.rows = Rows(TABLES)
        self.listed_users: set[str] = set()
        self.listed_groups: set[str] = set()
        self.senders: dict[str, tuple[str | None, bool]] = {}
        self.spaces: dict[str, tuple[str | None, str]] = {}
        self.tells_delegates = False

    def take(self, part: str, chunks: delimited.Chunks, place: str, told: Declared) -> Iterator[Parsed]:
        """The rows of one CSV. Raises Refused."""
        sheet = delimited.examine(chunks, place, lambda header: header.lower() in _COLUMNS)
        take = {"messages": self._message, "users": self._user, "groups": self._group}[part]
        for found in fields.records(sheet, chunks, PARTS[part], told):
            if isinstance(found, Columns) and part == "messages":
                self.tells_delegates = "delegate_id" in found.used
            if not isinstance(found, Batch):
                yield found
                continue
            for record in found.records.to_pylist():
                take(record)
            yield from self.rows.batches()

    def rest(self) -> Iterator[Batch]:
        """Accounts and spaces that only messages tell of."""
        for account_id, (email, is_bot) in self.senders.items():
            if account_id not in self.listed_users:
                self.rows.values["accounts"] += (account_id, email, is_bot, None, None, None, None)
        for space_id, (name, kind) in self.spaces.items():
            if space_id not in self.listed_groups:
                self.rows.values["spaces"] += (space_id, name, kind, None, None)
        yield from self.rows.batches(rest=True)

    def _user(self, user: dict[str, Any]) -> None:
        self.listed_users.add(user["id"])
        moments = [user[name] for name in ("joined_at", "suspended_at", "deleted_at") if user[name]]
        is_deleted = bool(user["deleted_at"] or user["suspended_at"]) or (user["state"] or "").lower() in GONE
        self.rows.values["accounts"] += (
            user["id"],
            user["email"],
            False,
            is_deleted,
            None,
            None,
            max(moments, default=None),
        )

    def _group(self, group: dict[str, Any]) -> None:
        self.listed_groups.add(group["id"])
        is_archived = (group["deleted"] or "").lower() not in ("", *cells.NO)
        self.rows.values["spaces"] += (
            group["id"],
            group["name"],
            _openness(group["private"]),
            group["created_at"],
            is_archived,
        )

    def _message(self, message: dict[str, Any]) -> None:
        message |= {name: None for name in NUMBERED if message[name] == "0"}
        message_id, sender, sent_at = message["id"], message["sender_id"], message["created_at"]
        sender_type, message_type = (message["sender_type"] or "user").lower(), (message["message_type"] or "").lower()
        is_bot = sender_type not in ("user", "system")
        space_id = self._space(message)
        if sender:
            email = message["sender_email"] or self.senders.get(sender, (None, False))[0]
            self.senders[sender] = (email, is_bot)
        body = message["body"] or ""
        mentions = [one for one in dict.fromkeys(_MENTION.findall(body)) if one != sender]
        for account_id in mentions:
            self.rows.values["mentions"] += (message_id, account_id, space_id, sent_at)
        shown = f"{message['title'] or ''}\n{_MARKS.sub(' ', body)}"
        text = markup.of_text(shown) if shown.strip() else markup.of_html(message["html_body"] or "")
        above = message["thread_id"] or message["replied_to_id"]
        self.rows.values["messages"] += (
            message_id,
            space_id,
            sent_at,
            sender,
            above if above != message_id else None,
            is_bot,
            "system" in (sender_type, message_type),
            message["deleted_at"] is not None,
            text.length,
            text.is_question or message_type == "question",
            len(mentions),
            message_type == "announcement",
            text.normalised or None,
            " ".join(text.tags),
            " ".join(text.crm_links),
            len(_FILE.findall(message["attachments"] or "")),
            None,
            message["delegate_id"] not in (None, sender) if self.tells_delegates else None,
        )

    def _space(self, message: dict[str, Any]) -> str:
        """The space of a message, noted as what the message tells of it."""
        if message["in_private_conversation"]:
            space_id = f"conversation_{message['conversation_id'] or message['thread_id'] or message['id']}"
            people = {one for one in (message["participants"] or "").split(",") if one.strip().startswith("user:")}
            known = self.spaces.get(space_id, (None, "dm"))[1]
            self.spaces[space_id] = (None, "group_dm" if len(people) > 2 else known)
            return space_id
        if not message["group_id"]:
            self.spaces[ALL_COMPANY] = ("All Company", "public")
            return ALL_COMPANY
        self.spaces[message["group_id"]] = (message["group_name"], _openness(message["in_private_group"]))
        return str(message["group_id"])


def _openness(is_private: bool | None) -> str:
    return "unlisted" if is_private is None else "private" if is_private else "public"


SOURCE: Final = Source(
    "viva_engage",
    "Viva Engage network data export",
    (".zip",),
    TABLES,
    parse,
    headers=tuple(form.header() for form in PARTS.values()),
)
