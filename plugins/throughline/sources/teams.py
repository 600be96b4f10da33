"""Teams messages as Microsoft Graph gives them (JSON) -> messages, mentions, reactions, spaces, accounts.

Taken, alone or many in one ZIP, told by what their records hold: messages of channels and chats, channels, teams,
users; lists, pages {"value": [...]} and JSON lines, names in camelCase or, as .NET writes them, in PascalCase.
An id of Graph is unique within its conversation only, so a message is identified by "<space>/<id>". Replies name
the root of their thread and stand beside it, or below it in `replies`.

A channel is called "<team>/<channel>" where its team is listed too. Channels that no list names, and authors whom
the list of users does not hold, become rows only in a ZIP that has such a list: from messages alone such rows
would hide the names and e-mail addresses of a list that lies in another file.

Left out on purpose: texts (reduced to features), names of people, names of chats (they hold people), members,
meetings, apps, the history of a message, who started a system event. The id of a chat of two holds both account
ids, so it is kept as a hash. Messages of applications are a bot's.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from throughline.landing import Archive, LandingFile
from throughline.privacy import Features
from throughline.reading import delimited, graph, json_stream, markup
from throughline.reading.records import left_out
from throughline.reading.rows import Rows
from throughline.source import Damaged, Ignored, Parsed, Refused, Rejected, Source
from throughline.sources import shapes

TABLES: Final = tuple(
    shape("teams") for shape in (shapes.messages, shapes.mentions, shapes.reactions, shapes.spaces, shapes.accounts)
)
CHECKED_EVERY: Final = 500  # records between two looks whether a batch is full
ENDINGS: Final = (".json", ".jsonl", ".ndjson")
LATER_REPLIES: Final = "roots with more replies than are here (replies@odata.nextLink): export those as well"
OUTSIDE: Final = ("anonymousGuest", "federatedUser", "personalMicrosoftAccountUser", "skypeUser", "phoneUser")

_ACCOUNT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_GROUP = re.compile(r"[?&]groupId=([0-9a-fA-F-]{36})")


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield what one JSON file, or each JSON file of a ZIP, holds. Memory: a window of text, accounts, spaces."""
    reader = _Reader(is_whole=file.name.lower().endswith(".zip"))
    if not reader.is_whole:
        yield from reader.take(delimited.of_file(file), file.name)
        yield from reader.rest(file.name)
        return
    with Archive(file.content, file.name) as archive:
        others = 0
        for member in archive.members():
            if not member.lower().endswith(ENDINGS):
                others += 1
                continue
            number = reader.files + 1  # folders of a ZIP are named after accounts, so a part is told by its number
            try:
                yield from reader.take(partial(archive.chunks, member), f"{file.name} » JSON file {number}")
            except Refused as refused:
                if refused.what == "is empty":
                    yield Ignored(refused.where, refused.what)
                else:
                    reader.known += 1  # as far as can be told
                    yield Damaged(f"{file.name} » JSON file {number}", refused.what, refused.remedy)
        if others:
            yield Ignored(file.name, f"{others:,} files that are no JSON")
        yield from reader.rest(file.name)


