"""Kubernetes objects of ours: server-side apply, planned by the API server's own dry run.

An object is read twice at once: as it is, and as the server says it would be after the apply. Defaults and the fields of
other managers are therefore never taken for differences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from strategies.base import (
    INSTANCE_LABEL,
    OWNER,
    OWNER_LABEL,
    Action,
    Change,
    FieldDiff,
    Group,
    Json,
    Observed,
    Owner,
)
from strategies.codecommit.refresher_script import REFRESHED_AT
from strategies.kinds import ClusterObjectResource
from strategies.ports import Execution, ResourceError
from strategies.resources.cluster.apis import DEPLOYMENT, MADE, SECRET, ApiKind, Manifest, dig, items, kind_of, strings, text
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.diff import additions, differences, marks_only
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.readiness import available, condition, pod_words
from strategies.resources.parallel import both, together

KIND: Final = "cluster-object"
READY_TIMEOUT = 300.0
GONE_TIMEOUT = 120.0
_POLL = 1.0
_SOON = 10.0
"""A pod whose image is on the node starts within seconds: until then it is worth looking twice as often."""
_BY_HAND = re.compile(r"(kubectl|oc|k9s|Lens|Mozilla|ezgitops)([-/ ].*)?")
"""Field managers behind which a person stands (the console sends its browser's name): what they changed on an object of ours
is drift and is set back, while another program would change it again and is a conflict."""


class ClusterObjectHandler:
    """Reads, plans and applies one object at a time (``ports.Handler``).

    ``namespace`` is where everything of ours stands (Argo CD's own), when it is known: a login that may not look into every
    namespace looks there.
    """

    rank = 100
    group = Group.CLUSTER
    noun = ""
    found_as: str | None = None

    def __init__(self, client: KubeClient, namespace: str | None = None) -> None:
        self._client = client
        self._namespace = namespace

    def read(self, resource: ClusterObjectResource) -> Observed | None:
        """The object and the dry run's answer, side by side.

        ``fields``: ``diff`` (path, before, after), ``conflict``, ``managers``, ``immutable``, ``waiting``.
        Raises ResourceError.
        """
        manifest = resource.manifest
        with as_resource_error(f"Cannot read {describe(manifest)}"):
            live, predicted = both(lambda: self._live(manifest), lambda: self._dry_run(manifest))
        if isinstance(live, KubeError):
            raise live
        if live is None:
            if isinstance(predicted, KubeError):
                with as_resource_error(f"Cannot create {describe(manifest)}"):
                    raise predicted
            return None
        owner = owner_of(live)
        fields: dict[str, Json] = {"diff": []}
        if isinstance(predicted, KubeError):
            fields |= self._refusal(manifest, owner, predicted)
            if fields.get("managers") is not None:
                forced = self._dry_run(manifest, force=True)
                predicted = forced if not isinstance(forced, KubeError) else live
            else:
                predicted = live
        if predicted is not None:
            found = differences(live, predicted, manifest, resource.hidden)
            fields["diff"] = [{"path": d.path, "before": d.before, "after": d.after} for d in found]
        if resource.ready and kind_of(manifest) is DEPLOYMENT and not available(live):
            fields["waiting"] = condition(live)
        return Observed(provider_id(live, manifest), fields, owner, outputs(live))

    def plan(self, resource: ClusterObjectResource, observed: Observed | None) -> Change:
        """Compare what ``read`` brought; pure."""
        if observed is None:
            fresh = additions(resource.manifest, resource.hidden)
            return self._change(resource, None, Action.CREATE, resource.explain or "does not exist yet", fresh)
        seen = observed.fields
        diff = tuple(FieldDiff(text(d, "path"), dig(d, "before"), dig(d, "after")) for d in items(seen, "diff"))
        if observed.owner != resource.owner:
            return self._plan_foreign(resource, observed, diff)
        conflict = text(seen, "conflict") or None
        if text(seen, "immutable"):
            reason = f"cannot be changed in place: {text(seen, 'immutable')}"
            anew = diff or additions(resource.manifest, resource.hidden)
            return self._change(resource, observed, Action.REPLACE, reason, anew)
        managers = text(seen, "managers")
        if diff or conflict:
            reason = f"changed by {managers}; it is set back" if managers else "differs from what is asked"
            return self._change(resource, observed, Action.UPDATE, reason, diff, conflict)
        waiting = text(observed.fields, "waiting")
        if waiting:
            return self._change(resource, observed, Action.UPDATE, f"there, but not working yet: {waiting}")
        return self._change(resource, observed, Action.NONE, "in place")

    def create(self, resource: ClusterObjectResource, run: Execution) -> Mapping[str, str]:
        """Apply without force; the same call again changes nothing."""
        return self._apply(resource, run, force=False)

    def update(self, resource: ClusterObjectResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Apply again. Fields that a person changed by hand on an object of ours are taken back, as the plan said."""
        force = observed.owner == resource.owner and bool(observed.fields.get("managers"))
        return self._apply(resource, run, force=force)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Delete in the background and wait until it is gone."""
        kind, namespace, name = parse(observed.provider_id)
        what = f"Cannot delete {kind.kind} {namespace}/{name}"
        uid = observed.outputs.get("uid")
        with as_resource_error(what):
            with run.mutation(f"kubernetes:delete {kind.resource}", {"namespace": namespace, "name": name}):
                self._client.delete(kind, name, namespace, uid=uid)
            waited = 0.0
            while True:
                left = self._client.get(kind, name, namespace)
                if left is None or (uid and text(left, "metadata", "uid") != uid):
                    return
                finalizers = dig(left, "metadata", "finalizers")
                run.progress(f"waiting until {kind.kind} {name} is gone" + (f"; finalizers {finalizers}" if finalizers else ""))
                if waited >= GONE_TIMEOUT:
                    raise ResourceError(
                        what, f"it is still there after {waited:.0f} s; finalizers: {finalizers or 'none'}",
                        f"See who holds it: oc get {kind.resource} {name} -n {namespace} -o yaml",
                    )  # fmt: skip
                run.sleep(_POLL)
                waited += _POLL

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every object with the owner's labels, of the kinds this program makes: in all namespaces, or where the login may."""

        def found(kind: ApiKind) -> list[Observed]:
            objects = self._marked(kind, owner)
            named = ((o, text(o, "metadata", "namespace"), text(o, "metadata", "name")) for o in objects)
            return [
                Observed(_id(kind, namespace, name), {"name": f"{kind.kind} {namespace}/{name}"}, owner_of(o), outputs(o))
                for o, namespace, name in named
            ]

        with as_resource_error(f"Cannot look for what belongs to {owner.instance} in the cluster"):
            return [one for several in together([partial(found, kind) for kind in MADE]) for one in several]

    def _marked(self, kind: ApiKind, owner: Owner) -> list[Manifest]:
        try:
            return self._client.list(kind, labels=owner.labels, metadata=True)
        except KubeError as error:
            if error.status != 403 or self._namespace is None:
                raise
        return self._client.list(kind, self._namespace, labels=owner.labels, metadata=True)

    def _live(self, manifest: Manifest) -> Manifest | KubeError | None:
        return self._client.get(kind_of(manifest), text(manifest, "metadata", "name"), text(manifest, "metadata", "namespace"))

    def _dry_run(self, manifest: Manifest, *, force: bool = False) -> Manifest | KubeError | None:
        """The predicted object, or the refusal: a conflict or an immutable field is an answer, not a failure."""
        try:
            return self._client.apply(manifest, dry_run=True, force=force)
        except KubeError as error:
            if error.status in (404, 409, 422):
                return error
            raise

    def _refusal(self, manifest: Manifest, owner: Owner | None, error: KubeError) -> dict[str, Json]:
        if error.status == 422 and owner is not None and _immutable(error):
            return {"immutable": error.message}
        if error.status != 409:
            with as_resource_error(f"Cannot plan {describe(manifest)}"):
                raise error
        people = people_behind(error)
        if owner is not None and people:
            return {"managers": people}
        named = ", ".join(f"{field} ({manager})" for manager, field in _held(error)) or error.message
        return {"conflict": f"{describe(manifest)}: other field managers own what we ask for: {named}"}

    def _plan_foreign(self, resource: ClusterObjectResource, observed: Observed, diff: tuple[FieldDiff, ...]) -> Change:
        ours = tuple(d for d in diff if not marks_only(d))
        if observed.owner is None and not ours and not observed.fields.get("conflict"):
            return self._change(resource, observed, Action.NONE, "already there, fits, not ours: used as it is")
        whose = f"belongs to instance {observed.owner.instance}" if observed.owner else "was not made by ezgitops"
        says = text(observed.fields, "conflict") or ", ".join(d.path for d in ours[:5]) or "its labels"
        conflict = f"{describe(resource.manifest)} {whose} and differs: {says}. Rename ours, or remove it."
        return self._change(resource, observed, Action.UPDATE, "in the way", ours, conflict)

    def _apply(self, resource: ClusterObjectResource, run: Execution, *, force: bool) -> Mapping[str, str]:
        manifest = resource.manifest
        kind, namespace = kind_of(manifest), text(manifest, "metadata", "namespace")
        name = text(manifest, "metadata", "name")
        with as_resource_error(f"Cannot apply {describe(manifest)}"):
            arguments: dict[str, Json] = {"namespace": namespace, "name": name, "force": force}
            with run.mutation(f"kubernetes:apply {kind.resource}", arguments):
                live = self._client.apply(manifest, force=force)
            if resource.ready and kind is DEPLOYMENT:
                live = self._wait_available(live, run)
        return outputs(live)

    def _wait_available(self, deployment: Manifest, run: Execution) -> Manifest:
        namespace, name = text(deployment, "metadata", "namespace"), text(deployment, "metadata", "name")
        waited, said = 0.0, ""
        while not available(deployment):
            before, said = said, pod_words(self._client, deployment) or condition(deployment)
            if said != before:
                run.progress(said)
            if waited >= READY_TIMEOUT:
                raise ResourceError(
                    f"Deployment {namespace}/{name} does not work after {waited:.0f} s", said,
                    f"Read what it says, mend it and apply again (oc logs -n {namespace} deployment/{name})",
                )  # fmt: skip
            pause = _POLL if waited >= _SOON else _POLL / 2
            run.sleep(pause)
            waited += pause
            found = self._client.get(DEPLOYMENT, name, namespace)
            if found is None:
                raise ResourceError(f"Deployment {namespace}/{name} is gone", "somebody deleted it", "Apply again.")
            deployment = found
        return deployment

    def _change(
        self, resource: ClusterObjectResource, observed: Observed | None, action: Action, reason: str,
        diff: tuple[FieldDiff, ...] = (), conflict: str | None = None,
    ) -> Change:  # fmt: skip
        return Change(
            address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
            diff=diff, depends_on=resource.depends_on, provider_id=observed.provider_id if observed else None,
            conflict=conflict, resource=resource,
        )  # fmt: skip


def people_behind(conflict: KubeError) -> str:
    """The field managers of a conflict where a person stands behind each of them; empty where another program holds a field."""
    managers = {manager for manager, _ in _held(conflict)}
    return ", ".join(sorted(managers)) if all(_BY_HAND.fullmatch(manager) for manager in managers) else ""


def _held(conflict: KubeError) -> list[tuple[str, str]]:
    """Manager and field of each cause, by the API server's own words: conflict with "kubectl-edit" using apps/v1."""
    return [(cause.message.partition('"')[2].partition('"')[0] or "another manager", cause.field) for cause in conflict.causes]


def describe(manifest: Manifest) -> str:
    """``Secret openshift-gitops/repo-x``."""
    return f"{text(manifest, 'kind')} {text(manifest, 'metadata', 'namespace')}/{text(manifest, 'metadata', 'name')}"


def owner_of(manifest: Manifest) -> Owner | None:
    """Whose the object is, by its labels."""
    labels = strings(manifest, "metadata", "labels")
    if labels.get(OWNER_LABEL) != OWNER or INSTANCE_LABEL not in labels:
        return None
    return Owner(labels[INSTANCE_LABEL])


def provider_id(live: Manifest, manifest: Manifest) -> str:
    """``apps/v1/Deployment/NAMESPACE/NAME``: what ``delete`` needs to find it again."""
    return _id(kind_of(manifest), text(live, "metadata", "namespace"), text(live, "metadata", "name"))


def secret_id(namespace: str, name: str) -> str:
    """The provider id of a Secret."""
    return _id(SECRET, namespace, name)


def parse(identity: str) -> tuple[ApiKind, str, str]:
    """Kind, namespace and name of a provider id."""
    for kind in MADE:
        prefix = f"{kind.api_version}/{kind.kind}/"
        if identity.startswith(prefix):
            namespace, _, name = identity.removeprefix(prefix).partition("/")
            return kind, namespace, name
    raise ValueError(f"not the id of an object of ours: {identity}")


def outputs(live: Manifest) -> dict[str, str]:
    """What others may refer to; of a Secret that a refresher keeps, also when it was last renewed (``refreshed-at``)."""
    found = {"name": text(live, "metadata", "name"), "uid": text(live, "metadata", "uid")}
    refreshed = text(live, "metadata", "annotations", REFRESHED_AT)
    return found | ({"refreshed-at": refreshed} if refreshed else {})


def _id(kind: ApiKind, namespace: str, name: str) -> str:
    return f"{kind.api_version}/{kind.kind}/{namespace}/{name}"


def _immutable(error: KubeError) -> bool:
    return "immutable" in error.message or "cannot change roleRef" in error.message
