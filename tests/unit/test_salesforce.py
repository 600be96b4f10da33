"""Salesforce exports: both makes give the same records; what is wrong is told by place, never guessed."""

from __future__ import annotations

import codecs
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fixtures.parsed import Outcome, parsed, refusal, written, zipped
from throughline.reading import delimited
from throughline.source import Refused
from throughline.sources.salesforce import SOURCE

WEEKLY_HEADER = (
    "Id IsDeleted AccountId Name Description StageName Amount Probability CloseDate Type LeadSource IsClosed IsWon "
    "ForecastCategory ForecastCategoryName CurrencyIsoCode OwnerId CreatedDate CreatedById LastModifiedDate "
    "SystemModstamp"
)
WEEKLY_ROWS = [
    '006A|0|001A|Größe|two lines,\nand a ""quote""|Presentación|1234.5|35|2023-05-11 00:00:00||Web|0|0|Pipeline|'
    "En curso|MXN|005A|2023-02-07 20:47:49|005B|2023-03-01 00:00:00|2023-03-02 23:59:59",
    "006B|1|000000000000000AAA|Deal\x00|\x00|Ga\x00nada||100|2023-12-31 00:00:00|New||1|1|Closed||000|"
    "000000000000000AAA|2023-02-08 00:00:00|005B||2023-03-03 00:00:00",
]


def weekly(rows: list[str] = WEEKLY_ROWS, header: str = WEEKLY_HEADER, encoding: str = "latin-1") -> bytes:
    """All values quoted, LF, as the weekly export writes them."""
    lines = [header.split(), *(row.split("|") for row in rows)]
    return "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines).encode(encoding)


def deals(folder: Path, text: str, name: str = "Opportunity.csv") -> Outcome:
    return parsed(SOURCE, written(folder / name, text))


