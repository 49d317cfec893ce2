"""Lines of Argo CD's ``argocd-ssh-known-hosts-cm``: the keys by which it knows an SSH server (argo-cd, "Declarative Setup").

All hosts are lines of one value, so it is read, changed and written back whole, under the resource version that was read. The
operator makes it once and never writes it again (argocd-operator, ``initialSSHKnownHosts``). Which lines are ours, an
annotation says. Keys are scanned when they are written, and only those whose fingerprints were confirmed are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from strategies.base import Action, Change, FieldDiff, Group, Json, Observed, Owner
from strategies.common.shown import shown
from strategies.facts import SshHostKeys
from strategies.kinds import KnownHostResource
from strategies.ports import Execution, ResourceError
from strategies.resources.cluster.apis import CONFIG_MAP, Manifest, dig, strings, text
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.errors import as_resource_error
from strategies.resources.git.servers.dial import TalkError
from strategies.resources.git.servers.keys import key_fingerprint

KIND: Final = "known-host"
CONFIG: Final = "argocd-ssh-known-hosts-cm"
KEY: Final = "ssh_known_hosts"
_MARK = "ezgitops.dev/known-host-"
_TRIES = 8


class KnownHostHandler:
    """Reads, adds and takes back lines (``ports.Handler``); ``namespace`` as for ``ClusterObjectHandler``.

    ``scan`` reads the keys that a host shows at a port, and raises TalkError.
    """

    kind = KIND
    rank = 90
    group = Group.CLUSTER
    noun = "SSH host keys of"
    found_as: str | None = None

    def __init__(self, client: KubeClient, scan: Callable[[str, int], SshHostKeys], namespace: str | None = None) -> None:
        self._client = client
        self._scan = scan
        self._namespace = namespace

    def read(self, resource: KnownHostResource) -> Observed | None:
        """The ConfigMap with a view to this host; None where there is no ConfigMap.

        ``fields``: ``present`` (fingerprints of the host's lines), ``ours`` (of those that we wrote), ``shared`` (another
        instance wrote some of what is asked). Raises ResourceError.
        """
        with as_resource_error(f"Cannot read ConfigMap {resource.namespace}/{CONFIG}"):
            live = self._client.get(CONFIG_MAP, CONFIG, resource.namespace)
        if live is None:
            return None
        name = host_name(resource.host, resource.port)
        present = [_fingerprint(line) for line in _lines(live) if _names(line, name)]
        ours = _ours(live, resource.owner, name)
        others = {_fingerprint(line) for line in _everybody(live, but=_mark(resource.owner, name))}
        fields: dict[str, Json] = {
            "name": name,
            "present": present,
            "ours": [_fingerprint(line) for line in ours or ()],
            "shared": any(one in others for one in resource.fingerprints),
        }
        return _observed(live, name, resource.owner if ours is not None else None, fields)

    def plan(self, resource: KnownHostResource, observed: Observed | None) -> Change:
        """Compare what ``read`` brought; pure."""
        if observed is None:
            where = f"{resource.namespace}/{CONFIG}"
            conflict = f"There is no ConfigMap {where}. The GitOps operator makes it: is there an ArgoCD resource?"
            return _change(resource, None, Action.CREATE, "in the way", conflict=conflict)
        present, ours = _words(observed, "present"), _words(observed, "ours")
        missing = [one for one in resource.fingerprints if one not in present]
        stale = [one for one in ours if one not in resource.fingerprints and one in present]
        diff = FieldDiff(f"{KEY}: {observed.fields.get('name')}", _said(present), _said(_after(resource, present, stale)))
        if observed.owner is None and (missing or observed.fields.get("shared") is True):
            return _change(resource, observed, Action.CREATE, resource.explain or "does not know the server yet", (diff,))
        if missing or stale:
            return _change(resource, observed, Action.UPDATE, "differs from what is asked", (diff,))
        said = "in place" if observed.owner is not None else "already there, fits, not ours: used as it is"
        return _change(resource, observed, Action.NONE, said)

    def create(self, resource: KnownHostResource, run: Execution) -> Mapping[str, str]:
        """Write the lines of the confirmed keys beside the others. Raises ResourceError where the server shows other keys."""
        name = host_name(resource.host, resource.port)
        self._rewrite(resource.namespace, name, resource.owner, self._confirmed(resource), run)
        return {"host": name}

    def update(self, resource: KnownHostResource, observed: Observed, run: Execution) -> Mapping[str, str]:  # noqa: ARG002 - the port
        """The same: lines of ours that are not asked for any more go."""
        return self.create(resource, run)

    def delete(self, observed: Observed, run: Execution) -> None:
        """Take our lines away, but for those that another instance of ours wants too."""
        namespace, name = parse(observed.provider_id)
        self._rewrite(namespace, name, observed.owner or run.owner, None, run)

    def owned(self, owner: Owner) -> Iterable[Observed]:
        """Every host that an annotation of ours names: in all namespaces, or where the login may look. Raises ResourceError."""
        with as_resource_error(f"Cannot look for what belongs to {owner.instance} in the cluster"):
            return [
                _observed(one, name, owner, {"name": name})
                for one in self._configs()
                for instance, name, _ in _marks(one).values()
                if instance == owner.instance
            ]

    def _configs(self) -> list[Manifest]:
        named = {"metadata.name": CONFIG}
        try:
            return self._client.list(CONFIG_MAP, fields=named, metadata=True)
        except KubeError as error:
            if error.status != 403 or self._namespace is None:
                raise
        return self._client.list(CONFIG_MAP, self._namespace, fields=named, metadata=True)

    def _confirmed(self, resource: KnownHostResource) -> list[str]:
        what = f"Cannot let Argo CD know {resource.host}"
        try:
            scanned = self._scan(resource.host, resource.port)
        except TalkError as error:
            raise ResourceError(
                what, error.why, "Its keys are read from this machine: open the way to its SSH port, then try again."
            ) from error
        keys = {one.fingerprint: one for one in scanned.keys}
        missing = [one for one in resource.fingerprints if one not in keys]
        if missing:
            seen = ", ".join(f"{one.type} {one.fingerprint}" for one in scanned.keys)
            raise ResourceError(
                what,
                f"the server shows another key: {', '.join(missing)} was confirmed, and it shows {seen}",
                "Either its keys were changed, or somebody else answers there. Ask its administrator for the fingerprints, "
                "then confirm them anew (privateServer.server.hostKeys). Nothing was written.",
            )
        name = host_name(resource.host, resource.port)
        return [f"{name} {keys[one].type} {keys[one].key}" for one in resource.fingerprints]

    def _rewrite(self, namespace: str, name: str, owner: Owner, wanted: list[str] | None, run: Execution) -> None:
        """Make the value and its annotation right; ``wanted`` None: take away what is ours."""
        what = f"Cannot write the SSH keys of {name} to ConfigMap {namespace}/{CONFIG}"
        for attempt in range(_TRIES):
            with as_resource_error(what):
                live = self._client.get(CONFIG_MAP, CONFIG, namespace)
                if live is None and wanted is None:
                    return
                if live is None:
                    raise ResourceError(what, "there is no such ConfigMap", "Is there an ArgoCD resource? Then apply again.")
                patch = _patch(live, owner, name, wanted)
                if patch is None:
                    return
                try:
                    with run.mutation("kubernetes:patch configmaps", {"namespace": namespace, "name": CONFIG, "host": name}):
                        self._client.merge_patch(CONFIG_MAP, namespace, CONFIG, patch)
                    return
                except KubeError as error:
                    if error.status != 409 or attempt == _TRIES - 1:
                        raise
            run.progress(f"ConfigMap {CONFIG} was changed by somebody else meanwhile; reading it again")
            run.sleep(0.2 * (attempt + 1))


def host_name(host: str, port: int) -> str:
    """A host as sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT", names it."""
    return host if port == 22 else f"[{host}]:{port}"


