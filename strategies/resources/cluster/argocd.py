"""Asks Argo CD to look again, and reads its word on the Application (Argo CD, ``pkg/apis/application/v1alpha1/types.go``)."""

from __future__ import annotations

from strategies.ports import SyncReport
from strategies.resources.cluster.apis import APPLICATION, dig, items, strings, text
from strategies.resources.cluster.client import KubeClient
from strategies.resources.cluster.errors import as_resource_error

REFRESH = "argocd.argoproj.io/refresh"


def hard_refresh(client: KubeClient, namespace: str, name: str) -> None:
    """Have the Application compared again without caches; Argo CD takes the annotation away when it has begun."""
    with as_resource_error(f"Cannot refresh Application {namespace}/{name}"):
        client.merge_patch(APPLICATION, namespace, name, {"metadata": {"annotations": {REFRESH: "hard"}}})


def sync_report(client: KubeClient, namespace: str, name: str) -> SyncReport | None:
    """The Application's status, or None when there is no such Application. Raises ResourceError."""
    with as_resource_error(f"Cannot read Application {namespace}/{name}"):
        application = client.get(APPLICATION, name, namespace)
    if application is None:
        return None
    status = dig(application, "status")
    conditions = tuple(f"{text(c, 'type')}: {text(c, 'message')}" for c in items(status, "conditions"))
    operation = text(status, "operationState", "phase") or None
    words = (
        conditions[0] if conditions else "",
        text(status, "operationState", "message") if operation in ("Failed", "Error", "Running") else "",
        text(status, "health", "message"),
        *(
            f"{text(r, 'kind')} {text(r, 'name')}: {text(r, 'health', 'message')}"
            for r in items(status, "resources")
            if text(r, "health", "message") and text(r, "health", "status") not in ("", "Healthy")
        ),
    )
    refreshing = REFRESH in strings(application, "metadata", "annotations")
    return SyncReport(
        # While the refresh is asked for but not begun, the status is that of before.
        sync="Unknown" if refreshing else text(status, "sync", "status") or "Unknown",
        health=text(status, "health", "status") or "Unknown",
        revision=text(status, "sync", "revision") or None,
        conditions=conditions,
        operation=operation,
        message="waiting for Argo CD to look again" if refreshing else next((w for w in words if w), ""),
    )