class TestWeeklyExport:
    def test_every_column_of_a_latin_1_export_with_nuls_and_empty_lookups(self, tmp_path: Path) -> None:
        first, second = parsed(SOURCE, zipped(tmp_path / "WE_00D_1.ZIP", {"Opportunity.csv": weekly()}))[
            "opportunities"
        ]
        assert first == {
            "opportunity_id": "006A",
            "account_id": "001A",
            "owner_id": "005A",
            "owner_email": None,
            "stage": "Presentación",
            "amount": Decimal("1234.50"),
            "currency": "MXN",
            "probability": 0.35,
            "close_date": date(2023, 5, 11),  # midnight without a zone: no shift
            "is_closed": False,
            "is_won": False,
            "deal_type": None,
            "lead_source": "Web",
            "forecast_category": "Pipeline",
            "created_at": datetime(2023, 2, 7, 20, 47, 49, tzinfo=UTC),
            "modified_at": datetime(2023, 3, 2, 23, 59, 59, tzinfo=UTC),
            "is_deleted": False,
        }
        assert (second["account_id"], second["owner_id"], second["currency"], second["amount"]) == (None,) * 4
        assert (second["is_closed"], second["is_won"], second["is_deleted"], second["probability"]) == (True,) * 3 + (
            1.0,
        )

    @pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "utf-8-sig"])
    def test_the_encoding_is_found_out(self, tmp_path: Path, encoding: str) -> None:
        found = parsed(SOURCE, zipped(tmp_path / "a.zip", {"Opportunity.csv": weekly(encoding=encoding)}))
        assert [row["stage"] for row in found["opportunities"]] == ["Presentación", "Ganada"]

    def test_the_encoding_is_judged_by_the_whole_file(self, tmp_path: Path) -> None:
        rows = [WEEKLY_ROWS[1].replace("\x00", "")] * 6000  # more than a chunk without a single accent
        content = weekly([*rows, WEEKLY_ROWS[0]])
        assert content.find("ó".encode("latin-1")) > delimited.CHUNK_BYTES
        assert parsed(SOURCE, zipped(tmp_path / "a.zip", {"Opportunity.csv": content}))["opportunities"][-1][
            "stage"
        ] == ("Presentación")

    def test_all_five_objects_and_the_others_once_each(self, tmp_path: Path) -> None:
        members = {
            "Account.csv": weekly(["001A||005A|Retail|Customer"], "Id ParentId OwnerId Industry Type"),
            "Contact.csv": weekly(["003A|001A|jo@firm.example"], "Id AccountId Email"),
            "Opportunity.csv": weekly(),
            "OpportunityHistory.csv": weekly(
                ["008A|006A|005B|2023-02-07 20:47:49|Open|5|10|2023-05-11 00:00:00|Pipeline|EUR"],
                "Id OpportunityId CreatedById CreatedDate StageName Amount Probability CloseDate ForecastCategory "
                "CurrencyIsoCode",
            ),
            "User.csv": weekly(
                ["005A|Jo@Firm.example|jo@firm.example.prod|1|Standard|005B|00E1|2023-03-02 10:00:00"],
                "Id Email Username IsActive UserType ManagerId UserRoleId SystemModstamp",
            ),
            "Campaign.csv": weekly(["701A|x"], "Id Name"),
            "Empty.csv": b"",
            "Attachments/069A": b"\x00\x01",
            "Attachments/069B": b"\x00\x02",
        }
        found = parsed(SOURCE, zipped(tmp_path / "WE_00D_1.zip", members))
        assert {table: len(rows) for table, rows in found.rows.items()} == {
            "accounts": 1, "contacts": 1, "opportunities": 2, "opportunity_history": 1, "users": 1
        }  # fmt: skip
        assert found["users"][0] == {
            "user_id": "005A",
            "email": "Jo@Firm.example",
            "username": "jo@firm.example.prod",
            "is_active": True,
            "user_type": "Standard",
            "manager_id": "005B",
            "role_id": "00E1",
            "modified_at": datetime(2023, 3, 2, 10, tzinfo=UTC),
        }
        assert found["opportunity_history"][0]["probability"] == 0.1
        assert sorted(left.place.split(" » ")[1] for left in found.ignored) == [
            "Attachments",
            "Campaign.csv",
            "Empty.csv",
        ]
        assert next(left.reason for left in found.ignored if left.place.endswith("Attachments")).startswith("2 files")

    def test_a_forecast_category_of_ones_own_is_kept(self, tmp_path: Path) -> None:
        text = "Id,StageName,CloseDate,ForecastCategoryName\n006A,Talk,2026-05-11,Steps 1 and 2\n"
        assert deals(tmp_path, text)["opportunities"][0]["forecast_category"] == "Steps 1 and 2"

    def test_a_damaged_part_is_named_and_the_others_load(self, tmp_path: Path) -> None:
        path = zipped(
            tmp_path / "a.zip", {"Account.csv": weekly(["001A|x"], "Id Industry"), "Opportunity.csv": weekly()}
        )
        content = bytearray(path.read_bytes())
        content[content.find(b"Account.csv") + 20] ^= 0xFF
        found = parsed(SOURCE, written(tmp_path / "b.zip", bytes(content)))
        assert [damage.place for damage in found.damaged] == ["salesforce/b.zip » Account.csv"]
        assert len(found["opportunities"]) == 2

    def test_archives_that_are_cut_or_hold_nothing_of_ours_are_refused(self, tmp_path: Path) -> None:
        path = zipped(tmp_path / "a.zip", {"Opportunity.csv": weekly()})
        assert "not a whole ZIP" in refusal(SOURCE, written(tmp_path / "cut.zip", path.read_bytes()[:-30]))
        other = zipped(tmp_path / "slack.zip", {"channels.json": b"[]", "numbers.csv": b"a,b\n1,2\n"})
        assert "holds none of Account" in refusal(SOURCE, other)
        second_part = zipped(tmp_path / "WE_00D_2.ZIP", {"ContentVersion/068A": b"x"})
        assert parsed(SOURCE, second_part).rows == {}


