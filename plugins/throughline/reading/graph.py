"""Records of Microsoft Graph as Teams exports hold them, names in camelCase (`json_stream` sees to that).

FIELDS also names those that are left out on purpose, by kind; those of channels and teams, which share a table, with
the kind before them. Annotations of the protocol (names with an @) are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec

from throughline.reading import nested
from throughline.reading.records import sparing
from throughline.source import Columns

_EPOCH = re.compile(r"/Date\((-?\d{1,14})(?:[+-]\d{4})?\)/", re.ASCII)  # as Windows PowerShell writes times
_CONVERSATIONS: Final = {"chatId", "channelIdentity"}
_GUEST = re.compile(r"(.+)_([^_@]+)#EXT#@.+", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


class Identity(msgspec.Struct, rename="camel", gc=False):
    id: str | None = None
    user_identity_type: str | None = None


class Identities(msgspec.Struct, rename="camel", gc=False):
    """Who wrote, reacted or is mentioned; the one that is set tells its kind."""

    user: Identity | None = None
    application: Identity | None = None
    device: Identity | None = None
    conversation: dict[str, Any] | None = None
    tag: dict[str, Any] | None = None


class Body(msgspec.Struct, rename="camel", gc=False):
    content_type: str | None = None
    content: str | None = None


class Mention(msgspec.Struct, rename="camel", gc=False):
    mentioned: Identities | None = None


class Reaction(msgspec.Struct, rename="camel", gc=False):
    reaction_type: str
    display_name: str | None = None
    created_date_time: str | None = None
    user: Identities | None = None


class Attachment(msgspec.Struct, rename="camel", gc=False):
    content_type: str | None = None


class ChannelIdentity(msgspec.Struct, rename="camel", gc=False):
    channel_id: str | None = None


class Message(msgspec.Struct, rename="camel"):
    id: str
    created_date_time: str
    last_edited_date_time: str | None = None
    deleted_date_time: str | None = None
    reply_to_id: str | None = None
    message_type: str | None = None
    sender: Identities | None = msgspec.field(name="from", default=None)
    subject: str | None = None
    body: Body | None = None
    mentions: list[Mention] | None = None
    reactions: list[Reaction] | None = None
    attachments: list[Attachment] | None = None
    channel_identity: ChannelIdentity | None = None
    chat_id: str | None = None
    replies: list[Any] | None = None


class Channel(msgspec.Struct, rename="camel"):
    id: str
    display_name: str | None = None
    created_date_time: str | None = None
    membership_type: str | None = None
    is_archived: bool | None = None
    web_url: str | None = None


class User(msgspec.Struct, rename="camel"):
    id: str
    mail: str | None = None
    user_principal_name: str | None = None
    user_type: str | None = None
    account_enabled: bool | None = None


class Team(msgspec.Struct, rename="camel"):
    """Of Graph (id, displayName, visibility), or of an administrator's list (groupsId, name, privacy)."""

    id: str | None = None
    groups_id: str | None = None
    display_name: str | None = None
    name: str | None = None
    visibility: str | None = None
    privacy: str | None = None


