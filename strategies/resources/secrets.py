"""Finds the secrets that the answers only name: ``env:``, ``file:``, ``prompt:`` and ``aws-secretsmanager:`` references."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from strategies.ports import CancelledByOperatorError, ResourceError

FetchSecret: TypeAlias = Callable[[str], str]
"""Secret id or ARN -> the secret string. Raises ResourceError."""


class SecretResolver:
    """Resolves references. What was asked of the operator is asked once; everything else is looked up each time."""

    def __init__(self, environ: Mapping[str, str], ask: Callable[[str], str] | None) -> None:
        self._environ = environ
        self._ask = ask
        self._asked: dict[str, str] = {}
        self._refused: dict[str, int] = {}
        """Question -> how often the operator left it."""
        self._lock = Lock()

    def resolve(self, reference: str, fetch: FetchSecret) -> str:
        """The secret. Raises ResourceError that names the reference and never the value."""
        scheme, _, rest = reference.partition(":")
        what = f"Cannot find the secret {reference}"
        match scheme:
            case "env":
                value = self._environ.get(rest, "")
                remedy = f"Export {rest} before you start the program."
                return _filled(value, what, f"the environment variable {rest} is not set", remedy)
            case "file":
                return _filled(_read(rest, what), what, "the file is empty", "Write the secret into it.")
            case "prompt":
                return self._prompt(rest or "Secret", what)
            case "aws-secretsmanager":
                return _from_secrets_manager(rest, fetch, what)
            case _:
                raise ResourceError(
                    what, "it is no reference", "Use env:NAME, file:PATH, prompt:TEXT or aws-secretsmanager:ID#KEY."
                )

    def _prompt(self, text: str, what: str) -> str:
        if self._ask is None:
            raise ResourceError(what, "nobody can be asked without a terminal", "Use env:NAME or file:PATH in a pipeline.")
        left_before = self._refused.get(text, 0)
        with self._lock:
            if text in self._asked:
                return self._asked[text]
            # Who waited here while the operator left the question has been answered by that, too.
            if self._refused.get(text, 0) == left_before:
                typed = _typed(self._ask, text)
                if typed:
                    self._asked[text] = typed
                    return typed
                self._refused[text] = left_before + 1
        raise ResourceError(what, "it was not typed", "Look again, and type it when you are asked.")


def _typed(ask: Callable[[str], str], text: str) -> str:
    """Empty where the operator left the question."""
    try:
        return ask(text)
    except CancelledByOperatorError:
        return ""


def _filled(value: str, what: str, why: str, remedy: str) -> str:
    if not value:
        raise ResourceError(what, why, remedy)
    return value


def _read(path: str, what: str) -> str:
    try:
        # One newline at the end is the editor's, not the secret's.
        return Path(path).expanduser().read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ResourceError(what, f"{path} cannot be read: {why}", "Look at the path and its rights.") from error


def _from_secrets_manager(rest: str, fetch: FetchSecret, what: str) -> str:
    identity, _, key = rest.partition("#")
    text = fetch(identity)
    if not key:
        return _filled(text, what, "the secret is empty", "Give it a value in AWS Secrets Manager.")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ResourceError(what, f"{identity} is not JSON, so it has no key {key}", "Leave #KEY away.") from error
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise ResourceError(what, f"{identity} has no key {key}", "Look at the secret's keys in AWS Secrets Manager.")
    return _filled(value, what, f"key {key} of {identity} is empty", "Give it a value in AWS Secrets Manager.")