LOADER = (
    "Id,StageName,Amount,CreatedDate,CloseDate,IsClosed,IsWon,Owner.Email,Description\n"
    '006A,"Closed ""Won""",10.5,2024-07-11T21:22:07.000+0000,2024-07-12,true,TRUE,Jo@firm.example,"one\ntwo, three"\n'
    "006B,Open,,2024-07-11T21:22:07.000Z,,FALSE,,,\n"
)


class TestDataLoader:
    def test_every_make_of_csv_gives_the_same_records(self, tmp_path: Path) -> None:
        first, second = (reference := deals(tmp_path, LOADER))["opportunities"]
        assert (first["stage"], first["amount"], first["owner_email"]) == (
            'Closed "Won"',
            Decimal("10.50"),
            "Jo@firm.example",
        )
        assert first["created_at"] == second["created_at"] == datetime(2024, 7, 11, 21, 22, 7, tzinfo=UTC)
        assert (first["close_date"], second["close_date"]) == (date(2024, 7, 12), None)
        assert [(row["is_closed"], row["is_won"]) for row in (first, second)] == [(True, True), (False, False)]
        for number, delimiter in enumerate("|\t;^`"):
            other = LOADER.replace("two, three", "two~ three").replace(",", delimiter).replace("~", delimiter)
            for make in (other, other.replace("\n", "\r\n"), "\ufeff" + other):
                assert deals(tmp_path / str(number), make).rows == reference.rows

    def test_header_names_match_without_case_and_of_two_equal_ones_none_is_chosen(self, tmp_path: Path) -> None:
        assert deals(tmp_path, "ID,STAGENAME,ISWON\n1,Open,1\n")["opportunities"][0]["is_won"] is True
        path = written(tmp_path / "Opportunity.csv", "Id,StageName,Amount,amount\n1,Open,1,2\n")
        assert "column Amount is there twice" in refusal(SOURCE, path)

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [("1 true TRUE Yes", True), ("0 false False no", False)],
    )
    def test_booleans(self, tmp_path: Path, cells: str, expected: bool) -> None:
        rows = "".join(f"{number},Open,{cell}\n" for number, cell in enumerate(cells.split()))
        found = deals(tmp_path, f"Id,StageName,IsWon\n{rows}")["opportunities"]
        assert [row["is_won"] for row in found] == [expected] * 4

    def test_an_empty_box_is_not_ticked_but_a_missing_column_is_unknown(self, tmp_path: Path) -> None:
        row = deals(tmp_path, "Id,StageName,IsClosed\n1,Open,\n")["opportunities"][0]
        assert (row["is_closed"], row["is_won"], row["is_deleted"]) == (False, None, None)

    @pytest.mark.parametrize(
        ("written_as", "moment"),
        [
            ("2024-07-11T21:22:07.123+0000", datetime(2024, 7, 11, 21, 22, 7, 123000, UTC)),
            ("2024-07-11T23:22:07+02:00", datetime(2024, 7, 11, 21, 22, 7, tzinfo=UTC)),
            ("2024-07-11 21:22:07", datetime(2024, 7, 11, 21, 22, 7, tzinfo=UTC)),
            ("2024-07-11", datetime(2024, 7, 11, tzinfo=UTC)),
            ("#N/A", None),
        ],
    )
    def test_times(self, tmp_path: Path, written_as: str, moment: datetime | None) -> None:
        text = f"Id,StageName,CreatedDate\n1,Open,{written_as}\n2,Open,2024-01-01T00:00:00.000Z\n"
        assert deals(tmp_path, text)["opportunities"][0]["created_at"] == moment

    def test_amounts_keep_their_cents(self, tmp_path: Path) -> None:
        text = "Id,StageName,Amount\n1,Open,9007199254740993.01\n2,Open,1.2E7\n3,Open,-0.005\n4,Open, 5 \n"
        amounts = [row["amount"] for row in deals(tmp_path, text)["opportunities"]]
        assert amounts == [Decimal("9007199254740993.01"), Decimal(12_000_000), Decimal("0.00"), Decimal(5)]

    @pytest.mark.parametrize(
        "name", ["export.csv", "Opportunity_2.csv", "opportunity (1).csv", "Opportunity-2024-07-11.csv"]
    )
    def test_the_object_is_told_by_name_or_header(self, tmp_path: Path, name: str) -> None:
        assert len(deals(tmp_path, LOADER, name)["opportunities"]) == 2

    @pytest.mark.parametrize(
        ("header", "table"),
        [
            ("Id,OpportunityId,StageName,CreatedDate", "opportunity_history"),
            ("Id,AccountId,LastName", "contacts"),
            ("Id,Name,NumberOfEmployees", "accounts"),
            ("Id,Username,IsActive", "users"),
            ("Id,Name,StageName,Owner.Name", "opportunities"),  # a query names what it likes
            ("Id,Name,Owner.Name,Website", "accounts"),
            ("Id,Name,Email,IsActive", "users"),
            ("id,account_id,stage_name,close_date", "opportunities"),  # as copying tools name them
        ],
    )
    def test_the_header_tells_the_other_objects(self, tmp_path: Path, header: str, table: str) -> None:
        row = ",".join("2024-01-01" if "date" in name.lower() else "1" for name in header.split(","))
        assert list(deals(tmp_path, f"{header}\n{row}\n", "extract.csv").rows) == [table]

    def test_another_object_is_ignored_and_another_table_refused(self, tmp_path: Path) -> None:
        other = deals(tmp_path, "Id,Subject,CreatedDate\n1,x,2024-01-01\n", "Case.csv")
        assert other.rows == {}
        assert "name the file after it" in other.ignored[0].reason
        stranger = written(tmp_path / "numbers.csv", "day,visits\n1,2\n")
        assert "cannot tell the object" in refusal(SOURCE, stranger)


