"""Reaches Git as Argo CD's repo-server does: references in process, then a fetch by the git program (``util/git/client.go``).

No credential helper and no Git configuration of anybody has a say: ``HOME`` is ``/dev/null``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from wizard.sandbox.argocd.credentials import Repository
from wizard.sandbox.argocd.githubapp import AppError, AppTokens
from wizard.sandbox.argocd.proxies import ProxySettings, place
from wizard.sandbox.argocd.sshclient import SshClient, SshError, is_ssh
from wizard.sandbox.argocd.transport import Client, Network, TransportError

_COMMIT = re.compile(r"[0-9a-f]{40}")
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}
_ASKPASS = """#!/bin/sh
case "$1" in Username*) printf %s "$ARGOCD_GIT_USER" ;; *) printf %s "$ARGOCD_GIT_PASSWORD" ;; esac
"""


class GitError(Exception):
    """Git could not be asked; the text is Argo CD's."""


class GitClient:
    """One repository, with its clone under ``folder``. ``tokens`` are those of GitHub Apps."""

    def __init__(self, repository: Repository, network: Network, folder: Path, tokens: AppTokens) -> None:
        self._repository = repository
        self._network = network
        self._tokens = tokens
        self._settings = ProxySettings(repository.proxy, repository.no_proxy, network.environ)
        self._client = Client(network, self._settings, insecure=repository.insecure)
        self._host = urlsplit(repository.url).hostname or ""
        self._clone = folder / hashlib.sha256(repository.url.encode()).hexdigest()[:16]
        self._folder = folder

    def resolve(self, revision: str) -> str:
        """The commit that a branch, a tag or ``HEAD`` names. A whole commit id is taken as it is. Raises GitError."""
        if _COMMIT.fullmatch(revision):
            return revision
        refs = self._refs()
        wanted = revision or "HEAD"
        for name in (f"refs/heads/{wanted}", f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}", wanted):
            if name in refs:
                return refs[name]
        raise GitError(f"unable to resolve '{wanted}' to a commit SHA")

    def checkout(self, commit: str) -> Path:
        """A folder with the tree of the commit, and what its submodules hold. Raises GitError."""
        tree = self._clone.with_suffix(f".{commit[:12]}")
        if tree.is_dir():
            return tree
        if not self._clone.is_dir():
            self._git("init", "--quiet", "--bare", str(self._clone))
        if self._git(f"--git-dir={self._clone}", "cat-file", "-e", f"{commit}^{{commit}}", check=False) != 0:
            refs = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
            self._git(f"--git-dir={self._clone}", "fetch", "--quiet", "--force", "--prune", "--", self._repository.url, *refs)
        tree.mkdir(mode=0o700)
        at = (f"--git-dir={self._clone}", f"--work-tree={tree}")
        self._git(*at, "checkout", "--quiet", "--force", commit, "--", ".")
        if (tree / ".gitmodules").exists():
            # By itself first: what it says the first time would make the same failure another one the second time.
            self._git(*at, "submodule", "init", folder=tree)
            try:
                self._git(*at, "submodule", "update", "--init", "--recursive", folder=tree)
            except GitError:
                shutil.rmtree(tree)  # the next reconciliation tries again
                raise
        return tree

    def _refs(self) -> dict[str, str]:
        if is_ssh(self._repository.url):
            try:
                return self._ssh().refs()
            except SshError as error:
                raise GitError(f"failed to list refs: {error}") from error
        url = f"{self._repository.url}/info/refs?service=git-upload-pack"
        headers = {"User-Agent": "git/go-git", "Accept": "*/*"}
        # go-git sends what it has with the first request, challenge or not.
        authorization = self._login().authorization()
        if authorization is not None:
            headers["Authorization"] = authorization
        try:
            answer = self._client.request("GET", url, headers)
        except TransportError as error:
            raise GitError(f'failed to list refs: Get "{url}": {error}') from error
        refusals = {401: "authentication required", 403: "authorization failed", 404: "repository not found"}
        if answer.status in refusals:
            raise GitError(f"failed to list refs: {refusals[answer.status]}")
        if answer.status != 200:
            raise GitError(
                f'failed to list refs: unexpected client error: unexpected requesting "{url}" status code: {answer.status}'
            )
        return dict(_advertised(answer.body))

    def _login(self) -> Repository:
        """The repository with the password that holds now. Raises GitError."""
        app = self._repository.app
        if app is None:
            return self._repository
        api = Client(self._network, self._settings, insecure=self._repository.insecure)
        try:
            return replace(self._repository, username="x-access-token", password=self._tokens.token(app, api))
        except AppError as error:
            raise GitError(f"failed to list refs: {error}") from error

    def _git(self, *arguments: str, check: bool = True, folder: Path | None = None) -> int:
        environment = self._environment()
        command = " ".join(word for word in arguments if not word.startswith(("--git-dir", "--work-tree")))
        if "fetch" in arguments and self._drops():
            # git itself would wait as long; ARGOCD_EXEC_TIMEOUT ends it.
            raise GitError(f"`git {command}` failed timeout after 1m30s")
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if check and done.returncode != 0:
            raise GitError(f"`git {command}` failed exit status {done.returncode}: {done.stderr.strip()}")
        return done.returncode

    def _drops(self) -> bool:
        proxy = self._settings.of_git(self._host)
        return bool(proxy) and not _loopback(proxy) and self._network.doors.dropped(*place(proxy))

    def _environment(self) -> dict[str, str]:
        repository = self._login()
        environment = {
            **self._carried(),
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "false",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_SSL_CAINFO": str(self._certificate_file()),
        }
        if is_ssh(repository.url):
            return environment | self._ssh().environment()
        if repository.insecure:
            environment["GIT_SSL_NO_VERIFY"] = "true"
        header = repository.authorization()
        if header is not None and (repository.force_basic_auth or repository.bearer_token):
            return environment | {
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "http.extraHeader",
                "GIT_CONFIG_VALUE_0": f"Authorization: {header}",
            }
        if repository.basic is not None:
            user, password = repository.basic
            return environment | {
                "GIT_ASKPASS": str(self._askpass()),
                "ARGOCD_GIT_USER": user,
                "ARGOCD_GIT_PASSWORD": password,
            }
        return environment

    def _ssh(self) -> SshClient:
        repository, network = self._repository, self._network
        return SshClient(
            repository.url,
            repository.ssh_private_key,
            network.known_hosts,
            repository.insecure_ignore_host_key,
            repository.proxy,
            network.direct,
            self._folder,
        )

    def _carried(self) -> dict[str, str]:
        """The variables that Argo CD gives its child, with the loopback's way to each proxy in the place of its address.

        What goes past the proxy is connected to directly: by the proxy that stands for the VPC's network.
        """
        environ = self._settings.children()
        if not self._settings.of_git(self._host):
            kept = {name: value for name, value in environ.items() if not name.lower().endswith("_proxy")}
            return kept | {"https_proxy": self._network.direct}
        return {name: self._door(value) if name.lower() in _PROXIES and value else value for name, value in environ.items()}

    def _door(self, proxy: str) -> str:
        if _loopback(proxy):
            return proxy
        user, separator, _ = proxy.removeprefix("http://").rpartition("@")
        return f"http://{user}{separator}127.0.0.1:{self._network.doors.port(*place(proxy))}"

    def _certificate_file(self) -> Path:
        certificate = self._network.host_certificates.get(self._host)
        if certificate is None:
            return self._network.ca_bundle
        path = self._folder / f"{hashlib.sha256(certificate.encode()).hexdigest()[:16]}.pem"
        path.write_text(certificate, encoding="utf-8")
        return path

    def _askpass(self) -> Path:
        path = self._folder / "askpass"
        if not path.exists():
            path.write_text(_ASKPASS, encoding="ascii")
            path.chmod(0o700)
        return path


def _advertised(body: bytes) -> Iterator[tuple[str, str]]:
    """The references of a protocol version 0 advertisement (gitprotocol-http(5), "Smart Server Response")."""
    position = 0
    while position + 4 <= len(body):
        length = int(body[position : position + 4], 16)
        line = body[position + 4 : position + length] if length else b""
        position += max(length, 4)
        commit, _, name = line.partition(b"\0")[0].decode().strip().partition(" ")
        if _COMMIT.fullmatch(commit) and name:
            yield name, commit


def _loopback(proxy: str) -> bool:
    """A proxy in the pod itself."""
    return place(proxy)[0] in {"127.0.0.1", "localhost"}
