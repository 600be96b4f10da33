"""Evidence: the registered designs and their aggregates -> raw.impact_result and raw.impact_event_study.

Reads the small tables of marts/evidence, has each design evaluated and judged, and writes one row per design x outcome
x stratum; a refused result is a row too. The same aggregates give the same rows, all but computed_at, which is not
published.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from throughline.evaluation import Aggregates, Result, evaluate, look_at
from throughline.ledger import Ledger
from throughline.settings import Settings
from throughline.source import TIMESTAMP
from throughline.statistics.experiment import benjamini_hochberg
from throughline.statistics.guards import judge
from throughline.statistics.row import ImpactRow, Thresholds
from throughline.statistics.sentences import sentence
from throughline.warehouse import connect

METHOD_VERSION: Final = "1"
REGISTRY: Final = "marts.design_registry"
LEDGER: Final = "marts.design_leader_act"  # designs that nobody registered: leaders' first own acts
TABLES: Final = {  # table -> field of Aggregates
    "marts.agg_cluster_cell": "cells",
    "marts.agg_cohort_moments": "moments",
    "marts.agg_strata_2x2": "strata",
    "marts.agg_design_survival": "survival",
    "marts.agg_design_naive": "naive",
    "marts.agg_arm_moments": "arms",
    "marts.agg_design_balance": "balance",
    "marts.agg_design_checks": "checks",
    "marts.agg_ledger_checks": "checks",
}
_UNPUBLISHED: Final = ("declared_direction",)
_TYPES: Final = {
    "str": pa.string(), "Method | str": pa.string(), "str | None": pa.string(), "tuple[str, ...]": pa.string(),
    "Literal['fixed', 'sequential']": pa.string(), "float": pa.float64(), "float | None": pa.float64(),
    "int": pa.int64(), "int | None": pa.int64(), "date | None": pa.date32(), "datetime | None": TIMESTAMP,
}  # fmt: skip
RESULT: Final = pa.schema(
    [
        (field.name, _TYPES[str(field.type).replace('"', "'")])
        for field in fields(ImpactRow)
        if field.name not in _UNPUBLISHED
    ]
)
EVENT_STUDY: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("run_id", "design_id", "outcome")),
        ("event_time", pa.int64()),
        *((name, pa.float64()) for name in ("estimate", "se", "ci_low", "ci_high", "ci_sim_low", "ci_sim_high")),
        ("n_units", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Evidence:
    """What one run found: judged rows, and the rows of their event studies."""

    rows: list[ImpactRow]
    event_study: list[dict[str, Any]]


def run(settings: Settings, *, at: datetime) -> Evidence:
    """Evaluate every registered design of the built marts and write the results into schema raw.

    Results that are there already stay as they were computed.
    """
    warehouse = connect(settings)
    registry = [line for name in (REGISTRY, LEDGER) for line in warehouse.read(name).to_pylist()]
    tables = {name: warehouse.read(name).to_pylist() for name in TABLES}
    limits = Thresholds(min_people=settings.min_cohort)
    found = evaluate_all(registry, tables, at=at, limits=limits, looks=Ledger(settings.ledger).looks())
    results = pa.Table.from_pylist([result_row(row) for row in found.rows], schema=RESULT)
    is_known = _apart_from_time(results) == _apart_from_time(warehouse.read("raw.impact_result"))
    with warehouse.raw() as raw:
        if not is_known:
            raw.table("impact_result", RESULT, results.to_pylist())
        raw.table("impact_event_study", EVENT_STUDY, found.event_study)
    return found


def _apart_from_time(results: pa.Table) -> list[str]:
    return sorted(map(str, results.drop_columns("computed_at").to_pylist()))


def shown(settings: Settings) -> list[tuple[str, str, date]]:
    """(design, content hash, last day of its data) of every result with a number: publishing them is a look."""
    read = connect(settings).read
    until = {line["design_id"]: line["data_until_date"] for line in read("marts.agg_design_checks").to_pylist()}
    versions = {line["design_id"]: str(line["content_hash"]) for line in read(REGISTRY).to_pylist()}
    rows = read("raw.impact_result").to_pylist()
    seen = {row["design_id"] for row in rows if row["verdict"] != "refused"} & set(versions)
    return [(name, versions[name], until[name]) for name in sorted(seen) if until.get(name)]


def evaluate_all(
    registry: Iterable[Mapping[str, Any]],
    tables: Mapping[str, Iterable[Mapping[str, Any]]],
    *,
    at: datetime,
    limits: Thresholds | None = None,
    looks: Mapping[tuple[str, str], Collection[date]] | None = None,
) -> Evidence:
    """Registry and aggregates -> judged rows by design and stratum. A table of TABLES that is missing is empty.

    looks: (design, content hash) -> days until which the data of earlier publishes went, where a result was shown.
    """
    designs = sorted(registry, key=lambda design: str(design["design_id"]))
    by_design = _by_design(tables)
    fingerprints = {design["design_id"]: _fingerprint(design, by_design) for design in designs}
    run_id = hashlib.sha256("".join([METHOD_VERSION, *fingerprints.values()]).encode()).hexdigest()[:16]
    results: list[tuple[Mapping[str, Any], Result]] = []
    for design in designs:
        found = _aggregates(by_design, design["design_id"])
        days = (looks or {}).get((design["design_id"], str(design.get("content_hash"))), ())
        until = (found.checks or {}).get("data_until_date")
        look = look_at(design, found.checks, sum(day < until for day in days) if until else 0)
        for result in evaluate(design, replace(found, look=look)):
            row = replace(
                result.row,
                run_id=run_id,
                method_version=METHOD_VERSION,
                input_fingerprint=fingerprints[design["design_id"]],
                computed_at=at,
            )
            results.append((design, replace(result, row=row)))
    rows, events = [], []
    for (design, _), result in zip(results, _with_q_values(results), strict=True):
        row = judge(result.row, result.checks, limits or Thresholds())
        named = replace(row, outcome=design.get("outcome_label") or row.outcome)
        row = replace(row, sentence=sentence(named))
        rows.append(row)
        if row.verdict != "refused" and result.events is not None:
            events += _event_rows(row, result)
    return Evidence(rows, events)


def result_row(row: ImpactRow) -> dict[str, Any]:
    """One row of RESULT; codes are space-separated."""
    values = {name: getattr(row, name) for name in RESULT.names}
    return values | {"refusal_codes": " ".join(row.refusal_codes)}


def _by_design(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, dict[str, list[Mapping[str, Any]]]]:
    """design_id -> field of Aggregates -> rows."""
    out: dict[str, dict[str, list[Mapping[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for table, name in TABLES.items():
        for line in tables.get(table, ()):
            out[line["design_id"]][name].append(_steady(line))
    return out


def _steady(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line with its doubles to ten digits: the last ones depend on the order in which the warehouse summed."""
    return {key: _rounded(value) if isinstance(value, float) else value for key, value in line.items()}


