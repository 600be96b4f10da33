"""Rows of the tables that all collaboration tools share (sources/shapes.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from throughline.privacy import features
from throughline.reading.rows import Rows

YEAR_9999_MILLISECONDS: Final = 253_402_300_800_000
_NAME = re.compile(r"(?<![\w.@/-])@([A-Za-z0-9][A-Za-z0-9._-]*)")
_EVERYBODY: Final = frozenset({"all", "channel", "here"})


class Message(NamedTuple):
    """One message as its tool tells it; times in microseconds since 1970."""

    id: str
    space_id: str
    sent_at: int
    account_id: str | None
    text: str
    mentions: tuple[str, ...] = ()
    parent_id: str | None = None
    is_bot: bool = False
    is_system: bool = False
    is_deleted: bool = False
    is_broadcast: bool = False
    file_count: int = 0
    edited_at: int | None = None


class ChatRows(Rows):
    """Rows of shapes.messages, mentions, reactions, spaces and accounts."""

    def message(self, message: Message) -> None:
        """The message, and each other account that it mentions."""
        found = features(message.text)
        mentions = [name for name in dict.fromkeys(message.mentions) if name != message.account_id]
        self.values["messages"] += (
            message.id,
            message.space_id,
            message.sent_at,
            message.account_id,
            message.parent_id,
            message.is_bot,
            message.is_system,
            message.is_deleted,
            found.length,
            found.is_question,
            len(mentions),
            message.is_broadcast,
            found.normalised or None,
            " ".join(found.tags),
            " ".join(found.crm_links),
            message.file_count,
            message.edited_at,
            None,
        )
        for name in mentions:
            self.values["mentions"] += (message.id, name, message.space_id, message.sent_at)

    def reaction(self, message: Message, emoji: str, account_id: str, reacted_at: int | None) -> None:
        self.values["reactions"] += (message.id, emoji, account_id, message.space_id, reacted_at)

    def space(
        self,
        space_id: str,
        name: str | None,
        kind: str,
        *,
        created_at: int | None = None,
        is_archived: bool | None = None,
    ) -> None:
        """`name` is dropped where it would name people."""
        shown = name if kind in ("public", "private", "unlisted") else None
        self.values["spaces"] += (space_id, shown, kind, created_at, is_archived)

    def account(
        self,
        account_id: str,
        email: str | None,
        *,
        is_bot: bool = False,
        is_deleted: bool = False,
        is_guest: bool | None = None,
        updated_at: int | None = None,
    ) -> None:
        self.values["accounts"] += (account_id, email or None, is_bot, is_deleted, is_guest, None, updated_at)


def at_names(text: str) -> tuple[tuple[str, ...], bool]:
    """Names mentioned as @name, lower-case, once each; whether everybody is addressed (@channel, @all, @here)."""
    if "@" not in text:
        return (), False
    names = dict.fromkeys(name.lower().rstrip("._-") for name in _NAME.findall(text))
    return tuple(name for name in names if name not in _EVERYBODY), not _EVERYBODY.isdisjoint(names)


def milliseconds(value: int | str | None) -> int | None:
    """Milliseconds since 1970, also as text -> microseconds; 0 means not set, and so does what is no time."""
    try:
        found = int(value or 0)
    except ValueError:
        return None
    return found * 1_000 if 0 < found < YEAR_9999_MILLISECONDS else None


def counted(found: Iterable[tuple[str, int]]) -> str:
    """ "3 emoji, 1 role", for reports."""
    return ", ".join(f"{count:,} {name}" for name, count in sorted(found))
