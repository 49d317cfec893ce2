"""Writes a very large file of zero bytes into a Git repository, in seconds and in a few megabytes."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 1024 * 1024
_ADLER_BASE = 65521
_RAW = -15


def add_zeros(repository: Path, size: int) -> str:
    """Add a blob of ``size`` zero bytes to a bare repository as a loose object; its object id.

    A loose object is a zlib stream (RFC 1950) of ``blob SIZE``, a zero byte and the content. After a full flush deflate
    (RFC 1951) refers to nothing before, so the block of one megabyte is made once and written as often as it takes.
    """
    head = b"blob %d\0" % size
    digest = hashlib.sha1(head, usedforsecurity=False)
    for part in _parts(size):
        digest.update(part)
    oid = digest.hexdigest()
    folder = repository / "objects" / oid[:2]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / oid[2:]).open("wb") as file:
        file.write(b"\x78\x01")
        file.write(_flushed(head))
        block = _flushed(bytes(_CHUNK))
        for _ in range(size // _CHUNK):
            file.write(block)
        last = zlib.compressobj(wbits=_RAW)
        file.write(last.compress(bytes(size % _CHUNK)) + last.flush(zlib.Z_FINISH))
        file.write(_checksum(head, size).to_bytes(4, "big"))
    return oid


def _parts(size: int) -> Iterator[bytes]:
    chunk = bytes(_CHUNK)
    for _ in range(size // _CHUNK):
        yield chunk
    yield bytes(size % _CHUNK)


def _flushed(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=_RAW)
    return made.compress(content) + made.flush(zlib.Z_FULL_FLUSH)


def _checksum(head: bytes, zeros: int) -> int:
    """Adler-32 (RFC 1950) of ``head`` and so many zero bytes, which add the first sum to the second and nothing else."""
    before = zlib.adler32(head)
    first, second = before & 0xFFFF, before >> 16
    return ((second + zeros * first) % _ADLER_BASE) << 16 | first
