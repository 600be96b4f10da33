"""Ways to bring one Slack export into tables: ours, its peers, and the floor.

landed            throughline: open, parse, reduce texts to features, pseudonymise, Parquet, repeated rows;
                  with a helping process where there is a core for it, and alone
DuckDB            read_json over the day files, already unzipped, then the same rows of messages, mentions and
                  reactions, value for value: features by regular expressions, HMAC of two SHA-256, repeated rows
                  dropped, Parquet. It checks no record and reports none, and writes neither accounts nor channels
DuckDB, unordered the same without its promise to keep rows in order, which makes reading quicker
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
KEY = b"k" * 32
FILE_ID = "0" * 64


def landed(folder: Path) -> None:
    from throughline import lake
    from throughline.landing import LandingFile
    from throughline.privacy import Pseudonymiser
    from throughline.sources import SOURCES

    path = folder / "slack" / "export.zip"
    file = LandingFile("slack", "slack/export.zip", path, FILE_ID, path.stat().st_size, AT)
    lake.land(folder / "lake", SOURCES["slack"], file, Pseudonymiser(KEY))


def landed_alone(folder: Path) -> None:
    from throughline.sources import slack

    slack._helpers = lambda export: 0
    landed(folder)


def duckdb_same_rows(folder: Path) -> None:
    _duckdb_same_rows(folder, order_kept=True)


def duckdb_any_order(folder: Path) -> None:
    _duckdb_same_rows(folder, order_kept=False)


def _duckdb_same_rows(folder: Path, *, order_kept: bool) -> None:
    """Each person is keyed once, and what few texts have is looked for in those texts only: so it is quickest."""
    import duckdb

    inner, outer = (
        "'" + "".join(f"\\x{byte ^ pad:02X}" for byte in KEY.ljust(64, b"\0")) + "'::blob" for pad in (0x36, 0x5C)
    )
    types = {"reactions": "struct(name varchar, users varchar[])[]", "edited": "struct(ts varchar)", "files": "json[]"}
    beside = "channels.team_id, channel_id, ts, sent_at"
    lineage = f"'{FILE_ID}' as file_id, timestamptz '{AT}' as loaded_at"
    options = "(format parquet, compression zstd, compression_level 1)"
    settings = {"threads": _cores(), "temp_directory": str(folder), "preserve_insertion_order": order_kept}
    with duckdb.connect(config=settings) as db:
        db.execute(
            f"""
            create macro keyed(namespace, text) as case when trim(text) <> '' then
                sha256({outer} || unhex(sha256({inner} || encode(namespace || ':' || trim(text)))))[:32] end;
            create macro moment(ts) as make_timestamptz(replace(ts, '.', '')::bigint);
            create macro once(text, pattern) as list_distinct(regexp_extract_all(text, pattern, 1));
            create macro uneven(text) as
                contains(text, '  ') or contains(text, chr(10)) or contains(text, chr(9)) or contains(text, chr(13));
            create table bots as
                select id as user_id from read_json('{folder}/unzipped/users.json') where is_bot or id = 'USLACKBOT';
            create table channels as
                select (select mode(team_id) from read_json('{folder}/unzipped/users.json')) as team_id,
                    id as channel_id, name as folder
                from read_json('{folder}/unzipped/channels.json');
            create table read as select
                * exclude (filename), split_part(filename, '/', -2) as folder, moment(ts) as sent_at,
                case when contains(text, '<') then regexp_replace(text, '<[^>]*>', ' ', 'g') else text end as plain,
                case when contains(text, '<@') then list_filter(
                    once(text, '<@([UW][A-Z0-9]+)(?:\\|[^>]*)?>'), lambda person: person <> "user") end as mentioned
            from {_read_json(folder, types)};
            create table mentions as
                select distinct folder, ts, sent_at, unnest(mentioned) as person from read;
            create table reactions as
                select distinct folder, ts, sent_at, reaction.name as emoji, unnest(reaction.users) as person
                from (select folder, ts, sent_at, unnest(reactions) as reaction from read);
            create table people as
                select person, keyed('slack', person) as user_id
                from (select "user" as person from read union from (select person from mentions)
                    union from (select person from reactions));
            copy (
                select
                    {beside}, people.user_id, subtype, thread_ts,
                    coalesce(bot_id <> '', false) or coalesce(subtype = 'bot_message', false) or "user" in (from bots)
                        as is_bot,
                    coalesce(subtype = 'tombstone', false) as is_tombstone, length(text) as text_length,
                    contains(plain, '?') or contains(plain, '？') or contains(plain, '؟') as is_question,
                    coalesce(len(mentioned), 0) as mention_count,
                    contains(text, '<!') and regexp_matches(
                        text, '<!(?:here|channel|everyone|subteam\\^[A-Z0-9]+)(?:\\|[^>]*)?>') as is_broadcast,
                    keyed('text', case when uneven(text) then regexp_replace(lower(text), '\\s+', ' ', 'g')
                        else lower(text) end) as fingerprint,
                    case when contains(plain, '#') then array_to_string(
                        once(lower(plain), '(?:^|[^\\w/&])#([^\\W\\d_][\\w-]{{1,49}})'), ' ') else '' end as tags,
                    case when contains(text, '/00') then array_to_string(once(text,
                        'https?://[^\\s>|]+?/((?:006|001)[A-Za-z0-9]{{12}}(?:[A-Za-z0-9]{{3}})?)(?:[^A-Za-z0-9]|$)'),
                        ' ') else '' end as crm_links,
                    coalesce(len(files), (subtype = 'file_share')::int, 0) as file_count,
                    moment(edited.ts) as edited_at, {lineage}
                from read join channels using (folder) left join people on person = "user"
                qualify row_number() over (partition by folder, ts order by edited_at desc nulls last) = 1
            ) to '{folder}/messages.parquet' {options};
            copy (
                select {beside}, user_id, {lineage}
                from mentions join channels using (folder) join people using (person)
            ) to '{folder}/mentions.parquet' {options};
            copy (
                select {beside}, emoji, user_id, {lineage}
                from reactions join channels using (folder) join people using (person)
            ) to '{folder}/reactions.parquet' {options};
            """
        )


def different_rows(folder: Path) -> int:
    """Rows of the three tables that only one of DuckDB and throughline has written."""
    import duckdb

    count = 0
    for table in ("messages", "mentions", "reactions"):
        landed, written = f"'{folder}/lake/raw/slack/{table}/*.parquet'", f"'{folder}/{table}.parquet'"
        for one, other in ((landed, written), (written, landed)):
            found = duckdb.sql(f"select count(*) from (from {one} except all from {other})").fetchone()
            count += found[0] if found else 0
    return count


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
