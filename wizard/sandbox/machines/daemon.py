"""Squid of one machine as a process of this one: the real program, with the very configuration that is on the machine.

Only what names the machine's own place in the network is put differently: it listens on a free port of loopback and is told the
VPC's addresses by the PROXY protocol (``http_port``, option ``require-proxy-header``), finds names in a hosts file
(``hosts_file``), goes out through the sandbox's internet (``cache_peer``, ``never_direct``) and keeps its files in the
machine's folder.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wizard.sandbox.network.names import public
from wizard.sandbox.reaper import Reaper

_PATIENCE = 20.0
_PAUSE = 0.02
_PORT = re.compile(r"^http_port\s+(?:\S+:)?(\d+)\b")
_INCLUDE = re.compile(r"^include\s+(\S+)\s*$")
_NAMES = re.compile(r"^acl\s+\S+\s+dstdomain\s+(.*)$")
_KEPT_IN = re.compile(r"(?<![\w./-])/var/(?:log|spool|cache)/squid/")
_LEFT_OUT = ("pid_filename", "cache_log", "coredump_dir", "hosts_file", "cache_effective_user", "log_file_daemon")


class DaemonError(Exception):
    """Squid did not start; the text is what it said last."""


class Daemon(Protocol):
    """What serves a machine's port while Squid runs there."""

    port: int
    """The loopback port; a PROXY protocol header comes first on each connection."""

    @property
    def alive(self) -> bool:
        """True while it serves."""

    def parse(self, lines: Sequence[str]) -> tuple[int, str]:
        """What ``squid -k parse`` says of these lines: its exit status and its words."""

    def start(self, text: str) -> None:
        """Run with this configuration. Raises DaemonError."""

    def reload(self, text: str) -> None:
        """Go on with this configuration. Raises DaemonError."""

    def stop(self) -> None:
        """End at once. Safe to repeat."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What Squid finds around it: the loopback port of the internet, names that mean something else."""

    internet: Callable[[], int]
    resolve: Callable[[str], str | None]


def program() -> str | None:
    """Where the real Squid is, or None."""
    return shutil.which("squid", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def whole(text: str, read: Callable[[str], str | None]) -> list[str]:
    """The lines of a configuration with the files that it includes."""
    lines: list[str] = []
    for line in text.splitlines():
        included = _INCLUDE.match(line.strip())
        if included is None:
            lines.append(line.strip())
        else:
            lines += whole(read(included[1]) or "", read)
    return lines


def port_of(lines: Sequence[str]) -> int | None:
    """The first port on which such a configuration listens."""
    return next((int(match[1]) for line in lines if (match := _PORT.match(line))), None)


def hosts_of(lines: Sequence[str]) -> Iterator[str]:
    """The whole names that such a configuration lists."""
    for line in lines:
        match = _NAMES.match(line)
        for word in match[1].split() if match else ():
            if not word.startswith(("-", ".", '"')):
                yield word


class SquidDaemon:
    """The real Squid. ``folder`` is the machine's /var/log/squid, where it runs and keeps all of its files."""

    def __init__(self, executable: str, folder: Path, surroundings: Surroundings, reaper: Reaper) -> None:
        self._executable = executable
        self._folder = folder
        self._surroundings = surroundings
        self._reaper = reaper
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.poll() is None

    def parse(self, lines: Sequence[str]) -> tuple[int, str]:
        """``squid -k parse`` with these lines."""
        self._settle()
        trial = self._folder / "trial.conf"
        trial.write_text(self._runnable(lines, 3128))
        judged = subprocess.run(
            [self._executable, "-k", "parse", "-f", trial.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self._folder,
            text=True,
            check=False,
            timeout=60,
        )
        return judged.returncode, judged.stderr

    def start(self, text: str) -> None:
        """Run in the foreground of a process group of its own, until it accepts connections."""
        self.stop()
        self._settle()
        self.port = self.port or _free_port()
        self._write(text)
        self._log.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [self._executable, "-N", "-n", f"ez{self.port}", "-f", self._conf.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
            start_new_session=True,
        )
        self._reaper.started(self._process.pid)
        self._until_it_accepts(1)

    def reload(self, text: str) -> None:
        """SIGHUP, as ``squid -k reconfigure`` sends it, until it accepts connections again."""
        if self._process is None or not self.alive:
            self.start(text)
            return
        before = self._accepting()
        self._write(text)
        self._process.send_signal(signal.SIGHUP)
        self._until_it_accepts(before + 1)

    def stop(self) -> None:
        """End it without its grace period for open connections."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._reaper.ended(process.pid)
        (self._folder / "squid.pid").unlink(missing_ok=True)

    @property
    def _conf(self) -> Path:
        return self._folder / "running.conf"

    @property
    def _log(self) -> Path:
        return self._folder / "cache.log"

    def _write(self, text: str) -> None:
        lines = text.splitlines()
        self._hosts(lines)
        self._conf.write_text(self._runnable(lines, self.port))

    def _hosts(self, lines: Sequence[str]) -> None:
        named = {host: self._surroundings.resolve(host) or public(host) for host in hosts_of(lines)}
        (self._folder / "hosts").write_text("".join(f"{address} {host}\n" for host, address in named.items()))

    def _runnable(self, lines: Sequence[str], port: int) -> str:
        kept = [line for line in lines if line.split(" ", 1)[0] not in (*_LEFT_OUT, "http_port")]
        out = self._surroundings.internet()
        own = [
            f"http_port 127.0.0.1:{port} require-proxy-header",
            "proxy_protocol_access allow all",
            f"cache_peer 127.0.0.1 parent {out} 0 no-query no-digest no-netdb-exchange default",
            "never_direct allow all",
            "dns_nameservers 127.0.0.1",
            "hosts_file hosts",
            "pid_filename squid.pid",
            "cache_log cache.log",
            "logfile_rotate 0",
        ]
        return "\n".join([*(_KEPT_IN.sub("", line) for line in kept), *own]) + "\n"

    def _settle(self) -> None:
        """Squid gives up root's rights, so that its folder must be another user's.

        Its paths are relative, since that user may not walk to the folder; ``coredump_dir`` would have it walk there.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / "hosts").touch()
        if os.geteuid() != 0:
            return
        user = _user_of(self._executable)
        os.chown(self._folder, user.pw_uid, user.pw_gid)

    def _accepting(self) -> int:
        try:
            return self._log.read_text(errors="replace").count("Accepting ")
        except OSError:
            return 0

    def _until_it_accepts(self, times: int) -> None:
        end = time.monotonic() + _PATIENCE
        while self.alive and time.monotonic() < end:
            if self._accepting() >= times and _listens(self.port):
                return
            time.sleep(_PAUSE)
        said = self._log.read_text(errors="replace").splitlines()[-3:] if self._log.exists() else []
        self.stop()
        raise DaemonError(" | ".join(said) or "it ended without a word")


def _listens(port: int) -> bool:
    """Whether somebody listens at the loopback port: Squid says that it accepts a moment before it does.

    A connection would tell too, and would stand in Squid's log. Where there is no proc(5), Squid's word is taken.
    """
    try:
        rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return True
    return any(row[1] == f"0100007F:{port:04X}" and row[3] == "0A" for row in map(str.split, rows))


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _user_of(executable: str) -> pwd.struct_passwd:
    """The user that this Squid was built to run as."""
    told = subprocess.run([executable, "-v"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"--with-default-user=([A-Za-z0-9_-]+)", told)
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(match[1] if match else "nobody")
    return pwd.getpwnam("nobody")
