"""People's data: identifiers become keyed pseudonyms, text becomes features. Imports nothing of ours.

A pseudonym is HMAC-SHA256 over "<namespace>:<identifier>", 32 hex characters (128 bits): without the key it
can neither be reversed nor linked to another organisation's. The namespace "email" is shared by all sources.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BLOCK_BYTES: Final = 64  # of SHA-256
_AT_ONCE: Final = 1000  # identifiers that fit in the cache; more would take a tenth more
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_BROADCAST = re.compile(r"<!(?:here|channel|everyone|subteam\^[A-Z0-9]+)(?:\|[^>]*)?>")
_MARKUP = re.compile(r"<[^>]*>")
_TAG = re.compile(r"#(?<![\w/&]#)([^\W\d_][\w-]{1,49})")  # "#" first, which is quick to find
# 006 opportunity and 001 account ids, 15 or 18 characters, in a link; ids of contacts name a person and are not kept
_CRM_LINK = re.compile(r"https?://[^\s>|]+?/((?:006|001)[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)(?![A-Za-z0-9])")


def normalise_email(address: str) -> str:
    """Trimmed, lower-case, without mailto:. "" stays ""."""
    return address.strip().lower().removeprefix("mailto:")


class Pseudonymiser:
    """Replaces identifiers by keyed pseudonyms. The key is at least 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the pseudonym key must be at least 32 bytes")
        # RFC 2104: sha256(outer + sha256(inner + message)); both halves are begun once, which saves half of the time
        padded = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
        self._inner, self._outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))

    def key(self, namespace: str, identifier: str) -> str:
        """One pseudonym: 32 hex characters."""
        name = normalise_email(identifier) if namespace == "email" else identifier.strip()
        return self._keyed(namespace)(name.encode())

    def _keyed(self, namespace: str) -> Callable[[bytes], str]:
        """Normalised identifier -> pseudonym, in one namespace."""
        inner = self._inner.copy()
        inner.update(f"{namespace}:".encode())
        begin, end = inner.copy, self._outer.copy

        def keyed(name: bytes) -> str:
            first, second = begin(), end()
            first.update(name)
            second.update(first.digest())
            return second.hexdigest()[:32]

        return keyed

    def column(self, namespace: str, identifiers: pa.Array) -> pa.Array:
        """identifiers: string[n] -> string[n]; null and blank become null. Each distinct value is keyed once."""
        encoded = pc.dictionary_encode(identifiers)
        names = pc.utf8_trim_whitespace(encoded.dictionary)
        if namespace == "email":
            names = pa.array(map(normalise_email, names.to_pylist()), pa.string())
        names = names.cast(pa.binary())  # as they are hashed: making text and bytes again would take a tenth more
        pieces = (names.slice(at, _AT_ONCE).to_pylist() for at in range(0, len(names), _AT_ONCE))
        keyed = self._keyed(namespace)
        keys = [keyed(name) if name else None for name in chain.from_iterable(pieces)]
        return pc.take(pa.array(keys, pa.string()), encoded.indices)

    def batch(self, records: pa.RecordBatch, people: Mapping[str, str]) -> pa.RecordBatch:
        """records: RecordBatch[n, any schema] -> the same schema, every people column pseudonymised.

        A namespace in braces, {tool}, is the column that holds the namespace of each row.
        """
        for column, namespace in people.items():
            at = records.schema.get_field_index(column)
            if namespace.startswith("{"):
                keys = self._by_row(records.column(namespace.strip("{}")), records.column(at))
            else:
                keys = self.column(namespace, records.column(at))
            records = records.set_column(at, records.schema.field(at), keys)
        return records

    def _by_row(self, namespaces: pa.Array, identifiers: pa.Array) -> pa.Array:
        """Each identifier keyed in the namespace beside it; null where one of them is missing or blank."""
        keys = [
            self.key(namespace, identifier) if namespace and identifier and identifier.strip() else None
            for namespace, identifier in zip(namespaces.to_pylist(), identifiers.to_pylist(), strict=True)
        ]
        return pa.array(keys, pa.string())


