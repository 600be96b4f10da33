"""Mattermost compliance exports -> rows: posts.csv, and Actiance XML.

Both are written by time of change: an edited post comes again, its earlier text under an id of its own (left out);
a deleted one comes as it was and once more as deleted. Files follow the post that they belong to.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from throughline.reading import fields
from throughline.reading.chat_rows import ChatRows, Message, at_names, counted, milliseconds
from throughline.reading.fields import Field, Form
from throughline.reading.lines import text
from throughline.source import Ignored, Parsed, Refused, Rejected

KINDS: Final = {"public": "public", "private": "private", "direct": "dm", "group": "group_dm"}
NEEDED: Final = ("Post Creation Time", "Channel Id", "Username", "Post Id", "Post Message", "Post Type")
FORM: Final = Form(  # the columns of posts.csv
    "messages",
    (
        *(Field(name, (name,), present=True) for name in NEEDED),
        *(Field(name, (name,)) for name in ("Channel Name", "Channel Type", "User Email", "Replied to Post Id")),
        *(Field(name, (name,)) for name in ("User Type", "Edited By Post Id", "Update Time", "Updated Type")),
    ),
    left_out=(
        *("Team Id", "Team Name", "Team Display Name", "Channel Display Name", "User Id", "EditedNewMsgId"),
        *("Preview Post Id", "Preview Post Message"),
    ),
)
MEMBERSHIP: Final = frozenset({"previously-joined", "enter", "leave"})
FILES: Final = frozenset({"attachment", "deleted attachment"})
MAX_TEXT: Final = 4 << 20  # a post has 16,383 characters at most
MAX_TAG_BYTES: Final = 16 << 20  # the parser holds a tag until it ends
MAX_DEPTH: Final = 20  # elements within elements; the format needs 4


@dataclass
class _Post:
    """One post as the export tells it. changed_at, update: when and how it changed, "" for not."""

    id: str
    space_id: str
    account_id: str
    created_at: int
    text: str
    kind: str = ""
    parent_id: str | None = None
    is_bot: bool = False
    update: str = ""
    changed_at: int | None = None
    file_count: int = 0


class _Sink:
    """Rows of posts; knows the accounts and spaces that it has seen, and what it left out."""

    def __init__(self, rows: ChatRows) -> None:
        self.rows, self.left_out = rows, Counter[str]()
        self._accounts: set[str] = set()
        self._spaces: set[str] = set()
        self._open: _Post | None = None

    def account(self, account_id: str, email: str | None, *, is_bot: bool) -> None:
        if account_id not in self._accounts:
            self._accounts.add(account_id)
            self.rows.account(account_id, email, is_bot=is_bot)

    def space(self, space_id: str, name: str | None, kind: str) -> None:
        if space_id not in self._spaces:
            self._spaces.add(space_id)
            self.rows.space(space_id, name or None, KINDS.get(kind, "unlisted"))

    def post(self, post: _Post) -> None:
        """The next post; it stays open for its files, and for being deleted."""
        if post.update == "EditedOriginalMsg":
            self.left_out["earlier versions of edited posts"] += 1
        elif post.update == "FileDeleted":
            self.left_out["notes of deleted files"] += 1
        elif (last := self._open) and post.id == last.id and (_deletes(post, last) or _deletes(last, post)):
            self.left_out["posts told again when deleted"] += 1
            deleted = post if _deletes(post, last) else last
            last.update, last.changed_at = "Deleted", deleted.changed_at or deleted.created_at
        else:
            self.close()
            self._open = post

    def file(self) -> None:
        if self._open:
            self._open.file_count += 1

    def close(self) -> None:
        """Write the open post."""
        post, self._open = self._open, None
        if post is None:
            return
        mentions, is_broadcast = at_names(post.text)
        is_deleted = post.update == "Deleted"
        self.rows.message(
            Message(
                post.id,
                post.space_id,
                post.created_at,
                post.account_id,
                post.text,
                mentions,
                post.parent_id,
                is_bot=post.is_bot or post.kind == "slack_attachment",
                is_system=post.kind.startswith("system_"),
                is_deleted=is_deleted,
                is_broadcast=is_broadcast,
                file_count=post.file_count,
                edited_at=post.changed_at if is_deleted or post.update == "EditedNewMsg" else None,
            )
        )

    def report(self, place: str) -> Iterator[Ignored]:
        if self.left_out:
            yield Ignored(place, f"left out: {counted(self.left_out.items())}")


def _deletes(post: _Post, other: _Post) -> bool:
    return post.text == f"delete {other.text}" and (post.update in ("", "Deleted"))


def read_csv(chunks: Iterator[bytes], place: str, rows: ChatRows) -> Iterator[Parsed]:
    """Append the rows of posts.csv; yield full batches and findings. Raises Refused where it is none, or is damaged."""
    sink = _Sink(rows)
    records = csv.reader(text(chunks, place), strict=True)
    row = 1
    try:
        named = [name.strip() for name in next(records, [])]
        header = [name.lower() for name in named]
        if missing := [name for name in NEEDED if name.lower() not in header]:
            what = f"not posts.csv of a Mattermost compliance export: column {missing[0]} is missing"
            raise Refused(what, where=place, remedy="land the compliance export as Mattermost made it")
        yield fields.columns(named, FORM)
        columns = _Columns({name: at for at, name in enumerate(header)})
        for row, cells in enumerate(records, 2):
            if reason := columns.take(cells, sink):
                yield Rejected("messages", f"{place} row {row}", reason)
            yield from rows.batches()
    except csv.Error:
        what = f"cannot be read as CSV after row {row} (a quoted cell is damaged or never closed)"
        remedy = "it may have been cut off while copying: copy or export it again"
        raise Refused(what, where=place, remedy=remedy) from None
    sink.close()
    yield from sink.report(place)


@dataclass(frozen=True)
class _Columns:
    at: dict[str, int]

    def cell(self, cells: Sequence[str], name: str) -> str:
        at = self.at.get(name.lower(), len(cells))
        return cells[at] if at < len(cells) else ""

    def take(self, cells: list[str], sink: _Sink) -> str | None:
        """Hand one row on; returns why it cannot be taken. Rows of files lack the last cell."""
        kind = self.cell(cells, "Post Type")
        if len(cells) > len(self.at) or (len(cells) < len(self.at) and kind not in FILES):
            return "not as many cells as the header"
        account_id, space_id, post_id = (self.cell(cells, name) for name in ("Username", "Channel Id", "Post Id"))
        is_bot = self.cell(cells, "User Type") == "bot"
        created_at = milliseconds(self.cell(cells, "Post Creation Time"))
        if created_at is None or not account_id or not space_id:
            return "Post Creation Time is no time in milliseconds, or Username or Channel Id is empty"
        sink.account(account_id, self.cell(cells, "User Email"), is_bot=is_bot)
        sink.space(space_id, self.cell(cells, "Channel Name"), self.cell(cells, "Channel Type"))
        if kind in MEMBERSHIP:
            sink.left_out["notes of membership"] += 1
        elif kind in FILES:
            sink.left_out["notes of files"] += 1
            sink.file()
        elif not post_id:
            return "Post Id is empty"
        else:
            update = self.cell(cells, "Updated Type")
            if not update and self.cell(cells, "Edited By Post Id"):
                update = "EditedOriginalMsg"
            sink.post(
                _Post(
                    post_id,
                    space_id,
                    account_id,
                    created_at,
                    self.cell(cells, "Post Message"),
                    kind,
                    self.cell(cells, "Replied to Post Id") or None,
                    is_bot,
                    update,
                    milliseconds(self.cell(cells, "Update Time")),
                )
            )
        return None


def read_xml(chunks: Iterator[bytes], place: str, rows: ChatRows) -> Iterator[Parsed]:
    """Append the rows of an Actiance file; yield full batches and findings. Raises Refused for other or damaged XML.

    A document type is refused, and with it every entity that could be expanded. Accounts are e-mail addresses here.
    """
    reader, fed = _Xml(_Sink(rows), place), 0
    try:
        for chunk in chunks:
            reader.parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - reader.parser.CurrentByteIndex > MAX_TAG_BYTES:
                what = f"a tag is longer than {MAX_TAG_BYTES >> 20} MB (line {reader.parser.CurrentLineNumber})"
                raise Refused(what, where=place, remedy="it is not read; check where this file comes from")
            yield from reader.rejected()
            yield from rows.batches()
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        what = f"is not whole XML (line {error.lineno})"
        remedy = "it may have been cut off while copying: copy or export it again"
        raise Refused(what, where=place, remedy=remedy) from None
    yield from reader.rejected()
    reader.sink.close()
    yield from reader.sink.report(place)


@dataclass
class _Xml:
    """FileDump/Conversation/(RoomID, ParticipantEntered, Message, FileTransferStarted …)/its fields."""

    sink: _Sink
    place: str
    path: list[str] = field(default_factory=list)
    room: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    _text: list[str] = field(default_factory=list)
    _length: int = 0
    _rejected: list[Rejected] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def rejected(self) -> Iterator[Rejected]:
        yield from self._rejected
        self._rejected.clear()

    def _doctype(self, *_: object) -> None:
        what = "declares a document type, which a Mattermost export never does"
        raise Refused(what, where=self.place, remedy="it is not read; check where this file comes from")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self.path.append(name)
        self._text, self._length = [], 0
        if self.path == ["FileDump"] or (len(self.path) > 1 and len(self.path) <= MAX_DEPTH):
            if len(self.path) <= 3:
                self.fields = {}
            return
        what = "not an Actiance export of Mattermost (it does not begin with FileDump, or is nested too deeply)"
        raise Refused(what, where=self.place, remedy="land the compliance export as Mattermost made it")

    def _characters(self, data: str) -> None:
        self._length += len(data)
        if self._length > MAX_TEXT:
            what = f"an element holds more than {MAX_TEXT:,} characters (line {self.parser.CurrentLineNumber})"
            raise Refused(what, where=self.place, remedy="it is not read; check where this file comes from")
        self._text.append(data)

    def _end(self, name: str) -> None:
        text, self._text = "".join(self._text), []
        depth = len(self.path)
        self.path.pop()
        if depth == 4:
            self.fields[name] = text
        elif depth == 3 and name == "RoomID":
            self._enter(text.strip())
        elif depth == 3:
            self._element(name)

    def _enter(self, room: str) -> None:
        """ "public - town-square - <channel id>"; the names of direct messages are made of people."""
        kind, _, rest = room.partition(" - ")
        name, _, channel_id = rest.rpartition(" - ")
        self.sink.close()
        self.room = channel_id or room
        if self.room:
            self.sink.space(self.room, name, kind)

    def _element(self, name: str) -> None:
        login = self.fields.get("LoginName", "").strip().lower()
        if name == "FileTransferStarted":
            self.sink.file()
        elif name in ("ParticipantEntered", "Message") and login:
            self.sink.account(login, login if "@" in login else None, is_bot=self.fields.get("UserType") == "bot")
        if name == "Message":
            created_at = milliseconds(self.fields.get("DateTimeUTC", "").strip())
            if created_at is None or not login or not self.room:
                reason = "DateTimeUTC is no time in milliseconds, or LoginName or RoomID is empty"
                self._rejected.append(
                    Rejected("messages", f"{self.place} line {self.parser.CurrentLineNumber}", reason)
                )
                return
            self.sink.post(
                _Post(
                    self.fields.get("MessageId") or f"{self.room}/{login}/{created_at}",
                    self.room,
                    login,
                    created_at,
                    self.fields.get("Content", ""),
                    is_bot=self.fields.get("UserType") == "bot",
                    update=self.fields.get("UpdatedType", ""),
                    changed_at=milliseconds(self.fields.get("UpdatedDateTimeUTC", "").strip()),
                )
            )
