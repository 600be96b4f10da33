"""Google Takeout of Chat (ZIP) -> rows. Memory: one conversation.

Layout: …/Groups/<DM or Space> <id>/messages.json and group_info.json. A message's id is <space>/<topic>/<message>;
the first of a topic bears the topic's own id. Times are prose: English ones in UTC are read, no others are guessed.
FIELDS also names what is left out on purpose: of messages, then of conversations.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

import msgspec

from throughline.landing import Archive
from throughline.reading import nested
from throughline.reading.chat_rows import ChatRows, Message
from throughline.reading.records import decoded, left_out, sparing
from throughline.source import Damaged, Ignored, Parsed, Refused, Rejected

MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MEMBER = re.compile(r"(?P<folder>(?:.*/)?)(?P<kind>DM|Space) (?P<id>[^/]+)/(?P<file>messages|group_info)\.json")
_TIME = re.compile(
    r"[A-Za-z]+,? (?:(?P<month>[A-Za-z]+) (?P<day>\d{1,2})|(?P<uk_day>\d{1,2}) (?P<uk_month>[A-Za-z]+)),?"
    r" (?P<year>\d{4})(?: at|,) (?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"(?:\s(?P<half>[AaPp])\.?[Mm]\.?)? UTC",
    re.ASCII,
)
_UNNAMED: Final = frozenset({"", "group chat"})  # Google's own name for a conversation of several people


class Person(msgspec.Struct):
    email: str | None = None
    user_type: str | None = None

    @property
    def account_id(self) -> str | None:
        return (self.email or "").strip().lower() or None

    @property
    def is_bot(self) -> bool:
        return (self.user_type or "").lower() == "bot"


class Emoji(msgspec.Struct):
    unicode: str | None = None


class Reaction(msgspec.Struct):
    emoji: Emoji | None = None
    reactor_emails: list[str] | None = None


class Post(msgspec.Struct):
    message_id: str
    created_date: str
    creator: Person | None = None
    text: str | None = None
    updated_date: str | None = None
    message_state: str | None = None
    attached_files: list[msgspec.Raw] | None = None
    reactions: list[Reaction] | None = None


class Posts(msgspec.Struct):
    messages: list[msgspec.Raw]


class Group(msgspec.Struct):
    name: str | None = None
    members: list[Person] | None = None


FIELDS: Final = (
    nested.kind(
        "messages",
        required="message_id created_date",
        optional="creator.email creator.user_type text",
        sometimes="updated_date message_state attached_files reactions.emoji reactions.reactor_emails",
        left_out="creator.name topic_id annotations previous_message_versions deletion_metadata "
        "quoted_message_metadata",
    ),
    nested.kind(
        "spaces", required="", optional="members.email members.user_type", sometimes="name", left_out="members.name"
    ),
)
SPARE: Final = ("updated_date", "attached_files", "reactions")  # who wrote what and when is told without them
_POSTS: Final = msgspec.json.Decoder(Posts)
_POST: Final = msgspec.json.Decoder(Post)
_GROUP: Final = msgspec.json.Decoder(Group)


def read(archive: Archive, rows: ChatRows) -> Iterator[Parsed]:
    """Append the rows of one archive; yield full batches and findings. Raises Refused where no Chat is in it."""
    conversations: dict[tuple[str, str, str], dict[str, str]] = {}  # folder, kind and id -> file -> member
    others = 0
    for member in archive.members():
        if found := _MEMBER.fullmatch(member):
            key = found["folder"], found["kind"], found["id"]
            conversations.setdefault(key, {})[found["file"]] = member
        else:
            others += 1
    if not any("messages" in files for files in conversations.values()):
        what = "not a Google Takeout of Chat (no messages.json in a folder Groups/DM … or Groups/Space …)"
        raise Refused(what, where=archive.name, remedy="land the ZIP as Takeout made it, with Google Chat chosen")
    reader = _Reader(archive, rows)
    for (_, kind, space_id), files in conversations.items():
        yield from reader.conversation(kind, space_id, files)
        yield from rows.batches()
    yield from left_out(reader.spared, archive.name)
    for sample in (reader.posts, reader.groups):
        yield from sample.told()
    if reader.unread_times > reader.read_times:
        remedy = "set the language of the account to English (United States) and export again"
        raise Refused("its dates are not written in English and UTC", where=archive.name, remedy=remedy)
    if others:
        yield Ignored("other files", f"{others:,} files that are no conversations (attachments, profiles) are not read")


class _Reader:
    """Turns conversations into rows; remembers accounts."""

    def __init__(self, archive: Archive, rows: ChatRows) -> None:
        self._archive, self._rows = archive, rows
        self._accounts: set[str] = set()
        self.posts, self.groups = map(nested.Sample, FIELDS)
        self.spared: Counter[str] = Counter()
        self.read_times = self.unread_times = 0

    def conversation(self, kind: str, space_id: str, files: dict[str, str]) -> Iterator[Parsed]:
        place = f"{kind} {space_id}"
        group = Group()
        if "group_info" in files:
            try:
                data = self._archive.read(files["group_info"])
                group = _GROUP.decode(data)
                self.groups.add(data)
            except (Refused, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                yield Damaged(f"{place}/group_info.json", "it is not JSON of a conversation, or damaged")
        members = group.members or []
        for person in members:
            self._account(person.account_id, is_bot=person.is_bot)
        if kind == "DM":
            self._rows.space(space_id, None, "group_dm" if len(members) > 2 else "dm")
        else:
            is_named = (group.name or "").strip().lower() not in _UNNAMED
            told = "private" if is_named else "group_dm" if "group_info" in files else "unlisted"
            self._rows.space(space_id, group.name, told)
        if "messages" not in files:
            return
        try:
            posts = _POSTS.decode(self._archive.read(files["messages"])).messages
        except Refused as refused:
            yield Damaged(f"{place}/messages.json", refused.what)
            return
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield Damaged(f"{place}/messages.json", "it is not JSON, or cut off, or holds no list of messages")
            return
        for number, raw in enumerate(posts, 1):
            try:
                reason = self._post(self._decoded(raw), space_id)
                self.posts.add(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                reason = str(error) if isinstance(error, msgspec.ValidationError) else "it is not JSON of UTF-8"
            if reason:
                yield Rejected("messages", f"{place}/messages.json, record {number}", reason)
            yield from self._rows.batches()

    def _decoded(self, raw: msgspec.Raw) -> Post:
        """Without what is incomplete of SPARE, which is counted. Raises msgspec.ValidationError."""
        try:
            return _POST.decode(raw)
        except msgspec.ValidationError:
            post: Post = sparing(msgspec.json.decode(raw), partial(decoded, kind=Post), SPARE, self.spared)
            return post

    def _post(self, post: Post, space_id: str) -> str | None:
        """Append the rows of one message; returns why it cannot be taken."""
        sent_at = microseconds(post.created_date)
        if sent_at is None:
            self.unread_times += 1
            return "created_date is not an English date and time in UTC"
        self.read_times += 1
        author = post.creator or Person()
        self._account(author.account_id, is_bot=author.is_bot)
        space, _, rest = post.message_id.partition("/")
        topic, _, own = rest.partition("/")
        text = post.text or ""
        message = Message(
            post.message_id,
            space_id,
            sent_at,
            author.account_id,
            text,
            parent_id=f"{space}/{topic}/{topic}" if own and own != topic else None,
            is_bot=author.is_bot,
            is_deleted=post.message_state == "DELETED",
            is_broadcast="@all" in text.lower().split(),
            file_count=len(post.attached_files or ()),
            edited_at=microseconds(post.updated_date) if post.updated_date else None,
        )
        self._rows.message(message)
        for reaction in post.reactions or ():
            emoji = reaction.emoji.unicode if reaction.emoji else None
            for email in dict.fromkeys(one.strip().lower() for one in reaction.reactor_emails or ()):
                self._account(email, is_bot=False)
                self._rows.reaction(message, emoji or "custom", email, None)
        return None

    def _account(self, account_id: str | None, *, is_bot: bool) -> None:
        if account_id and account_id not in self._accounts:
            self._accounts.add(account_id)
            self._rows.account(account_id, account_id, is_bot=is_bot)


def microseconds(prose: str) -> int | None:
    """ "Monday, January 6, 2020 at 3:04:05 PM UTC" -> microseconds since 1970; None for any other form."""
    found = _TIME.fullmatch(" ".join(prose.split()))  # some exports have a narrow no-break space before AM and PM
    if not found:
        return None
    name = (found["month"] or found["uk_month"]).lower()
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] in "Pp" else 0)
    day = found["day"] or found["uk_day"]
    try:
        month = MONTHS.index(name) + 1
        moment = datetime(
            int(found["year"]), month, int(day), hour, int(found["minute"]), int(found["second"]), tzinfo=UTC
        )
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000_000
