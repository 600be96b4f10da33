"""Tables that all collaboration tools share, so that one staging model serves each of them.

Each function gives the table for one source: account ids are pseudonymised in the source's own namespace, e-mail
addresses in the one that joins all sources. All times are UTC; NULL means that the export does not tell.
"""

from __future__ import annotations

import pyarrow as pa

from throughline.source import TIMESTAMP, Table

_TEXT, _FLAG, _COUNT, _DATE = pa.string(), pa.bool_(), pa.int64(), pa.date32()


def messages(source: str) -> Table:
    """One row per message. parent_id: message_id of the thread's root, NULL for what starts or needs no thread.
    by_delegate: written by somebody else in the account's name; NULL where the tool does not tell."""
    columns = [
        ("message_id", _TEXT),
        ("space_id", _TEXT),
        ("sent_at", TIMESTAMP),
        ("account_id", _TEXT),
        ("parent_id", _TEXT),
        ("is_bot", _FLAG),
        ("is_system", _FLAG),
        ("is_deleted", _FLAG),
        ("text_length", _COUNT),
        ("is_question", _FLAG),
        ("mention_count", _COUNT),
        ("is_broadcast", _FLAG),
        ("fingerprint", _TEXT),
        ("tags", _TEXT),
        ("crm_links", _TEXT),
        ("file_count", _COUNT),
        ("edited_at", TIMESTAMP),
        ("by_delegate", _FLAG),
    ]
    people = {"account_id": source, "fingerprint": "text"}
    return Table("messages", pa.schema(columns), ("message_id",), people, version="edited_at", observed="sent_at")


def mentions(source: str) -> Table:
    """One row per message and other account mentioned in it."""
    columns = [("message_id", _TEXT), ("account_id", _TEXT), ("space_id", _TEXT), ("sent_at", TIMESTAMP)]
    return Table("mentions", pa.schema(columns), ("message_id", "account_id"), {"account_id": source})


def reactions(source: str) -> Table:
    """One row per message, emoji and account."""
    columns = [
        ("message_id", _TEXT),
        ("emoji", _TEXT),
        ("account_id", _TEXT),
        ("space_id", _TEXT),
        ("reacted_at", TIMESTAMP),
    ]
    return Table("reactions", pa.schema(columns), ("message_id", "emoji", "account_id"), {"account_id": source})


def spaces(source: str) -> Table:
    """One row per conversation. kind: public, private, dm, group_dm, unlisted; name: NULL for direct messages."""
    columns = [("space_id", _TEXT), ("name", _TEXT), ("kind", _TEXT), ("created_at", TIMESTAMP), ("is_archived", _FLAG)]
    return Table("spaces", pa.schema(columns), ("space_id",))


def accounts(source: str) -> Table:
    """One row per account."""
    columns = [
        ("account_id", _TEXT),
        ("email", _TEXT),
        ("is_bot", _FLAG),
        ("is_deleted", _FLAG),
        ("is_guest", _FLAG),
        ("time_zone", _TEXT),
        ("updated_at", TIMESTAMP),
    ]
    people = {"account_id": source, "email": "email"}
    return Table("accounts", pa.schema(columns), ("account_id",), people, version="updated_at")


def activity(source: str) -> Table:
    """One row per account, product and window of a usage report, both dates inclusive; windows may overlap.

    source: "email" where the report names accounts by e-mail address or UPN.
    """
    columns = [
        ("account_id", _TEXT),
        ("email", _TEXT),
        ("product", _TEXT),
        ("window_from_date", _DATE),
        ("window_until_date", _DATE),
        ("last_active_date", _DATE),
        ("is_deleted", _FLAG),
        ("is_concealed", _FLAG),
        ("post_count", _COUNT),
        ("reply_count", _COUNT),
        ("reaction_count", _COUNT),
        ("read_count", _COUNT),
        ("meeting_count", _COUNT),
        ("call_count", _COUNT),
        ("other_action_count", _COUNT),
    ]
    key = ("account_id", "product", "window_from_date", "window_until_date")
    return Table("activity", pa.schema(columns), key, {"account_id": source, "email": "email"})
