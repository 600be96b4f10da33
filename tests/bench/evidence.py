"""make bench EVIDENCE=1: twenty designs of 2,000 clusters over 120 periods, from their aggregates to judged rows.

Half of the designs have one start, half have twelve. What the warehouse would hand over is made beforehand from random
panels with fixed seeds; measured is what `evidence` does with it: fingerprints, estimates, event studies, guard rails.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

CLUSTERS, PERIODS, DESIGNS = 2_000, 120, 20
Lines = list[dict[str, Any]]


def registered(number: int, method: str) -> dict[str, Any]:
    return {
        "design_id": f"purpose-{number}:C1b_180:{method}", "purpose_id": f"purpose-{number}", "outcome": "C1b_180",
        "method": method, "outcome_kind": "won", "horizon_days": 180, "unit_of_measure": "share", "landmark_days": None,
        "declared_direction": 1, "min_effect_of_interest": 0.02, "is_primary": True, "is_main": True,
        "anticipation_periods": 0, "is_registered": True, "problem_codes": "",
    }  # fmt: skip


def aggregates(design: dict[str, Any], seed: int, clusters: int, periods: int) -> dict[str, Lines]:
    """The rows of one design in each table that it reads: half of the clusters are treated, ten deals a cell."""
    rng = np.random.default_rng(seed)
    several = design["method"] == "staggered_did"
    starts = np.linspace(periods // 3, 2 * periods // 3, 12).astype(int) if several else np.array([periods // 2])
    start = np.where(np.arange(clusters) < clusters // 2, rng.choice(starts, clusters), 0)
    t = np.arange(1, periods + 1)
    treated = (start[:, None] > 0) & (t >= start[:, None])
    y = 0.25 + 0.05 * rng.normal(size=(clusters, 1)) + 0.1 * rng.normal(size=(clusters, periods)) + 0.03 * treated
    moments: Lines = []
    for cohort in np.unique(start):
        block = y[start == cohort]
        total, cross = block.sum(axis=0), block.T @ block
        moments += [
            {"cohort": int(cohort), "t": i + 1, "s": j + 1, "n_units": len(block), "shift": 0.0}
            | {"sum_y_t": total[i], "sum_y_s": total[j], "sum_y_t_y_s": cross[i, j]}
            for i in range(periods)
            for j in range(i, periods)
        ]
    after = t >= starts.min()
    cells = [
        {"cluster_id": f"{number:05}", "arm": int(start[number] > 0), "period": period, "n": 10 * int(mask.sum())}
        | {"sum_y": 10 * y[number, mask].sum(), "sum_y2": 10 * y[number, mask].sum(), "shift": 0.0}
        for number in range(clusters)
        for period, mask in ((0, ~after), (1, after))
    ]
    units = clusters // 2 * periods * 10
    checks = {
        "n_units_total": 2 * units, "n_units_dropped": 0, "n_units_t": units, "n_units_c": units, "n_people_t": 500,
        "n_people_c": 500, "n_events_t": units // 4, "n_events_c": units // 4, "window_start_date": date(2020, 1, 1),
        "window_end_date": date(2026, 1, 1), "data_until_date": date(2026, 7, 1),
    }  # fmt: skip
    naive = [{"is_linked": linked, "n": units, "sum_y": units / 4, "sum_y2": units / 4} for linked in (True, False)]
    tables = {"agg_cluster_cell": cells, "agg_cohort_moments": moments, "agg_design_naive": naive}
    named = {"design_id": design["design_id"]}
    return {f"marts.{name}": [named | line for line in lines] for name, lines in tables.items()} | {
        "marts.agg_design_checks": [named | checks]
    }


def measured(
    designs: int = DESIGNS, clusters: int = CLUSTERS, periods: int = PERIODS
) -> tuple[float, float, list[str]]:
    """(seconds, seconds of work, verdicts): all designs evaluated in one run, as the task `evidence` does it."""
    from throughline.evidence import evaluate_all

    registry = [registered(number, ("did", "staggered_did")[number % 2]) for number in range(designs)]
    tables: dict[str, Lines] = {}
    for seed, design in enumerate(registry):
        for name, lines in aggregates(design, seed, clusters, periods).items():
            tables.setdefault(name, []).extend(lines)
    began, worked = time.perf_counter(), time.process_time()
    found = evaluate_all(registry, tables, at=datetime(2026, 7, 6, tzinfo=UTC))
    taken = time.perf_counter() - began, time.process_time() - worked
    return *taken, [row.verdict for row in found.rows]


def main() -> None:
    seconds, worked, verdicts = measured()
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{where}: {DESIGNS} designs x {CLUSTERS:,} clusters x {PERIODS} periods")
    print(f"{seconds:.1f} seconds ({worked:.1f} of work), peak {peak:,.0f} MB")
    print(", ".join(f"{verdicts.count(name)} {name}" for name in sorted(set(verdicts))))
