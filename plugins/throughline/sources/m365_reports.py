"""Usage reports of Microsoft 365 (CSV of Graph or of the admin center) -> activity, groups.

Taken, told by the header: Teams user activity, Viva Engage (Yammer) activity and groups activity, Microsoft 365 apps,
Copilot usage. Columns are found by name, without case: over the years some were put in between. A report counts over
a rolling window that ends on its refresh date, so windows overlap: each is a row of its own and no two may be added.

activity, one row per account, product and window. NULL: the report does not show it.
- teams: posts and replies in channels; reports of 2021 have one count of both, which is taken as posts; other
  actions are messages in private chats;
- viva_engage: posts (replies are among them), reads, likes;
- m365_apps and copilot: a row for all apps together, and one for each app with a yes or a day in it
  (m365_apps_word, copilot_word); the last day of an app may lie before the window. Neither tells counts.
groups, one row per group and window of Viva Engage. A report names no id of a group, so its name is the key; of two
groups of one name the later is rejected.

Names may be concealed (the default of the admin center): then 32 hexadecimal digits stand for account and group.
Such rows are kept, is_concealed, without e-mail: they can be counted but join nobody. It is reported, with the remedy.
The UPN is taken for the e-mail address, of guests the one they were invited by. Left out on purpose: display names,
owners of groups, licences, devices, durations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from throughline.landing import LandingFile
from throughline.reading import delimited, fields
from throughline.reading.declared import declared
from throughline.reading.fields import Field, Form
from throughline.source import Batch, Ignored, Parsed, Refused, Source, Table
from throughline.sources import shapes

EARLIEST_YEAR: Final = 2010  # no service of Microsoft 365 is older
LONGEST_DAYS: Final = 366  # windows have 7, 28, 30, 90 or 180 days

_COPILOT = re.compile(r"(?:(?P<app>.+?) )?(?:copilot )?last activity date|last activity date of (?P<of>.+)")
_CONCEALED = "(?i)^[0-9a-f]{32}$"
_PERSON = r"^([^@\s,;<>]+@[^@\s,;<>]+|[0-9A-Fa-f]{32})$"
_GUEST = r"(?i)^(.+)_([^_@]+)#ext#@.+$"

ACTIVITY: Final = shapes.activity("email")
GROUPS: Final = Table(
    "groups",
    pa.schema(
        [
            ("group_name", pa.string()),
            ("window_from_date", pa.date32()),
            ("window_until_date", pa.date32()),
            ("kind", pa.string()),
            ("is_deleted", pa.bool_()),
            ("is_concealed", pa.bool_()),
            ("last_active_date", pa.date32()),
            ("member_count", pa.int64()),
            ("post_count", pa.int64()),
            ("read_count", pa.int64()),
            ("reaction_count", pa.int64()),
        ]
    ),
    key=("group_name", "window_from_date", "window_until_date"),
)


def _plain(header: str) -> str:
    """Last activity date (UTC) and LAST ACTIVITY DATE are one name."""
    return " ".join(header.lower().replace("_", " ").replace("(utc)", " ").split())


def _window(records: pa.RecordBatch) -> pa.Array:
    """Rows whose window cannot be."""
    days, until = records.column("period_days"), records.column("window_until_date")
    return pc.or_(
        pc.or_(pc.less(days, 1), pc.greater(days, LONGEST_DAYS)),
        pc.or_(pc.less(pc.year(until), EARLIEST_YEAR), pc.greater(pc.year(until), 9998)),
    )


_LEFT_OUT: Final = (  # people, licences, devices, durations; of apps the platforms
    *("Tenant Display Name", "Shared Channel Tenant Display Names", "User Id", "Display Name", "Deleted Date"),
    *("Assigned Products", "State Change Date", "Is Licensed", "Has Other Action", "Urgent Messages"),
    *("Meetings Organized Count", "Meetings Attended Count", "Ad Hoc Meetings *", "Scheduled *", "Audio Duration*"),
    *("Video Duration*", "Screen Share Duration*", "Last Activation Date", "Owner Principal Name"),
    *("Office 365 Connected", "Network Display Name", "Windows", "Mac", "Mobile", "Web"),
    *(f"{app} (*" for app in ("Outlook", "Word", "Excel", "PowerPoint", "OneNote", "Teams")),
)


def _form(table: str, *more: Field) -> Form:
    both = (
        Field("window_until_date", ("Report Refresh Date",), "date", required=True),
        Field("period_days", ("Report Period",), "count", required=True),
        Field("last_active_date", ("Last Activity Date",), "date"),
    )
    reason = "Report Refresh Date or Report Period tells no window"
    return Form(table, (*both, *more), alike=_plain, checks={reason: _window}, left_out=_LEFT_OUT)


def _account(*more: Field) -> Form:
    named = Field("account_id", ("User Principal Name",), required=True)
    form = _form("activity", named, *more)
    no_name = "User Principal Name is no e-mail address and no concealed name"
    return replace(form, checks={**form.checks, no_name: _nameless})


def _groups(*more: Field) -> Form:
    return replace(_form("groups", *more), single=("an earlier group bears the name, and a report tells no id", _named))


def _named(records: pa.RecordBatch) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Group and window -> what is told of it."""
    for row in records.to_pylist():
        key = tuple(row.pop(name) for name in ("group_name", "window_until_date", "period_days"))
        yield key, tuple(row.values())


