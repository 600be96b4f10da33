"""The command line: the DAGs' steps without Airflow. Exit 0 done, 1 refused or failed with one line, 2 wrong usage."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid
from rich.text import Text

from throughline import intake, landing, migration, settings, transform
from throughline.ledger import Ledger
from throughline.source import Refused, Stopped
from throughline.sources import SOURCES

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
out = Console()
err = Console(stderr=True)
_FOLDED_FROM: Final = 16  # characters: a cell that is longer may be folded and is still readable

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]


def main() -> None:
    """Run the command line; every failure is one clear line."""
    try:
        app()
    except Stopped as stopped:
        _fail(stopped.sentence)
    except BrokenPipeError:
        raise SystemExit(1) from None
    except Exception as error:  # the last guard: a traceback may hold values, so only its place is shown
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _fail(f"unexpected {type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}")


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(help="Where to write, laid out as a landing zone.", metavar="DIR")],
    people: Annotated[int, typer.Option(min=20, help="People in the organisation.")] = 400,
    weeks: Annotated[int, typer.Option(min=12, help="Weeks of history.")] = 78,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    as_json: Json = False,
) -> None:
    """Write the sample organisation's exports; in the landing zone its purposes are registered as of their days."""
    from throughline.sample import register, write

    files = write(directory, people=people, weeks=weeks, seed=seed)
    facts = [{"name": f.relative_to(directory).as_posix(), "size_bytes": f.stat().st_size} for f in files]
    use = settings.load()
    registered = register(use) if directory.absolute() == use.landing else []

    def show() -> None:
        _grid("sample exports", facts)
        if registered:
            out.print(f"registered {len(registered)} purposes as of their files' days, three weeks before each start")

    _print(as_json, {"directory": str(directory), "files": facts, "registered": registered}, show)


@app.command()
def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files or folders; default: what is new in the landing zone.")
    ] = None,
    source: Annotated[str, typer.Option(help="Source of the given paths, where their folder does not tell it.")] = "",
    as_json: Json = False,
) -> None:
    """Take every new file of the landing zone, or the given paths; quarantine what is refused."""
    use = settings.load()
    only = {_landed(use, path, source) for given in paths or [] for path in _files(given)}
    taken = _ingest(use, only)
    _print(as_json, {"files": [asdict(t) for t in taken]}, lambda: _show_taken(taken))


@app.command()
def build(
    full: Annotated[bool, typer.Option("--full", help="Build every table anew, not only what changed.")] = False,
    as_json: Json = False,
) -> None:
    """Build beside the live tables: dbt, tests, exit gate."""
    use = settings.load()
    _build(use, full=full)
    _print(as_json, {"built": True}, lambda: out.print("built and audited; publish it with: throughline publish"))


@app.command()
def publish(as_json: Json = False) -> None:
    """Swap the audited build in."""
    use = settings.load()
    done = transform.publish(use, at=_now())
    _print(as_json, asdict(done), lambda: _show_publication(use, done))


@app.command()
def rollback(as_json: Json = False) -> None:
    """Back to the previous publish."""
    live = transform.rollback(settings.load())
    facts = {"publish_id": live.publish_id, "published_at": live.published_at.isoformat()}
    _print(
        as_json,
        facts,
        lambda: out.print(f"live again: publish {live.publish_id} of {live.published_at:%Y-%m-%d %H:%M} UTC"),
    )


@app.command()
def migrate(
    to: Annotated[str, typer.Argument(metavar="URL", help="As THROUGHLINE_WAREHOUSE: the engine to move to.")],
    as_json: Json = False,
) -> None:
    """Move to another engine: build there from the raw files, prove that all tables are equal, publish."""
    use = settings.load()
    with _progress("migrate", None) as step:
        done = migration.migrate(use, to, at=_now(), progress=step)

    def show() -> None:
        rows = sum(done.rows.values())
        out.print(f"{len(done.rows)} tables with {rows:,} rows are equal on both engines and published there")
        out.print("from now on set THROUGHLINE_WAREHOUSE to that URL, for Airflow too")

    _print(as_json, asdict(done), show)


