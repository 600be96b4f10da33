"""What was published, for a reader at a terminal: the scorecard, the KPI tables, and where everything lies."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from throughline.ledger import Ledger
from throughline.settings import Settings
from throughline.warehouse import connect

SHOWN_ROWS: Final = 4  # of each table
SHOWN_COLUMNS: Final = 8  # that hold anything in those rows
QUIET: Final = ("metric_version", "period_grain", "unit_type", "_reason", "_ci_low", "_ci_high")  # for those who query
READ_ROWS: Final = 500


def show_summary(out: Console, use: Settings) -> None:
    """Print it. Raises Refused when nothing is published."""
    _show_files(out, use)
    _, found = connect(use).query(
        "select table_name from information_schema.tables where table_schema = 'kpi' order by 1"
    )
    tables = [str(row[0]) for row in found]
    if "kpi_scorecard" in tables:
        _show_scorecard(out, use)
    for table in tables:
        if table.startswith("kpi_") and table not in ("kpi_scorecard", "kpi_value"):
            _show_table(out, use, table)
    counts = {name: connect(use).query(f'select count(*) from kpi."{name}"')[1][0][0] for name in tables}  # noqa: S608  # names from the catalog
    out.print("\n[bold]published tables[/bold] (rows)  " + ", ".join(f"kpi.{n} ({r:,})" for n, r in counts.items()))
    places = {
        "DuckDB": use.published,
        "Parquet": use.home / "kpi",
        "Data Docs": use.home / "docs" / "quality",
        "query": f"THROUGHLINE_HOME={use.home} .venv/bin/throughline query 'select * from kpi.kpi_scorecard'",  # noqa: S608  # words for a reader
    }
    for what, place in places.items():
        out.print(f"  {what:10} {place}", soft_wrap=True)


def _show_files(out: Console, use: Settings) -> None:
    entries = Ledger(use.ledger).entries()
    states = Counter(entry.state for entry in entries)
    rows_in, loaded, rejected, twice = (
        sum(getattr(entry, name) or 0 for entry in entries)
        for name in ("rows_in", "rows_loaded", "rows_rejected", "rows_duplicate")
    )
    listed = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    out.print(f"\n[bold]files[/bold]  {listed}")
    out.print(f"[bold]rows[/bold]   {rows_in:,} in = {loaded:,} loaded + {rejected:,} rejected + {twice:,} duplicate")
    for entry in entries:
        if entry.state == "quarantined":
            out.print(f"  quarantined: {entry.reason}")


def _show_scorecard(out: Console, use: Settings) -> None:
    columns, rows = connect(use).query("select * from kpi.kpi_scorecard order by purpose_id")
    out.print("\n[bold]scorecard[/bold]")
    for row in rows:
        card = dict(zip(columns, row, strict=True))
        numbers = [
            f"{card['metric_id'] or 'no metric'}: baseline {_cell(card['baseline_value'])}",
            f"now {_cell(card['current_value'])} [{_cell(card['current_ci_low'])}, {_cell(card['current_ci_high'])}]",
            f"n {_cell(card['current_n'])}",
            f"target {_cell(card['target_value'])} by {_cell(card['target_by_date'])}",
        ]
        judged = [str(card[name]) for name in ("verdict", "claim_level", "chasm_status") if card[name] is not None]
        out.print(f"  [bold]{card['title'] or card['purpose_id']}[/bold]  {card['org_goal'] or ''}", soft_wrap=True)
        out.print(f"    {' · '.join(numbers)}", soft_wrap=True)
        for line in (" · ".join(judged), card["sentence"], card["next_step"]):
            if line:
                out.print(f"    {line}", soft_wrap=True)


def _show_table(out: Console, use: Settings, name: str) -> None:
    """The fullest of the newest rows, in the columns that hold anything there."""
    columns, _ = connect(use).query(f'select * from kpi."{name}" limit 0')  # noqa: S608  # a name from the catalog
    newest = "period_start desc, " if "period_start" in columns else ""
    _, rows = connect(use).query(f'select * from kpi."{name}" order by {newest}1, 2, 3 limit {READ_ROWS}')  # noqa: S608  # as above
    shown = sorted(rows, key=lambda row: -sum(value is not None for value in row))[:SHOWN_ROWS]
    filled = [
        index
        for index, column in enumerate(columns)
        if not column.endswith(QUIET) and any(row[index] is not None for row in shown)
    ][:SHOWN_COLUMNS]
    out.print(f"\n[bold]kpi.{name}[/bold]" + ("" if rows else "  no rows"))
    if rows:
        table = Table(box=None, header_style="dim", pad_edge=False)
        for index in filled:
            table.add_column(columns[index], overflow="fold", max_width=18)
        for row in shown:
            table.add_row(*(_cell(row[index]) for index in filled))
        out.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)
