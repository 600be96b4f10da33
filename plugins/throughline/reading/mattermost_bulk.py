"""Mattermost bulk export (one JSON record a line) -> rows. Posts have no id: channel, author and time identify them.

Records may stand in any order after the first, which tells the version. Replies are nested in their root, one level
deep. Membership notices without a type (older servers) are known by their wording and their author.
FIELDS also names what is left out on purpose, by kind of record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import msgspec

from throughline.reading import nested
from throughline.reading.chat_rows import ChatRows, Message, at_names, counted, milliseconds
from throughline.reading.lines import lines
from throughline.reading.records import decoded, left_out, sparing
from throughline.source import Header, Ignored, Parsed, Refused, Rejected

BROKEN: Final = "it is not JSON, or cut off"
KINDS: Final = {"O": "public", "P": "private"}
_NOTICE = re.compile(
    r"@?(?P<first>\S+) (?:(?:has )?(?:joined|left) the (?:channel|team)|was removed from the (?:channel|team)"
    r"|removed from the channel|(?:was )?added to the (?:channel|team)(?: by @?(?P<last>\S+?))?"
    r"|(?:un)?archived the channel|(?:updated|removed) the channel (?:header|purpose|display name)\b.*)\.?",
    re.DOTALL,
)


class Reaction(msgspec.Struct):
    user: str
    emoji_name: str
    create_at: int | None = None


class Reply(msgspec.Struct, kw_only=True):
    user: str
    create_at: int
    message: str | None = None
    type: str | None = None
    edit_at: int | None = None
    props: dict[str, Any] | None = None
    reactions: list[Reaction] | None = None
    attachments: list[msgspec.Raw] | None = None


class Post(Reply, kw_only=True):
    team: str | None = None
    channel: str | None = None
    channel_members: list[str] | None = None
    replies: list[Reply] | None = None


class Channel(msgspec.Struct):
    team: str
    name: str
    type: str | None = None
    deleted_at: int | None = None


class User(msgspec.Struct):
    username: str
    email: str | None = None
    roles: str | None = None
    delete_at: int | None = None


class DirectChannel(msgspec.Struct):
    members: list[str] | None = None
    participants: list[msgspec.Raw] | None = None


class Record(msgspec.Struct):
    type: str
    version: int | None = None
    channel: Channel | None = None
    user: User | None = None
    bot: User | None = None
    post: Post | None = None
    direct_channel: DirectChannel | None = None
    direct_post: Post | None = None


_SOMETIMES: Final = "type edit_at props attachments reactions.user reactions.emoji_name reactions.create_at"


def _below(path: str, names: str) -> str:
    return " ".join(f"{path}.{name}" for name in names.split())


def _posts(kind: str, required: str) -> Header:
    """The fields of a post and of the replies in it."""
    return nested.kind(
        "messages",
        required="type " + _below(kind, f"{required} user create_at"),
        optional=f"{kind}.message",
        sometimes=_below(kind, f"{_SOMETIMES} {_below('replies', f'user create_at message {_SOMETIMES}')}"),
        left_out=_below(kind, "flagged_by is_pinned thread_followers replies.flagged_by replies.is_pinned"),
    )


FIELDS: Final = {
    "post": _posts("post", "team channel"),
    "direct_post": _posts("direct_post", "channel_members"),
    "channel": nested.kind(
        "spaces",
        required="type channel.team channel.name",
        optional="channel.type",
        sometimes="channel.deleted_at",
        left_out=_below("channel", "display_name header purpose scheme"),
    ),
    "direct_channel": nested.kind(
        "spaces",
        required="type",
        optional="direct_channel.members",
        left_out=_below("direct_channel", "participants header favorited_by shown_by"),
    ),
    "user": nested.kind(
        "accounts",
        required="type user.username",
        optional="user.email user.roles",
        sometimes="user.delete_at",
        left_out=_below(
            "user",
            "nickname first_name last_name position locale auth_service auth_data password profile_image teams "
            "notify_props theme custom_status use_markdown_preview use_formatting use_military_time "
            "show_unread_section collapse_previews link_previews message_display collapse_consecutive "
            "colorize_usernames channel_display_mode tutorial_step email_interval name_format limit_visible_dms_gms "
            "send_on_ctrl_enter code_block_ctrl_enter show_join_leave sync_drafts show_unread_scroll_position",
        ),
    ),
    "bot": nested.kind(
        "accounts",
        required="type bot.username",
        sometimes="bot.delete_at",
        left_out=_below("bot", "owner display_name description profile_image"),
    ),
}
SPARE: Final = ("edit_at", "reactions", "attachments")  # who wrote what and when is told without them
_RECORD: Final = msgspec.json.Decoder(Record)


def read(chunks: Iterator[bytes], place: str, rows: ChatRows) -> Iterator[Parsed]:
    """Append the rows of one export; yield full batches and findings. Raises Refused where it is no bulk export."""
    reader = _Reader(rows)
    samples = {kind: nested.Sample(header) for kind, header in FIELDS.items()}
    is_first = True
    for number, line in lines(chunks, place):
        try:
            record = _RECORD.decode(line)
            reasons = [] if is_first else list(reader.take(record))
        except msgspec.ValidationError:
            record, reasons = None, reader.take_pieces(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            record, reasons = None, [BROKEN]
        if is_first and (record is None or record.type != "version" or record.version != 1):
            what = "not a Mattermost bulk export (its first line does not say version 1)"
            raise Refused(what, where=place, remedy="land the file of mmctl export, or a compliance export")
        is_first = False
        if record is not None and record.type in samples:
            samples[record.type].add(line)
        for reason in reasons:
            yield Rejected("messages", f"{place}, line {number}", reason)
        yield from rows.batches()
    if is_first:
        raise Refused("is empty", where=place, remedy="export it again; the tool wrote nothing")
    reader.close()
    for sample in samples.values():
        yield from sample.told()
    yield from left_out(reader.spared, place)
    if reader.others:
        yield Ignored(place, f"records that are not used: {counted(reader.others.items())}")


class _Reader:
    """Turns records into rows; remembers channels and bots, not posts."""

    def __init__(self, rows: ChatRows) -> None:
        self.rows, self.others, self.spared = rows, Counter[str](), Counter[str]()
        self._listed: set[str] = set()
        self._used: dict[str, tuple[str | None, str]] = {}  # space -> name and kind, for those that no record lists
        self._bots: set[str] = set()

    def take(self, record: Record) -> Iterator[str]:
        """Append the rows of one record; yield why it, or a reply in it, cannot be taken."""
        match record:
            case Record(type="post", post=Post() as post):
                if post.team is None or post.channel is None:
                    yield "post without team or channel"
                    return
                space_id = f"{post.team}/{post.channel}"
                self._used.setdefault(space_id, (post.channel, "unlisted"))
                yield from self._thread(post, space_id)
            case Record(type="direct_post", direct_post=Post() as post):
                if not post.channel_members:
                    yield "direct_post without channel_members"
                    return
                space_id, kind = _direct(post.channel_members)
                self._used.setdefault(space_id, (None, kind))
                yield from self._thread(post, space_id)
            case Record(type="channel", channel=Channel() as channel):
                self._space(f"{channel.team}/{channel.name}", channel)
            case Record(type="direct_channel", direct_channel=DirectChannel(members=list() as members)) if members:
                self._used.setdefault(*_named(_direct(members)))
            case Record(type="user", user=User() as user):
                is_guest = "system_guest" in (user.roles or "").split()
                self.rows.account(user.username, user.email, is_deleted=bool(user.delete_at), is_guest=is_guest)
            case Record(type="bot", bot=User() as bot):
                self._bots.add(bot.username)
                self.rows.account(bot.username, None, is_bot=True, is_deleted=bool(bot.delete_at))
            case Record(type="post" | "direct_post" | "channel" | "user" | "bot"):
                yield f"{record.type} without its content"
            case _:
                self.others[_word(record.type)] += 1

    def take_pieces(self, line: bytes) -> list[str]:
        """As `take`, of a line that is incomplete: a post without what can be spared, each of its replies alone."""
        reasons: list[str] = []
        try:
            item: Any = msgspec.json.decode(line)
            kind = item.get("type") if isinstance(item, dict) else None
            content = item.get(kind) if kind in ("post", "direct_post") else None
            if not isinstance(content, dict) or not isinstance(replies := content.get("replies") or [], list):
                return list(self.take(_RECORD.decode(line)))
            post = self._spared(content | {"replies": None}, Post)
            post.replies = []
            for reply in replies:
                try:
                    post.replies.append(self._spared(reply, Reply))
                except msgspec.ValidationError as error:
                    reasons.append(str(error))
            reasons += self.take(Record(str(kind), post=post, direct_post=post))
        except msgspec.ValidationError as error:
            reasons.append(str(error))  # names the field and the types, never the value
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reasons.append(BROKEN)
        return reasons

    def _spared(self, content: Any, kind: type) -> Any:
        return sparing(content, partial(decoded, kind=kind), SPARE, self.spared)

    def close(self) -> None:
        """The spaces that posts lie in and no record lists."""
        for space_id, (name, kind) in self._used.items():
            if space_id not in self._listed:
                self.rows.space(space_id, name, kind)

    def _space(self, space_id: str, channel: Channel) -> None:
        self._listed.add(space_id)
        kind = KINDS.get(channel.type or "", "unlisted")
        self.rows.space(space_id, channel.name, kind, is_archived=bool(channel.deleted_at))

    def _thread(self, post: Post, space_id: str) -> Iterator[str]:
        root_id = f"{space_id}/{post.user}/{post.create_at}"
        if not self._post(post, space_id, root_id, None):
            yield "create_at is no time in milliseconds"
        for reply in post.replies or ():
            if not self._post(reply, space_id, f"{space_id}/{reply.user}/{reply.create_at}", root_id):
                yield "create_at of a reply is no time in milliseconds"

    def _post(self, post: Reply, space_id: str, message_id: str, parent_id: str | None) -> bool:
        sent_at = milliseconds(post.create_at)
        if sent_at is None:
            return False
        text = post.message or ""
        mentions, is_broadcast = at_names(text)
        props = post.props or {}
        is_hooked = any(str(props.get(name)).lower() == "true" for name in ("from_bot", "from_webhook"))
        message = Message(
            message_id,
            space_id,
            sent_at,
            post.user,
            text,
            mentions,
            parent_id,
            is_bot=is_hooked or post.type == "slack_attachment" or post.user in self._bots,
            is_system=post.type.startswith("system_") if post.type else _is_notice(text, post.user),
            is_broadcast=is_broadcast,
            file_count=len(post.attachments or ()),
            edited_at=milliseconds(post.edit_at),
        )
        self.rows.message(message)
        for reaction in post.reactions or ():
            self.rows.reaction(message, reaction.emoji_name, reaction.user, milliseconds(reaction.create_at))
        return True


def _direct(members: list[str]) -> tuple[str, str]:
    """Id and kind of a conversation that is its members; somebody alone writes to themself."""
    names = sorted(set(members))
    return "direct/" + ",".join(names), "group_dm" if len(names) > 2 else "dm"


def _named(direct: tuple[str, str]) -> tuple[str, tuple[None, str]]:
    return direct[0], (None, direct[1])


def _is_notice(text: str, author: str) -> bool:
    """ "ada joined the channel." by ada, "bo added to the channel by ada." by ada."""
    found = _NOTICE.fullmatch(text)
    return found is not None and author in (found["first"], found["last"])


def _word(kind: str) -> str:
    """A type as a report may show it."""
    return kind if re.fullmatch(r"[a-z_]{1,30}", kind) else "other"
