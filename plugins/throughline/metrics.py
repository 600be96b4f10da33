"""The definition registry: dbt_project/metrics/<metric_id>.yml -> Metric, one a published number.

A file defines one metric. One that publishes several numbers lists them under `values` (C1b: C1b_90, C1b_180,
C1b_365); each of them becomes a Metric of its own, with the file's fields unless it gives others. Where the file's
own id is not among its values (C1b), that id is no number and cannot be named as an outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from throughline.source import Refused

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER: Final = Path(__file__).resolve().parents[2] / "dbt_project" / "metrics"
FAMILIES: Final = {  # family -> the wide table that it fills
    "L": "kpi_leader_engagement",
    "A": "kpi_adoption",
    "O": "kpi_behaviour",
    "P": "kpi_purpose_coverage",
    "C": "kpi_outcome",
    "lens": "kpi_value",  # vendors' definitions, <vendor>.<name>: in the long form only
}
APART: Final = {"A8": "kpi_adoption_forecast"}  # base id -> a table of its own: it has other keys
UNITS: Final = ("share", "days", "weeks", "hours", "count", "amount", "amount_per_day", "index", "label")
FIELDS: Final = (
    *("metric_id", "slug", "family", "question", "formula", "grain", "window", "denominator", "unit"),
    *("min_n", "min_n_note", "interval", "version", "higher_is_better", "sources", "needs"),
)
VALUE_FIELDS: Final = (
    *("id", "what", "slug", "unit", "min_n", "higher_is_better", "sources", "needs"),
    *("formula", "window", "denominator", "interval"),
)


@dataclass(frozen=True)
class Metric:
    """One published number. min_n: its own minimum, None where only the cohort k applies (min_n_note says which).

    base_id: the file that defines it; what: which of the file's values it is, empty when it is the only one.
    sources: the sources that can show it, empty when none here can; needs: what else it takes.
    """

    metric_id: str
    slug: str
    family: str
    question: str
    formula: str
    grain: str
    window: str
    denominator: str
    unit: str
    min_n: int | None
    min_n_note: str
    interval: str
    version: int
    higher_is_better: bool | None
    sources: tuple[str, ...]
    needs: tuple[str, ...]
    base_id: str = ""
    what: str = ""

    def __post_init__(self) -> None:
        texts = ("metric_id", "slug", "question", "formula", "grain", "window", "denominator", "min_n_note", "interval")
        if empty := [name for name in texts if not isinstance(getattr(self, name), str) or not getattr(self, name)]:
            raise ValueError(f"metric {self.metric_id}: {', '.join(empty)} must be a text")
        fits = "." in self.metric_id if self.is_lens else self.metric_id.startswith(self.family)
        if self.family not in FAMILIES or not fits:
            raise ValueError(
                f"metric {self.metric_id}: family {self.family!r} does not fit; known: {', '.join(FAMILIES)}"
            )
        if self.unit not in UNITS:
            raise ValueError(f"metric {self.metric_id}: unit {self.unit!r} unknown; known: {', '.join(UNITS)}")
        if not self.slug.isidentifier() or self.slug != self.slug.lower():
            raise ValueError(f"metric {self.metric_id}: slug {self.slug!r} becomes a column name; write it so")
        for name in ("min_n", "version"):
            value = getattr(self, name)
            if (name == "version" or value is not None) and (type(value) is not int or value < 1):
                raise ValueError(f"metric {self.metric_id}: {name} must be a positive whole number")
        if self.higher_is_better not in (True, False, None):
            raise ValueError(f"metric {self.metric_id}: higher_is_better is true, false or null")

    @property
    def is_lens(self) -> bool:
        """A vendor's definition: shown beside ours, never an outcome."""
        return self.family == "lens"

    @property
    def table(self) -> str:
        """The wide table that holds it."""
        return APART.get(self.base_id, FAMILIES[self.family])


@cache
def metrics(folder: Path = FOLDER) -> Mapping[str, Metric]:
    """metric_id -> Metric, one a published number, by family and file. Raises ValueError when the registry is wrong."""
    found: dict[str, Metric] = {}
    for path in sorted(folder.glob("*.yml"), key=_reading_order):
        for metric in _of_file(path):
            if metric.metric_id in found:
                raise ValueError(f"{path.name}: {metric.metric_id} is defined twice")
            found[metric.metric_id] = metric
    slugs = [metric.slug for metric in found.values()]
    if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        raise ValueError(f"{', '.join(twice)}: two metrics share a slug")
    if not found:
        raise ValueError(f"{folder}: no metric is defined here")
    return found


