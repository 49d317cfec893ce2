"""Runs what Deployments and Jobs ask for, as local processes, and keeps their status.

Stands for the Deployment and Job controllers and for kubelet: one thread compares what is asked with what runs.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from wizard.sandbox.clock import SandboxClock
from wizard.sandbox.cluster.errors import ApiError
from wizard.sandbox.cluster.objects import Object, dig, mapping, mappings, name_of, namespace_of, number, text
from wizard.sandbox.cluster.server import ClusterServer
from wizard.sandbox.pods import jobs, status
from wizard.sandbox.pods.container import PodNetwork
from wizard.sandbox.pods.pod import Node, Pod, manifest_of
from wizard.sandbox.reaper import Reaper

_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_KINDS = {"deployments.apps": "Deployment", "jobs.batch": "Job"}
_PERIOD = 1.0


@dataclass
class _Workload:
    """The pods of one Deployment or Job, and the template they were made from."""

    revision: str
    pods: list[Pod] = field(default_factory=list)


class Kubelet:
    """Runs the pods of the cluster.

    ``network`` are the variables through which they see the VPC's network; ``vpc`` is how their Python sees it without any.
    """

    def __init__(
        self,
        cluster: ClusterServer,
        *,
        clock: SandboxClock,
        network: Mapping[str, str],
        folder: Path,
        images: Sequence[str],
        reaper: Reaper,
        note: Callable[[str], None],
        vpc: PodNetwork | None = None,
    ) -> None:
        self._store = cluster.store
        self._clock = clock
        self._images = images
        address = urlsplit(cluster.url)
        service = {"KUBERNETES_SERVICE_HOST": str(address.hostname), "KUBERNETES_SERVICE_PORT": str(address.port)}
        self._node = Node(
            store=cluster.store,
            clock=clock,
            folder=folder,
            surroundings={**network, **service},
            mint=lambda namespace, account, audiences, seconds: cluster.token(namespace, account, audiences, seconds),
            reaper=reaper,
            known_images=self._known_images,
            note=note,
            network=vpc,
        )
        self._workloads: dict[tuple[str, str, str], _Workload] = {}
        self._serial = 0
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="kubelet", daemon=True)
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to run what is asked for, in a thread."""
        self._unsubscribe = self._store.watch(lambda event: self._wake.set() if event.resource in {*_KINDS, "pods"} else None)
        self._thread.start()

    def stop(self) -> None:
        """End every pod and wait for its process."""
        self._unsubscribe()
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._end([pod for workload in self._workloads.values() for pod in workload.pods])

    def log(self, namespace: str, pod: str, _container: str = "") -> str | None:
        """What a pod has printed, or None when there is no such pod."""
        pods = [each for workload in list(self._workloads.values()) for each in workload.pods]
        return next((each.log() for each in pods if (each.namespace, each.name) == (namespace, pod)), None)

    def _loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            self._reconcile()
            self._wake.wait(_PERIOD)

    def _reconcile(self) -> None:
        wanted = {
            (kind, namespace_of(found), name_of(found)): found
            for kind in _KINDS.values()
            for found in self._store.list(kind)
            if not dig(found, "metadata", "deletionTimestamp")
        }
        for key in self._workloads.keys() - wanted.keys():
            self._end(self._workloads.pop(key).pods)
        for key, found in wanted.items():
            try:
                if key[0] == "Job" and jobs.to_be_removed(found, self._clock.now()):
                    self._store.delete(*key)
                else:
                    self._bring(key, found)
            except ApiError as error:
                # Changed or deleted at this very moment; the change wakes this thread again.
                self._node.note(f"{'/'.join(key)}: {error}")
            except Exception as error:
                # As every controller does: the fault of one workload must not end the work on all others.
                self._node.note(f"{'/'.join(key)}: {type(error).__name__}: {error}")

    def _bring(self, key: tuple[str, str, str], found: Object) -> None:
        template = mapping(dig(found, "spec", "template"))
        revision = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]
        workload = self._workloads.get(key)
        if workload is None or workload.revision != revision:
            if workload is not None:
                self._end(workload.pods)
            workload = self._workloads[key] = _Workload(revision)
        is_job, now = key[0] == "Job", self._clock.now()
        late = is_job and jobs.out_of_time(found, now)
        self._forget_deleted(workload)
        replicas = int(not late) if is_job else number(dig(found, "spec", "replicas"), 1)
        failure = self._admission_failure(found, template)
        surplus, workload.pods = workload.pods[replicas:], workload.pods[:replicas]
        self._end(surplus)
        while failure is None and len(workload.pods) < replicas:
            name = f"{name_of(found)}-{revision}-{self._suffix()}" if not is_job else f"{name_of(found)}-{self._suffix()}"
            manifest = manifest_of(found, template, name)
            workload.pods.append(Pod(self._node, manifest, restarts=not is_job, changed=self._wake.set))
        if is_job:
            report = status.late_job(found, now) if late else status.job(found, workload.pods, now)
        else:
            report = status.deployment(found, workload.pods, replicas, failure, now)
        if report != mapping(found.get("status")):
            self._store.patch_status(key[0], key[1], key[2], report, manager="kube-controller-manager")

    def _forget_deleted(self, workload: _Workload) -> None:
        gone = [pod for pod in workload.pods if self._store.get("Pod", pod.namespace, pod.name) is None]
        self._end(gone)
        workload.pods = [pod for pod in workload.pods if pod not in gone]

    def _admission_failure(self, owner: Object, template: Object) -> str | None:
        """What the ServiceAccount admission plug-in says when the account does not exist."""
        account = text(dig(template, "spec", "serviceAccountName")) or "default"
        namespace = namespace_of(owner)
        if self._store.get("ServiceAccount", namespace, account) is not None:
            return None
        return (
            f'pods "{name_of(owner)}-" is forbidden: error looking up service account {namespace}/{account}: '
            f'serviceaccount "{account}" not found'
        )

    def _known_images(self) -> frozenset[str]:
        streams = (tag for stream in self._store.list("ImageStream") for tag in mappings(dig(stream, "spec", "tags")))
        return frozenset(self._images) | {text(dig(tag, "from", "name")) for tag in streams}

    def _suffix(self) -> str:
        self._serial += 1
        rest, letters = self._serial * 104_729, ""
        for _ in range(5):
            rest, index = divmod(rest + 7, len(_SUFFIX_ALPHABET))
            letters += _SUFFIX_ALPHABET[index]
        return letters

    def _end(self, pods: Sequence[Pod]) -> None:
        for pod in pods:
            pod.begin_stop()
        for pod in pods:
            pod.join()
