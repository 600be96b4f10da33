"""Ways to bring one Slack export into tables: ours, its peers, and the floor.

landed            throughline: open, parse, reduce texts to features, pseudonymise, Parquet, repeated rows;
                  with a helping process where there is a core for it, and alone
DuckDB            read_json over the day files, already unzipped, then the same columns as far as SQL can: features
                  by regular expressions, a keyed hash (one SHA-256, where HMAC takes two), messages, mentions and
                  reactions into Parquet, repeated rows dropped. It checks no record and reports none
DuckDB, text      the same read_json, text and all kept as it is: no features, no keys, one table
dlt               the same messages into DuckDB, from the archive, nested parts kept as JSON
floor             inflating the archive (ISA-L) and parsing its JSON into generic objects, nothing kept
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AT = datetime(2026, 1, 1, tzinfo=UTC)


def landed(folder: Path) -> None:
    from throughline import lake
    from throughline.landing import LandingFile
    from throughline.privacy import Pseudonymiser
    from throughline.sources import SOURCES

    path = folder / "slack" / "export.zip"
    file = LandingFile("slack", "slack/export.zip", path, "0" * 64, path.stat().st_size, AT)
    lake.land(folder / "lake", SOURCES["slack"], file, Pseudonymiser(b"k" * 32))


def landed_alone(folder: Path) -> None:
    from throughline.sources import slack

    slack._helpers = lambda export: 0
    landed(folder)


def duckdb_same_columns(folder: Path) -> None:
    import duckdb

    types = {"reactions": "struct(name varchar, users varchar[])[]", "edited": "struct(ts varchar)", "files": "json[]"}
    days = _read_json(folder, types)
    with duckdb.connect(config={"threads": _cores(), "temp_directory": str(folder)}) as db:
        db.execute(
            f"""
            create macro keyed(text) as sha256('{"k" * 32}' || text)[:32];
            create macro moment(ts) as make_timestamp(replace(ts, '.', '')::bigint);
            create macro once(text, pattern) as list_distinct(regexp_extract_all(text, pattern, 1));
            create table read as select
                *, split_part(filename, '/', -2) as channel_id, moment(ts) as sent_at,
                case when contains(text, '<') then regexp_replace(text, '<[^>]*>', ' ', 'g') else text end as plain,
                case when contains(text, '<@') then once(text, '<@([UW][A-Z0-9]+)(?:\\|[^>]*)?>') end as mentioned
            from {days};
            copy (
                select
                    'T' as team_id, channel_id, ts, sent_at, keyed("user") as user_id, subtype, thread_ts,
                    bot_id is not null or subtype = 'bot_message' as is_bot, subtype = 'tombstone' as is_tombstone,
                    length(text) as text_length,
                    contains(plain, '?') or contains(plain, '？') or contains(plain, '؟') as is_question,
                    coalesce(len(mentioned), 0) as mention_count,
                    contains(text, '<!') and regexp_matches(text, '<!(?:here|channel|everyone|subteam)')
                        as is_broadcast,
                    keyed(trim(regexp_replace(lower(text), '\\s+', ' ', 'g'))) as fingerprint,
                    case when contains(plain, '#') then array_to_string(
                        once(lower(plain), '(?:^|[^\\w/&])#([^\\W\\d_][\\w-]{{1,49}})'), ' ') end as tags,
                    case when contains(text, '/00') then array_to_string(
                        once(text, 'https?://[^\\s>|]+?/((?:006|001)[A-Za-z0-9]{{12}}(?:[A-Za-z0-9]{{3}})?)'), ' ') end
                        as crm_links,
                    coalesce(len(files), 0) as file_count, moment(edited.ts) as edited_at,
                    '{"0" * 64}' as file_id, timestamp '2026-01-01' as loaded_at
                from read
                qualify row_number() over (partition by channel_id, ts order by edited_at desc nulls last) = 1
            ) to '{folder}/messages.parquet' (format parquet, compression zstd, compression_level 1);
            copy (
                select distinct channel_id, ts, sent_at, keyed(person) as user_id
                from (select *, unnest(mentioned) as person from read)
            ) to '{folder}/mentions.parquet' (format parquet, compression zstd, compression_level 1);
            copy (
                select distinct channel_id, ts, sent_at, name as emoji, keyed(person) as user_id
                from (select *, reaction.name as name, unnest(reaction.users) as person
                    from (select *, unnest(reactions) as reaction from read))
            ) to '{folder}/reactions.parquet' (format parquet, compression zstd, compression_level 1);
            """
        )


def duckdb_text(folder: Path) -> None:
    import duckdb

    days = _read_json(folder, dict.fromkeys(("reactions", "edited", "files"), "json"))
    columns = 'filename, ts, "user", text, subtype, thread_ts, bot_id, reactions, edited, files'
    with duckdb.connect(config={"threads": _cores()}) as db:
        db.execute(f"copy (select {columns} from {days}) to '{folder}/text.parquet' (format parquet)")


def dlt_duckdb(folder: Path) -> None:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    import msgspec

    def messages() -> Iterator[list[dict[str, Any]]]:
        with zipfile.ZipFile(folder / "slack" / "export.zip") as archive:
            for member in archive.infolist():
                if "/" in member.filename and member.filename.endswith(".json"):
                    yield msgspec.json.decode(archive.read(member))

    target = dlt.destinations.duckdb(str(folder / "dlt.duckdb"))
    pipeline = dlt.pipeline("bench", pipelines_dir=str(folder / "dlt"), destination=target, dataset_name="raw")
    pipeline.run(dlt.resource(messages, name="messages", max_table_nesting=0))


def floor(folder: Path) -> None:
    import msgspec

    from throughline.landing import Archive

    decoder = msgspec.json.Decoder()
    with Archive(folder / "slack" / "export.zip", "export.zip") as archive:
        for member in archive.members():
            decoder.decode(archive.read(member))


def _read_json(folder: Path, types: dict[str, str]) -> str:
    texts = dict.fromkeys(("ts", "user", "text", "subtype", "thread_ts", "bot_id"), "varchar")
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in {**texts, **types}.items())
    return f"read_json('{folder}/unzipped/*/*.json', filename = true, format = 'array', columns = {{{columns}}})"


def _cores() -> int:
    from throughline.workers import cores

    return cores()
