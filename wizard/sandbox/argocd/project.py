"""What an AppProject permits (argo-cd ``util/argo/argo.go`` ValidatePermissions, ``docs/user-guide/projects.md``)."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from wizard.sandbox.argocd.credentials import normalise
from wizard.sandbox.cluster.objects import Object, dig, mapping, mappings, namespace_of, strings, text
from wizard.sandbox.cluster.store import Store

IN_CLUSTER = "https://kubernetes.default.svc"


def fault(store: Store, application: Object) -> str | None:
    """Why the Application is invalid, or None."""
    spec = mapping(application.get("spec"))
    name = text(spec.get("project")) or "default"
    project = store.get("AppProject", namespace_of(application), name)
    if project is None:
        return f"Application referencing project {name} which does not exist"
    destination = mapping(spec.get("destination"))
    server = text(destination.get("server")) or (IN_CLUSTER if destination.get("name") == "in-cluster" else "")
    if server != IN_CLUSTER:
        shown = text(destination.get("name")) or text(destination.get("server"))
        return (
            "application destination spec is invalid: unable to find destination server: there are no clusters with this name: "
            f"{shown}"
        )
    url, namespace = text(dig(spec, "source", "repoURL")), text(destination.get("namespace"))
    if not _permitted(url, strings(dig(project, "spec", "sourceRepos"))):
        return f"application repo {url} is not permitted in project '{name}'"
    for each in mappings(dig(project, "spec", "destinations")):
        if fnmatchcase(server, text(each.get("server")) or "*") and fnmatchcase(namespace, text(each.get("namespace"))):
            return None
    return (
        f"application destination server '{server}' and namespace '{namespace}' do not match any of the allowed destinations "
        f"in project '{name}'"
    )


def _permitted(url: str, patterns: Sequence[str]) -> bool:
    if any(pattern.startswith("!") and fnmatchcase(normalise(url), normalise(pattern[1:])) for pattern in patterns):
        return False
    return any(fnmatchcase(normalise(url), normalise(pattern)) for pattern in patterns)
