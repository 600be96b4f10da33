"""Every line of kpi_value names a number as dim_metric defines it."""

from __future__ import annotations

import re
from pathlib import Path

from throughline.metrics import metrics

MODEL = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "kpi" / "kpi_value.sql"
TABLE = re.compile(r"'(kpi_\w+)': \{(.*?)\}", re.DOTALL)
NUMBER = re.compile(r"'(\w+)': '(\w+)'")


def lines() -> list[dict[str, str]]:
    tables = TABLE.findall(MODEL.read_text(encoding="utf-8"))
    return [
        {"table": table, "metric_id": metric_id, "slug": slug}
        for table, numbers in tables
        for metric_id, slug in NUMBER.findall(numbers)
    ]


def test_each_line_has_the_id_the_column_and_the_table_of_one_metric() -> None:
    assert len(lines()) >= 30
    wrong = [
        line
        for line in lines()
        if (metric := metrics().get(line["metric_id"])) is None
        or (metric.slug, metric.table) != (line["slug"], line["table"])
    ]
    assert wrong == []


def test_no_number_stands_there_twice() -> None:
    ids = [line["metric_id"] for line in lines()]
    assert len(ids) == len(set(ids))


def test_every_column_of_a_wide_table_that_is_a_metric_has_its_line() -> None:
    """A wide table that publishes a metric's slug publishes it in the long form too, a label as a number."""
    published = {line["slug"] for line in lines()}
    for table in {line["table"] for line in lines()}:
        columns = set(re.findall(r"name: (\w+)", MODEL.with_name(f"{table}.yml").read_text(encoding="utf-8")))
        here = {m.slug for m in metrics().values() if m.table == table and m.slug in columns}
        assert here <= published, f"{table}: add to kpi_value.sql {', '.join(sorted(here - published))}"


def test_no_model_states_a_version_of_its_own() -> None:
    """kpi_value joins it from dim_metric; a wide table takes that of its family: {{ family_version('L') }}."""
    models = {path.stem: path.read_text(encoding="utf-8") for path in MODEL.parent.glob("*.sql")}
    assert {table for table, sql in models.items() if "family_version('" in sql} == {line["table"] for line in lines()}
    assert not [table for table, sql in models.items() if re.search(r"\d\D{0,20} as metric_version", sql)]
