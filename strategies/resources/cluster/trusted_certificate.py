"""One entry of Argo CD's ``argocd-tls-certs-cm``: the CA by which Argo CD believes one host (argo-cd, "Declarative Setup").

The ConfigMap is the operator's, and everybody adds to it. So each entry of ours is applied by a field manager of its own,
together with an annotation that says whose it is: an apply of nothing by that manager takes away exactly what it has put there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from strategies.base import Action, Change, FieldDiff, Group, Json, Observed, Owner
from strategies.kinds import TrustedCertificateResource
from strategies.ports import Execution, ResourceError
from strategies.resources.certificates import certificates, described, read_certificates
from strategies.resources.cluster.apis import CONFIG_MAP, Manifest, strings, text
from strategies.resources.cluster.client import FIELD_MANAGER, KubeClient, KubeError
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.cluster.objects import people_behind

KIND: Final = "trusted-certificate"
CONFIG: Final = "argocd-tls-certs-cm"
_MARK = "ezgitops.dev/trust-"


class TrustedCertificateHandler:
    """Reads, applies and takes back one entry (``ports.Handler``); ``namespace`` as for ``ClusterObjectHandler``.

    ``shown`` gives the certificate (PEM) with a fingerprint among those that a host shows at a port; it raises ResourceError.
    """

    rank = 90
    group = Group.CLUSTER
    noun = "trusted CA of"
    found_as: str | None = None

    def __init__(
        self, client: KubeClient, namespace: str | None = None, shown: Callable[[str, int, str], str] | None = None
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._shown = shown

    def read(self, resource: TrustedCertificateResource) -> Observed | None:
        """The ConfigMap with a view to this host; None where there is no ConfigMap.

        ``fields``: ``asked`` and ``present`` (the certificates in words), ``same``, ``managers`` (who changed it by hand),
        ``conflict``. Raises ResourceError, also for the CA file.
        """
        pem = read_certificates(resource.ca_file) if resource.ca_file is not None else None
        with as_resource_error(f"Cannot read ConfigMap {resource.namespace}/{CONFIG}"):
            live = self._client.get(CONFIG_MAP, CONFIG, resource.namespace)
            if live is None:
                return None
            present = strings(live, "data").get(resource.host)
            owner = resource.owner if _mark(resource.owner, resource.host) in strings(live, "metadata", "annotations") else None
            fields: dict[str, Json] = {
                "name": resource.host,
                "asked": described(pem) if pem is not None else _confirmed(resource),
                "present": None if present is None else described(present),
                "same": present is not None and _prints(present) == (_prints(pem) if pem else {_print(resource)}),
            }
            if owner is not None and not fields["same"]:
                fields |= self._disputed(resource, pem or self._pem(resource))
        return _observed(live, resource.host, owner, fields)

    def plan(self, resource: TrustedCertificateResource, observed: Observed | None) -> Change:
        """Compare what ``read`` brought; pure."""
        if observed is None:
            where = f"{resource.namespace}/{CONFIG}"
            conflict = f"There is no ConfigMap {where}. The GitOps operator makes it: is there an ArgoCD resource?"
            return _change(resource, None, Action.CREATE, "in the way", conflict=conflict)
        seen = observed.fields
        diff = (FieldDiff(f'data."{resource.host}"', seen.get("present"), seen.get("asked")),)
        if observed.owner is None:
            if seen.get("present") is None:
                return _change(resource, observed, Action.CREATE, resource.explain or "does not exist yet", diff)
            if seen.get("same"):
                return _change(resource, observed, Action.NONE, "already there, fits, not ours: used as it is")
            conflict = (
                f"Argo CD already trusts another certificate for {resource.host} ({CONFIG}), and ezgitops did not put it "
                "there. Remove that entry, or leave the CA file out."
            )
            return _change(resource, observed, Action.UPDATE, "in the way", diff, conflict)
        if seen.get("same"):
            return _change(resource, observed, Action.NONE, "in place")
        managers = text(seen, "managers")
        reason = f"changed by {managers}; it is set back" if managers else "differs from what is asked"
        return _change(resource, observed, Action.UPDATE, reason, diff, text(seen, "conflict") or None)

    def create(self, resource: TrustedCertificateResource, run: Execution) -> Mapping[str, str]:
        """Apply entry and annotation in one call; the same call again changes nothing."""
        return self._apply(resource, run, force=False)

    def update(self, resource: TrustedCertificateResource, observed: Observed, run: Execution) -> Mapping[str, str]:
        """Apply again. What a person changed by hand on an entry of ours is taken back, as the plan said."""
        return self._apply(resource, run, force=observed.owner is not None and bool(observed.fields.get("managers")))

    def delete(self, observed: Observed, run: Execution) -> None:
        """Take the entry and its annotation away. What somebody else applied with the same value stays."""
        namespace, host = parse(observed.provider_id)
        owner = observed.owner or run.owner
        with as_resource_error(f"Cannot remove {host} from ConfigMap {namespace}/{CONFIG}"):
            live = self._client.get(CONFIG_MAP, CONFIG, namespace)
            if live is None or _mark(owner, host) not in strings(live, "metadata", "annotations"):
                return
            nothing = _manifest(namespace, {"uid": text(live, "metadata", "uid")})
            with run.mutation("kubernetes:apply configmaps", {"namespace": namespace, "name": CONFIG, "host": host}):
                self._client.apply(nothing, manager=_manager(owner, host))

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every entry that an annotation of ours names: in all namespaces, or where the login may look."""
        with as_resource_error(f"Cannot look for what belongs to {owner.instance} in the cluster"):
            return [
                _observed(one, host, owner, {"name": host})
                for one in self._configs()
                for host in _hosts(owner, strings(one, "metadata", "annotations"))
            ]

    def _configs(self) -> list[Manifest]:
        named = {"metadata.name": CONFIG}
        try:
            return self._client.list(CONFIG_MAP, fields=named, metadata=True)
        except KubeError as error:
            if error.status != 403 or self._namespace is None:
                raise
        return self._client.list(CONFIG_MAP, self._namespace, fields=named, metadata=True)

    def _disputed(self, resource: TrustedCertificateResource, pem: str) -> dict[str, Json]:
        """Who else holds an entry of ours that is no longer what we put there."""
        try:
            self._client.apply(_entry(resource, pem), dry_run=True, manager=_manager(resource.owner, resource.host))
        except KubeError as error:
            if error.status != 409:
                raise
            people = people_behind(error)
            if people:
                return {"managers": people}
            return {"conflict": f"Another program keeps the certificate of {resource.host} in {CONFIG}: {error.message}"}
        return {}

    def _pem(self, resource: TrustedCertificateResource) -> str:
        """The CA: from its file, or the one that was confirmed, as the server shows it now. Raises ResourceError."""
        if resource.ca_file is not None:
            return read_certificates(resource.ca_file)
        if resource.fingerprint is None or self._shown is None:
            raise ResourceError(
                f"Cannot trust {resource.host}", "neither a CA file nor a fingerprint was answered", "Answer one of them."
            )
        return self._shown(resource.host, resource.port, resource.fingerprint)

    def _apply(self, resource: TrustedCertificateResource, run: Execution, *, force: bool) -> Mapping[str, str]:
        pem = self._pem(resource)
        arguments: dict[str, Json] = {"namespace": resource.namespace, "name": CONFIG, "host": resource.host, "force": force}
        with (
            as_resource_error(f"Cannot add {resource.host} to ConfigMap {resource.namespace}/{CONFIG}"),
            run.mutation("kubernetes:apply configmaps", arguments),
        ):
            self._client.apply(_entry(resource, pem), force=force, manager=_manager(resource.owner, resource.host))
        return {"host": resource.host}