@app.command()
def run(as_json: Json = False) -> None:
    """Ingest, build, publish: the DAGs' work without Airflow."""
    use = settings.load()
    taken = _ingest(use, set())
    _build(use)
    done = transform.publish(use, at=_now())

    def show() -> None:
        _show_taken(taken)
        _show_publication(use, done)

    people = [asdict(one) for one in transform.people(use)]
    facts = {"files": [asdict(t) for t in taken], **asdict(done), "people": people}
    _print(as_json, facts | {"warnings": transform.warnings(use)}, show)


@app.command()
def status(
    files: Annotated[bool, typer.Option("--files", help="Every file, not only the counts.")] = False,
    as_json: Json = False,
) -> None:
    """Files by state, rows in = loaded + rejected + duplicate, freshness, columns, people, publishes."""
    use = settings.load()
    ledger = Ledger(use.ledger)
    entries = ledger.entries()
    states: dict[str, dict[str, Any]] = {}
    for entry in entries:
        row = states.setdefault(f"{entry.source or '?'} {entry.state}", _no_rows(entry.source or "?", entry.state))
        row["files"] += 1
        for name in ("rows_in", "rows_loaded", "rows_rejected", "rows_duplicate"):
            row[name] += getattr(entry, name) or 0
        if entry.observed_until:
            row["observed_until"] = max(row["observed_until"], f"{entry.observed_until:%Y-%m-%d %H:%M}")
    counted = [entry for entry in entries if entry.rows_in is not None]
    facts: dict[str, Any] = {
        "home": str(use.home),
        "landing": str(use.landing),
        "states": list(states.values()),
        "balanced": all(
            e.rows_in == (e.rows_loaded or 0) + (e.rows_rejected or 0) + (e.rows_duplicate or 0) for e in counted
        ),
        "columns": intake.drift(use),
        "people": [asdict(one) | {"matched": one.sentence} for one in transform.people(use)],
        "warnings": transform.warnings(use),
        "publishes": [asdict(p) | {"published_at": f"{p.published_at:%Y-%m-%d %H:%M:%S}"} for p in ledger.publishes()],
    }
    listed = [{"name": e.name, "state": e.state, "rows_loaded": e.rows_loaded, "reason": e.reason} for e in entries]

    def show() -> None:
        _grid("files", [_short(state) for state in facts["states"]] or [{"files": 0}])
        if files:
            _grid("every file", listed)
        if facts["columns"]:
            _grid("columns", [row | {"columns": _names(row["columns"])} for row in facts["columns"]])
        if facts["people"]:
            _grid("people", [{"": one["matched"]} for one in facts["people"]])
        if facts["warnings"]:
            _grid("to mend", [{"": sentence} for sentence in facts["warnings"]])
        _grid("publishes (UTC)", facts["publishes"] or [{"publish_id": "none yet"}])

    _print(as_json, facts | ({"files": listed} if files else {}), show)


@app.command()
def query(sql: Annotated[str, typer.Argument(help="One statement.")], as_json: Json = False) -> None:
    """Read-only SQL on what is published: schema kpi."""
    from throughline.warehouse import connect

    columns, rows = connect(settings.load()).query(sql)
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    _print(as_json, {"columns": columns, "rows": records}, lambda: _show_rows(columns, records))


@app.command()
def brief(
    purpose: Annotated[str, typer.Argument(help="A purpose's id.", metavar="PURPOSE")], as_json: Json = False
) -> None:
    """One page about a purpose, from what is published: HTML, PDF and JSON below the home's briefs."""
    from throughline.brief import write

    done = write(settings.load(), purpose)

    def show() -> None:
        out.print(done.facts["claim"]["sentence"], markup=False, highlight=False)
        out.print(f"{done.html}\n{done.pdf}\n{done.json}", soft_wrap=True, highlight=False)

    _print(as_json, {"html": str(done.html), "pdf": str(done.pdf), "json": str(done.json), **done.facts}, show)


