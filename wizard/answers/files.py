"""Writes small private files so that a reader sees the old content or the new, never a part, whenever the writer dies."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, content: str) -> None:
    """Replace a file's content at once: mode 0600, flushed to the disk, then renamed into place. Raises OSError.

    The new file is made under a name that cannot be foreseen and may not exist (O_EXCL, O_NOFOLLOW), so that nobody who may
    write to the folder can lead the content elsewhere; a link in the place of ``path`` is replaced, never followed.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        # Also when the operator interrupts: the half-written file must not stay.
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Make the rename itself last through a power cut, where the file system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # Some network file systems cannot flush a folder; the content itself is safe.
        return
    finally:
        os.close(descriptor)
