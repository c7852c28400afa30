"""A gzip-compressed tar archive, read as a stream by somebody who expects the worst.

Memory is bounded by one chunk whatever the file says: what it expands to is bounded by what arrived (a bomb),
member names are plain file names, only regular members of the ustar form are taken, and there are few of them. The
tar reader of the standard library is not used here because it reads extended headers of any size into memory.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 16
BLOCK = 512
LARGEST = 1 << 29
"""Bytes an archive may expand to; real images are 60 to 250 MB (core sheet 4.3)."""
HIGHEST_RATIO = 100
"""Times its own size an archive may expand to, beyond the first mebibyte."""
MOST_MEMBERS = 64

_GZIP = 31
_INPUT, _OUTPUT = 1 << 14, 1 << 13
"""Bytes per step of the inflater. It gives nothing of a step that ends in an error, so steps are small: what a
damaged file says before the damage is still read."""
_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OCTAL = re.compile(rb"[ ]*([0-7]{1,11})[ \0]*")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive. Its content comes from `Archive.content`, before the next member is asked for."""

    name: str
    size: int


class Archive:
    """Walks through the members of an archive once, front to back."""

    def __init__(self, file: BinaryIO) -> None:
        self._stream = _Inflated(file)
        self._left = 0
        self._padding = 0

    def members(self) -> Iterator[Member]:
        """Each member; what was not read of it is skipped. Raises MalformedMessage where the archive is bad.

        Reaching the end means that the archive was whole: its end mark, its checksum, and nothing after them.
        """
        count = 0
        while True:
            for _ in self.content():
                pass
            header = self._stream.read(BLOCK)
            if not any(header):
                self._stream.expect_end()
                return
            count += 1
            if count > MOST_MEMBERS:
                raise MalformedMessage(f"more than {MOST_MEMBERS} members", offset=self._stream.made)
            yield self._open(header)

    def content(self) -> Iterator[bytes]:
        """What is left of the member that `members` gave last, in chunks."""
        while self._left:
            chunk = self._stream.read(min(self._left, CHUNK))
            self._left -= len(chunk)
            yield chunk
        if self._padding:
            self._stream.read(self._padding)
            self._padding = 0

    def _open(self, header: bytes) -> Member:
        member = _member(header, self._stream.made - BLOCK)
        self._left = member.size
        self._padding = -member.size % BLOCK
        return member


def _member(header: bytes, offset: int) -> Member:
    if _octal(header[148:156]) != sum(header[:148]) + 8 * 0x20 + sum(header[156:]):
        raise MalformedMessage("a member header has a wrong checksum", offset=offset)
    name, size = header[:100].rstrip(b"\0"), _octal(header[124:136])
    if header[156:157] not in (b"0", b"\0") or header[257:262] != b"ustar" or any(header[345:500]):
        raise MalformedMessage("a member is no regular file", offset=offset)
    if not _NAME.fullmatch(name):
        raise MalformedMessage("a member has no plain file name", offset=offset)
    if size is None or size > LARGEST:
        raise MalformedMessage("a member is too large", offset=offset)
    return Member(name.decode("ascii"), size)


def _octal(field: bytes) -> int | None:
    match = _OCTAL.fullmatch(field)
    return int(match[1], 8) if match else None


class _Inflated:
    """The expanded bytes of a gzip file. `made` counts them, for error messages."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflater = zlib.decompressobj(wbits=_GZIP)
        self._ready = bytearray()
        self._read = 0
        self._expanded = 0
        self.made = 0
        """Bytes handed out."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises MalformedMessage at the end, at damage, and where it expands too far."""
        while len(self._ready) < size:
            if self._inflater.eof:
                raise MalformedMessage("the archive ends early", offset=self.made)
            self._fill()
        data = bytes(self._ready[:size])
        del self._ready[:size]
        self.made += size
        return data

    def expect_end(self) -> None:
        """Only zeros up to the end, a right checksum, and nothing behind it. Raises MalformedMessage."""
        while not self._inflater.eof or self._ready:
            if any(self._ready):
                raise MalformedMessage("data behind the end of the archive", offset=self.made)
            self.made += len(self._ready)
            self._ready.clear()
            if not self._inflater.eof:
                self._fill()
        if self._inflater.unused_data or self._file.read(1):
            raise MalformedMessage("data behind the compressed archive", offset=self.made)

    def _fill(self) -> None:
        data = self._inflater.unconsumed_tail
        if not data:
            data = self._file.read(_INPUT)
            self._read += len(data)
        try:
            more = self._inflater.decompress(data, _OUTPUT)
        except zlib.error:
            raise MalformedMessage("the compressed data are damaged", offset=self.made) from None
        if not data and not more:
            raise MalformedMessage("the file ends early", offset=self.made)
        self._ready += more
        self._expanded += len(more)
        if self._expanded > min(LARGEST, (1 << 20) + HIGHEST_RATIO * self._read):
            raise MalformedMessage("the archive expands beyond measure", offset=self.made)
