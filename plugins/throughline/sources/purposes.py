"""Purpose files (YAML) -> purposes, spaces, org_units, looks, secondary. One a file, registered before its results.

Values only: the safe loader, at most 64 KiB, no anchors, aliases, tags or repeated keys; nothing in a file is ever run.
The content hash is the sha256 of the parsed content as canonical JSON, so comments and spacing are no amendment.
`registered_at` is when the file was first seen, never a date written in it.

Refused: no id or one that is no slug, an unknown metric (close matches are offered), an address or account name where
a role or a text is due, a share outside 0 to 1 where the metric is a share, a start before the baseline window ends, a
target due before the start, a look before it, a lot that draws none, all or strangers, more than three primary
outcomes, a value of the wrong kind.
Accepted and listed in `missing`: no goal, outcome, baseline, target, minimum effect or owner; such a purpose is not
measurable and counts against P2. Fields that are unknown are reported, with what may have been meant.
Left out: population.exclude_roles and stop_rule.when.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pyarrow as pa

from throughline import metrics
from throughline.landing import LandingFile
from throughline.reading import plainyaml
from throughline.reading.plainyaml import Section
from throughline.source import TIMESTAMP, Batch, Ignored, Parsed, Source, Table

MAX_PRIMARY: Final = 3  # more primary outcomes than that are a search, not a question
STAGES: Final = ("skunkworks", "pilot", "scaled", "stopped")
METHODS: Final = ("did", "staggered_did", "landmark", "randomised")
FIELDS: Final = (
    *(
        "id",
        "title",
        "sponsor_role",
        "owner_role",
        "org_goal",
        "stage",
        "behaviour_metric",
        "outcome_metric",
        "primary",
    ),
    *("population", "spaces", "start_date", "baseline", "target", "min_effect_of_interest", "design", "stop_rule"),
    "secondary",
)
DESIGN: Final = ("method", "unit", "cluster", "landmark_days", "anticipation", "looks", "lot")
OUTCOME: Final = ("outcome_metric", "target", "min_effect_of_interest", "design", "primary")

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_SPACE = re.compile(r"([a-z][a-z0-9_]*):\s*#?(\S.*)", re.ASCII | re.IGNORECASE)
_ADDRESS = re.compile(r"\S@\S+\.\w|\bmailto:", re.IGNORECASE)
_ACCOUNT = re.compile(r"@|\(at\)|\[at\]|^[a-z]+\.[a-z]+$")  # @jane, jane(at)firm, jane.doe

STRING, DATE, NUMBER, COUNT, BOOL = pa.string(), pa.date32(), pa.float64(), pa.int64(), pa.bool_()
_KEY = [("purpose_id", STRING), ("content_hash", STRING)]
_OUTCOME = [
    ("is_primary", BOOL),
    ("target_value", NUMBER),
    ("target_by_date", DATE),
    ("min_effect_of_interest", NUMBER),
]
_DESIGN = [
    *(("method", STRING), ("design_unit", STRING), ("cluster", STRING)),
    *(("landmark_days", COUNT), ("anticipation_periods", COUNT)),
]
TABLES: Final = (
    Table(  # one row per purpose and content
        "purposes",
        pa.schema(
            [
                *_KEY,
                *((name, STRING) for name in ("title", "sponsor_role", "owner_role", "org_goal", "stage")),
                *(("behaviour_metric", STRING), ("outcome_metric", STRING)),
                *_OUTCOME[:1],
                ("population_unit", STRING),
                *((name, DATE) for name in ("eligible_from_date", "start_date")),
                *(("baseline_from_date", DATE), ("baseline_until_date", DATE), ("baseline_value", NUMBER)),
                *_OUTCOME[1:],
                *_DESIGN,
                ("lot_share", NUMBER),
                ("stop_date", DATE),
                *(("is_measurable", BOOL), ("missing", STRING), ("registered_at", TIMESTAMP)),
            ]
        ),
        key=("purpose_id", "content_hash"),
    ),
    Table(  # one row per space that carries a purpose
        "spaces",
        pa.schema([*_KEY, ("space", STRING), ("space_source", STRING), ("pattern", STRING)]),
        key=("purpose_id", "content_hash", "space"),
    ),
    Table(  # one row per org unit in a purpose's population
        "org_units",
        pa.schema([*_KEY, ("org_unit", STRING), ("is_drawn", BOOL)]),  # NULL without a lot
        key=("purpose_id", "content_hash", "org_unit"),
    ),
    Table(  # one row per day on which the result will be looked at; none: at every publish
        "looks", pa.schema([*_KEY, ("look_date", DATE)]), key=("purpose_id", "content_hash", "look_date")
    ),
    Table(  # one row per further outcome of a purpose
        "secondary",
        pa.schema([*_KEY, ("outcome_metric", STRING), *_OUTCOME, *_DESIGN]),
        key=("purpose_id", "content_hash", "outcome_metric"),
    ),
)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the purpose of one file: one row of purposes, and its spaces, org units and further outcomes."""
    with file.open() as stream:
        values = plainyaml.load(stream.read(plainyaml.MAX_BYTES + 1), file.name)
    root = Section(values, file.name).only(*FIELDS)
    key = {"purpose_id": _identity(root), "content_hash": content_hash(values)}
    population = root.section("population", "unit", "org_units", "exclude_roles", "eligible_from")
    spaces = [key | _space(root, space) for space in root.texts("spaces")]
    design = root.section("design", *DESIGN)
    share, drawn = _lot(design, population.texts("org_units"))
    units = population.texts("org_units")
    org_units = [{**key, "org_unit": unit, "is_drawn": unit in drawn if drawn else None} for unit in units]
    looks = [key | {"look_date": day} for day in _looks(design, root.day("start_date"))]
    main = _purpose(root) | {
        "population_unit": population.text("unit"),
        "eligible_from_date": population.day("eligible_from"),
        "registered_at": file.seen_at,
        "lot_share": share,
    }
    secondary = [key | _outcome(one) for one in root.sections("secondary", *OUTCOME)]
    _check_outcomes(root, main, secondary)
    for table, rows in zip(TABLES, ([key | main], spaces, org_units, looks, secondary), strict=True):
        if rows:
            yield Batch(table.name, pa.RecordBatch.from_pylist(rows, schema=table.schema))
    for name in dict.fromkeys(root.unknown):
        yield Ignored(file.name, f"unknown field {name}")


