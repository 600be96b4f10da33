"""Transform: build beside, audit, publish whole; or leave the last publish standing.

`build` = prepare → dbt up to the marts → weigh the evidence → dbt for kpi → audit. Airflow runs the same steps as
tasks, with dbt's own nodes in the middle.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from throughline import lake, matching, models
from throughline.ledger import CURRENT, Entry, Ledger, Publish
from throughline.metrics import metric_rows, metric_schema
from throughline.settings import Settings, export, quiet_environment
from throughline.source import TIMESTAMP, Refused
from throughline.sources import SOURCES
from throughline.warehouse import Raw, connect, staged_file

KEPT_PUBLISHES: Final = 5
FILES: Final = pa.schema(
    [
        ("file_id", pa.string()),
        ("source", pa.string()),
        ("name", pa.string()),
        ("state", pa.string()),
        ("seen_at", TIMESTAMP),
        ("loaded_at", TIMESTAMP),
        ("observed_from", TIMESTAMP),
        ("observed_until", TIMESTAMP),
        ("rows_in", pa.int64()),
        ("rows_loaded", pa.int64()),
        ("rows_rejected", pa.int64()),
        ("rows_duplicate", pa.int64()),
        ("reason", pa.string()),
    ]
)
REJECTS: Final = pa.schema(
    [
        ("file_id", pa.string()),
        ("source", pa.string()),
        ("table_name", pa.string()),
        ("reason", pa.string()),
        ("row_count", pa.int64()),
    ]
)
COLUMNS: Final = pa.schema([pa.field("source", pa.string()), *lake.COLUMNS])

FAILED: Final = ("error", "fail", "runtime error")

Progress = Callable[[str, int, int], None]
Note = Callable[[str, str, str], None]  # unique_id, status, message


@dataclass(frozen=True)
class Publication:
    """What a publish holds. rows: table -> row count; is_new is False when nothing changed since the last one."""

    publish_id: str
    rows: dict[str, int]
    is_new: bool


def prepare(settings: Settings) -> None:
    """Schema raw of the warehouse: the loaded files' records, and what the ledger knows of every file."""
    ledger = Ledger(settings.ledger)
    current = _current(ledger)
    _note_build(settings, files=sorted(entry.file_id for entry in current), audited_at=None)
    observed_until = {entry.file_id: entry.observed_until for entry in current}
    with connect(settings).raw() as raw:
        for source in SOURCES.values():
            files = [entry.file_id for entry in current if entry.source == source.name]
            for table in source.tables:
                paths = {file_id: lake.raw_file(settings.lake, source.name, table.name, file_id) for file_id in files}
                written = {file_id: path for file_id, path in paths.items() if path.exists()}
                raw.records(f"{source.name}__{table.name}", lake.raw_schema(table), written, observed_until)
        known = map(_file_row, ledger.entries(*CURRENT, "quarantined"))
        know(raw, known, rejects=_reject_rows(settings, current), columns=_column_rows(settings, current))


