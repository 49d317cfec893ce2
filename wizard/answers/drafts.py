"""The drafts on this machine, one file each, so that a closed terminal costs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from strategies import forms
from strategies.base import Json
from wizard.answers import keys
from wizard.answers.files import write_private
from wizard.answers.upgrade import upgrade

if TYPE_CHECKING:
    from wizard.answers.draft import Draft

VERSION = 1
"""Version of the draft file's own form; the answers in it carry theirs."""
_LARGEST = 1024 * 1024


class DraftStore:
    """Saves drafts in a folder (0700, files 0600) as JSON.

    Nothing here raises: a draft is a help, and a full disk or a damaged file must not stop the operator. ``warn`` is told
    instead, in one sentence. A damaged draft is set aside under ``.damaged``, never deleted.
    """

    def __init__(self, directory: Path, *, warn: Callable[[str], None] = lambda _message: None) -> None:
        self._directory = directory
        self._warn = warn

    def save(self, name: str, draft: Draft) -> None:
        """Save a draft in place of the one of the same name. Values that are, or may be, secrets are left out."""
        content = json.dumps({"version": VERSION, "name": name, "answers": _without_secrets(draft)}, indent=1)
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._path(name), content)
        except OSError as error:
            self._warn(f"The draft could not be saved to {self._directory}: {error.strerror or error}.")

    def load(self, name: str) -> Draft | None:
        """The draft of this name; None when there is none or when it is damaged."""
        from wizard.answers.draft import Draft

        path = self._path(name)
        try:
            with path.open("rb") as stream:
                raw = stream.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn(f"The draft {name} could not be read: {error.strerror or error}.")
            return None
        try:
            answers = _answers_of(raw)
        except ValueError as error:
            self._set_aside(path, name, str(error))
            return None
        return Draft({key: value for key, value in answers.items() if key not in {"apiVersion", "kind"}})

    def list(self) -> list[tuple[str, datetime]]:
        """Name and time of the last change of every draft, the newest first."""
        found: list[tuple[str, datetime]] = []
        try:
            for path in self._directory.glob("*.json"):
                found.append((unquote(path.stem), datetime.fromtimestamp(path.stat().st_mtime, UTC)))
        except OSError as error:
            self._warn(f"The drafts in {self._directory} could not be listed: {error.strerror or error}.")
        return sorted(found, key=lambda one: one[1], reverse=True)

    def discard(self, name: str) -> None:
        """Delete a draft; nothing happens when there is none."""
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            self._warn(f"The draft {name} could not be deleted: {error.strerror or error}.")

    def _path(self, name: str) -> Path:
        # Quoted, so that no name leads out of the folder; "%" cannot begin a name that ends in ".json" alone.
        return self._directory / f"{quote(name, safe='') or '%00'}.json"

    def _set_aside(self, path: Path, name: str, reason: str) -> None:
        aside = path.with_suffix(".damaged")
        try:
            path.replace(aside)
        except OSError as error:
            self._warn(f"The draft {name} is damaged ({reason}) and could not be set aside: {error.strerror or error}.")
            return
        self._warn(f"The draft {name} is damaged ({reason}); it was set aside as {aside}.")


def _answers_of(raw: bytes) -> dict[str, Json]:
    """The answers in a draft file, in the present form. Raises ValueError with the reason why they cannot be had."""
    if len(raw) > _LARGEST:
        raise ValueError("too large")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("answers"), dict):
        raise ValueError("not a draft")
    if content.get("version") != VERSION:
        raise ValueError("of another version of the program")
    upgraded = upgrade(content["answers"])
    if upgraded.faults:
        raise ValueError(str(upgraded.faults[0]))
    return upgraded.data


def _without_secrets(draft: Draft) -> dict[str, Json]:
    """The draft's data without what may be a secret: a half-typed reference, a token, a URL with credentials."""
    safe = draft.copy()
    for fault in draft.faults():
        key = keys.keys().get(keys.bare(fault.key))
        if key is not None and key.secret:
            safe.unset(key.path)
    for key in keys.leaves():
        value = safe.get(key.path)
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and _may_hold_secret(text) for text in texts):
            safe.unset(key.path)
    return safe.data()


def _may_hold_secret(text: str) -> bool:
    return forms.secret_kind(text) is not None or ("://" in text and "@" in text)
