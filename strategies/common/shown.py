"""Text that others wrote, made fit to be shown: file names, references, what a server says."""

from __future__ import annotations

MOST = 120
"""Characters of one such text."""


def shown(text: str, most: int = MOST) -> str:
    """On one line, without what moves the cursor or hides (control characters, bidirectional marks), and bounded."""
    plain = "".join(character if character.isprintable() else "?" for character in text[: most + 1])
    return plain if len(plain) <= most else plain[: most - 3] + "..."


def size(number: int) -> str:
    """Bytes for a reader, in powers of ten as quotas and disks are given: ``512 bytes``, ``1.4 MB``, ``2.0 GB``."""
    if number < 1000:
        return f"{number} bytes"
    amount = float(number)
    for unit in ("kB", "MB", "GB", "TB"):
        amount /= 1000
        if amount < 1000 or unit == "TB":
            break
    return f"{amount:.1f} {unit}"