@app.command()
def plan(
    purpose: Annotated[str, typer.Argument(help="A purpose's id.", metavar="PURPOSE")], as_json: Json = False
) -> None:
    """Before a purpose starts: which difference could be found, with how many teams or deals and weeks."""
    from throughline import planning

    use = settings.load()
    found = planning.plan(use, purpose)
    drawn = planning.picture(use, found)

    def show() -> None:
        _grid(f"{found.design_id}, in {found.unit}", [asdict(row) for row in found.rows])
        out.print(found.sentence, highlight=False)
        if drawn:
            out.print(str(drawn), soft_wrap=True, highlight=False)

    _print(as_json, asdict(found) | {"picture": drawn and str(drawn)}, show)


@app.command()
def calibrate(
    purpose: Annotated[
        str, typer.Argument(help="A purpose's id; default: all, kept for the next publish.", metavar="PURPOSE")
    ] = "",
    as_json: Json = False,
) -> None:
    """How often a method cries wolf on your own past: placebo starts and exposures, teams drawn by lot."""
    from throughline import calibration

    use = settings.load()
    found = calibration.calibrate(use, purpose) if purpose else calibration.renew(use)

    def show() -> None:
        for row in found:
            out.print(f"{row.design_id}, {row.check_name}", style="bold", highlight=False)
            out.print(row.sentence, highlight=False)
        if not found:
            out.print("no design is registered that could be calibrated")

    _print(as_json, {"rows": [asdict(row) for row in found]}, show)


@app.command()
def quarantine(
    release: Annotated[
        str, typer.Option("--release", metavar="NAME", help="Load what could be read of this file.")
    ] = "",
    reason: Reason = "",
    as_json: Json = False,
) -> None:
    """List what was refused and why; release a file."""
    use = settings.load()
    if release:
        if not reason:
            raise typer.BadParameter("a release needs --reason")
        done = intake.release(use, release, at=_now(), reason=reason)
        _print(as_json, asdict(done), lambda: _show_taken([done]))
        return
    held = [{"name": e.name, "reason": e.reason} for e in Ledger(use.ledger).entries("quarantined")]
    _print(as_json, {"files": held}, lambda: _grid("quarantine", held or [{"name": "nothing is in quarantine"}]))


