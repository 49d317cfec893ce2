"""When a Job ends by itself, and when it is removed after its end (Kubernetes, "Jobs", "TTL-after-finished Controller")."""

from __future__ import annotations

from datetime import datetime, timedelta

from wizard.sandbox.cluster.objects import Object, dig, mappings, number, text


def out_of_time(job: Object, now: datetime) -> bool:
    """True when it has not come to its end within ``activeDeadlineSeconds`` of its start."""
    seconds, started = number(dig(job, "spec", "activeDeadlineSeconds"), 0), _time(text(dig(job, "status", "startTime")))
    ended = _end(job)
    if ended is not None:
        return ended.get("reason") == "DeadlineExceeded"
    return bool(seconds) and started is not None and now >= started + timedelta(seconds=seconds)


def to_be_removed(job: Object, now: datetime) -> bool:
    """True when ``ttlSecondsAfterFinished`` have passed since its end."""
    ended, seconds = _end(job), dig(job, "spec", "ttlSecondsAfterFinished")
    at = None if ended is None else _time(text(ended.get("lastTransitionTime")))
    return at is not None and isinstance(seconds, int) and now >= at + timedelta(seconds=seconds)


def _end(job: Object) -> Object | None:
    """The condition that says that it is over."""
    conditions = mappings(dig(job, "status", "conditions"))
    return next((one for one in conditions if one.get("type") in ("Complete", "Failed") and one.get("status") == "True"), None)


def _time(stamp: str) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None