def _nameless(records: pa.RecordBatch) -> pa.Array:
    return pc.invert(pc.match_substring_regex(records.column("account_id"), _PERSON))


def _count(column: str, *names: str) -> Field:
    return Field(column, names, "count")


@dataclass(frozen=True)
class Report:
    """One kind of report. telling: names that only its header has, all of them. parts: header -> fields of its apps."""

    product: str
    form: Form
    telling: frozenset[str]
    parts: Callable[[tuple[str, ...]], tuple[Field, ...]] = lambda _: ()


def _apps(header: tuple[str, ...]) -> tuple[Field, ...]:
    """A flag an app; its platforms are not read."""
    apps = ("outlook", "word", "excel", "powerpoint", "onenote", "teams")
    return tuple(Field(f"app {name}", (name,), "flag") for name in map(_plain, header) if name in apps)


def _copilots(header: tuple[str, ...]) -> tuple[Field, ...]:
    """A date an app: "Word Copilot Last Activity Date", "Last activity date of Teams Copilot (UTC)"."""
    found: dict[str, Field] = {}
    for name in map(_plain, header):
        match = _COPILOT.fullmatch(name)
        words = re.findall(r"\w+", (match["app"] or match["of"] or "") if match else "")
        if app := "_".join(word for word in words if word not in ("copilot", "microsoft")):
            found.setdefault(app, Field(f"app {app}", (name,), "date"))
    return tuple(found.values())


