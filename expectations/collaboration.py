"""What holds for the tables that collaboration tools share (sources/shapes.py). Keys, people, shapes: `raw.py`.

A source's own file picks the suites of its tables, the very same objects, and says what is particular to it.
"""

from __future__ import annotations

from datetime import date

from great_expectations import expectations as gxe  # noqa: TID253  # only quality.py imports this file, inside a function
from great_expectations.expectations.expectation import Expectation  # noqa: TID253  # the same
from great_expectations.expectations.row_conditions import Column  # noqa: TID253  # the same

from expectations.common import (
    LATEST_DATE,
    ZONE,
    between,
    in_window,
    known,
    mostly_known,
    not_later,
    not_negative,
    one_of,
    rows,
    short,
)
from expectations.sql import never

MOST_MESSAGES = 2_000_000_000  # landing.py unpacks at most 200 GB, and a message takes at least 100 bytes of JSON
MOST_ACCOUNTS = 10_000_000  # ten times the largest workspaces known; an account a message would mean ids were misread
SINCE = "none of these tools is older, and times in seconds read as milliseconds lie in 1970"
COUNTS = [f"{what}_count" for what in ("post", "reply", "reaction", "read", "meeting", "call", "other_action")]
_ID = "00[16][A-Za-z0-9]{{12}}([A-Za-z0-9]{{3}})?"


def features() -> list[Expectation]:
    """What every message keeps of its text."""
    return [
        never(
            f"crm_links <> '' and not regexp_full_match(crm_links, '({_ID})( {_ID})*')",
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
        not_negative(
            ("text_length", "mention_count", "file_count"),
            "no length or count is negative",
            "they count characters, people and files",
        ),
    ]


def emoji() -> Expectation:
    return never(
        "not regexp_full_match(emoji, '[^\\s@]{{1,255}}')",
        "emoji",
        "an emoji is one word, such as +1::skin-tone-2",
        "names of emoji have no spaces; custom ones may be in any script, so letters are not listed",
    )


def kinds(notes: str) -> list[Expectation]:
    """The kind of a conversation. notes: where it is known from."""
    return [
        known("kind", "every conversation has a kind", "direct messages are left out of every KPI by it"),
        one_of(
            "kind",
            ("public", "private", "dm", "group_dm", "unlisted"),
            "the kind of a conversation is one of five",
            notes,
        ),
        gxe.ExpectColumnValuesToBeNull(
            column="name",
            row_condition=Column("kind").is_in(["dm", "group_dm"]),
            description="direct messages have no name",
            notes="they are named after those who talk",
        ),
        not_later("created_at", "no conversation is younger than the file", "a day of grace for clocks and time zones"),
    ]


def account() -> list[Expectation]:
    return [
        rows(
            1,
            MOST_ACCOUNTS,
            "there is at least one account",
            "somebody wrote the messages; the upper bound is ten times the largest workspace",
        ),
        known(
            "is_bot",
            "of every account it is known whether it is a bot",
            "people are counted by leaving bots out; NULL would leave people out too",
        ),
        not_later(
            "updated_at",
            "no account changed after the file was seen",
            "the version with the highest time is current; one from the future would stay so for ever",
        ),
        mostly_known(
            "email",
            0.2,
            "at least a fifth of the accounts have an address",
            "people are matched across sources by it; exports made without that permission carry none",
        ),
    ]


def window() -> list[Expectation]:
    """The window of a usage report, both dates inclusive."""
    return [
        never(
            "window_until_date < window_from_date",
            "window_from_date, window_until_date",
            "no window ends before it begins",
            "both days are in it, so one day is the shortest",
        ),
        between(
            "window_until_date",
            None,
            LATEST_DATE,
            "no window ends after the file was seen",
            "a report cannot count what is still to come; a day of grace for clocks and time zones",
        ),
        between(
            "window_from_date",
            date(2000, 1, 1),
            None,
            "no window begins before 2000",
            "none of these tools is older; it would be a day and a year that were mixed up",
        ),
        never(
            "last_active_date > window_until_date",
            "last_active_date",
            "nobody was last active after the window",
            "it may lie before the window, of those who did nothing in it; services refresh apart, so a day may differ",
            severity="warning",
        ),
        known(
            "is_concealed",
            "of every row it is known whether its name is concealed",
            "concealed names join nobody, so coverage is told by it",
        ),
    ]


SUITES: dict[str, list[Expectation]] = {
    "messages": [
        rows(
            1,
            MOST_MESSAGES,
            "the table holds at least one message",
            "a table is written for what was read; the upper bound follows from the limits of landing.py",
        ),
        known("sent_at", "every message has a time", "without one it belongs to no window"),
        in_window("sent_at", "message", SINCE),
        known("space_id", "every message is in a conversation", "its kind, and the purpose it serves, are told by it"),
        never(
            "is_bot is null or is_system is null or is_deleted is null",
            "is_bot, is_system, is_deleted",
            "of every message it is known whether a person wrote it, and whether it still stands",
            "people are counted by leaving the others out; NULL would leave people out too",
        ),
        never(
            "parent_id = message_id",
            "parent_id",
            "no message replies to itself",
            "the first message of a thread has no parent; it would count as its own answer",
            severity="warning",
        ),
        not_later(
            "edited_at",
            "no message was edited after the file was seen",
            "the version with the highest time is current; one from the future would stay so for ever",
        ),
        never(
            "edited_at < sent_at",
            "edited_at",
            "no message was edited before it was sent",
            "messages brought over from another tool may bear the time of the move as their own",
            severity="warning",
        ),
        *features(),
        between(
            "text_length",
            None,
            1_000_000,
            "no text is longer than these tools let anybody write",
            "most end below 40,000 characters, posts of Viva Engage later; a book would be several records in one",
            severity="warning",
        ),
        mostly_known(
            "account_id",
            0.5,
            "at least half of the messages have an author",
            "only bots, the system and removed messages have none; more than half means that authors were lost",
        ),
    ],
    "mentions": [
        known("sent_at", "every mention has a time", "it is its message's; without one it belongs to no window"),
        in_window("sent_at", "mention", SINCE),
    ],
    "reactions": [in_window("reacted_at", "reaction", SINCE), emoji()],
    "spaces": [
        rows(
            1,
            MOST_ACCOUNTS,
            "there is at least one conversation",
            "a table is written for what was read; the upper bound is ten times the largest workspace",
        ),
        *kinds("those that staging knows; unlisted are those that only messages name"),
        short(["name"], 512),
    ],
    "accounts": [
        *account(),
        never(
            f"not regexp_full_match(time_zone, '{ZONE}')",
            "time_zone",
            "a time zone is named as in Europe/Berlin",
            "working hours are counted in it; others are read as the organisation's own",
            severity="warning",
        ),
    ],
    "activity": [
        *window(),
        never(
            "is_concealed and email is not null",
            "email",
            "who is concealed has no address",
            "a hash of a name is no address; keyed as one it would look like somebody whom the roster lacks",
        ),
        never(
            "not regexp_full_match(product, '[a-z][^\\s@]{{0,99}}')",
            "product",
            "a product is one word, such as teams or slack/T0001",
            "products are never added up, so a misspelt one stands alone",
        ),
        not_negative(COUNTS, "no count is negative", "they count what people did; NULL where the report does not tell"),
    ],
}


def suites(*tables: str) -> dict[str, list[Expectation]]:
    """The suites of these tables."""
    return {table: SUITES[table] for table in tables}
