"""Variables in ``spec.repo.env`` of an ``ArgoCD`` resource (argocd-operator, ``docs/reference/argocd.md``, "Repo Options").

The list is atomic to the API server (the definition names no ``x-kubernetes-list-type``): whoever applies it owns all of it.
So it is read, changed and written back whole, under the resource version that was read, and what is ours of it is written
down in an annotation.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from typing import Final

from strategies.base import Action, Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import RepoServerEnvironmentResource
from strategies.ports import Execution, ResourceError
from strategies.resources.cluster.apis import ARGO_CD, DEPLOYMENT, Manifest, dig, items, strings, text
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.readiness import available, condition, pod_words
from strategies.resources.parallel import both

KIND: Final = "repo-server-environment"
ROLLOUT_TIMEOUT = 300.0
_POLL = 2.0
_TRIES = 8
"""Times that the list is read again because somebody else wrote the resource meanwhile (the operator writes its status)."""
_MARK = "ezgitops.dev/repo-server-env."


class RepoServerEnvironmentHandler:
    """Reads, adds and takes back variables (``ports.Handler``); ``namespace`` as for ``ClusterObjectHandler``."""

    rank = 90
    group = Group.CLUSTER
    noun = "environment of the repo-server of"
    found_as: str | None = None

    def __init__(self, client: KubeClient, namespace: str | None = None) -> None:
        self._client = client
        self._namespace = namespace

    def read(self, resource: RepoServerEnvironmentResource) -> Observed | None:
        """The environment as it is; None where there is no such ``ArgoCD``.

        ``fields``: ``ours`` (what we wrote), ``present`` (what holds now; None for a value from elsewhere), ``written`` (every
        name that the list holds), ``waiting`` (why the repo-server does not have it yet). Raises ResourceError.
        """
        namespace, name = resource.namespace, resource.name
        with as_resource_error(f"Cannot read ArgoCD {namespace}/{name}"):
            live, server = both(lambda: self._client.get(ARGO_CD, name, namespace), lambda: self._deployment(namespace, name))
        if live is None:
            return None
        owned = _ours(live, resource.owner)
        fields: dict[str, Json] = {"name": f"ArgoCD {namespace}/{name}", "ours": owned, "present": _present(live)}
        if server is not None and not _reached(server, resource.variables):
            fields["waiting"] = condition(server)
        return Observed(provider_id(namespace, name), fields, None if owned is None else resource.owner)

    def plan(self, resource: RepoServerEnvironmentResource, observed: Observed | None) -> Change:
        """Compare what ``read`` brought; pure."""
        if observed is None:
            conflict = f"There is no ArgoCD resource {resource.namespace}/{resource.name}."
            return _change(resource, None, Action.CREATE, "in the way", conflict=conflict)
        present, ours = _values(observed.fields.get("present")), _values(observed.fields.get("ours"))
        diff = tuple(
            FieldDiff(f"spec.repo.env[{name}]", present.get(name), value)
            for name, value in resource.variables.items()
            if name not in present or present[name] != value
        )
        gone = tuple(
            FieldDiff(f"spec.repo.env[{name}]", value, None)
            for name, value in ours.items()
            if name not in resource.variables and name in present and present[name] == value
        )
        foreign = _in_the_way(resource.variables, present, ours)
        if foreign:
            conflict = (
                f"ArgoCD {resource.namespace}/{resource.name} sets {', '.join(foreign)} in spec.repo.env otherwise, and "
                "ezgitops did not put it there. Remove it there, or leave the repo-server's environment alone."
            )
            return _change(resource, observed, Action.UPDATE, "in the way", diff, conflict)
        if diff or gone:
            fresh = observed.owner is None
            reason = (resource.explain or "is not set yet") if fresh else "differs from what is asked"
            return _change(resource, observed, Action.CREATE if fresh else Action.UPDATE, reason, diff + gone)
        waiting = text(observed.fields, "waiting")
        if waiting:
            return _change(resource, observed, Action.UPDATE, f"set, but not yet in the repo-server: {waiting}")
        said = "in place" if observed.owner is not None else "already there, fits, not ours: used as it is"
        return _change(resource, observed, Action.NONE, said)

    def create(self, resource: RepoServerEnvironmentResource, run: Execution) -> Mapping[str, str]:
        """Write our variables beside the others and wait until the repo-server runs with them, where that can be seen."""
        namespace, name = resource.namespace, resource.name
        self._rewrite(namespace, name, resource.owner, resource.variables, run)
        self._wait(namespace, name, resource.variables, run)
        return {"namespace": namespace, "name": name}

    def update(self, resource: RepoServerEnvironmentResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """The same: what we wrote before and is not asked any more goes, the rest is set."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Take away what we wrote. A variable that holds another value by now is somebody else's, and stays."""
        namespace, name = parse(observed.provider_id)
        self._rewrite(namespace, name, observed.owner or run.owner, {}, run)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every ``ArgoCD`` whose annotation says that we wrote variables: in all namespaces, or where the login may look."""
        with as_resource_error(f"Cannot look for what belongs to {owner.instance} in the cluster"):
            marked = [one for one in self._instances() if _mark(owner) in strings(one, "metadata", "annotations")]
        named = [(text(one, "metadata", "namespace"), text(one, "metadata", "name")) for one in marked]
        return [Observed(provider_id(*place), {"name": f"ArgoCD {'/'.join(place)}"}, owner) for place in named]

    def _instances(self) -> list[Manifest]:
        try:
            return self._client.list(ARGO_CD, metadata=True)
        except KubeError as error:
            if error.status == 404:  # no operator, no such kind
                return []
            if error.status != 403 or self._namespace is None:
                raise
        return self._client.list(ARGO_CD, self._namespace, metadata=True)

    def _deployment(self, namespace: str, name: str) -> Manifest | None:
        """The repo-server's Deployment (argocd-operator names it after the instance), or None where it cannot be seen."""
        try:
            return self._client.get(DEPLOYMENT, f"{name}-repo-server", namespace)
        except KubeError as error:
            if error.status != 403:
                raise
            return None

    def _rewrite(self, namespace: str, name: str, owner: Owner, wanted: Mapping[str, str], run: Execution) -> None:
        what = f"Cannot set the repo-server's environment in ArgoCD {namespace}/{name}"
        for attempt in range(_TRIES):
            with as_resource_error(what):
                live = self._client.get(ARGO_CD, name, namespace)
                if live is None and not wanted:
                    return
                if live is None:
                    raise ResourceError(what, "there is no such ArgoCD resource", "Install the instance, then apply again.")
                patch = _patch(live, owner, wanted)
                if patch is None:
                    return
                # The list's entries are not journalled: values that others set there may be secret.
                arguments: dict[str, Json] = {"namespace": namespace, "name": name, "variables": sorted(wanted)}
                try:
                    with run.mutation(f"kubernetes:patch {ARGO_CD.resource}", arguments):
                        self._client.merge_patch(ARGO_CD, namespace, name, patch)
                    return
                except KubeError as error:
                    if error.status != 409 or attempt == _TRIES - 1:
                        raise
            run.progress(f"ArgoCD {name} was changed by somebody else meanwhile; reading it again")
            run.sleep(0.2 * (attempt + 1))

    def _wait(self, namespace: str, name: str, wanted: Mapping[str, str], run: Execution) -> None:
        waited, said = 0.0, ""
        while True:
            with as_resource_error(f"Cannot read Deployment {namespace}/{name}-repo-server"):
                server = self._deployment(namespace, name)
                if server is None or _reached(server, wanted):
                    return
                before, said = said, pod_words(self._client, server) or condition(server)
            if said != before:
                run.progress(f"waiting for the repo-server to start anew: {said}")
            if waited >= ROLLOUT_TIMEOUT:
                raise ResourceError(
                    f"The repo-server of ArgoCD {namespace}/{name} does not run with its new environment after {waited:.0f} s",
                    said, f"See what holds it up: oc describe deployment {name}-repo-server -n {namespace}",
                )  # fmt: skip
            run.sleep(_POLL)
            waited += _POLL


