"""What each record of a Slack export must look like; fields that are not named here are never read."""

from __future__ import annotations

from typing import Final

import msgspec


class Edited(msgspec.Struct, gc=False):
    ts: str


class Reaction(msgspec.Struct, gc=False):
    name: str
    users: list[str]


class Comment(msgspec.Struct, gc=False):
    user: str | None = None


class UserProfile(msgspec.Struct, gc=False):
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None


class Message(msgspec.Struct, gc=False):
    ts: str
    type: str = "message"
    user: str | None = None
    text: str | None = None
    subtype: str | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    edited: Edited | None = None
    reactions: list[Reaction] | None = None
    files: list[msgspec.Raw] | None = None
    comment: Comment | None = None
    user_profile: UserProfile | None = None
    room: dict[str, msgspec.Raw] | None = None  # a huddle


class Origin(msgspec.Struct, gc=False):
    """All of a message that tells its workspace."""

    team: str | None = None


class Channel(msgspec.Struct, gc=False):
    id: str
    name: str | None = None
    created: float | str | None = None
    is_archived: bool | None = None
    is_general: bool | None = None


class Profile(msgspec.Struct, gc=False):
    email: str | None = None
    bot_id: str | None = None


class EnterpriseUser(msgspec.Struct, gc=False):
    enterprise_id: str | None = None


class User(msgspec.Struct, gc=False):
    id: str
    team_id: str | None = None
    enterprise_id: str | None = None
    enterprise_user: EnterpriseUser | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    tz: str | None = None
    updated: float | str | None = None
    profile: Profile | None = None

    @property
    def organisation(self) -> str | None:
        """The id of the Enterprise Grid that the account belongs to."""
        return self.enterprise_id or (self.enterprise_user.enterprise_id if self.enterprise_user else None)


MESSAGES: Final = msgspec.json.Decoder(list[Message])
ORIGINS: Final = msgspec.json.Decoder(list[Origin])
CHANNELS: Final = msgspec.json.Decoder(list[Channel])
USERS: Final = msgspec.json.Decoder(list[User])
