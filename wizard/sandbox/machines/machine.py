"""One machine: a folder for its files, a shell for what Systems Manager sends, and Squid where it is installed."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from wizard.sandbox.machines import disks, tool, toolbox
from wizard.sandbox.machines.daemon import Daemon, DaemonError, SquidDaemon, Surroundings, hosts_of, port_of, whole
from wizard.sandbox.machines.fallback import StandInSquid
from wizard.sandbox.machines.gitlab import GitLabMachine, GitLabs
from wizard.sandbox.machines.spec import PACKAGED, Host
from wizard.sandbox.machines.toolbox import Said
from wizard.sandbox.reaper import Reaper

_PROGRAMS = ("curl", "dnf", "rpm", "squid", "systemctl")
_PLACES = re.compile(r"(?<![\w./-])/(?=(?:etc|var|run)/)")
_SYSTEM = 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\nPRETTY_NAME="Amazon Linux 2023"\n'


class Machine:
    """Made when it is first used; ``door`` is where its programs' stand-ins knock, ``executable`` the real Squid, if any."""

    def __init__(
        self,
        host: Host,
        folder: Path,
        *,
        bundle: Path,
        door: str,
        internet: Callable[[Host], int | None],
        nowhere: Callable[[], int],
        executable: str | None,
        reaper: Reaper,
    ) -> None:
        self.host = host
        self.folder = folder
        self.bundle = bundle
        self.offered = host.spec.squid.version
        self.packaged = PACKAGED
        self.enabled = host.spec.squid.running
        self.lock = threading.RLock()
        self.gitlab: GitLabMachine | None = None
        self.environment: Callable[[], Mapping[str, str]] = dict
        """Where its programs find AWS, besides what every machine has."""
        self._door = door
        self._internet = internet
        self._reaper = reaper
        self._installed = host.spec.squid.installed
        self._port = 0
        surroundings = Surroundings(lambda: self.way_out() or nowhere(), lambda name: self.host.spec.resolves.get(name))
        files = folder / "var/log/squid"
        self._daemon: Daemon = (
            StandInSquid(files, surroundings) if executable is None else SquidDaemon(executable, files, surroundings, reaper)
        )
        self._furnish()

    @property
    def repositories(self) -> bool:
        """True when the package repositories answer."""
        return self.host.spec.dnf == "reachable"

    @property
    def installed(self) -> str | None:
        """The version of Squid that is installed."""
        return self.offered if self._installed else None

    @property
    def running(self) -> bool:
        """True while Squid runs."""
        return self._daemon.alive

    def execute(self, script: str, seconds: float) -> Said | None:
        """Run a script with /bin/sh, as Systems Manager's agent does; None when it did not end in time and was stopped."""
        place = self.folder / "tmp" / "script"
        places = _PLACES
        if self.gitlab is not None:
            places = disks.PLACES
            disks.attach(self.folder, self.folder.parent / "volumes", self.host.volumes)
        place.write_text(places.sub(f"{self.folder}/", script))
        environment = {
            "PATH": f"{self.folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "EZGITOPS_MACHINE": self._door if self.gitlab is None else self.gitlab.door,
            **self.environment(),
        }
        process = subprocess.Popen(
            ["/bin/sh", str(place)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=environment,
            start_new_session=True,
            text=True,
            errors="replace",
        )
        self._reaper.started(process.pid)
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None
        finally:
            self._reaper.ended(process.pid)
        # The machine knows nothing of the folder that it lives in.
        return Said(process.returncode, *(text.replace(str(self.folder), "") for text in (output, errors)))

    def call(self, arguments: Sequence[str]) -> Said:
        """One of its programs, with its arguments."""
        if arguments[0] == "curl":  # it changes nothing, and waits for others: several run at a time, and hold nobody up
            return toolbox.call(self, arguments)
        with self.lock:
            return toolbox.call(self, arguments)

    def listener(self, port: int) -> int | None:
        """The loopback port behind a port of the machine, or None when nothing listens there."""
        with self.lock:
            return self.own_door(port)

    def install(self) -> None:
        """What the package brings; a configuration that is there already stays, as rpm leaves it."""
        self._installed = True
        conf = self.folder / "etc/squid/squid.conf"
        if not conf.exists():
            conf.write_text(self.packaged)

    def start(self) -> str | None:
        """Start Squid with what stands in squid.conf; why it did not start, or None."""
        return self._begin(self._daemon.start)

    def reload(self) -> str | None:
        """Let it read its configuration again; what went wrong, or None."""
        return self._begin(self._daemon.reload)

    def furnish_gitlab(self, gitlabs: GitLabs) -> None:
        """Put GitLab's package there."""
        self.gitlab = GitLabMachine(self.folder, gitlabs, version=self.host.spec.gitlab or "")
        self.gitlab.start()

    def end(self) -> None:
        """Stop everything that runs there."""
        self.stop()
        if self.gitlab is not None:
            self.gitlab.stop()

    def stop(self) -> None:
        """Stop Squid."""
        with self.lock:
            self._daemon.stop()

    def parse(self, path: str) -> tuple[int, str]:
        """Squid's own judgement on a configuration file."""
        text = self._read(path)
        if text is None:
            return 1, f"FATAL: Unable to open configuration file: {path}: (2) No such file or directory\n"
        return self._daemon.parse(whole(text, self._read))

    def own_door(self, port: int) -> int | None:
        """The loopback port behind a port of this machine, if Squid listens there."""
        return self._daemon.port if self._daemon.alive and port == self._port else None

    def way_out(self) -> int | None:
        """The loopback port of the CONNECT proxy through which it reaches the internet; None: no answer comes from there."""
        return self._internet(self.host)

    def allowed(self) -> tuple[str, ...]:
        """The names that its configuration lists."""
        return tuple(hosts_of(self._lines()))

    def _begin(self, begin: Callable[[str], None]) -> str | None:
        with self.lock:
            lines = self._lines()
            port = port_of(lines)
            if port is None:
                return "FATAL: No HTTP, HTTPS, or FTP ports configured"
            try:
                begin("\n".join(lines) + "\n")
            except DaemonError as error:
                return str(error)
            self._port = port
            return None

    def _lines(self) -> list[str]:
        return whole(self._read("/etc/squid/squid.conf") or "", self._read)

    def _read(self, path: str) -> str | None:
        inside = Path(path) if path.startswith(str(self.folder)) else self.folder / path.lstrip("/")
        try:
            return inside.read_text(errors="replace")
        except OSError:
            return None

    def _furnish(self) -> None:
        for name in ("bin", "tmp", "etc/squid", "var/log/squid"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.folder / "etc/os-release").write_text(_SYSTEM)
        for name in _PROGRAMS:
            place = self.folder / "bin" / name
            words = [sys.executable, "-I", "-S", tool.__file__, name]
            place.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
            place.chmod(0o700)
        spec = self.host.spec.squid
        for name, text in spec.files(str(self.folder)).items() if spec.installed else ():
            (self.folder / "etc/squid" / name).write_text(text)
        if spec.installed and spec.running:
            self.start()