def _rounded(value: float) -> float:
    return round(float(f"{value:.10g}"), 12) + 0.0  # what is left of a sum that should be 0 is 0, and not -0.0


def _aggregates(by_design: Mapping[str, Mapping[str, list[Mapping[str, Any]]]], design_id: str) -> Aggregates:
    found: dict[str, Any] = {name: lines for name, lines in by_design.get(design_id, {}).items() if name != "checks"}
    checks = by_design.get(design_id, {}).get("checks", [])
    return Aggregates(**found, checks=checks[0] if checks else None)


def _fingerprint(design: Mapping[str, Any], by_design: Mapping[str, Mapping[str, list[Mapping[str, Any]]]]) -> str:
    """sha256 over the design and its aggregates."""
    digest = hashlib.sha256(_canonical(_steady(design)).encode())
    for name, lines in sorted(by_design.get(design["design_id"], {}).items()):
        for line in sorted(map(_canonical, lines)):
            digest.update(f"\n{name} {line}".encode())
    return digest.hexdigest()


def _canonical(line: Mapping[str, Any]) -> str:
    return "\t".join(f"{name}={value}" for name, value in sorted(line.items()))


def _with_q_values(results: list[tuple[Mapping[str, Any], Result]]) -> list[Result]:
    """q_bh over the primary outcomes of one purpose, q_bh_portfolio over all; strata and sensitivities have none."""
    primary = [
        place
        for place, (design, result) in enumerate(results)
        if design.get("is_primary") and not result.row.stratum and result.row.p_value is not None
    ]
    families: dict[str, list[int]] = defaultdict(list)
    for place in primary:
        families[results[place][1].row.purpose_id].append(place)
    out = [result for _, result in results]
    for name, groups in (("q_bh", list(families.values())), ("q_bh_portfolio", [primary])):
        for group in groups:
            adjusted = benjamini_hochberg([out[place].row.p_value or 0.0 for place in group])
            for place, q in zip(group, adjusted, strict=True):
                changes: dict[str, Any] = {name: float(q)}
                out[place] = replace(out[place], row=replace(out[place].row, **changes))
    return out


def _event_rows(row: ImpactRow, result: Result) -> list[dict[str, Any]]:
    study = result.events
    assert study is not None  # noqa: S101  # asked by the caller
    numbers = [
        {
            "event_time": int(time),
            "estimate": one.estimate,
            "se": one.se,
            "ci_low": one.ci_low,
            "ci_high": one.ci_high,
            "ci_sim_low": float(low),
            "ci_sim_high": float(high),
            "n_units": int(units),
        }
        for time, one, low, high, units in zip(
            study.event_time, study.estimates, study.sim_low, study.sim_high, study.n_units, strict=True
        )
    ]
    key = {"run_id": row.run_id, "design_id": row.design_id, "outcome": row.outcome}
    return [key | {name: _number(value) for name, value in line.items()} for line in numbers]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
