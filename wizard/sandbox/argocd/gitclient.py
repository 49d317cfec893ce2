"""Reaches Git as Argo CD's repo-server does: references in process, then a fetch by the git program (``util/git/client.go``).

No credential helper and no Git configuration of anybody has a say: ``HOME`` is ``/dev/null``.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from wizard.sandbox.argocd.credentials import Repository

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ASKPASS = """#!/bin/sh
case "$1" in Username*) printf %s "$ARGOCD_GIT_USER" ;; *) printf %s "$ARGOCD_GIT_PASSWORD" ;; esac
"""


class GitError(Exception):
    """Git could not be asked; the text is Argo CD's."""


@dataclass(frozen=True, slots=True)
class Network:
    """The repo-server's surroundings: its proxy, its system CA bundle, and per host the CA of ``argocd-tls-certs-cm``."""

    proxy: str
    ca_bundle: Path
    host_certificates: Mapping[str, str]


class GitClient:
    """One repository, with its clone under ``folder``."""

    def __init__(self, repository: Repository, network: Network, folder: Path) -> None:
        self._repository = repository
        self._network = network
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
        url = f"{self._repository.url}/info/refs?service=git-upload-pack"
        headers = {"User-Agent": "git/go-git", "Accept": "*/*"}
        # go-git sends what it has with the first request, challenge or not.
        authorization = self._repository.authorization()
        if authorization is not None:
            headers["Authorization"] = authorization
        try:
            with self._pool() as pool:
                answer = pool.request("GET", url, headers=headers, retries=False, redirect=False, timeout=30.0)
        except (urllib3.exceptions.HTTPError, ssl.SSLError) as error:
            raise GitError(f'failed to list refs: Get "{url}": {_reason(error)}') from error
        refusals = {401: "authentication required", 403: "authorization failed", 404: "repository not found"}
        if answer.status in refusals:
            raise GitError(f"failed to list refs: {refusals[answer.status]}")
        if answer.status != 200:
            raise GitError(
                f'failed to list refs: unexpected client error: unexpected requesting "{url}" status code: {answer.status}'
            )
        return dict(_advertised(answer.data))

    def _pool(self) -> urllib3.PoolManager:
        context = ssl.create_default_context(cafile=str(self._network.ca_bundle))
        certificate = self._network.host_certificates.get(self._host)
        if self._repository.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif certificate is not None:
            # The pool of this host is replaced, not added to.
            context = ssl.create_default_context(cadata=certificate)
        if self._direct():
            return urllib3.PoolManager(ssl_context=context)
        return urllib3.ProxyManager(self._repository.proxy or self._network.proxy, ssl_context=context)

    def _direct(self) -> bool:
        return bool(self._repository.proxy) and any(
            self._host == name or self._host.endswith(f".{name.lstrip('.')}")
            for name in filter(None, re.split(r"[,\s]+", self._repository.no_proxy))
        )

    def _git(self, *arguments: str, check: bool = True, folder: Path | None = None) -> int:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if check and done.returncode != 0:
            command = " ".join(
                word for word in arguments if not word.startswith("--git-dir") and not word.startswith("--work-tree")
            )
            raise GitError(f"`git {command}` failed exit status {done.returncode}: {done.stderr.strip()}")
        return done.returncode

    def _environment(self) -> dict[str, str]:
        repository = self._repository
        proxy = "" if self._direct() else repository.proxy or self._network.proxy
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": os.devnull,
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "false",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HTTPS_PROXY": proxy,
            "GIT_SSL_CAINFO": str(self._certificate_file()),
        }
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

    def _certificate_file(self) -> Path:
        certificate = self._network.host_certificates.get(self._host)
        if certificate is None:
            return self._network.ca_bundle
        path = self._folder / f"{hashlib.sha256(certificate.encode()).hexdigest()[:16]}.pem"
        path.write_text(certificate, encoding="ascii")
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


def _reason(error: Exception) -> str:
    """A transport error in the words of Go's net/http."""
    seen = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in seen:
        return "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    if "Tunnel connection failed" in seen or "timed out" in seen:
        # The VPC drops what it has no way for: nothing answers until the client gives up.
        return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    if "refused" in seen:
        return "dial tcp: connect: connection refused"
    return seen
