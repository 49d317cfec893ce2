"""Which repository Secret Argo CD takes for a URL, and what it reads from it (argo-cd ``util/db/repository_secrets.go``)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from wizard.sandbox.cluster.objects import Object, mapping, text
from wizard.sandbox.cluster.store import Store

_TYPE_LABEL = "argocd.argoproj.io/secret-type"


@dataclass(frozen=True, slots=True)
class AppLogin:
    """A GitHub App's installation, and the key that it proves itself with. ``base_url`` is that of GitHub's API."""

    app_id: str
    installation_id: str
    private_key: str = field(repr=False)
    base_url: str = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class Repository:
    """How a repository is reached. ``proxy`` is empty when the environment of the repo-server decides."""

    url: str
    kind: str = "git"
    username: str = ""
    password: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    force_basic_auth: bool = False
    insecure: bool = False
    proxy: str = ""
    no_proxy: str = ""
    app: AppLogin | None = None
    ssh_private_key: str = field(default="", repr=False)
    insecure_ignore_host_key: bool = False

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password, when there is a password; a password without a user goes with ``x-access-token`` (GetGitCreds)."""
        return (self.username or "x-access-token", self.password) if self.password else None

    def authorization(self) -> str | None:
        """The value of the header, or None."""
        if self.bearer_token:
            return f"Bearer {self.bearer_token}"
        if self.basic is None:
            return None
        return "Basic " + base64.b64encode(":".join(self.basic).encode()).decode()


def normalise(url: str) -> str:
    """The form in which URLs are compared (NormalizeGitURL): lower case, no ``.git``. On the wire goes what was written."""
    return url.strip().lower().removesuffix(".git")


def find(store: Store, namespace: str, url: str, project: str) -> Repository:
    """The repository for a URL: its Secret's settings, else the longest matching credential template's, else no credentials."""
    own = None
    for values in _secrets(store, namespace, "repository"):
        if normalise(values.get("url", "")) != normalise(url) or values.get("project", "") not in {"", project}:
            continue
        if own is None or values.get("project") == project:
            own = values
    found = _repository(url, own or {})
    if found.username or found.password or found.bearer_token or found.ssh_private_key or found.app is not None:
        return found
    templates = [
        values
        for values in _secrets(store, namespace, "repo-creds")
        if values.get("url") and normalise(url).startswith(normalise(values["url"]))
    ]
    if not templates:
        return found
    template = _repository(url, max(templates, key=lambda values: len(values["url"])))
    # The template's proxy comes along only where the Secret has none, and so does its noProxy; forceHttpBasicAuth always does.
    kept = replace(template, proxy=found.proxy or template.proxy, no_proxy=found.no_proxy or template.no_proxy)
    return replace(kept, insecure=found.insecure, kind=found.kind)


def _repository(url: str, values: Mapping[str, str]) -> Repository:
    return Repository(
        url=url,
        kind=values.get("type", "") or "git",
        username=values.get("username", ""),
        password=values.get("password", ""),
        bearer_token=values.get("bearerToken", ""),
        force_basic_auth=values.get("forceHttpBasicAuth") == "true",
        insecure=values.get("insecure") == "true",
        proxy=values.get("proxy", ""),
        no_proxy=values.get("noProxy", ""),
        app=_app(values),
        ssh_private_key=values.get("sshPrivateKey", ""),
        insecure_ignore_host_key="true" in {values.get("insecure"), values.get("insecureIgnoreHostKey")},
    )


def _app(values: Mapping[str, str]) -> AppLogin | None:
    """A key with an App's id is enough; a password goes before it (GetGitCreds)."""
    key, identity = values.get("githubAppPrivateKey", ""), values.get("githubAppID", "")
    if not key or not identity or values.get("password") or values.get("bearerToken"):
        return None
    base = values.get("githubAppEnterpriseBaseUrl", "").rstrip("/") or "https://api.github.com"
    return AppLogin(identity, values.get("githubAppInstallationID", ""), key, base)


def _secrets(store: Store, namespace: str, kind: str) -> list[dict[str, str]]:
    return [_values(secret) for secret in store.list("Secret", namespace, {_TYPE_LABEL: kind})]


def _values(secret: Object) -> dict[str, str]:
    return {key: base64.b64decode(text(value)).decode(errors="replace") for key, value in mapping(secret.get("data")).items()}
