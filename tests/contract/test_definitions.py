"""A changed formula is a new version, and what is written out from the metric registry is up to date."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.definitions import (
    DOC_BLOCKS,
    LOCK,
    README,
    Fingerprint,
    Lineage,
    changed_formulas,
    doc_blocks,
    fingerprints,
    lock_text,
    locked,
    readme_table,
    remedy,
    with_table,
)
from throughline.metrics import metrics

WRITE = "run: .venv/bin/python -m tests.contract.definitions"
CONTRIBUTING, HABITUAL = metrics()["A2"], metrics()["A4"]
RELEASED = (
    "with sums as (select * from fct) "
    "select 'C1' as metric_id, won / decided as value from sums union all select 'C7', deals from sums"
)


@pytest.fixture(scope="module")
def now(models: dict[str, dict[str, Any]]) -> dict[str, Fingerprint]:
    return fingerprints(models)


def test_a_changed_formula_has_a_new_version(now: dict[str, Fingerprint]) -> None:
    wrong = changed_formulas(now, locked())
    assert not wrong, remedy(wrong)


def test_what_is_written_out_is_up_to_date(now: dict[str, Fingerprint]) -> None:
    readme = README.read_text(encoding="utf-8")
    assert readme_table(now).count("\n") > 40
    assert readme == with_table(readme, readme_table(now)), WRITE
    assert readme_table(now) in readme, "the README has lost the marks between which its table of metrics stands"
    assert LOCK.read_text(encoding="utf-8") == lock_text(now), WRITE
    assert DOC_BLOCKS.read_text(encoding="utf-8") == doc_blocks(), WRITE


def test_most_metrics_are_computed_and_each_by_sql_of_its_own(now: dict[str, Fingerprint]) -> None:
    computed = [fingerprint.sql for fingerprint in now.values() if fingerprint.sql != "-"]
    assert len(computed) >= 34
    assert len(set(computed)) == len(computed)


def project(**changed: str) -> dict[str, dict[str, Any]]:
    """Five small models as dbt compiles them: two metrics in a wide table, two in a long one."""
    sql = {
        "stg_posts": "select person, day, is_bot, 1 as one from raw.posts",
        "int_posts": "with p as (select * from db.staging.stg_posts) select p.* from p where not p.is_bot",
        "fct_person": "select person, count(*) as posts, count(distinct day) as days from int_posts group by person",
        "kpi_adoption": (
            "select sum(case when posts > 0 then 1 else 0 end) as active_contributing_share, "
            "sum(case when days >= 9 then 1 else 0 end) as habitual_share, count(*) as habitual_share_n from fct_person"
        ),
        "fct": "select sum(won) as won, sum(decided) as decided, count(*) as deals from stg_deals",
        "released": RELEASED,
        "kpi_outcome": (
            "select max(case when metric_id = 'C1' then value end) as win_rate_closed, "
            "max(case when metric_id = 'C7' then value end) as pipeline_created_count from released"
        ),
    } | changed
    reads = {"int_posts": "stg_posts", "fct_person": "int_posts", "kpi_adoption": "fct_person"}
    reads |= {"released": "fct", "kpi_outcome": "released"}
    return {
        name: {
            "compiled_code": code,
            "fqn": ["throughline", "staging" if name.startswith("stg_") else "marts", name],
            "depends_on": {"nodes": [f"model.throughline.{reads[name]}"] if name in reads else []},
        }
        for name, code in sql.items()
    }


def parts(metric_id: str, **changed: str) -> dict[str, str]:
    return Lineage(project(**changed)).sql(metrics()[metric_id])


def test_only_what_reaches_a_metric_is_its_own() -> None:
    assert list(parts("A2")) == ["kpi_adoption", "fct_person", "int_posts"]
    assert "days" not in str(parts("A2"))
    assert "posts >" not in str(parts("A4"))
    assert "habitual_share_n" in str(parts("A4"))
    assert "AS deals" not in str(parts("C1"))
    assert "AS won" not in str(parts("C7"))
    assert parts("C4") == {}  # no column, no computation


@pytest.mark.parametrize(
    ("model", "old", "new", "touched"),
    [
        ("kpi_adoption", "posts > 0", "posts > 1", {"A2"}),  # a threshold
        ("kpi_adoption", "days >= 9", "days >= 8", {"A4"}),
        ("kpi_adoption", "count(*) as", "sum(days) as", {"A4"}),  # a denominator
        ("fct_person", "count(distinct day)", "count(day)", {"A4"}),
        ("fct_person", "group by", "where day > 0 group by", {"A2", "A4"}),  # who is counted
        ("int_posts", " where not p.is_bot", "", {"A2", "A4"}),
        ("released", "won / decided", "won / deals", {"C1"}),
        ("released", "deals from", "deals + 1 from", {"C7"}),
        ("fct", "sum(won)", "max(won)", {"C1"}),
        ("kpi_adoption", "select sum", "select -- in words\n    SUM", set()),  # spacing, comments and case
        ("fct_person", "count(*) as posts", "count( * )  as   posts /* all */", set()),
        ("stg_posts", "1 as one", "2 as one", set()),  # staging only renames and casts
    ],
)
def test_a_change_touches_the_metrics_that_it_reaches(model: str, old: str, new: str, touched: set[str]) -> None:
    before = project()
    assert before[model]["compiled_code"].count(old) == 1
    after = project(**{model: before[model]["compiled_code"].replace(old, new)})
    watched = [metrics()[metric_id] for metric_id in ("A2", "A4", "C1", "C7")]
    then, now = Lineage(before), Lineage(after)
    assert {metric.metric_id for metric in watched if then.sql(metric) != now.sql(metric)} == touched


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (Fingerprint(1, "t", "s"), {}),
        (Fingerprint(1, "T", "s"), {"A2": "text"}),
        (Fingerprint(1, "T", "S"), {"A2": "text and sql"}),
        (Fingerprint(1, "t", "-"), {"A2": "sql"}),
        (Fingerprint(2, "T", "S"), {}),
    ],
)
def test_a_change_needs_a_version(now: Fingerprint, changed: dict[str, str]) -> None:
    assert changed_formulas({"A2": now}, {"A2": Fingerprint(1, "t", "s")}) == changed
    assert changed_formulas({"A2": now}, {"A2": Fingerprint(1, "t", "-")}) == {}  # no number was published before
    assert ("A2" in remedy(changed)) == bool(changed)