class _Reader:
    """Turns records into rows. spaces: id -> name, kind, team of the conversations seen so far."""

    def __init__(self, *, is_whole: bool) -> None:
        self.is_whole, self.files, self.known = is_whole, 0, 0
        self.rows, self.samples = Rows(TABLES), graph.Samples()
        self.others: Counter[str] = Counter()
        self.spared: Counter[str] = Counter()
        self.teams: dict[str, graph.Team] = {}
        self.channels: dict[str, graph.Channel] = {}
        self.chats: dict[str, str] = {}
        self.unlisted: dict[str, None] = {}
        self.users: set[str] = set()
        self.strangers: dict[str, tuple[bool, bool | None]] = {}

    def take(self, chunks: delimited.Chunks, place: str) -> Iterator[Parsed]:
        """The rows of one JSON file. Raises Refused."""
        self.files += 1
        number = 0
        for number, record in enumerate(json_stream.records(chunks, place), 1):
            yield from self._record(record, f"{place}, record {number}")
            if not number % CHECKED_EVERY:
                yield from self.rows.batches()
        if not number:
            yield Ignored(place, "holds no records")
            self.known += 1

    def rest(self, place: str) -> Iterator[Parsed]:
        """What only the whole file tells. Raises Refused when nothing in it was of Teams."""
        for kind, count in self.others.items():
            if count:
                yield Ignored(place, f"{count:,} records that are {kind}")
        yield from left_out(self.spared, place)
        if not self.known:
            raise Refused(
                "holds no messages, channels, teams or users of Microsoft Graph",
                where=place,
                remedy="land the JSON of Graph's messages as it is, one file or a ZIP of them",
            )
        for channel in self.channels.values():
            self.rows.values["spaces"] += self._channel(channel)
        for space_id, kind in self.chats.items():
            self.rows.values["spaces"] += (space_id, None, kind, None, None)
        if self.is_whole and self.channels:
            for space_id in (one for one in self.unlisted if one not in self.channels):
                self.rows.values["spaces"] += (space_id, None, "unlisted", None, None)
        if self.is_whole and self.users:
            for account_id, (is_bot, is_guest) in self.strangers.items():
                if account_id not in self.users:
                    self.rows.values["accounts"] += (account_id, None, is_bot, None, is_guest, None, None)
        yield from self.rows.batches(rest=True)
        yield from self.samples.told()

    def _record(self, record: Any, place: str) -> Iterator[Rejected]:
        kind = graph.kind(record)
        try:
            if kind == "message":
                yield from self._messages(record, place, None)
            elif kind == "channel":
                channel = msgspec.convert(record, graph.Channel)
                self.channels[channel.id] = channel
            elif kind == "team":
                self._team(msgspec.convert(record, graph.Team))
            elif kind == "user":
                self._user(msgspec.convert(record, graph.User))
            else:
                self.others[kind] += 1
                return
            if kind != "message":
                self.samples.add(kind, record)
            self.known += 1
        except msgspec.ValidationError as error:  # names the field and the types, never the value
            yield Rejected(_TABLES_OF[kind], place, str(error))

    def _messages(self, record: Any, place: str, root: str | None) -> Iterator[Rejected]:
        """The rows of one message and of the replies below it."""
        try:
            message = graph.message(record, self.spared)
            self._message(message, root)
        except msgspec.ValidationError as error:
            yield Rejected("messages", place, str(error))
            return
        except ValueError as error:
            yield Rejected("messages", place, str(error))
            return
        self.samples.add("message", record)
        self.others[LATER_REPLIES] += "replies@odata.nextLink" in record
        for number, reply in enumerate(message.replies or (), 1):
            yield from self._messages(reply, f"{place}, reply {number}", message.id)

    def _message(self, message: graph.Message, root: str | None) -> None:
        """Append the rows of one message. Raises ValueError with a reason that holds no value."""
        space_id = self._space(message)
        sent_at = _time(message.created_date_time, "createdDateTime")
        edited_at = _time_or_none(message.last_edited_date_time)
        if message.last_edited_date_time and edited_at is None:
            self.spared["lastEditedDateTime"] += 1
        message_id, above = f"{space_id}/{message.id}", message.reply_to_id or root
        author, is_bot = self._author(message.sender)
        is_system = (message.message_type or "message") != "message"
        text = _features(message)
        mentioned = [mention.mentioned for mention in message.mentions or () if mention.mentioned]
        accounts = dict.fromkeys(who.user.id for who in mentioned if who.user and who.user.id and who.user.id != author)
        for account_id in accounts:
            self.rows.values["mentions"] += (message_id, account_id, space_id, sent_at)
        for reaction in message.reactions or ():
            who = reaction.user.user if reaction.user else None
            if who and who.id:
                self._seen(who.id, is_bot=False, outside=who.user_identity_type)
                at = _time_or_none(reaction.created_date_time)
                emoji = (reaction.reaction_type == "custom" and reaction.display_name) or reaction.reaction_type
                self.rows.values["reactions"] += (message_id, emoji, who.id, space_id, at)
        self.rows.values["messages"] += (
            message_id,
            space_id,
            sent_at,
            author,
            f"{space_id}/{above}" if above and above != message.id else None,
            is_bot,
            is_system,
            bool(message.deleted_date_time),
            text.length,
            text.is_question,
            len(accounts),
            any(who.conversation or who.tag for who in mentioned),
            text.normalised or None,
            " ".join(text.tags),
            " ".join(text.crm_links),
            sum(attachment.content_type == "reference" for attachment in message.attachments or ()),
            edited_at,
            None,
        )

    def _space(self, message: graph.Message) -> str:
        if message.channel_identity and message.channel_identity.channel_id:
            self.unlisted[message.channel_identity.channel_id] = None
            return message.channel_identity.channel_id
        if not message.chat_id:
            raise ValueError("it names neither its channel (channelIdentity) nor its chat (chatId)")
        space_id, kind = _chat(message.chat_id)
        self.chats[space_id] = kind
        return space_id

    def _author(self, sender: graph.Identities | None) -> tuple[str | None, bool]:
        """Account and whether it is a bot; a system event has no author."""
        if sender is None:
            return None, False
        if sender.user and sender.user.id:
            self._seen(sender.user.id, is_bot=False, outside=sender.user.user_identity_type)
            return sender.user.id, False
        machine = sender.application or sender.device
        if machine and machine.id:
            self._seen(machine.id, is_bot=True, outside=None)
        return (machine.id or None, True) if machine else (None, False)

    def _seen(self, account_id: str, *, is_bot: bool, outside: str | None) -> None:
        is_guest = True if outside in OUTSIDE else None
        self.strangers[account_id] = (is_bot, is_guest or self.strangers.get(account_id, (False, None))[1])

    def _team(self, team: graph.Team) -> None:
        """Two lists may tell of one team; what either says is kept."""
        team_id = team.groups_id or team.id
        if team_id:
            known = self.teams.get(team_id, graph.Team())
            name = team.display_name or team.name or known.name
            self.teams[team_id] = graph.Team(name=name, privacy=team.visibility or team.privacy or known.privacy)

    def _user(self, user: graph.User) -> None:
        self.users.add(user.id)
        is_deleted = None if user.account_enabled is None else not user.account_enabled
        is_guest = user.user_type == "Guest" if user.user_type else None
        email = graph.address(user.mail, user.user_principal_name)
        self.rows.values["accounts"] += (user.id, email, False, is_deleted, is_guest, None, None)

    def _channel(self, channel: graph.Channel) -> tuple[Any, ...]:
        """The row of a listed channel. A standard channel is as open as its team, where that is known."""
        group = _GROUP.search(channel.web_url or "")
        team = self.teams.get(group[1] if group else "", graph.Team())
        kind = "private" if channel.membership_type in ("private", "shared") else (team.privacy or "").lower()
        name = "/".join(filter(None, (team.name, channel.display_name)))
        created_at = _time_or_none(channel.created_date_time)
        shown = kind if kind in ("public", "private") else "unlisted"
        return (channel.id, name or None, shown, created_at, channel.is_archived)


