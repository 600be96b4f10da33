"""Dynamics 365: view exports are read only with declared dates, Synapse Link with its model and labels."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.fixtures.parsed import Outcome, parsed, refusal, written, zipped
from throughline.landing import Archive
from throughline.reading.synapse_link import link
from throughline.sources import dynamics365
from throughline.sources.dynamics365 import SOURCE

MDY = "dynamics365/dates=MM-DD-YY/zone=America/New_York/view.csv"
HEADER = "(Do Not Modify) Opportunity,(Do Not Modify) Modified On,Topic,Owner,Status,Est. revenue,Created On"
ID = "0A1B0000-0000-0000-0000-000000000001"
COLUMNS = ("Id", "SinkModifiedOn", "statecode", "salesstage", "estimatedvalue", "createdon", "name", "IsDelete")


def view(folder: Path, *rows: str, header: str = HEADER, name: str = MDY) -> Outcome:
    content = "\ufeff" + "".join(f"{line}\r\n" for line in (header, *rows))
    return parsed(SOURCE, written(folder / "view.csv", content), name)


def linked(folder: Path, parts: dict[str, str], columns: dict[str, tuple[str, ...]] | None = None) -> Path:
    """A Synapse Link folder in a folder, zipped."""
    entities = columns or {"opportunity": COLUMNS}
    model = {"entities": [{"name": n, "attributes": [{"name": c} for c in cs]} for n, cs in entities.items()]}
    files = {"model.json": json.dumps(model), **parts}
    return zipped(folder / "link.zip", {f"dataverse/{name}": text.encode() for name, text in files.items()})


class TestViews:
    def test_bom_crlf_money_and_html_of_several_lines(self, tmp_path: Path) -> None:
        row = f'{ID},5/20/2024 7:42,"<p>one\ntwo, ""three""</p>",Ann Bo,Won,"$7,450,000.00 ",1/2/2024 9:30 PM'
        found = view(tmp_path, row, row.replace("01,", "02,", 1))
        assert [deal["deal_id"][-2:] for deal in found["deals"]] == ["01", "02"]
        deal = found["deals"][0]
        assert (deal["amount"], deal["outcome"], deal["owner_id"]) == (Decimal(7_450_000), "won", "Ann Bo")
        assert deal["modified_at"] == datetime(2024, 5, 20, 11, 42, tzinfo=UTC)
        assert deal["created_at"] == datetime(2024, 1, 3, 2, 30, tzinfo=UTC)
        assert found.ignored == []

    def test_dates_that_nobody_declared_are_refused_with_both_readings(self, tmp_path: Path) -> None:
        path = written(tmp_path / "view.csv", f"{HEADER}\n{ID},5/6/2024 7:42,t,Ann,Open,1,\n")
        sentence = refusal(SOURCE, path)
        assert "column (Do Not Modify) Modified On" in sentence
        assert "may mean 2024-06-05 or 2024-05-06 (row 2)" in sentence
        assert "dates=DD-MM-YY" in sentence

    @pytest.mark.parametrize(("order", "month"), [("MM-DD-YY", 5), ("DD-MM-YYYY", 6)])
    def test_the_declared_order_decides(self, tmp_path: Path, order: str, month: int) -> None:
        name = f"dynamics365/dates={order}/zone=UTC/view.csv"
        found = view(tmp_path, f"{ID},5/6/2024 7:42,t,Ann,Open,1,", name=name)["deals"][0]
        assert found["modified_at"].month == month

    def test_amount_and_close_date_are_the_actual_ones_of_a_closed_deal(self, tmp_path: Path) -> None:
        header = "(Do Not Modify) Opportunity,Status,Status Reason,Sales Stage,Est. Revenue,Actual Revenue,"
        header += "Est. close date,Actual Close Date"
        rows = [
            f"{n},{status},Reason,{stage},10.00,20.00,2024-08-31,2024-06-01"
            for n, (status, stage) in enumerate((("Won", "Close"), ("Lost", ""), ("Open", "Close")))
        ]
        found = view(tmp_path, *rows, header=header)["deals"]
        assert [(deal["amount"], deal["close_date"], deal["stage"]) for deal in found] == [
            (Decimal(20), date(2024, 6, 1), "Close"),
            (Decimal(10), date(2024, 6, 1), "Reason"),
            (Decimal(10), date(2024, 8, 31), "Close"),
        ]
        assert [deal["closed_at"] for deal in found] == [datetime(2024, 6, 1, 4, tzinfo=UTC)] * 2 + [None]

    def test_currencies_are_codes(self, tmp_path: Path) -> None:
        header = "(Do Not Modify) Opportunity,Status,Currency"
        found = view(tmp_path, "1,Open,Euro", "2,Open,chf", "3,Open,Galactic credit", header=header)
        assert [deal["currency"] for deal in found["deals"]] == ["EUR", "CHF", None]

    def test_without_the_hidden_id_nothing_is_loaded(self, tmp_path: Path) -> None:
        path = written(tmp_path / "view.csv", "Topic,Owner,Status\nt,Ann,Open\n")
        assert "column (Do Not Modify) Opportunity is missing" in refusal(SOURCE, path)

    def test_users_by_id_and_name_and_other_tables(self, tmp_path: Path) -> None:
        users = "(Do Not Modify) User,Full Name,Primary Email,Status"
        found = view(tmp_path, "{A1},Ann Bo,ann@x.example,Enabled", "A2,Cy,cy@x.example,Disabled", header=users)
        assert [tuple(owner.values()) for owner in found["owners"]] == [
            ("a1", "ann@x.example", True),
            ("a2", "cy@x.example", False),
            ("Ann Bo", "ann@x.example", True),
            ("Cy", "cy@x.example", False),
        ]
        other = view(tmp_path, "1,x", header="(Do Not Modify) Appointment,Subject")
        assert (other.rows, len(other.ignored)) == ({}, 1)

    @pytest.mark.parametrize(("more", "is_told"), [(0, True), (1, False)])
    def test_a_view_of_as_many_rows_as_may_be_exported_may_be_cut_off(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int, *, is_told: bool
    ) -> None:
        monkeypatch.setattr(dynamics365, "MOST_ROWS", 3)
        rows = (*("1,Open",) * (2 + more), ",Open")  # a rejected one counts
        found = view(tmp_path, *rows, header="(Do Not Modify) Opportunity,Status")
        assert any("others may be missing" in left.reason for left in found.ignored) == is_told

    def test_a_zip_of_views(self, tmp_path: Path) -> None:
        good = f"{HEADER}\n{ID},2024-05-06T07:42:00Z,t,Ann,Open,1,\n".encode()
        found = parsed(SOURCE, zipped(tmp_path / "views.zip", {"a.csv": good, "b.csv": b""}))
        assert len(found["deals"]) == 1
        assert [damage.place for damage in found.damaged] == ["dynamics365/views.zip » b.csv"]


class TestSynapseLink:
    ROW = 'o1,5/20/2024 10:02:03 PM,1,3,1500.0000000000,2024-05-01T01:02:03.1234567Z,"two\nlines",False\n'

    def test_the_columns_come_from_the_model(self, tmp_path: Path) -> None:
        parts = {
            "opportunity/2024-05.csv": self.ROW + "o2,5/21/2024 12:02:03 AM,,,,,,True\n" + "o3,too,few\n",
            "opportunity/2024-06.csv": "",
            "OptionsetMetadata/OptionsetMetadata.csv": "opportunity,salesstage,3,True,1033,Close\n",
        }
        found = parsed(SOURCE, linked(tmp_path, parts))
        assert [(deal["deal_id"], deal["is_deleted"], deal["stage"]) for deal in found["deals"]] == [
            ("o1", False, "Close"),
            ("o2", True, None),
        ]
        assert found["deals"][0]["created_at"] == datetime(2024, 5, 1, 1, 2, 3, 123456, tzinfo=UTC)
        assert found["deals"][0]["modified_at"] == datetime(2024, 5, 20, 22, 2, 3, tzinfo=UTC)
        assert [bad.place for bad in found.rejected] == [
            "dynamics365/link.zip » dataverse/opportunity/2024-05.csv row 3"
        ]
        assert [left.reason for left in found.ignored] == ["is empty"]

    def test_rows_are_numbered_from_one_where_there_is_no_header(self, tmp_path: Path) -> None:
        found = parsed(SOURCE, linked(tmp_path, {"opportunity/2024.csv": self.ROW.replace("o1,", ",") + self.ROW}))
        assert [bad.place.rsplit(" row ")[1] for bad in found.rejected] == ["1"]
        assert len(found["deals"]) == 1

    @pytest.mark.parametrize(
        ("labels", "stage"),
        [
            ("", "3"),
            ("opportunity,salesstage,3,False,1031,Abschluss\nopportunity,salesstage,3,True,1033,Close\n", "Close"),
            ("opportunity,salesstage,3,True,1033,Close\nopportunity,salesstage,3,False,1031,Abschluss\n", "Close"),
            ("EntityName,OptionSetName,Option,LocalizedLabel\nopportunity,salesstage,3,Close\n", "Close"),
            ("account,salesstage,3,True,1033,Other\n", "3"),
        ],
    )
    def test_choices_have_the_readers_labels(self, tmp_path: Path, labels: str, stage: str) -> None:
        parts = {"opportunity/2024.csv": self.ROW, "OptionsetMetadata/OptionsetMetadata.csv": labels}
        assert parsed(SOURCE, linked(tmp_path, parts))["deals"][0]["stage"] == stage

    def test_a_name_that_users_of_two_parts_share_matches_nobody(self, tmp_path: Path) -> None:
        columns = {"systemuser": ("Id", "fullname", "internalemailaddress", "isdisabled")}
        parts = {
            "systemuser/2023.csv": "U1,Ann Bo,ann@x.example,False\n",
            "systemuser/2024.csv": "U2,Ann Bo,ann.bo@x.example,True\nU1,Ann Bo,ann@x.example,False\n",
        }
        found = parsed(SOURCE, linked(tmp_path, parts, columns))
        assert [(owner["owner_id"], owner["is_active"]) for owner in found["owners"]] == [
            ("u1", True),
            ("u2", False),
            ("u1", True),
        ]
        assert [left.reason.split(";")[0] for left in found.ignored] == ["1 names belong to several people"]

    def test_each_folder_of_changes_has_its_own_model(self, tmp_path: Path) -> None:
        def model(*columns: str) -> bytes:
            attributes = [{"name": column} for column in columns]
            return json.dumps({"entities": [{"name": "opportunity", "attributes": attributes}]}).encode()

        members = {
            "2024-05-01T10.00.00Z/model.json": model("Id", "statecode"),
            "2024-05-01T10.00.00Z/opportunity/1.csv": b"1,0\n",
            "2024-05-02T10.00.00Z/model.json": model("Id", "name", "statecode"),
            "2024-05-02T10.00.00Z/opportunity/1.csv": b"1,x,1\n",
            "elsewhere/opportunity/1.csv": b"2,x,1\n",
        }
        found = parsed(SOURCE, zipped(tmp_path / "link.zip", members))["deals"]
        assert [(deal["deal_id"], deal["outcome"]) for deal in found] == [("1", "open"), ("1", "won")]

    def test_rows_from_before_a_column_was_added_lack_it(self, tmp_path: Path) -> None:
        columns = {"opportunity": (*COLUMNS, "new_region", "closeprobability")}
        new = self.ROW.replace("o1,", "o3,").rstrip() + ",North,40\n"
        old = [self.ROW.replace("o1", f"o{number}") for number in (1, 2)]
        more = "o4,5/20/2024 10:02:03 PM,1,3,1,,,False,North,40,more\n"
        text = old[0] + more + new + old[1]
        found = parsed(SOURCE, linked(tmp_path, {"opportunity/2024.csv": text}, columns))
        assert {(deal["deal_id"], deal["probability"], deal["amount"]) for deal in found["deals"]} == {
            ("o1", None, Decimal(1500)),
            ("o2", None, Decimal(1500)),
            ("o3", 0.4, Decimal(1500)),
        }
        assert [bad.place.rsplit(" row ")[1] for bad in found.rejected] == ["2"]
        found = parsed(SOURCE, linked(tmp_path, {"opportunity/2024.csv": "".join(old)}, columns))
        assert [deal["deal_id"] for deal in found["deals"]] == ["o1", "o2"]

    def test_the_form_of_views_that_a_folder_declares_is_not_that_of_the_service(self, tmp_path: Path) -> None:
        path = linked(tmp_path, {"opportunity/1.csv": self.ROW.replace("5/20/2024", "5/6/2024")})
        found = parsed(SOURCE, path, "dynamics365/dates=DD-MM-YY/zone=Europe/Berlin/link.zip")
        assert found["deals"][0]["modified_at"] == datetime(2024, 5, 6, 22, 2, 3, tzinfo=UTC)

    def test_a_copy_that_still_has_a_deleted_deal_is_not_read(self, tmp_path: Path) -> None:
        deleted = self.ROW.replace("o1,", "o2,")
        copies = {
            "opportunity/Snapshot/2024-05_1716228000/2024-05.csv": self.ROW + deleted,
            "opportunity/Snapshot/2024-05_1716231600/2024-05.csv": self.ROW,
            "opportunity/Snapshot/2024-04_1716224400/2024-04.csv": self.ROW.replace("o1,", "o0,"),
        }
        for parts, ids, left_out in (
            ({**copies, "opportunity/2024-05.csv": self.ROW}, ["o1"], 3),
            (copies, ["o1", "o0"], 1),
        ):
            found = parsed(SOURCE, linked(tmp_path, parts))
            assert [deal["deal_id"] for deal in found["deals"]] == ids
            assert [left.reason.partition(" ")[0] for left in found.ignored] == [str(left_out)]

    def test_the_first_row_may_be_longer_than_a_header(self, tmp_path: Path) -> None:
        long = self.ROW.replace("two\nlines", "a line\n" * 200_000)  # more than is read of a file at once
        assert len(parsed(SOURCE, linked(tmp_path, {"opportunity/1.csv": long}))["deals"]) == 1

    def test_a_contact_is_no_account(self, tmp_path: Path) -> None:
        columns = {"opportunity": ("Id", "parentaccountid", "customerid", "customerid_entitytype")}
        rows = "1,,C,contact\n2,,A,account\n3,P,A,account\n"
        found = parsed(SOURCE, linked(tmp_path, {"opportunity/1.csv": rows}, columns))["deals"]
        assert [deal["account_id"] for deal in found] == [None, "a", "p"]

    def test_a_damaged_part_is_named_and_the_others_load(self, tmp_path: Path) -> None:
        found = parsed(SOURCE, linked(tmp_path, {"opportunity/1.csv": '1,"open', "opportunity/2.csv": self.ROW}))
        assert len(found["deals"]) == 1
        assert [damage.reason for damage in found.damaged] == ["ends inside a quoted cell"]

    @pytest.mark.parametrize(
        "model", ["", "[]", "{}", '{"entities": 1}', '{"entities": [{"name": "a", "attributes": [1]}]}']
    )
    def test_a_broken_model_is_refused(self, tmp_path: Path, model: str) -> None:
        path = zipped(tmp_path / "link.zip", {"model.json": model.encode(), "opportunity/1.csv": b"1\n"})
        assert "is no model of entities" in refusal(SOURCE, path)

    def test_a_zip_of_something_else_is_refused(self, tmp_path: Path) -> None:
        assert "holds neither model.json nor CSV" in refusal(SOURCE, zipped(tmp_path / "a.zip", {"a.json": b"[]"}))
        path = linked(tmp_path, {"contact/1.csv": "1\n"}, {"contact": ("Id",)})
        assert "holds none of opportunity, account, systemuser" in refusal(SOURCE, path)

    def test_labels_of_stringmap_and_several_models(self, tmp_path: Path) -> None:
        columns = {"stringmap": ("attributename", "attributevalue", "objecttypecode", "value"), "opportunity": COLUMNS}
        path = linked(tmp_path, {"stringmap/1.csv": "salesstage,3,3,Close\nname01,1,account,x\n"}, columns)
        with Archive(path, "link.zip") as archive:
            found = link(archive, lambda entity, column: True)
        assert found
        assert found.of("opportunity", "salesstage") == {"3": "Close"}
        assert len(found.labels) == 2
