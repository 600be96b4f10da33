"""Google Chat -> messages, mentions, reactions, spaces, accounts. Two makes, told apart by their form:

- audit of Chat (Reports API, application chat; JSON, gzip or not): who posted when in which room, all rooms. It holds
  no text, no threads and no reactions, so what comes of a text is NULL; edited and deleted messages stay as posted.
- Takeout (ZIP) of one account: the conversations of that account, with text, threads and reactions without time.
  Takeouts of several accounts may be landed together, a message that is in two of them counts once.
Land one make, not both: their ids of messages are not known to agree.

An account is its e-mail address, lower-case (without one, the audit's profile id). Spaces of a Takeout count as
private, since it does not tell who may find them; those of the audit as unlisted. Dates of a Takeout are prose in the
language of the account: English in UTC is read, others are refused. Mentions are in neither make; @all is a broadcast.

Left out on purpose: text (reduced to features), names of people, files, earlier versions of messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from throughline.landing import Archive, LandingFile
from throughline.reading import google_audit, google_takeout
from throughline.reading.chat_rows import ChatRows
from throughline.source import Parsed, Source
from throughline.sources import shapes

TABLES: Final = (
    shapes.messages("google_chat"),
    shapes.mentions("google_chat"),
    shapes.reactions("google_chat"),
    shapes.spaces("google_chat"),
    shapes.accounts("google_chat"),
)


def parse(file: LandingFile) -> Iterator[Parsed]:
    """Yield the rows of one export. Raises Refused for other or damaged files."""
    rows = ChatRows(TABLES)
    if file.name.lower().endswith(".zip"):
        with Archive(file.content, file.name) as archive:
            yield from google_takeout.read(archive, rows)
    else:
        yield from google_audit.read(file, rows)
    yield from rows.batches(rest=True)


SOURCE: Final = Source(
    "google_chat",
    "Google Chat export",
    (".zip", ".json", ".jsonl", ".ndjson", ".gz"),
    TABLES,
    parse,
    headers=(*google_takeout.FIELDS, google_audit.FIELDS),
)
