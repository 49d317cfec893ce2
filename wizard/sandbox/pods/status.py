"""The status of Deployments and Jobs, as kube-controller-manager writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from wizard.sandbox.cluster.objects import Json, Object, dig, mappings, name_of


class PodView(Protocol):
    """What the status of an owner depends on."""

    ready: bool
    exit_code: int | None


def deployment(found: Object, pods: Sequence[PodView], replicas: int, failure: str | None, now: datetime) -> Object:
    """A Deployment's status: all of ``pods`` are of the present template, ``failure`` is why no more could be made."""
    ready = sum(pod.ready for pod in pods)
    done = ready >= replicas
    name = name_of(found)
    conditions = [
        ("Available", done, "MinimumReplicasAvailable" if done else "MinimumReplicasUnavailable",
         "Deployment has minimum availability." if done else "Deployment does not have minimum availability."),
        ("Progressing", True, "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
         f'Deployment "{name}" has successfully progressed.' if done else f'Deployment "{name}" is progressing.'),
    ]  # fmt: skip
    if failure is not None:
        conditions.append(("ReplicaFailure", True, "FailedCreate", failure))
    report: Object = {
        "observedGeneration": dig(found, "metadata", "generation"),
        "conditions": _conditions(found, conditions, now),
    }
    counts = {
        "replicas": len(pods),
        "updatedReplicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(replicas - ready, 0),
    }
    # The API leaves out counts that are nought.
    return report | {key: count for key, count in counts.items() if count}


def job(found: Object, pods: Sequence[PodView], now: datetime) -> Object:
    """A Job's status: one pod, one attempt."""
    stamp = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    codes = [pod.exit_code for pod in pods]
    started = dig(found, "status", "startTime") or stamp
    if not codes or codes[0] is None:
        return {"startTime": started, "active": len(pods)}
    done = codes[0] == 0
    conditions = [("Complete", True, "", "")] if done else [("Failed", True, "BackoffLimitExceeded", f"exit code {codes[0]}")]
    report: Object = {
        "startTime": started,
        "succeeded" if done else "failed": 1,
        "conditions": _conditions(found, conditions, now),
    }
    return report | ({"completionTime": dig(found, "status", "completionTime") or stamp} if done else {})


def late_job(found: Object, now: datetime) -> Object:
    """The status of a Job whose pods were ended because its deadline had passed."""
    failed = ("Failed", True, "DeadlineExceeded", "Job was active longer than specified deadline")
    return {"startTime": dig(found, "status", "startTime"), "failed": 1, "conditions": _conditions(found, [failed], now)}


def _conditions(found: Object, wanted: Sequence[tuple[str, bool, str, str]], now: datetime) -> list[Json]:
    """Conditions whose transition time moves only when their status does."""
    before = {condition.get("type"): condition for condition in mappings(dig(found, "status", "conditions"))}
    made: list[Json] = []
    for kind, truth, reason, message in wanted:
        status = "True" if truth else "False"
        old = before.get(kind)
        since = old.get("lastTransitionTime") if old is not None and old.get("status") == status else None
        made.append(
            {
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastTransitionTime": since or f"{now:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
    return made