def know(
    raw: Raw,
    files: Iterable[dict[str, Any]],
    *,
    rejects: Iterable[dict[str, Any]] = (),
    columns: Iterable[dict[str, Any]] = (),
) -> None:
    """The tables of schema raw that hold no export's records: what throughline itself knows, and its own results."""
    from throughline import adoption, behaviour, calibration, evidence

    raw.table("files", FILES, files)
    raw.table("rejects", REJECTS, rejects)
    raw.table("file_columns", COLUMNS, columns)
    raw.table("metrics", metric_schema(), metric_rows())
    raw.ensure("impact_result", evidence.RESULT)
    raw.ensure("impact_event_study", evidence.EVENT_STUDY)
    raw.ensure("adoption_growth", adoption.GROWTH)
    raw.ensure("adoption_forecast", adoption.FORECAST)
    raw.ensure("calibration", calibration.SCHEMA)
    raw.ensure("behaviour_estimate", behaviour.ESTIMATE)


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What the dbt profile and the models read, and where dbt keeps its artifacts."""
    return connect(settings).dbt_environment() | {
        "THROUGHLINE_MIN_COHORT": str(settings.min_cohort),
        "DBT_TARGET_PATH": str(settings.home / "dbt" / "target"),
        "DBT_LOG_PATH": str(settings.home / "dbt" / "logs"),
    }


def dbt(
    settings: Settings,
    command: str = "build",
    select: str | None = None,
    progress: Progress | None = None,
    *,
    exclude: Iterable[str] = (),
    full: bool = False,
) -> None:
    """Run one dbt command in a process of its own. Raises Refused naming the model or test that failed.

    full: build what has not changed too. dbt would write its manifest twice a run: it is left while it is up to date.
    """
    arguments = [str(Path(sys.executable).with_name("dbt")), "--log-format", "json", "--log-format-file", "text"]
    arguments += ["--no-write-json"] if command in ("run", "build") and models.has_manifest(settings) else []
    arguments += _dbt_arguments(settings, command, select, exclude) + (["--full-refresh"] if full else [])
    environment = quiet_environment() | dbt_environment(settings)
    failed: dict[str, str] = {}
    errors: list[str] = []
    with subprocess.Popen(  # noqa: S603  # our own arguments
        arguments, env=environment, cwd=settings.dbt_project, stdout=subprocess.PIPE, text=True
    ) as process:
        for event in _events(process):
            info, node = event.get("info", {}), event.get("data", {}).get("node_info", {})
            if info.get("name") in ("LogModelResult", "LogTestResult") and progress:
                progress(node.get("node_name", ""), *_position(event))
            elif info.get("name") == "RunResultError":
                failed[node.get("node_name", "")] = info.get("msg", "")
            elif info.get("level") == "error":
                errors.append(info.get("msg", "").strip())
    if process.returncode:
        why = _failures(failed) or (errors[0].splitlines()[0] if errors else "no reason given")
        raise Refused(f"dbt {command} failed: {why}", remedy=f"see {settings.home / 'dbt' / 'logs' / 'dbt.log'}")


def dbt_here(settings: Settings, group: str, note: Note) -> None:
    """dbt's build of a group in this process, so that it ends with it; as a task runs it. Each result is noted at once.

    dbt keeps the warehouse open and leaves traces in the process: once in a process.
    Raises Refused where a test failed, RuntimeError otherwise.
    """
    failed: dict[str, str] = {}
    statuses: set[str] = set()

    def take(event: Any) -> None:
        if event.info.name == "NodeFinished":
            node, result = event.data.node_info, event.data.run_result
            message = " ".join(result.message.split())[:200]
            note(node.unique_id, result.status, message)
            statuses.add(result.status)
            if result.status in FAILED:
                failed[node.node_name] = message

    environment = dbt_environment(settings)
    with models.building(settings, group, environment) as building:
        for model in building.standing.values():
            for unique_id in (model.unique_id, *model.tests):
                note(unique_id, "no-op", "unchanged")
        if building.is_needed:
            from dbt.cli.main import dbtRunner

            export(environment)
            arguments = _dbt_arguments(settings, "build", models.select(group), building.names)
            done = dbtRunner(callbacks=[take]).invoke(["--no-write-json", *arguments])
            if not done.success:
                sentence = f"dbt build failed: {_failures(failed) or done.exception or 'no reason given'}"
                # but for a failed test it may be a fault of the machine, and worth another try
                raise Refused(sentence) if "fail" in statuses else RuntimeError(sentence)


def build_models(settings: Settings, group: str, progress: Progress | None = None, *, full: bool = False) -> None:
    """dbt's build of a group, in a process of its own. Raises Refused naming the model or test that failed."""
    with models.building(settings, group, dbt_environment(settings), full=full) as building:
        if building.is_needed:
            select = models.select(group)
            dbt(settings, select=select, exclude=building.names, progress=progress, full=full)


