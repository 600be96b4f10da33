"""Pseudonyms are keyed and stable; of a text only features remain."""

from __future__ import annotations

import hmac
import sys

import pyarrow as pa
import pytest

from throughline.privacy import Pseudonymiser, feature_columns, features, normalise_texts

PEOPLE = Pseudonymiser(b"k" * 32)
LINK = "https://example.lightning.force.com/lightning/r"


def test_a_pseudonym_is_keyed_namespaced_and_32_hex_characters() -> None:
    key = PEOPLE.key("slack", "U00000001")
    assert len(key) == 32
    assert int(key, 16)
    assert key == PEOPLE.key("slack", " U00000001 ")
    assert len({key, PEOPLE.key("salesforce", "U00000001"), Pseudonymiser(b"j" * 32).key("slack", "U00000001")}) == 3


@pytest.mark.parametrize("key", [b"k" * 32, b"0123456789abcdef" * 4, b"longer than a block of SHA-256, " * 3])
def test_a_pseudonym_is_half_of_an_hmac(key: bytes) -> None:
    expected = hmac.digest(key, "text:größe".encode(), "sha256").hex()[:32]
    assert Pseudonymiser(key).key("text", "größe") == expected


def test_addresses_join_whatever_their_spelling() -> None:
    spellings = ["ada@example.com", " Ada@Example.COM ", "mailto:ada@example.com"]
    assert len({PEOPLE.key("email", address) for address in spellings}) == 1


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        Pseudonymiser(b"k" * 31)


def test_blank_and_missing_identifiers_become_null_and_repeated_ones_are_equal() -> None:
    keys = PEOPLE.column("slack", pa.array(["U1", None, " ", "", "U1"])).to_pylist()
    assert keys == [PEOPLE.key("slack", "U1"), None, None, None, PEOPLE.key("slack", "U1")]


def test_a_long_column_has_the_key_of_each() -> None:
    names = [f" U{number:08} " if number % 7 else None for number in range(2500)] * 2
    expected = [PEOPLE.key("slack", name) if name else None for name in names]
    assert PEOPLE.column("slack", pa.array(names)).to_pylist() == expected


def test_a_column_of_addresses_has_the_keys_of_each_and_none_where_nothing_follows_mailto() -> None:
    addresses = [" Ada@Example.COM ", "mailto:ada@example.com", "mailto:", "GRÖẞE@example.com\u2003"]
    ada, other = PEOPLE.key("email", "ada@example.com"), PEOPLE.key("email", "größe@example.com")
    assert PEOPLE.column("email", pa.array(addresses)).to_pylist() == [ada, ada, None, other]


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("Who can help?", True),
        ("誰か知っていますか？", True),
        ("من يعرف؟", True),
        ("See <https://example.com/?page=1>", False),
        ("See <https://example.com/?page=1|this>, right?", True),
        ("No question.", False),
        ("", False),
    ],
)
def test_questions(text: str, is_question: bool) -> None:
    assert features(text).is_question is is_question


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("<@U00000001> <@W00000002|name> <@U00000001>", ("U00000001", "W00000002")),
        ("<@B00000001> <#C00000001|general> @U00000001", ()),
        ("", ()),
    ],
)
def test_mentions_are_account_ids_once_each(text: str, mentions: tuple[str, ...]) -> None:
    assert features(text).mentions == mentions


@pytest.mark.parametrize("text", ["<!here>", "<!channel|@channel>", "so <!everyone>", "<!subteam^S00000001|@sales>"])
def test_broadcasts(text: str) -> None:
    assert features(text).is_broadcast


@pytest.mark.parametrize("text", ["<!date^1700000000^{date}|today>", "@here", "channel", "<@U00000001>"])
def test_what_is_no_broadcast(text: str) -> None:
    assert not features(text).is_broadcast


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Deal-Help and #deal-help, #übergabe #引き継ぎ", ("deal-help", "übergabe", "引き継ぎ")),
        ("C#sharp, issue #12, &#39;, <#C00000001|general>, <https://example.com/#anchor>, /#path, #x", ()),
    ],
)
def test_tags_are_words_in_the_text_in_lower_case(text: str, tags: tuple[str, ...]) -> None:
    assert features(text).tags == tags


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (f"<{LINK}/Opportunity/006000000000001AAA/view|this>", ("006000000000001AAA",)),
        (f"<{LINK}/Account/001000000000001/view> <{LINK}/Account/001000000000001/edit>", ("001000000000001",)),
        (f"<{LINK}/Contact/003000000000001AAA/view>", ()),  # a contact is a person
        ("006000000000001AAA", ()),
        (f"<{LINK}/Opportunity/0060000000000012/view>", ()),
    ],
)
def test_crm_links_name_deals_and_accounts_never_people(text: str, links: tuple[str, ...]) -> None:
    assert features(text).crm_links == links


def test_copies_of_a_text_have_one_fingerprint_input() -> None:
    assert features(" The same\n\ttext ").normalised == features("the SAME text").normalised == "the same text"
    assert features(" \n").normalised == ""
    assert features("four").length == 4


def test_many_texts_at_once_have_the_features_of_each() -> None:
    texts = ["", "Who?", f"<@U00000001> see <{LINK}/Account/001000000000001/view> #deal-help", "<!here> <b>?</b>"]
    found = feature_columns(texts)
    for at, text in enumerate(texts):
        one = features(text)
        assert (found.length[at], found.is_question[at], found.mentions.get(at, ())) == one[:3]
        assert (found.is_broadcast[at], found.tags.get(at, ()), found.crm_links.get(at, ())) == one[3:6]
    assert found.is_question == [False, True, False, True]
    assert found.is_broadcast == [False, False, False, True]
    assert found.mentions == {2: ("U00000001",)}


def test_many_texts_at_once_are_normalised_as_each() -> None:
    blanks = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
    shapes = ["{}", "{}A", "A{}", "A{}B", "A{} B", "A {}B", "A b", "ΟΔΟΣ{}", "İ{}\0", ""]
    texts = [shape.format(blank) for blank in blanks for shape in shapes]
    expected = [features(text).normalised for text in texts]
    assert {"", "a", "a b", "οδος", "i̇ \0"} <= set(expected)
    column = pa.array(texts)
    assert normalise_texts(column).to_pylist() == expected
    assert normalise_texts(column.slice(7, 90)).to_pylist() == expected[7:97]
    assert normalise_texts(column.slice(0, 0)).to_pylist() == []