def _prints(pem: str) -> set[str]:
    """The SHA-256 fingerprints of the certificates in a PEM text, in lower case without colons."""
    return {hashlib.sha256(each).hexdigest() for each in certificates(pem)}


def _print(resource: TrustedCertificateResource) -> str:
    return (resource.fingerprint or "").replace(":", "").lower()


def _confirmed(resource: TrustedCertificateResource) -> str:
    """The certificate with the fingerprint, in the words of ``certificates.described``."""
    return f"certificate SHA-256 {_print(resource)[:16]}"


def parse(identity: str) -> tuple[str, str]:
    """Namespace and host of a provider id."""
    namespace, _, host = identity.removeprefix(f"v1/ConfigMap/{CONFIG}/").partition("/")
    return namespace, host


def _observed(live: Manifest, host: str, owner: Owner | None, fields: Mapping[str, Json]) -> Observed:
    identity = f"v1/ConfigMap/{CONFIG}/{text(live, 'metadata', 'namespace')}/{host}"
    return Observed(identity, fields, owner, {"host": host})


def _entry(resource: TrustedCertificateResource, pem: str) -> dict[str, Json]:
    owner, host = resource.owner, resource.host
    said = {"annotations": {_mark(owner, host): f"{owner.instance} {host}"}}
    return {**_manifest(resource.namespace, said), "data": {host: pem}}


def _manifest(namespace: str, metadata: Mapping[str, Json]) -> dict[str, Json]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": CONFIG, "namespace": namespace, **metadata}}


def _mark(owner: Owner, host: str) -> str:
    """The annotation's key. Its last part has 63 characters at most (Kubernetes, "Annotations"), a host has up to 253."""
    return _MARK + hashlib.sha256(f"{owner.instance} {host}".encode()).hexdigest()[:32]


def _manager(owner: Owner, host: str) -> str:
    """The field manager of one entry: 128 characters at most (Kubernetes API, ``fieldManager``)."""
    return f"{FIELD_MANAGER}-trust-{_mark(owner, host).removeprefix(_MARK)}"


def _hosts(owner: Owner, annotations: Mapping[str, str]) -> list[str]:
    """The hosts whose annotation names this owner, and is what this program would have written."""
    told = (value.partition(" ") for key, value in sorted(annotations.items()) if key.startswith(_MARK))
    return [host for instance, _, host in told if instance == owner.instance and _mark(owner, host) in annotations]


def _change(
    resource: TrustedCertificateResource, observed: Observed | None, action: Action, reason: str,
    diff: tuple[FieldDiff, ...] = (), conflict: str | None = None,
) -> Change:  # fmt: skip
    return Change(
        address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
        diff=diff, depends_on=resource.depends_on, provider_id=observed.provider_id if observed else None,
        conflict=conflict, resource=resource,
    )  # fmt: skip