def provider_id(namespace: str, name: str) -> str:
    """``argoproj.io/v1beta1/ArgoCD/NAMESPACE/NAME/spec.repo.env``."""
    return f"{ARGO_CD.api_version}/{ARGO_CD.kind}/{namespace}/{name}/spec.repo.env"


def parse(identity: str) -> tuple[str, str]:
    """Namespace and name of a provider id."""
    namespace, name, _ = identity.removeprefix(f"{ARGO_CD.api_version}/{ARGO_CD.kind}/").split("/")
    return namespace, name


def _patch(live: Manifest, owner: Owner, wanted: Mapping[str, str]) -> dict[str, Json] | None:
    """The JSON merge patch that makes the list and its annotation right, or None when they are."""
    entries, ours, present = items(live, "spec", "repo", "env"), _ours(live, owner) or {}, _present(live)
    added = {name: value for name, value in wanted.items() if name in ours or name not in present}
    kept: list[Json] = []
    placed: set[str] = set()
    for entry in entries:
        name = text(entry, "name")
        if name in added:
            if name not in placed:  # in its place, so that the order stays
                kept.append({"name": name, "value": added[name]})
            placed.add(name)
        elif not (name in ours and name not in wanted and entry.get("value") == ours[name]):
            kept.append(entry)
    kept += [{"name": name, "value": value} for name, value in added.items() if name not in placed]
    mark = json.dumps(added, sort_keys=True) if added else None
    if kept == entries and strings(live, "metadata", "annotations").get(_mark(owner)) == mark:
        return None
    metadata: dict[str, Json] = {
        "resourceVersion": text(live, "metadata", "resourceVersion"), "annotations": {_mark(owner): mark}
    }  # fmt: skip
    return {"metadata": metadata, "spec": {"repo": {"env": kept or None}}}


