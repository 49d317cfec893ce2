"""An ``Execution`` that writes down what a handler does, on a clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from strategies.base import Json, Owner, Ref
from strategies.ports import CancelledByOperatorError


@dataclass
class RecordingRun:
    """``mutations`` as (call, arguments), ``told`` as (message, fraction); ``stop_before`` ends the run before that call."""

    owner: Owner = field(default_factory=lambda: Owner("prod-east"))
    mutations: list[tuple[str, Mapping[str, Json]]] = field(default_factory=list)
    told: list[tuple[str, float | None]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    outputs: dict[tuple[str, str], str] = field(default_factory=dict)
    at: datetime = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
    stop_before: str | None = None

    @property
    def calls(self) -> list[str]:
        """The names of the mutating calls, in order."""
        return [call for call, _ in self.mutations]

    @contextmanager
    def mutation(self, call: str, arguments: Mapping[str, Json]) -> Iterator[None]:
        """Write the call down."""
        if call == self.stop_before:
            raise CancelledByOperatorError
        self.mutations.append((call, arguments))
        yield

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Write the message down."""
        self.told.append((message, fraction))

    def sleep(self, seconds: float) -> None:
        """Let the clock move on."""
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The clock."""
        return self.at

    def output(self, ref: Ref) -> str:
        """A scripted output."""
        return self.outputs[(ref.address, ref.output)]
