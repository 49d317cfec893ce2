"""The line in which a script on a machine tells what it saw: a mark, and JSON of base64. It comes from outside. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from strategies.common.shown import shown

LONGEST = 300
"""Characters of one value, or one line of it, that are shown."""
_FORMAT = "1"


def values(output: str, mark: str) -> Mapping[str, bytes] | None:
    """What the last line with this mark tells, by name; None when there is none that can be read.

    A value that is no base64 is empty.
    """
    line = next((one for one in reversed(output.splitlines()) if one.startswith(mark)), None)
    if line is None:
        return None
    try:
        said = json.loads(line.removeprefix(mark))
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("format") != _FORMAT:
        return None
    return {str(name): _decoded(value) for name, value in said.items() if isinstance(value, str) and name != "format"}


def words(told: Mapping[str, bytes]) -> Mapping[str, str]:
    """Each value as one line that is fit to be shown."""
    return {name: shown(value.decode("utf-8", "replace").strip(), LONGEST) for name, value in told.items()}


def lines(data: bytes) -> tuple[str, ...]:
    """Lines that somebody else wrote, fit to be shown, without empty ones."""
    return tuple(shown(one.strip(), LONGEST) for one in data.decode("utf-8", "replace").splitlines() if one.strip())


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