class TestTrackedFields:
    HEADER = "Id,IsDeleted,OpportunityId,CreatedById,CreatedDate,Field,DataType,OldValue,NewValue\n"
    ROWS = (
        "017A,0,006A,005A,2024-05-01 10:00:00,StageName,DynamicEnum,Open,Won\n"
        "017B,0,006A,005A,2024-05-01 10:00:00,Owner,Text,Ann Bo,Cy Dee\n"
        "017C,0,006A,000000000000000AAA,2024-05-02 10:00:00,StageName,DynamicEnum,Won,\n"
        "017D,0,006A,005A,2024-05-02 10:00:00,created,,,\n"
    )

    @pytest.mark.parametrize("name", ["OpportunityFieldHistory.csv", "OpportunityFieldHistory_1.csv", "extract.csv"])
    def test_changes_of_stage_are_history_and_others_are_not_kept(self, tmp_path: Path, name: str) -> None:
        found = deals(tmp_path, self.HEADER + self.ROWS, name)
        first, second = found["opportunity_history"]
        assert first == dict.fromkeys(SOURCE.table("opportunity_history").schema.names) | {
            "history_id": "017A",
            "opportunity_id": "006A",
            "created_by_id": "005A",
            "created_at": datetime(2024, 5, 1, 10, tzinfo=UTC),
            "stage": "Won",
        }
        assert (second["history_id"], second["stage"], second["created_by_id"]) == ("017C", None, None)
        assert [left.reason for left in found.ignored] == ["2 changes of fields other than the stage"]

    def test_both_histories_of_one_weekly_export(self, tmp_path: Path) -> None:
        history = "Id,OpportunityId,CreatedById,CreatedDate,StageName\n008A,006A,005A,2024-04-01 10:00:00,Open\n"
        members = {
            "OpportunityHistory.csv": history.encode(),
            "OpportunityFieldHistory.csv": (self.HEADER + self.ROWS).encode(),
        }
        found = parsed(SOURCE, zipped(tmp_path / "WE_00D_1.zip", members))
        assert [row["history_id"] for row in found["opportunity_history"]] == ["008A", "017A", "017C"]

    def test_a_tracked_change_without_its_field_is_rejected(self, tmp_path: Path) -> None:
        found = deals(tmp_path, self.HEADER + self.ROWS.replace("Owner", ""), "OpportunityFieldHistory.csv")
        assert [bad.reason for bad in found.rejected] == ["Field is empty"]


