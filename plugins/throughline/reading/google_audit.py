"""Google Workspace audit of Chat (Reports API, JSON) -> rows. No text is in it, so its features are unknown.

FIELDS also names what is left out on purpose; parameters of events, which are named by values, are not looked into.
A record is one activity, or a page of them ({"items": […]}), one a line; a single page may spread over several lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final, Literal

import msgspec

from throughline.landing import LandingFile
from throughline.reading import nested
from throughline.reading.chat_rows import ChatRows, counted, milliseconds
from throughline.reading.lines import lines, pieces
from throughline.source import Ignored, Parsed, Refused, Rejected, utc

MAX_PAGE_BYTES: Final = 64 << 20  # a page of the API holds 1,000 activities, about 2 MB
POSTED: Final = "message_posted"
KINDS: Final = {
    "SPACE": "unlisted",  # whether everybody may find it is not told
    "GROUP_DIRECT_MESSAGE": "group_dm",
    "USER_TO_USER_DIRECT_MESSAGE": "dm",
    "USER_TO_APP_DIRECT_MESSAGE": "dm",
}


_PATIENCE: Final = 100  # unreadable records before the first readable one


class Id(msgspec.Struct):
    time: str


class Actor(msgspec.Struct):
    email: str | None = None
    profileId: str | None = None  # noqa: N815  # Google's name
    callerType: str | None = None  # noqa: N815  # Google's name


class Parameter(msgspec.Struct):
    name: str
    value: str | None = None
    intValue: str | int | None = None  # noqa: N815  # Google's name


class Event(msgspec.Struct):
    name: str
    parameters: list[Parameter] | None = None


class Activity(msgspec.Struct):
    id: Id
    events: list[Event]
    actor: Actor | None = None


class Page(msgspec.Struct):
    items: list[msgspec.Raw]


class Quiet(msgspec.Struct):
    """A page of a time in which nothing happened: without items."""

    kind: Literal["admin#reports#activities"]


FIELDS: Final = nested.kind(
    "messages",
    required="id.time events.name",
    optional="actor.email actor.profileId events.parameters",
    sometimes="actor.callerType",
    left_out="kind etag ownerDomain ipAddress networkInfo resourceDetails id.uniqueQualifier id.applicationName "
    "id.customerId actor.key actor.applicationInfo events.type events.resourceIds",
)
_ACTIVITY: Final = msgspec.json.Decoder(Activity)
_PAGE: Final = msgspec.json.Decoder(Page)
_QUIET: Final = msgspec.json.Decoder(Quiet)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])


def read(file: LandingFile, rows: ChatRows) -> Iterator[Parsed]:
    """Append the rows of one file; yield full batches and findings. Raises Refused where no activity is in it."""
    reader, sample, taken, quiet = _Reader(rows), nested.Sample(FIELDS), 0, 0
    rejected: list[Rejected] = []
    for place, raw in _records(file):
        try:
            reason = reader.take(_ACTIVITY.decode(raw))
        except msgspec.ValidationError as error:
            if _is_quiet(raw):
                quiet += 1
                continue
            reason = str(error)  # names the field and the types, never the value
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reason = "it is not JSON, or cut off"
        if reason is None:
            taken += 1
            sample.add(raw)
            yield from rows.batches()
        elif taken:
            yield Rejected("messages", place, reason)
        else:
            rejected.append(Rejected("messages", place, reason))
            if len(rejected) > _PATIENCE:
                break
    if quiet and not taken and not rejected:
        yield Ignored(file.name, "holds no activities")
        return
    if not taken:
        what = "holds no activity of Google Chat (JSON of the Reports API, with id, actor and events)"
        raise Refused(what, where=file.name, remedy="export the activities of the application chat as JSON")
    yield from rejected
    reader.close()
    yield from sample.told()
    if reader.others:
        yield Ignored(file.name, f"events that are not used: {counted(reader.others.items())}")


def _records(file: LandingFile) -> Iterator[tuple[str, bytes]]:
    """Place and JSON of each activity."""
    numbered = lines(pieces(file), file.name)
    first = next(numbered, None)
    if first is None:
        return
    if not _is_whole(first[1]):
        whole = bytearray()
        for _, line in chain([first], numbered):
            whole += line + b"\n"
            if len(whole) > MAX_PAGE_BYTES:
                what = f"a page of more than {MAX_PAGE_BYTES >> 20} MB over several lines"
                raise Refused(what, where=file.name, remedy="write one activity a line")
        numbered = iter([(1, bytes(whole))])
        first = next(numbered)
    for number, line in chain([first], numbered):
        place = f"{file.name}, line {number}"
        for at, raw in enumerate(_items(line), 1):
            yield f"{place}, item {at}", raw


def _items(data: bytes) -> list[bytes]:
    """The activities of a page, of a list of activities or pages, or the one that it is."""
    try:
        if data.lstrip().startswith(b"["):
            return [item for raw in _LIST.decode(data) for item in _items(bytes(raw))]
        return [bytes(raw) for raw in _PAGE.decode(data).items] or [data]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [data]


def _is_quiet(data: bytes) -> bool:
    try:
        _QUIET.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


class _Reader:
    """Turns activities into rows; remembers accounts and rooms."""

    def __init__(self, rows: ChatRows) -> None:
        self._rows, self.others = rows, Counter[str]()
        self._accounts: set[str] = set()
        self._rooms: dict[str, tuple[str | None, str]] = {}

    def take(self, activity: Activity) -> str | None:
        """Append the rows of one activity; returns why it cannot be taken."""
        try:
            at = int(utc(activity.id.time).timestamp() * 1_000) * 1_000
        except (ValueError, OverflowError):
            return "id.time is no time with its zone"
        actor = activity.actor or Actor()
        email = (actor.email or "").strip().lower() or None
        account_id = email or actor.profileId or None
        is_bot = actor.callerType not in (None, "USER")
        if account_id and account_id not in self._accounts:
            self._accounts.add(account_id)
            self._rows.account(account_id, email, is_bot=is_bot)
        for event in activity.events:
            told = {one.name: one.value or one.intValue for one in event.parameters or ()}
            room_id, message_id = told.get("room_id"), told.get("message_id")
            if room_id:
                self._room(str(room_id), told)
            if event.name != POSTED:
                self.others[event.name if re.fullmatch(r"[a-z_]{1,40}", event.name) else "other"] += 1
            elif not room_id or not message_id:
                return "message_posted without room_id or message_id"
            else:
                sent_at = milliseconds(told.get("timestamp_ms")) or at
                self._post(str(message_id), str(room_id), sent_at, account_id, is_bot=is_bot)
        return None

    def close(self) -> None:
        """The rooms; a name only where it is told to be a space's, others may name people."""
        for room_id, (name, kind) in self._rooms.items():
            self._rows.space(room_id, name if kind else None, kind or "unlisted")

    def _room(self, room_id: str, told: dict[str, Any]) -> None:
        """The latest name and kind that the file tells."""
        name, kind = self._rooms.get(room_id, (None, ""))
        self._rooms[room_id] = (told.get("room_name") or name, KINDS.get(str(told.get("conversation_type")), kind))

    def _post(self, message_id: str, room_id: str, sent_at: int, account_id: str | None, *, is_bot: bool) -> None:
        features = (None,) * 10  # from text_length to by_delegate: there is no text
        self._rows.values["messages"] += (
            message_id,
            room_id,
            sent_at,
            account_id,
            None,
            is_bot,
            False,
            False,
            *features,
        )
