"""An Application's status, field by field as Argo CD writes it (``manifests/crds/application-crd.yaml``)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wizard.sandbox.argocd.compare import Managed, health
from wizard.sandbox.cluster.objects import Json, Object, clone, dig, items, mapping, mappings, text

_HISTORY = 10


class Report:
    """Makes the next status of an Application from what was seen at ``now``."""

    def __init__(self, application: Object, now: datetime) -> None:
        self._spec = mapping(application.get("spec"))
        self._old = mapping(application.get("status"))
        self._now = f"{now:%Y-%m-%dT%H:%M:%SZ}"

    def invalid(self, message: str) -> Object:
        """The specification is not permitted or names what does not exist."""
        return self._broken("InvalidSpecError", message)

    def failed(self, message: str) -> Object:
        """The target state could not be had."""
        return self._broken("ComparisonError", message)

    def compared(self, revision: str, managed: Sequence[Managed], kind: str) -> Object:
        """Target and live state are known."""
        synced = all(each.synced for each in managed)
        status: Object = {
            **self._kept(),
            "sync": {"status": "Synced" if synced else "OutOfSync", "revision": revision, "comparedTo": self._compared_to()},
            "health": self._health(health(managed)),
            "resources": [each.status() for each in managed],
            "sourceType": kind,
            "summary": {},
            "reconciledAt": self._now,
        }
        return status

    def synced(
        self, revision: str, managed: Sequence[Managed], kind: str, results: Sequence[Object], started: datetime
    ) -> Object:
        """A sync was carried out; ``managed`` is what was seen after it."""
        failures = [result for result in results if result.get("status") == "SyncFailed"]
        began = f"{started:%Y-%m-%dT%H:%M:%SZ}"
        source = clone(mapping(self._spec.get("source")))
        status = self.compared(revision, managed, kind)
        message = "successfully synced (all tasks run)"
        if failures:
            words = "; ".join(text(failure.get("message")) for failure in failures)
            message = f"one or more objects failed to apply, reason: {words}"
            status["conditions"] = [self._condition("SyncError", f"Failed last sync attempt to [{revision}]: {message}")]
        shown: list[Json] = [dict(result) for result in results]
        status["operationState"] = {
            "operation": {"sync": {"revision": revision}},
            "phase": "Failed" if failures else "Succeeded",
            "message": message,
            "startedAt": began,
            "finishedAt": self._now,
            "syncResult": {"revision": revision, "source": source, "resources": shown},
        }
        if not failures:
            history = items(self._old.get("history"))
            last = mapping(history[-1]).get("id") if history else -1
            entry: Object = {
                "id": last + 1 if isinstance(last, int) else 0,
                "revision": revision,
                "source": source,
                "deployStartedAt": began,
                "deployedAt": self._now,
            }
            status["history"] = [*history, entry][-_HISTORY:]
        return status

    def _broken(self, kind: str, message: str) -> Object:
        sync: Object = {"status": "Unknown", "comparedTo": self._compared_to()}
        return {
            **self._kept(),
            "sync": sync,
            "health": self._health("Unknown"),
            "conditions": [self._condition(kind, message)],
            "reconciledAt": self._now,
        }

    def _kept(self) -> Object:
        return {key: self._old[key] for key in ("operationState", "history", "sourceType", "summary") if key in self._old}

    def _condition(self, kind: str, message: str) -> Object:
        for old in mappings(self._old.get("conditions")):
            if old.get("type") == kind and old.get("message") == message:
                return old
        return {"type": kind, "message": message, "lastTransitionTime": self._now}

    def _health(self, word: str) -> Object:
        since = dig(self._old, "health", "lastTransitionTime") if dig(self._old, "health", "status") == word else None
        return {"status": word, "lastTransitionTime": since or self._now}

    def _compared_to(self) -> Object:
        return {key: clone(mapping(self._spec.get(key))) for key in ("source", "destination")}
