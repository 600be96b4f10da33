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
SHOWN_COLUMNS: Final = 9  # that hold anything in those rows
CARD: Final = ("purpose_id", "goal", "metric", "baseline", "target", "current", "claim_level", "verdict", "sentence")


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
    out.print(f"  DuckDB     {use.published}")
    out.print(f"  Parquet    {use.home / 'kpi'}/")
    out.print(f"  Data Docs  {use.home / 'docs' / 'quality'}/")
    out.print(f"  query      THROUGHLINE_HOME={use.home} throughline query 'show all tables'")


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
    columns, rows = connect(use).query("select * from kpi.kpi_scorecard order by 1")
    out.print("\n[bold]scorecard[/bold]")
    for row in rows:
        card = dict(zip(columns, row, strict=True))
        title = card.get("purpose_id") or columns[0]
        facts = [f"{name} {_cell(card[name])}" for name in CARD[1:-1] if card.get(name) is not None]
        out.print(f"  [bold]{title}[/bold]  {' · '.join(facts)}")
        if card.get("sentence"):
            out.print(f"    {card['sentence']}")


def _show_table(out: Console, use: Settings, name: str) -> None:
    columns, rows = connect(use).query(f'select * from kpi."{name}" order by 1, 2, 3 limit {SHOWN_ROWS}')  # noqa: S608  # a name from the catalog
    filled = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)][:SHOWN_COLUMNS]
    table = Table(title=f"kpi.{name}", title_justify="left", box=None, header_style="dim", pad_edge=False)
    for index in filled:
        table.add_column(columns[index], no_wrap=True, max_width=24)
    for row in rows:
        table.add_row(*(_cell(row[index]) for index in filled))
    out.print()
    out.print(table if rows else f"kpi.{name}: no rows")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)
