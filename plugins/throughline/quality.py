"""The two doors: what came in, before it counts (`door`); what goes out, before it is published (`exit`).

The expectations are in `expectations/`, one file a source; here they are run. Great Expectations works inside DuckDB on
every row, never on a sample, so memory stays flat. A door fails closed: a table without an expectation, an expectation
that cannot be evaluated, or none at all, is a failure. Reports carry counts, never a value of a record.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from throughline.expecting import batches, great_expectations
from throughline.source import Refused, Source

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation import Expectation

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)  # before the oldest of these tools kept a record
CLOCK_SKEW: Final = timedelta(days=1)  # clocks differ by minutes, time zones by hours; nothing is a day ahead
_COUNTS_ONLY: Final = {"result_format": "BASIC", "partial_unexpected_count": 0}  # never an example value


@dataclass(frozen=True)
class Window:
    """The times of one landing file, UTC: what its export has seen, and when the file was first seen itself."""

    observed_from: datetime | None
    observed_until: datetime | None
    seen_at: datetime

    @property
    def latest(self) -> datetime:
        """The first moment that no record of this file can be from."""
        return self.seen_at + CLOCK_SKEW


@dataclass(frozen=True)
class Check:
    """One evaluated expectation. unexpected_count: rows that do not fit; None where rows are not counted."""

    table: str
    expectation: str
    column: str
    severity: str
    description: str
    reason: str
    success: bool
    row_count: int | None = None
    unexpected_count: int | None = None
    evaluated: bool = True


@dataclass(frozen=True)
class Report:
    """All checks of one door: `place` is "door/<source>" or "exit"; page is the entry to its Data Docs."""

    place: str
    checks: tuple[Check, ...]
    page: Path | None = None

    @property
    def success(self) -> bool:
        return self.evaluated > 0 and not self.failures

    @property
    def evaluated(self) -> int:
        return sum(check.evaluated for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """What closes the door: critical expectations that do not hold, and any that could not be evaluated."""
        return tuple(c for c in self.checks if not c.success and (c.severity == "critical" or not c.evaluated))

    @property
    def warnings(self) -> tuple[Check, ...]:
        """What does not hold and is only reported."""
        return tuple(c for c in self.checks if not c.success and c not in self.failures)

    @property
    def sentence(self) -> str:
        """One line for the quarantine list or the publish log; empty when all is well."""
        if not self.failures:
            return "" if self.evaluated else "nothing in it could be checked: no table was read from it"
        first, more = self.failures[0], len(self.failures) - 1
        others = f"; and {more} more check{'s' if more > 1 else ''} failed" if more else ""
        return f"{first.table}: {_complaint(first)}{others}"

    def rows(self) -> list[dict[str, Any]]:
        """One row per expectation, flat, for a table or JSON."""
        names = ("expectation", "severity", "description", "reason", "success", "row_count", "unexpected_count")
        return [
            {"place": self.place, "table_name": c.table, "column_name": c.column}
            | {name: getattr(c, name) for name in names}
            | {"evaluated": c.evaluated}
            for c in self.checks
        ]


def door(source: Source, parquet: Mapping[str, Path], window: Window, docs: Path | None = None) -> Report:
    """Check the raw Parquet of one landing file. docs: the root of the quality pages, None for no pages."""
    import duckdb

    raw, own = rules("raw"), rules(source.name)
    suites = {name: [*raw.of(source.table(name)), *own.SUITES.get(name, ())] for name in sorted(parquet)}
    lost = [_lost(name, "the table is in the file") for name in sorted(own.REQUIRED - set(parquet))]
    lost += [_lost(name, f"expectations/{source.name}.py knows it") for name in suites if name not in own.SUITES]
    if not suites:
        return Report(f"door/{source.name}", tuple(lost))
    with tempfile.TemporaryDirectory(prefix="door-") as folder:
        database = Path(folder) / "door.duckdb"
        with duckdb.connect(database) as db:
            for name, path in parquet.items():
                db.execute(f'create view "{name}" as select * from read_parquet({_quoted(path)})')  # noqa: S608  # quoted
        parameters = {"earliest": EARLIEST, "latest": window.latest, "latest_date": window.latest.date()}
        page = docs and docs / "door" / source.name / next(iter(parquet.values())).stem
        return _run(f"door/{source.name}", database, "main", suites, parameters, lost, page, window.seen_at)


def exit(database: Path, docs: Path | None = None, min_cohort: int = 10) -> Report:
    """Check schema kpi of a warehouse that nobody else has open."""
    own = rules("kpi")
    present = _tables(database, "kpi")
    suites = {name: expectations for name, expectations in own.SUITES.items() if name in present}
    lost = [_lost(name, "the table was built") for name in sorted(own.REQUIRED - present)]
    lost += [_lost(name, "expectations/kpi.py knows it") for name in sorted(present - set(own.SUITES))]
    if not suites:
        return Report("exit", tuple(lost))
    return _run("exit", database, "kpi", suites, {"min_cohort": min_cohort}, lost, docs and docs / "exit")


def _run(
    place: str,
    database: Path,
    schema: str,
    suites: Mapping[str, Sequence[Expectation]],
    parameters: Mapping[str, Any],
    lost: Sequence[Check],
    page: Path | None,
    seen_at: datetime | None = None,
) -> Report:
    """Evaluate all suites in one context. lost: failures known beforehand; page: the folder of their pages."""
    from throughline import data_docs

    checks, results = list(lost), {}
    with great_expectations() as gx, batches(database, schema) as batch_of:
        for table, expectations in suites.items():
            suite = gx.ExpectationSuite(name=table, expectations=[e.copy(deep=True) for e in expectations])
            results[table] = batch_of(table).validate(
                suite, result_format=_COUNTS_ONLY, expectation_parameters=dict(parameters)
            )
            checks += _checks(table, results[table])
        index = data_docs.write(place, checks, results, page, seen_at) if page else None
    return Report(place, tuple(checks), index)


def _checks(table: str, outcome: ExpectationSuiteValidationResult) -> list[Check]:
    checks, shaped = [], True
    for result in outcome.results:
        config = result.expectation_config
        assert config is not None  # noqa: S101  # for the type checker: results of a suite carry their expectation
        known, meta, counts = config.kwargs, config.meta or {}, result.result
        columns = known.get("column_list") or [known.get("column_A"), known.get("column_B")]
        observed = counts.get("observed_value")  # of these two, a number of rows
        unexpected = observed if config.type == "no_rows" else counts.get("unexpected_count")
        rows = observed if config.type == "expect_table_row_count_to_be_between" else counts.get("element_count")
        evaluated = not _raised(result.exception_info)
        shaped = shaped and bool(result.success or "shape" not in meta)
        checks.append(
            Check(
                table=table,
                expectation=config.type,
                column=str(known.get("column") or meta.get("column") or ", ".join(filter(None, columns))),
                severity=str(getattr(config.severity, "value", config.severity)),
                description=config.description or config.type,
                reason=str(config.notes or ""),
                success=bool(result.success) and evaluated,
                row_count=rows,
                unexpected_count=unexpected,
                evaluated=evaluated,
            )
        )
    # where a column is missing or of another type, whatever rests on it raises; the shape has already failed for it
    return checks if shaped else [check for check in checks if check.evaluated]


def _raised(info: Mapping[str, Any] | None) -> bool:
    """exception_info comes flat, or nested by metric."""
    nested = [part for part in (info or {}).values() if isinstance(part, Mapping)]
    return any(part.get("raised_exception") for part in [info or {}, *nested])


def _complaint(check: Check) -> str:
    if not check.evaluated:
        return f"it could not be checked whether {check.description}"
    if check.unexpected_count is None:
        return f"expected that {check.description}, which is not so"
    rows = f" of {check.row_count:,}" if check.row_count else ""
    return f"expected that {check.description}, but found {check.unexpected_count:,}{rows} rows"


def rules(name: str) -> ModuleType:
    """The file of expectations/ with that name. Raises Refused when there is none: an unguarded door stays shut."""
    with great_expectations():
        try:
            return importlib.import_module(f"expectations.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"expectations.{name}":
                raise
            raise Refused("nothing says what must hold", where=name, remedy=f"write expectations/{name}.py") from None


def _lost(table: str, description: str) -> Check:
    return Check(table, "table", "", "critical", description, "the door fails closed", success=False)


def _tables(database: Path, schema: str) -> set[str]:
    import duckdb

    with duckdb.connect(database, read_only=True) as db:
        query = "select table_name from information_schema.tables where table_schema = ?"
        return {name for (name,) in db.execute(query, [schema]).fetchall()}


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
