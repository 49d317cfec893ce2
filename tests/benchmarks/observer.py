"""Watches the sandbox's cluster from outside, to know when the world itself was ready, however late the program asked."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import yaml

DEPLOYMENTS = "/apis/apps/v1/deployments"
APPLICATIONS = "/apis/argoproj.io/v1alpha1/applications"


class Observer:
    """Use it as a context: while it is open, ``moments(path)`` grows.

    A moment is (seconds of the monotonic clock, whether the object was in order then). The sandbox records a watch as a call
    with the verb ``watch``, which the program itself never makes.
    """

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._server: str = cluster["server"]
        self._headers = {"Authorization": f"Bearer {user['token']}"}
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        handler = urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authority))
        self._opener = urllib.request.build_opener(handler, urllib.request.ProxyHandler({}))
        self._seen: dict[str, list[tuple[float, bool]]] = {DEPLOYMENTS: [], APPLICATIONS: []}
        self._closed = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(path, good), daemon=True)
            for path, good in ((DEPLOYMENTS, _available), (APPLICATIONS, _synced))
        ]

    def __enter__(self) -> Observer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # The watches end with the sandbox; their threads hold nothing.
        self._closed.set()

    def became_good(self, path: str, after: float) -> float | None:
        """When an object of this kind was first in order after ``after``; None when that was not seen."""
        return next((at for at, good in tuple(self._seen[path]) if good and at > after), None)

    def _watch(self, path: str, good: Callable[[Mapping[str, object]], bool]) -> None:
        request = urllib.request.Request(f"{self._server}{path}?watch=true", headers=self._headers)  # noqa: S310 - the sandbox's
        while not self._closed.is_set():
            try:
                with self._opener.open(request) as answer:
                    for line in answer:
                        self._seen[path].append((time.monotonic(), good(json.loads(line)["object"])))
            except OSError:
                time.sleep(0.05)


def _available(deployment: Mapping[str, object]) -> bool:
    status = deployment.get("status")
    return isinstance(status, dict) and bool(status.get("availableReplicas"))


def _synced(application: Mapping[str, object]) -> bool:
    status, metadata = application.get("status"), application.get("metadata")
    if not isinstance(status, dict) or not isinstance(metadata, dict):
        return False
    refreshing = "argocd.argoproj.io/refresh" in (metadata.get("annotations") or {})
    sync, health = (status.get(part, {}).get("status") for part in ("sync", "health"))
    return not refreshing and (sync, health) == ("Synced", "Healthy")
