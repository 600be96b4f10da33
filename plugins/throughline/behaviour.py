"""Behaviour: what SQL cannot finish alone, from small aggregates -> raw.behaviour_estimate.

How concentrated contributions are (O6, O7_top*: from the histogram, with its bootstrap interval) and which units hang
on one bridge (O9: from the ties between units). The rows have the columns of marts.agg_behaviour; kpi_behaviour takes
them together and decides what may be shown. The same aggregates give the same rows on every engine.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import pyarrow as pa

from throughline.settings import Settings
from throughline.warehouse import connect

HISTOGRAM: Final = "marts.agg_contrib_hist"
BLOCKS: Final = "marts.agg_unit_block"
TABLE: Final = "behaviour_estimate"
ESTIMATE: Final = pa.schema(
    [
        *(("unit_type", pa.string()), ("unit", pa.string()), ("period_start_date", pa.date32())),
        ("metric_id", pa.string()),
        *((name, pa.float64()) for name in ("value", "ci_low", "ci_high")),
        *(("n", pa.int64()), ("people", pa.int64()), ("coverage", pa.float64()), ("own_reason", pa.string())),
        ("fingerprint", pa.string()),  # of the histogram a row was computed from
    ]
)
VERSION: Final = 1  # grows when the same histogram gives other numbers
MIN_PEOPLE: Final = 20
MIN_CONTRIBUTIONS: Final = 50
MIN_PEOPLE_TOP: Final = 100  # the top 1 % are then somebody, the top 10 % ten people
MIN_UNITS: Final = 6

Row = dict[str, Any]
Cell = tuple[str, str, date]  # unit_type, unit, first day of the window
Numbers = tuple[float, float | None, float | None]  # value and interval


def run(settings: Settings) -> None:
    """Write the estimates of the built marts into schema raw; cells that did not change keep theirs."""
    warehouse = connect(settings)
    known = warehouse.read(f"raw.{TABLE}").to_pylist()
    rows = estimates(warehouse.read(HISTOGRAM).to_pylist(), warehouse.read(BLOCKS).to_pylist(), known)
    with warehouse.raw() as raw:
        raw.table(TABLE, ESTIMATE, rows)


def estimates(
    histogram: Iterable[Mapping[str, Any]], blocks: Iterable[Mapping[str, Any]], known: Iterable[Row] = ()
) -> list[Row]:
    """Rows of agg_contrib_hist and agg_unit_block -> rows of ESTIMATE, the whole of each cell.

    known: rows of an earlier run; resampling is not repeated for a histogram that is still the same.
    """
    cells: dict[Cell, dict[int, int]] = defaultdict(dict)
    for line in histogram:
        cells[_cell(line)][line["contributions"]] = line["people"]
    windows: dict[date, list[Mapping[str, Any]]] = defaultdict(list)
    for line in blocks:
        windows[line["snapshot"]].append(line)
    kept: dict[tuple[Cell, str], list[Row]] = defaultdict(list)
    for row in known:
        kept[_cell(row), str(row["fingerprint"])].append(row)
    rows: list[Row] = []
    for cell, people in sorted(cells.items()):
        rows += kept.get((cell, _fingerprint(people))) or concentration(cell, people)
    for window, lines in sorted(windows.items()):
        rows += bridges(window, lines)
    return rows


def _cell(row: Mapping[str, Any]) -> Cell:
    return row["unit_type"], row["unit"], row["period_start_date"]


def _fingerprint(people: Mapping[int, int]) -> str:
    return hashlib.sha256(repr((VERSION, sorted(people.items()))).encode()).hexdigest()[:16]


def concentration(cell: Cell, people: Mapping[int, int]) -> Iterator[Row]:
    """The four numbers of one cell from {contributions: people}, those with none included."""
    from throughline.statistics import network

    row = partial(_row, cell, fingerprint=_fingerprint(people))
    made = sorted(people)
    counts = [people[value] for value in made]
    first = 1 if made[0] == 0 else 0  # the contributors begin here
    n, n_active, total = sum(counts), sum(counts[first:]), sum(value * people[value] for value in made)
    x, drawn = network.resampled(made, counts, draws=network.DRAWS if n >= MIN_PEOPLE else 0)

    def gini(start: int) -> Numbers:
        value, corrected = network.published_gini(made[start:], counts[start:])
        return _around(value, network.interval(network.ginis(x[start:], drawn[:, start:], corrected=corrected)))

    def top(part: float) -> Numbers:
        return _around(network.top_share(made, counts, part), network.interval(network.top_shares(x, drawn, part)))

    is_enough = total >= MIN_CONTRIBUTIONS and n >= MIN_PEOPLE
    is_top = total > 0 and n >= MIN_PEOPLE_TOP
    yield row("O6_all", gini(0) if is_enough else None, n=n)
    yield row("O6_active", gini(first) if is_enough and n_active >= MIN_PEOPLE else None, n=n_active)
    yield row("O7_top1", top(0.01) if is_top else None, n=n)
    yield row("O7_top10", top(0.1) if is_top else None, n=n)


def _around(value: float, bounds: tuple[float, float]) -> Numbers:
    """A percentile interval holds the value it belongs to, also where resampling is biased."""
    return value, min(bounds[0], value), max(bounds[1], value)


def bridges(window: date, blocks: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Burt's constraint of each unit in the network of units of one window; none where fewer than 6 have ties."""
    import numpy as np

    from throughline.statistics import network

    lines = list(blocks)
    people = {line["unit_a"]: line["n_a"] for line in lines if line["unit_a"] == line["unit_b"]}
    place = {unit: at for at, unit in enumerate(sorted(people))}
    ties = np.zeros((len(place), len(place)))
    for line in lines:
        ties[place[line["unit_a"]], place[line["unit_b"]]] = line["ties"]
    constraint = network.unit_constraint(ties)
    enough = np.isfinite(constraint).sum() >= MIN_UNITS
    for unit, at in place.items():
        shown = enough and math.isfinite(constraint[at])
        numbers = (float(constraint[at]), None, None) if shown else None
        yield _row(("org_unit", unit, window), "O9", numbers, n=people[unit])


def _row(cell: Cell, metric_id: str, numbers: Numbers | None, *, n: int, fingerprint: str | None = None) -> Row:
    """n people are what the value was computed from; without enough of them there are no numbers."""
    unit_type, unit, period = cell
    value, low, high = numbers or (None, None, None)
    return {
        **{"unit_type": unit_type, "unit": unit, "period_start_date": period, "metric_id": metric_id},
        **{"value": value, "ci_low": low, "ci_high": high, "n": n, "people": n},
        **{"coverage": None, "own_reason": None if numbers else "insufficient_n", "fingerprint": fingerprint},
    }
