"""What holds for one Slack workspace export. Keys, people columns and shapes are checked by `raw.py`."""

from __future__ import annotations

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same
from great_expectations.expectations.row_conditions import Column  # noqa: TID253  # the same

from expectations.sql import never

MOST_MESSAGES = 2_000_000_000  # landing.py unpacks at most 200 GB, and a message takes at least 100 bytes of JSON
MOST_ACCOUNTS = 10_000_000  # ten times the largest workspaces known; an account a message would mean ids were misread

REQUIRED = frozenset({"messages"})


def _sent_at(what: str) -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(
            column="sent_at",
            description=f"every {what} has a time",
            notes="its identifier is its time; without one it belongs to no window",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="sent_at",
            min_value={"$PARAMETER": "earliest"},
            max_value={"$PARAMETER": "latest"},
            strict_max=True,
            description=f"no {what} is from before 2000, or from a day after the file was seen",
            notes="Slack began in 2013 and imported older chats; what is later than the export was not yet written",
        ),
    ]


SUITES: dict[str, list[Expectation]] = {
    "messages": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=MOST_MESSAGES,
            description="the export holds at least one message",
            notes="Slack writes an empty archive when the date range or the plan's history is wrong; the upper bound "
            "follows from the limits of landing.py",
        ),
        *_sent_at("message"),
        never(
            "not regexp_full_match(ts, '[0-9]{{1,11}}[.][0-9]{{1,6}}') "
            "or abs(epoch(sent_at) - try_cast(ts as double)) > 1",
            "ts",
            "ts is seconds.microseconds, and is the time it was sent at",
            "both are the same field of the export; a second of difference means that a clock was misread",
        ),
        never(
            "not regexp_full_match(subtype, '[a-z][a-z0-9_]{{0,63}}')",
            "subtype",
            "a subtype is a word of Slack's, such as channel_join",
            "anything else in this column is text that somebody typed",
        ),
        never(
            "crm_links <> '' and not regexp_full_match(crm_links, "
            "'(00[16][A-Za-z0-9]{{12}}([A-Za-z0-9]{{3}})?)( 00[16][A-Za-z0-9]{{12}}([A-Za-z0-9]{{3}})?)*')",
            "crm_links",
            "links are ids of opportunities (006) or accounts (001) alone",
            "an id of a contact names a person, and a whole link can carry a token",
        ),
        never(
            "tags <> '' and (contains(tags, '#') or tags <> lower(tags))",
            "tags",
            "tags are lower-case words without their #",
            "purposes are matched by them as they stand; #Handover and #handover are one tag",
        ),
        never(
            "least(text_length, mention_count, file_count) < 0",
            "text_length, mention_count, file_count",
            "no length or count is negative",
            "they count characters, people and files",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="text_length",
            max_value=200_000,
            severity="warning",
            description="no text is longer than Slack lets anybody write",
            notes="a message ends at 40,000 characters; escapes such as &amp; make five of one",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="is_bot",
            description="of every message it is known whether a bot wrote it",
            notes="people are counted by leaving bots out; NULL would leave people out too",
        ),
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(
            column="user_id",
            min_value=0.5,
            severity="warning",
            description="at least half of the messages have an author",
            notes="only bots and removed messages have none; more than half of them means that authors were lost",
        ),
    ],
    "mentions": _sent_at("mention"),
    "reactions": [
        *_sent_at("reaction"),
        never(
            "not regexp_full_match(emoji, '[^\\s@]{{1,255}}')",
            "emoji",
            "an emoji is one word, such as +1::skin-tone-2",
            "names of emoji have no spaces; custom ones may be in any script, so letters are not listed",
        ),
    ],
    "channels": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=MOST_ACCOUNTS,
            description="there is at least one conversation",
            notes="messages lie in folders, and each folder is one",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="kind",
            description="every conversation has a kind",
            notes="direct messages are left out of every KPI by it",
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="kind",
            value_set=["public", "private", "dm", "group_dm", "unlisted"],
            description="the kind of a conversation is one of five",
            notes="those are the four lists of an export, and folders that no list names",
        ),
        gxe.ExpectColumnValuesToBeNull(
            column="name",
            row_condition=Column("kind").is_in(["dm", "group_dm"]),
            description="direct messages have no name",
            notes="their folders bear the user names of those who talk",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="created_at",
            max_value={"$PARAMETER": "latest"},
            strict_max=True,
            description="no conversation is younger than the file",
            notes="a day of grace for clocks and time zones",
        ),
    ],
    "users": [
        gxe.ExpectTableRowCountToBeBetween(
            min_value=1,
            max_value=MOST_ACCOUNTS,
            description="there is at least one account",
            notes="somebody wrote the messages; the upper bound is ten times the largest workspace",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="is_bot",
            description="of every account it is known whether it is a bot",
            notes="people are counted by leaving bots out; NULL would leave people out too",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="updated_at",
            max_value={"$PARAMETER": "latest"},
            strict_max=True,
            description="no account changed after the file was seen",
            notes="the version with the highest time is current; one from the future would stay so for ever",
        ),
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(
            column="email",
            min_value=0.2,
            severity="warning",
            description="at least a fifth of the accounts have an address",
            notes="people are matched across sources by it; exports made without that permission carry none",
        ),
    ],
}
