"""Git over SSH as Argo CD's repo-server speaks it: the key of the Secret, the hosts of ``argocd-ssh-known-hosts-cm``.

argo-cd ``util/git/creds.go`` (SSHCreds: the options of ssh; a ``proxy`` is taken for one of SOCKS), ``util/git/client.go``
(newAuth) and go-git for the words of what fails. OpenSSH stands for Go's SSH here.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from wizard.sandbox.git.servers import ssh_client

_URL = re.compile(r"ssh://|[^/:@\s]+@[^/:\s]+:(?!//)")
_LINE = re.compile(r"([0-9a-f]{40})\t(\S+)")
_TIMEOUT = 60.0
_HANDSHAKE = "ssh: handshake failed: "
_WORDS = (
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", f"{_HANDSHAKE}knownhosts: key mismatch"),
    ("Host key verification failed", f"{_HANDSHAKE}knownhosts: key is unknown"),
    (
        "Permission denied (publickey",
        f"{_HANDSHAKE}ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
    ),
    ("nothing listens", "dial tcp: connect: connection refused"),
    ("there is no such name", "dial tcp: lookup: no such host"),
    ("cannot be reached", "dial tcp: i/o timeout"),
    ("ot found", "repository not found"),
    ("could not be found", "repository not found"),
    ("does not exist", "repository not found"),
    ("does not appear to be a git repository", "repository not found"),
    ("kex_exchange_identification", "dial tcp: i/o timeout"),
)


class SshError(Exception):
    """Git could not be asked; the text is what Argo CD says after ``failed to list refs: ``."""


def is_ssh(url: str) -> bool:
    """Whether a repository URL is one of SSH (``util/git/git.go``, IsSSHURL)."""
    return _URL.match(url) is not None


@dataclass(frozen=True, slots=True)
class SshClient:
    """One repository. ``direct`` is the proxy that stands for the VPC's network, ``folder`` where key and hosts are put."""

    url: str
    private_key: str = field(repr=False)
    known_hosts: str
    ignore_host_key: bool
    proxy: str
    direct: str
    folder: Path

    def environment(self) -> dict[str, str]:
        """What git is given besides. Raises SshError."""
        if self.proxy:
            raise SshError(
                "proxy: unknown scheme: http" if self.proxy.startswith("http") else "proxy: no SOCKS in this sandbox"
            )
        if not self.private_key:
            raise SshError('error creating SSH agent: "SSH agent requested but SSH_AUTH_SOCK not-specified"')
        program = shutil.which("ssh")
        if program is None:
            raise SshError("needs ssh on this machine")
        key, hosts = self._file("ssh-key", f"{self.private_key}\n"), self._file("ssh_known_hosts", self.known_hosts)
        checked = ["StrictHostKeyChecking=yes", f"UserKnownHostsFile={hosts}"]
        if self.ignore_host_key:
            checked = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]
        options = [*checked, "GlobalKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "IdentityAgent=none", "BatchMode=yes"]
        command = [sys.executable, "-I", "-S", str(ssh_client.__file__), "ssh", program, "-F", "/dev/null", "-i", str(key)]
        for option in options:
            command += ["-o", option]
        return {"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh", "HTTPS_PROXY": self.direct}

    def refs(self) -> dict[str, str]:
        """Every reference with its commit. Raises SshError."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            **self.environment(),
        }
        try:
            done = subprocess.run(
                ["git", "ls-remote", "--", self.url], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False, timeout=_TIMEOUT,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise SshError("context deadline exceeded") from error
        if done.returncode != 0:
            raise SshError(
                next((words for seen, words in _WORDS if seen in done.stderr), f"unknown error: {done.stderr.strip()}")
            )
        return {name: commit for commit, name in _LINE.findall(done.stdout)}

    def _file(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        return path
