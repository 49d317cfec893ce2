"""The application controller and the repo-server of the sandbox's Argo CD, in one thread.

Follows argo-cd ``controller/appcontroller.go`` (refresh, comparison, automated sync, operations, cascading deletion). An
Application is looked at when it is new or changed, when a refresh or an operation is asked for, and every few seconds besides.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wizard.sandbox.argocd import project, status
from wizard.sandbox.argocd.compare import CompareError, Managed, compare, sync, targets
from wizard.sandbox.argocd.githubapp import AppTokens
from wizard.sandbox.argocd.reposerver import GitError, RenderError, RepoServer
from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.objects import Object, dig, mapping, name_of, namespace_of, section, strings, text
from wizard.sandbox.cluster.store import Store
from wizard.sandbox.network.doors import Doors

REFRESH = "argocd.argoproj.io/refresh"
FINALIZER = "resources-finalizer.argocd.argoproj.io"
_PERIOD = timedelta(seconds=3)
_IDLE = 0.5
_MANAGER = "argocd-application-controller"


@dataclass
class _Memory:
    """What is remembered of an Application between two looks."""

    spec: Object | None = None
    due: datetime | None = None
    attempted: tuple[str, Object] | None = None
    failures: int = 0


class ArgoCd:
    """Reconciles the Applications of every namespace with an ``ArgoCD`` instance.

    ``doors``, ``proxy`` and ``ca_bundle`` are the repo-server's network - for connections of its own, and for those of its
    children - and its system trust; clones are kept under ``folder``.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: SandboxClock,
        doors: Doors,
        proxy: str,
        ca_bundle: Path,
        folder: Path,
        note: Callable[[str], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._folder = folder
        self._repositories = RepoServer(
            store, doors=doors, direct=proxy, ca_bundle=ca_bundle, folder=folder, tokens=AppTokens(clock.now)
        )
        self._note = note
        self._memory: dict[str, _Memory] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._loop, name="argocd", daemon=True)

    def start(self) -> None:
        """Reconcile in a thread."""
        watched = {"applications.argoproj.io"}
        self._unsubscribe = self._store.watch(lambda event: self._wake.set() if event.resource in watched else None)
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the Application at hand."""
        self._unsubscribe()
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            for instance in self._store.list("ArgoCD"):
                for application in self._store.list("Application", namespace_of(instance)):
                    if self._stopping.is_set():
                        return
                    self._visit(application)
            self._wake.wait(_IDLE)

    def _visit(self, application: Object) -> None:
        memory = self._memory.setdefault(text(dig(application, "metadata", "uid")), _Memory())
        annotations = mapping(dig(application, "metadata", "annotations"))
        # Not the generation: the CRD has no status subresource, so writing the status raises that too.
        spec = mapping(application.get("spec"))
        now = self._clock.now()
        asked = REFRESH in annotations or "operation" in application
        deleting = dig(application, "metadata", "deletionTimestamp") is not None
        if not (memory.spec != spec or asked or deleting or memory.due is None or now >= memory.due):
            return
        memory.spec, memory.due = spec, now + _PERIOD
        try:
            if deleting:
                self._finalize(application)
            else:
                self._reconcile(application, memory, hard=annotations.get(REFRESH) == "hard")
        except ApiError as error:
            # Changed or deleted while it was looked at: the next look sees it as it is then.
            memory.due = None
            self._note(f"{name_of(application)}: {error}")
        except Exception as error:
            # As every controller does: the fault of one Application must not end the work on all others.
            self._note(f"{name_of(application)}: {type(error).__name__}: {error}")

    def _reconcile(self, application: Object, memory: _Memory, *, hard: bool) -> None:
        if hard:
            for cached in self._folder.iterdir():
                if cached.is_dir():
                    shutil.rmtree(cached, ignore_errors=True)
        report = status.Report(application, self._clock.now())
        fault = project.fault(self._store, application)
        if fault is not None:
            self._persist(application, report.invalid(fault))
            return
        try:
            revision, managed, kind = self._compare(application)
        except (GitError, RenderError, CompareError) as error:
            prefix = (
                ""
                if isinstance(error, CompareError)
                else "failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = "
            )
            self._note(f"{name_of(application)}: {error}")
            self._persist(application, report.failed(f"Failed to load target state: {prefix}{error}"))
            return
        seen = report.compared(revision, managed, kind)
        application = self._persist(application, seen)
        operation = mapping(dig(application, "operation", "sync")) if "operation" in application else None
        automated = dig(application, "spec", "syncPolicy", "automated")
        if operation is not None:
            self._sync(
                application,
                memory,
                text(operation.get("revision")) or revision,
                managed,
                kind,
                prune=operation.get("prune") is True,
            )
        elif (
            isinstance(automated, dict)
            and automated.get("enabled") is not False
            and self._due(application, memory, revision, managed)
        ):
            self._sync(application, memory, revision, managed, kind, prune=automated.get("prune") is True)

    def _compare(self, application: Object) -> tuple[str, list[Managed], str]:
        spec = mapping(application.get("spec"))
        if not mapping(spec.get("source")):
            raise CompareError("the sandbox knows Applications with one spec.source only")
        loaded = self._repositories.load(application)
        wanted = targets(loaded.manifests, name_of(application), text(dig(spec, "destination", "namespace")))
        return loaded.revision, compare(self._store, wanted, name_of(application)), loaded.kind

    def _due(self, application: Object, memory: _Memory, revision: str, managed: list[Managed]) -> bool:
        """True when an automated sync is due; one that failed is tried again as often as ``syncPolicy.retry`` allows."""
        automated = mapping(dig(application, "spec", "syncPolicy", "automated"))
        outdated = [each for each in managed if not each.synced and (each.target is not None or automated.get("prune") is True)]
        if not outdated:
            return False
        if (
            automated.get("prune") is True
            and automated.get("allowEmpty") is not True
            and all(each.target is None for each in managed)
        ):
            return False
        if memory.attempted != (revision, mapping(application.get("spec"))):
            memory.failures = 0
            return True
        limit = dig(application, "spec", "syncPolicy", "retry", "limit")
        if memory.failures:
            return memory.failures <= (limit if isinstance(limit, int) else 0)
        return automated.get("selfHeal") is True

    def _sync(
        self, application: Object, memory: _Memory, revision: str, managed: list[Managed], kind: str, *, prune: bool
    ) -> None:
        memory.attempted = (revision, mapping(application.get("spec")))
        started = self._clock.now()
        options = strings(dig(application, "spec", "syncPolicy", "syncOptions"))
        namespace = text(dig(application, "spec", "destination", "namespace"))
        if "CreateNamespace=true" in options and namespace and self._store.get("Namespace", "", namespace) is None:
            self._store.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, manager=_MANAGER)
        results = sync(self._store, managed, prune=prune)
        failed = any(result.get("status") == "SyncFailed" for result in results)
        memory.failures = memory.failures + 1 if failed else 0
        _, again, kind = self._compare(application)
        latest = self._store.get("Application", namespace_of(application), name_of(application)) or application
        report = status.Report(latest, self._clock.now())
        self._persist(latest, report.synced(revision, again, kind, results, started), operation_done=True)

    def _persist(self, application: Object, report: Object, *, operation_done: bool = False) -> Object:
        """Write the status, together with the end of the refresh that was asked for when the Application was read."""
        namespace, name = namespace_of(application), name_of(application)
        refresh = mapping(dig(application, "metadata", "annotations")).get(REFRESH)
        for attempt in range(5):
            latest = self._store.get("Application", namespace, name)
            if latest is None:
                return application
            latest["status"] = report
            annotations = mapping(dig(latest, "metadata", "annotations"))
            if refresh is not None and annotations.get(REFRESH) == refresh:
                section(section(latest, "metadata"), "annotations").pop(REFRESH)
            if operation_done:
                latest.pop("operation", None)
            try:
                return self._store.update(latest, manager=_MANAGER)
            except ApiError as error:
                if error.code != 409 or attempt == 4:
                    raise
        return application

    def _finalize(self, application: Object) -> None:
        """Cascading deletion, for an Application that asks for it by its finalizer."""
        finalizers = strings(dig(application, "metadata", "finalizers"))
        if FINALIZER not in finalizers:
            return
        for each in compare(self._store, [], name_of(application)):
            live = each.live or {}
            self._store.delete(each.type.resource, namespace_of(live), name_of(live))
        section(application, "metadata")["finalizers"] = [each for each in finalizers if each != FINALIZER]
        self._store.update(application, manager=_MANAGER)
