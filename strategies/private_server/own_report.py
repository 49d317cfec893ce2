"""Reads what the scripts on the machine with GitLab report. It is from outside: bounded, and of the form it should be. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from strategies.common import marked_report
from strategies.common.marked_report import lines
from strategies.private_server.own_script import MARK

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ServerReport:
    """What one script saw at its end.

    ``owner`` is the instance whose mark the configuration carries, ``sha256`` that of the configuration, ``done`` that of the
    one which was carried out last, ``certificate`` the SHA-256 of the certificate's file. ``ready`` is GitLab's own answer
    (HTTP status) on the machine. ``token_ends`` is the day with whose beginning the administrator's token ends. ``backups``
    says whether they are made every night, ``backup_result`` how the last one ended in systemd's word. ``failed`` names the
    step that failed, and ``why`` what was said about it.
    """

    system: str = ""
    version: str = ""
    mounted: bool = False
    owner: str = ""
    sha256: str = ""
    done: str = ""
    certificate: str = ""
    ready: int | None = None
    token_ends: date | None = None
    backups: bool = False
    backup_result: str = ""
    used: str = ""
    failed: str = ""
    why: tuple[str, ...] = ()


def read(output: str) -> ServerReport | None:
    """The report in a command's output, or None when there is none that can be read."""
    told = marked_report.values(output, MARK)
    return None if told is None else _report(told)


def _report(values: Mapping[str, bytes]) -> ServerReport:
    words = marked_report.words(values)
    ready = words.get("ready", "")
    return ServerReport(
        system=words.get("system", ""),
        version=words.get("version", ""),
        mounted=words.get("mounted") == "yes",
        owner=words.get("owner", ""),
        sha256=_digest(words.get("sha256", "")),
        done=_digest(words.get("done", "")),
        certificate=_digest(words.get("certificate", "")),
        # curl writes 000 where there was no answer.
        ready=int(ready) if re.fullmatch("[1-9][0-9]{2}", ready) else None,
        token_ends=_day(words.get("token_ends", "")),
        backups=words.get("backups") == "enabled",
        backup_result=words.get("backup_result", ""),
        used=words.get("used", "") if re.fullmatch("[0-9]{1,3}%", words.get("used", "")) else "",
        failed=words.get("failed", ""),
        why=lines(values.get("why", b"")),
    )


def _digest(text: str) -> str:
    return text if _SHA256.fullmatch(text) else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
