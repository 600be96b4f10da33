"""The metric registry: every id of the definitions is there, files are well formed, rows fit their schema."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from throughline.metrics import FAMILIES, FOLDER, family_version, metric_rows, metric_schema, metrics, named
from throughline.source import Refused
from throughline.sources import SOURCES

DEFINED = {
    "L": "L1 L2 L3 L4 L4b L5 L6 L7 L8 L9",
    "A": "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10",
    "O": "O1 O2 O2s O3 O3b O4 O5 O6 O7 O8 O9 O10 O11 O12",
    "P": "P1 P2 P3",
    "C": "C1 C1a C1b C2 C3 C4 C5 C6 C7 C8",
    "lens": "angeletou campaign commonroom fivetran google graph mattermost slack swoop tygraph viva worklytics",
}
FILE = """\
metric_id: C1b
slug: win_rate
family: C
question: How many?
formula: won / all
grain: cohort
window: cohort
denominator: deals
unit: share
min_n: 30
min_n_note: 30 deals
interval: none
version: 1
higher_is_better: true
sources: [salesforce]
needs: []
values:
  - {id: C1b_90, slug: win_rate_90, what: within 90 days}
  - {id: C1b_n, slug: win_count, what: number, unit: count, min_n: 5}
"""


def registry(folder: Path, text: str, name: str = "C1b.yml") -> Path:
    (folder / name).write_text(text)
    return folder


def test_every_defined_metric_has_its_file_and_no_other() -> None:
    expected = {metric_id for ids in DEFINED.values() for metric_id in ids.split()}
    assert {path.stem for path in FOLDER.glob("*")} == expected
    assert {metric.base_id for metric in metrics().values()} == expected
    assert {metric.family for metric in metrics().values()} == set(DEFINED) == set(FAMILIES)


def test_ids_that_other_rooms_rely_on() -> None:
    units = {
        metric_id: metrics()[metric_id].unit
        for metric_id in ("C1b_180", "L2_p25", "O4", "O4_s24", "C2_rmst", "C7_amount")
    }
    assert units == {
        "C1b_180": "share", "L2_p25": "days", "O4": "hours", "O4_s24": "share", "C2_rmst": "days", "C7_amount": "amount"
    }  # fmt: skip
    assert metrics()["C1b_180"].slug == "win_rate_180"
    assert metrics()["O11_reaction"].slug == "reaction_rate_72h"
    assert "C1b" not in metrics()


def test_sources_that_can_show_a_metric_exist() -> None:
    assert {source for metric in metrics().values() for source in metric.sources} <= set(SOURCES)


def test_views_are_shown_by_no_source() -> None:
    assert not metrics()["L4b"].sources


def test_words_with_several_formulas_name_no_number() -> None:
    """Each of these has two or more definitions in use: a slug says which one it is."""
    ambiguous = {"reach", "engagement", "active", "reciprocity", "gini"}
    assert ambiguous.isdisjoint(metric.slug for metric in metrics().values())
    assert {"engaged_reach", "reciprocity_arc", "contribution_gini_all"} <= {m.slug for m in metrics().values()}


def test_rows_fit_their_schema_and_are_in_reading_order() -> None:
    rows = pa.Table.from_pylist(metric_rows(), schema=metric_schema()).to_pylist()
    ids = [row["metric_id"] for row in rows]
    assert (ids[0], ids[-1], len(set(ids))) == ("L1", "worklytics.cv12wk", len(ids))
    assert (
        ids.index("A9_new")
        < ids.index("A10")
        < ids.index("O1")
        < ids.index("P1")
        < ids.index("C1")
        < ids.index("slack.weekly_posting")
    )
    row = next(row for row in rows if row["metric_id"] == "C6_sourced")
    assert (row["sources"], row["needs"], row["kpi_table"]) == (
        "slack teams viva_engage mattermost google_chat rocketchat salesforce hubspot dynamics365 pipedrive",
        "stage_map currency purposes",
        "kpi_outcome",
    )


def test_values_inherit_what_they_do_not_say(tmp_path: Path) -> None:
    found = metrics(registry(tmp_path, FILE))
    assert [(m.metric_id, m.base_id, m.unit, m.min_n, m.what) for m in found.values()] == [
        ("C1b_90", "C1b", "share", 30, "within 90 days"),
        ("C1b_n", "C1b", "count", 5, "number"),
    ]


def test_a_family_has_a_version_more_for_each_new_definition(tmp_path: Path) -> None:
    for name, version in (
        ("C1", 3),
        ("C1b", 2),
        ("C4", 1),
    ):  # 1 + (3 - 1) + (2 - 1) + (1 - 1) = 4, whatever C1b's values
        text = (
            FILE.replace("C1b", name).replace("win_", f"{name.lower()}_").replace("version: 1", f"version: {version}")
        )
        registry(tmp_path, text, f"{name}.yml")
    assert family_version("C", tmp_path) == 4
    assert {row["family_version"] for row in metric_rows(tmp_path)} == {4}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("slug: win_rate\n", "", "missing or unknown: slug"),
        ("needs: []", "needs: []\ncolour: red", "missing or unknown: colour"),
        ("unit: share", "unit: percent", "unit 'percent' unknown"),
        ("family: C", "family: L", "family 'L' does not fit"),
        ("version: 1", "version: 1.0", "version must be a positive whole number"),
        ("min_n: 30", "min_n: many", "min_n must be a positive whole number"),
        ("min_n: 30", "min_n: 0", "min_n must be a positive whole number"),
        ("higher_is_better: true", "higher_is_better: up", "higher_is_better"),
        ("formula: won / all", "formula:", "formula must be a text"),
        ("slug: win_rate_90", "slug: win-rate", "becomes a column name"),
        ("slug: win_count", "slug: win_rate_90", "two metrics share a slug"),
        ("id: C1b_n", "id: C1b_90", "C1b_90 is defined twice"),
        ("id: C1b_n", "id: C1a_n", "must begin with C1b"),
        ("what: number", "what: number, with a comma", "unknown with a comma"),
        ("metric_id: C1b", "metric_id: C1", "a file bears the id that it defines"),
    ],
)
def test_a_wrong_definition_fails_when_it_is_loaded(tmp_path: Path, old: str, new: str, what: str) -> None:
    assert FILE.count(old) == 1
    with pytest.raises(ValueError, match=what):
        metrics(registry(tmp_path, FILE.replace(old, new)))


def test_an_empty_registry_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no metric"):
        metrics(tmp_path)


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ("c1b_180", "did you mean C1b_180,"),
        ("C1b", "did you mean C1b_90, C1b_180, C1b_365?"),
        ("win_rate_closed", "did you mean C1,"),
        ("zzzzzz", "the ids are in dim_metric"),
    ],
)
def test_an_unknown_id_is_refused_with_close_matches(asked: str, remedy: str) -> None:
    with pytest.raises(Refused) as refused:
        named(asked, field="outcome_metric", where="purposes/x.yml")
    assert f"purposes/x.yml: outcome_metric '{asked}' is no metric" in refused.value.sentence
    assert remedy in refused.value.sentence


def test_a_lens_is_no_outcome_and_is_not_offered_as_one() -> None:
    with pytest.raises(Refused, match="a vendor's definition"):
        named("slack.weekly_posting", field="outcome_metric", where="purposes/x.yml")
    with pytest.raises(Refused) as refused:
        named("swoop.active_user", field="outcome_metric", where="purposes/x.yml")
    assert "swoop" not in str(refused.value.remedy)
