"""multipart/form-data (RFC 7578) read from a file, with bounded memory whatever the parts hold.

A part is a window on the file; nothing of its content is copied. Order is kept, names and media types are as
sent or empty, because devices do not check them (core sheet 4.2).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

CHUNK = 1 << 16
LONGEST_BOUNDARY = 70
"""RFC 2046 5.1.1."""
LARGEST_HEADER = 8192
MOST_PARTS = 32

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))', re.IGNORECASE)
_PARAMETER = re.compile(rb'[;\s](name|filename)="((?:[^"\\\r\n]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part: what its header says and where its content lies."""

    name: str
    filename: str
    content_type: str
    start: int
    size: int
    file: BinaryIO

    def open(self) -> BinaryIO:
        """The content as a file of its own, at position 0."""
        return io.BufferedReader(_Window(self.file, self.start, self.size), CHUNK)

    def read(self, limit: int) -> bytes:
        """The content where it must be small. Raises MalformedMessage above `limit` bytes."""
        if self.size > limit:
            raise MalformedMessage(f"part {self.name!r} is larger than {limit} bytes", offset=self.start)
        return self.open().read()


class _Window(io.RawIOBase):
    """A stretch of a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._size - self._at))
        self._file.seek(self._start + self._at)
        data = self._file.read(wanted)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises MalformedMessage where it is no multipart or names none."""
    if not content_type.lower().startswith("multipart/"):
        raise MalformedMessage("the body is no multipart message")
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise MalformedMessage("the Content-Type names no boundary")
    return (match[1] or match[2]).encode("utf-8", "replace")


def parts(file: BinaryIO, boundary: bytes) -> Iterator[Part]:
    """The parts in order. Raises MalformedMessage for a body that breaks off or has too many parts."""
    delimiter = b"\r\n--" + boundary
    at = _first(file, delimiter)
    for _ in range(MOST_PARTS):
        file.seek(at)
        ending = file.read(2)
        if ending == b"--":
            return
        header, start = _header(file, at)
        end = _find(file, delimiter, start)
        yield _part(file, header, start, end)
        at = end + len(delimiter)
    raise MalformedMessage(f"more than {MOST_PARTS} parts", offset=at)


def _first(file: BinaryIO, delimiter: bytes) -> int:
    """Behind the first delimiter, which may stand at the very start without its line break."""
    file.seek(0)
    opening = delimiter[2:]
    if file.read(len(opening)) == opening:
        return len(opening)
    return _find(file, delimiter, 0) + len(delimiter)


def _header(file: BinaryIO, at: int) -> tuple[bytes, int]:
    """The header block after a delimiter, and where the content begins."""
    file.seek(at)
    block = file.read(LARGEST_HEADER)
    rest = block.lstrip(b" \t")
    skipped = len(block) - len(rest)
    if rest.startswith(b"\r\n\r\n"):
        return b"", at + skipped + 4
    end = rest.find(b"\r\n\r\n")
    if end < 0 or not rest.startswith(b"\r\n"):
        raise MalformedMessage("a part has no header", offset=at)
    return rest[:end], at + skipped + end + 4


def _find(file: BinaryIO, delimiter: bytes, start: int) -> int:
    """Where the next delimiter begins; one chunk in memory at a time."""
    file.seek(start)
    kept, base = b"", start
    while chunk := file.read(CHUNK):
        window = kept + chunk
        found = window.find(delimiter)
        if found >= 0:
            return base + found
        kept = window[-len(delimiter) + 1 :]
        base += len(window) - len(kept)
    raise MalformedMessage("the body breaks off inside a part", offset=base)


def _part(file: BinaryIO, header: bytes, start: int, end: int) -> Part:
    fields = dict(_fields(header))
    disposition = fields.get(b"content-disposition", b"")
    names = {key.lower(): value for key, value in _PARAMETER.findall(disposition)}
    return Part(
        _text(names.get(b"name", b"")),
        _text(names.get(b"filename", b"")),
        _text(fields.get(b"content-type", b"")),
        start,
        end - start,
        file,
    )


def _fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in header.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            yield name.strip().lower(), value.strip()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
