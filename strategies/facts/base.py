"""What a fact is: a key that carries its type, a reading, and a snapshot of readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FactKey(Generic[T]):
    """The name of a fact; its type parameter is the type of the value."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class FactError:
    """Why a fact could not be read: in the operator's words, and what to do about it."""

    message: str
    remedy: str = ""
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One fact as read: the value or the error, when, and how long it took (seconds)."""

    value: object | None
    error: FactError | None
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Facts:
    """An immutable snapshot of what has been read so far."""

    readings: Mapping[str, Reading] = field(default_factory=dict)

    def get(self, key: FactKey[T]) -> T | None:
        """The value, or None while it is unread or when it could not be read."""
        reading = self.readings.get(key.id)
        return None if reading is None else cast("T | None", reading.value)

    def error(self, key: FactKey[T]) -> FactError | None:
        """Why the fact could not be read, or None."""
        reading = self.readings.get(key.id)
        return None if reading is None else reading.error

    def known(self, fact_id: str) -> bool:
        """True once the fact has been read or has failed."""
        return fact_id in self.readings

    def with_reading(self, fact_id: str, reading: Reading) -> Facts:
        """A snapshot that also holds this reading."""
        return Facts({**self.readings, fact_id: reading})

    def without(self, *fact_ids: str) -> Facts:
        """A snapshot in which these facts are unread again."""
        return Facts({k: v for k, v in self.readings.items() if k not in fact_ids})
