"""GitLab's package on a machine of the account: its programs, and behind them the GitLab of the sandbox's Git servers.

``gitlab-ctl reconfigure`` serves it under the name of ``external_url`` with the certificate that ``gitlab.rb`` names, as the
package's nginx would; ``gitlab-rails runner`` answers what the product's own program asks, whatever Ruby that is. What it holds
belongs to the data volume, and is there again on the next machine. GitLab docs: "Configure Linux package installations",
"Rails Runner", "Health check".
"""

from __future__ import annotations

import json
import re
import secrets
import shlex
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from wizard.sandbox.certificates import patient_server_context
from wizard.sandbox.git.servers.gitlab import GitLab
from wizard.sandbox.git.servers.scenario import ServerSection, UserSection
from wizard.sandbox.git.servers.store import Store
from wizard.sandbox.machines import tool
from wizard.sandbox.machines.disks import DISK_PROGRAMS, put_programs
from wizard.sandbox.machines.toolbox import Said
from wizard.sandbox.network.front import HttpsFront

_URL = re.compile(r"^external_url 'https://([a-z0-9.-]+)'$", re.MULTILINE)
_SETTING = re.compile(r"^nginx\['(ssl_certificate|ssl_certificate_key)'\] = '([^']+)'$", re.MULTILINE)
_LATER = re.compile(r"-u -d \+(\d+) hours? \+(\S+)")
_SERVED = ("curl", "date", "gitlab-ctl", "gitlab-rails", "ruby", "systemctl")


