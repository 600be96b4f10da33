"""Rocket.Chat database dump (ZIP of mongodump's BSON) -> messages, mentions, reactions, spaces, accounts.

Taken: rocketchat_message.bson (needed), and beside it rocketchat_room.bson and users.bson, in any folder, gzip or not;
every other collection is ignored. An account is its username, by which reactions and mentions name it. Ids of direct
messages are made of ids of people, so ids of spaces are keyed as people are, in a namespace of their own. Reactions
have no time.

Messages with a type (joined, left, topic changed …) are of the system; a removed or hidden one is deleted, and hidden
copies that a server keeps of earlier versions are left out; an encrypted one counts without its text. Conversations
with visitors of a website are direct messages, and a visitor is a guest.
FIELDS also names what is known of each collection and not read.
Left out on purpose: text (reduced to features), names of people and of direct messages, titles of discussions (free
text), files, passwords and tokens of users.bson.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from throughline.landing import Archive, LandingFile
from throughline.reading import nested
from throughline.reading.bson import BsonError, decode, documents
from throughline.reading.chat_rows import ChatRows, Message, milliseconds
from throughline.reading.lines import unpacked
from throughline.reading.records import left_out, sparing
from throughline.source import Damaged, Ignored, Parsed, Refused, Rejected, Source, Table
from throughline.sources import shapes

MESSAGES, ROOMS, USERS = "rocketchat_message.bson", "rocketchat_room.bson", "users.bson"
EVERYBODY: Final = frozenset({"all", "here"})
SPARE: Final = ("mentions", "reactions", "files", "file", "editedAt")  # who wrote what and when is told without


def _keyed(table: Table) -> Table:
    """Spaces keyed as people."""
    own = {"space_id": "rocketchat_space"} if "space_id" in table.schema.names else {}
    return replace(table, people={**table.people, **own})


TABLES: Final = tuple(
    _keyed(shape("rocketchat"))
    for shape in (shapes.messages, shapes.mentions, shapes.reactions, shapes.spaces, shapes.accounts)
)


class Name(msgspec.Struct):
    username: str | None = None


class Reactors(msgspec.Struct):
    usernames: list[str | None] | None = None


class Post(msgspec.Struct):
    """Times in milliseconds."""

    id: str = msgspec.field(name="_id")
    rid: str
    ts: int
    u: Name | None = None
    msg: str | None = None
    t: str | None = None
    tmid: str | None = None
    token: str | None = None  # a visitor wrote it
    bot: Any = None
    mentions: list[Name] | None = None
    reactions: dict[str, Reactors] | None = None
    files: list[Any] | None = None
    file: dict[str, Any] | None = None
    editedAt: int | None = None  # noqa: N815  # Rocket.Chat's name
    hidden: bool | None = msgspec.field(name="_hidden", default=None)
    parent: str | None = None


class Room(msgspec.Struct):
    id: str = msgspec.field(name="_id")
    t: str | None = None
    name: str | None = None
    prid: str | None = None  # the room that a discussion belongs to
    usernames: list[str | None] | None = None
    archived: bool | None = None
    ts: int | None = None


class Address(msgspec.Struct):
    address: str | None = None


class User(msgspec.Struct):
    username: str
    emails: list[Address | None] | None = None
    type: str | None = None
    active: bool | None = None
    roles: list[str | None] | None = None
    updated_at: int | None = msgspec.field(name="_updatedAt", default=None)


FIELDS: Final = {
    "messages": nested.kind(
        "messages",
        required="_id rid ts",
        optional="u.username msg",
        sometimes="t tmid token bot mentions.username reactions files file editedAt _hidden parent",
        left_out="_updatedAt u._id u.name mentions._id mentions.name mentions.type mentions.fname alias "
        "attachments avatar blocks channels content customFields dcount dlm drid e2eMentions editedBy "
        "emoji federation groupable importIds location md parseUrls pinned pinnedAt pinnedBy private "
        "replies role sentByEmail slackBotId slackTs starred tcount temp tlm translationProvider "
        "translations tshow unread urls videoData _importFile",
    ),
    "spaces": nested.kind(
        "spaces",
        required="_id",
        optional="t ts",
        sometimes="name prid usernames archived",
        left_out="_updatedAt announcement announcementDetails autoTranslateLanguage avatarETag broadcast cl "
        "closedAt closedBy closer customFields default departmentId description e2eKeyId email "
        "encrypted favorite featured federated fname importIds jitsiTimeout joinCode joinCodeRequired "
        "label lastMessage livechatData lm metrics msgs muted onHold open priorityId queuedAt "
        "reactWhenReadOnly responseBy retention ro servedBy slaId sms source streamingOptions sysMes "
        "tags teamDefault teamId teamMain topic transcriptRequest u uids unmuted usersCount v "
        "waitingResponse",
    ),
    "accounts": nested.kind(
        "accounts",
        required="username",
        optional="emails.address type active roles _updatedAt",
        left_out="_id __rooms appId avatarETag avatarOrigin avatarUrl banners bio createdAt customFields e2e "
        "emails.verified extension federated federation importIds inviteToken language lastLogin ldap "
        "livechat name nickname oauth openBusinessHours operator reason requirePasswordChange "
        "requirePasswordChangeReason services settings status statusConnection statusDefault "
        "statusLivechat statusText utcOffset",
    ),
}


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one dump. Raises Refused where it holds no messages. Memory: one document."""
    with Archive(file.content, file.name) as archive:
        paths = {member: PurePosixPath(member) for member in archive.members()}
        folders = [path.parent for path in paths.values() if _plain(path) == MESSAGES]
        if len(folders) != 1:  # a dump of all databases may hold another one's users
            what = f"{len(folders)} dumps side by side" if folders else f"not a dump of Rocket.Chat (no {MESSAGES})"
            raise Refused(what, where=archive.name, remedy="land a ZIP of the folder that mongodump wrote")
        found = {_plain(path): member for member, path in paths.items() if path.parent == folders[0]}
        rows = ChatRows(TABLES)
        reader = _Reader(rows)
        collections = (
            _Collection(USERS, "accounts", User, reader.user),
            _Collection(ROOMS, "spaces", Room, reader.room),
            _Collection(MESSAGES, "messages", Post, reader.post, SPARE),
        )
        for one in collections:
            if one.name in found:
                member, chunks = found[one.name], archive.chunks(found[one.name])
                yield from one.read(unpacked(chunks, member) if member.endswith(".gz") else chunks, rows)
            else:
                yield Ignored(one.name, "it is missing: what it tells of accounts or rooms is unknown")
        reader.close()
        if reader.earlier:
            yield Ignored(MESSAGES, f"{reader.earlier:,} earlier versions of messages are left out")
        yield from rows.batches(rest=True)
        if others := len(paths) - len(found.keys() & {MESSAGES, ROOMS, USERS}):
            yield Ignored("other files", f"{others:,} other collections and files are not read")


