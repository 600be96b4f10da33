"""How often each design's method finds something where there is nothing, on the user's own history -> raw.calibration.

One row per design x check. The checks of a comparison of teams: placebo starts with teams drawn by lot (interval, and
permutation p), and an A/A split of the teams that nothing was done to, at the real start. Of several starts: the
starts dealt out anew in the past. Of a landmark: exposure dealt out to owners among the deals before the start. What a
past is too short for is a row too, with its reason.

A build calibrates the designs that have no row yet; the nightly task renews all. So a publish never waits for it: it
shows the rows that are there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from throughline.evaluation import owner_design_effect
from throughline.planning import past_panel
from throughline.settings import Settings
from throughline.source import Refused
from throughline.statistics import calibration
from throughline.statistics.calibration import Calibration
from throughline.statistics.power import placebo_differences
from throughline.statistics.row import Checks
from throughline.warehouse import Warehouse, connect

Rows = Sequence[Mapping[str, Any]]
TABLES: Final = ("fct_design_period", "agg_design_checks", "agg_design_owner", "agg_cluster_cell")
CHECKS: Final = {  # check -> what is said of it, {share} in percent
    "placebo_start": "On its own past, with placebo starts and teams drawn by lot, this method",
    "permutation": "Judged by permutation of the teams on its own past, this method",
    "aa_split": "Between two groups of untouched teams, drawn by lot at the real start, this method",
    "placebo_exposure": "On the deals before the start, with exposure drawn by lot, this method",
}
TOO_SHORT: Final = {
    "placebo_start": "it takes two periods of 91 days before the start, and two teams an arm",
    "permutation": "it takes two periods of 91 days before the start, and two teams an arm",
    "aa_split": "it takes four teams in no purpose, seen before and after the start",
    "placebo_exposure": "it takes deals of four owners before the start, followed to the horizon",
}
SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("design_id", "purpose_id", "method", "check_name")),
        ("draws", pa.int64()),
        *((name, pa.float64()) for name in ("false_alarm_share", "covered_share", "planted_difference", "found_share")),
        ("se_share", pa.float64()),
        *((name, pa.string()) for name in ("sentence", "content_hash")),
    ]
)


@dataclass(frozen=True)
class Alarms:
    """One row per design x check. found_share: of draws that find planted_difference, the smallest worth having.

    se_share: Monte Carlo error of the shares at the nominal level. All numbers are None where the past is too short.
    """

    design_id: str
    purpose_id: str
    method: str
    check_name: str
    draws: int | None
    false_alarm_share: float | None
    covered_share: float | None
    planted_difference: float | None
    found_share: float | None
    se_share: float | None
    sentence: str
    content_hash: str


def calibrate(settings: Settings, purpose_id: str = "") -> list[Alarms]:
    """All rows of one purpose's designs, or of all. Raises Refused for a purpose that is not registered."""
    warehouse = connect(settings)
    designs = _designs(warehouse)
    known = sorted({design["purpose_id"] for design in designs})
    if purpose_id and purpose_id not in known:
        raise Refused(
            f"purpose {purpose_id!r} has no design that can be calibrated",
            remedy=f"registered are: {', '.join(known) or 'none'}",
        )
    return _all(warehouse, [design for design in designs if not purpose_id or design["purpose_id"] == purpose_id])


def renew(settings: Settings) -> list[Alarms]:
    """Calibrate all designs anew and keep the rows for the next publish."""
    found = calibrate(settings)
    _keep(settings, [asdict(row) for row in found])
    return found


def fill(settings: Settings) -> list[Alarms]:
    """Calibrate the designs without rows, or amended since; forget those that are no longer registered."""
    warehouse = connect(settings)
    designs = _designs(warehouse)
    kept: dict[tuple[str, str], list[dict[str, Any]]] = {}
    kept |= {(line["design_id"], line["content_hash"]): [] for line in designs}
    for row in warehouse.read("raw.calibration").to_pylist():
        kept.get((row["design_id"], row["content_hash"]), []).append(row)
    missing = [line for line in designs if not kept[line["design_id"], line["content_hash"]]]
    found = _all(warehouse, missing)
    _keep(settings, [row for rows in kept.values() for row in rows] + [asdict(row) for row in found])
    return found


def alarms(design: Mapping[str, Any], tables: Mapping[str, Rows]) -> list[Alarms]:
    """All rows of one design, from the aggregates alone."""
    checks = _landmark if design["method"] == "landmark" else _teams
    rows = []
    for name, found in checks(design, tables):
        shares = (found.false_alarm_share, found.covered_share, found.found_share) if found else (None, None, None)
        false_alarm, covered, hits = (None if x is None or not math.isfinite(x) else x for x in shares)
        rows.append(
            Alarms(
                design["design_id"],
                design["purpose_id"],
                design["method"],
                name,
                found.draws if found else None,
                false_alarm,
                covered,
                design["min_effect_of_interest"] if found else None,
                hits,
                found.se_share if found else None,
                _sentence(name, found),
                design["content_hash"],
            )
        )
    return rows


