"""People's data: identifiers become keyed pseudonyms, text becomes features. Imports nothing of ours.

A pseudonym is HMAC-SHA256 over "<namespace>:<identifier>", 32 hex characters (128 bits): without the key it
can neither be reversed nor linked to another organisation's. The namespace "email" is shared by all sources.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_BROADCAST = re.compile(r"<!(?:here|channel|everyone|subteam\^[A-Z0-9]+)(?:\|[^>]*)?>")
_MARKUP = re.compile(r"<[^>]*>")
_TAG = re.compile(r"(?<![\w/&])#([^\W\d_][\w-]{1,49})")
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
        self._mac = hmac.new(key, digestmod=hashlib.sha256)

    def key(self, namespace: str, identifier: str) -> str:
        """One pseudonym: 32 hex characters."""
        identifier = normalise_email(identifier) if namespace == "email" else identifier.strip()
        mac = self._mac.copy()
        mac.update(f"{namespace}:{identifier}".encode())
        return mac.hexdigest()[:32]

    def column(self, namespace: str, identifiers: pa.Array) -> pa.Array:
        """identifiers: string[n] -> string[n]; null and blank become null. Each distinct value is keyed once."""
        encoded = pc.dictionary_encode(identifiers)
        keys = [
            self.key(namespace, value) if value and value.strip() else None for value in encoded.dictionary.to_pylist()
        ]
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


class Features(NamedTuple):  # a tuple, because one is made for every message
    """What is kept of a text. `normalised` is only the input of a keyed fingerprint and is never written."""

    length: int
    is_question: bool
    mentions: tuple[str, ...]
    is_broadcast: bool
    tags: tuple[str, ...]
    crm_links: tuple[str, ...]
    normalised: str


def features(text: str) -> Features:
    """Reduce a message in Slack's markup to features: lengths in characters, mentions as account ids.

    A question mark inside a link asks nothing; full-width and Arabic ones ask as well.
    """
    marked = "<" in text
    plain = _MARKUP.sub(" ", text) if marked else text
    return Features(
        len(text),
        "?" in plain or "？" in plain or "؟" in plain,
        tuple(dict.fromkeys(_MENTION.findall(text))) if "<@" in text else (),
        "<!" in text and _BROADCAST.search(text) is not None,
        tuple(dict.fromkeys(tag.lower() for tag in _TAG.findall(plain))) if "#" in plain else (),
        tuple(dict.fromkeys(_CRM_LINK.findall(text))) if "/00" in text else (),
        " ".join(text.lower().split()),
    )
