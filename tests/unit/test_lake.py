"""The lake: whole or not at all, the same bytes again, pseudonyms before anything is written, rows balance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from throughline import lake
from throughline.landing import LandingFile
from throughline.privacy import Pseudonymiser
from throughline.source import TIMESTAMP, Batch, Columns, Damaged, Ignored, Parsed, Refused, Rejected, Source, Table

PEOPLE = Pseudonymiser(b"k" * 32)
NOTES = Table(
    "notes",
    pa.schema([("note_id", pa.string()), ("email", pa.string()), ("edited_at", TIMESTAMP), ("sent_at", TIMESTAMP)]),
    key=("note_id",),
    people={"email": "email"},
    version="edited_at",
    observed="sent_at",
)


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


def notes(*rows: tuple[str, str | None, datetime | None, datetime]) -> Batch:
    columns = zip(*rows, strict=True)
    return Batch(
        "notes",
        pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, NOTES.schema, strict=True)], schema=NOTES.schema),
    )


def source(*parts: Parsed | Exception) -> Source:
    def parse(_file: LandingFile) -> Iterator[Parsed]:
        for part in parts:
            if isinstance(part, Exception):
                raise part
            yield part

    return Source("notebook", "Notebook", (".zip",), (NOTES,), parse)


@pytest.fixture
def file(tmp_path: Path, at: datetime) -> LandingFile:
    return LandingFile("notebook", "notebook/a.zip", tmp_path / "a.zip", "f" * 64, 1, at)


def tree(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }


def test_identifiers_are_pseudonyms_and_rows_carry_their_file(tmp_path: Path, file: LandingFile, at: datetime) -> None:
    landed = lake.land(tmp_path / "lake", source(notes(("1", " Ada@Example.org ", None, day(1)))), file, PEOPLE)
    (row,) = pq.read_table(landed.parquet["notes"]).to_pylist()
    assert row["email"] == PEOPLE.key("email", "ada@example.org")
    assert (row["file_id"], row["loaded_at"]) == (file.file_id, at)
    for path in (tmp_path / "lake").rglob("*.parquet"):
        assert b"xample" not in path.read_bytes()


def test_rows_balance(tmp_path: Path, file: LandingFile) -> None:
    landed = lake.land(
        tmp_path,
        source(
            notes(
                ("1", None, None, day(1)),
                ("1", None, day(3), day(1)),
                ("1", None, day(2), day(1)),
                ("2", None, None, day(2)),
            ),
            Rejected("notes", "line 9", "no id"),
            Ignored("other.json", "not a notebook"),
        ),
        file,
        PEOPLE,
    )
    assert (landed.rows_in, landed.rows_loaded, landed.rows_rejected, landed.rows_duplicate) == (5, 2, 1, 2)
    kept = {row["note_id"]: row["edited_at"] for row in pq.read_table(landed.parquet["notes"]).to_pylist()}
    assert kept == {"1": day(3), "2": None}, "of repeated records the highest version is kept"
    assert (landed.observed_from, landed.observed_until) == (day(1), day(2))
    (reject,) = pq.read_table(lake.rejects_file(tmp_path, "notebook", file.file_id)).to_pylist()
    assert (reject["place"], reject["reason"]) == ("line 9", "no id")


def test_taking_a_file_again_gives_the_same_bytes(tmp_path: Path, file: LandingFile) -> None:
    parts = (notes(("1", "a@b.example", None, day(1))), Rejected("notes", "line 2", "no id"))
    lake.land(tmp_path, source(*parts), file, PEOPLE)
    first = tree(tmp_path)
    lake.land(tmp_path, source(*parts), file, PEOPLE)
    assert tree(tmp_path) == first
    assert len(first) == 2


def test_a_table_that_is_gone_from_the_file_is_gone_from_the_lake(tmp_path: Path, file: LandingFile) -> None:
    lake.land(tmp_path, source(notes(("1", None, None, day(1))), Rejected("notes", "line 2", "no id")), file, PEOPLE)
    lake.land(tmp_path, source(Ignored("all", "empty now")), file, PEOPLE)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("fault", [Refused("cut off", where="a.zip"), OSError("disk full")])
def test_a_fault_in_the_middle_leaves_nothing(tmp_path: Path, file: LandingFile, fault: Exception) -> None:
    with pytest.raises(type(fault)):
        lake.land(tmp_path, source(notes(("1", None, None, day(1))), fault), file, PEOPLE)
    assert tree(tmp_path) == {}


def test_what_a_parser_did_not_foresee_is_a_refusal_without_values(tmp_path: Path, file: LandingFile) -> None:
    with pytest.raises(
        Refused, match=r"notebook/a\.zip: cannot be read as Notebook \(KeyError while parsing\)"
    ) as refused:
        lake.land(tmp_path, source(KeyError("ada@example.org")), file, PEOPLE)
    assert "ada" not in refused.value.sentence


def test_damage_is_told_and_the_rest_is_written(tmp_path: Path, file: LandingFile) -> None:
    landed = lake.land(tmp_path, source(Damaged("x.json", "not JSON"), notes(("1", None, None, day(1)))), file, PEOPLE)
    assert landed.damaged == [Damaged("x.json", "not JSON")]
    assert landed.parquet["notes"].exists()


def test_columns_are_kept_beside_and_go_with_the_file(tmp_path: Path, file: LandingFile) -> None:
    parts = [Columns("notes", ("id", "text"), ("zone",), ("mood",)), Columns("notes", ("id",), ("text",), ())]
    lake.land(tmp_path, source(*parts), file, PEOPLE)
    assert [tuple(row.values())[1:] for row in lake.columns(tmp_path, "notebook", file.file_id)] == [
        ("notes", "id", "used"),
        ("notes", "mood", "new"),
        ("notes", "text", "missing"),
        ("notes", "text", "used"),
        ("notes", "zone", "missing"),
    ]
    lake.land(tmp_path, source(Ignored("all", "empty now")), file, PEOPLE)
    assert (tree(tmp_path), lake.columns(tmp_path, "notebook", file.file_id)) == ({}, [])


def test_an_export_without_times_is_a_picture_of_the_day_it_was_seen(tmp_path: Path, file: LandingFile) -> None:
    timeless = replace(NOTES, observed=None)
    given = replace(source(notes(("1", None, None, day(1)))), tables=(timeless,), observed_from_seen=True)
    assert lake.land(tmp_path, given, file, PEOPLE).observed_until == file.seen_at


def test_a_parser_that_breaks_its_schema_is_caught(tmp_path: Path, file: LandingFile) -> None:
    wrong = Batch("notes", pa.record_batch([pa.array(["1"])], names=["note_id"]))
    with pytest.raises(TypeError, match="another schema"):
        lake.land(tmp_path, source(wrong), file, PEOPLE)