class TestWhatCannotBeRead:
    def test_a_missing_required_column_is_named_with_the_file_and_the_remedy(self, tmp_path: Path) -> None:
        path = written(tmp_path / "Opportunity.csv", "Id,Amount\n1,2\n")
        assert refusal(SOURCE, path) == (
            "salesforce/Opportunity.csv: column StageName is missing; export it again with a column StageName"
        )

    def test_rows_are_rejected_by_their_number_in_every_block(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delimited, "BLOCK_BYTES", 64)
        lines = [f"{number},Open" for number in range(2, 41)]  # the Id is the row's number
        lines[3], lines[20], lines[21], lines[30] = ",Open", "22", "23,Open,x", "32,"
        found = deals(tmp_path, "Id,StageName\n" + "\n".join(lines) + "\n")
        assert {(bad.table, bad.place, bad.reason) for bad in found.rejected} == {
            ("opportunities", "salesforce/Opportunity.csv row 5", "Id is empty"),
            ("opportunities", "salesforce/Opportunity.csv row 22", "not as many cells as the header"),
            ("opportunities", "salesforce/Opportunity.csv row 23", "not as many cells as the header"),
            ("opportunities", "salesforce/Opportunity.csv row 32", "StageName is empty"),
        }
        ids = [int(row["opportunity_id"]) for row in found["opportunities"]]
        assert ids == [number for number in range(2, 41) if number not in (5, 22, 23, 32)]

    def test_a_bad_optional_value_becomes_null_and_is_reported_once_a_column(self, tmp_path: Path) -> None:
        found = deals(tmp_path, "Id,StageName,Amount\n1,Open,1\n2,Open,12 apples\n3,Open,3\n4,Open,1.234.5\n5,Open,5\n")
        assert [row["amount"] for row in found["opportunities"]] == [Decimal(1), None, Decimal(3), None, Decimal(5)]
        assert [(left.place, left.reason) for left in found.ignored] == [
            (
                "salesforce/Opportunity.csv, column Amount",
                "2 values cannot be read as amount and are NULL (first in row 3)",
            )
        ]

    def test_a_column_of_bad_values_refuses_the_file_without_showing_one(self, tmp_path: Path) -> None:
        path = written(
            tmp_path / "Opportunity.csv", 'Id,StageName,Amount\n1,Open,"1.234,50 €"\n2,Open,7\n3,Open,"9,5"\n'
        )
        sentence = refusal(SOURCE, path)
        assert "column Amount: most values cannot be read as amount (first in row 2)" in sentence
        assert "1.234" not in sentence

    @pytest.mark.parametrize("bad", ["", "soon", "2024-02-30 10:00:00"])
    def test_a_history_row_without_its_time_is_rejected(self, tmp_path: Path, bad: str) -> None:
        text = f"Id,OpportunityId,CreatedDate\n1,6,2024-01-01T00:00:00.000Z\n2,6,{bad}\n3,6,2024-01-01T00:00:00.000Z\n"
        found = deals(tmp_path, text, "OpportunityHistory.csv")
        assert [row["history_id"] for row in found["opportunity_history"]] == ["1", "3"]
        assert [reject.place for reject in found.rejected] == ["salesforce/OpportunityHistory.csv row 3"]

    @pytest.mark.parametrize(
        ("column", "cell", "readings"),
        [
            ("CloseDate", "03-07-24", "2024-07-03 or 2024-03-07"),
            ("CloseDate", "25-12-24", "2024-12-25 or 2025-12-24"),
            ("CloseDate", "07/03/2024", "2024-03-07 or 2024-07-03"),
            ("CreatedDate", "07/03/24 09:15 PM", "2024-03-07 or 2024-07-03"),
            ("CloseDate", "25/12/2024", "2024-12-25"),
        ],
    )
    def test_dates_are_never_guessed(self, tmp_path: Path, column: str, cell: str, readings: str) -> None:
        path = written(tmp_path / "Opportunity.csv", f"Id,StageName,{column}\n1,Open,2024-01-01\n2,Open,{cell}\n")
        sentence = refusal(SOURCE, path)
        assert f"column {column}" in sentence
        assert f"may mean {readings} (row 3)" in sentence
        assert "dates=DD-MM-YY" in sentence

    def test_a_declared_order_gives_the_same_table_as_iso_dates(self, tmp_path: Path) -> None:
        header = "Id,StageName,CloseDate,CreatedDate\n"
        iso = deals(tmp_path, header + "1,Open,2024-07-03,2024-03-07 21:15:00\n2,Open,2024-12-25,\n")
        copy = written(tmp_path / "copy.csv", header + "1,Open,03-07-24,07-03-24 09:15 PM\n2,Open,25-12-24,\n")
        assert parsed(SOURCE, copy, "salesforce/dates=DD-MM-YY/Opportunity.csv").rows == iso.rows
        with pytest.raises(Refused):
            parsed(SOURCE, copy, "salesforce/Opportunity.csv")

    def test_probabilities_of_another_scale_are_refused_at_the_door(self, tmp_path: Path) -> None:
        path = written(tmp_path / "Opportunity.csv", "Id,StageName,Probability\n1,Open,1\n2,Open,0.35\n")
        assert "between 0 and 1 (row 3)" in refusal(SOURCE, path)

    def test_a_report_is_refused_with_the_remedy(self, tmp_path: Path) -> None:
        report = '"Opportunity Name","Stage","Close Date"\n"A","Open","7/3/2024"\n\n"Pipeline"\n"Confidential"\n'
        sentence = refusal(SOURCE, written(tmp_path / "Opportunity.csv", report))
        assert "looks like a report" in sentence
        assert "Data Loader" in sentence

    def test_rows_below_a_footer_are_rejected_where_ids_make_a_report_look_like_an_object(self, tmp_path: Path) -> None:
        report = 'Id,StageName\n"006A","Open"\n\n"Pipeline of the month"\n"Confidential"\n'
        found = deals(tmp_path, report)
        assert [row["opportunity_id"] for row in found["opportunities"]] == ["006A"]
        assert [bad.reason for bad in found.rejected] == ["not as many cells as the header"] * 2

    def test_a_header_with_a_line_break_in_it_is_read(self, tmp_path: Path) -> None:
        assert len(deals(tmp_path, 'Id,"Our\nfield",StageName\n1,x,Open\n')["opportunities"]) == 1

    def test_a_header_alone_is_an_empty_table(self, tmp_path: Path) -> None:
        for text in ("Id,StageName", "Id,StageName\n", '"Id","StageName"\r\n\r\n'):
            found = deals(tmp_path, text)
            assert found == Outcome(columns=found.columns)

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"", "is empty"),
            (b"\n\n", "is empty"),
            (LOADER.encode("utf-16"), "UTF-16"),
            (LOADER.encode("utf-16-le"), "UTF-16"),
            (b"PK\x03\x04rest", "workbook"),
            (b"<html><body>Sign in</body></html>", "web page"),
            (codecs.BOM_UTF8 + b"Id,StageName\n1,Verhandlungsst\xe4rke\n", "says it is UTF-8 and is not"),
            (b'Id,StageName\n1,"Open', "ends inside a quoted cell"),
        ],
    )
    def test_what_is_no_delimited_text_is_said_so(self, tmp_path: Path, content: bytes, what: str) -> None:
        assert what in refusal(SOURCE, written(tmp_path / "Opportunity.csv", content))
