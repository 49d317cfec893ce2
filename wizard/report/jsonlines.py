"""Events as JSON lines, for pipelines and for the log. docs/events.md is the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import singledispatch
from typing import TextIO

from strategies.base import Change, CheckResult, Json, Mend, Output
from strategies.facts import Reading
from strategies.ports import SyncReport
from wizard.engine.events import Event
from wizard.engine.plan import change_to_json


def to_json(event: Event) -> dict[str, Json]:
    """The object of one event: ``type``, ``@timestamp`` (RFC 3339), and its fields under their own names."""
    body: dict[str, Json] = {"type": event.type, "@timestamp": event.at.isoformat()}
    for one in fields(event):
        if one.name != "at":
            body[one.name] = _value(getattr(event, one.name))
    return body


def line(event: Event) -> str:
    """The event as one line, without its end."""
    return json.dumps(to_json(event), ensure_ascii=False)


class JsonLines:
    """A sink that writes each event to a stream at once."""

    def __init__(self, stream: TextIO, *, guard: Callable[[], None] = lambda: None) -> None:
        self._stream, self._guard = stream, guard
        self.lost: OSError | None = None

    def __call__(self, event: Event) -> None:
        """Write one event. A stream that takes nothing more (reader gone, disk full) is told to ``guard``, once, not raised."""
        if self.lost is not None:
            return
        try:
            self._stream.write(line(event) + "\n")
            self._stream.flush()
        except OSError as error:
            self.lost = error
            self._guard()


@singledispatch
def _value(value: object) -> Json:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): _value(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_value(inner) for inner in value]
    message = f"an event holds a {type(value).__name__}, which has no JSON form"
    raise TypeError(message)


@_value.register(datetime)
def _(value: datetime) -> Json:
    return value.isoformat()


@_value.register(Change)
def _(value: Change) -> Json:
    return change_to_json(value)


@_value.register(Mend)
def _(value: Mend) -> Json:
    return {"title": value.title, "says": value.says}


@_value.register(Output)
def _(value: Output) -> Json:
    return {"name": value.name, "title": value.title, "value": value.value}


@_value.register(SyncReport)
def _(value: SyncReport) -> Json:
    return {
        "sync": value.sync,
        "health": value.health,
        "revision": value.revision,
        "conditions": list(value.conditions),
        "operation": value.operation,
        "message": value.message,
    }


@_value.register(Reading)
def _(value: Reading) -> Json:
    error = None
    if value.error is not None:
        error = {"message": value.error.message, "remedy": value.error.remedy, "command": value.error.command}
    return {"at": value.at.isoformat(), "seconds": round(value.seconds, 3), "ok": value.error is None, "error": error}


@_value.register(CheckResult)
def _(value: CheckResult) -> Json:
    remedy = value.verdict.remedy
    return {
        "id": value.check.id,
        "title": value.check.title,
        "why": value.check.why,
        "status": value.status.value,
        "evidence": value.verdict.evidence,
        "remedy": None if remedy is None else {"text": remedy.text, "command": remedy.command, "mend": _value(remedy.mend)},
        "vantage": value.check.vantage.value,
        "blocking": value.check.blocking,
        "waiting": value.waiting,
        "seconds": round(value.seconds, 3),
    }