def named(metric_id: str, *, field: str, where: str) -> Metric:
    """The metric of that id, which a purpose may aim at. Raises Refused with close matches, and for a lens."""
    known = metrics()
    if metric_id in known and not known[metric_id].is_lens:
        return known[metric_id]
    if metric_id in known:
        raise Refused(
            f"{field} {metric_id!r} is a vendor's definition, shown for comparison and never judged",
            where=where,
            remedy="take one of ours: the ids are in dim_metric",
        )
    raise Refused(
        f"{field} {metric_id!r} is no metric",
        where=where,
        remedy=f"did you mean {', '.join(close)}?" if (close := _close(metric_id)) else "the ids are in dim_metric",
    )


def metric_schema() -> pa.Schema:
    """One row per published number; lists are space-separated."""
    import pyarrow as pa

    types = {"min_n": pa.int64(), "version": pa.int64(), "higher_is_better": pa.bool_(), "family_version": pa.int64()}
    names = [field.name for field in fields(Metric)]
    return pa.schema([(name, types.get(name, pa.string())) for name in [*names, "kpi_table", "family_version"]])


def metric_rows(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Rows of `metric_schema()`, in reading order."""
    rows = []
    for metric in metrics(folder).values():
        row = {field.name: getattr(metric, field.name) for field in fields(Metric)}
        row |= {"sources": " ".join(metric.sources), "needs": " ".join(metric.needs), "kpi_table": metric.table}
        rows.append(row | {"family_version": family_version(metric.family, folder)})
    return rows


def family_version(family: str, folder: Path = FOLDER) -> int:
    """Version of the wide table's definitions: 1, and one more for each new definition that one of them ever got."""
    versions = {m.base_id: m.version for m in metrics(folder).values() if m.family == family}
    return 1 + sum(version - 1 for version in versions.values())


def _of_file(path: Path) -> list[Metric]:
    import yaml

    entry = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(entry, dict):
        raise ValueError(f"{path.name}: a metric is a mapping of fields")
    if wrong := set(entry) - {"values"} ^ set(FIELDS):
        raise ValueError(f"{path.name}: missing or unknown: {', '.join(sorted(map(str, wrong)))}")
    values = entry.pop("values", [{"id": entry["metric_id"]}])
    if path.stem != entry["metric_id"]:
        raise ValueError(f"{path.name}: a file bears the id that it defines, here {entry['metric_id']}")
    found = []
    for value in values:
        if unknown := set(value) - set(VALUE_FIELDS):
            raise ValueError(f"{path.name}: value {value.get('id')}: unknown {', '.join(sorted(map(str, unknown)))}")
        own = {**value, "metric_id": value["id"], "base_id": entry["metric_id"]}
        del own["id"]
        whole = {**entry, **own}
        found.append(Metric(**{**whole, "sources": tuple(whole["sources"]), "needs": tuple(whole["needs"])}))
        if not found[-1].metric_id.startswith(entry["metric_id"]):
            raise ValueError(f"{path.name}: value {value['id']} must begin with {entry['metric_id']}")
    return found


def _reading_order(path: Path) -> tuple[int, int, str]:
    """Families as in FAMILIES, then L2 before L10, then L4 before L4b."""
    number = "".join(sign for sign in path.stem if sign.isdigit())
    families = list(FAMILIES)
    return families.index(path.stem[0]) if path.stem[0] in FAMILIES else len(families), int(number or 0), path.stem


def _close(text: str) -> list[str]:
    """Up to three ids that resemble the text, or whose slug does; the values of a base id (C1b) come first."""
    known = {metric_id: metric for metric_id, metric in metrics().items() if not metric.is_lens}
    wanted = text.strip().lower()
    values = [metric.metric_id for metric in known.values() if metric.base_id.lower() == wanted]
    spellings = {metric.slug: metric.metric_id for metric in known.values()}
    spellings |= {metric_id.lower(): metric_id for metric_id in known}
    close = [spellings[match] for match in get_close_matches(wanted, spellings, n=3, cutoff=0.5)]
    return list(dict.fromkeys([*values, *close]))[:3]
