"""A dump of Rocket.Chat: what is kept, what is told apart, what damage does; and the BSON that it is written in."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.bson import document
from tests.fixtures.golden import expected, kept, landing_file, original
from tests.fixtures.parsed import Outcome, parsed, refusal, zipped
from throughline.reading import bson, lines
from throughline.sources.rocketchat import SOURCE

AT = 1_700_000_000_000


def golden(folder: Path) -> Path:
    """The collections of original/, as mongodump writes them."""
    dump = {
        f"dump/chat/{name.removesuffix('.json')}.bson": b"".join(map(document, json.loads(content)))
        for name, content in original("rocketchat").items()
    }
    return zipped(folder / "dump.zip", dump | {"dump/chat/rocketchat_avatars.bson": b"x"})


def post(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"_id": f"m{number}", "rid": "r1", "msg": "Hello", "ts": AT, "u": {"username": "ada"}} | more


def read(tmp_path: Path, *posts: dict[str, Any] | bytes, **collections: list[dict[str, Any]]) -> Outcome:
    dump = {f"{name}.bson": b"".join(map(document, records)) for name, records in collections.items()}
    dump["rocketchat_message.bson"] = b"".join(one if isinstance(one, bytes) else document(one) for one in posts)
    return parsed(SOURCE, zipped(tmp_path / "dump.zip", dump))


@pytest.mark.parametrize("table", sorted(SOURCE.names))
def test_exactly_this_is_kept(tmp_path: Path, table: str) -> None:
    assert kept(SOURCE, [landing_file(SOURCE, golden(tmp_path))])[table] == expected("rocketchat", table)


def test_no_name_text_or_address_is_kept(tmp_path: Path) -> None:
    text = json.dumps(kept(SOURCE, [landing_file(SOURCE, golden(tmp_path))])).lower()
    for personal in ("original", "ada", "secret", "@", "u1u2", "guest-1", "x7yz", "bcrypt", ".pdf"):
        assert personal not in text


@pytest.mark.parametrize(
    ("room", "name", "kind"),
    [
        ({"t": "c", "name": "x"}, "x", "public"),
        ({"t": "p", "name": "x"}, "x", "private"),
        ({"t": "c", "name": "random", "fname": "About Ada", "prid": "r0"}, None, "public"),
        ({"t": "d", "usernames": ["a", "b"], "name": "x"}, None, "dm"),
        ({"t": "d", "usernames": ["a", "b", "c"]}, None, "group_dm"),
        ({"t": "l", "fname": "A visitor"}, None, "dm"),
        ({"t": "v", "fname": "A caller"}, None, "dm"),
        (None, None, "unlisted"),
    ],
)
def test_rooms(tmp_path: Path, room: dict[str, Any] | None, name: str | None, kind: str) -> None:
    found = read(tmp_path, post(), rocketchat_room=[{"_id": "r1"} | room] if room else [])
    assert [(row["space_id"], row["name"], row["kind"]) for row in found["spaces"]] == [("r1", name, kind)]


@pytest.mark.parametrize(
    ("more", "is_system", "is_deleted", "text_length"),
    [
        ({}, False, False, 5),
        ({"t": "uj"}, True, False, 5),
        ({"t": "rm"}, False, True, 5),
        ({"t": "e2e"}, False, False, 0),
    ],
)
def test_types_of_messages(
    tmp_path: Path, more: dict[str, Any], is_system: bool, is_deleted: bool, text_length: int
) -> None:
    (row,) = read(tmp_path, post(**more))["messages"]
    assert (row["is_system"], row["is_deleted"], row["text_length"]) == (is_system, is_deleted, text_length)


def test_versions_that_a_server_keeps_count_once_and_what_it_hides_is_deleted(tmp_path: Path) -> None:
    found = read(tmp_path, post(1, editedAt=AT + 1), post(2, _hidden=True, parent="m1"), post(3, _hidden=True))
    assert [(row["message_id"], row["is_deleted"]) for row in found["messages"]] == [("m1", False), ("m3", True)]
    assert "1 earlier versions of messages are left out" in [one.reason for one in found.ignored]


def test_a_message_is_kept_without_a_field_that_cannot_be_read(tmp_path: Path) -> None:
    bad = {"reactions": {":ok:": None}, "mentions": [None, {"username": "bo"}], "editedAt": "Secret"}
    found = read(tmp_path, post(1, **bad), post(2, mentions=[{"username": "bo"}]))
    assert [row["mention_count"] for row in found["messages"]] == [0, 1]
    told = [one.place for one in found.ignored if "cannot be read in 1 messages" in one.reason]
    assert told == [f"rocketchat_message.bson, field {name}" for name in ("editedAt", "mentions", "reactions")]
    assert not found.rejected


def test_bots_are_known_by_message_or_account(tmp_path: Path) -> None:
    users = [
        {"username": "bot", "type": "bot"},
        {"username": "app", "type": "app"},
        {"username": "ada", "type": "user"},
    ]
    posts = [post(at, u={"username": one["username"]}) for at, one in enumerate(users)]
    found = read(tmp_path, *posts, post(9, bot={"i": "hook"}), users=users)
    assert [row["is_bot"] for row in found["messages"]] == [True, True, False, True]


def test_a_visitor_is_a_guest_in_whichever_message_it_shows(tmp_path: Path) -> None:
    told = {"u": {"username": "v"}, "token": "t"}
    found = read(tmp_path, post(1, u=told["u"]), post(2, **told), post(3))
    assert [(row["account_id"], row["is_guest"]) for row in found["accounts"]] == [("v", True), ("ada", None)]


def test_users_of_another_database_are_not_taken_and_two_dumps_are_refused(tmp_path: Path) -> None:
    content = {
        "dump/rocketchat/rocketchat_message.bson": document(post()),
        "dump/rocketchat/users.bson": document({"_id": "u1", "username": "ada"}),
        "dump/shop/users.bson": document({"_id": "u9", "username": "customer"}),
    }
    found = parsed(SOURCE, zipped(tmp_path / "dump.zip", content))
    assert [row["account_id"] for row in found["accounts"]] == ["ada"]
    assert found.ignored[-1].reason == "1 other collections and files are not read"
    twice = content | {"old/rocketchat_message.bson": document(post(2))}
    assert "2 dumps side by side" in refusal(SOURCE, zipped(tmp_path / "twice.zip", twice))


@pytest.mark.parametrize(("end", "damaged"), [(None, []), (-9, ["rocketchat_message.bson, after document 2"])])
def test_a_dump_of_gzip_is_read(tmp_path: Path, end: int | None, damaged: list[str]) -> None:
    packed = gzip.compress(document(post(1)) + document(post(2)))[:end]
    found = parsed(SOURCE, zipped(tmp_path / "dump.zip", {"dump/rocketchat_message.bson.gz": packed}))
    assert (len(found["messages"]), [one.place for one in found.damaged]) == (2, damaged)


def test_a_collection_that_unpacks_without_end_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "RATIO_FROM_BYTES", 1000)
    packed = gzip.compress(document(post(msg="x" * 100_000)))
    (damage,) = parsed(SOURCE, zipped(tmp_path / "dump.zip", {"rocketchat_message.bson.gz": packed})).damaged
    assert damage.reason == "it unpacks to more than 200 times its size"


def test_an_account_with_gaps_in_its_lists_is_kept(tmp_path: Path) -> None:
    users = [{"username": "ada", "emails": [None, {"address": "ada@example.com"}], "roles": [None, "guest"]}]
    (row,) = read(tmp_path, post(), users=users)["accounts"]
    assert (row["email"], row["is_guest"]) == ("ada@example.com", True)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, post())
    assert [part.place for part in found.ignored] == ["users.bson", "rocketchat_room.bson"]
    assert "not a dump of Rocket.Chat" in refusal(SOURCE, zipped(tmp_path / "x.zip", {"users.bson": b""}))


@pytest.mark.parametrize(
    "bad",
    [
        document({"_id": "m2", "rid": "r1"}),
        document({"_id": "m2", "rid": "r1", "ts": "Secret"}),
        document({"_id": "m2", "rid": "r1", "ts": 0}),
        document({"_id": "m2", "rid": "r1", "ts": 2**62}),
        document({"_id": "m2", "rid": "r1", "ts": AT, "msg": ["Secret"]}),
        struct.pack("<i", 12) + b"\x55a\0" + b"\0" * 5,
        struct.pack("<i", 8) + b"\x08ab\0",  # a flag whose name swallows the end
    ],
)
def test_a_document_that_cannot_be_read_is_rejected_by_its_number(tmp_path: Path, bad: bytes) -> None:
    found = read(tmp_path, post(1), bad, post(3))
    assert [part.place for part in found.rejected] == ["rocketchat_message.bson, document 2"]
    assert "Secret" not in repr(found.rejected)
    assert len(found["messages"]) == 2


@pytest.mark.parametrize("end", [b"\1", document({"a": 1})[:-3], struct.pack("<i", -1) + b"\0" * 9])
def test_a_collection_that_is_cut_off_is_damage(tmp_path: Path, end: bytes) -> None:
    found = read(tmp_path, post(1), end)
    assert [part.place for part in found.damaged] == ["rocketchat_message.bson, after document 1"]
    assert len(found["messages"]) == 1


def test_values_of_every_kind_are_read_or_passed_over() -> None:
    def element(kind: int, name: str, content: bytes) -> bytes:
        return bytes([kind]) + name.encode() + b"\0" + content

    size = struct.pack("<i", 3)
    inside = b"".join(
        (
            element(0x01, "double", struct.pack("<d", 1.5)),
            element(0x05, "bytes", size + b"\0abc"),
            element(0x06, "undefined", b""),
            element(0x07, "id", bytes(range(12))),
            element(0x08, "flag", b"\1"),
            element(0x0B, "regex", b"a\0i\0"),
            element(0x0C, "pointer", size + b"ab\0" + bytes(12)),
            element(0x0D, "code", size + b"ab\0"),
            element(0x0E, "symbol", size + b"ab\0"),
            element(0x0F, "scoped", struct.pack("<i", 8) + b"abcd"),
            element(0x10, "int", size),
            element(0x11, "stamp", bytes(8)),
            element(0x12, "long", struct.pack("<q", 7)),
            element(0x13, "decimal", bytes(16)),
            element(0x7F, "max", b""),
            element(0xFF, "min", b""),
            element(0x02, "text", size + b"ab\0"),
        )
    )
    found = bson.decode(struct.pack("<i", len(inside) + 5) + inside + b"\0")
    read = {"double": 1.5, "id": bytes(range(12)).hex(), "flag": True, "int": 3, "long": 7, "text": "ab"}
    assert {name: value for name, value in found.items() if value is not None} == read
    assert len(found) == 17


def test_documents_within_documents_have_a_limit() -> None:
    nested: dict[str, Any] = {}
    for _ in range(bson.MAX_DEPTH + 1):
        nested = {"a": nested}
    with pytest.raises(bson.BsonError):
        bson.decode(document(nested))


def test_a_document_may_lie_across_two_pieces() -> None:
    whole = document({"a": 1}) + document({"b": "x"})
    pieces = (whole[at : at + 3] for at in range(0, len(whole), 3))
    assert [bson.decode(one) for one in bson.documents(pieces)] == [{"a": 1}, {"b": "x"}]


def test_every_bit_may_turn() -> None:
    packed = document(post(1)) + document(post(2, reactions={":x:": {"usernames": ["a"]}}))
    for at in range(len(packed) * 8):  # every bit once, past the archive's checksum
        turned = bytearray(packed)
        turned[at // 8] ^= 1 << at % 8
        try:
            for one in bson.documents(iter([bytes(turned)])):
                bson.decode(one)
        except bson.BsonError:
            continue