REPORTS: Final = (
    Report(
        "teams",
        _account(
            Field("is_deleted", ("Is Deleted",), "flag"),
            _count("post_count", "Post Messages", "Team Chat Message Count"),
            _count("reply_count", "Reply Messages"),
            _count("meeting_count", "Meeting Count"),
            _count("call_count", "Call Count"),
            _count("other_action_count", "Private Chat Message Count"),
        ),
        frozenset({"team chat message count", "private chat message count"}),
    ),
    Report(
        "viva_engage",
        _account(
            Field("state", ("User State",)),
            _count("post_count", "Posted Count"),
            _count("read_count", "Read Count"),
            _count("reaction_count", "Liked Count"),
        ),
        frozenset({"user principal name", "posted count", "liked count"}),
    ),
    Report(
        "viva_engage_groups",
        _groups(
            Field("group_name", ("Group Display Name",), required=True),
            Field("kind", ("Group Type",)),
            Field("is_deleted", ("Is Deleted",), "flag"),
            _count("member_count", "Member Count"),
            _count("post_count", "Posted Count"),
            _count("read_count", "Read Count"),
            _count("reaction_count", "Liked Count"),
        ),
        frozenset({"group display name", "posted count", "liked count"}),
    ),
    Report("m365_apps", _account(), frozenset({"user principal name", "outlook", "word", "excel", "mac"}), _apps),
    Report("copilot", _account(), frozenset({"user principal name", "word copilot last activity date"}), _copilots),
    Report("copilot", _account(), frozenset({"user principal name", "last activity date of word copilot"}), _copilots),
)
_NAMES: Final = frozenset(_plain(name) for report in REPORTS for one in report.form.fields for name in one.names)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one report."""
    chunks = delimited.of_file(file)
    sheet = delimited.examine(chunks, file.name, lambda header: _plain(header) in _NAMES)
    header = frozenset(map(_plain, sheet.header))
    report = next((one for one in REPORTS if one.telling <= header), None)
    if report is None and "report refresh date" in header:
        yield Ignored(file.name, "a report that is not used")
        return
    if report is None:
        remedy = "land the CSV of a usage report as it was downloaded, in English"
        raise Refused("is none of the usage reports that are read", where=file.name, remedy=remedy)
    parts = report.parts(sheet.header)
    form = replace(report.form, fields=(*report.form.fields, *parts))
    concealed = total = 0
    for part in fields.records(sheet, chunks, form, declared(file.name)):
        if not isinstance(part, Batch):
            yield part
            continue
        name = part.records.column("group_name" if part.table == "groups" else "account_id")
        hidden = pc.match_substring_regex(name, _CONCEALED)
        concealed, total = concealed + (pc.sum(hidden).as_py() or 0), total + part.records.num_rows
        yield from _batches(report.product, part.records, hidden, [one.column for one in parts])
    if concealed:
        what = f"{concealed:,} of {total:,} rows have concealed names and join nobody"
        remedy = "let an administrator turn off 'Display concealed user, group, and site names' and export again"
        yield Ignored(file.name, f"{what}; {remedy}")


def _batches(product: str, records: pa.RecordBatch, hidden: pa.Array, parts: list[str]) -> Iterator[Batch]:
    """The rows of the product, then of each of its apps those that used it."""
    columns = {name: records.column(name) for name in records.schema.names}
    days_before = pc.subtract(columns["period_days"].cast(pa.int32()), pa.scalar(1, pa.int32()))
    first_day = pc.subtract(columns["window_until_date"].cast(pa.int32()), days_before)
    columns["window_from_date"] = first_day.cast(pa.date32())
    columns["is_concealed"] = hidden
    if product == "viva_engage_groups":
        columns["kind"] = pc.utf8_lower(columns["kind"])
        yield Batch("groups", _shaped(columns, GROUPS, records.num_rows))
        return
    if "state" in columns:
        columns["is_deleted"] = pc.equal(pc.utf8_lower(columns["state"]), "deleted")
    invited = pc.replace_substring_regex(columns["account_id"], _GUEST, r"\1@\2")
    columns["email"] = pc.if_else(hidden, pa.scalar(None, pa.string()), invited)
    columns["product"] = pa.array([product] * records.num_rows)
    yield Batch("activity", _shaped(columns, ACTIVITY, records.num_rows))
    for part in parts:
        used = columns[part] if pa.types.is_boolean(columns[part].type) else pc.is_valid(columns[part])
        day = pa.nulls(len(used), pa.date32()) if pa.types.is_boolean(columns[part].type) else columns[part]
        name = pa.array([f"{product}_{part.removeprefix('app ')}"] * len(used))
        app = _shaped({**columns, "product": name, "last_active_date": day}, ACTIVITY, len(used)).filter(used)
        if app.num_rows:
            yield Batch("activity", app)


def _shaped(columns: dict[str, pa.Array], table: Table, count: int) -> pa.RecordBatch:
    """The table's columns in its order; one that the report lacks is NULL."""
    arrays = [columns.get(field.name, pa.nulls(count, field.type)) for field in table.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=table.schema)


SOURCE: Final = Source(
    name="m365_reports",
    title="usage report of Microsoft 365",
    endings=(".csv",),
    tables=(ACTIVITY, GROUPS),
    parse=parse,
    headers=tuple(report.form.header() for report in REPORTS),
    observed_from_seen=True,
)