SPARE: Final = ("lastEditedDateTime", "mentions", "reactions", "attachments")  # who wrote what and when is told without
_MESSAGE: Final = partial(msgspec.convert, type=Message)
_ANNOTATIONS: Final = "additionalData odataType backingStore @* "
FIELDS: Final = {
    "message": nested.kind(
        "messages",
        required="id createdDateTime",
        optional="messageType from.user body.content body.contentType",
        sometimes="lastEditedDateTime deletedDateTime replyToId subject chatId channelIdentity.channelId "
        "from.application from.device replies attachments.contentType mentions.mentioned "
        "reactions.reactionType reactions.createdDateTime reactions.user reactions.displayName",
        left_out=_ANNOTATIONS + "replies@* etag lastModifiedDateTime summary importance locale webUrl policyViolation "
        "messageHistory eventDetail onBehalfOf hostedContents hostedContents@* attachments@* mentions@* reactions@* "
        "from.@* from.conversation body.@* channelIdentity.@* channelIdentity.teamId "
        "attachments.@* attachments.id attachments.content attachments.contentUrl attachments.name "
        "attachments.thumbnailUrl attachments.teamsAppId mentions.@* mentions.id mentions.mentionText "
        "reactions.@* reactions.reactionContentUrl",
    ),
    "channel": nested.kind(
        "spaces",
        required="channel.id channel.membershipType",
        optional="channel.displayName channel.createdDateTime channel.webUrl",
        sometimes="channel.isArchived",
        left_out="channel.@* channel.description channel.email channel.tenantId channel.isFavoriteByDefault "
        "channel.moderationSettings channel.summary channel.filesFolderWebUrl channel.layoutType channel.filesFolder "
        "channel.members channel.allMembers channel.messages channel.tabs channel.sharedWithTeams channel.enabledApps "
        "channel.additionalData channel.odataType channel.backingStore",
    ),
    "team": nested.kind(
        "spaces",
        required="team.id",
        optional="team.displayName team.visibility",
        left_out="team.@* team.description team.internalId team.classification team.createdDateTime team.isArchived "
        "team.isMembershipLimitedToOwners team.memberSettings team.guestSettings team.messagingSettings "
        "team.funSettings team.discoverySettings team.summary team.specialization team.tenantId team.webUrl "
        "team.firstChannelName team.allChannels team.channels team.group team.incomingChannels team.installedApps "
        "team.members team.operations team.permissionGrants team.photo team.primaryChannel team.schedule team.tags "
        "team.template team.additionalData team.odataType team.backingStore",
    ),
    "listed team": nested.kind(
        "spaces",
        required="team.groupsId",
        optional="team.name team.privacy",
        left_out="team.description team.classification team.expirationDate team.teamMembers team.owners team.guests "
        "team.standardChannels team.privateChannels team.sharedChannels team.status team.assignedLabels",
    ),
    "user": nested.kind(
        "accounts",
        required="id userPrincipalName",
        optional="mail userType accountEnabled",
        left_out=_ANNOTATIONS + "displayName givenName surname jobTitle businessPhones mobilePhone officeLocation "
        "preferredLanguage aboutMe ageGroup assignedLicenses assignedPlans birthday city companyName "
        "consentProvidedForMinor country createdDateTime creationType customSecurityAttributes deletedDateTime "
        "department employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState "
        "externalUserStateChangeDateTime faxNumber hireDate identities imAddresses interests isResourceAccount "
        "lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mailboxSettings mailNickname "
        "manager memberOf mySite onPremises* otherMails passwordPolicies passwordProfile pastProjects postalCode "
        "preferredDataLocation preferredName provisionedPlans proxyAddresses refreshTokensValidFromDateTime "
        "responsibilities schools securityIdentifier serviceProvisioningErrors showInAddressList signInActivity "
        "signInSessionsValidFromDateTime skills state streetAddress usageLocation "
        "userId userName phoneNumber location interpretedUserType directoryStatus audioConferencing phoneSystems "
        "callingPlan onlineDialinConferencingPolicy featureTypes",
    ),
}


def message(record: Any, spared: Counter[str]) -> Message:
    """The message, without what is incomplete of SPARE, which is counted. Raises msgspec.ValidationError."""
    found: Message = sparing(record, _MESSAGE, SPARE, spared)
    return found


class Samples:
    """The fields of the records seen, by kind."""

    def __init__(self) -> None:
        self._of = {kind: nested.Sample(header) for kind, header in FIELDS.items()}

    def add(self, kind: str, record: dict[str, Any]) -> None:
        if kind in ("channel", "team"):
            self._of["listed team" if "groupsId" in record else kind].add({kind: record})
        else:
            self._of[kind].add(record)

    def told(self) -> Iterator[Columns]:
        for sample in self._of.values():
            yield from sample.told()


def moment(text: str | None) -> datetime | None:
    """UTC; without a zone it is UTC. Raises ValueError for another form than ISO or /Date(milliseconds)/."""
    if not text:
        return None
    if epoch := _EPOCH.fullmatch(text):
        try:
            return datetime.fromtimestamp(int(epoch[1]) / 1000, UTC)
        except (OverflowError, OSError):
            raise ValueError("no time") from None
    if len(text) < 16 or text[10] not in "Tt ":
        raise ValueError("no ISO time")
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("no time") from None


def address(mail: str | None, principal: str | None) -> str | None:
    """The e-mail of an account: its mail, else its principal name where that is one; a guest's as it was invited."""
    for text in (mail, principal):
        if text and (guest := _GUEST.fullmatch(text)):
            return f"{guest[1]}@{guest[2]}"
        if text and _EMAIL.fullmatch(text):
            return text
    return None


def kind(record: Any) -> str:
    """message, channel, team or user, else a phrase for what the record is."""
    if not isinstance(record, dict):
        return "no objects"
    names = record.keys()
    if "createdDateTime" in names and ("messageType" in names or ("from" in names and names & _CONVERSATIONS)):
        return "message"
    if {"id", "userPrincipalName"} <= names:
        return "user"
    if {"id", "membershipType"} <= names:
        return "channel"
    if "groupsId" in names or {"id", "displayName", "visibility"} <= names:
        return "team"
    return "not used (members, apps, meetings, chats)"