_TABLES_OF: Final = {"message": "messages", "channel": "spaces", "team": "spaces", "user": "accounts"}


def _chat(chat_id: str) -> tuple[str, str]:
    """Space id and kind of a chat. A chat of two is named by the ids of both."""
    if chat_id.endswith("@unq.gbl.spaces") or chat_id.startswith("48:") or _ACCOUNT.search(chat_id):
        return f"dm_{hashlib.sha256(chat_id.encode(errors='replace')).hexdigest()[:32]}", "dm"
    return chat_id, "group_dm"


def _features(message: graph.Message) -> Features:
    content, kind = (message.body.content or "", message.body.content_type) if message.body else ("", None)
    if kind == "text":
        return markup.of_text(f"{message.subject or ''}\n{content}")
    return markup.of_html(f"<p>{html.escape(message.subject or '')}</p>{content}")


def _time(text: str | None, name: str) -> datetime | None:
    try:
        return graph.moment(text)
    except ValueError:
        raise ValueError(f"{name} is not an ISO date-time") from None


def _time_or_none(text: str | None) -> datetime | None:
    try:
        return graph.moment(text)
    except ValueError:
        return None


SOURCE: Final = Source(
    "teams",
    "Teams messages of Microsoft Graph",
    (*ENDINGS, ".zip"),
    TABLES,
    parse,
    headers=tuple(graph.FIELDS.values()),
)
