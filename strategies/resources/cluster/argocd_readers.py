"""Reads what stands in the namespace of the Argo CD instance: repositories, Applications, projects, certificates.

Each is a fact of its own, so that a right that is missing hides that one and no other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from functools import partial

from strategies.base import Situation
from strategies.common import effective
from strategies.facts import (
    ARGOCD_APPLICATIONS,
    ARGOCD_CERTIFICATES,
    ARGOCD_PROJECTS,
    ARGOCD_SECRETS,
    ArgoApplication,
    ArgoDestination,
    ArgoProject,
    RepositorySecret,
)
from strategies.ports import Reader
from strategies.resources.cluster.apis import (
    APP_PROJECT,
    APPLICATION,
    CONFIG_MAP,
    SECRET,
    Manifest,
    dig,
    items,
    strings,
    text,
    word,
)
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.errors import as_fact_failure
from strategies.resources.cluster.objects import owner_of
from strategies.resources.parallel import both, together

SECRET_TYPE = "argocd.argoproj.io/secret-type"
REPOSITORY, TEMPLATE = "repository", "repo-creds"
CERTIFICATES = "argocd-tls-certs-cm"
_RULE = 1000
"""Characters of a project's rule: longer ones are no URL."""
_LOGIN = re.compile(r"//[^/@]*@")


def argocd_readers(client: Callable[[str], KubeClient]) -> Sequence[Reader]:
    """Readers of the namespace that is answered, else found; ``client`` gives the client of a context."""

    def inputs(situation: Situation) -> tuple[str, str] | None:
        context, namespace = effective.context(situation), effective.argocd_namespace(situation)
        return None if context is None or namespace is None else (context, namespace)

    def reader(fact_id: str, read: Callable[[KubeClient, str], object]) -> Reader:
        def run(situation: Situation) -> object:
            return read(client(effective.context(situation) or ""), effective.argocd_namespace(situation) or "")

        return Reader(fact_id, inputs, run)

    def with_name(situation: Situation) -> tuple[tuple[str, str], str] | None:
        place, name = inputs(situation), situation.answers.application.name
        return None if place is None or name is None else (place, name)

    def applications(situation: Situation) -> object:
        asked, namespace = client(effective.context(situation) or ""), effective.argocd_namespace(situation) or ""
        return read_applications(asked, namespace, situation.answers.application.name or "")

    return (
        reader(ARGOCD_SECRETS.id, read_secrets),
        Reader(ARGOCD_APPLICATIONS.id, with_name, applications),
        reader(ARGOCD_PROJECTS.id, read_projects),
        reader(ARGOCD_CERTIFICATES.id, read_certificates),
    )


def read_secrets(client: KubeClient, namespace: str) -> tuple[RepositorySecret, ...]:
    """The repositories and credential templates that Argo CD knows (argo-cd ``util/db/repository_secrets.go``).

    Their secret values end here: what is kept is which keys are set. Raises FactFailureError.
    """
    with as_fact_failure():
        kinds = (REPOSITORY, TEMPLATE)
        found = together([partial(client.list, SECRET, namespace, labels={SECRET_TYPE: kind}) for kind in kinds])
        return tuple(_secret(one, kind == TEMPLATE) for kind, several in zip(kinds, found, strict=True) for one in several)


def read_applications(client: KubeClient, namespace: str, name: str) -> tuple[ArgoApplication, ...]:
    """The Applications of the namespace by their metadata, and what the one of that name syncs. Raises FactFailureError.

    An Application's status may be large, and there may be hundreds: of the others it is not fetched.
    """
    with as_fact_failure():
        listed, whole = both(
            partial(client.list, APPLICATION, namespace, metadata=True), partial(client.get, APPLICATION, name, namespace)
        )
        others = [one for one in listed if text(one, "metadata", "name") != name]
        return tuple(_application(one) for one in (*([whole] if whole is not None else []), *others))


def read_projects(client: KubeClient, namespace: str) -> tuple[ArgoProject, ...]:
    """The AppProjects of the namespace. Raises FactFailureError."""
    with as_fact_failure():
        return tuple(_project(one) for one in client.list(APP_PROJECT, namespace))


def read_certificates(client: KubeClient, namespace: str) -> tuple[str, ...]:
    """The hosts for which Argo CD trusts certificates of their own instead of the usual ones. Raises FactFailureError."""
    with as_fact_failure():
        return tuple(strings(client.get(CONFIG_MAP, CERTIFICATES, namespace), "data"))


def _secret(secret: Manifest, template: bool) -> RepositorySecret:
    data, owner = strings(secret, "data"), owner_of(secret)
    return RepositorySecret(
        name=text(secret, "metadata", "name"),
        template=template,
        url=_LOGIN.sub("//(hidden)@", _plain(data.get("url", ""))),
        project=_plain(data.get("project", "")),
        keys=tuple(sorted(key for key, value in data.items() if value)),
        instance=owner.instance if owner is not None else None,
    )


def _plain(encoded: str) -> str:
    """A value that is no secret, of ``data``."""
    try:
        decoded = base64.b64decode(encoded, validate=True).decode(errors="replace")
    except binascii.Error:
        return ""
    return word({"value": decoded}, "value", longest=1000)


def _application(application: Manifest) -> ArgoApplication:
    source = dig(application, "spec", "source") or next(iter(items(application, "spec", "sources")), None)
    owner = owner_of(application)
    parents = [f"{text(one, 'kind')} {text(one, 'name')}" for one in items(application, "metadata", "ownerReferences")]
    tracking = word(application, "metadata", "annotations", "argocd.argoproj.io/tracking-id").partition(":")[0]
    return ArgoApplication(
        name=text(application, "metadata", "name"),
        project=word(application, "spec", "project"),
        url=_LOGIN.sub("//(hidden)@", word(source, "repoURL", longest=1000)),
        path=word(source, "path"),
        revision=word(source, "targetRevision"),
        instance=owner.instance if owner is not None else None,
        managed_by=next(iter(parents), f"Application {tracking}" if tracking else None),
    )


def _project(project: Manifest) -> ArgoProject:
    rules = dig(project, "spec", "sourceRepos")
    listed = rules if isinstance(rules, Sequence) and not isinstance(rules, str) else ()
    return ArgoProject(
        name=text(project, "metadata", "name"),
        source_repos=tuple(word({"rule": rule}, "rule", longest=_RULE) for rule in listed if isinstance(rule, str)),
        destinations=tuple(
            ArgoDestination(*(word(one, part, longest=_RULE) for part in ("server", "name", "namespace")))
            for one in items(project, "spec", "destinations")
        ),
    )
