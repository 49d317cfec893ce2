"""The repo-server: from an Application's source to its manifests (argo-cd ``reposerver/repository/repository.go``)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.sandbox.argocd import credentials
from wizard.sandbox.argocd.charts import render_chart
from wizard.sandbox.argocd.gitclient import GitClient, GitError
from wizard.sandbox.argocd.githubapp import AppTokens
from wizard.sandbox.argocd.helm import HelmClient
from wizard.sandbox.argocd.proxies import ProxySettings
from wizard.sandbox.argocd.render import RenderError, render, source_type
from wizard.sandbox.argocd.transport import Network
from wizard.sandbox.cluster.objects import Json, Object, dig, mapping, mappings, name_of, namespace_of, text
from wizard.sandbox.cluster.store import Store
from wizard.sandbox.network.doors import Doors

__all__ = ["GitError", "Loaded", "RenderError", "RepoServer"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an Application is to be: the revision (a commit, or a chart's version), the manifests, the kind of its source."""

    revision: str
    manifests: list[Object]
    kind: str


class RepoServer:
    """``doors`` lead into the VPC, ``direct`` is the proxy that stands for its network, ``folder`` keeps clones and charts."""

    def __init__(self, store: Store, *, doors: Doors, direct: str, ca_bundle: Path, folder: Path, tokens: AppTokens) -> None:
        self._store = store
        self._doors = doors
        self._direct = direct
        self._ca_bundle = ca_bundle
        self._folder = folder
        self._tokens = tokens

    def load(self, application: Object) -> Loaded:
        """Resolve, fetch, render. Raises GitError and RenderError."""
        spec, namespace = mapping(application.get("spec")), namespace_of(application)
        source, project = mapping(spec.get("source")), text(spec.get("project"))
        url, network = text(source.get("repoURL")), self._network(namespace)
        repository = credentials.find(self._store, namespace, url, project)
        settings = ProxySettings(repository.proxy, repository.no_proxy, network.environ)

        def fetch(dependency: str, name: str, version: str) -> Path:
            # With the proxy of the source, as helm is started once for all.
            known = credentials.find(self._store, namespace, dependency, project)
            if known.kind != "helm":  # only those of Helm repositories are looked through (getHelmRepos)
                known = credentials.Repository(dependency)
            return HelmClient(known, network, self._folder, settings).dependency(name, version)

        def chart(folder: Path) -> list[Object]:
            target = text(dig(spec, "destination", "namespace"))
            return render_chart(folder, source, application=name_of(application), namespace=target, fetch=fetch)

        name, asked = text(source.get("chart")), text(source.get("targetRevision"))
        if name:
            helm = HelmClient(repository, network, self._folder)
            version = helm.resolve(name, asked)
            return Loaded(version, render(helm.chart(name, version), {**source, "path": "."}, chart), "Helm")
        git = GitClient(repository, network, self._folder, self._tokens)
        revision = git.resolve(asked)
        tree = git.checkout(revision)
        return Loaded(revision, render(tree, source, chart), source_type(tree / text(source.get("path")), source))

    def _network(self, namespace: str) -> Network:
        certificates = mapping((self._store.get("ConfigMap", namespace, "argocd-tls-certs-cm") or {}).get("data"))
        return Network(
            self._doors,
            self._direct,
            self._ca_bundle,
            {host: text(pem) for host, pem in certificates.items()},
            self._environ(namespace),
            text(dig(self._store.get("ConfigMap", namespace, "argocd-ssh-known-hosts-cm") or {}, "data", "ssh_known_hosts")),
        )

    def _environ(self, namespace: str) -> dict[str, str]:
        """What ``spec.repo.env`` of the ``ArgoCD`` resource gives the repo-server; of entries with one name the last counts."""
        found = {}
        for instance in self._store.list("ArgoCD", namespace)[:1]:
            for entry in mappings(dig(instance, "spec", "repo", "env")):
                found[text(entry.get("name"))] = self._value(namespace, entry)
        return found

    def _value(self, namespace: str, entry: Mapping[str, Json]) -> str:
        for source, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            reference = mapping(dig(mapping(entry.get("valueFrom")), source))
            if reference:
                held = text(
                    dig(self._store.get(kind, namespace, text(reference.get("name"))) or {}, "data", text(reference.get("key")))
                )
                return base64.b64decode(held).decode(errors="replace") if kind == "Secret" else held
        return text(entry.get("value"))