def _teams(design: Mapping[str, Any], tables: Mapping[str, Rows]) -> Iterator[tuple[str, Calibration | None]]:
    """Checks of a comparison of teams; the windows are half of the past."""
    panel, starts = past_panel(tables.get("fct_design_period", ()))
    least, treated, window = design["min_effect_of_interest"] or 0.0, int((starts > 0).sum()), panel.shape[1] // 2
    if design["method"] == "staggered_did":
        yield "placebo_start", calibration.calibrate_staggered(panel, starts=starts, planted=least)
        return
    found = permuted = None
    if window:
        found = calibration.calibrate_did(panel, n_treated=treated, pre=window, post=window, planted=least)
        changes = placebo_differences(calibration.in_order(panel), pre=window, post=window)
        permuted = calibration.calibrate_permutation(changes, n_treated=treated, planted=least)
    yield "placebo_start", found
    yield "permutation", permuted
    changes = _untouched_changes(tables.get("agg_cluster_cell", ()))
    yield "aa_split", calibration.calibrate_split(changes, n_treated=changes.shape[1] // 2, planted=least)


def _landmark(design: Mapping[str, Any], tables: Mapping[str, Rows]) -> Iterator[tuple[str, Calibration | None]]:
    lines = tables.get("agg_design_owner", ())
    checks = next(iter(tables.get("agg_design_checks", ())), {})
    owners = sorted({line["owner_id"] for line in lines})
    strata = sorted({line["stratum"] for line in lines})
    count, event = np.zeros((2, len(owners), len(strata)))
    for line in lines:
        place = owners.index(line["owner_id"]), strata.index(line["stratum"])
        count[place], event[place] = line["n"], line["n_event"]
    n_t, n_c = float(checks.get("n_units_t") or 0), float(checks.get("n_units_c") or 0)
    people = Checks(n_people_t=len(owners), n_people_c=len(owners))
    yield (
        "placebo_exposure",
        calibration.calibrate_exposure(
            count,
            event,
            exposed_share=n_t / (n_t + n_c) if n_t + n_c else 0.5,
            design_effect=owner_design_effect(checks, round(float(count.sum())), people),
            planted=design["min_effect_of_interest"] or 0.0,
        ),
    )


def _untouched_changes(cells: Rows) -> np.ndarray[Any, np.dtype[np.float64]]:
    """float[1, teams]: mean after minus mean before, of the teams that were never treated, in order of size."""
    means: dict[str, dict[int, float]] = {}
    for line in cells:
        if line["arm"] == 0:
            mean = float(line["sum_y"]) / float(line["n"]) + float(line["shift"])
            means.setdefault(line["cluster_id"], {})[int(line["period"])] = mean
    changes = sorted(team[1] - team[0] for team in means.values() if len(team) == 2)
    return np.array([changes], dtype=np.float64)


def _sentence(name: str, found: Calibration | None) -> str:
    if found is None:
        return f"The past is too short to calibrate on: {TOO_SHORT[name]}."
    few = f" There are only {found.lots:,} such lots." if found.lots < found.draws else ""
    return (
        f"{CHECKS[name]} cries wolf {100 * found.false_alarm_share:.1f} times in 100 "
        f"(5 are expected, ± {100 * 1.96 * found.se_share:.1f}), drawn {found.draws:,} times.{few}"
    )


def _designs(warehouse: Warehouse) -> list[Mapping[str, Any]]:
    """Designs that can be evaluated, landmark sensitivities and durations of deals left out."""
    lines = warehouse.read("marts.design_registry").to_pylist()
    return [
        line
        for line in sorted(lines, key=lambda line: str(line["design_id"]))
        if not line["problem_codes"] and not line["is_sensitivity"]
        and not (line["method"] == "landmark" and line["outcome_kind"] != "won")
    ]  # fmt: skip


def _all(warehouse: Warehouse, designs: Rows) -> list[Alarms]:
    if not designs:
        return []
    read = {name: warehouse.read(f"marts.{name}").to_pylist() for name in TABLES}
    return [
        row
        for design in designs
        for row in alarms(
            design,
            {
                name: [line for line in lines if line["design_id"] == design["design_id"]]
                for name, lines in read.items()
            },
        )
    ]


def _keep(settings: Settings, rows: list[dict[str, Any]]) -> None:
    with connect(settings).raw() as raw:
        raw.table("calibration", SCHEMA, rows)
