"""Where this program keeps things on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

APP = "ezgitops"


def state_directory(environ: Mapping[str, str]) -> Path:
    """The folder of drafts, journals, locks and logs: XDG_STATE_HOME where it is set, else the platform's own place."""
    chosen = environ.get("XDG_STATE_HOME", "")
    if chosen.startswith("/"):
        return Path(chosen) / APP
    import platformdirs

    return platformdirs.user_state_path(APP)


def instance_directory(environ: Mapping[str, str], instance: str) -> Path:
    """The folder of one instance: its journals, its lock, its logs."""
    return state_directory(environ) / instance


def drafts_directory(environ: Mapping[str, str]) -> Path:
    """The folder of the wizard's drafts. No instance can have this name: a dot is not allowed in one."""
    return state_directory(environ) / "drafts.d"


def shown(path: Path, environ: Mapping[str, str]) -> str:
    """A path as an operator writes it: the home folder as ``~``."""
    home = environ.get("HOME", "")
    text = str(path)
    return "~" + text[len(home) :] if home not in ("", "/") and text.startswith(home.rstrip("/") + "/") else text