def _plain(path: PurePosixPath) -> str:
    return path.name.removesuffix(".gz")


@dataclass(frozen=True)
class _Collection:
    """One file of the dump. take: appends the rows of one document, or returns why it cannot."""

    name: str
    table: str
    kind: type
    take: Callable[[Any], str | None]
    spare: tuple[str, ...] = ()

    def read(self, chunks: Iterator[bytes], rows: ChatRows) -> Iterator[Parsed]:
        number, sample, spared = 0, nested.Sample(FIELDS[self.table]), Counter[str]()
        convert = partial(msgspec.convert, type=self.kind)
        try:
            for number, data in enumerate(documents(chunks), 1):
                try:
                    document = decode(data)
                    sample.add(document)
                    reason = self.take(sparing(document, convert, self.spare, spared))
                except (msgspec.ValidationError, BsonError) as error:
                    reason = str(error)  # names the field and the types, never the value
                if reason:
                    yield Rejected(self.table, f"{self.name}, document {number}", reason)
                yield from rows.batches()
        except (BsonError, Refused) as error:
            reason = error.what if isinstance(error, Refused) else str(error)
            yield Damaged(f"{self.name}, after document {number}", reason)
        yield from left_out(spared, self.name)
        yield from sample.told()


class _Reader:
    """Turns documents into rows; remembers accounts and rooms."""

    def __init__(self, rows: ChatRows) -> None:
        self._rows = rows
        self._accounts: dict[str, bool] = {}  # username -> is it a bot
        self._strangers: dict[str, bool] = {}  # username -> is it a visitor
        self._listed: set[str] = set()
        self._used: set[str] = set()
        self.earlier = 0

    def user(self, user: User) -> str | None:
        is_bot = user.type in ("bot", "app")
        self._accounts[user.username] = is_bot
        email = next((one.address for one in user.emails or () if one and one.address), None)
        self._rows.account(
            user.username,
            email,
            is_bot=is_bot,
            is_deleted=user.active is False,
            is_guest="guest" in (user.roles or ()),
            updated_at=milliseconds(user.updated_at),
        )
        return None

    def room(self, room: Room) -> str | None:
        self._listed.add(room.id)
        kind = {"c": "public", "p": "private", "d": "dm", "l": "dm", "v": "dm"}.get(room.t or "", "unlisted")
        if room.t == "d" and len(room.usernames or ()) > 2:
            kind = "group_dm"
        name = None if room.prid else room.name
        created_at = milliseconds(room.ts)
        self._rows.space(room.id, name, kind, created_at=created_at, is_archived=bool(room.archived))
        return None

    def post(self, post: Post) -> str | None:
        """Append the rows of one message; returns why it cannot be taken.

        A server that keeps history hides a copy of each earlier version (it names its parent) and what was deleted.
        """
        if post.hidden and post.parent:
            self.earlier += 1
            return None
        sent_at = milliseconds(post.ts)
        if sent_at is None:
            return "ts is no time"
        author = (post.u.username if post.u else None) or None
        if author and author not in self._accounts:
            self._strangers[author] = bool(post.token) or self._strangers.get(author, False)
        named = [one.username for one in post.mentions or () if one.username]
        is_encrypted = post.t == "e2e"
        message = Message(
            post.id,
            post.rid,
            sent_at,
            author,
            "" if is_encrypted else post.msg or "",
            tuple(name for name in named if name not in EVERYBODY),
            post.tmid or None,
            is_bot=bool(post.bot) or self._accounts.get(author or "", False),
            is_system=bool(post.t) and not is_encrypted and post.t != "rm",
            is_deleted=post.t == "rm" or bool(post.hidden),
            is_broadcast=not EVERYBODY.isdisjoint(named),
            file_count=len(post.files) if post.files else int(bool(post.file)),
            edited_at=milliseconds(post.editedAt),
        )
        self._used.add(post.rid)
        self._rows.message(message)
        for emoji, reactors in (post.reactions or {}).items():
            for name in dict.fromkeys(reactors.usernames or ()):
                if name:
                    self._rows.reaction(message, emoji.strip(":"), name, None)
        return None

    def close(self) -> None:
        """Authors and rooms that messages name and no document lists."""
        for name, is_visitor in self._strangers.items():
            self._rows.account(name, None, is_guest=is_visitor or None)
        for space_id in sorted(self._used - self._listed):
            self._rows.space(space_id, None, "unlisted")


SOURCE: Final = Source(
    "rocketchat", "Rocket.Chat database dump", (".zip",), TABLES, parse, headers=tuple(FIELDS.values())
)