def content_hash(values: dict[str, Any]) -> str:
    """sha256 of the canonical form: keys sorted, dates ISO, no spacing."""
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_written)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _written(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _identity(root: Section) -> str:
    found = root.text("id")
    if not found:
        raise root.refused(
            "id", "is missing", "give the purpose an id that is never used again, such as faster-handover"
        )
    if not _SLUG.fullmatch(found):
        raise root.refused("id", "must be lower-case letters, digits, - and _, such as faster-handover")
    return found


def _purpose(root: Section) -> dict[str, Any]:
    baseline = root.section("baseline", "window", "value")
    window = baseline.days("window")
    start = root.day("start_date")
    if window and start and start < window[1]:
        raise root.refused(
            "start_date",
            f"{start} lies before the baseline window ends ({window[1]})",
            "a baseline shows the time before",
        )
    behaviour = root.text("behaviour_metric")
    if behaviour:
        metrics.named(behaviour, field="behaviour_metric", where=root.where)
    outcome = _outcome(root)
    row: dict[str, Any] = {
        "title": _public(root, "title"),
        "sponsor_role": _role(root, "sponsor_role"),
        "owner_role": _role(root, "owner_role"),
        "org_goal": _public(root, "org_goal"),
        "stage": root.one_of("stage", STAGES),
        "behaviour_metric": behaviour,
        **outcome,
        "start_date": start,
        "baseline_from_date": window[0] if window else None,
        "baseline_until_date": window[1] if window else None,
        "baseline_value": _sized(baseline, "value", outcome["outcome_metric"]),
        "stop_date": root.section("stop_rule", "date", "when").day("date"),
    }
    if start and row["target_by_date"] and row["target_by_date"] < start:
        raise root.refused("target.by", "lies before start_date", "a target is due after the purpose starts")
    missing = _missing(row)
    return row | {"is_measurable": not missing, "missing": " ".join(missing)}


def _lot(design: Section, org_units: list[str]) -> tuple[float | None, list[str]]:
    """(planned share of the drawn, drawn units) of a design drawn by lot."""
    lot = design.section("lot", "drawn", "share")
    drawn, share = lot.texts("drawn"), lot.number("share")
    if drawn and (unknown := sorted(set(drawn) - set(org_units))):
        raise lot.refused("drawn", f"names {unknown[0]}, which is not in population.org_units", "list all units there")
    if drawn and len(drawn) == len(org_units):
        raise lot.refused("drawn", "names every unit", "those that were not drawn are the comparison")
    if share is not None and not 0 < share < 1:
        raise lot.refused("share", "lies outside 0 to 1", "the planned share of units that are drawn, such as 0.5")
    return (share if share is not None else 0.5) if drawn else None, drawn


def _looks(design: Section, start: date | None) -> list[date]:
    """The days of `looks`, in order."""
    days = sorted(set(design.dates("looks")))
    if days and start and days[0] <= start:
        raise design.refused("looks", f"names {days[0]}, which is not after start_date", "nothing can be seen by then")
    return days


def _outcome(section: Section) -> dict[str, Any]:
    """The fields that the main outcome and every further one have."""
    outcome = section.text("outcome_metric")
    if outcome:
        metrics.named(outcome, field=f"{section.path}outcome_metric", where=section.where)
    elif section.path:
        raise section.refused("outcome_metric", "is missing", "a further outcome names its metric")
    target = section.section("target", "value", "by")
    design = section.section("design", *DESIGN)
    is_primary = section.flag("primary")
    return {
        "outcome_metric": outcome,
        "is_primary": not section.path if is_primary is None else is_primary,
        "target_value": _sized(target, "value", outcome),
        "target_by_date": target.day("by"),
        "min_effect_of_interest": _sized(section, "min_effect_of_interest", outcome),
        "method": design.one_of("method", METHODS),
        "design_unit": design.text("unit"),
        "cluster": design.text("cluster"),
        "landmark_days": design.whole("landmark_days"),
        "anticipation_periods": design.whole("anticipation"),
    }


def _sized(section: Section, name: str, outcome: str | None) -> float | None:
    """A number with sense in the unit of the outcome."""
    value = section.number(name)
    if value is not None and outcome and metrics.metrics()[outcome].unit == "share" and not 0 <= value <= 1:
        raise section.refused(name, f"lies outside 0 to 1, and {outcome} is a share", "write 29 % as 0.29")
    if value is not None and value < 0 and name == "min_effect_of_interest":
        raise section.refused(name, "is below 0", "it is a size, without direction")
    return value


def _check_outcomes(root: Section, main: dict[str, Any], secondary: list[dict[str, Any]]) -> None:
    outcomes = [one for one in (main, *secondary) if one["outcome_metric"]]
    named = [one["outcome_metric"] for one in outcomes]
    if len(set(named)) < len(named):
        raise root.refused("secondary", "names an outcome twice", "one entry an outcome")
    if (count := sum(one["is_primary"] for one in outcomes)) > MAX_PRIMARY:
        remedy = f"choose at most {MAX_PRIMARY}; the others stay with primary: false"
        raise root.refused("primary", f"is true for {count} outcomes", remedy)


def _missing(row: dict[str, Any]) -> list[str]:
    """What keeps a purpose from being measurable (P2), as field names."""
    needed = {
        "org_goal": "org_goal",
        "outcome_metric": "outcome_metric",
        "baseline.window": "baseline_until_date",
        "baseline.value": "baseline_value",
        "target.value": "target_value",
        "target.by": "target_by_date",
        "min_effect_of_interest": "min_effect_of_interest",
        "owner_role": "owner_role",
    }
    return [name for name, column in needed.items() if row[column] is None]


def _role(root: Section, name: str) -> str | None:
    role = _public(root, name)
    if role and _ACCOUNT.search(role):
        raise root.refused(name, "names a person's address or account", "name the role, such as Head of Operations")
    return role


def _public(root: Section, name: str) -> str | None:
    """A text that will be published."""
    text = root.text(name)
    if text and _ADDRESS.search(text):
        raise root.refused(name, "names a person's address or account", "purposes are published; name roles only")
    return text


def _space(root: Section, space: str) -> dict[str, str]:
    found = _SPACE.fullmatch(space)
    if not found:
        remedy = 'write the tool before it, as in "slack:#handover-*", or "tag:#handover"'
        raise root.refused("spaces", "has an entry that names no tool", remedy)
    return {"space": space, "space_source": found[1].lower(), "pattern": found[2].lower()}


SOURCE: Final = Source(
    name="purposes",
    title="purpose",
    endings=(".yml", ".yaml"),
    tables=TABLES,
    parse=parse,
    observed_from_seen=True,
    keeps_versions=True,
)