def parse(identity: str) -> tuple[str, str]:
    """Namespace and host of a provider id."""
    namespace, _, name = identity.removeprefix(f"v1/ConfigMap/{CONFIG}/").partition("/")
    return namespace, name


def _patch(live: Manifest, owner: Owner, name: str, wanted: list[str] | None) -> dict[str, Json] | None:
    """The JSON merge patch, or None where all is as it should be. Lines of others stay as they are, letter by letter."""
    mark = _mark(owner, name)
    ours, others = _ours(live, owner, name) or [], set(_everybody(live, but=mark))
    gone = {line for line in ours if line not in (wanted or []) and line not in others}
    kept = [line for line in _lines(live) if line not in gone]
    fresh = [line for line in wanted or [] if line not in kept]
    # A line that somebody else put there stays somebody else's.
    mine = [line for line in wanted or [] if line in fresh or line in ours or line in others]
    said = json.dumps({"instance": owner.instance, "host": name, "lines": mine}) if wanted is not None else None
    if not gone and not fresh and strings(live, "metadata", "annotations").get(mark) == said:
        return None
    value = "".join(f"{line}\n" for line in (*kept, *fresh))
    metadata: dict[str, Json] = {"resourceVersion": text(live, "metadata", "resourceVersion"), "annotations": {mark: said}}
    return {"metadata": metadata, "data": {KEY: value}}


