"""Secrets of an instance, by their labels: without their values, in all namespaces or where the login may look."""

from __future__ import annotations

from strategies.base import Owner
from strategies.resources.cluster.apis import SECRET, Manifest
from strategies.resources.cluster.client import KubeClient, KubeError
from strategies.resources.cluster.errors import as_resource_error


def marked_secrets(client: KubeClient, owner: Owner, namespace: str | None) -> list[Manifest]:
    """Metadata of each. ``namespace`` is where everything of ours stands, when it is known. Raises ResourceError."""
    with as_resource_error(f"Cannot look for what belongs to {owner.instance} in the cluster"):
        try:
            return client.list(SECRET, labels=owner.labels, metadata=True)
        except KubeError as error:
            if error.status != 403 or namespace is None:
                raise
        return client.list(SECRET, namespace, labels=owner.labels, metadata=True)
