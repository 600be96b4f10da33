"""Files with the same bytes on every run: fixed member dates, fixed order, fixed modification times."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from pathlib import Path


def write_zip(path: Path, members: Iterable[tuple[str, str | bytes]], taken_on: date) -> Path:
    """members: (name, content; text as UTF-8) in their order. The file is dated as if exported on that day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, (taken_on.year, taken_on.month, taken_on.day, 6, 0, 0))
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, 6)
    return dated(path, taken_on)


def write_gzip(path: Path, text: str, taken_on: date) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 6, mtime=0))
    return dated(path, taken_on)


def write_text(path: Path, text: str, taken_on: date) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return dated(path, taken_on)


def dated(path: Path, taken_on: date) -> Path:
    seconds = int(datetime.combine(taken_on, time(6), UTC).timestamp())
    os.utime(path, (seconds, seconds))
    return path