def _lines(live: Manifest) -> list[str]:
    return text(live, "data", KEY).splitlines()


def _names(line: str, name: str) -> bool:
    """Whether a line is for this host. Hashed names (``|1|...``) cannot be told, and count for nothing."""
    return name in line.split(" ", 1)[0].split(",")


def _fingerprint(line: str) -> str:
    return key_fingerprint(" ".join(line.split()[1:3]))


def _marks(live: Manifest) -> dict[str, tuple[str, str, list[str]]]:
    """Instance, host and lines of each annotation of this program; one that somebody spoilt counts for nothing."""
    found = {}
    for key, value in strings(live, "metadata", "annotations").items():
        if not key.startswith(_MARK):
            continue
        try:
            said: Json = json.loads(value)
        except (ValueError, RecursionError):
            continue
        instance, name, lines = text(said, "instance"), text(said, "host"), dig(said, "lines")
        if instance and name and isinstance(lines, list) and key == _mark(Owner(instance), name):
            found[key] = (instance, name, [one for one in lines if isinstance(one, str)])
    return found


def _ours(live: Manifest, owner: Owner, name: str) -> list[str] | None:
    found = _marks(live).get(_mark(owner, name))
    return None if found is None else found[2]


def _everybody(live: Manifest, *, but: str) -> list[str]:
    """The lines of every other mark."""
    return [line for key, (_, _, lines) in _marks(live).items() if key != but for line in lines]


def _mark(owner: Owner, name: str) -> str:
    """The annotation's key. Its last part has 63 characters at most (Kubernetes, "Annotations"), a host has up to 253."""
    return _MARK + hashlib.sha256(f"{owner.instance} {name}".encode()).hexdigest()[:32]


def _observed(live: Manifest, name: str, owner: Owner | None, fields: Mapping[str, Json]) -> Observed:
    identity = f"v1/ConfigMap/{CONFIG}/{text(live, 'metadata', 'namespace')}/{name}"
    return Observed(identity, fields, owner, {"host": name})


def _words(observed: Observed, key: str) -> list[str]:
    found = observed.fields.get(key)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _after(resource: KnownHostResource, present: list[str], stale: list[str]) -> list[str]:
    kept = [one for one in present if one not in stale]
    return [*kept, *(one for one in resource.fingerprints if one not in kept)]


def _said(prints: list[str]) -> str | None:
    return ", ".join(shown(one) or "(not readable)" for one in prints) or None


def _change(
    resource: KnownHostResource, observed: Observed | None, action: Action, reason: str,
    diff: tuple[FieldDiff, ...] = (), conflict: str | None = None,
) -> Change:  # fmt: skip
    return Change(
        address=resource.address, kind=KIND, title=resource.title, group=resource.group, action=action, reason=reason,
        diff=diff, depends_on=resource.depends_on, provider_id=observed.provider_id if observed else None,
        conflict=conflict, resource=resource,
    )  # fmt: skip
