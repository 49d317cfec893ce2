"""A thin, typed, thread-safe client of the Kubernetes API over the ``kubernetes`` package's transport.

The package's typed API classes are left alone: their first use imports hundreds of modules (0.9 s).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import cast
from urllib.parse import urlencode

import urllib3
from kubernetes.client.exceptions import ApiException
from kubernetes.client.rest import RESTClientObject

from strategies.base import Json
from strategies.resources.cluster.apis import ApiKind, Manifest, items, kind_of, text, word
from strategies.resources.cluster.kubeconfig import Login

FIELD_MANAGER = "ezgitops"
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 20.0
_RENEW_BEFORE = timedelta(seconds=30)
_LOG_LIMIT = 64 * 1024

_APPLY = "application/apply-patch+yaml"
_MERGE = "application/merge-patch+json"
_JSON = "application/json"
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause of a refusal (``metav1.StatusCause``): its reason, the field, and the message."""

    reason: str
    field: str
    message: str


class KubeError(Exception):
    """The API server refused, or could not be reached (``status`` 0).

    ``verb`` and ``target`` say what was tried (``get``, ``secrets "a" in "b"``); ``reason`` and ``causes`` are those of the
    answer's ``metav1.Status``.
    """

    def __init__(
        self, status: int, reason: str, message: str, *, verb: str, target: str, server: str, causes: Sequence[Cause] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.verb = verb
        self.target = target
        self.server = server
        self.causes = tuple(causes)


class KubeClient:
    """One context's client. Logs in at the first call, and again when an exec plugin's credential ends."""

    def __init__(self, login: Callable[[], Login], clock: Callable[[], datetime]) -> None:
        self._make_login = login
        self._clock = clock
        self._lock = Lock()
        self._current: tuple[Login, RESTClientObject] | None = None

    @property
    def context(self) -> str:
        """The context's name in the kubeconfig."""
        return self._login()[0].context

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self._login()[0].configuration.host)

    def get(self, kind: ApiKind, name: str, namespace: str | None = None) -> Manifest | None:
        """The object, or None when there is none. Raises KubeError."""
        try:
            return self._call("GET", "get", kind, namespace, name)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    def list(
        self, kind: ApiKind, namespace: str | None = None, *, labels: Mapping[str, str] | None = None, metadata: bool = False,
        fields: Mapping[str, str] | None = None,
    ) -> list[Manifest]:  # fmt: skip
        """The objects of one kind; ``metadata``: without their contents, where the server can leave them out."""
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        query = {key: ",".join(f"{k}={v}" for k, v in wanted.items()) for key, wanted in selectors.items() if wanted}
        accept = _METADATA_LIST if metadata else _JSON
        return items(self._call("GET", "list", kind, namespace, query=query, accept=accept), "items")

    def apply(
        self, manifest: Manifest, *, dry_run: bool = False, force: bool = False, manager: str = FIELD_MANAGER
    ) -> Manifest:
        """Server-side apply as the field manager ``manager``; returns the object as it is (or would be) then."""
        query = {"fieldManager": manager, "force": "true" if force else "false"}
        if dry_run:
            query["dryRun"] = "All"
        kind, namespace, name = kind_of(manifest), text(manifest, "metadata", "namespace"), text(manifest, "metadata", "name")
        return self._call("PATCH", "patch", kind, namespace or None, name, query=query, body=manifest, content_type=_APPLY)

    def merge_patch(self, kind: ApiKind, namespace: str, name: str, patch: Manifest) -> Manifest:
        """JSON merge patch (RFC 7386)."""
        query = {"fieldManager": FIELD_MANAGER}
        return self._call("PATCH", "patch", kind, namespace, name, query=query, body=patch, content_type=_MERGE)

    def create(self, kind: ApiKind, body: Manifest, namespace: str | None = None) -> Manifest:
        """POST to the collection; for reviews, the answer."""
        return self._call("POST", "create", kind, namespace, body=body)

    def delete(self, kind: ApiKind, name: str, namespace: str | None = None, *, uid: str | None = None) -> None:
        """Delete with background propagation; with ``uid``, only that very object. Gone already is success."""
        body: dict[str, Json] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            self._call("DELETE", "delete", kind, namespace, name, body=body)
        except KubeError as error:
            if error.status != 404:
                raise

    def pod_log(self, namespace: str, pod: str, lines: int) -> str:
        """The last lines of a pod's log, and of those not more than fits into 64 KiB."""
        query = urlencode({"tailLines": lines, "limitBytes": _LOG_LIMIT})
        raw = self._send("GET", f"/api/v1/namespaces/{namespace}/pods/{pod}/log?{query}", None, _JSON, "*/*")
        if raw.status >= 300:
            raise self._refused(raw.status, raw.data, "get", f'pods/log "{pod}" in "{namespace}"')
        return raw.data.decode(errors="replace")

    def _call(
        self, method: str, verb: str, kind: ApiKind, namespace: str | None = None, name: str | None = None, *,
        query: Mapping[str, str] | None = None, body: Manifest | None = None, content_type: str = _JSON, accept: str = _JSON,
    ) -> Manifest:  # fmt: skip
        path = kind.path(namespace, name) + (f"?{urlencode(query)}" if query else "")
        target = kind.resource + (f' "{name}"' if name else "") + (f' in "{namespace}"' if namespace else "")
        raw = self._send(method, path, body, content_type, accept, verb, target)
        if raw.status == 401 and self._renew():
            raw = self._send(method, path, body, content_type, accept, verb, target)
        if raw.status >= 300:
            raise self._refused(raw.status, raw.data, verb, target)
        try:
            answer = json.loads(raw.data)
        except ValueError as error:
            raise KubeError(
                0, "NotJson", "the answer is not JSON: something other than an API server answers there",
                verb=verb, target=target, server=self.server,
            ) from error  # fmt: skip
        return cast("Manifest", answer)

    def _send(
        self, method: str, path: str, body: Manifest | None, content_type: str, accept: str,
        verb: str = "get", target: str = "",
    ) -> _Raw:  # fmt: skip
        login, rest = self._login()
        configuration = login.configuration
        headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": FIELD_MANAGER}
        token = configuration.get_api_key_with_prefix("BearerToken")
        if token:
            headers["Authorization"] = token
        timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
        try:
            response = rest.request(method, f"{configuration.host}{path}", headers=headers, body=body, _request_timeout=timeout)
            return _Raw(int(response.status), bytes(response.read() or b""))
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            raise KubeError(
                0, type(_root(error)).__name__, _plain(error), verb=verb, target=target, server=str(configuration.host)
            ) from error

    def _login(self) -> tuple[Login, RESTClientObject]:
        with self._lock:
            current = self._current
            if current is not None:
                expires = current[0].expires_at
                if expires is None or self._clock() < expires - _RENEW_BEFORE:
                    return current
            return self._log_in()

    def _renew(self) -> bool:
        with self._lock:
            if self._current is None or not self._current[0].renewable:
                return False
            self._log_in()
            return True

    def _log_in(self) -> tuple[Login, RESTClientObject]:
        login = self._make_login()
        # One more try for a connection that the server closed while it was idle; never for a request that was read.
        login.configuration.retries = urllib3.Retry(total=1, connect=1, read=0, redirect=0, status=0)
        self._current = (login, RESTClientObject(login.configuration))
        return self._current

    def _refused(self, status: int, data: bytes, verb: str, target: str) -> KubeError:
        try:
            answer: Json = json.loads(data)
        except ValueError:
            answer = {}
        causes = [
            Cause(text(cause, "reason"), text(cause, "field"), text(cause, "message"))
            for cause in items(answer, "details", "causes")
        ]
        message = word(answer, "message", longest=1000) or data.decode(errors="replace").strip()[:300] or f"HTTP {status}"
        return KubeError(status, text(answer, "reason"), message, verb=verb, target=target, server=self.server, causes=causes)


@dataclass(frozen=True, slots=True)
class _Raw:
    status: int
    data: bytes


def _root(error: BaseException) -> BaseException:
    """The innermost reason that urllib3 wraps in its own errors."""
    reason = getattr(error, "reason", None)
    return _root(reason) if isinstance(reason, BaseException) else error


def _plain(error: BaseException) -> str:
    """The reason without urllib3's object addresses and nested brackets."""
    root = _root(error)
    words = str(root)
    return words.partition(">: ")[2] or words.rpartition(": ")[2] if isinstance(root, urllib3.exceptions.HTTPError) else words
