"""What each record of a Slack export must look like; fields that are not named in its type are never read.

The headers tell those that are known and left out on purpose.
"""

from __future__ import annotations

from typing import Final

import msgspec

from throughline.reading.nested import kind


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


class Renaming(msgspec.Struct, gc=False):
    """All of a message that tells how its channel was called before."""

    subtype: str | None = None
    old_name: str | None = None


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
SPARE: Final = ("edited", "reactions", "user_profile")  # a message says who wrote what and when without them too
ORIGINS: Final = msgspec.json.Decoder(list[Origin])
RENAMINGS: Final = msgspec.json.Decoder(list[Renaming])
CHANNELS: Final = msgspec.json.Decoder(list[Channel])
USERS: Final = msgspec.json.Decoder(list[User])

MESSAGE_FIELDS: Final = kind(
    "messages",
    required="ts",
    optional="type text",
    sometimes="user subtype thread_ts bot_id edited.ts reactions.name reactions.users files comment.user "
    "user_profile.is_restricted user_profile.is_ultra_restricted room team",
    left_out="edited.user reactions.count reactions.url "
    "comment.channel comment.comment comment.created comment.id comment.is_intro comment.timestamp "
    "user_profile.avatar_hash user_profile.display_name user_profile.first_name user_profile.image_* user_profile.name "
    "user_profile.real_name user_profile.team "
    "client_msg_id user_team source_team blocks attachments metadata streaming_state username icons bot_profile "
    "bot_link app_id display_as_bot parent_user_id reply_count reply_users reply_users_count latest_reply replies "
    "root subscribed last_read unread_count is_locked new_broadcast file x_files upload is_intro hidden channel "
    "channel_id channel_name inviter members name old_name topic purpose item item_type original previous message "
    "deleted_ts event_ts permalink no_notifications pinned_to pinned_info is_starred assistant_app_thread",
)
CHANNEL_FIELDS: Final = kind(
    "channels",
    required="id",
    optional="name created is_archived is_general",
    left_out="creator members topic purpose pins user updated previous_names name_normalized num_members unlinked "
    "properties is_channel is_group is_im is_mpim is_private is_member is_open is_shared is_org_shared is_ext_shared "
    "is_pending_ext_shared is_read_only is_thread_only is_non_threadable is_frozen is_user_deleted context_team_id "
    "parent_conversation conversation_host_id shared_team_ids internal_team_ids connected_team_ids pending_shared "
    "pending_connected_team_ids",
)
USER_FIELDS: Final = kind(
    "users",
    required="id",
    optional="team_id deleted is_bot is_restricted is_ultra_restricted tz updated profile.email",
    sometimes="profile.bot_id enterprise_id enterprise_user.enterprise_id",
    left_out="name real_name color status presence locale tz_label tz_offset is_admin is_owner is_primary_owner "
    "is_app_user is_email_confirmed is_invited_user is_stranger is_workflow_bot is_connector_bot has_2fa "
    "two_factor_type who_can_share_contact_card teams "
    "enterprise_user.enterprise_name enterprise_user.id enterprise_user.is_* enterprise_user.teams "
    "profile.always_active profile.api_app_id profile.avatar_hash profile.display_name profile.display_name_normalized "
    "profile.fields profile.first_name profile.guest_* profile.huddle_state profile.huddle_state_expiration_ts "
    "profile.image_* profile.is_custom_image profile.last_name profile.phone profile.pronouns profile.real_name "
    "profile.real_name_normalized profile.skype profile.start_date profile.status_* profile.team profile.title",
)
HEADERS: Final = (MESSAGE_FIELDS, CHANNEL_FIELDS, USER_FIELDS)
