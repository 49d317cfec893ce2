"""Argo CD's own login to a repository of an instance, from its Secret: to look at what it may read, and at nothing else."""

from __future__ import annotations

from strategies.base import Owner
from strategies.common.servers.marks import credential_mark, repository_mark
from strategies.resources.cluster.apis import SECRET, strings, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.credential_secret import plain
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.marked_secrets import marked_secrets
from strategies.resources.git.program import GitLogin


def argocd_login(
    client: KubeClient, owner: Owner, namespace: str | None, server: str, path: str, *, ca: str | None
) -> GitLogin | None:
    """The login over HTTPS to the repository ``path`` of the server ``server``, which is believed by ``ca`` (PEM).

    None where no Secret of the instance is marked with that repository, or the Secret holds no such login: an SSH key is left
    to Argo CD, which knows the host's keys. Raises ResourceError.
    """
    for one in marked_secrets(client, owner, namespace):
        said = strings(one, "metadata", "annotations")
        marks = [mark for mark in (repository_mark(said), credential_mark(said)) if mark is not None]
        if not any((mark.url, mark.path) == (server, path) for mark in marks):
            continue
        with as_resource_error("Cannot read Argo CD's login to the repository"):
            secret = client.get(SECRET, text(one, "metadata", "name"), text(one, "metadata", "namespace"))
        if secret is None:
            continue
        url, bearer, password = (plain(secret, key) for key in ("url", "bearerToken", "password"))
        if url.startswith("https://") and bearer:
            return GitLogin(url, "", bearer, scheme="Bearer", ca=ca)
        if url.startswith("https://") and password:
            return GitLogin(url, plain(secret, "username"), password, ca=ca)
    return None
