"""Reads the host keys of an SSH server with OpenSSH's ``ssh-keyscan``, as an operator would; nothing logs in.

It goes straight to the server: ``ssh-keyscan`` knows no proxy. It runs in the environment given.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError

from strategies.common.servers.address import forbidden
from strategies.common.shown import shown
from strategies.facts import SshHostKey, SshHostKeys
from strategies.resources.git.servers.dial import CONNECT_TIMEOUT, Resolve, TalkError, Trouble, resolve
from strategies.resources.git.servers.keys import fingerprint
from strategies.resources.parallel import started

SCAN_SECONDS = 5
_PROCESS_TIMEOUT = 20.0
_OUTPUT_LIMIT = 64 * 1024
_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
_BANNER = re.compile(r"^# \S+ (SSH-\S+.*)$")
"""``# git.example.com:22 SSH-2.0-babeld-8f3f``"""


def parse_scan(host: str, port: int, output: str, comments: str) -> SshHostKeys:
    """What ``ssh-keyscan`` printed: lines ``HOST TYPE KEY`` and, on standard error, comments with the server's version.

    A key of an unknown type, or whose own bytes name another type, is left out.
    """
    keys = {}
    for line in output.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in _TYPES and _names_its_type(parts[1], parts[2]):
            keys[parts[1]] = SshHostKey(parts[1], fingerprint(parts[2]), parts[2])
    banner = next((found[1] for line in comments.splitlines() if (found := _BANNER.match(line))), "")
    return SshHostKeys(host, port, tuple(keys[one] for one in _TYPES if one in keys), shown(banner))


def read_host_keys(environ: Mapping[str, str], host: str, port: int, finder: Resolve = resolve) -> SshHostKeys:
    """The host keys of ``host``. Raises TalkError where there is no program, no server, or no key."""
    path = shutil.which("ssh-keyscan", path=environ.get("PATH"))
    if path is None:
        raise TalkError(Trouble.PROTOCOL, "ssh-keyscan is not installed on this machine (package openssh-client)")
    if forbidden(host) or any(forbidden(one) for one in _addresses(finder, host, port)):
        raise TalkError(Trouble.FORBIDDEN, f"{shown(host)} is a link-local or metadata address: nothing is sent there")
    arguments = [path, "-T", str(SCAN_SECONDS), "-p", str(port), "-t", "ed25519,ecdsa,rsa", "--", host]
    output, comments = _run(arguments, environ)
    found = parse_scan(host, port, output, comments)
    if not found.keys:
        last = [line for line in comments.splitlines() if line and not line.startswith("#")]
        told = shown(last[-1], 200) if last else "no SSH server answers"
        raise TalkError(Trouble.CONNECT, f"{shown(host)} port {port} shows no host key: {told}")
    return found


def _run(arguments: list[str], environ: Mapping[str, str]) -> tuple[str, str]:
    """Standard output and error, as much as is read of each. Ended, with what it started, after its time."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        env = {name: environ[name] for name in ("PATH", "HOME") if name in environ} | {"LC_ALL": "C"}
        process = subprocess.Popen(arguments, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            process.wait(timeout=_PROCESS_TIMEOUT)
        except subprocess.TimeoutExpired as error:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise TalkError(Trouble.TIMEOUT, f"ssh-keyscan found no end within {_PROCESS_TIMEOUT:.0f} s") from error
        out.seek(0)
        err.seek(0)
        return out.read(_OUTPUT_LIMIT).decode(errors="replace"), err.read(_OUTPUT_LIMIT).decode(errors="replace")


def _addresses(finder: Resolve, host: str, port: int) -> list[str]:
    """Where the name leads; nothing where it does not resolve, which ``ssh-keyscan`` will say in its own words."""
    try:
        found = started(lambda: finder(host, port)).result(timeout=CONNECT_TIMEOUT)
    except (OSError, UnicodeError, FutureTimeoutError):
        return []
    return [address[0] for _family, _kind, _protocol, address in found]


def _names_its_type(kind: str, key: str) -> bool:
    """A key begins with the name of its type (RFC 4253, section 6.6)."""
    try:
        blob = base64.b64decode(key, validate=True)
    except binascii.Error:
        return False
    return blob[4 : 4 + int.from_bytes(blob[:4], "big")] == kind.encode()