class GitLabs:
    """What each data volume's GitLab holds, for as long as the sandbox runs."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder, self.now = folder, now
        self._stores: dict[str, Store] = {}

    def store(self, volume: str, section: ServerSection) -> Store:
        """That of one volume; a new one has its administrator and nothing else."""
        if volume not in self._stores:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._stores[volume] = Store(section, self._folder / volume, self.now)
        return self._stores[volume]


class GitLabMachine:
    """The programs of one machine. ``folder`` is its root, ``python`` whatever runs the programs' stand-ins."""

    def __init__(self, folder: Path, gitlabs: GitLabs, *, version: str = "18.5.1", python: str = sys.executable) -> None:
        self._folder, self._gitlabs, self._version = folder, gitlabs, version
        self._front: HttpsFront | None = None
        self._store: Store | None = None
        self._enabled: set[str] = set()
        self._token = secrets.token_urlsafe(24)
        self._lock = threading.RLock()
        outer = self

        class Door(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                asked = json.loads(self.rfile.readline() or b"{}")
                said = Said(1, errors="nobody knows this machine\n")
                if asked.get("token") == outer._token:
                    said = outer.call([str(word) for word in asked.get("call", ())], str(asked.get("given", "")))
                answer = {"status": said.status, "output": said.output, "errors": said.errors}
                self.wfile.write(json.dumps(answer).encode() + b"\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="gitlab-machine", daemon=True)
        self._furnish(python)

    @property
    def door(self) -> str:
        """Where its programs knock (``EZGITOPS_MACHINE``)."""
        host, port = cast("tuple[str, int]", self._server.server_address[:2])
        return f"{host}:{port}/{self._token}"

    @property
    def port(self) -> int | None:
        """The loopback port on which GitLab answers; None while it does not run."""
        return None if self._front is None else self._front.port

    def start(self) -> None:
        """Open the door."""
        self._thread.start()

    def stop(self) -> None:
        """End GitLab, and close the door."""
        self._end()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def call(self, arguments: Sequence[str], given: str) -> Said:
        """One of its programs, with its arguments and what it is given."""
        known: Mapping[str, Callable[[Sequence[str], str], Said]] = {
            "curl": self._curl,
            "date": self._date,
            "gitlab-ctl": self._ctl,
            "gitlab-rails": self._rails,
            "ruby": self._ruby,
            "systemctl": self._systemctl,
        }
        with self._lock:
            return known[arguments[0]](arguments[1:], given)

    def _ctl(self, arguments: Sequence[str], _given: str) -> Said:
        if arguments[0] == "reconfigure":
            return self._reconfigure()
        if arguments[0] == "hup":
            return self._serve()
        if arguments[0] == "status":
            return Said(output="run: nginx\n" if self._front is not None else "down: nginx\n")
        return Said(1, errors=f"omnibus-ctl: command (gitlab)\n{arguments[0]} is no command\n")

    def _reconfigure(self) -> Said:
        keys = self._folder / "etc/gitlab/gitlab-secrets.json"
        if not keys.exists():
            keys.write_text(json.dumps({"gitlab_rails": {"db_key_base": secrets.token_hex(64)}}))
        served = self._serve()
        return served if served.status else Said(output="gitlab Reconfigured!\n")

    def _serve(self) -> Said:
        """Serve what the configuration says: nginx reads certificate and key when it is told to."""
        text = (self._folder / "etc/gitlab/gitlab.rb").read_text()
        url, files = _URL.search(text), dict(_SETTING.findall(text))
        if url is None or len(files) != len(("certificate", "key")):
            return Said(1, errors="There was an error running gitlab-ctl reconfigure: external_url, ssl_certificate\n")
        context = patient_server_context()
        try:
            context.load_cert_chain(self._inside(files["ssl_certificate"]), self._inside(files["ssl_certificate_key"]))
        except (OSError, ssl.SSLError) as error:
            return Said(1, errors=f"nginx: [emerg] cannot load certificate: {type(error).__name__}\n")
        section = ServerSection(
            name="gitlab",
            kind="gitlab",
            host=url[1],
            version=self._version,
            ssh=None,
            users=(UserSection(name="root", admin=True),),
        )
        self._store = self._gitlabs.store(self._volume(), section)
        self._end()
        self._front = HttpsFront(context, {"*": GitLab(section, self._store)})
        self._front.start()
        return Said()

    def _rails(self, arguments: Sequence[str], given: str) -> Said:
        """``gitlab-rails runner``: what is asked comes as JSON, the last line of the answer is JSON."""
        if arguments[0] != "runner" or self._store is None:
            return Said(1, errors="could not connect to server: No such file or directory\n")
        asked = json.loads(given)
        root = self._store.user("root")
        if root is None:
            return Said(1, errors="there is no user root (RuntimeError)\n")
        answer: dict[str, str] = {}
        if asked.get("password") == "yes":
            answer["password"] = f"{secrets.token_hex(16)}-Aa0"
            self._store.set_password("root", answer["password"])
        if asked.get("token") == "yes":
            ends = datetime.fromisoformat(str(asked["ends"])).replace(tzinfo=UTC)
            answer["token"] = f"glpat-{secrets.token_urlsafe(15)}"
            self._store.add_token(str(asked["name"]), answer["token"], ["api"], user=root, expires=ends)
        return Said(output=f"\n{json.dumps(answer)}\n")

    def _curl(self, arguments: Sequence[str], _given: str) -> Said:
        """Its own readiness: from the machine itself GitLab tells it."""
        if not arguments[-1].endswith("/-/readiness"):
            return Said(7, "000")
        return Said(7, "000") if self._front is None else Said(output="200")

    def _date(self, arguments: Sequence[str], _given: str) -> Said:
        """The machine's clock is the sandbox's: ``-u -d '+N hours' +FORMAT``."""
        found = _LATER.fullmatch(" ".join(arguments))
        if found is None:
            return Said(1, errors=f"date: {' '.join(arguments)}: not in the sandbox\n")
        then = self._gitlabs.now().astimezone(UTC) + timedelta(hours=int(found[1]))
        return Said(output=f"{then.strftime(found[2])}\n")

    def _ruby(self, arguments: Sequence[str], _given: str) -> Said:
        text = self._inside(arguments[-1]).read_text()
        sound = all(
            line.startswith(("#", " ", "}", "external_url '")) or re.match(r"\w+\['", line)
            for line in text.splitlines()
            if line
        )
        return Said(output="Syntax OK\n") if sound else Said(1, errors=f"{arguments[-1]}: syntax error\n")

    def _systemctl(self, arguments: Sequence[str], _given: str) -> Said:
        verb, unit = arguments[0], arguments[-1]
        if verb == "cat":
            return Said(0 if self._store is not None else 1)
        if verb == "enable":
            self._enabled.add(unit)
        elif verb == "disable":
            self._enabled.discard(unit)
        elif verb == "is-enabled":
            return Said(output="enabled\n") if unit in self._enabled else Said(1, "disabled\n")
        elif verb == "show":
            return Said(output="success\n")
        elif verb == "stop":
            self._end()
        return Said()

    def _end(self) -> None:
        front, self._front = self._front, None
        if front is not None:
            front.stop()

    def _volume(self) -> str:
        """The volume behind the data: where ``/etc/gitlab`` leads."""
        place = self._folder / "etc/gitlab"
        return place.resolve().parent.parent.name if place.is_symlink() else self._folder.name

    def _inside(self, path: str) -> Path:
        return Path(path) if path.startswith(str(self._folder)) else self._folder / path.lstrip("/")

    def _furnish(self, python: str) -> None:
        for name in ("tmp", "etc/ssh", "etc/gitlab", "etc/systemd/system", "opt/gitlab", "var/opt"):
            (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / "etc/os-release").write_text('PRETTY_NAME="Amazon Linux 2023"\n')
        (self._folder / "etc/machine-id").write_text(f"{secrets.token_hex(16)}\n")
        (self._folder / "opt/gitlab/version-manifest.txt").write_text(f"gitlab-ee {self._version}\n")
        words = shlex.join([python, "-I", "-S", tool.__file__])
        put_programs(self._folder, {**DISK_PROGRAMS, **{name: f'exec {words} {name} "$@"' for name in _SERVED}})
