"""Reads what the scripts on the proxy's machine report. It comes from outside: bounded, and of the form it should be. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from strategies.bastion_proxy.host_script import MARK
from strategies.bastion_proxy.squid import Asked, asked_by
from strategies.common import marked_report
from strategies.common.marked_report import lines
from strategies.facts import Configuration, Decided, Decision

_MOST_TEXT = 1_000_000
"""Bytes of a configuration; a packed one could unpack to anything."""
_MOST_DECISIONS = 10
_DECISION = re.compile(r"(allowed|forbidden) ([a-z0-9.:/-]{1,270}) ([0-9]{3}) ([0-9]{3}) ([0-9]{1,3})")
"""What had to happen, the target, the status of the answer to CONNECT, that to the request, and curl's exit status."""
_DENIED = (403, 407)
"""The statuses with which Squid denies: 407 where a login could help (squid-cache.org, "http_access")"""


@dataclass(frozen=True, slots=True)
class HostReport:
    """What one script saw at its end; the names are those of ``facts.ProxyHost``.

    ``owner`` is the instance whose mark the configuration carries, ``asked`` what our file asks for, as far as it was told.
    ``failed`` names the step that failed, and ``why`` what was said about it.
    """

    system: str = ""
    version: str | None = None
    offered: str | None = None
    offer_error: str = ""
    running: bool = False
    enabled: bool = False
    configuration: Configuration = Configuration.NONE
    owner: str = ""
    sha256: str = ""
    asked: Asked | None = None
    direct: int | None = None
    direct_error: str = ""
    issuer: str = ""
    decisions: tuple[Decision, ...] = ()
    log: tuple[str, ...] = ()
    failed: str = ""
    why: tuple[str, ...] = ()


def read(output: str) -> HostReport | None:
    """The report in a command's output, or None when there is none that can be read."""
    told = marked_report.values(output, MARK)
    return None if told is None else _report(told)


def _report(values: Mapping[str, bytes]) -> HostReport | None:
    words = marked_report.words({name: value for name, value in values.items() if name != "text"})
    configuration = words.get("configuration", "")
    if configuration not in tuple(Configuration):
        return None
    sha256, status = words.get("sha256", ""), words.get("direct", "")
    return HostReport(
        system=words.get("system", ""),
        version=words.get("version") or None,
        # dnf writes the epoch before the version, rpm does not.
        offered=re.sub("^[0-9]+:", "", words.get("offered", "")) or None,
        offer_error=_told(" | ".join(lines(values.get("offer_error", b"")))),
        running=words.get("active") == "active",
        enabled=words.get("enabled") == "enabled",
        configuration=Configuration(configuration),
        owner=words.get("owner", ""),
        sha256=sha256 if re.fullmatch("[0-9a-f]{64}", sha256) else "",
        asked=asked_by(_unpacked(values.get("text", b""))),
        # curl writes 000 where there was no answer.
        direct=int(status) if re.fullmatch("[1-9][0-9]{2}", status) else None,
        direct_error=words.get("direct_error", ""),
        issuer=words.get("issuer", ""),
        decisions=_decisions(values.get("decisions", b"")),
        log=lines(values.get("log", b"")),
        failed=words.get("failed", ""),
        why=lines(values.get("why", b"")),
    )


def _decisions(data: bytes) -> tuple[Decision, ...]:
    """What Squid decided, of each line that has the form; a line that was cut off is left out."""
    found = (_DECISION.fullmatch(line) for line in data.decode("utf-8", "replace").splitlines())
    return tuple(_decision(*match.groups()) for match in found if match is not None)[:_MOST_DECISIONS]


def _decision(wanted: str, target: str, connect: str, code: str, ended: str) -> Decision:
    # A request in clear has no CONNECT. curl writes 000 where there was no answer.
    status = int(code if target.startswith("http://") else connect) or None
    if status is None or status >= 500:
        decided = Decided.FAILED
    elif status in _DENIED:
        decided = Decided.REFUSED
    else:
        decided = Decided.PASSED if target.startswith("http://") or status < 300 else Decided.FAILED
    return Decision(target, wanted == "allowed", decided, status, ended == "0")


def _unpacked(data: bytes) -> str:
    try:
        found = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS).decompress(data, _MOST_TEXT)
    except zlib.error:
        return ""
    return found.decode("utf-8", "replace")


def _told(text: str) -> str:
    """dnf says ``Error: No matching Packages to list`` where it knows of none: that is an answer, and no trouble."""
    return "" if text == "Error: No matching Packages to list" else text
