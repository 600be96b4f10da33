"""One member of a ZIP as it lies there, still packed: small to hand on, and checked wherever it is inflated.

`zipfile` inflates with zlib; ISA-L does the same three times as fast, and its checksum five times.
"""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Final

from isal import igzip_lib, isal_zlib

_HEADER: Final = struct.Struct("<4s22xHH")  # signature, lengths of name and extra field
_IS_UTF8: Final = 0x800


@dataclass(frozen=True, slots=True)
class Member:
    """Where a member lies and what the directory declares of it. An archive may have a million: a ZipInfo is large."""

    written_name: str
    flag_bits: int
    method: int
    offset: int
    packed_bytes: int
    size_bytes: int
    checksum: int

    @staticmethod
    def of(info: zipfile.ZipInfo) -> Member:
        return Member(
            info.orig_filename,
            info.flag_bits,
            info.compress_type,
            info.header_offset,
            info.compress_size,
            info.file_size,
            info.CRC,
        )

    def info(self) -> zipfile.ZipInfo:
        """What `zipfile` needs to read it."""
        info = zipfile.ZipInfo(self.written_name)
        info.flag_bits, info.compress_type, info.header_offset = self.flag_bits, self.method, self.offset
        info.compress_size, info.file_size, info.CRC = self.packed_bytes, self.size_bytes, self.checksum
        return info


@dataclass(frozen=True)
class Packed:
    """size_bytes and checksum as the archive's directory declares them of the content."""

    content: bytes
    is_deflated: bool
    size_bytes: int
    checksum: int

    @staticmethod
    def read(stream: BinaryIO, member: Member) -> Packed:
        """The member that the directory describes. Raises BadZipFile when another, or none, lies there."""
        stream.seek(member.offset)
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise zipfile.BadZipFile("no member begins here")
        _, name_bytes, extra_bytes = _HEADER.unpack(header)
        name = stream.read(name_bytes)
        if name.decode("utf-8" if member.flag_bits & _IS_UTF8 else "cp437") != member.written_name:
            raise zipfile.BadZipFile("the directory gives it another name")
        stream.seek(extra_bytes, 1)
        content = stream.read(member.packed_bytes)
        return Packed(content, member.method == zipfile.ZIP_DEFLATED, member.size_bytes, member.checksum)

    def inflate(self) -> bytes:
        """The content. Raises BadZipFile unless it is exactly what the directory declares."""
        try:
            # a bomb goes off no further than one byte beyond the declared size
            content = self._inflated() if self.is_deflated else self.content
        except igzip_lib.IsalError:  # type: ignore[misc]  # its stub names no class
            raise zipfile.BadZipFile("it cannot be inflated") from None
        if len(content) != self.size_bytes or isal_zlib.crc32(content) != self.checksum:
            raise zipfile.BadZipFile("its checksum does not match")
        return content

    def _inflated(self) -> bytes:
        inflater = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE)
        return inflater.decompress(self.content, self.size_bytes + 1)