@app.command()
def reprocess(
    names: Annotated[list[str], typer.Argument(help="Names below the landing zone, as in: status --files.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Take files again from the landing zone."""
    taken = intake.reprocess(settings.load(), names, at=_now(), reason=reason)
    _print(as_json, {"files": [asdict(t) for t in taken]}, lambda: _show_taken(taken))


# -- steps -------------------------------------------------------------------------------------------------------


def _ingest(use: settings.Settings, only: set[str]) -> list[intake.Taken]:
    waiting = [w for w in intake.discover(use, at=_now()) if not only or w["name"] in only]
    taken = []
    with _progress("ingest", len(waiting)) as step:
        for file in waiting:
            step(file["name"])
            taken.append(intake.take(use, file["name"], file["file_id"], at=_now()))
    return taken


def _build(use: settings.Settings, *, full: bool = False) -> None:
    if not Ledger(use.ledger).entries("loaded", "published"):
        sample = f", or run: throughline sample {use.landing}" if isinstance(use.landing, Path) else ""
        raise Refused("nothing is loaded yet", remedy=f"drop exports into {use.landing}{sample}")
    with _progress("build", None) as step:
        transform.build(use, at=_now(), progress=step, full=full)
    for sentence in transform.warnings(use):
        err.print(f"throughline: {sentence}", style="yellow", markup=False, highlight=False, soft_wrap=True)


def _files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise Refused("there is no such file", where=str(path))
    yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _landed(use: settings.Settings, path: Path, source: str) -> str:
    """The name below the landing zone; a file from elsewhere is copied there first, into its source's folder."""
    path = path.resolve()
    if isinstance(use.landing, Path) and path.is_relative_to(use.landing.resolve()):
        return path.relative_to(use.landing.resolve()).as_posix()
    source = source or next((part for part in reversed(path.parts[:-1]) if part in SOURCES), "")
    if source not in SOURCES:
        raise Refused(
            "it is not clear which source it belongs to", where=str(path), remedy=f"add --source {'|'.join(SOURCES)}"
        )
    name = f"{source}/{path.name}"
    landing.zone(use.landing).put(path, name)
    return name


def _now() -> datetime:
    """The one clock of the command line."""
    return datetime.now(UTC)


# -- what is shown -------------------------------------------------------------------------------------------------


@contextmanager
def _progress(label: str, total: int | None) -> Iterator[Callable[..., None]]:
    """A bar on a terminal, silence elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(label, total=total)

        def step(name: str, index: int | None = None, of: int | None = None) -> None:
            if index is None:
                bar.update(task, description=f"{label} {name}", advance=1)
            else:
                bar.update(task, description=f"{label} {name}", completed=index, total=of or None)

        yield step


def _print(as_json: bool, facts: dict[str, Any], show: Callable[[], None]) -> None:
    if as_json:
        sys.stdout.write(json.dumps(facts, default=str, ensure_ascii=False) + "\n")
    else:
        show()


def _grid(title: str, rows: list[dict[str, Any]]) -> None:
    if title:
        out.print(f"\n{title}", style="bold", highlight=False)
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="underline", show_header=any(rows[0]))
    for name, value in rows[0].items():
        grid.add_column(name, justify="right" if isinstance(value, int | float) else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(_cell(value)) for value in row.values()))
    out.print(grid)


def _show_rows(columns: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """A table; rows that are too wide for one, one by one."""
    if not rows:
        out.print(f"no rows of {', '.join(columns)}", markup=False, highlight=False, soft_wrap=True)
    elif _fits(columns, rows):
        _grid("", rows)
    else:
        for number, row in enumerate(rows, start=1):
            out.print(f"row {number:,}", style="bold", highlight=False)
            for name, value in row.items():
                line = f"  {name:<{max(map(len, row))}}  {_cell(value)}"
                out.print(line, markup=False, highlight=False, soft_wrap=True)


def _fits(columns: Sequence[str], rows: list[dict[str, Any]]) -> bool:
    """Whether the columns are readable side by side: texts may be folded, numbers and short words not."""
    widest = [max([len(name), *(len(_cell(row[name])) for row in rows)]) for name in columns]
    return sum(min(width, _FOLDED_FROM) + 2 for width in widest) <= out.width


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    return (
        "" if value is None else f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    )


def _show_taken(taken: list[intake.Taken]) -> None:
    rows = [{"file": t.name, "state": t.state, "rows": t.rows_loaded, "": t.sentence} for t in taken]
    _grid("taken", rows or [{"file": "nothing new in the landing zone"}])


def _show_publication(use: settings.Settings, done: transform.Publication) -> None:
    _grid(
        "published" if done.is_new else "published (nothing changed)",
        [{"table": t, "rows": n} for t, n in done.rows.items()],
    )
    server = "" if use.warehouse.startswith("duckdb") else "the warehouse and "
    out.print(f"for BI tools: {server}{use.published} (schema kpi), {use.home / 'kpi'}/<table>.parquet")


def _names(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _short(state: dict[str, Any]) -> dict[str, Any]:
    """What a line of a terminal has room for."""
    shown = state | {"observed_until": state["observed_until"][:10]}
    return {name.removeprefix("rows_").replace("_", " "): value for name, value in shown.items()}


def _no_rows(source: str, state: str) -> dict[str, Any]:
    counts = dict.fromkeys(("files", "rows_in", "rows_loaded", "rows_rejected", "rows_duplicate"), 0)
    return {"source": source, "state": state, **counts, "observed_until": ""}


def _fail(sentence: str) -> None:
    err.print(f"throughline: {sentence}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(1)
