"""Takes single values out of a server's JSON: of the right type, bounded, and fit to be shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from strategies.base import Json
from strategies.common.shown import shown

_TEXT_MOST = 300

Document = Mapping[str, Json]


def document(value: Json) -> Document:
    """A JSON object; empty where the value is none."""
    return value if isinstance(value, Mapping) else {}


def documents(value: Json) -> list[Document]:
    """The objects of a JSON list; what is none is left out."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def text(of: Document, key: str) -> str:
    """A text, without control characters; empty where there is none. Identities are mostly numbers: they become text."""
    value = of.get(key)
    if isinstance(value, str):
        return shown(value, _TEXT_MOST)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def exact(of: Document, key: str) -> str:
    """A text as it is, for what is sent and never shown: a new token, say. Empty where there is none."""
    value = of.get(key)
    return value if isinstance(value, str) else ""


def flag(of: Document, key: str) -> bool | None:
    """True or False, or None where it is not said."""
    value = of.get(key)
    return value if isinstance(value, bool) else None


def texts(of: Document, key: str) -> tuple[str, ...]:
    """A list of texts."""
    value = of.get(key)
    found: Sequence[Json] = value if isinstance(value, list) else ()
    return tuple(shown(one, _TEXT_MOST) for one in found if isinstance(one, str))


def moment(of: Document, key: str) -> datetime | None:
    """A point in time: ISO 8601 (a day means its beginning, UTC), or milliseconds since 1970 as Bitbucket has them."""
    value = of.get(key)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        found = datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)
