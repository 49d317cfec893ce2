"""The cluster's part of the private-server strategy: trust, credential, repository Secret and Application, as resources.

Formats: argo-cd ``docs/operator-manual/declarative-setup.md`` ("Repositories", "Repository Credentials", "Repositories using
self-signed TLS certificates", "SSH known host public keys").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from strategies.answers import Answers
from strategies.base import Group, Json, Resource
from strategies.common import manifests
from strategies.common.servers.marks import REPOSITORY_MARK, RepositoryMark
from strategies.kinds import (
    KnownHostResource,
    ReadCredentialResource,
    SecretObjectResource,
    SecretText,
    TrustedCertificateResource,
)
from strategies.private_server import addresses, names, own, place

_TEMPLATE_TYPE = "repo-creds"
_CREDENTIAL_KEYS = {"token": "password", "bearer": "bearerToken", "ssh-key": "sshPrivateKey"}


def cluster_resources(answers: Answers, before: tuple[str, ...], server: tuple[str, ...] = ()) -> Iterator[Resource]:
    """Every object in the cluster, for complete answers; ``before`` are the addresses of the repository and what fills it.

    ``server`` are those of a server that is made: its certificate can be taken from it only then.
    """
    trust = tuple(_trust(answers, server))
    yield from trust
    login = _login(answers, tuple(one.address for one in trust), before)
    yield from login
    needed = (*(one.address for one in (*trust, *login)), *before)
    yield manifests.cluster_object(
        answers,
        addresses.APPLICATION,
        f"Application {answers.application.name}",
        manifests.application(answers, answers.private_server.repository.url or ""),
        depends_on=needed,
        explain="What Argo CD syncs: this path of this repository into this cluster.",
    )


def _trust(answers: Answers, made: tuple[str, ...]) -> Iterator[Resource]:
    """The server's CA, and its SSH host keys, where Argo CD has to be told of them. Nothing is ever taken unchecked."""
    server, where = answers.private_server.server, place.address(answers)
    if where is None:
        return
    namespace = answers.argocd.namespace or ""
    if not place.by_ssh(answers) and (server.ca_file is not None or server.ca_fingerprint is not None):
        yield TrustedCertificateResource(
            address=addresses.CERTIFICATE,
            title=f"CA for {where.host}",
            group=Group.CLUSTER,
            owner=manifests.owner(answers),
            depends_on=made if server.ca_file is None else (),
            explain="The CA by which Argo CD believes the server.",
            namespace=namespace,
            host=where.host,
            ca_file=server.ca_file,
            fingerprint=server.ca_fingerprint,
            port=where.port,
        )
    if place.by_ssh(answers) and server.host_keys:
        yield KnownHostResource(
            address=addresses.KNOWN_HOST,
            title=f"SSH host keys of {where.host}",
            group=Group.CLUSTER,
            owner=manifests.owner(answers),
            depends_on=made,
            explain="The keys by which Argo CD knows the server.",
            namespace=namespace,
            host=where.host,
            port=where.port,
            fingerprints=tuple(server.host_keys),
        )


def _login(answers: Answers, trust: tuple[str, ...], before: tuple[str, ...]) -> tuple[Resource, ...]:
    """The repository's Secret with its credential, or beside a template that has it for a whole group."""
    asked, url = answers.private_server, answers.private_server.repository.url or ""
    secret = _marked(answers, manifests.repository_secret(answers, asked.secret_name or "", {"type": "git", "url": url}))
    if asked.credentials.method == "make":
        return (
            ReadCredentialResource(
                address=addresses.CREDENTIAL,
                title=f"Read credential in secret {asked.secret_name}",
                group=Group.CLUSTER,
                owner=manifests.owner(answers),
                depends_on=(*trust, *before),
                explain="May read this repository and nothing else; kept nowhere but in Argo CD's Secret.",
                stands_on=own.data(answers),
                access=place.access(answers),
                path=place.path(answers),
                name=answers.name or "",
                expires_days=int(asked.credentials.expires_days),
                ssh=place.by_ssh(answers),
                secret=secret,
            ),
        )
    plain, values = _by_reference(answers)
    if asked.credentials.prefix is None:
        return (_secret(answers, addresses.SECRET, _with(secret, plain), values, f"Repository secret {asked.secret_name}"),)
    name = names.template_secret(asked.secret_name or "")
    template = _with(manifests.repository_secret(answers, name, {"type": "git", "url": asked.credentials.prefix}), plain)
    return (
        _secret(answers, addresses.TEMPLATE, _typed(template, _TEMPLATE_TYPE), values, f"Credential template {name}"),
        _secret(answers, addresses.SECRET, secret, {}, f"Repository secret {asked.secret_name}"),
    )


def _by_reference(answers: Answers) -> tuple[dict[str, str], dict[str, SecretText]]:
    credentials = answers.private_server.credentials
    key = _CREDENTIAL_KEYS.get(credentials.method)
    if key is None or credentials.secret is None:
        return {}, {}
    plain = {"username": credentials.username or "git"} if key == "password" else {}
    return plain, {key: SecretText(credentials.secret)}


def _secret(
    answers: Answers, address: str, manifest: Mapping[str, Json], values: Mapping[str, SecretText], title: str
) -> Resource:
    explain = "Tells Argo CD how to reach the repository."
    if not values:
        return manifests.cluster_object(answers, address, title, manifest, explain=explain)
    return SecretObjectResource(
        address=address,
        title=title,
        group=Group.CLUSTER,
        owner=manifests.owner(answers),
        explain=f"{explain} What is secret in it is looked up when it is sent.",
        manifest=manifest,
        values=values,
    )


def _with(manifest: dict[str, Json], plain: Mapping[str, str]) -> dict[str, Json]:
    data = manifest["data"]
    return {**manifest, "data": {**(data if isinstance(data, Mapping) else {}), **manifests.encoded(plain)}}


def _marked(answers: Answers, manifest: dict[str, Json]) -> dict[str, Json]:
    """With the repository that is made, so that ``destroy`` finds it without the answers."""
    if answers.private_server.repository.mode != "create":
        return manifest
    access, metadata = place.access(answers), manifest["metadata"]
    told = {REPOSITORY_MARK: RepositoryMark(access.kind, access.base_url, place.path(answers)).text}
    return {**manifest, "metadata": {**(metadata if isinstance(metadata, Mapping) else {}), "annotations": told}}


def _typed(manifest: dict[str, Json], kind: str) -> dict[str, Json]:
    metadata = manifest["metadata"]
    held = dict(metadata) if isinstance(metadata, Mapping) else {}
    labels = held.get("labels")
    held["labels"] = {**(labels if isinstance(labels, Mapping) else {}), manifests.SECRET_TYPE_LABEL: kind}
    return {**manifest, "metadata": held}