class Features(NamedTuple):
    """What is kept of a text. `normalised` is only the input of a keyed fingerprint and is never written."""

    length: int
    is_question: bool
    mentions: tuple[str, ...]
    is_broadcast: bool
    tags: tuple[str, ...]
    crm_links: tuple[str, ...]
    normalised: str


@dataclass(frozen=True)
class FeatureColumns:
    """The same for many texts, as columns; what few texts have by the text's place. Without `normalise_texts`."""

    length: list[int]
    is_question: list[bool]
    mentions: dict[int, tuple[str, ...]]
    is_broadcast: list[bool]
    tags: dict[int, tuple[str, ...]]
    crm_links: dict[int, tuple[str, ...]]


def features(text: str) -> Features:
    """Reduce a message in Slack's markup to features, as `feature_columns`."""
    found = feature_columns((text,))
    return Features(
        found.length[0],
        found.is_question[0],
        found.mentions.get(0, ()),
        found.is_broadcast[0],
        found.tags.get(0, ()),
        found.crm_links.get(0, ()),
        normalise_text(text),
    )


def normalise_text(text: str) -> str:
    """What a fingerprint is made of: lower case, single spaces."""
    return " ".join(text.lower().split())


def normalise_texts(texts: pa.Array) -> pa.Array:
    """texts: string[n] without nulls -> string[n], each as `normalise_text`: plain ones by Arrow, others one by one."""
    is_plain = _is_plain(texts)
    rest = [normalise_text(text) for text in texts.filter(pc.invert(is_plain)).to_pylist()]
    return pc.replace_with_mask(pc.ascii_lower(texts), pc.invert(is_plain), pa.array(rest, pa.string()))


def _is_plain(texts: pa.Array) -> pa.Array:
    """texts: string[n] without nulls -> bool[n]: ASCII words, a single space between two. Takes all bytes at once."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    content = np.frombuffer(texts.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    is_blank = content <= ord(" ")
    is_wrong = (content < ord(" ")) | (content > ord("~"))
    is_wrong[1:] |= is_blank[1:] & is_blank[:-1]
    is_plain = np.ones(len(texts), bool)
    is_plain[np.searchsorted(offsets - offsets[0], np.flatnonzero(is_wrong), side="right") - 1] = False
    is_padded = pc.or_(pc.starts_with(texts, " "), pc.ends_with(texts, " "))
    return pc.and_not(pa.array(is_plain), is_padded)


def feature_columns(texts: Sequence[str]) -> FeatureColumns:
    """Reduce messages in Slack's markup to features: lengths in characters, mentions as account ids.

    A question mark inside a link asks nothing; full-width and Arabic ones ask as well.
    """
    plain, is_broadcast = list(texts), [False] * len(texts)
    mentions: dict[int, tuple[str, ...]] = {}
    tags: dict[int, tuple[str, ...]] = {}
    crm_links: dict[int, tuple[str, ...]] = {}
    for at, text in enumerate(texts):
        if "<" in text:
            plain[at] = _MARKUP.sub(" ", text)
            is_broadcast[at] = "<!" in text and _BROADCAST.search(text) is not None
            if "<@" in text and (found := _once(_MENTION, text)):
                mentions[at] = found
        if "/" in text and "/00" in text and (found := _once(_CRM_LINK, text)):
            crm_links[at] = found
    for at, text in enumerate(plain):
        if "#" in text and (found := _once(_TAG, text, lower=True)):
            tags[at] = found
    return FeatureColumns(
        length=list(map(len, texts)),
        is_question=["?" in text or "？" in text or "؟" in text for text in plain],
        mentions=mentions,
        is_broadcast=is_broadcast,
        tags=tags,
        crm_links=crm_links,
    )


def _once(pattern: re.Pattern[str], text: str, *, lower: bool = False) -> tuple[str, ...]:
    """What the pattern finds, each once, in order."""
    found = pattern.findall(text)
    return tuple(dict.fromkeys(map(str.lower, found) if lower else found))