def _ours(live: Manifest, owner: Owner) -> dict[str, str] | None:
    """What the annotation says that we wrote; None without one. One that somebody spoilt says that nothing is ours."""
    written = strings(live, "metadata", "annotations").get(_mark(owner))
    if written is None:
        return None
    try:
        said = json.loads(written)
    except ValueError:
        return {}
    return {name: value for name, value in said.items() if isinstance(value, str)} if isinstance(said, dict) else {}


def _present(live: Manifest) -> dict[str, str | None]:
    """What holds: of entries with one name the last (Kubernetes, "Container", ``env``); None for a value from elsewhere."""
    entries = items(live, "spec", "repo", "env")
    return {text(one, "name"): None if dig(one, "valueFrom") is not None else text(one, "value") for one in entries}


def _in_the_way(wanted: Mapping[str, str], present: Mapping[str, str | None], ours: Container[str]) -> list[str]:
    """The names that somebody else has set otherwise, in either case: git reads ``https_proxy`` before ``HTTPS_PROXY``."""
    asked = {name.lower(): value for name, value in wanted.items()}
    return [
        name for name, value in present.items() if name not in ours and name.lower() in asked and value != asked[name.lower()]
    ]


def _values(field: Json) -> dict[str, str | None]:
    if not isinstance(field, Mapping):
        return {}
    return {name: value if isinstance(value, str) else None for name, value in field.items()}


def _reached(deployment: Manifest, wanted: Mapping[str, str]) -> bool:
    """True when a container of the repo-server has the variables, and its pods are of this version and available."""
    containers = items(deployment, "spec", "template", "spec", "containers")
    environments = [{text(one, "name"): text(one, "value") for one in items(each, "env")} for each in containers]
    return available(deployment) and any(wanted.items() <= environment.items() for environment in environments)


def _mark(owner: Owner) -> str:
    """An instance's name has 30 characters at most, so the last part stays below 63 (Kubernetes, "Annotations")."""
    return f"{_MARK}{owner.instance}"


def _change(
    resource: RepoServerEnvironmentResource, observed: Observed | None, action: Action, reason: str,
    diff: tuple[FieldDiff, ...] = (), conflict: str | None = None,
) -> Change:  # fmt: skip
    return Change(
        address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
        diff=diff, depends_on=resource.depends_on, provider_id=observed.provider_id if observed else None,
        conflict=conflict, resource=resource,
    )  # fmt: skip
