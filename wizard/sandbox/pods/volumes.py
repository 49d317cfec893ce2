"""Volumes of a pod as folders of this machine, and paths of the container turned into theirs."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wizard.sandbox.cluster.objects import Json, Object, dig, mapping, mappings, name_of, namespace_of, number, text
from wizard.sandbox.cluster.store import Store

Mint = Callable[[str, str, tuple[str, ...], float], str]
"""(namespace, service account, audiences, seconds) -> token."""

ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
_ACCOUNT_VOLUME = "kube-api-access"
_TOKEN_SECONDS = 3600


class NotReadyError(Exception):
    """A pod cannot start (yet). ``reason`` and the text are as kubelet words them."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Token:
    """A projected token: where it stands, and when kubelet would renew it (at 80 % of its life)."""

    path: Path
    audiences: tuple[str, ...]
    seconds: float
    renew_at: datetime


class Volumes:
    """All volumes of one pod under ``folder``."""

    def __init__(self, store: Store, pod: Object, folder: Path, *, mint: Mint, now: Callable[[], datetime]) -> None:
        self._store = store
        self._namespace = namespace_of(pod)
        self._pod = pod
        self._spec = mapping(pod.get("spec"))
        self._account = text(self._spec.get("serviceAccountName")) or "default"
        self._folder = folder
        self._mint = mint
        self._now = now
        self._tokens: list[Token] = []

    def materialise(self) -> None:
        """Write every file. Raises NotReadyError when an object that is mounted does not exist."""
        self._tokens.clear()
        for volume in self._volumes():
            target = self._folder / "volumes" / text(volume.get("name"))
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._fill(volume, target)
            except LookupError as error:
                missing = f'MountVolume.SetUp failed for volume "{volume.get("name")}" : {error.args[0]}'
                raise NotReadyError("FailedMount", missing) from error

    def renew_tokens(self) -> None:
        """Renew the tokens that are near their end on the sandbox's clock."""
        due = [token for token in self._tokens if self._now() >= token.renew_at]
        for token in due:
            self._tokens.remove(token)
            self._write_token(token.path, token.audiences, token.seconds)

    def localise(self, container: Mapping[str, Json]) -> Callable[[str], str]:
        """From an argument or variable of the container to the same with mount paths turned into local ones."""
        mounts = {text(mount.get("mountPath")).rstrip("/"): mount for mount in mappings(container.get("volumeMounts"))}
        places = {
            path: self._folder / "volumes" / text(mount.get("name")) / text(mount.get("subPath"))
            for path, mount in mounts.items()
        }
        if self._mounts_account() and ACCOUNT_FOLDER not in places:
            places[ACCOUNT_FOLDER] = self._folder / "volumes" / _ACCOUNT_VOLUME
        # The longest path first: a mount may lie inside another.
        pattern = "|".join(re.escape(path) for path in sorted(places, key=len, reverse=True))
        if not pattern:
            return lambda value: value
        whole = re.compile(rf"(?<![\w./-])(?:{pattern})(?=$|[/:;,\s'\"])")
        return lambda value: whole.sub(lambda match: str(places[match.group()]).rstrip("/"), value)

    def _mounts_account(self) -> bool:
        account = self._store.get("ServiceAccount", self._namespace, self._account)
        wanted = self._spec.get("automountServiceAccountToken")
        if wanted is None and account is not None:
            wanted = account.get("automountServiceAccountToken")
        return wanted is not False

    def _volumes(self) -> list[Object]:
        volumes = mappings(self._spec.get("volumes"))
        if self._mounts_account():
            sources: list[Json] = [
                {"serviceAccountToken": {"path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt"}},
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
            ]
            volumes.append({"name": _ACCOUNT_VOLUME, "projected": {"sources": sources}})
        return volumes

    def _fill(self, volume: Object, target: Path) -> None:
        if "projected" in volume:
            for source in mappings(dig(volume, "projected", "sources")):
                self._source(source, target)
        elif "secret" in volume:
            secret = mapping(volume["secret"])
            self._source({"secret": {**secret, "name": secret.get("secretName")}}, target)
        elif "configMap" in volume or "downwardAPI" in volume:
            self._source(volume, target)
        elif "emptyDir" not in volume:
            kind = next((key for key in volume if key != "name"), "nothing")
            raise LookupError(f"the sandbox has no volumes of the kind {kind}")

    def _source(self, source: Object, target: Path) -> None:
        if "serviceAccountToken" in source:
            wanted = mapping(source["serviceAccountToken"])
            audience = text(wanted.get("audience"))
            seconds = float(number(wanted.get("expirationSeconds"), _TOKEN_SECONDS))
            self._write_token(_inside(target, text(wanted.get("path"))), (audience,) if audience else (), seconds)
        elif "downwardAPI" in source:
            for item in mappings(dig(source, "downwardAPI", "items")):
                value = field(self._pod, text(dig(item, "fieldRef", "fieldPath")))
                _write(_inside(target, text(item.get("path"))), value.encode())
        else:
            kind, key = ("Secret", "secret") if "secret" in source else ("ConfigMap", "configMap")
            wanted = mapping(source.get(key))
            content = contents(self._store, kind, self._namespace, text(wanted.get("name")))
            if content is None and wanted.get("optional") is True:
                return
            if content is None:
                raise LookupError(f'{kind.lower()} "{wanted.get("name")}" not found')
            items = {text(item.get("key")): text(item.get("path")) for item in mappings(wanted.get("items"))}
            for name, path in (items or {name: name for name in content}).items():
                if name not in content and wanted.get("optional") is True:
                    continue
                if name not in content:
                    raise LookupError(f"references non-existent {kind.lower()} key: {name}")
                _write(_inside(target, path), content[name])

    def _write_token(self, path: Path, audiences: tuple[str, ...], seconds: float) -> None:
        _write(path, self._mint(self._namespace, self._account, audiences, seconds).encode())
        self._tokens.append(Token(path, audiences, seconds, self._now() + timedelta(seconds=seconds * 0.8)))


def contents(store: Store, kind: str, namespace: str, name: str) -> dict[str, bytes] | None:
    """What a Secret or ConfigMap holds, by key, or None when there is no such object."""
    found = store.get(kind, namespace, name)
    if found is None:
        return None
    data = {key: text(value) for key, value in mapping(found.get("data")).items()}
    if kind == "Secret":
        return {key: base64.b64decode(value) for key, value in data.items()}
    binary = {key: base64.b64decode(text(value)) for key, value in mapping(found.get("binaryData")).items()}
    return {key: value.encode() for key, value in data.items()} | binary


def field(pod: Object, path: str) -> str:
    """A field of the pod for the downward API. Raises LookupError for one that is not known here."""
    known = {
        "metadata.name": name_of(pod),
        "metadata.namespace": namespace_of(pod),
        "metadata.uid": text(dig(pod, "metadata", "uid")),
        "spec.serviceAccountName": text(dig(pod, "spec", "serviceAccountName")),
    }
    if path not in known:
        raise LookupError(f"unsupported fieldPath: {path}")
    return known[path]


def _inside(target: Path, path: str) -> Path:
    if not path or path.startswith("/") or ".." in path.split("/"):
        raise LookupError(f"invalid path {path!r}")
    return target / path


def _write(path: Path, content: bytes) -> None:
    # Renamed into place, as kubelet swaps a symbolic link: a reader sees the old file or the new one.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"..{path.name}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)
