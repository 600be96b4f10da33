"""The ledger: every file ever seen and its state. It has a database of its own and is the truth about intake.

Grain of `files`: landing name × content. States:

    seen → claimed → landed → loaded → published        the way of a good file
                   ↘ quarantined                        refused, with a reason; may be released or replaced
    duplicate                                           the same content is already here under another name
    superseded                                          another content came under the same name

Every change of state is one compare-and-set and leaves a row in `history`. Times are arguments, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

LEASE: Final = timedelta(hours=1)  # longer than the largest export takes; the same owner may claim again at once
CURRENT: Final = ("loaded", "published")  # states whose rows the warehouse reads
TAKEN: Final = ("seen", "claimed", "landed", *CURRENT)  # states in which a content is here or on its way

_metadata = sa.MetaData()
_files = sa.Table(
    "files",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("file_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False),
    sa.Column("claimed_by", sa.String),
    sa.Column("lease_until", sa.DateTime),
    sa.Column("observed_from", sa.DateTime),
    sa.Column("observed_until", sa.DateTime),
    sa.Column("rows_in", sa.BigInteger),
    sa.Column("rows_loaded", sa.BigInteger),
    sa.Column("rows_rejected", sa.BigInteger),
    sa.Column("rows_duplicate", sa.BigInteger),
    sa.Column("reason", sa.String),
)
_history = sa.Table(
    "history",
    _metadata,
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("file_id", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String),
)
_listing = sa.Table(  # what a name held when it was last hashed, so that a sweep does not read every file again
    "listing",
    _metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("file_id", sa.String, nullable=False),
)
_publishes = sa.Table(
    "publishes",
    _metadata,
    sa.Column("publish_id", sa.String, primary_key=True),
    sa.Column("published_at", sa.DateTime, nullable=False),
    sa.Column("is_live", sa.Boolean, nullable=False),
    sa.Column("row_count", sa.BigInteger, nullable=False),
)
_looks = sa.Table(  # results that were shown: a design's version, and the last day of the data behind them
    "looks",
    _metadata,
    sa.Column("design_id", sa.String, primary_key=True),
    sa.Column("content_hash", sa.String, primary_key=True),
    sa.Column("data_until", sa.Date, primary_key=True),
    sa.Column("published_at", sa.DateTime, nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """One row of `files`. Times are UTC."""

    name: str
    file_id: str
    source: str
    size_bytes: int
    state: str
    seen_at: datetime
    claimed_by: str | None = None
    lease_until: datetime | None = None
    observed_from: datetime | None = None
    observed_until: datetime | None = None
    rows_in: int | None = None
    rows_loaded: int | None = None
    rows_rejected: int | None = None
    rows_duplicate: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Publish:
    """One publish that is kept. publish_id: its place on disk; row_count: rows over all kpi tables."""

    publish_id: str
    published_at: datetime
    is_live: bool
    row_count: int


class Ledger:
    """Opens (and creates) the ledger in a SQLite file; safe for several processes at once."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 60}, poolclass=sa.pool.NullPool)
        with closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("pragma journal_mode = wal")
            columns = {row[1] for row in cursor.execute("pragma table_info(listing)")}
            if columns and "fingerprint" not in columns:  # as an earlier version made it; it only saves reading
                cursor.execute("drop table listing")
        _metadata.create_all(self._engine)

    # -- files -------------------------------------------------------------------------------------------------

    def entries(self, *states: str) -> list[Entry]:
        """Every row, or those in the given states, by name and time."""
        query = sa.select(_files).order_by(_files.c.name, _files.c.seen_at, _files.c.file_id)
        if states:
            query = query.where(_files.c.state.in_(states))
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def entry(self, name: str, file_id: str) -> Entry | None:
        query = sa.select(_files).where(_files.c.name == name, _files.c.file_id == file_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return _entry(row) if row else None

    def see(self, name: str, file_id: str, *, source: str, size_bytes: int, at: datetime) -> Entry:
        """Record that this name holds this content, and decide: seen, duplicate, or back from superseded."""
        with self._engine.begin() as connection:
            known = connection.execute(
                sa.select(_files).where(_files.c.name == name, _files.c.file_id == file_id)
            ).first()
            elsewhere = connection.execute(
                sa.select(_files.c.name).where(
                    _files.c.file_id == file_id,
                    _files.c.source == source,
                    _files.c.name != name,
                    _files.c.state.in_(TAKEN),
                )
            ).first()
            state = "duplicate" if elsewhere else "seen"
            reason = f"the same content as {elsewhere.name}" if elsewhere else None
            if known is None:
                entry = Entry(name, file_id, source, size_bytes, state, at, reason=reason)
                connection.execute(_files.insert().values(_stored(entry)))
                _note(connection, name, file_id, at, state, reason)
            elif known.state in ("superseded", "duplicate") and state == "seen":
                connection.execute(
                    _files.update()
                    .where(_files.c.name == name, _files.c.file_id == file_id)
                    .values(state=state, reason=None, claimed_by=None, lease_until=None)
                )
                _note(connection, name, file_id, at, state, "this content is back")
        found = self.entry(name, file_id)
        assert found is not None  # noqa: S101  # written in the transaction above
        return found

    def claim(self, name: str, file_id: str, *, owner: str, at: datetime) -> Entry | None:
        """Take a file for one owner by compare-and-set; None when it is not to be taken or another holds it."""
        free = sa.or_(
            _files.c.state == "seen",
            sa.and_(
                _files.c.state.in_(("claimed", "landed")),
                sa.or_(_files.c.claimed_by == owner, _files.c.lease_until < _naive(at)),
            ),
        )
        with self._engine.begin() as connection:
            changed = connection.execute(
                _files.update()
                .where(_files.c.name == name, _files.c.file_id == file_id, free)
                .values(state="claimed", claimed_by=owner, lease_until=_naive(at + LEASE), reason=None)
            ).rowcount
            if changed:
                _note(connection, name, file_id, at, "claimed", None)
        return self.entry(name, file_id) if changed else None

    def waiting(self, *, owner: str, at: datetime) -> list[Entry]:
        """Files to take: seen, or left behind by this owner or by one whose lease ran out."""
        return [
            entry
            for entry in self.entries("seen", "claimed", "landed")
            if entry.state == "seen" or entry.claimed_by == owner or (entry.lease_until and entry.lease_until < at)
        ]

    def move(
        self, name: str, file_id: str, state: str, *, at: datetime, reason: str | None = None, **facts: Any
    ) -> None:
        """Set a new state and what is known with it (row counts, observed times)."""
        values = {key: _naive(value) if isinstance(value, datetime) else value for key, value in facts.items()}
        with self._engine.begin() as connection:
            connection.execute(
                _files.update()
                .where(_files.c.name == name, _files.c.file_id == file_id)
                .values(state=state, reason=reason, **values)
            )
            _note(connection, name, file_id, at, state, reason)

    def load(
        self, name: str, file_id: str, *, at: datetime, keeps_versions: bool = False, reason: str | None = None
    ) -> None:
        """Let a file's rows count; what came under this name before is superseded, or only what was refused of it."""
        self.move(name, file_id, "loaded", at=at, reason=reason)
        older = sa.and_(_files.c.name == name, _files.c.file_id != file_id, _files.c.state != "superseded")
        if keeps_versions:
            older = sa.and_(older, _files.c.state.not_in(CURRENT))
        with self._engine.begin() as connection:
            self._supersede(connection, name, older, at)

    @staticmethod
    def _supersede(connection: sa.Connection, name: str, older: sa.ColumnElement[bool], at: datetime) -> None:
        for row in connection.execute(sa.select(_files.c.file_id).where(older)).fetchall():
            _note(connection, name, row.file_id, at, "superseded", "another content came under this name")
        connection.execute(
            _files.update().where(older).values(state="superseded", reason="another content came under this name")
        )

    def history(self, name: str, file_id: str) -> list[tuple[datetime, str, str | None]]:
        """(at, state, reason) of one file, in order."""
        query = (
            sa.select(_history).where(_history.c.name == name, _history.c.file_id == file_id).order_by(_history.c.step)
        )
        with self._engine.connect() as connection:
            return [(_aware(row.at), row.state, row.reason) for row in connection.execute(query)]

    # -- listing -----------------------------------------------------------------------------------------------

    def hashed(self) -> dict[str, tuple[str, str]]:
        """name -> (fingerprint, file_id) as last hashed."""
        with self._engine.connect() as connection:
            return {row.name: (row.fingerprint, row.file_id) for row in connection.execute(sa.select(_listing))}

    def remember(self, name: str, fingerprint: str, file_id: str) -> None:
        row = {"name": name, "fingerprint": fingerprint, "file_id": file_id}
        with self._engine.begin() as connection:
            connection.execute(_listing.delete().where(_listing.c.name == name))
            connection.execute(_listing.insert().values(row))

    # -- publishes ---------------------------------------------------------------------------------------------

    def publishes(self) -> list[Publish]:
        """The publishes that are kept, newest first."""
        query = sa.select(_publishes).order_by(_publishes.c.published_at.desc(), _publishes.c.publish_id.desc())
        with self._engine.connect() as connection:
            return [
                Publish(row.publish_id, _aware(row.published_at), row.is_live, row.row_count)
                for row in connection.execute(query)
            ]

    def published(self, publish: Publish, *, loaded: Iterable[Entry], kept: Iterable[str]) -> None:
        """Make one publish the live one, mark its files, and forget the publishes that are no longer kept."""
        with self._engine.begin() as connection:
            connection.execute(_publishes.delete().where(_publishes.c.publish_id == publish.publish_id))
            connection.execute(_publishes.update().values(is_live=False))
            row = asdict(publish) | {"published_at": _naive(publish.published_at)}
            connection.execute(_publishes.insert().values(row))
            connection.execute(_publishes.delete().where(_publishes.c.publish_id.not_in([*kept, publish.publish_id])))
            for entry in loaded:
                changed = connection.execute(
                    _files.update()
                    .where(_files.c.name == entry.name, _files.c.file_id == entry.file_id, _files.c.state == "loaded")
                    .values(state="published")
                ).rowcount
                if changed:
                    _note(connection, entry.name, entry.file_id, publish.published_at, "published", None)

    def looks(self) -> dict[tuple[str, str], set[date]]:
        """(design, content hash) -> last days of the data of every result that was published."""
        found: dict[tuple[str, str], set[date]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(_looks)):
                found.setdefault((row.design_id, row.content_hash), set()).add(row.data_until)
        return found

    def look(self, shown: Iterable[tuple[str, str, date]], *, at: datetime) -> None:
        """Note what a publish shows; the same data again are no new look."""
        known = self.looks()
        new = [(*key, day) for *key, day in shown if day not in known.get((key[0], key[1]), ())]
        names = ("design_id", "content_hash", "data_until")
        with self._engine.begin() as connection:
            for values in dict.fromkeys(new):
                row = dict(zip(names, values, strict=True)) | {"published_at": _naive(at)}
                connection.execute(_looks.insert().values(row))

    def make_live(self, publish_id: str) -> None:
        """Point to an earlier publish (rollback)."""
        with self._engine.begin() as connection:
            connection.execute(_publishes.update().values(is_live=_publishes.c.publish_id == publish_id))


def _note(connection: sa.Connection, name: str, file_id: str, at: datetime, state: str, reason: str | None) -> None:
    row = {"name": name, "file_id": file_id, "at": _naive(at), "state": state, "reason": reason}
    connection.execute(_history.insert().values(row))


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _stored(entry: Entry) -> dict[str, Any]:
    return {key: _naive(value) if isinstance(value, datetime) else value for key, value in asdict(entry).items()}


def _entry(row: Any) -> Entry:
    values: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(Entry)}
    aware: dict[str, Any] = {
        key: _aware(value) if isinstance(value, datetime) else value for key, value in values.items()
    }
    return Entry(**aware)
