"""Answers of the private-server strategy that are each valid but cannot hold together. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from strategies.private_server.answers import PrivateServerAnswers


def contradictions(asked: PrivateServerAnswers) -> Iterator[tuple[str, str]]:
    """Pairs of the key, below ``privateServer``, at which one of the answers would have to change, and why."""
    ssh = (asked.repository.url or "").startswith("ssh://")
    if asked.server.ca_file is not None and asked.server.ca_fingerprint is not None:
        yield "server.caFingerprint", "is given beside server.caFile: one of them says which CA is believed"
    if ssh and asked.own.make:
        yield (
            "repository.url",
            "is an SSH URL, and nobody can confirm the host keys of a server that is to be made: write https://",
        )
    yield from _credentials(asked, ssh)
    if asked.repository.mode == "create" and asked.server.kind == "plain":
        yield "repository.mode", "is create, and a plain Git server has nothing that makes a repository: make it there"


def _credentials(asked: PrivateServerAnswers, ssh: bool) -> Iterator[tuple[str, str]]:
    credentials, kind = asked.credentials, asked.server.kind
    if credentials.method == "make":
        if kind == "plain":
            yield "credentials.method", "is make, and a plain Git server makes none: name one that is there (token, ssh-key)"
        if credentials.prefix is not None:
            yield "credentials.prefix", "is for a whole group, and what is made may read one repository: name a credential"
        if not ssh and kind in ("gitea", "forgejo", "ghes"):
            yield "repository.url", f"is an HTTPS URL, and {kind} gives out deploy keys: write its ssh:// URL, or name a token"
    if credentials.method == "ssh-key" and not ssh:
        yield "credentials.method", "is ssh-key, and the repository's URL is https://"
    if credentials.method in ("token", "bearer") and ssh:
        yield "credentials.method", f"is {credentials.method}, and over SSH there are keys alone"
    prefix = credentials.prefix
    if prefix is not None and asked.repository.url is not None and not asked.repository.url.lower().startswith(prefix.lower()):
        yield "credentials.prefix", "is not how the repository's URL begins, so that Argo CD would not use it"