def _dbt_arguments(settings: Settings, command: str, select: str | None, exclude: Iterable[str] = ()) -> list[str]:
    """Unit tests check the SQL, not the data: they belong to the project's tests and stay out of a build.

    A test goes with all that it reads, not with one of them.
    """
    arguments = ["--no-use-colors", command]
    if command == "build":
        arguments += ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
    arguments += ["--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)]
    arguments += ["--select", *select.split()] if select else []
    left_out = list(exclude)
    return arguments + (["--exclude", *left_out] if left_out else [])


def audit(settings: Settings, *, at: datetime) -> None:
    """Stage the built kpi tables and check exactly those at the exit, and the join that they rest on before.

    Raises Refused; the last publish then stands.
    """
    from throughline import evidence, quality

    read = connect(settings).read
    people = matching.matches(read("intermediate.int_people_match").to_pylist())
    matching.check(people)
    publish_id, rows = connect(settings).stage(settings.min_cohort)
    staged = staged_file(settings.home, publish_id)
    report = quality.exit(staged, settings.home / "docs" / "quality", settings.min_cohort)
    if not report.success:
        raise Refused(f"not published: {report.sentence}", remedy="the last publish stands; see the Data Docs")
    passed: dict[str, Any] = {"audited_at": at.isoformat(), "publish_id": publish_id, "rows": rows}
    inputs = [matching.InputMatch(**row) for row in read("intermediate.int_input_match").to_pylist()]
    passed |= {"people": list(map(asdict, people)), "warnings": matching.input_warnings(inputs)}
    looks = [(*key, day.isoformat()) for *key, day in evidence.shown(settings)]
    _note_build(settings, **_build(settings) | passed | {"looks": looks})


def build(settings: Settings, *, at: datetime, progress: Progress | None = None, full: bool = False) -> None:
    """Everything up to the swap: raw, dbt models and tests, the designs' evidence, exit gate.

    What did not change is left as it is; full builds that too.
    """
    prepare(settings)
    build_models(settings, "models", progress, full=full)
    weigh(settings, at=at)
    build_models(settings, "kpi", progress, full=full)
    audit(settings, at=at)


def weigh(settings: Settings, *, at: datetime) -> None:
    """What Python finishes, from the marts into schema raw: results, calibration, growth, forecasts, behaviour."""
    from throughline import adoption, behaviour, calibration, evidence

    evidence.run(settings, at=at)
    calibration.fill(settings)
    adoption.run(settings)
    behaviour.run(settings)


def publish(settings: Settings, *, at: datetime) -> Publication:
    """Swap the audited build in. Raises Refused when there is none."""
    built = audited(settings)
    publish_id, rows = built["publish_id"], built["rows"]
    ledger = Ledger(settings.ledger)
    earlier = ledger.publishes()
    warehouse = connect(settings)
    warehouse.switch(publish_id)
    kept = [p.publish_id for p in earlier if p.publish_id != publish_id][: KEPT_PUBLISHES - 1]
    live = Publish(publish_id, at, True, sum(rows.values()))
    loaded = [entry for entry in ledger.entries("loaded") if entry.file_id in set(built["files"])]
    ledger.published(live, loaded=loaded, kept=kept)
    ledger.look([(name, version, date.fromisoformat(day)) for name, version, day in built["looks"]], at=at)
    warehouse.forget([publish_id, *kept])
    return Publication(publish_id, rows, is_new=not any(p.publish_id == publish_id and p.is_live for p in earlier))


def is_audited(settings: Settings) -> bool:
    """The warehouse holds a whole build that passed the gate."""
    return bool(_build(settings).get("audited_at"))


def audited(settings: Settings) -> dict[str, Any]:
    """The build that passed the gate: publish_id, rows, files. Raises Refused when there is none."""
    if not is_audited(settings):
        raise Refused("there is no audited build", remedy="run: throughline build")
    return _build(settings)


def people(settings: Settings) -> list[matching.Match]:
    """How the accounts of each source matched in the last build; nothing before one."""
    return [matching.Match(**row) for row in _build(settings).get("people", ())]


def warnings(settings: Settings) -> list[str]:
    """What is not there to join with, and what joined badly or in silence with nothing in the last build."""
    missing = matching.missing({entry.source for entry in _current(Ledger(settings.ledger))})
    return [*missing, *matching.warnings(people(settings)), *_build(settings).get("warnings", ())]


def rollback(settings: Settings) -> Publish:
    """Back to the publish before the live one. Raises Refused when there is none."""
    ledger = Ledger(settings.ledger)
    kept = ledger.publishes()
    live = next((index for index, p in enumerate(kept) if p.is_live), None)
    if live is None or live + 1 >= len(kept):
        raise Refused("there is no earlier publish to go back to")
    connect(settings).switch(kept[live + 1].publish_id)
    ledger.make_live(kept[live + 1].publish_id)
    return kept[live + 1]


def unpublished(settings: Settings) -> list[Entry]:
    """Loaded files that no publish holds yet."""
    return Ledger(settings.ledger).entries("loaded")


def unbuilt(settings: Settings) -> list[Entry]:
    """Loaded files that no build has seen yet; one that a gate stopped is not built again until something is new."""
    seen = set(_build(settings).get("files", ()))
    return [entry for entry in unpublished(settings) if entry.file_id not in seen]


def _current(ledger: Ledger) -> list[Entry]:
    """Files whose rows count, one per content."""
    return list({entry.file_id + entry.source: entry for entry in ledger.entries(*CURRENT)}.values())


def _build(settings: Settings) -> dict[str, Any]:
    """What the warehouse holds: the files that were there when it was prepared, and whether it passed the gate."""
    path = settings.home / "build.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _note_build(settings: Settings, **facts: Any) -> None:
    draft = settings.home / ".build.json"
    draft.write_text(json.dumps(facts))
    draft.replace(settings.home / "build.json")


def _file_row(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in FILES.names if name != "loaded_at"} | {"loaded_at": entry.seen_at}


def _reject_rows(settings: Settings, entries: list[Entry]) -> Iterator[dict[str, Any]]:
    """One row per file, table and reason."""
    import pyarrow.parquet as pq

    for entry in entries:
        path = lake.rejects_file(settings.lake, entry.source, entry.file_id)
        if path.exists():
            counted = pq.read_table(path).group_by(["file_id", "table_name", "reason"]).aggregate([([], "count_all")])
            for row in counted.rename_columns(["file_id", "table_name", "reason", "row_count"]).to_pylist():
                yield row | {"source": entry.source}


def _column_rows(settings: Settings, entries: list[Entry]) -> Iterator[dict[str, Any]]:
    """One row per file, table, column and status."""
    for entry in entries:
        yield from ({"source": entry.source, **row} for row in lake.columns(settings.lake, entry.source, entry.file_id))


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None  # noqa: S101  # opened with a pipe
    for line in process.stdout:
        if line.startswith("{"):
            yield json.loads(line)


def _position(event: dict[str, Any]) -> tuple[int, int]:
    data = event.get("data", {})
    return int(data.get("index") or 0), int(data.get("total") or data.get("num_models") or 0)


def _failures(failed: dict[str, str]) -> str:
    """Models and tests that failed, with the first one's reason; "" where none did."""
    if not failed:
        return ""
    names = ", ".join(list(failed)[:3])
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    return f"{names}{more} ({' '.join(next(iter(failed.values())).split())[:200]})"
