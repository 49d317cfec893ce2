"""Whether a Deployment works, and if not, in whose words it does not."""

from __future__ import annotations

from strategies.base import Json
from strategies.resources.cluster.apis import POD, Manifest, dig, items, strings, text
from strategies.resources.cluster.client import KubeClient, KubeError


def available(deployment: Manifest) -> bool:
    """True when the controller has seen this generation and every replica asked for is updated and available."""
    wanted = _number(dig(deployment, "spec", "replicas"), 1)
    return (
        _number(dig(deployment, "status", "observedGeneration"), 0) >= _number(dig(deployment, "metadata", "generation"), 0)
        and _number(dig(deployment, "status", "updatedReplicas"), 0) >= wanted
        and _number(dig(deployment, "status", "availableReplicas"), 0) >= wanted
    )


def condition(deployment: Manifest) -> str:
    """The last word of the Deployment itself: its failing condition, or how many replicas are available."""
    for name, bad in (("ReplicaFailure", "True"), ("Progressing", "False")):
        for entry in items(deployment, "status", "conditions"):
            if text(entry, "type") == name and text(entry, "status") == bad:
                return f"{text(entry, 'reason')}: {text(entry, 'message')}"
    ready = _number(dig(deployment, "status", "availableReplicas"), 0)
    return f"{ready} of {_number(dig(deployment, 'spec', 'replicas'), 1)} pods available"


def pod_words(client: KubeClient, deployment: Manifest) -> str:
    """What its newest pod says: why the container waits, or the last line of its log. Empty where nothing can be read."""
    namespace = text(deployment, "metadata", "namespace")
    try:
        pods = client.list(POD, namespace, labels=strings(deployment, "spec", "selector", "matchLabels"))
        for pod in sorted(pods, key=lambda p: text(p, "metadata", "creationTimestamp"), reverse=True)[:1]:
            for status in items(pod, "status", "containerStatuses"):
                waiting = dig(status, "state", "waiting")
                if waiting is not None and text(waiting, "reason") not in ("ContainerCreating", "PodInitializing"):
                    return f"{text(waiting, 'reason')}: {text(waiting, 'message')}".rstrip(": ")
            for entry in items(pod, "status", "conditions"):
                if text(entry, "type") == "PodScheduled" and text(entry, "status") == "False":
                    return text(entry, "message")
            return _last_line(client.pod_log(namespace, text(pod, "metadata", "name"), 5))
    except KubeError:
        # Only the explanation is poorer: reading pods and logs is a right of its own.
        return ""
    return ""


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _number(value: Json, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
