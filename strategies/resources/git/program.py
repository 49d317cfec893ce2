"""Runs the git program: as an argument list, without a terminal, with passwords that stand in no argument, URL or file.

A password reaches git as ``http.URL.extraHeader`` through ``GIT_CONFIG_COUNT`` (git-config(1), git 2.31), that is, in the
environment of one process, which only the same user can read. Credential helpers are switched off, so nothing is asked, stored
or answered by a keychain.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LIST_TIMEOUT = 20.0
TRANSFER_TIMEOUT = 4 * 3600.0
STALL_SECONDS = 60
"""A transfer slower than 1 kB/s for this long is given up (``http.lowSpeedTime``)."""
OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes of output at which git is stopped: half a million references. A server that lists more has no end."""
TOO_MUCH = "git was stopped: the answer was too long"
_GLANCE = 0.05
"""Seconds between two questions whether it is enough."""
_LINES_KEPT = 500
_LINE_LIMIT = 64 * 1024

_FIRST_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+""")
"""Of a command line of the shell."""

_LEFT_OUT = ("GIT_ASKPASS", "SSH_ASKPASS", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_TERMINAL_PROMPT", "GIT_TRACE")


@dataclass(frozen=True, slots=True)
class GitLogin:
    """Who asks at one URL. ``repr`` shows no password.

    ``scheme`` is ``Basic`` or ``Bearer`` (RFC 6750: the password alone). ``ca`` is a CA in PEM that is believed instead of this
    machine's, ``ssh_key`` a private key that SSH uses instead of this machine's, and ``known_hosts`` the only host keys that it
    believes (lines of sshd(8)): they are in files while git runs.
    """

    url: str
    username: str
    password: str = field(repr=False)
    scheme: str = "Basic"
    ca: str | None = field(default=None, repr=False)
    ssh_key: str | None = field(default=None, repr=False)
    known_hosts: str | None = None

    @property
    def header(self) -> str:
        """The header of HTTP basic (RFC 7617) or bearer authentication; empty without a password."""
        if not self.password:
            return ""
        if self.scheme == "Bearer":
            return f"Authorization: Bearer {self.password}"
        return "Authorization: Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class GitError(Exception):
    """git ended with an error: its exit code (None: it was stopped or is missing) and what it wrote."""

    def __init__(self, command: str, code: int | None, stderr: str) -> None:
        super().__init__(f"git {command}: {stderr.strip()[-500:]}")
        self.command = command
        self.code = code
        self.stderr = stderr


class GitProgram:
    """The git of this machine, in the environment given."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @property
    def path(self) -> str | None:
        """Where git is, by PATH; None when it is not installed."""
        return shutil.which("git", path=self._environ.get("PATH"))

    def run(
        self,
        arguments: Sequence[str],
        *,
        login: GitLogin | None = None,
        folder: Path | None = None,
        timeout: float = LIST_TIMEOUT,
        on_line: Callable[[str], None] | None = None,
    ) -> str:
        """Standard output as text; see ``output``. Raises GitError."""
        return self.output(arguments, login=login, folder=folder, timeout=timeout, on_line=on_line).decode(errors="replace")

    def output(
        self,
        arguments: Sequence[str],
        *,
        login: GitLogin | None = None,
        folder: Path | None = None,
        timeout: float = LIST_TIMEOUT,
        on_line: Callable[[str], None] | None = None,
        stdin: bytes = b"",
        limit: int = OUTPUT_LIMIT,
        packfile: Path | None = None,
        enough: Callable[[], bool] | None = None,
    ) -> bytes:
        """Standard output, as many bytes as ``limit`` at most.

        ``on_line`` is given each line (or progress update) of standard error; what it raises ends git and is raised here.
        ``packfile`` is a file to which git also writes the pack as it arrives (git(1), ``GIT_TRACE_PACKFILE``). ``enough`` is
        asked again and again, by another thread: once it says yes, git is ended, and that is no error. Raises GitError.
        """
        command = arguments[0]
        path = self.path
        if path is None:
            raise GitError(command, None, "git is not installed")
        with contextlib.ExitStack() as files:
            try:
                env = self._environment(login, packfile) | files.enter_context(_trust(login, self._environ))
                process = subprocess.Popen(
                    [path, *arguments], cwd=folder, env=env, stdin=files.enter_context(_readable(stdin)),
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise GitError(command, None, str(error)) from error
            return self._taken(command, process, timeout, on_line, limit, enough)

    def _taken(
        self,
        command: str,
        process: subprocess.Popen[bytes],
        timeout: float,
        on_line: Callable[[str], None] | None,
        limit: int,
        enough: Callable[[], bool] | None,
    ) -> bytes:
        """What the process writes, once it has ended. Raises GitError."""
        out = _Collector(process, limit)
        watch = _Watch(process, enough)
        said: deque[str] = deque(maxlen=_LINES_KEPT)
        clock = threading.Timer(timeout, _end, (process,))
        clock.start()
        try:
            for line in _lines(process.stderr):
                said.append(line)
                if on_line is not None:
                    on_line(line)
            process.wait()
            out.join()
        finally:
            stopped = not clock.is_alive()
            clock.cancel()
            watch.close()
            # Whatever ended the reading (a cancel raised by on_line too), nothing is left running.
            if process.poll() is None:
                _end(process)
                process.wait()
        if watch.satisfied:
            return out.taken
        if out.overflowed:
            raise GitError(command, None, TOO_MUCH)
        if process.returncode != 0:
            why = f"no end after {timeout:.0f} s" if stopped else "\n".join(line for line in said if line.strip())
            raise GitError(command, None if stopped else process.returncode, why)
        return out.taken

    def _environment(self, login: GitLogin | None, packfile: Path | None) -> dict[str, str]:
        env = {k: v for k, v in self._environ.items() if not k.startswith("GIT_TRACE") and k not in _LEFT_OUT}
        settings = [
            ("credential.helper", ""),
            ("core.askPass", ""),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", str(STALL_SECONDS)),
            ("gc.auto", "0"),
            ("advice.detachedHead", "false"),
        ]
        if login is not None and login.header:
            settings.append((f"http.{login.url}.extraHeader", login.header))
        count = int(env.get("GIT_CONFIG_COUNT") or 0)
        for number, (key, value) in enumerate(settings, start=count):
            env[f"GIT_CONFIG_KEY_{number}"], env[f"GIT_CONFIG_VALUE_{number}"] = key, value
        env |= {"GIT_CONFIG_COUNT": str(count + len(settings)), "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        if "GIT_SSL_CAINFO" not in env and env.get("SSL_CERT_FILE"):
            env["GIT_SSL_CAINFO"] = env["SSL_CERT_FILE"]
        if packfile is not None:
            env["GIT_TRACE_PACKFILE"] = str(packfile)
        return env


class _Collector:
    """Takes standard output in a thread of its own, and ends the process that writes more than ``limit`` bytes."""

    def __init__(self, process: subprocess.Popen[bytes], limit: int) -> None:
        self._process = process
        self._limit = limit
        self._parts: list[bytes] = []
        self.overflowed = False
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    @property
    def taken(self) -> bytes:
        """What was written, once ``join`` has returned."""
        return b"".join(self._parts)

    def join(self) -> None:
        """Wait until everything has been taken."""
        self._thread.join()

    def _take(self) -> None:
        size = 0
        while self._process.stdout is not None and (part := _some(self._process.stdout)):
            size += len(part)
            if size > self._limit:
                self.overflowed = True
                _end(self._process)
                return
            self._parts.append(part)


class _Watch:
    """Ends the process as soon as ``enough`` says so; nothing where it is None."""

    def __init__(self, process: subprocess.Popen[bytes], enough: Callable[[], bool] | None) -> None:
        self._process = process
        self._over = threading.Event()
        self.satisfied = False
        self._thread = threading.Thread(target=self._look, args=(enough,), daemon=True) if enough is not None else None
        if self._thread is not None:
            self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, enough: Callable[[], bool]) -> None:
        while not self._over.wait(_GLANCE):
            if enough():
                self.satisfied = True
                _end(self._process)
                return


@contextlib.contextmanager
def _trust(login: GitLogin | None, environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Variables for the login's CA and key. Their files can be read by their owner alone, and are gone afterwards."""
    if login is None or (login.ca is None and login.ssh_key is None and login.known_hosts is None):
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="ezgitops-git-") as folder:
        found = {}
        if login.ca is not None:
            authority = Path(folder) / "ca.pem"
            authority.write_text(login.ca, encoding="ascii")
            # git-config(1), http.sslCAInfo: the variable has the last word, also over the operator's own.
            found["GIT_SSL_CAINFO"] = str(authority)
        options = [*_identity(login, Path(folder)), *_hosts(login, Path(folder))]
        if options:
            # git-config(1), core.sshCommand: the variable is a command line of the shell. ssh_config(5): of what is said twice,
            # the first holds - so ours stands before the operator's own options.
            given = environ.get("GIT_SSH_COMMAND", "").strip() or "ssh"
            program = _FIRST_WORD.match(given)
            place = program.end() if program else len(given)
            found["GIT_SSH_COMMAND"] = f"{given[:place]} -o BatchMode=yes {shlex.join(options)}{given[place:]}"
        yield found


def _identity(login: GitLogin, folder: Path) -> list[str]:
    if login.ssh_key is None:
        return []
    key = folder / "key"
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(login.ssh_key.rstrip("\n") + "\n")
    return ["-i", str(key), "-o", "IdentitiesOnly=yes"]


def _hosts(login: GitLogin, folder: Path) -> list[str]:
    if login.known_hosts is None:
        return []
    hosts = folder / "known_hosts"
    hosts.write_text(login.known_hosts, encoding="ascii")
    only = (f'UserKnownHostsFile="{hosts}"', "GlobalKnownHostsFile=/dev/null", "StrictHostKeyChecking=yes", "UpdateHostKeys=no")
    return [word for option in only for word in ("-o", option)]


@contextlib.contextmanager
def _readable(content: bytes) -> Iterator[IO[bytes] | int]:
    """A standard input with this content. A file: a pipe would have to be written while the output is read."""
    if not content:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and the transport helpers that it started: a stalled helper would hold the pipes open.

    macOS answers EPERM, not ESRCH, for a group whose processes have all ended and were not yet waited for.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)


def _lines(stream: IO[bytes] | None) -> Iterator[str]:
    """Lines as they come; progress updates end in a carriage return."""
    if stream is None:
        return
    rest = b""
    while chunk := _some(stream):
        *whole, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
        if len(rest) > _LINE_LIMIT:
            yield rest.decode(errors="replace")
            rest = b""
    if rest:
        yield rest.decode(errors="replace")


def _some(stream: IO[bytes]) -> bytes:
    read1 = getattr(stream, "read1", None)
    return bytes(read1(65536)) if callable(read1) else stream.read(1)
