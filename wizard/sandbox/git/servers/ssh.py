"""The SSH door of a private Git server: OpenSSH's own sshd, one process for each connection (sshd(8), ``-i``).

A listener of ours takes a free port and hands each connection over: no port is guessed, nothing has to be waited for, and
nothing listens when the sandbox has ended. Whoever has a deploy key of the server gets Git and nothing else.

sshd lets in accounts of this machine only: the one that runs the sandbox stands for ``git``. The sandbox's ``ssh``
(``ssh_client``) knows that; the host key, the user's key and everything that Git says are the real thing.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import pwd
import shlex
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wizard.sandbox.git.servers import ssh_serve
from wizard.sandbox.git.servers.scenario import ServerSection
from wizard.sandbox.git.servers.store import Store
from wizard.sandbox.reaper import Reaper

_PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Where sshd locks up what speaks to strangers, when it is root's (Debian's ``--with-privsep-path``)."""
_UNPRIVILEGED = "sshd"
"""The account under which it does so (``SSH_PRIVSEP_USER``)."""
_CONFIG = """\
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
AllowUsers {account}
PermitRootLogin forced-commands-only
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitTTY no
PermitUserRC no
DisableForwarding yes
PrintMotd no
PidFile none
AcceptEnv GIT_PROTOCOL
"""


def unavailable() -> str | None:
    """Why no SSH server can be had on this machine, or None."""
    if _program() is None:
        return "needs sshd"
    if os.geteuid() == 0 and not _PRIVILEGE_SEPARATION.is_dir():
        return f"needs {_PRIVILEGE_SEPARATION}, as root: mkdir -m 0755 {_PRIVILEGE_SEPARATION}"
    if os.geteuid() == 0 and not _has_account(_UNPRIVILEGED):
        return f"needs the account {_UNPRIVILEGED}, as root: the package of sshd is not set up to its end"
    return None


def host_key(host: str, which: str = "published") -> Ed25519PrivateKey:
    """A server's host key: the same in every sandbox, so that what was confirmed in one holds in another."""
    seed = hashlib.sha256(f"ezgitops sandbox: host key of {host}, {which}".encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def known_host(host: str, port: int, which: str = "published") -> str:
    """The line of a known_hosts file for it (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"), without a line feed."""
    public = host_key(host, which).public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"{host if port == 22 else f'[{host}]:{port}'} {public.decode()}"


class SshDoor:
    """SSH for one server, on a free port of 127.0.0.1."""

    def __init__(self, section: ServerSection, store: Store, folder: Path, *, reaper: Reaper | None = None) -> None:
        self._section = section
        self._store = store
        self._folder = folder
        self._reaper = reaper
        self._children: set[int] = set()
        self._lock = threading.Lock()
        self._configure()
        store.watch_keys(self._write_keys)
        door = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                door._serve(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="ssh-door", daemon=True)
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Take connections in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more, and end those that there are."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        with self._lock:
            for group in self._children:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)

    def _serve(self, connection: socket.socket) -> None:
        program = _program()
        if program is None:
            return
        process = subprocess.Popen(
            [program, "-i", "-f", str(self._folder / "sshd_config"), "-E", str(self._folder / "sshd.log")],
            stdin=connection.fileno(),
            stdout=connection.fileno(),
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with self._lock:
            self._children.add(process.pid)
        if self._reaper is not None:
            self._reaper.started(process.pid)
        process.wait()
        with self._lock:
            self._children.discard(process.pid)
        if self._reaper is not None:
            self._reaper.ended(process.pid)

    def _configure(self) -> None:
        which = "published" if self._section.ssh is None else self._section.ssh.host_key
        key = host_key(self._section.host, which).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        private = self._folder / "host_key"
        private.touch(mode=0o600)
        private.write_bytes(key)
        config = _CONFIG.format(folder=self._folder, account=getpass.getuser())
        (self._folder / "sshd_config").write_text(config, encoding="utf-8")

    def _write_keys(self) -> None:
        """Called by the store: what sshd reads with the next login."""
        state, git = self._folder / "keys.json", shutil.which("git") or "git"
        # A leading slash was taken off already when the prefix is compared.
        prefix = f"{self._section.context_path.strip('/')}/" if self._section.kind == "plain" else ""
        told = {
            "kind": self._section.kind,
            "prefix": prefix if prefix != "/" else "",
            "keys": {
                str(key.id): {
                    "title": key.title,
                    "repository": key.repository.full_name,
                    "path": str(key.repository.path),
                    "read_only": key.read_only,
                }
                for key in self._store.deploy_keys()
            },
            "public": {
                entry.full_name.lower(): str(entry.path)
                for entry in self._store.repositories()
                if not entry.private and not self._section.login_required
            },
        }
        _replace(state, json.dumps(told))
        lines = []
        for key in self._store.deploy_keys():
            command = shlex.join([sys.executable, "-I", "-S", str(ssh_serve.__file__), str(state), str(key.id), git])
            quoted = command.replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'command="{quoted}",restrict {key.key}\n')
        _replace(self._folder / "authorized_keys", "".join(lines))


def _has_account(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _program() -> str | None:
    """sshd wants to be called by its whole path; it is seldom on the PATH of a user."""
    return shutil.which("sshd", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"]))


def _replace(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
