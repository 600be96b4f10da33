"""Delimited text: whatever a CSV writer writes is read back cell by cell, in blocks of any size, with row numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fixtures.parsed import parsed, written
from throughline.reading import delimited
from throughline.source import Refused
from throughline.sources import SOURCES

SIGNS = st.sampled_from(delimited.DELIMITERS)
CELLS = st.text(st.sampled_from("ab \"',;|^`\t\n\r=éß€字"), max_size=6)


def made(rows: list[list[str]], delimiter: str, newline: str, quoting: int) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["One", "Two", "Three"], *rows])
    return text.getvalue()


def read(content: bytes, chunk_bytes: int = 1 << 20) -> tuple[list[list[str]], list[int], list[int]]:
    """Rows, their numbers, and the numbers of the rows that do not fit."""

    def chunks() -> Iterator[bytes]:
        yield from (content[start : start + chunk_bytes] for start in range(0, len(content), chunk_bytes))

    sheet = delimited.examine(chunks, "x.csv", lambda name: name in ("One", "Two", "Three"))
    assert sheet.header == ("One", "Two", "Three")
    rows: list[list[str]] = []
    numbers: list[int] = []
    misfits: list[int] = []
    for part in delimited.rows(sheet, chunks, {"third": 2, "first": 0, "second": 1}, nulls=()):
        if isinstance(part, delimited.Misfit):
            misfits.append(part.number)
        else:
            rows += [[row["first"], row["second"], row["third"]] for row in part.records.to_pylist()]
            numbers += part.numbers
    return rows, numbers, misfits


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12),
    delimiter=SIGNS,
    newline=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    block_bytes=st.sampled_from([128, 1 << 20]),
)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read(
    rows: list[list[str]], delimiter: str, newline: str, encoding: str, block_bytes: int
) -> None:
    content = made(rows, delimiter, newline, csv.QUOTE_ALL).encode(encoding)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "BLOCK_BYTES", block_bytes)
        assert read(content) == (rows, list(range(2, len(rows) + 2)), [])


@pytest.mark.parametrize("chunk_bytes", [1, 2, 5, 64, 65, 1 << 20])
def test_a_character_on_the_seam_of_two_chunks(chunk_bytes: int) -> None:
    rows = [["é€字" * 5, "x", "ß"]] * 40
    content = made(rows, ",", "\n", csv.QUOTE_MINIMAL).encode()
    assert read(content, chunk_bytes)[0] == rows


@pytest.mark.parametrize("before", range(100, 130))
def test_a_line_end_within_quotes_on_the_seam_of_two_blocks(before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["x" * before, "a\r\nb", "\r"], ["1", "2", "\r\n"]]
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 128)
    assert read(made(rows, ",", "\r\n", csv.QUOTE_ALL).encode())[0] == rows


def test_a_spreadsheet_says_its_separator() -> None:
    assert read(b"sep=;\r\nOne;Two;Three\r\n1;a,b;c\r\n") == ([["1", "a,b", "c"]], [2], [])


def test_blank_lines_do_not_count_and_misfits_do() -> None:
    content = b"One,Two,Three\n\n1,a,b\n\n\n2,a\n3,a,b\n4,a,b,c\n5,a,b\n\n"
    assert read(content) == ([["1", "a", "b"], ["3", "a", "b"], ["5", "a", "b"]], [2, 4, 6], [3, 5])


@given(
    rows=st.lists(st.lists(st.text('ab ",\n', min_size=1, max_size=5), min_size=1, max_size=4), min_size=1, max_size=12)
)
@settings(max_examples=150, deadline=None)
def test_a_text_without_header_has_rows_from_before_a_column_was_added(rows: list[list[str]]) -> None:
    """Whichever width the first has; only a row with more cells than there are columns is none."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    content = b"\n\n" + text.getvalue().encode()  # blank lines do not count
    found: dict[int, list[str | None]] = {}
    misfits: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK_BYTES", 64)
        patch.setattr(delimited, "OTHER_ROWS", 2)
        sheet = delimited.examine(lambda: iter([content]), "x.csv", lambda _: False, ("one", "two", "three"))
        for part in delimited.rows(sheet, lambda: iter([content]), {"third": 2, "first": 0}, nulls=()):
            if isinstance(part, delimited.Misfit):
                misfits.append(part.number)
            else:
                cells = zip(
                    part.records.column("first").to_pylist(), part.records.column("third").to_pylist(), strict=True
                )
                found |= dict(zip(part.numbers, map(list, cells), strict=True))
    expected = {at: [row[0], row[2] if len(row) > 2 else None] for at, row in enumerate(rows, 1) if len(row) <= 3}
    assert (found, misfits) == (expected, [at for at, row in enumerate(rows, 1) if len(row) > 3])


@pytest.mark.parametrize("chunk_bytes", [1, 7, 1 << 20])
def test_a_few_broken_characters_do_not_make_all_others_wrong(chunk_bytes: int) -> None:
    whole = "One,Two,Three\nJosé,字,Presentación\n".encode()
    assert read(whole + b"cut \xc3,b,\xe5\xad", chunk_bytes)[0] == [
        ["José", "字", "Presentación"],
        ["cut \ufffd", "b", "\ufffd"],
    ]
    # of seven letters one happens to be UTF-8, as text is that was broken when it was typed in
    latin = "One,Two,Three\nJosÃ©,äöü,éè\n".encode("latin-1")
    assert read(latin, chunk_bytes)[0] == [["JosÃ©", "äöü", "éè"]]
    with pytest.raises(Refused, match="says it is UTF-8 and is not"):
        read("\ufeffOne,Two,Three\n".encode() + b"Jos\xe9,b,c\n", chunk_bytes)


def test_broken_characters_are_told(tmp_path: Path) -> None:
    text = "Record ID,Deal Stage\n1,Négociée\n2,N".encode() + b"\xc3gociation\n"
    found = parsed(SOURCES["hubspot"], written(tmp_path / "deals.csv", text))
    assert [row["stage"] for row in found["deals"]] == ["Négociée", "N\ufffdgociation"]
    assert [left.reason for left in found.ignored] == ["1 characters are no UTF-8 and are replaced by a mark"]


@pytest.mark.timeout(20)
def test_a_header_that_never_ends_is_refused_at_once() -> None:
    content = b'"' + b'a""' * 60  # each pair is one quote, or closes a cell and opens the next
    with pytest.raises(Refused):
        delimited.examine(lambda: iter([content]), "x.csv", lambda _: False)
