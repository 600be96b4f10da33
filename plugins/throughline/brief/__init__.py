"""The brief: one page a purpose for an executive, from the published tables alone. Same data, same bytes.

`facts` is what the page says, as JSON; `write` puts both below $HOME/briefs. Nothing is computed here: every number is
one of the published tables below, and the only sentence that makes a claim is theirs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from throughline.settings import Settings
from throughline.source import Refused
from throughline.warehouse import Warehouse, connect

TABLES: Final = ("kpi_scorecard", "kpi_impact", "kpi_calibration", "kpi_outcome", "dim_purpose", "dim_metric")
INFLUENCE: Final = ("sourced", "assisted", "suspected", "range")  # the definitions of C6, and how far they disagree
WHOLE: Final = "_org"


@dataclass(frozen=True)
class Brief:
    """One purpose's brief: what it says, and where it was written."""

    facts: dict[str, Any]
    html: Path
    pdf: Path
    json: Path


def write(settings: Settings, purpose_id: str) -> Brief:
    """Write $HOME/briefs/<purpose>.html, .pdf and .json. Raises Refused for a purpose that is not published."""
    from throughline.brief.page import page
    from throughline.brief.sheet import pdf

    found = facts(connect(settings), purpose_id)
    folder = settings.home / "briefs"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    for ending, content in (("html", page(found).encode()), ("pdf", pdf(found)), ("json", text.encode())):
        path, draft = folder / f"{purpose_id}.{ending}", folder / f".{purpose_id}.{ending}"
        draft.write_bytes(content)
        draft.replace(path)
        paths.append(path)
    return Brief(found, *paths)


def facts(warehouse: Warehouse, purpose_id: str) -> dict[str, Any]:
    """What the page says: purpose, outcome, result and its companions; plain JSON values, keys in a fixed order."""
    tables = {name: _rows(warehouse, name) for name in TABLES}
    scorecards = {row["purpose_id"]: row for row in tables["kpi_scorecard"]}
    known = sorted(set(scorecards) - {WHOLE})
    if purpose_id not in known:
        close = get_close_matches(purpose_id, known, n=3)
        remedy = f"did you mean {', '.join(close)}?" if close else f"published are: {', '.join(known) or 'none'}"
        raise Refused(f"purpose {purpose_id!r} is not published", remedy=remedy)
    score = scorecards[purpose_id]
    purpose = next((row for row in tables["dim_purpose"] if row["purpose_id"] == purpose_id), {})
    metric = next((row for row in tables["dim_metric"] if row["metric_id"] == score["metric_id"]), {})
    results = [row for row in tables["kpi_impact"] if row["purpose_id"] == purpose_id and not row["stratum"]]
    main = next((row for row in results if row["is_main"]), None)
    others = sorted(
        (row for row in results if not row["is_main"]),
        key=lambda row: (row["outcome"], row["landmark_days"] or 0, row["design_id"]),
    )
    return {
        "purpose": _part(
            score | purpose,
            *("purpose_id", "title", "stage", "org_goal", "sponsor_role", "owner_role", "org_units", "start_date"),
            "first_registered_at",
        ),
        "outcome": {
            "metric_id": score["metric_id"],
            "question": metric.get("question"),
            "value_shown": metric.get("value_shown"),
            **_part(score, "unit_of_measure", "baseline_value", "target_value", "target_by_date", "current_value"),
            **_part(score, "current_ci_low", "current_ci_high", "current_n", "min_effect_of_interest"),
        },
        "claim": {
            **_part(score, "claim_level", "verdict", "sentence", "next_step", "data_until_date"),
            "chasm_status": score["chasm_status"] or scorecards.get(WHOLE, {}).get("chasm_status"),
            **_part(scorecards.get(WHOLE, {}), *("growth", "t16_status", "t16_earliest_date", "t16_latest_date")),
            **_part(scorecards.get(WHOLE, {}), "t16_refusal_reason"),
        },
        "result": _result(main) if main else None,
        "calibration": [
            _part(row, "check_name", "draws", "false_alarm_share", "covered_share", "found_share", "sentence")
            for row in sorted(tables["kpi_calibration"], key=lambda row: str(row["check_name"]))
            if row["purpose_id"] == purpose_id and row["is_main"]
        ],
        "influence": _influence(tables["kpi_outcome"], purpose_id) if main and main["estimate"] is not None else None,
        "others": [_result(row) for row in others],
    }


def _influence(outcomes: list[dict[str, Any]], purpose_id: str) -> dict[str, Any] | None:
    """The amounts that three definitions associate with the purpose; they stand only beside an estimate."""
    own = (r for r in outcomes if (r["purpose_id"], r["period_grain"]) == (purpose_id, "since_start"))
    row = next((r for r in own if r["unit_type"] == "population"), None)
    if row is None:
        return None
    parts = ("", "_suppressed_reason")
    return {
        "currency": row["currency"],
        "n": next((n for kind in INFLUENCE if (n := row[f"influence_{kind}_n"])), None),
        **{f"{kind}{part}": _plain(row[f"influence_{kind}{part}"]) for kind in INFLUENCE for part in parts},
    }


def _result(row: dict[str, Any]) -> dict[str, Any]:
    found = _part(
        row,
        *("design_id", "outcome", "method", "contrast", "control_group", "unit", "estimate", "ci_low", "ci_high"),
        *("ci_level", "naive_estimate", "naive_ci_low", "naive_ci_high", "n_units_t", "n_units_c", "n_clusters_t"),
        *("n_clusters_c", "window_start", "window_end", "mde_80", "min_effect_of_interest", "claim_level", "verdict"),
        *("sentence", "is_registered", "input_fingerprint"),
    )
    threats = json.loads(row["assumptions_json"] or "{}")
    return found | {"refusal_codes": (row["refusal_codes"] or "").split(), "threats": threats}


def _part(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: _plain(row.get(name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _rows(warehouse: Warehouse, table: str) -> list[dict[str, Any]]:
    columns, rows = warehouse.query(f'select * from kpi."{table}"')  # noqa: S608  # names of ours
    return [dict(zip(columns, row, strict=True)) for row in rows]
