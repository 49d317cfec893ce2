"""The kinds of resource in the cluster: data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from strategies.base import Json, Resource
from strategies.kinds.git import ServerAccess
from strategies.section import SecretRef


@dataclass(frozen=True, kw_only=True)
class GitCredentialResource(Resource):
    """A service-specific credential of an IAM user, kept only in the cluster's Secret.

    AWS shows the password once, so the credential and the Secret are one resource: when the Secret does not hold an active
    credential of the user, a new one is made (an unused one is deleted first: AWS allows two) and the Secret is applied.
    ``renewed`` asks for a new one although the old one works, which goes when Argo CD has listed with the new one.
    """

    user_name: str
    secret: Mapping[str, Json]
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text with a secret in it: ``before``, the secret behind ``reference``, ``after``.

    ``in_url`` says that the secret is percent-encoded, as in the user part of a URL (RFC 3986, section 3.2.1).
    """

    reference: SecretRef
    before: str = ""
    after: str = ""
    in_url: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretObjectResource(Resource):
    """A Kubernetes Secret, like ``ClusterObjectResource``, some of whose values are only known by reference.

    ``manifest`` holds the values that are no secret, in base64 below ``data``; ``values`` the others, by key. Their values are
    looked up when they are sent, and never shown, kept or told in a diff.
    """

    manifest: Mapping[str, Json]
    values: Mapping[str, SecretText]


@dataclass(frozen=True, kw_only=True)
class ReadCredentialResource(Resource):
    """A read-only credential of one repository on a private Git server, kept only in Argo CD's Secret.

    The server shows it once, so credential and Secret are one resource. It is made anew when the Secret does not hold one that
    the server knows, when it ends soon, or when ``renewed`` asks for it: the new one is in the Secret, and Argo CD has listed
    the repository with it, before the old one is removed. ``secret`` is the manifest without the credential; ``ssh`` says that
    a key is wanted, in ``sshPrivateKey``.
    """

    access: ServerAccess
    path: str
    name: str
    expires_days: int
    ssh: bool
    secret: Mapping[str, Json]
    renewed: bool = False


@dataclass(frozen=True, kw_only=True)
class KnownHostResource(Resource):
    """Lines of Argo CD's ``argocd-ssh-known-hosts-cm`` for one host: its keys with these fingerprints. Other lines stay."""

    namespace: str
    host: str
    port: int
    fingerprints: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TrustedCertificateResource(Resource):
    """One entry of Argo CD's ``argocd-tls-certs-cm``: the CA by which Argo CD believes ``host``. Other entries are left alone.

    The CA is in ``ca_file``, a PEM file of this machine, or the certificate with ``fingerprint`` among those that the server
    shows at ``port``.
    """

    namespace: str
    host: str
    ca_file: str | None
    fingerprint: str | None = None
    port: int = 443


@dataclass(frozen=True, kw_only=True)
class RepoServerEnvironmentResource(Resource):
    """Variables in ``spec.repo.env`` of an ``ArgoCD`` resource that is somebody else's. Other variables are left alone.

    A variable that is there with another value, and not set by us, is a conflict.
    """

    namespace: str
    name: str
    variables: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ClusterObjectResource(Resource):
    """One Kubernetes object, sent by server-side apply. ``manifest`` is exactly what we own, labels of the owner included.

    ``hidden`` are the dotted paths never shown in a diff; ``ready`` true when apply waits until the object says that it works
    (Deployment available, refresher's first password written).
    """

    manifest: Mapping[str, Json]
    hidden: tuple[str, ...] = ()
    ready: bool = False
