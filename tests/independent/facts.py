"""What the raw rows say: who was where, who said what to whom, which weeks were seen whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

SAID = {None, "thread_broadcast", "file_share", "me_message", "bot_message"}
CROSS_POST = timedelta(minutes=5)
NEVER = datetime(1, 1, 1)  # noqa: DTZ001  # the raw moments are UTC without a zone here
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


class Act(NamedTuple):
    """One post, reply or reaction in a space that is not a direct message."""

    id: str
    kind: str
    space: str
    actor: str
    person: str | None
    target: str | None  # the account that is answered
    parent: str | None
    at: datetime
    day: date
    is_human: bool
    is_open: bool
    is_question: bool
    is_broadcast: bool
    mentions: int
    files: int
    tags: tuple[str, ...]
    links: tuple[str, ...]


class Job(NamedTuple):
    """One assignment of the roster; `until` is the first day on which it no longer holds."""

    person: str
    unit: str
    manager: str | None
    is_external: bool
    is_leader: bool
    band: str | None
    since: date
    until: date | None

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    def days(self, first: date, end: date) -> int:
        """Days of [first, end) that it holds."""
        last = min(end, self.until) if self.until else end
        return max(0, (last - max(first, self.since)).days)


@dataclass(eq=False)
class Facts:
    """The raw rows of a home's lake."""

    lake: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def table(self, source: str, name: str) -> list[dict[str, Any]]:
        """All rows of a raw table, of all files."""
        key = f"{source}/{name}"
        if key not in self.rows:
            files = sorted((self.lake / "raw" / source / name).glob("*.parquet"))
            self.rows[key] = [row for path in files for row in pq.read_table(path).to_pylist()]
        return self.rows[key]

    def newest(self, source: str, name: str, key: tuple[str, ...], version: str | None = None) -> list[dict[str, Any]]:
        """One row a key: the highest version, then that of the export that has seen most of the world."""
        seen: dict[str, datetime] = defaultdict(lambda: NEVER)
        for row in self.table("slack", "messages"):
            seen[row["file_id"]] = max(seen[row["file_id"]], row["sent_at"].replace(tzinfo=None))

        def rank(row: dict[str, Any]) -> tuple[Any, ...]:
            moment = row[version].replace(tzinfo=None) if version and row[version] else NEVER
            return (moment, seen[row["file_id"]], row["file_id"])

        best: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.table(source, name):
            one = tuple(row[column] for column in key)
            if one not in best or rank(row) > rank(best[one]):
                best[one] = row
        return list(best.values())

    @cached_property
    def accounts(self) -> dict[str, dict[str, Any]]:
        return {row["user_id"]: row for row in self.newest("slack", "users", ("team_id", "user_id"), "updated_at")}

    @cached_property
    def spaces(self) -> dict[str, dict[str, Any]]:
        return {row["channel_id"]: row for row in self.newest("slack", "channels", ("team_id", "channel_id"))}

    @cached_property
    def messages(self) -> dict[tuple[str, str], dict[str, Any]]:
        found = self.newest("slack", "messages", ("team_id", "channel_id", "ts"), "edited_at")
        return {(row["channel_id"], row["ts"]): row for row in found}

    @cached_property
    def acts(self) -> list[Act]:
        """Everything that counts as an interaction, bots' and cross-posts too."""
        found = []
        for (space, ts), row in self.messages.items():
            if self.spaces[space]["kind"] in ("dm", "group_dm") or row["subtype"] not in SAID:
                continue
            root = row["thread_ts"] if row["thread_ts"] not in (None, ts) else None
            target = self.messages.get((space, root), {}).get("user_id") if root else None
            found.append(self._act(row, "reply" if root else "post", f"{space}/{ts}", target, root))
        for row in self.newest("slack", "reactions", ("team_id", "channel_id", "ts", "emoji", "user_id")):
            if self.spaces[row["channel_id"]]["kind"] in ("dm", "group_dm"):
                continue
            of = self.messages.get((row["channel_id"], row["ts"]), {}).get("user_id")
            name = f"{row['channel_id']}/{row['ts']}/{row['emoji']}/{row['user_id']}"
            found.append(self._act(row, "reaction", name, of, row["ts"]))
        return found

    def _act(self, row: dict[str, Any], kind: str, name: str, target: str | None, root: str | None) -> Act:
        account = self.accounts.get(row["user_id"], {})
        is_bot = bool(row.get("is_bot")) or bool(account.get("is_bot")) or row["user_id"] is None
        at = row["sent_at"].replace(tzinfo=None)
        return Act(
            id=name,
            kind=kind,
            space=row["channel_id"],
            actor=row["user_id"],
            person=account.get("email"),
            target=target,
            parent=f"{row['channel_id']}/{root}" if root else None,
            at=at,
            day=at.date(),
            is_human=not is_bot,
            is_open=self.spaces[row["channel_id"]]["kind"] == "public",
            is_question=bool(row.get("is_question")),
            is_broadcast=bool(row.get("is_broadcast")) or (row.get("mention_count") or 0) > 25,
            mentions=row.get("mention_count") or 0,
            files=row.get("file_count") or 0,
            tags=tuple((row.get("tags") or "").split()),
            links=tuple((row.get("crm_links") or "").split()),
        )

    @cached_property
    def cross_posts(self) -> set[str]:
        """Messages that their author had said elsewhere within five minutes before: the first one counts."""
        said: dict[tuple[str, str], list[tuple[datetime, str, str]]] = defaultdict(list)
        for (space, ts), row in self.messages.items():
            if row["fingerprint"] and row["user_id"]:
                moment = row["sent_at"].replace(tzinfo=None)
                said[row["user_id"], row["fingerprint"]].append((moment, space, f"{space}/{ts}"))
        again = set()
        for one in said.values():
            for moment, space, name in one:
                for other, elsewhere, _ in one:
                    before = other < moment <= other + CROSS_POST or (other == moment and elsewhere < space)
                    if elsewhere != space and before:
                        again.add(name)
        return again

    @cached_property
    def contributions(self) -> list[Act]:
        return [act for act in self.acts if act.is_human and act.id not in self.cross_posts]

    @cached_property
    def jobs(self) -> list[Job]:
        """Assignments: one ends where it says so, or where the person's next one begins."""
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.newest("people", "roster", ("email", "start_date")):
            rows[row["email"]].append(row)
        found = []
        for person, own in rows.items():
            own.sort(key=lambda row: row["start_date"])
            for place, row in enumerate(own):
                ends = [own[place + 1]["start_date"]] if place + 1 < len(own) else []
                ends += [row["end_date"] + DAY] if row["end_date"] else []
                until = min(ends) if ends else None
                if until is not None and until <= row["start_date"]:
                    continue
                flagged = bool(row["is_leader"]) or row["leader_band"] is not None
                band = row["leader_band"] or ("leader" if flagged else None)
                found.append(
                    Job(
                        person=person,
                        unit=row["org_unit"] or "_none",
                        manager=row["manager_email"],
                        is_external=bool(row["is_external"]),
                        is_leader=flagged,
                        band=band,
                        since=row["start_date"],
                        until=until,
                    )
                )
        return found

    @cached_property
    def first_day(self) -> dict[str, date]:
        found: dict[str, date] = {}
        for job in self.jobs:
            found[job.person] = min(found.get(job.person, job.since), job.since)
        return found

    @cached_property
    def weeks(self) -> list[date]:
        """Mondays of the weeks that the exports saw whole."""
        moments = [row["sent_at"].date() for row in self.table("slack", "messages")]
        first, last = min(moments), max(moments)
        monday = first if first.weekday() == 0 else first + timedelta(days=7 - first.weekday())
        found = []
        while monday + WEEK <= last:
            found.append(monday)
            monday += WEEK
        return found

    @cached_property
    def windows(self) -> list[tuple[date, date]]:
        """[start, end) of every w28 window, one a week."""
        return [(monday, monday + 4 * WEEK) for monday in self.weeks[:-3]]

    def eligible(self, start: date, end: date) -> dict[str, Job]:
        """Who was employed on 14 of the days, with the assignment that held last."""
        days: dict[str, int] = defaultdict(int)
        last: dict[str, Job] = {}
        for job in (job for job in self.jobs if not job.is_external):
            if (count := job.days(start, end)) or job.days(start - 8 * WEEK, end):
                days[job.person] += count
                if job.person not in last or job.since > last[job.person].since:
                    last[job.person] = job
        return {person: job for person, job in last.items() if days[person] >= 14}

    def has_twelve_weeks(self, person: str, end: date) -> bool:
        """Employed on all 84 days, all of them seen."""
        begin = end - 12 * WEEK
        own = [job for job in self.jobs_of[person] if not job.is_external]
        return begin >= self.weeks[0] and sum(job.days(begin, end) for job in own) == 84

    @cached_property
    def jobs_of(self) -> dict[str, list[Job]]:
        found: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs:
            found[job.person].append(job)
        return found

    @cached_property
    def purposes(self) -> dict[str, dict[str, Any]]:
        """The latest version of each, with its org units and space patterns."""
        latest: dict[str, dict[str, Any]] = {}
        for row in self.table("purposes", "purposes"):
            old = latest.get(row["purpose_id"])
            if old is None or (row["registered_at"], row["content_hash"]) > (old["registered_at"], old["content_hash"]):
                latest[row["purpose_id"]] = dict(row)
        for name, column in (("org_units", "org_unit"), ("spaces", "space")):
            for purpose in latest.values():
                purpose[name] = [
                    (row["space_source"], row["pattern"]) if column == "space" else row["org_unit"]
                    for row in self.table("purposes", name)
                    if (row["purpose_id"], row["content_hash"]) == (purpose["purpose_id"], purpose["content_hash"])
                ]
        return latest

    def tied(self, act: Act) -> set[str]:
        """Purposes that the act belongs to, by tag or by space, from their start on."""
        starts = {name: self.purposes[name]["start_date"] for name in self.ties(act)}
        return {name for name, start in starts.items() if not start or act.day >= start}

    def ties(self, act: Act) -> set[str]:
        """The same at any time."""
        found = set()
        name = (self.spaces[act.space]["name"] or "").lower()
        for purpose_id, purpose in self.purposes.items():
            for kind, pattern in purpose["spaces"]:
                texts = act.tags if kind == "tag" else (name,) if kind == "slack" else ()
                if any(fnmatchcase(text, pattern) for text in texts):
                    found.add(purpose_id)
        return found

    @cached_property
    def tied_ids(self) -> dict[str, set[str]]:
        """Contribution -> its purposes; those without one are left out."""
        return {act.id: found for act in self.contributions if (found := self.tied(act))}
