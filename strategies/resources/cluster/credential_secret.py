"""Argo CD's Secret with a credential that was made for it: what it says of it, what it holds, how it is written. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from strategies.base import Json
from strategies.common.servers.marks import CREDENTIAL_MARK, CredentialMark, credential_mark
from strategies.facts import CredentialKind
from strategies.kinds import ClusterObjectResource, ReadCredentialResource
from strategies.resources.cluster.apis import Manifest, dig, strings, text

KEYS: Final[Mapping[CredentialKind, tuple[str, ...]]] = {
    CredentialKind.DEPLOY_TOKEN: ("username", "password"),
    CredentialKind.ACCESS_TOKEN: ("bearerToken",),
    CredentialKind.DEPLOY_KEY: ("sshPrivateKey",),
}
"""Where Argo CD's repository Secret has each (argo-cd ``util/db/repository_secrets.go``)."""
SECRETS: Final = tuple(dict.fromkeys(key for keys in KEYS.values() for key in keys))
"""Every key of it that is secret, or belongs to one that is."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the Secret says (``mark``), and holds: ``values`` None where they are not those that the mark is about."""

    mark: CredentialMark
    values: Mapping[str, str] | None = field(repr=False)


def held_by(secret: Manifest) -> Held | None:
    """What a Secret holds; None where it says of no credential."""
    mark = credential_mark(strings(secret, "metadata", "annotations"))
    if mark is None:
        return None
    values = {key: value for key in SECRETS if (value := plain(secret, key))}
    return Held(mark, values if values and digest(values) == mark.digest else None)


def as_object(resource: ReadCredentialResource, held: Held | None) -> ClusterObjectResource:
    """The Secret as a cluster object: with ``held``, complete; without, only what may be compared and shown."""
    manifest: dict[str, Json] = dict(resource.secret)
    if held is not None:
        metadata, data = dig(resource.secret, "metadata"), dig(resource.secret, "data")
        annotations = {**strings(metadata, "annotations"), CREDENTIAL_MARK: held.mark.text}
        manifest["metadata"] = {**(metadata if isinstance(metadata, Mapping) else {}), "annotations": annotations}
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in (held.values or {}).items()}
        manifest["data"] = {**(data if isinstance(data, Mapping) else {}), **encoded}
    return ClusterObjectResource(
        address=resource.address, title=resource.title, group=resource.group, owner=resource.owner,
        depends_on=resource.depends_on, explain=resource.explain, manifest=manifest,
        hidden=tuple(f"data.{key}" for key in SECRETS),
    )  # fmt: skip


def digest(values: Mapping[str, str]) -> str:
    """Enough to see a change by. What is hashed is a random token or key, and the digest stands beside it."""
    lines = "".join(f"{key}\0{value}\0" for key, value in sorted(values.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def namespace_of(resource: ReadCredentialResource) -> str:
    """The namespace of its Secret."""
    return text(resource.secret, "metadata", "namespace")


def url_of(resource: ReadCredentialResource) -> str:
    """The repository's URL, as Argo CD has it."""
    return plain(resource.secret, "url")


def plain(secret: Manifest, key: str) -> str:
    """A value in plain text; empty where there is none that is text."""
    try:
        return base64.b64decode(text(secret, "data", key), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
