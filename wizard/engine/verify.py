"""The last step of an apply: ask Argo CD to look again, and wait for its word."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from strategies.answers import Answers
from strategies.base import Action, Json
from strategies.kinds import ClusterObjectResource
from strategies.ports import ResourceError, Site, SyncReport
from wizard.engine.events import Sink, VerifyComplete, VerifyProgress
from wizard.engine.execution import Pause
from wizard.engine.survey import Step

ERROR_CONDITIONS = ("ComparisonError", "InvalidSpecError", "SyncError", "UnknownError")
"""Condition types of an Application that stand for a failure (argo-cd, pkg/apis/application/v1alpha1/types.go)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long to wait altogether, between two looks at most, and for an error to go away by itself.

    An error is asked about again, because the first look may have come before a name resolved or a password arrived.
    """

    timeout: float = 600.0
    poll: float = 1.0
    error: float = 30.0


@dataclass(frozen=True, slots=True)
class Word:
    """Argo CD's last word: whether it is what was wanted, and the reason in one sentence."""

    ok: bool
    reason: str
    report: SyncReport | None


@dataclass(frozen=True, slots=True)
class Goal:
    """The Application, the commit it must be at (None: any), and whether Argo CD syncs by itself."""

    namespace: str
    application: str
    revision: str | None
    automated: bool


def goal_of(answers: Answers, outputs: Mapping[str, Mapping[str, str]]) -> Goal | None:
    """What Argo CD must say in the end; the commit is the mirror's output ``revision``."""
    if answers.argocd.namespace is None or answers.application.name is None:
        return None
    revision = next((found["revision"] for found in outputs.values() if found.get("revision")), None)
    return Goal(answers.argocd.namespace, answers.application.name, revision, answers.application.sync_policy.automated)


def verify(
    site: Site,
    goal: Goal,
    *,
    emit: Sink,
    clock: Callable[[], datetime],
    pause: Pause,
    stop: threading.Event,
    patience: Patience = Patience(),
    new: bool = False,
) -> Word:
    """Hard refresh, then look until Argo CD is Synced and Healthy at the mirrored commit, an error persists, or time is up.

    A ``new`` Application, made a moment ago, is compared without being asked: it is refreshed only when Argo CD comes with an
    older commit, which it may have remembered of the same repository.
    """
    began = clock()
    report: SyncReport | None = None
    trouble: str | None = None
    troubled_since = refreshed = began
    try:
        if not new:
            site.hard_refresh(goal.namespace, goal.application)
        while True:
            report = site.sync_report(goal.namespace, goal.application)
            now = clock()
            emit(VerifyProgress(at=now, report=report, seconds=(now - began).total_seconds()))
            if reached(report, goal):
                return _said(Word(True, _success(report, goal), report), began, emit, clock)
            found = _trouble(report)
            if _same(found) != _same(trouble):
                troubled_since = now
            trouble = found
            if trouble is not None and (now - troubled_since).total_seconds() >= patience.error:
                return _said(Word(False, trouble, report), began, emit, clock)
            if (now - began).total_seconds() >= patience.timeout:
                return _said(Word(False, _too_long(report, goal, patience), report), began, emit, clock)
            if stop.is_set():
                return _said(Word(False, "stopped by the operator before Argo CD had its say", report), began, emit, clock)
            if new and report is not None and report.revision is not None and goal.revision not in (None, report.revision):
                new = False
                site.hard_refresh(goal.namespace, goal.application)
            if trouble is not None and (now - refreshed).total_seconds() >= patience.error / 5:
                site.hard_refresh(goal.namespace, goal.application)
                refreshed = now
            # Seldom Argo CD takes less than a second, often a minute: the longer it takes, the less a pause matters.
            waited = (now - began).total_seconds()
            pause(min(patience.poll, max(patience.poll / 4, waited / 5)), stop)
    except ResourceError as error:
        return _said(Word(False, f"{str(error).rstrip('.')}. {error.remedy}".strip(), report), began, emit, clock)


def reached(report: SyncReport | None, goal: Goal) -> bool:
    """True when Argo CD says what the answers wish for."""
    if report is None:
        return False
    right = goal.revision is None or report.revision is None or report.revision == goal.revision
    if goal.automated:
        return report.done and right and report.revision is not None
    return right and report.sync in ("Synced", "OutOfSync") and report.revision is not None and _trouble(report) is None


def is_new(goal: Goal, steps: Iterable[Step]) -> bool:
    """True when the goal's Application is among what these steps make."""
    made = (step.change.resource for step in steps if step.change.action is Action.CREATE)
    return any(_is_application(one.manifest, goal) for one in made if isinstance(one, ClusterObjectResource))


def _is_application(manifest: Mapping[str, Json], goal: Goal) -> bool:
    metadata = manifest.get("metadata")
    where = (metadata.get("namespace"), metadata.get("name")) if isinstance(metadata, Mapping) else None
    return manifest.get("kind") == "Application" and where == (goal.namespace, goal.application)


def conditions(report: SyncReport) -> tuple[str, ...]:
    """The conditions that stand for an error."""
    return tuple(c for c in report.conditions if c.startswith(ERROR_CONDITIONS))


def _same(trouble: str | None) -> str | None:
    """The trouble without its numbers: git's "after 3 ms" is another one each time, and the same trouble all the same."""
    return None if trouble is None else re.sub(r"\d+", "#", trouble)


def _trouble(report: SyncReport | None) -> str | None:
    if report is None:
        return None
    bad = conditions(report)
    if bad:
        return "; ".join(bad)
    if report.operation in ("Failed", "Error"):
        return f"the sync ended with {report.operation}: {report.message}"
    return None


def _success(report: SyncReport | None, goal: Goal) -> str:
    at = "" if report is None or report.revision is None else f" at {report.revision[:7]}"
    if report is not None and report.done:
        return f"Argo CD is Synced and Healthy{at}"
    return f"Argo CD reads the repository{at} and waits for you to sync: argocd app sync {goal.application}"


def _too_long(report: SyncReport | None, goal: Goal, patience: Patience) -> str:
    limit = f"not Synced and Healthy within {patience.timeout / 60:g} min"
    if report is None:
        return f"{limit}: there is no Application {goal.application} in {goal.namespace}"
    last = f"last seen {report.sync}, {report.health}"
    revision = f" at {report.revision[:7]}" if report.revision else ""
    said = "; ".join((*report.conditions, report.message)).strip("; ")
    return f"{limit}: {last}{revision}" + (f" ({said})" if said else "")


def _said(word: Word, began: datetime, emit: Sink, clock: Callable[[], datetime]) -> Word:
    now = clock()
    emit(VerifyComplete(at=now, report=word.report, ok=word.ok, reason=word.reason, seconds=(now - began).total_seconds()))
    return word
